//! Steps of loops over `next`: inline through the array and the dictionary, by the runtime through fields in slots.

use cranelift_codegen::ir as clif;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{BlockArg, InstBuilder};
use interlune_core::shape::ShapeId;
use interlune_core::table::ArrayKind;
use interlune_core::value::tag;
use interlune_core::{offsets, runtime};

use super::{Lowering, Machine};
use crate::baseline::emitter::{META, SLOT, meta_of};
use crate::ir::{InstData, Op};

/// The blocks of a step.
struct Step {
    table: clif::Value,
    /// Of the array.
    length: clif::Value,
    /// Looks at a place, its parameter.
    look: clif::Block,
    /// Has the runtime look at it and at those behind it.
    ask: clif::Block,
    /// Parameters: the place behind the entry, the words of key and value.
    found: clif::Block,
    ended: clif::Block,
}

impl Lowering<'_, '_> {
    pub(super) fn part_of_entry(&mut self, data: &InstData) -> Machine {
        let Some(&[key, key_meta, value, value_meta]) = self.entries.get(&data.operands[0]) else {
            unreachable!("what has found the entry is lowered")
        };
        match data.op {
            Op::EntryKey => Machine::Pair(key, key_meta),
            _ => Machine::Pair(value, value_meta),
        }
    }

    /// As `interp::iterate::advance_next`.
    pub(super) fn next_entry(&mut self, data: &InstData) -> Machine {
        let table = self.word(data.operands[0]);
        let length = self.e.load(I32, table, offsets::table::ARRAY_LEN as i32);
        let length = self.e.b.ins().uextend(I64, length);
        let counted = self.e.b.ins().bor_imm_s(length, meta_of(tag::INT));
        let block = |l: &mut Self, parameters: usize| {
            let block = l.e.b.create_block();
            (0..parameters).for_each(|_| {
                l.e.b.append_block_param(block, I64);
            });
            block
        };
        let ask = self.e.cold_block();
        self.e.b.append_block_param(ask, I64);
        let step = Step {
            table,
            length,
            look: block(self, 1),
            ask,
            found: block(self, 5),
            ended: block(self, 0),
        };
        self.place_of_cursor(data, counted, &step);
        self.look_in_array(&step);
        self.ask_runtime(&step);
        let done = block(self, 6);
        self.e.continue_in(step.found);
        let parameters = self.e.b.block_params(step.found).to_vec();
        let words = [&[parameters[0], counted], &parameters[1..]].concat();
        let words: Vec<BlockArg> = words.into_iter().map(BlockArg::Value).collect();
        self.e.b.ins().jump(done, &words);
        self.e.continue_in(step.ended);
        let nil = self.e.int(0);
        self.e.b.ins().jump(done, &[BlockArg::Value(nil); 6]);
        self.e.continue_in(done);
        let words = self.e.b.block_params(done);
        let cursor = Machine::Pair(words[0], words[1]);
        let entry = [words[2], words[3], words[4], words[5]];
        if let Some(result) = data.result {
            self.entries.insert(result, entry);
        }
        cursor
    }

    /// The cursor's place, if it was counted with the array as it is (its second word says so); else the place behind the
    /// control.
    fn place_of_cursor(&mut self, data: &InstData, counted: clif::Value, step: &Step) {
        let (at, meta) = self.pair(data.operands[1]);
        let (moved, search) = (self.e.b.create_block(), self.e.cold_block());
        let is_as_before = self.e.b.ins().icmp(IntCC::Equal, meta, counted);
        self.e.b.ins().brif(is_as_before, step.look, &[BlockArg::Value(at)], moved, &[]);
        self.e.switch_to(moved);
        let (key, key_meta) = self.pair(data.operands[2]);
        let beginning = self.e.int(0);
        self.e.b.ins().brif(key_meta, search, &[], step.look, &[BlockArg::Value(beginning)]);
        self.e.continue_in(search);
        let operand = offsets::vm::PRESERVED_OPERAND as i32;
        self.e.store(key, self.e.vm, operand);
        self.e.store(key_meta, self.e.vm, operand + META);
        let after = runtime::cursor_after as *const () as usize;
        let at = self.e.call_preserving(after, [step.table, step.table]);
        let none = runtime::NO_CURSOR as i64;
        let exists = self.e.b.ins().icmp_imm_s(IntCC::NotEqual, at, none);
        self.require(exists, data.state);
        self.e.b.ins().jump(step.look, &[BlockArg::Value(at)]);
    }

    fn look_in_array(&mut self, step: &Step) {
        self.e.switch_to(step.look);
        let at = self.e.b.block_params(step.look)[0];
        let (elements, beyond) = (self.e.b.create_block(), self.e.b.create_block());
        let within = self.e.b.ins().icmp(IntCC::UnsignedLessThan, at, step.length);
        self.e.b.ins().brif(within, elements, &[], beyond, &[]);
        self.e.switch_to(elements);
        let behind = self.e.b.ins().iadd_imm_s(at, 1);
        let key_meta = self.e.int(meta_of(tag::INT));
        let (values, typed) = (self.e.b.create_block(), self.e.b.create_block());
        let array = self.e.load(I64, step.table, offsets::table::ARRAY as i32);
        let kind = self.e.array_kind(step.table);
        let is_value = self.e.is_kind(kind, ArrayKind::Value);
        self.e.b.ins().brif(is_value, values, &[], typed, &[]);
        self.e.switch_to(typed);
        let distance = self.e.b.ins().ishl_imm_s(at, 3);
        let address = self.e.b.ins().iadd(array, distance);
        let payload = self.e.load(I64, address, 0);
        let meta = self.e.element_meta(kind);
        let entry = [behind, behind, key_meta, payload, meta].map(BlockArg::Value);
        self.e.b.ins().jump(step.found, &entry);
        self.e.switch_to(values);
        let distance = self.e.b.ins().ishl_imm_s(at, 4);
        let address = self.e.b.ins().iadd(array, distance);
        let (payload, meta) = (self.e.load(I64, address, 0), self.e.load(I64, address, META));
        let entry = [behind, behind, key_meta, payload, meta].map(BlockArg::Value);
        self.e.b.ins().brif(meta, step.found, &entry, step.look, &[BlockArg::Value(behind)]);
        self.e.switch_to(beyond);
        self.look_in_dictionary(at, step);
    }

    /// Entries of the dictionary follow the array where there are no slots: in a table without fields, or with all of them
    /// in the dictionary.
    fn look_in_dictionary(&mut self, at: clif::Value, step: &Step) {
        let slotless = self.e.b.create_block();
        let shape = self.e.load(I32, step.table, offsets::table::SHAPE as i32);
        const { assert!(ShapeId::DICTIONARY.0 == ShapeId::EMPTY.0 + 1) };
        let number = self.e.b.ins().iadd_imm_s(shape, -i64::from(ShapeId::EMPTY.0));
        let has_none = self.e.b.ins().icmp_imm_s(IntCC::UnsignedLessThanOrEqual, number, 1);
        self.e.b.ins().brif(has_none, slotless, &[], step.ask, &[BlockArg::Value(at)]);
        self.e.switch_to(slotless);
        let present = self.e.b.create_block();
        let dict = self.e.load(I64, step.table, offsets::table::DICT as i32);
        self.e.b.ins().brif(dict, present, &[], step.ended, &[]);
        self.e.switch_to(present);
        let look = self.e.b.create_block();
        let number = self.e.b.ins().isub(at, step.length);
        let used = self.e.load(I32, dict, offsets::dict::USED as i32);
        let used = self.e.b.ins().uextend(I64, used);
        let is_used = self.e.b.ins().icmp(IntCC::UnsignedLessThan, number, used);
        self.e.b.ins().brif(is_used, look, &[], step.ended, &[]);
        self.e.switch_to(look);
        let behind = self.e.b.ins().iadd_imm_s(at, 1);
        let distance = self.e.b.ins().imul_imm_s(number, offsets::dict::ENTRY_SIZE as i64);
        let entry = self.e.b.ins().iadd(dict, distance);
        let (key, value) = (
            offsets::dict::ENTRIES as i32,
            (offsets::dict::ENTRIES + offsets::dict::ENTRY_VALUE) as i32,
        );
        let [key, key_meta, value, meta] =
            [key, key + META, value, value + META].map(|at| self.e.load(I64, entry, at));
        let entry = [behind, key, key_meta, value, meta].map(BlockArg::Value);
        self.e.b.ins().brif(meta, step.found, &entry, step.look, &[BlockArg::Value(behind)]);
    }

    fn ask_runtime(&mut self, step: &Step) {
        self.e.continue_in(step.ask);
        let at = self.e.b.block_params(step.ask)[0];
        let next = runtime::next_entry as *const () as usize;
        let behind = self.e.call_preserving(next, [step.table, at]);
        let entry = offsets::vm::ENTRY as i32;
        let [key, key_meta, value, meta] = [0, META, SLOT, SLOT + META]
            .map(|distance| self.e.load(I64, self.e.vm, entry + distance));
        let entry = [behind, key, key_meta, value, meta].map(BlockArg::Value);
        self.e.b.ins().brif(behind, step.found, &entry, step.ended, &[]);
    }
}
