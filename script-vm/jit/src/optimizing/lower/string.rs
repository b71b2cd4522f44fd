//! Operations on strings.

use cranelift_codegen::ir as clif;
use cranelift_codegen::ir::InstBuilder;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I8, I32, I64};
use interlune_core::heap::EMPTY_STRING;
use interlune_core::value::tag;
use interlune_core::{offsets, runtime};

use super::{Lowering, Machine};
use crate::baseline::emitter::{META, SLOT, meta_of};
use crate::ir::InstData;

impl Lowering<'_, '_> {
    pub(super) fn string_len(&mut self, data: &InstData) -> Machine {
        let string = self.word(data.operands[0]);
        let length = self.e.load(I32, string, offsets::object::WORD as i32);
        Machine::Word(self.e.b.ins().uextend(I64, length))
    }

    /// What `type` answers: its function captures the names, by tag.
    pub(super) fn type_name(&mut self, data: &InstData) -> Machine {
        let (function, _) = self.pair(data.operands[0]);
        let tag = self.meta(data.operands[1]);
        let tag = self.e.b.ins().ushr_imm_s(tag, 32);
        let distance = self.e.b.ins().imul_imm_s(tag, i64::from(SLOT));
        let name = self.e.b.ins().iadd(function, distance);
        Machine::Word(self.e.load(I64, name, offsets::function::NATIVE_CAPTURED as i32))
    }

    pub(super) fn string_byte(&mut self, data: &InstData) -> Machine {
        let (byte, is_there) = self.byte_at(data);
        let nothing = self.e.int(0);
        let payload = self.e.b.ins().select(is_there, byte, nothing);
        let (int, nil) = (self.e.int(meta_of(tag::INT)), self.e.int(meta_of(tag::NIL)));
        let meta = self.e.b.ins().select(is_there, int, nil);
        Machine::Pair(payload, meta)
    }

    pub(super) fn string_at(&mut self, data: &InstData) -> Machine {
        let (byte, is_there) = self.byte_at(data);
        let empty = self.e.int(EMPTY_STRING as i64);
        let number = self.e.b.ins().select(is_there, byte, empty);
        let strings = self.e.load(I64, self.e.vm, offsets::vm::BYTE_STRINGS as i32);
        let distance = self.e.b.ins().ishl_imm_s(number, 3);
        let place = self.e.b.ins().iadd(strings, distance);
        Machine::Word(self.e.load(I64, place, 0))
    }

    /// The byte at a position of a string, and whether there is one.
    fn byte_at(&mut self, data: &InstData) -> (clif::Value, clif::Value) {
        let [string, at] = [data.operands[0], data.operands[1]].map(|value| self.word(value));
        let length = self.e.load(I32, string, offsets::object::WORD as i32);
        let length = self.e.b.ins().uextend(I64, length);
        let from_end = self.e.b.ins().iadd(at, length);
        let from_start = self.e.b.ins().iadd_imm_s(at, -1);
        let is_negative = self.e.b.ins().icmp_imm_s(IntCC::SignedLessThan, at, 0);
        let index = self.e.b.ins().select(is_negative, from_end, from_start);
        let is_there = self.e.b.ins().icmp(IntCC::UnsignedLessThan, index, length);
        let nothing = self.e.int(0);
        let index = self.e.b.ins().select(is_there, index, nothing);
        let address = self.e.b.ins().iadd(string, index);
        let byte = self.e.load(I8, address, offsets::string::BYTES as i32);
        (self.e.b.ins().uextend(I64, byte), is_there)
    }

    pub(super) fn join(&mut self, data: &InstData) -> Machine {
        for (number, &value) in data.operands.iter().enumerate() {
            let at = offsets::vm::JOIN_OPERANDS as i32 + number as i32 * SLOT;
            self.store_value(value, self.e.vm, at);
        }
        let count = self.e.int(data.operands.len() as i64);
        let joined = self.e.call_preserving(runtime::join as *const () as usize, [count, count]);
        let is_made = self.e.b.ins().icmp_imm_s(IntCC::NotEqual, joined, 0);
        self.require(is_made, data.state);
        Machine::Word(joined)
    }

    pub(super) fn string_part(&mut self, data: &InstData) -> Machine {
        let [text, start, end] =
            [data.operands[0], data.operands[1], data.operands[2]].map(|value| self.word(value));
        let operand = offsets::vm::PRESERVED_OPERAND as i32;
        let int = self.e.int(meta_of(tag::INT));
        self.e.store(end, self.e.vm, operand);
        self.e.store(int, self.e.vm, operand + META);
        let part = runtime::string_part as *const () as usize;
        let part = self.e.call_preserving(part, [text, start]);
        let is_made = self.e.b.ins().icmp_imm_s(IntCC::NotEqual, part, 0);
        self.require(is_made, data.state);
        Machine::Word(part)
    }
}
