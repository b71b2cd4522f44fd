//! The intermediate representation of the optimizing tier: SSA with block parameters.
//!
//! A function is a list of blocks; the first is the entry. A block has parameters and instructions, the last of which is
//! its end. An instruction has an operation from one table ([`op`]), operands, maybe an immediate, a result and, if it may
//! exit, a frame state. docs/ir.md has the rules in full.
//!
//! * [`types`]: what is known of a value; [`effects`]: alias classes, what operations read and write
//! * [`op`]: the table of operations
//! * [`function`]: the data; [`cfg`]: orders and dominators; [`loops`]
//! * [`print`] and [`parse`]: text; [`verify`]: the rules, checked

pub mod cfg;
pub mod effects;
pub mod function;
pub mod loops;
pub mod op;
pub mod parse;
pub mod print;
#[cfg(test)]
mod tests;
pub mod types;
pub mod verify;

pub use effects::{Classes, Effects};
pub use function::{
    Block, Definition, FUEL, FrameState, Function, Inst, InstData, MOST_REGISTERS, SPARE_REGISTERS,
    Scope, ScopeData, State, TOP, Target, Value, VirtualObject,
};
pub use op::{Immediate, Op};
pub use types::Type;
