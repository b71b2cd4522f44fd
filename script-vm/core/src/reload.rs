//! Carrying the state of a script over to its new version: new functions, old data.
//!
//! Given what the old and the new version of a chunk returned, the closures that can be reached from either are walked.
//! A local variable of the module that both versions have, under the same name, is handled by what it holds:
//!
//! - a function: the new one stays;
//! - a table in both: the old table stays (objects and metatables refer to it) and takes over the new one's functions,
//!   and the entries that it lacks;
//! - anything else: the old value stays if some function assigns the variable, since then it is state; a variable that
//!   is never assigned after its declaration is a constant of the source, and the new one stays.

use std::collections::{HashMap, HashSet};

use crate::function::{Closure, Upvalue};
use crate::object::Gc;
use crate::shape::ShapeId;
use crate::table::{self, StoreError, Table};
use crate::value::Value;
use crate::vm::Vm;

/// A variable of the module: where it lives and whether it is ever assigned.
#[derive(Clone, Copy)]
struct Variable {
    upvalue: Gc<Upvalue>,
    immutable: bool,
}

/// The module variables that a version's closures capture, by name.
type Variables = HashMap<Vec<u8>, Variable>;

/// Carries state from `old` over to `new`; returns what takes the place of `new`: itself, or the old table with its
/// functions replaced.
///
/// # Errors
/// The memory limit.
pub(crate) fn carry_over(vm: &mut Vm, old: Value, new: Value) -> Result<Value, StoreError> {
    let olds = variables_of(vm, old);
    let news = variables_of(vm, new);
    let mut merged = HashSet::new();
    for (name, new) in &news {
        let Some(old) = olds.get(name) else { continue };
        let kept = merge(vm, old.upvalue.get(), new.upvalue.get(), new.immutable, &mut merged)?;
        set_upvalue(vm, new.upvalue, kept);
    }
    Ok(new)
}

/// The value of a variable after the reload.
fn merge(
    vm: &mut Vm,
    old: Value,
    new: Value,
    immutable: bool,
    merged: &mut HashSet<u64>,
) -> Result<Value, StoreError> {
    match (old.as_table(), new.as_table()) {
        (Some(old_table), Some(new_table)) => {
            merge_tables(vm, old_table, new_table, merged)?;
            Ok(old)
        }
        _ if new.is_function() || old.is_nil() || immutable => Ok(new),
        _ => Ok(old),
    }
}

/// The old table takes over functions and what it lacks from the new one, tables inside likewise.
fn merge_tables(
    vm: &mut Vm,
    old: Gc<Table>,
    new: Gc<Table>,
    merged: &mut HashSet<u64>,
) -> Result<(), StoreError> {
    if old.same(new) || !merged.insert(old.addr()) || old.shape() == ShapeId::WEAK {
        return Ok(());
    }
    for (key, new_value) in entries(vm, new) {
        let old_value = table::get(&mut vm.heap, old, key);
        match (old_value.as_table(), new_value.as_table()) {
            (Some(inner_old), Some(inner_new)) => merge_tables(vm, inner_old, inner_new, merged)?,
            _ if new_value.is_function() || old_value.is_nil() => {
                let value = if new_value.same_bits(Value::table(new)) {
                    // `Class.__index = Class`
                    Value::table(old)
                } else {
                    new_value
                };
                table::set(&mut vm.heap, old, key, value)?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn entries(vm: &mut Vm, of: Gc<Table>) -> Vec<(Value, Value)> {
    let mut cursor = 0;
    std::iter::from_fn(|| {
        let (key, value, next) = table::next_at(&mut vm.heap, of, cursor)?;
        cursor = next;
        Some((key, value))
    })
    .collect()
}

fn set_upvalue(vm: &mut Vm, upvalue: Gc<Upvalue>, value: Value) {
    vm.heap.barrier(upvalue.get());
    upvalue.set(value);
}

/// The variables captured by the closures reachable from `root` through tables and other closures.
fn variables_of(vm: &mut Vm, root: Value) -> Variables {
    let mut variables = Variables::new();
    let mut seen = HashSet::new();
    let mut waiting = vec![root];
    let source = chunk_of(vm, root);
    while let Some(value) = waiting.pop() {
        if !value.is_traced() || !seen.insert(value.payload) {
            continue;
        }
        if let Some(closure) = value.as_closure() {
            if source.as_deref() == Some(&closure.proto_ref().source) {
                add_captured(closure, &mut variables, &mut waiting);
            }
        } else if let Some(table) = value.as_table()
            // The globals lead everywhere and belong to nobody.
            && !table.same(vm.globals())
        {
            waiting.extend(entries(vm, table).into_iter().map(|(_, value)| value));
        }
    }
    variables
}

/// The chunk whose functions `root` holds: the one of the first Lua function found in it.
fn chunk_of(vm: &mut Vm, root: Value) -> Option<String> {
    let direct = root.as_closure();
    let closure = direct.or_else(|| {
        let table = root.as_table()?;
        entries(vm, table).into_iter().find_map(|(_, value)| value.as_closure())
    });
    closure.map(|closure| closure.proto_ref().source.to_string())
}

fn add_captured(closure: Gc<Closure>, variables: &mut Variables, waiting: &mut Vec<Value>) {
    let proto = closure.proto_ref();
    for (desc, &upvalue) in proto.upvalues.iter().zip(closure.upvalues()) {
        waiting.push(upvalue.get());
        let Some(name) = desc.name.map(|id| proto.strings.get(id)) else { continue };
        if name != b"_ENV" {
            let variable = Variable { upvalue, immutable: desc.immutable };
            variables.entry(name.to_vec()).or_insert(variable);
        }
    }
}
