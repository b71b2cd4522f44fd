//! Lua strings: a header of 16 bytes, then the bytes.
//!
//! Strings of up to [`MAX_SHORT`] bytes are interned: equal bytes, same object. Longer ones are interned only when they
//! become a key that inline caches or shapes compare by address (constants, field names).

#![allow(unsafe_code, reason = "bytes stored behind the header")]

use std::fmt;

use crate::object::{Gc, Header, flags};

/// Longest string that is always interned, in bytes.
pub const MAX_SHORT: usize = 40;
/// Longest string at all, in bytes.
pub const MAX_LEN: usize = i32::MAX as usize;

/// A string object; `header.word` is its length in bytes.
#[repr(C)]
pub struct LuaString {
    pub header: Header,
    /// Hash of the bytes of an interned string ([`flags::INTERNED`]); 0 for a long one, which is hashed at each use.
    hash: u32,
    _reserved: u32,
    // `header.word` bytes follow.
}

const _: () = assert!(size_of::<LuaString>() == 16);

impl LuaString {
    /// Where the hash is.
    pub(crate) const HASH: usize = std::mem::offset_of!(LuaString, hash);

    /// Size of a string object of `len` bytes.
    pub(crate) const fn size(len: usize) -> usize {
        size_of::<LuaString>() + len
    }

    /// The part before the bytes, for the heap that builds strings.
    pub(crate) fn head(header: Header, hash: u32) -> LuaString {
        LuaString { header, hash, _reserved: 0 }
    }

    #[inline(always)]
    pub fn len(&self) -> usize {
        self.header.word as usize
    }

    pub fn is_empty(&self) -> bool {
        self.header.word == 0
    }

    #[inline(always)]
    pub fn as_bytes(&self) -> &[u8] {
        // SAFETY: the heap allocates `size(len)` bytes for a string and fills them before anyone sees it.
        unsafe { std::slice::from_raw_parts((&raw const *self).add(1).cast::<u8>(), self.len()) }
    }

    pub fn is_interned(&self) -> bool {
        self.header.flags & flags::INTERNED != 0
    }

    /// Whether some shape has this string as a key.
    #[inline(always)]
    pub fn is_shape_key(&self) -> bool {
        self.header.flags & flags::SHAPE_KEY != 0
    }

    /// Hash of the bytes, never 0.
    #[inline(always)]
    pub fn hash(&self) -> u32 {
        if self.hash != 0 { self.hash } else { hash_bytes(self.as_bytes()) }
    }

    /// Equality of two different objects: never for two interned strings, by bytes otherwise.
    #[cold]
    pub(crate) fn equals_long(&self, other: Gc<LuaString>) -> bool {
        !(self.is_interned() && other.is_interned()) && self.as_bytes() == other.as_bytes()
    }

    /// The text, with bytes that are no UTF-8 replaced.
    pub fn to_text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(self.as_bytes())
    }
}

impl fmt::Debug for LuaString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_text())
    }
}

/// The hash of a string: the same in every run. Never 0. FxHash's multiply-rotate over 8-byte words.
pub fn hash_bytes(bytes: &[u8]) -> u32 {
    const K: u64 = 0x517c_c1b7_2722_0a95;
    let mut hash = bytes.len() as u64;
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let word = u64::from_le_bytes([
            chunk[0], chunk[1], chunk[2], chunk[3], chunk[4], chunk[5], chunk[6], chunk[7],
        ]);
        hash = (hash.rotate_left(5) ^ word).wrapping_mul(K);
    }
    let mut tail = 0;
    for (i, &byte) in chunks.remainder().iter().enumerate() {
        tail |= (byte as u64) << (8 * i);
    }
    hash = (hash.rotate_left(5) ^ tail).wrapping_mul(K);
    ((hash >> 32) as u32 ^ (hash >> 7) as u32) | 1
}
