//! Sweeping: dead cells become free cells.
//!
//! Plain blocks are swept by their bitmaps alone (`alloc &= mark; mark = 0`); objects are not touched. Dead strings are
//! taken out of the intern table first, and what owns Rust values is dropped. A block is swept when an allocation wants
//! to use it or when a step comes to it, whichever is earlier. Dropping calls code of the host, which must not touch the
//! heap: all it may do is to put handles into the [`super::ReleaseQueue`].
//!
//! One host value's `Drop` is as long as it is: the only part of a sweep without a bound.

#![allow(unsafe_code, reason = "dead objects are taken apart")]

use std::ptr::drop_in_place;

use super::block::BlockRef;
use super::class::CLASSES;
use super::cycle::Phase;
use super::tunables::{
    BLOCK_BYTES, CLOCK_UNITS, DROP_UNITS, KEPT_FREE_BLOCKS, RELEASE_UNITS, SWEEP_BLOCK_UNITS,
    SWEEP_STRING_UNITS,
};
use super::{Heap, SPACES, Space};
use crate::function::FunctionProto;
use crate::object::{Gc, Kind, Object, flags};
use crate::thread::{Frame, Thread};
use crate::userdata::Userdata;
use crate::value::Value;

impl Heap {
    pub(super) fn begin_sweep(&mut self) {
        self.enter(Phase::Sweep);
        self.sweep_class = 0;
        self.large.sweep = 0;
        for class in &mut self.classes {
            class.begin_sweep();
        }
    }

    /// Sweeps on for about [`CLOCK_UNITS`]; ends the cycle when all is swept. Returns units.
    pub(super) fn sweep_slice(&mut self) -> usize {
        let mut units = 0;
        while units < CLOCK_UNITS {
            if self.sweep_class < SPACES * CLASSES {
                units += self.sweep_class_slice(CLOCK_UNITS);
            } else if self.large.sweep < self.large.list.len() {
                units += self.sweep_large();
            } else if self.large.release_slice() || self.pool.return_one(self.blocks_to_keep()) {
                units += RELEASE_UNITS;
            } else {
                self.end_cycle();
                return units + 1;
            }
        }
        units
    }

    /// Free blocks that the mutator is going to fill before the next cycle, and a few.
    fn blocks_to_keep(&self) -> usize {
        self.pacing.room_after_cycle() / BLOCK_BYTES + KEPT_FREE_BLOCKS
    }

    /// Sweeps (a part of) the next block of the class that the sweep has come to.
    fn sweep_class_slice(&mut self, limit: usize) -> usize {
        let class = &mut self.classes[self.sweep_class];
        let Some(&block) = class.blocks.get(class.sweep) else {
            self.sweep_class += 1;
            return 1;
        };
        if block.get().swept_epoch == self.epoch {
            class.sweep += 1;
            return 1;
        }
        let units = self.sweep_block(block, limit);
        if block.get().swept_epoch == self.epoch {
            let class = &mut self.classes[self.sweep_class];
            if block.get().used == 0 && class.sweep >= class.cursor {
                class.blocks.swap_remove(class.sweep);
                self.pool.put(block);
            } else {
                class.sweep += 1;
            }
        }
        units
    }

    /// Sweeps a block, or as much of it as `limit` units allow. Returns units.
    pub(super) fn sweep_block(&mut self, block: BlockRef, limit: usize) -> usize {
        let (units, freed) = match block.get().space {
            Space::Plain => (SWEEP_BLOCK_UNITS, sweep_bitmaps(block)),
            Space::Strings | Space::Droppable => self.sweep_objects(block, limit),
        };
        let header = block.get_mut();
        header.used -= freed;
        self.pacing.bytes -= freed as usize * header.cell_size as usize;
        if header.sweep_word as usize >= block.words() {
            header.sweep_word = 0;
            header.swept_epoch = self.epoch;
        }
        units
    }

    /// Sweeps words of a block whose dead objects have to be looked at. Returns units and the number of dead cells.
    fn sweep_objects(&mut self, block: BlockRef, limit: usize) -> (usize, u32) {
        let (mut units, mut freed) = (SWEEP_BLOCK_UNITS, 0);
        while (block.get().sweep_word as usize) < block.words() && units < limit {
            let word = block.get().sweep_word as usize;
            let mut dead = block.get().alloc[word] & !block.get().mark[word];
            freed += dead.count_ones();
            while dead != 0 {
                let index = word * 64 + dead.trailing_zeros() as usize;
                // Off first, so that a panic in a destructor leads to no second call.
                block.get_mut().alloc[word] &= !(1 << (index % 64));
                // SAFETY: the cell was allocated (so the object is complete: the rest of a run is marked) and is dead.
                units += unsafe { self.destroy(block.cell(index)) };
                dead &= dead - 1;
            }
            block.get_mut().mark[word] = 0;
            block.get_mut().sweep_word += 1;
        }
        (units, freed)
    }

    /// Ends the life of an object that owns something or is known to the intern table. Returns units.
    ///
    /// # Safety
    /// The object is complete and dead, and nobody looks at it again.
    pub(super) unsafe fn destroy(&mut self, object: *mut u8) -> usize {
        // SAFETY: the caller's.
        let mut header: Gc<Object> = unsafe { Gc::new(object.cast()) };
        match header.kind() {
            Kind::String => {
                if header.header.flags & flags::INTERNED != 0 {
                    self.strings.remove(header.cast());
                    header.header.flags = 0;
                }
                SWEEP_STRING_UNITS
            }
            Kind::Userdata => {
                // SAFETY: the kind says what it is; dead, so dropped once.
                unsafe { drop_in_place(object.cast::<Userdata>()) };
                DROP_UNITS
            }
            Kind::Thread => {
                let bytes = thread_bytes(header.cast());
                self.remove_external(bytes);
                // SAFETY: as above. Upvalues into its stack were closed or are dead (`close_threads_slice`).
                unsafe { drop_in_place(object.cast::<Thread>()) };
                DROP_UNITS
            }
            Kind::Proto => {
                let function = header.cast::<FunctionProto>();
                let cells = function.feedback_cells.len() * size_of::<u64>();
                self.remove_external(cells + function.external_bytes());
                // SAFETY: as above.
                unsafe {
                    self.graveyard.bury(&mut *object.cast::<FunctionProto>());
                    drop_in_place(object.cast::<FunctionProto>());
                }
                DROP_UNITS
            }
            Kind::Table
            | Kind::Closure
            | Kind::Native
            | Kind::Upvalue
            | Kind::Buffer
            | Kind::Dict
            | Kind::Slots => 1,
        }
    }

    fn sweep_large(&mut self) -> usize {
        let block = self.large.list[self.large.sweep];
        let header = block.get_mut();
        if header.swept_epoch == self.epoch || header.mark[0] != 0 {
            header.mark[0] = 0;
            header.swept_epoch = self.epoch;
            self.large.sweep += 1;
            return 1;
        }
        self.pacing.bytes -= header.large_bytes;
        // SAFETY: unmarked after marking, so dead.
        let units = unsafe { self.destroy(block.cell(0)) };
        let slow_release = header.reserved == 0;
        self.large.free(block);
        if slow_release { units + RELEASE_UNITS } else { units + DROP_UNITS }
    }

    /// Drops all that has to be dropped: the end of the heap.
    pub(super) fn destroy_all(&mut self) {
        let rests: Vec<_> = self.run_rests().collect();
        for (block, first, end) in rests {
            for index in first..end {
                block.get_mut().alloc[index / 64] &= !(1 << (index % 64));
            }
        }
        let droppable = Space::Droppable as usize * CLASSES..;
        let blocks: Vec<_> =
            self.classes[droppable].iter().flat_map(|class| class.blocks.iter().copied()).collect();
        for block in blocks.into_iter().chain(self.large.list.clone()) {
            if block.get().space != Space::Droppable {
                continue;
            }
            block.get_mut().mark.fill(0);
            block.get_mut().sweep_word = 0;
            self.sweep_objects(block, usize::MAX);
        }
    }
}

/// Bytes that a thread owns outside the heap.
pub fn thread_bytes(thread: Gc<Thread>) -> usize {
    thread.stack.capacity() * size_of::<Value>() + thread.frames.capacity() * size_of::<Frame>()
}

/// Sweeps a block without looking at objects; returns the number of dead cells.
fn sweep_bitmaps(block: BlockRef) -> u32 {
    let words = block.words();
    let header = block.get_mut();
    let mut freed = 0;
    for (alloc, mark) in header.alloc[..words].iter_mut().zip(&mut header.mark[..words]) {
        freed += (*alloc & !*mark).count_ones();
        *alloc &= *mark;
        *mark = 0;
    }
    header.sweep_word = words as u32;
    freed
}
