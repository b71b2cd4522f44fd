//! Jumps and numeric loops. Back-edges take fuel.

#![allow(unsafe_code, reason = "raw registers, verified bytecode")]

use crate::bytecode::Insn;
use crate::interp::arith::{note, seen};
use crate::interp::load::handler;
use crate::interp::{Exit, next, next_by_loop, reg, safepoint, unwind};
use crate::number;
use crate::plant::{self, Bug};
use crate::value::{META_INT, Value, tag, tag_at};
use crate::vm::Vm;

handler! {
    jump(vm, pc, base, k, fb, i) {
        next::<M>(vm, pc.offset(i.wide_signed() as isize), base, k, fb)
    }
}

handler! {
    jump_back(vm, pc, base, k, fb, i) {
        let target = pc.offset(i.wide_signed() as isize);
        if safepoint::burn(vm) {
            return safepoint::at_back_edge(vm, target, base, k, fb, i.0);
        }
        next::<M>(vm, target, base, k, fb)
    }
}

// Registers of a numeric loop: R[a] is the internal index, R[a+1] the number of iterations left (integer loop) or the
// limit (float loop), R[a+2] the step, R[a+3] the visible variable.
handler! {
    for_loop(vm, pc, base, k, fb, i) {
        let slots = reg(base, i.a());
        if tag_at(slots.add(2)) == tag::INT {
            let left = (*slots.add(1)).payload;
            if left == 0 {
                return next::<M>(vm, pc, base, k, fb);
            }
            let index = (*slots).payload.wrapping_add((*slots.add(2)).payload);
            (*slots.add(1)).payload = left - 1;
            (*slots).payload = index;
            *slots.add(3) = Value { payload: index, meta: META_INT };
        } else if !float_step(slots) {
            return next::<M>(vm, pc, base, k, fb);
        }
        let target = pc.offset(i.wide_signed() as isize);
        if safepoint::burn(vm) {
            return safepoint::at_back_edge(vm, target, base, k, fb, i.0);
        }
        next::<M>(vm, target, base, k, fb)
    }
}

/// Advances a float loop; false at its end.
#[inline(always)]
unsafe fn float_step(slots: *mut Value) -> bool {
    // SAFETY: the four registers of a prepared loop.
    unsafe {
        let step = (*slots.add(2)).raw_float();
        let index = (*slots).raw_float() + step;
        let limit = (*slots.add(1)).raw_float();
        let runs = if step > 0.0 { index <= limit } else { limit <= index };
        if runs {
            *slots = Value::float(index);
            *slots.add(3) = Value::float(index);
        }
        runs
    }
}

handler! {
    for_prep(vm, pc, base, k, fb, i) {
        let slots = reg(base, i.a());
        let is_int = |slot| tag_at(slots.add(slot)) == tag::INT;
        if !(is_int(0) && is_int(1) && is_int(2)) || (*slots.add(2)).payload == 0 {
            return prepare_slowly(vm, pc, base, k, fb, i.0);
        }
        note(fb, i.b(), seen::INT);
        let int = |slot| (*slots.add(slot)).raw_int();
        let (start, limit, step) = (int(0), int(1), int(2));
        let runs = if step > 0 { start <= limit } else { limit <= start };
        if runs {
            let iterations = iterations(start, limit, step);
            *slots.add(1) = Value { payload: iterations, meta: META_INT };
            *slots.add(3) = Value { payload: start as u64, meta: META_INT };
        }
        let pc = if runs { pc } else { pc.offset(i.wide_signed() as isize) };
        next::<M>(vm, pc, base, k, fb)
    }
}

/// A loop that is not over integers alone.
#[inline(never)]
unsafe fn prepare_slowly(
    vm: *mut Vm,
    pc: *const Insn,
    base: *mut Value,
    k: *const Value,
    fb: *mut u64,
    insn: u64,
) -> Exit {
    // SAFETY: the contract of `Handler`.
    unsafe {
        let i = Insn(insn);
        let slots = reg(base, i.a());
        let (start, limit, step) = (*slots, *slots.add(1), *slots.add(2));
        let runs = if start.is_int() && step.is_int() {
            // With a float as its limit it is a loop over integers still.
            note(fb, i.b(), if limit.is_int() { seen::INT } else { seen::MIXED });
            if step.raw_int() == 0 {
                return unwind::raise_text(vm, pc, "'for' step is zero");
            }
            let Some(limit) = for_number(limit) else {
                return bad_operand(vm, pc, base, k, fb, insn);
            };
            match number::for_limit(start.raw_int(), limit, step.raw_int()) {
                Some(limit) => {
                    let iterations = iterations(start.raw_int(), limit, step.raw_int());
                    *slots.add(1) = Value { payload: iterations, meta: META_INT };
                    *slots.add(3) = start;
                    true
                }
                None => false,
            }
        } else {
            note(fb, i.b(), seen::FLOAT);
            let (Some(limit), Some(step), Some(start)) =
                (number::to_float(limit), number::to_float(step), number::to_float(start))
            else {
                return bad_operand(vm, pc, base, k, fb, insn);
            };
            if step == 0.0 {
                return unwind::raise_text(vm, pc, "'for' step is zero");
            }
            *slots = Value::float(start);
            *slots.add(1) = Value::float(limit);
            *slots.add(2) = Value::float(step);
            *slots.add(3) = Value::float(start);
            // A NaN is in nobody's way.
            let beyond = if step > 0.0 { limit < start } else { start < limit };
            !beyond
        };
        let pc = if runs { pc } else { pc.offset(i.wide_signed() as isize) };
        next_by_loop(vm, pc, base, k, fb)
    }
}

/// A loop's bound as a number: PUC Lua converts strings here.
fn for_number(value: Value) -> Option<Value> {
    if value.is_number() { Some(value) } else { number::string_to_number(value) }
}

/// Iterations after the first one of a loop that runs.
fn iterations(start: i64, limit: i64, step: i64) -> u64 {
    if step > 0 {
        (limit as u64).wrapping_sub(start as u64) / step as u64
    } else {
        let wrong = u64::from(plant::is(Bug::WrongForLimit));
        // The magnitude of the smallest integer is no integer: count from -(step + 1).
        (start as u64).wrapping_sub(limit as u64) / ((-(step + 1)) as u64 + 1) + wrong
    }
}

/// The error for a loop over something that is no number.
#[cold]
#[inline(never)]
unsafe fn bad_operand(
    vm: *mut Vm,
    pc: *const Insn,
    base: *mut Value,
    _: *const Value,
    _: *mut u64,
    insn: u64,
) -> Exit {
    // SAFETY: the contract of `Handler`.
    unsafe {
        let slots = reg(base, Insn(insn).a());
        // PUC Lua looks at the limit first, then the step, then the start.
        let names = [(1, "limit"), (2, "step"), (0, "initial value")];
        let bad = names.into_iter().find(|&(slot, _)| for_number(*slots.add(slot)).is_none());
        let (slot, name) = bad.unwrap_or(names[2]);
        let got = (*vm).type_name_of(*slots.add(slot));
        let text = format!("bad 'for' {name} (number expected, got {got})");
        unwind::raise_text(vm, pc, &text)
    }
}
