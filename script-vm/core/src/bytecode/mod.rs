//! Bytecode: what the compiler emits, the interpreter runs and the JIT compilers read.
//!
//! Everything here is independent of the heap and `Send`: strings are indices into a pool that the chunk shares.
//! [`opcode`] is the one table of instructions; encoder, disassembler, verifier and dispatch are made from it.

pub mod binary;
pub mod disasm;
pub mod insn;
pub mod names;
pub mod opcode;
pub mod proto;
pub mod verify;

pub use insn::Insn;
pub use opcode::{FeedbackKind, Opcode, Operand, SHARED_CELLS};
pub use proto::{Constant, LocalVar, Proto, StringId, StringPool, UpvalueDesc};
