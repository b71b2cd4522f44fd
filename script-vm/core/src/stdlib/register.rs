//! Putting native functions into tables: each library is a table of rows.

use crate::native::{Intrinsic, NativeFn, TableRef, new_native};
use crate::table;
use crate::value::Value;
use crate::vm::Vm;

/// A function under its full name ("string.rep"): the part behind the last point is its key, and messages use the
/// whole where the program gives it no name.
pub(super) type Row = (&'static str, NativeFn);

/// The registry's field that holds the table of loaded modules.
pub(super) const LOADED: &str = "_LOADED";

/// Puts functions into a table.
pub(super) fn add_functions(vm: &mut Vm, table: TableRef, rows: &[Row]) {
    for &(name, function) in rows {
        let native = new_native(vm, name, function, Intrinsic::None, &[]);
        vm.set_global_field(table, key_of(name), Value::native(native));
    }
}

/// Puts a function with captured values into a table.
pub(super) fn add_function(vm: &mut Vm, table: TableRef, row: Row, captured: &[Value]) {
    let native = new_native(vm, row.0, row.1, Intrinsic::None, captured);
    vm.set_global_field(table, key_of(row.0), Value::native(native));
}

fn key_of(name: &'static str) -> &'static str {
    name.rsplit('.').next().unwrap_or(name)
}

/// A new table of functions, as a global and as a loaded module.
pub(super) fn library(vm: &mut Vm, name: &str, rows: &[Row]) -> TableRef {
    let fields = rows.len() + 4;
    let library = table::new_table(&mut vm.heap, fields, 0);
    table::watch_environment(&vm.heap, library);
    add_functions(vm, library, rows);
    let globals = vm.globals();
    vm.set_global_field(globals, name, Value::table(library));
    note_loaded(vm, name, Value::table(library));
    library
}

/// Puts a module into the table of loaded modules.
pub(super) fn note_loaded(vm: &mut Vm, name: &str, module: Value) {
    let loaded = loaded_modules(vm);
    vm.set_global_field(loaded, name, module);
}

/// The table of loaded modules, `package.loaded`.
pub(super) fn loaded_modules(vm: &mut Vm) -> TableRef {
    registry_table(vm, LOADED)
}

/// The table in a field of the registry, made if there is none.
pub(super) fn registry_table(vm: &mut Vm, name: &str) -> TableRef {
    let registry = vm.registry();
    let key = vm.heap.intern(name.as_bytes());
    if let Some(found) = table::get_str(&mut vm.heap, registry, key).as_table() {
        return found;
    }
    let made = table::new_table(&mut vm.heap, 16, 0);
    vm.set_global_field(registry, name, Value::table(made));
    made
}

/// A string value made while libraries are opened.
pub(super) fn text(vm: &mut Vm, bytes: &[u8]) -> Value {
    Value::string(vm.heap.intern(bytes))
}

/// The name under which some loaded module holds a function ("string.rep"), globals without prefix.
pub fn loaded_name(vm: &mut Vm, function: Value) -> Option<String> {
    if !function.is_function() {
        return None;
    }
    let loaded = loaded_modules(vm);
    let mut cursor = 0;
    while let Some((module, value, next)) = table::next_at(&mut vm.heap, loaded, cursor) {
        cursor = next;
        let Some(module) = module.as_string() else { continue };
        if value.raw_equals(function) {
            return Some(module.to_text().into_owned());
        }
        let Some(fields) = value.as_table() else { continue };
        if let Some(name) = key_of_value(vm, fields, function) {
            let module = module.to_text();
            return Some(if module == "_G" { name } else { format!("{module}.{name}") });
        }
    }
    None
}

/// The string key under which a table holds a value.
fn key_of_value(vm: &mut Vm, table: TableRef, wanted: Value) -> Option<String> {
    let mut cursor = 0;
    while let Some((key, value, next)) = table::next_at(&mut vm.heap, table, cursor) {
        cursor = next;
        if let Some(name) = key.as_string()
            && value.raw_equals(wanted)
        {
            return Some(name.to_text().into_owned());
        }
    }
    None
}
