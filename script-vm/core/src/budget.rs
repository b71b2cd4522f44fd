//! Limits on what one call from the host may use: wall-clock time and instructions (calls and back-edges).
//!
//! Memory is limited by the heap. Instructions are counted exactly, the clock is read once in a quantum of them; time counts from the first reading.

use std::time::{Duration, Instant};

/// What a running call may still use.
#[derive(Debug, Default)]
pub struct Budget {
    /// Time that a call from the host may take.
    pub time_limit: Option<Duration>,
    /// Units that a call from the host may take.
    pub instruction_limit: Option<u64>,
    /// The clock is first read when the first quantum is used up: most calls end before that.
    not_begun: Option<Duration>,
    deadline: Option<Instant>,
    left: Option<u64>,
    /// A collection that the memory limit demanded was forgiven in this call.
    forgiven: bool,
    /// The budget is used up and closing variables run on a grace.
    in_grace: bool,
}

/// Units that `__close` metamethods may use after a budget is used up.
const GRACE_UNITS: u64 = 10_000;
/// Time that they may use.
const GRACE_TIME: Duration = Duration::from_millis(1);

impl Budget {
    /// Begins a call from the host.
    pub fn begin(&mut self) {
        self.not_begun = self.time_limit;
        self.deadline = None;
        self.left = self.instruction_limit;
        self.forgiven = false;
        self.in_grace = false;
    }

    /// Ends a call from the host.
    pub fn end(&mut self) {
        self.not_begun = None;
        self.deadline = None;
        self.left = None;
        self.in_grace = false;
    }

    /// Gives variables that are closed after a fatal error some time.
    pub fn begin_grace(&mut self) {
        self.not_begun = None;
        self.deadline = Some(Instant::now() + GRACE_TIME);
        self.left = Some(GRACE_UNITS);
        self.in_grace = true;
    }

    /// Does not count `time` against the call, once: it was spent on what others left in memory. A script that fills
    /// the memory again and again pays for it.
    pub fn forgive(&mut self, time: Duration) {
        if !std::mem::replace(&mut self.forgiven, true) && !self.in_grace {
            self.deadline = self.deadline.map(|deadline| deadline + time);
        }
    }

    /// Whether anything is limited.
    pub fn is_limited(&self) -> bool {
        self.not_begun.is_some() || self.deadline.is_some() || self.left.is_some()
    }

    /// Whether taking `units` now would exceed a limit.
    pub fn is_exceeded_by(&self, units: u64) -> bool {
        self.left.is_some_and(|left| left < units)
            || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// Takes `units`; the message of the limit that this exceeds.
    pub fn charge(&mut self, units: u64) -> Option<&'static str> {
        if let Some(left) = &mut self.left {
            if *left < units {
                *left = 0;
                return Some("instruction budget exceeded");
            }
            *left -= units;
        }
        if let Some(limit) = self.not_begun.take() {
            self.deadline = Instant::now().checked_add(limit);
            return None;
        }
        match self.deadline {
            Some(deadline) if Instant::now() >= deadline => Some("time budget exceeded"),
            _ => None,
        }
    }

    /// Takes `units` that exceed nothing, see [`Budget::is_exceeded_by`].
    pub fn take(&mut self, units: u64) {
        if let Some(left) = &mut self.left {
            *left = left.saturating_sub(units);
        }
        if let Some(limit) = self.not_begun.take() {
            self.deadline = Instant::now().checked_add(limit);
        }
    }

    /// How many of `units` may be used before the budget must be asked again.
    pub fn grant(&self, units: i32) -> i32 {
        match self.left {
            // The unit that finds no fuel counts too.
            Some(left) => units.min(i32::try_from(left).unwrap_or(i32::MAX)),
            None => units,
        }
    }
}
