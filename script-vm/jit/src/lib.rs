//! The compilers of Lua functions, on the other side of [`interlune_core::tier::Compiler`].
//!
//! * [`baseline`]: bytecode to machine code; [`code`]: the memory it lies in
//! * [`engine`]: decides what is compiled and installs it
//! * [`hotness`]: what the VM's samples say about where time goes

pub mod baseline;
pub mod code;
pub mod engine;
pub mod hotness;

pub use engine::{Engine, Options};
pub use hotness::{FunctionHotness, Hotness};
