//! Reads and writes of array elements, and lengths.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I8, I32, I64};
use cranelift_codegen::ir::{Block, InstBuilder, Value};
use interlune_core::interp::element;
use interlune_core::offsets;
use interlune_core::plant::{self, Bug};
use interlune_core::runtime;
use interlune_core::shape::ShapeId;
use interlune_core::table::ArrayKind;
use interlune_core::value::tag;

use super::emitter::{Emitter, META, meta_of};

impl Emitter<'_> {
    /// The index (from 0) of an integer key in the table's array part; to `beyond` if it is not there.
    fn array_index(&mut self, table: Value, key: Value, beyond: Block) -> Value {
        let index = self.b.ins().iadd_imm_s(key, -1);
        let len = self.load(I32, table, offsets::table::ARRAY_LEN as i32);
        let len = self.b.ins().uextend(I64, len);
        let order = if plant::is(Bug::JitArrayBound) {
            IntCC::UnsignedLessThanOrEqual
        } else {
            IntCC::UnsignedLessThan
        };
        let within = self.b.ins().icmp(order, index, len);
        self.require(within, beyond);
        index
    }

    /// Notes the kind of an array, as the interpreter does.
    fn note_array_kind(&mut self, kind: Value) {
        if self.is_noted() {
            return;
        }
        let shift = self.b.ins().band_imm_s(kind, 15);
        let one = self.int(1);
        let bit = self.b.ins().ishl(one, shift);
        self.note_first(bit);
    }

    pub(crate) fn array_kind(&mut self, table: Value) -> Value {
        self.load(I8, table, offsets::table::KIND as i32)
    }

    pub(crate) fn is_kind(&mut self, kind: Value, expected: ArrayKind) -> Value {
        self.b.ins().icmp_imm_s(IntCC::Equal, kind, expected as i64)
    }

    /// The address of element `index` with elements of `1 << shift` bytes.
    fn element(&mut self, table: Value, index: Value, shift: i64) -> Value {
        let array = self.load(I64, table, offsets::table::ARRAY as i32);
        let distance = self.b.ins().ishl_imm_s(index, shift);
        self.b.ins().iadd(array, distance)
    }

    /// The second word of the elements of a typed array, by its kind.
    pub(crate) fn element_meta(&mut self, kind: Value) -> Value {
        let tag = self.b.ins().uextend(I64, kind);
        self.b.ins().ishl_imm_s(tag, 32)
    }

    /// `R[a] = table[key]` for a key within the array part, or beyond it in a table that has nothing else.
    fn emit_element_load(&mut self, key: Value, slow: Block, done: Block) {
        let i = self.insn();
        let table = self.table(i.b(), slow);
        let beyond = self.b.create_block();
        let index = self.array_index(table, key, beyond);
        let kind = self.array_kind(table);
        self.note_array_kind(kind);
        let typed = self.b.create_block();
        let is_value = self.is_kind(kind, ArrayKind::Value);
        self.require(is_value, typed);
        let address = self.element(table, index, 4);
        let (payload, meta) = (self.load(I64, address, 0), self.load(I64, address, META));
        let is_nil = self.b.ins().icmp_imm_s(IntCC::Equal, meta, 0);
        self.refuse(is_nil, slow);
        self.write_words(i.a(), payload, meta);
        self.jump(done);
        self.switch_to(typed);
        let address = self.element(table, index, 3);
        let payload = self.load(I64, address, 0);
        let meta = self.element_meta(kind);
        self.write_words(i.a(), payload, meta);
        self.jump(done);
        self.switch_to(beyond);
        let dict = self.load(I64, table, offsets::table::DICT as i32);
        let metatable = self.load(I64, table, offsets::table::METATABLE as i32);
        let either = self.b.ins().bor(dict, metatable);
        self.refuse(either, slow);
        let elsewhere = self.int(element::ELSEWHERE as i64);
        self.note_first(elsewhere);
        self.write_simple(i.a(), tag::NIL);
        self.jump(done);
    }

    pub(crate) fn emit_get_index(&mut self) {
        let i = self.insn();
        let (slow, done) = (self.cold_block(), self.next_block());
        let is_int = self.has_tag(i.c(), tag::INT);
        self.require(is_int, slow);
        let key = self.payload(i.c());
        self.emit_element_load(key, slow, done);
        self.slow_call(slow, runtime::get_index as *const () as usize, done);
    }

    pub(crate) fn emit_get_int(&mut self) {
        let (slow, done) = (self.cold_block(), self.next_block());
        let key = self.int(self.insn().c() as i64);
        self.emit_element_load(key, slow, done);
        self.slow_step(slow, done);
    }

    /// Room for elements in bytes.
    pub(crate) fn array_capacity(&mut self, array: Value) -> Value {
        let capacity = self.load(I32, array, -(offsets::table::CAPACITY_BEFORE_ARRAY as i32));
        self.b.ins().uextend(I64, capacity)
    }

    /// Appends register `register` at `index`, if that is the length, to a typed array of the value's kind with room, in a
    /// table that has nothing else to see to.
    fn emit_append(&mut self, table: Value, index: Value, register: usize, slow: Block) {
        let metatable = self.load(I64, table, offsets::table::METATABLE as i32);
        self.refuse(metatable, slow);
        let weak = self.is_weak(table);
        self.refuse(weak, slow);
        let words = [self.payload(register), self.meta(register)];
        self.append(table, index, words, slow);
    }

    /// Appends a value at `index`, if that is the length, to a typed array of the value's kind with room, in a plain table
    /// whose dictionary has nothing that might follow.
    pub(crate) fn append(&mut self, table: Value, index: Value, words: [Value; 2], slow: Block) {
        let [payload, meta] = words;
        let kind = self.array_kind(table);
        let expected = self.element_meta(kind);
        let fits = self.b.ins().icmp(IntCC::Equal, meta, expected);
        self.require(fits, slow);
        // An empty array has the number of nil for its kind.
        self.require(meta, slow);
        let address = self.room_behind(table, index, 3, slow);
        self.store(payload, address, 0);
    }

    /// Makes an array with room, of elements of `1 << shift` bytes, longer by one, if `index` is its length and the
    /// dictionary has nothing that might follow. Where the new element is.
    pub(crate) fn room_behind(
        &mut self,
        table: Value,
        index: Value,
        shift: i64,
        slow: Block,
    ) -> Value {
        let len = self.load(I32, table, offsets::table::ARRAY_LEN as i32);
        let end = self.b.ins().uextend(I64, len);
        let at_end = self.b.ins().icmp(IntCC::Equal, index, end);
        self.require(at_end, slow);
        let (look, follows_nothing) = (self.b.create_block(), self.b.create_block());
        let dict = self.load(I64, table, offsets::table::DICT as i32);
        self.b.ins().brif(dict, look, &[], follows_nothing, &[]);
        self.switch_to(look);
        let has_elements = self.load(I32, dict, offsets::dict::HAS_ELEMENTS as i32);
        self.b.ins().brif(has_elements, slow, &[], follows_nothing, &[]);
        self.switch_to(follows_nothing);
        let array = self.load(I64, table, offsets::table::ARRAY as i32);
        let capacity = self.array_capacity(array);
        let distance = self.b.ins().ishl_imm_s(index, shift);
        let end = self.b.ins().iadd_imm_s(distance, 1 << shift);
        let has_room = self.b.ins().icmp(IntCC::UnsignedLessThanOrEqual, end, capacity);
        self.require(has_room, slow);
        let len = self.b.ins().iadd_imm_s(len, 1);
        self.store(len, table, offsets::table::ARRAY_LEN as i32);
        self.b.ins().iadd(array, distance)
    }

    /// Whether the table has weak keys or values.
    pub(crate) fn is_weak(&mut self, table: Value) -> Value {
        let shape = self.load(I32, table, offsets::table::SHAPE as i32);
        self.b.ins().icmp_imm_s(IntCC::Equal, shape, i64::from(ShapeId::WEAK.0))
    }

    /// `table[key] = R[c]` for a key within the array part, or right behind it.
    fn emit_element_store(&mut self, key: Value, slow: Block, done: Block) {
        let i = self.insn();
        let table = self.table(i.a(), slow);
        let beyond = self.b.create_block();
        let index = self.array_index(table, key, beyond);
        let kind = self.array_kind(table);
        self.note_array_kind(kind);
        let typed = self.b.create_block();
        let is_value = self.is_kind(kind, ArrayKind::Value);
        self.require(is_value, typed);
        let meta = self.meta(i.c());
        let is_nil = self.b.ins().icmp_imm_s(IntCC::Equal, meta, 0);
        self.refuse(is_nil, slow);
        let address = self.element(table, index, 4);
        self.overwrite(address, 0, i.c(), slow);
        self.jump(done);
        self.switch_to(typed);
        let expected = self.element_meta(kind);
        let meta = self.meta(i.c());
        let fits = self.b.ins().icmp(IntCC::Equal, meta, expected);
        self.require(fits, slow);
        let address = self.element(table, index, 3);
        // Only tables are traced, and only while the collector marks.
        let (plain, traced) = (self.b.create_block(), self.b.create_block());
        let is_table = self.is_kind(kind, ArrayKind::Table);
        self.b.ins().brif(is_table, traced, &[], plain, &[]);
        self.switch_to(traced);
        let marking = self.is_marking();
        self.b.ins().brif(marking, slow, &[], plain, &[]);
        self.switch_to(plain);
        let payload = self.payload(i.c());
        self.store(payload, address, 0);
        self.jump(done);
        self.switch_to(beyond);
        let elsewhere = self.int(element::ELSEWHERE as i64);
        self.note_first(elsewhere);
        self.emit_append(table, index, i.c(), slow);
        self.jump(done);
    }

    pub(crate) fn emit_set_index(&mut self) {
        let i = self.insn();
        let (slow, done) = (self.cold_block(), self.next_block());
        let is_int = self.has_tag(i.b(), tag::INT);
        self.require(is_int, slow);
        let key = self.payload(i.b());
        self.emit_element_store(key, slow, done);
        self.slow_call(slow, runtime::set_index as *const () as usize, done);
    }

    pub(crate) fn emit_set_int(&mut self) {
        let (slow, done) = (self.cold_block(), self.next_block());
        let key = self.int(self.insn().b() as i64);
        self.emit_element_store(key, slow, done);
        self.slow_step(slow, done);
    }

    pub(crate) fn emit_len(&mut self) {
        let i = self.insn();
        let (slow, done, string) = (self.cold_block(), self.next_block(), self.b.create_block());
        let meta = self.meta(i.b());
        let is_table = self.b.ins().icmp_imm_s(IntCC::Equal, meta, meta_of(tag::TABLE));
        self.require(is_table, string);
        let table = self.payload(i.b());
        let metatable = self.load(I64, table, offsets::table::METATABLE as i32);
        self.refuse(metatable, slow);
        let weak = self.is_weak(table);
        self.refuse(weak, slow);
        let len = self.load(I32, table, offsets::table::ARRAY_LEN as i32);
        let len = self.b.ins().uextend(I64, len);
        let noted = self.int(element::TABLE as i64);
        self.note_first(noted);
        self.write(i.a(), len, tag::INT);
        self.jump(done);
        self.switch_to(string);
        let is_string = self.b.ins().icmp_imm_s(IntCC::Equal, meta, meta_of(tag::STRING));
        self.require(is_string, slow);
        let string = self.payload(i.b());
        let len = self.load(I32, string, offsets::object::WORD as i32);
        let len = self.b.ins().uextend(I64, len);
        self.write(i.a(), len, tag::INT);
        self.jump(done);
        self.slow_call(slow, runtime::length as *const () as usize, done);
    }
}
