//! Small objects: runs of free cells, handed out by bumping a pointer.
//!
//! Each pair of space and size class has a run of its own, in a table that compiled code bumps too ([`super::offsets`]).
//! When a run is used up, the next run of free cells of the current block follows, then blocks of the class in turn
//! (sweeping them first if that is still to be done), then a fresh block. The `alloc` bits of a run are set when it is
//! handed out, and while marking its `mark` bits as well, so that its objects are born marked.
//!
//! Neighbours: `sweep` makes free cells, `pacing` counts the bytes handed out.

#![allow(unsafe_code, reason = "cells of blocks")]

use std::alloc::{Layout, handle_alloc_error};
use std::ptr::{NonNull, null_mut};

use super::block::{BlockRef, Cell, FIRST_CELL, set_bits};
use super::class::{CELL_SIZES, CLASSES, class_of};
use super::cycle::Phase;
use super::tunables::{BLOCK_BYTES, BLOCKS_TRIED, CHUNK_BLOCKS, FREE_SHARE, MAX_SMALL};
use super::{Heap, OutOfMemory, SPACES, Space, pages};

/// Number of free runs: one for each space and size class.
pub const RUNS: usize = SPACES * CLASSES;

/// Cells that are free for allocation: `bump .. limit`, a whole number of cells.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct FreeRun {
    pub bump: *mut u8,
    pub limit: *mut u8,
}

impl FreeRun {
    pub const EMPTY: FreeRun = FreeRun { bump: null_mut(), limit: null_mut() };

    pub fn bytes(self) -> usize {
        self.limit.addr() - self.bump.addr()
    }
}

/// The blocks of a space and size class.
#[derive(Default)]
pub struct ClassBlocks {
    pub blocks: Vec<BlockRef>,
    /// Next block to look at for free runs; those before it were looked at since the last marking.
    pub cursor: usize,
    /// Next block that the sweep looks at.
    pub sweep: usize,
    /// The block that the run is from, and the cell after the run.
    current: Option<(BlockRef, usize)>,
}

impl ClassBlocks {
    /// The dead cells are to be found anew.
    pub fn begin_sweep(&mut self) {
        self.cursor = 0;
        self.sweep = 0;
        self.current = None;
    }
}

/// Blocks that are in use by no class.
#[derive(Default)]
pub struct BlockPool {
    chunks: Vec<NonNull<u8>>,
    /// Blocks with their memory.
    free: Vec<NonNull<u8>>,
    /// Blocks whose memory was given back.
    returned: Vec<NonNull<u8>>,
}

impl BlockPool {
    fn take(&mut self) -> NonNull<u8> {
        if let Some(block) = self.free.pop().or_else(|| self.returned.pop()) {
            return block;
        }
        let bytes = CHUNK_BLOCKS * BLOCK_BYTES;
        let Some(chunk) = pages::chunk(bytes) else {
            handle_alloc_error(Layout::new::<[u8; CHUNK_BLOCKS * BLOCK_BYTES]>())
        };
        self.chunks.push(chunk);
        // From the last to the first, so that blocks are taken in the order of addresses.
        for index in (1..CHUNK_BLOCKS).rev() {
            // SAFETY: within the chunk.
            self.returned.push(unsafe { chunk.add(index * BLOCK_BYTES) });
        }
        chunk
    }

    pub fn put(&mut self, block: BlockRef) {
        self.free.push(block.memory());
    }

    /// Gives a block's memory back to the system if more than `kept` are free; false if not.
    pub fn return_one(&mut self, kept: usize) -> bool {
        if self.free.len() <= kept {
            return false;
        }
        let Some(block) = self.free.pop() else { return false };
        // SAFETY: free blocks hold nothing.
        unsafe { pages::decommit(block, BLOCK_BYTES) };
        self.returned.push(block);
        true
    }
}

impl Drop for BlockPool {
    fn drop(&mut self) {
        for &chunk in &self.chunks {
            // SAFETY: the heap that owned the blocks is gone.
            unsafe { pages::free_chunk(chunk, CHUNK_BLOCKS * BLOCK_BYTES) };
        }
    }
}

/// Index of a run in the table of runs.
#[inline(always)]
pub const fn run_index(space: Space, class: usize) -> usize {
    space as usize * CLASSES + class
}

impl Heap {
    /// Memory for an object of `size <= MAX_SMALL` bytes. Not initialized: the caller writes the whole object (as far
    /// as it is ever read) before the next safepoint. Never fails.
    #[inline(always)]
    pub fn alloc(&mut self, space: Space, size: usize) -> *mut u8 {
        let class = class_of(size);
        let cell = usize::from(CELL_SIZES[class]);
        let run = &mut self.runs[run_index(space, class)];
        let object = run.bump;
        if run.limit.addr() - object.addr() >= cell {
            run.bump = object.wrapping_add(cell);
            return object;
        }
        self.refill(space, class)
    }

    /// As [`Heap::alloc`], for any size.
    #[inline(always)]
    pub fn try_alloc(&mut self, space: Space, size: usize) -> Result<*mut u8, OutOfMemory> {
        if size <= MAX_SMALL { Ok(self.alloc(space, size)) } else { self.alloc_large(space, size) }
    }

    /// Takes a new run and its first cell.
    #[cold]
    #[inline(never)]
    fn refill(&mut self, space: Space, class: usize) -> *mut u8 {
        let (block, first, end) = self.next_run(space, class);
        let header = block.get_mut();
        let cell_size = header.cell_size as usize;
        set_bits(&mut header.alloc, first, end);
        header.used += (end - first) as u32;
        let bytes = (end - first) * cell_size;
        if self.phase.is_born_marked() {
            set_bits(&mut header.mark, first, end);
            self.pacing.marked_bytes += bytes;
        }
        self.note_allocated(bytes);
        let object = block.cell(first);
        let limit = object.wrapping_add(bytes);
        let bump = object.wrapping_add(cell_size);
        self.runs[run_index(space, class)] = FreeRun { bump, limit };
        self.classes[run_index(space, class)].current = Some((block, end));
        object
    }

    fn next_run(&mut self, space: Space, class: usize) -> (BlockRef, usize, usize) {
        let index = run_index(space, class);
        if let Some((block, from)) = self.classes[index].current
            && let Some((first, end)) = block.next_free_run(from)
        {
            return (block, first, end);
        }
        for _ in 0..BLOCKS_TRIED {
            let Some(&block) = self.classes[index].blocks.get(self.classes[index].cursor) else {
                break;
            };
            self.classes[index].cursor += 1;
            if self.phase == Phase::Sweep && block.get().swept_epoch != self.epoch {
                self.sweep_block(block, usize::MAX);
            }
            let free = block.get().cell_count - block.get().used;
            if free * FREE_SHARE >= block.get().cell_count
                && let Some((first, end)) = block.next_free_run(0)
            {
                return (block, first, end);
            }
        }
        let block = self.fresh_block(space, class);
        (block, 0, block.get().cell_count as usize)
    }

    fn fresh_block(&mut self, space: Space, class: usize) -> BlockRef {
        let memory = self.pool.take();
        // What is made while marking has mark bits, which the sweep has to clear.
        let epoch =
            if self.phase.is_born_marked() { self.epoch.wrapping_sub(1) } else { self.epoch };
        // SAFETY: the pool's block belongs to nobody.
        let block = unsafe { BlockRef::init(memory, space, class, epoch) };
        self.classes[run_index(space, class)].blocks.push(block);
        block
    }

    /// The cells of the current runs that no object was made in yet: block, first, end.
    pub(super) fn run_rests(&self) -> impl Iterator<Item = (BlockRef, usize, usize)> + '_ {
        self.runs.iter().filter(|run| run.bump != run.limit).map(|run| {
            // SAFETY: a run that is not used up begins with a cell.
            let cell = unsafe { Cell::of(run.bump) };
            let count = run.bytes() / cell.block.get().cell_size as usize;
            (cell.block, cell.index, cell.index + count)
        })
    }
}

const _: () = assert!(FIRST_CELL + MAX_SMALL <= BLOCK_BYTES);
