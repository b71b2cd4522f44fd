//! `getmetatable`, `setmetatable`, and what a new metatable means for the collector.

use super::super::Outcome;
use super::metafield;
use crate::interp::meta::event_of;
use crate::native::{Cx, TableRef};
use crate::object::flags;
use crate::shape::ShapeId;
use crate::table;
use crate::value::{Value, tag};
use crate::vm::{Event, TypeMeta, Vm};

pub(super) fn getmetatable(cx: &mut Cx<'_>) -> Outcome {
    let value = cx.check_any(0)?;
    let Some(metatable) = cx.metatable(value) else { return cx.ret1(Value::NIL) };
    let shown = metafield(cx, value, "__metatable");
    cx.ret1(if shown.is_nil() { Value::table(metatable) } else { shown })
}

pub(in crate::stdlib) fn setmetatable(cx: &mut Cx<'_>) -> Outcome {
    let new = cx.arg(1);
    let table = cx.check_table(0)?;
    let metatable = new.as_table();
    if metatable.is_none() && (!new.is_nil() || cx.is_none(1)) {
        return Err(cx.type_error(1, "nil or table"));
    }
    if table.metatable.is_some() && !cx.metamethod(Value::table(table), Event::Metatable).is_nil() {
        return Err(cx.error("cannot change a protected metatable"));
    }
    set_table_metatable(cx.vm(), table, metatable);
    cx.ret1(Value::table(table))
}

/// Gives a table a metatable, which may make the table weak or have it finalized.
pub(crate) fn set_table_metatable(vm: &mut Vm, table: TableRef, metatable: Option<TableRef>) {
    table::set_metatable(&mut vm.heap, table, metatable);
    set_weakness(vm, table, metatable);
    if let Some(metatable) = metatable
        && !event_of(vm, metatable, Event::Gc).is_nil()
    {
        vm.heap.register_finalizable(table.cast());
    }
}

fn set_weakness(vm: &mut Vm, table: TableRef, metatable: Option<TableRef>) {
    let mode = match metatable {
        Some(metatable) if metatable.has_flag(flags::HAS_MODE) => {
            event_of(vm, metatable, Event::Mode).as_string()
        }
        _ => None,
    };
    let has = |letter| mode.is_some_and(|mode| mode.as_bytes().contains(&letter));
    let (keys, values) = (has(b'k'), has(b'v'));
    let is_weak = table.shape() == ShapeId::WEAK;
    let same =
        table.has_flag(flags::WEAK_KEYS) == keys && table.has_flag(flags::WEAK_VALUES) == values;
    if (keys || values || is_weak) && !(is_weak && same) {
        table::make_weak(&mut vm.heap, table, keys, values);
        vm.heap.weak_mode_changed(table);
    }
}

/// Gives any value a metatable; values other than tables and userdata share that of their type.
pub(crate) fn set_any_metatable(vm: &mut Vm, value: Value, metatable: Option<TableRef>) {
    if let Some(table) = value.as_table() {
        return set_table_metatable(vm, table, metatable);
    }
    if let Some(mut userdata) = value.as_userdata() {
        if let Some(old) = userdata.metatable {
            vm.heap.barrier_object(old);
        }
        userdata.metatable = metatable;
        let finalizes = metatable.is_some_and(|table| !event_of(vm, table, Event::Gc).is_nil());
        if finalizes {
            vm.heap.register_finalizable(userdata.cast());
        }
        return;
    }
    if let Some(mut metatable) = metatable {
        metatable.header.flags |= flags::METATABLE;
    }
    vm.set_type_metatable(type_of(value), metatable);
}

/// The type whose metatable a value shares.
fn type_of(value: Value) -> TypeMeta {
    match value.tag() {
        tag::NIL => TypeMeta::Nil,
        tag::FALSE | tag::TRUE => TypeMeta::Boolean,
        tag::INT | tag::FLOAT => TypeMeta::Number,
        tag::STRING => TypeMeta::String,
        tag::CLOSURE | tag::NATIVE => TypeMeta::Function,
        tag::THREAD => TypeMeta::Thread,
        tag::VEC2 => TypeMeta::Vec2,
        tag::VEC3 => TypeMeta::Vec3,
        _ => TypeMeta::Light,
    }
}
