//! Numbers of either kind.

use cranelift_codegen::ir as clif;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::types::{F64, I8, I64};
use cranelift_codegen::ir::{BlockArg, InstBuilder, MemFlagsData};
use interlune_core::value::tag;

use rustc_hash::FxHashSet;

use super::{Lowering, Machine};
use crate::baseline::emitter::meta_of;
use crate::ir::{Definition, Function, InstData, Op, Type, Value};

/// Integers of at most that size have floats of their own.
const MOST_EXACT: i64 = 1 << f64::MANTISSA_DIGITS;

/// Elements of arrays that floats are made of.
pub(super) fn wanted_as_floats(f: &Function) -> FxHashSet<Value> {
    let is_element = |value: &Value| match f.definition(*value) {
        Definition::Result(inst) => f.inst(inst).op == Op::LoadNumber,
        _ => false,
    };
    let insts = f.blocks().flat_map(|block| f.insts(block)).map(|&inst| f.inst(inst));
    let converted = insts.filter(|data| data.op == Op::NumberToFloat).map(|data| data.operands[0]);
    converted.filter(is_element).collect()
}

impl Lowering<'_, '_> {
    /// A number as a float.
    pub(super) fn float_of(&mut self, value: Value) -> clif::Value {
        match self.f.ty(value) {
            Type::Float => return self.word(value),
            Type::Int => {
                let word = self.word(value);
                return self.e.b.ins().fcvt_from_sint(F64, word);
            }
            _ => {}
        }
        if let Some(&float) = self.floats.get(&value) {
            return float;
        }
        let (payload, meta) = self.pair(value);
        let (convert, done) = (self.e.b.create_block(), self.e.b.create_block());
        let result = self.e.b.append_block_param(done, F64);
        let float = self.e.b.ins().bitcast(F64, MemFlagsData::new(), payload);
        let is_float = self.e.b.ins().icmp_imm_s(IntCC::Equal, meta, meta_of(tag::FLOAT));
        self.e.b.ins().brif(is_float, done, &[BlockArg::Value(float)], convert, &[]);
        self.e.switch_to(convert);
        let converted = self.e.b.ins().fcvt_from_sint(F64, payload);
        self.e.b.ins().jump(done, &[BlockArg::Value(converted)]);
        self.e.continue_in(done);
        result
    }

    /// Of two integers, or of floats.
    pub(super) fn number_operation(&mut self, data: &InstData) -> Machine {
        let result = data.result.map_or(Type::Number, |result| self.f.ty(result));
        match result {
            Type::Int => {
                let operands: Vec<_> = data.operands.iter().map(|&it| self.word(it)).collect();
                return Machine::Word(self.int_number(data.op, &operands));
            }
            Type::Float => return Machine::Word(self.float_number(data)),
            _ => {}
        }
        let pairs: Vec<_> = data.operands.iter().map(|&operand| self.pair(operand)).collect();
        let (ints, floats) = (self.e.b.create_block(), self.e.b.create_block());
        let done = self.e.b.create_block();
        let payload = self.e.b.append_block_param(done, I64);
        let meta = self.e.b.append_block_param(done, I64);
        self.branch_if_ints(&pairs, ints, floats);
        self.e.switch_to(ints);
        let operands: Vec<_> = pairs.iter().map(|&(payload, _)| payload).collect();
        let int = self.int_number(data.op, &operands);
        let int_meta = self.e.int(meta_of(tag::INT));
        self.e.b.ins().jump(done, &[int, int_meta].map(BlockArg::Value));
        self.e.continue_in(floats);
        let float = self.float_number(data);
        let float = self.e.b.ins().bitcast(I64, MemFlagsData::new(), float);
        let float_meta = self.e.int(meta_of(tag::FLOAT));
        self.e.b.ins().jump(done, &[float, float_meta].map(BlockArg::Value));
        self.e.continue_in(done);
        Machine::Pair(payload, meta)
    }

    /// Goes on in the first block if all are integers, else in the second one.
    fn branch_if_ints(
        &mut self,
        pairs: &[(clif::Value, clif::Value)],
        ints: clif::Block,
        others: clif::Block,
    ) {
        let metas = pairs.iter().map(|&(_, meta)| meta);
        // The tag of integers is odd, and that of floats the one above.
        let joined = metas.reduce(|all, meta| self.e.b.ins().bor(all, meta));
        let Some(joined) = joined else { unreachable!("operations have operands") };
        let are_ints = self.e.b.ins().icmp_imm_s(IntCC::Equal, joined, meta_of(tag::INT));
        self.e.b.ins().brif(are_ints, ints, &[], others, &[]);
    }

    fn int_number(&mut self, op: Op, operands: &[clif::Value]) -> clif::Value {
        match (op, operands) {
            (Op::NumberAdd, &[x, y]) => self.e.b.ins().iadd(x, y),
            (Op::NumberSub, &[x, y]) => self.e.b.ins().isub(x, y),
            (Op::NumberMul, &[x, y]) => self.e.b.ins().imul(x, y),
            (_, operands) => self.e.b.ins().ineg(operands[0]),
        }
    }

    fn float_number(&mut self, data: &InstData) -> clif::Value {
        let operands: Vec<_> = data.operands.iter().map(|&it| self.float_of(it)).collect();
        match (data.op, &operands[..]) {
            (Op::NumberAdd, &[x, y]) => self.e.b.ins().fadd(x, y),
            (Op::NumberSub, &[x, y]) => self.e.b.ins().fsub(x, y),
            (Op::NumberMul, &[x, y]) => self.e.b.ins().fmul(x, y),
            (_, operands) => self.e.b.ins().fneg(operands[0]),
        }
    }

    /// Integers are compared as such, and everything else as floats; an integer that has none of its own exits.
    pub(super) fn number_comparison(&mut self, data: &InstData) -> Machine {
        let [x, y] = [data.operands[0], data.operands[1]];
        let (int_order, float_order) = match data.op {
            Op::NumberEqual => (IntCC::Equal, FloatCC::Equal),
            Op::NumberLess => (IntCC::SignedLessThan, FloatCC::LessThan),
            _ => (IntCC::SignedLessThanOrEqual, FloatCC::LessThanOrEqual),
        };
        let types = [self.f.ty(x), self.f.ty(y)];
        let done = self.e.b.create_block();
        let result = self.e.b.append_block_param(done, I8);
        if !types.contains(&Type::Float) {
            let pairs = [self.pair(x), self.pair(y)];
            let (ints, others) = (self.e.b.create_block(), self.e.b.create_block());
            self.branch_if_ints(&pairs, ints, others);
            self.e.switch_to(ints);
            let holds = self.e.b.ins().icmp(int_order, pairs[0].0, pairs[1].0);
            self.e.b.ins().jump(done, &[BlockArg::Value(holds)]);
            self.e.continue_in(others);
        }
        for value in [x, y] {
            self.require_exact(value, data);
        }
        let (x, y) = (self.float_of(x), self.float_of(y));
        let holds = self.e.b.ins().fcmp(float_order, x, y);
        self.e.b.ins().jump(done, &[BlockArg::Value(holds)]);
        self.e.continue_in(done);
        Machine::Word(result)
    }

    pub(super) fn number_select(&mut self, data: &InstData) -> Machine {
        let condition = self.word(data.operands[0]);
        let (x, y) = (self.pair(data.operands[1]), self.pair(data.operands[2]));
        let payload = self.e.b.ins().select(condition, x.0, y.0);
        let meta = self.e.b.ins().select(condition, x.1, y.1);
        Machine::Pair(payload, meta)
    }

    /// Exits for an integer that no float is.
    fn require_exact(&mut self, value: Value, data: &InstData) {
        if self.f.ty(value) == Type::Float {
            return;
        }
        let (payload, meta) = self.pair(value);
        let moved = self.e.b.ins().iadd_imm_s(payload, MOST_EXACT);
        let is_exact =
            self.e.b.ins().icmp_imm_s(IntCC::UnsignedLessThanOrEqual, moved, 2 * MOST_EXACT);
        let is_float = self.e.b.ins().icmp_imm_s(IntCC::Equal, meta, meta_of(tag::FLOAT));
        let fits = self.e.b.ins().bor(is_exact, is_float);
        self.require(fits, data.state);
    }
}
