//! Calls and returns that compiled code leaves to the runtime.

use super::{
    RETURNED, Standing, TAIL_CALLED, TAKEN, call_word, complete_returned, exit_of, go_on_behind,
    has_native_room, leave, leave_to_unwind, resume_compiled, run_one, status, step,
};
use crate::bytecode::{Insn, Opcode};
use crate::function::NativeFunction;
use crate::interp::{Exit, Step, call, close, coroutine, entry, load, protect, safepoint, unwind};
use crate::native::{Intrinsic, Raised};
use crate::object::Gc;
use crate::plant::{self, Bug};
use crate::thread::{Frame, FrameWhat, ReturnTo, Thread};
use crate::value::{META_NATIVE, Value, copy_slot};
use crate::vm::Vm;

/// Runs the call at `pc` of anything but a Lua closure. Register 0, or null: leave.
///
/// # Safety
/// As for [`step`].
pub unsafe extern "C" fn call(vm: *mut Vm, pc: *const Insn) -> *mut Value {
    // SAFETY: the caller's.
    unsafe {
        let i = *pc;
        let base = (*vm).stack.add((*(*vm).frame).base as usize);
        let func = base.add(i.a());
        let wanted = i.c() as i32 - 1;
        match call_plain_native(vm, pc, func) {
            Some(Ok((index, count))) => {
                call::adjust(vm, (*vm).stack.add(index), count, wanted);
                if (*vm).must_unwind() {
                    return leave_to_unwind(vm);
                }
                return (*vm).stack.add((*(*vm).frame).base as usize);
            }
            Some(Err(Raised)) => return leave(vm, unwind::unwind(vm)),
            None => {}
        }
        match (*func).as_native().filter(|function| function.is_intrinsic()) {
            Some(function) => call_intrinsic(vm, pc, func, function, wanted),
            None => step(vm, pc),
        }
    }
}

/// Calls an intrinsic of the interpreter for the call instruction at `pc`.
#[inline(always)]
unsafe fn call_intrinsic(
    vm: *mut Vm,
    pc: *const Insn,
    func: *mut Value,
    function: Gc<NativeFunction>,
    wanted: i32,
) -> *mut Value {
    // SAFETY: as for `call`.
    unsafe {
        let standing = Standing::of(vm);
        (*(*vm).frame).pc = pc.add(1);
        let nargs = argument_count(vm, pc, func);
        let caller = ReturnTo::Compiled;
        let has_room = func.add(1 + nargs) < (*vm).stack_limit;
        let exit = match function.intrinsic() {
            Intrinsic::Resume if has_room => {
                let exit = coroutine::resume(vm, func, nargs, wanted, caller);
                let has_switched = !(*vm).thread.same(standing.thread);
                if has_switched { resume_above(vm, exit) } else { exit }
            }
            Intrinsic::Pcall if has_room && nargs > 0 => {
                protected_call(vm, func, function, nargs, wanted)
            }
            Intrinsic::Yield if has_room => {
                let exit = coroutine::r#yield(vm, func, nargs, wanted, caller);
                let has_switched = !(*vm).thread.same(standing.thread);
                if has_switched && !plant::is(Bug::JitWrongYield) {
                    // Whoever resumed goes on, further down the native stack.
                    return leave(vm, exit);
                }
                exit
            }
            _ => call::call_native(vm, func, function, nargs, wanted, caller),
        };
        go_on_behind(vm, standing, exit, pc)
    }
}

/// `pcall` with `func` its slot: of a compiled function at once.
#[inline(always)]
unsafe fn protected_call(
    vm: *mut Vm,
    func: *mut Value,
    pcall: Gc<NativeFunction>,
    nargs: usize,
    wanted: i32,
) -> Exit {
    // SAFETY: as for `call_intrinsic`; the arguments lie behind `func`.
    unsafe {
        let callee = func.add(1);
        let compiled = (*callee)
            .as_closure()
            .map(|closure| closure.proto)
            .filter(|proto| !proto.resume_points.is_null() && has_native_room(vm));
        if let (Some(proto), Some(trampoline)) = (compiled, (*vm).trampoline)
            && protect::protect(vm, FrameWhat::Pcall, func, wanted, ReturnTo::Compiled)
        {
            let word = call_word(ReturnTo::Protected, -1);
            let index = (*vm).index_of(callee) as usize;
            return match trampoline(vm, callee, nargs as u64 - 1, word, proto.entry) {
                // The metamethod that closes a variable after an error has taken the callee's place.
                RETURNED if (*(*vm).frame).leaving => complete_returned(vm),
                RETURNED => {
                    // It may have had no frame that could be looked at.
                    let results = (*vm).stack.add(index);
                    protect::succeed(vm, results, (*vm).top.offset_from(results) as usize)
                }
                status => exit_of(status),
            };
        }
        call::call_native(vm, func, pcall, nargs, wanted, ReturnTo::Compiled)
    }
}

/// What compiled code has called under a frame of `pcall` has not returned but left, with that status; or what has
/// returned is a metamethod in its place that closes a variable. The frame and the thread are those of the call at `pc`.
/// Register 0 if the error was caught, or the called function has returned after all; else null: leave.
///
/// # Safety
/// As for [`step`].
pub unsafe extern "C" fn protected_left(
    vm: *mut Vm,
    pc: *const Insn,
    status: u64,
    frame: *mut Frame,
    thread: *const Thread,
) -> *mut Value {
    // SAFETY: the caller's.
    unsafe {
        let thread = Gc::from_addr(thread.addr() as u64);
        let exit = if status == RETURNED { complete_returned(vm) } else { exit_of(status) };
        go_on_behind(vm, Standing { thread, frame }, exit, pc)
    }
}

/// The frame of a call of `pcall` that compiled code makes, from [`Frame::what`] on, four bytes.
pub const PROTECTING: i64 = FrameWhat::Pcall as i64 | (ReturnTo::Compiled as i64) << 8;

/// The byte that tells `pcall` from other native functions, behind [`crate::offsets::object::SMALL`].
pub const IS_PCALL: i64 = Intrinsic::Pcall as i64;

/// Goes on in compiled code on top of the native stack, if it is compiled code that goes on.
#[inline(always)]
unsafe fn resume_above(vm: *mut Vm, exit: Exit) -> Exit {
    // SAFETY: as for `resume_compiled`, if there is a resume point.
    unsafe {
        let saved = (*vm).saved;
        let goes_on = exit == Exit::Continue
            && saved.resume_point() != 0
            && has_native_room(vm)
            && !(*vm).must_unwind();
        if goes_on { resume_compiled(vm, saved.base(), saved.resume_point()) } else { exit }
    }
}

/// Arguments of the call instruction at `pc`, of the function in slot `func`.
#[inline(always)]
unsafe fn argument_count(vm: *mut Vm, pc: *const Insn, func: *mut Value) -> usize {
    // SAFETY: as for `call`.
    unsafe {
        let open = || (*vm).top.offset_from(func) as usize - 1;
        if (*pc).b() != 0 { (*pc).b() - 1 } else { open() }
    }
}

/// The entry of functions that are not compiled, and of calls that compiled code cannot set up itself: pushes the frame
/// and leaves.
///
/// # Safety
/// `func` holds a Lua closure with `nargs` arguments behind it; the caller's pc is saved.
pub unsafe extern "C" fn enter(vm: *mut Vm, func: *mut Value, nargs: u64, wanted: i64) -> u64 {
    // SAFETY: the caller's.
    unsafe {
        let closure = (*func).object().cast();
        let returns = ReturnTo::from_byte((wanted >> 40) as u8);
        let is_tail_call = wanted & TAIL_CALLED != 0;
        let exit = entry::enter::<Step>(
            vm,
            func,
            closure,
            nargs as usize,
            wanted as i32,
            returns,
            is_tail_call,
        );
        status(exit)
    }
}

/// Runs the return instruction at `pc`: the slot of the function that has returned, or null: leave.
///
/// # Safety
/// As for [`step`].
pub unsafe extern "C" fn r#return(vm: *mut Vm, pc: *const Insn) -> *mut Value {
    // SAFETY: the caller's.
    unsafe {
        let frame: Frame = *(*vm).frame;
        let base = (*vm).stack.add(frame.base as usize);
        let i = *pc;
        if frame.leaving || close::pending(&*vm, base) {
            let exit = run_one(vm, pc);
            return leave(vm, exit);
        }
        let (from, count) = match i.opcode() {
            Some(Opcode::Return0) => (base, 0),
            Some(Opcode::Return1) => (base.add(i.a()), 1),
            _ => {
                let from = base.add(i.a());
                if i.c() != 0 {
                    load::close_upvalues(&mut *vm, base);
                }
                let open = || (*vm).top.offset_from(from) as usize;
                (from, if i.b() != 0 { i.b() - 1 } else { open() })
            }
        };
        hand_back(vm, from, count)
    }
}

/// Pops the running frame with `count` results at `from`, which go to its slot: that slot, or null if they cannot be paid
/// for: leave.
#[inline(always)]
unsafe fn hand_back(vm: *mut Vm, from: *const Value, count: usize) -> *mut Value {
    // SAFETY: the results lie above the slot, so that copying upwards is right.
    unsafe {
        let paid =
            count < safepoint::MANY_RESULTS || safepoint::charge_results(&mut *vm, count).is_ok();
        if !paid {
            return leave(vm, unwind::unwind(vm));
        }
        let frame = (*vm).frame;
        let func = (*vm).stack.add((*frame).func as usize);
        for index in 0..count {
            copy_slot(func.add(index), from.add(index));
        }
        (*vm).frame = frame.sub(1);
        call::adjust(vm, func, count, (*frame).wanted);
        func
    }
}

/// Runs the tail call at `pc`. If the callee is compiled, its frame has taken the running frame's place: register 0, to
/// be entered at the resume point 1 of its baseline code. If the callee was a native function and the frame has returned
/// what it returned: the slot of the function that has returned, plus [`TAKEN`]. Else null: leave.
///
/// # Safety
/// As for [`step`].
pub unsafe extern "C" fn tail_call(vm: *mut Vm, pc: *const Insn) -> *mut Value {
    // SAFETY: the caller's.
    unsafe {
        if let Some(func) = tail_call_native(vm, pc) {
            if (*vm).must_unwind() && !func.is_null() {
                let exit = complete_returned(vm);
                return leave(vm, exit);
            }
            return func;
        }
        let standing = Standing::of(vm);
        let exit = run_one(vm, pc);
        let saved = (*vm).saved;
        if has_native_room(vm) && saved.resume_point() == 1 && standing.saved_pc(vm, exit).is_some()
        {
            return saved.base();
        }
        leave(vm, exit)
    }
}

/// The part of [`tail_call`] for native functions; nothing for others.
unsafe fn tail_call_native(vm: *mut Vm, pc: *const Insn) -> Option<*mut Value> {
    // SAFETY: as for `tail_call`.
    unsafe {
        let i = *pc;
        let base = (*vm).stack.add((*(*vm).frame).base as usize);
        if i.c() != 0 {
            return None;
        }
        let (index, count) = match call_plain_native(vm, pc, base.add(i.a()))? {
            Ok(called) => called,
            Err(Raised) => return Some(leave(vm, unwind::unwind(vm))),
        };
        let func = hand_back(vm, (*vm).stack.add(index), count);
        Some(if func.is_null() { func } else { func.byte_add(TAKEN) })
    }
}

/// Calls the function in slot `func` for the call instruction at `pc` if it is native and nothing is in the way. Where
/// its results begin and how many there are.
unsafe fn call_plain_native(
    vm: *mut Vm,
    pc: *const Insn,
    func: *mut Value,
) -> Option<Result<(usize, usize), Raised>> {
    // SAFETY: as for `call`.
    unsafe {
        if (*func).meta != META_NATIVE {
            return None;
        }
        let proto = (*(*vm).frame).closure.unwrap_unchecked().proto;
        call::note_callee_of(proto.feedback.add((*pc).d()), *func);
        let function: Gc<NativeFunction> = (*func).object().cast();
        let nargs = argument_count(vm, pc, func);
        if function.is_intrinsic()
            || func.add(1 + nargs) >= (*vm).stack_limit
            || (*(*vm).interrupt).fuel.get() <= 0
        {
            return None;
        }
        // As in the interpreter, a tail call of a native function is free.
        if (*pc).opcode() == Some(Opcode::Call) {
            safepoint::burn(vm);
        }
        (*(*vm).frame).pc = pc.add(1);
        (*vm).top = func.add(1 + nargs);
        let index = (*vm).index_of(func) as usize;
        let count = call::invoke(vm, function, index, nargs);
        Some(if count < 0 { Err(Raised) } else { Ok((index, count as usize)) })
    }
}
