//! Variable arguments, and `select`, which most often takes them.
//!
//! Those of an inlined function are values like any other. A function with a frame finds its own below that; a call of
//! `select` of them is computed where they lie, together with the instruction that would copy them.

use interlune_core::bytecode::{Constant, Opcode};
use interlune_core::stdlib::known::{KnownFunction, known_function};

use super::{Builder, Next};
use crate::ir::{Op, Scope, Type, Value};

impl Builder<'_> {
    /// The beginning of a function with variable arguments.
    pub(super) fn build_vararg_prep(&mut self) -> Next {
        // Those of an inlined one were set apart when it was called.
        if self.inlined.is_some() { Next::Behind } else { self.run() }
    }

    pub(super) fn build_vararg(&mut self) -> Next {
        let i = self.body.insn(self.pc);
        if let Some(inlined) = &self.inlined {
            let values = inlined.varargs.clone();
            return self.copy_varargs(&values);
        }
        if i.c() == 0 {
            return self.select_of_varargs().unwrap_or_else(|| self.run());
        }
        let count = self.emit(Op::VarargCount, vec![], 0);
        for index in 0..i.c() - 1 {
            let place = self.int_constant(index as i64);
            let value = self.emit(Op::VarargAt, vec![count, place], 0);
            self.write(i.a() + index, value);
        }
        Next::Behind
    }

    /// The variable arguments of an inlined function, as many as the instruction at hand wants.
    fn copy_varargs(&mut self, values: &[Value]) -> Next {
        let i = self.body.insn(self.pc);
        let wanted = if i.c() == 0 { values.len() } else { i.c() - 1 };
        if i.a() + wanted > self.registers.len() {
            self.give_up_inlining();
            return Next::Behind;
        }
        let nil = self.emit(Op::Nil, vec![], 0);
        for index in 0..wanted {
            self.write(i.a() + index, values.get(index).copied().unwrap_or(nil));
        }
        if i.c() == 0 {
            self.leave_open(i.a(), wanted);
        }
        Next::Behind
    }

    /// The call behind the instruction at hand, if it is one of `select` with a selector and all variable arguments, for one
    /// result.
    fn select_of_varargs(&mut self) -> Option<Next> {
        let (i, at) = (self.body.insn(self.pc), self.pc + 1);
        let call = self.body.insn(at);
        let lines = &self.body.input.proto.lines;
        let is_taken = call.opcode() == Some(Opcode::Call)
            && call.b() == 0
            && call.c() == 2
            && call.a() + 2 == i.a()
            // An error at the call names its line, and exits repeat both instructions.
            && lines.get(self.pc) == lines.get(at)
            && !self.body.is_lost(self.pc);
        let address = self.native_callee(at).filter(|_| is_taken)?;
        if known_function(address) != Some(KnownFunction::Select) {
            return None;
        }
        let (callee, selector) = (self.read(call.a()), self.read(call.a() + 1));
        let is_count = self.is_count_selector(selector);
        let may_be_index = matches!(self.f.ty(selector), Type::Any | Type::Int);
        if self.f.ty(callee) != Type::Any || !(is_count || may_be_index) {
            return None;
        }
        self.guard_native(callee, address);
        let index = (!is_count).then(|| {
            // Neither from the end nor out of range.
            let selector = self.int(selector);
            let one = self.int_constant(1);
            let index = self.emit(Op::Sub, vec![selector, one], 0);
            let end = self.int_constant(i64::MAX);
            self.guard(Op::GuardBounds, vec![index, end], 0);
            index
        });
        self.guard(Op::Charge, vec![], 0);
        let count = self.emit(Op::VarargCount, vec![], 0);
        let result = match index {
            Some(index) => self.emit(Op::VarargAt, vec![count, index], 0),
            None => count,
        };
        self.forget_called(call.a());
        self.write(call.a(), result);
        self.pc = at;
        Some(Next::Behind)
    }

    /// The call at hand, if it is one of `select` with a known selector and a known number of arguments.
    pub(super) fn select_of_known(&mut self) -> Option<Next> {
        let i = self.body.insn(self.pc);
        let address = self.native_callee(self.pc)?;
        let count = self.argument_count().filter(|&count| count > 0)?;
        if known_function(address) != Some(KnownFunction::Select) {
            return None;
        }
        let (callee, selector) = (self.read(i.a()), self.read(i.a() + 1));
        if self.f.ty(callee) != Type::Any {
            return None;
        }
        let results: Vec<Value> = if self.is_count_selector(selector) {
            vec![self.int_constant(count as i64 - 1)]
        } else {
            let first = self.constant_selector(selector, count)?;
            (first..count).map(|index| self.read(i.a() + 1 + index)).collect()
        };
        let wanted = i.c().checked_sub(1).unwrap_or(results.len());
        self.guard_native(callee, address);
        self.charge();
        let nil = self.emit(Op::Nil, vec![], 0);
        self.forget_called(i.a());
        for index in 0..wanted {
            self.write(i.a() + index, results.get(index).copied().unwrap_or(nil));
        }
        self.state = None;
        if i.c() == 0 {
            self.leave_open(i.a(), wanted);
        }
        Some(Next::Behind)
    }

    /// Which of `count` arguments of `select` is the first that it returns, if that is known, and no error.
    fn constant_selector(&self, selector: Value, count: usize) -> Option<usize> {
        let (op, index) = self.definition(selector)?;
        let count = count as i64;
        let first = if index < 0 { count.saturating_add(index) } else { index.min(count) };
        (op == Op::Int && first >= 1).then_some(first as usize)
    }

    /// Whether a value is a constant that asks `select` for the number of its arguments.
    fn is_count_selector(&self, value: Value) -> bool {
        let Some((Op::String, constant)) = self.definition(value) else { return false };
        let scope = Scope::new((constant >> 32) as usize);
        let proto = &self.f.scope(scope).proto;
        let Constant::String(text) = proto.constants[constant as u32 as usize] else {
            return false;
        };
        proto.strings.get(text).first() == Some(&b'#')
    }
}
