//! To-be-closed variables and the closing of upvalues at the end of a block.
//!
//! A `__close` metamethod is a call whose frame returns to [`go_on`]: the instruction that was leaving the block runs
//! again and finds one variable less to close, or the unwinding of an error goes on.

#![allow(unsafe_code, reason = "raw registers, verified bytecode")]

use crate::bytecode::{Insn, Opcode, names};
use crate::interp::call::call_value;
use crate::interp::load::{close_upvalues, handler};
use crate::interp::{Exit, Step, bounce, meta, next, protect, reg, unwind};
use crate::plant::{self, Bug};
use crate::thread::{FrameWhat, ReturnTo};
use crate::value::Value;
use crate::vm::{Event, Vm};

/// Whether variables at `level` or above wait to be closed.
pub(crate) fn pending(vm: &Vm, level: *const Value) -> bool {
    vm.thread.to_close.last().is_some_and(|&slot| slot >= vm.index_of(level))
}

handler! {
    close(vm, pc, base, k, fb, i) {
        let level = reg(base, i.a());
        if pending(&*vm, level) {
            // The instruction runs again when the metamethod has returned.
            return close_next(vm, pc.sub(1), base);
        }
        let jumps = (*pc).opcode() == Some(Opcode::Jump);
        if !(plant::is(Bug::BadGotoClose) && jumps) {
            close_upvalues(&mut *vm, level);
        }
        next::<M>(vm, pc, base, k, fb)
    }
}

/// Calls the `__close` of the last pending variable; the running frame goes on at `pc` afterwards. `above` is the end
/// of the values that must be kept.
pub(crate) unsafe fn close_next(vm: *mut Vm, pc: *const Insn, above: *mut Value) -> Exit {
    // SAFETY: the caller found a pending variable.
    unsafe {
        (*(*vm).frame).pc = pc;
        let area = meta::scratch(vm).max(above);
        call_close(vm, area, Value::NIL)
    }
}

/// Calls the `__close` of the last variable on the list at `area`, with `error` as second argument.
pub(crate) unsafe fn call_close(vm: *mut Vm, area: *mut Value, error: Value) -> Exit {
    // SAFETY: the caller found a pending variable; the slots above `area` are free.
    unsafe {
        let mut thread = (*vm).thread;
        let slot = thread.to_close.pop().unwrap_or_default();
        let variable = *(*vm).stack.add(slot as usize);
        close_upvalues(&mut *vm, (*vm).stack.add(slot as usize));
        let index = (*vm).index_of(area) as usize;
        (*vm).top = area;
        if super::check_stack(&mut *vm, 8).is_err() {
            return unwind::unwind(vm);
        }
        let func = (*vm).stack.add(index);
        *func = meta::metamethod(&mut *vm, variable, Event::Close);
        *func.add(1) = variable;
        *func.add(2) = error;
        call_value::<Step>(vm, func, 2, 0, ReturnTo::Close)
    }
}

/// A `__close` metamethod has returned.
pub(crate) unsafe fn go_on(vm: *mut Vm) -> Exit {
    // SAFETY: the frame on top is the one that was being left.
    unsafe {
        match (*(*vm).frame).what {
            FrameWhat::Lua => bounce(vm),
            FrameWhat::Pcall | FrameWhat::Xpcall => protect::go_on(vm),
            FrameWhat::Native
            | FrameWhat::Bottom
            | FrameWhat::Pairs
            | FrameWhat::Resume
            | FrameWhat::Yield => {
                unreachable!("only Lua functions and protected calls have variables to close")
            }
        }
    }
}

handler! {
    mark_close(vm, pc, base, k, fb, i) {
        match mark(vm, reg(base, i.a())) {
            true => next::<M>(vm, pc, base, k, fb),
            false => {
                (*(*vm).frame).pc = pc;
                not_closable(vm, i)
            }
        }
    }
}

/// Puts a slot on the list of variables to close, unless its value is nil or false. False if it cannot be closed.
pub(crate) unsafe fn mark(vm: *mut Vm, slot: *mut Value) -> bool {
    // SAFETY: a slot of the running thread.
    unsafe {
        let value = *slot;
        if value.is_falsy() {
            return true;
        }
        if meta::metamethod(&mut *vm, value, Event::Close).is_nil() {
            return false;
        }
        let index = (*vm).index_of(slot);
        let mut thread = (*vm).thread;
        thread.to_close.push(index);
        true
    }
}

#[cold]
pub(crate) unsafe fn not_closable(vm: *mut Vm, i: Insn) -> Exit {
    // SAFETY: the running frame is a Lua function's.
    unsafe {
        let frame = *(*vm).frame;
        let proto = frame.closure.unwrap_unchecked().proto;
        let pc = frame.pc.offset_from(proto.code) as usize;
        let name = names::local_name(&proto.proto, i.a() as u8, pc);
        let name = String::from_utf8_lossy(name.unwrap_or(b"?")).into_owned();
        let text = format!("variable '{name}' got a non-closable value");
        unwind::raise_text(vm, frame.pc, &text)
    }
}

/// The fourth value of a generic loop cannot be closed.
#[cold]
pub(crate) unsafe fn not_closable_iterator(vm: *mut Vm) -> Exit {
    // SAFETY: the running frame is a Lua function's.
    unsafe {
        let pc = (*(*vm).frame).pc;
        unwind::raise_text(vm, pc, "variable '(for state)' got a non-closable value")
    }
}

/// Closes what an error that reached Rust code has left open at stack index `level` and above. An error in a `__close`
/// takes the first one's place.
pub(crate) fn close_after_error(vm: &mut Vm, level: usize) {
    let fatal = vm.fatal;
    if fatal && vm.thread.to_close.last().is_some_and(|&slot| slot as usize >= level) {
        vm.budget.begin_grace();
    }
    while let Some(&slot) = vm.thread.to_close.last()
        && slot as usize >= level
    {
        vm.thread.to_close.pop();
        vm.restore_top(slot as usize + 1);
        let variable = vm.thread.stack[slot as usize];
        let handler = meta::metamethod(vm, variable, Event::Close);
        let error = vm.error_value();
        vm.hold(error);
        vm.fatal = false;
        let traceback = vm.traceback.take();
        if super::call_from_host(vm, handler, &[variable, error]).is_ok() {
            vm.set_error(error);
            vm.traceback = traceback;
        }
    }
    vm.fatal = fatal;
    vm.restore_top(level);
    // SAFETY: `level` is an index into the stack.
    unsafe {
        let slot = vm.stack.add(level);
        close_upvalues(vm, slot);
    }
}
