//! Tables that nobody sees are not made (escape analysis and scalar replacement).
//!
//! What is in such a table is followed along the code: loads from it become the values that were stored, guards on it are
//! decided, stores go. Frame states that name it say how to make it, should code be left there ([`VirtualObject`]). Where
//! somebody would see it, because it is returned, stored elsewhere or put into the Lua stack, it is made right there, once.
//!
//! A parameter that is only ever passed such tables, all of one key and each for the last time, is such a table too: its
//! fields become parameters in its place. So objects that a loop replaces in every round are never made.
//!
//! Each attempt rewrites a copy of the function and stops at the first table that cannot be followed: where ways meet on
//! which it was made and ways on which it was not, or on which it is not of one key. The next attempt leaves that one alone.
//!
//! * [`heap`]: what is known of tables at some point; [`merge`]: where ways meet
//! * [`operation`]: one operation; [`making`]: tables that are made after all, and frame states
//!
//! [`VirtualObject`]: crate::ir::VirtualObject

mod heap;
mod making;
mod merge;
mod operation;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::ir::cfg::reverse_postorder;
use crate::ir::loops::{loops, predecessors};
use crate::ir::{Block, FrameState, Function, Inst, Op, State, Type, Value};
use heap::Heap;
use merge::OpenLoop;

/// Attempts after which a function's tables are left alone: each takes as long as any other pass.
const MOST_ATTEMPTS: usize = 24;

/// A table, or a parameter, that cannot be followed.
struct Refused(Value);

/// Sinks what can be sunk.
pub fn run(f: &mut Function) {
    let mut refused = BTreeSet::new();
    for _ in 0..MOST_ATTEMPTS {
        let candidates = candidates(f, &refused);
        if candidates.is_empty() {
            return;
        }
        let mut attempt = f.clone();
        match Sinking::new(&mut attempt, candidates).run() {
            Ok(()) => return *f = attempt,
            Err(Refused(value)) => {
                debug_assert!(!refused.contains(&value), "it is refused once");
                refused.insert(value);
            }
        }
    }
}

/// New tables, and the parameters that are passed nothing else.
fn candidates(f: &Function, refused: &BTreeSet<Value>) -> BTreeSet<Value> {
    let order = reverse_postorder(f);
    let mut found = BTreeSet::new();
    let mut passed: FxHashMap<Value, Vec<Value>> = FxHashMap::default();
    for &block in &order {
        for &inst in f.insts(block) {
            let data = f.inst(inst);
            found.extend(data.result.filter(|_| data.op == Op::NewTable));
            for target in &data.targets {
                let parameters = f.parameters(target.block);
                for (&argument, &parameter) in target.arguments.iter().zip(parameters) {
                    passed.entry(parameter).or_default().push(argument);
                }
            }
        }
    }
    if found.iter().all(|value| refused.contains(value)) {
        return BTreeSet::new();
    }
    found.extend(passed.keys().copied().filter(|&parameter| f.ty(parameter) == Type::Table));
    found.retain(|value| !refused.contains(value));
    loop {
        let before = found.len();
        let others = found.clone();
        found.retain(|value| {
            passed.get(value).is_none_or(|passed| passed.iter().all(|it| others.contains(it)))
        });
        if found.len() == before {
            return found;
        }
    }
}

/// An attempt.
struct Sinking<'f> {
    f: &'f mut Function,
    candidates: BTreeSet<Value>,
    order: Vec<Block>,
    place: Vec<usize>,
    /// Of the function as it was.
    predecessors: Vec<Vec<Block>>,
    /// For headers of loops, the locations that the loop stores to.
    stored: Vec<BTreeSet<i64>>,
    /// For each table that is followed, by the value that names it, the candidate that it is.
    candidate_of: FxHashMap<Value, Value>,
    /// What is known where the instruction at hand stands.
    heap: Heap,
    /// The instructions of the block at hand so far.
    kept: Vec<Inst>,
    /// At the end of each block that is done and goes on somewhere.
    at_end: Vec<Option<Heap>>,
    open: FxHashMap<Block, OpenLoop>,
    /// What states have become: frames from the innermost on, and their state.
    states: FxHashMap<State, Vec<(Vec<FrameState>, State)>>,
}

impl<'f> Sinking<'f> {
    fn new(f: &'f mut Function, candidates: BTreeSet<Value>) -> Sinking<'f> {
        let order = reverse_postorder(f);
        let blocks = f.blocks().len();
        let mut place = vec![usize::MAX; blocks];
        for (number, block) in order.iter().enumerate() {
            place[block.index()] = number;
        }
        let predecessors = predecessors(f);
        let mut stored = vec![BTreeSet::new(); blocks];
        for it in loops(f) {
            let insts = it.blocks.iter().flat_map(|&block| f.insts(block));
            let stores = insts.map(|&inst| f.inst(inst)).filter(|data| data.op == Op::StoreField);
            stored[it.header.index()] = stores.map(|data| data.immediate).collect();
        }
        Sinking {
            f,
            candidates,
            order,
            place,
            predecessors,
            stored,
            candidate_of: FxHashMap::default(),
            heap: Heap::default(),
            kept: Vec::new(),
            at_end: vec![None; blocks],
            open: FxHashMap::default(),
            states: FxHashMap::default(),
        }
    }

    fn run(mut self) -> Result<(), Refused> {
        for number in 0..self.order.len() {
            let block = self.order[number];
            if self.enter(block)? {
                self.rewrite(block)?;
            }
        }
        let candidates = self.candidates;
        self.f.remove_parameters(|value| candidates.contains(&value));
        self.f.apply_replacements();
        Ok(())
    }

    /// The blocks from which a loop goes back to its header.
    fn jumps_back(&self, header: Block) -> Vec<Block> {
        let own = self.place[header.index()];
        let from = self.predecessors[header.index()].iter().copied();
        from.filter(|from| self.place[from.index()] >= own).collect()
    }

    fn rewrite(&mut self, block: Block) -> Result<(), Refused> {
        for inst in self.f.insts(block).to_vec() {
            if self.f.inst(inst).op == Op::Anchor
                && let Some(end) = self.f.end(block)
            {
                // What the loop is entered with is made before that place.
                self.pass(end)?;
            }
            if !self.visit(inst)? {
                break;
            }
        }
        let kept = std::mem::take(&mut self.kept);
        self.f.set_insts(block, kept);
        let heap = std::mem::take(&mut self.heap);
        let own = self.place[block.index()];
        let back: BTreeSet<Block> =
            self.f.successors(block).filter(|to| self.place[to.index()] <= own).collect();
        for header in back {
            self.close(header, block, &heap)?;
        }
        self.at_end[block.index()] = Some(heap);
        Ok(())
    }
}
