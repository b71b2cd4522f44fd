//! What every heap object begins with, and the pointer to one.
//!
//! Invariant: a [`Gc`] points to a live object. Collection runs only at safepoints of the interpreter, so a `Gc` held
//! by Rust code stays valid until that code calls back into Lua or returns; what must live longer has to be reachable
//! from a root (a Lua stack slot, a handle, another object). This is what makes `Deref` sound, and what whoever calls
//! into Lua has to keep.

#![allow(unsafe_code, reason = "pointers into the garbage-collected heap")]

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

/// The kinds of heap objects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Kind {
    String,
    Table,
    Closure,
    Native,
    Userdata,
    Thread,
    Upvalue,
    Proto,
    /// Array part of a table; traced through its table.
    Buffer,
    /// Hash part of a table; traced through its table.
    Dict,
    /// Fields of a table beyond its inline slots; traced through its table.
    Slots,
}

/// First 8 bytes of every heap object.
#[derive(Debug)]
#[repr(C)]
pub struct Header {
    pub kind: Kind,
    /// Bits of [`flags`].
    pub flags: u8,
    /// Two bytes that the kind uses as it likes.
    pub small: [u8; 2],
    /// Four bytes that the kind uses as it likes (a table's shape, a string's length, an identity).
    pub word: u32,
}

/// Bits of [`Header::flags`].
pub mod flags {
    /// The object lies in the large-object space.
    pub const LARGE: u8 = 1;
    /// String: in the table of interned strings.
    pub const INTERNED: u8 = 2;
    /// Table: code may rely on its fields; see [`crate::assumptions`].
    pub const WATCHED: u8 = 2;
    /// String: some shape has it as a key, so it never dies.
    pub const SHAPE_KEY: u8 = 4;
    /// Table or userdata: its metatable has a `__gc` and it is on the list of finalizable objects.
    pub const FINALIZABLE: u8 = 4;
    /// Table: its metatable had `__mode` with 'k' when it was set.
    pub const WEAK_KEYS: u8 = 8;
    /// Table: its metatable had `__mode` with 'v' when it was set.
    pub const WEAK_VALUES: u8 = 16;
    /// Table: serves as a metatable of some object.
    pub const METATABLE: u8 = 32;
    /// Table: was ever given the key `__mode`.
    pub const HAS_MODE: u8 = 64;
    /// Table: was ever given the key `__newindex`.
    pub const HAS_NEWINDEX: u8 = 128;
}

impl Header {
    pub const fn new(kind: Kind) -> Header {
        Header { kind, flags: 0, small: [0; 2], word: 0 }
    }

    /// The header as it lies in memory, as one word.
    pub const fn bits(&self) -> u64 {
        self.kind as u64
            | (self.flags as u64) << 8
            | (self.small[0] as u64) << 16
            | (self.small[1] as u64) << 24
            | (self.word as u64) << 32
    }
}

/// Any heap object, seen as its header.
#[derive(Debug)]
#[repr(C)]
pub struct Object {
    pub header: Header,
}

impl Object {
    pub fn kind(&self) -> Kind {
        self.header.kind
    }
}

/// A pointer to a live heap object that begins with a [`Header`].
pub struct Gc<T> {
    pointer: NonNull<T>,
    _owned_by_heap: PhantomData<*mut T>,
}

impl<T> Gc<T> {
    /// # Safety
    /// `pointer` is a live heap object of type `T`.
    #[inline(always)]
    pub unsafe fn new(pointer: *mut T) -> Gc<T> {
        debug_assert!(!pointer.is_null());
        // SAFETY: the caller says that the object exists.
        Gc { pointer: unsafe { NonNull::new_unchecked(pointer) }, _owned_by_heap: PhantomData }
    }

    /// Null becomes nothing.
    ///
    /// # Safety
    /// `pointer` is null or a live heap object of type `T`.
    #[inline(always)]
    pub unsafe fn from_nullable(pointer: *mut T) -> Option<Gc<T>> {
        NonNull::new(pointer).map(|pointer| Gc { pointer, _owned_by_heap: PhantomData })
    }

    #[inline(always)]
    pub(crate) fn from_addr(addr: u64) -> Gc<T> {
        debug_assert!(addr != 0);
        // SAFETY: only payloads of traced values come here, and these are live objects (the file's invariant).
        unsafe { Gc::new(addr as usize as *mut T) }
    }

    #[inline(always)]
    pub fn as_ptr(self) -> *mut T {
        self.pointer.as_ptr()
    }

    #[inline(always)]
    pub fn addr(self) -> u64 {
        self.pointer.as_ptr() as usize as u64
    }

    /// The same object seen as another type.
    #[inline(always)]
    pub(crate) fn cast<U>(self) -> Gc<U> {
        Gc { pointer: self.pointer.cast(), _owned_by_heap: PhantomData }
    }

    #[inline(always)]
    pub fn same(self, other: Gc<T>) -> bool {
        self.pointer == other.pointer
    }
}

impl<T> Clone for Gc<T> {
    #[inline(always)]
    fn clone(&self) -> Gc<T> {
        *self
    }
}

impl<T> Copy for Gc<T> {}

impl<T> PartialEq for Gc<T> {
    fn eq(&self, other: &Gc<T>) -> bool {
        self.pointer == other.pointer
    }
}

impl<T> Eq for Gc<T> {}

impl<T> Hash for Gc<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.pointer.hash(state);
    }
}

impl<T> fmt::Debug for Gc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:p}", self.pointer)
    }
}

impl<T> Deref for Gc<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: the object is live (the file's invariant), and only one thread touches the heap.
        unsafe { self.pointer.as_ref() }
    }
}

impl<T> DerefMut for Gc<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as for `deref`; no reference is kept across a call that may reach the same object.
        unsafe { self.pointer.as_mut() }
    }
}
