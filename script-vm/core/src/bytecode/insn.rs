//! The encoding of one instruction: 64 bits, so that every operand has a field of its own and none needs unpacking.
//!
//! ```text
//! bit  0        8        16               32               48               64
//!      | op     | a      | b              | c              | d              |
//!                                         | wide (i32 or u32)               |
//! ```
//!
//! `d` is the index of the instruction's first feedback cell. An instruction that uses `wide` has its feedback, if
//! any, in `b`. Instructions that found no cell of their own below 65,536 share the first ones, each kind its own.

use super::opcode::Opcode;

/// Set in `b` of an arithmetic instruction whose constant operand is the left one in the source.
pub const FLIPPED: u16 = 0x100;

/// One encoded instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Insn(pub u64);

impl Insn {
    /// Encodes an instruction with four separate operands.
    pub const fn new(op: Opcode, a: u8, b: u16, c: u16, d: u16) -> Insn {
        Insn(op as u64 | (a as u64) << 8 | (b as u64) << 16 | (c as u64) << 32 | (d as u64) << 48)
    }

    /// Encodes an instruction with a 32-bit operand in place of `c` and `d`.
    pub const fn wide(op: Opcode, a: u8, b: u16, wide: i32) -> Insn {
        Insn(op as u64 | (a as u64) << 8 | (b as u64) << 16 | (wide as u32 as u64) << 32)
    }

    /// The opcode's number; [`Insn::opcode`] checks it.
    #[inline(always)]
    pub const fn op_byte(self) -> u8 {
        self.0 as u8
    }

    /// The opcode, or nothing for a number that is none.
    pub fn opcode(self) -> Option<Opcode> {
        Opcode::ALL.get(self.op_byte() as usize).copied()
    }

    #[inline(always)]
    pub const fn a(self) -> usize {
        (self.0 >> 8) as u8 as usize
    }

    #[inline(always)]
    pub const fn b(self) -> usize {
        (self.0 >> 16) as u16 as usize
    }

    #[inline(always)]
    pub const fn c(self) -> usize {
        (self.0 >> 32) as u16 as usize
    }

    #[inline(always)]
    pub const fn d(self) -> usize {
        (self.0 >> 48) as usize
    }

    /// Operand `b` as a signed number.
    #[inline(always)]
    pub const fn b_signed(self) -> i64 {
        (self.0 >> 16) as u16 as i16 as i64
    }

    /// Operand `c` as a signed number.
    #[inline(always)]
    pub const fn c_signed(self) -> i64 {
        (self.0 >> 32) as u16 as i16 as i64
    }

    /// The register in `b` of an arithmetic instruction, without [`FLIPPED`].
    #[inline(always)]
    pub const fn b_reg(self) -> usize {
        (self.0 >> 16) as u8 as usize
    }

    /// Whether the constant operand of an arithmetic instruction is the left one.
    pub const fn is_flipped(self) -> bool {
        self.b() as u16 & FLIPPED != 0
    }

    /// The index of the instruction's first feedback cell, if it has any.
    pub fn feedback_cell(self) -> usize {
        let operands = self.opcode().map(Opcode::operands);
        let is_wide = operands.is_some_and(|operands| operands.iter().any(|it| it.is_wide()));
        if is_wide { self.b() } else { self.d() }
    }

    /// The 32-bit operand, signed (jump distances, small integers).
    #[inline(always)]
    pub const fn wide_signed(self) -> i32 {
        (self.0 >> 32) as u32 as i32
    }

    /// The 32-bit operand, unsigned (indices).
    #[inline(always)]
    pub const fn wide_unsigned(self) -> u32 {
        (self.0 >> 32) as u32
    }
}
