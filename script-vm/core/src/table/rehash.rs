//! In which part integer keys live: in the array as long as more than half of it is in use, by PUC Lua's rule.
//!
//! The rule is looked at when a part is full and about to be copied anyway. Keys move to the array when the dictionary is
//! full and an integer comes ([`adopt`]): a list that begins at 2, or was filled out of order, gets an array with nil
//! between its elements. They move to the dictionary when an array with nil inside is full ([`spread`]): the array of a
//! queue, whose elements leave at the front, does not grow for ever.

#![allow(unsafe_code, reason = "elements at indices that were checked")]

use super::layout::{ArrayKind, Table, empty_array};
use super::{array, dict};
use crate::heap::{Heap, OutOfMemory};
use crate::object::Gc;
use crate::shape::ShapeId;
use crate::value::{META_INT, Value};

/// No array has more than 2 to this power elements.
const MAX_POWER: usize = 31;

/// Positive integer keys in use: how many there are above 2^(p-1) and up to 2^p.
struct Census([usize; MAX_POWER + 1]);

impl Census {
    /// All keys up to `len`.
    fn dense(len: usize) -> Census {
        Census(std::array::from_fn(|power| {
            let below = if power == 0 { 0 } else { 1 << (power - 1) };
            len.min(1 << power).saturating_sub(below)
        }))
    }

    fn add(&mut self, key: i64) {
        if (1..=1 << MAX_POWER).contains(&key) {
            self.0[(key as u64).next_power_of_two().trailing_zeros() as usize] += 1;
        }
    }

    /// The largest power of two such that more than half of the keys up to it are in use; 0 if there is none.
    fn array_len(&self) -> usize {
        let (mut best, mut sum) = (0, 0);
        for (power, &count) in self.0.iter().enumerate() {
            sum += count;
            if sum > (1 << power) / 2 {
                best = 1 << power;
            }
        }
        best
    }
}

/// Moves keys from a dictionary that is full to the array, if that pays now that the integer `key` comes. True if `key`
/// belongs to the array then. The elements that the array has count as all in use: to look at them would take longer than
/// copying the dictionary.
pub(super) fn adopt(heap: &mut Heap, mut table: Gc<Table>, key: i64) -> Result<bool, OutOfMemory> {
    let Some(dict) = table.dict.filter(|dict| dict.used == dict.capacity) else {
        return Ok(false);
    };
    let len = table.array_len as usize;
    if key <= len as i64 || table.shape() == ShapeId::WEAK {
        return Ok(false);
    }
    let in_use = |entry: &&super::DictEntry| entry.key.meta == META_INT && !entry.value.is_nil();
    let mut census = Census::dense(len);
    census.add(key);
    dict.entries().iter().filter(in_use).for_each(|entry| census.add(entry.key.raw_int()));
    let most = census.array_len() as i64;
    if key > most {
        return Ok(false);
    }
    let moving = |entry: &&super::DictEntry| {
        in_use(entry) && (len as i64 + 1..=most).contains(&entry.key.raw_int())
    };
    let keys = dict.entries().iter().filter(moving).map(|entry| entry.key.raw_int());
    let new_len = keys.fold(key, i64::max) as usize;
    array::demote(heap, table, new_len)?;
    for index in len..new_len {
        // SAFETY: there is room for `new_len` values.
        unsafe { table.array_put(index, Value::NIL) };
    }
    table.array_len = new_len as u32;
    for number in 0..dict.used as usize {
        let entry = dict.entries()[number];
        let Some(key) = entry.key.as_int().filter(|&key| key > len as i64 && key <= new_len as i64)
        else {
            continue;
        };
        if !entry.value.is_nil() {
            // The value moves to a place that the collector may have passed already.
            heap.barrier(entry.value);
            // SAFETY: above the old length and up to the new one.
            unsafe { table.array_put(key as usize - 1, entry.value) };
        }
        dict.remove(number);
    }
    // Where none are left, elements are appended without a look at the dictionary again.
    let is_element = |entry: &super::DictEntry| entry.key.as_int().is_some_and(|key| key > 0);
    let mut dict = dict;
    dict.has_elements = u32::from(dict.entries().iter().any(is_element));
    Ok(true)
}

/// Moves elements from an array that is full to the dictionary, if more than half of it is nil. True if it has.
pub(super) fn spread(heap: &mut Heap, mut table: Gc<Table>) -> Result<bool, OutOfMemory> {
    let len = table.array_len as usize;
    if table.array_kind() != ArrayKind::Value {
        return Ok(false);
    }
    let mut census = Census::dense(0);
    for index in 0..len {
        if !table.array_get(index).is_nil() {
            census.add(index as i64 + 1);
        }
    }
    let mut kept = census.array_len();
    // What follows the last element must be nil.
    while kept < len && !table.array_get(kept).is_nil() {
        kept += 1;
    }
    if kept >= len {
        return Ok(false);
    }
    for index in kept..len {
        let value = table.array_get(index);
        if !value.is_nil() {
            heap.barrier(value);
            if let Err(error) = dict::insert(heap, table, Value::int(index as i64 + 1), value) {
                // All elements are where they were; what has been copied goes.
                (kept..index).for_each(|copied| forget(table, copied as i64 + 1));
                return Err(error);
            }
        }
    }
    while kept > 0 && table.array_get(kept - 1).is_nil() {
        kept -= 1;
    }
    table.array_len = kept as u32;
    if kept == 0 {
        table.array = empty_array();
        table.set_array_kind(ArrayKind::Empty);
    }
    Ok(true)
}

/// Takes an integer key out of the dictionary.
pub(super) fn forget(table: Gc<Table>, key: i64) {
    if let Some(dict) = table.dict
        && let Some(entry) = dict.find_int(key)
    {
        dict.remove(entry);
    }
}
