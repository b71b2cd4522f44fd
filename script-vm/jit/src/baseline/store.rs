//! Writes of fields through inline caches.

use std::mem::offset_of;

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I8, I32, I64};
use cranelift_codegen::ir::{Block, InstBuilder, Value};
use interlune_core::inline_cache::StoreHit;
use interlune_core::object::flags;
use interlune_core::offsets;
use interlune_core::plant::{self, Bug};
use interlune_core::runtime;
use interlune_core::site_cache::FieldEntry;

use super::emitter::{Emitter, META};
use crate::receivers::known_stores;

impl Emitter<'_> {
    /// Stores register `register` into the field that the site's cache knows.
    fn store_cached(&mut self, table: Value, register: usize, done: Block, slow: Block) {
        let key = self.key_of(table);
        let entry = self.find_field_entry(key, slow);
        let hit = self.load(I64, entry, offset_of!(FieldEntry, at) as i32);
        // The value must be of the type that the field has.
        let allowed = self.b.create_block();
        let shifted = self.b.ins().ushr_imm_s(hit, StoreHit::TAG_SHIFT);
        let tag = self.b.ins().band_imm_s(shifted, 0xff);
        let found = self.tag(register);
        let found = self.b.ins().uextend(I64, found);
        let same = self.b.ins().icmp(IntCC::Equal, tag, found);
        let check = self.b.create_block();
        self.b.ins().brif(same, allowed, &[], check, &[]);
        self.switch_to(check);
        let any = self.b.ins().icmp_imm_s(IntCC::Equal, tag, i64::from(StoreHit::ANY));
        self.b.ins().brif(any, allowed, &[], slow, &[]);
        self.switch_to(allowed);
        let offset = self.b.ins().band_imm_s(hit, 0xffff);
        let place = self.b.ins().iadd(table, offset);
        let shape = self.b.ins().ushr_imm_s(hit, StoreHit::SHAPE_SHIFT);
        let add = self.b.create_block();
        self.refuse(shape, add);
        self.overwrite(place, 0, register, slow);
        self.jump(done);
        self.switch_to(add);
        self.require_no_newindex(table, slow);
        self.copy_to(place, 0, register);
        let shape = self.b.ins().ireduce(I32, shape);
        self.store(shape, table, offsets::table::SHAPE as i32);
        self.jump(done);
    }

    /// Stores register `register` into a field as the interpreter has done it so far; every other receiver and type goes
    /// to `slow`.
    fn store_known(
        &mut self,
        table: Value,
        register: usize,
        known: &[(u64, StoreHit)],
        done: Block,
        slow: Block,
    ) {
        let key = self.key_of(table);
        for (index, &(expected, hit)) in known.iter().enumerate() {
            let next = if index + 1 < known.len() { self.b.create_block() } else { slow };
            self.require_key(key, expected, next);
            if hit.tag != StoreHit::ANY {
                let fits = self.has_tag(register, u32::from(hit.tag));
                self.require(fits, slow);
            }
            let offset = hit.offset as i32;
            if hit.shape == 0 {
                self.overwrite(table, offset, register, slow);
            } else {
                self.require_no_newindex(table, slow);
                self.copy_to(table, offset, register);
                let shape = self.b.ins().iconst(I32, i64::from(hit.shape));
                self.store(shape, table, offsets::table::SHAPE as i32);
            }
            self.jump(done);
            if next != slow {
                self.switch_to(next);
            }
        }
    }

    fn store_field(&mut self, table: Value, register: usize, done: Block, slow: Block) {
        let known = known_stores(self.input, self.pc);
        if known.is_empty() {
            self.store_cached(table, register, done, slow);
        } else {
            self.store_known(table, register, &known, done, slow);
        }
    }

    /// Goes to `slow` if the table's metatable may have a `__newindex`.
    fn require_no_newindex(&mut self, table: Value, slow: Block) {
        let metatable = self.load(I64, table, offsets::table::METATABLE as i32);
        let (check, plain) = (self.b.create_block(), self.b.create_block());
        self.b.ins().brif(metatable, check, &[], plain, &[]);
        self.switch_to(check);
        let found = self.load(I8, metatable, offsets::table::FLAGS as i32);
        let newindex = self.b.ins().band_imm_s(found, i64::from(flags::HAS_NEWINDEX as i8));
        self.b.ins().brif(newindex, slow, &[], plain, &[]);
        self.switch_to(plain);
    }

    /// Overwrites a value that is not nil (nil may be the metatable's business), with the deletion barrier.
    pub(crate) fn overwrite(&mut self, address: Value, offset: i32, register: usize, slow: Block) {
        let old = self.load(I64, address, offset + META);
        let is_nil = self.b.ins().icmp_imm_s(IntCC::Equal, old, 0);
        self.refuse(is_nil, slow);
        self.barrier(address, offset);
        self.copy_to(address, offset, register);
    }

    /// The deletion barrier before the value at an address goes.
    pub(crate) fn barrier(&mut self, address: Value, offset: i32) {
        if plant::is(Bug::JitLostBarrier) {
            return;
        }
        let (marking, go_on) = (self.cold_block(), self.b.create_block());
        let is_marking = self.is_marking();
        self.b.ins().brif(is_marking, marking, &[], go_on, &[]);
        self.switch_to(marking);
        let place = self.b.ins().iadd_imm_s(address, i64::from(offset));
        self.call_barrier(runtime::barrier as *const () as usize, place);
        self.jump(go_on);
        self.switch_to(go_on);
    }

    /// Copies a register to an address.
    pub(crate) fn copy_to(&mut self, address: Value, offset: i32, register: usize) {
        let (payload, meta) = (self.payload(register), self.meta(register));
        self.store(payload, address, offset);
        self.store(meta, address, offset + META);
    }

    pub(crate) fn emit_set_field(&mut self) {
        let i = self.insn();
        let (miss, done) = (self.cold_block(), self.next_block());
        let table = self.table(i.a(), miss);
        self.store_field(table, i.c(), done, miss);
        let site = self.sites.field_at(self.pc);
        self.miss(miss, runtime::set_field as *const () as usize, site, done);
    }

    pub(crate) fn emit_set_env(&mut self) {
        let i = self.insn();
        let (miss, done) = (self.cold_block(), self.next_block());
        let table = self.environment(i.b(), miss);
        self.store_field(table, i.a(), done, miss);
        let site = self.sites.field_at(self.pc);
        self.miss(miss, runtime::set_env as *const () as usize, site, done);
    }
}
