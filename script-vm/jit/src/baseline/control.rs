//! Moves, constants, upvalues, jumps and loops.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{Block, InstBuilder};
use interlune_core::bytecode::Constant;
use interlune_core::interp::seen;
use interlune_core::plant::{self, Bug};
use interlune_core::value::tag;

use super::emitter::{Emitter, META, SLOT};
use super::layout::jump_target;

/// First of a generic loop's variables, counted from its first register.
pub(crate) const VARIABLES: usize = 5;

impl Emitter<'_> {
    pub(crate) fn emit_move(&mut self) {
        let i = self.insn();
        let (payload, meta) = (self.payload(i.b()), self.meta(i.b()));
        self.write_words(i.a(), payload, meta);
    }

    pub(crate) fn emit_load_int(&mut self) {
        let i = self.insn();
        let value = self.int(i64::from(i.wide_signed()));
        self.write(i.a(), value, tag::INT);
    }

    pub(crate) fn emit_load_const(&mut self) {
        let i = self.insn();
        let index = i.wide_unsigned() as usize;
        match self.input.proto.constants[index] {
            Constant::Nil => self.write_simple(i.a(), tag::NIL),
            Constant::Boolean(value) => self.emit_boolean(i.a(), value),
            Constant::Integer(value) => {
                let value = self.int(value);
                self.write(i.a(), value, tag::INT);
            }
            Constant::Float(value) => {
                let value = self.int(value.to_bits() as i64);
                self.write(i.a(), value, tag::FLOAT);
            }
            Constant::String(_) => {
                let constant = self.constant_address(index);
                let string = self.load(I64, constant, 0);
                self.write(i.a(), string, tag::STRING);
            }
        }
    }

    /// The address of a constant.
    pub(crate) fn constant_address(&mut self, index: usize) -> cranelift_codegen::ir::Value {
        self.int((self.input.constants_at + index * SLOT as usize) as i64)
    }

    pub(crate) fn emit_load_nil(&mut self) {
        let i = self.insn();
        for index in 0..i.b() {
            self.write_simple(i.a() + index, tag::NIL);
        }
    }

    fn emit_boolean(&mut self, register: usize, value: bool) {
        self.write_simple(register, if value { tag::TRUE } else { tag::FALSE });
    }

    pub(crate) fn emit_load_boolean(&mut self, value: bool) {
        self.emit_boolean(self.insn().a(), value);
    }

    pub(crate) fn emit_load_false_skip(&mut self) {
        self.emit_boolean(self.insn().a(), false);
        let target = self.block_of(self.pc + 2);
        self.jump(target);
        self.ends_here();
    }

    pub(crate) fn emit_get_upvalue(&mut self) {
        let i = self.insn();
        let location = self.upvalue_location(i.b());
        let (payload, meta) = (self.load(I64, location, 0), self.load(I64, location, META));
        self.write_words(i.a(), payload, meta);
    }

    pub(crate) fn emit_set_upvalue(&mut self) {
        let i = self.insn();
        let (slow, done) = (self.cold_block(), self.next_block());
        let marking = self.is_marking();
        self.refuse(marking, slow);
        let location = self.upvalue_location(i.b());
        let (payload, meta) = (self.payload(i.a()), self.meta(i.a()));
        self.store(payload, location, 0);
        self.store(meta, location, META);
        self.jump(done);
        self.slow_step(slow, done);
    }

    /// Where the jump or loop instruction at `pc` goes.
    pub(crate) fn target(&self, pc: usize) -> usize {
        let Some(target) = jump_target(pc, self.insn_at(pc)) else {
            unreachable!("only asked of jumps")
        };
        target
    }

    pub(crate) fn emit_jump(&mut self) {
        let target = self.block_of(self.target(self.pc));
        self.jump(target);
        self.ends_here();
    }

    pub(crate) fn emit_jump_back(&mut self) {
        self.back_edge(self.target(self.pc));
        self.ends_here();
    }

    /// A loop over integers in steps of 1 begins here, every other one in the interpreter.
    pub(crate) fn emit_for_prep(&mut self) {
        let a = self.insn().a();
        let target = self.target(self.pc);
        let (behind, skipped) = (self.block_of(self.pc + 1), self.block_of(target));
        let slow = self.cold_block();
        self.require_tags(&[a, a + 1, a + 2].map(|register| (register, tag::INT)), slow);
        let step = self.payload(a + 2);
        let is_one = self.b.ins().icmp_imm_s(IntCC::Equal, step, 1);
        self.require(is_one, slow);
        let kind = self.int(seen::INT as i64);
        self.note_first(kind);
        let (start, limit) = (self.payload(a), self.payload(a + 1));
        let runs = self.b.ins().icmp(IntCC::SignedLessThanOrEqual, start, limit);
        self.require(runs, skipped);
        let left = self.b.ins().isub(limit, start);
        let base = self.base();
        self.store(left, base, (a + 1) as i32 * SLOT);
        self.write(a + 3, start, tag::INT);
        self.jump(behind);
        self.switch_to(slow);
        self.step_branch(self.pc + 1, target);
        self.ends_here();
    }

    pub(crate) fn emit_for_loop(&mut self) {
        let a = self.insn().a();
        let target = self.target(self.pc);
        let floats = self.cold_block();
        let is_int = self.has_tag(a + 2, tag::INT);
        self.require(is_int, floats);
        let left = self.payload(a + 1);
        let behind = self.block_of(self.pc + 1);
        let rest = if plant::is(Bug::JitShortLoop) { 1 } else { 0 };
        let goes_on = self.b.ins().icmp_imm_s(IntCC::UnsignedGreaterThan, left, rest);
        self.require(goes_on, behind);
        let (index, step) = (self.payload(a), self.payload(a + 2));
        let index = self.b.ins().iadd(index, step);
        let left = self.b.ins().iadd_imm_s(left, -1);
        let base = self.base();
        self.store(left, base, (a + 1) as i32 * SLOT);
        self.store(index, base, a as i32 * SLOT);
        self.write(a + 3, index, tag::INT);
        self.back_edge(target);
        self.switch_to(floats);
        self.emit_float_loop(a, target, behind);
        self.ends_here();
    }

    /// The same for a loop over floats.
    fn emit_float_loop(&mut self, a: usize, target: usize, behind: Block) {
        let [index, limit, step] = [a, a + 1, a + 2].map(|register| self.float_payload(register));
        let next = self.b.ins().fadd(index, step);
        let zero = self.b.ins().f64const(0.0);
        let goes_up = self.b.ins().fcmp(FloatCC::GreaterThan, step, zero);
        let below = self.b.ins().fcmp(FloatCC::LessThanOrEqual, next, limit);
        let above = self.b.ins().fcmp(FloatCC::LessThanOrEqual, limit, next);
        let goes_on = self.b.ins().select(goes_up, below, above);
        self.require(goes_on, behind);
        let base = self.base();
        self.store(next, base, a as i32 * SLOT);
        self.write(a + 3, next, tag::FLOAT);
        self.back_edge(target);
    }

    pub(crate) fn emit_for_in_prep(&mut self) {
        let target = self.target(self.pc);
        self.step_branch(target, target);
        self.ends_here();
    }

    pub(crate) fn emit_for_in_loop(&mut self) {
        let a = self.insn().a();
        let control = self.meta(a + VARIABLES);
        let behind = self.block_of(self.pc + 1);
        let ended = self.b.ins().icmp_imm_s(IntCC::Equal, control, 0);
        self.refuse(ended, behind);
        let payload = self.payload(a + VARIABLES);
        self.write_words(a + 2, payload, control);
        self.back_edge(self.target(self.pc));
        self.ends_here();
    }
}
