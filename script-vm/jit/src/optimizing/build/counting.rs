//! Numeric loops.
//!
//! Four registers, as in the interpreter (`interp::loops`): the index, the number of iterations left (integers) or the limit
//! (floats), the step, the variable.

use interlune_core::bytecode::Opcode;
use interlune_core::interp::seen;

use super::{Builder, Next};
use crate::ir::{Op, Type, Value};

/// What a loop counts with.
enum Counter {
    Ints,
    /// Integers, up to a limit that is a float.
    IntsWithin,
    Floats,
}

/// A step whose direction is known.
struct Step {
    value: Value,
    goes_up: bool,
    /// Its magnitude, modulo 2^64, if the step is a constant integer.
    magnitude: Option<i64>,
}

impl Builder<'_> {
    pub(super) fn build_for_prep(&mut self) -> Next {
        let a = self.body.insn(self.pc).a();
        let registers = [a, a + 1, a + 2].map(|register| self.read(register));
        let Some(counter) = self.counter(registers) else { return self.run_branch() };
        let [start, limit, step] = registers;
        let has_floats = matches!(counter, Counter::Floats);
        if has_floats && ![start, step].iter().any(|&value| self.f.ty(value) == Type::Float) {
            let numbers = [start, step].map(|value| self.guarded(Op::GuardNumber, value));
            self.guard(Op::GuardFloatAmong, numbers.to_vec(), 0);
        }
        let Some(step) = self.step(step, has_floats) else { return self.run_branch() };
        match counter {
            Counter::Floats => {
                let (start, limit) = (self.float(start), self.float(limit));
                // A NaN is in nobody's way.
                let (less, more) = if step.goes_up { (limit, start) } else { (start, limit) };
                let is_beyond = self.emit(Op::FLess, vec![less, more], 0);
                let [behind, body] = self.branch(is_beyond);
                self.lead(behind, 1);
                self.current = body;
                let floats = [start, limit, step.value, start];
                for (register, value) in (a..).zip(floats) {
                    self.write(register, value);
                }
            }
            Counter::Ints => {
                let (start, limit) = (self.int(start), self.int(limit));
                self.begin_ints(a, start, limit, &step);
            }
            Counter::IntsWithin => {
                let start = self.int(start);
                let limit = self.guarded(Op::GuardFloat, limit);
                let inwards = if step.goes_up { Op::FFloor } else { Op::FCeil };
                let limit = self.emit(inwards, vec![limit], 0);
                let limit = self.guard_value(Op::FloatToInt, vec![limit], 0);
                self.begin_ints(a, start, limit, &step);
            }
        }
        self.lead(self.current, 0);
        Next::Elsewhere
    }

    /// What the loop at hand counts with: by what its start, limit and step are known to be, else as it was.
    fn counter(&self, registers: [Value; 3]) -> Option<Counter> {
        let [start, limit, step] = registers.map(|value| self.f.ty(value));
        let found = self.body.feedback(self.pc, 0);
        if start == Type::Float || step == Type::Float || found == seen::FLOAT {
            return Some(Counter::Floats);
        }
        let was_ints = found & seen::FLOAT == 0 && found != 0;
        if (start != Type::Int || step != Type::Int) && !was_ints {
            return None;
        }
        match limit {
            Type::Int => Some(Counter::Ints),
            Type::Float => Some(Counter::IntsWithin),
            _ if found == seen::INT => Some(Counter::Ints),
            _ if found == seen::MIXED => Some(Counter::IntsWithin),
            _ => None,
        }
    }

    /// The step of the loop at hand. One that is no constant is expected to go up.
    fn step(&mut self, step: Value, is_float: bool) -> Option<Step> {
        let constant = match self.definition(step) {
            Some((Op::Int, step)) if is_float => Some((Op::Float, (step as f64).to_bits() as i64)),
            constant => constant,
        };
        match constant {
            Some((Op::Int, step)) if !is_float => (step != 0).then(|| Step {
                value: self.int_constant(step),
                goes_up: step > 0,
                magnitude: Some(if step > 0 { step } else { step.wrapping_neg() }),
            }),
            Some((Op::Float, bits)) if is_float => {
                let step = f64::from_bits(bits as u64);
                let (goes_up, is_fine) = (step > 0.0, step != 0.0);
                let value = is_fine.then(|| self.float_constant(step))?;
                Some(Step { value, goes_up, magnitude: None })
            }
            _ if self.body.is_lost(self.pc) => None,
            _ => {
                let (value, zero, less) = if is_float {
                    (self.float(step), self.float_constant(0.0), Op::FLess)
                } else {
                    (self.int(step), self.int_constant(0), Op::Less)
                };
                let goes_up = self.emit(less, vec![zero, value], 0);
                let [yes, no] = self.branch(goes_up);
                self.current = no;
                self.exit();
                self.current = yes;
                Some(Step { value, goes_up: true, magnitude: None })
            }
        }
    }

    /// Enters a loop over integers, or leads to behind it.
    fn begin_ints(&mut self, a: usize, start: Value, limit: Value, step: &Step) {
        let (least, most) = if step.goes_up { (start, limit) } else { (limit, start) };
        let runs = self.emit(Op::LessEqual, vec![least, most], 0);
        let [body, behind] = self.branch(runs);
        self.lead(behind, 1);
        self.current = body;
        let mut left = self.emit(Op::Sub, vec![most, least], 0);
        if step.magnitude != Some(1) {
            let each = step.magnitude.map_or(step.value, |each| self.int_constant(each));
            left = self.emit(Op::UnsignedDiv, vec![left, each], 0);
        }
        self.write(a + 1, left);
        self.write(a + 3, start);
    }

    pub(super) fn build_for_loop(&mut self) -> Next {
        let a = self.body.insn(self.pc).a();
        let header = self.target();
        // The loop's beginning stands before its header.
        let found = self.body.feedback(header - 1, 0);
        let [index, left, step] = [a, a + 1, a + 2].map(|register| self.read(register));
        let has_floats = match self.f.ty(step) {
            Type::Int => false,
            Type::Float => true,
            Type::Any | Type::Number if found == seen::FLOAT => true,
            Type::Any | Type::Number if found & seen::FLOAT == 0 && found != 0 => false,
            _ => return self.run_branch(),
        };
        let next = if has_floats {
            // Its beginning has made floats of all three.
            let step = self.guarded(Op::GuardFloat, step);
            let Some(step) = self.step(step, true) else { return self.run_branch() };
            let index = self.guarded(Op::GuardFloat, index);
            let limit = self.guarded(Op::GuardFloat, left);
            let next = self.emit(Op::FAdd, vec![index, step.value], 0);
            let (less, more) = if step.goes_up { (next, limit) } else { (limit, next) };
            let runs = self.emit(Op::FLessEqual, vec![less, more], 0);
            let [again, behind] = self.branch(runs);
            self.lead(behind, 0);
            self.current = again;
            next
        } else {
            let (index, left, step) = (self.int(index), self.int(left), self.int(step));
            let step = self.expected_step(header, step);
            let zero = self.int_constant(0);
            let ends = self.emit(Op::Equal, vec![left, zero], 0);
            let [behind, again] = self.branch(ends);
            self.lead(behind, 0);
            self.current = again;
            let next = self.emit(Op::Add, vec![index, step], 0);
            let one = self.int_constant(1);
            let left = self.emit(Op::Sub, vec![left, one], 0);
            self.write(a + 1, left);
            next
        };
        self.write(a, next);
        self.write(a + 3, next);
        self.poll(header);
        self.lead(self.current, 1);
        Next::Elsewhere
    }

    /// The step of a loop as the constant that stands before it in the code, with an exit if it is none.
    fn expected_step(&mut self, header: usize, step: Value) -> Value {
        let before = self.body.insn(header.saturating_sub(2));
        let sets_step = before.opcode() == Some(Opcode::LoadInt)
            && before.a() == self.body.insn(header - 1).a() + 2;
        if !sets_step || self.definition(step).is_some_and(|(op, _)| op == Op::Int) {
            return step;
        }
        let expected = self.int_constant(i64::from(before.wide_signed()));
        let is_it = self.emit(Op::Equal, vec![step, expected], 0);
        let [yes, no] = self.branch(is_it);
        self.current = no;
        self.exit();
        self.current = yes;
        self.registers.refine(step, expected);
        expected
    }
}
