//! What the VM-free parts of the standard library report: PUC Lua's wording, and which argument it is about.
//!
//! The algorithms beside this file (patterns, formats, packing, dates, UTF-8) know no VM and so cannot raise. They return
//! a [`LibError`]; the bindings turn it into a raised script error, with the position prefix of `luaL_error` or the
//! "bad argument #n to 'f'" frame of `luaL_argerror`.

use std::borrow::Cow;
use std::fmt;

/// A script error found by library code that has no VM at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LibError {
    /// The argument at fault, counted from 1 as scripts see it; `None` for an error of the call as a whole.
    pub argument: Option<u32>,
    /// The text without position and without the "bad argument" frame. Bytes, because patterns and formats are bytes.
    pub message: Cow<'static, [u8]>,
}

impl LibError {
    /// An error of the call as a whole (`luaL_error`) with a fixed text.
    pub const fn new(message: &'static str) -> Self {
        LibError { argument: None, message: Cow::Borrowed(message.as_bytes()) }
    }

    /// An error of the call as a whole (`luaL_error`) with a computed text.
    pub fn with_text(message: impl Into<Vec<u8>>) -> Self {
        LibError { argument: None, message: Cow::Owned(message.into()) }
    }

    /// An error about argument `argument` (`luaL_argerror`), counted from 1.
    pub const fn argument(argument: u32, message: &'static str) -> Self {
        LibError { argument: Some(argument), message: Cow::Borrowed(message.as_bytes()) }
    }

    /// As [`LibError::argument`], with a computed text.
    pub fn argument_with_text(argument: u32, message: impl Into<Vec<u8>>) -> Self {
        LibError { argument: Some(argument), message: Cow::Owned(message.into()) }
    }
}

impl fmt::Display for LibError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.message))
    }
}

impl std::error::Error for LibError {}
