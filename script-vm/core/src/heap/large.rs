//! Large objects: an allocation each, with a block's header before it, so that mark bits are found as for cells.
//!
//! Invariant: `large[i]` has `large_index` i. Memory of dead huge objects is given back a slice at a time; until then
//! it waits in `releasing` and no longer counts as in use.

#![allow(unsafe_code, reason = "object memory")]

use super::block::{BlockRef, Cell, FIRST_CELL};
use super::pages::{self, Region};
use super::tunables::{MAX_SMALL, RELEASE_SLICE};
use super::{Heap, OutOfMemory, Space};

/// The list of large objects.
#[derive(Default)]
pub struct LargeObjects {
    pub list: Vec<BlockRef>,
    /// Next object that the sweep looks at.
    pub sweep: usize,
    releasing: Vec<Region>,
}

impl LargeObjects {
    fn add(&mut self, block: BlockRef) {
        block.get_mut().large_index = self.list.len() as u32;
        self.list.push(block);
    }

    /// Takes an object off the list and begins to give its memory back.
    pub fn free(&mut self, block: BlockRef) {
        let index = block.get().large_index as usize;
        self.list.swap_remove(index);
        if let Some(moved) = self.list.get(index) {
            moved.get_mut().large_index = index as u32;
        }
        let region = region_of(block);
        if region.reserved != 0 {
            self.releasing.push(region);
        } else {
            // SAFETY: the object is dead and off the list.
            unsafe { pages::release(region) };
        }
    }

    /// Gives a slice of memory back; false if there is nothing to give.
    pub fn release_slice(&mut self) -> bool {
        let Some(region) = self.releasing.last_mut() else { return false };
        // SAFETY: the object that lay here is dead.
        if !unsafe { pages::release_tail(region, RELEASE_SLICE) }
            && let Some(region) = self.releasing.pop()
        {
            // SAFETY: as above.
            unsafe { pages::release(region) };
        }
        true
    }
}

impl Drop for LargeObjects {
    fn drop(&mut self) {
        let regions = self.list.iter().map(|&block| region_of(block));
        for region in regions.chain(self.releasing.iter().copied()) {
            // SAFETY: the heap that owned the objects is gone.
            unsafe { pages::release(region) };
        }
    }
}

fn region_of(block: BlockRef) -> Region {
    let header = block.get();
    Region { memory: block.memory(), committed: header.committed, reserved: header.reserved }
}

impl Heap {
    /// Memory for an object of more than [`MAX_SMALL`] bytes.
    #[cold]
    pub(super) fn alloc_large(
        &mut self,
        space: Space,
        size: usize,
    ) -> Result<*mut u8, OutOfMemory> {
        debug_assert!(size > MAX_SMALL);
        self.check_limit(size)?;
        let bytes = size.checked_add(FIRST_CELL).ok_or(OutOfMemory)?;
        let region = pages::allocate(bytes, space == Space::Plain).ok_or(OutOfMemory)?;
        // SAFETY: the region is new and large enough.
        let block = unsafe {
            BlockRef::init_large(region.memory, space, size, region.committed, region.reserved)
        };
        self.large.add(block);
        if self.phase.is_born_marked() {
            block.get_mut().mark[0] = 1;
            self.pacing.marked_bytes += size;
            block.get_mut().swept_epoch = self.epoch.wrapping_sub(1);
        } else {
            block.get_mut().swept_epoch = self.epoch;
        }
        self.note_allocated(size);
        Ok(block.cell(0))
    }

    /// Grows a `Buffer` object of more than [`MAX_SMALL`] bytes, keeping its contents. The pointer may change; the old
    /// one is gone then.
    pub(crate) fn grow_large(
        &mut self,
        object: *mut u8,
        new_size: usize,
    ) -> Result<*mut u8, OutOfMemory> {
        // SAFETY: the caller's object is allocated.
        let block = unsafe { Cell::of(object) }.block;
        debug_assert!(block.is_large());
        let (old_size, index) = (block.get().large_bytes, block.get().large_index as usize);
        if new_size <= old_size {
            return Ok(object);
        }
        self.check_limit(new_size - old_size)?;
        let bytes = new_size.checked_add(FIRST_CELL).ok_or(OutOfMemory)?;
        // SAFETY: the region is the object's; if it moves, all that points to it is the list (and the caller's table).
        let region = unsafe { pages::grow(region_of(block), FIRST_CELL + old_size, bytes) };
        let region = region.ok_or(OutOfMemory)?;
        // SAFETY: the header was moved with the contents, over which these fields are written anew.
        let block = unsafe { Cell::of(region.memory.as_ptr().add(FIRST_CELL)) }.block;
        let header = block.get_mut();
        header.large_bytes = new_size;
        header.committed = region.committed;
        header.reserved = region.reserved;
        self.large.list[index] = block;
        if self.phase.is_born_marked() {
            self.pacing.marked_bytes += new_size - old_size;
        }
        self.note_allocated(new_size - old_size);
        Ok(block.cell(0))
    }
}
