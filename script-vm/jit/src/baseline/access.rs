//! Reads of fields: inline caches with what the interpreter's caches held when the function was compiled.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{Block, InstBuilder, Value};
use interlune_core::inline_cache::{ClassHit, KEY_BITS, Location, NO_KEY, OUT_OF_LINE, Place};
use interlune_core::offsets;
use interlune_core::value::tag;

use super::emitter::{Emitter, META, SLOT, meta_of};

/// What a load cache held.
#[derive(Clone, Copy, Debug)]
enum Cached {
    /// Key of the receiver, byte offset.
    Own(u64, u64),
    /// Key of the receiver, index into its slots.
    Slots(u64, u64),
    /// Key of the receiver, number of the dictionary entry.
    Dictionary(u64, u64),
    /// Key of the receiver, the way to the field.
    Class(u64, ClassHit),
}

impl Emitter<'_> {
    /// What the load cache of the current instruction knew.
    fn cached_loads(&self) -> Vec<Cached> {
        let cells: [u64; 4] = std::array::from_fn(|index| self.feedback(index));
        let mut known = Vec::new();
        let key = cells[2] & ((1 << KEY_BITS) - 1);
        match cells[2] >> KEY_BITS {
            place if place == Place::Class as u64 => {
                known.push(Cached::Class(key, ClassHit::unpack(cells[0], cells[1])));
                return known;
            }
            place if place == Place::Slots as u64 => known.push(Cached::Slots(key, cells[3])),
            place if place == Place::Dictionary as u64 => {
                known.push(Cached::Dictionary(key, cells[3]));
            }
            _ => {}
        }
        // A class's cells are marked and no receiver's key.
        if cells[0] != NO_KEY && cells[0] >> KEY_BITS == 0 {
            known.insert(0, Cached::Own(cells[0], cells[1]));
        }
        known
    }

    /// Shape and inline slots of a table.
    pub(super) fn key_of(&mut self, table: Value) -> Value {
        let header = self.load(I64, table, offsets::table::HEADER as i32);
        self.b.ins().ushr_imm_s(header, 24)
    }

    /// Goes to `otherwise` unless the table has the key.
    pub(super) fn require_key(&mut self, table: Value, key: u64, otherwise: Block) {
        let found = self.key_of(table);
        let same = self.b.ins().icmp_imm_s(IntCC::Equal, found, key as i64);
        self.require(same, otherwise);
    }

    /// The address at a location in a table.
    fn at_location(&mut self, table: Value, location: Location) -> (Value, i32) {
        if location & OUT_OF_LINE == 0 {
            return (table, i32::from(location));
        }
        let slots = self.load(I64, table, offsets::table::SLOTS as i32);
        let index = i32::from(location & !OUT_OF_LINE);
        (slots, offsets::table::SLOTS_VALUES as i32 + index * SLOT)
    }

    /// Loads the field named by constant `name` of a table through the current instruction's cache. Goes to `found`
    /// with both words, or to `slow`.
    fn load_cached(&mut self, table: Value, name: usize, found: Block, slow: Block) {
        let known = self.cached_loads();
        for (index, cached) in known.iter().enumerate() {
            let next = if index + 1 < known.len() { self.b.create_block() } else { slow };
            let (address, offset) = match *cached {
                Cached::Own(key, offset) => {
                    self.require_key(table, key, next);
                    (table, offset as i32)
                }
                Cached::Slots(key, slot) => {
                    self.require_key(table, key, next);
                    self.at_location(table, OUT_OF_LINE | slot as Location)
                }
                Cached::Dictionary(key, entry) => {
                    self.require_key(table, key, next);
                    self.dictionary_entry(table, entry, name, slow)
                }
                Cached::Class(key, hit) => {
                    self.require_key(table, key, next);
                    self.class_field(table, hit, slow)
                }
            };
            let payload = self.load(I64, address, offset);
            let meta = self.load(I64, address, offset + META);
            // A nil may be the metatable's business.
            let is_nil = self.b.ins().icmp_imm_s(IntCC::Equal, meta, 0);
            self.refuse(is_nil, slow);
            let words = [payload, meta].map(cranelift_codegen::ir::BlockArg::Value);
            self.b.ins().jump(found, &words);
            if next != slow {
                self.switch_to(next);
            }
        }
        if known.is_empty() {
            self.jump(slow);
        }
    }

    /// The value of a dictionary's entry, which must have the constant as its key.
    fn dictionary_entry(
        &mut self,
        table: Value,
        entry: u64,
        name: usize,
        slow: Block,
    ) -> (Value, i32) {
        let dict = self.load(I64, table, offsets::table::DICT as i32);
        self.require(dict, slow);
        let used = self.load(cranelift_codegen::ir::types::I32, dict, offsets::dict::USED as i32);
        let exists = self.b.ins().icmp_imm_s(IntCC::UnsignedGreaterThan, used, entry as i64);
        self.require(exists, slow);
        let at = offsets::dict::ENTRIES + entry as usize * offsets::dict::ENTRY_SIZE;
        let (key, key_meta) = (self.load(I64, dict, at as i32), self.load(I64, dict, at as i32 + META));
        let constant = self.constant_address(name);
        let name = self.load(I64, constant, 0);
        let same = self.b.ins().icmp(IntCC::Equal, key, name);
        self.require(same, slow);
        let is_string = self.b.ins().icmp_imm_s(IntCC::Equal, key_meta, meta_of(tag::STRING));
        self.require(is_string, slow);
        (dict, (at + offsets::dict::ENTRY_VALUE) as i32)
    }

    /// The field in the table behind the metatable's `__index`.
    fn class_field(&mut self, receiver: Value, hit: ClassHit, slow: Block) -> (Value, i32) {
        let metatable = self.load(I64, receiver, offsets::table::METATABLE as i32);
        self.require(metatable, slow);
        self.require_key(metatable, hit.metatable_key, slow);
        let (address, offset) = self.at_location(metatable, hit.index_at);
        let class_meta = self.load(I64, address, offset + META);
        let is_table = self.b.ins().icmp_imm_s(IntCC::Equal, class_meta, meta_of(tag::TABLE));
        self.require(is_table, slow);
        let class = self.load(I64, address, offset);
        self.require_key(class, hit.class_key, slow);
        self.at_location(class, hit.field_at)
    }

    /// A block with a value's two words as parameters.
    fn value_block(&mut self) -> (Block, Value, Value) {
        let block = self.b.create_block();
        let payload = self.b.append_block_param(block, I64);
        let meta = self.b.append_block_param(block, I64);
        (block, payload, meta)
    }

    pub(super) fn emit_get_field(&mut self) {
        let i = self.insn();
        let (slow, done) = (self.cold_block(), self.b.create_block());
        let (found, payload, meta) = self.value_block();
        let table = self.table(i.b(), slow);
        self.load_cached(table, i.c(), found, slow);
        self.switch_to(found);
        self.write_words(i.a(), payload, meta);
        self.jump(done);
        self.slow_step(slow, done);
    }

    pub(super) fn emit_get_env(&mut self) {
        let i = self.insn();
        let (slow, done) = (self.cold_block(), self.b.create_block());
        let (found, payload, meta) = self.value_block();
        let table = self.environment(i.b(), slow);
        self.load_cached(table, i.c(), found, slow);
        self.switch_to(found);
        self.write_words(i.a(), payload, meta);
        self.jump(done);
        self.slow_step(slow, done);
    }

    /// The table in an upvalue.
    pub(super) fn environment(&mut self, upvalue: usize, slow: Block) -> Value {
        let location = self.upvalue_location(upvalue);
        let meta = self.load(I64, location, META);
        let is_table = self.b.ins().icmp_imm_s(IntCC::Equal, meta, meta_of(tag::TABLE));
        self.require(is_table, slow);
        self.load(I64, location, 0)
    }

    pub(super) fn emit_get_method(&mut self) {
        let i = self.insn();
        let (slow, done) = (self.cold_block(), self.b.create_block());
        let (found, payload, meta) = self.value_block();
        let object = self.table(i.b(), slow);
        self.load_cached(object, i.c(), found, slow);
        self.switch_to(found);
        // The object goes in first: R[a] may be R[b], but R[a+1] never is.
        self.write(i.a() + 1, object, tag::TABLE);
        self.write_words(i.a(), payload, meta);
        self.jump(done);
        self.slow_step(slow, done);
    }
}
