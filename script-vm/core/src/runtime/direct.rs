//! Direct calls: optimized code calls optimized code without a frame, with arguments and result in machine registers.
//!
//! A function that is called so works in the registers of the Lua stack that its frame would have, but writes there only
//! when it leaves. Then it, and everyone who waits for it, tells from the inside out what its frame would be, and returns
//! [`BAILED`]; whoever has a frame puts the others on top of it, from the outside in, and leaves for the interpreter.
//! docs/deopt.md tells the whole of it.

use super::optimized::{ExitSite, InlinedCall, await_metamethod, count_exit};
use super::{ExitFrame, ExitState, leave};
use crate::bytecode::Insn;
use crate::function::Closure;
use crate::interp::{Exit, bounce, call as interp_call, entry, safepoint};
use crate::thread::ReturnTo;
use crate::tier::Site;
use crate::value::{META_CLOSURE, Value, copy_slot};
use crate::vm::Vm;

/// In place of a result's second word: the call was not made, nothing has happened. No value has such a tag.
pub const REFUSED: i64 = -1;
/// In place of a result's second word: the called code has left, and its frame is pending.
pub const BAILED: i64 = -2;

/// Code that is called directly returns so many values at most: the first in registers; the others, and how many there are
/// in all, in the VM, unless it returns one always.
pub const MOST_RETURNED: usize = 4;

/// A frame that does not exist yet.
#[derive(Clone, Copy, Debug)]
pub struct PendingFrame {
    base: *mut Value,
    pc: *const Insn,
    /// How it was called, which its caller tells of; nothing if that has a frame of its own.
    call: Option<InlinedCall>,
    /// It has replaced what its caller has called by a tail call.
    tail_call: Option<TailCall>,
}

/// A closure and the number of the arguments that it was called with.
#[derive(Clone, Copy, Debug)]
struct TailCall {
    closure: *const Closure,
    arguments: u64,
}

/// Code that was called directly cannot go on, in that state. Its frame begins at `base`; whoever has called it puts the
/// closure below that.
///
/// # Safety
/// As for [`super::exit`].
pub unsafe extern "C" fn direct_exit(
    vm: *mut Vm,
    base: *mut Value,
    state: *const ExitState,
    closure: *const Closure,
    site: *mut ExitSite,
) {
    // SAFETY: the caller's.
    unsafe {
        debug_assert!((*vm).pending_frames.is_empty(), "one chain of calls leaves at a time");
        count_exit(vm, (*closure).proto, site);
        (*state).write_all(vm, base);
        pend(vm, base, &(*state).frames);
    }
}

/// Code that was called directly has itself called such code, as `called` says, an [`InlinedCall`], and that has left: so
/// does this one, in the state that waits for the result.
///
/// # Safety
/// As for [`super::exit`].
pub unsafe extern "C" fn leave_with_callee(
    vm: *mut Vm,
    base: *mut Value,
    state: *const ExitState,
    called: u64,
    _: u64,
) {
    // SAFETY: the caller's.
    unsafe {
        note_call(vm, called);
        (*state).write_all(vm, base);
        pend(vm, base, &(*state).frames);
    }
}

/// Tells of frames that begin at `base`, which do not exist yet.
unsafe fn pend(vm: *mut Vm, base: *mut Value, frames: &[ExitFrame]) {
    for frame in frames.iter().rev() {
        // SAFETY: as for `direct_exit`; the frames lie in the Lua stack.
        unsafe {
            (*vm).pending_frames.push(PendingFrame {
                base: base.add(frame.below),
                pc: frame.pc(),
                // Of the outermost one the caller tells, if it has none itself.
                call: (frame.below != 0).then_some(frame.call),
                tail_call: None,
            });
        }
    }
}

/// The frame that was told of last has replaced that of the code at hand by a tail call of a closure, or one that was called so
/// in turn has.
///
/// # Safety
/// As for [`direct_exit`].
pub unsafe extern "C" fn pend_tail_call(
    vm: *mut Vm,
    closure: *const Closure,
    arguments: u64,
) -> *mut Value {
    // SAFETY: the caller's.
    unsafe {
        if let Some(last) = (*vm).pending_frames.last_mut() {
            last.tail_call.get_or_insert(TailCall { closure, arguments });
        }
    }
    std::ptr::null_mut()
}

unsafe fn note_call(vm: *mut Vm, called: u64) {
    // SAFETY: `vm` is the running VM.
    if let Some(last) = unsafe { (*vm).pending_frames.last_mut() } {
        last.call = Some(InlinedCall::unpack(called));
    }
}

/// The running frame, or a function that its code has made part of it, has called code directly, as `called` says, that
/// has left: all frames are pushed, and the interpreter goes on with the innermost. `state` waits for the result.
///
/// # Safety
/// As for [`super::exit`].
pub unsafe extern "C" fn finish_direct_call(
    vm: *mut Vm,
    state: *const ExitState,
    called: u64,
) -> *mut Value {
    // SAFETY: the caller's.
    unsafe {
        note_call(vm, called);
        let base = (*vm).stack.add((*(*vm).frame).base as usize);
        let state = &*state;
        state.write_all(vm, base);
        let [outermost, inlined @ ..] = &state.frames[..] else {
            unreachable!("a state has frames")
        };
        pend(vm, base, inlined);
        (*(*vm).frame).pc = outermost.pc();
        push_pending(vm, None)
    }
}

/// The same for a call of a function's ordinary entry that has called its direct one: with its arguments and its call word.
///
/// # Safety
/// As for [`finish_direct_call`].
pub unsafe extern "C" fn finish_direct_entry(vm: *mut Vm, arguments: u64, word: i64) -> *mut Value {
    // SAFETY: the caller's.
    unsafe { push_pending(vm, Some((arguments, word))) }
}

/// Puts the results of a direct call behind the first, which is at `func` already, where its caller wants `wanted` of them,
/// all if that is negative.
///
/// # Safety
/// The caller has room for what it wants, and for [`MOST_RETURNED`]. The call has told how many results there are.
pub unsafe extern "C" fn store_results(vm: *mut Vm, func: *mut Value, wanted: i64) -> *mut Value {
    // SAFETY: the caller's.
    unsafe {
        let count = (*vm).returned as usize;
        let taken = usize::try_from(wanted).map_or(count, |wanted| wanted.min(count));
        for index in 1..taken {
            *func.add(index) = (*vm).more_results[index - 1];
        }
        interp_call::adjust(vm, func, count, wanted as i32);
    }
    std::ptr::null_mut()
}

unsafe fn push_pending(vm: *mut Vm, mut outermost: Option<(u64, i64)>) -> *mut Value {
    // SAFETY: as for `finish_direct_call`.
    unsafe {
        let pending = std::mem::take(&mut (*vm).pending_frames);
        while ((*vm).frame_limit.offset_from((*vm).frame) as usize) < pending.len() {
            // Direct calls are refused where there would be more frames than there may be.
            let has_grown = (*vm).grow_frames();
            assert!(has_grown, "the direct limit leaves room");
        }
        for frame in pending.iter().rev() {
            if frame.call.is_some_and(|call| call.is_metamethod) {
                await_metamethod((*vm).frame);
            }
            let called = outermost.take().or_else(|| {
                let call = frame.call?;
                let word = super::call_word(call.returns(), call.wanted());
                let word = if call.is_tail_call { word | super::TAIL_CALLED } else { word };
                Some((u64::from(call.arguments), word))
            });
            let Some((mut arguments, mut word)) = called else {
                unreachable!("whoever pushes the frames has told of the last call")
            };
            let moved = frame.call.map_or(0, InlinedCall::moved);
            let func = frame.base.sub(1 + moved);
            if let Some(call) = frame.tail_call {
                *func = Value { payload: call.closure.addr() as u64, meta: META_CLOSURE };
                arguments = call.arguments;
                word |= super::TAIL_CALLED;
            }
            debug_assert!((*func).meta == META_CLOSURE, "callers put the closure there");
            let closure = (*func).object().cast();
            // Direct calls are refused before the stack is used up.
            entry::write_frame(
                vm,
                func,
                closure,
                arguments as usize,
                word as i32,
                ReturnTo::from_byte((word >> 40) as u8),
                word & super::TAIL_CALLED != 0,
            );
            (*(*vm).frame).pc = frame.pc;
            if let Some(call) = frame.call.filter(|call| call.varargs != 0) {
                write_moved(vm, frame.base, call);
            }
        }
        let innermost = pending.first().map_or(std::ptr::null(), |frame| frame.pc);
        (*vm).pending_frames = pending;
        (*vm).pending_frames.clear();
        bounce(vm);
        // The interpreter takes notes of what was not expected.
        (*vm).saved.resume_at(innermost, 0);
        leave(vm, Exit::Continue)
    }
}

/// The frame on top is that of a function whose variable arguments are where they belong, as are its registers above them.
unsafe fn write_moved(vm: *mut Vm, base: *mut Value, call: InlinedCall) {
    // SAFETY: as for `finish_direct_call`.
    unsafe {
        let func = base.sub(1 + call.moved());
        copy_slot(base.sub(1), func);
        for parameter in 0..usize::from(call.arguments - call.varargs) {
            *func.add(1 + parameter) = Value::NIL;
        }
        let frame = (*vm).frame;
        (*frame).base = (*vm).index_of(base);
        (*frame).varargs = u32::from(call.varargs);
    }
}

/// Out of fuel in code that was called directly: at its entry if `target` is null, else at a back-edge to there. Null: that
/// has to be looked after with frames. What it does otherwise does not count as running: nothing that code relies on has
/// changed.
///
/// # Safety
/// `closure` is the one that runs.
pub unsafe extern "C" fn direct_refuel(
    vm: *mut Vm,
    closure: *const Closure,
    target: *const Insn,
) -> u64 {
    // SAFETY: the caller's.
    unsafe {
        let proto = (*closure).proto;
        let site = match target.is_null() {
            true => Site::Entry,
            false => {
                let pc = target.offset_from(proto.code) as u32;
                Site::Loop { pc, is_optimized: true }
            }
        };
        u64::from(safepoint::refuel_without_frame(&mut *vm, proto, site))
    }
}
