//! Reads and writes of tables: fields through inline caches, elements by array kind. Whatever a cache does not answer,
//! and whatever involves a metamethod, goes to [`super::meta`], which fills the caches.

#![allow(unsafe_code, reason = "raw registers, verified bytecode")]

use crate::bytecode::Insn;
use crate::inline_cache::{
    ClassHit, Place, StoreHit, at_location, at_offset, key_of, note_vector, placed,
};
use crate::interp::load::{handler, upvalue};
use crate::interp::{Exit, Mode, element, meta, next, reg};
use crate::object::{Gc, flags};
use crate::plant::{self, Bug};
use crate::shape::ShapeId;
use crate::table::layout::{ArrayKind, Table};
use crate::table::{self, array};
use crate::value::{META_INT, META_TABLE, Value, read_slot, tag, tag_at};
use crate::vm::Vm;

/// A field of `object` by the load cache at `cell`; nothing on a miss or a nil that a metatable may want to know of.
#[inline(always)]
unsafe fn cached_load(cell: *const u64, object: Value) -> Option<Value> {
    // SAFETY: four verified cells; a cache hit says what lies at the offset.
    unsafe {
        if object.meta != META_TABLE {
            return None;
        }
        let table: Gc<Table> = object.object().cast();
        let key = key_of(table);
        let stale = plant::is(Bug::StaleInlineCache) && key & 0xff == *cell & 0xff && *cell != 0;
        if key != *cell && !stale {
            return None;
        }
        let value = read_slot(at_offset(table, *cell.add(1) as u16 as usize));
        if value.is_nil() && table.metatable.is_some() { None } else { Some(value) }
    }
}

handler! {
    get_field(vm, pc, base, k, fb, i) {
        match cached_load(fb.add(i.d()), read_slot(reg(base, i.b()))) {
            Some(value) => {
                *reg(base, i.a()) = value;
                next::<M>(vm, pc, base, k, fb)
            }
            None => get_field_elsewhere::<M>(vm, pc, base, k, fb, i.0),
        }
    }
}

handler! {
    get_env(vm, pc, base, k, fb, i) {
        let env = *upvalue(base, i.b()).location;
        match cached_load(fb.add(i.d()), env) {
            Some(value) => {
                *reg(base, i.a()) = value;
                next::<M>(vm, pc, base, k, fb)
            }
            None => get_env_elsewhere::<M>(vm, pc, base, k, fb, i.0),
        }
    }
}

/// The second part of a load cache: out-of-line slots, dictionary entries, the class.
#[inline(always)]
unsafe fn load_elsewhere(cell: *const u64, object: Value, name: Value) -> Option<Value> {
    // SAFETY: four verified cells; each place checks what it assumes.
    unsafe {
        if object.meta != META_TABLE {
            return None;
        }
        let table: Gc<Table> = object.object().cast();
        let key = key_of(table);
        let found = *cell.add(2);
        let value = if found == placed(key, Place::Class) {
            return class_load(cell, table);
        } else if found == placed(key, Place::Slots) {
            *table.slots?.values_ptr().add(*cell.add(3) as usize)
        } else if found == placed(key, Place::Dictionary) {
            let entry = *cell.add(3) as usize;
            let dict = table.dict?;
            let entry = dict.entries().get(entry)?;
            if !entry.key.same_bits(name) {
                return None;
            }
            entry.value
        } else if found == placed(key, Place::Absent) {
            Value::NIL
        } else {
            return None;
        };
        if value.is_nil() && table.metatable.is_some() { None } else { Some(value) }
    }
}

/// A field of the table behind the metatable's `__index`.
#[inline(always)]
unsafe fn class_load(cell: *const u64, receiver: Gc<Table>) -> Option<Value> {
    // SAFETY: the keys checked say that the offsets are those of `__index` and of the field.
    unsafe {
        let hit = ClassHit::unpack(*cell, *cell.add(1));
        let metatable = receiver.metatable?;
        if key_of(metatable) != hit.metatable_key {
            return None;
        }
        let class = *at_location(metatable, hit.index_at);
        if class.meta != META_TABLE {
            return None;
        }
        let class: Gc<Table> = class.object().cast();
        if key_of(class) != hit.class_key {
            return None;
        }
        let value = read_slot(at_location(class, hit.field_at));
        if value.is_nil() { None } else { Some(value) }
    }
}

#[inline(never)]
unsafe fn get_field_elsewhere<M: Mode>(
    vm: *mut Vm,
    pc: *const Insn,
    base: *mut Value,
    k: *const Value,
    fb: *mut u64,
    insn: u64,
) -> Exit {
    // SAFETY: the contract of `Handler`.
    unsafe {
        let i = Insn(insn);
        let (object, name) = (*reg(base, i.b()), *k.add(i.c()));
        let found = if object.is_vector() {
            note_vector(fb.add(i.d()), object);
            meta::vector_field(&mut *vm, object, name)
        } else {
            let found = load_elsewhere(fb.add(i.d()), object, name);
            found.or_else(|| meta::own_field(vm, fb.add(i.d()), object, name))
        };
        match found {
            Some(value) => {
                *reg(base, i.a()) = value;
                next::<M>(vm, pc, base, k, fb)
            }
            None => meta::get_field(vm, pc, base, k, fb, insn),
        }
    }
}

#[inline(never)]
unsafe fn get_env_elsewhere<M: Mode>(
    vm: *mut Vm,
    pc: *const Insn,
    base: *mut Value,
    k: *const Value,
    fb: *mut u64,
    insn: u64,
) -> Exit {
    // SAFETY: the contract of `Handler`.
    unsafe {
        let i = Insn(insn);
        let env = *upvalue(base, i.b()).location;
        match load_elsewhere(fb.add(i.d()), env, *k.add(i.c())) {
            Some(value) => {
                *reg(base, i.a()) = value;
                next::<M>(vm, pc, base, k, fb)
            }
            None => meta::get_env(vm, pc, base, k, fb, insn),
        }
    }
}

handler! {
    get_method(vm, pc, base, k, fb, i) {
        let object = read_slot(reg(base, i.b()));
        let cell = fb.add(i.d());
        if object.meta == META_TABLE {
            let receiver: Gc<Table> = object.object().cast();
            if *cell.add(2) == placed(key_of(receiver), Place::Class)
                && let Some(method) = class_load(cell, receiver)
            {
                *reg(base, i.a() + 1) = object;
                *reg(base, i.a()) = method;
                return next::<M>(vm, pc, base, k, fb);
            }
        }
        get_method_elsewhere::<M>(vm, pc, base, k, fb, i.0)
    }
}

#[inline(never)]
unsafe fn get_method_elsewhere<M: Mode>(
    vm: *mut Vm,
    pc: *const Insn,
    base: *mut Value,
    k: *const Value,
    fb: *mut u64,
    insn: u64,
) -> Exit {
    // SAFETY: the contract of `Handler`.
    unsafe {
        let i = Insn(insn);
        let object = *reg(base, i.b());
        let cell = fb.add(i.d());
        let found = if object.is_vector() {
            note_vector(cell, object);
            meta::vector_method(&mut *vm, object, *k.add(i.c()))
        } else {
            let own = cached_load(cell, object);
            let found = own.or_else(|| load_elsewhere(cell, object, *k.add(i.c())));
            found.or_else(|| {
                let found = meta::cached_method(vm, object, *k.add(i.c()))?;
                meta::note_method(&mut *vm, cell, object, *k.add(i.c()));
                Some(found)
            })
        };
        match found {
            Some(method) => {
                *reg(base, i.a() + 1) = object;
                *reg(base, i.a()) = method;
                next::<M>(vm, pc, base, k, fb)
            }
            None => meta::get_method(vm, pc, base, k, fb, insn),
        }
    }
}

/// Stores `value` into a field of `object` if the store cache at `cell` knows how.
#[inline(always)]
unsafe fn cached_store(vm: *mut Vm, cell: *const u64, object: Value, value: Value) -> bool {
    // SAFETY: four verified cells; a hit says what lies at the offset.
    unsafe {
        if object.meta != META_TABLE {
            return false;
        }
        let mut table: Gc<Table> = object.object().cast();
        let key = key_of(table);
        if key == *cell {
            let hit = StoreHit::unpack(*cell.add(1));
            let place = at_offset(table, hit.offset);
            let old = *place;
            if !hit.allows(value.tag()) || (old.is_nil() && table.metatable.is_some()) {
                return false;
            }
            if (*vm).heap.marking && !plant::is(Bug::LostBarrier) {
                (*vm).heap.barrier(old);
            }
            *place = value;
            return true;
        }
        if key == *cell.add(2) {
            let hit = StoreHit::unpack(*cell.add(3));
            let plain = match table.metatable {
                Some(metatable) => !metatable.has_flag(flags::HAS_NEWINDEX),
                None => true,
            };
            if !hit.allows(value.tag()) || !plain {
                return false;
            }
            *at_offset(table, hit.offset) = value;
            table.set_shape(ShapeId(hit.shape));
            return true;
        }
        false
    }
}

handler! {
    set_field(vm, pc, base, k, fb, i) {
        let value = read_slot(reg(base, i.c()));
        if cached_store(vm, fb.add(i.d()), read_slot(reg(base, i.a())), value) {
            return next::<M>(vm, pc, base, k, fb);
        }
        set_field_elsewhere::<M>(vm, pc, base, k, fb, i.0)
    }
}

/// A store whose cache knows another shape.
#[inline(never)]
unsafe fn set_field_elsewhere<M: Mode>(
    vm: *mut Vm,
    pc: *const Insn,
    base: *mut Value,
    k: *const Value,
    fb: *mut u64,
    insn: u64,
) -> Exit {
    // SAFETY: the contract of `Handler`.
    unsafe {
        let i = Insn(insn);
        let (object, name, value) = (*reg(base, i.a()), *k.add(i.b()), *reg(base, i.c()));
        if meta::store_own_field(vm, fb.add(i.d()), object, name, value) {
            return next::<M>(vm, pc, base, k, fb);
        }
        meta::set_field(vm, pc, base, k, fb, insn)
    }
}

handler! {
    set_env(vm, pc, base, k, fb, i) {
        let env = *upvalue(base, i.b()).location;
        if cached_store(vm, fb.add(i.d()), env, *reg(base, i.a())) {
            return next::<M>(vm, pc, base, k, fb);
        }
        meta::set_env(vm, pc, base, k, fb, i.0)
    }
}

/// The element of a table at an integer key, if it is in the array part and not nil, or if there is no other part.
#[inline(always)]
unsafe fn array_load(object: Value, key: i64, note: *mut u64) -> Option<Value> {
    if object.meta != META_TABLE {
        return None;
    }
    let table: Gc<Table> = object.object().cast();
    let index = (key as u64).wrapping_sub(1);
    if index >= u64::from(table.array_len) {
        // SAFETY: the caller's.
        unsafe { *note |= element::ELSEWHERE };
        let plain = table.dict.is_none() && table.metatable.is_none();
        return if plain { Some(Value::NIL) } else { None };
    }
    let index = index as usize;
    // SAFETY: below the length; elements are of the array's kind.
    unsafe {
        let kind = table.header.small[0];
        *note |= element::of_kind(kind);
        if kind == ArrayKind::Value as u8 {
            let value = read_slot(table.array.cast::<Value>().add(index));
            return if value.is_nil() { None } else { Some(value) };
        }
        let payload = *table.array.cast::<u64>().add(index);
        Some(Value { payload, meta: element_meta(kind) })
    }
}

/// `meta` of the elements of a typed array, by its kind.
#[inline(always)]
fn element_meta(kind: u8) -> u64 {
    u64::from(kind) << 32
}

handler! {
    get_index(vm, pc, base, k, fb, i) {
        let key = reg(base, i.c());
        if tag_at(key) == tag::INT
            && let Some(value) = array_load(read_slot(reg(base, i.b())), (*key).raw_int(), fb.add(i.d()))
        {
            *reg(base, i.a()) = value;
            return next::<M>(vm, pc, base, k, fb);
        }
        get_index_elsewhere::<M>(vm, pc, base, k, fb, i.0)
    }
}

handler! {
    get_int(vm, pc, base, k, fb, i) {
        if let Some(value) = array_load(*reg(base, i.b()), i.c() as i64, fb.add(i.d())) {
            *reg(base, i.a()) = value;
            return next::<M>(vm, pc, base, k, fb);
        }
        *fb.add(i.d()) |= element::ELSEWHERE;
        meta::get_int(vm, pc, base, k, fb, i.0)
    }
}

/// Keys beyond the array: dictionaries and computed field names.
#[inline(never)]
unsafe fn get_index_elsewhere<M: Mode>(
    vm: *mut Vm,
    pc: *const Insn,
    base: *mut Value,
    k: *const Value,
    fb: *mut u64,
    insn: u64,
) -> Exit {
    // SAFETY: the contract of `Handler`.
    unsafe {
        let i = Insn(insn);
        let (object, key) = (*reg(base, i.b()), *reg(base, i.c()));
        *fb.add(i.d()) |= element::elsewhere(object, key);
        if object.meta == META_TABLE {
            let table: Gc<Table> = object.object().cast();
            if table.shape() != ShapeId::WEAK {
                let value = if key.meta == META_INT {
                    table.get_int(key.raw_int())
                } else {
                    table::get(&mut (*vm).heap, table, key)
                };
                if !value.is_nil() || table.metatable.is_none() {
                    *reg(base, i.a()) = value;
                    return next::<M>(vm, pc, base, k, fb);
                }
            }
        }
        meta::get_index(vm, pc, base, k, fb, insn)
    }
}

/// Stores an element that the array part has, or appends one there, without allocating; false if it cannot.
#[inline(always)]
unsafe fn array_store(vm: *mut Vm, object: Value, key: i64, value: Value, note: *mut u64) -> bool {
    if object.meta != META_TABLE {
        return false;
    }
    let table: Gc<Table> = object.object().cast();
    let index = (key as u64).wrapping_sub(1);
    let len = u64::from(table.array_len);
    let kind = table.header.small[0];
    // SAFETY: below the length, or checked for room; elements are of the array's kind.
    unsafe {
        *note |= if index < len { element::of_kind(kind) } else { element::ELSEWHERE };
        if kind == ArrayKind::Value as u8 {
            if index >= len || value.is_nil() {
                return index == len && append(table, value);
            }
            let place = table.array.cast::<Value>().add(index as usize);
            let old = *place;
            if old.is_nil() && table.metatable.is_some() {
                return false;
            }
            if (*vm).heap.marking {
                (*vm).heap.barrier(old);
            }
            *place = value;
            return true;
        }
        if value.meta != element_meta(kind) || kind == ArrayKind::Empty as u8 {
            return false;
        }
        if index >= len {
            return index == len && append(table, value);
        }
        let place = table.array.cast::<u64>().add(index as usize);
        if kind == ArrayKind::Table as u8 && (*vm).heap.marking {
            (*vm).heap.barrier(Value { payload: *place, meta: META_TABLE });
        }
        *place = value.payload;
        true
    }
}

/// Appends an element of the array's kind if there is room and nothing else to see to.
#[inline(always)]
unsafe fn append(mut table: Gc<Table>, value: Value) -> bool {
    let len = table.array_len as usize;
    let stride = table.array_kind().stride();
    if value.is_nil()
        || table.metatable.is_some()
        || (len + 1) * stride > table.array_head().capacity_bytes as usize
        || !array::append_is_plain(&table)
        || table.shape() == ShapeId::WEAK
    {
        return false;
    }
    // SAFETY: there is room; the caller has checked the kind.
    unsafe { table.array_put(len, value) };
    table.array_len = len as u32 + 1;
    true
}

handler! {
    set_index(vm, pc, base, k, fb, i) {
        let key = reg(base, i.b());
        if tag_at(key) == tag::INT
            && array_store(
                vm,
                read_slot(reg(base, i.a())),
                (*key).raw_int(),
                read_slot(reg(base, i.c())),
                fb.add(i.d()),
            )
        {
            return next::<M>(vm, pc, base, k, fb);
        }
        *fb.add(i.d()) |= element::elsewhere(*reg(base, i.a()), *key);
        meta::set_index(vm, pc, base, k, fb, i.0)
    }
}

handler! {
    set_int(vm, pc, base, k, fb, i) {
        let (object, value) = (read_slot(reg(base, i.a())), read_slot(reg(base, i.c())));
        if array_store(vm, object, i.b() as i64, value, fb.add(i.d())) {
            return next::<M>(vm, pc, base, k, fb);
        }
        *fb.add(i.d()) |= element::ELSEWHERE;
        meta::set_int(vm, pc, base, k, fb, i.0)
    }
}
