//! Calls: of functions whose meaning is known, of those that need no frame, and of all others.

use interlune_core::bytecode::Opcode;
use interlune_core::interp::{NATIVE_CALLEE, SEVERAL_CALLEES};
use interlune_core::runtime::MOST_RETURNED;
use interlune_core::stdlib::known::{FloatFunction, KnownFunction, known_function};

use super::inline::DirectCallee;
use super::{Builder, Next};
use crate::ir::{Op, Type, Value};

/// Arguments of `math.max` and `math.min` that are compared inline, at most.
const MOST_COMPARED: usize = 4;

impl Builder<'_> {
    pub(super) fn build_call(&mut self) -> Next {
        let callee = self.read(self.body.insn(self.pc).a());
        if let Some(method) = self.known_vector_method(callee) {
            return if self.call_vector_method(method) { Next::Behind } else { self.run() };
        }
        if let Some(next) = self.inline_call() {
            return next;
        }
        if let Some(next) = self.inline_one_of_several() {
            return next;
        }
        if let Some(next) = self.call_directly() {
            return next;
        }
        if let Some(next) = self.build_iteration() {
            return next;
        }
        if let Some(next) = self.select_of_known() {
            return next;
        }
        if let Some(next) = self.build_error().or_else(|| self.build_assert()) {
            return next;
        }
        let i = self.body.insn(self.pc);
        match self.known_callee() {
            Some((function, address)) if matches!(i.c(), 0 | 2) => {
                let Some(result) = self.build_known(function, address) else { return self.run() };
                self.write(i.a(), result);
                if i.c() == 0 {
                    self.leave_open(i.a(), 1);
                }
                Next::Behind
            }
            _ => self.run(),
        }
    }

    /// The function of the library that was called, and its address.
    fn known_callee(&self) -> Option<(KnownFunction, u64)> {
        let address = self.native_callee(self.pc)?;
        known_function(address).map(|function| (function, address))
    }

    /// The address of the only native function that was called at an instruction.
    pub(super) fn native_callee(&self, pc: usize) -> Option<u64> {
        let callee = self.body.feedback(pc, 0);
        let is_native = callee != SEVERAL_CALLEES && callee & NATIVE_CALLEE != 0;
        is_native.then_some(callee & !NATIVE_CALLEE)
    }

    /// A function's last call. One of a function of the library is computed, without fuel as everywhere; one by a function
    /// that is inlined is inlined in its place.
    pub(super) fn build_tail_call(&mut self) -> Next {
        let i = self.body.insn(self.pc);
        let has_to_close = i.c() != 0;
        if has_to_close || self.argument_count().is_none() {
            return self.run_end();
        }
        let callee = self.read(i.a());
        // With a frame, the tier below sees to callers who want another number of results.
        let has_no_frame = self.inlined.is_some() || self.is_direct;
        if let Some(method) = self.known_vector_method(callee) {
            let result = if has_no_frame { self.vector_result(method, None) } else { None };
            return match result {
                Some(result) => self.return_values(vec![result]),
                None => self.run_end(),
            };
        }
        if let Some((function, address)) = self.known_callee().filter(|_| has_no_frame)
            && let Some(result) = self.build_known(function, address)
        {
            return self.return_values(vec![result]);
        }
        if let Some(values) = self.inline_tail_call() {
            return self.return_values(values);
        }
        if let Some(next) = self.tail_call_directly() {
            return next;
        }
        self.run_end()
    }

    /// A function if the call at hand can be made directly. Of functions that call each other, the first to be built
    /// expects that the others come to have such code, too; each does so only as long as that bet is not lost.
    pub(super) fn direct_callee(&self, number: u64) -> Option<DirectCallee> {
        let known = self.inlinable.direct_callee(number, self.is_direct)?;
        let is_fine = !known.is_expected || (self.is_direct && !self.body.is_lost(self.pc));
        is_fine.then_some(known)
    }

    /// Calls a function that has code for it, or the one that is built as such code, without a frame.
    fn call_directly(&mut self) -> Option<Next> {
        let i = self.body.insn(self.pc);
        let count = self.argument_count()?;
        let callee = self.read(i.a());
        let number = self.callee_number(callee);
        let known = self.direct_callee(number)?;
        let wanted = i.c().checked_sub(1);
        let entry = known.entry(wanted)?;
        if !matches!(self.f.ty(callee), Type::Any | Type::Closure) {
            return None;
        }
        let closure = self.guarded(Op::GuardClosure, callee);
        let closure = self.own_closure(closure, number).unwrap_or(closure);
        let arguments: Vec<Value> = (1..=count).map(|it| self.read(i.a() + it)).collect();
        let result = self.call_entry(closure, number, known.parameters, &arguments, entry);
        self.forget_called(i.a());
        let results = self.results_of_call(result, wanted.unwrap_or(1), known.returns_one);
        for (register, value) in (i.a()..).zip(results) {
            self.write(register, value);
        }
        self.state = None;
        if i.c() == 0 {
            self.leave_open(i.a(), 1);
        }
        Some(Next::Behind)
    }

    /// So many results of the direct call that was just made, whose first one is given.
    pub(super) fn results_of_call(
        &mut self,
        first: Value,
        wanted: usize,
        returns_one: bool,
    ) -> Vec<Value> {
        let mut result = |index: usize| match index {
            0 => first,
            _ if returns_one => self.emit(Op::Nil, vec![], 0),
            _ => self.emit(Op::ResultAt, vec![first], index as i64),
        };
        (0..wanted).map(&mut result).collect()
    }

    /// Makes the tail call at hand directly, and returns its result. The frame that it would replace does not exist.
    fn tail_call_directly(&mut self) -> Option<Next> {
        let is_inlined = self.inlined.is_some();
        if !is_inlined && !self.is_direct {
            return None;
        }
        let i = self.body.insn(self.pc);
        let count = self.argument_count()?;
        let callee = self.read(i.a());
        let number = self.callee_number(callee);
        let known = self.direct_callee(number)?;
        let replaced = self.f.scope(self.scope).call;
        // What is called lies below a frame with variable arguments, which were moved there.
        if replaced.varargs != 0 {
            return None;
        }
        let entry = match is_inlined {
            true if known.returns_one => Op::SingleEntry,
            true if replaced.wanted <= 1 => Op::DirectEntry,
            true => return None,
            // All that there are go on to whoever has called.
            false => known.entry(Some(MOST_RETURNED))?,
        };
        if !matches!(self.f.ty(callee), Type::Any | Type::Closure) {
            return None;
        }
        let closure = self.guarded(Op::GuardClosure, callee);
        let closure = self.own_closure(closure, number).unwrap_or(closure);
        let arguments: Vec<Value> = (1..=count).map(|it| self.read(i.a() + it)).collect();
        let result = self.call_entry(closure, number, known.parameters, &arguments, entry);
        Some(self.return_values(vec![result]))
    }

    /// Calls the direct entry of a closure of that function, which `entry` finds. The result.
    pub(super) fn call_entry(
        &mut self,
        closure: Value,
        number: u64,
        parameters: usize,
        arguments: &[Value],
        entry: Op,
    ) -> Value {
        let entry = self.guard_value(entry, vec![closure], number as i64);
        let mut operands = vec![entry, closure];
        for parameter in 0..parameters {
            operands.push(match arguments.get(parameter) {
                Some(&argument) => argument,
                None => self.emit(Op::Nil, vec![], 0),
            });
        }
        self.guard_value(Op::CallDirect, operands, number as i64)
    }

    /// Calls leave what they like from the register of the function on.
    pub(super) fn forget_called(&mut self, register: usize) {
        let registers = crate::flow::RegisterSet::range(register, self.registers.len());
        self.forget(registers);
    }

    /// The result of a function of the library, if its arguments are what it is compiled for.
    fn build_known(&mut self, function: KnownFunction, address: u64) -> Option<Value> {
        let i = self.body.insn(self.pc);
        let is_of_vectors = matches!(
            function,
            KnownFunction::Vec2 | KnownFunction::Vec3 | KnownFunction::Vector(_)
        );
        if i.b() == 0 && is_of_vectors {
            return None;
        }
        let wanted_arguments = match function {
            KnownFunction::Vec2 => return self.constructed(2, address),
            KnownFunction::Vec3 => return self.constructed(3, address),
            KnownFunction::Vector(method) => return self.vector_result(method, Some(address)),
            KnownFunction::Byte => return self.build_byte(address),
            KnownFunction::Float(function) => return self.build_float_function(function, address),
            KnownFunction::Sub => return self.build_sub(address),
            KnownFunction::Max | KnownFunction::Min => {
                return self.build_extreme(function == KnownFunction::Max, address);
            }
            KnownFunction::Assert | KnownFunction::Error | KnownFunction::Select => return None,
            KnownFunction::SetMetatable => 2,
            _ => 1,
        };
        if self.argument_count() != Some(wanted_arguments) {
            return None;
        }
        if function == KnownFunction::SetMetatable {
            return self.build_set_metatable(address);
        }
        let callee = self.read(i.a());
        let x = self.read(i.a() + 1);
        if function == KnownFunction::Type {
            return self.build_type(callee, x, address);
        }
        let ty = self.f.ty(x);
        let is_int = ty == Type::Int;
        let is_numeric = ty == Type::Any || ty.is_within(Type::Number);
        if !is_numeric || self.f.ty(callee) != Type::Any || self.body.is_lost_twice(self.pc) {
            return None;
        }
        self.guard_native(callee, address);
        let result = match function {
            KnownFunction::Assert
            | KnownFunction::Byte
            | KnownFunction::Error
            | KnownFunction::Float(_)
            | KnownFunction::Max
            | KnownFunction::Min
            | KnownFunction::Select
            | KnownFunction::SetMetatable
            | KnownFunction::Sub
            | KnownFunction::Type
            | KnownFunction::Vec2
            | KnownFunction::Vec3
            | KnownFunction::Vector(_) => return None,
            KnownFunction::Sqrt => {
                let x = self.float(x);
                self.emit(Op::FSqrt, vec![x], 0)
            }
            KnownFunction::Abs if self.kind_of_compared(&[x]) == Op::GuardInt => {
                let x = self.int(x);
                let negated = self.emit(Op::Neg, vec![x], 0);
                self.emit(Op::Max, vec![x, negated], 0)
            }
            KnownFunction::Abs => {
                let x = self.guarded(Op::GuardFloat, x);
                self.emit(Op::FAbs, vec![x], 0)
            }
            KnownFunction::Floor | KnownFunction::Ceil if is_int => x,
            KnownFunction::Floor => self.rounded(Op::FFloor, x),
            KnownFunction::Ceil => self.rounded(Op::FCeil, x),
        };
        self.charge();
        Some(result)
    }

    /// A function of one float, or the arc tangent of two.
    fn build_float_function(&mut self, function: FloatFunction, address: u64) -> Option<Value> {
        let a = self.body.insn(self.pc).a();
        let most = if function == FloatFunction::Atan { 2 } else { 1 };
        let count = self.argument_count().filter(|count| (1..=most).contains(count))?;
        let callee = self.read(a);
        let arguments: Vec<Value> = (1..=count).map(|it| self.read(a + it)).collect();
        if self.f.ty(callee) != Type::Any
            || !arguments.iter().all(|&value| self.may_be_number(value))
            || self.body.is_lost(self.pc)
        {
            return None;
        }
        self.guard_native(callee, address);
        let x = self.float(arguments[0]);
        let y = match (arguments.get(1), function) {
            (Some(&y), _) => self.float(y),
            (None, FloatFunction::Atan) => self.float_constant(1.0),
            (None, _) => x,
        };
        self.charge();
        Some(self.emit(Op::FloatCall, vec![x, y], function as i64))
    }

    /// The largest or the smallest of several numbers.
    fn build_extreme(&mut self, is_max: bool, address: u64) -> Option<Value> {
        let a = self.body.insn(self.pc).a();
        let count = self.argument_count().filter(|count| (1..=MOST_COMPARED).contains(count))?;
        let callee = self.read(a);
        let numbers: Vec<Value> = (1..=count).map(|it| self.read(a + it)).collect();
        let is_numeric = |&value: &Value| {
            let ty = self.f.ty(value);
            ty == Type::Any || ty.is_within(Type::Number)
        };
        if !numbers.iter().all(is_numeric)
            || self.f.ty(callee) != Type::Any
            || self.body.is_lost_twice(self.pc)
        {
            return None;
        }
        self.guard_native(callee, address);
        let kind = self.kind_of_compared(&numbers);
        let numbers: Vec<Value> = numbers.iter().map(|&value| self.guarded(kind, value)).collect();
        let (&first, others) = numbers.split_first()?;
        let mut result = first;
        for &other in others {
            result = match (kind, is_max) {
                (Op::GuardInt, true) => self.emit(Op::Max, vec![result, other], 0),
                (Op::GuardInt, false) => self.emit(Op::Min, vec![result, other], 0),
                (Op::GuardFloat, true) => self.emit(Op::FMax, vec![result, other], 0),
                (Op::GuardFloat, false) => self.emit(Op::FMin, vec![result, other], 0),
                _ => {
                    let less = if is_max { vec![result, other] } else { vec![other, result] };
                    let is_other = self.guard_value(Op::NumberLess, less, 0);
                    self.emit(Op::NumberSelect, vec![is_other, other, result], 0)
                }
            };
        }
        self.charge();
        Some(result)
    }

    /// The guard on numbers that are compared: of one kind by what they are known to be, or by what is made of the result.
    fn kind_of_compared(&self, numbers: &[Value]) -> Op {
        let types = || numbers.iter().map(|&value| self.f.ty(value));
        let is_any = |ty: Type| types().any(|other| other == ty);
        let expected = self.body.expected(self.pc, self.body.insn(self.pc).a());
        match (is_any(Type::Int), is_any(Type::Float)) {
            (true, false) if types().all(|ty| ty == Type::Int) => Op::GuardInt,
            (false, true) if types().all(|ty| ty == Type::Float) => Op::GuardFloat,
            _ if self.body.is_lost(self.pc) || is_any(Type::Number) => Op::GuardNumber,
            (true, false) if expected == Some(Type::Int) => Op::GuardInt,
            (false, true) => Op::GuardFloat,
            (false, false) if expected == Some(Type::Int) => Op::GuardInt,
            (false, false) if expected == Some(Type::Float) => Op::GuardFloat,
            _ => Op::GuardNumber,
        }
    }

    /// A call of `error`: the tier below raises it.
    fn build_error(&mut self) -> Option<Next> {
        let (function, address) = self.known_callee()?;
        let callee = self.read(self.body.insn(self.pc).a());
        if function != KnownFunction::Error || self.f.ty(callee) != Type::Any {
            return None;
        }
        self.guard_native(callee, address);
        self.end(Op::Raise, vec![], 0, &[]);
        Some(Next::Elsewhere)
    }

    /// A call of `assert`, which returns what it is given, or has the tier below raise an error.
    fn build_assert(&mut self) -> Option<Next> {
        let i = self.body.insn(self.pc);
        let (function, address) = self.known_callee()?;
        let count = self.argument_count().filter(|&count| count > 0)?;
        let callee = self.read(i.a());
        let wanted = i.c().checked_sub(1).unwrap_or(count);
        if function != KnownFunction::Assert || self.f.ty(callee) != Type::Any {
            return None;
        }
        self.guard_native(callee, address);
        let arguments: Vec<Value> = (1..=count).map(|it| self.read(i.a() + it)).collect();
        let holds = self.emit(Op::Truthy, vec![arguments[0]], 0);
        let edges = [self.new_edge(), self.new_edge()];
        self.end(Op::Branch, vec![holds], 0, &edges);
        self.current = edges[1];
        self.end(Op::Raise, vec![], 0, &[]);
        self.current = edges[0];
        self.charge();
        let nil = self.emit(Op::Nil, vec![], 0);
        self.forget_called(i.a());
        for index in 0..wanted {
            self.write(i.a() + index, arguments.get(index).copied().unwrap_or(nil));
        }
        self.state = None;
        if i.c() == 0 {
            self.leave_open(i.a(), wanted);
        }
        Some(Next::Behind)
    }

    /// Takes the fuel of a call of a function of the library: last of all that may exit, since an exit repeats the call,
    /// but before it has any effect. Tail calls of them are free.
    pub(super) fn charge(&mut self) {
        if self.body.insn(self.pc).opcode() != Some(Opcode::TailCall) {
            self.guard(Op::Charge, vec![], 0);
        }
    }

    /// The name of a value's type.
    fn build_type(&mut self, callee: Value, value: Value, address: u64) -> Option<Value> {
        if self.f.ty(callee) != Type::Any {
            return None;
        }
        self.guard_native(callee, address);
        self.charge();
        Some(self.emit(Op::TypeName, vec![callee, value], 0))
    }

    /// A byte of a string, where one result is asked for: beyond the string's ends there is none, which is nil then.
    fn build_byte(&mut self, address: u64) -> Option<Value> {
        let i = self.body.insn(self.pc);
        let wants_one = i.opcode() == Some(Opcode::Call) && i.c() == 2;
        let count = self.argument_count().filter(|count| (1..=2).contains(count))?;
        if !wants_one || self.body.is_lost(self.pc) {
            return None;
        }
        let callee = self.read(i.a());
        let text = self.read(i.a() + 1);
        let at = match count {
            1 => self.emit(Op::Int, vec![], 1),
            _ => self.read(i.a() + 2),
        };
        let are_fine = matches!(self.f.ty(text), Type::Any | Type::String)
            && matches!(self.f.ty(at), Type::Any | Type::Number | Type::Int);
        if !are_fine || self.f.ty(callee) != Type::Any {
            return None;
        }
        self.guard_native(callee, address);
        let text = self.guarded(Op::GuardString, text);
        let at = self.int(at);
        self.charge();
        Some(self.emit(Op::StringByte, vec![text, at], 0))
    }

    /// A part of a string.
    fn build_sub(&mut self, address: u64) -> Option<Value> {
        let a = self.body.insn(self.pc).a();
        let count = self.argument_count().filter(|count| (2..=3).contains(count))?;
        if self.body.is_lost(self.pc) {
            return None;
        }
        let [callee, text, start] = [a, a + 1, a + 2].map(|register| self.read(register));
        let end = match count {
            2 => self.int_constant(-1),
            _ => self.read(a + 3),
        };
        let may_be_int = |ty| matches!(ty, Type::Any | Type::Number | Type::Int);
        let are_fine = matches!(self.f.ty(text), Type::Any | Type::String)
            && [start, end].into_iter().all(|value| may_be_int(self.f.ty(value)));
        if !are_fine || self.f.ty(callee) != Type::Any {
            return None;
        }
        self.guard_native(callee, address);
        let text = self.guarded(Op::GuardString, text);
        let (from, to) = (self.int(start), self.int(end));
        // What is made lives in no register of the frame that pauses.
        self.charge();
        let is_one_byte = start == end && count == 3;
        Some(if is_one_byte {
            self.emit(Op::StringAt, vec![text, from], 0)
        } else {
            self.guard_value(Op::StringPart, vec![text, from, to], 0)
        })
    }

    /// Gives a table that has no metatable one.
    fn build_set_metatable(&mut self, address: u64) -> Option<Value> {
        if self.body.is_lost(self.pc) {
            return None;
        }
        let a = self.body.insn(self.pc).a();
        let [callee, table, metatable] = [a, a + 1, a + 2].map(|register| self.read(register));
        let may_be_table = |ty: Type| matches!(ty, Type::Any | Type::Table);
        if self.f.ty(callee) != Type::Any
            || ![table, metatable].into_iter().all(|value| may_be_table(self.f.ty(value)))
        {
            return None;
        }
        self.guard_native(callee, address);
        let table = self.guarded(Op::GuardTable, table);
        let metatable = self.guarded(Op::GuardTable, metatable);
        self.charge();
        self.guard(Op::SetMetatable, vec![table, metatable], 0);
        self.state = None;
        Some(table)
    }

    /// The integer that a float is rounded to; there is an exit if none is large enough.
    fn rounded(&mut self, op: Op, x: Value) -> Value {
        let x = self.guarded(Op::GuardFloat, x);
        let rounded = self.emit(op, vec![x], 0);
        self.guard_value(Op::FloatToInt, vec![rounded], 0)
    }
}
