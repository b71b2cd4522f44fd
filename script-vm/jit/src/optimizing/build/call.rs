//! Calls of functions whose meaning is known.

use interlune_core::interp::{NATIVE_CALLEE, SEVERAL_CALLEES};
use interlune_core::stdlib::math::{KnownFunction, known_function};

use super::{Builder, Next};
use crate::ir::{Op, Type, Value};

impl Builder<'_> {
    pub(super) fn build_call(&mut self) -> Next {
        if let Some(next) = self.inline_call() {
            return next;
        }
        if let Some(next) = self.call_directly() {
            return next;
        }
        let callee = self.body.feedback(self.pc, 0);
        let is_native = callee != SEVERAL_CALLEES && callee & NATIVE_CALLEE != 0;
        let address = callee & !NATIVE_CALLEE;
        match known_function(address).filter(|_| is_native) {
            Some(function) => self.build_known(function, address),
            None => self.run(),
        }
    }

    /// Calls a function that has code for it, or the one that is built as such code, without a frame.
    fn call_directly(&mut self) -> Option<Next> {
        let number = self.body.feedback(self.pc, 0);
        let i = self.body.insn(self.pc);
        if i.b() == 0 || !matches!(i.c(), 1 | 2) {
            return None;
        }
        let parameters = self.inlinable.direct_parameters(number, self.is_direct)?;
        let callee = self.read(i.a());
        if !matches!(self.f.ty(callee), Type::Any | Type::Closure) {
            return None;
        }
        let closure = self.guarded(Op::GuardClosure, callee);
        let entry = self.guard_value(Op::DirectEntry, vec![closure], number as i64);
        let mut operands = vec![entry, closure];
        for parameter in 1..=parameters {
            operands.push(match parameter < i.b() {
                true => self.read(i.a() + parameter),
                false => self.emit(Op::Nil, vec![], 0),
            });
        }
        let result = self.guard_value(Op::CallDirect, operands, number as i64);
        self.forget_called(i.a());
        if i.c() == 2 {
            self.write(i.a(), result);
        }
        self.state = None;
        Some(Next::Behind)
    }

    /// Calls leave what they like from the register of the function on.
    fn forget_called(&mut self, register: usize) {
        let registers = crate::flow::RegisterSet::range(register, self.registers.len());
        self.forget(registers);
    }

    /// A call of a function of the library, if its arguments are what it is compiled for.
    fn build_known(&mut self, function: KnownFunction, address: u64) -> Next {
        let i = self.body.insn(self.pc);
        let wanted_arguments = match function {
            KnownFunction::Max | KnownFunction::Min => 2,
            _ => 1,
        };
        if i.b() != wanted_arguments + 1 || i.c() != 2 {
            return self.run();
        }
        let callee = self.read(i.a());
        let x = self.read(i.a() + 1);
        let y = if wanted_arguments == 2 { self.read(i.a() + 2) } else { x };
        let types = [self.f.ty(x), self.f.ty(y)];
        let is_numeric = |ty: Type| ty == Type::Any || ty.is_within(Type::Number);
        if !types.into_iter().all(is_numeric) || self.f.ty(callee) != Type::Any {
            return self.run();
        }
        let are_ints = types == [Type::Int; 2];
        let may_compare = are_ints || types.contains(&Type::Float);
        if wanted_arguments == 2 && (!may_compare || types.contains(&Type::Int) != are_ints) {
            return self.run();
        }
        if function == KnownFunction::Abs && are_ints {
            return self.run();
        }
        self.guard(Op::GuardNative, vec![callee], address as i64);
        let result = match function {
            KnownFunction::Sqrt => {
                let x = self.float(x);
                self.emit(Op::FSqrt, vec![x], 0)
            }
            KnownFunction::Abs => {
                let x = self.guarded(Op::GuardFloat, x);
                self.emit(Op::FAbs, vec![x], 0)
            }
            KnownFunction::Floor | KnownFunction::Ceil if are_ints => x,
            KnownFunction::Floor => self.rounded(Op::FFloor, x),
            KnownFunction::Ceil => self.rounded(Op::FCeil, x),
            KnownFunction::Max | KnownFunction::Min => {
                let is_max = function == KnownFunction::Max;
                if are_ints {
                    self.emit(if is_max { Op::Max } else { Op::Min }, vec![x, y], 0)
                } else {
                    let (x, y) = (self.guarded(Op::GuardFloat, x), self.guarded(Op::GuardFloat, y));
                    self.emit(if is_max { Op::FMax } else { Op::FMin }, vec![x, y], 0)
                }
            }
        };
        // Last of all, since an exit repeats the call.
        self.guard(Op::Charge, vec![], 0);
        self.write(i.a(), result);
        Next::Behind
    }

    /// The integer that a float is rounded to; there is an exit if none is large enough.
    fn rounded(&mut self, op: Op, x: Value) -> Value {
        let x = self.guarded(Op::GuardFloat, x);
        let rounded = self.emit(op, vec![x], 0);
        self.guard_value(Op::FloatToInt, vec![rounded], 0)
    }
}
