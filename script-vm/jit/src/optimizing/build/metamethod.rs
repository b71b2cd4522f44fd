//! Metamethods of arithmetic and comparisons: inlined, if an instruction has always called the same one.

use interlune_core::interp::{MetamethodSite, seen};
use interlune_core::plant::{self, Bug};
use interlune_core::runtime::InlinedCall;

use super::inline::{CallSite, Copy, DEEPEST};
use super::{Builder, Next};
use crate::flow::RegisterSet;
use crate::ir::{MOST_REGISTERS, Op, Target, Type, Value};

/// A metamethod that may be inlined, and how it was found so far.
struct Metamethod<'a> {
    site: MetamethodSite,
    copy: Copy<'a>,
}

impl<'a> Builder<'a> {
    /// The metamethod of the instruction at hand, if it may be inlined for such operands.
    fn metamethod(&self, [x, y]: [Value; 2]) -> Option<Metamethod<'a>> {
        let site = *self.body.input.metamethods.get(&(self.pc as u32))?;
        let found = self.body.feedback(self.pc, 0);
        let is_primitive_too = found & seen::KINDS & !seen::OTHER != 0;
        // It is called above the registers.
        if is_primitive_too || self.body.is_lost(self.pc) || self.registers.len() >= MOST_REGISTERS
        {
            return None;
        }
        let may_be_table = |value| matches!(self.f.ty(value), Type::Any | Type::Table);
        let may_be_number = |value| {
            let ty = self.f.ty(value);
            ty == Type::Any || ty.is_within(Type::Number)
        };
        let fits = match site.is_second {
            true => may_be_number(x) && may_be_table(y),
            false => may_be_table(x),
        };
        if !fits {
            return None;
        }
        let copy = self.copy_of(site.function, self.pc, DEEPEST)?;
        Some(Metamethod { site, copy })
    }

    /// Inlines the metamethod of the arithmetic instruction at hand.
    pub(super) fn inline_arithmetic_metamethod(&mut self, operands: [Value; 2]) -> Option<Next> {
        let metamethod = self.metamethod(operands)?;
        let a = self.body.insn(self.pc).a();
        let live = self.body.wanted(self.pc + 1).without(RegisterSet::range(a, a + 1));
        let result = self.build_metamethod(metamethod, operands, live);
        self.write(a, result);
        Some(Next::Behind)
    }

    /// Inlines the metamethod of the order test at hand.
    pub(super) fn inline_order_metamethod(&mut self, operands: [Value; 2]) -> Option<Next> {
        let metamethod = self.metamethod(operands)?;
        let live = self.wanted_behind_test();
        let result = self.build_metamethod(metamethod, operands, live);
        let holds = self.emit(Op::Truthy, vec![result], 0);
        Some(self.decide(holds))
    }

    /// Inlines the metamethod of the test for equality at hand. It is asked only of tables that are not one.
    pub(super) fn inline_equality_metamethod(&mut self, [x, y]: [Value; 2]) -> Option<Next> {
        if !matches!(self.f.ty(y), Type::Any | Type::Table) {
            return None;
        }
        // That of the second operand is for a first one, a table too, that has none.
        let metamethod = self.metamethod([x, y]).filter(|metamethod| !metamethod.site.is_second)?;
        let x = self.guarded(Op::GuardTable, x);
        let y = self.guarded(Op::GuardTable, y);
        let is_same = self.emit(Op::Same, vec![x, y], 0);
        let [same, others] = [self.new_edge(), self.new_edge()];
        self.end(Op::Branch, vec![is_same], 0, &[same, others]);
        self.current = others;
        self.state = None;
        let live = self.wanted_behind_test();
        let result = self.build_metamethod(metamethod, [x, y], live);
        let holds = self.emit(Op::Truthy, vec![result], 0);
        let joined = self.f.add_block();
        let outcome = self.f.add_parameter(joined, Type::Bool);
        for (from, holds) in [(same, is_same), (self.current, holds)] {
            let target = Target { block: joined, arguments: vec![holds] };
            let end = self.f.make(Op::Jump, Vec::new(), 0, None, vec![target]);
            self.f.append(from, end);
        }
        self.current = joined;
        self.state = None;
        Some(self.decide(outcome))
    }

    /// What is live on either way behind the test at hand.
    fn wanted_behind_test(&self) -> RegisterSet {
        self.body.wanted(self.pc + 1).union(self.body.wanted(self.pc + 2))
    }

    /// Finds the metamethod as it was found so far, and builds it; its result. `live` are the registers that the
    /// instruction leaves as they are, and that are asked for behind it.
    fn build_metamethod(
        &mut self,
        Metamethod { site, copy }: Metamethod<'a>,
        operands: [Value; 2],
        live: RegisterSet,
    ) -> Value {
        let [x, y] = operands;
        let mut owner = x;
        if site.is_second {
            self.guarded(Op::GuardNumber, x);
            self.guard(Op::GuardNumbersPlain, vec![], 0);
            owner = y;
        }
        let owner = self.guarded(Op::GuardTable, owner);
        let metatable = self.guard_value(Op::LoadMetatable, vec![owner], 0);
        self.guard(Op::GuardKey, vec![metatable], site.metatable_key as i64);
        let found = self.emit(Op::LoadField, vec![metatable], i64::from(site.location));
        let closure = self.guarded(Op::GuardClosure, found);
        if !plant::is(Bug::OptStaleMetamethod) {
            self.guard_callee(closure, site.function);
        }
        // Last of all, since it repeats the call.
        self.guard(Op::Charge, vec![], 0);
        self.inlined_bytecodes += copy.bytecodes();
        // Where the interpreter calls metamethods.
        let register = self.body.input.proto.max_stack;
        let call = InlinedCall {
            register,
            arguments: 2,
            wanted: 1,
            is_tail_call: false,
            is_metamethod: true,
            varargs: copy.varargs(operands.len()),
        };
        let caller = self.waiting_state(live, register, closure);
        let call = CallSite { caller, scope: (self.scope, register + 1), call };
        let results = self.build_inlined(copy, closure, &operands, call);
        self.state = None;
        results[0]
    }
}
