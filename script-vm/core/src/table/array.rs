//! The array part: elements 1 .. n in the narrowest kind that holds them all.

#![allow(unsafe_code, reason = "elements behind raw pointers")]

use crate::heap::{Heap, OutOfMemory, Space};
use crate::object::{Gc, Kind, flags};
use crate::plant::{self, Bug};
use crate::shape::ShapeId;
use crate::table::layout::{ArrayHead, ArrayKind, Buffer, Table};
use crate::table::rehash;
use crate::value::{META_FLOAT, META_INT, META_TABLE, Value};

/// Bytes that the first buffer of a table has room for.
const FIRST_BUFFER: usize = 32;

/// The narrowest kind that holds `value`.
pub fn kind_of(value: Value) -> ArrayKind {
    match value.meta {
        META_INT => ArrayKind::Int,
        META_FLOAT => ArrayKind::Float,
        META_TABLE => ArrayKind::Table,
        _ => ArrayKind::Value,
    }
}

impl Table {
    pub(super) fn set_array_kind(&mut self, kind: ArrayKind) {
        self.header.small[0] = kind as u8;
    }

    /// Writes element `index`, within capacity, of an array whose kind holds `value`.
    ///
    /// # Safety
    /// `index` is within capacity and `value` is of the array's kind.
    #[inline(always)]
    pub(crate) unsafe fn array_put(&mut self, index: usize, value: Value) {
        if self.header.small[0] == ArrayKind::Value as u8 {
            // SAFETY: the caller's.
            unsafe { *self.array.cast::<Value>().add(index) = value };
        } else {
            // SAFETY: the caller's; typed elements are the payload alone.
            unsafe { *self.array.cast::<u64>().add(index) = value.payload };
        }
    }
}

/// Overwrites element `index` (from 0, below the length). nil at the end shortens the array.
pub fn store(
    heap: &mut Heap,
    mut table: Gc<Table>,
    index: usize,
    value: Value,
) -> Result<(), OutOfMemory> {
    let kind = table.array_kind();
    if matches!(kind, ArrayKind::Table | ArrayKind::Value) {
        heap.barrier(table.array_get(index));
    }
    if value.is_nil() {
        return store_nil(heap, table, index);
    }
    if kind != ArrayKind::Value && kind != kind_of(value) {
        demote(heap, table, table.array_len as usize)?;
    }
    // SAFETY: below the length, and the kind holds the value.
    unsafe { table.array_put(index, value) };
    Ok(())
}

fn store_nil(heap: &mut Heap, mut table: Gc<Table>, index: usize) -> Result<(), OutOfMemory> {
    if index + 1 == table.array_len as usize {
        table.array_len -= 1;
        while !plant::is(Bug::LenOffByOne)
            && table.array_len > 0
            && table.array_get(table.array_len as usize - 1).is_nil()
        {
            table.array_len -= 1;
        }
        return Ok(());
    }
    if table.array_kind() != ArrayKind::Value {
        demote(heap, table, table.array_len as usize)?;
    }
    // SAFETY: below the length, kind Value.
    unsafe { table.array_put(index, Value::NIL) };
    Ok(())
}

/// Adds an element at the end, then takes over elements that follow it from the dictionary.
pub fn append(heap: &mut Heap, table: Gc<Table>, value: Value) -> Result<(), OutOfMemory> {
    debug_assert!(!value.is_nil());
    let len = table.array_len as usize;
    let needed = (len + 1) * table.array_kind().stride();
    if needed > table.array_head().capacity_bytes as usize && rehash::spread(heap, table)? {
        return super::set_int(heap, table, len as i64 + 1, value);
    }
    push(heap, table, value)?;
    if let Some(dict) = table.dict.filter(|dict| dict.has_elements != 0)
        && let Some(deleted) = dict.find_int(len as i64 + 1)
    {
        dict.remove(deleted);
    }
    take_over(heap, table)
}

/// Stores into an element that was nil, of an array of values: the last one, or one before it.
pub(super) fn fill_hole(
    heap: &mut Heap,
    mut table: Gc<Table>,
    key: i64,
    value: Value,
) -> Result<(), OutOfMemory> {
    debug_assert!(table.array_kind() == ArrayKind::Value && key <= i64::from(table.array_len));
    // SAFETY: within the array, whose kind holds anything.
    unsafe { table.array_put(key as usize - 1, value) };
    take_over(heap, table)
}

/// Takes over the elements that follow the last one from the dictionary.
fn take_over(heap: &mut Heap, table: Gc<Table>) -> Result<(), OutOfMemory> {
    let Some(dict) = table.dict else { return Ok(()) };
    if dict.live == 0 || dict.has_elements == 0 {
        return Ok(());
    }
    while let Some(entry) = dict.find_int(i64::from(table.array_len) + 1) {
        let moved = dict.value(entry);
        if moved.is_nil() {
            break;
        }
        // The value moves to a place that the collector may have passed already.
        heap.barrier(moved);
        push(heap, table, moved)?;
        dict.remove(entry);
    }
    Ok(())
}

fn push(heap: &mut Heap, mut table: Gc<Table>, value: Value) -> Result<(), OutOfMemory> {
    let kind = table.array_kind();
    let len = table.array_len as usize;
    let wanted = kind_of(value);
    if kind == ArrayKind::Empty {
        table.set_array_kind(wanted);
    } else if kind != ArrayKind::Value && kind != wanted {
        demote(heap, table, len + 1)?;
    }
    let needed = (len + 1) * table.array_kind().stride();
    if needed > table.array_head().capacity_bytes as usize {
        grow(heap, table, (needed * 2).max(FIRST_BUFFER))?;
    }
    // SAFETY: there is room, and the kind holds the value.
    unsafe { table.array_put(len, value) };
    table.array_len = len as u32 + 1;
    Ok(())
}

/// Makes room for `bytes` of elements.
pub(crate) fn reserve(heap: &mut Heap, table: Gc<Table>, bytes: usize) -> Result<(), OutOfMemory> {
    if bytes > table.array_head().capacity_bytes as usize {
        grow(heap, table, bytes)
    } else {
        Ok(())
    }
}

/// Moves the elements to a larger buffer.
fn grow(heap: &mut Heap, mut table: Gc<Table>, bytes: usize) -> Result<(), OutOfMemory> {
    let capacity = u32::try_from(bytes).map_err(|_| OutOfMemory)?;
    let in_use = table.array_len as usize * table.array_kind().stride();
    if let Some(buffer) = table.array_buffer()
        && buffer.header.flags & flags::LARGE != 0
    {
        let memory = heap.grow_large(buffer.as_ptr().cast(), size_of::<Buffer>() + bytes)?;
        let buffer: *mut Buffer = memory.cast();
        // SAFETY: the heap moved the whole object; elements lie behind its head.
        unsafe {
            (*buffer).head.capacity_bytes = capacity;
            table.array = buffer.add(1).cast();
        }
        return Ok(());
    }
    let size = size_of::<Buffer>() + bytes;
    let memory: *mut Buffer = heap.try_alloc(Space::Plain, size)?.cast();
    let header = Heap::header(Kind::Buffer, size);
    let head = ArrayHead { capacity_bytes: capacity, offset: size_of::<Buffer>() as u32 };
    // SAFETY: the new buffer has room for more than what is copied.
    unsafe {
        memory.write(Buffer { header, head });
        let array: *mut u8 = memory.add(1).cast();
        array.copy_from_nonoverlapping(table.array, in_use);
        table.array = array;
    }
    Ok(())
}

/// Turns a typed array into one of values, with room for `capacity` elements.
pub(crate) fn demote(
    heap: &mut Heap,
    mut table: Gc<Table>,
    capacity: usize,
) -> Result<(), OutOfMemory> {
    let len = table.array_len as usize;
    let bytes = capacity.max(len) * ArrayKind::Value.stride();
    if bytes > table.array_head().capacity_bytes as usize {
        grow(heap, table, bytes.next_power_of_two().max(FIRST_BUFFER))?;
    }
    // From the end on, since elements widen in place.
    for index in (0..len).rev() {
        let value = table.array_get(index);
        // SAFETY: there is room for `len` values, and what is overwritten was read already.
        unsafe { *table.array.cast::<Value>().add(index) = value };
    }
    table.set_array_kind(ArrayKind::Value);
    Ok(())
}

/// Appends `values` to an empty array part, as constructors do; `first` is the key of the first one.
pub(crate) fn set_list(
    heap: &mut Heap,
    table: Gc<Table>,
    first: i64,
    values: &[Value],
) -> Result<(), OutOfMemory> {
    let is_new = table.array_len == 0 && table.dict.is_none() && table.shape() != ShapeId::WEAK;
    if first == 1 && is_new && !values.is_empty() {
        return fill(heap, table, values);
    }
    // A nil in the middle must not cut the array: what follows lands in the dictionary otherwise.
    for (key, &value) in (first..).zip(values) {
        super::set_int(heap, table, key, value)?;
    }
    Ok(())
}

/// The first batch of a constructor: one kind for all of it.
fn fill(heap: &mut Heap, mut table: Gc<Table>, values: &[Value]) -> Result<(), OutOfMemory> {
    let len = values.len() - values.iter().rev().take_while(|value| value.is_nil()).count();
    let values = &values[..len];
    let Some(first) = values.first() else { return Ok(()) };
    let mut kind = kind_of(*first);
    if kind != ArrayKind::Value && values.iter().any(|value| value.meta != first.meta) {
        kind = ArrayKind::Value;
    }
    reserve(heap, table, len * kind.stride())?;
    table.set_array_kind(kind);
    for (index, &value) in values.iter().enumerate() {
        // SAFETY: there is room, and the kind holds all values.
        unsafe { table.array_put(index, value) };
    }
    table.array_len = len as u32;
    Ok(())
}

/// Moves the elements from `index` on (below the length) up by one and puts `value`, which is not nil, in their place.
pub(crate) fn insert_at(
    heap: &mut Heap,
    mut table: Gc<Table>,
    index: usize,
    value: Value,
) -> Result<(), OutOfMemory> {
    let len = table.array_len as usize;
    debug_assert!(index < len && !value.is_nil());
    let kind = table.array_kind();
    if kind != ArrayKind::Value && kind != kind_of(value) {
        demote(heap, table, len + 1)?;
    }
    // The last element is never nil. Appending it may take over more from the dictionary, which stays where it is.
    append(heap, table, table.array_get(len - 1))?;
    shade(heap, table, index..len);
    let stride = table.array_kind().stride();
    // SAFETY: elements up to `len` exist, and the kind holds `value`.
    unsafe {
        let place = table.array.add(index * stride);
        place.copy_to(place.add(stride), (len - 1 - index) * stride);
        table.array_put(index, value);
    }
    Ok(())
}

/// Takes element `index` (below the length) out and moves those behind it down by one.
pub(crate) fn remove_at(heap: &mut Heap, mut table: Gc<Table>, index: usize) -> Value {
    let len = table.array_len as usize;
    debug_assert!(index < len);
    let removed = table.array_get(index);
    shade(heap, table, index..len);
    let stride = table.array_kind().stride();
    // SAFETY: the elements up to `len` exist.
    unsafe {
        let place = table.array.add(index * stride);
        place.copy_from(place.add(stride), (len - 1 - index) * stride);
    }
    table.array_len -= 1;
    while table.array_len > 0 && table.array_get(table.array_len as usize - 1).is_nil() {
        table.array_len -= 1;
    }
    removed
}

/// The write barrier for elements that move: the collector may have read their new places already.
fn shade(heap: &mut Heap, table: Gc<Table>, range: std::ops::Range<usize>) {
    if heap.marking && matches!(table.array_kind(), ArrayKind::Table | ArrayKind::Value) {
        for index in range {
            heap.barrier(table.array_get(index));
        }
    }
}

/// The elements of an array of integers. Nothing else may touch the table meanwhile.
pub(crate) fn integers_mut<'a>(table: Gc<Table>) -> Option<&'a mut [i64]> {
    // SAFETY: so many elements exist and are of that kind; the caller keeps the table from being touched.
    (table.array_kind() == ArrayKind::Int).then(|| unsafe { elements(table) })
}

/// The elements of an array of floats. Nothing else may touch the table meanwhile.
pub(crate) fn floats_mut<'a>(table: Gc<Table>) -> Option<&'a mut [f64]> {
    // SAFETY: as for `integers_mut`.
    (table.array_kind() == ArrayKind::Float).then(|| unsafe { elements(table) })
}

/// The elements of an array of values, shaded so that they may be put in another order. Nothing else may touch the
/// table meanwhile.
pub(crate) fn values_mut<'a>(heap: &mut Heap, table: Gc<Table>) -> Option<&'a mut [Value]> {
    if table.array_kind() != ArrayKind::Value {
        return None;
    }
    shade(heap, table, 0..table.array_len as usize);
    // SAFETY: as for `integers_mut`.
    Some(unsafe { elements(table) })
}

/// # Safety
/// The array's kind is that of `T`, and nothing else touches the table while the slice lives.
unsafe fn elements<'a, T>(table: Gc<Table>) -> &'a mut [T] {
    // SAFETY: so many elements exist; the rest is the caller's.
    unsafe { std::slice::from_raw_parts_mut(table.array.cast(), table.array_len as usize) }
}

/// Whether the dictionary has no integer keys that an append would have to see to: to take over, or to take out.
pub(crate) fn append_is_plain(table: &Table) -> bool {
    table.dict.is_none_or(|dict| dict.has_elements == 0)
}
