//! Field accesses and method lookups of compiled code that missed their site's cache.

use super::{metamethod, step};
use crate::bytecode::Insn;
use crate::function::Closure;
use crate::heap::Heap;
use crate::inline_cache::{
    Location, NO_KEY, StoreHit, at_location, at_offset, key_of, location, note_vector,
};
use crate::interp::{element, meta, reg};
use crate::object::{Gc, flags};
use crate::plant::{self, Bug};
use crate::shape::ShapeId;
use crate::site_cache::{FieldSite, MethodEntry, MethodSite, STRING_KEY};
use crate::string::LuaString;
use crate::table::{self, KeyOrigin, Table};
use crate::value::{
    META_CLOSURE, META_INT, META_STRING, META_TABLE, Value, read_slot, tag, tag_at,
};
use crate::vm::{Event, TypeMeta, Vm};

/// Longest chain of classes that a site looks through.
const MAX_HOPS: usize = 8;

unsafe fn base_of(vm: *mut Vm) -> *mut Value {
    // SAFETY: the running frame is a Lua function's.
    unsafe { (*vm).stack.add((*(*vm).frame).base as usize) }
}

/// The string constant `index` of the running function.
unsafe fn name_of(vm: *mut Vm, index: usize) -> Gc<LuaString> {
    // SAFETY: a verified operand of the running function.
    unsafe { (*(*(*vm).frame).closure.unwrap_unchecked().proto.k.add(index)).object().cast() }
}

/// `R[a] = object[name]` where the site's cache does not know the object.
///
/// # Safety
/// As for [`step`]; `site` is the instruction's.
pub unsafe extern "C" fn get_field(
    vm: *mut Vm,
    pc: *const Insn,
    site: *mut FieldSite,
) -> *mut Value {
    // SAFETY: the caller's.
    unsafe {
        let (i, base) = (*pc, base_of(vm));
        load_field(vm, pc, site, *reg(base, i.b()))
    }
}

/// A global read where the site's cache does not know the environment.
///
/// # Safety
/// As for [`get_field`].
pub unsafe extern "C" fn get_env(vm: *mut Vm, pc: *const Insn, site: *mut FieldSite) -> *mut Value {
    // SAFETY: the caller's.
    unsafe {
        let env = *crate::interp::load::upvalue(base_of(vm), (*pc).b()).location;
        load_field(vm, pc, site, env)
    }
}

/// Whether the interpreter has never found the field of the access at `pc`. It takes notes, which optimizing needs.
unsafe fn is_unseen(vm: *mut Vm, pc: *const Insn) -> bool {
    // SAFETY: as for `get_field`; four verified cells.
    unsafe {
        let cells = (*(*vm).frame).closure.unwrap_unchecked().proto.feedback.add((*pc).d());
        *cells == NO_KEY && *cells.add(2) == NO_KEY
    }
}

/// A field of a vector into register `a`.
unsafe fn load_component(vm: *mut Vm, pc: *const Insn, vector: Value) -> *mut Value {
    // SAFETY: as for `get_field`; four verified cells.
    unsafe {
        let (i, base) = (*pc, base_of(vm));
        let proto = (*(*vm).frame).closure.unwrap_unchecked().proto;
        note_vector(proto.feedback.add(i.d()), vector);
        match meta::vector_field(&mut *vm, vector, *proto.k.add(i.c())) {
            Some(value) => {
                *reg(base, i.a()) = value;
                base
            }
            None => step(vm, pc),
        }
    }
}

/// A field of a table with slots, its own or its classes'; the site learns where it is if it is one of the table's.
fn load_and_fill(
    vm: &mut Vm,
    site: &mut FieldSite,
    table: Gc<Table>,
    name: Gc<LuaString>,
) -> Option<Value> {
    let key = key_of(table);
    let known = site.find(key).map(|at| at as Location);
    let at = known.or_else(|| {
        let slot = vm.lookup.slot(&vm.heap.shapes, table, name)?;
        let at = location(table, slot);
        site.fill(key, u64::from(at));
        Some(at)
    });
    // SAFETY: tables with the key have the field there.
    let own = at.map_or(Value::NIL, |at| unsafe { read_slot(at_location(table, at)) });
    if own.is_nil() { meta::inherited_field(vm, table, name) } else { Some(own) }
}

unsafe fn load_field(
    vm: *mut Vm,
    pc: *const Insn,
    site: *mut FieldSite,
    object: Value,
) -> *mut Value {
    // SAFETY: as for `get_field`.
    unsafe {
        if object.is_vector() {
            return load_component(vm, pc, object);
        }
        if is_unseen(vm, pc) && object.meta == META_TABLE {
            return step(vm, pc);
        }
        if object.meta == META_TABLE {
            let table: Gc<Table> = object.object().cast();
            let name = name_of(vm, (*pc).c());
            let found = match table.shape() {
                ShapeId::WEAK => return step(vm, pc),
                ShapeId::DICTIONARY => meta::field(&mut *vm, table, name),
                _ => load_and_fill(&mut *vm, &mut *site, table, name),
            };
            return match found {
                Some(value) => {
                    let base = base_of(vm);
                    *reg(base, (*pc).a()) = value;
                    base
                }
                None => metamethod::index(vm, pc, object, Value::string(name)),
            };
        }
        step(vm, pc)
    }
}

/// `object[name] = value` where the site's cache does not know the object.
///
/// # Safety
/// As for [`get_field`].
pub unsafe extern "C" fn set_field(
    vm: *mut Vm,
    pc: *const Insn,
    site: *mut FieldSite,
) -> *mut Value {
    // SAFETY: the caller's.
    unsafe {
        let (i, base) = (*pc, base_of(vm));
        store_field(vm, pc, site, *reg(base, i.a()), i.b(), read_slot(reg(base, i.c())))
    }
}

/// A global write where the site's cache does not know the environment.
///
/// # Safety
/// As for [`get_field`].
pub unsafe extern "C" fn set_env(vm: *mut Vm, pc: *const Insn, site: *mut FieldSite) -> *mut Value {
    // SAFETY: the caller's.
    unsafe {
        let (i, base) = (*pc, base_of(vm));
        let env = *crate::interp::load::upvalue(base, i.b()).location;
        store_field(vm, pc, site, env, i.c(), read_slot(reg(base, i.a())))
    }
}

/// Overwrites a field, named by a constant, that the site knows. Else the interpreter stores; what its cache knows then is what the site wants
/// to know.
unsafe fn store_field(
    vm: *mut Vm,
    pc: *const Insn,
    site: *mut FieldSite,
    object: Value,
    name: usize,
    value: Value,
) -> *mut Value {
    // SAFETY: as for `get_field`; four verified cells.
    unsafe {
        let key = object.as_table().map_or(NO_KEY, key_of);
        if let Some(hit) = (*site).find(key).map(StoreHit::unpack)
            && let Some(table) = object.as_table()
            && hit.shape == 0
            && hit.allows(tag_at(&raw const value))
        {
            let place = at_offset(table, hit.offset);
            let old = read_slot(place);
            if !old.is_nil() {
                if (*vm).heap.marking {
                    (*vm).heap.barrier(old);
                }
                *place = value;
                return base_of(vm);
            }
        }
        let name = name_of(vm, name);
        if let Some(table) = object.as_table()
            && table.shape() == ShapeId::DICTIONARY
            && table::overwrite_in_dictionary(&mut (*vm).heap, table, name, value)
        {
            return base_of(vm);
        }
        let name = Value::string(name);
        if let Some(base) = metamethod::new_index(vm, pc, object, name, value) {
            return base;
        }
        let cells = (*(*vm).frame).closure.unwrap_unchecked().proto.feedback.add((*pc).d());
        let base = step(vm, pc);
        if key != NO_KEY && !base.is_null() {
            if *cells == key {
                (*site).fill(key, *cells.add(1));
            } else if *cells.add(2) == key {
                (*site).fill(key, *cells.add(3));
            }
        }
        base
    }
}

/// A method lookup where the site's cache does not know the receiver.
///
/// # Safety
/// As for [`get_field`].
pub unsafe extern "C" fn get_method(
    vm: *mut Vm,
    pc: *const Insn,
    site: *mut MethodSite,
) -> *mut Value {
    // SAFETY: the caller's.
    unsafe {
        let (i, base) = (*pc, base_of(vm));
        let (object, name) = (*reg(base, i.b()), name_of(vm, i.c()));
        if is_unseen(vm, pc) && object.meta == META_TABLE {
            return step(vm, pc);
        }
        let method = find_method(&mut *vm, &mut *site, object, name, Asker::Baseline);
        let Some(method) = method else {
            return step(vm, pc);
        };
        *reg(base, i.a() + 1) = object;
        *reg(base, i.a()) = method;
        base
    }
}

/// Who looks a name up through metatables, which makes the tables behind `__index` classes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asker {
    /// Code that looks at a table's key whenever it needs it.
    Baseline,
    /// Code that relies on keys that it has seen. That a table is a class is part of its key: where a lookup has made a
    /// table a class there is no answer, and the code leaves.
    Optimized,
}

/// The method of a receiver, if all tables on the way to it are plain; the site remembers it.
pub(super) fn find_method(
    vm: &mut Vm,
    site: &mut MethodSite,
    object: Value,
    name: Gc<LuaString>,
    asker: Asker,
) -> Option<Value> {
    let (key, metatable) = if object.meta == META_STRING {
        (STRING_KEY, vm.type_metatable(TypeMeta::String)?)
    } else {
        let table = object.as_table()?;
        match table.shape() {
            ShapeId::DICTIONARY => {
                return meta::field(vm, table, name).filter(|method| !method.is_nil());
            }
            ShapeId::WEAK => return None,
            _ => {}
        }
        if let Some(slot) = vm.lookup.slot(&vm.heap.shapes, table, name) {
            let method = table.slot(slot);
            if method.is_nil() {
                return None;
            }
            let (key, at) = (key_of(table), location(table, slot));
            site.fill_own(vm.heap.class_epoch, key, at, function_of(method));
            return Some(method);
        }
        (key_of(table), table.metatable?)
    };
    let method = inherited(vm, metatable, name, asker).filter(|method| !method.is_nil())?;
    let metatable = if key == STRING_KEY { 0 } else { metatable.addr() };
    let function = function_of(method);
    let (payload, meta) = (method.payload, method.meta);
    let entry = MethodEntry { key, metatable, payload, meta, function };
    site.fill(vm.heap.class_epoch, entry);
    Some(method)
}

/// The number of a method's function, if it is a Lua function, else 0.
fn function_of(method: Value) -> u64 {
    let closure: Option<Gc<Closure>> =
        (method.meta == META_CLOSURE).then(|| method.object().cast());
    closure.map_or(0, |closure| closure.proto.id)
}

/// Whether the methods of a site's entries, which all stand behind metatables, are what they were. The site is right for the
/// class epoch then.
pub(super) fn check_methods(vm: &mut Vm, site: &mut MethodSite, name: Gc<LuaString>) -> bool {
    let entries = site.entries.iter().filter(|entry| entry.key != NO_KEY);
    let mut known = entries.map(|entry| (entry.metatable, entry.payload, entry.meta));
    let hold = known.all(|(metatable, payload, meta)| {
        let found = inherited(vm, Gc::from_addr(metatable), name, Asker::Optimized);
        found.is_some_and(|found| (found.payload, found.meta) == (payload, meta))
    });
    if hold {
        site.epoch = vm.heap.class_epoch;
    }
    hold
}

/// A field of a table, or of its classes if they are plain tables; nil if there is none. What a table with slots does not
/// have itself the site remembers for the class epoch.
pub(super) fn find_field(
    vm: &mut Vm,
    site: &mut MethodSite,
    table: Gc<Table>,
    name: Gc<LuaString>,
    asker: Asker,
) -> Option<Value> {
    match table.shape() {
        ShapeId::WEAK => return None,
        ShapeId::DICTIONARY => return meta::field(vm, table, name),
        _ => {}
    }
    if let Some(slot) = vm.lookup.slot(&vm.heap.shapes, table, name) {
        let own = table.slot(slot);
        return if own.is_nil() { meta::inherited_field(vm, table, name) } else { Some(own) };
    }
    let found = match table.metatable {
        Some(metatable) => inherited(vm, metatable, name, asker)?,
        None => Value::NIL,
    };
    // Numbers and the like may become others within an epoch.
    if !found.is_nil() && found.tag() <= tag::STRING && !plant::is(Bug::OptStaleConstant) {
        return Some(found);
    }
    let metatable = table.metatable.map_or(0, |metatable| metatable.addr());
    let (payload, meta) = (found.payload, found.meta);
    let entry = MethodEntry { key: key_of(table), metatable, payload, meta, function: 0 };
    site.fill(vm.heap.class_epoch, entry);
    Some(found)
}

/// The field behind a metatable's `__index`, which has to be a chain of tables, which report their changes from now on; nil
/// if none of them has it.
fn inherited(
    vm: &mut Vm,
    mut metatable: Gc<Table>,
    name: Gc<LuaString>,
    asker: Asker,
) -> Option<Value> {
    let mut has_answer = true;
    for _ in 0..MAX_HOPS {
        if metatable.shape() == ShapeId::WEAK {
            return None;
        }
        debug_assert!(metatable.is_class(), "every metatable is a class");
        let handler = meta::event_of(vm, metatable, Event::Index);
        if handler.is_nil() {
            return has_answer.then_some(Value::NIL);
        }
        let class = handler.as_table()?;
        if class.shape() == ShapeId::WEAK {
            return None;
        }
        has_answer &= asker == Asker::Baseline || class.is_class();
        table::make_class(&vm.heap, class);
        let value = meta::get_named(vm, class, name);
        if !value.is_nil() {
            return has_answer.then_some(value);
        }
        let Some(next) = class.metatable else { return has_answer.then_some(Value::NIL) };
        metatable = next;
    }
    None
}

/// `R[a] = object[R[c]]` where the key is in no array part.
///
/// # Safety
/// As for [`step`].
pub unsafe extern "C" fn get_index(vm: *mut Vm, pc: *const Insn) -> *mut Value {
    // SAFETY: the caller's.
    unsafe {
        let (i, base) = (*pc, base_of(vm));
        let (object, key) = (*reg(base, i.b()), *reg(base, i.c()));
        let proto = (*(*vm).frame).closure.unwrap_unchecked().proto;
        *proto.feedback.add(i.d()) |= element::elsewhere(object, key);
        if object.meta == META_TABLE {
            let table: Gc<Table> = object.object().cast();
            if table.shape() != ShapeId::WEAK {
                let value = if key.meta == META_INT {
                    table.get_int(key.raw_int())
                } else {
                    meta::get_any(&mut *vm, table, key)
                };
                if !value.is_nil() || table.metatable.is_none() {
                    *reg(base, i.a()) = value;
                    return base;
                }
                return metamethod::index(vm, pc, object, key);
            }
        }
        step(vm, pc)
    }
}

/// Stores at an integer or a string that was computed, if no metatable wants to know of it. Whether that was all.
fn store_plainly(heap: &mut Heap, object: Value, key: Value, value: Value) -> bool {
    let table: Gc<Table> = object.object().cast();
    let has_handler = table.metatable.is_some_and(|it| it.has_flag(flags::HAS_NEWINDEX));
    if has_handler || table.shape() == ShapeId::WEAK {
        return false;
    }
    match key.meta {
        META_INT => table::set_int(heap, table, key.raw_int(), value).is_ok(),
        META_STRING => {
            let name = key.object().cast();
            let is_dictionary = table.shape() == ShapeId::DICTIONARY;
            is_dictionary && table::overwrite_in_dictionary(heap, table, name, value)
                || table::set_str(heap, table, name, value, KeyOrigin::Computed).is_ok()
        }
        _ => false,
    }
}

/// `object[R[b]] = R[c]` where the element is not there yet or of another kind.
///
/// # Safety
/// As for [`step`].
pub unsafe extern "C" fn set_index(vm: *mut Vm, pc: *const Insn) -> *mut Value {
    // SAFETY: the caller's.
    unsafe {
        let (i, base) = (*pc, base_of(vm));
        let (object, key, value) = (*reg(base, i.a()), *reg(base, i.b()), *reg(base, i.c()));
        let proto = (*(*vm).frame).closure.unwrap_unchecked().proto;
        *proto.feedback.add(i.d()) |= element::elsewhere(object, key);
        if object.meta == META_TABLE && store_plainly(&mut (*vm).heap, object, key, value) {
            return base;
        }
        match metamethod::new_index(vm, pc, object, key, value) {
            Some(base) => base,
            None => step(vm, pc),
        }
    }
}

/// `R[a] = #object` where the object is no plain table.
///
/// # Safety
/// As for [`step`].
pub unsafe extern "C" fn length(vm: *mut Vm, pc: *const Insn) -> *mut Value {
    // SAFETY: the caller's.
    unsafe {
        let (i, base) = (*pc, base_of(vm));
        let Some(table) = (*reg(base, i.b())).as_table() else { return step(vm, pc) };
        let Some(length) = find_length(&mut *vm, table) else { return step(vm, pc) };
        let proto = (*(*vm).frame).closure.unwrap_unchecked().proto;
        *proto.feedback.add(i.d()) |= element::ELSEWHERE;
        *reg(base, i.a()) = Value::int(length);
        base
    }
}

/// The length of a table, unless it is weak or its metatable has a say in it.
pub(super) fn find_length(vm: &mut Vm, table: Gc<Table>) -> Option<i64> {
    let is_plain = table.shape() != ShapeId::WEAK
        && table
            .metatable
            .is_none_or(|metatable| meta::event_of(vm, metatable, Event::Len).is_nil());
    is_plain.then(|| table::length(&vm.heap, table))
}
