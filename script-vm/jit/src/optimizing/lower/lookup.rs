//! Lookups in dictionaries: their index is probed inline, as `Dict::probe` does it.

use cranelift_codegen::ir as clif;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I8, I32, I64};
use cranelift_codegen::ir::{BlockArg, InstBuilder};
use interlune_core::object::flags;
use interlune_core::shape::ShapeId;
use interlune_core::string::MAX_SHORT;
use interlune_core::table::dict;
use interlune_core::value::tag;
use interlune_core::{offsets, runtime};

use super::{Lowering, Machine};
use crate::baseline::emitter::{META, meta_of};
use crate::ir::InstData;

impl Lowering<'_, '_> {
    pub(super) fn lookup_int(&mut self, data: &InstData) -> Machine {
        let [table, key] = [data.operands[0], data.operands[1]].map(|value| self.word(value));
        let length = self.e.load(I32, table, offsets::table::ARRAY_LEN as i32);
        let length = self.e.b.ins().uextend(I64, length);
        let index = self.e.b.ins().iadd_imm_s(key, -1);
        let beyond = self.e.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, length);
        self.require(beyond, data.state);
        let [payload, meta] = self.probe_int(table, key);
        Machine::Pair(payload, meta)
    }

    /// In the array if that is long enough, else in the dictionary.
    pub(super) fn lookup_element(&mut self, data: &InstData) -> Machine {
        let [table, key] = [data.operands[0], data.operands[1]].map(|value| self.word(value));
        let (within, beyond, done) =
            (self.e.b.create_block(), self.e.b.create_block(), self.e.b.create_block());
        let results =
            [self.e.b.append_block_param(done, I64), self.e.b.append_block_param(done, I64)];
        let length = self.e.load(I32, table, offsets::table::ARRAY_LEN as i32);
        let length = self.e.b.ins().uextend(I64, length);
        let index = self.e.b.ins().iadd_imm_s(key, -1);
        let is_within = self.e.b.ins().icmp(IntCC::UnsignedLessThan, index, length);
        self.e.b.ins().brif(is_within, within, &[], beyond, &[]);
        self.e.switch_to(within);
        let array = self.e.load(I64, table, offsets::table::ARRAY as i32);
        let meta = self.array_meta(table);
        let words = self.any_element(array, meta, index);
        self.e.b.ins().jump(done, &words.map(BlockArg::Value));
        self.e.switch_to(beyond);
        let words = self.probe_int(table, key);
        self.e.b.ins().jump(done, &words.map(BlockArg::Value));
        self.e.continue_in(done);
        Machine::Pair(results[0], results[1])
    }

    /// The runtime looks for it.
    pub(super) fn lookup_any(&mut self, data: &InstData) -> Machine {
        let table = self.word(data.operands[0]);
        let operand = offsets::vm::PRESERVED_OPERAND as i32;
        self.store_value(data.operands[1], self.e.vm, operand);
        let lookup = runtime::lookup_any as *const () as usize;
        let payload = self.e.call_preserving(lookup, [table, table]);
        let meta = self.e.load(I64, self.e.vm, operand + META);
        Machine::Pair(payload, meta)
    }

    fn probe_int(&mut self, table: clif::Value, key: clif::Value) -> [clif::Value; 2] {
        let product = self.e.b.ins().imul_imm_s(key, dict::MULTIPLIER as i64);
        let hash = self.e.b.ins().ushr_imm_s(product, 32);
        self.probe(table, hash, key, tag::INT)
    }

    /// Equal short strings are one object, and interned ones have their hash.
    pub(super) fn lookup_string(&mut self, data: &InstData) -> Machine {
        let [table, key] = [data.operands[0], data.operands[1]].map(|value| self.word(value));
        let shape = self.e.load(I32, table, offsets::table::SHAPE as i32);
        let dictionary = i64::from(ShapeId::DICTIONARY.0);
        let has_no_slots = self.e.b.ins().icmp_imm_s(IntCC::Equal, shape, dictionary);
        self.require(has_no_slots, data.state);
        let found = self.e.load(I8, key, offsets::object::FLAGS as i32);
        let interned = self.e.b.ins().band_imm_s(found, i64::from(flags::INTERNED));
        let length = self.e.load(I32, key, offsets::object::WORD as i32);
        let most = MAX_SHORT as i64;
        let is_short = self.e.b.ins().icmp_imm_s(IntCC::UnsignedLessThanOrEqual, length, most);
        let nothing = self.e.b.ins().iconst(I8, 0);
        let is_one = self.e.b.ins().select(is_short, interned, nothing);
        self.require(is_one, data.state);
        let hash = self.e.load(I32, key, offsets::string::HASH as i32);
        let hash = self.e.b.ins().uextend(I64, hash);
        let [payload, meta] = self.probe(table, hash, key, tag::STRING);
        Machine::Pair(payload, meta)
    }

    /// The value of a key with that tag and hash in a table's dictionary; nil if there is none.
    fn probe(
        &mut self,
        table: clif::Value,
        hash: clif::Value,
        key: clif::Value,
        tag: u32,
    ) -> [clif::Value; 2] {
        let (present, done) = (self.e.b.create_block(), self.e.b.create_block());
        let results =
            [self.e.b.append_block_param(done, I64), self.e.b.append_block_param(done, I64)];
        let nil = self.e.int(0);
        let nothing = [BlockArg::Value(nil); 2];
        let dict = self.e.load(I64, table, offsets::table::DICT as i32);
        self.e.b.ins().brif(dict, present, &[], done, &nothing);
        self.e.switch_to(present);
        let shift = self.e.load(I32, dict, offsets::dict::INDEX_SHIFT as i32);
        let first = self.e.b.ins().ushr(hash, shift);
        let size = self.e.load(I32, dict, offsets::dict::INDEX_LEN as i32);
        let mask = self.e.b.ins().iadd_imm_s(size, -1);
        let mask = self.e.b.ins().uextend(I64, mask);
        let capacity = self.e.load(I32, dict, offsets::dict::CAPACITY as i32);
        let capacity = self.e.b.ins().uextend(I64, capacity);
        let bytes = self.e.b.ins().imul_imm_s(capacity, offsets::dict::ENTRY_SIZE as i64);
        let entries = self.e.b.ins().iadd_imm_s(dict, offsets::dict::ENTRIES as i64);
        let cells = self.e.b.ins().iadd(entries, bytes);
        let probe = self.e.b.create_block();
        let place = self.e.b.append_block_param(probe, I64);
        self.e.b.ins().jump(probe, &[BlockArg::Value(first)]);
        self.e.switch_to(probe);
        let distance = self.e.b.ins().ishl_imm_s(place, 3);
        let at = self.e.b.ins().iadd(cells, distance);
        let cell = self.e.load(I64, at, 0);
        let (used, alike, next) =
            (self.e.b.create_block(), self.e.b.create_block(), self.e.b.create_block());
        self.e.b.ins().brif(cell, used, &[], done, &nothing);
        self.e.switch_to(used);
        let found = self.e.b.ins().ushr_imm_s(cell, 32);
        let same = self.e.b.ins().icmp(IntCC::Equal, found, hash);
        self.e.b.ins().brif(same, alike, &[], next, &[]);
        self.e.switch_to(alike);
        let number = self.e.b.ins().band_imm_s(cell, 0xffff_ffff);
        let number = self.e.b.ins().iadd_imm_s(number, -1);
        let distance = self.e.b.ins().imul_imm_s(number, offsets::dict::ENTRY_SIZE as i64);
        let entry = self.e.b.ins().iadd(entries, distance);
        let (payload, meta) = (self.e.load(I64, entry, 0), self.e.load(I64, entry, META));
        let same = self.e.b.ins().icmp(IntCC::Equal, payload, key);
        let has_tag = self.e.b.ins().icmp_imm_s(IntCC::Equal, meta, meta_of(tag));
        let is_it = self.e.b.ins().band(same, has_tag);
        let value = offsets::dict::ENTRY_VALUE as i32;
        let (payload, meta) =
            (self.e.load(I64, entry, value), self.e.load(I64, entry, value + META));
        let words = [payload, meta].map(BlockArg::Value);
        self.e.b.ins().brif(is_it, done, &words, next, &[]);
        self.e.switch_to(next);
        let place = self.e.b.ins().iadd_imm_s(place, 1);
        let place = self.e.b.ins().band(place, mask);
        self.e.b.ins().jump(probe, &[BlockArg::Value(place)]);
        self.e.continue_in(done);
        results
    }
}
