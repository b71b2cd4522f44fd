//! The one counter that running code polls, and the requests that make it run out early.
//!
//! Every call and every back-edge takes one unit of fuel. When there is none left, code leaves its fast path and asks
//! what is wanted: more fuel (the ordinary case), a budget check, a step of the collector, finalizers. Units consumed are
//! counted whatever made the counter run out, and every tier counts the same ones, so that instruction budgets end a
//! script at the same place in every run; only code without a frame that leaves at a back-edge misses that one.

use std::cell::Cell;

/// Requests that make a safepoint do more than refuel; bits of [`Interrupt::requests`].
pub mod request {
    /// The collector wants a step.
    pub const COLLECT: u32 = 1;
    /// Finalizers are waiting.
    pub const FINALIZE: u32 = 2;
    /// The heap has grown over its limit.
    pub const OUT_OF_MEMORY: u32 = 4;
}

/// Fuel and requests, shared by the VM and its heap.
#[derive(Debug, Default)]
#[repr(C)]
pub struct Interrupt {
    /// Units left; negative at a safepoint that has to look up.
    pub fuel: Cell<i32>,
    /// What `fuel` was set to, less what [`Interrupt::raise`] took away.
    granted: Cell<i32>,
    requests: Cell<u32>,
}

impl Interrupt {
    /// Makes the next safepoint look at `requests`.
    #[cold]
    pub fn raise(&self, requests: u32) {
        self.requests.set(self.requests.get() | requests);
        let left = self.fuel.get().max(0);
        self.granted.set(self.granted.get() - left);
        self.fuel.set(self.fuel.get().min(0));
    }

    /// Whether a safepoint has more to do than to refuel.
    pub fn is_raised(&self) -> bool {
        self.requests.get() != 0
    }

    /// Takes the requests that were raised.
    pub fn take(&self) -> u32 {
        self.requests.replace(0)
    }

    /// Gives a unit back that was taken for what did not happen.
    pub fn give_back(&self) {
        self.fuel.set(self.fuel.get() + 1);
    }

    /// Units of the current grant that were consumed.
    pub fn consumed(&self) -> u32 {
        (self.granted.get() - self.fuel.get()).max(0) as u32
    }

    /// Ends the current grant and begins one of `units`; returns how many units of the old one were consumed.
    pub fn refuel(&self, units: i32) -> u32 {
        let consumed = self.consumed();
        self.granted.set(units);
        self.fuel.set(units);
        consumed
    }
}
