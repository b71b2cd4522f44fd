//! Generic loops.
//!
//! Loops over `next` and over what `ipairs` returns are stepped by operations, as the interpreter steps them without a call
//! (`interp::iterate`); an iterator that is a closure is inlined or called directly. Any other iterator is called as the
//! baseline tier calls it. Registers from `a` on: iterator, state, control, closing value, cursor, then the variables.

use interlune_core::bytecode::Opcode;
use interlune_core::interp::element;
use interlune_core::stdlib::known::{KnownIteration, known_iteration};

use super::inline::DEEPEST;
use super::{Builder, Next};
use crate::baseline::{VARIABLES, jump_target};
use crate::ir::{Op, Type, Value};

/// Least results that a loop's beginning takes of `pairs`: iterator, state and control.
const OF_PAIRS: usize = 3;

impl Builder<'_> {
    /// A call of `pairs` or `ipairs` for a loop, if that is what was called.
    pub(super) fn build_iteration(&mut self) -> Option<Next> {
        let i = self.body.insn(self.pc);
        let address = self.native_callee(self.pc)?;
        let function = known_iteration(address)?;
        let is_for_loop = self.argument_count() == Some(1) && i.c() > OF_PAIRS;
        if !is_for_loop || self.body.is_lost(self.pc) {
            return None;
        }
        let (callee, object) = (self.read(i.a()), self.read(i.a() + 1));
        if self.f.ty(callee) != Type::Any {
            return None;
        }
        let (object, control) = match function {
            KnownIteration::Pairs => {
                // Neither a metamethod of its own nor weak references.
                let table = self.table(object)?;
                self.guard(Op::GuardPlain, vec![table], 0);
                (table, None)
            }
            KnownIteration::Ipairs => (object, Some(0)),
            KnownIteration::Next | KnownIteration::Index => return None,
        };
        let iterator = self.guard_value(Op::NativeCaptured, vec![callee], address as i64);
        if function == KnownIteration::Ipairs {
            // The interpreter runs `pairs` itself, and for free.
            self.charge();
        }
        let nil = self.emit(Op::Nil, vec![], 0);
        let control = control.map_or(nil, |control| self.int_constant(control));
        let results = [iterator, object, control];
        for index in 0..i.c() - 1 {
            self.write(i.a() + index, results.get(index).copied().unwrap_or(nil));
        }
        Some(Next::Behind)
    }

    /// The beginning of a loop. What it iterates over is guarded here, so that the loop need not do it again and again.
    pub(super) fn build_for_in_prep(&mut self) -> Next {
        let a = self.body.insn(self.pc).a();
        if self.body.is_lost(self.pc) {
            self.run();
            self.lead(self.current, 0);
            return Next::Elsewhere;
        }
        let closing = self.read(a + 3);
        self.guarded(Op::GuardNil, closing);
        let call = self.target();
        if let Some((iteration, address)) = self.iteration_at(call) {
            let (iterator, object) = (self.read(a), self.read(a + 1));
            if self.may_iterate(iterator, object) {
                self.guard(Op::GuardNative, vec![iterator], address as i64);
                self.guarded(Op::GuardTable, object);
                let control = self.read(a + 2);
                if iteration == KnownIteration::Index && self.f.ty(control) == Type::Any {
                    self.int(control);
                }
            }
        }
        let no_place = self.emit(Op::Nil, vec![], 0);
        self.write(a + 4, no_place);
        self.lead(self.current, 0);
        Next::Elsewhere
    }

    /// What the call of an iterator has stepped so far, if that is known and was right.
    fn iteration_at(&self, call: usize) -> Option<(KnownIteration, u64)> {
        if self.body.is_lost(call) || self.inlined.is_some() {
            return None;
        }
        let address = self.native_callee(call)?;
        let iteration = known_iteration(address)?;
        let is_step = matches!(iteration, KnownIteration::Next | KnownIteration::Index);
        is_step.then_some((iteration, address))
    }

    fn may_iterate(&self, iterator: Value, object: Value) -> bool {
        self.f.ty(iterator) == Type::Any && matches!(self.f.ty(object), Type::Any | Type::Table)
    }

    /// The call of an iterator, with the loop's instruction behind it.
    pub(super) fn build_for_call(&mut self) -> Next {
        let a = self.body.insn(self.pc).a();
        let called = self.inline_iterator().or_else(|| self.call_iterator_directly());
        if let Some(next) = called {
            return next;
        }
        let (iterator, object) = (self.read(a), self.read(a + 1));
        match self.iteration_at(self.pc) {
            Some((iteration, address)) if self.may_iterate(iterator, object) => {
                self.guard(Op::GuardNative, vec![iterator], address as i64);
                let table = self.guarded(Op::GuardTable, object);
                match iteration {
                    KnownIteration::Next => self.build_next_step(table),
                    _ => self.build_index_step(table),
                }
            }
            _ => self.run_for_call(),
        }
    }

    /// A step of a traversal.
    fn build_next_step(&mut self, table: Value) -> Next {
        let a = self.body.insn(self.pc).a();
        let (cursor, control) = (self.read(a + 4), self.read(a + 2));
        let cursor = self.guard_value(Op::NextEntry, vec![table, cursor, control], 0);
        let is_over = self.emit(Op::IsNil, vec![cursor], 0);
        let [ended, goes_on] = self.branch(is_over);
        self.current = ended;
        self.end_loop();
        self.current = goes_on;
        let key = self.emit(Op::EntryKey, vec![cursor], 0);
        let value = self.emit(Op::EntryValue, vec![cursor], 0);
        self.write(a + 4, cursor);
        self.turn([key, value])
    }

    /// A step through an array. What is not in it, ends the loop, or is left to the tier below.
    fn build_index_step(&mut self, table: Value) -> Next {
        let a = self.body.insn(self.pc).a();
        let control = self.read(a + 2);
        if !matches!(self.f.ty(control), Type::Any | Type::Int) {
            return self.run_for_call();
        }
        let control = self.int(control);
        self.guard(Op::GuardStrong, vec![table], 0);
        let one = self.int_constant(1);
        let index = self.emit(Op::Add, vec![control, one], 0);
        let length = self.emit(Op::ArrayLen, vec![table], 0);
        let is_within = self.emit(Op::Less, vec![control, length], 0);
        let [within, beyond] = self.branch(is_within);
        self.current = beyond;
        let (registers, state) = (self.registers.clone(), self.state);
        let value = self.guard_value(Op::LookupInt, vec![table, index], 0);
        self.guard(Op::GuardAnswer, vec![value, table], 0);
        self.guarded(Op::GuardNil, value);
        self.end_loop();
        self.registers = registers;
        self.state = state;
        self.current = within;
        // The control may have begun below 0.
        self.guard(Op::GuardBounds, vec![control, length], 0);
        // Empty arrays have nothing to load.
        let kind = Self::kind_of(self.body.feedback(self.pc, 1) & !element::EMPTY);
        let value = match kind {
            Some(kind) => {
                self.guard(Op::GuardKind, vec![table], kind as i64);
                self.load_of_kind(table, control, kind)
            }
            None => self.load_any_element(table, control),
        };
        if self.f.ty(value) == Type::Any {
            self.guard(Op::GuardAnswer, vec![value, table], 0);
            let is_over = self.emit(Op::IsNil, vec![value], 0);
            let [ended, goes_on] = self.branch(is_over);
            self.current = ended;
            self.end_loop();
            self.current = goes_on;
        }
        self.turn([index, value])
    }

    /// The loop ends here, on one of several ways.
    fn end_loop(&mut self) {
        let a = self.body.insn(self.pc).a();
        let (registers, state) = (self.registers.clone(), self.state);
        let nil = self.emit(Op::Nil, vec![], 0);
        self.write(a + VARIABLES, nil);
        self.lead(self.current, 0);
        self.registers = registers;
        self.state = state;
    }

    /// Another round with these variables.
    fn turn(&mut self, found: [Value; 2]) -> Next {
        let i = self.body.insn(self.pc);
        self.write(i.a() + 2, found[0]);
        for index in 0..i.c() {
            let value = match found.get(index) {
                Some(&value) => value,
                None => self.emit(Op::Nil, vec![], 0),
            };
            self.write(i.a() + VARIABLES + index, value);
        }
        // The loop's instruction behind takes the jump back.
        self.pc += 1;
        self.poll(self.target());
        self.lead(self.current, 1);
        Next::Elsewhere
    }

    /// Inlines the closure that is the iterator, if it is always one of the same function.
    fn inline_iterator(&mut self) -> Option<Next> {
        let i = self.body.insn(self.pc);
        let number = self.body.feedback(self.pc, 0);
        let copy = self.copy_of(number, self.pc, DEEPEST)?;
        let arguments = [self.read(i.a() + 1), self.read(i.a() + 2)];
        let iterator = self.iterator_closure()?;
        self.inlined_bytecodes += copy.bytecodes();
        self.guard_callee(iterator, number);
        let func = i.a() + VARIABLES;
        let results = self.build_called_at(func, i.c(), copy, iterator, &arguments);
        for (index, value) in results.into_iter().enumerate() {
            self.write(func + index, value);
        }
        self.state = None;
        Some(Next::Behind)
    }

    /// Calls it directly.
    fn call_iterator_directly(&mut self) -> Option<Next> {
        let i = self.body.insn(self.pc);
        let number = self.body.feedback(self.pc, 0);
        let known = self.direct_callee(number)?;
        let wanted = i.c();
        let entry = known.entry(Some(wanted))?;
        let arguments = [self.read(i.a() + 1), self.read(i.a() + 2)];
        let iterator = self.iterator_closure()?;
        let first = self.call_entry(iterator, number, known.parameters, &arguments, entry);
        self.forget_called(i.a() + VARIABLES);
        let results = self.results_of_call(first, wanted, known.returns_one);
        for (register, value) in (i.a() + VARIABLES..).zip(results) {
            self.write(register, value);
        }
        self.state = None;
        Some(Next::Behind)
    }

    fn iterator_closure(&mut self) -> Option<Value> {
        let iterator = self.read(self.body.insn(self.pc).a());
        let may_be = matches!(self.f.ty(iterator), Type::Any | Type::Closure);
        may_be.then(|| self.guarded(Op::GuardClosure, iterator))
    }

    /// The end of a block in which variables were captured or wait to be closed. Loops have such a block for the sake of
    /// their closing value, which is nil where a loop's beginning is built here.
    pub(super) fn build_close(&mut self) -> Next {
        let level = self.body.insn(self.pc).a();
        if self.may_have_to_close(level) { self.run() } else { Next::Behind }
    }

    fn may_have_to_close(&self, level: usize) -> bool {
        let code = &self.body.input.proto.code;
        let is_captured = self.body.captured.iter().any(|register| register >= level);
        let may_wait = |(pc, insn): (usize, &interlune_core::bytecode::Insn)| match insn.opcode() {
            Some(Opcode::MarkClose) => insn.a() >= level,
            Some(Opcode::ForInPrep) if insn.a() + 3 >= level => {
                let end = jump_target(pc, *insn).map_or(pc, |call| call + 1);
                self.body.is_lost(pc) || (pc < self.entry && self.entry <= end)
            }
            _ => false,
        };
        is_captured || code.iter().enumerate().any(may_wait)
    }
}
