//! What compiled code calls, and how the VM enters compiled code.
//!
//! Baseline code keeps every Lua value in the Lua stack, as the interpreter does, and pushes the same [`Frame`]s;
//! optimized code puts there, before a call into this file, what the frame would hold. So at every such call the VM's state
//! is that of the interpreter at the same instruction, and whatever compiled code does not do itself it leaves to the
//! interpreter's own handler by [`step`]. What only optimized code calls is in `optimized.rs`, `tables.rs` and `direct.rs`.
//! Code without a frame has its registers in machine registers alone; `direct.rs` makes its frame when it leaves.
//!
//! Native frames come and go with Lua frames: compiled code that returns with [`RETURNED`] has popped its Lua frame.
//! Any other status means that the native stack has to be emptied: the caller returns the same status at once, down to
//! [`resume_compiled`], and the interpreter's loop goes on with the Lua frame on top, in compiled code if that has a
//! resume point for its pc. Errors, yields, calls of functions that are not compiled and calls that find the native stack
//! exhausted all leave so; when they have, no Lua state is on the native stack.

#![allow(unsafe_code, reason = "called by compiled code with raw registers")]

mod access;
mod calls;
mod direct;
mod exit_state;
mod metamethod;
mod optimized;
mod tables;

pub use access::{
    get_env, get_field, get_index, get_method, length, set_env, set_field, set_index,
};
pub use calls::{IS_PCALL, PROTECTING, call, enter, protected_left, r#return, tail_call};
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

use crate::bytecode::Insn;
use crate::function::{NativeEntry, OPTIMIZED_POINT, RESUME, UNFRAMED_POINT};
use crate::interp::{Exit, STEP, bounce, call, entry, iterate, load, safepoint, vararg};
use crate::object::Gc;
use crate::plant::{self, Bug};
use crate::thread::{Frame, FrameWhat, ReturnTo, Status, Thread};
use crate::value::Value;
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
        let frame = *(*vm).frame;
        let proto = frame.closure.unwrap_unchecked().proto;
        let resume_point = match resume_point {
            UNFRAMED_POINT if frame.returns == ReturnTo::Call && !frame.tail_called => {
                return call_unframed(vm, frame, base, trampoline);
            }
            UNFRAMED_POINT => *proto.baseline_points,
            other => other,
        };
        let is_optimized = resume_point & OPTIMIZED_POINT != 0;
        let entry = if is_optimized { proto.entry } else { proto.baseline_entry };
        match trampoline(vm, base, u64::from(resume_point), RESUME, entry) {
            RETURNED => complete_returned(vm),
            status => exit_of(status),
        }
    }
}

/// Takes back the frame on top, which was pushed by interpreted code just now, and calls its function by the entry.
unsafe fn call_unframed(
    vm: *mut Vm,
    frame: Frame,
    base: *mut Value,
    trampoline: Trampoline,
) -> Exit {
    // SAFETY: as for `resume_compiled`; the frame is at its first instruction, so that its parameters are all it has.
    unsafe {
        let mut proto = frame.closure.unwrap_unchecked().proto;
        (*vm).frame = (*vm).frame.sub(1);
        // The entry counts the call, and what it takes, once more.
        proto.calls = proto.calls.wrapping_sub(1);
        let fuel = &(*(*vm).interrupt).fuel;
        fuel.set(fuel.get() + 1);
        // Should the entry not get far, a frame that compiled code waits for begins in baseline code.
        let cut = plant::is(Bug::OptCutResults) && frame.wanted == 2;
        let word = call_word(ReturnTo::Compiled, if cut { 1 } else { frame.wanted });
        match trampoline(vm, base.sub(1), u64::from(proto.param_count), word, proto.entry) {
            RETURNED => bounce(vm),
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
        match vararg::set_up_varargs(vm, base) {
            Some(base) => base,
            None => leave(vm, entry::stack_overflow(vm)),
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
        match vararg::copy_varargs(vm, base, *pc) {
            Some(base) => base,
            None => leave(vm, entry::stack_overflow(vm)),
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
