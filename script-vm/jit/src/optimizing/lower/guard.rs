//! Guards on values, on tables and on functions.

use cranelift_codegen::ir as clif;
use cranelift_codegen::ir::InstBuilder;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I8, I32, I64};
use interlune_core::object::flags;
use interlune_core::offsets;
use interlune_core::value::tag;
use interlune_core::vm::TypeMeta;

use super::value::one_tag;
use super::{Lowering, Machine};
use crate::baseline::emitter::{META, meta_of};
use crate::ir::{InstData, Type};

impl Lowering<'_, '_> {
    pub(super) fn guard_type(&mut self, data: &InstData) -> Machine {
        let Some(ty) = data.op.row().result else { unreachable!("guards on types have results") };
        let (payload, meta) = self.pair(data.operands[0]);
        if ty == Type::Vec3 {
            // Its meta word has a lane below the tag.
            let found = self.e.b.ins().ushr_imm_s(meta, 32);
            let fits = self.e.b.ins().icmp_imm_s(IntCC::Equal, found, i64::from(tag::VEC3));
            self.require(fits, data.state);
            return self.vector_of_words(payload, meta, ty);
        }
        let fits = self.e.b.ins().icmp_imm_s(IntCC::Equal, meta, meta_of(one_tag(ty)));
        self.require(fits, data.state);
        match ty {
            Type::Vec2 => self.vector_of_words(payload, meta, ty),
            _ => self.unboxed(payload, ty),
        }
    }

    pub(super) fn guard_number(&mut self, data: &InstData) -> Machine {
        let (payload, meta) = self.pair(data.operands[0]);
        self.require_number(meta, data);
        Machine::Pair(payload, meta)
    }

    /// Goes on with the second word of a number.
    pub(super) fn require_number(&mut self, meta: clif::Value, data: &InstData) {
        let distance = self.e.b.ins().iadd_imm_s(meta, -meta_of(tag::INT));
        let span = meta_of(tag::FLOAT) - meta_of(tag::INT);
        let fits = self.e.b.ins().icmp_imm_s(IntCC::UnsignedLessThanOrEqual, distance, span);
        self.require(fits, data.state);
    }

    pub(super) fn guard_present(&mut self, data: &InstData) -> Machine {
        let (payload, meta) = self.pair(data.operands[0]);
        self.require(meta, data.state);
        Machine::Pair(payload, meta)
    }

    pub(super) fn guard_tag(&mut self, data: &InstData) {
        let meta = self.meta(data.operands[0]);
        let found = self.e.b.ins().ushr_imm_s(meta, 32);
        let fits = self.e.b.ins().icmp_imm_s(IntCC::Equal, found, data.immediate);
        self.require(fits, data.state);
    }

    pub(super) fn guard_is(&mut self, data: &InstData) {
        let [payload, meta] = self.f.named()[data.immediate as usize].value.words();
        let (found, found_meta) = self.pair(data.operands[0]);
        let same = self.e.b.ins().icmp_imm_s(IntCC::Equal, found, payload as i64);
        self.require(same, data.state);
        let same = self.e.b.ins().icmp_imm_s(IntCC::Equal, found_meta, meta as i64);
        self.require(same, data.state);
    }

    pub(super) fn guard_running(&mut self, data: &InstData) {
        let (closure, running) = (self.word(data.operands[0]), self.running());
        let same = self.e.b.ins().icmp(IntCC::Equal, closure, running);
        self.require(same, data.state);
    }

    /// Whether a closure is of the function whose number is the operation's immediate.
    pub(super) fn is_function(&mut self, data: &InstData) -> clif::Value {
        let closure = self.word(data.operands[0]);
        let proto = self.e.load(I64, closure, offsets::function::CLOSURE_PROTO as i32);
        let number = self.e.load(I64, proto, offsets::function::PROTO_ID as i32);
        self.e.b.ins().icmp_imm_s(IntCC::Equal, number, data.immediate)
    }

    pub(super) fn guard_function(&mut self, data: &InstData) {
        let same = self.is_function(data);
        self.require(same, data.state);
    }

    pub(super) fn guard_native(&mut self, data: &InstData) {
        let (payload, meta) = self.pair(data.operands[0]);
        self.require_native(payload, meta, data);
    }

    pub(super) fn native_captured(&mut self, data: &InstData) -> Machine {
        let (payload, meta) = self.pair(data.operands[0]);
        self.require_native(payload, meta, data);
        let at = offsets::function::NATIVE_CAPTURED as i32;
        Machine::Pair(self.e.load(I64, payload, at), self.e.load(I64, payload, at + META))
    }

    /// Goes on if a value is the native function at the address that is the operation's immediate.
    fn require_native(&mut self, payload: clif::Value, meta: clif::Value, data: &InstData) {
        let is_native = self.e.b.ins().icmp_imm_s(IntCC::Equal, meta, meta_of(tag::NATIVE));
        self.require(is_native, data.state);
        let at = offsets::function::NATIVE_FUNCTION as i32;
        let address = self.e.load(I64, payload, at);
        let same = self.e.b.ins().icmp_imm_s(IntCC::Equal, address, data.immediate);
        self.require(same, data.state);
    }

    pub(super) fn guard_float_among(&mut self, data: &InstData) {
        let [x, y] = [data.operands[0], data.operands[1]].map(|value| self.meta(value));
        let different = self.e.b.ins().bor(x, y);
        // Integers have an odd tag, floats the one above.
        let has_float = self.e.b.ins().band_imm_s(different, meta_of(tag::FLOAT));
        self.require(has_float, data.state);
    }

    pub(super) fn guard_numbers_plain(&mut self, data: &InstData) {
        let at = offsets::vm::TYPES_WITH_METATABLE as i32;
        let types = self.e.load(I32, self.e.vm, at);
        let with = self.e.b.ins().band_imm_s(types, 1 << TypeMeta::Number as i64);
        self.refuse(with, data.state);
    }

    pub(super) fn guard_bounds(&mut self, data: &InstData) {
        let [index, length] = self.words(data);
        let fits = self.e.b.ins().icmp(IntCC::UnsignedLessThan, index, length);
        self.require(fits, data.state);
    }

    pub(super) fn guard_key(&mut self, data: &InstData) {
        let has_key = self.has_key(data);
        self.require(has_key, data.state);
    }

    pub(super) fn guard_kind(&mut self, data: &InstData) {
        let table = self.word(data.operands[0]);
        let kind = self.e.array_kind(table);
        let expected = i64::from(data.immediate as i8);
        let same = self.e.b.ins().icmp_imm_s(IntCC::Equal, kind, expected);
        self.require(same, data.state);
    }

    pub(super) fn guard_plain(&mut self, data: &InstData) {
        let table = self.word(data.operands[0]);
        let metatable = self.e.load(I64, table, offsets::table::METATABLE as i32);
        self.refuse(metatable, data.state);
        let is_weak = self.e.is_weak(table);
        self.refuse(is_weak, data.state);
    }

    pub(super) fn guard_strong(&mut self, data: &InstData) {
        let table = self.word(data.operands[0]);
        let is_weak = self.e.is_weak(table);
        self.refuse(is_weak, data.state);
    }

    /// The metatable, if there is one, has no `__newindex`.
    pub(super) fn guard_open(&mut self, data: &InstData) {
        let table = self.word(data.operands[0]);
        let metatable = self.e.load(I64, table, offsets::table::METATABLE as i32);
        let (check, open) = (self.e.b.create_block(), self.e.b.create_block());
        self.e.b.ins().brif(metatable, check, &[], open, &[]);
        self.e.switch_to(check);
        let found = self.e.load(I8, metatable, offsets::table::FLAGS as i32);
        let minds = self.e.b.ins().band_imm_s(found, i64::from(flags::HAS_NEWINDEX as i8));
        self.refuse(minds, data.state);
        self.e.jump(open);
        self.e.continue_in(open);
    }

    pub(super) fn guard_answer(&mut self, data: &InstData) {
        let meta = self.meta(data.operands[0]);
        let table = self.word(data.operands[1]);
        let (nothing, fine) = (self.e.cold_block(), self.e.b.create_block());
        self.e.b.ins().brif(meta, fine, &[], nothing, &[]);
        self.e.switch_to(nothing);
        let metatable = self.e.load(I64, table, offsets::table::METATABLE as i32);
        self.refuse(metatable, data.state);
        self.e.jump(fine);
        self.e.continue_in(fine);
    }

    pub(super) fn guard_metatable_is(&mut self, data: &InstData) {
        let is_it = self.has_metatable(data);
        self.require(is_it, data.state);
    }

    pub(super) fn guard_methods(&mut self, data: &InstData) {
        let hold = self.methods_hold(data);
        self.require(hold, data.state);
    }
}
