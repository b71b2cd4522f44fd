//! `pcall` and `xpcall`: frames that errors stop at.
//!
//! Layout at the frame's `func`: pcall: `true`/`false` will go there, the called function lies behind it. xpcall: the
//! message handler lies there. An error that is caught is kept at `func + 1` while variables are closed.

#![allow(unsafe_code, reason = "raw stack and frames")]

use crate::interp::call::{call_value, complete};
use crate::interp::load::close_upvalues;
use crate::interp::{Exit, Step, close, unwind};
use crate::plant::{self, Bug};
use crate::thread::{Frame, FrameWhat, ReturnTo};
use crate::value::Value;
use crate::vm::{EMPTY_FRAME, Vm};

/// Pushes a frame that is not a Lua function's. False if there is no room.
#[inline(always)]
pub(crate) unsafe fn push_frame(vm: *mut Vm, frame: Frame) -> bool {
    // SAFETY: `vm` is the running VM.
    unsafe {
        if (*vm).frame >= (*vm).frame_limit && !(*vm).grow_frames() {
            return false;
        }
        (*vm).frame = (*vm).frame.add(1);
        (*vm).frame.write(frame);
        true
    }
}

/// `pcall(f, …)` with `func` the slot of `pcall` itself.
pub(crate) unsafe fn pcall(
    vm: *mut Vm,
    func: *mut Value,
    nargs: usize,
    wanted: i32,
    returns: ReturnTo,
) -> Exit {
    // SAFETY: the arguments lie behind `func`.
    unsafe {
        if nargs == 0 {
            return unwind::raise_argument(vm, func, 0, "value expected");
        }
        if !protect(vm, FrameWhat::Pcall, func, wanted, returns) {
            return crate::interp::entry::stack_overflow(vm);
        }
        call_value::<Step>(vm, func.add(1), nargs - 1, -1, ReturnTo::Protected)
    }
}

/// `xpcall(f, handler, …)` with `func` the slot of `xpcall` itself.
pub(crate) unsafe fn xpcall(
    vm: *mut Vm,
    func: *mut Value,
    nargs: usize,
    wanted: i32,
    returns: ReturnTo,
) -> Exit {
    // SAFETY: the arguments lie behind `func`.
    unsafe {
        if nargs < 2 || !(*func.add(2)).is_function() {
            let handler = *func.add(2);
            let got = if nargs < 2 { "no value".into() } else { (*vm).type_name_of(handler) };
            let text = format!("function expected, got {got}");
            return unwind::raise_argument(vm, func, 1, &text);
        }
        *func = *func.add(2);
        for index in 2..nargs {
            *func.add(index) = *func.add(index + 1);
        }
        if !protect(vm, FrameWhat::Xpcall, func, wanted, returns) {
            return crate::interp::entry::stack_overflow(vm);
        }
        call_value::<Step>(vm, func.add(1), nargs - 2, -1, ReturnTo::Protected)
    }
}

/// Pushes the protecting frame of a call of `pcall` or its like in slot `func`. False if there is no room.
#[inline(always)]
pub(crate) unsafe fn protect(
    vm: *mut Vm,
    what: FrameWhat,
    func: *mut Value,
    wanted: i32,
    returns: ReturnTo,
) -> bool {
    // SAFETY: `func` is in the running thread's stack.
    unsafe {
        let func = (*vm).index_of(func);
        push_frame(vm, Frame { what, returns, func, base: func + 1, wanted, ..EMPTY_FRAME })
    }
}

/// `pairs(object)` where the object has a `__pairs`, which lies at `func` with the object behind it.
pub(crate) unsafe fn call_pairs(
    vm: *mut Vm,
    func: *mut Value,
    wanted: i32,
    returns: ReturnTo,
) -> Exit {
    // SAFETY: the argument lies behind `func`.
    unsafe {
        if !protect(vm, FrameWhat::Pairs, func, wanted, returns) {
            return crate::interp::entry::stack_overflow(vm);
        }
        call_value::<Step>(vm, func, 1, -1, ReturnTo::Protected)
    }
}

/// The protected function has returned `count` results at `func`.
pub(crate) unsafe fn succeed(vm: *mut Vm, func: *mut Value, count: usize) -> Exit {
    // SAFETY: the frame on top is the protecting one; its slot is right below the function's. (`pairs` has put the
    // metamethod into its own slot; results have room among the extra slots.)
    unsafe {
        let frame = *(*vm).frame;
        (*vm).frame = (*vm).frame.sub(1);
        if frame.what == FrameWhat::Pairs {
            for missing in count..3 {
                *func.add(missing) = Value::NIL;
            }
            return complete(vm, frame.returns, func, 3, frame.wanted);
        }
        let status = func.sub(1);
        *status = Value::TRUE;
        complete(vm, frame.returns, status, count + 1, frame.wanted)
    }
}

/// An error has reached the protecting frame `depth` (an index into the thread's frames): everything above is dropped.
pub(crate) unsafe fn catch(vm: *mut Vm, depth: usize) -> Exit {
    // SAFETY: `depth` is in use.
    unsafe {
        let mut thread = (*vm).thread;
        (*vm).frame = thread.frames[depth..].as_mut_ptr();
        (*vm).handling_error = false;
        if thread.handlers > 0 {
            // Those above the frame are gone.
            let left = (*vm).frames().iter().filter(|frame| frame.returns == ReturnTo::Handler);
            thread.handlers = left.count() as u32;
        }
        let frame = (*vm).frame;
        (*frame).leaving = true;
        // Handlers of this frame that were at work are gone, too.
        (*frame).extra = 0;
        let slot = (*vm).stack.add((*frame).base as usize);
        close_upvalues(&mut *vm, slot);
        *slot = (*vm).error_value();
        go_on(vm)
    }
}

/// Closes what is left to close above the protecting frame on top, then ends it with the error.
pub(crate) unsafe fn go_on(vm: *mut Vm) -> Exit {
    // SAFETY: the frame on top is a protecting one that is being left.
    unsafe {
        let frame = *(*vm).frame;
        let error = (*vm).stack.add(frame.base as usize);
        if plant::is(Bug::LostClose) {
            let mut thread = (*vm).thread;
            thread.to_close.retain(|&slot| slot < frame.base);
        }
        if close::pending(&*vm, error) {
            let thread = (*vm).thread;
            let slot = thread.to_close.last().copied().unwrap_or_default() as usize;
            let area = (*vm).stack.add(slot + 1);
            return close::call_close(vm, area, *error);
        }
        (*vm).frame = (*vm).frame.sub(1);
        let status = (*vm).stack.add(frame.func as usize);
        *status = Value::FALSE;
        // Whoever catches it has it now; nothing else keeps it.
        (*vm).set_error(Value::NIL);
        complete(vm, frame.returns, status, 2, frame.wanted)
    }
}

/// Calls the message handler of the `xpcall` frame at `depth` for the pending error, above the frames that failed.
pub(crate) unsafe fn call_handler(vm: *mut Vm, depth: usize) -> Exit {
    // SAFETY: `depth` is in use and an `xpcall` frame.
    unsafe {
        let mut thread = (*vm).thread;
        let handler_slot = thread.frames[depth].func as usize;
        thread.frames[depth].extra += 1;
        thread.handlers += 1;
        (*vm).handling_error = true;
        let area = unwind::live_top(&*vm);
        (*vm).top = (*vm).stack.add(area);
        if super::check_stack(&mut *vm, 16).is_err() {
            return catch(vm, depth);
        }
        let func = (*vm).stack.add(area);
        *func = *(*vm).stack.add(handler_slot);
        *func.add(1) = (*vm).error_value();
        call_value::<Step>(vm, func, 1, 1, ReturnTo::Handler)
    }
}

/// The message handler has returned: its result is the error now.
pub(crate) unsafe fn handled(vm: *mut Vm, result: Value) -> Exit {
    // SAFETY: an `xpcall` frame is below, else no handler had been called.
    unsafe {
        (*vm).set_error(result);
        let frames = (*vm).frames();
        let depth =
            frames.iter().rposition(|frame| frame.what == FrameWhat::Xpcall && frame.extra > 0);
        catch(vm, depth.unwrap_or(0))
    }
}
