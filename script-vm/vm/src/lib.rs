//! Interlune: a Lua 5.4 virtual machine for games.
//!
//! The embedding API is mlua's in vocabulary; a program that knows one knows the other:
//!
//! ```
//! use interlune::{Lua, Result};
//!
//! fn main() -> Result<()> {
//!     let lua = Lua::new();
//!     let double = lua.create_function(|_, x: i64| Ok(2 * x))?;
//!     lua.globals().set("double", double)?;
//!     let answer: i64 = lua.load("return double(21)").eval()?;
//!     assert_eq!(answer, 42);
//!     Ok(())
//! }
//! ```
//!
//! With the feature `jit` (on by default) the crate brings the compilers along; without it the interpreter runs alone.

pub use interlune_core::api::*;
pub use interlune_core::heap::GcStats;
pub use interlune_core::load::Mode;
pub use interlune_core::stdlib::Libs;

#[cfg(feature = "jit")]
pub use interlune_jit as jit;

/// What most programs need.
pub mod prelude {
    pub use crate::{
        Error, FromLua, FromLuaMulti, Function, IntoLua, IntoLuaMulti, Lua, LuaString, MultiValue,
        Table, UserData, UserDataFields, UserDataMethods, Value, Variadic, Vec2, Vec3,
    };
}
