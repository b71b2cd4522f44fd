//! Values across the border between the VM and reflection.

use super::bindings::{EntityHandle, PlaceProxy};
use super::host::Host;
use crate::access::{HostValue, Step, Target};
use bevy::ecs::entity::Entity;
use bevy::math::{Vec2, Vec3};
use interlune::{Error, IntoLua, Lua, Result, Table, Value};
use std::rc::Rc;

/// A table deeper than this is taken for a cycle.
const DEEPEST: usize = 32;

/// What a script gets for a value read at `path` below `target`; composite values become proxies to that place.
pub(crate) fn to_lua(
    lua: &Lua,
    host: &Rc<Host>,
    target: &Target,
    path: &[Step],
    value: HostValue,
) -> Result<Value> {
    match value {
        HostValue::Composite => place(lua, PlaceProxy::new(host, target.clone(), path)),
        other => plain_to_lua(lua, host, other),
    }
}

/// The same for values that are not composite.
pub(crate) fn plain_to_lua(lua: &Lua, host: &Rc<Host>, value: HostValue) -> Result<Value> {
    match value {
        HostValue::Nil | HostValue::Composite | HostValue::Foreign(_) => Ok(Value::Nil),
        HostValue::Boolean(value) => Ok(Value::Boolean(value)),
        HostValue::Integer(value) => Ok(Value::Integer(value)),
        HostValue::Number(value) => Ok(Value::Number(value)),
        HostValue::String(text) => text.into_lua(lua),
        HostValue::Vec2(v) => Ok(Value::Vec2(interlune::Vec2(v.to_array()))),
        HostValue::Vec3(v) => Ok(Value::Vec3(interlune::Vec3(v.to_array()))),
        HostValue::Entity(entity) => entity_to_lua(lua, host, entity),
        HostValue::Sequence(items) => {
            let table = lua.create_table()?;
            for (index, item) in items.into_iter().enumerate() {
                table.raw_set(index + 1, plain_to_lua(lua, host, item)?)?;
            }
            Ok(Value::Table(table))
        }
        HostValue::Fields(fields) => {
            let table = lua.create_table()?;
            for (name, item) in fields {
                table.raw_set(name, plain_to_lua(lua, host, item)?)?;
            }
            Ok(Value::Table(table))
        }
    }
}

fn place(lua: &Lua, place: PlaceProxy) -> Result<Value> {
    lua.create_userdata(place).map(Value::UserData)
}

/// An entity as a script holds it.
pub(crate) fn entity_to_lua(lua: &Lua, host: &Rc<Host>, entity: Entity) -> Result<Value> {
    lua.create_userdata(EntityHandle::new(host, entity)).map(Value::UserData)
}

/// The entity, if that is what a script gave.
pub(crate) fn entity_from_lua(value: &Value) -> Option<Entity> {
    let Value::UserData(object) = value else {
        return None;
    };
    object.borrow::<EntityHandle>().ok().map(|handle| handle.entity)
}

/// What a script wrote, read out of the VM.
pub(crate) fn from_lua(value: &Value) -> Result<HostValue> {
    from_lua_below(value, 0)
}

fn from_lua_below(value: &Value, depth: usize) -> Result<HostValue> {
    Ok(match value {
        Value::Nil => HostValue::Nil,
        Value::Boolean(value) => HostValue::Boolean(*value),
        Value::Integer(value) => HostValue::Integer(*value),
        Value::Number(value) => HostValue::Number(*value),
        Value::String(text) => HostValue::String(text.to_str()?),
        Value::Vec2(v) => HostValue::Vec2(Vec2::from_array(v.0)),
        Value::Vec3(v) => HostValue::Vec3(Vec3::from_array(v.0)),
        Value::Table(table) => table_from_lua(table, depth)?,
        other => {
            entity_from_lua(other).map_or(HostValue::Foreign(other.type_name()), HostValue::Entity)
        }
    })
}

fn table_from_lua(table: &Table, depth: usize) -> Result<HostValue> {
    if depth >= DEEPEST {
        return Err(Error::runtime("this table is nested too deeply (does it contain itself?)"));
    }
    let length = table.raw_len();
    let mut fields = Vec::new();
    let mut has_names = false;
    for pair in table.pairs::<Value, Value>() {
        let (key, value) = pair?;
        if let Value::String(name) = key {
            has_names = true;
            fields.push((name.to_str()?, from_lua_below(&value, depth + 1)?));
        }
    }
    if has_names {
        return Ok(HostValue::Fields(fields));
    }
    let items = (1..=length).map(|index| from_lua_below(&table.raw_get(index)?, depth + 1));
    items.collect::<Result<_>>().map(HostValue::Sequence)
}
