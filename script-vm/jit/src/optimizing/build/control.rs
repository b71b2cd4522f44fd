//! Branches and loops.

use super::{Builder, Next};
use crate::baseline::{VARIABLES, jump_target};
use crate::flow::RegisterSet;
use crate::ir::{Block, Definition, Op, Type, Value};
use crate::optimizing::passes::named_type;

impl Builder<'_> {
    /// Ends the block with a branch: where it goes on if the condition holds, and if not.
    pub(super) fn branch(&mut self, condition: Value) -> [Block; 2] {
        let ways = [self.new_edge(), self.new_edge()];
        self.end(Op::Branch, vec![condition], 0, &ways);
        ways
    }

    /// One way out of the block at hand leads to its successor of that number.
    pub(super) fn lead(&mut self, edge: Block, number: usize) {
        let next = self.graph.successors[&self.at][number];
        self.current = edge;
        self.leave_to(next);
    }

    /// Goes on as the test at hand says: the graph has first the way to take if its outcome is the expected one.
    pub(super) fn decide(&mut self, holds: Value) -> Next {
        if let Some(holds) = self.known_condition(holds) {
            let expected = self.body.insn(self.pc).c() & 1 != 0;
            self.lead(self.current, usize::from(holds != expected));
            return Next::Elsewhere;
        }
        let [taken, fall] = self.expected_first(holds);
        self.lead(taken, 0);
        self.lead(fall, 1);
        Next::Elsewhere
    }

    /// What a condition always is. What a test leads to in an inlined function often depends on what it is passed.
    fn known_condition(&self, condition: Value) -> Option<bool> {
        let Definition::Result(inst) = self.f.definition(condition) else { return None };
        let data = self.f.inst(inst);
        let operand = |number: usize| data.operands[number];
        match data.op {
            Op::Bool => Some(data.immediate != 0),
            Op::Truthy => match self.f.ty(operand(0)) {
                Type::Any | Type::Bool => None,
                ty => Some(ty != Type::Nil),
            },
            Op::IsNil => match self.f.ty(operand(0)) {
                Type::Any => None,
                ty => Some(ty == Type::Nil),
            },
            Op::Same => named_type(&self.f, operand(0), operand(1)),
            _ => None,
        }
    }

    /// Branches on the outcome of the test at hand: first where it goes on if that is the expected one.
    fn expected_first(&mut self, holds: Value) -> [Block; 2] {
        let [yes, no] = self.branch(holds);
        let expected = self.body.insn(self.pc).c() & 1 != 0;
        if expected { [yes, no] } else { [no, yes] }
    }

    pub(super) fn build_test_set(&mut self) -> Next {
        let i = self.body.insn(self.pc);
        let value = self.read(i.b());
        let truthy = self.emit(Op::Truthy, vec![value], 0);
        let [taken, fall] = self.expected_first(truthy);
        self.lead(fall, 1);
        self.current = taken;
        self.write(i.a(), value);
        self.lead(taken, 0);
        Next::Elsewhere
    }

    /// Takes the fuel of a back-edge to an instruction, before which it goes on.
    pub(super) fn poll(&mut self, header: usize) {
        let state = self.state_at(header);
        let inst = self.f.make(Op::Poll, Vec::new(), self.pc as i64, Some(state), Vec::new());
        self.f.append(self.current, inst);
    }

    pub(super) fn target(&self) -> usize {
        let Some(target) = jump_target(self.pc, self.body.insn(self.pc)) else {
            unreachable!("only asked of jumps")
        };
        target
    }

    pub(super) fn build_jump_back(&mut self) -> Next {
        self.poll(self.target());
        self.lead(self.current, 0);
        Next::Elsewhere
    }

    /// The operation and immediate behind a value.
    pub(super) fn definition(&self, value: Value) -> Option<(Op, i64)> {
        match self.f.definition(value) {
            crate::ir::Definition::Result(inst) => {
                let data = self.f.inst(inst);
                Some((data.op, data.immediate))
            }
            crate::ir::Definition::Parameter(..) => None,
        }
    }

    /// A call of an iterator. One that is no Lua closure is stepped together with the loop's instruction behind the call,
    /// and leaves the loop at its end or in its body.
    pub(super) fn run_for_call(&mut self) -> Next {
        let a = self.body.insn(self.pc).a();
        self.flush_for_run();
        let (ended, body, called) = (self.new_edge(), self.new_edge(), self.new_edge());
        self.end(Op::RunForCall, vec![], self.pc as i64, &[ended, body, called]);
        let written = self.body.writes(self.pc).union(RegisterSet::range(a + 2, a + 3));
        self.forget(written);
        self.lead(ended, 0);
        self.lead(body, 1);
        self.current = called;
        Next::Behind
    }

    pub(super) fn build_for_in_loop(&mut self) -> Next {
        let a = self.body.insn(self.pc).a();
        let header = self.target();
        let control = self.read(a + VARIABLES);
        let ends = self.emit(Op::IsNil, vec![control], 0);
        let [behind, again] = self.branch(ends);
        self.lead(behind, 0);
        self.current = again;
        self.write(a + 2, control);
        self.poll(header);
        self.lead(self.current, 1);
        Next::Elsewhere
    }
}
