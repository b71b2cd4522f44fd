//! The table of interned strings, and the making of strings.
//!
//! The table holds strings weakly: the sweep takes dead ones out. A string that is found in it while it is (maybe) dead
//! but not swept is brought back to life by its mark bit. Open addressing with linear probing; a cell holds 16 bits of
//! the hash above the address (48 bits of user space). It grows by a few cells with each insertion and gives the old table
//! back piece by piece, so no insertion pays for a whole table.
//!
//! Invariant: exactly the allocated strings with [`flags::INTERNED`] are in the table, each once, no two alike.

#![allow(unsafe_code, reason = "strings are built in raw memory")]

use std::alloc::{Layout, handle_alloc_error};

use super::block::Cell;
use super::cycle::Phase;
use super::tunables::{INTERN_FIRST_LEN, INTERN_MIGRATE, MAX_SMALL, RELEASE_SLICE};
use super::{EMPTY_STRING, Heap, OutOfMemory, Space};
use crate::object::{Gc, Header, Kind, flags};
use crate::string::{LuaString, MAX_LEN, MAX_SHORT, hash_bytes};

const FREE: u64 = 0;
/// A string was here; a search goes on.
const GONE: u64 = 1;
const ADDRESS_BITS: u32 = 48;
const ADDRESS: u64 = (1 << ADDRESS_BITS) - 1;

/// Interned strings by their bytes.
#[derive(Default)]
pub struct Interner {
    cells: Vec<u64>,
    /// Cells of `cells` that are not free.
    filled: usize,
    /// The table before it grew, less the cells at its end that were moved and given back.
    old: Vec<u64>,
    /// Length of `old` when it was whole.
    old_len: usize,
    count: usize,
}

fn cell_of(string: Gc<LuaString>, hash: u32) -> u64 {
    string.addr() | u64::from(hash >> 16) << ADDRESS_BITS
}

fn string_of(cell: u64) -> Option<Gc<LuaString>> {
    (cell > GONE).then(|| Gc::from_addr(cell & ADDRESS))
}

/// Looks for the cell that `is_it`, beginning where `hash` says, in a table of which the first of `len` cells are left.
fn probe(cells: &[u64], len: usize, hash: u32, is_it: impl Fn(u64) -> bool) -> Option<usize> {
    let mask = len.checked_sub(1)?;
    // The lowest bit of a hash is always set.
    let mut place = (hash >> 1) as usize & mask;
    // What is cut off counts as gone; so there may be no free cell to end the search.
    for _ in 0..=cells.len() {
        match cells.get(place) {
            None => place = 0,
            Some(&FREE) => return None,
            Some(&cell) => {
                if cell != GONE && (cell >> ADDRESS_BITS) as u32 == hash >> 16 && is_it(cell) {
                    return Some(place);
                }
                place = (place + 1) & mask;
            }
        }
    }
    None
}

/// Takes a string out of one table.
fn remove_from(cells: &mut [u64], len: usize, string: Gc<LuaString>, hash: u32) -> bool {
    let wanted = cell_of(string, hash);
    let Some(place) = probe(cells, len, hash, |cell| cell == wanted) else { return false };
    cells[place] = GONE;
    true
}

impl Interner {
    pub fn find(&self, bytes: &[u8], hash: u32) -> Option<Gc<LuaString>> {
        let is_it =
            |cell| string_of(cell).is_some_and(|s| s.len() == bytes.len() && s.as_bytes() == bytes);
        for (cells, len) in [(&self.cells, self.cells.len()), (&self.old, self.old_len)] {
            if let Some(place) = probe(cells, len, hash, is_it) {
                return string_of(cells[place]);
            }
        }
        None
    }

    /// Adds a string that is not there.
    fn insert(&mut self, string: Gc<LuaString>) {
        // Half full at most: most searches are for strings that are not there, and those go on to a free cell.
        if self.filled * 2 >= self.cells.len() {
            self.grow();
        }
        self.migrate(INTERN_MIGRATE);
        self.put(string);
        self.count += 1;
    }

    fn put(&mut self, string: Gc<LuaString>) {
        let hash = string.hash();
        let mask = self.cells.len() - 1;
        let mut place = (hash >> 1) as usize & mask;
        while self.cells[place] > GONE {
            place = (place + 1) & mask;
        }
        self.filled += usize::from(self.cells[place] == FREE);
        self.cells[place] = cell_of(string, hash);
    }

    fn grow(&mut self) {
        self.migrate(usize::MAX);
        let len = (self.count * 4).next_power_of_two().max(INTERN_FIRST_LEN);
        // Zeroed by the system, page by page as it is used.
        self.old = std::mem::replace(&mut self.cells, vec![FREE; len]);
        self.old_len = self.old.len();
        self.filled = 0;
    }

    /// Moves up to `limit` cells from the end of the old table, and gives its memory back piece by piece.
    fn migrate(&mut self, limit: usize) {
        for _ in 0..limit.min(self.old.len()) {
            if let Some(string) = self.old.pop().and_then(string_of) {
                self.put(string);
            }
            if self.old.len().is_multiple_of(RELEASE_SLICE / size_of::<u64>()) {
                self.old.shrink_to_fit();
            }
        }
    }

    /// Takes a dead string out.
    pub fn remove(&mut self, string: Gc<LuaString>) {
        let hash = string.hash();
        let len = self.cells.len();
        let found = remove_from(&mut self.cells, len, string, hash)
            || remove_from(&mut self.old, self.old_len, string, hash);
        debug_assert!(found, "interned string is not in the table");
        self.count -= usize::from(found);
    }

    pub fn len(&self) -> usize {
        self.count
    }

    /// All strings in the table, for the verifier.
    pub fn iter(&self) -> impl Iterator<Item = Gc<LuaString>> + '_ {
        self.cells.iter().chain(&self.old).filter_map(|&cell| string_of(cell))
    }
}

impl Heap {
    /// The interned string with these bytes, whatever its length. Goes over the memory limit if need be (the next
    /// safepoint hears of it).
    pub fn intern(&mut self, bytes: &[u8]) -> Gc<LuaString> {
        if let (..=1, Some(strings)) = (bytes.len(), &self.byte_strings) {
            return strings[bytes.first().map_or(EMPTY_STRING, |&byte| usize::from(byte))];
        }
        let hash = hash_bytes(bytes);
        if let Some(string) = self.strings.find(bytes, hash) {
            self.revive(string);
            return string;
        }
        let mut string = self.make_unlimited(bytes, hash);
        string.header.flags |= flags::INTERNED;
        self.strings.insert(string);
        string
    }

    /// The interned string equal to `string`.
    pub fn intern_string(&mut self, string: Gc<LuaString>) -> Gc<LuaString> {
        if string.is_interned() { string } else { self.intern(string.as_bytes()) }
    }

    /// A string with these bytes; interned if it is short.
    #[inline]
    pub fn new_string(&mut self, bytes: &[u8]) -> Result<Gc<LuaString>, OutOfMemory> {
        if bytes.len() <= MAX_SHORT { Ok(self.intern(bytes)) } else { self.make(bytes, 0) }
    }

    /// A string of `len` bytes that `fill` writes (they are 0 before).
    pub fn new_string_with(
        &mut self,
        len: usize,
        fill: impl FnOnce(&mut [u8]),
    ) -> Result<Gc<LuaString>, OutOfMemory> {
        if len <= MAX_SHORT {
            let mut bytes = [0; MAX_SHORT];
            fill(&mut bytes[..len]);
            return Ok(self.intern(&bytes[..len]));
        }
        let string = self.make_raw(len, 0)?;
        // SAFETY: `len` bytes follow the head; they are initialized before the slice exists.
        let bytes = unsafe {
            let first = string.add(1).cast::<u8>();
            first.write_bytes(0, len);
            std::slice::from_raw_parts_mut(first, len)
        };
        fill(bytes);
        // SAFETY: the string is complete.
        Ok(unsafe { Gc::new(string) })
    }

    fn make(&mut self, bytes: &[u8], hash: u32) -> Result<Gc<LuaString>, OutOfMemory> {
        let string = self.make_raw(bytes.len(), hash)?;
        // SAFETY: the bytes have room behind the head of the new string.
        unsafe {
            string.add(1).cast::<u8>().copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
            Ok(Gc::new(string))
        }
    }

    /// A string's memory and head; the caller fills in the bytes.
    fn make_raw(&mut self, len: usize, hash: u32) -> Result<*mut LuaString, OutOfMemory> {
        if len > MAX_LEN {
            return Err(OutOfMemory);
        }
        let size = LuaString::size(len);
        let string: *mut LuaString = self.try_alloc(Space::Strings, size)?.cast();
        let header = Header {
            flags: self.flags_of_new(size),
            word: len as u32,
            ..Header::new(Kind::String)
        };
        // SAFETY: the heap gave `size` bytes.
        unsafe { string.write(LuaString::head(header, hash)) };
        Ok(string)
    }

    fn make_unlimited(&mut self, bytes: &[u8], hash: u32) -> Gc<LuaString> {
        if LuaString::size(bytes.len()) <= MAX_SMALL
            && let Ok(string) = self.make(bytes, hash)
        {
            return string;
        }
        let limit = self.pacing.limit.take();
        let made = self.make(bytes, hash);
        self.pacing.limit = limit;
        match made {
            Ok(string) => string,
            Err(OutOfMemory) => handle_alloc_error(Layout::for_value(bytes)),
        }
    }

    /// Keeps a string that was found by its bytes: marking may not have reached it, or it may be dead but not swept.
    #[inline]
    pub(super) fn revive(&mut self, string: Gc<LuaString>) {
        if self.phase == Phase::Idle {
            return;
        }
        // SAFETY: strings in the table are allocated.
        let cell = unsafe { Cell::of(string.as_ptr().cast()) };
        if !cell.is_swept(self.epoch) && cell.mark() {
            self.pacing.marked_bytes += cell.bytes();
        }
    }
}
