//! Weak tables: what they are traced for, ephemerons, clearing.
//!
//! A weak table (shape `WEAK`) keeps everything in its dictionary. Values are weak with `WEAK_VALUES`; with `WEAK_KEYS`
//! an entry's value counts only if its key is alive (ephemeron). Strings count as values: they are marked when tables
//! are cleared. After marking: values that are dead are cleared, then objects with finalizers are brought back, then
//! entries with dead keys or values are cleared. Until its turn comes a dead entry reads as nil. A key that died is
//! replaced by nil, which equals no key.

#![allow(unsafe_code, reason = "dictionary entries behind the header")]

use super::Heap;
use super::cycle::Phase;
use super::mark::Part;
use super::trace::is_mortal;
use super::tunables::SLICE_ELEMENTS;
use crate::object::{Gc, flags};
use crate::shape::ShapeId;
use crate::table::{Dict, DictEntry, Table, make_weak};
use crate::value::{Value, tag};

/// A walk over the entries of a list of tables that goes on where it stopped.
#[derive(Default, Clone, Copy)]
struct Walk {
    table: usize,
    entry: usize,
    /// The dictionary that `entry` counts in: the table may get another one in between.
    dict: Option<Gc<Dict>>,
}

/// The weak tables found in a cycle.
#[derive(Default)]
pub struct WeakTables {
    /// All of them.
    tables: Vec<Gc<Table>>,
    /// Those with weak keys and strong values.
    ephemerons: Vec<Gc<Table>>,
    walk: Walk,
    /// `Marker::grayed` when the pass over the ephemerons began.
    grayed_before: u64,
}

impl WeakTables {
    pub fn clear(&mut self) {
        self.tables.clear();
        self.ephemerons.clear();
        self.rewind();
    }

    pub fn rewind(&mut self) {
        self.walk = Walk::default();
    }

    /// The next entries to look at: the table, its dictionary and a range; nothing at the end of the list.
    fn advance(walk: &mut Walk, list: &[Gc<Table>]) -> Option<(Gc<Dict>, usize, usize)> {
        loop {
            let table = *list.get(walk.table)?;
            if walk.dict != table.dict {
                walk.dict = table.dict;
                walk.entry = 0;
            }
            if let Some(dict) = table.dict
                && walk.entry < dict.used as usize
            {
                let first = walk.entry;
                walk.entry = (first + SLICE_ELEMENTS).min(dict.used as usize);
                return Some((dict, first, walk.entry));
            }
            *walk = Walk { table: walk.table + 1, ..Walk::default() };
        }
    }
}

fn is_dead(value: Value) -> bool {
    is_mortal(value) && !Heap::is_marked(value.object())
}

/// Entry `index`, which is in use.
fn entry_mut(dict: Gc<Dict>, index: usize) -> &'static mut DictEntry {
    debug_assert!(index < dict.used as usize);
    // SAFETY: the first `used` entries are initialized; the reference does not outlive the entry's handling.
    unsafe { &mut *dict.entries_ptr().add(index) }
}

impl Heap {
    /// Every value that is read out of a weak table (keys in a traversal as well) goes through this.
    #[inline]
    pub fn weak_read(&mut self, value: Value) -> Value {
        if !value.is_traced() || self.phase == Phase::Idle {
            return value;
        }
        self.weak_read_slow(value)
    }

    /// Whether a value in a weak table is about to be cleared. The value is not read: it stays as dead as it is.
    pub fn is_weakly_dead(&self, value: Value) -> bool {
        match self.phase {
            Phase::Idle | Phase::Prepare | Phase::Mark | Phase::CloseThreads | Phase::Sweep => {
                false
            }
            Phase::ClearValues | Phase::Separate | Phase::Resurrect | Phase::ClearWeak => {
                !value.is_string() && value.is_traced() && is_dead(value)
            }
        }
    }

    #[cold]
    fn weak_read_slow(&mut self, value: Value) -> Value {
        match self.phase {
            Phase::Idle | Phase::Prepare | Phase::CloseThreads | Phase::Sweep => value,
            Phase::Mark => {
                self.shade(value);
                value
            }
            Phase::ClearValues | Phase::Separate | Phase::Resurrect | Phase::ClearWeak => {
                if value.is_string() {
                    self.mark_leaf(value.object());
                }
                if is_dead(value) { Value::NIL } else { value }
            }
        }
    }

    /// Makes a table weak whose metatable got a `__mode` after it was set.
    pub(super) fn adopt_mode(&mut self, table: Gc<Table>, metatable: Gc<Table>) {
        if table.shape() == ShapeId::WEAK {
            return;
        }
        let Some(mode) = self.mode_of(metatable).as_string() else { return };
        let has = |letter| mode.as_bytes().contains(&letter);
        if has(b'k') || has(b'v') {
            make_weak(self, table, has(b'k'), has(b'v'));
        }
    }

    /// The field `__mode`, read without allocating.
    fn mode_of(&self, metatable: Gc<Table>) -> Value {
        let Some(key) = self.mode_key else { return Value::NIL };
        if metatable.shape().has_slots() {
            return match self.shapes.lookup(metatable.shape(), key) {
                // SAFETY: a slot of the table's shape.
                Some(slot) => unsafe { *metatable.slot_ptr(slot as usize) },
                None => Value::NIL,
            };
        }
        let Some(dict) = metatable.dict else { return Value::NIL };
        let found = dict.entries().iter().find(|entry| entry.key.same_bits(Value::string(key)));
        found.map_or(Value::NIL, |entry| entry.value)
    }

    /// Traces what a weak table holds strongly; returns units.
    pub(super) fn trace_weak(&mut self, table: Gc<Table>) -> usize {
        let weak_keys = table.header.flags & flags::WEAK_KEYS != 0;
        let weak_values = table.header.flags & flags::WEAK_VALUES != 0;
        if weak_keys || weak_values {
            self.weak.tables.push(table);
        }
        if weak_keys && !weak_values {
            self.weak.ephemerons.push(table);
        }
        let Some(dict) = table.dict else { return 1 };
        self.mark_leaf(dict);
        match (weak_keys, weak_values) {
            (true, _) => 1,
            (false, true) => self.scan_or_defer(dict.cast(), Part::DictKeys, dict.used as usize),
            (false, false) => self.scan_or_defer(dict.cast(), Part::Dict, dict.used as usize),
        }
    }

    /// Begins a pass over the ephemerons.
    pub(super) fn begin_ephemerons(&mut self) {
        self.weak.rewind();
        self.weak.grayed_before = self.marker.grayed;
    }

    /// Looks at some ephemerons whose key may have become alive. Returns units; 0 when a whole pass passed in which
    /// nothing became gray. To be called when nothing is gray.
    pub(super) fn ephemeron_slice(&mut self) -> usize {
        let mut walk = self.weak.walk;
        let Some((dict, first, stop)) = WeakTables::advance(&mut walk, &self.weak.ephemerons)
        else {
            let converged = self.weak.grayed_before == self.marker.grayed;
            self.begin_ephemerons();
            return if converged { 0 } else { 1 };
        };
        self.weak.walk = walk;
        for index in first..stop {
            let entry = dict.entries()[index];
            if !is_dead(entry.key) {
                self.shade(entry.value);
            }
        }
        stop - first + 1
    }

    /// Clears dead values of tables with weak values. Returns units; 0 at the end.
    pub(super) fn clear_values_slice(&mut self) -> usize {
        let mut walk = self.weak.walk;
        let step = WeakTables::advance(&mut walk, &self.weak.tables);
        let Some((dict, first, stop)) = step else { return 0 };
        let weak_values = self.weak.tables[walk.table].header.flags & flags::WEAK_VALUES != 0;
        self.weak.walk = walk;
        if weak_values {
            for index in first..stop {
                let entry = entry_mut(dict, index);
                if is_dead(entry.value) {
                    delete(dict, entry);
                }
            }
        }
        stop - first + 1
    }

    /// Clears entries with a dead key or value, and marks the strings of the others. Returns units; 0 at the end.
    pub(super) fn clear_entries_slice(&mut self) -> usize {
        let mut walk = self.weak.walk;
        let step = WeakTables::advance(&mut walk, &self.weak.tables);
        let Some((dict, first, stop)) = step else { return 0 };
        self.weak.walk = walk;
        self.clear_entries(dict, first, stop);
        stop - first + 1
    }

    fn clear_entries(&mut self, dict: Gc<Dict>, first: usize, stop: usize) {
        for index in first..stop {
            let entry = entry_mut(dict, index);
            if is_dead(entry.key) {
                delete(dict, entry);
                entry.key = Value::NIL;
            } else if is_dead(entry.value) {
                delete(dict, entry);
            }
            for part in [entry.key, entry.value] {
                if part.tag() == tag::STRING {
                    self.mark_leaf(part.object());
                }
            }
        }
    }

    /// Clears a table at once.
    pub(super) fn clear_whole(&mut self, table: Gc<Table>) {
        if let Some(dict) = table.dict {
            self.clear_entries(dict, 0, dict.used as usize);
        }
    }
}

fn delete(mut dict: Gc<Dict>, entry: &mut DictEntry) {
    if !entry.value.is_nil() {
        entry.value = Value::NIL;
        dict.live = dict.live.saturating_sub(1);
    }
}
