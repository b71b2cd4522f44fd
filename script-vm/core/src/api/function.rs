//! Functions and calls.

use smallvec::SmallVec;

use crate::api::handle::Handle;
use crate::api::{Error, FromLuaMulti, IntoLuaMulti, Lua, MultiValue, Result, Value};
use crate::value::Value as RawValue;

/// A Lua or Rust function.
#[derive(Clone, Debug, PartialEq)]
pub struct Function(Handle);

impl Function {
    pub(crate) fn new(lua: &Lua, function: RawValue) -> Function {
        Function(Handle::new(lua, function))
    }

    pub(crate) fn from_handle(handle: Handle) -> Function {
        Function(handle)
    }

    pub(crate) fn handle(&self) -> &Handle {
        &self.0
    }

    /// Calls the function. A call from outside any script begins the time and instruction budgets.
    ///
    /// # Errors
    /// What the function raises, a budget, or a conversion.
    pub fn call<R: FromLuaMulti>(&self, args: impl IntoLuaMulti) -> Result<R> {
        let lua = self.0.lua();
        let results = call_raw(lua, self.0.raw(), args.into_results(lua)?)?;
        R::from_results(results, lua)
    }

    /// Where the function was defined: chunk and line; nothing for a Rust function.
    pub fn source(&self) -> Option<(String, u32)> {
        let closure = self.0.raw().as_closure()?;
        let proto = closure.proto_ref();
        Some((proto.source.to_string(), proto.line_defined))
    }
}

/// Calls any value as a script would.
pub(crate) fn call_raw(lua: &Lua, function: RawValue, args: MultiValue) -> Result<MultiValue> {
    let mut raw = SmallVec::<[RawValue; 8]>::new();
    for value in args.iter() {
        raw.push(value.to_raw(lua)?);
    }
    match lua.vm().call_protected(function, &raw) {
        Ok(results) => Ok(results.into_iter().map(|raw| Value::from_raw(lua, raw)).collect()),
        Err(_) => Err(Error::take(lua)),
    }
}
