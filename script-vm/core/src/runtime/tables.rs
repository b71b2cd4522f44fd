//! What optimized code does to tables and strings without the interpreter: calls that change no register of the caller's.
//!
//! None of them runs script code or collects: what they make work for comes at the next safepoint.

use super::access::{self, Asker};
use crate::interp::{Template, concat, meta};
use crate::object::{Gc, flags};
use crate::plant::{self, Bug};
use crate::site_cache::MethodSite;
use crate::stdlib;
use crate::string::LuaString;
use crate::table::{self, Table};
use crate::value::Value;
use crate::vm::{Event, Vm};

/// Values that [`join`] joins, at most.
pub const MOST_JOINED: usize = 8;

/// The string of the first `count` operands for it in the VM. Null: one of them is neither string nor number, or the string
/// cannot be made; nothing has happened.
///
/// # Safety
/// Optimized code calls it, with at most [`MOST_JOINED`].
pub unsafe extern "C" fn join(vm: *mut Vm, count: u64) -> *const LuaString {
    // SAFETY: `vm` is the running VM.
    unsafe {
        let operands = (*vm).join_operands;
        let parts = &operands[..count as usize];
        if !parts.iter().all(|&part| concat::is_text(part)) {
            return std::ptr::null();
        }
        let joined = concat::join(&mut *vm, parts).ok().and_then(|joined| joined.as_string());
        joined.map_or(std::ptr::null(), |joined| joined.as_ptr().cast_const())
    }
}

/// The part of a string from position `start` to the one that is the operand in the VM. Null: there is no memory for it.
///
/// # Safety
/// `text` is a string.
pub unsafe extern "C" fn string_part(
    vm: *mut Vm,
    text: *const LuaString,
    start: i64,
) -> *const LuaString {
    // SAFETY: the caller's.
    unsafe {
        let text: Gc<LuaString> = Gc::from_addr(text.addr() as u64);
        let end = (*vm).preserved_operand.raw_int();
        let Some(part) = stdlib::string_part(text.as_bytes(), start, end) else {
            return text.as_ptr();
        };
        (*vm).heap.new_string(part).map_or(std::ptr::null(), |part| part.as_ptr().cast_const())
    }
}

/// A table of an allocation site, whose cell 0 is given.
///
/// # Safety
/// Optimized code calls it.
pub unsafe extern "C" fn new_table(vm: *mut Vm, site: u64) -> *const Table {
    // SAFETY: `vm` is the running VM.
    unsafe { Template::new_table(&mut (*vm).heap, site).as_ptr() }
}

/// Stores the operand in the VM at an integer key, whatever part of the table that is in. 0: there is no memory for that,
/// and nothing has changed.
///
/// # Safety
/// `table` is a table without a metatable, and not weak.
pub unsafe extern "C" fn set_int(vm: *mut Vm, table: *const Table, key: i64) -> u64 {
    // SAFETY: the caller's.
    unsafe {
        let table = Gc::from_addr(table.addr() as u64);
        let value = (*vm).preserved_operand;
        u64::from(table::set_int(&mut (*vm).heap, table, key, value).is_ok())
    }
}

/// What [`cursor_after`] returns for a key that the table does not have.
pub const NO_CURSOR: u64 = u64::MAX;

/// The place of a traversal behind the key that is the operand in the VM, or [`NO_CURSOR`].
///
/// # Safety
/// `table` is a table.
pub unsafe extern "C" fn cursor_after(vm: *mut Vm, table: *const Table) -> u64 {
    // SAFETY: the caller's.
    unsafe {
        let table = Gc::from_addr(table.addr() as u64);
        let key = (*vm).preserved_operand;
        table::cursor_after(&mut (*vm).heap, table, key).unwrap_or(NO_CURSOR)
    }
}

/// The first entry at or behind the place `at` of a traversal goes to where the VM has room for one. The place behind it;
/// 0 if there is none.
///
/// # Safety
/// `table` is a table, with as many elements as the place was counted with.
pub unsafe extern "C" fn next_entry(vm: *mut Vm, table: *const Table, at: u64) -> u64 {
    // SAFETY: the caller's.
    unsafe {
        let table = Gc::from_addr(table.addr() as u64);
        let Some((key, value, behind)) = table::next_at(&mut (*vm).heap, table, at) else {
            return 0;
        };
        (*vm).entry = [key, value];
        behind
    }
}

/// The method of the name that is the operand in the VM, of a table without metatable lookups of its own: remembered in
/// the code's cache. Its payload; its second word is the operand then, 0 if there is no such method to be had this way.
///
/// # Safety
/// `table` is a table, `site` the code's own.
pub unsafe extern "C" fn find_method(
    vm: *mut Vm,
    table: *const Table,
    site: *mut MethodSite,
) -> u64 {
    // SAFETY: the caller's.
    unsafe {
        let vm = &mut *vm;
        let (name, table) = name_and_table(vm, table);
        let found =
            access::find_method(vm, &mut *site, Value::table(table), name, Asker::Optimized);
        let method = found.unwrap_or(Value::NIL);
        vm.preserved_operand = method;
        method.payload
    }
}

/// The name that is the operand in the VM, and the table that code has passed by its address.
fn name_and_table(vm: &Vm, table: *const Table) -> (Gc<LuaString>, Gc<Table>) {
    (Gc::from_addr(vm.preserved_operand.payload), Gc::from_addr(table.addr() as u64))
}

/// In place of the meta word of what [`find_field`] finds.
pub const NO_ANSWER: u64 = u64::MAX;

/// The field of the name that is the operand in the VM, of a table or its classes; nil if there is none. The result is its
/// payload, and all of it is the operand then. Its meta word is [`NO_ANSWER`] if a metamethod has to be asked. The code's
/// cache learns what tables of this kind do not have themselves.
///
/// # Safety
/// The operand is a string that names a field, the table is alive, and the cache is the code's own.
pub unsafe extern "C" fn find_field(
    vm: *mut Vm,
    table: *const Table,
    site: *mut MethodSite,
) -> u64 {
    // SAFETY: the caller's.
    unsafe {
        let vm = &mut *vm;
        let (name, table) = name_and_table(vm, table);
        let found = access::find_field(vm, &mut *site, table, name, Asker::Optimized);
        vm.preserved_operand = found.unwrap_or(Value { payload: 0, meta: NO_ANSWER });
        vm.preserved_operand.payload
    }
}

/// What a table itself has at the key that is the operand in the VM; nil if nothing. The result is its payload, and all of it
/// is the operand then.
///
/// # Safety
/// The table is alive, and not weak.
pub unsafe extern "C" fn lookup_any(vm: *mut Vm, table: *const Table, _: u64) -> u64 {
    // SAFETY: the caller's.
    unsafe {
        let (table, key) = (Gc::from_addr(table.addr() as u64), (*vm).preserved_operand);
        (*vm).preserved_operand = meta::get_any(&mut *vm, table, key);
        (*vm).preserved_operand.payload
    }
}

/// The length of a table; a negative number if a metamethod has to be asked.
///
/// # Safety
/// The table is alive.
pub unsafe extern "C" fn find_length(vm: *mut Vm, table: *const Table, _: u64) -> i64 {
    // SAFETY: the caller's.
    unsafe {
        let table = Gc::<Table>::from_addr(table.addr() as u64);
        access::find_length(&mut *vm, table).unwrap_or(-1)
    }
}

/// Whether the methods of the name that is the operand in the VM, which the code's cache has by their metatables, are what
/// they were. The cache's class epoch is this one then.
///
/// # Safety
/// `site` is the code's own, and the metatables in it are alive.
pub unsafe extern "C" fn check_methods(vm: *mut Vm, site: *mut MethodSite) -> u64 {
    // SAFETY: the caller's.
    unsafe {
        let vm = &mut *vm;
        let name = Gc::<LuaString>::from_addr(vm.preserved_operand.payload);
        u64::from(access::check_methods(vm, &mut *site, name))
    }
}

/// Whether operators, components and methods of vectors are the library's.
///
/// # Safety
/// Optimized code calls it.
pub unsafe extern "C" fn check_vectors(vm: *mut Vm) -> u64 {
    // SAFETY: `vm` is the running VM.
    unsafe { u64::from((*vm).has_plain_vectors()) }
}

/// Bits of a table's header that say that its like may become the metatable of a plain table without further ado: key,
/// and that it serves as a metatable already.
pub const PLAIN_METATABLE_MASK: u64 = !0 << 24 | (flags::METATABLE as u64) << 8;

/// What `setmetatable(table, metatable)` does. 0: it has an error to raise or does more than to set it, and nothing has
/// changed, the fuel of the call given back. In the cell whose
/// address is the operand in the VM is noted what metatables' headers look like that ask for nothing more, under
/// [`PLAIN_METATABLE_MASK`].
///
/// # Safety
/// Both are tables; the cell is the code's own.
pub unsafe extern "C" fn set_metatable(
    vm: *mut Vm,
    table: *const Table,
    metatable: *const Table,
) -> u64 {
    // SAFETY: the caller's.
    unsafe {
        let [table, metatable] =
            [table, metatable].map(|table| Gc::<Table>::from_addr(table.addr() as u64));
        let vm = &mut *vm;
        // Weakness moves what is in the table, and of a class all lookups are told: the code that asks knows of neither.
        let may_weaken = metatable.has_flag(flags::HAS_MODE) && !plant::is(Bug::OptHiddenWrite);
        if table.metatable.is_some() || table.is_class() || may_weaken {
            // The call is repeated.
            (*vm.interrupt).give_back();
            return 0;
        }
        stdlib::set_table_metatable(vm, table, Some(metatable));
        note_if_plain(vm, metatable);
        1
    }
}

/// Whether a table serves as a metatable already, and asks for nothing but to be there. Notes what [`set_metatable`] does.
///
/// # Safety
/// `table` is a table; the cell is the code's own.
pub unsafe extern "C" fn is_plain_metatable(
    vm: *mut Vm,
    table: *const Table,
    _: *const Table,
) -> u64 {
    // SAFETY: the caller's.
    unsafe {
        let table = Gc::<Table>::from_addr(table.addr() as u64);
        let serves = table.has_flag(flags::METATABLE) && table.is_class();
        u64::from(serves && note_if_plain(&mut *vm, table))
    }
}

/// Whether a metatable asks for neither finalizers nor weakness. If so, the cell whose address is the operand in the VM
/// takes what its like look like.
///
/// # Safety
/// The cell is the code's own.
unsafe fn note_if_plain(vm: &mut Vm, metatable: Gc<Table>) -> bool {
    let shape = metatable.shape();
    let names = [Event::Gc, Event::Mode].map(|event| vm.event(event));
    let is_plain = shape.has_slots()
        && names.into_iter().all(|name| vm.heap.shapes.lookup(shape, name).is_none());
    if is_plain {
        let cell = vm.preserved_operand.payload as usize as *mut u64;
        // SAFETY: the caller's; every object begins with its header.
        unsafe { *cell = *metatable.as_ptr().cast::<u64>() & PLAIN_METATABLE_MASK };
    }
    is_plain
}
