//! A block: 64 KiB of equal cells behind a header with two bitmaps; or the header of one large object.
//!
//! Invariants: an `alloc` bit is set exactly for cells that were handed out in a run (allocated cells, and the rest of a
//! class's current run); `mark` bits are a subset of `alloc` bits and all zero between cycles; bits from `cell_count` on
//! are never set. A large object is cell 0 of its own header, because `recip` 0 maps every address to index 0.

#![allow(unsafe_code, reason = "headers found from addresses")]

use std::ptr::NonNull;

use super::Space;
use super::class::{CELL_SIZES, MIN_CELL};
use super::tunables::BLOCK_BYTES;

/// Words of a bitmap: enough for the smallest cells.
pub const BITMAP_WORDS: usize = BLOCK_BYTES / MIN_CELL / 64;
/// Distance of the first cell from the beginning of the block, in bytes.
pub const FIRST_CELL: usize = size_of::<Block>();
/// Bits by which a product with `recip` is shifted.
const RECIP_SHIFT: u32 = 24;

/// Header of a block or of a large object.
#[repr(C, align(64))]
pub struct Block {
    /// `granule * recip >> 24` is the cell index, exactly; 0 for large objects.
    pub recip: u32,
    /// Bytes of a cell; 0 for large objects.
    pub cell_size: u32,
    pub cell_count: u32,
    /// The cycle in which the block was last swept, or after whose marking it was made.
    pub swept_epoch: u32,
    /// Words of the bitmaps that are already swept, while a sweep is under way.
    pub sweep_word: u32,
    /// Cells whose `alloc` bit is set.
    pub used: u32,
    pub space: Space,
    pub class: u8,
    /// Large objects: place in the heap's list.
    pub large_index: u32,
    /// Large objects: bytes of the object.
    pub large_bytes: usize,
    /// Large objects: bytes of the mapping that are usable (header included).
    pub committed: usize,
    /// Large objects: bytes of address space; 0 if the memory is from the allocator.
    pub reserved: usize,
    pub alloc: [u64; BITMAP_WORDS],
    pub mark: [u64; BITMAP_WORDS],
}

const _: () =
    assert!(size_of::<Block>() == 64 + 16 * BITMAP_WORDS && FIRST_CELL.is_multiple_of(16));

/// A pointer to a block's header. The heap keeps it valid as long as the block is in one of its lists, and nobody holds
/// a reference to a header across another access.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BlockRef(NonNull<Block>);

/// A cell: its block and its index there.
#[derive(Clone, Copy)]
pub struct Cell {
    pub block: BlockRef,
    pub index: usize,
}

impl BlockRef {
    /// Writes the header of a block of cells.
    ///
    /// # Safety
    /// `memory` is a block's memory that nothing else uses.
    pub unsafe fn init(memory: NonNull<u8>, space: Space, class: usize, epoch: u32) -> BlockRef {
        let cell_size = u32::from(CELL_SIZES[class]);
        let block = Block {
            recip: (1u32 << RECIP_SHIFT).div_ceil(cell_size / 16),
            cell_size,
            cell_count: (BLOCK_BYTES - FIRST_CELL) as u32 / cell_size,
            swept_epoch: epoch,
            class: class as u8,
            ..Block::empty(space)
        };
        // SAFETY: the caller's.
        unsafe { BlockRef::write(memory, block) }
    }

    /// Writes the header of a large object of `bytes` bytes.
    ///
    /// # Safety
    /// `memory` is aligned as a block, `committed` bytes long, and nothing else uses it.
    pub unsafe fn init_large(
        memory: NonNull<u8>,
        space: Space,
        bytes: usize,
        committed: usize,
        reserved: usize,
    ) -> BlockRef {
        let mut block = Block {
            cell_count: 1,
            used: 1,
            large_bytes: bytes,
            committed,
            reserved,
            ..Block::empty(space)
        };
        block.alloc[0] = 1;
        // SAFETY: the caller's.
        unsafe { BlockRef::write(memory, block) }
    }

    /// # Safety
    /// As for `init`.
    unsafe fn write(memory: NonNull<u8>, block: Block) -> BlockRef {
        let header: NonNull<Block> = memory.cast();
        debug_assert!(header.as_ptr().addr().is_multiple_of(BLOCK_BYTES));
        // SAFETY: the caller gives the memory, aligned to 64 KiB.
        unsafe { header.write(block) };
        BlockRef(header)
    }

    #[inline(always)]
    pub fn get(&self) -> &Block {
        // SAFETY: the header is valid (the type's invariant) and only one thread uses the heap.
        unsafe { self.0.as_ref() }
    }

    #[inline(always)]
    #[expect(
        clippy::mut_from_ref,
        reason = "a pointer, not an owner; no two references are held at a time"
    )]
    pub fn get_mut(&self) -> &mut Block {
        // SAFETY: as for `get`; headers are disjoint from cells.
        unsafe { &mut *self.0.as_ptr() }
    }

    pub fn memory(self) -> NonNull<u8> {
        self.0.cast()
    }

    pub fn is_large(self) -> bool {
        self.get().recip == 0
    }

    /// Address of a cell.
    #[inline(always)]
    pub fn cell(self, index: usize) -> *mut u8 {
        let offset = FIRST_CELL + index * self.get().cell_size as usize;
        // SAFETY: cells lie within the block behind its header.
        unsafe { self.0.as_ptr().cast::<u8>().add(offset) }
    }

    /// Words of the bitmaps that are in use.
    pub fn words(self) -> usize {
        (self.get().cell_count as usize).div_ceil(64)
    }

    /// The next run of free cells at or after cell `from`: first and one past the last.
    pub fn next_free_run(self, from: usize) -> Option<(usize, usize)> {
        let block = self.get();
        let count = block.cell_count as usize;
        let first = next_bit(&block.alloc, from, count, false);
        (first < count).then(|| (first, next_bit(&block.alloc, first, count, true)))
    }
}

impl Block {
    fn empty(space: Space) -> Block {
        Block {
            recip: 0,
            cell_size: 0,
            cell_count: 0,
            swept_epoch: 0,
            sweep_word: 0,
            used: 0,
            space,
            class: 0,
            large_index: 0,
            large_bytes: 0,
            committed: 0,
            reserved: 0,
            alloc: [0; BITMAP_WORDS],
            mark: [0; BITMAP_WORDS],
        }
    }
}

impl Cell {
    /// The cell at an object's address.
    ///
    /// # Safety
    /// `object` is the beginning of an allocated object.
    #[inline(always)]
    pub unsafe fn of(object: *mut u8) -> Cell {
        let offset = object.addr() & (BLOCK_BYTES - 1);
        // SAFETY: objects lie in their first block's first 64 KiB, behind the header, which is never null.
        let block = unsafe { BlockRef(NonNull::new_unchecked(object.sub(offset).cast())) };
        let granule = (offset - FIRST_CELL) as u64 / 16;
        let index = ((granule * u64::from(block.get().recip)) >> RECIP_SHIFT) as usize;
        Cell { block, index }
    }

    #[inline(always)]
    pub fn is_marked(self) -> bool {
        self.block.get().mark[self.word()] & self.bit() != 0
    }

    pub fn is_allocated(self) -> bool {
        self.block.get().alloc[self.word()] & self.bit() != 0
    }

    /// Sets the mark bit; false if it was set.
    #[inline(always)]
    pub fn mark(self) -> bool {
        let word = &mut self.block.get_mut().mark[self.word()];
        let bit = self.bit();
        let new = *word & bit == 0;
        *word |= bit;
        new
    }

    /// Whether the cell was swept in the cycle `epoch`, so that being allocated means being alive.
    pub fn is_swept(self, epoch: u32) -> bool {
        let block = self.block.get();
        block.swept_epoch == epoch || (self.word() as u32) < block.sweep_word
    }

    /// Bytes of the cell or large object.
    #[inline(always)]
    pub fn bytes(self) -> usize {
        let block = self.block.get();
        if block.recip == 0 { block.large_bytes } else { block.cell_size as usize }
    }

    #[inline(always)]
    fn word(self) -> usize {
        (self.index >> 6) & (BITMAP_WORDS - 1)
    }

    #[inline(always)]
    fn bit(self) -> u64 {
        1 << (self.index & 63)
    }
}

/// Index of the first bit at or after `from` that is `set`, or `end`.
pub fn next_bit(bits: &[u64], from: usize, end: usize, set: bool) -> usize {
    let mut index = from;
    while index < end {
        let word = if set { bits[index / 64] } else { !bits[index / 64] } >> (index % 64);
        if word != 0 {
            return (index + word.trailing_zeros() as usize).min(end);
        }
        index = (index / 64 + 1) * 64;
    }
    end
}

/// Sets bits `first .. end`.
pub fn set_bits(bits: &mut [u64], first: usize, end: usize) {
    let mut index = first;
    while index < end {
        let count = (64 - index % 64).min(end - index);
        bits[index / 64] |= (u64::MAX >> (64 - count)) << (index % 64);
        index += count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn index_is_exact() {
        for size in CELL_SIZES {
            let size = u64::from(size);
            let recip = (1u64 << RECIP_SHIFT).div_ceil(size / 16);
            for granule in 0..(BLOCK_BYTES / 16) as u64 {
                assert_eq!((granule * recip) >> RECIP_SHIFT, granule * 16 / size);
            }
        }
    }

    #[test]
    fn bits() {
        let mut bits = [0; 4];
        set_bits(&mut bits, 3, 130);
        assert_eq!(bits, [!0 << 3, !0, 3, 0]);
        assert_eq!(next_bit(&bits, 0, 200, true), 3);
        assert_eq!(next_bit(&bits, 3, 200, false), 130);
        assert_eq!(next_bit(&bits, 130, 200, true), 200);
    }
}
