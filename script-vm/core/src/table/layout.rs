//! How tables lie in memory. Compiled code reads these structures at fixed offsets ([`offsets`]).
//!
//! A table has up to three parts: an array of values 1 .. n in one of several element kinds, string-keyed fields in
//! slots at places that the table's shape gives (the first few inline behind the table, the rest in [`Slots`]), and a
//! [`Dict`] for every other key. A table whose shape is [`ShapeId::DICTIONARY`] keeps its string keys in the dictionary
//! too; one with [`ShapeId::WEAK`] keeps everything there.
//!
//! Invariants: `array_len` elements are valid; the last one is not nil; only the kind [`ArrayKind::Value`] holds nil at
//! all; the dictionary never holds the integer key `array_len + 1` with a value.

#![allow(unsafe_code, reason = "parts of an allocation behind its header")]

use crate::object::{Gc, Header, Kind, flags};
use crate::shape::ShapeId;
use crate::value::{Value, tag};

/// What the elements of an array part are. Transitions go one way: Empty → one of the typed kinds → Value. The number of
/// a typed kind is its elements' tag, so that an element's second word is made by a shift; that of Value is no tag.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum ArrayKind {
    /// No element yet.
    Empty = 0,
    /// 8-byte integers.
    Int = tag::INT as u8,
    /// 8-byte floats.
    Float = tag::FLOAT as u8,
    /// 8-byte pointers to tables.
    Table = tag::TABLE as u8,
    /// 16-byte values, nil among them allowed.
    Value = u8::MAX,
}

impl ArrayKind {
    /// Bytes of an element.
    pub const fn stride(self) -> usize {
        match self {
            ArrayKind::Value => 16,
            ArrayKind::Empty | ArrayKind::Int | ArrayKind::Float | ArrayKind::Table => 8,
        }
    }
}

/// Bit of `header.small[1]` of a table that methods are looked up in or through; see [`super::make_class`].
pub const CLASS: u8 = 0x80;

/// A table. `header.small[0]` is the [`ArrayKind`], `header.small[1]` the number of inline slots with [`CLASS`] above it,
/// `header.word` the [`ShapeId`].
#[repr(C)]
pub struct Table {
    pub header: Header,
    pub metatable: Option<Gc<Table>>,
    /// First array element. The 8 bytes before it are an [`ArrayHead`]. Points into a [`Kind::Buffer`] object, into
    /// this very table behind the inline slots (array allocated with the table), or at [`EMPTY_ARRAY`].
    pub array: *mut u8,
    pub array_len: u32,
    /// Identity hash; 0 until the table is first used as a key.
    pub identity: u32,
    /// Slots beyond the inline ones.
    pub slots: Option<Gc<Slots>>,
    pub dict: Option<Gc<Dict>>,
    // `header.small[1]` inline slots (`Value`) follow, then possibly an `ArrayHead` and an inline array.
}

/// Bytes of a table with `inline` slots and an array of `array_bytes` in it.
pub(crate) const fn table_size(inline: usize, array_bytes: usize) -> usize {
    Table::size(inline, array_bytes)
}

/// Where the first element of an array allocated with a table of `inline` slots lies.
pub(crate) const fn array_offset(inline: usize) -> usize {
    Table::size(inline, 0) + size_of::<ArrayHead>()
}

/// The words of a new empty table by byte offset, for compiled code. The pointer to an array allocated with the table
/// is left as that of a table without one.
pub(crate) fn initial_words(inline: usize, array_bytes: usize) -> Vec<(usize, u64)> {
    let header = Kind::Table as u64
        | (ArrayKind::Empty as u64) << 16
        | (inline as u64) << 24
        | u64::from(ShapeId::EMPTY.0) << 32;
    let mut words = vec![
        (0, header),
        (std::mem::offset_of!(Table, metatable), 0),
        (std::mem::offset_of!(Table, array), empty_array().addr() as u64),
        (std::mem::offset_of!(Table, array_len), 0),
        (std::mem::offset_of!(Table, slots), 0),
        (std::mem::offset_of!(Table, dict), 0),
    ];
    if array_bytes != 0 {
        let offset = array_offset(inline);
        words.push((offset - size_of::<ArrayHead>(), array_bytes as u64 | (offset as u64) << 32));
    }
    words
}

/// What stands before the first array element.
#[derive(Debug)]
#[repr(C)]
pub struct ArrayHead {
    /// Room for this many bytes of elements.
    pub capacity_bytes: u32,
    /// Distance from the beginning of the owning object to the first element, in bytes: 16 in a buffer.
    pub offset: u32,
}

/// Where the array pointer of a table without array points: behind a head that says "no room".
#[repr(C, align(8))]
pub struct EmptyArray {
    head: ArrayHead,
    end: [u64; 1],
}

pub static EMPTY_ARRAY: EmptyArray =
    EmptyArray { head: ArrayHead { capacity_bytes: 0, offset: 0 }, end: [0] };

/// The array pointer of a table without elements.
pub fn empty_array() -> *mut u8 {
    (&raw const EMPTY_ARRAY.end).cast_mut().cast()
}

/// An array part of its own: header, [`ArrayHead`], elements. Not used for arrays allocated with their table.
#[repr(C)]
pub struct Buffer {
    pub header: Header,
    pub head: ArrayHead,
}

/// Fields beyond the inline slots. `header.word` is the capacity in values.
#[repr(C)]
pub struct Slots {
    pub header: Header,
    // Values follow.
}

impl Slots {
    pub(crate) const fn size(capacity: usize) -> usize {
        size_of::<Slots>() + capacity * size_of::<Value>()
    }
}

// Through `Gc`, whose pointer is good for the whole allocation; a reference is good for the header alone.
impl Gc<Slots> {
    #[inline(always)]
    pub(crate) fn values_ptr(self) -> *mut Value {
        // SAFETY: one past the header of an allocation of `size(capacity)` bytes.
        unsafe { self.as_ptr().add(1).cast() }
    }
}

/// A hash part: entries in order of insertion, then an open-addressing index of `{hash, entry + 1}` pairs (0: free).
/// Layout: this struct, `capacity` × [`DictEntry`], `index_len` × `u64`.
#[repr(C)]
pub struct Dict {
    pub header: Header,
    /// Entries in use, deleted ones (nil value) included.
    pub used: u32,
    /// Entries that there is room for.
    pub capacity: u32,
    /// Entries whose value is not nil, at most (deletions by nil stores are counted when the dictionary is rebuilt).
    pub live: u32,
    /// Length of the index, a power of two; `hash >> index_shift` is the first place to look (hash has 32 bits).
    pub index_len: u32,
    pub index_shift: u32,
    /// Not 0 if a positive integer was among the keys since the dictionary was built: an array that grows may have to take
    /// that over.
    pub has_elements: u32,
}

/// An entry of a dictionary; deleted if `value` is nil. Its key stays so that `next` can go on from it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct DictEntry {
    pub key: Value,
    pub value: Value,
}

impl Dict {
    pub(crate) const fn size(capacity: usize, index_len: usize) -> usize {
        size_of::<Dict>() + capacity * size_of::<DictEntry>() + index_len * 8
    }
}

impl Gc<Dict> {
    #[inline(always)]
    pub(crate) fn entries_ptr(self) -> *mut DictEntry {
        // SAFETY: one past the header of an allocation of `size(..)` bytes.
        unsafe { self.as_ptr().add(1).cast() }
    }

    #[inline(always)]
    pub(crate) fn index_ptr(self) -> *mut u64 {
        // SAFETY: behind `capacity` entries, within the allocation.
        unsafe { self.entries_ptr().add(self.capacity as usize).cast() }
    }

    /// The entries in use, deleted ones included.
    pub(crate) fn entries<'a>(self) -> &'a [DictEntry] {
        // SAFETY: the first `used` entries are initialized.
        unsafe { std::slice::from_raw_parts(self.entries_ptr(), self.used as usize) }
    }
}

impl Table {
    /// Bytes of a table object with `inline` slots and an array of `array_bytes` allocated with it.
    pub(crate) const fn size(inline: usize, array_bytes: usize) -> usize {
        let array = if array_bytes == 0 { 0 } else { size_of::<ArrayHead>() + array_bytes };
        size_of::<Table>() + inline * size_of::<Value>() + array
    }

    #[inline(always)]
    pub fn shape(&self) -> ShapeId {
        ShapeId(self.header.word)
    }

    #[inline(always)]
    pub(crate) fn set_shape(&mut self, shape: ShapeId) {
        self.header.word = shape.0;
    }

    #[inline(always)]
    pub fn array_kind(&self) -> ArrayKind {
        match self.header.small[0] {
            kind if kind == ArrayKind::Empty as u8 => ArrayKind::Empty,
            kind if kind == ArrayKind::Int as u8 => ArrayKind::Int,
            kind if kind == ArrayKind::Float as u8 => ArrayKind::Float,
            kind if kind == ArrayKind::Table as u8 => ArrayKind::Table,
            _ => ArrayKind::Value,
        }
    }

    /// Whether code may rely on the table's fields.
    #[inline(always)]
    pub fn is_watched(&self) -> bool {
        self.header.flags & flags::WATCHED != 0
    }

    /// Whether methods are looked up in the table or through it.
    #[inline(always)]
    pub fn is_class(&self) -> bool {
        self.header.small[1] & CLASS != 0
    }

    #[inline(always)]
    pub fn inline_slots(&self) -> usize {
        (self.header.small[1] & !CLASS) as usize
    }
}

impl Gc<Table> {
    #[inline(always)]
    pub(crate) fn inline_ptr(self) -> *mut Value {
        // SAFETY: one past the header of an allocation of `size(inline_slots, ..)` bytes.
        unsafe { self.as_ptr().add(1).cast() }
    }

    /// Address of field slot `index`, which the table's shape has.
    #[inline(always)]
    pub(crate) fn slot_ptr(self, index: usize) -> *mut Value {
        let inline = self.inline_slots();
        if index < inline {
            // SAFETY: inline slots lie behind the table.
            unsafe { self.inline_ptr().add(index) }
        } else {
            debug_assert!(self.slots.is_some());
            // SAFETY: a shape with more fields than inline slots has its slots allocated, with room for all of them.
            unsafe { self.slots.unwrap_unchecked().values_ptr().add(index - inline) }
        }
    }
}

impl Table {
    #[inline(always)]
    pub(crate) fn array_head(&self) -> &ArrayHead {
        // SAFETY: every array pointer has a head before it.
        unsafe { &*self.array.cast::<ArrayHead>().sub(1) }
    }

    /// The buffer object that holds the array, if it is one of its own.
    pub(crate) fn array_buffer(&self) -> Option<Gc<Buffer>> {
        if self.array_head().offset != size_of::<Buffer>() as u32 {
            return None;
        }
        // SAFETY: an offset of 16 says that the array lies in a buffer (an inline array lies further behind).
        unsafe { Some(Gc::new(self.array.sub(size_of::<Buffer>()).cast())) }
    }
}

const _: () = {
    assert!(size_of::<Table>() == 48);
    assert!(size_of::<Buffer>() == 16);
    assert!(size_of::<Dict>() == 32);
    assert!(Kind::Buffer as u8 != Kind::Table as u8);
};
