//! Carrying the state of a script over to its new version: new functions, old data.
//!
//! The closures that can be reached from either version are walked. What they capture of their chunk's own local
//! variables is matched by name, and the tables of both versions are paired: what both returned, what variables of one
//! name hold, and what paired tables hold under one key.
//!
//! - A paired table stays the old one, since objects, metatables and other scripts refer to it. It takes over the new
//!   one's functions and the entries that it lacks, and stands wherever the new version put the new table.
//! - A variable becomes one and the same for the functions of both versions, so that coroutines and callbacks of the old
//!   one that live on share it with the new functions. [`kept`] has the rules for what it holds.
//!
//! A name that a version captures as several variables (the control variable of a loop, say) is left alone.

mod functions;

use std::collections::{HashMap, HashSet};

use crate::bytecode::Proto;
use crate::function::{Closure, FunctionProto, Upvalue};
use crate::object::Gc;
use crate::shape::ShapeId;
use crate::table::{self, StoreError, Table};
use crate::value::Value;
use crate::vm::Vm;

/// One version of a script.
#[derive(Clone, Copy)]
pub(crate) struct Version {
    /// Its main function.
    pub chunk: Gc<Closure>,
    /// What that returned.
    pub returned: Value,
    /// A table with its global functions, if they are to be looked at.
    pub globals: Value,
}

/// A local variable of the chunk.
#[derive(Clone, Copy)]
struct Variable {
    upvalue: Gc<Upvalue>,
    /// Never assigned after its declaration.
    immutable: bool,
    /// The name belongs to several variables.
    ambiguous: bool,
}

/// What a walk through a version finds.
#[derive(Default)]
struct Found {
    variables: HashMap<Vec<u8>, Variable>,
    /// The places where the version's closures hold variables of the chunk, by name.
    captures: Vec<(Vec<u8>, Gc<Closure>, usize)>,
    /// Every other captured variable.
    inner: Vec<Gc<Upvalue>>,
    tables: Vec<Gc<Table>>,
}

/// Pairs of tables in the order in which they were found, and for each new one the old one that takes its place.
#[derive(Default)]
struct Pairs {
    list: Vec<(Gc<Table>, Gc<Table>)>,
    old_of: HashMap<u64, Gc<Table>>,
}

/// Carries state from `old` over to `new`; returns what takes the place of what `new` returned: the old table if both
/// returned one, else itself.
///
/// # Errors
/// The memory limit. Part of the state may have been carried over by then.
pub(crate) fn carry_over(vm: &mut Vm, old: Version, new: Version) -> Result<Value, StoreError> {
    let olds = walk(vm, old);
    let news = walk(vm, new);
    let both: Vec<(Variable, Variable)> = news
        .variables
        .iter()
        .filter_map(|(name, new)| Some((*olds.variables.get(name)?, *new)))
        .filter(|(old, new)| !old.ambiguous && !new.ambiguous && !old.upvalue.same(new.upvalue))
        .collect();
    let mut pairs = Pairs::default();
    pairs.add(old.returned, new.returned);
    for (old, new) in &both {
        pairs.add(old.upvalue.get(), new.upvalue.get());
    }
    pairs.complete(vm);
    for &(old, new) in &pairs.list {
        merge(vm, &pairs, old, new)?;
    }
    for (old, new) in &both {
        let value = kept(old.upvalue.get(), pairs.old_for(new.upvalue.get()), new.immutable);
        set_upvalue(vm, old.upvalue, value);
        // For closures that the walk did not come to.
        set_upvalue(vm, new.upvalue, value);
    }
    for (name, closure, index) in &news.captures {
        let old = olds.variables.get(name).filter(|old| !old.ambiguous);
        if let (Some(old), false) = (old, news.variables[name].ambiguous) {
            vm.heap.barrier_object(closure.upvalues()[*index]);
            closure.init_upvalue(*index, old.upvalue);
        }
    }
    redirect(vm, &pairs, &news)?;
    vm.request_unwind();
    Ok(pairs.old_for(new.returned))
}

/// Which new function takes the place of which old one, by the old one's number.
pub(crate) fn pair_functions(old: &Version, new: &Version) -> Vec<(u64, Gc<FunctionProto>)> {
    functions::pair(old.chunk.proto, new.chunk.proto)
}

/// What a variable holds after the reload. `new` is what it holds in the new version already, with tables replaced by
/// the old ones that they are paired with.
fn kept(old: Value, new: Value, immutable: bool) -> Value {
    let fits = |value: Value| value.is_nil() || value.is_boolean();
    let is_new = new.is_function()
        || old.is_nil()
        || immutable
        // A variable whose type the author changed begins anew. Nil and booleans stand for "none yet".
        || !(fits(old) || fits(new) || is_alike(old, new));
    if is_new { new } else { old }
}

fn is_alike(old: Value, new: Value) -> bool {
    old.tag() == new.tag() || (old.is_number() && new.is_number())
}

impl Pairs {
    fn add(&mut self, old: Value, new: Value) {
        if let (Some(old), Some(new)) = (old.as_table(), new.as_table())
            && !old.same(new)
            && !self.old_of.contains_key(&new.addr())
        {
            self.old_of.insert(new.addr(), old);
            self.list.push((old, new));
        }
    }

    /// Adds what the tables of pairs hold under the same key, and their metatables.
    fn complete(&mut self, vm: &mut Vm) {
        let mut done = 0;
        while let Some(&(old, new)) = self.list.get(done) {
            done += 1;
            if let (Some(old), Some(new)) = (old.metatable, new.metatable) {
                self.add(Value::table(old), Value::table(new));
            }
            if old.shape() == ShapeId::WEAK {
                continue;
            }
            for (key, value) in entries(vm, new) {
                if value.as_table().is_some() {
                    let old_value = table::get(&mut vm.heap, old, key);
                    self.add(old_value, value);
                }
            }
        }
    }

    /// The old table, for a new one that has been paired; any other value as it is.
    fn old_for(&self, value: Value) -> Value {
        let old = value.as_table().and_then(|table| self.old_of.get(&table.addr()));
        old.map_or(value, |&old| Value::table(old))
    }
}

/// The old table takes over functions and what it lacks from the new one.
fn merge(vm: &mut Vm, pairs: &Pairs, old: Gc<Table>, new: Gc<Table>) -> Result<(), StoreError> {
    if let (None, Some(metatable)) = (old.metatable, new.metatable) {
        let metatable = pairs.old_for(Value::table(metatable)).as_table();
        table::set_metatable(&mut vm.heap, old, metatable);
    }
    if old.shape() == ShapeId::WEAK {
        return Ok(());
    }
    for (key, value) in entries(vm, new) {
        if value.is_function() || table::get(&mut vm.heap, old, key).is_nil() {
            table::set(&mut vm.heap, old, key, pairs.old_for(value))?;
        }
    }
    Ok(())
}

/// Puts old tables where parts of the new version that stay hold the new ones: `__index` of a class that the old
/// version did not have, for instance.
fn redirect(vm: &mut Vm, pairs: &Pairs, news: &Found) -> Result<(), StoreError> {
    for &upvalue in &news.inner {
        let value = pairs.old_for(upvalue.get());
        if !value.same_bits(upvalue.get()) {
            set_upvalue(vm, upvalue, value);
        }
    }
    for &of in &news.tables {
        if let Some(metatable) = of.metatable
            && let Some(&old) = pairs.old_of.get(&metatable.addr())
        {
            table::set_metatable(&mut vm.heap, of, Some(old));
        }
        for (key, value) in entries(vm, of) {
            let instead = pairs.old_for(value);
            if !instead.same_bits(value) {
                table::set(&mut vm.heap, of, key, instead)?;
            }
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

/// Walks the closures and tables of a version, through variables, entries and metatables.
fn walk(vm: &mut Vm, version: Version) -> Found {
    let names = names_of_captures(version.chunk.proto_ref());
    let mut found = Found::default();
    let mut seen = HashSet::new();
    let mut waiting = vec![version.returned, version.globals];
    while let Some(value) = waiting.pop() {
        if !value.is_traced() || !seen.insert(value.payload) {
            continue;
        }
        if let Some(closure) = value.as_closure() {
            let proto: *const Proto = closure.proto_ref();
            if let Some(names) = names.get(&proto) {
                found.add_captures(closure, names, &mut waiting);
            }
        } else if let Some(table) = value.as_table()
            // The globals lead everywhere and belong to nobody.
            && !table.same(vm.globals())
        {
            found.tables.push(table);
            waiting.extend(table.metatable.map(Value::table));
            waiting.extend(entries(vm, table).into_iter().map(|(_, value)| value));
        }
    }
    found
}

impl Found {
    fn add_captures(
        &mut self,
        closure: Gc<Closure>,
        names: &[Option<Vec<u8>>],
        waiting: &mut Vec<Value>,
    ) {
        let descs = &closure.proto_ref().upvalues;
        for (index, (&upvalue, name)) in closure.upvalues().iter().zip(names).enumerate() {
            let Some(name) = name else {
                // The globals among them: they are looked at only if the version says so.
                if descs[index].name.is_none_or(|id| closure.proto_ref().strings.get(id) != b"_ENV")
                {
                    waiting.push(upvalue.get());
                    self.inner.push(upvalue);
                }
                continue;
            };
            waiting.push(upvalue.get());
            self.captures.push((name.clone(), closure, index));
            let immutable = descs[index].immutable;
            let variable = Variable { upvalue, immutable, ambiguous: false };
            let known = self.variables.entry(name.clone()).or_insert(variable);
            known.ambiguous |= !known.upvalue.same(upvalue);
        }
    }
}

/// For each function of a chunk, which of its upvalues are local variables of the main function, by name.
fn names_of_captures(main: &Proto) -> HashMap<*const Proto, Vec<Option<Vec<u8>>>> {
    let mut names: HashMap<*const Proto, Vec<Option<Vec<u8>>>> = HashMap::new();
    names.insert(main, vec![None; main.upvalues.len()]);
    let mut waiting = vec![main];
    while let Some(outer) = waiting.pop() {
        let is_main = std::ptr::eq(outer, main);
        for inner in &outer.protos {
            let name = |desc: &crate::bytecode::UpvalueDesc| {
                if desc.in_stack {
                    let id = desc.name.filter(|_| is_main)?;
                    Some(inner.strings.get(id).to_vec())
                } else {
                    names[&std::ptr::from_ref(outer)].get(usize::from(desc.index))?.clone()
                }
            };
            let of_inner = inner.upvalues.iter().map(name).collect();
            names.insert(&raw const **inner, of_inner);
            waiting.push(inner);
        }
    }
    names
}
