//! Tests; each is fused with the jump behind it.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::types::I8;
use cranelift_codegen::ir::{Block, InstBuilder, Value};
use interlune_core::bytecode::{Constant, Opcode};
use interlune_core::interp::seen;
use interlune_core::object::flags;
use interlune_core::offsets;
use interlune_core::plant::{self, Bug};
use interlune_core::string::MAX_SHORT;
use interlune_core::value::tag;

use super::emitter::{Emitter, meta_of};

impl Emitter<'_> {
    /// Where the test goes if its outcome is true, and if it is false.
    fn outcomes(&self) -> (Block, Block) {
        let taken = self.block_of(self.target(self.pc + 1));
        let fall = self.block_of(self.pc + 2);
        if self.insn().c() & 1 != 0 { (taken, fall) } else { (fall, taken) }
    }

    fn decide(&mut self, holds: Value) {
        let (yes, no) = self.outcomes();
        self.b.ins().brif(holds, yes, &[], no, &[]);
    }

    /// The interpreter makes the test.
    fn slow_test(&mut self, slow: Block) {
        self.switch_to(slow);
        self.step_branch(self.pc + 2, self.target(self.pc + 1));
        self.ends_here();
    }

    pub(super) fn emit_order(&mut self, opcode: Opcode) {
        let i = self.insn();
        let strict = opcode == Opcode::TestLt;
        let found = self.feedback(0);
        let found = if found == 0 { seen::INT | seen::FLOAT } else { found };
        let slow = self.cold_block();
        if found & seen::INT != 0 {
            let next = if found & seen::FLOAT != 0 { self.b.create_block() } else { slow };
            self.require_tags(&[(i.a(), tag::INT), (i.b(), tag::INT)], next);
            self.note(seen::INT);
            let (x, y) = (self.payload(i.a()), self.payload(i.b()));
            let order = if strict { IntCC::SignedLessThan } else { IntCC::SignedLessThanOrEqual };
            let holds = self.b.ins().icmp(order, x, y);
            self.decide(holds);
            if next != slow {
                self.switch_to(next);
            }
        }
        if found & seen::FLOAT != 0 {
            self.require_tags(&[(i.a(), tag::FLOAT), (i.b(), tag::FLOAT)], slow);
            self.note(seen::FLOAT);
            let (x, y) = (self.float_payload(i.a()), self.float_payload(i.b()));
            let order = if strict { FloatCC::LessThan } else { FloatCC::LessThanOrEqual };
            let holds = self.b.ins().fcmp(order, x, y);
            self.decide(holds);
        }
        if found & (seen::INT | seen::FLOAT) == 0 {
            self.jump(slow);
        }
        self.slow_test(slow);
    }

    pub(super) fn emit_order_immediate(&mut self, opcode: Opcode) {
        let i = self.insn();
        let (int, float) = match opcode {
            Opcode::TestLtImm => (IntCC::SignedLessThan, FloatCC::LessThan),
            Opcode::TestLeImm => (IntCC::SignedLessThanOrEqual, FloatCC::LessThanOrEqual),
            Opcode::TestGtImm => (IntCC::SignedGreaterThan, FloatCC::GreaterThan),
            _ => (IntCC::SignedGreaterThanOrEqual, FloatCC::GreaterThanOrEqual),
        };
        let found = self.feedback(0);
        let found = if found == 0 { seen::INT | seen::FLOAT } else { found };
        let slow = self.cold_block();
        if found & seen::INT != 0 {
            let next = if found & seen::FLOAT != 0 { self.b.create_block() } else { slow };
            self.require_tags(&[(i.a(), tag::INT)], next);
            self.note(seen::INT);
            let x = self.payload(i.a());
            let holds = self.b.ins().icmp_imm_s(int, x, i.b_signed());
            self.decide(holds);
            if next != slow {
                self.switch_to(next);
            }
        }
        if found & seen::FLOAT != 0 {
            self.require_tags(&[(i.a(), tag::FLOAT)], slow);
            self.note(seen::FLOAT);
            let x = self.float_payload(i.a());
            let y = self.b.ins().f64const(i.b_signed() as f64);
            let holds = self.b.ins().fcmp(float, x, y);
            self.decide(holds);
        }
        if found & (seen::INT | seen::FLOAT) == 0 {
            self.jump(slow);
        }
        self.slow_test(slow);
    }

    pub(super) fn emit_test_eq(&mut self) {
        let i = self.insn();
        let slow = self.cold_block();
        let (yes, no) = self.outcomes();
        let (x, y) = (self.meta(i.a()), self.meta(i.b()));
        let differ = self.b.create_block();
        let same = self.b.ins().icmp(IntCC::Equal, x, y);
        self.require(same, differ);
        // Values of one type: the same bits are equal, but for floats and vectors.
        let is_real = self.is_between(x, tag::FLOAT, tag::VEC3);
        self.refuse(is_real, slow);
        let (a, b) = (self.payload(i.a()), self.payload(i.b()));
        let equal = self.b.ins().icmp(IntCC::Equal, a, b);
        self.refuse(equal, yes);
        let string = self.b.create_block();
        let is_int = self.b.ins().icmp_imm_s(IntCC::Equal, x, meta_of(tag::INT));
        self.refuse(is_int, no);
        let is_string = self.b.ins().icmp_imm_s(IntCC::Equal, x, meta_of(tag::STRING));
        self.b.ins().brif(is_string, string, &[], slow, &[]);
        self.switch_to(string);
        // Two interned strings with other addresses differ. A long one may be interned, and one like it not.
        let found = [a, b].map(|string| self.load(I8, string, offsets::object::FLAGS as i32));
        let both = self.b.ins().band(found[0], found[1]);
        let interned = self.b.ins().band_imm_s(both, i64::from(flags::INTERNED));
        let otherwise = if plant::is(Bug::JitLongStrings) { no } else { slow };
        self.b.ins().brif(interned, no, &[], otherwise, &[]);
        // Values of two types: only numbers may be equal; third components of vectors are in the way, too.
        self.switch_to(differ);
        let is_real = self.is_between(x, tag::INT, tag::VEC3);
        self.b.ins().brif(is_real, slow, &[], no, &[]);
        self.slow_test(slow);
    }

    /// Whether the tag in a second word is one of `first ..= last`.
    fn is_between(&mut self, meta: Value, first: u32, last: u32) -> Value {
        let tag = self.b.ins().ushr_imm_s(meta, 32);
        let distance = self.b.ins().iadd_imm_s(tag, -i64::from(first));
        self.b.ins().icmp_imm_s(IntCC::UnsignedLessThanOrEqual, distance, i64::from(last - first))
    }

    pub(super) fn emit_test_eq_const(&mut self) {
        let i = self.insn();
        let slow = self.cold_block();
        let (yes, no) = self.outcomes();
        let meta = self.meta(i.a());
        let simple = |tag: u32| Some((tag, None));
        let constant = match self.input.proto.constants[i.b()] {
            Constant::Nil => simple(tag::NIL),
            Constant::Boolean(false) => simple(tag::FALSE),
            Constant::Boolean(true) => simple(tag::TRUE),
            Constant::Integer(value) => {
                let is_float = self.b.ins().icmp_imm_s(IntCC::Equal, meta, meta_of(tag::FLOAT));
                self.refuse(is_float, slow);
                Some((tag::INT, Some(self.int(value))))
            }
            Constant::String(id) if self.input.proto.strings.get(id).len() <= MAX_SHORT => {
                let address = self.constant_address(i.b());
                Some((tag::STRING, Some(self.load(cranelift_codegen::ir::types::I64, address, 0))))
            }
            Constant::Float(_) | Constant::String(_) => None,
        };
        let Some((tag, payload)) = constant else {
            self.jump(slow);
            return self.slow_test(slow);
        };
        let same = self.b.ins().icmp_imm_s(IntCC::Equal, meta, meta_of(tag));
        match payload {
            None => {
                self.b.ins().brif(same, yes, &[], no, &[]);
            }
            Some(payload) => {
                self.require(same, no);
                let found = self.payload(i.a());
                let equal = self.b.ins().icmp(IntCC::Equal, found, payload);
                self.b.ins().brif(equal, yes, &[], no, &[]);
            }
        }
        self.slow_test(slow);
    }

    /// Whether a register is neither nil nor false.
    fn is_truthy(&mut self, register: usize) -> Value {
        let tag = self.tag(register);
        self.b.ins().icmp_imm_s(IntCC::UnsignedGreaterThan, tag, i64::from(tag::FALSE))
    }

    pub(super) fn emit_test(&mut self) {
        let truthy = self.is_truthy(self.insn().a());
        self.decide(truthy);
        self.ends_here();
    }

    pub(super) fn emit_test_set(&mut self) {
        let i = self.insn();
        let truthy = self.is_truthy(i.b());
        let (copy, fall) = (self.b.create_block(), self.block_of(self.pc + 2));
        if i.c() & 1 != 0 {
            self.b.ins().brif(truthy, copy, &[], fall, &[]);
        } else {
            self.b.ins().brif(truthy, fall, &[], copy, &[]);
        }
        self.switch_to(copy);
        let (payload, meta) = (self.payload(i.b()), self.meta(i.b()));
        self.write_words(i.a(), payload, meta);
        let taken = self.block_of(self.target(self.pc + 1));
        self.jump(taken);
        self.ends_here();
    }
}
