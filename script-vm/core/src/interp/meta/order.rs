//! Comparisons off the fast path.

#![allow(unsafe_code, reason = "raw registers, verified bytecode")]

use super::arithmetic::binary_handler;
use super::{NEGATED, call_meta, index_before, note_metamethod};
use crate::bytecode::{Insn, Opcode};
use crate::interp::compare::branch;
use crate::interp::{Exit, Mode, reg, unwind};
use crate::number;
use crate::object::Gc;
use crate::string::LuaString;
use crate::value::{META_STRING, Value};
use crate::vm::{Event, Vm};

/// `==` of two tables or two userdata that are not the same.
pub(crate) unsafe fn equality<M: Mode>(
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
        let (x, y) = (*reg(base, i.a()), *reg(base, i.b()));
        match binary_handler(&mut *vm, Event::Equal, x, y) {
            Some(handler) => {
                let (cell, at) = (fb.add(i.d()), index_before(vm, pc));
                note_metamethod(&mut *vm, cell, at, Event::Equal, [x, y], handler);
                call_meta(vm, pc, handler, &[x, y])
            }
            None => branch::<M>(vm, pc, base, k, fb, i.c() & 1 == 0),
        }
    }
}

/// The operands of an order test in the order of the comparison, and whether it is `<`.
unsafe fn order_operands(i: Insn, base: *mut Value) -> (Value, Value, bool) {
    // SAFETY: verified operands.
    unsafe {
        let x = *reg(base, i.a());
        let immediate = || {
            let int = i.b_signed();
            if i.c() & 2 != 0 { Value::float(int as f64) } else { Value::int(int) }
        };
        match i.opcode() {
            Some(Opcode::TestLt) => (x, *reg(base, i.b()), true),
            Some(Opcode::TestLe) => (x, *reg(base, i.b()), false),
            Some(Opcode::TestLtImm) => (x, immediate(), true),
            Some(Opcode::TestLeImm) => (x, immediate(), false),
            Some(Opcode::TestGtImm) => (immediate(), x, true),
            _ => (immediate(), x, false),
        }
    }
}

/// The order of two numbers or two strings, if that is what they are.
pub(crate) fn primitive_order(x: Value, y: Value, strict: bool) -> Option<bool> {
    if x.is_number() && y.is_number() {
        return Some(if strict { number::less(x, y) } else { number::less_equal(x, y) });
    }
    if x.meta == META_STRING && y.meta == META_STRING {
        let (x, y): (Gc<LuaString>, Gc<LuaString>) = (x.object().cast(), y.object().cast());
        let order = x.as_bytes().cmp(y.as_bytes());
        return Some(if strict { order.is_lt() } else { order.is_le() });
    }
    None
}

/// An order test off the fast path.
pub(crate) unsafe fn order<M: Mode>(
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
        let (x, y, strict) = order_operands(i, base);
        if let Some(holds) = primitive_order(x, y, strict) {
            return branch::<M>(vm, pc, base, k, fb, holds == (i.c() & 1 != 0));
        }
        let event = if strict { Event::Less } else { Event::LessEqual };
        (*(*vm).frame).extra = 0;
        if let Some(handler) = binary_handler(&mut *vm, event, x, y) {
            let (cell, at) = (fb.add(i.d()), index_before(vm, pc));
            note_metamethod(&mut *vm, cell, at, event, [x, y], handler);
            return call_meta(vm, pc, handler, &[x, y]);
        }
        // As PUC Lua by default: without `__le`, `x <= y` is `not (y < x)`.
        let swapped = if strict { None } else { binary_handler(&mut *vm, Event::Less, y, x) };
        if let Some(handler) = swapped {
            (*(*vm).frame).extra = NEGATED;
            return call_meta(vm, pc, handler, &[y, x]);
        }
        (*(*vm).frame).pc = pc;
        unwind::compare_failure(vm, x, y)
    }
}
