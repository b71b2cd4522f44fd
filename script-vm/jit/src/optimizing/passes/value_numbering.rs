//! Finds operations that were done before with the same outcome, loads of what was just stored and stores of what is there
//! already among them.
//!
//! The dominator tree is walked with a table of what is known. Operations that look at memory are known for a version of
//! what they look at: every write begins a new version, and so does a block in which different versions meet, the header
//! of a loop that writes among them.

use std::ops::RangeInclusive;

use interlune_core::inline_cache::{AT_LEAST, INLINE_SLOTS, KEY_MASK};
use interlune_core::plant::{self, Bug};
use rustc_hash::FxHashMap;

use crate::ir::cfg::{DominatorTree, reverse_postorder};
use crate::ir::loops::{loops, predecessors};
use crate::ir::{Block, Classes, Definition, Function, InstData, Op, Value};

/// A part of memory with versions of its own: an alias class, and within some classes a place.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Cell {
    class: Classes,
    /// Register, location, upvalue or kind of array.
    place: i64,
}

/// What is known as an operation's outcome: operation, operands, immediate, versions of what it reads.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Key {
    op: Op,
    operands: Vec<Value>,
    immediate: i64,
    versions: Vec<u32>,
}

/// The versions of memory at some point.
#[derive(Clone, Default, Debug)]
struct Memory {
    /// Of everything: the last write to all of memory.
    all: u32,
    cells: FxHashMap<Cell, u32>,
}

impl Memory {
    fn version(&self, cell: Cell) -> u32 {
        self.cells.get(&cell).copied().unwrap_or(self.all)
    }
}

/// Guards that let pass values of one type that is not nil; those on numbers first.
const TYPES: &[Op] = &[
    Op::GuardInt,
    Op::GuardFloat,
    Op::GuardString,
    Op::GuardTable,
    Op::GuardClosure,
    Op::GuardVec2,
    Op::GuardVec3,
];
/// How many of them are on numbers.
const NUMBERS: usize = 2;

/// What was known before a block for what it has changed.
#[derive(Default)]
struct Changes {
    outcomes: Vec<(Key, Option<Option<Value>>)>,
    tables: Vec<(KeyedTable, Option<u64>)>,
}

/// A table, and the version of the keys of tables.
type KeyedTable = (Value, u32);

struct Numbering<'f> {
    f: &'f mut Function,
    /// Outcomes: a result, or nothing for guards without one.
    known: FxHashMap<Key, Option<Value>>,
    /// The keys of tables as they were last found, as guards have them.
    tables: FxHashMap<KeyedTable, u64>,
    /// Tests for keys, with the version of the keys that they have looked at.
    tested: FxHashMap<Value, u32>,
    memory: Memory,
    next_version: u32,
    /// At the end of each block that is done.
    at_end: Vec<Option<Memory>>,
    predecessors: Vec<Vec<Block>>,
    place: Vec<usize>,
    /// Of headers of loops: all that the loop writes.
    writes: Vec<Vec<Write>>,
}

/// What an operation writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Write {
    Cell(Cell),
    All,
}

/// Walks the dominator tree.
pub fn run(f: &mut Function) {
    let order = reverse_postorder(f);
    let tree = DominatorTree::of(f);
    let mut place = vec![usize::MAX; f.blocks().len()];
    for (number, &block) in order.iter().enumerate() {
        place[block.index()] = number;
    }
    let predecessors = predecessors(f);
    let mut writes = vec![Vec::new(); f.blocks().len()];
    for it in loops(f) {
        writes[it.header.index()] =
            it.blocks.iter().flat_map(|&block| writes_of(f, block)).collect();
    }
    let mut numbering = Numbering {
        known: FxHashMap::default(),
        tables: FxHashMap::default(),
        tested: FxHashMap::default(),
        memory: Memory::default(),
        next_version: 1,
        at_end: vec![None; f.blocks().len()],
        predecessors,
        place,
        writes,
        f,
    };
    // In the reverse postorder all forward predecessors of a block are done before it; what is known is that of its
    // dominators.
    let mut undo: Vec<(usize, Changes)> = Vec::new();
    let mut stack = vec![order[0]];
    while let Some(block) = stack.pop() {
        let depth = tree.depth(block);
        while undo.last().is_some_and(|(at, _)| *at >= depth) {
            let Some((_, changes)) = undo.pop() else { break };
            for (key, old) in changes.outcomes.into_iter().rev() {
                match old {
                    Some(old) => numbering.known.insert(key, old),
                    None => numbering.known.remove(&key),
                };
            }
            for (table, old) in changes.tables.into_iter().rev() {
                match old {
                    Some(old) => numbering.tables.insert(table, old),
                    None => numbering.tables.remove(&table),
                };
            }
        }
        let mut changes = Changes::default();
        numbering.number(block, &mut changes);
        undo.push((depth, changes));
        // Pushed in reverse, so that children are visited in the reverse postorder.
        stack.extend(tree.children(block).iter().rev());
    }
    f.apply_replacements();
}

/// All that a block writes.
pub(super) fn writes_of(f: &Function, block: Block) -> Vec<Write> {
    f.insts(block).iter().flat_map(|&inst| written(f.inst(inst))).collect()
}

/// The parts of memory that an operation writes.
pub(super) fn written(data: &InstData) -> Vec<Write> {
    use interlune_core::table::ArrayKind;
    let effects = data.op.effects();
    if effects.writes.is_empty() {
        return Vec::new();
    }
    let cell = |class, place| Write::Cell(Cell { class, place });
    match data.op {
        Op::StoreUpvalue | Op::CallDirect if plant::is(Bug::OptStaleUpvalue) => Vec::new(),
        Op::StoreSlot => vec![cell(Classes::STACK, data.immediate)],
        // A captured register is what some upvalue is: which one, nobody knows.
        Op::StoreCaptured | Op::StoreUpvalue => vec![cell(Classes::UPVALUE, 0)],
        Op::StoreField if plant::is(Bug::OptStaleField) => Vec::new(),
        Op::AddField if plant::is(Bug::OptStaleKey) => Vec::new(),
        Op::SetInt if plant::is(Bug::OptStaleLength) => Vec::new(),
        Op::StoreField => vec![cell(Classes::FIELD, data.immediate)],
        Op::AddField => {
            let hit = interlune_core::inline_cache::StoreHit::unpack(data.immediate as u64);
            vec![cell(Classes::FIELD, hit.offset as i64), cell(Classes::SHAPE, 0)]
        }
        Op::StoreElement => vec![cell(Classes::ELEMENT, data.immediate)],
        Op::SetInt => {
            let kinds = [ArrayKind::Int, ArrayKind::Float, ArrayKind::Table, ArrayKind::Value];
            let cells = kinds.map(|kind| cell(Classes::ELEMENT, kind as i64));
            let others = [cell(Classes::ARRAY, 0), cell(Classes::DICTIONARY, 0)];
            cells.into_iter().chain(others).collect()
        }
        // Nobody has looked into the table yet.
        Op::FillTable => Vec::new(),
        Op::SetMetatable => vec![cell(Classes::METATABLE, 0), cell(Classes::SHAPE, 0)],
        _ => vec![Write::All],
    }
}

/// The parts of memory that an operation reads.
pub(super) fn read(data: &InstData) -> Vec<Cell> {
    use interlune_core::table::ArrayKind;
    let cell = |class, place| Cell { class, place };
    let element =
        |kind: ArrayKind| vec![cell(Classes::ELEMENT, kind as i64), cell(Classes::ARRAY, 0)];
    match data.op {
        Op::LoadSlot => vec![cell(Classes::STACK, data.immediate)],
        Op::LoadCaptured | Op::LoadUpvalue => vec![cell(Classes::UPVALUE, 0)],
        Op::LoadField => vec![cell(Classes::FIELD, data.immediate), cell(Classes::SHAPE, 0)],
        Op::GuardKey | Op::HasKey | Op::GuardStrong => vec![cell(Classes::SHAPE, 0)],
        Op::LoadMetatable | Op::HasMetatable | Op::GuardMetatableIs => {
            vec![cell(Classes::METATABLE, 0)]
        }
        Op::LookupInt => vec![cell(Classes::DICTIONARY, 0), cell(Classes::ARRAY, 0)],
        Op::LookupString => vec![cell(Classes::DICTIONARY, 0), cell(Classes::SHAPE, 0)],
        Op::GuardPlain => vec![cell(Classes::METATABLE, 0), cell(Classes::SHAPE, 0)],
        Op::GuardNoNewIndex | Op::GuardMetatable => {
            vec![cell(Classes::METATABLE, 0), cell(Classes::SHAPE, 0)]
        }
        Op::GuardOpen | Op::GuardAnswer | Op::GuardNumbersPlain => {
            vec![cell(Classes::METATABLE, 0)]
        }
        Op::GuardKind | Op::ArrayLen | Op::ArrayData | Op::ArrayMeta => {
            vec![cell(Classes::ARRAY, 0)]
        }
        Op::GuardVectors | Op::MethodsHold | Op::GuardMethods => vec![cell(Classes::HOST, 0)],
        Op::LoadInt => element(ArrayKind::Int),
        Op::LoadFloat => element(ArrayKind::Float),
        Op::LoadTable => element(ArrayKind::Table),
        Op::LoadValue => element(ArrayKind::Value),
        Op::LoadElement | Op::LoadNumber | Op::LookupElement => {
            let kinds = [ArrayKind::Int, ArrayKind::Float, ArrayKind::Table, ArrayKind::Value];
            let cells = kinds.map(|kind| cell(Classes::ELEMENT, kind as i64));
            let others = [cell(Classes::ARRAY, 0), cell(Classes::DICTIONARY, 0)];
            cells.into_iter().chain(others).collect()
        }
        _ => Vec::new(),
    }
}

/// The keys of tables that pass a guard on `wanted` ([`interlune_core::inline_cache::passes`]).
fn keys(wanted: u64) -> RangeInclusive<u64> {
    let key = wanted & KEY_MASK;
    let most = if wanted & AT_LEAST == 0 { key } else { key | INLINE_SLOTS };
    key..=most
}

impl Numbering<'_> {
    fn fresh(&mut self) -> u32 {
        self.next_version += 1;
        self.next_version
    }

    fn write(&mut self, write: Write) {
        let version = self.fresh();
        match write {
            Write::Cell(cell) => {
                self.memory.cells.insert(cell, version);
            }
            Write::All => self.memory = Memory { all: version, cells: FxHashMap::default() },
        }
    }

    /// The versions at the beginning of a block.
    fn enter(&mut self, block: Block) {
        let number = self.place[block.index()];
        let before: Vec<Memory> = self.predecessors[block.index()]
            .iter()
            .filter(|from| self.place[from.index()] < number)
            .filter_map(|from| self.at_end[from.index()].clone())
            .collect();
        let Some((first, others)) = before.split_first() else {
            self.memory = Memory::default();
            return;
        };
        self.memory = first.clone();
        if others.iter().any(|other| other.all != first.all) {
            self.write(Write::All);
        } else {
            let cells: Vec<Cell> =
                before.iter().flat_map(|memory| memory.cells.keys().copied()).collect();
            for cell in cells {
                let version = first.version(cell);
                if others.iter().any(|other| other.version(cell) != version) {
                    self.write(Write::Cell(cell));
                }
            }
        }
        for write in std::mem::take(&mut self.writes[block.index()]) {
            self.write(write);
        }
    }

    fn number(&mut self, block: Block, undo: &mut Changes) {
        self.enter(block);
        self.note_way(block, undo);
        let mut kept = Vec::new();
        for inst in self.f.insts(block).to_vec() {
            let data = self.f.inst(inst);
            let effects = data.op.effects();
            if effects.is_repeatable()
                && !data.op.is_end()
                && !matches!(data.op, Op::Poll | Op::Charge | Op::Anchor)
            {
                if let Some(holds) = self.known_key(data) {
                    if data.op == Op::GuardKey && holds {
                        continue;
                    }
                    if data.op == Op::HasKey {
                        self.f.become_constant(inst, Op::Bool, i64::from(holds));
                        kept.push(inst);
                        continue;
                    }
                }
                let key = self.key(data);
                if let Some(known) = self.known.get(&key) {
                    if let Some(value) = *known {
                        self.f.replace(inst, value);
                    }
                    continue;
                }
                if let Some(narrower) = self.narrower(data) {
                    if data.result.is_some() {
                        self.f.replace(inst, narrower);
                    }
                    continue;
                }
                let result = data.result;
                let old = self.known.insert(key.clone(), result);
                undo.outcomes.push((key, old));
            } else if self.is_there(data) {
                continue;
            }
            kept.push(inst);
            let data = self.f.inst(inst).clone();
            if let (Op::HasKey, Some(result)) = (data.op, data.result) {
                self.tested.insert(result, self.keyed_table(&data).1);
            }
            if data.op == Op::GuardKey {
                self.note_key(self.keyed_table(&data), data.immediate as u64, undo);
            }
            for write in written(&data) {
                self.write(write);
            }
            if let Some((key, value)) = self.stored(&data) {
                let old = self.known.insert(key.clone(), Some(value));
                undo.outcomes.push((key, old));
            }
        }
        self.f.set_insts(block, kept);
        self.at_end[block.index()] = Some(self.memory.clone());
    }

    /// On the only way from a test for a table's key on, the table has that key.
    fn note_way(&mut self, block: Block, undo: &mut Changes) {
        let &[from] = &self.predecessors[block.index()][..] else { return };
        let Some(end) = self.f.end(from).map(|end| self.f.inst(end)) else { return };
        if end.op != Op::Branch || end.targets[0].block != block || end.targets[1].block == block {
            return;
        }
        let Definition::Result(test) = self.f.definition(self.f.resolve(end.operands[0])) else {
            return;
        };
        // What the test has read is known for the version of its time.
        let test = self.f.inst(test);
        let version = test.result.and_then(|result| self.tested.get(&result).copied());
        if let (Op::HasKey, Some(version)) = (test.op, version) {
            let table = (self.f.resolve(test.operands[0]), version);
            let key = test.immediate as u64;
            self.note_key(table, key, undo);
        }
    }

    fn note_key(&mut self, table: KeyedTable, key: u64, undo: &mut Changes) {
        let old = self.tables.insert(table, key);
        undo.tables.push((table, old));
    }

    /// The table of a test for its key, as it is.
    fn keyed_table(&self, data: &InstData) -> KeyedTable {
        let cell = Cell { class: Classes::SHAPE, place: 0 };
        (self.f.resolve(data.operands[0]), self.memory.version(cell))
    }

    /// What is known of the outcome of a test for a table's key.
    fn known_key(&self, data: &InstData) -> Option<bool> {
        if !matches!(data.op, Op::GuardKey | Op::HasKey) {
            return None;
        }
        let found = keys(*self.tables.get(&self.keyed_table(data))?);
        let wanted = keys(data.immediate as u64);
        if wanted.contains(found.start()) && wanted.contains(found.end()) {
            return Some(true);
        }
        let differ = found.end() < wanted.start() || wanted.end() < found.start();
        differ.then_some(false)
    }

    /// What a guard on the same value has let pass that asks for more.
    fn narrower(&self, data: &InstData) -> Option<Value> {
        let tagged = |guard: &Op| guard.row().result.and_then(|ty| ty.tag()).map(i64::from);
        let guards: &[Op] = match data.op {
            Op::GuardNumber => &TYPES[..NUMBERS],
            Op::GuardPresent | Op::GuardAnswer | Op::GuardTag => TYPES,
            _ => return None,
        };
        let fits = |guard: &&Op| data.op != Op::GuardTag || tagged(guard) == Some(data.immediate);
        let operands = vec![self.f.resolve(data.operands[0])];
        let known = |&op: &Op| {
            let key = Key { op, operands: operands.clone(), immediate: 0, versions: Vec::new() };
            self.known.get(&key).copied().flatten().map(|value| self.f.resolve(value))
        };
        guards.iter().filter(fits).find_map(known)
    }

    fn key(&self, data: &InstData) -> Key {
        Key {
            op: data.op,
            operands: data.operands.iter().map(|&value| self.f.resolve(value)).collect(),
            immediate: data.immediate,
            versions: read(data).into_iter().map(|cell| self.memory.version(cell)).collect(),
        }
    }

    /// Whether a store stores what is there already.
    fn is_there(&self, data: &InstData) -> bool {
        let Some((key, value)) = self.stored(data) else { return false };
        let known = self.known.get(&key).copied().flatten();
        known.is_some_and(|known| self.unguarded(known) == self.unguarded(value))
    }

    /// The value that guards on its type have let pass.
    fn unguarded(&self, value: Value) -> Value {
        let mut value = self.f.resolve(value);
        while let Definition::Result(inst) = self.f.definition(value)
            && let data = self.f.inst(inst)
            && TYPES.contains(&data.op)
        {
            value = self.f.resolve(data.operands[0]);
        }
        value
    }

    /// A load that would find what a store stores.
    fn stored(&self, data: &InstData) -> Option<(Key, Value)> {
        use interlune_core::table::ArrayKind;
        let (op, operands, value) = match data.op {
            Op::StoreSlot => (Op::LoadSlot, vec![], data.operands[0]),
            Op::StoreCaptured => (Op::LoadCaptured, vec![], data.operands[0]),
            Op::StoreUpvalue => (Op::LoadUpvalue, vec![data.operands[0]], data.operands[1]),
            Op::StoreField => (Op::LoadField, vec![data.operands[0]], data.operands[2]),
            Op::StoreElement => {
                let op = match data.immediate {
                    kind if kind == ArrayKind::Int as i64 => Op::LoadInt,
                    kind if kind == ArrayKind::Float as i64 => Op::LoadFloat,
                    kind if kind == ArrayKind::Table as i64 => Op::LoadTable,
                    _ => Op::LoadValue,
                };
                (op, vec![data.operands[0], data.operands[1], data.operands[3]], data.operands[2])
            }
            _ => return None,
        };
        let immediate = if data.op == Op::StoreElement { 0 } else { data.immediate };
        let load =
            InstData { op, operands, immediate, result: None, state: None, targets: Vec::new() };
        Some((self.key(&load), self.f.resolve(value)))
    }
}
