//! Objects with finalizers, and threads that die with open upvalues.
//!
//! After marking, registered objects that are not marked are taken off the list (Separate), marked with all they refer
//! to (Resurrect) and handed to the VM, last registered first. Dead threads close the upvalues that outlive them
//! (CloseThreads) before anything is swept, because the sweep may free threads and upvalues in any order.

#![allow(unsafe_code, reason = "dead threads are looked at through block bitmaps")]

use std::collections::VecDeque;

use super::block::BlockRef;
use super::class::CLASSES;
use super::cycle::Phase;
use super::trace::next_open;
use super::tunables::SLICE_ELEMENTS;
use super::{Heap, SPACES, Space};
use crate::function::Upvalue;
use crate::interrupt::request;
use crate::object::{Gc, Kind, Object, flags};
use crate::thread::Thread;
use crate::value::Value;

/// Finalizable objects and those whose finalizer is due.
#[derive(Default)]
pub struct Finalizers {
    /// In the order of registration.
    registered: Vec<Gc<Object>>,
    /// Progress of the separation: read up to, kept up to.
    read: usize,
    kept: usize,
    /// Found dead in this cycle, in the order of registration; brought back up to `resurrected`.
    separated: Vec<Gc<Object>>,
    resurrected: usize,
    /// Due, a batch for each cycle; a batch is worked off from its end. Roots.
    pending: VecDeque<Vec<Gc<Object>>>,
    /// Progress of marking: batches, and objects of the next one.
    marked_batches: usize,
    marked_objects: usize,
    /// The VM ends: what is registered now is never finalized.
    closing: bool,
}

impl Finalizers {
    pub fn begin_cycle(&mut self) {
        self.marked_batches = 0;
        self.marked_objects = 0;
    }

    pub fn begin_separation(&mut self) {
        self.read = 0;
        self.kept = 0;
        self.resurrected = 0;
    }

    /// Objects whose finalizers are due, for the verifier.
    pub fn pending(&self) -> impl Iterator<Item = Gc<Object>> + '_ {
        self.pending.iter().flatten().copied()
    }

    /// Objects that become due at the end of this cycle; alive from Resurrect on.
    pub fn separated(&self) -> impl Iterator<Item = Gc<Object>> + '_ {
        self.separated.iter().copied()
    }

    /// Objects that are still registered.
    pub fn registered(&self) -> impl Iterator<Item = Gc<Object>> + '_ {
        let unread = &self.registered[self.read.min(self.registered.len())..];
        self.registered[..self.kept.min(self.registered.len())].iter().chain(unread).copied()
    }
}

impl Heap {
    /// A table or userdata got a metatable with `__gc`: its finalizer runs once it is unreachable.
    pub fn register_finalizable(&mut self, mut object: Gc<Object>) {
        if object.header.flags & flags::FINALIZABLE == 0 && !self.finalizers.closing {
            object.header.flags |= flags::FINALIZABLE;
            self.finalizers.registered.push(object);
        }
    }

    /// The next object whose finalizer is to be called. It is no longer registered.
    pub fn next_finalizer(&mut self) -> Option<Value> {
        let finalizers = &mut self.finalizers;
        let batch = finalizers.pending.front_mut()?;
        let object = batch.pop()?;
        if batch.is_empty() {
            finalizers.pending.pop_front();
            match finalizers.marked_batches.checked_sub(1) {
                Some(batches) => finalizers.marked_batches = batches,
                None => finalizers.marked_objects = 0,
            }
        }
        self.barrier_object(object);
        Value::from_object(object)
    }

    /// At the end of the VM: all registered objects are due, behind those that were due already.
    pub fn finalize_all(&mut self) {
        let due = self.finalizers.pending.len();
        // A cycle under way would find some dead and have them finalized before the others, if it did not yet.
        let found_none = self.phase < Phase::Separate;
        let registered = found_none.then(|| self.finalizers.registered.clone());
        self.finish_cycle();
        if found_none {
            self.finalizers.pending.truncate(due);
        }
        let rest = std::mem::take(&mut self.finalizers.registered);
        let mut all = registered.unwrap_or(rest);
        self.finalizers.closing = true;
        for object in &mut all {
            object.header.flags &= !flags::FINALIZABLE;
        }
        self.finalizers.begin_separation();
        self.add_pending(all);
    }

    /// The finalizers of [`Heap::finalize_all`] have run.
    pub fn end_closing(&mut self) {
        self.finalizers.closing = false;
    }

    fn add_pending(&mut self, batch: Vec<Gc<Object>>) {
        if !batch.is_empty() {
            self.finalizers.pending.push_back(batch);
            self.interrupt.raise(request::FINALIZE);
        }
    }

    /// Marks some objects whose finalizers are due. Returns units; 0 at the end.
    pub(super) fn pending_slice(&mut self) -> usize {
        let finalizers = &mut self.finalizers;
        let Some(batch) = finalizers.pending.get(finalizers.marked_batches) else { return 0 };
        let first = finalizers.marked_objects;
        let stop = batch.len().min(first + SLICE_ELEMENTS);
        if first >= stop {
            finalizers.marked_batches += 1;
            finalizers.marked_objects = 0;
            return 1;
        }
        finalizers.marked_objects = stop;
        for index in first..stop {
            let object = self.finalizers.pending[self.finalizers.marked_batches][index];
            self.shade_object(object);
        }
        stop - first
    }

    /// Takes some dead objects off the list. Returns units; 0 at the end.
    pub(super) fn separate_slice(&mut self) -> usize {
        let finalizers = &mut self.finalizers;
        let first = finalizers.read;
        let stop = finalizers.registered.len().min(first + SLICE_ELEMENTS);
        for index in first..stop {
            let mut object = finalizers.registered[index];
            if Heap::is_marked(object) {
                finalizers.registered[finalizers.kept] = object;
                finalizers.kept += 1;
            } else {
                object.header.flags &= !flags::FINALIZABLE;
                finalizers.separated.push(object);
            }
        }
        finalizers.read = stop;
        if first == stop {
            finalizers.registered.truncate(finalizers.kept);
            finalizers.begin_separation();
            return 0;
        }
        stop - first
    }

    /// Marks some separated objects. Returns units; 0 at the end.
    pub(super) fn resurrect_slice(&mut self) -> usize {
        let first = self.finalizers.resurrected;
        let stop = self.finalizers.separated.len().min(first + SLICE_ELEMENTS);
        for index in first..stop {
            self.shade_object(self.finalizers.separated[index]);
        }
        self.finalizers.resurrected = stop;
        stop - first
    }

    /// Hands the separated objects over to the VM.
    pub(super) fn queue_separated(&mut self) {
        let batch = std::mem::take(&mut self.finalizers.separated);
        self.finalizers.resurrected = 0;
        self.add_pending(batch);
    }

    /// Looks for dead threads in some blocks and closes their upvalues that are alive. Returns units; 0 at the end.
    pub(super) fn close_threads_slice(&mut self) -> usize {
        let (class, block) = self.close_cursor;
        if class >= SPACES * CLASSES {
            return 0;
        }
        let Some(&found) = self.classes[class].blocks.get(block) else {
            self.close_cursor = (class + 1, 0);
            return 1;
        };
        self.close_cursor = (class, block + 1);
        close_dead_threads(found)
    }

    pub(super) fn begin_close_threads(&mut self) {
        self.close_cursor = (Space::Droppable as usize * CLASSES, 0);
    }
}

/// Returns units.
fn close_dead_threads(block: BlockRef) -> usize {
    let mut units = 1 + block.words();
    for word in 0..block.words() {
        let mut dead = block.get().alloc[word] & !block.get().mark[word];
        while dead != 0 {
            let cell = block.cell(word * 64 + dead.trailing_zeros() as usize);
            // SAFETY: allocated and not in the rest of a run (those are marked), so a complete object.
            let object: Gc<Object> = unsafe { Gc::new(cell.cast()) };
            if object.kind() == Kind::Thread {
                units += close_upvalues(object.cast());
            }
            dead &= dead - 1;
        }
    }
    units
}

/// Gives the upvalues that point into a dead thread's stack their value, if they are alive.
fn close_upvalues(mut thread: Gc<Thread>) -> usize {
    let mut units = 1;
    let mut next: *mut Upvalue = thread.open_upvalues;
    // SAFETY: the list holds upvalues that were alive when the last cycle ended (their thread kept them), and nothing was
    // swept since.
    while let Some(mut upvalue) = unsafe { Gc::from_nullable(next) } {
        next = next_open(upvalue);
        if Heap::is_marked(upvalue.cast()) {
            upvalue.closed = upvalue.get();
            upvalue.location = &raw mut upvalue.closed;
        }
        units += 1;
    }
    thread.open_upvalues = std::ptr::null_mut();
    units
}
