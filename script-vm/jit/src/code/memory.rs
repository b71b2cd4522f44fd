//! Pages of machine code. A page is writable or executable, never both: code is written into fresh pages, which then
//! become executable for good.

#![allow(unsafe_code, reason = "addresses of code become functions")]

use std::sync::Arc;

use memmap2::{Mmap, MmapMut};

use super::target::CodeError;

/// Functions of a segment begin at multiples of this.
const ALIGNMENT: usize = 16;

/// Machine code of one batch of functions, which share its pages. The code is position independent and calls nothing by
/// relative address.
#[derive(Debug)]
pub struct CodeSegment {
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
        let mut pages = MmapMut::map_anon(size.max(1)).map_err(CodeError::Memory)?;
        for (code, &offset) in functions.iter().zip(&offsets) {
            pages[offset..offset + code.len()].copy_from_slice(code);
        }
        let pages = pages.make_exec().map_err(CodeError::Memory)?;
        Ok((Arc::new(CodeSegment { pages }), offsets))
    }

    /// The address of the code at an offset.
    pub fn at(&self, offset: usize) -> *const u8 {
        self.pages[offset..].as_ptr()
    }
}
