//! Unary and binary operators: the forms with immediate and constant operands, comparisons, `and`, `or`, `..`.
//!
//! The first operand is compiled before the second is looked at, so it goes into a register unless it is a literal,
//! which may still become an immediate, or take the place of the second operand where the operator commutes.

use interlune_syntax::ast::{BinaryOp, Expr, ExprKind, UnaryOp};

use crate::bytecode::Opcode;

use super::Compiler;
use super::desc::{ExprDesc, Value};
use super::fold::{fold_binary, fold_unary};

impl<'a> Compiler<'a> {
    pub(super) fn unary(&mut self, op: UnaryOp, operand: &'a Expr<'a>, line: u32) -> ExprDesc {
        let mut e = self.expression(operand);
        self.discharge_variable(&mut e);
        if let Some(value) = fold_unary(op, &e) {
            return ExprDesc::new(value);
        }
        match op {
            UnaryOp::Not => self.negate(&mut e),
            UnaryOp::Minus => self.unary_instruction(Opcode::Neg, &mut e, line),
            UnaryOp::BitNot => self.unary_instruction(Opcode::BitNot, &mut e, line),
            UnaryOp::Length => self.unary_instruction(Opcode::Len, &mut e, line),
        }
        e
    }

    fn unary_instruction(&mut self, op: Opcode, e: &mut ExprDesc, line: u32) {
        let register = self.put_in_any_register(e);
        self.free(e);
        e.value = Value::Open(self.op(op, 0, register, 0));
        self.set_line(line);
    }

    pub(super) fn and(&mut self, e: &mut ExprDesc, right: &'a Expr<'a>, line: u32) {
        self.line = line;
        self.go_if_true(e);
        let mut result = self.expression(right);
        self.discharge_variable(&mut result);
        // The right side's list is the shorter one to walk through in a long chain.
        let mut jumps = e.if_false;
        self.append_jumps(&mut jumps, result.if_false);
        result.if_false = jumps;
        *e = result;
    }

    pub(super) fn or(&mut self, e: &mut ExprDesc, right: &'a Expr<'a>, line: u32) {
        self.line = line;
        self.go_if_false(e);
        let mut result = self.expression(right);
        self.discharge_variable(&mut result);
        let mut jumps = e.if_true;
        self.append_jumps(&mut jumps, result.if_true);
        result.if_true = jumps;
        *e = result;
    }

    /// `e .. right`, with all further operands that `right` concatenates, in one instruction.
    pub(super) fn concat(&mut self, e: &mut ExprDesc, right: &'a Expr<'a>, line: u32) {
        self.line = line;
        let base = self.put_in_next_register(e);
        let (mut rest, mut line) = (right, line);
        while let Some((pair, operator_line)) = concatenation(rest) {
            let mut operand = self.expression(&pair.0);
            self.line = operator_line;
            self.put_in_next_register(&mut operand);
            (rest, line) = (&pair.1, operator_line);
        }
        let mut last = self.expression(rest);
        self.put_in_next_register(&mut last);
        let count = self.f.free_register - base;
        self.op(Opcode::Concat, base, count, 0);
        self.set_line(line);
        self.f.free_register = base + 1;
        *e = ExprDesc::new(Value::Fixed(base));
    }

    /// `e op right`, for all operators but `and`, `or` and `..`.
    pub(super) fn binary(
        &mut self,
        op: BinaryOp,
        e: &mut ExprDesc,
        right: &'a Expr<'a>,
        line: u32,
    ) {
        self.line = line;
        self.discharge_variable(e);
        self.prepare_first(op, e);
        let mut right = self.expression(right);
        self.discharge_variable(&mut right);
        if let Some(value) = fold_binary(op, e, &right) {
            *e = ExprDesc::new(value);
            return;
        }
        match op {
            BinaryOp::Add => self.add(e, &mut right, line),
            BinaryOp::Sub => self.sub(e, &mut right, line),
            BinaryOp::Mul => self.multiply(e, &mut right, line),
            BinaryOp::Mod => self.arithmetic(Opcode::Mod, Opcode::ModConst, e, &mut right, line),
            BinaryOp::Pow => self.arithmetic(Opcode::Pow, Opcode::PowConst, e, &mut right, line),
            BinaryOp::Div => self.arithmetic(Opcode::Div, Opcode::DivConst, e, &mut right, line),
            BinaryOp::FloorDiv => {
                self.arithmetic(Opcode::FloorDiv, Opcode::FloorDivConst, e, &mut right, line);
            }
            BinaryOp::BitAnd => {
                self.bitwise(Opcode::BitAnd, Opcode::BitAndConst, e, &mut right, line);
            }
            BinaryOp::BitOr => self.bitwise(Opcode::BitOr, Opcode::BitOrConst, e, &mut right, line),
            BinaryOp::BitXor => {
                self.bitwise(Opcode::BitXor, Opcode::BitXorConst, e, &mut right, line);
            }
            BinaryOp::ShiftLeft => {
                self.shift(Opcode::ShiftLeft, Opcode::ShiftLeftImm, e, &mut right, line);
            }
            BinaryOp::ShiftRight => {
                self.shift(Opcode::ShiftRight, Opcode::ShiftRightImm, e, &mut right, line);
            }
            BinaryOp::Equal => self.equality(true, e, &mut right),
            BinaryOp::NotEqual => self.equality(false, e, &mut right),
            BinaryOp::Less => self.less(e, &mut right),
            BinaryOp::LessEqual => self.less_equal(e, &mut right),
            // `a > b` is `b < a`, with the operands evaluated in the order of the source.
            BinaryOp::Greater => self.swapped(e, &mut right, Self::less),
            BinaryOp::GreaterEqual => self.swapped(e, &mut right, Self::less_equal),
            BinaryOp::Concat => debug_assert!(false, "see `concat`"),
        }
    }

    /// Puts the first operand where it will not change, before the second is compiled.
    fn prepare_first(&mut self, op: BinaryOp, e: &mut ExprDesc) {
        let keep = match op {
            BinaryOp::Equal | BinaryOp::NotEqual => is_literal(e),
            BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual => {
                e.comparison_immediate().is_some()
            }
            BinaryOp::Add
            | BinaryOp::Sub
            | BinaryOp::Mul
            | BinaryOp::Mod
            | BinaryOp::Pow
            | BinaryOp::Div
            | BinaryOp::FloorDiv
            | BinaryOp::BitAnd
            | BinaryOp::BitOr
            | BinaryOp::BitXor
            | BinaryOp::ShiftLeft
            | BinaryOp::ShiftRight
            | BinaryOp::Concat => e.is_numeral(),
        };
        if !keep {
            self.put_in_any_register(e);
        }
    }
}

/// Whether the expression is a literal without jumps.
pub(super) fn is_literal(e: &ExprDesc) -> bool {
    let literal = matches!(
        e.value,
        Value::Nil
            | Value::True
            | Value::False
            | Value::Integer(_)
            | Value::Float(_)
            | Value::String(_)
    );
    literal && !e.has_jumps()
}

/// The operands of a concatenation, also of one in parentheses, and the operator's line.
fn concatenation<'a>(e: &'a Expr<'a>) -> Option<(&'a (Expr<'a>, Expr<'a>), u32)> {
    let mut inner = e;
    while let ExprKind::Paren(within) = inner.kind {
        inner = &within.inner;
    }
    match inner.kind {
        ExprKind::Binary(BinaryOp::Concat, pair) => Some((pair, inner.pos.line)),
        _ => None,
    }
}
