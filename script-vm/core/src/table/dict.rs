//! The hash part: entries in order of insertion behind an open-addressing index.
//!
//! An index cell is `hash << 32 | entry + 1`, or 0 when free; it is found by linear probing from `hash >> index_shift`.
//! Hashes do not depend on addresses. An entry is deleted by a nil value and keeps its key and its place until the
//! dictionary is rebuilt, which only an insertion does: so a traversal may delete, but not insert. An integer that belongs
//! to the array has no entry, not even a deleted one.

#![allow(unsafe_code, reason = "entries and index behind the header")]

use crate::heap::{Heap, OutOfMemory, Space};
use crate::object::{Gc, Kind};
use crate::plant::{self, Bug};
use crate::string::LuaString;
use crate::table::layout::{Dict, DictEntry, Table};
use crate::value::{META_INT, META_STRING, Value, tag};

/// Smallest number of entries.
const MIN_CAPACITY: usize = 4;
/// Multiplier of the hash: 2^64 divided by the golden ratio (Knuth, TAOCP 6.4).
pub const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

/// Hash of an integer key: the high half of a multiplication, whose high bits choose the place.
#[inline(always)]
pub fn hash_int(key: i64) -> u32 {
    ((key as u64).wrapping_mul(MULTIPLIER) >> 32) as u32
}

/// Hash of any key but nil; nothing for an object that never was a key (it is in no dictionary).
#[inline]
pub fn hash_key(key: Value) -> Option<u32> {
    Some(match key.tag() {
        tag::INT => hash_int(key.raw_int()),
        tag::STRING => key.object().cast::<LuaString>().hash(),
        tag::TABLE => hash_int(known(key.object().cast::<Table>().identity)?),
        tag::CLOSURE | tag::NATIVE | tag::USERDATA | tag::THREAD => {
            hash_int(known(key.object().header.word)?)
        }
        _ => hash_int(canonical_bits(key) as i64),
    })
}

fn known(identity: u32) -> Option<i64> {
    (identity != 0).then_some(identity as i64 | 1 << 32)
}

/// Equal values have equal bits here (−0.0 is 0.0 in a vector).
fn canonical_bits(key: Value) -> u64 {
    let lane = |index| u64::from((key.lane(index) + 0.0).to_bits());
    match key.tag() {
        tag::VEC2 => lane(0) | lane(1) << 32,
        tag::VEC3 => (lane(0) | lane(1) << 32) ^ lane(2).wrapping_mul(MULTIPLIER),
        _ => key.payload ^ (key.meta >> 3),
    }
}

/// Gives an object that becomes a key its identity hash.
fn ensure_identity(heap: &mut Heap, key: Value) {
    match key.tag() {
        tag::TABLE => {
            let mut table = key.object().cast::<Table>();
            if table.identity == 0 {
                table.identity = heap.shapes.fresh_identity();
            }
        }
        tag::CLOSURE | tag::NATIVE | tag::USERDATA | tag::THREAD => {
            let mut object = key.object();
            if object.header.word == 0 {
                object.header.word = heap.shapes.fresh_identity();
            }
        }
        _ => {}
    }
}

impl Gc<Dict> {
    #[inline(always)]
    fn entry(self, index: usize) -> *mut DictEntry {
        debug_assert!(index < self.capacity as usize);
        // SAFETY: within the `capacity` entries behind the header.
        unsafe { self.entries_ptr().add(index) }
    }

    /// Looks for the entry whose hash is `hash` and whose key `is_key` says it is.
    #[inline(always)]
    fn probe(self, hash: u32, is_key: impl Fn(&Value) -> bool) -> Option<usize> {
        let mask = self.index_len as usize - 1;
        let mut place = (hash >> self.index_shift) as usize;
        let index = self.index_ptr();
        loop {
            // SAFETY: `place` is below `index_len`, and the index is never full.
            let cell = unsafe { *index.add(place) };
            if cell == 0 {
                return None;
            }
            if (cell >> 32) as u32 == hash {
                let entry = (cell as u32 - 1) as usize;
                // SAFETY: index cells point at entries in use.
                if is_key(unsafe { &(*self.entry(entry)).key }) {
                    return Some(entry);
                }
            }
            place = (place + 1) & mask;
        }
    }

    #[inline]
    pub fn find_int(self, key: i64) -> Option<usize> {
        self.probe(hash_int(key), |known| known.meta == META_INT && known.payload == key as u64)
    }

    /// The entry of a string key.
    #[inline]
    pub fn find_str(self, key: Gc<LuaString>) -> Option<usize> {
        let payload = key.addr();
        if key.is_interned() && key.len() <= crate::string::MAX_SHORT {
            return self
                .probe(key.hash(), |known| known.payload == payload && known.meta == META_STRING);
        }
        self.probe(key.hash(), |known| known.raw_equals(Value::string(key)))
    }

    /// The entry of any key but nil and NaN; floats that are integers must have been converted.
    #[inline]
    pub fn find(self, key: Value) -> Option<usize> {
        match key.tag() {
            tag::INT => self.find_int(key.raw_int()),
            tag::STRING => self.find_str(key.object().cast()),
            tag::FLOAT => self.probe(hash_key(key)?, |known| known.same_bits(key)),
            _ => self.probe(hash_key(key)?, |known| known.raw_equals(key)),
        }
    }

    /// The value of an entry in use.
    #[inline(always)]
    pub fn value(self, entry: usize) -> Value {
        // SAFETY: entries in use are initialized.
        unsafe { (*self.entry(entry)).value }
    }

    /// Stores into an entry in use; the caller has taken care of the write barrier.
    #[inline(always)]
    pub(crate) fn set_value(self, entry: usize, value: Value) {
        // SAFETY: entries in use are initialized.
        unsafe { (*self.entry(entry)).value = value }
    }

    /// Takes an entry out for good, with its key, which belongs to the array from now on: what is left of it would be found
    /// where the key comes back, and by a traversal that has just removed the element.
    pub(super) fn remove(mut self, entry: usize) {
        self.live -= u32::from(!self.value(entry).is_nil());
        self.set_value(entry, Value::NIL);
        if plant::is(Bug::KeyInBothParts) {
            return;
        }
        // SAFETY: entries in use are initialized.
        unsafe { (*self.entry(entry)).key = Value::NIL };
    }

    /// Adds a key that is not there, in a dictionary with room.
    fn push(mut self, hash: u32, key: Value, value: Value) {
        debug_assert!(self.used < self.capacity);
        let entry = self.used as usize;
        // SAFETY: `used < capacity`, so the entry lies within the allocation.
        unsafe { *self.entry(entry) = DictEntry { key, value } };
        self.used += 1;
        self.live += u32::from(!value.is_nil());
        self.has_elements |= u32::from(key.meta == META_INT && key.raw_int() > 0);
        let mask = self.index_len as usize - 1;
        let mut place = (hash >> self.index_shift) as usize;
        let index = self.index_ptr();
        // SAFETY: `place` is below `index_len`; the index has more cells than there are entries, so a free one comes.
        unsafe {
            while *index.add(place) != 0 {
                place = (place + 1) & mask;
            }
            *index.add(place) = u64::from(hash) << 32 | (entry as u64 + 1);
        }
    }
}

/// A dictionary without entries that has room for `capacity`.
pub fn new_dict(heap: &mut Heap, capacity: usize) -> Result<Gc<Dict>, OutOfMemory> {
    let index_len = (capacity.max(MIN_CAPACITY) * 4 / 3).next_power_of_two();
    let capacity = index_len * 3 / 4;
    let memory = heap.try_alloc(Space::Plain, Dict::size(capacity, index_len))?;
    let memory: *mut Dict = memory.cast();
    let head = Dict {
        header: Heap::header(Kind::Dict, Dict::size(capacity, index_len)),
        used: 0,
        capacity: capacity as u32,
        live: 0,
        index_len: index_len as u32,
        index_shift: 32 - index_len.trailing_zeros(),
        has_elements: 0,
    };
    // SAFETY: the heap gave `Dict::size(..)` bytes; the index is zeroed before anyone reads it.
    unsafe {
        memory.write(head);
        let dict = Gc::new(memory);
        dict.index_ptr().write_bytes(0, index_len);
        Ok(dict)
    }
}

/// Adds a key that is not in the table's dictionary.
pub(crate) fn insert(
    heap: &mut Heap,
    mut table: Gc<Table>,
    key: Value,
    value: Value,
) -> Result<(), OutOfMemory> {
    ensure_identity(heap, key);
    let dict = match table.dict {
        Some(dict) if dict.used < dict.capacity => dict,
        _ => rebuild(heap, table)?,
    };
    table.dict = Some(dict);
    // Cannot miss: the key has an identity now.
    let hash = hash_key(key).unwrap_or_default();
    dict.push(hash, key, value);
    Ok(())
}

/// A copy of the table's dictionary without deleted entries, with room for more.
fn rebuild(heap: &mut Heap, table: Gc<Table>) -> Result<Gc<Dict>, OutOfMemory> {
    let Some(old) = table.dict else { return new_dict(heap, MIN_CAPACITY - 1) };
    let live = old.entries().iter().filter(|entry| !entry.value.is_nil()).count();
    let new = new_dict(heap, (live * 2).max(live + MIN_CAPACITY))?;
    for entry in old.entries() {
        if heap.marking {
            // Entries move to other places, maybe behind the point up to which the collector has read.
            heap.barrier(entry.key);
            heap.barrier(entry.value);
        }
        if !entry.value.is_nil() {
            new.push(hash_key(entry.key).unwrap_or_default(), entry.key, entry.value);
        }
    }
    Ok(new)
}
