//! Lua values as Rust sees them.

use std::borrow::Cow;
use std::fmt;

use crate::api::handle::Handle;
use crate::api::{AnyUserData, Error, Function, Lua, Result, Table, Thread, Vec2, Vec3};
use crate::native::Str;
use crate::tostring::raw_text;
use crate::value::{Value as RawValue, tag};

/// A Lua value; objects are handles that root them.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    #[default]
    Nil,
    Boolean(bool),
    Integer(i64),
    Number(f64),
    Vec2(Vec2),
    Vec3(Vec3),
    /// An address that means something to the host.
    LightUserData(usize),
    String(LuaString),
    Table(Table),
    Function(Function),
    Thread(Thread),
    UserData(AnyUserData),
}

/// A Lua string: any bytes.
#[derive(Clone, PartialEq)]
pub struct LuaString(Handle);

impl LuaString {
    pub(crate) fn new(lua: &Lua, string: Str) -> LuaString {
        LuaString(Handle::new(lua, RawValue::string(string)))
    }

    /// The bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.raw().as_string().map_or(Vec::new(), |string| string.as_bytes().to_vec())
    }

    /// The text.
    ///
    /// # Errors
    /// The bytes are no UTF-8.
    pub fn to_str(&self) -> Result<String> {
        String::from_utf8(self.to_bytes()).map_err(|_| Error::FromLua {
            from: "string",
            to: "String",
            message: Some("invalid UTF-8".to_string()),
        })
    }

    /// The text, with what is no UTF-8 replaced.
    pub fn to_string_lossy(&self) -> String {
        match String::from_utf8_lossy(&self.to_bytes()) {
            Cow::Borrowed(text) => text.to_string(),
            Cow::Owned(text) => text,
        }
    }
}

impl fmt::Debug for LuaString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string_lossy())
    }
}

impl Value {
    pub(crate) fn from_raw(lua: &Lua, raw: RawValue) -> Value {
        let handle = || Handle::new(lua, raw);
        match raw.tag() {
            tag::NIL => Value::Nil,
            tag::FALSE => Value::Boolean(false),
            tag::TRUE => Value::Boolean(true),
            tag::INT => Value::Integer(raw.raw_int()),
            tag::FLOAT => Value::Number(raw.raw_float()),
            tag::VEC2 => Value::Vec2(Vec2(raw.as_vec2().unwrap_or_default())),
            tag::VEC3 => Value::Vec3(Vec3(raw.as_vec3().unwrap_or_default())),
            tag::STRING => Value::String(LuaString(handle())),
            tag::TABLE => Value::Table(Table::from_handle(handle())),
            tag::CLOSURE | tag::NATIVE => Value::Function(Function::from_handle(handle())),
            tag::THREAD => Value::Thread(Thread::from_handle(handle())),
            tag::USERDATA => Value::UserData(AnyUserData::from_handle(handle())),
            _ => Value::LightUserData(raw.payload as usize),
        }
    }

    pub(crate) fn to_raw(&self, lua: &Lua) -> Result<RawValue> {
        Ok(match self {
            Value::Nil => RawValue::NIL,
            Value::Boolean(value) => RawValue::boolean(*value),
            Value::Integer(value) => RawValue::int(*value),
            Value::Number(value) => RawValue::float(*value),
            Value::Vec2(Vec2([x, y])) => RawValue::vec2(*x, *y),
            Value::Vec3(Vec3([x, y, z])) => RawValue::vec3(*x, *y, *z),
            Value::LightUserData(address) => RawValue::light(*address),
            Value::String(string) => string.0.get(lua)?,
            Value::Table(table) => table.handle().get(lua)?,
            Value::Function(function) => function.handle().get(lua)?,
            Value::Thread(thread) => thread.handle().get(lua)?,
            Value::UserData(userdata) => userdata.handle().get(lua)?,
        })
    }

    /// What `type` says.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Nil => "nil",
            Value::Boolean(_) => "boolean",
            Value::Integer(_) | Value::Number(_) => "number",
            Value::Vec2(_) => "vec2",
            Value::Vec3(_) => "vec3",
            Value::String(_) => "string",
            Value::Table(_) => "table",
            Value::Function(_) => "function",
            Value::Thread(_) => "thread",
            Value::UserData(_) | Value::LightUserData(_) => "userdata",
        }
    }

    pub fn is_nil(&self) -> bool {
        matches!(self, Value::Nil)
    }

    /// The text that `tostring` gives, metamethods included.
    ///
    /// # Errors
    /// What `__tostring` raises.
    pub fn to_text(&self) -> Result<String> {
        let lua = match self {
            Value::Table(table) => table.handle().lua(),
            Value::UserData(userdata) => userdata.handle().lua(),
            Value::String(string) => return Ok(string.to_string_lossy()),
            Value::Function(function) => function.handle().lua(),
            Value::Thread(thread) => thread.handle().lua(),
            Value::Integer(value) => return Ok(value.to_string()),
            Value::Number(value) => return Ok(lossy(&raw_text(RawValue::float(*value)))),
            Value::Boolean(value) => return Ok(value.to_string()),
            Value::Nil => return Ok("nil".to_string()),
            Value::Vec2(Vec2([x, y])) => return Ok(lossy(&raw_text(RawValue::vec2(*x, *y)))),
            Value::Vec3(Vec3([x, y, z])) => {
                return Ok(lossy(&raw_text(RawValue::vec3(*x, *y, *z))));
            }
            Value::LightUserData(address) => return Ok(format!("userdata: {address:#x}")),
        };
        let raw = self.to_raw(lua)?;
        let handler = crate::interp::meta::metamethod(lua.vm(), raw, crate::vm::Event::ToString);
        if handler.is_function() {
            let handler = Function::new(lua, handler);
            return handler.call(self.clone());
        }
        Ok(lossy(&raw_text(raw)))
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
