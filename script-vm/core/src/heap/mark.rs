//! Marking: mark bits, the gray stack, barriers.
//!
//! Snapshot at the beginning: whatever was reachable when the cycle began, or was allocated since, survives it. So a
//! value that the mutator holds is marked or will be, and only removing a reference needs a barrier: the old value is
//! shaded. An object is white (no mark bit), gray (marked, on the gray stack or partly scanned in `partials`) or black.
//!
//! Reading can revive too: weak tables and the intern table hold references that do not count, so what is read from
//! them is shaded ([`Heap::weak_read`], [`Heap::revive`]).

#![allow(unsafe_code, reason = "mark bits are found from addresses")]

use super::Heap;
use super::block::Cell;
use super::cycle::Phase;
use super::tunables::CLOCK_UNITS;
use crate::object::{Gc, Object};
use crate::table::Table;
use crate::thread::Thread;
use crate::value::{Value, tag};

/// Which part of an object is scanned in slices.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// The array of a table. The table's present array is read at each slice: whatever was removed or moved down was
    /// shaded, so what is left to scan is at or behind `next`.
    Array,
    /// Keys and values of a [`crate::table::Dict`] object, which stays as it is once its table has a new one.
    Dict,
    /// Keys of a dictionary whose values are weak.
    DictKeys,
    /// Stack, then frames of a thread that has not run since.
    Stack,
}

/// An object whose parts up to `next` are scanned.
#[derive(Clone, Copy, Debug)]
pub struct Partial {
    pub object: Gc<Object>,
    pub part: Part,
    pub next: usize,
}

/// State of marking.
#[derive(Default)]
pub struct Marker {
    pub gray: Vec<Gc<Object>>,
    pub partials: Vec<Partial>,
    /// Objects that ever became gray: tells whether a pass over ephemerons saw all marks.
    pub grayed: u64,
    /// Handles scanned in this cycle.
    pub handles: usize,
    /// Shape descriptor arrays scanned in this cycle.
    pub descriptors: usize,
}

impl Heap {
    /// To be called before a reference in the heap is overwritten or removed: fields, elements, dictionary values,
    /// upvalues (open ones too), user values. Not for slots of the running thread's stack.
    #[inline(always)]
    pub fn barrier(&mut self, old: Value) {
        if self.marking && old.is_traced() {
            self.shade_cold(old);
        }
    }

    /// The barrier for references that are no values: metatables, upvalues of closures.
    #[inline(always)]
    pub fn barrier_object<T>(&mut self, old: Gc<T>) {
        if self.marking {
            self.shade_object(old.cast());
        }
    }

    #[cold]
    #[inline(never)]
    fn shade_cold(&mut self, value: Value) {
        self.shade(value);
    }

    /// Marks what a value refers to and remembers to trace it.
    #[inline(always)]
    pub(super) fn shade(&mut self, value: Value) {
        match value.tag() {
            tag::STRING => self.mark_leaf(value.object()),
            tag::TABLE..=tag::THREAD => self.shade_object(value.object()),
            _ => {}
        }
    }

    /// Marks an object and remembers to trace it.
    #[inline(always)]
    pub(super) fn shade_object(&mut self, object: Gc<Object>) {
        if self.mark_bit(object) {
            self.marker.grayed += 1;
            self.marker.gray.push(object);
        }
    }

    /// Marks an object that refers to nothing, or whose contents its owner traces.
    #[inline(always)]
    pub(super) fn mark_leaf<T>(&mut self, object: Gc<T>) {
        self.mark_bit(object.cast());
    }

    #[inline(always)]
    fn mark_bit(&mut self, object: Gc<Object>) -> bool {
        // SAFETY: a `Gc` points to the beginning of an allocated object.
        let cell = unsafe { Cell::of(object.as_ptr().cast()) };
        let new = cell.mark();
        if new {
            self.pacing.marked_bytes += cell.bytes();
        }
        new
    }

    /// Whether the object was marked in this cycle (or cannot die in it).
    #[inline(always)]
    pub(super) fn is_marked(object: Gc<Object>) -> bool {
        // SAFETY: as in `mark_bit`.
        unsafe { Cell::of(object.as_ptr().cast()) }.is_marked()
    }

    /// Traces gray objects for about [`CLOCK_UNITS`], then parts of large ones, then roots. Returns units; 0 if there
    /// is nothing gray and no root is left.
    pub(super) fn trace_slice(&mut self) -> usize {
        let mut units = 0;
        while units < CLOCK_UNITS {
            let Some(object) = self.marker.gray.pop() else { break };
            units += self.trace(object);
        }
        if units > 0 {
            return units;
        }
        if let Some(partial) = self.marker.partials.pop() {
            return self.trace_partial(partial);
        }
        self.root_slice()
    }

    /// A table's array, dictionary or mode changed under a cycle in a way that barriers do not cover: its flags
    /// `WEAK_KEYS` and `WEAK_VALUES` (with shape `WEAK`) were changed. It is traced again under the new ones.
    pub fn weak_mode_changed(&mut self, table: Gc<Table>) {
        match self.phase {
            Phase::Idle | Phase::Prepare | Phase::Sweep => {}
            Phase::Mark => {
                self.shade_object(table.cast());
                self.marker.grayed += 1;
                self.marker.gray.push(table.cast());
            }
            Phase::ClearValues | Phase::Separate | Phase::Resurrect | Phase::ClearWeak => {
                // What is dead by now stays dead, whatever the new mode is.
                self.clear_whole(table);
            }
            Phase::CloseThreads => {}
        }
    }

    /// To be called before a thread is resumed, closed or written to from outside (`debug.setlocal`).
    #[inline(always)]
    pub fn scan_before_resume(&mut self, thread: Gc<Thread>) {
        if self.marking && thread.scanned_cycle != self.epoch {
            self.scan_thread(thread);
        }
    }

    /// Scans the whole of a thread at once: its stack is what bounds this.
    #[cold]
    pub(super) fn scan_thread(&mut self, thread: Gc<Thread>) {
        self.mark_leaf(thread);
        self.trace_thread_links(thread);
        let mut next = 0;
        while let Some(more) = self.scan_stack(thread, next, usize::MAX) {
            next = more;
        }
    }
}
