//! Calls and returns.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{Block, InstBuilder, Value};
use interlune_core::function::RESUME;
use interlune_core::interp::SEVERAL_CALLEES;
use interlune_core::offsets;
use interlune_core::plant::{self, Bug};
use interlune_core::runtime;
use interlune_core::thread::ReturnTo;
use interlune_core::value::tag;

use super::control::VARIABLES;
use super::emitter::{Emitter, META, SLOT, meta_of};

/// Tail calls with more slots to move than this are made by the runtime.
const MAX_MOVED_ARGUMENTS: usize = 6;
/// More results are copied by the runtime.
const MAX_INLINE_RESULTS: usize = 4;

impl Emitter<'_> {
    /// Calls the closure in register `func` and takes its results there. The pc is saved.
    fn call_closure(&mut self, func: usize, count: Value, wanted: i64) {
        let base = self.base();
        let offset = func as i32 * SLOT;
        let closure = self.load(I64, base, offset);
        let proto = self.load(I64, closure, offsets::function::CLOSURE_PROTO as i32);
        let entry = self.load(I64, proto, offsets::function::PROTO_ENTRY as i32);
        let slot = self.b.ins().iadd_imm_s(base, i64::from(offset));
        let wanted = self.int(runtime::call_word(ReturnTo::Compiled, wanted as i32));
        let status = self.call_entry(entry, [slot, count, wanted]);
        self.leave_unless_returned(status);
        // The callee leaves the address of its slot.
        let slot = self.changed_base();
        let moved = self.b.ins().iadd_imm_s(slot, -i64::from(offset));
        self.set_base(if plant::is(Bug::JitOldStack) { base } else { moved });
    }

    /// The number of arguments behind register `func`: known, or up to the top.
    pub(super) fn argument_count(&mut self, func: usize, operand: usize) -> Value {
        if operand != 0 {
            return self.int(operand as i64 - 1);
        }
        let top = self.load(I64, self.vm, offsets::vm::TOP as i32);
        let base = self.base();
        let first = self.b.ins().iadd_imm_s(base, (func as i64 + 1) * i64::from(SLOT));
        let distance = self.b.ins().isub(top, first);
        self.b.ins().ushr_imm_s(distance, 4)
    }

    /// Notes the number of the function in a register, as the interpreter does, if nothing was noted so far.
    fn note_callee(&mut self, register: usize) {
        if self.is_noted() {
            return;
        }
        let closure = self.payload(register);
        let proto = self.load(I64, closure, offsets::function::CLOSURE_PROTO as i32);
        let number = self.load(I64, proto, offsets::function::PROTO_ID as i32);
        let cell = self.feedback_address();
        let known = self.load(I64, cell, 0);
        let several = self.int(SEVERAL_CALLEES as i64);
        let same = self.b.ins().icmp(IntCC::Equal, known, number);
        let again = self.b.ins().select(same, number, several);
        let noted = self.b.ins().select(known, again, number);
        self.store(noted, cell, 0);
    }

    pub(crate) fn emit_call(&mut self) {
        let i = self.insn();
        if self.may_protect() {
            return self.emit_protected_call();
        }
        let (other, done) = (self.b.create_block(), self.next_block());
        let meta = self.meta(i.a());
        let is_closure = self.b.ins().icmp_imm_s(IntCC::Equal, meta, meta_of(tag::CLOSURE));
        self.require(is_closure, other);
        self.note_callee(i.a());
        self.save_pc();
        let count = self.argument_count(i.a(), i.b());
        self.call_closure(i.a(), count, i.c() as i64 - 1);
        self.jump(done);
        self.switch_to(other);
        self.run(runtime::call as *const () as usize);
        self.jump(done);
        self.ends_here();
    }

    pub(crate) fn emit_for_call(&mut self) {
        let i = self.insn();
        let a = i.a();
        let (other, behind) = (self.b.create_block(), self.block_of(self.pc + 1));
        let meta = self.meta(a);
        let is_closure = self.b.ins().icmp_imm_s(IntCC::Equal, meta, meta_of(tag::CLOSURE));
        self.require(is_closure, other);
        self.note_callee(a);
        self.save_pc();
        for index in 0..3 {
            let (payload, meta) = (self.payload(a + index), self.meta(a + index));
            self.write_words(a + VARIABLES + index, payload, meta);
        }
        let count = self.int(2);
        self.call_closure(a + VARIABLES, count, i.c() as i64);
        self.jump(behind);
        self.switch_to(other);
        let (ended, body) = (self.pc + 2, self.target(self.pc + 1));
        self.step_for_call(ended, body, behind);
        self.ends_here();
    }

    /// A tail call of a Lua function with a known number of arguments: these move down to where the running function's
    /// frame begins, which is given up, and the callee is called for whoever called the running function.
    pub(crate) fn emit_tail_call(&mut self) {
        let i = self.insn();
        let slow = self.b.create_block();
        let has_to_close = i.c() != 0;
        let is_simple = i.b() != 0
            && i.b() <= MAX_MOVED_ARGUMENTS
            && !has_to_close
            && !self.input.proto.is_vararg;
        if !is_simple {
            return self.tail_call_by_runtime();
        }
        let meta = self.meta(i.a());
        let is_closure = self.b.ins().icmp_imm_s(IntCC::Equal, meta, meta_of(tag::CLOSURE));
        self.require(is_closure, slow);
        self.note_callee(i.a());
        let frame = self.load(I64, self.vm, offsets::vm::FRAME as i32);
        let wanted = self.load(I32, frame, offsets::frame::WANTED as i32);
        let wanted = self.b.ins().uextend(I64, wanted);
        let what = self.load(I32, frame, offsets::frame::WHAT as i32);
        let what = self.b.ins().uextend(I64, what);
        let what = self.b.ins().ishl_imm_s(what, 32);
        let word = self.b.ins().bor(what, wanted);
        let word = self.b.ins().bor_imm_s(word, runtime::TAIL_CALLED);
        let base = self.base();
        let func = self.b.ins().iadd_imm_s(base, -i64::from(SLOT));
        for index in 0..i.b() {
            let (payload, meta) = (self.payload(i.a() + index), self.meta(i.a() + index));
            self.store(payload, func, index as i32 * SLOT);
            self.store(meta, func, index as i32 * SLOT + META);
        }
        let caller = self.b.ins().iadd_imm_s(frame, -(offsets::frame::SIZE as i64));
        self.store(caller, self.vm, offsets::vm::FRAME as i32);
        let closure = self.load(I64, func, 0);
        let proto = self.load(I64, closure, offsets::function::CLOSURE_PROTO as i32);
        let entry = self.load(I64, proto, offsets::function::PROTO_ENTRY as i32);
        let count = self.int(i.b() as i64 - 1);
        let status = self.call_entry(entry, [func, count, word]);
        self.b.ins().return_(&[status]);
        self.switch_to(slow);
        self.tail_call_by_runtime();
    }

    fn tail_call_by_runtime(&mut self) {
        let base = self.call_vm_pc(runtime::tail_call as *const () as usize);
        self.require(base, self.leave_as_told());
        let (callee, returned) = (self.b.create_block(), self.b.create_block());
        let has_returned = self.b.ins().band_imm_s(base, runtime::TAKEN as i64);
        self.b.ins().brif(has_returned, returned, &[], callee, &[]);
        self.switch_to(returned);
        let func = self.b.ins().iadd_imm_s(base, -(runtime::TAKEN as i64));
        self.set_base(func);
        let status = self.int(runtime::RETURNED as i64);
        self.b.ins().return_(&[status]);
        self.switch_to(callee);
        let entry = self.call_vm(runtime::baseline_entry as *const () as usize);
        let (first, resume) = (self.int(1), self.int(RESUME));
        // The callee finds register 0 where a resumed frame has it, and returns for both.
        self.set_base(base);
        let status = self.call_entry(entry, [base, first, resume]);
        self.b.ins().return_(&[status]);
        self.ends_here();
    }

    /// Returns by the runtime.
    pub(crate) fn return_slowly(&mut self) {
        let func = self.call_vm_pc(runtime::r#return as *const () as usize);
        self.continue_at(func);
        let returned = self.int(runtime::RETURNED as i64);
        self.b.ins().return_(&[returned]);
        self.ends_here();
    }

    pub(crate) fn emit_return(&mut self) {
        let i = self.insn();
        let has_to_close = i.c() != 0;
        if has_to_close || i.b() == 0 || i.b() - 1 > MAX_INLINE_RESULTS {
            return self.return_slowly();
        }
        let count = i.b() - 1;
        let (frame, func) = self.require_plain_return(count as i64);
        // The first result goes below all registers, the others to where results before them came from.
        for index in 0..count {
            let (payload, meta) = (self.payload(i.a() + index), self.meta(i.a() + index));
            self.store(payload, func, index as i32 * SLOT);
            self.store(meta, func, index as i32 * SLOT + META);
        }
        self.pop_and_return(frame, func);
    }

    /// Goes on if who called the running frame wants `wanted` results, else to a block from which the runtime returns.
    /// Gives the frame and the slot of the function.
    fn require_plain_return(&mut self, wanted: i64) -> (Value, Value) {
        let slow = self.cold_block();
        let plain = self.require_wanted(wanted, slow);
        let next = self.b.create_block();
        self.jump(next);
        self.aside(slow, Self::return_slowly);
        self.switch_to(next);
        plain
    }

    /// Goes on if who called the running frame wants `wanted` results, else to `slow`. Gives the frame and the slot of the
    /// function.
    pub(crate) fn require_wanted(&mut self, wanted: i64, slow: Block) -> (Value, Value) {
        let frame = self.load(I64, self.vm, offsets::vm::FRAME as i32);
        let found = self.load(I32, frame, offsets::frame::WANTED as i32);
        let expected = self.b.ins().icmp_imm_s(IntCC::Equal, found, wanted);
        self.require(expected, slow);
        let base = self.base();
        let func = if self.input.proto.is_vararg {
            let index = self.load(I32, frame, offsets::frame::FUNC as i32);
            let index = self.b.ins().uextend(I64, index);
            let distance = self.b.ins().ishl_imm_s(index, 4);
            let stack = self.load(I64, self.vm, offsets::vm::STACK as i32);
            self.b.ins().iadd(stack, distance)
        } else {
            self.b.ins().iadd_imm_s(base, -i64::from(SLOT))
        };
        (frame, func)
    }

    /// Pops the frame and returns.
    pub(crate) fn pop_and_return(&mut self, frame: Value, func: Value) {
        let caller = self.b.ins().iadd_imm_s(frame, -(offsets::frame::SIZE as i64));
        self.store(caller, self.vm, offsets::vm::FRAME as i32);
        self.set_base(func);
        let returned = self.int(runtime::RETURNED as i64);
        self.b.ins().return_(&[returned]);
        self.ends_here();
    }

    pub(crate) fn emit_return0(&mut self) {
        let (frame, func) = self.require_plain_return(0);
        self.pop_and_return(frame, func);
    }

    pub(crate) fn emit_return1(&mut self) {
        let register = self.insn().a();
        let (frame, func) = self.require_plain_return(1);
        let (payload, meta) = (self.payload(register), self.meta(register));
        self.store(payload, func, 0);
        self.store(meta, func, META);
        self.pop_and_return(frame, func);
    }
}
