//! Text being built by a library function: a byte vector that respects the script's memory limit.
//!
//! The VM keeps one spare vector, so that building short texts allocates nothing. A buffer that is dropped on the way
//! (an error) costs the next user an allocation, nothing else.

use super::Outcome;
use crate::native::{Cx, Raised};
use crate::tostring::{MAX_NUMBER_TEXT, write_number};
use crate::value::Value;

/// A spare vector larger than this is freed, in bytes.
const MAX_SPARE: usize = 1 << 16;

/// Below this length nothing is checked: the heap's own limit catches what results, in bytes.
const UNCHECKED: usize = 1 << 16;

/// Bytes that will be a string.
#[derive(Debug)]
pub struct Buffer {
    bytes: Vec<u8>,
    /// Length up to which the memory limit is known to allow the text.
    allowed: usize,
}

impl Buffer {
    /// An empty buffer.
    pub fn new(cx: &mut Cx<'_>) -> Buffer {
        let mut bytes = std::mem::take(&mut cx.vm().stdlib.spare);
        bytes.clear();
        Buffer { bytes, allowed: UNCHECKED }
    }

    /// Bytes built so far.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The vector itself, to append a bounded number of bytes to.
    pub fn raw(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Appends `bytes`.
    ///
    /// # Errors
    /// The memory limit.
    #[inline]
    pub fn push(&mut self, cx: &mut Cx<'_>, bytes: &[u8]) -> Result<(), Raised> {
        self.check(cx, bytes.len())?;
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// Appends `count` times `byte`.
    ///
    /// # Errors
    /// The memory limit.
    pub fn fill(&mut self, cx: &mut Cx<'_>, count: usize, byte: u8) -> Result<(), Raised> {
        self.check(cx, count)?;
        self.bytes.resize(self.bytes.len() + count, byte);
        Ok(())
    }

    /// Appends the text of a string or number; false if it is something else.
    ///
    /// # Errors
    /// The memory limit.
    #[inline]
    pub fn push_text(&mut self, cx: &mut Cx<'_>, value: Value) -> Result<bool, Raised> {
        if let Some(string) = value.as_string() {
            self.push(cx, string.as_bytes())?;
        } else if value.is_number() {
            let mut text = [0; MAX_NUMBER_TEXT];
            let length = write_number(&mut text, value);
            self.push(cx, &text[..length])?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// Checks that `more` bytes may be appended.
    ///
    /// # Errors
    /// The memory limit.
    #[inline]
    pub fn check(&mut self, cx: &mut Cx<'_>, more: usize) -> Result<(), Raised> {
        if self.bytes.len() + more <= self.allowed { Ok(()) } else { self.ask(cx, more) }
    }

    #[cold]
    #[inline(never)]
    fn ask(&mut self, cx: &mut Cx<'_>, more: usize) -> Result<(), Raised> {
        let wanted = self.bytes.len() + more;
        // Asks for more than is needed, so that it asks seldom.
        for allowed in [wanted * 2, wanted] {
            if wanted <= crate::string::MAX_LEN && cx.vm().heap.check_limit(allowed).is_ok() {
                self.allowed = allowed;
                return Ok(());
            }
        }
        Err(cx.out_of_memory())
    }

    /// The text as a string value.
    ///
    /// # Errors
    /// The memory limit.
    pub fn finish(self, cx: &mut Cx<'_>) -> Result<Value, Raised> {
        let string = cx.new_str(&self.bytes);
        self.release(cx);
        string
    }

    /// Returns the text from the running function.
    ///
    /// # Errors
    /// The memory limit.
    pub(super) fn ret(self, cx: &mut Cx<'_>) -> Outcome {
        let string = self.finish(cx)?;
        cx.ret1(string)
    }

    /// Gives the memory back for the next buffer.
    pub fn release(self, cx: &mut Cx<'_>) {
        if self.bytes.capacity() <= MAX_SPARE {
            cx.vm().stdlib.spare = self.bytes;
        }
    }
}
