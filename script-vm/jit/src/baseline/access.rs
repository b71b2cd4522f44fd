//! Reads of fields and method lookups through the site's inline cache.

use std::mem::offset_of;

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{Block, BlockArg, InstBuilder, Value};
use interlune_core::inline_cache::{Location, OUT_OF_LINE};
use interlune_core::offsets;
use interlune_core::runtime;
use interlune_core::site_cache::{
    ENTRIES, FieldEntry, FieldSite, MethodEntry, MethodSite, OWN, STRING_KEY,
};
use interlune_core::value::tag;

use super::emitter::{Emitter, META, SLOT, meta_of};
use crate::receivers::known_loads;

impl Emitter<'_> {
    /// Shape and inline slots of a table.
    pub(crate) fn key_of(&mut self, table: Value) -> Value {
        let header = self.load(I64, table, offsets::table::HEADER as i32);
        self.b.ins().ushr_imm_s(header, 24)
    }

    /// Looks for the entry of a field site that has the key; goes on with its address, or to `miss`.
    pub(crate) fn find_field_entry(&mut self, key: Value, miss: Block) -> Value {
        let site = self.sites.field_at(self.pc);
        let first = self.int((site + offset_of!(FieldSite, entries)) as i64);
        self.find_entry(first, size_of::<FieldEntry>(), miss, |e, entry| {
            let found = e.load(I64, entry, offset_of!(FieldEntry, key) as i32);
            e.b.ins().icmp(IntCC::Equal, found, key)
        })
    }

    /// Goes through the entries from `first` on up to one that `matches`; goes on with its address, or to `miss`.
    pub(crate) fn find_entry(
        &mut self,
        first: Value,
        stride: usize,
        miss: Block,
        mut matches: impl FnMut(&mut Self, Value) -> Value,
    ) -> Value {
        let (hit, search, advance) =
            (self.b.create_block(), self.b.create_block(), self.b.create_block());
        let found = self.b.append_block_param(hit, I64);
        let previous = self.b.append_block_param(search, I64);
        let last = self.b.ins().iadd_imm_s(first, ((ENTRIES - 1) * stride) as i64);
        let same = matches(self, first);
        self.b.ins().brif(same, hit, &[BlockArg::Value(first)], search, &[BlockArg::Value(first)]);
        self.switch_to(search);
        let is_last = self.b.ins().icmp(IntCC::Equal, previous, last);
        self.b.ins().brif(is_last, miss, &[], advance, &[]);
        self.switch_to(advance);
        let entry = self.b.ins().iadd_imm_s(previous, stride as i64);
        let same = matches(self, entry);
        self.b.ins().brif(same, hit, &[BlockArg::Value(entry)], search, &[BlockArg::Value(entry)]);
        self.switch_to(hit);
        found
    }

    /// The address of a field at a location (a value that code has loaded) in a table.
    fn field_address(&mut self, table: Value, location: Value) -> Value {
        let (outside, found) = (self.cold_block(), self.b.create_block());
        let address = self.b.append_block_param(found, I64);
        let is_outside = self.b.ins().band_imm_s(location, i64::from(OUT_OF_LINE));
        let inline = self.b.ins().iadd(table, location);
        self.b.ins().brif(is_outside, outside, &[], found, &[BlockArg::Value(inline)]);
        self.switch_to(outside);
        let slots = self.load(I64, table, offsets::table::SLOTS as i32);
        let index = self.b.ins().band_imm_s(location, i64::from(!OUT_OF_LINE));
        let distance = self.b.ins().ishl_imm_s(index, 4);
        let place = self.b.ins().iadd(slots, distance);
        let place = self.b.ins().iadd_imm_s(place, offsets::table::SLOTS_VALUES as i64);
        self.b.ins().jump(found, &[BlockArg::Value(place)]);
        self.switch_to(found);
        address
    }

    /// Goes on with the table if its key is the given one, else to `other`.
    pub(crate) fn require_key(&mut self, key: Value, expected: u64, other: Block) {
        let same = self.b.ins().icmp_imm_s(IntCC::Equal, key, expected as i64);
        self.require(same, other);
    }

    /// Loads a field of a table into register `a` where the interpreter has found it so far. A nil, which may be the
    /// metatable's business, and every other receiver go to `miss`.
    fn load_known(&mut self, table: Value, known: &[(u64, Location)], miss: Block, done: Block) {
        let key = self.key_of(table);
        for (index, &(expected, location)) in known.iter().enumerate() {
            let next = if index + 1 < known.len() { self.b.create_block() } else { miss };
            self.require_key(key, expected, next);
            let (object, offset) = if location & OUT_OF_LINE == 0 {
                (table, usize::from(location))
            } else {
                let slots = self.load(I64, table, offsets::table::SLOTS as i32);
                let index = usize::from(location & !OUT_OF_LINE);
                (slots, offsets::table::SLOTS_VALUES + index * SLOT as usize)
            };
            let payload = self.load(I64, object, offset as i32);
            let meta = self.load(I64, object, offset as i32 + META);
            let is_nil = self.b.ins().icmp_imm_s(IntCC::Equal, meta, 0);
            self.refuse(is_nil, miss);
            self.write_words(self.insn().a(), payload, meta);
            self.jump(done);
            if next != miss {
                self.switch_to(next);
            }
        }
    }

    /// Loads a field of a table into register `a`; what is not found goes to `miss`.
    fn load_field(&mut self, table: Value, miss: Block, done: Block) {
        let known = known_loads(self.input, self.pc);
        if known.is_empty() {
            self.load_cached(table, miss, done);
        } else {
            self.load_known(table, &known, miss, done);
        }
    }

    /// Loads a field of a table through the site's cache into register `a`. A nil, which may be the metatable's business,
    /// and every miss go to `miss`.
    fn load_cached(&mut self, table: Value, miss: Block, done: Block) {
        let key = self.key_of(table);
        let entry = self.find_field_entry(key, miss);
        let location = self.load(I64, entry, offset_of!(FieldEntry, at) as i32);
        let address = self.field_address(table, location);
        let payload = self.load(I64, address, 0);
        let meta = self.load(I64, address, META);
        let is_nil = self.b.ins().icmp_imm_s(IntCC::Equal, meta, 0);
        self.refuse(is_nil, miss);
        self.write_words(self.insn().a(), payload, meta);
        self.jump(done);
    }

    /// The runtime makes the access and fills the site's cache; it goes on in `done`.
    pub(crate) fn miss(&mut self, miss: Block, function: usize, site: usize, done: Block) {
        self.switch_to(miss);
        let arguments = [self.pc_address(self.pc), self.int(site as i64)];
        self.run_aside(function, &arguments, done);
        self.ends_here();
    }

    pub(crate) fn emit_get_field(&mut self) {
        let (miss, done) = (self.cold_block(), self.next_block());
        let table = self.table(self.insn().b(), miss);
        self.load_field(table, miss, done);
        let site = self.sites.field_at(self.pc);
        self.miss(miss, runtime::get_field as *const () as usize, site, done);
    }

    pub(crate) fn emit_get_env(&mut self) {
        let (miss, done) = (self.cold_block(), self.next_block());
        let table = self.environment(self.insn().b(), miss);
        self.load_field(table, miss, done);
        let site = self.sites.field_at(self.pc);
        self.miss(miss, runtime::get_env as *const () as usize, site, done);
    }

    /// The table in an upvalue.
    pub(crate) fn environment(&mut self, upvalue: usize, slow: Block) -> Value {
        let location = self.upvalue_location(upvalue);
        let meta = self.load(I64, location, META);
        let is_table = self.b.ins().icmp_imm_s(IntCC::Equal, meta, meta_of(tag::TABLE));
        self.require(is_table, slow);
        self.load(I64, location, 0)
    }

    pub(crate) fn emit_get_method(&mut self) {
        let i = self.insn();
        let (miss, done) = (self.cold_block(), self.next_block());
        let site = self.sites.method_at(self.pc);
        let (object, object_meta) = (self.payload(i.b()), self.meta(i.b()));
        // Key and metatable of the receiver.
        let search = self.b.create_block();
        let key = self.b.append_block_param(search, I64);
        let metatable = self.b.append_block_param(search, I64);
        let other = self.b.create_block();
        let is_table = self.b.ins().icmp_imm_s(IntCC::Equal, object_meta, meta_of(tag::TABLE));
        self.require(is_table, other);
        let own_key = self.key_of(object);
        let own_metatable = self.load(I64, object, offsets::table::METATABLE as i32);
        self.b.ins().jump(search, &[BlockArg::Value(own_key), BlockArg::Value(own_metatable)]);
        self.switch_to(other);
        let is_string = self.b.ins().icmp_imm_s(IntCC::Equal, object_meta, meta_of(tag::STRING));
        self.require(is_string, miss);
        let (string_key, none) = (self.int(STRING_KEY as i64), self.int(0));
        self.b.ins().jump(search, &[BlockArg::Value(string_key), BlockArg::Value(none)]);
        self.switch_to(search);
        let address = self.int(site as i64);
        let epoch = self.load(I64, address, offset_of!(MethodSite, epoch) as i32);
        let now = self.load(I64, self.vm, offsets::vm::CLASS_EPOCH as i32);
        let valid = self.b.ins().icmp(IntCC::Equal, epoch, now);
        self.require(valid, miss);
        let first = self.b.ins().iadd_imm_s(address, offset_of!(MethodSite, entries) as i64);
        let entry = self.find_entry(first, size_of::<MethodEntry>(), miss, |e, entry| {
            let known = e.load(I64, entry, offset_of!(MethodEntry, key) as i32);
            let known_metatable = e.load(I64, entry, offset_of!(MethodEntry, metatable) as i32);
            let same_key = e.b.ins().icmp(IntCC::Equal, known, key);
            let same_table = e.b.ins().icmp(IntCC::Equal, known_metatable, metatable);
            let is_own = e.b.ins().icmp_imm_s(IntCC::Equal, known_metatable, OWN as i64);
            let behind = e.b.ins().bor(same_table, is_own);
            e.b.ins().band(same_key, behind)
        });
        let payload = self.load(I64, entry, offset_of!(MethodEntry, payload) as i32);
        let meta = self.load(I64, entry, offset_of!(MethodEntry, meta) as i32);
        // The second word of a method is not 0; a field of the receiver's own has only its location here.
        let (own, found) = (self.b.create_block(), self.b.create_block());
        let (method, method_meta) =
            (self.b.append_block_param(found, I64), self.b.append_block_param(found, I64));
        let words = [BlockArg::Value(payload), BlockArg::Value(meta)];
        self.b.ins().brif(meta, found, &words, own, &[]);
        self.switch_to(own);
        let place = self.field_address(object, payload);
        let (payload, meta) = (self.load(I64, place, 0), self.load(I64, place, META));
        let words = [BlockArg::Value(payload), BlockArg::Value(meta)];
        self.b.ins().brif(meta, found, &words, miss, &[]);
        self.switch_to(found);
        // The object goes in first: R[a] may be R[b], but R[a+1] never is.
        self.write_words(i.a() + 1, object, object_meta);
        self.write_words(i.a(), method, method_meta);
        self.jump(done);
        self.miss(miss, runtime::get_method as *const () as usize, site, done);
    }
}
