//! Arithmetic and bitwise operators in their three forms: two registers, a register and a constant, a register and an
//! immediate.
//!
//! Both operands are compiled when these functions are called; what is a literal has not been loaded yet. Where an
//! operator commutes, a literal on the left changes places, and the instruction says so (`FLIPPED`) for the sake of
//! metamethods and messages.

use crate::bytecode::Opcode;
use crate::bytecode::insn::FLIPPED;

use super::Compiler;
use super::desc::{ExprDesc, Value};

/// The second operand of an arithmetic instruction.
#[derive(Clone, Copy)]
enum Operand {
    Register,
    Constant(u16),
    Immediate(i16),
}

impl Compiler<'_> {
    pub(super) fn add(&mut self, e: &mut ExprDesc, right: &mut ExprDesc, line: u32) {
        let flip = swap_numeral(e, right);
        let operand = match right.immediate() {
            Some(immediate) => Operand::Immediate(immediate),
            None => self.numeral_operand(right),
        };
        let ops = [Opcode::Add, Opcode::AddConst, Opcode::AddImm];
        self.arithmetic_instruction(ops, operand, flip, e, right, line);
    }

    pub(super) fn multiply(&mut self, e: &mut ExprDesc, right: &mut ExprDesc, line: u32) {
        let flip = swap_numeral(e, right);
        let operand = self.numeral_operand(right);
        let ops = [Opcode::Mul, Opcode::MulConst, Opcode::Mul];
        self.arithmetic_instruction(ops, operand, flip, e, right, line);
    }

    pub(super) fn sub(&mut self, e: &mut ExprDesc, right: &mut ExprDesc, line: u32) {
        let operand = match right.immediate() {
            Some(immediate) => Operand::Immediate(immediate),
            None => self.numeral_operand(right),
        };
        let ops = [Opcode::Sub, Opcode::SubConst, Opcode::SubImm];
        self.arithmetic_instruction(ops, operand, false, e, right, line);
    }

    /// An operator that has a form with a constant and does not commute.
    pub(super) fn arithmetic(
        &mut self,
        op: Opcode,
        const_op: Opcode,
        e: &mut ExprDesc,
        right: &mut ExprDesc,
        line: u32,
    ) {
        let operand = self.numeral_operand(right);
        self.arithmetic_instruction([op, const_op, op], operand, false, e, right, line);
    }

    /// A bitwise operator: commutes, and has a form with an integer constant.
    pub(super) fn bitwise(
        &mut self,
        op: Opcode,
        const_op: Opcode,
        e: &mut ExprDesc,
        right: &mut ExprDesc,
        line: u32,
    ) {
        let flip = e.integer().is_some();
        if flip {
            std::mem::swap(e, right);
        }
        let operand = match right.integer() {
            Some(_) => self.numeral_operand(right),
            None => Operand::Register,
        };
        self.arithmetic_instruction([op, const_op, op], operand, flip, e, right, line);
    }

    pub(super) fn shift(
        &mut self,
        op: Opcode,
        immediate_op: Opcode,
        e: &mut ExprDesc,
        right: &mut ExprDesc,
        line: u32,
    ) {
        let operand = right.immediate().map_or(Operand::Register, Operand::Immediate);
        self.arithmetic_instruction([op, op, immediate_op], operand, false, e, right, line);
    }

    /// The operand for a number literal, if a constant index of 16 bits reaches it.
    fn numeral_operand(&mut self, e: &ExprDesc) -> Operand {
        let constant = if e.is_numeral() { self.constant_operand(e) } else { None };
        constant.map_or(Operand::Register, Operand::Constant)
    }

    /// Emits an operator in its form for two registers, a constant or an immediate. `flip`: the operands were
    /// swapped.
    fn arithmetic_instruction(
        &mut self,
        [op, const_op, immediate_op]: [Opcode; 3],
        operand: Operand,
        flip: bool,
        e: &mut ExprDesc,
        right: &mut ExprDesc,
        line: u32,
    ) {
        let flipped = if flip { u32::from(FLIPPED) } else { 0 };
        let pc = match operand {
            Operand::Constant(index) => {
                let register = self.put_in_any_register(e);
                self.free(e);
                self.op(const_op, 0, register | flipped, u32::from(index))
            }
            Operand::Immediate(immediate) => {
                let register = self.put_in_any_register(e);
                self.free(e);
                self.op(immediate_op, 0, register | flipped, u32::from(immediate as u16))
            }
            Operand::Register => {
                if flip {
                    std::mem::swap(e, right);
                }
                let second = self.put_in_any_register(right);
                let first = self.put_in_any_register(e);
                self.free_both(e, right);
                self.op(op, 0, first, second)
            }
        };
        self.set_line(line);
        *e = ExprDesc::new(Value::Open(pc));
    }
}

/// Brings a number literal to the right side. Whether the operands were swapped.
fn swap_numeral(e: &mut ExprDesc, right: &mut ExprDesc) -> bool {
    let flip = e.is_numeral();
    if flip {
        std::mem::swap(e, right);
    }
    flip
}
