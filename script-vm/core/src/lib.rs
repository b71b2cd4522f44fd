//! The Interlune virtual machine without its compilers: values, heap, tables, bytecode, interpreter, libraries.
//!
//! The data flows source → [`interlune_syntax`] → [`compiler`] → [`bytecode`] → [`interp`], which leaves feedback beside
//! the bytecode for the compilers of `interlune-jit`. Nothing here names a JIT.

pub mod api;
pub mod assumptions;
pub mod budget;
pub mod bytecode;
pub mod compiler;
pub mod constants;
mod finalize;
pub mod function;
pub mod heap;
pub mod host;
pub mod inline_cache;
pub mod interp;
pub mod interrupt;
pub mod load;
pub mod native;
pub mod number;
pub mod object;
pub mod offsets;
pub mod plant;
mod reload;
pub mod runtime;
pub mod shape;
pub mod site_cache;
pub mod stdlib;
pub mod string;
pub mod table;
pub mod thread;
pub mod tier;
pub mod tostring;
pub mod traceback;
pub mod userdata;
pub mod value;
pub mod vm;

pub use value::Value;
pub use vm::Vm;
