//! Moves what is the same in every iteration out of loops.
//!
//! What looks at nothing but its operands, whatever they are, leaves from anywhere in the loop. Guards, and what relies on guards, leave
//! only if every iteration begins with them: a loop that is run does what they ask. A guard then leaves the code before the
//! loop's first iteration, with the state of the loop's anchor; a loop in which that happened too often has no anchor any
//! more when it is built anew.

use interlune_core::plant::{self, Bug};

use super::value_numbering::{Write, read, writes_of};
use crate::ir::loops::{Loop, loops, predecessors};
use crate::ir::{Block, Definition, Function, Inst, InstData, Op, State, Value};

/// Inner loops first: what leaves one may then leave the loop around it.
pub fn run(f: &mut Function) {
    for it in loops(f).iter().rev() {
        if let Some((entrance, state)) = it.entrance(f) {
            Hoisting::new(f, it, state).run(it, entrance);
        }
    }
}

struct Hoisting<'f> {
    f: &'f mut Function,
    state: State,
    /// Values that are defined in the loop.
    varies: Vec<bool>,
    writes: Vec<Write>,
    /// What guards that stay in the loop look at: loads of it may rely on them.
    guarded: Vec<Value>,
    moved: Vec<Inst>,
}

impl<'f> Hoisting<'f> {
    fn new(f: &'f mut Function, it: &Loop, state: State) -> Hoisting<'f> {
        let mut varies = vec![false; f.value_count()];
        let mut writes = Vec::new();
        for &block in &it.blocks {
            let results = f.insts(block).iter().filter_map(|&inst| f.inst(inst).result);
            for value in f.parameters(block).iter().copied().chain(results) {
                varies[value.index()] = true;
            }
            writes.extend(writes_of(f, block));
        }
        Hoisting { f, state, varies, writes, guarded: Vec::new(), moved: Vec::new() }
    }

    fn run(mut self, it: &Loop, entrance: Block) {
        let beginning = beginning(self.f, it);
        for &block in &it.blocks {
            let is_always_run = beginning.contains(&block);
            let mut kept = Vec::new();
            for inst in self.f.insts(block).to_vec() {
                if self.may_leave(inst, is_always_run) {
                    self.leave(inst);
                } else {
                    self.stay(inst);
                    kept.push(inst);
                }
            }
            self.f.set_insts(block, kept);
        }
        let mut insts = self.f.insts(entrance).to_vec();
        let end = insts.len() - 1;
        insts.splice(end..end, self.moved);
        self.f.set_insts(entrance, insts);
    }

    fn may_leave(&self, inst: Inst, is_always_run: bool) -> bool {
        let data = self.f.inst(inst);
        let effects = data.op.effects();
        if !effects.is_repeatable()
            || data.op.is_end()
            || matches!(data.op, Op::Poll | Op::Charge | Op::Anchor)
            || data.operands.iter().any(|value| self.varies[value.index()])
        {
            return false;
        }
        if self.is_safe_anywhere(data) {
            return !self.is_written(inst);
        }
        is_always_run
            && !data.operands.iter().any(|value| self.guarded.contains(value))
            && !self.is_written(inst)
    }

    /// Whether the operation does no harm where the guards before it have not been passed.
    fn is_safe_anywhere(&self, data: &InstData) -> bool {
        let effects = data.op.effects();
        let trusts = effects.trusts && !plant::is(Bug::OptLooseHoist);
        let is_pure = !effects.exits && effects.reads.is_empty() && !trusts;
        // The closure that runs needs no guard to be one of its own function.
        let is_own = data.op == Op::LoadFixedUpvalue && self.is_running(data.operands[0]);
        is_pure
            || is_own
            || matches!(
                data.op,
                Op::ArrayLen | Op::ArrayData | Op::ArrayMeta | Op::HasKey | Op::LoadSlot
            )
    }

    fn is_running(&self, value: Value) -> bool {
        matches!(self.f.definition(value), Definition::Result(inst) if self.f.inst(inst).op == Op::Running)
    }

    /// Whether the loop may write what the instruction looks at.
    fn is_written(&self, inst: Inst) -> bool {
        let data = self.f.inst(inst);
        if data.op.effects().reads.is_empty() {
            return false;
        }
        let cells = read(data);
        // What is known of it is too little.
        cells.is_empty()
            || self.writes.iter().any(|write| match write {
                Write::Cell(_) if plant::is(Bug::OptStaleInvariant) => false,
                Write::Cell(cell) => cells.contains(cell),
                Write::All => true,
            })
    }

    fn leave(&mut self, inst: Inst) {
        let state = self.state;
        let data = self.f.inst_mut(inst);
        data.state = data.state.map(|_| state);
        if let Some(result) = data.result {
            self.varies[result.index()] = false;
        }
        self.moved.push(inst);
    }

    fn stay(&mut self, inst: Inst) {
        let data = self.f.inst(inst);
        if data.op.effects().exits {
            self.guarded.extend(data.operands.iter().copied());
        }
        // Where every iteration begins with one way of a branch, the other one does nothing but leave: it is a guard.
        if data.op == Op::Branch {
            let test = match self.f.definition(data.operands[0]) {
                Definition::Result(test) => &self.f.inst(test).operands[..],
                Definition::Parameter(..) => &[],
            };
            self.guarded.extend(test.iter().copied());
        }
    }
}

/// The blocks that every iteration begins with.
fn beginning(f: &Function, it: &Loop) -> Vec<Block> {
    let predecessors = predecessors(f);
    let mut blocks = vec![it.header];
    let mut last = it.header;
    loop {
        let goes_on = |&next: &Block| {
            let is_exit =
                f.end(next).is_some_and(|end| matches!(f.inst(end).op, Op::Exit | Op::Raise));
            !is_exit || f.insts(next).len() > 1
        };
        let mut next = f.successors(last).filter(goes_on);
        let (Some(only), None) = (next.next(), next.next()) else { return blocks };
        if !it.contains(only) || blocks.contains(&only) || predecessors[only.index()].len() != 1 {
            return blocks;
        }
        blocks.push(only);
        last = only;
    }
}

/// The constant integer that a value is.
pub(super) fn constant(f: &Function, value: Value) -> Option<i64> {
    match f.definition(value) {
        Definition::Result(inst) if f.inst(inst).op == Op::Int => Some(f.inst(inst).immediate),
        _ => None,
    }
}
