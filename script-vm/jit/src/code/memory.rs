//! Pages of machine code. A page is writable or executable, never both: code is written into fresh pages, which then
//! become executable for good.
//!
//! Functions that were finished together share a segment, so that pages are full and the system is asked once for many.
//! A segment lives as long as any of its functions, which is why its pages, not its functions, are what takes memory
//! ([`CodeSegment::page_bytes`]). Neighbours: `worker` says which functions make a batch; `engine` counts pages.

#![allow(unsafe_code, reason = "addresses of code become functions")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use memmap2::{Mmap, MmapMut};

use super::target::CodeError;

/// Functions of a segment begin at multiples of this.
const ALIGNMENT: usize = 16;

/// What the system gives memory in. Where its pages are larger, the count is too low.
pub const PAGE_BYTES: usize =
    if cfg!(all(target_vendor = "apple", target_arch = "aarch64")) { 16 << 10 } else { 4 << 10 };

/// A number that no other segment of the process ever has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SegmentId(u64);

impl SegmentId {
    fn next() -> SegmentId {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        // Nothing but the number passes between threads here.
        SegmentId(NEXT.fetch_add(1, Relaxed))
    }
}

/// Machine code of one batch of functions, which share its pages. The code is position independent and calls nothing by
/// relative address.
#[derive(Debug)]
pub struct CodeSegment {
    id: SegmentId,
    pages: Mmap,
}

impl CodeSegment {
    /// Places the functions one after the other; returns the segment and where each begins in it.
    ///
    /// # Errors
    /// The system gives no pages, or does not let them be executed.
    pub fn new(functions: &[&[u8]]) -> Result<(Arc<CodeSegment>, Vec<usize>), CodeError> {
        let mut offsets = Vec::with_capacity(functions.len());
        let mut size = 0usize;
        for code in functions {
            offsets.push(size);
            size = (size + code.len()).next_multiple_of(ALIGNMENT);
        }
        let mut pages = MmapMut::map_anon(size.max(1)).map_err(CodeError::memory)?;
        for (code, &offset) in functions.iter().zip(&offsets) {
            pages[offset..offset + code.len()].copy_from_slice(code);
        }
        let pages = pages.make_exec().map_err(CodeError::memory)?;
        Ok((Arc::new(CodeSegment { id: SegmentId::next(), pages }), offsets))
    }

    pub fn id(&self) -> SegmentId {
        self.id
    }

    /// Bytes of whole pages that it takes.
    pub fn page_bytes(&self) -> usize {
        self.pages.len().next_multiple_of(PAGE_BYTES)
    }

    /// The address of the code at an offset.
    pub fn at(&self, offset: usize) -> *const u8 {
        self.pages[offset..].as_ptr()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_lie_one_after_the_other_and_share_pages() {
        let functions: [&[u8]; 4] = [&[1; 100], &[2; 16], &[], &[3; 5000]];
        let (segment, offsets) = CodeSegment::new(&functions).expect("pages");
        assert_eq!(offsets, [0, 112, 128, 128]);
        assert_eq!(segment.page_bytes(), 8192_usize.next_multiple_of(PAGE_BYTES));
        for (code, &offset) in functions.iter().zip(&offsets) {
            assert_eq!(&segment.pages[offset..offset + code.len()], *code);
        }
    }

    #[test]
    fn every_segment_has_a_number_of_its_own() {
        let (one, _) = CodeSegment::new(&[&[0xc3]]).expect("a page");
        let id = one.id();
        drop(one);
        let (other, _) = CodeSegment::new(&[&[0xc3]]).expect("a page");
        assert_ne!(other.id(), id);
    }

    /// Prints what it takes to free the code of a storm: `cargo test --release -- --ignored --nocapture`.
    #[test]
    #[ignore = "measures"]
    fn what_freeing_takes() {
        let code = vec![0xcc; 4500];
        for (functions, what) in [(1, "alone"), (14, "in batches of 64 KiB")] {
            let batch = vec![&code[..]; functions];
            let segments: Vec<_> =
                (0..1120 / functions).map(|_| CodeSegment::new(&batch).expect("pages").0).collect();
            let count = segments.len();
            let begun = std::time::Instant::now();
            drop(segments);
            let taken = begun.elapsed();
            println!("1120 functions {what}: {taken:?}, {:?} a segment", taken / count as u32);
        }
    }
}
