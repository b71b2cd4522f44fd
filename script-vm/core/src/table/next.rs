//! Traversal: array elements in order, then fields in slot order, then dictionary entries in order of insertion.

use crate::heap::Heap;
use crate::object::Gc;
use crate::shape::ShapeId;
use crate::table::layout::Table;
use crate::value::{Value, tag};

/// A place in a traversal: elements, slots and dictionary entries counted through. 0 is the beginning.
pub type Cursor = u64;

/// The key is not in the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InvalidKey;

/// The entry after `key` (nil: the first one), or nothing at the end.
pub fn next(
    heap: &mut Heap,
    table: Gc<Table>,
    key: Value,
) -> Result<Option<(Value, Value)>, InvalidKey> {
    let cursor = cursor_after(heap, table, key)?;
    Ok(next_at(heap, table, cursor).map(|(key, value, _)| (key, value)))
}

/// The first entry at or after `cursor`, and the cursor behind it. The table's array must not have changed its length
/// since the cursor was made, or the caller checks the key (see `interp::iterate`).
#[inline]
pub fn next_at(
    heap: &mut Heap,
    table: Gc<Table>,
    cursor: Cursor,
) -> Option<(Value, Value, Cursor)> {
    let array_len = u64::from(table.array_len);
    let mut at = cursor;
    while at < array_len {
        let value = table.array_get(at as usize);
        at += 1;
        if !value.is_nil() {
            return Some((Value::int(at as i64), value, at));
        }
    }
    next_field(heap, table, at.max(array_len) - array_len)
        .map(|(key, value, at)| (key, value, at + array_len))
}

/// As [`next_at`], for a cursor counted from the end of the array.
fn next_field(heap: &mut Heap, table: Gc<Table>, cursor: u64) -> Option<(Value, Value, u64)> {
    let mut at = cursor;
    let slots = slot_count(heap, table);
    while at < slots {
        let value = table.slot(at as u32);
        at += 1;
        if !value.is_nil() {
            let key = heap.shapes.fields(table.shape())[at as usize - 1].key;
            return Some((Value::string(key), value, at));
        }
    }
    let dict = table.dict?;
    let weak = table.shape() == ShapeId::WEAK;
    let entries = dict.entries();
    while ((at - slots) as usize) < entries.len() {
        let entry = entries[(at - slots) as usize];
        at += 1;
        let value = if weak { weak_entry(heap, entry.key, entry.value) } else { entry.value };
        if !value.is_nil() {
            return Some((entry.key, value, at));
        }
    }
    None
}

/// The value of a weak table's entry, nil if its key or value is dead.
fn weak_entry(heap: &mut Heap, key: Value, value: Value) -> Value {
    if value.is_nil() || heap.weak_read(key).is_nil() { Value::NIL } else { heap.weak_read(value) }
}

fn slot_count(heap: &Heap, table: Gc<Table>) -> u64 {
    if table.shape().has_slots() { u64::from(heap.shapes.count(table.shape())) } else { 0 }
}

/// The cursor behind `key`.
pub fn cursor_after(heap: &mut Heap, table: Gc<Table>, key: Value) -> Result<Cursor, InvalidKey> {
    let array_len = u64::from(table.array_len);
    if key.is_nil() {
        return Ok(0);
    }
    if let Some(int) = key.as_int() {
        let index = (int as u64).wrapping_sub(1);
        if index < array_len {
            return Ok(index + 1);
        }
    }
    let slots = slot_count(heap, table);
    if key.tag() == tag::STRING && slots > 0 {
        let string = key.object().cast();
        let string = heap.intern_string(string);
        if let Some(slot) = heap.shapes.lookup(table.shape(), string) {
            return Ok(array_len + u64::from(slot) + 1);
        }
    }
    if let Some(dict) = table.dict
        && let Some(entry) = dict.find(key)
    {
        return Ok(array_len + slots + entry as u64 + 1);
    }
    // An element that the traversal itself set to nil may have shortened the array below its key.
    match key.as_int() {
        Some(int) if int >= 1 && int as u64 <= array_room(&table) => Ok(array_len),
        _ => Err(InvalidKey),
    }
}

/// Elements that the array has room for.
fn array_room(table: &Table) -> u64 {
    u64::from(table.array_head().capacity_bytes) / 8
}
