//! Loads and stores: of constants, registers, captured variables, fields and elements.

use cranelift_codegen::ir as clif;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{F64, I32, I64};
use cranelift_codegen::ir::{BlockArg, InstBuilder};
use interlune_core::inline_cache::{Location, OUT_OF_LINE, StoreHit};
use interlune_core::offsets;
use interlune_core::plant::{self, Bug};
use interlune_core::runtime;
use interlune_core::table::ArrayKind;
use interlune_core::value::tag;

use super::{Lowering, Machine};
use crate::baseline::emitter::{META, SLOT, meta_of};
use crate::ir::{Definition, InstData, Op, Scope, Type, Value};

/// Distances within this need no instruction of their own.
const NEAR: u32 = 1 << 30;

/// What [`Op::ArrayMeta`] says of arrays of values.
const META_OF_VALUES: i64 = (ArrayKind::Value as i64) << 32;

impl Lowering<'_, '_> {
    pub(super) fn string_constant(&mut self, immediate: i64) -> Machine {
        let scope = self.f.scope(Scope::new((immediate >> 32) as usize));
        let index = immediate as u32 as usize;
        let place = self.e.int((scope.constants_at + index * SLOT as usize) as i64);
        Machine::Word(self.e.load(I64, place, 0))
    }

    pub(super) fn object(&mut self, data: &InstData) -> Machine {
        let value = self.f.named()[data.immediate as usize].value;
        let [payload, meta] = value.words().map(|word| self.e.int(word as i64));
        match data.result.map(|result| self.f.ty(result)) {
            Some(Type::Any) | None => Machine::Pair(payload, meta),
            Some(_) => Machine::Word(payload),
        }
    }

    pub(super) fn load_slot(&mut self, register: i64) -> Machine {
        let base = self.e.base();
        let offset = register as i32 * SLOT;
        Machine::Pair(self.e.load(I64, base, offset), self.e.load(I64, base, offset + META))
    }

    /// Slots of the running thread's stack need no barrier.
    pub(super) fn store_slot(&mut self, data: &InstData) {
        let base = self.e.base();
        self.store_value(data.operands[0], base, data.immediate as i32 * SLOT);
    }

    pub(super) fn store_top_here(&mut self, register: i64) {
        let base = self.e.base();
        self.store_top(register, base);
    }

    /// Where a captured variable lies.
    fn upvalue(&mut self, data: &InstData) -> clif::Value {
        let closure = self.word(data.operands[0]);
        let at = offsets::function::CLOSURE_UPVALUES + data.immediate as usize * 8;
        let upvalue = self.e.load(I64, closure, at as i32);
        self.e.load(I64, upvalue, offsets::function::UPVALUE_LOCATION as i32)
    }

    pub(super) fn load_upvalue(&mut self, data: &InstData) -> Machine {
        let location = self.upvalue(data);
        Machine::Pair(self.e.load(I64, location, 0), self.e.load(I64, location, META))
    }

    pub(super) fn store_upvalue(&mut self, data: &InstData) {
        let location = self.upvalue(data);
        self.e.barrier(location, 0);
        self.store_value(data.operands[1], location, 0);
    }

    /// The object that a field of a table lies in, and where.
    fn field(&mut self, table: Value, location: Location) -> (clif::Value, i32) {
        let table = self.word(table);
        if location & OUT_OF_LINE == 0 {
            return (table, i32::from(location));
        }
        let slots = self.e.load(I64, table, offsets::table::SLOTS as i32);
        let index = i32::from(location & !OUT_OF_LINE);
        (slots, offsets::table::SLOTS_VALUES as i32 + index * SLOT)
    }

    pub(super) fn load_field(&mut self, data: &InstData) -> Machine {
        let (object, offset) = self.field(data.operands[0], data.immediate as Location);
        let payload = self.e.load(I64, object, offset);
        Machine::Pair(payload, self.e.load(I64, object, offset + META))
    }

    pub(super) fn store_field(&mut self, data: &InstData) {
        let (object, offset) = self.field(data.operands[0], data.immediate as Location);
        if self.f.ty(data.operands[1]).may_be_traced() {
            self.e.barrier(object, offset);
        }
        self.store_over(self.f.ty(data.operands[1]), data.operands[2], object, offset);
    }

    pub(super) fn add_field(&mut self, data: &InstData) {
        let table = self.word(data.operands[0]);
        let hit = StoreHit::unpack(data.immediate as u64);
        self.store_value(data.operands[1], table, hit.offset as i32);
        let shape = self.e.b.ins().iconst(I32, i64::from(hit.shape));
        self.e.store(shape, table, offsets::table::SHAPE as i32);
    }

    pub(super) fn load_metatable(&mut self, data: &InstData) -> Machine {
        let table = self.word(data.operands[0]);
        let metatable = self.e.load(I64, table, offsets::table::METATABLE as i32);
        self.require(metatable, data.state);
        Machine::Word(metatable)
    }

    pub(super) fn array_len(&mut self, data: &InstData) -> Machine {
        let table = self.word(data.operands[0]);
        let length = self.e.load(I32, table, offsets::table::ARRAY_LEN as i32);
        Machine::Word(self.e.b.ins().uextend(I64, length))
    }

    pub(super) fn array_data(&mut self, data: &InstData) -> Machine {
        let table = self.word(data.operands[0]);
        Machine::Word(self.e.load(I64, table, offsets::table::ARRAY as i32))
    }

    /// A typed array's kind is its elements' tag.
    pub(super) fn array_meta(&mut self, table: clif::Value) -> clif::Value {
        let kind = self.e.array_kind(table);
        self.e.element_meta(kind)
    }

    /// Where an element of `1 << shift` bytes is: an address, and how far behind that.
    fn element(&mut self, index: Value, data: Value, shift: i64) -> (clif::Value, i32) {
        let (from, constant) = self.offset(index);
        // What lies further off is computed.
        let near = i32::try_from(constant.wrapping_shl(shift as u32)).ok();
        let (index, offset) = match near.filter(|it| it.unsigned_abs() < NEAR) {
            Some(offset) => (from, offset),
            None => (index, 0),
        };
        let (index, data) = (self.word(index), self.word(data));
        let distance = self.e.b.ins().ishl_imm_s(index, shift);
        (self.e.b.ins().iadd(data, distance), offset)
    }

    /// What a value is the sum of: another value, and a constant.
    pub(super) fn offset(&self, mut value: Value) -> (Value, i64) {
        let mut sum = 0_i64;
        while let Definition::Result(inst) = self.f.definition(value) {
            let data = self.f.inst(inst);
            let constant = data.operands.get(1).and_then(|&second| self.constant_int(second));
            sum = match (data.op, constant) {
                (Op::Add, Some(constant)) => sum.wrapping_add(constant),
                (Op::Sub, Some(constant)) => sum.wrapping_sub(constant),
                _ => break,
            };
            value = data.operands[0];
        }
        (value, sum)
    }

    /// An element of an array whose kind is known.
    pub(super) fn load_typed(&mut self, data: &InstData) -> Machine {
        let shift = if data.op == Op::LoadValue { 4 } else { 3 };
        let (address, offset) = self.element(data.operands[1], data.operands[2], shift);
        match data.op {
            Op::LoadFloat => Machine::Word(self.e.load(F64, address, offset)),
            Op::LoadValue => {
                let payload = self.e.load(I64, address, offset);
                Machine::Pair(payload, self.e.load(I64, address, offset + META))
            }
            _ => Machine::Word(self.e.load(I64, address, offset)),
        }
    }

    pub(super) fn load_element(&mut self, data: &InstData) -> Machine {
        let [index, array, meta] = self.element_operands(data);
        let [payload, meta] = self.any_element(array, meta, index);
        Machine::Pair(payload, meta)
    }

    /// Index, where the elements are, and what [`Op::ArrayMeta`] says.
    fn element_operands(&mut self, data: &InstData) -> [clif::Value; 3] {
        std::array::from_fn(|number| self.word(data.operands[number + 1]))
    }

    /// An element that is a number. Where it is wanted as a float, too, that is made on each of the ways by which it is
    /// loaded: what is known there of its type would have to be looked for behind them.
    pub(super) fn load_number(&mut self, data: &InstData) -> Machine {
        let Some(result) = data.result.filter(|it| self.float_wanted.contains(it)) else {
            let [index, array, meta] = self.element_operands(data);
            let [payload, meta] = self.any_element(array, meta, index);
            self.require_number(meta, data);
            return Machine::Pair(payload, meta);
        };
        let (values, typed) = (self.e.b.create_block(), self.e.b.create_block());
        let (others, done) = (self.e.b.create_block(), self.e.b.create_block());
        let found = [I64, I64, F64].map(|ty| self.e.b.append_block_param(done, ty));
        let other = [I64, I64].map(|ty| self.e.b.append_block_param(others, ty));
        let meta = self.word(data.operands[3]);
        let is_value = self.e.b.ins().icmp_imm_s(IntCC::Equal, meta, META_OF_VALUES);
        self.e.b.ins().brif(is_value, values, &[], typed, &[]);
        for (block, shift) in [(values, 4), (typed, 3)] {
            self.e.switch_to(block);
            let (address, offset) = self.element(data.operands[1], data.operands[2], shift);
            let payload = self.e.load(I64, address, offset);
            let meta = match block == values {
                true => self.e.load(I64, address, offset + META),
                false => meta,
            };
            let float = self.e.load(F64, address, offset);
            let is_float = self.e.b.ins().icmp_imm_s(IntCC::Equal, meta, meta_of(tag::FLOAT));
            let all = [payload, meta, float].map(BlockArg::Value);
            self.e.b.ins().brif(is_float, done, &all, others, &all[..2]);
        }
        self.e.continue_in(others);
        let is_int = self.e.b.ins().icmp_imm_s(IntCC::Equal, other[1], meta_of(tag::INT));
        self.require(is_int, data.state);
        let converted = match plant::is(Bug::OptUnsignedElement) {
            true => self.e.b.ins().fcvt_from_uint(F64, other[0]),
            false => self.e.b.ins().fcvt_from_sint(F64, other[0]),
        };
        self.e.b.ins().jump(done, &[other[0], other[1], converted].map(BlockArg::Value));
        self.e.continue_in(done);
        self.floats.insert(result, found[2]);
        Machine::Pair(found[0], found[1])
    }

    /// An element of an array of any kind, by where the array is and what [`Op::ArrayMeta`] says.
    pub(super) fn any_element(
        &mut self,
        array: clif::Value,
        meta: clif::Value,
        index: clif::Value,
    ) -> [clif::Value; 2] {
        let (values, typed, done) =
            (self.e.b.create_block(), self.e.b.create_block(), self.e.b.create_block());
        let results =
            [self.e.b.append_block_param(done, I64), self.e.b.append_block_param(done, I64)];
        let is_value = self.e.b.ins().icmp_imm_s(IntCC::Equal, meta, META_OF_VALUES);
        self.e.b.ins().brif(is_value, values, &[], typed, &[]);
        self.e.switch_to(values);
        let distance = self.e.b.ins().ishl_imm_s(index, 4);
        let address = self.e.b.ins().iadd(array, distance);
        let words = [self.e.load(I64, address, 0), self.e.load(I64, address, META)];
        self.e.b.ins().jump(done, &words.map(BlockArg::Value));
        self.e.switch_to(typed);
        let distance = self.e.b.ins().ishl_imm_s(index, 3);
        let address = self.e.b.ins().iadd(array, distance);
        let payload = self.e.load(I64, address, 0);
        self.e.b.ins().jump(done, &[payload, meta].map(BlockArg::Value));
        self.e.continue_in(done);
        results
    }

    pub(super) fn store_element(&mut self, data: &InstData) {
        let value = data.operands[2];
        if data.immediate == ArrayKind::Value as i64 {
            let (address, offset) = self.element(data.operands[1], data.operands[3], 4);
            self.e.barrier(address, offset);
            return self.store_value(value, address, offset);
        }
        let (address, offset) = self.element(data.operands[1], data.operands[3], 3);
        let word = self.word(value);
        if data.immediate == ArrayKind::Table as i64 {
            let (marking, go_on) = (self.e.cold_block(), self.e.b.create_block());
            let is_marking = self.e.is_marking();
            self.e.b.ins().brif(is_marking, marking, &[], go_on, &[]);
            self.e.switch_to(marking);
            let old = self.e.load(I64, address, offset);
            self.e.call_barrier(runtime::table_barrier as *const () as usize, old);
            self.e.jump(go_on);
            self.e.continue_in(go_on);
        }
        self.e.store(word, address, offset);
    }
}
