//! The inline caches off the fast path: second chances before a full lookup, and filling.

#![allow(unsafe_code, reason = "raw registers, verified bytecode")]

use super::{MAX_CHAIN, event_of, get_named};
use crate::inline_cache::{
    ClassHit, KEY_BITS, Location, NO_KEY, POLYMORPHIC, Place, StoreHit, inline_offset, key_of,
    location, placed,
};
use crate::object::Gc;
use crate::shape::{ShapeId, TYPE_ANY};
use crate::string::LuaString;
use crate::table::{self, Table};
use crate::value::{META_STRING, Value};
use crate::vm::{Event, TypeMeta, Vm};

/// How often a cache that is full may be refilled on a miss: sites with several shapes would thrash otherwise.
const REFILL_EVERY: u32 = 16;

/// Whether a cache whose first cell is `cell` should be filled on this miss. If it is in use, more than one receiver is
/// about, which it says from now on.
pub(super) unsafe fn should_fill(vm: *mut Vm, cell: *mut u64) -> bool {
    // SAFETY: `vm` is the running VM; four verified cells.
    unsafe {
        (*vm).cache_misses = (*vm).cache_misses.wrapping_add(1);
        if *cell == NO_KEY {
            return true;
        }
        if holds_own_field(cell) {
            *cell.add(1) |= POLYMORPHIC;
        }
        (*vm).cache_misses.is_multiple_of(REFILL_EVERY)
    }
}

/// Whether cells 0 and 1 hold a field that the receiver has, not one of its class.
unsafe fn holds_own_field(cell: *const u64) -> bool {
    // SAFETY: a verified cell.
    let key = unsafe { *cell };
    key != NO_KEY && key >> KEY_BITS == 0
}

/// Remembers a field that the receiver has.
unsafe fn fill_own(cell: *mut u64, key: u64, hit: u64) {
    // SAFETY: four verified cells.
    unsafe {
        let kept = if holds_own_field(cell) { *cell.add(1) & POLYMORPHIC } else { 0 };
        *cell = key;
        *cell.add(1) = hit | kept;
    }
}

/// The own field of a table whose shape the site's cache does not hold, through the lookup cache.
#[inline]
pub(crate) unsafe fn own_field(
    vm: *mut Vm,
    cell: *mut u64,
    object: Value,
    name: Value,
) -> Option<Value> {
    // SAFETY: `vm` is the running VM; four verified cells.
    unsafe {
        if should_fill(vm, cell) {
            return None;
        }
        let table = object.as_table().filter(|table| table.shape() != ShapeId::WEAK)?;
        field(&mut *vm, table, name.object().cast())
    }
}

/// Overwrites an own field of a table whose shape the site's cache does not hold. False if that is not all there is to it.
#[inline]
pub(crate) unsafe fn store_own_field(
    vm: *mut Vm,
    cell: *mut u64,
    object: Value,
    name: Value,
    value: Value,
) -> bool {
    // SAFETY: `vm` is the running VM; four verified cells; the slot is one of the table's.
    unsafe {
        if should_fill(vm, cell) {
            return false;
        }
        let Some(table) = object.as_table() else { return false };
        let heap = &mut (*vm).heap;
        let name = name.object().cast();
        match table.shape() {
            ShapeId::DICTIONARY => return table::overwrite_in_dictionary(heap, table, name, value),
            ShapeId::WEAK => return false,
            _ => {}
        }
        let Some(slot) = (*vm).lookup.slot(&heap.shapes, table, name) else { return false };
        if table.slot(slot).is_nil() && table.metatable.is_some() {
            return false;
        }
        table::store_slot(heap, table, slot, value);
        true
    }
}

/// The method of a receiver that the site's cache does not know: of a string, or through the method cache.
#[inline]
pub(crate) unsafe fn cached_method(vm: *mut Vm, object: Value, name: Value) -> Option<Value> {
    // SAFETY: `vm` is the running VM.
    let vm = unsafe { &mut *vm };
    if object.meta == META_STRING {
        return string_method(vm, name);
    }
    let (table, name) = (object.as_table()?, name.object().cast());
    match table.shape() {
        ShapeId::DICTIONARY => field(vm, table, name).filter(|method| !method.is_nil()),
        _ => vm.methods.find(table, name),
    }
}

/// A field of a table that is not weak, its own or its classes'; nil if there is none. Nothing if a metamethod has to be
/// called, or a class is weak.
#[inline]
pub(crate) fn field(vm: &mut Vm, table: Gc<Table>, name: Gc<LuaString>) -> Option<Value> {
    let own = match table.shape() {
        ShapeId::DICTIONARY => table::dictionary_field(table, name),
        _ => match vm.lookup.slot(&vm.heap.shapes, table, name) {
            Some(slot) => table.slot(slot),
            None => Value::NIL,
        },
    };
    if own.is_nil() { inherited_field(vm, table, name) } else { Some(own) }
}

/// The same of a field that the table does not have itself.
#[inline]
pub(crate) fn inherited_field(vm: &mut Vm, table: Gc<Table>, name: Gc<LuaString>) -> Option<Value> {
    let Some(metatable) = table.metatable else { return Some(Value::NIL) };
    vm.methods.find_behind(metatable, name).or_else(|| look_behind(vm, metatable, name))
}

#[cold]
fn look_behind(vm: &mut Vm, mut metatable: Gc<Table>, name: Gc<LuaString>) -> Option<Value> {
    let index = vm.event(Event::Index);
    // Where this fails there is nothing to remember.
    let _ = vm.methods.learn_behind(&vm.heap.shapes, &mut vm.lookup, index, metatable, name);
    for _ in 0..MAX_CHAIN {
        let handler = event_of(vm, metatable, Event::Index);
        if handler.is_nil() {
            return Some(Value::NIL);
        }
        let class = handler.as_table().filter(|class| class.shape() != ShapeId::WEAK)?;
        let value = get_named(vm, class, name);
        if !value.is_nil() {
            return Some(value);
        }
        let Some(next) = class.metatable else { return Some(Value::NIL) };
        metatable = next;
    }
    None
}

/// The method of a string receiver.
fn string_method(vm: &mut Vm, name: Value) -> Option<Value> {
    let metatable = vm.type_metatable(TypeMeta::String)?;
    let class = event_of(vm, metatable, Event::Index).as_table()?;
    let method = get_named(vm, class, name.as_string()?);
    (!method.is_nil()).then_some(method)
}

/// Has the load cache at `cell` note where a method lies that was found because other instructions have looked it up: compilers
/// take an instruction without notes for one that has never run.
pub(crate) unsafe fn note_method(vm: &mut Vm, cell: *mut u64, object: Value, name: Value) {
    // SAFETY: four verified cells; names of methods are strings.
    unsafe {
        if *cell == NO_KEY && *cell.add(2) == NO_KEY {
            fill_load(vm, cell, object, name.object().cast());
        }
    }
}

/// Fills the load cache at `cell` with what leads from `object` to its field `name`, if it is cacheable.
pub(super) unsafe fn fill_load(vm: &mut Vm, cell: *mut u64, object: Value, name: Gc<LuaString>) {
    let Some(table) = object.as_table() else { return };
    let key = key_of(table);
    // SAFETY: four verified cells.
    unsafe {
        if table.shape() == ShapeId::DICTIONARY {
            match table.dict.and_then(|dict| dict.find_str(name)) {
                Some(entry) => {
                    *cell.add(2) = placed(key, Place::Dictionary);
                    *cell.add(3) = entry as u64;
                }
                None => note_receiver(cell, key),
            }
            return;
        }
        if !table.shape().has_slots() {
            return;
        }
        match vm.lookup.slot(&vm.heap.shapes, table, name) {
            Some(slot) if (slot as usize) < table.inline_slots() => {
                if *cell.add(2) >> KEY_BITS == Place::Class as u64 {
                    *cell.add(2) = NO_KEY;
                }
                fill_own(cell, key, inline_offset(slot as usize) as u64);
            }
            Some(slot) => {
                *cell.add(2) = placed(key, Place::Slots);
                *cell.add(3) = u64::from(slot) - table.inline_slots() as u64;
            }
            None => fill_class(vm, cell, table, name),
        }
    }
}

/// Fills a load cache with a field found one `__index` away. Of one that is further away it notes that it was looked for.
unsafe fn fill_class(vm: &mut Vm, cell: *mut u64, receiver: Gc<Table>, name: Gc<LuaString>) {
    // SAFETY: four verified cells.
    unsafe {
        match class_hit(vm, receiver, name) {
            Some(hit) => {
                [*cell, *cell.add(1)] = hit.pack();
                *cell.add(2) = placed(key_of(receiver), Place::Class);
            }
            None if receiver.metatable.is_none() => {
                let place = *cell.add(2) >> KEY_BITS;
                if *cell.add(2) == NO_KEY || place == Place::Absent as u64 {
                    *cell.add(2) = placed(key_of(receiver), Place::Absent);
                }
            }
            None => note_receiver(cell, key_of(receiver)),
        }
    }
}

fn class_hit(vm: &mut Vm, receiver: Gc<Table>, name: Gc<LuaString>) -> Option<ClassHit> {
    let metatable = receiver.metatable?;
    let event = vm.event(Event::Index);
    let index_at = field_location(vm, metatable, event)?;
    // SAFETY: the location of a slot that the shape has.
    let class = unsafe { *crate::inline_cache::at_location(metatable, index_at) }.as_table()?;
    let field_at = field_location(vm, class, name)?;
    let (metatable_key, class_key) = (key_of(metatable), key_of(class));
    Some(ClassHit { metatable_key, index_at, class_key, field_at })
}

/// Notes in a cache that holds nothing that it has met a receiver for which there is no cache: compilers take an
/// instruction without notes for one that has never run.
unsafe fn note_receiver(cell: *mut u64, key: u64) {
    // SAFETY: four verified cells.
    unsafe {
        if *cell == NO_KEY && *cell.add(2) == NO_KEY {
            *cell.add(2) = placed(key, Place::Elsewhere);
        }
    }
}

/// Where a table has a field.
pub(super) fn field_location(
    vm: &mut Vm,
    table: Gc<Table>,
    name: Gc<LuaString>,
) -> Option<Location> {
    if !table.shape().has_slots() {
        return None;
    }
    let slot = vm.lookup.slot(&vm.heap.shapes, table, name)?;
    Some(location(table, slot))
}

/// Fills the store cache at `cell` after a store into `table` that had `old_shape` and `old_key` before.
pub(super) unsafe fn fill_store(
    vm: &mut Vm,
    cell: *mut u64,
    table: Gc<Table>,
    old_shape: ShapeId,
    old_key: u64,
    name: Gc<LuaString>,
) {
    let shape = table.shape();
    let is_plain = shape.has_slots() && old_shape.has_slots() && !table.is_class();
    let slot = if is_plain { vm.lookup.slot(&vm.heap.shapes, table, name) } else { None };
    let Some(slot) = slot.filter(|&slot| (slot as usize) < table.inline_slots()) else {
        // SAFETY: four verified cells.
        unsafe { note_receiver(cell, old_key) };
        return;
    };
    let known = vm.heap.shapes.field_type(shape, slot);
    let tag = if known == TYPE_ANY { StoreHit::ANY } else { known as u8 };
    let offset = inline_offset(slot as usize);
    // SAFETY: four verified cells.
    unsafe {
        if shape == old_shape {
            fill_own(cell, old_key, StoreHit { offset, tag, shape: 0 }.pack());
        } else if vm.heap.shapes.count(shape) == vm.heap.shapes.count(old_shape) + 1
            && !name.as_bytes().starts_with(b"__")
        {
            *cell.add(2) = old_key;
            *cell.add(3) = StoreHit { offset, tag, shape: shape.0 }.pack();
        }
    }
}
