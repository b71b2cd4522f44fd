//! What optimized code calls: exits, and safepoints that it goes on behind. docs/deopt.md tells the whole of it.

use super::{ExitState, Standing, leave, pause_in_loop, run_one, settle};
use crate::bytecode::Insn;
use crate::function::{Closure, FunctionProto, NativeEntry};
use crate::interp::{Exit, bounce, entry, safepoint, unwind, vararg};
use crate::object::Gc;
use crate::table::Table;
use crate::thread::{Frame, ReturnTo};
use crate::tier::Function;
use crate::value::Value;
use crate::vm::Vm;

/// How often optimized code was left at a place.
#[derive(Clone, Copy, Default, Debug)]
#[repr(C)]
pub struct ExitSite {
    pub count: u32,
    /// Which of the code's places it is.
    pub number: u32,
}

/// Optimized code of the running frame cannot go on, in that state: brings the frame to a place at which its baseline code
/// can be entered, in the interpreter; or pushes the frames of the functions that the code has made part of it. Register 0,
/// with [`exit_point`] to tell where; or null: leave.
///
/// # Safety
/// Optimized code calls it, with what it holds in [`Vm::exit_words`]; `site` is the code's own, or null for an exit that is
/// nothing to learn from.
pub unsafe extern "C" fn exit(
    vm: *mut Vm,
    state: *const ExitState,
    site: *mut ExitSite,
) -> *mut Value {
    // SAFETY: the caller's.
    unsafe {
        let frame = (*vm).frame;
        count_exit(vm, (*frame).closure.unwrap_unchecked().proto, site);
        let frames = &(*state).frames;
        let Some(innermost) = frames.last() else { unreachable!("a state has frames") };
        let pc = innermost.pc();
        if frames.len() == 1 {
            (*state).write_all(vm, (*vm).stack.add((*frame).base as usize));
            return step_to_point(vm, pc);
        }
        let mut behind = std::ptr::null();
        let is_written = (*state).write_each(vm, |frame| {
            let caller = std::mem::replace(&mut behind, frame.pc());
            (caller.is_null() || push_inlined(vm, caller, frame.call))
                .then(|| (*vm).stack.add((*(*vm).frame).base as usize))
        });
        if !is_written {
            return leave(vm, entry::stack_overflow(vm));
        }
        (*(*vm).frame).pc = pc;
        bounce(vm);
        // The interpreter takes notes of what was not expected.
        (*vm).saved.resume_at(pc, 0);
        leave(vm, Exit::Continue)
    }
}

/// Runs the frame on top from `pc` on in the interpreter, up to where its baseline code can be entered.
unsafe fn step_to_point(vm: *mut Vm, mut pc: *const Insn) -> *mut Value {
    // SAFETY: as for `exit`.
    unsafe {
        (*(*vm).frame).pc = pc;
        loop {
            // The interpreter takes notes of what was not expected.
            let standing = Standing::of(vm);
            let exit = run_one(vm, pc);
            match settle(vm, standing, exit) {
                Ok(next) => pc = next,
                Err(exit) => return leave(vm, exit),
            }
            // A tail call has put another function into the frame.
            let proto = (*(*vm).frame).closure.unwrap_unchecked().proto;
            let points = proto.baseline_points;
            let point = match points.is_null() {
                // The code was taken out of use meanwhile: the interpreter goes on.
                true => return leave(vm, Exit::Continue),
                false => *points.add(pc.offset_from(proto.code) as usize),
            };
            if point != 0 {
                (*vm).saved.resume_at(pc, point);
                return (*vm).saved.base();
            }
        }
    }
}

/// Writes the running frame as it is in a state, with the tables that are yet to be made.
///
/// # Safety
/// As for [`exit`].
pub unsafe extern "C" fn write_frame(vm: *mut Vm, state: *const ExitState, _: u64) -> *mut Value {
    // SAFETY: the caller's.
    unsafe {
        let base = (*vm).stack.add((*(*vm).frame).base as usize);
        (*state).write_all(vm, base);
        base
    }
}

/// Counts an exit of a function's optimized code, and tells the compiler of it.
pub(super) unsafe fn count_exit(vm: *mut Vm, proto: Gc<FunctionProto>, site: *mut ExitSite) {
    // SAFETY: as for `exit`.
    unsafe {
        (*vm).jit_events.deopts += 1;
        if (*vm).guard_countdown == 0 {
            (*vm).guard_countdown = (*vm).guard_stress_period;
        }
        let Some(site) = site.as_mut() else { return };
        site.count = site.count.saturating_add(1);
        if site.count.is_power_of_two()
            && let Some(compiler) = &mut (*vm).compiler
        {
            compiler.exited(Function { proto }, site.number, site.count);
        }
    }
}

/// A call that is made up for when optimized code leaves, packed into a word of the code: bytes from the lowest on are the
/// register of the function, the arguments, the results wanted, whether the function there has replaced another one by a
/// tail call, who waits for it, and how many of the arguments are variable.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct InlinedCall {
    pub register: u8,
    pub arguments: u8,
    pub wanted: u8,
    pub is_tail_call: bool,
    /// The caller's instruction waits for its metamethod.
    pub is_metamethod: bool,
    /// Variable arguments, which lie behind the slot of the function; that has moved above all arguments then.
    pub varargs: u8,
}

impl InlinedCall {
    pub const fn pack(self) -> i64 {
        i64::from_le_bytes([
            self.register,
            self.arguments,
            self.wanted,
            self.is_tail_call as u8,
            self.is_metamethod as u8,
            self.varargs,
            0,
            0,
        ])
    }

    pub(super) const fn unpack(word: u64) -> InlinedCall {
        let [register, arguments, wanted, is_tail_call, is_metamethod, varargs, ..] =
            word.to_le_bytes();
        InlinedCall {
            register,
            arguments,
            wanted,
            is_tail_call: is_tail_call != 0,
            is_metamethod: is_metamethod != 0,
            varargs,
        }
    }

    /// How far above the slot behind the function's its register 0 is.
    pub const fn moved(self) -> usize {
        if self.varargs == 0 { 0 } else { 1 + self.arguments as usize }
    }

    /// In place of a number of results: all of them.
    pub const ALL: u8 = u8::MAX;

    /// The results wanted as frames have it.
    pub(super) const fn wanted(self) -> i32 {
        if self.wanted == InlinedCall::ALL { -1 } else { self.wanted as i32 }
    }

    pub(super) const fn returns(self) -> ReturnTo {
        if self.is_metamethod { ReturnTo::Meta } else { ReturnTo::Compiled }
    }
}

/// A frame that waits for the metamethod of a comparison wants what that says; the opposite is left to the interpreter.
pub(super) unsafe fn await_metamethod(caller: *mut Frame) {
    // SAFETY: the caller passes a frame of a Lua function.
    unsafe { (*caller).extra = 0 };
}

/// Pushes the frame of a function whose code is part of the running one's, and whose closure lies where `call` says. The
/// running frame goes on at `behind` when it returns. False if there is no room.
unsafe fn push_inlined(vm: *mut Vm, behind: *const Insn, made: InlinedCall) -> bool {
    // SAFETY: as for `exit`.
    unsafe {
        let caller = (*vm).frame;
        (*caller).pc = behind;
        if made.is_metamethod {
            await_metamethod(caller);
        }
        let func = (*vm).stack.add((*caller).base as usize + usize::from(made.register));
        let closure: Gc<Closure> = (*func).object().cast();
        let (arguments, wanted) = (usize::from(made.arguments), made.wanted());
        let is_pushed = entry::push_frame(vm, func, closure, arguments, wanted, made.returns());
        if is_pushed {
            (*(*vm).frame).tail_called = made.is_tail_call;
        }
        is_pushed
            && (made.varargs == 0 || {
                let base = (*vm).stack.add((*(*vm).frame).base as usize);
                vararg::set_up_varargs(vm, base).is_some()
            })
    }
}

/// The resume point that [`exit`] has found.
///
/// # Safety
/// [`exit`] has just returned register 0.
pub unsafe extern "C" fn exit_point(vm: *mut Vm) -> u64 {
    // SAFETY: the caller's.
    unsafe { u64::from((*vm).saved.resume_point()) }
}

/// The baseline code of the running function.
///
/// # Safety
/// The frame on top is a Lua function's.
pub unsafe extern "C" fn baseline_entry(vm: *mut Vm) -> NativeEntry {
    // SAFETY: the caller's.
    unsafe { (*(*vm).frame).closure.unwrap_unchecked().proto.baseline_entry }
}

/// Out of fuel at the back-edge `pc` of optimized code, whose target is `target`; what lives there is in the Lua stack.
/// Register 0, or null: leave. It leaves whenever anything that the code has looked at may have changed.
///
/// # Safety
/// As for [`step`].
pub unsafe extern "C" fn optimized_safepoint(
    vm: *mut Vm,
    pc: *const Insn,
    target: *const Insn,
) -> *mut Value {
    // SAFETY: the caller's.
    unsafe {
        let proto = (*(*vm).frame).closure.unwrap_unchecked().proto;
        let (code, finalized) = (proto.resume_points, (*vm).finalizers_run);
        (*vm).runs_optimized = true;
        let base = pause_in_loop(vm, pc, target);
        // The collector itself changes weak tables only, and optimized code looks at none.
        let is_as_before = (*vm).finalizers_run == finalized && proto.resume_points == code;
        if base.is_null() || is_as_before { base } else { leave(vm, Exit::Continue) }
    }
}

/// Out of fuel at the call `pc`, which optimized code does not make but compute; what the call needs is in the Lua stack.
/// Register 0, or null: leave, for the call to be made.
///
/// # Safety
/// As for [`step`].
pub unsafe extern "C" fn optimized_charge(vm: *mut Vm, pc: *const Insn) -> *mut Value {
    // SAFETY: the caller's.
    unsafe {
        let frame = (*vm).frame;
        let proto = (*frame).closure.unwrap_unchecked().proto;
        let (code, finalized) = (proto.resume_points, (*vm).finalizers_run);
        // That is the line which an error names.
        (*frame).pc = pc.add(1);
        if safepoint::at_computed_call(&mut *vm, proto).is_err() {
            return leave(vm, unwind::unwind(vm));
        }
        let is_as_before = (*vm).finalizers_run == finalized
            && proto.resume_points == code
            && !(*vm).heap.graveyard.has_retired();
        if is_as_before {
            return (*vm).stack.add((*(*vm).frame).base as usize);
        }
        // The call is repeated.
        (*(*vm).interrupt).give_back();
        (*(*vm).frame).pc = pc;
        let exit = bounce(vm);
        leave(vm, exit)
    }
}

/// The deletion barrier for a table whose pointer is about to be overwritten while the collector marks.
///
/// # Safety
/// `table` is a table.
pub unsafe extern "C" fn table_barrier(vm: *mut Vm, table: *const Table) -> *mut Value {
    // SAFETY: the caller's.
    unsafe { (*vm).heap.barrier(Value::table(Gc::from_addr(table.addr() as u64))) };
    std::ptr::null_mut()
}
