//! Writing instructions, and the feedback cells that go with them.
//!
//! Every instruction gets the line of the token that the compiler has come to ([`Compiler::line`]), which is what
//! PUC Lua does; the few that report another line are corrected right behind with [`Compiler::set_line`].

use crate::bytecode::{FeedbackKind, Insn, Opcode};

use super::Compiler;
use super::desc::{Pc, Register};

/// The number of cells that a 16-bit index reaches.
const REACHABLE_CELLS: u32 = 1 << 16;

/// The instruction with another `a`.
pub(super) fn with_a(insn: Insn, a: Register) -> Insn {
    Insn(insn.0 & !(0xff << 8) | u64::from(a as u8) << 8)
}

/// The instruction with another `c`.
pub(super) fn with_c(insn: Insn, c: u16) -> Insn {
    Insn(insn.0 & !(0xffff << 32) | u64::from(c) << 32)
}

/// The instruction with another opcode.
pub(super) fn with_opcode(insn: Insn, op: Opcode) -> Insn {
    Insn(insn.0 & !0xff | op as u64)
}

/// The instruction with another wide operand.
pub(super) fn with_wide(insn: Insn, wide: i32) -> Insn {
    Insn(insn.0 & 0xffff_ffff | u64::from(wide as u32) << 32)
}

impl Compiler<'_> {
    /// The index that the next instruction will have.
    pub(super) fn pc(&self) -> Pc {
        self.f.code.len() as Pc
    }

    pub(super) fn insn(&self, pc: Pc) -> Insn {
        self.f.code[pc as usize]
    }

    pub(super) fn opcode_at(&self, pc: Pc) -> Option<Opcode> {
        self.insn(pc).opcode()
    }

    pub(super) fn set_insn(&mut self, pc: Pc, insn: Insn) {
        self.f.code[pc as usize] = insn;
    }

    pub(super) fn emit(&mut self, insn: Insn) -> Pc {
        let pc = self.pc();
        self.f.code.push(insn);
        self.f.lines.push(self.line);
        pc
    }

    /// Emits an instruction with three separate operands and gives it its feedback cells. For those of the kind
    /// [`FeedbackKind::Field`] see [`Compiler::op_field`].
    pub(super) fn op(&mut self, op: Opcode, a: Register, b: u32, c: u32) -> Pc {
        let cell = self.shareable_cell(op.feedback());
        self.emit(Insn::new(op, a as u8, b as u16, c as u16, cell))
    }

    /// Emits a field access, whose feedback cell was reserved together with its key.
    pub(super) fn op_field(&mut self, op: Opcode, a: Register, b: u32, c: u32, cell: u16) -> Pc {
        debug_assert_eq!(op.feedback(), FeedbackKind::Field);
        self.emit(Insn::new(op, a as u8, b as u16, c as u16, cell))
    }

    /// Emits an instruction with a wide operand; its feedback cells go into `b`.
    pub(super) fn op_wide(&mut self, op: Opcode, a: Register, wide: i32) -> Pc {
        let cell = self.shareable_cell(op.feedback());
        self.emit(Insn::wide(op, a as u8, cell, wide))
    }

    /// Corrects the line of the last instruction.
    pub(super) fn set_line(&mut self, line: u32) {
        if let Some(last) = self.f.lines.last_mut() {
            *last = line;
        }
    }

    /// Takes the last instruction back.
    pub(super) fn remove_last(&mut self) {
        self.f.code.pop();
        self.f.lines.pop();
    }

    /// Cells for an instruction that may also share those of its kind.
    fn shareable_cell(&mut self, kind: FeedbackKind) -> u16 {
        debug_assert_ne!(kind, FeedbackKind::Field);
        match kind.shared() {
            Some(shared) => self.reserve_cells(kind).unwrap_or(shared as u16),
            None => 0,
        }
    }

    /// Cells of an instruction's own, if there are any left that it can reach.
    pub(super) fn reserve_cells(&mut self, kind: FeedbackKind) -> Option<u16> {
        let first = self.f.feedback_cells;
        let end = first + kind.cells();
        if end > REACHABLE_CELLS {
            return None;
        }
        self.f.feedback_cells = end;
        u16::try_from(first).ok()
    }

    /// Emits `R[first] .. R[first+count-1] = nil`, joined with the instruction before where that loads nil nearby.
    pub(super) fn load_nil(&mut self, first: Register, count: u32) {
        let last_pc = self.pc().wrapping_sub(1);
        if self.pc() > self.f.last_target && self.opcode_at(last_pc) == Some(Opcode::LoadNil) {
            let before = self.insn(last_pc);
            let (before_first, before_count) = (before.a() as Register, before.b() as u32);
            let (before_end, end) = (before_first + before_count, first + count);
            if before_first <= first && first <= before_end
                || first <= before_first && before_first <= end
            {
                let joined = before_first.min(first);
                let count = before_end.max(end) - joined;
                self.set_insn(
                    last_pc,
                    Insn::new(Opcode::LoadNil, joined as u8, count as u16, 0, 0),
                );
                return;
            }
        }
        self.op(Opcode::LoadNil, first, count, 0);
    }

    /// Loads an integer into a register.
    pub(super) fn load_integer(&mut self, register: Register, value: i64) {
        match i32::try_from(value) {
            Ok(small) => {
                self.op_wide(Opcode::LoadInt, register, small);
            }
            Err(_) => {
                let index = self.f.constants.integer(value);
                self.load_constant(register, index);
            }
        }
    }

    /// Loads a constant into a register.
    pub(super) fn load_constant(&mut self, register: Register, index: u32) {
        self.op_wide(Opcode::LoadConst, register, index as i32);
    }
}
