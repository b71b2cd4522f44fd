//! The collection cycle: phases, steps, budgets.
//!
//! ```text
//! Idle → Prepare → Mark → ClearValues → Separate → Resurrect → ClearWeak → CloseThreads → Sweep → Idle
//! ```
//!
//! Each phase works in slices of about [`CLOCK_UNITS`] units and keeps its place in between, so that a step ends within
//! some tens of microseconds after its deadline. What is done at once, whatever its size: `roots.fixed`, the live part
//! of the running thread's stack and of those that wait for it, one host value's `Drop`, the contents of a table that
//! becomes weak behind its back ([`Heap::adopt_mode`]), a thread that is resumed before it was scanned.
//!
//! Steps are taken at safepoints only: all objects are complete then, and `roots.current` says what is live.

use std::rc::Rc;
use std::time::{Duration, Instant};

use super::Heap;
use super::trace::live_top;
use super::tunables::{CLEAR_SLOTS, CLOCK_UNITS, SLICE_ELEMENTS};
use crate::plant::{self, Bug};
use crate::thread::Thread;
use crate::tier::NO_EPOCH;
use crate::value::Value;

/// Where a cycle stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Phase {
    /// Between cycles.
    Idle,
    /// Clears what the running stack once used, if it is much.
    Prepare,
    /// Marks what is reachable.
    Mark,
    /// Clears weak values that are dead, those with finalizers among them.
    ClearValues,
    /// Finds dead objects with finalizers.
    Separate,
    /// Marks them and what they refer to.
    Resurrect,
    /// Clears entries with dead keys or values.
    ClearWeak,
    /// Closes upvalues of dead threads.
    CloseThreads,
    /// Frees what is not marked.
    Sweep,
}

impl Phase {
    /// Whether objects are marked when they are made: marking is under way, or over but not used yet.
    pub fn is_born_marked(self) -> bool {
        self >= Phase::Mark && self <= Phase::CloseThreads
    }

    /// Whether the deletion barrier is on.
    fn is_marking(self) -> bool {
        self >= Phase::Mark && self <= Phase::Resurrect
    }
}

/// How much a step may do: units of work, a time, or both.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    pub units: usize,
    pub deadline: Option<Instant>,
}

impl Budget {
    pub const UNLIMITED: Budget = Budget { units: usize::MAX, deadline: None };

    pub fn units(units: usize) -> Budget {
        Budget { units, deadline: None }
    }

    pub fn until(deadline: Instant) -> Budget {
        Budget { units: usize::MAX, deadline: Some(deadline) }
    }

    pub fn duration(time: Duration) -> Budget {
        Budget::until(Instant::now() + time)
    }
}

impl Heap {
    /// For the host, in spare time: goes on with the cycle, or begins one if much was allocated since the last. True
    /// when no cycle is under way (any more), so that there is nothing to do.
    pub fn step(&mut self, budget: Budget) -> bool {
        self.drain_releases();
        if !self.pacing.running {
            return true;
        }
        if self.phase == Phase::Idle {
            if self.pacing.bytes < self.pacing.early_start {
                return true;
            }
            self.begin_prepare();
        }
        self.timed_run(budget);
        self.phase == Phase::Idle
    }

    /// As [`Heap::step`] for a script that asks: begins a cycle even if little was allocated since the last one, and
    /// works while the collector is stopped.
    pub fn step_on_demand(&mut self, budget: Budget) -> bool {
        self.drain_releases();
        if self.phase == Phase::Idle {
            self.phase = Phase::Prepare;
        }
        self.timed_run(budget);
        self.phase == Phase::Idle
    }

    /// Collects all that is garbage now, and what became so during a cycle that was under way.
    pub fn collect_full(&mut self) {
        self.drain_releases();
        self.finish_cycle();
        self.begin_prepare();
        self.finish_cycle();
    }

    /// Leaves Idle.
    pub(super) fn begin_prepare(&mut self) {
        self.phase = Phase::Prepare;
        self.prepare_from = usize::MAX;
    }

    pub(super) fn finish_cycle(&mut self) {
        if self.phase != Phase::Idle {
            self.run(Budget::UNLIMITED);
        }
    }

    /// Works until the budget is used up or the cycle ends. Returns units.
    pub(super) fn run(&mut self, budget: Budget) -> usize {
        let (mut done, mut clock_at) = (0, CLOCK_UNITS);
        while self.phase != Phase::Idle && done < budget.units {
            let units = self.slice();
            done += units;
            self.pacing.cycle_units += units;
            if done >= clock_at {
                clock_at = done + CLOCK_UNITS;
                if budget.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                    break;
                }
            }
        }
        done
    }

    /// One slice of the present phase; returns units.
    fn slice(&mut self) -> usize {
        match self.phase {
            Phase::Idle => 0,
            Phase::Prepare => self.prepare_slice(),
            Phase::Mark => self.mark_slice(),
            Phase::ClearValues => self.advance_when_0(Heap::clear_values_slice, Phase::Separate),
            Phase::Separate => self.advance_when_0(Heap::separate_slice, Phase::Resurrect),
            Phase::Resurrect => self.resurrect_phase_slice(),
            Phase::ClearWeak => self.clear_weak_slice(),
            Phase::CloseThreads => {
                let units = self.close_threads_slice();
                if units == 0 {
                    self.begin_sweep();
                }
                units + 1
            }
            Phase::Sweep => self.sweep_slice(),
        }
    }

    fn advance_when_0(&mut self, slice: fn(&mut Heap) -> usize, next: Phase) -> usize {
        let units = slice(self);
        if units == 0 {
            self.enter(next);
        }
        units + 1
    }

    pub(super) fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.marking = phase.is_marking();
        // From now on addresses are given away again.
        if phase == Phase::Sweep && !plant::is(Bug::StaleClassEpoch) {
            self.class_epoch += 1;
        }
        self.tell_class_epoch();
        self.weak.rewind();
    }

    /// Tells the compiler in which class epoch addresses in caches may be taken for those of objects.
    pub(crate) fn tell_class_epoch(&self) {
        let is_marking = self.phase == Phase::Mark;
        let is_safe = is_marking || !self.phase.is_born_marked();
        let epoch = if is_safe { self.class_epoch } else { NO_EPOCH };
        self.graveyard.set_class_epoch(epoch, is_marking);
    }

    /// A deep recursion leaves much to clear above the stack; that needs not be done all at the beginning. Goes down from
    /// the highest slot used; what is used again meanwhile is cleared when the cycle begins.
    fn prepare_slice(&mut self) -> usize {
        if let Some(mut thread) = self.roots.current {
            let live = live_top(thread);
            let used = thread.high_water.saturating_add(1).min(thread.stack.len());
            let end = self.prepare_from.min(used);
            if end > live + CLEAR_SLOTS {
                let first = end - CLEAR_SLOTS / 4;
                thread.stack[first..end].fill(Value::NIL);
                if end == used {
                    thread.high_water = first - 1;
                }
                self.prepare_from = first;
                return CLEAR_SLOTS / 16;
            }
        }
        self.begin_cycle()
    }

    /// Number of the cycle that runs or ran last. What is alive stays alive as long as it is the same.
    pub(crate) fn cycle(&self) -> u32 {
        self.epoch
    }

    /// Takes the snapshot: from here on, what is reachable now survives.
    fn begin_cycle(&mut self) -> usize {
        self.epoch = self.epoch.wrapping_add(1);
        self.enter(Phase::Mark);
        self.begin_pacing();
        self.marker.handles = 0;
        self.marker.descriptors = 0;
        self.finalizers.begin_cycle();
        self.weak.clear();
        self.mark_run_rests();
        let units = self.roots.fixed.len() + 1;
        for index in 0..self.roots.fixed.len() {
            self.shade(self.roots.fixed[index]);
        }
        if let Some(key) = self.mode_key {
            self.mark_leaf(key);
        }
        if let Some(strings) = self.byte_strings.take() {
            strings.iter().for_each(|&string| self.mark_leaf(string));
            self.byte_strings = Some(strings);
        }
        units + self.scan_running_threads()
    }

    /// The running thread and those that wait for it; returns units.
    fn scan_running_threads(&mut self) -> usize {
        let (mut units, mut next) = (0, self.roots.current);
        while let Some(thread) = next {
            units += live_top(thread);
            self.scan_thread(thread);
            next = waiting(&thread);
        }
        units
    }

    fn mark_run_rests(&mut self) {
        let mut bytes = 0;
        for (block, first, end) in self.run_rests() {
            let header = block.get_mut();
            super::block::set_bits(&mut header.mark, first, end);
            bytes += (end - first) * header.cell_size as usize;
        }
        self.pacing.marked_bytes += bytes;
    }

    fn mark_slice(&mut self) -> usize {
        let units = self.trace_slice();
        if units > 0 {
            // The pass over ephemerons that may be under way sees by `grayed` that it has to be repeated.
            return units;
        }
        self.advance_when_0(Heap::ephemeron_slice, Phase::ClearValues)
    }

    /// Handles, keys of shapes, names that code has, objects to be finalized. Returns units; 0 at the end.
    pub(super) fn root_slice(&mut self) -> usize {
        let first = self.marker.handles;
        let stop = self.handles.len().min(first + SLICE_ELEMENTS);
        for index in first..stop {
            self.shade(self.handles.value_at(index));
        }
        self.marker.handles = stop;
        if stop > first {
            return stop - first;
        }
        let index = self.marker.descriptors;
        if index < self.shapes.descriptor_count() {
            self.marker.descriptors += 1;
            return self.mark_descriptor_keys(index) + 1;
        }
        let units = self.names_slice();
        if units > 0 { units } else { self.pending_slice() }
    }

    /// What code names whose function no longer does, or did not when it was traced.
    fn names_slice(&mut self) -> usize {
        let grayed = self.marker.grayed;
        let graveyard = Rc::clone(&self.graveyard);
        graveyard.each_name(&mut |name| self.shade(name));
        (self.marker.grayed - grayed) as usize
    }

    fn mark_descriptor_keys(&mut self, index: usize) -> usize {
        let Heap { shapes, pacing, .. } = self;
        let mut units = 0;
        for key in shapes.descriptor_keys(index) {
            pacing.marked_bytes += super::mark_string(key);
            units += 1;
        }
        units
    }

    fn resurrect_phase_slice(&mut self) -> usize {
        let units = self.resurrect_slice();
        if units > 0 {
            return units;
        }
        let units = self.trace_slice();
        if units > 0 {
            return units;
        }
        self.advance_when_0(Heap::ephemeron_slice, Phase::ClearWeak)
    }

    fn clear_weak_slice(&mut self) -> usize {
        let units = self.clear_entries_slice();
        if units == 0 {
            self.weak.clear();
            self.queue_separated();
            self.enter(Phase::CloseThreads);
            self.begin_close_threads();
        }
        units + 1
    }

    pub(super) fn end_cycle(&mut self) {
        debug_assert!(self.marker.gray.is_empty() && self.marker.partials.is_empty());
        self.enter(Phase::Idle);
        self.end_pacing();
    }
}

/// The thread that waits for this one to yield.
fn waiting(thread: &Thread) -> Option<crate::object::Gc<Thread>> {
    thread.resumer
}
