//! Calls of `pcall`: its frame is pushed inline, and what it protects is called as any other function is.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I8, I64};
use cranelift_codegen::ir::{InstBuilder, Value};
use interlune_core::interp::{NATIVE_CALLEE, SEVERAL_CALLEES};
use interlune_core::offsets;
use interlune_core::runtime;
use interlune_core::stdlib::known::is_intrinsic;
use interlune_core::thread::ReturnTo;
use interlune_core::value::tag;

use super::emitter::{Emitter, SLOT, meta_of};

impl Emitter<'_> {
    /// Whether the call at hand may be one of `pcall`, by what it has called so far.
    pub(super) fn may_protect(&self) -> bool {
        let callee = self.feedback(0);
        let is_native = callee != SEVERAL_CALLEES && callee & NATIVE_CALLEE != 0;
        // At least the function, or whatever the values before have left.
        self.insn().b() != 1 && is_native && is_intrinsic(callee & !NATIVE_CALLEE)
    }

    /// Calls a closure under a frame of `pcall`; all other calls are the runtime's.
    pub(super) fn emit_protected_call(&mut self) {
        let i = self.insn();
        let (other, done) = (self.cold_block(), self.next_block());
        let [func, callee] = [i.a(), i.a() + 1];
        let meta = self.meta(func);
        let is_native = self.b.ins().icmp_imm_s(IntCC::Equal, meta, meta_of(tag::NATIVE));
        self.require(is_native, other);
        let native = self.payload(func);
        let which = self.load(I8, native, offsets::object::SMALL as i32 + 1);
        let is_pcall = self.b.ins().icmp_imm_s(IntCC::Equal, which, runtime::IS_PCALL);
        self.require(is_pcall, other);
        let count = self.argument_count(func, i.b());
        let count = self.b.ins().iadd_imm_s(count, -1);
        if i.b() == 0 {
            let has_callee = self.b.ins().icmp_imm_s(IntCC::SignedGreaterThanOrEqual, count, 0);
            self.require(has_callee, other);
        }
        let meta = self.meta(callee);
        let is_closure = self.b.ins().icmp_imm_s(IntCC::Equal, meta, meta_of(tag::CLOSURE));
        self.require(is_closure, other);
        let frame = self.load(I64, self.vm, offsets::vm::FRAME as i32);
        let limit = self.load(I64, self.vm, offsets::vm::FRAME_LIMIT as i32);
        let fits = self.b.ins().icmp(IntCC::UnsignedLessThan, frame, limit);
        self.require(fits, other);
        self.save_pc();
        let thread = self.load(I64, self.vm, offsets::vm::THREAD as i32);
        let wanted = i.c() as i64 - 1;
        self.push_protecting(frame, func, wanted);
        let closure = self.payload(callee);
        let proto = self.load(I64, closure, offsets::function::CLOSURE_PROTO as i32);
        let entry = self.load(I64, proto, offsets::function::PROTO_ENTRY as i32);
        let base = self.base();
        let slot = self.b.ins().iadd_imm_s(base, callee as i64 * i64::from(SLOT));
        // What is wanted besides the outcome.
        let of_callee = if wanted < 0 { wanted } else { (wanted - 1).max(0) };
        let word = self.int(runtime::call_word(ReturnTo::Protected, of_callee as i32));
        let status = self.call_entry(entry, [slot, count, word]);
        let left = self.cold_block();
        self.refuse(status, left);
        let protecting = self.load(I64, self.vm, offsets::vm::FRAME as i32);
        let is_leaving = self.load(I8, protecting, offsets::frame::LEAVING as i32);
        // An error was caught, and what has returned closes a variable.
        self.refuse(is_leaving, left);
        let slot = self.changed_base();
        let base = self.b.ins().iadd_imm_s(slot, -(callee as i64) * i64::from(SLOT));
        self.set_base(base);
        let running = self.b.ins().iadd_imm_s(protecting, -(offsets::frame::SIZE as i64));
        self.store(running, self.vm, offsets::vm::FRAME as i32);
        self.write_simple(func, tag::TRUE);
        self.jump(done);

        self.continue_in(left);
        let pc = self.pc_address(self.pc);
        let function = runtime::protected_left as *const () as usize;
        let base = self.call_for_base(function, [pc, status, frame, thread]);
        self.continue_at(base);
        self.jump(done);

        self.continue_in(other);
        self.run(runtime::call as *const () as usize);
        self.jump(done);
        self.ends_here();
    }

    /// Pushes the frame of a call of `pcall` in register `func`.
    fn push_protecting(&mut self, frame: Value, func: usize, wanted: i64) {
        let new = self.b.ins().iadd_imm_s(frame, offsets::frame::SIZE as i64);
        let nothing = self.int(0);
        self.store(nothing, new, offsets::frame::CLOSURE as i32);
        self.store(nothing, new, offsets::frame::PC as i32);
        // base and func, indices into the stack: func * 2^32 + func + 1
        let stack = self.load(I64, self.vm, offsets::vm::STACK as i32);
        let base = self.base();
        let distance = self.b.ins().isub(base, stack);
        let index = self.b.ins().ushr_imm_s(distance, 4);
        let index = self.b.ins().iadd_imm_s(index, func as i64);
        let high = self.b.ins().ishl_imm_s(index, 32);
        let both = self.b.ins().iadd(high, index);
        let both = self.b.ins().iadd_imm_s(both, 1);
        self.store(both, new, offsets::frame::BASE as i32);
        let wanted = self.int(i64::from(wanted as i32 as u32));
        self.store(wanted, new, offsets::frame::WANTED as i32);
        let what = self.int(runtime::PROTECTING);
        self.store(what, new, offsets::frame::WHAT as i32);
        self.store(new, self.vm, offsets::vm::FRAME as i32);
    }
}
