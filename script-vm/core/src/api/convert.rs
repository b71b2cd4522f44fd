//! Conversions between Rust and Lua values.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use crate::api::{AnyUserData, Error, Function, Lua, LuaString, Result, Table, Thread, Value};
use crate::native::Cx;
use crate::number::{to_float, to_int};

/// A `vec2` value: x, y.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Vec2(pub [f32; 2]);

/// A `vec3` value: x, y, z.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Vec3(pub [f32; 3]);

/// What can become a Lua value.
pub trait IntoLua {
    /// # Errors
    /// There is no such Lua value, or the memory limit.
    fn into_lua(self, lua: &Lua) -> Result<Value>;
}

/// What a Lua value can become.
pub trait FromLua: Sized {
    /// # Errors
    /// The value is something else.
    fn from_lua(value: Value, lua: &Lua) -> Result<Self>;
}

/// Argument `index` of a call in progress.
pub(crate) fn argument<T: FromLua>(lua: &Lua, cx: &Cx<'_>, index: usize) -> Result<T> {
    T::from_lua(Value::from_raw(lua, cx.arg(index)), lua)
        .map_err(|error| Error::runtime(format!("bad argument #{}: {error}", index + 1)))
}

macro_rules! same {
    ($($type:ty, $variant:ident, $name:literal;)*) => {$(
        impl IntoLua for $type {
            fn into_lua(self, _: &Lua) -> Result<Value> {
                Ok(Value::$variant(self))
            }
        }

        impl IntoLua for &$type {
            fn into_lua(self, _: &Lua) -> Result<Value> {
                Ok(Value::$variant(self.clone()))
            }
        }

        impl FromLua for $type {
            fn from_lua(value: Value, _: &Lua) -> Result<$type> {
                match value {
                    Value::$variant(value) => Ok(value),
                    other => Err(Error::from_lua(other.type_name(), $name)),
                }
            }
        }
    )*};
}

same! {
    Table, Table, "table";
    Function, Function, "function";
    Thread, Thread, "thread";
    AnyUserData, UserData, "userdata";
    Vec2, Vec2, "vec2";
    Vec3, Vec3, "vec3";
}

impl IntoLua for Value {
    fn into_lua(self, _: &Lua) -> Result<Value> {
        Ok(self)
    }
}

impl IntoLua for &Value {
    fn into_lua(self, _: &Lua) -> Result<Value> {
        Ok(self.clone())
    }
}

impl FromLua for Value {
    fn from_lua(value: Value, _: &Lua) -> Result<Value> {
        Ok(value)
    }
}

impl IntoLua for bool {
    fn into_lua(self, _: &Lua) -> Result<Value> {
        Ok(Value::Boolean(self))
    }
}

/// Truthiness, as scripts have it.
impl FromLua for bool {
    fn from_lua(value: Value, _: &Lua) -> Result<bool> {
        Ok(!matches!(value, Value::Nil | Value::Boolean(false)))
    }
}

macro_rules! integers {
    ($($type:ty)*) => {$(
        impl IntoLua for $type {
            fn into_lua(self, _: &Lua) -> Result<Value> {
                match i64::try_from(self) {
                    Ok(int) => Ok(Value::Integer(int)),
                    Err(_) => Err(Error::IntoLua {
                        from: stringify!($type),
                        message: format!("{self} is out of range"),
                    }),
                }
            }
        }

        /// From an integer, or a float or string that is one.
        impl FromLua for $type {
            fn from_lua(value: Value, lua: &Lua) -> Result<$type> {
                let name = value.type_name();
                let int = to_int(value.to_raw(lua)?)
                    .ok_or_else(|| Error::from_lua(name, stringify!($type)))?;
                <$type>::try_from(int).map_err(|_| Error::FromLua {
                    from: name,
                    to: stringify!($type),
                    message: Some(format!("{int} is out of range")),
                })
            }
        }
    )*};
}

integers! { i8 u8 i16 u16 i32 u32 i64 u64 isize usize }

macro_rules! floats {
    ($($type:ty)*) => {$(
        impl IntoLua for $type {
            fn into_lua(self, _: &Lua) -> Result<Value> {
                Ok(Value::Number(f64::from(self)))
            }
        }

        /// From a number, or a string that is one.
        impl FromLua for $type {
            fn from_lua(value: Value, lua: &Lua) -> Result<$type> {
                let name = value.type_name();
                match to_float(value.to_raw(lua)?) {
                    Some(float) => Ok(float as $type),
                    None => Err(Error::from_lua(name, stringify!($type))),
                }
            }
        }
    )*};
}

floats! { f32 f64 }

impl IntoLua for &str {
    fn into_lua(self, lua: &Lua) -> Result<Value> {
        lua.create_string(self).map(Value::String)
    }
}

impl IntoLua for String {
    fn into_lua(self, lua: &Lua) -> Result<Value> {
        self.as_str().into_lua(lua)
    }
}

impl IntoLua for &String {
    fn into_lua(self, lua: &Lua) -> Result<Value> {
        self.as_str().into_lua(lua)
    }
}

/// From a string of UTF-8, or a number.
impl FromLua for String {
    fn from_lua(value: Value, _: &Lua) -> Result<String> {
        match value {
            Value::String(string) => string.to_str(),
            Value::Integer(_) | Value::Number(_) => value.to_text(),
            other => Err(Error::from_lua(other.type_name(), "String")),
        }
    }
}

impl IntoLua for LuaString {
    fn into_lua(self, _: &Lua) -> Result<Value> {
        Ok(Value::String(self))
    }
}

impl FromLua for LuaString {
    fn from_lua(value: Value, lua: &Lua) -> Result<LuaString> {
        match value {
            Value::String(string) => Ok(string),
            Value::Integer(_) | Value::Number(_) => lua.create_string(value.to_text()?),
            other => Err(Error::from_lua(other.type_name(), "string")),
        }
    }
}

impl<T: IntoLua> IntoLua for Option<T> {
    fn into_lua(self, lua: &Lua) -> Result<Value> {
        self.map_or(Ok(Value::Nil), |value| value.into_lua(lua))
    }
}

impl<T: FromLua> FromLua for Option<T> {
    fn from_lua(value: Value, lua: &Lua) -> Result<Option<T>> {
        if value.is_nil() { Ok(None) } else { T::from_lua(value, lua).map(Some) }
    }
}

impl<T: IntoLua> IntoLua for Vec<T> {
    fn into_lua(self, lua: &Lua) -> Result<Value> {
        lua.create_sequence_from(self).map(Value::Table)
    }
}

impl<T: FromLua> FromLua for Vec<T> {
    fn from_lua(value: Value, lua: &Lua) -> Result<Vec<T>> {
        Table::from_lua(value, lua)?.sequence_values().collect()
    }
}

/// A table with the map's entries, in an order that is the same in every run.
impl<K: IntoLua + Ord, V: IntoLua> IntoLua for BTreeMap<K, V> {
    fn into_lua(self, lua: &Lua) -> Result<Value> {
        let table = lua.create_table()?;
        for (key, value) in self {
            table.raw_set(key, value)?;
        }
        Ok(Value::Table(table))
    }
}

impl<K: FromLua + Eq + Hash, V: FromLua> FromLua for HashMap<K, V> {
    fn from_lua(value: Value, lua: &Lua) -> Result<HashMap<K, V>> {
        Table::from_lua(value, lua)?.pairs().collect()
    }
}
