//! Registers as a stack: the active locals, then temporaries.
//!
//! `free_register` is the first one in no use; temporaries are given back in the reverse order of their reservation.
//! A function that needs too many is told so once, at the end: until then registers go on counting beyond what
//! an instruction can hold, and the code is thrown away.

use super::Compiler;
use super::desc::{ExprDesc, Register, Value};
use crate::bytecode::verify::MAX_REGISTERS;

impl Compiler<'_> {
    /// Makes sure that a frame has room for `count` registers beyond those in use.
    pub(super) fn check_stack(&mut self, count: u32) {
        let needed = self.f.free_register + count;
        if needed > self.f.max_stack {
            if needed >= MAX_REGISTERS {
                self.fail("function or expression needs too many registers");
            }
            self.f.max_stack = needed;
        }
    }

    /// Takes `count` registers and gives the first.
    pub(super) fn reserve(&mut self, count: u32) -> Register {
        self.check_stack(count);
        let first = self.f.free_register;
        self.f.free_register += count;
        first
    }

    /// Gives back a register unless a local variable lives in it.
    pub(super) fn free_register(&mut self, register: Register) {
        if register >= self.f.active_registers {
            self.f.free_register -= 1;
            debug_assert_eq!(register, self.f.free_register);
        }
    }

    /// Gives back two registers, the higher one first.
    pub(super) fn free_registers(&mut self, one: Register, other: Register) {
        self.free_register(one.max(other));
        self.free_register(one.min(other));
    }

    /// Gives back the register of an expression that is in one.
    pub(super) fn free(&mut self, e: &ExprDesc) {
        if let Value::Fixed(register) = e.value {
            self.free_register(register);
        }
    }

    /// Gives back the registers of two expressions.
    pub(super) fn free_both(&mut self, one: &ExprDesc, other: &ExprDesc) {
        match (one.value, other.value) {
            (Value::Fixed(r1), Value::Fixed(r2)) => self.free_registers(r1, r2),
            _ => {
                self.free(one);
                self.free(other);
            }
        }
    }

    /// Gives back all temporaries, at the end of a statement.
    pub(super) fn free_temporaries(&mut self) {
        self.f.free_register = self.f.active_registers;
    }
}
