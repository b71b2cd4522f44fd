//! Rust values owned by the Lua heap.

use std::any::Any;

use crate::object::{Gc, Header};
use crate::table::Table;
use crate::value::Value;

/// A Rust value with a metatable and one Lua value beside it. The heap drops `data` when it sweeps the object.
/// `header.word` is the identity hash.
#[repr(C)]
pub struct Userdata {
    pub header: Header,
    pub metatable: Option<Gc<Table>>,
    pub user_value: Value,
    /// Nothing once it was taken out or finalized.
    pub data: Option<Box<dyn Any>>,
}
