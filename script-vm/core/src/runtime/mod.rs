//! What compiled code calls, and how the VM enters compiled code.
//!
//! Baseline code keeps every Lua value in the Lua stack, as the interpreter does, and pushes the same [`Frame`]s;
//! optimized code puts there, before a call into this file, what the frame would hold. So at every such call the VM's state
//! is that of the interpreter at the same instruction, and whatever compiled code does not do itself it leaves to the
//! interpreter's own handler by [`step`]. What only optimized code calls is in `optimized.rs`.
//!
//! Native frames come and go with Lua frames: compiled code that returns with [`RETURNED`] has popped its Lua frame.
//! Any other status means that the native stack has to be emptied: the caller returns the same status at once, down to
//! [`resume_compiled`], and the interpreter's loop goes on with the Lua frame on top, in compiled code if that has a
//! resume point for its pc. Errors, yields, calls of functions that are not compiled and calls that find the native stack
//! exhausted all leave so; no Lua state is ever on the native stack.

#![allow(unsafe_code, reason = "called by compiled code with raw registers")]

mod access;
mod direct;
mod exit_state;
mod metamethod;
mod optimized;
mod tables;

pub use access::{
    get_env, get_field, get_index, get_method, length, set_env, set_field, set_index,
};
pub use direct::{
    BAILED, MOST_RETURNED, PendingFrame, REFUSED, direct_exit, direct_refuel, finish_direct_call,
    finish_direct_entry, leave_with_callee, pend_tail_call, store_results,
};
pub use exit_state::{ExitFrame, ExitObject, ExitState, ExitValue, MOST_EXIT_WORDS};
pub use metamethod::arithmetic;
pub use optimized::{
    ExitSite, InlinedCall, baseline_entry, exit, exit_point, optimized_charge, optimized_safepoint,
    table_barrier, write_frame,
};

pub use tables::{
    MOST_JOINED, NO_ANSWER, NO_CURSOR, PLAIN_METATABLE_MASK, check_methods, check_vectors,
    cursor_after, find_field, find_length, find_method, is_plain_metatable, join, lookup_any,
    new_table, next_entry, set_int, set_metatable, string_part,
};

use crate::bytecode::{Insn, Opcode};
use crate::function::{NativeEntry, NativeFunction, RESUME};
use crate::interp::{
    Exit, STEP, Step, bounce, call, close, coroutine, iterate, load, protect, safepoint, unwind,
};
use crate::native::{Intrinsic, Raised};
use crate::object::Gc;
use crate::plant::{self, Bug};
use crate::thread::{Frame, FrameWhat, ReturnTo, Status, Thread};
use crate::value::{META_NATIVE, Value, copy_slot};
use crate::vm::Vm;

/// The compiled function has returned and popped its frame; results lie where the caller wants them, and the pinned
/// register holds the address of the callee's slot.
pub const RETURNED: u64 = 0;

/// In the upper half of the last argument of an entry: the frame replaces one that made a tail call.
pub const TAIL_CALLED: i64 = 1 << (32 + 16);

/// The last argument of an entry: how many results are wanted (-1: all), below what goes into the four bytes of the new
/// frame from [`Frame::what`] on, which says who waits for them.
pub const fn call_word(returns: ReturnTo, wanted: i32) -> i64 {
    (FrameWhat::Lua as i64 | (returns as i64) << 8) << 32 | wanted as u32 as i64
}

/// Enters compiled code from Rust: sets up the pinned register and calls the entry with the first four arguments.
pub type Trampoline = unsafe extern "C" fn(*mut Vm, *mut Value, u64, i64, NativeEntry) -> u64;

/// Bytes of native stack that compiled code may use, counted from where the host called into the VM.
const NATIVE_STACK: usize = 512 * 1024;

const fn status(exit: Exit) -> u64 {
    exit as u64 + 1
}

fn exit_of(status: u64) -> Exit {
    match status {
        1 => Exit::Done,
        2 => Exit::Error,
        _ => Exit::Continue,
    }
}

/// Goes on with the Lua frame on top in its compiled code, at a resume point.
pub(crate) unsafe fn resume_compiled(vm: *mut Vm, base: *mut Value, resume_point: u32) -> Exit {
    // SAFETY: the caller found the resume point in the code of the frame on top.
    unsafe {
        let Some(trampoline) = (*vm).trampoline else {
            unreachable!("code comes with a trampoline")
        };
        let entry = (*(*vm).frame).closure.unwrap_unchecked().proto.entry;
        match trampoline(vm, base, u64::from(resume_point), RESUME, entry) {
            RETURNED => complete_returned(vm),
            status => exit_of(status),
        }
    }
}

/// A compiled function has returned to the runtime: on with whoever waits for its results.
unsafe fn complete_returned(vm: *mut Vm) -> Exit {
    // SAFETY: the frame right above the one on top has just been popped.
    unsafe {
        let popped = (*vm).frame.add(1);
        let returns = (*popped).returns;
        if matches!(returns, ReturnTo::Call | ReturnTo::Compiled) {
            return bounce(vm);
        }
        let (func, wanted) = ((*vm).stack.add((*popped).func as usize), (*popped).wanted);
        let open = || (*vm).top.offset_from(func) as usize;
        let count = if wanted >= 0 { wanted as usize } else { open() };
        call::complete(vm, returns, func, count, wanted)
    }
}

/// Calls a compiled function for the host, with the frame below it that of the host's call.
pub(crate) unsafe fn call_compiled(
    vm: *mut Vm,
    func: *mut Value,
    nargs: usize,
    entry: NativeEntry,
) -> Exit {
    // SAFETY: `func` holds the function's closure with its arguments behind it.
    unsafe {
        let Some(trampoline) = (*vm).trampoline else {
            unreachable!("code comes with a trampoline")
        };
        match trampoline(vm, func, nargs as u64, call_word(ReturnTo::Host, -1), entry) {
            RETURNED => Exit::Done,
            status => exit_of(status),
        }
    }
}

/// Sets the limit of the native stack when the host calls into the VM.
pub(crate) fn begin_native_stack(vm: &mut Vm) {
    let here = 0u8;
    vm.native_limit = (&raw const here).addr().saturating_sub(NATIVE_STACK);
}

/// The frame that ran before a part of an instruction did.
#[derive(Clone, Copy)]
struct Standing {
    thread: Gc<Thread>,
    frame: *mut Frame,
}

impl Standing {
    #[inline(always)]
    unsafe fn of(vm: *const Vm) -> Standing {
        // SAFETY: `vm` is the running VM.
        unsafe { Standing { thread: (*vm).thread, frame: (*vm).frame } }
    }

    /// The pc saved by what has just run, if the same frame goes on: compiled code can, too. Where frames have moved in
    /// memory, which is seldom, the answer is no, and leaving is right, too.
    #[inline(always)]
    unsafe fn saved_pc(self, vm: *const Vm, exit: Exit) -> Option<*const Insn> {
        // SAFETY: as for `of`.
        unsafe {
            let now = Standing::of(vm);
            let same =
                exit == Exit::Continue && now.thread.same(self.thread) && now.frame == self.frame;
            same.then(|| (*vm).saved.pc())
        }
    }
}

/// Goes on after a part of an instruction has run: where it has begun to call compiled functions (metamethods, what
/// `pcall` protects, coroutines), these run on top of the native stack, until the frame that stood goes on, or the
/// interpreter is needed. The pc of the standing frame, or the way in which to leave.
#[inline(always)]
unsafe fn settle(vm: *mut Vm, standing: Standing, exit: Exit) -> Result<*const Insn, Exit> {
    // SAFETY: `vm` is the running VM.
    unsafe {
        match standing.saved_pc(vm, exit) {
            Some(_) if (*vm).must_unwind() => Err(Exit::Continue),
            Some(pc) => Ok(pc),
            None => settle_above(vm, standing, exit),
        }
    }
}

/// [`settle`] where the standing frame does not go on at once.
#[inline(never)]
unsafe fn settle_above(
    vm: *mut Vm,
    standing: Standing,
    mut exit: Exit,
) -> Result<*const Insn, Exit> {
    // SAFETY: as for `settle`.
    unsafe {
        loop {
            let saved = (*vm).saved;
            let runs_above = if (*vm).thread.same(standing.thread) {
                (*vm).frame > standing.frame
            } else {
                standing.thread.status == Status::Normal
            };
            if exit != Exit::Continue
                || saved.resume_point() == 0
                || !runs_above
                || !has_native_room(vm)
                || (*vm).must_unwind()
            {
                return Err(exit);
            }
            exit = resume_compiled(vm, saved.base(), saved.resume_point());
            if let Some(pc) = standing.saved_pc(vm, exit)
                && !(*vm).must_unwind()
            {
                return Ok(pc);
            }
        }
    }
}

/// Whether compiled code may be called from here.
unsafe fn has_native_room(vm: *const Vm) -> bool {
    let here = 0u8;
    // SAFETY: `vm` is the running VM.
    (&raw const here).addr() > unsafe { (*vm).native_limit }
}

/// Makes compiled code leave.
unsafe fn leave(vm: *mut Vm, exit: Exit) -> *mut Value {
    // SAFETY: `vm` is the running VM.
    unsafe { (*vm).leave_status = status(exit) };
    std::ptr::null_mut()
}

/// See [`Vm::request_unwind`].
#[cold]
#[inline(never)]
unsafe fn leave_to_unwind(vm: *mut Vm) -> *mut Value {
    // SAFETY: `vm` is the running VM, and the pc of the frame on top is up to date.
    unsafe {
        let exit = bounce(vm);
        leave(vm, exit)
    }
}

unsafe fn run_one(vm: *mut Vm, pc: *const Insn) -> Exit {
    // SAFETY: `pc` is an instruction of the running frame's function.
    unsafe {
        let frame = (*vm).frame;
        (*frame).pc = pc.add(1);
        let proto = (*frame).closure.unwrap_unchecked().proto;
        let base = (*vm).stack.add((*frame).base as usize);
        let insn = (*pc).0;
        STEP[insn as u8 as usize](vm, pc.add(1), base, proto.k, proto.feedback, insn)
    }
}

/// Runs the instruction at `pc` in the interpreter. Register 0 if the frame goes on behind it, else null: leave.
///
/// # Safety
/// Compiled code of the running frame calls it, for an instruction of its own.
pub unsafe extern "C" fn step(vm: *mut Vm, pc: *const Insn) -> *mut Value {
    // SAFETY: the caller's.
    unsafe {
        let standing = Standing::of(vm);
        let exit = run_one(vm, pc);
        go_on_behind(vm, standing, exit, pc)
    }
}

/// Added to what [`step_branch`] returns if the jump is taken.
pub const TAKEN: usize = 1;
/// Added to what [`step_branch`] returns if the instruction goes on right behind itself.
pub const CALLED: usize = 2;

/// Runs the branching instruction at `pc` in the interpreter: register 0 if it goes on at `fall`, that plus [`TAKEN`] if
/// it goes on at `taken`, that plus [`CALLED`] if it goes on behind itself, else null: leave.
///
/// # Safety
/// As for [`step`].
pub unsafe extern "C" fn step_branch(
    vm: *mut Vm,
    pc: *const Insn,
    fall: *const Insn,
    taken: *const Insn,
) -> *mut Value {
    // SAFETY: the caller's.
    unsafe {
        let standing = Standing::of(vm);
        let interrupt = (*vm).interrupt;
        let fuel = (*interrupt).fuel.get();
        let exit = run_one(vm, pc);
        // The interpreter has paused at a back-edge, and goes on in code that is better than the caller's.
        let goes_up = |at: *const Insn| {
            at == taken && taken < pc && (*interrupt).fuel.get() > fuel && has_better_code(vm, at)
        };
        match settle(vm, standing, exit) {
            Ok(at) if goes_up(at) => leave(vm, Exit::Continue),
            Ok(at) if at == fall => (*vm).saved.base(),
            Ok(at) if at == taken => (*vm).saved.base().byte_add(TAKEN),
            Ok(at) if at == pc.add(1) => (*vm).saved.base().byte_add(CALLED),
            Ok(_) => leave(vm, Exit::Continue),
            Err(exit) => leave(vm, exit),
        }
    }
}

/// Whether the frame on top, which is about to go on at `pc`, is entered there in other code than that of the baseline tier.
unsafe fn has_better_code(vm: *const Vm, pc: *const Insn) -> bool {
    // SAFETY: the frame on top is a Lua function's that is compiled.
    unsafe {
        let proto = (*(*vm).frame).closure.unwrap_unchecked().proto;
        let index = pc.offset_from(proto.code) as usize;
        let (best, baseline) = (proto.resume_points, proto.baseline_points);
        best != baseline && *best.add(index) != *baseline.add(index)
    }
}

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
        let proto = (*(*vm).frame).closure.unwrap_unchecked().proto;
        call::note_callee_of(proto.feedback.add(i.d()), *func);
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

/// What compiled code has called under a frame of `pcall` has not returned but left, with that status; or what has returned
/// is a metamethod in its place that closes a variable. The frame and the thread are those of the call at `pc`. Register 0 if the error was caught, or the called function has returned after all;
/// else null: leave.
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

/// Register 0 if the standing frame goes on behind the instruction at `pc`, else null: leave.
#[inline(always)]
unsafe fn go_on_behind(vm: *mut Vm, standing: Standing, exit: Exit, pc: *const Insn) -> *mut Value {
    // SAFETY: as for `settle`.
    unsafe {
        match settle(vm, standing, exit) {
            Ok(at) if at == pc.add(1) => (*vm).saved.base(),
            Ok(_) => leave(vm, Exit::Continue),
            Err(Exit::Continue)
                if plant::is(Bug::JitWrongYield) && standing.thread.status == Status::Suspended =>
            {
                (*vm).saved.base()
            }
            Err(exit) => leave(vm, exit),
        }
    }
}

/// Makes the closure that the instruction at `pc` wants. Register 0.
///
/// # Safety
/// As for [`step`].
pub unsafe extern "C" fn closure(vm: *mut Vm, pc: *const Insn) -> *mut Value {
    // SAFETY: the caller's.
    unsafe {
        let base = (*vm).stack.add((*(*vm).frame).base as usize);
        let closure = load::make_closure(vm, base, *pc);
        *base.add((*pc).a()) = Value::closure(closure);
        base
    }
}

/// Sets the variable arguments of the running function apart. Register 0, or null: leave.
///
/// # Safety
/// As for [`step`]; the instruction is the function's first.
pub unsafe extern "C" fn vararg_prep(vm: *mut Vm, pc: *const Insn) -> *mut Value {
    // SAFETY: the caller's.
    unsafe {
        let frame = (*vm).frame;
        (*frame).pc = pc.add(1);
        let base = (*vm).stack.add((*frame).base as usize);
        match call::set_up_varargs(vm, base) {
            Some(base) => base,
            None => leave(vm, call::stack_overflow(vm)),
        }
    }
}

/// Copies variable arguments to where the instruction at `pc` wants them. Register 0, or null: leave.
///
/// # Safety
/// As for [`step`].
pub unsafe extern "C" fn vararg(vm: *mut Vm, pc: *const Insn) -> *mut Value {
    // SAFETY: the caller's.
    unsafe {
        let frame = (*vm).frame;
        (*frame).pc = pc.add(1);
        let base = (*vm).stack.add((*frame).base as usize);
        match call::copy_varargs(vm, base, *pc) {
            Some(base) => base,
            None => leave(vm, call::stack_overflow(vm)),
        }
    }
}

/// Steps the generic loop at `pc`, whose iterator is no Lua closure: what [`step_branch`] returns, with the loop at its
/// end as `fall` and the loop's body as `taken`. It takes the back-edge's fuel.
///
/// # Safety
/// As for [`step`].
pub unsafe extern "C" fn for_call(
    vm: *mut Vm,
    pc: *const Insn,
    ended: *const Insn,
    body: *const Insn,
) -> *mut Value {
    // SAFETY: the caller's.
    unsafe {
        let base = (*vm).stack.add((*(*vm).frame).base as usize);
        if (*(*vm).interrupt).fuel.get() > 0 {
            let proto = (*(*vm).frame).closure.unwrap_unchecked().proto;
            let cell = proto.feedback.add((*pc).d());
            match iterate::advance(vm, base.add((*pc).a()), (*pc).c(), cell) {
                Some(true) => {
                    safepoint::burn(vm);
                    return base.byte_add(TAKEN);
                }
                Some(false) => return base,
                None => {}
            }
        }
        step_branch(vm, pc, ended, body)
    }
}

/// The deletion barrier: the value at `place` is about to be overwritten while the collector marks.
///
/// # Safety
/// `place` holds a value.
pub unsafe extern "C" fn barrier(vm: *mut Vm, place: *const Value) -> *mut Value {
    // SAFETY: the caller's.
    unsafe { (*vm).heap.barrier(*place) };
    std::ptr::null_mut()
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
        let exit = call::enter::<Step>(
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

/// Out of fuel at the entry of the running frame. Register 0, or null: leave.
///
/// # Safety
/// Compiled code calls it right after it has pushed its frame.
pub unsafe extern "C" fn entry_safepoint(vm: *mut Vm) -> *mut Value {
    // SAFETY: the caller's.
    unsafe {
        let standing = Standing::of(vm);
        let first = (*(*vm).frame).pc;
        let exit = safepoint::at_entry(vm);
        if standing.saved_pc(vm, exit) == Some(first) && !(*vm).must_unwind() {
            return (*vm).saved.base();
        }
        leave(vm, exit)
    }
}

/// Out of fuel at the back-edge `pc` of baseline code, whose target is `target`. Register 0, or null: leave.
///
/// # Safety
/// As for [`step`].
pub unsafe extern "C" fn loop_safepoint(
    vm: *mut Vm,
    pc: *const Insn,
    target: *const Insn,
) -> *mut Value {
    // SAFETY: the caller's.
    unsafe {
        let proto = (*(*vm).frame).closure.unwrap_unchecked().proto;
        let code = proto.baseline_points;
        let base = pause_in_loop(vm, pc, target);
        if base.is_null() {
            return base;
        }
        // Other code may have been installed meanwhile, and there may be better code with an entry at the loop's header.
        if proto.baseline_points == code && !has_better_code(vm, target) {
            return base;
        }
        let index = target.offset_from(proto.code) as usize;
        (*vm).jit_events.osr_entries[1] += u64::from(*proto.resume_points.add(index) != 0);
        leave(vm, Exit::Continue)
    }
}

/// What is due at the back-edge `pc`. Register 0 if the frame goes on at `target`, and compiled code may; else null: leave.
unsafe fn pause_in_loop(vm: *mut Vm, pc: *const Insn, target: *const Insn) -> *mut Value {
    // SAFETY: as for `step`.
    unsafe {
        let standing = Standing::of(vm);
        let frame = (*vm).frame;
        let proto = (*frame).closure.unwrap_unchecked().proto;
        let exit = safepoint::pause_at_back_edge(vm, target, proto.feedback, (*pc).0);
        // What was taken out of use is freed when the native stack is empty.
        if standing.saved_pc(vm, exit) == Some(target)
            && !(*vm).heap.graveyard.has_retired()
            && !(*vm).must_unwind()
        {
            return (*vm).saved.base();
        }
        leave(vm, exit)
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
/// be entered at the resume point 1 of its code. If the callee was a native function and the frame has returned what it
/// returned: the slot of the function that has returned, plus [`TAKEN`]. Else null: leave.
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

/// The code that a tail call goes on in.
///
/// # Safety
/// [`tail_call`] has just returned register 0.
pub unsafe extern "C" fn running_entry(vm: *mut Vm) -> NativeEntry {
    // SAFETY: the frame on top is a Lua function's.
    unsafe { (*(*vm).frame).closure.unwrap_unchecked().proto.entry }
}
