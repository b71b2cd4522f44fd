//! Writes of fields through inline caches.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I8, I32, I64};
use cranelift_codegen::ir::{Block, InstBuilder, Value};
use interlune_core::inline_cache::{NO_KEY, StoreHit};
use interlune_core::object::flags;
use interlune_core::offsets;
use interlune_core::runtime;

use super::emitter::{Emitter, META};

impl Emitter<'_> {
    /// Stores register `register` into the field that the current instruction's cache knows.
    fn store_cached(&mut self, table: Value, register: usize, done: Block, slow: Block) {
        let cells: [u64; 4] = std::array::from_fn(|index| self.feedback(index));
        let own = (cells[0] != NO_KEY).then(|| (cells[0], StoreHit::unpack(cells[1])));
        let added = (cells[2] != NO_KEY).then(|| (cells[2], StoreHit::unpack(cells[3])));
        let key = self.key_of(table);
        let add = if added.is_some() { self.b.create_block() } else { slow };
        if let Some((expected, hit)) = own {
            let same = self.b.ins().icmp_imm_s(IntCC::Equal, key, expected as i64);
            self.require(same, add);
            self.require_allowed(register, hit, slow);
            self.overwrite(table, hit.offset as i32, register, slow);
            self.jump(done);
        } else {
            self.jump(add);
        }
        if let Some((expected, hit)) = added {
            self.switch_to(add);
            let same = self.b.ins().icmp_imm_s(IntCC::Equal, key, expected as i64);
            self.require(same, slow);
            self.require_allowed(register, hit, slow);
            self.require_no_newindex(table, slow);
            self.copy_to(table, hit.offset as i32, register);
            let shape = self.b.ins().iconst(I32, i64::from(hit.shape));
            self.store(shape, table, offsets::table::SHAPE as i32);
            self.jump(done);
        }
    }

    /// Goes to `slow` unless the value in the register is of the type that the field has.
    fn require_allowed(&mut self, register: usize, hit: StoreHit, slow: Block) {
        if hit.tag != StoreHit::ANY {
            let allowed = self.has_tag(register, u32::from(hit.tag));
            self.require(allowed, slow);
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
    pub(super) fn overwrite(&mut self, address: Value, offset: i32, register: usize, slow: Block) {
        let old = self.load(I64, address, offset + META);
        let is_nil = self.b.ins().icmp_imm_s(IntCC::Equal, old, 0);
        self.refuse(is_nil, slow);
        self.barrier(address, offset);
        self.copy_to(address, offset, register);
    }

    /// The deletion barrier before the value at an address goes.
    pub(super) fn barrier(&mut self, address: Value, offset: i32) {
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
    pub(super) fn copy_to(&mut self, address: Value, offset: i32, register: usize) {
        let (payload, meta) = (self.payload(register), self.meta(register));
        self.store(payload, address, offset);
        self.store(meta, address, offset + META);
    }

    pub(super) fn emit_set_field(&mut self) {
        let i = self.insn();
        let (slow, done) = (self.cold_block(), self.b.create_block());
        let table = self.table(i.a(), slow);
        self.store_cached(table, i.c(), done, slow);
        self.slow_step(slow, done);
    }

    pub(super) fn emit_set_env(&mut self) {
        let i = self.insn();
        let (slow, done) = (self.cold_block(), self.b.create_block());
        let table = self.environment(i.b(), slow);
        self.store_cached(table, i.a(), done, slow);
        self.slow_step(slow, done);
    }
}
