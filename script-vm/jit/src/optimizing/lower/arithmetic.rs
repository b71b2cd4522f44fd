//! Arithmetic of integers and of floats, and comparisons.

use cranelift_codegen::ir as clif;
use cranelift_codegen::ir::InstBuilder;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::types::{F64, I8, I64};
use interlune_core::stdlib::known::FloatFunction;
use interlune_core::value::tag;

use super::{Lowering, Machine};
use crate::ir::{InstData, Op, Type, Value};

impl Lowering<'_, '_> {
    pub(super) fn guard_divisor(&mut self, data: &InstData) {
        match self.constant_int(data.operands[0]) {
            Some(0 | -1) | None => {
                let divisor = self.word(data.operands[0]);
                // One more is 0 or 1 for the two.
                let shifted = self.e.b.ins().iadd_imm_s(divisor, 1);
                let fine = self.e.b.ins().icmp_imm_s(IntCC::UnsignedGreaterThan, shifted, 1);
                self.require(fine, data.state);
            }
            Some(_) => {}
        }
    }

    /// There and back gives the same float, unless it is no integer's value or too large.
    pub(super) fn float_to_int(&mut self, data: &InstData) -> Machine {
        let float = self.word(data.operands[0]);
        let int = self.e.b.ins().fcvt_to_sint_sat(I64, float);
        let back = self.e.b.ins().fcvt_from_sint(F64, int);
        let same = self.e.b.ins().fcmp(FloatCC::Equal, float, back);
        self.require(same, data.state);
        // The largest integers all become 2^63, which is none.
        let fits = self.e.b.ins().icmp_imm_s(IntCC::NotEqual, int, i64::MAX);
        self.require(fits, data.state);
        Machine::Word(int)
    }

    pub(super) fn int_operation(&mut self, data: &InstData) -> Machine {
        if let (Op::Add | Op::Sub, Some(result)) = (data.op, data.result) {
            let (from, constant) = self.offset(result);
            if from != result {
                let from = self.word(from);
                return Machine::Word(self.e.b.ins().iadd_imm_s(from, constant));
            }
        }
        if let Some(constant) = self.constant_int(data.operands[1]) {
            let x = self.word(data.operands[0]);
            let ins = self.e.b.ins();
            return Machine::Word(match data.op {
                Op::Mul => ins.imul_imm_s(x, constant),
                Op::And => ins.band_imm_s(x, constant),
                Op::Or => ins.bor_imm_s(x, constant),
                Op::Xor => ins.bxor_imm_s(x, constant),
                Op::ShiftLeft => ins.ishl_imm_s(x, constant),
                _ => ins.ushr_imm_s(x, constant),
            });
        }
        let [x, y] = self.words(data);
        let ins = self.e.b.ins();
        Machine::Word(match data.op {
            Op::Add => ins.iadd(x, y),
            Op::Sub => ins.isub(x, y),
            Op::Mul => ins.imul(x, y),
            Op::And => ins.band(x, y),
            Op::Or => ins.bor(x, y),
            Op::Xor => ins.bxor(x, y),
            Op::ShiftLeft => ins.ishl(x, y),
            _ => ins.ushr(x, y),
        })
    }

    /// Quotient or remainder of a division that rounds down, by neither 0 nor -1.
    pub(super) fn floored(&mut self, data: &InstData) -> Machine {
        let [x, y] = self.words(data);
        let is_mod = data.op == Op::Mod;
        if let Some(divisor) = self.constant_int(data.operands[1]).filter(|&it| it > 0) {
            return Machine::Word(self.floored_by(x, divisor, is_mod));
        }
        if is_mod {
            let remainder = self.e.b.ins().srem(x, y);
            let adjust = self.is_rounded_up(remainder, y);
            let raised = self.e.b.ins().iadd(remainder, y);
            return Machine::Word(self.e.b.ins().select(adjust, raised, remainder));
        }
        let quotient = self.e.b.ins().sdiv(x, y);
        let product = self.e.b.ins().imul(quotient, y);
        let remainder = self.e.b.ins().isub(x, product);
        let adjust = self.is_rounded_up(remainder, y);
        let lowered = self.e.b.ins().iadd_imm_s(quotient, -1);
        Machine::Word(self.e.b.ins().select(adjust, lowered, quotient))
    }

    /// The same by a positive constant. Rounding down, `x / y` is `~(~x / y)` for a negative `x`, and `~x` is not negative.
    fn floored_by(&mut self, x: clif::Value, divisor: i64, is_mod: bool) -> clif::Value {
        if divisor & (divisor - 1) == 0 {
            return if is_mod {
                self.e.b.ins().band_imm_s(x, divisor - 1)
            } else {
                self.e.b.ins().sshr_imm_s(x, i64::from(divisor.trailing_zeros()))
            };
        }
        let y = self.e.int(divisor);
        let sign = self.e.b.ins().sshr_imm_s(x, 63);
        let magnitude = self.e.b.ins().bxor(x, sign);
        let quotient = self.e.b.ins().udiv(magnitude, y);
        let quotient = self.e.b.ins().bxor(quotient, sign);
        if !is_mod {
            return quotient;
        }
        let product = self.e.b.ins().imul(quotient, y);
        self.e.b.ins().isub(x, product)
    }

    /// Whether the quotient of a division with such a remainder, which rounds towards 0, is one too many.
    fn is_rounded_up(&mut self, remainder: clif::Value, divisor: clif::Value) -> clif::Value {
        let signs = self.e.b.ins().bxor(remainder, divisor);
        let opposed = self.e.b.ins().icmp_imm_s(IntCC::SignedLessThan, signs, 0);
        let inexact = self.e.b.ins().icmp_imm_s(IntCC::NotEqual, remainder, 0);
        self.e.b.ins().band(opposed, inexact)
    }

    pub(super) fn guard_distance(&mut self, data: &InstData) {
        let distance = self.word(data.operands[0]);
        let fits = self.e.b.ins().icmp_imm_s(IntCC::UnsignedLessThan, distance, 64);
        self.require(fits, data.state);
    }

    pub(super) fn int_of_one(&mut self, data: &InstData) -> Machine {
        let value = self.word(data.operands[0]);
        Machine::Word(match data.op {
            Op::Neg => self.e.b.ins().ineg(value),
            _ => self.e.b.ins().bnot(value),
        })
    }

    pub(super) fn int_extremum(&mut self, data: &InstData) -> Machine {
        let [x, y] = self.words(data);
        Machine::Word(match data.op {
            Op::Max => self.e.b.ins().smax(x, y),
            _ => self.e.b.ins().smin(x, y),
        })
    }

    /// The quotient of unsigned numbers; by 0, what it is by 1.
    pub(super) fn unsigned_div(&mut self, data: &InstData) -> Machine {
        let [x, mut y] = self.words(data);
        if self.constant_int(data.operands[1]).is_none_or(|divisor| divisor == 0) {
            let one = self.e.int(1);
            y = self.e.b.ins().umax(y, one);
        }
        Machine::Word(self.e.b.ins().udiv(x, y))
    }

    pub(super) fn int_to_float(&mut self, data: &InstData) -> Machine {
        let value = self.word(data.operands[0]);
        Machine::Word(self.e.b.ins().fcvt_from_sint(F64, value))
    }

    pub(super) fn float_operation(&mut self, data: &InstData) -> Machine {
        let (first, second) = (data.operands[0], data.operands[1]);
        let commutes = matches!(data.op, Op::FAdd | Op::FMul);
        let [x, y] = match self.constant_float(first) {
            Some(constant) if commutes && !constant.is_nan() => {
                [second, first].map(|it| self.word(it))
            }
            Some(constant) => [self.float_from_pool(constant), self.word(second)],
            None => self.words(data),
        };
        Machine::Word(match data.op {
            Op::FAdd => self.e.b.ins().fadd(x, y),
            Op::FSub => self.e.b.ins().fsub(x, y),
            Op::FMul => self.e.b.ins().fmul(x, y),
            _ => self.e.b.ins().fdiv(x, y),
        })
    }

    pub(super) fn float_of_one(&mut self, data: &InstData) -> Machine {
        let value = self.word(data.operands[0]);
        Machine::Word(match data.op {
            Op::FNeg => self.e.b.ins().fneg(value),
            Op::FFloor => self.e.b.ins().floor(value),
            Op::FCeil => self.e.b.ins().ceil(value),
            Op::FSqrt => self.e.b.ins().sqrt(value),
            _ => self.e.b.ins().fabs(value),
        })
    }

    /// The first of two numbers that are equal, or that cannot be ordered.
    pub(super) fn float_extremum(&mut self, data: &InstData) -> Machine {
        let [x, y] = self.words(data);
        let (less, more) = if data.op == Op::FMax { (x, y) } else { (y, x) };
        let is_less = self.e.b.ins().fcmp(FloatCC::LessThan, less, more);
        Machine::Word(self.e.b.ins().select(is_less, y, x))
    }

    pub(super) fn float_call(&mut self, data: &InstData) -> Machine {
        let arguments = self.words(data);
        let function = FloatFunction::ALL[data.immediate as usize].address();
        Machine::Word(self.e.call_floats(function, arguments))
    }

    pub(super) fn int_comparison(&mut self, data: &InstData) -> Machine {
        let order = match data.op {
            Op::Equal => IntCC::Equal,
            Op::Less => IntCC::SignedLessThan,
            _ => IntCC::SignedLessThanOrEqual,
        };
        if let Some(constant) = self.constant_int(data.operands[1]) {
            let x = self.word(data.operands[0]);
            return Machine::Word(self.e.b.ins().icmp_imm_s(order, x, constant));
        }
        let [x, y] = self.words(data);
        Machine::Word(self.e.b.ins().icmp(order, x, y))
    }

    pub(super) fn float_comparison(&mut self, data: &InstData) -> Machine {
        let order = match data.op {
            Op::FEqual => FloatCC::Equal,
            Op::FLess => FloatCC::LessThan,
            _ => FloatCC::LessThanOrEqual,
        };
        let [x, y] = self.compared(data);
        Machine::Word(self.e.b.ins().fcmp(order, x, y))
    }

    /// Whether two values are the same words.
    pub(super) fn same(&mut self, data: &InstData) -> Machine {
        let (x, x_meta) = self.pair(data.operands[0]);
        let (y, y_meta) = self.pair(data.operands[1]);
        let payloads = self.e.b.ins().icmp(IntCC::Equal, x, y);
        let metas = self.e.b.ins().icmp(IntCC::Equal, x_meta, y_meta);
        Machine::Word(self.e.b.ins().band(payloads, metas))
    }

    pub(super) fn truthy(&mut self, value: Value) -> clif::Value {
        match self.f.ty(value) {
            Type::Bool => self.word(value),
            Type::Nil => self.e.b.ins().iconst(I8, 0),
            Type::Any => {
                let meta = self.meta(value);
                let tag = self.e.b.ins().ushr_imm_s(meta, 32);
                let falsy = i64::from(tag::FALSE);
                self.e.b.ins().icmp_imm_s(IntCC::UnsignedGreaterThan, tag, falsy)
            }
            _ => self.e.b.ins().iconst(I8, 1),
        }
    }

    pub(super) fn is_nil(&mut self, data: &InstData) -> Machine {
        let meta = self.meta(data.operands[0]);
        Machine::Word(self.e.b.ins().icmp_imm_s(IntCC::Equal, meta, 0))
    }

    pub(super) fn not(&mut self, data: &InstData) -> Machine {
        let value = self.word(data.operands[0]);
        Machine::Word(self.e.b.ins().icmp_imm_s(IntCC::Equal, value, 0))
    }
}
