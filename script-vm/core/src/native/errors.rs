//! Errors as native functions raise them, worded as PUC Lua's.
//!
//! There are two kinds: those of libraries have the position of the calling Lua function in front (`luaL_error`), those
//! that the VM itself raises in a native function have none, since a native function is at no line.

use super::{Cx, Raised};
use crate::interp::meta::Failure;
use crate::interp::unwind;
use crate::stdlib::lib_error::LibError;
use crate::table::StoreError;
use crate::value::Value;

impl Cx<'_> {
    /// "bad argument #n to 'f' (message)"; see [`unwind::park_argument`].
    #[cold]
    pub fn arg_error(&mut self, index: usize, message: &str) -> Raised {
        let callee = self.callee();
        unwind::park_argument(self.vm, callee, index, message)
    }

    /// An access to something that has no fields.
    #[cold]
    pub(super) fn access_error(&mut self, failure: Failure) -> Raised {
        match failure {
            Failure::Loop(text) => self.error_plain(text),
            Failure::NotIndexable(value, _) => {
                let name = self.vm.type_name_of(value);
                self.error_plain(&format!("attempt to index a {name} value"))
            }
        }
    }

    /// A store that a table refused.
    #[cold]
    pub(super) fn store_error(&mut self, error: StoreError) -> Raised {
        match error {
            StoreError::NilKey => self.error_plain("table index is nil"),
            StoreError::NanKey => self.error_plain("table index is NaN"),
            StoreError::OutOfMemory => self.out_of_memory(),
        }
    }

    /// A comparison of things that have no order.
    #[cold]
    pub(super) fn compare_error(&mut self, a: Value, b: Value) -> Raised {
        let (a, b) = (self.vm.type_name_of(a), self.vm.type_name_of(b));
        let text = if a == b {
            format!("attempt to compare two {a} values")
        } else {
            format!("attempt to compare {a} with {b}")
        };
        self.error_plain(&text)
    }

    /// An error with exactly this text, as the VM itself raises them in native functions.
    #[cold]
    pub fn error_plain(&mut self, message: &str) -> Raised {
        let text = unwind::new_text(self.vm, message);
        unwind::park(self.vm, text)
    }

    /// As [`Cx::error`], for a message of any bytes.
    #[cold]
    pub fn error_bytes(&mut self, message: &[u8]) -> Raised {
        let text = [self.position(1).as_bytes(), message].concat();
        match self.new_str(&text) {
            Ok(text) => unwind::park(self.vm, text),
            Err(raised) => raised,
        }
    }

    /// Raises what a part of the library without a VM found wrong.
    #[cold]
    pub fn lib_error(&mut self, error: &LibError) -> Raised {
        match error.argument {
            Some(argument) => {
                let text = String::from_utf8_lossy(&error.message).into_owned();
                self.arg_error(argument as usize - 1, &text)
            }
            None => self.error_bytes(&error.message),
        }
    }

    /// "not enough memory"
    #[cold]
    pub fn out_of_memory(&mut self) -> Raised {
        unwind::park_out_of_memory(self.vm)
    }

    /// The error that a failed call from here left, taken so that this function can go on; nothing if nobody may
    /// catch it (a budget is used up).
    pub fn catch_error(&mut self) -> Option<Value> {
        if self.vm.fatal {
            return None;
        }
        self.vm.traceback = None;
        Some(self.vm.error_value())
    }
}
