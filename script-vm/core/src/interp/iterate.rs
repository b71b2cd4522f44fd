//! Generic loops. Iteration by `next` and over arrays by `ipairs` runs here without a call, on a cursor that the loop
//! keeps in a register of its own.
//!
//! Registers from `a` on: iterator, state, control, closing value, cursor, then the loop's variables.

#![allow(unsafe_code, reason = "raw registers, verified bytecode")]

use crate::bytecode::Insn;
use crate::function::NativeFunction;
use crate::interp::call::{call_value, complete, note_callee_of};
use crate::interp::load::handler;
use crate::interp::{Exit, Mode, close, element, meta, next, protect, reg, safepoint, unwind};
use crate::native::Iterator as IteratorKind;
use crate::object::Gc;
use crate::shape::ShapeId;
use crate::table::{self, Table};
use crate::thread::ReturnTo;
use crate::value::{META_INT, META_NATIVE, META_TABLE, Value};
use crate::vm::{Event, Vm};

/// First of the loop's variables, counted from `a`.
const VARIABLES: usize = 5;

handler! {
    for_in_prep(vm, pc, base, k, fb, i) {
        let slots = reg(base, i.a());
        if !close::mark(vm, slots.add(3)) {
            (*(*vm).frame).pc = pc;
            return close::not_closable_iterator(vm);
        }
        // No place yet: the first step looks for the one behind the control.
        *slots.add(4) = Value::NIL;
        next::<M>(vm, pc.offset(i.wide_signed() as isize), base, k, fb)
    }
}

handler! {
    for_call(vm, pc, base, k, fb, i) {
        let slots = reg(base, i.a());
        let iterator = *slots;
        if let Some(more) = advance(vm, slots, i.c(), fb.add(i.d())) {
            return turn::<M>(vm, pc, base, k, fb, more);
        }
        // Copies of iterator, state and control are called where the variables are.
        note_callee_of(fb.add(i.d()), iterator);
        (*(*vm).frame).pc = pc;
        let func = slots.add(VARIABLES);
        *func = iterator;
        *func.add(1) = *slots.add(1);
        *func.add(2) = *slots.add(2);
        call_value::<M>(vm, func, 2, i.c() as i32, M::CALLER)
    }
}

/// Steps a loop over `next` or `ipairs`, whose registers begin at `slots`; nothing if it is not for the fast path, false
/// at the end. What it steps is noted at `cell`: the iterator, and in the second cell the kinds of arrays that `ipairs` has
/// met.
#[inline(always)]
pub(crate) unsafe fn advance(
    vm: *mut Vm,
    slots: *mut Value,
    variables: usize,
    cell: *mut u64,
) -> Option<bool> {
    // SAFETY: the registers of a prepared loop, and the cells of its call.
    unsafe {
        let iterator = *slots;
        if iterator.meta != META_NATIVE || (*slots.add(1)).meta != META_TABLE {
            return None;
        }
        let function: Gc<NativeFunction> = iterator.object().cast();
        let table: Gc<Table> = (*slots.add(1)).object().cast();
        match function.iterator() {
            IteratorKind::Next => {
                note_callee_of(cell, iterator);
                advance_next(vm, slots, table, variables)
            }
            IteratorKind::Index => {
                note_callee_of(cell, iterator);
                *cell.add(1) |= element::of_kind(table.array_kind() as u8);
                advance_index(slots, table, variables)
            }
            IteratorKind::None => None,
        }
    }
}

/// Does what the loop instruction behind would: takes the back-edge if there is another element.
#[inline(always)]
unsafe fn turn<M: Mode>(
    vm: *mut Vm,
    pc: *const Insn,
    base: *mut Value,
    k: *const Value,
    fb: *mut u64,
    more: bool,
) -> Exit {
    // SAFETY: verified code has the loop instruction behind the call.
    unsafe {
        let behind = pc.add(1);
        if !more {
            return next::<M>(vm, behind, base, k, fb);
        }
        let target = behind.offset((*pc).wide_signed() as isize);
        if safepoint::burn(vm) {
            return safepoint::at_back_edge(vm, target, base, k, fb, (*pc).0);
        }
        next::<M>(vm, target, base, k, fb)
    }
}

/// Steps a traversal; nothing if it is not for the fast path, false at the end.
#[inline(always)]
unsafe fn advance_next(
    vm: *mut Vm,
    slots: *mut Value,
    table: Gc<Table>,
    variables: usize,
) -> Option<bool> {
    // SAFETY: the registers of a prepared loop.
    unsafe {
        let heap = &mut (*vm).heap;
        let cursor = *slots.add(4);
        // `extra` of the cursor is the array length it was counted with.
        let len = table.array_len;
        let at = if cursor.meta == META_INT | u64::from(len) {
            cursor.payload
        } else {
            table::cursor_after(heap, table, *slots.add(2)).ok()?
        };
        match table::next_at(heap, table, at) {
            Some((key, value, at)) => {
                *slots.add(2) = key;
                *slots.add(4) = Value { payload: at, meta: META_INT | u64::from(len) };
                *slots.add(VARIABLES) = key;
                if variables >= 2 {
                    *slots.add(VARIABLES + 1) = value;
                    for index in 2..variables {
                        *slots.add(VARIABLES + index) = Value::NIL;
                    }
                }
                Some(true)
            }
            None => {
                *slots.add(VARIABLES) = Value::NIL;
                Some(false)
            }
        }
    }
}

/// Steps an `ipairs` loop over a table whose element is there, or that has no metatable.
#[inline(always)]
unsafe fn advance_index(slots: *mut Value, table: Gc<Table>, variables: usize) -> Option<bool> {
    // SAFETY: the registers of a prepared loop.
    unsafe {
        let control = *slots.add(2);
        if control.meta != META_INT || table.shape() == ShapeId::WEAK {
            return None;
        }
        let index = control.raw_int().wrapping_add(1);
        let value = table.get_int(index);
        if value.is_nil() {
            if table.metatable.is_some() {
                return None;
            }
            *slots.add(VARIABLES) = Value::NIL;
            return Some(false);
        }
        *slots.add(2) = Value::int(index);
        *slots.add(VARIABLES) = Value::int(index);
        if variables >= 2 {
            *slots.add(VARIABLES + 1) = value;
            for index in 2..variables {
                *slots.add(VARIABLES + index) = Value::NIL;
            }
        }
        Some(true)
    }
}

/// `pairs(object)`, with `func` the slot of `pairs` itself.
pub(crate) unsafe fn pairs(
    vm: *mut Vm,
    func: *mut Value,
    nargs: usize,
    wanted: i32,
    returns: ReturnTo,
) -> Exit {
    // SAFETY: the argument lies behind `func`; the function's captured value is `next`.
    unsafe {
        if nargs == 0 {
            return unwind::raise_argument(vm, func, 0, "value expected");
        }
        let object = *func.add(1);
        let handler = meta::metamethod(&mut *vm, object, Event::Pairs);
        if !handler.is_nil() {
            *func = handler;
            return protect::call_pairs(vm, func, wanted, returns);
        }
        let next = (*func).as_native().map_or(Value::NIL, |pairs| pairs.captured()[0]);
        *func = next;
        *func.add(1) = object;
        *func.add(2) = Value::NIL;
        complete(vm, returns, func, 3, wanted)
    }
}

handler! {
    for_in_loop(vm, pc, base, k, fb, i) {
        let slots = reg(base, i.a());
        let control = *slots.add(VARIABLES);
        if control.is_nil() {
            return next::<M>(vm, pc, base, k, fb);
        }
        *slots.add(2) = control;
        let target = pc.offset(i.wide_signed() as isize);
        if safepoint::burn(vm) {
            return safepoint::at_back_edge(vm, target, base, k, fb, i.0);
        }
        next::<M>(vm, target, base, k, fb)
    }
}
