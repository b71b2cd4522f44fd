//! Running `__gc` metamethods of objects that the collector found dead, or of all objects when the VM ends.
//!
//! They run one after the other: none begins inside another one.

use crate::budget::Budget;
use crate::interp::call_from_host;
use crate::interp::meta::metamethod;
use crate::native::Raised;
use crate::vm::{Event, Vm};

/// Finalizers run at one safepoint at most, so that none takes long; the rest waits for the next one.
const BATCH: usize = 16;

/// Calls some of the waiting finalizers. An error in one is a warning.
///
/// # Errors
/// A budget was used up in one: that ends the script, whatever it was doing.
pub(crate) fn run_pending(vm: &mut Vm) -> Result<(), Raised> {
    if vm.finalizing {
        // Whoever runs the one in progress goes on with the next.
        return Ok(());
    }
    for _ in 0..BATCH {
        if !run_one(vm)? {
            return Ok(());
        }
    }
    vm.request_finalizers();
    Ok(())
}

/// Calls every waiting finalizer, those that become due meanwhile included up to a bound.
///
/// # Errors
/// As [`run_pending`].
pub(crate) fn run_all(vm: &mut Vm) -> Result<(), Raised> {
    const BOUND: usize = 1_000_000;
    for _ in 0..BOUND {
        if !run_one(vm)? {
            break;
        }
    }
    Ok(())
}

/// Finalizers that [`run_from_host`] calls at most.
const HOST_BOUND: usize = 100_000;

/// Calls waiting finalizers while no script runs: some of them, or all. Each has a grace of its own, so that one that
/// does not end costs the host no more than that.
pub(crate) fn run_from_host(vm: &mut Vm, all: bool) {
    if vm.native_depth > 0 {
        // A script is in progress after all; its own budget is for its next safepoint to charge.
        vm.request_finalizers();
        return;
    }
    for _ in 0..if all { HOST_BOUND } else { BATCH } {
        if !run_with_budget(vm, Budget::begin_grace) {
            return;
        }
    }
    vm.request_finalizers();
}

/// At the end of the VM: calls the finalizers of everything that has one, last registered first, as `lua_close` does.
/// Each has the limits of a call from the host. What gets a finalizer meanwhile is not finalized any more.
pub(crate) fn run_at_end(vm: &mut Vm) {
    vm.heap.finalize_all();
    while run_with_budget(vm, Budget::begin) {}
    vm.heap.end_closing();
}

/// Calls the next waiting finalizer with a budget of its own; false if there is none.
fn run_with_budget(vm: &mut Vm, begin: fn(&mut Budget)) -> bool {
    begin(&mut vm.budget);
    let outcome = run_one(vm);
    vm.budget.end();
    match outcome {
        Ok(more) => more,
        Err(Raised) => {
            vm.fatal = false;
            (vm.host.warn)("a __gc metamethod took too long and was stopped");
            true
        }
    }
}

/// Calls the next waiting finalizer; false if there is none.
fn run_one(vm: &mut Vm) -> Result<bool, Raised> {
    let Some(object) = vm.heap.next_finalizer() else { return Ok(false) };
    let handler = metamethod(vm, object, Event::Gc);
    if handler.is_nil() {
        return Ok(true);
    }
    vm.finalizers_run += 1;
    // The error of a call in progress must survive a finalizer that fails.
    let error = vm.error_value();
    let top = vm.top_index();
    vm.reserve_live();
    vm.hold(error);
    let was_finalizing = std::mem::replace(&mut vm.finalizing, true);
    let outcome = call_from_host(vm, handler, &[object]);
    vm.finalizing = was_finalizing;
    if let Err(raised) = outcome {
        if vm.fatal {
            vm.restore_top(top);
            return Err(raised);
        }
        let text = crate::tostring::raw_text(vm.error_value());
        let text = String::from_utf8_lossy(&text).into_owned();
        (vm.host.warn)(&format!("error in __gc ({text})"));
    }
    vm.restore_top(top);
    vm.set_error(error);
    Ok(true)
}
