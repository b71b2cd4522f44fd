//! What can go wrong between Rust and Lua.

use std::fmt;
use std::sync::Arc;

use crate::api::{Lua, Value};
use crate::native::{Cx, Raised};
use crate::tostring::raw_text;

/// A result of the embedding API.
pub type Result<T> = std::result::Result<T, Error>;

/// An error of the embedding API.
#[derive(Clone, thiserror::Error)]
pub enum Error {
    /// The source does not compile; the message names chunk and line.
    #[error("{message}")]
    Syntax {
        message: String,
        /// The source ends too early: more lines might make it whole.
        incomplete: bool,
    },
    /// A script raised an error that nothing in it caught.
    #[error("{message}")]
    Runtime {
        /// The error value as text.
        message: String,
        /// "stack traceback:" and its lines, as of where the error was raised; empty if it was raised by Rust code.
        traceback: String,
        /// The error value, if it is no string.
        value: Option<Box<Value>>,
    },
    /// A Lua value is not what Rust asked for.
    #[error("error converting Lua {from} to {to}{}", detail(.message))]
    FromLua { from: &'static str, to: &'static str, message: Option<String> },
    /// A Rust value has no Lua value.
    #[error("error converting {from} to Lua: {message}")]
    IntoLua { from: &'static str, message: String },
    /// The memory limit does not allow it.
    #[error("not enough memory")]
    Memory,
    /// A handle of one VM was used with another one.
    #[error("the value belongs to another Lua VM")]
    OtherVm,
    /// Userdata was borrowed in a way that excludes this use.
    #[error("userdata of type {0} is in use")]
    UserDataBorrowed(&'static str),
    /// An error of the embedding program.
    #[error("{0}")]
    External(Arc<dyn std::error::Error>),
}

fn detail(message: &Option<String>) -> String {
    message.as_ref().map_or(String::new(), |message| format!(" ({message})"))
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error {
    /// An error with a text, to be returned by callbacks.
    pub fn runtime(message: impl Into<String>) -> Error {
        Error::Runtime { message: message.into(), traceback: String::new(), value: None }
    }

    /// Wraps an error of the embedding program.
    pub fn external(error: impl std::error::Error + 'static) -> Error {
        Error::External(Arc::new(error))
    }

    pub(crate) fn from_lua(from: &'static str, to: &'static str) -> Error {
        Error::FromLua { from, to, message: None }
    }

    /// The traceback of a runtime error.
    pub fn traceback(&self) -> &str {
        match self {
            Error::Runtime { traceback, .. } => traceback,
            _ => "",
        }
    }

    /// Chunk and line that the message begins with, if it does.
    pub fn location(&self) -> Option<(String, u32)> {
        let text = self.to_string();
        let mut rest = text.as_str();
        let mut chunk = String::new();
        // A chunk's name may itself hold colons.
        while let Some((head, tail)) = rest.split_once(':') {
            chunk.push_str(head);
            let line = tail.split(':').next().filter(|_| tail.contains(':'));
            if let Some(line) = line.and_then(|line| line.parse().ok()) {
                return Some((chunk, line));
            }
            chunk.push(':');
            rest = tail;
        }
        None
    }

    /// The pending error of the VM, caught.
    pub(crate) fn take(lua: &Lua) -> Error {
        let vm = lua.vm();
        let raw = vm.error_value();
        let traceback = vm.traceback.take().unwrap_or_default();
        vm.fatal = false;
        if raw.is_string() || raw.is_number() {
            let message = String::from_utf8_lossy(&raw_text(raw)).into_owned();
            return Error::Runtime { message, traceback, value: None };
        }
        let value = Value::from_raw(lua, raw);
        // The text may be made by a `__tostring` that fails with such an object itself, and so on.
        let text = if vm.describes_error { None } else { described(lua, &value) };
        let message =
            text.unwrap_or_else(|| format!("(error object is a {} value)", raw.type_name()));
        Error::Runtime { message, traceback, value: Some(Box::new(value)) }
    }

    /// Raises the error in the script that called the callback.
    pub(crate) fn raise(self, lua: &Lua, cx: &mut Cx<'_>) -> Raised {
        if let Error::Runtime { value: Some(value), .. } = &self
            && let Ok(raw) = value.to_raw(lua)
        {
            return cx.throw(raw);
        }
        let text = self.to_string();
        if self.location().is_some() {
            // It came out of a script and names its place already.
            return match cx.new_str(text.as_bytes()) {
                Ok(text) => cx.throw(text),
                Err(raised) => raised,
            };
        }
        cx.error(text)
    }
}

/// What `tostring` makes of an error value.
fn described(lua: &Lua, value: &Value) -> Option<String> {
    lua.vm().describes_error = true;
    let text = value.to_text();
    lua.vm().describes_error = false;
    text.ok()
}
