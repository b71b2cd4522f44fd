//! Table constructors: allocation from the free run, inline.

use cranelift_codegen::ir::InstBuilder;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use interlune_core::heap::{self, Space};
use interlune_core::interp::Template;
use interlune_core::offsets;
use interlune_core::value::tag;

use super::emitter::Emitter;

impl Emitter<'_> {
    pub(super) fn emit_new_table(&mut self) {
        let i = self.insn();
        let site = self.feedback(0);
        let Some(template) = Template::of_site(site) else { return self.step() };
        let (slow, done) = (self.cold_block(), self.b.create_block());
        // The site wants to look at its tables now and then.
        let cell = self.feedback_address();
        let state = self.load(I64, cell, 0);
        let countdown = self.b.ins().ushr_imm_s(state, Template::COUNTDOWN_SHIFT);
        self.require(countdown, slow);
        let run = offsets::vm::HEAP + heap::offsets::run_offset(Space::Plain, template.size);
        let bump = self.load(I64, self.vm, (run + heap::offsets::RUN_BUMP) as i32);
        let limit = self.load(I64, self.vm, (run + heap::offsets::RUN_LIMIT) as i32);
        let room = self.b.ins().isub(limit, bump);
        let size = heap::usable(template.size) as i64;
        let fits = self.b.ins().icmp_imm_s(IntCC::UnsignedGreaterThanOrEqual, room, size);
        self.require(fits, slow);
        let one = self.int(1 << Template::COUNTDOWN_SHIFT);
        let state = self.b.ins().isub(state, one);
        self.store(state, cell, 0);
        let next = self.b.ins().iadd_imm_s(bump, size);
        self.store(next, self.vm, (run + heap::offsets::RUN_BUMP) as i32);
        for (offset, word) in template.words() {
            let word = self.int(word as i64);
            self.store(word, bump, offset as i32);
        }
        if let Some(array) = template.inline_array {
            let array = self.b.ins().iadd_imm_s(bump, array as i64);
            self.store(array, bump, offsets::table::ARRAY as i32);
        }
        self.write(i.a(), bump, tag::TABLE);
        self.jump(done);
        self.slow_step(slow, done);
    }
}
