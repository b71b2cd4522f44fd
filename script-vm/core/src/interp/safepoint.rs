//! Safepoints: calls and back-edges, where fuel is taken and, when there is none left, whatever waits is done.

#![allow(unsafe_code, reason = "raw frames")]

use std::sync::atomic::Ordering;
use std::time::Instant;

use crate::bytecode::{FeedbackKind, Insn};
use crate::function::FunctionProto;
use crate::interp::{Exit, bounce, unwind};
use crate::interrupt::request;
use crate::native::Raised;
use crate::object::Gc;
use crate::tier::{Function, Site};
use crate::value::Value;
use crate::vm::Vm;

/// Most calls and back-edges between two looks at the clock.
const MAX_QUANTUM: u32 = 1255;
/// Bits by which a quantum may be shorter. Lengths vary so that no loop is in step with them, whose functions would then
/// not be sampled by the share of time that they take; they vary in the same way in every run.
const QUANTUM_JITTER_BITS: u32 = 9;

/// The length of the quantum that follows.
fn next_quantum(vm: &mut Vm) -> i32 {
    if let Some(quantum) = vm.test_quantum {
        return quantum as i32;
    }
    vm.quantum_seed = vm.quantum_seed.wrapping_mul(0x9e37_79b1).wrapping_add(0x7f4a_7c15);
    (MAX_QUANTUM - (vm.quantum_seed >> (32 - QUANTUM_JITTER_BITS))) as i32
}

/// Takes a unit of fuel; true if there was none.
#[inline(always)]
pub(crate) unsafe fn burn(vm: *mut Vm) -> bool {
    // SAFETY: `interrupt` lives as long as the VM.
    unsafe {
        let fuel = &(*(*vm).interrupt).fuel;
        let left = fuel.get() - 1;
        fuel.set(left);
        left < 0
    }
}

/// Out of fuel at a back-edge of interpreted code; `pc` is its target.
#[cold]
#[inline(never)]
pub(crate) unsafe fn at_back_edge(
    vm: *mut Vm,
    pc: *const Insn,
    _base: *mut Value,
    _k: *const Value,
    fb: *mut u64,
    insn: u64,
) -> Exit {
    // SAFETY: the contract of `Handler`.
    unsafe {
        let exit = pause_at_back_edge(vm, pc, fb, insn);
        let point = (*vm).saved.resume_point();
        if exit == Exit::Continue && point != 0 {
            let proto = (*(*vm).frame).closure.unwrap_unchecked().proto;
            let baseline_point = *proto.baseline_points.offset(pc.offset_from(proto.code));
            (*vm).jit_events.osr_entries[usize::from(point != baseline_point)] += 1;
        }
        exit
    }
}

/// Out of fuel at a back-edge of any code; `pc` is its target.
pub(crate) unsafe fn pause_at_back_edge(
    vm: *mut Vm,
    pc: *const Insn,
    fb: *mut u64,
    insn: u64,
) -> Exit {
    // SAFETY: as for `at_back_edge`; the feedback cell of a loop is in `b`.
    unsafe {
        let i = Insn(insn);
        // While it pauses, the frame stands at the back-edge: that is the line which an error names.
        (*(*vm).frame).pc = pc.offset(-(i.wide_signed() as isize));
        *fb.add(i.b()) += 1;
        let proto = (*(*vm).frame).closure.unwrap_unchecked().proto;
        let target = pc.offset_from(proto.code) as u32;
        let is_optimized = (*vm).runs_optimized;
        (*vm).runs_optimized = false;
        sample(&mut *vm, proto, Site::Loop { pc: target, is_optimized });
        match pause(&mut *vm) {
            Ok(()) => {
                (*(*vm).frame).pc = pc;
                bounce(vm)
            }
            Err(Raised) => unwind::unwind(vm),
        }
    }
}

/// A function was entered without fuel, or for the first time.
#[cold]
#[inline(never)]
pub(crate) unsafe fn at_entry(vm: *mut Vm) -> Exit {
    // SAFETY: the frame on top was just pushed for a Lua function.
    unsafe {
        let proto = (*(*vm).frame).closure.unwrap_unchecked().proto;
        if proto.feedback.is_null() {
            allocate_feedback(&mut *vm, proto);
            if let Some(compiler) = &mut (*vm).compiler {
                compiler.first_call(Function { proto });
            }
        }
        if (*(*vm).interrupt).fuel.get() >= 0 {
            return bounce(vm);
        }
        sample(&mut *vm, proto, Site::Entry);
        match pause(&mut *vm) {
            Ok(()) => bounce(vm),
            Err(Raised) => unwind::unwind(vm),
        }
    }
}

/// Out of fuel at a call that optimized code of the function does not make but compute.
///
/// # Errors
/// A budget is used up; the error is parked in the VM.
pub(crate) fn at_computed_call(vm: &mut Vm, proto: Gc<FunctionProto>) -> Result<(), Raised> {
    sample(vm, proto, Site::Entry);
    pause(vm)
}

/// Out of fuel in code whose frame does not exist: takes one more unit and refuels, if that is all that is due. Else
/// nothing has happened.
pub(crate) fn refuel_without_frame(vm: &mut Vm, proto: Gc<FunctionProto>, site: Site) -> bool {
    // SAFETY: `interrupt` lives as long as the VM.
    let interrupt = unsafe { &*vm.interrupt };
    let units = u64::from(interrupt.consumed()) + 1;
    let is_more_due = interrupt.is_raised()
        || vm.heap.is_stressed()
        || vm.heap.graveyard.has_retired()
        || vm.stop.load(Ordering::Relaxed)
        || vm.budget.is_exceeded_by(units);
    if is_more_due {
        return false;
    }
    interrupt.fuel.set(interrupt.fuel.get() - 1);
    sample(vm, proto, site);
    // The limits were asked above; the clock may have gone on since, and is asked again at the next safepoint.
    let quantum = next_quantum(vm);
    let consumed = interrupt.refuel(quantum);
    vm.quantum = quantum as u32;
    vm.instructions += u64::from(consumed);
    vm.budget.take(u64::from(consumed));
    let grant = vm.budget.grant(quantum);
    if grant < quantum {
        interrupt.refuel(grant);
    }
    true
}

/// As many results of one call are work that has to be paid for.
pub(crate) const MANY_RESULTS: usize = 32;

/// Takes fuel for copying `count` results, and asks the budgets when there is none left. A return is no safepoint: a
/// chain of calls that each add a result to what they pass on would copy without end otherwise. What else a safepoint
/// does waits for the next one, since the results lie where no collection would find them.
///
/// # Errors
/// A budget is used up; the error is parked in the VM.
#[cold]
pub(crate) fn charge_results(vm: &mut Vm, count: usize) -> Result<(), Raised> {
    // SAFETY: `interrupt` lives as long as the VM.
    let interrupt = unsafe { &*vm.interrupt };
    let left = interrupt.fuel.get() - (count / MANY_RESULTS).min(1 << 20) as i32;
    interrupt.fuel.set(left);
    if left >= 0 {
        return Ok(());
    }
    let consumed = interrupt.refuel(0);
    vm.instructions += u64::from(consumed);
    match vm.budget.charge(u64::from(consumed)) {
        Some(message) => Err(unwind::park_fatal(vm, message)),
        None => Ok(()),
    }
}

/// Tells the JIT where a quantum ended.
fn sample(vm: &mut Vm, proto: Gc<FunctionProto>, site: Site) {
    vm.heap.tell_class_epoch();
    if let Some(compiler) = &mut vm.compiler {
        compiler.sample(Function { proto }, site, vm.quantum);
    }
    if vm.heap.dependants.take_unwind() {
        vm.heap.unwind_depth = u32::MAX;
    }
}

/// Feedback cells of a function that runs for the first time.
fn allocate_feedback(vm: &mut Vm, mut proto: Gc<FunctionProto>) {
    let cells = proto.proto.feedback_cells as usize + FeedbackKind::Field.cells() as usize;
    proto.feedback_cells = vec![0; cells].into_boxed_slice();
    proto.feedback = proto.feedback_cells.as_mut_ptr();
    vm.heap.add_external(cells * 8);
}

/// Does what is due: counts fuel, checks budgets, steps the collector, runs finalizers.
///
/// # Errors
/// A budget is used up; the error is parked in the VM.
#[cold]
pub(crate) fn pause(vm: &mut Vm) -> Result<(), Raised> {
    // SAFETY: `interrupt` lives as long as the VM.
    let interrupt = unsafe { &*vm.interrupt };
    let quantum = next_quantum(vm);
    let consumed = interrupt.refuel(quantum);
    vm.quantum = quantum as u32;
    vm.instructions += u64::from(consumed);
    let requests = interrupt.take();
    let depth = vm.frames().len();
    let is_test_due = vm.heap.is_stress_due(consumed, depth);
    let next_test = vm.heap.stress_fuel(quantum);
    if requests & request::COLLECT != 0 || is_test_due {
        vm.shrink_stack();
        vm.save_live();
        if is_test_due {
            vm.heap.collect_for_test();
        } else {
            vm.heap.pay_debt();
        }
    }
    if requests & request::OUT_OF_MEMORY != 0 {
        relieve_memory(vm)?;
    }
    // One load in a quantum; other threads have no way to make the counter run out.
    if vm.stop.load(Ordering::Relaxed) && vm.stop.swap(false, Ordering::Relaxed) {
        return Err(unwind::park_fatal(vm, "script stopped by the host"));
    }
    if let Some(message) = vm.budget.charge(u64::from(consumed)) {
        return Err(unwind::park_fatal(vm, message));
    }
    let grant = vm.budget.grant(next_test);
    if grant < quantum {
        interrupt.refuel(grant);
    }
    if requests & request::FINALIZE != 0 {
        crate::finalize::run_pending(vm)?;
    }
    Ok(())
}

/// The heap is over its limit: collects everything there is; if that is not enough the script ends.
fn relieve_memory(vm: &mut Vm) -> Result<(), Raised> {
    vm.save_live();
    let begun = Instant::now();
    vm.heap.collect_full();
    vm.budget.forgive(begun.elapsed());
    if vm.heap.is_over_limit() {
        return Err(unwind::park_fatal(vm, "not enough memory"));
    }
    Ok(())
}
