//! Making tables, and stores that may make them larger: inline where that is short, else by the runtime, which changes no
//! register.

use std::mem::offset_of;

use cranelift_codegen::ir as clif;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I8, I32, I64};
use cranelift_codegen::ir::{BlockArg, InstBuilder};
use interlune_core::constants::Named;
use interlune_core::inline_cache::{AT_LEAST, INLINE_SLOTS, KEY_MASK, inline_offset};
use interlune_core::interp::Template;
use interlune_core::object::flags;
use interlune_core::site_cache::{MethodEntry, MethodSite};
use interlune_core::table::ArrayKind;
use interlune_core::table::layout::CLASS;
use interlune_core::{offsets, runtime};

use super::{Lowering, Machine};
use crate::baseline::emitter::{META, SLOT};
use crate::ir::{Definition, InstData, Op, Scope, Type, Value};

impl Lowering<'_, '_> {
    /// Whether a table has the key, or more inline slots than it says.
    pub(super) fn has_key(&mut self, data: &InstData) -> clif::Value {
        let table = self.word(data.operands[0]);
        let found = self.e.key_of(table);
        let key = data.immediate as u64 & KEY_MASK;
        if data.immediate as u64 & AT_LEAST == 0 {
            return self.e.b.ins().icmp_imm_s(IntCC::Equal, found, key as i64);
        }
        let more = self.e.b.ins().iadd_imm_s(found, -(key as i64));
        let most = INLINE_SLOTS - (key & INLINE_SLOTS);
        self.e.b.ins().icmp_imm_s(IntCC::UnsignedLessThanOrEqual, more, most as i64)
    }

    pub(super) fn new_table(&mut self, site: u64) -> clif::Value {
        let Some(template) = Template::of_site(site) else {
            unreachable!("only sites that have settled are built so")
        };
        let (slow, done) = (self.e.cold_block(), self.e.b.create_block());
        let result = self.e.b.append_block_param(done, I64);
        let table = self.e.allocate_table(&template, slow);
        self.e.b.ins().jump(done, &[BlockArg::Value(table)]);
        self.e.continue_in(slow);
        let site = self.e.int(site as i64);
        let make = runtime::new_table as *const () as usize;
        let table = self.e.call_preserving(make, [site, site]);
        self.e.b.ins().jump(done, &[BlockArg::Value(table)]);
        self.e.continue_in(done);
        result
    }

    /// Inline in an array that holds such values, while the collector does not mark, and right behind the last element of
    /// one with room.
    pub(super) fn set_int(&mut self, data: &InstData) {
        let [table, key] = [data.operands[0], data.operands[1]].map(|value| self.word(value));
        let (payload, meta) = self.pair(data.operands[2]);
        let (slow, done) = (self.e.cold_block(), self.e.b.create_block());
        let (within, behind) = (self.e.b.create_block(), self.e.b.create_block());
        let index = self.e.b.ins().iadd_imm_s(key, -1);
        let length = self.e.load(I32, table, offsets::table::ARRAY_LEN as i32);
        let length = self.e.b.ins().uextend(I64, length);
        let is_within = self.e.b.ins().icmp(IntCC::UnsignedLessThan, index, length);
        self.e.b.ins().brif(is_within, within, &[], behind, &[]);
        self.e.switch_to(within);
        self.overwrite_element(table, index, [payload, meta], slow);
        self.e.jump(done);
        self.e.switch_to(behind);
        let values = self.e.b.create_block();
        let kind = self.e.array_kind(table);
        let is_value = self.e.is_kind(kind, ArrayKind::Value);
        self.e.refuse(is_value, values);
        self.e.append(table, index, [payload, meta], slow);
        self.e.jump(done);
        self.e.switch_to(values);
        self.e.require(meta, slow);
        let address = self.e.room_behind(table, index, 4, slow);
        self.e.store(payload, address, 0);
        self.e.store(meta, address, META);
        self.e.jump(done);
        self.e.continue_in(slow);
        let operand = offsets::vm::PRESERVED_OPERAND as i32;
        self.e.store(payload, self.e.vm, operand);
        self.e.store(meta, self.e.vm, operand + META);
        let stored = self.e.call_preserving(runtime::set_int as *const () as usize, [table, key]);
        self.require_done(stored, data.state);
        self.e.jump(done);
        self.e.continue_in(done);
    }

    /// Overwrites an element within bounds; to `slow` if the array does not hold such values, for nil, and where there is a
    /// barrier.
    fn overwrite_element(
        &mut self,
        table: clif::Value,
        index: clif::Value,
        [payload, meta]: [clif::Value; 2],
        slow: clif::Block,
    ) {
        let (values, typed, done) =
            (self.e.b.create_block(), self.e.b.create_block(), self.e.b.create_block());
        let marking = self.e.is_marking();
        self.e.refuse(marking, slow);
        let array = self.e.load(I64, table, offsets::table::ARRAY as i32);
        let kind = self.e.array_kind(table);
        let is_value = self.e.is_kind(kind, ArrayKind::Value);
        self.e.b.ins().brif(is_value, values, &[], typed, &[]);
        self.e.switch_to(values);
        self.e.require(meta, slow);
        let distance = self.e.b.ins().ishl_imm_s(index, 4);
        let address = self.e.b.ins().iadd(array, distance);
        self.e.store(payload, address, 0);
        self.e.store(meta, address, META);
        self.e.jump(done);
        self.e.switch_to(typed);
        let expected = self.e.element_meta(kind);
        let fits = self.e.b.ins().icmp(IntCC::Equal, meta, expected);
        self.e.require(fits, slow);
        let distance = self.e.b.ins().ishl_imm_s(index, 3);
        let address = self.e.b.ins().iadd(array, distance);
        self.e.store(payload, address, 0);
        self.e.jump(done);
        self.e.switch_to(done);
    }

    /// By a cache as the baseline tier has them; what it does not have, the runtime looks for.
    pub(super) fn find_method(&mut self, data: &InstData) -> Machine {
        let find = runtime::find_method as *const () as usize;
        let (payload, meta) = self.find_inherited(data, find, 0);
        Machine::Pair(payload, meta)
    }

    /// The same of a field: what tables have themselves, the runtime looks for.
    pub(super) fn find_field(&mut self, data: &InstData) -> Machine {
        let find = runtime::find_field as *const () as usize;
        let (payload, meta) = self.find_inherited(data, find, runtime::NO_ANSWER);
        Machine::Pair(payload, meta)
    }

    pub(super) fn find_length(&mut self, data: &InstData) -> Machine {
        let table = self.word(data.operands[0]);
        let find = runtime::find_length as *const () as usize;
        let length = self.e.call_preserving(find, [table, table]);
        let is_answer = self.e.b.ins().icmp_imm_s(IntCC::SignedGreaterThanOrEqual, length, 0);
        self.require(is_answer, data.state);
        Machine::Word(length)
    }

    /// What a table's classes have, by a cache of the code's own; else by a function of the runtime, whose result has the
    /// meta word `none` if there is no answer.
    fn find_inherited(
        &mut self,
        data: &InstData,
        find: usize,
        none: u64,
    ) -> (clif::Value, clif::Value) {
        let table = self.word(data.operands[0]);
        let site = self.exits.add_method_site(self.e.input.cache_entries);
        let (miss, found) = (self.e.cold_block(), self.e.b.create_block());
        let words =
            [self.e.b.append_block_param(found, I64), self.e.b.append_block_param(found, I64)];
        let key = self.e.key_of(table);
        let metatable = self.e.load(I64, table, offsets::table::METATABLE as i32);
        let site = self.e.int(site as i64);
        let epoch = self.e.load(I64, site, offset_of!(MethodSite, epoch) as i32);
        let now = self.e.load(I64, self.e.vm, offsets::vm::CLASS_EPOCH as i32);
        let valid = self.e.b.ins().icmp(IntCC::Equal, epoch, now);
        self.e.require(valid, miss);
        let first = self.e.b.ins().iadd_imm_s(site, offset_of!(MethodSite, entries) as i64);
        let entry = self.e.find_entry(first, size_of::<MethodEntry>(), miss, |e, entry| {
            let known = e.load(I64, entry, offset_of!(MethodEntry, key) as i32);
            let known_metatable = e.load(I64, entry, offset_of!(MethodEntry, metatable) as i32);
            // Where the method is inherited, how many slots lie in the receiver makes no difference.
            let different = e.b.ins().bxor(known, key);
            let different = e.b.ins().band_imm_s(different, !INLINE_SLOTS as i64);
            let same_key = e.b.ins().icmp_imm_s(IntCC::Equal, different, 0);
            let same_table = e.b.ins().icmp(IntCC::Equal, known_metatable, metatable);
            e.b.ins().band(same_key, same_table)
        });
        let payload = self.e.load(I64, entry, offset_of!(MethodEntry, payload) as i32);
        let meta = self.e.load(I64, entry, offset_of!(MethodEntry, meta) as i32);
        self.e.b.ins().jump(found, &[payload, meta].map(BlockArg::Value));
        self.e.continue_in(miss);
        self.store_name(data);
        let operand = offsets::vm::PRESERVED_OPERAND as i32;
        let payload = self.e.call_preserving(find, [table, site]);
        let meta = self.e.load(I64, self.e.vm, operand + META);
        let is_answer = self.e.b.ins().icmp_imm_s(IntCC::NotEqual, meta, none as i64);
        self.require(is_answer, data.state);
        self.e.b.ins().jump(found, &[payload, meta].map(BlockArg::Value));
        self.e.continue_in(found);
        (words[0], words[1])
    }

    /// Whether classes have the methods still that the operands say.
    pub(super) fn methods_hold(&mut self, data: &InstData) -> clif::Value {
        let pairs = data.operands.chunks_exact(2).map(|pair| {
            let [metatable, method] = [pair[0], pair[1]].map(|value| self.named(value));
            (metatable.value.words()[0], method.value)
        });
        let site = self.exits.add_methods(pairs);
        let (unsure, done) = (self.e.cold_block(), self.e.b.create_block());
        let result = self.e.b.append_block_param(done, I8);
        let site = self.e.int(site as i64);
        let epoch = self.e.load(I64, site, offset_of!(MethodSite, epoch) as i32);
        let now = self.e.load(I64, self.e.vm, offsets::vm::CLASS_EPOCH as i32);
        let same = self.e.b.ins().icmp(IntCC::Equal, epoch, now);
        self.e.b.ins().brif(same, done, &[BlockArg::Value(same)], unsure, &[]);
        self.e.continue_in(unsure);
        self.store_name(data);
        let check = runtime::check_methods as *const () as usize;
        let hold = self.e.call_preserving(check, [site, site]);
        let hold = self.e.b.ins().icmp_imm_s(IntCC::NotEqual, hold, 0);
        self.e.b.ins().jump(done, &[BlockArg::Value(hold)]);
        self.e.continue_in(done);
        result
    }

    /// Puts the name that is an operation's immediate into the VM's operand.
    fn store_name(&mut self, data: &InstData) {
        let scope = self.f.scope(Scope::new((data.immediate >> 32) as usize));
        let name = scope.constants_at + data.immediate as u32 as usize * SLOT as usize;
        let name = self.e.int(name as i64);
        let name = self.e.load(I64, name, 0);
        self.e.store(name, self.e.vm, offsets::vm::PRESERVED_OPERAND as i32);
    }

    /// The object that an operand is.
    fn named(&self, value: Value) -> Named {
        match self.f.definition(value) {
            Definition::Result(inst) if self.f.inst(inst).op == Op::Object => {
                self.f.named()[self.f.inst(inst).immediate as usize]
            }
            _ => unreachable!("it was built with objects, which no pass replaces"),
        }
    }

    pub(super) fn has_metatable(&mut self, data: &InstData) -> clif::Value {
        let [table, wanted] = [data.operands[0], data.operands[1]].map(|value| self.word(value));
        let found = self.e.load(I64, table, offsets::table::METATABLE as i32);
        self.e.b.ins().icmp(IntCC::Equal, found, wanted)
    }

    /// Puts metatable and fields into a table that nobody has seen yet.
    pub(super) fn fill_table(&mut self, data: &InstData) {
        let table = self.word(data.operands[0]);
        for (slot, &value) in data.operands[2..].iter().enumerate() {
            self.store_value(value, table, inline_offset(slot) as i32);
        }
        let shape = self.e.b.ins().iconst(I32, i64::from(data.immediate as u32));
        self.e.store(shape, table, offsets::table::SHAPE as i32);
        if self.f.ty(data.operands[1]) != Type::Nil {
            let metatable = self.word(data.operands[1]);
            self.e.store(metatable, table, offsets::table::METATABLE as i32);
        }
    }

    pub(super) fn guard_no_newindex(&mut self, data: &InstData) {
        let metatable = self.word(data.operands[0]);
        let found = self.e.load(I8, metatable, offsets::table::FLAGS as i32);
        let minds = self.e.b.ins().band_imm_s(found, i64::from(flags::HAS_NEWINDEX as i8));
        self.refuse(minds, data.state);
    }

    /// Whether a metatable looks like one that was found to ask for nothing more than to be there; `cell` is the address
    /// of what such ones look like.
    fn looks_plain(&mut self, metatable: clif::Value, cell: clif::Value) -> clif::Value {
        let header = self.e.load(I64, metatable, offsets::table::HEADER as i32);
        let mask = self.e.int(runtime::PLAIN_METATABLE_MASK as i64);
        let header = self.e.b.ins().band(header, mask);
        let plain = self.e.load(I64, cell, 0);
        self.e.b.ins().icmp(IntCC::Equal, header, plain)
    }

    pub(super) fn guard_metatable(&mut self, data: &InstData) {
        let metatable = self.word(data.operands[0]);
        let cell = self.e.int(self.exits.add_cell() as i64);
        let (slow, done) = (self.e.cold_block(), self.e.b.create_block());
        let is_plain = self.looks_plain(metatable, cell);
        self.e.b.ins().brif(is_plain, done, &[], slow, &[]);
        self.e.continue_in(slow);
        let operand = offsets::vm::PRESERVED_OPERAND as i32;
        self.e.store(cell, self.e.vm, operand);
        let ask = runtime::is_plain_metatable as *const () as usize;
        let is_plain = self.e.call_preserving(ask, [metatable, metatable]);
        self.require(is_plain, data.state);
        self.e.jump(done);
        self.e.continue_in(done);
    }

    /// Inline if the metatable looks like one that was found to ask for nothing more than to be there.
    pub(super) fn set_metatable(&mut self, data: &InstData) {
        let [table, metatable] = [data.operands[0], data.operands[1]].map(|value| self.word(value));
        let cell = self.e.int(self.exits.add_cell() as i64);
        let (slow, done) = (self.e.cold_block(), self.e.b.create_block());
        let present = self.e.load(I64, table, offsets::table::METATABLE as i32);
        self.e.refuse(present, slow);
        let header = self.e.load(I64, table, offsets::table::HEADER as i32);
        let is_class = self.e.b.ins().band_imm_s(header, i64::from(CLASS) << 24);
        self.e.refuse(is_class, slow);
        let is_plain = self.looks_plain(metatable, cell);
        self.e.require(is_plain, slow);
        self.e.store(metatable, table, offsets::table::METATABLE as i32);
        self.e.jump(done);
        self.e.continue_in(slow);
        let operand = offsets::vm::PRESERVED_OPERAND as i32;
        self.e.store(cell, self.e.vm, operand);
        let set = runtime::set_metatable as *const () as usize;
        let is_set = self.e.call_preserving(set, [table, metatable]);
        self.require_done(is_set, data.state);
        self.e.jump(done);
        self.e.continue_in(done);
    }
}
