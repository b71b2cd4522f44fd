//! What is known of a function's bytecode before it is built.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use interlune_core::bytecode::{Insn, Opcode};
use interlune_core::inline_cache::{
    AT_LEAST, INLINE_SLOTS, Location, OUT_OF_LINE, StoreHit, inline_offset, key_bound,
};
use interlune_core::interp::seen;
use interlune_core::site_cache::ENTRIES;
use interlune_core::tier::CompileInput;

use super::DEEPEST;
use super::vector::{noted_operand, noted_receiver};
use crate::flow::{self, Accesses, Flow, Liveness, Loop, RegisterSet, captured};
use crate::ir::Type;
use crate::receivers::{known_loads, known_stores};

/// Instructions of a loop that is built twice, at most.
const MOST_PEELED: usize = 160;
/// The same of a loop that looks up methods of several receivers: each has its own copy of what it calls, and little of that
/// is the same in every iteration.
const MOST_PEELED_OF_SEVERAL: usize = 60;
/// Instructions that are looked at for what a value will be used as.
const FAR_AHEAD: usize = 40;

/// A function and what its bytecode says.
pub(super) struct Body<'a> {
    pub input: &'a CompileInput,
    pub flow: Flow,
    /// Before each instruction, the registers whose values may be asked for later: by the function itself, or by others
    /// for as long as they are variables with names (`debug.getlocal`).
    wanted: Vec<RegisterSet>,
    /// Registers that closures see.
    pub captured: RegisterSet,
    /// Those among them that are assigned to after their declaration: they stay in the Lua stack.
    pub shared: RegisterSet,
    /// Headers of loops that are too large to be built twice.
    large_loops: BTreeSet<usize>,
    /// Where fields lie: by name (index of a constant) the keys of tables with the field, as accesses have found them.
    fields: BTreeMap<usize, Vec<(u64, Location)>>,
    fewest_slots: FewestSlots,
}

impl<'a> Body<'a> {
    pub fn of(input: &'a CompileInput) -> Body<'a> {
        let flow = Flow::of(&input.proto);
        let wanted = wanted(input, &Liveness::of(&input.proto, &flow));
        let captured = captured(&input.proto, |_| true);
        let shared = flow::captured(&input.proto, |upvalue| !upvalue.immutable);
        let fields = BTreeMap::new();
        let fewest_slots = fewest_slots(input);
        let large_loops = large_loops(input, &flow);
        let mut body =
            Body { captured, shared, wanted, flow, input, large_loops, fields, fewest_slots };
        body.find_fields();
        body
    }

    /// Registers whose values before an instruction may be asked for later.
    pub fn wanted(&self, pc: usize) -> RegisterSet {
        self.wanted[pc]
    }

    /// Whether a loop's first iteration is built apart from the others.
    pub fn is_peeled(&self, it: &Loop) -> bool {
        it.is_innermost && !self.large_loops.contains(&it.header)
    }

    fn find_fields(&mut self) {
        for pc in 0..self.input.proto.code.len() {
            let insn = self.insn(pc);
            let (name, known) = match insn.opcode() {
                Some(Opcode::GetField | Opcode::GetEnv) => (insn.c(), self.known_load(pc)),
                Some(Opcode::SetField) => (insn.b(), self.known_overwrite(pc)),
                Some(Opcode::SetEnv) => (insn.c(), self.known_overwrite(pc)),
                _ => continue,
            };
            let places = self.fields.entry(name).or_default();
            if let Some(known) = known.filter(|known| !places.contains(known)) {
                places.push(known);
            }
        }
    }

    /// Keys of all receivers that a load has seen, as they are to be guarded, and locations; as far as the two tiers below
    /// remember them.
    pub fn loads(&self, pc: usize) -> Vec<(u64, u64)> {
        let known = known_loads(self.input, pc);
        let known = known.into_iter().map(|(key, at)| (key, u64::from(at))).collect();
        let offset = |at: u64| Some(at as Location).filter(|at| at & OUT_OF_LINE == 0);
        self.merged(self.with_cached(pc, known), offset)
    }

    /// The same of a store, with packed [`StoreHit`]s.
    pub fn stores(&self, pc: usize) -> Vec<(u64, u64)> {
        let known = known_stores(self.input, pc);
        let known = known.into_iter().map(|(key, hit)| (key, hit.pack())).collect();
        // Stores to slots out of line are not remembered.
        self.merged(self.with_cached(pc, known), |hit| {
            Some(StoreHit::unpack(hit).offset as Location)
        })
    }

    /// Adds what the cache of the baseline tier's code has met besides.
    fn with_cached(&self, pc: usize, mut known: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
        for &(key, at) in self.input.receivers.fields.get(&pc).into_iter().flatten() {
            if known.len() < ENTRIES && known.iter().all(|(other, _)| *other != key) {
                known.push((key, at));
            }
        }
        known
    }

    /// Receivers that differ in nothing but the number of inline slots are one: with at least as many as that with the fewest
    /// that the function has met anywhere, if what is looked for, at `offset`, lies in those.
    fn merged(
        &self,
        known: Vec<(u64, u64)>,
        offset: impl Fn(u64) -> Option<Location>,
    ) -> Vec<(u64, u64)> {
        let mut merged: Vec<(u64, u64)> = Vec::new();
        for (key, at) in known {
            let key = match offset(at) {
                Some(offset) => self.key_with_fewest_slots(key, offset),
                None => key,
            };
            let is_same = |(other, other_at): &&mut (u64, u64)| {
                *other_at == at && key & AT_LEAST != 0 && (*other ^ key) & !INLINE_SLOTS == 0
            };
            match merged.iter_mut().find(is_same) {
                Some((other, _)) => *other = key.min(*other),
                None => merged.push((key, at)),
            }
        }
        merged
    }

    /// A key to be guarded for an access at an offset.
    fn key_with_fewest_slots(&self, key: u64, offset: Location) -> u64 {
        let bound = key_bound(key);
        let fewest = self.fewest_slots.get(&(key & !INLINE_SLOTS)).copied();
        match fewest.filter(|_| bound & AT_LEAST != 0) {
            Some(slots) if inline_offset(slots as usize) > usize::from(offset) => {
                bound & !INLINE_SLOTS | slots
            }
            _ => bound,
        }
    }

    /// Key and location of the only receiver that a load has seen.
    fn known_load(&self, pc: usize) -> Option<(u64, Location)> {
        if self.is_lost(pc) {
            return None;
        }
        only(&self.loads(pc)).map(|(key, at)| (key, at as Location))
    }

    /// The same of a store to a field that exists.
    fn known_overwrite(&self, pc: usize) -> Option<(u64, Location)> {
        let (key, hit) = self.known_store(pc)?;
        (hit.shape == 0).then_some((key, hit.offset as Location))
    }

    /// Key of the only receiver that a store has seen, and what the store does.
    pub fn known_store(&self, pc: usize) -> Option<(u64, StoreHit)> {
        if self.is_lost(pc) {
            return None;
        }
        only(&self.stores(pc)).map(|(key, hit)| (key, StoreHit::unpack(hit)))
    }

    /// Key and location for a load: as it has found the field itself or, if it has never run, as the only other access by
    /// that name.
    pub fn load_place(&self, pc: usize, name: usize) -> Option<(u64, Location)> {
        if let Some(known) = self.known_load(pc) {
            return Some(known);
        }
        let never_run = (0..4).all(|cell| self.feedback(pc, cell) == 0);
        self.fields.get(&name).filter(|_| never_run).and_then(|places| only(places))
    }

    pub fn insn(&self, pc: usize) -> Insn {
        self.input.proto.code[pc]
    }

    /// Whether optimized code was left too often at an instruction.
    pub fn is_lost(&self, pc: usize) -> bool {
        self.losses(pc) > 0
    }

    /// Whether it was left too often where something else had taken the place of the first bet that was lost.
    pub fn is_lost_twice(&self, pc: usize) -> bool {
        self.losses(pc) > 1
    }

    /// Whether it was left too often for the type of what an access has found.
    pub fn is_lost_type(&self, pc: usize) -> bool {
        self.input.lost_types.contains(&(pc as u32))
    }

    /// How many bets on what an instruction does were lost. The first one on a type that is lost at an access was on what
    /// is made of its result.
    fn losses(&self, pc: usize) -> usize {
        let times = |lost: &[u32]| lost.iter().filter(|&&lost| lost as usize == pc).count();
        let types = times(&self.input.lost_types);
        let is_access = matches!(
            self.insn(pc).opcode(),
            Some(Opcode::GetField | Opcode::GetEnv | Opcode::GetIndex | Opcode::GetInt)
        );
        times(&self.input.lost) + if is_access { types.saturating_sub(1) } else { types }
    }

    /// Whether what was made sure of before the loop that begins at an instruction was too often not so.
    pub fn is_lost_loop(&self, pc: usize) -> bool {
        self.input.lost_loops.contains(&(pc as u32))
    }

    /// The feedback cell `index` of an instruction as it was.
    pub fn feedback(&self, pc: usize, index: usize) -> u64 {
        self.input.feedback(pc, index)
    }

    /// All registers that an instruction may change.
    pub fn writes(&self, pc: usize) -> RegisterSet {
        let insn = self.insn(pc);
        let a = insn.a();
        let more = match insn.opcode() {
            Some(Opcode::ForPrep) => RegisterSet::range(a, a + 4),
            // The step stays what it is.
            Some(Opcode::ForLoop) => RegisterSet::range(a, a + 2),
            Some(Opcode::ForInPrep) => RegisterSet::range(a, a + 5),
            // The runtime keeps its place in the loop's hidden register; the call takes copies of the loop's state.
            Some(Opcode::ForCall) => RegisterSet::range(a + 4, a + 8 + insn.c()),
            Some(Opcode::ForInLoop) => RegisterSet::range(a + 2, a + 3),
            Some(Opcode::TestSet) => RegisterSet::range(a, a + 1),
            // Calls leave what they like from their own slot on.
            Some(Opcode::Call | Opcode::Vararg | Opcode::Concat) => {
                RegisterSet::range(a, usize::from(self.input.proto.max_stack))
            }
            _ => RegisterSet::EMPTY,
        };
        Accesses::of(&self.input.proto, insn).writes.union(more)
    }

    /// What the next instruction that reads a register has taken it for, if that is a number or a vector: seen far ahead in
    /// the code's order, within reason.
    pub fn expected(&self, pc: usize, register: usize) -> Option<Type> {
        let pc = self.next_reader(pc, register)?;
        if let Some(vector) = self.expected_vector(pc, register) {
            return Some(vector);
        }
        match self.feedback(pc, 0) {
            _ if !takes_notes(self.insn(pc).opcode()?) => None,
            seen::INT => Some(Type::Int),
            seen::FLOAT => Some(Type::Float),
            0 => None,
            found => (found & seen::NO_NUMBERS == 0).then_some(Type::Number),
        }
    }

    /// Whether the next instruction that reads a register has made floats of integers each time that it has met any.
    pub fn makes_floats(&self, pc: usize, register: usize) -> bool {
        let reader = self.next_reader(pc, register);
        let notes = |&pc: &usize| self.insn(pc).opcode().is_some_and(takes_notes);
        let found = reader.filter(notes).map_or(0, |pc| self.feedback(pc, 0));
        found & seen::MIXED != 0 && found & (seen::INT | seen::NO_NUMBERS) == 0
    }

    fn next_reader(&self, pc: usize, register: usize) -> Option<usize> {
        let code = &self.input.proto.code;
        for (pc, &insn) in code.iter().enumerate().skip(pc + 1).take(FAR_AHEAD) {
            insn.opcode()?;
            if Accesses::of(&self.input.proto, insn).reads.contains(register) {
                return Some(pc);
            }
            if self.writes(pc).contains(register) {
                return None;
            }
        }
        None
    }

    /// The vector type that an instruction has taken a register for.
    fn expected_vector(&self, pc: usize, register: usize) -> Option<Type> {
        let insn = self.insn(pc);
        match insn.opcode()? {
            Opcode::GetField | Opcode::GetMethod => {
                noted_receiver(std::array::from_fn(|cell| self.feedback(pc, cell)))
            }
            Opcode::TestEq | Opcode::Neg => noted_operand(self.feedback(pc, 0), 0),
            opcode if takes_notes(opcode) => {
                let is_first = (insn.b_reg() == register) != insn.is_flipped();
                noted_operand(self.feedback(pc, 0), usize::from(!is_first))
            }
            _ => None,
        }
    }

    /// Whether the interpreter and the baseline tier have never come to an instruction that they take notes of.
    pub fn was_never_run(&self, pc: usize) -> bool {
        let Some(opcode) = self.insn(pc).opcode() else { return false };
        let cells = match opcode {
            _ if takes_notes(opcode) => 1,
            // Some runs leave no notes: of receivers that cannot be remembered, for instance.
            _ if self.input.is_cautious => return false,
            Opcode::GetField
            | Opcode::GetEnv
            | Opcode::GetMethod
            | Opcode::SetField
            | Opcode::SetEnv => 4,
            Opcode::GetIndex
            | Opcode::SetIndex
            | Opcode::GetInt
            | Opcode::SetInt
            | Opcode::Call
            | Opcode::TailCall => 1,
            _ => return false,
        };
        !self.input.feedback.is_empty() && (0..cells).all(|cell| self.feedback(pc, cell) == 0)
    }
}

/// Headers of loops whose instructions, with those of what is inlined into them, are too many to be built twice.
fn large_loops(input: &CompileInput, flow: &Flow) -> BTreeSet<usize> {
    let is_large = |it: &&Loop| {
        let methods = input.receivers.methods.range(it.header..it.end);
        let has_several = methods.into_iter().any(|(_, receivers)| receivers.len() > 1);
        let most = if has_several { MOST_PEELED_OF_SEVERAL } else { MOST_PEELED };
        size_with_callees(input, input, it.header..it.end, 0) > most
    };
    flow.loops.iter().filter(is_large).map(|it| it.header).collect()
}

/// Instructions of a part of a function together with those of what may be inlined there. `root` has all callees.
fn size_with_callees(
    root: &CompileInput,
    input: &CompileInput,
    part: Range<usize>,
    depth: usize,
) -> usize {
    let size_of = |number: u64| {
        let mut callees = root.callees.iter();
        let callee = callees.find(|(known, callee)| *known == number && callee.may_be_copied);
        let (_, callee) = callee.filter(|_| depth < DEEPEST)?;
        Some(size_with_callees(root, callee, 0..callee.proto.code.len(), depth + 1))
    };
    let called_at = |pc: usize| -> usize {
        let opcode = input.proto.code[pc].opcode();
        if matches!(opcode, Some(Opcode::Call | Opcode::TailCall)) {
            return size_of(input.feedback(pc, 0)).unwrap_or(0);
        }
        if let Some(site) = input.metamethods.get(&(pc as u32)) {
            return size_of(site.function).unwrap_or(0);
        }
        let methods = input.receivers.methods.get(&pc).into_iter().flatten();
        let found: BTreeSet<u64> = methods.map(|it| it.function).collect();
        // One alone is what the call has called.
        if found.len() > 1 { found.into_iter().filter_map(size_of).sum() } else { 0 }
    };
    part.map(|pc| 1 + called_at(pc)).sum()
}

/// The fewest inline slots that tables of a shape were met with, by the rest of their keys.
type FewestSlots = BTreeMap<u64, u64>;

/// Looks at all receivers that the caches of a function have met.
fn fewest_slots(input: &CompileInput) -> FewestSlots {
    let mut fewest = FewestSlots::new();
    let fields = input.receivers.fields.values().flatten().map(|&(key, _)| key);
    let methods = input.receivers.methods.values().flatten().map(|receiver| receiver.key);
    let noted = (0..input.proto.code.len()).flat_map(|pc| {
        let loads =
            matches!(input.proto.code[pc].opcode(), Some(Opcode::GetField | Opcode::GetEnv));
        let known = if loads { known_loads(input, pc) } else { Vec::new() };
        known.into_iter().map(|(key, _)| key)
    });
    for key in fields.chain(methods).chain(noted) {
        let slots = key & INLINE_SLOTS;
        let least = fewest.entry(key & !INLINE_SLOTS).or_insert(slots);
        *least = slots.min(*least);
    }
    fewest
}

/// The only one there is.
fn only<T: Copy>(items: &[T]) -> Option<T> {
    match *items {
        [only] => Some(only),
        _ => None,
    }
}

fn wanted(input: &CompileInput, liveness: &Liveness) -> Vec<RegisterSet> {
    let code = &input.proto.code;
    let mut wanted: Vec<RegisterSet> = (0..code.len()).map(|pc| liveness.before(pc)).collect();
    for local in &input.proto.locals {
        let scope = local.start_pc as usize..(local.end_pc as usize).min(code.len());
        wanted[scope].iter_mut().for_each(|set| set.insert(usize::from(local.register)));
    }
    wanted
}

/// Whether every run of the instruction leaves something in its feedback cell.
fn takes_notes(opcode: Opcode) -> bool {
    matches!(
        opcode,
        Opcode::Add
            | Opcode::Sub
            | Opcode::Mul
            | Opcode::Div
            | Opcode::AddImm
            | Opcode::SubImm
            | Opcode::AddConst
            | Opcode::SubConst
            | Opcode::MulConst
            | Opcode::DivConst
            | Opcode::TestLt
            | Opcode::TestLe
            | Opcode::TestLtImm
            | Opcode::TestLeImm
            | Opcode::TestGtImm
            | Opcode::TestGeImm
    )
}
