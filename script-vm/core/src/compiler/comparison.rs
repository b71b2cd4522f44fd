//! Equality and order comparisons: tests with a jump behind them, which is taken when the comparison holds.

use crate::bytecode::Opcode;

use super::Compiler;
use super::desc::{ExprDesc, Value};
use super::operators::is_literal;

impl Compiler<'_> {
    /// `==` (`expected`) or `~=`.
    pub(super) fn equality(&mut self, expected: bool, e: &mut ExprDesc, right: &mut ExprDesc) {
        if is_literal(e) {
            std::mem::swap(e, right);
        }
        let first = self.put_in_any_register(e);
        let (op, second) = match self.constant_operand(right) {
            Some(index) => (Opcode::TestEqConst, u32::from(index)),
            None => (Opcode::TestEq, self.put_in_any_register(right)),
        };
        self.free_both(e, right);
        let jump = self.test_and_jump(op, first, second, u32::from(expected));
        *e = ExprDesc::new(Value::Test(jump));
    }

    pub(super) fn less(&mut self, e: &mut ExprDesc, right: &mut ExprDesc) {
        let ops = [Opcode::TestLt, Opcode::TestLtImm, Opcode::TestGtImm];
        self.order(ops, e, right);
    }

    pub(super) fn less_equal(&mut self, e: &mut ExprDesc, right: &mut ExprDesc) {
        let ops = [Opcode::TestLe, Opcode::TestLeImm, Opcode::TestGeImm];
        self.order(ops, e, right);
    }

    pub(super) fn swapped(
        &mut self,
        e: &mut ExprDesc,
        right: &mut ExprDesc,
        compare: fn(&mut Self, &mut ExprDesc, &mut ExprDesc),
    ) {
        std::mem::swap(e, right);
        compare(self, e, right);
    }

    /// An order comparison: of two registers, with an immediate on the right, or with one on the left.
    fn order(
        &mut self,
        [op, right_immediate_op, left_immediate_op]: [Opcode; 3],
        e: &mut ExprDesc,
        right: &mut ExprDesc,
    ) {
        let (op, first, second, is_float) =
            if let Some((i, is_float)) = right.comparison_immediate() {
                (right_immediate_op, self.put_in_any_register(e), u32::from(i as u16), is_float)
            } else if let Some((i, is_float)) = e.comparison_immediate() {
                (left_immediate_op, self.put_in_any_register(right), u32::from(i as u16), is_float)
            } else {
                let first = self.put_in_any_register(e);
                (op, first, self.put_in_any_register(right), false)
            };
        self.free_both(e, right);
        let flags = 1 | u32::from(is_float) << 1;
        let jump = self.test_and_jump(op, first, second, flags);
        *e = ExprDesc::new(Value::Test(jump));
    }
}
