//! Coroutine switches: a change of the running thread's registers, no native recursion.

#![allow(unsafe_code, reason = "raw stacks and frames")]

use crate::interp::call::{call_from_host, call_value, complete, complete_call};
use crate::interp::entry::stack_overflow;
use crate::interp::protect::push_frame;
use crate::interp::{Exit, Step, check_stack, meta, unwind};
use crate::object::Gc;
use crate::plant::{self, Bug};
use crate::thread::{Frame, FrameWhat, ReturnTo, Status, Thread};
use crate::value::{Value, copy_slot};
use crate::vm::{EMPTY_FRAME, Event, MAX_NATIVE_DEPTH, Vm};

/// [`Frame::extra`] of a resume frame made by a wrapped coroutine.
const WRAPPED: u32 = 1;

/// `coroutine.resume(co, …)`, with `func` the slot of the function itself.
pub(crate) unsafe fn resume(
    vm: *mut Vm,
    func: *mut Value,
    nargs: usize,
    wanted: i32,
    returns: ReturnTo,
) -> Exit {
    // SAFETY: the arguments lie behind `func`.
    unsafe {
        let thread = if nargs > 0 { (*func.add(1)).as_thread() } else { None };
        let Some(thread) = thread else { return refuse_argument(vm, func, nargs) };
        if let Some(text) = cannot_resume(&*vm, thread) {
            return refuse(vm, func, text, wanted, returns);
        }
        let frame = resume_frame(&*vm, func, wanted, returns, 0);
        switch(vm, thread, frame, func.add(2), nargs - 1)
    }
}

#[cold]
#[inline(never)]
unsafe fn refuse_argument(vm: *mut Vm, func: *mut Value, nargs: usize) -> Exit {
    // SAFETY: as for `resume`.
    unsafe {
        let got = if nargs > 0 { (*vm).type_name_of(*func.add(1)) } else { "no value".into() };
        unwind::raise_argument(vm, func, 0, &format!("thread expected, got {got}"))
    }
}

#[cold]
#[inline(never)]
unsafe fn refuse(vm: *mut Vm, func: *mut Value, why: &str, wanted: i32, returns: ReturnTo) -> Exit {
    // SAFETY: as for `resume`.
    unsafe {
        *func.add(1) = unwind::new_text(&mut *vm, why);
        *func = Value::FALSE;
        complete(vm, returns, func, 2, wanted)
    }
}

/// A call of what `coroutine.wrap` made.
pub(crate) unsafe fn call_wrapped(
    vm: *mut Vm,
    func: *mut Value,
    nargs: usize,
    wanted: i32,
    returns: ReturnTo,
) -> Exit {
    // SAFETY: the function's captured value is the thread.
    unsafe {
        let function = (*func).as_native();
        let thread = function.and_then(|function| function.captured()[0].as_thread());
        let Some(thread) = thread else { unreachable!("wrap captures a thread") };
        if let Some(text) = cannot_resume(&*vm, thread) {
            unwind::park_text(&mut *vm, text);
            return unwind::unwind(vm);
        }
        let frame = resume_frame(&*vm, func, wanted, returns, WRAPPED);
        switch(vm, thread, frame, func.add(1), nargs)
    }
}

/// Why a thread cannot be resumed.
fn cannot_resume(vm: &Vm, thread: Gc<Thread>) -> Option<&'static str> {
    match thread.status {
        Status::Suspended if resume_depth(vm) >= MAX_NATIVE_DEPTH as usize => {
            Some("C stack overflow")
        }
        Status::Suspended => None,
        Status::Dead => Some("cannot resume dead coroutine"),
        Status::Running | Status::Normal => Some("cannot resume non-suspended coroutine"),
    }
}

/// Number of threads that wait for the running one.
fn resume_depth(vm: &Vm) -> usize {
    std::iter::successors(vm.thread.resumer, |thread| thread.resumer).count()
}

#[inline(always)]
fn resume_frame(vm: &Vm, func: *mut Value, wanted: i32, returns: ReturnTo, extra: u32) -> Frame {
    let func = vm.index_of(func);
    let depth = u64::from(vm.native_depth);
    Frame {
        what: FrameWhat::Resume,
        returns,
        func,
        base: func + 1,
        wanted,
        extra,
        _reserved: depth,
        ..EMPTY_FRAME
    }
}

/// Makes `thread` run with `count` values from the running thread's stack. Inlined, so that the frame is written where it
/// belongs: one copied as a whole right after it was written in parts waits for all of its stores.
#[inline(always)]
unsafe fn switch(
    vm: *mut Vm,
    mut thread: Gc<Thread>,
    frame: Frame,
    from: *mut Value,
    count: usize,
) -> Exit {
    // SAFETY: the thread is suspended; its stack is grown before values are copied in.
    unsafe {
        let from = (*vm).index_of(from) as usize;
        if !push_frame(vm, frame) {
            return stack_overflow(vm);
        }
        let mut resumer = (*vm).thread;
        resumer.status = Status::Normal;
        thread.status = Status::Running;
        thread.resumer = Some(resumer);
        (*vm).top = (*vm).stack.add(from + count);
        (*vm).heap.scan_before_resume(thread);
        (*vm).switch_to(thread);
        let top_frame = (*vm).frame;
        let has_yielded = (*top_frame).what == FrameWhat::Yield;
        // A new thread has its function in slot 0; a yielded one wants the values where the results of yield go.
        let target = if has_yielded { (*top_frame).func as usize } else { 1 };
        (*vm).top = (*vm).stack.add(target);
        if check_stack(&mut *vm, count + 1).is_err() {
            return unwind::unwind(vm);
        }
        let target = (*vm).stack.add(target);
        let source = resumer.stack.as_ptr().add(from);
        for index in 0..count {
            copy_slot(target.add(index), source.add(index));
        }
        if has_yielded {
            (*vm).frame = top_frame.sub(1);
            return complete_call(vm, (*top_frame).returns, target, count, (*top_frame).wanted);
        }
        call_value::<Step>(vm, target.sub(1), count, -1, ReturnTo::Resumer)
    }
}

/// `coroutine.yield(…)`, with `func` the slot of the function itself.
pub(crate) unsafe fn r#yield(
    vm: *mut Vm,
    func: *mut Value,
    nargs: usize,
    wanted: i32,
    returns: ReturnTo,
) -> Exit {
    // SAFETY: the arguments lie behind `func`.
    unsafe {
        if !isyieldable(&*vm) {
            return refuse_yield(vm);
        }
        let index = (*vm).index_of(func);
        let frame = Frame {
            what: FrameWhat::Yield,
            returns,
            func: index,
            base: index + 1,
            wanted,
            ..EMPTY_FRAME
        };
        if !push_frame(vm, frame) {
            return stack_overflow(vm);
        }
        (*vm).top = func.add(1 + nargs);
        hand_over(vm, Status::Suspended, index as usize + 1, nargs)
    }
}

#[cold]
#[inline(never)]
unsafe fn refuse_yield(vm: *mut Vm) -> Exit {
    // SAFETY: `vm` is the running VM.
    unsafe {
        let running = (*vm).thread;
        let outside = running.resumer.is_none() && (*vm).closing_threads == 0;
        let text = if outside {
            "attempt to yield from outside a coroutine"
        } else {
            "attempt to yield across a C-call boundary"
        };
        unwind::park_plain(&mut *vm, text);
        unwind::unwind(vm)
    }
}

/// Whether the running function may yield: no function written in Rust and no message handler is in the way.
pub(crate) fn isyieldable(vm: &Vm) -> bool {
    let Some(resumer) = vm.thread.resumer else { return false };
    if vm.thread.handlers > 0 {
        return false;
    }
    let frame = &resumer.frames[resumer.frame_count - 1];
    frame._reserved == u64::from(vm.native_depth)
}

/// The running thread's body has returned `count` values at `func`.
pub(crate) unsafe fn finish(vm: *mut Vm, func: *mut Value, count: usize) -> Exit {
    // SAFETY: the thread's frames are gone but the bottom one.
    unsafe {
        let from = (*vm).index_of(func) as usize;
        (*vm).top = func.add(count);
        hand_over(vm, Status::Dead, from, count)
    }
}

/// Gives the resumer `count` values at stack index `from` and makes it run.
unsafe fn hand_over(vm: *mut Vm, status: Status, from: usize, count: usize) -> Exit {
    // SAFETY: a running coroutine has a resumer whose frame on top is a resume frame.
    unsafe {
        let mut thread = (*vm).thread;
        back_to_resumer(vm, status);
        let frame = (*vm).frame;
        (*vm).frame = frame.sub(1);
        let (func, returns, wanted) = ((*frame).func as usize, (*frame).returns, (*frame).wanted);
        let skip = usize::from((*frame).extra != WRAPPED);
        (*vm).top = (*vm).stack.add(func);
        if check_stack(&mut *vm, count + 2).is_err() {
            return unwind::unwind(vm);
        }
        let func = (*vm).stack.add(func);
        *func = Value::TRUE;
        let source = thread.stack.as_mut_ptr().add(from);
        for index in 0..count {
            copy_slot(func.add(skip + index), source.add(index));
        }
        if plant::is(Bug::LostYieldValue) && count == 2 {
            *func.add(skip + 1) = Value::NIL;
        }
        complete_call(vm, returns, func, count + skip, wanted)
    }
}

/// Ends or suspends the running thread and makes its resumer run.
unsafe fn back_to_resumer(vm: *mut Vm, status: Status) {
    // SAFETY: a running coroutine has a resumer.
    unsafe {
        let mut thread = (*vm).thread;
        let mut resumer = thread.resumer.unwrap_unchecked();
        let live_end = live_end(&*vm);
        (*vm).switch_to(resumer);
        thread.top = live_end;
        thread.status = status;
        thread.resumer = None;
        resumer.status = Status::Running;
    }
}

/// End of the values that the running thread needs when it stops running.
fn live_end(vm: &Vm) -> usize {
    let registers = vm.frames().iter().rev().find_map(|frame| {
        let closure = frame.closure?;
        Some(frame.base as usize + closure.proto.max_stack as usize)
    });
    vm.top_index().max(registers.unwrap_or(0))
}

/// The pending error has gone through the bottom of the running thread.
pub(crate) unsafe fn fail(vm: *mut Vm) -> Exit {
    // SAFETY: a running coroutine has a resumer whose frame on top is a resume frame.
    unsafe {
        let mut thread = (*vm).thread;
        (*vm).frame = thread.frames.as_mut_ptr();
        // What is left to close waits for coroutine.close, with the error as its argument.
        back_to_resumer(vm, Status::Dead);
        thread.failed = true;
        thread.stack[0] = (*vm).error_value();
        let frame = *(*vm).frame;
        (*vm).frame = (*vm).frame.sub(1);
        let func = (*vm).stack.add(frame.func as usize);
        (*vm).top = func.add(2);
        if (*vm).fatal {
            return unwind::unwind(vm);
        }
        if frame.extra == WRAPPED {
            return fail_wrapped(vm, thread);
        }
        *func = Value::FALSE;
        *func.add(1) = (*vm).error_value();
        (*vm).set_error(Value::NIL);
        complete(vm, frame.returns, func, 2, frame.wanted)
    }
}

/// A wrapped coroutine failed: it is closed and its error goes on, with the caller's position before a text.
unsafe fn fail_wrapped(vm: *mut Vm, thread: Gc<Thread>) -> Exit {
    // SAFETY: `vm` is the running VM.
    unsafe {
        let vm = &mut *vm;
        let error = close_thread(vm, thread).err().unwrap_or_else(|| vm.error_value());
        let error = match error.as_string() {
            Some(text) => {
                let position = unwind::position(vm);
                let mut whole = position.into_bytes();
                whole.extend_from_slice(text.as_bytes());
                match vm.heap.new_string(&whole) {
                    Ok(text) => Value::string(text),
                    Err(_) => error,
                }
            }
            None => error,
        };
        unwind::park(vm, error);
        unwind::unwind(vm)
    }
}

/// Closes a suspended or dead thread: its variables, then itself. The error that it ends with, if any.
///
/// # Errors
/// The error that the thread had died of, or that one of its `__close` metamethods raised.
pub(crate) fn close_thread(vm: &mut Vm, mut thread: Gc<Thread>) -> Result<(), Value> {
    vm.heap.scan_before_resume(thread);
    let mut failed = thread.failed;
    let mut error = if failed { thread.stack[0] } else { Value::NIL };
    thread.status = Status::Dead;
    while let Some(slot) = thread.to_close.pop() {
        let variable = thread.stack[slot as usize];
        let handler = meta::metamethod(vm, variable, Event::Close);
        let top = vm.top_index();
        vm.hold(error);
        vm.closing_threads += 1;
        let closed = call_from_host(vm, handler, &[variable, error]);
        vm.closing_threads -= 1;
        vm.restore_top(top);
        if closed.is_err() {
            failed = true;
            error = vm.error_value();
        }
    }
    close_all_upvalues(&mut thread);
    thread.frame_count = 1;
    thread.top = 0;
    thread.failed = false;
    if failed { Err(error) } else { Ok(()) }
}

/// Closes every open upvalue of a thread that does not run.
pub(crate) fn close_all_upvalues(thread: &mut Thread) {
    // SAFETY: the list links live open upvalues of this thread.
    unsafe {
        while !thread.open_upvalues.is_null() {
            let upvalue = thread.open_upvalues;
            thread.open_upvalues = (*upvalue).closed.payload as usize as *mut _;
            (*upvalue).closed = *(*upvalue).location;
            (*upvalue).location = &raw mut (*upvalue).closed;
        }
    }
}

/// A new suspended coroutine that will run `function`.
pub fn create(vm: &mut Vm, function: Value) -> Gc<Thread> {
    let mut thread = vm.new_thread();
    thread.stack[0] = function;
    thread.top = 1;
    thread
}
