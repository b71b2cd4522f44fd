//! Memory from the system: chunks of blocks, and large objects that can grow where they are.
//!
//! Everything is aligned to a block. Huge objects reserve address space in advance (inaccessible, so it costs nothing)
//! and take it into use as they grow: no copy, and page faults come one at a time when the memory is touched. On Linux,
//! one that outgrows its reservation is moved by its page tables. Without `mmap` (not unix) memory comes from the
//! allocator, growth copies, and release is not sliced.

#![allow(unsafe_code, reason = "system calls for memory")]

use std::alloc::{Layout, alloc, dealloc};
use std::ptr::NonNull;

use super::tunables::{BLOCK_BYTES, HUGE_BYTES, RESERVED_BYTES};

/// Memory of a large object.
#[derive(Clone, Copy, Debug)]
pub struct Region {
    pub memory: NonNull<u8>,
    /// Usable bytes.
    pub committed: usize,
    /// Bytes of address space; 0: the memory is the allocator's.
    pub reserved: usize,
}

/// Huge regions begin and grow by this, so that page tables move whole.
const HUGE_ALIGN: usize = 2 << 20;

fn layout(bytes: usize) -> Option<Layout> {
    Layout::from_size_align(bytes, BLOCK_BYTES).ok()
}

/// Memory for `bytes` bytes, with room to grow if it is huge and `growable`.
pub fn allocate(bytes: usize, growable: bool) -> Option<Region> {
    let wanted = if growable { RESERVED_BYTES } else { 0 };
    if bytes >= HUGE_BYTES
        && let Some(region) = system::reserve(bytes, wanted)
    {
        return Some(region);
    }
    let committed = bytes.next_multiple_of(4096);
    // SAFETY: the size is not 0.
    let memory = NonNull::new(unsafe { alloc(layout(committed)?) })?;
    Some(Region { memory, committed, reserved: 0 })
}

/// Grows a region to at least `bytes`, keeping its first `used` bytes; it may move.
///
/// # Safety
/// The region came from here; the old one is not used any more if this succeeds.
pub unsafe fn grow(region: Region, used: usize, bytes: usize) -> Option<Region> {
    if bytes <= region.committed {
        return Some(region);
    }
    if region.reserved != 0
        // SAFETY: the caller's.
        && let Some(grown) = unsafe { system::grow(region, bytes) }
    {
        return Some(grown);
    }
    let new = allocate(bytes, true)?;
    // SAFETY: both are at least `used` bytes long and different; the caller gives up the old one.
    unsafe {
        new.memory.copy_from_nonoverlapping(region.memory, used);
        release(region);
    }
    Some(new)
}

/// Gives the last `bytes` bytes of a region back to the system; false if that is not possible for it.
///
/// # Safety
/// The region came from here and nothing uses the tail.
pub unsafe fn release_tail(region: &mut Region, bytes: usize) -> bool {
    if region.reserved == 0 || region.committed <= bytes {
        return false;
    }
    let keep = region.committed - bytes;
    // SAFETY: within the region; the caller does not use it any more.
    unsafe { decommit(region.memory.add(keep), bytes) };
    region.committed = keep;
    true
}

/// Gives a region back.
///
/// # Safety
/// The region came from here and nothing uses it.
pub unsafe fn release(region: Region) {
    if region.reserved != 0 {
        // SAFETY: the caller's.
        unsafe { system::unmap(region.memory, region.reserved) };
    } else if let Some(layout) = layout(region.committed) {
        // SAFETY: allocated with this layout.
        unsafe { dealloc(region.memory.as_ptr(), layout) };
    }
}

pub use system::{chunk, decommit};

#[cfg(unix)]
mod system {
    use std::ptr::{self, NonNull};

    use super::{BLOCK_BYTES, HUGE_ALIGN, RESERVED_BYTES, Region};

    const ACCESS: libc::c_int = libc::PROT_READ | libc::PROT_WRITE;
    const PRIVATE: libc::c_int = libc::MAP_PRIVATE | libc::MAP_ANON | libc::MAP_NORESERVE;

    /// `bytes` of address space, aligned (both multiples of the page size).
    fn map(bytes: usize, align: usize, protection: libc::c_int) -> Option<NonNull<u8>> {
        let total = bytes.checked_add(align)?;
        // SAFETY: a new anonymous mapping touches nothing that exists.
        let start = unsafe { libc::mmap(ptr::null_mut(), total, protection, PRIVATE, -1, 0) };
        if start == libc::MAP_FAILED {
            return None;
        }
        let start: *mut u8 = start.cast();
        let head = start.align_offset(align);
        let tail = align - head;
        // SAFETY: head and tail lie in the mapping just made, around the aligned part.
        unsafe {
            if head > 0 {
                libc::munmap(start.cast(), head);
            }
            if tail > 0 {
                libc::munmap(start.add(head + bytes).cast(), tail);
            }
            NonNull::new(start.add(head))
        }
    }

    /// Memory for blocks, aligned to a block.
    pub fn chunk(bytes: usize) -> Option<NonNull<u8>> {
        map(bytes, BLOCK_BYTES, ACCESS)
    }

    /// `bytes` of memory in `wanted` bytes of address space (less if there is not so much).
    pub fn reserve(bytes: usize, wanted: usize) -> Option<Region> {
        let needed = bytes.checked_next_multiple_of(HUGE_ALIGN)?;
        let reserved = wanted.max(needed).next_multiple_of(HUGE_ALIGN);
        let (memory, reserved) = match map(reserved, HUGE_ALIGN, libc::PROT_NONE) {
            Some(memory) => (memory, reserved),
            None => (map(needed, HUGE_ALIGN, libc::PROT_NONE)?, needed),
        };
        let region = Region { memory, committed: 0, reserved };
        // SAFETY: the region was made just now.
        let committed = unsafe { commit(region, bytes) };
        if committed.is_none() {
            // SAFETY: as above; nobody has seen it.
            unsafe { unmap(memory, reserved) };
        }
        committed
    }

    /// Makes the first `bytes` bytes accessible.
    ///
    /// # Safety
    /// The region is a mapping of ours.
    unsafe fn commit(region: Region, bytes: usize) -> Option<Region> {
        let committed = bytes.checked_next_multiple_of(HUGE_ALIGN)?;
        if committed > region.reserved {
            return None;
        }
        // SAFETY: within the mapping; access is only added.
        let failed = unsafe { libc::mprotect(region.memory.as_ptr().cast(), committed, ACCESS) };
        (failed == 0).then_some(Region { committed, ..region })
    }

    /// # Safety
    /// As for `super::grow`.
    pub unsafe fn grow(region: Region, bytes: usize) -> Option<Region> {
        // SAFETY: the caller's.
        unsafe { commit(region, bytes).or_else(|| move_to(region, bytes)) }
    }

    /// Moves the pages of a region into a larger one.
    ///
    /// # Safety
    /// As for `super::grow`.
    #[cfg(target_os = "linux")]
    unsafe fn move_to(region: Region, bytes: usize) -> Option<Region> {
        let new = reserve(bytes, RESERVED_BYTES)?;
        let flags = libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED;
        let from: *mut libc::c_void = region.memory.as_ptr().cast();
        let to: *mut libc::c_void = new.memory.as_ptr().cast();
        // SAFETY: replaces the beginning of the new region, which nothing uses, by the old region's pages.
        unsafe {
            let moved = libc::mremap(from, region.committed, region.committed, flags, to);
            if moved == libc::MAP_FAILED {
                unmap(new.memory, new.reserved);
                return None;
            }
            let rest = region.reserved - region.committed;
            if rest > 0 {
                unmap(region.memory.add(region.committed), rest);
            }
        }
        Some(new)
    }

    /// # Safety
    /// As for `super::grow`.
    #[cfg(not(target_os = "linux"))]
    unsafe fn move_to(_region: Region, _bytes: usize) -> Option<Region> {
        None
    }

    /// Gives the memory of whole pages back; they read as zeros when used again.
    ///
    /// # Safety
    /// Nothing uses the contents.
    pub unsafe fn decommit(memory: NonNull<u8>, bytes: usize) {
        // SAFETY: the caller's. If it fails, the memory just stays in use.
        unsafe { libc::madvise(memory.as_ptr().cast(), bytes, libc::MADV_DONTNEED) };
    }

    /// # Safety
    /// The mapping is ours and nothing uses it.
    pub unsafe fn unmap(memory: NonNull<u8>, bytes: usize) {
        // SAFETY: the caller's.
        unsafe { libc::munmap(memory.as_ptr().cast(), bytes) };
    }

    /// Gives a chunk back.
    ///
    /// # Safety
    /// The chunk is ours and nothing uses it.
    pub unsafe fn free_chunk(memory: NonNull<u8>, bytes: usize) {
        // SAFETY: the caller's.
        unsafe { unmap(memory, bytes) };
    }
}

#[cfg(not(unix))]
mod system {
    use std::alloc::{alloc, dealloc};
    use std::ptr::NonNull;

    use super::{Region, layout};

    pub fn chunk(bytes: usize) -> Option<NonNull<u8>> {
        // SAFETY: the size is not 0.
        NonNull::new(unsafe { alloc(layout(bytes)?) })
    }

    pub fn reserve(_bytes: usize, _wanted: usize) -> Option<Region> {
        None
    }

    /// # Safety
    /// As for `super::grow`.
    pub unsafe fn grow(_region: Region, _bytes: usize) -> Option<Region> {
        None
    }

    /// # Safety
    /// None.
    pub unsafe fn decommit(_memory: NonNull<u8>, _bytes: usize) {}

    /// # Safety
    /// Never called: nothing is reserved here.
    pub unsafe fn unmap(_memory: NonNull<u8>, _bytes: usize) {}

    /// # Safety
    /// The chunk is ours and nothing uses it.
    pub unsafe fn free_chunk(memory: NonNull<u8>, bytes: usize) {
        if let Some(layout) = layout(bytes) {
            // SAFETY: allocated with this layout.
            unsafe { dealloc(memory.as_ptr(), layout) };
        }
    }
}

pub use system::free_chunk;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn huge_grows_in_place_and_moves() {
        for growable in [true, false] {
            grow_and_release(allocate(HUGE_BYTES, growable).expect("memory"));
        }
    }

    fn grow_and_release(mut region: Region) {
        // SAFETY: the region is ours and as large as `committed` says.
        unsafe {
            region.memory.write(7);
            let mut bytes = HUGE_BYTES;
            while bytes < 1 << 28 {
                bytes *= 2;
                region = grow(region, HUGE_BYTES, bytes).expect("memory");
                assert_eq!(region.memory.addr().get() % BLOCK_BYTES, 0);
                assert_eq!(region.memory.read(), 7);
                region.memory.add(bytes - 1).write(1);
            }
            while release_tail(&mut region, 1 << 20) {}
            assert!(!cfg!(unix) || region.memory.read() == 7);
            release(region);
        }
    }
}
