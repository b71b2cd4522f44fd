//! How Lua functions begin: their frames, and room in the stack for them.

#![allow(unsafe_code, reason = "raw registers and frames")]

use crate::function::Closure;
use crate::interp::{Exit, Mode, bounce, next, safepoint, unwind};
use crate::native::Raised;
use crate::object::Gc;
use crate::thread::{Frame, FrameWhat, ReturnTo};
use crate::value::{META_CLOSURE, Value};
use crate::vm::Vm;

/// Pushes the frame of a Lua function whose closure lies at `func` with `nargs` arguments behind it, and begins it.
/// The caller's pc is saved already. With `is_tail_call` the frame of the function that made the tail call is gone.
#[inline(always)]
pub(crate) unsafe fn enter<M: Mode>(
    vm: *mut Vm,
    func: *mut Value,
    closure: Gc<Closure>,
    nargs: usize,
    wanted: i32,
    returns: ReturnTo,
    is_tail_call: bool,
) -> Exit {
    // SAFETY: `func` and the arguments lie in the running thread's stack.
    unsafe {
        let proto = closure.proto;
        let needed = 1 + nargs.max(proto.max_stack as usize);
        if (*vm).stack_limit < func.add(needed) || (*vm).frame >= (*vm).frame_limit {
            return enter_after_growth::<M>(vm, func, nargs, wanted, returns, is_tail_call);
        }
        write_frame(vm, func, closure, nargs, wanted, returns, is_tail_call);
        let base = func.add(1);
        if nargs < proto.param_count as usize {
            return begin_with_nils::<M>(vm, closure, base, nargs);
        }
        begin::<M>(vm, closure, base)
    }
}

/// Pushes the frame of a call without running it; false if there is no room for one.
pub(crate) unsafe fn push_frame(
    vm: *mut Vm,
    mut func: *mut Value,
    closure: Gc<Closure>,
    nargs: usize,
    wanted: i32,
    returns: ReturnTo,
) -> bool {
    // SAFETY: as for `enter`.
    unsafe {
        debug_assert!((*func).meta == META_CLOSURE, "a function is called");
        let needed = 1 + nargs.max(closure.proto.max_stack as usize);
        if (*vm).stack_limit < func.add(needed) || (*vm).frame >= (*vm).frame_limit {
            let index = (*vm).index_of(func) as usize;
            if !make_room(vm, func, needed) {
                return false;
            }
            func = (*vm).stack.add(index);
        }
        write_frame(vm, func, closure, nargs, wanted, returns, false);
        true
    }
}

/// Writes the frame of a call above the one on top; there is room for it and its registers.
#[inline(always)]
pub(crate) unsafe fn write_frame(
    vm: *mut Vm,
    func: *mut Value,
    closure: Gc<Closure>,
    nargs: usize,
    wanted: i32,
    returns: ReturnTo,
    is_tail_call: bool,
) {
    // SAFETY: as for `enter`.
    unsafe {
        let index = (*vm).index_of(func);
        let frame = (*vm).frame.add(1);
        frame.write(Frame {
            closure: Some(closure),
            pc: closure.proto.code,
            base: index + 1,
            func: index,
            wanted,
            varargs: 0,
            what: FrameWhat::Lua,
            returns,
            tail_called: is_tail_call,
            leaving: false,
            extra: nargs as u32,
            _reserved: 0,
        });
        (*vm).frame = frame;
    }
}

/// [`enter`] when stack or frames have to grow first.
#[cold]
#[inline(never)]
unsafe fn enter_after_growth<M: Mode>(
    vm: *mut Vm,
    func: *mut Value,
    nargs: usize,
    wanted: i32,
    returns: ReturnTo,
    is_tail_call: bool,
) -> Exit {
    // SAFETY: as for `enter`.
    unsafe {
        let index = (*vm).index_of(func) as usize;
        let closure: Gc<Closure> = (*func).object().cast();
        let needed = 1 + nargs.max(closure.proto.max_stack as usize);
        if !make_room(vm, func, needed) {
            return stack_overflow(vm);
        }
        let func = (*vm).stack.add(index);
        enter::<M>(vm, func, closure, nargs, wanted, returns, is_tail_call)
    }
}

/// [`begin`] of a call that passes fewer arguments than there are parameters.
#[inline(never)]
unsafe fn begin_with_nils<M: Mode>(
    vm: *mut Vm,
    closure: Gc<Closure>,
    base: *mut Value,
    nargs: usize,
) -> Exit {
    // SAFETY: parameters are registers of the new frame.
    unsafe {
        for missing in nargs..closure.proto.param_count as usize {
            *base.add(missing) = Value::NIL;
        }
        begin::<M>(vm, closure, base)
    }
}

/// Runs the first instruction of the frame on top.
#[inline(always)]
pub(super) unsafe fn begin<M: Mode>(vm: *mut Vm, closure: Gc<Closure>, base: *mut Value) -> Exit {
    // SAFETY: the frame was just made.
    unsafe {
        let mut proto = closure.proto;
        proto.calls = proto.calls.wrapping_add(1);
        if safepoint::burn(vm) || proto.feedback.is_null() {
            return safepoint::at_entry(vm);
        }
        if !proto.resume_points.is_null() {
            return bounce(vm);
        }
        next::<M>(vm, proto.code, base, proto.k, proto.feedback)
    }
}

/// Room for `needed` slots at `func` and another frame.
#[cold]
#[inline(never)]
unsafe fn make_room(vm: *mut Vm, func: *mut Value, needed: usize) -> bool {
    // SAFETY: `vm` is the running VM.
    unsafe {
        let vm = &mut *vm;
        (vm.stack_limit >= func.add(needed) || vm.grow_stack(func, needed))
            && (vm.frame < vm.frame_limit || vm.grow_frames())
    }
}

/// Makes sure that `needed` slots exist above `top`; for native functions.
pub(crate) fn check_stack(vm: &mut Vm, needed: usize) -> Result<(), Raised> {
    // SAFETY: compares addresses within the stack.
    if unsafe { vm.top.add(needed) } > vm.stack_limit && !vm.grow_stack(vm.top, needed) {
        return Err(unwind::park_text(vm, "stack overflow"));
    }
    Ok(())
}

#[cold]
#[inline(never)]
pub(crate) unsafe fn stack_overflow(vm: *mut Vm) -> Exit {
    // SAFETY: `vm` is the running VM.
    unsafe {
        if (*vm).handling_error {
            let value = unwind::new_text(&mut *vm, "error in error handling");
            (*vm).set_error(value);
            return unwind::unwind(vm);
        }
        let position = unwind::position(&mut *vm);
        let text = format!("{position}stack overflow");
        let value = unwind::new_text(&mut *vm, &text);
        (*vm).set_error(value);
        unwind::unwind(vm)
    }
}
