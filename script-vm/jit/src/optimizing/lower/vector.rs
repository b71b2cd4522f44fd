//! Vectors, each in one vector register of four lanes: its components lie in the first two or three, and what is in the
//! others means nothing. All arithmetic is that of `interlune_core`'s vector library, operation by operation.

use cranelift_codegen::ir as clif;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::types::{F32, F32X4, F64, F64X2, I8X16, I32, I32X4, I64, I64X2};
use cranelift_codegen::ir::{ConstantData, Endianness, InstBuilder, MemFlagsData};
use interlune_core::stdlib::VectorMethod;
use interlune_core::value::tag;
use interlune_core::{offsets, runtime};

use super::{Lowering, Machine};
use crate::baseline::emitter::meta_of;
use crate::ir::{Definition, InstData, Op, Type, Value};

impl Lowering<'_, '_> {
    /// The same register with other lanes.
    fn as_lanes(&mut self, lanes: clif::Type, vector: clif::Value) -> clif::Value {
        let flags = MemFlagsData::new().with_endianness(Endianness::Little);
        self.e.b.ins().bitcast(lanes, flags, vector)
    }

    /// A vector from the two words of a Lua value.
    pub(super) fn vector_of_words(
        &mut self,
        payload: clif::Value,
        meta: clif::Value,
        ty: Type,
    ) -> Machine {
        let words = self.e.b.ins().scalar_to_vector(I64X2, payload);
        let vector = self.as_lanes(F32X4, words);
        if ty == Type::Vec2 {
            return Machine::Word(vector);
        }
        let third = self.e.b.ins().ireduce(I32, meta);
        let third = self.e.b.ins().bitcast(F32, MemFlagsData::new(), third);
        Machine::Word(self.e.b.ins().insertlane(vector, third, 2))
    }

    /// The two words of a vector as a Lua value.
    pub(super) fn words_of_vector(
        &mut self,
        vector: clif::Value,
        ty: Type,
    ) -> (clif::Value, clif::Value) {
        let words = self.as_lanes(I64X2, vector);
        let payload = self.e.b.ins().extractlane(words, 0);
        if ty == Type::Vec2 {
            return (payload, self.e.int(meta_of(tag::VEC2)));
        }
        let lanes = self.as_lanes(I32X4, vector);
        let third = self.e.b.ins().extractlane(lanes, 2);
        let third = self.e.b.ins().uextend(I64, third);
        let tag = self.e.int(meta_of(tag::VEC3));
        (payload, self.e.b.ins().bor(third, tag))
    }

    /// Stores the components of a vec2.
    pub(super) fn store_vec2(&mut self, vector: clif::Value, address: clif::Value, offset: i32) {
        let words = self.as_lanes(F64X2, vector);
        let payload = self.e.b.ins().extractlane(words, 0);
        self.e.store(payload, address, offset);
    }

    /// Stores a vec3, which fills a slot with its tag in the fourth lane.
    pub(super) fn store_vec3(&mut self, vector: clif::Value, address: clif::Value, offset: i32) {
        let lanes = self.as_lanes(I32X4, vector);
        let tag = self.e.b.ins().iconst(I32, i64::from(tag::VEC3));
        let slot = self.e.b.ins().insertlane(lanes, tag, 3);
        self.e.store(slot, address, offset);
    }

    /// A float in 32 bits, which may round it.
    fn single(&mut self, value: Value) -> clif::Value {
        if let Some(single) = self.exact_single(value) {
            return single;
        }
        if let Some(constant) = self.constant_single(value) {
            return self.e.b.ins().f32const(constant);
        }
        if let Some(single) = self.rounded_operation(value) {
            return single;
        }
        let float = self.word(value);
        self.e.b.ins().fdemote(F32, float)
    }

    /// A float in 32 bits if it is known to have the value of one.
    pub(super) fn exact_single(&mut self, value: Value) -> Option<clif::Value> {
        if let Some(single) = self.singles[value.index()] {
            return Some(single);
        }
        let Definition::Result(inst) = self.f.definition(value) else { return None };
        let data = self.f.inst(inst);
        match data.op {
            Op::Float => {
                let float = f64::from_bits(data.immediate as u64);
                let single = float as f32;
                let is_exact = f64::from(single).to_bits() == float.to_bits();
                is_exact.then(|| self.e.b.ins().f32const(single))
            }
            Op::FNeg => {
                let single = self.exact_single(data.operands[0])?;
                Some(self.e.b.ins().fneg(single))
            }
            Op::FAbs => {
                let single = self.exact_single(data.operands[0])?;
                Some(self.e.b.ins().fabs(single))
            }
            _ => None,
        }
    }

    /// An operation on 32-bit floats, rounded to 32 bits. To compute it in 64 bits and round the result gives the same:
    /// that has more than twice as many digits.
    fn rounded_operation(&mut self, value: Value) -> Option<clif::Value> {
        let Definition::Result(inst) = self.f.definition(value) else { return None };
        let data = self.f.inst(inst);
        if !matches!(data.op, Op::FAdd | Op::FSub | Op::FMul | Op::FDiv | Op::FSqrt) {
            return None;
        }
        let a = self.exact_single(data.operands[0])?;
        let b = match data.operands.get(1) {
            Some(&second) => self.exact_single(second)?,
            None => a,
        };
        Some(match data.op {
            Op::FAdd => self.e.b.ins().fadd(a, b),
            Op::FSub => self.e.b.ins().fsub(a, b),
            Op::FMul => self.e.b.ins().fmul(a, b),
            Op::FDiv => self.e.b.ins().fdiv(a, b),
            _ => self.e.b.ins().sqrt(a),
        })
    }

    /// What a comparison of floats compares: in 32 bits if both have values of such ones.
    pub(super) fn compared(&mut self, data: &InstData) -> [clif::Value; 2] {
        let [x, y] = [data.operands[0], data.operands[1]];
        match (self.exact_single(x), self.exact_single(y)) {
            (Some(x), Some(y)) => [x, y],
            _ => [x, y].map(|value| self.word(value)),
        }
    }

    fn constant_single(&self, value: Value) -> Option<f32> {
        match self.f.definition(value) {
            Definition::Result(inst) if self.f.inst(inst).op == Op::Float => {
                Some(f64::from_bits(self.f.inst(inst).immediate as u64) as f32)
            }
            _ => None,
        }
    }

    /// A float that is made of one of 32 bits, which those who want it so find.
    fn promoted(&mut self, data: &InstData, single: clif::Value) -> Machine {
        if let Some(result) = data.result {
            self.singles[result.index()] = Some(single);
        }
        Machine::Word(self.e.b.ins().fpromote(F64, single))
    }

    /// Operations whose result is a float that has the value of a 32-bit one.
    pub(super) fn single_operation(&mut self, data: &InstData) -> Machine {
        let first = data.operands[0];
        let single = match data.op {
            Op::Lane => {
                let vector = self.word(first);
                self.e.b.ins().extractlane(vector, data.immediate as u8)
            }
            Op::VDot => {
                let [a, b] = [first, data.operands[1]].map(|value| self.word(value));
                self.dot(a, b, self.f.ty(first))
            }
            Op::VLength => {
                let vector = self.word(first);
                self.length(vector, self.f.ty(first))
            }
            _ => self.single(first),
        };
        self.promoted(data, single)
    }

    /// The sum of the products, from the first on.
    fn dot(&mut self, a: clif::Value, b: clif::Value, ty: Type) -> clif::Value {
        let products = self.e.b.ins().fmul(a, b);
        let [x, y] = [0, 1].map(|lane| self.e.b.ins().extractlane(products, lane));
        let sum = self.e.b.ins().fadd(x, y);
        if ty == Type::Vec2 {
            return sum;
        }
        let z = self.e.b.ins().extractlane(products, 2);
        self.e.b.ins().fadd(sum, z)
    }

    fn length(&mut self, vector: clif::Value, ty: Type) -> clif::Value {
        let square = self.dot(vector, vector, ty);
        self.e.b.ins().sqrt(square)
    }

    pub(super) fn make_vector(&mut self, data: &InstData) -> Machine {
        let constants: Option<Vec<f32>> =
            data.operands.iter().map(|&value| self.constant_single(value)).collect();
        if let Some(constants) = constants {
            let mut bytes: Vec<u8> = constants.iter().flat_map(|lane| lane.to_le_bytes()).collect();
            bytes.resize(16, 0);
            let constant = self.e.b.func.dfg.constants.insert(ConstantData::from(bytes));
            return Machine::Word(self.e.b.ins().vconst(F32X4, constant));
        }
        let first = self.single(data.operands[0]);
        let mut vector = self.e.b.ins().splat(F32X4, first);
        for (lane, &value) in data.operands.iter().enumerate().skip(1) {
            if value != data.operands[0] {
                let single = self.single(value);
                vector = self.e.b.ins().insertlane(vector, single, lane as u8);
            }
        }
        Machine::Word(vector)
    }

    pub(super) fn vector_operation(&mut self, data: &InstData) -> Machine {
        let ty = self.f.ty(data.operands[0]);
        let a = self.word(data.operands[0]);
        let b = data.operands.get(1).map_or(a, |&value| self.word(value));
        Machine::Word(match data.op {
            Op::VAdd => self.e.b.ins().fadd(a, b),
            Op::VSub => self.e.b.ins().fsub(a, b),
            Op::VMul => self.e.b.ins().fmul(a, b),
            Op::VDiv => self.e.b.ins().fdiv(a, b),
            Op::VNeg => self.e.b.ins().fneg(a),
            Op::VAbs => self.e.b.ins().fabs(a),
            Op::VFloor => self.e.b.ins().floor(a),
            Op::VMin => self.lesser(a, b, [a, b]),
            Op::VMax => self.lesser(b, a, [a, b]),
            Op::VCross => self.cross(a, b),
            _ => self.normalized(a, ty),
        })
    }

    /// Where a component of one is less than that of the other, the first of the choices, elsewhere the second.
    fn lesser(&mut self, a: clif::Value, b: clif::Value, choices: [clif::Value; 2]) -> clif::Value {
        let is_less = self.e.b.ins().fcmp(FloatCC::LessThan, a, b);
        let is_less = self.as_lanes(F32X4, is_less);
        self.e.b.ins().bitselect(is_less, choices[0], choices[1])
    }

    /// `a.yzx * b.zxy - a.zxy * b.yzx`
    fn cross(&mut self, a: clif::Value, b: clif::Value) -> clif::Value {
        const NEXT: [u8; 4] = [1, 2, 0, 3];
        const AFTER: [u8; 4] = [2, 0, 1, 3];
        let [a_next, a_after] = [NEXT, AFTER].map(|order| self.reordered(a, order));
        let [b_next, b_after] = [NEXT, AFTER].map(|order| self.reordered(b, order));
        let left = self.e.b.ins().fmul(a_next, b_after);
        let right = self.e.b.ins().fmul(a_after, b_next);
        self.e.b.ins().fsub(left, right)
    }

    fn reordered(&mut self, vector: clif::Value, order: [u8; 4]) -> clif::Value {
        let bytes = order.into_iter().flat_map(|lane| (0..4).map(move |byte| lane * 4 + byte));
        let mask = self.e.b.func.dfg.immediates.push(ConstantData::from(bytes.collect::<Vec<_>>()));
        let bytes = self.as_lanes(I8X16, vector);
        let shuffled = self.e.b.ins().shuffle(bytes, bytes, mask);
        self.as_lanes(F32X4, shuffled)
    }

    /// Times the reciprocal of the length, if that is a positive number, else 0.
    fn normalized(&mut self, vector: clif::Value, ty: Type) -> clif::Value {
        let length = self.length(vector, ty);
        let one = self.e.b.ins().f32const(1.0);
        let reciprocal = self.e.b.ins().fdiv(one, length);
        let factor = self.e.b.ins().splat(F32X4, reciprocal);
        let [zero, infinity] = [0.0, f32::INFINITY].map(|limit: f32| {
            let lanes: Vec<u8> = [limit; 4].into_iter().flat_map(f32::to_le_bytes).collect();
            let constant = self.e.b.func.dfg.constants.insert(ConstantData::from(lanes));
            self.e.b.ins().vconst(F32X4, constant)
        });
        let is_positive = self.e.b.ins().fcmp(FloatCC::LessThan, zero, factor);
        let is_finite = self.e.b.ins().fcmp(FloatCC::LessThan, factor, infinity);
        let has_direction = self.e.b.ins().band(is_positive, is_finite);
        let scaled = self.e.b.ins().fmul(vector, factor);
        let scaled = self.as_lanes(I32X4, scaled);
        let result = self.e.b.ins().band(scaled, has_direction);
        self.as_lanes(F32X4, result)
    }

    pub(super) fn vector_equality(&mut self, data: &InstData) -> Machine {
        let [a, b] = [data.operands[0], data.operands[1]].map(|value| self.word(value));
        let lanes: i64 = if self.f.ty(data.operands[0]) == Type::Vec2 { 0b11 } else { 0b111 };
        let are_equal = self.e.b.ins().fcmp(FloatCC::Equal, a, b);
        let found = self.e.b.ins().vhigh_bits(I32, are_equal);
        let found = self.e.b.ins().band_imm_s(found, lanes);
        Machine::Word(self.e.b.ins().icmp_imm_s(IntCC::Equal, found, lanes))
    }

    /// In the class epoch in which that was found out last, or else found out anew.
    pub(super) fn guard_vectors(&mut self, data: &InstData) {
        let Some(state) = data.state else { unreachable!("what may exit has a state") };
        self.stress(state);
        let (unsure, plain) = (self.e.cold_block(), self.e.b.create_block());
        let known = self.e.load(I64, self.e.vm, offsets::vm::PLAIN_VECTORS_EPOCH as i32);
        let now = self.e.load(I64, self.e.vm, offsets::vm::CLASS_EPOCH as i32);
        let same = self.e.b.ins().icmp(IntCC::Equal, known, now);
        self.e.b.ins().brif(same, plain, &[], unsure, &[]);
        self.e.switch_to(unsure);
        let check = runtime::check_vectors as *const () as usize;
        let is_plain = self.e.call_preserving(check, [now, now]);
        self.require_done(is_plain, data.state);
        self.e.jump(plain);
        self.e.continue_in(plain);
    }

    /// The method that the library has put there: made where it is used, by frames that are left mostly.
    pub(super) fn vector_method(&mut self, number: i64) -> Machine {
        let index = (number >> 32) as usize * VectorMethod::ALL.len() + number as u32 as usize;
        let at = offsets::vm::VECTOR_METHODS + index * size_of::<u64>();
        let function = self.e.load(I64, self.e.vm, at as i32);
        Machine::Pair(function, self.e.int(meta_of(tag::NATIVE)))
    }
}
