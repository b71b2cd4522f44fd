//! Tables: raw access by key, length, traversal. No metamethod is looked at here.
//!
//! [`layout`] says how a table lies in memory, [`array`] and [`dict`] keep its parts, this file joins them and keeps the
//! string-keyed fields. Every store that overwrites a reference goes through the heap's write barrier.

#![allow(unsafe_code, reason = "slots behind the header")]

pub mod array;
pub mod dict;
pub mod layout;
mod next;
mod rehash;

pub use layout::{ArrayKind, Dict, DictEntry, Slots, Table};
pub use next::{Cursor, InvalidKey, cursor_after, next, next_at};

use crate::assumptions::Written;
use crate::heap::{Heap, OutOfMemory, Space};
use crate::inline_cache::location;
use crate::number::float_to_int;
use crate::object::{Gc, Header, Kind, flags};
use crate::plant::{self, Bug};
use crate::shape::{FieldType, ShapeId, TYPE_ANY};
use crate::string::LuaString;
use crate::value::{META_INT, Value, tag};

/// Why a raw store failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StoreError {
    NilKey,
    NanKey,
    OutOfMemory,
}

impl From<OutOfMemory> for StoreError {
    fn from(_: OutOfMemory) -> StoreError {
        StoreError::OutOfMemory
    }
}

/// How a string key came about: a new computed key makes a table a dictionary, unless it is known as a field's name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyOrigin {
    Constant,
    Computed,
}

/// A new table with `inline` field slots in it and, if `array_bytes` is not 0, room for that many bytes of array
/// elements behind them. The sum must be small (see [`fits_small`]).
#[inline(always)]
pub fn new_table(heap: &mut Heap, inline: usize, array_bytes: usize) -> Gc<Table> {
    let size = Table::size(inline, array_bytes);
    let memory: *mut Table = heap.alloc(Space::Plain, size).cast();
    let header = Header {
        small: [ArrayKind::Empty as u8, inline as u8],
        word: ShapeId::EMPTY.0,
        ..Header::new(Kind::Table)
    };
    // SAFETY: the heap gave `size` bytes: the table, its slots, and the array with its head behind them.
    unsafe {
        memory.write(Table {
            header,
            metatable: None,
            array: layout::empty_array(),
            array_len: 0,
            identity: 0,
            slots: None,
            dict: None,
        });
        if array_bytes != 0 {
            let offset = Table::size(inline, 0) + size_of::<layout::ArrayHead>();
            let array = memory.cast::<u8>().add(offset);
            array.cast::<layout::ArrayHead>().sub(1).write(layout::ArrayHead {
                capacity_bytes: array_bytes as u32,
                offset: offset as u32,
            });
            (*memory).array = array;
        }
        Gc::new(memory)
    }
}

/// Largest inline array, in bytes; a table with more elements at birth gets a buffer.
pub const MAX_INLINE_ARRAY: usize = 512;

impl Table {
    pub fn has_flag(&self, flag: u8) -> bool {
        self.header.flags & flag != 0
    }

    /// Element `index` (from 0, below `array_len`).
    #[inline(always)]
    pub fn array_get(&self, index: usize) -> Value {
        debug_assert!(index < self.array_len as usize);
        // SAFETY: the first `array_len` elements are initialized and of the array's kind.
        unsafe {
            match self.array_kind() {
                ArrayKind::Int => Value::int(*self.array.cast::<i64>().add(index)),
                ArrayKind::Float => Value::float(*self.array.cast::<f64>().add(index)),
                ArrayKind::Table => Value::table(*self.array.cast::<Gc<Table>>().add(index)),
                ArrayKind::Value => *self.array.cast::<Value>().add(index),
                ArrayKind::Empty => Value::NIL,
            }
        }
    }

    /// The value of an integer key.
    #[inline(always)]
    pub fn get_int(&self, key: i64) -> Value {
        let index = (key as u64).wrapping_sub(1);
        if index < u64::from(self.array_len) {
            return self.array_get(index as usize);
        }
        match self.dict {
            Some(dict) => dict.find_int(key).map_or(Value::NIL, |entry| dict.value(entry)),
            None => Value::NIL,
        }
    }
}

/// A border: a count n with element n not nil and element n + 1 nil.
#[inline(always)]
pub fn length(heap: &Heap, table: Gc<Table>) -> i64 {
    if table.shape() == ShapeId::WEAK {
        return weak_length(heap, table);
    }
    i64::from(table.array_len)
}

/// A border of a table that keeps its elements in the dictionary, where an element may be dead.
fn weak_length(heap: &Heap, table: Gc<Table>) -> i64 {
    let is_there = |key| {
        let value = table.get_int(key);
        !value.is_nil() && !heap.is_weakly_dead(value)
    };
    (1..).find(|&key| !is_there(key)).map_or(0, |key| key - 1)
}

impl Gc<Table> {
    /// Field slot `index`, below the shape's count.
    #[inline(always)]
    pub(crate) fn slot(self, index: u32) -> Value {
        // SAFETY: slots below the shape's count are initialized.
        unsafe { *self.slot_ptr(index as usize) }
    }
}

/// The value of a string key.
#[inline]
pub fn get_str(heap: &mut Heap, table: Gc<Table>, key: Gc<LuaString>) -> Value {
    if table.shape().has_slots() {
        if table.shape() == ShapeId::EMPTY {
            return Value::NIL;
        }
        let key = if key.is_interned() { key } else { heap.intern_string(key) };
        return match heap.shapes.lookup(table.shape(), key) {
            Some(slot) => table.slot(slot),
            None => Value::NIL,
        };
    }
    let Some(dict) = table.dict else { return Value::NIL };
    let value = dict.find_str(key).map_or(Value::NIL, |entry| dict.value(entry));
    if table.shape() == ShapeId::WEAK { heap.weak_read(value) } else { value }
}

/// The value of any key; nil for the keys nil and NaN.
pub fn get(heap: &mut Heap, table: Gc<Table>, key: Value) -> Value {
    match key.tag() {
        tag::STRING => get_str(heap, table, key.object().cast()),
        tag::INT if table.shape() != ShapeId::WEAK => table.get_int(key.raw_int()),
        tag::FLOAT => match float_to_int(key.raw_float()) {
            Some(int) => get(heap, table, Value::int(int)),
            None => get_in_dict(heap, table, key),
        },
        tag::NIL => Value::NIL,
        _ => get_in_dict(heap, table, key),
    }
}

fn get_in_dict(heap: &mut Heap, table: Gc<Table>, key: Value) -> Value {
    let Some(dict) = table.dict else { return Value::NIL };
    let value = dict.find(key).map_or(Value::NIL, |entry| dict.value(entry));
    if table.shape() == ShapeId::WEAK { heap.weak_read(value) } else { value }
}

/// Stores at any key.
pub fn set(heap: &mut Heap, table: Gc<Table>, key: Value, value: Value) -> Result<(), StoreError> {
    match key.tag() {
        tag::INT => Ok(set_int(heap, table, key.raw_int(), value)?),
        tag::STRING => Ok(set_str(heap, table, key.object().cast(), value, KeyOrigin::Computed)?),
        tag::NIL => Err(StoreError::NilKey),
        tag::FLOAT => match float_to_int(key.raw_float()) {
            Some(int) => Ok(set_int(heap, table, int, value)?),
            None if key.raw_float().is_nan() => Err(StoreError::NanKey),
            None => Ok(set_in_dict(heap, table, key, value)?),
        },
        _ => Ok(set_in_dict(heap, table, key, value)?),
    }
}

/// Stores at an integer key.
#[inline]
pub fn set_int(
    heap: &mut Heap,
    table: Gc<Table>,
    key: i64,
    value: Value,
) -> Result<(), OutOfMemory> {
    let index = (key as u64).wrapping_sub(1);
    let len = u64::from(table.array_len);
    if index < len {
        array::store(heap, table, index as usize, value)
    } else if index == len && table.shape() != ShapeId::WEAK {
        if value.is_nil() { Ok(()) } else { array::append(heap, table, value) }
    } else {
        set_in_dict(heap, table, Value::int(key), value)
    }
}

/// Stores at a key that is neither nil nor NaN nor a float with an integer's value, in the dictionary.
pub(crate) fn set_in_dict(
    heap: &mut Heap,
    table: Gc<Table>,
    key: Value,
    value: Value,
) -> Result<(), OutOfMemory> {
    if let Some(mut dict) = table.dict
        && let Some(entry) = dict.find(key)
    {
        let old = dict.value(entry);
        heap.barrier(old);
        note_class_write(heap, table, old, value);
        dict.live = dict.live + u32::from(old.is_nil()) - u32::from(value.is_nil());
        dict.set_value(entry, value);
        return Ok(());
    }
    if value.is_nil() {
        return Ok(());
    }
    if key.meta == META_INT && rehash::adopt(heap, table, key.raw_int())? {
        return array::fill_hole(heap, table, key.raw_int(), value);
    }
    note_class_write(heap, table, Value::NIL, value);
    dict::insert(heap, table, key, value)
}

/// Stores at a string key.
pub fn set_str(
    heap: &mut Heap,
    table: Gc<Table>,
    key: Gc<LuaString>,
    value: Value,
    origin: KeyOrigin,
) -> Result<(), OutOfMemory> {
    if !table.shape().has_slots() {
        note_special_key(table, key);
        return set_in_dict(heap, table, Value::string(key), value);
    }
    let key = if key.is_interned() { key } else { heap.intern_string(key) };
    if let Some(slot) = heap.shapes.lookup(table.shape(), key) {
        store_slot(heap, table, slot, value);
        return Ok(());
    }
    note_special_key(table, key);
    let child = match origin {
        KeyOrigin::Constant => heap.shapes.add(table.shape(), key),
        KeyOrigin::Computed if value.is_nil() => return Ok(()),
        KeyOrigin::Computed => heap.shapes.add_computed(table.shape(), key),
    };
    match child {
        Some(child) => add_slot(heap, table, child, value),
        None => {
            make_dictionary(heap, table)?;
            set_in_dict(heap, table, Value::string(key), value)
        }
    }
}

/// The value of a field in a dictionary; nil if it has none.
pub(crate) fn dictionary_field(table: Gc<Table>, name: Gc<LuaString>) -> Value {
    let found = table.dict.and_then(|dict| Some(dict.value(dict.find_str(name)?)));
    found.unwrap_or(Value::NIL)
}

/// Overwrites a field that a dictionary has. Whether there was one, in a table that nobody looks methods up in.
pub(crate) fn overwrite_in_dictionary(
    heap: &mut Heap,
    table: Gc<Table>,
    name: Gc<LuaString>,
    value: Value,
) -> bool {
    let Some(dict) = table.dict.filter(|_| !table.is_class() && !value.is_nil()) else {
        return false;
    };
    let Some(entry) = dict.find_str(name) else { return false };
    let old = dict.value(entry);
    if old.is_nil() {
        return false;
    }
    heap.barrier(old);
    dict.set_value(entry, value);
    true
}

/// Flags tables that get one of the keys that collector and stores must know of.
fn note_special_key(mut table: Gc<Table>, key: Gc<LuaString>) {
    if key.as_bytes().starts_with(b"__") {
        match key.as_bytes() {
            b"__mode" => table.header.flags |= flags::HAS_MODE,
            b"__newindex" => table.header.flags |= flags::HAS_NEWINDEX,
            _ => {}
        }
    }
}

/// Overwrites the field in `slot`.
pub(crate) fn store_slot(heap: &mut Heap, table: Gc<Table>, slot: u32, value: Value) {
    widen(heap, table.shape(), slot, value);
    let place = table.slot_ptr(slot as usize);
    // SAFETY: a slot of the table's shape.
    unsafe {
        heap.barrier(*place);
        note_class_write(heap, table, *place, value);
        if table.is_watched() && !(*place).same_bits(value) {
            note_watched_write(heap, table, slot);
        }
        *place = value;
    }
}

/// Widens the field's type to hold `value`; returns the type.
pub(crate) fn widen(heap: &mut Heap, shape: ShapeId, slot: u32, value: Value) -> FieldType {
    let known = heap.shapes.field_type(shape, slot);
    if known == value.tag() || known == TYPE_ANY {
        return known;
    }
    heap.shapes.widen(shape, slot, value.tag())
}

/// Gives the table the shape `child`, which has one field more, and stores that field.
pub(crate) fn add_slot(
    heap: &mut Heap,
    mut table: Gc<Table>,
    child: ShapeId,
    value: Value,
) -> Result<(), OutOfMemory> {
    let slot = heap.shapes.count(child) - 1;
    ensure_slot(heap, table, slot as usize)?;
    widen(heap, child, slot, value);
    note_class_write(heap, table, Value::NIL, value);
    // SAFETY: `ensure_slot` made room; the slot was not in use, so there is nothing to shade.
    unsafe { *table.slot_ptr(slot as usize) = value };
    table.set_shape(child);
    Ok(())
}

/// Makes room for field slot `slot`.
fn ensure_slot(heap: &mut Heap, mut table: Gc<Table>, slot: usize) -> Result<(), OutOfMemory> {
    let inline = table.inline_slots();
    if slot < inline {
        return Ok(());
    }
    let needed = slot - inline + 1;
    let old = table.slots;
    let capacity = old.map_or(0, |slots| slots.header.word as usize);
    if needed <= capacity {
        return Ok(());
    }
    let new_capacity = (capacity * 2).max(needed).max(4);
    let size = Slots::size(new_capacity);
    let memory: *mut Slots = heap.try_alloc(Space::Plain, size)?.cast();
    // SAFETY: the heap gave `size` bytes; the slots in use are copied, the others nil so that they may be scanned.
    unsafe {
        memory.write(Slots {
            header: Header { word: new_capacity as u32, ..Heap::header(Kind::Slots, size) },
        });
        let slots = Gc::new(memory);
        let values = slots.values_ptr();
        if let Some(old) = old {
            values.copy_from_nonoverlapping(old.values_ptr(), capacity);
        }
        for index in capacity..new_capacity {
            values.add(index).write(Value::NIL);
        }
        table.slots = Some(slots);
    }
    Ok(())
}

/// Moves the fields of a table into its dictionary.
pub(crate) fn make_dictionary(heap: &mut Heap, mut table: Gc<Table>) -> Result<(), OutOfMemory> {
    let shape = table.shape();
    let count = heap.shapes.count(shape);
    for slot in 0..count {
        let key = Value::string(heap.shapes.fields(shape)[slot as usize].key);
        let value = table.slot(slot);
        // The value changes its place, maybe to one that the collector has already read.
        heap.barrier(value);
        if !value.is_nil() {
            dict::insert(heap, table, key, value)?;
        }
    }
    table.set_shape(ShapeId::DICTIONARY);
    table.slots = None;
    if table.is_watched() && heap.dependants.break_all(table.addr(), &heap.graveyard) {
        heap.unwind_depth = u32::MAX;
    }
    if table.is_class() {
        heap.class_epoch += 1;
    }
    Ok(())
}

/// Turns a table into a weak one: everything moves to the dictionary, and caches and fast paths stay away.
pub(crate) fn make_weak(heap: &mut Heap, mut table: Gc<Table>, keys: bool, values: bool) {
    let moved = if table.shape().has_slots() { make_dictionary(heap, table) } else { Ok(()) };
    let moved = moved.and_then(|()| move_array_to_dict(heap, table));
    if moved.is_err() {
        // No memory to move the contents: the table stays strong, which loses nothing but garbage.
        return;
    }
    table.header.flags &= !(flags::WEAK_KEYS | flags::WEAK_VALUES);
    if keys {
        table.header.flags |= flags::WEAK_KEYS;
    }
    if values {
        table.header.flags |= flags::WEAK_VALUES;
    }
    table.set_shape(ShapeId::WEAK);
}

fn move_array_to_dict(heap: &mut Heap, mut table: Gc<Table>) -> Result<(), OutOfMemory> {
    for index in 0..table.array_len as usize {
        let value = table.array_get(index);
        heap.barrier(value);
        if !value.is_nil()
            && let Err(error) = dict::insert(heap, table, Value::int(index as i64 + 1), value)
        {
            (0..index).for_each(|copied| rehash::forget(table, copied as i64 + 1));
            return Err(error);
        }
    }
    table.array_len = 0;
    table.header.small[0] = ArrayKind::Empty as u8;
    table.array = layout::empty_array();
    Ok(())
}

/// Sets the metatable and the flags that depend on it.
pub fn set_metatable(heap: &mut Heap, mut table: Gc<Table>, metatable: Option<Gc<Table>>) {
    if let Some(old) = table.metatable {
        heap.barrier_object(old);
    }
    table.metatable = metatable;
    if table.is_class() {
        heap.class_epoch += 1;
    }
    let Some(mut metatable) = metatable else { return };
    metatable.header.flags |= flags::METATABLE;
    make_class(heap, metatable);
}

/// Marks a table as one that methods are looked up in or through: a metatable or what is behind its `__index`. The mark
/// is part of the table's key, so that no store cache knows it: every store that could change what a lookup finds comes
/// to [`note_class_write`], and what lookups have found may be remembered as long as the class epoch stays the same.
pub(crate) fn make_class(heap: &Heap, mut table: Gc<Table>) {
    table.header.small[1] |= layout::CLASS;
    if table.is_watched() {
        heap.dependants.keep_class(table.addr());
    }
}

/// Has stores into a table looked at by those who rely on its fields.
pub(crate) fn watch(mut table: Gc<Table>) {
    table.header.small[1] |= layout::CLASS;
    table.header.flags |= flags::WATCHED;
}

/// Has stores into a table looked at as long as they are few: an environment, or a table of the library.
pub(crate) fn watch_environment(heap: &Heap, table: Gc<Table>) {
    if !table.is_class() && !table.is_watched() {
        heap.dependants.add_environment(table.addr());
        watch(table);
    }
}

/// Another value is about to be stored in a slot of a watched table.
#[cold]
fn note_watched_write(heap: &mut Heap, mut table: Gc<Table>, slot: u32) {
    let at = location(table, slot);
    match heap.dependants.note_write(table.addr(), at, &heap.graveyard) {
        Written::Unnoticed => return,
        Written::Broken => {}
        Written::TooOften => table.header.small[1] &= !layout::CLASS,
    }
    if plant::is(Bug::OptMissedUnwind) {
        return;
    }
    heap.unwind_depth = u32::MAX;
}

/// Ends the class epoch if the store of `new` over `old` in `table` may change what a method lookup finds.
#[inline]
fn note_class_write(heap: &mut Heap, table: Gc<Table>, old: Value, new: Value) {
    if !table.is_class() {
        return;
    }
    // Methods are functions; a plain value in place of another one hides or uncovers none.
    let plain = |value: Value| !value.is_nil() && value.tag() <= tag::STRING;
    let hides_none = plain(old) && plain(new);
    if !hides_none && !plant::is(Bug::JitStaleMethod) {
        heap.class_epoch += 1;
    }
}
