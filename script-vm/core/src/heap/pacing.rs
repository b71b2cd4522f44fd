//! When to collect and how fast: bytes in use, debt, statistics.
//!
//! A cycle begins when the bytes in use reach `threshold` (pause × what was alive after the last one, and the free
//! memory that was handed out to be filled by then). While it lasts,
//! the mutator is asked for a step for each quantum of bytes that it allocates; a step's work is what the quantum's
//! share of the way to the goal requires, the goal being that the cycle ends before the heap has grown by an eighth. The
//! longest such step has a bound in time; if that is not enough, steps come more often. What the host does in spare time
//! counts, so that little or nothing is left to pay.

use std::time::{Duration, Instant};

use super::cycle::{Budget, Phase};
use super::tunables::{
    CYCLE_PERCENT, DEBT_QUANTUM, DEBT_STEP_US, DEFAULT_PAUSE_PERCENT, EARLY_START_PERCENT,
    GUESSED_UNITS_PER_BYTE, LATE_DEBT_QUANTUM, MIN_CYCLE_BYTES, MIN_DEBT_UNITS, MIN_HEAP_BYTES,
};
use super::{Heap, OutOfMemory};
use crate::interrupt::request;

/// What the collector did, for the overlay and `--stats`.
#[derive(Clone, Copy, Debug, Default)]
pub struct GcStats {
    pub cycles: u64,
    pub steps: u64,
    /// Longest step, in microseconds of the thread's CPU time (full collections are no steps).
    pub max_step_us: f64,
    /// All steps, in the same unit.
    pub total_us: f64,
    /// Bytes alive after the last cycle.
    pub live_bytes: usize,
    /// Most bytes ever in use.
    pub peak_bytes: usize,
}

/// Counters that decide about collection.
pub struct Pacing {
    /// Bytes in use: allocated cells, rests of runs, large objects, what objects own outside.
    pub bytes: usize,
    /// Bytes ever handed out; at `poll_at` of them the next safepoint is asked to call [`Heap::pay_debt`].
    total: u64,
    poll_at: u64,
    /// `total` when debt was last paid.
    paid: u64,
    threshold: usize,
    pub early_start: usize,
    /// Bytes of `bytes` that were rests of runs when the last cycle ended.
    rests: usize,
    /// Bytes in use at which the present cycle should be over.
    goal: usize,
    pub marked_bytes: usize,
    /// Units of this cycle and the last one.
    pub cycle_units: usize,
    last_cycle_units: usize,
    pause_percent: usize,
    pub limit: Option<usize>,
    pub running: bool,
    /// Safepoints between two complete collections for a test; 0: as few as are needed.
    stress_period: u32,
    /// Safepoints up to the next of them.
    stress_left: u32,
    /// How many of them are still to come.
    stress_turns: u32,
    stats: GcStats,
}

impl Default for Pacing {
    fn default() -> Pacing {
        Pacing {
            bytes: 0,
            total: 0,
            poll_at: MIN_HEAP_BYTES as u64,
            paid: 0,
            threshold: MIN_HEAP_BYTES,
            early_start: MIN_HEAP_BYTES / 100 * EARLY_START_PERCENT,
            rests: 0,
            goal: 0,
            marked_bytes: 0,
            cycle_units: 0,
            last_cycle_units: 0,
            pause_percent: DEFAULT_PAUSE_PERCENT,
            limit: None,
            running: true,
            stress_period: 0,
            stress_left: 0,
            stress_turns: u32::MAX,
            stats: GcStats::default(),
        }
    }
}

impl Heap {
    /// Counts bytes handed out, and asks for a step or complains when it is time.
    pub(super) fn note_allocated(&mut self, bytes: usize) {
        let pacing = &mut self.pacing;
        pacing.bytes += bytes;
        pacing.total += bytes as u64;
        pacing.stats.peak_bytes = pacing.stats.peak_bytes.max(pacing.bytes);
        if pacing.total >= pacing.poll_at && pacing.running {
            pacing.poll_at = pacing.total + DEBT_QUANTUM as u64;
            self.interrupt.raise(request::COLLECT);
        }
        if pacing.limit.is_some_and(|limit| pacing.bytes > limit) {
            self.interrupt.raise(request::OUT_OF_MEMORY);
        }
    }

    /// Whether the host has set a memory limit.
    pub fn is_limited(&self) -> bool {
        self.pacing.limit.is_some()
    }

    /// Whether more is in use than the memory limit allows.
    pub fn is_over_limit(&self) -> bool {
        self.pacing.limit.is_some_and(|limit| self.pacing.bytes > limit)
    }

    /// Whether `bytes` more stay within the memory limit.
    pub(crate) fn check_limit(&mut self, bytes: usize) -> Result<(), OutOfMemory> {
        match self.pacing.limit {
            Some(limit) if self.pacing.bytes.saturating_add(bytes) > limit => Err(OutOfMemory),
            _ => Ok(()),
        }
    }

    /// Bytes that objects own outside the heap, as stacks of threads do. When it drops a thread the heap itself takes
    /// off the capacities of its stack and frames.
    pub fn add_external(&mut self, bytes: usize) {
        self.note_allocated(bytes);
    }

    pub fn remove_external(&mut self, bytes: usize) {
        self.pacing.bytes = self.pacing.bytes.saturating_sub(bytes);
    }

    /// For the VM, at a safepoint where `request::COLLECT` was raised: a step as long as what was allocated demands.
    pub fn pay_debt(&mut self) {
        self.drain_releases();
        if !self.pacing.running {
            return;
        }
        if self.phase == Phase::Idle {
            if self.pacing.bytes < self.pacing.threshold {
                self.pacing.poll_when_due();
                return;
            }
            self.begin_prepare();
            self.pacing.paid = self.pacing.total - DEBT_QUANTUM as u64;
        }
        let deadline = Instant::now() + Duration::from_micros(DEBT_STEP_US);
        let units = self.pacing.units_due();
        self.timed_run(Budget { units, deadline: Some(deadline) });
        let pacing = &mut self.pacing;
        pacing.paid = pacing.total;
        if self.phase == Phase::Idle {
            pacing.poll_when_due();
        } else {
            let late = pacing.bytes > pacing.goal && pacing.goal != 0;
            let quantum = if late { LATE_DEBT_QUANTUM } else { DEBT_QUANTUM };
            pacing.poll_at = pacing.total + quantum as u64;
        }
    }

    pub(super) fn timed_run(&mut self, budget: Budget) {
        let before = thread_time_us();
        self.run(budget);
        let time = thread_time_us() - before;
        let stats = &mut self.pacing.stats;
        stats.steps += 1;
        stats.total_us += time;
        stats.max_step_us = stats.max_step_us.max(time);
    }

    pub(super) fn begin_pacing(&mut self) {
        let pacing = &mut self.pacing;
        pacing.marked_bytes = 0;
        pacing.cycle_units = 0;
        pacing.goal = pacing.bytes + (pacing.bytes / 100 * CYCLE_PERCENT).max(MIN_CYCLE_BYTES);
    }

    pub(super) fn end_pacing(&mut self) {
        let live = self.bytes_in_use();
        let pacing = &mut self.pacing;
        pacing.stats.cycles += 1;
        pacing.stats.live_bytes = live;
        pacing.rests = pacing.bytes - live;
        pacing.last_cycle_units = pacing.cycle_units;
        pacing.set_threshold();
    }

    /// Bytes in use by objects, for `collectgarbage("count")`.
    pub fn bytes_in_use(&self) -> usize {
        let rests: usize = self.runs.iter().map(|run| run.bytes()).sum();
        self.pacing.bytes - rests
    }

    pub fn stats(&self) -> GcStats {
        self.pacing.stats
    }

    /// Forgets the longest step (a measurement begins).
    #[cfg(test)]
    pub(crate) fn reset_max_step(&mut self) {
        self.pacing.stats.max_step_us = 0.0;
    }

    /// No more collection but on demand ([`Heap::collect_full`]).
    pub fn stop(&mut self) {
        self.pacing.running = false;
    }

    pub fn restart(&mut self) {
        self.pacing.running = true;
        self.pacing.poll_when_due();
    }

    pub fn is_running(&self) -> bool {
        self.pacing.running
    }

    /// A cycle begins at `percent` of the live bytes after the last one. Returns the old setting.
    pub fn set_pause(&mut self, percent: usize) -> usize {
        let old = std::mem::replace(&mut self.pacing.pause_percent, percent.clamp(110, 1000));
        self.pacing.set_threshold();
        old
    }

    /// Most bytes in use. Large allocations fail beyond it, small ones make the next safepoint raise an error.
    pub fn set_limit(&mut self, bytes: Option<usize>) {
        self.pacing.limit = bytes;
    }

    /// Collects for a test and verifies, at every `period`th safepoint; 0 for never. With a period of 1 each
    /// collection is complete. With a longer one most are a part of a cycle, so that scripts run in the midst of all its
    /// phases and what they do to the heap then is verified.
    pub fn set_stress(&mut self, period: u32) {
        self.pacing.stress_period = period;
        self.pacing.stress_left = 1;
        self.pacing.stress_turns = u32::MAX;
        if period > 0 {
            self.interrupt.raise(request::COLLECT);
        }
    }

    /// The collections for a test begin after `skip` safepoints, and there are `most` of them.
    pub fn limit_stress(&mut self, skip: u32, most: u32) {
        self.pacing.stress_left = skip.saturating_add(1);
        self.pacing.stress_turns = most;
    }

    /// Whether there are collections for a test.
    pub fn is_stressed(&self) -> bool {
        self.pacing.stress_period != 0
    }

    /// For the VM, where `safepoints` were passed since the last time: whether a collection for a test is due. The period
    /// is not shorter than the stack is deep (in frames), so that a recursion takes linear time; but 1 is always 1.
    pub fn is_stress_due(&mut self, safepoints: u32, depth: usize) -> bool {
        let pacing = &mut self.pacing;
        if pacing.stress_period == 0 {
            return false;
        }
        pacing.stress_left = pacing.stress_left.saturating_sub(safepoints);
        if pacing.stress_left > 0 {
            return false;
        }
        pacing.stress_turns = pacing.stress_turns.saturating_sub(1);
        if pacing.stress_turns == 0 {
            pacing.stress_period = 0;
            return true;
        }
        pacing.stress_left = match pacing.stress_period {
            1 => 1,
            period => period.max(u32::try_from(depth).unwrap_or(u32::MAX)),
        };
        true
    }

    /// Fuel up to the next collection for a test, at most `quantum`: the safepoint that finds none left counts too.
    pub fn stress_fuel(&self, quantum: i32) -> i32 {
        if self.pacing.stress_period == 0 {
            return quantum;
        }
        quantum.min(i32::try_from(self.pacing.stress_left).unwrap_or(i32::MAX) - 1)
    }

    /// The collection that [`Heap::is_stress_due`] asks for.
    pub fn collect_for_test(&mut self) {
        self.drain_releases();
        let quarter = (self.pacing.last_cycle_units / 4).max(MIN_DEBT_UNITS);
        // Steps of a unit leave nearly everything to be marked while scripts go on.
        let units = match self.pacing.stress_turns % 8 {
            _ if self.pacing.stress_period <= 1 => None,
            0 | 3 => None,
            1 | 4 => Some(quarter),
            5 => Some(quarter / 8),
            _ => Some(1),
        };
        match units {
            Some(units) => {
                self.step_on_demand(Budget::units(units));
            }
            None => self.collect_full(),
        }
        self.verify();
    }
}

impl Pacing {
    fn set_threshold(&mut self) {
        let live = self.stats.live_bytes;
        let room = (live / 100 * self.pause_percent).max(MIN_HEAP_BYTES).saturating_sub(live);
        // `bytes` has the rests of runs in it, which no cycle can free: with objects of many sizes they alone may be
        // more than the room, and a cycle would begin as soon as the last one ended.
        let start = live + self.rests;
        self.threshold = start + room;
        self.early_start = start + room / 100 * EARLY_START_PERCENT;
        self.poll_when_due();
    }

    /// Bytes that will be allocated between this cycle and the next, about.
    pub fn room_after_cycle(&self) -> usize {
        (self.marked_bytes / 100 * (self.pause_percent - 100)).max(MIN_HEAP_BYTES)
    }

    /// Asks for a step when the threshold is reached.
    fn poll_when_due(&mut self) {
        self.poll_at = self.total + self.threshold.saturating_sub(self.bytes) as u64;
    }

    /// Units that the bytes allocated since the last payment require, so that the cycle ends at its goal.
    fn units_due(&self) -> usize {
        let guess = self.bytes as f64 * GUESSED_UNITS_PER_BYTE;
        let expected = (self.last_cycle_units as f64 * 1.1).max(guess);
        let left = (expected - self.cycle_units as f64).max(expected * 0.05);
        let goal = if self.goal == 0 { self.bytes / 2 * 3 } else { self.goal };
        let room = goal.saturating_sub(self.bytes).max(DEBT_QUANTUM) as f64;
        let debt = (self.total - self.paid) as f64;
        ((left * debt / room) as usize).max(MIN_DEBT_UNITS)
    }
}

/// CPU time of this thread, in microseconds.
#[cfg(unix)]
#[allow(unsafe_code, reason = "a system call")]
pub fn thread_time_us() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes the struct it is given.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    time.tv_sec as f64 * 1e6 + time.tv_nsec as f64 * 1e-3
}

/// Wall time since the first call, in microseconds: what there is without a thread clock.
#[cfg(not(unix))]
pub fn thread_time_us() -> f64 {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_secs_f64() * 1e6
}
