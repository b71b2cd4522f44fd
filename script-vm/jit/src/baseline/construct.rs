//! Table constructors and closures: allocation from the free run, inline.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I8, I32, I64};
use cranelift_codegen::ir::{Block, InstBuilder, Value};
use interlune_core::function::Closure;
use interlune_core::heap::{self, Space};
use interlune_core::interp::Template;
use interlune_core::offsets;
use interlune_core::runtime;
use interlune_core::table::ArrayKind;
use interlune_core::value::tag;

use super::emitter::{Emitter, meta_of};

/// Longer lists are stored by the interpreter.
const MAX_INLINE_ELEMENTS: usize = 4;

impl Emitter<'_> {
    pub(super) fn emit_new_table(&mut self) {
        let i = self.insn();
        let site = self.feedback(0);
        let Some(template) = Template::of_site(site) else { return self.step() };
        let (slow, done) = (self.cold_block(), self.next_block());
        // The site wants to look at its tables now and then.
        let cell = self.feedback_address();
        let state = self.load(I64, cell, 0);
        let countdown = self.b.ins().ushr_imm_s(state, Template::COUNTDOWN_SHIFT);
        self.require(countdown, slow);
        let table = self.allocate_table(&template, slow);
        let one = self.int(1 << Template::COUNTDOWN_SHIFT);
        let state = self.b.ins().isub(state, one);
        self.store(state, cell, 0);
        self.write(i.a(), table, tag::TABLE);
        self.jump(done);
        self.slow_step(slow, done);
    }

    /// A table that a template makes; to `slow` if the free run is used up.
    pub(crate) fn allocate_table(&mut self, template: &Template, slow: Block) -> Value {
        let table = self.allocate(template.size, slow);
        for (offset, word) in template.words() {
            let word = self.int(word as i64);
            self.store(word, table, offset as i32);
        }
        if let Some(array) = template.inline_array {
            let array = self.b.ins().iadd_imm_s(table, array as i64);
            self.store(array, table, offsets::table::ARRAY as i32);
        }
        table
    }

    /// A closure that captures what its maker has captured: inline. New captures are linked by the runtime.
    pub(super) fn emit_closure(&mut self) {
        let i = self.insn();
        let index = i.wide_unsigned() as usize;
        let upvalues = &self.input.proto.protos[index].upvalues;
        let closure_by_runtime = runtime::closure as *const () as usize;
        if upvalues.iter().any(|upvalue| upvalue.in_stack) {
            return self.run(closure_by_runtime);
        }
        let (slow, done) = (self.cold_block(), self.next_block());
        let closure = self.allocate(Closure::size(upvalues.len()), slow);
        let header = self.int(Closure::header(upvalues.len()).bits() as i64);
        self.store(header, closure, 0);
        let child = self.int((self.input.children_at + index * size_of::<u64>()) as i64);
        let proto = self.load(I64, child, 0);
        self.store(proto, closure, offsets::function::CLOSURE_PROTO as i32);
        let maker = self.closure();
        let place = |upvalue: usize| (offsets::function::CLOSURE_UPVALUES + upvalue * 8) as i32;
        for (to, upvalue) in upvalues.iter().enumerate() {
            let captured = self.load(I64, maker, place(usize::from(upvalue.index)));
            self.store(captured, closure, place(to));
        }
        self.write(i.a(), closure, tag::CLOSURE);
        self.jump(done);
        self.slow_call(slow, closure_by_runtime, done);
    }

    /// An object of so many bytes from the free run; to `slow` if that is used up.
    fn allocate(&mut self, size: usize, slow: Block) -> Value {
        let run = offsets::vm::HEAP + heap::offsets::run_offset(Space::Plain, size);
        let bump = self.load(I64, self.vm, (run + heap::offsets::RUN_BUMP) as i32);
        let limit = self.load(I64, self.vm, (run + heap::offsets::RUN_LIMIT) as i32);
        let room = self.b.ins().isub(limit, bump);
        let size = heap::usable(size) as i64;
        let fits = self.b.ins().icmp_imm_s(IntCC::UnsignedGreaterThanOrEqual, room, size);
        self.require(fits, slow);
        let next = self.b.ins().iadd_imm_s(bump, size);
        self.store(next, self.vm, (run + heap::offsets::RUN_BUMP) as i32);
        bump
    }

    /// The first few elements of a constructor: inline if they are all integers, floats or tables and the array that the
    /// table came with has room.
    pub(super) fn emit_set_list(&mut self) {
        let i = self.insn();
        let (count, first) = (i.b(), i.wide_unsigned());
        if count == 0 || count > MAX_INLINE_ELEMENTS || first != 0 {
            return self.step();
        }
        let (slow, done) = (self.cold_block(), self.next_block());
        let meta = self.meta(i.a());
        let is_table = self.b.ins().icmp_imm_s(IntCC::Equal, meta, meta_of(tag::TABLE));
        self.require(is_table, slow);
        let table = self.payload(i.a());
        let weak = self.is_weak(table);
        self.refuse(weak, slow);
        let kind = self.array_kind(table);
        let is_empty = self.is_kind(kind, ArrayKind::Empty);
        self.require(is_empty, slow);
        let dict = self.load(I64, table, offsets::table::DICT as i32);
        self.refuse(dict, slow);
        let meta = self.meta(i.a() + 1);
        for index in 2..=count {
            let other = self.meta(i.a() + index);
            let same = self.b.ins().icmp(IntCC::Equal, meta, other);
            self.require(same, slow);
        }
        let tag = self.b.ins().ushr_imm_s(meta, 32);
        let typed = self.int(1 << tag::INT | 1 << tag::FLOAT | 1 << tag::TABLE);
        let typed = self.b.ins().ushr(typed, tag);
        let typed = self.b.ins().band_imm_s(typed, 1);
        self.require(typed, slow);
        let array = self.load(I64, table, offsets::table::ARRAY as i32);
        let capacity = self.array_capacity(array);
        let bytes = (count * size_of::<u64>()) as i64;
        let has_room = self.b.ins().icmp_imm_s(IntCC::UnsignedGreaterThanOrEqual, capacity, bytes);
        self.require(has_room, slow);
        let kind = self.b.ins().ireduce(I8, tag);
        self.store(kind, table, offsets::table::KIND as i32);
        for index in 0..count {
            let payload = self.payload(i.a() + 1 + index);
            self.store(payload, array, (index * size_of::<u64>()) as i32);
        }
        let len = self.b.ins().iconst(I32, count as i64);
        self.store(len, table, offsets::table::ARRAY_LEN as i32);
        self.jump(done);
        self.slow_step(slow, done);
    }
}
