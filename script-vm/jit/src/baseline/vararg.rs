//! Variable arguments: they lie right below the slot to which a function with them moves at its beginning.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{BlockArg, InstBuilder, Value};
use interlune_core::bytecode::Opcode;
use interlune_core::offsets;
use interlune_core::runtime;

use super::emitter::{Emitter, META, SLOT};

/// More parameters are moved by the runtime.
const MOST_MOVED: usize = 4;
/// More values are copied by the runtime, unless all are.
const MOST_COPIED: usize = 4;

impl Emitter<'_> {
    /// Moves the function that has just been entered, with its parameters, above its variable arguments.
    pub(super) fn emit_vararg_prep(&mut self) {
        debug_assert!(self.insn().opcode() == Some(Opcode::VarargPrep));
        let function = runtime::vararg_prep as *const () as usize;
        let proto = &self.input.proto;
        let (params, registers) = (usize::from(proto.param_count), i64::from(proto.max_stack));
        if params > MOST_MOVED {
            return self.run(function);
        }
        let (slow, done) = (self.cold_block(), self.next_block());
        let frame = self.load(I64, self.vm, offsets::vm::FRAME as i32);
        let count = self.load(I32, frame, offsets::frame::EXTRA as i32);
        let count = self.b.ins().uextend(I64, count);
        let has_more = self.b.ins().icmp_imm_s(IntCC::UnsignedGreaterThan, count, params as i64);
        // The frame was pushed with none.
        self.require(has_more, done);
        let base = self.base();
        let distance = self.b.ins().ishl_imm_s(count, 4);
        let moved = self.b.ins().iadd(base, distance);
        let new_base = self.b.ins().iadd_imm_s(moved, i64::from(SLOT));
        let end = self.b.ins().iadd_imm_s(new_base, registers * i64::from(SLOT));
        let limit = self.load(I64, self.vm, offsets::vm::STACK_LIMIT as i32);
        let fits = self.b.ins().icmp(IntCC::UnsignedLessThanOrEqual, end, limit);
        self.require(fits, slow);
        self.copy(base, -SLOT, moved, 0);
        let nil = self.int(0);
        for parameter in 0..params as i32 {
            self.copy(base, parameter * SLOT, new_base, parameter * SLOT);
            self.store(nil, base, parameter * SLOT);
            self.store(nil, base, parameter * SLOT + META);
        }
        let index = self.load(I32, frame, offsets::frame::BASE as i32);
        let above = self.b.ins().ireduce(I32, count);
        let index = self.b.ins().iadd(index, above);
        let index = self.b.ins().iadd_imm_s(index, 1);
        self.store(index, frame, offsets::frame::BASE as i32);
        let varargs = self.b.ins().iadd_imm_s(above, -(params as i64));
        self.store(varargs, frame, offsets::frame::VARARGS as i32);
        self.set_base(new_base);
        self.jump(done);
        self.slow_call(slow, function, done);
    }

    /// Copies a value from one address to another.
    fn copy(&mut self, from: Value, offset: i32, to: Value, at: i32) {
        let words = [self.load(I64, from, offset), self.load(I64, from, offset + META)];
        self.store(words[0], to, at);
        self.store(words[1], to, at + META);
    }

    /// The number of variable arguments of the running function, which has a frame.
    pub(crate) fn vararg_count(&mut self) -> Value {
        let frame = self.load(I64, self.vm, offsets::vm::FRAME as i32);
        let count = self.load(I32, frame, offsets::frame::VARARGS as i32);
        self.b.ins().uextend(I64, count)
    }

    /// Where the first of `count` variable arguments lies, if there is one.
    fn varargs(&mut self, count: Value) -> Value {
        let base = self.base();
        let distance = self.b.ins().ishl_imm_s(count, 4);
        let end = self.b.ins().iadd_imm_s(base, -i64::from(SLOT));
        self.b.ins().isub(end, distance)
    }

    /// The words of one of `count` variable arguments, from 0 on; those of nil if there are fewer.
    pub(crate) fn vararg_at(&mut self, count: Value, index: Value) -> [Value; 2] {
        let nothing = self.int(0);
        let is_there = self.b.ins().icmp(IntCC::UnsignedLessThan, index, count);
        // There is a slot in any case, if only that of the function.
        let near = self.b.ins().select(is_there, index, nothing);
        let first = self.varargs(count);
        let distance = self.b.ins().ishl_imm_s(near, 4);
        let at = self.b.ins().iadd(first, distance);
        let words = [self.load(I64, at, 0), self.load(I64, at, META)];
        words.map(|word| self.b.ins().select(is_there, word, nothing))
    }

    pub(super) fn emit_vararg(&mut self) {
        let i = self.insn();
        match i.c() {
            0 => self.emit_all_varargs(),
            wanted if wanted - 1 <= MOST_COPIED => {
                let count = self.vararg_count();
                for index in 0..wanted - 1 {
                    let place = self.int(index as i64);
                    let [payload, meta] = self.vararg_at(count, place);
                    self.write_words(i.a() + index, payload, meta);
                }
            }
            _ => self.run(runtime::vararg as *const () as usize),
        }
    }

    /// Copies all variable arguments, up to the top.
    fn emit_all_varargs(&mut self) {
        let i = self.insn();
        let (slow, done) = (self.cold_block(), self.next_block());
        let count = self.vararg_count();
        let base = self.base();
        let target = self.b.ins().iadd_imm_s(base, i.a() as i64 * i64::from(SLOT));
        let bytes = self.b.ins().ishl_imm_s(count, 4);
        let top = self.b.ins().iadd(target, bytes);
        let limit = self.load(I64, self.vm, offsets::vm::STACK_LIMIT as i32);
        let fits = self.b.ins().icmp(IntCC::UnsignedLessThanOrEqual, top, limit);
        self.require(fits, slow);
        let first = self.varargs(count);
        let (test, copy, end) =
            (self.b.create_block(), self.b.create_block(), self.b.create_block());
        let from = self.b.append_block_param(test, I64);
        let to = self.b.append_block_param(test, I64);
        self.b.ins().jump(test, &[first, target].map(BlockArg::Value));
        self.switch_to(test);
        let goes_on = self.b.ins().icmp(IntCC::UnsignedLessThan, to, top);
        self.b.ins().brif(goes_on, copy, &[], end, &[]);
        self.switch_to(copy);
        self.copy(from, 0, to, 0);
        let next = [from, to].map(|at| self.b.ins().iadd_imm_s(at, i64::from(SLOT)));
        self.b.ins().jump(test, &next.map(BlockArg::Value));
        self.switch_to(end);
        self.store(top, self.vm, offsets::vm::TOP as i32);
        self.jump(done);
        self.slow_call(slow, runtime::vararg as *const () as usize, done);
    }
}
