//! The values that travel between scripts and reflection: small, owned, and free of both worlds' lifetimes.

use bevy::ecs::entity::Entity;
use bevy::math::{Vec2, Vec3};

/// A value on its way between a script and a reflected type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum HostValue {
    /// Lua's nil; `None` on the other side.
    Nil,
    Boolean(bool),
    Integer(i64),
    Number(f64),
    String(String),
    Vec2(Vec2),
    Vec3(Vec3),
    Entity(Entity),
    /// A table with string keys: a struct's fields, a variant with its payload, a map.
    Fields(Vec<(String, HostValue)>),
    /// A table that is a sequence: a list, an array, a tuple.
    Sequence(Vec<HostValue>),
    /// Only read, never written: a value with parts, which the script gets as a proxy that reaches into it.
    Composite,
    /// What a script may hold but no reflected type accepts: a function, a coroutine, foreign userdata.
    Foreign(&'static str),
}

impl HostValue {
    /// What a script author calls this value, for messages ("wants a number, got string").
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            HostValue::Nil => "nil",
            HostValue::Boolean(_) => "boolean",
            HostValue::Integer(_) | HostValue::Number(_) => "number",
            HostValue::String(_) => "string",
            HostValue::Vec2(_) => "vec2",
            HostValue::Vec3(_) => "vec3",
            HostValue::Entity(_) => "entity",
            HostValue::Fields(_) | HostValue::Sequence(_) => "table",
            HostValue::Composite => "component",
            HostValue::Foreign(kind) => kind,
        }
    }
}
