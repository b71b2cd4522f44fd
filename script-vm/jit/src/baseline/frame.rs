//! Entry: a call pushes the function's frame, a resumption jumps to its place.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{Block, InstBuilder, JumpTableData, Value};
use interlune_core::function::RESUME;
use interlune_core::offsets;
use interlune_core::plant::{self, Bug};
use interlune_core::runtime;
use interlune_core::value::tag;

use super::emitter::{Emitter, SLOT};
use super::layout::Layout;

impl Emitter<'_> {
    /// Emits everything before the first instruction.
    pub(crate) fn emit_entry(&mut self, layout: &Layout) {
        let [at, count, wanted] = self.begin_entry();
        let call = self.b.create_block();
        let resume = self.b.create_block();
        let is_resumed = self.b.ins().icmp_imm_s(IntCC::Equal, wanted, RESUME);
        self.b.ins().brif(is_resumed, resume, &[], call, &[]);
        self.switch_to(resume);
        self.set_base(at);
        self.emit_resume(layout, count);
        self.switch_to(call);
        let first = self.block_of(0);
        self.emit_prologue(at, count, wanted, first);
    }

    /// Begins the first block, and gives the function's arguments.
    pub(crate) fn begin_function(&mut self) -> Vec<Value> {
        let entry = self.b.create_block();
        self.b.append_block_params_for_function_params(entry);
        self.switch_to(entry);
        self.b.block_params(entry).to_vec()
    }

    /// Begins the entry block, and gives the arguments behind the VM.
    pub(crate) fn begin_entry(&mut self) -> [Value; 3] {
        let [vm, at, count, wanted] = self.begin_function()[..] else {
            unreachable!("entries have four arguments")
        };
        self.vm = vm;
        [at, count, wanted]
    }

    /// Jumps to the resume point of a number.
    fn emit_resume(&mut self, layout: &Layout, number: Value) {
        let mut targets = Vec::new();
        for pc in layout.resumable() {
            let block = self.block_of(pc);
            targets.push(self.b.func.dfg.block_call(block, &[]));
        }
        // Instruction 0 has number 1; numbers that are not given do not occur.
        let data = JumpTableData::new(targets[0], &targets[1..]);
        let table = self.b.create_jump_table(data);
        let index = self.b.ins().iadd_imm_s(number, -2);
        let index = self.b.ins().ireduce(I32, index);
        self.b.ins().br_table(index, table);
    }

    /// Pushes the frame of a call of the closure at `func`, and goes on in `first`.
    pub(crate) fn emit_prologue(&mut self, func: Value, count: Value, wanted: Value, first: Block) {
        let proto = &self.input.proto;
        let (params, registers) = (i64::from(proto.param_count), i64::from(proto.max_stack));
        let slow = self.cold_block();
        let fits = self.b.ins().icmp_imm_s(IntCC::UnsignedLessThanOrEqual, count, registers);
        self.require(fits, slow);
        let stack_limit = self.load(I64, self.vm, offsets::vm::STACK_LIMIT as i32);
        let end = self.b.ins().iadd_imm_s(func, (1 + registers) * i64::from(SLOT));
        let fits = self.b.ins().icmp(IntCC::UnsignedLessThanOrEqual, end, stack_limit);
        self.require(fits, slow);
        let caller = self.load(I64, self.vm, offsets::vm::FRAME as i32);
        let frame_limit = self.load(I64, self.vm, offsets::vm::FRAME_LIMIT as i32);
        let fits = self.b.ins().icmp(IntCC::UnsignedLessThan, caller, frame_limit);
        self.require(fits, slow);
        let native = self.b.ins().get_stack_pointer(I64);
        let native_limit = self.load(I64, self.vm, offsets::vm::NATIVE_LIMIT as i32);
        let fits = self.b.ins().icmp(IntCC::UnsignedGreaterThan, native, native_limit);
        self.require(fits, slow);

        let frame = self.b.ins().iadd_imm_s(caller, offsets::frame::SIZE as i64);
        let closure = self.load(I64, func, 0);
        self.store(closure, frame, offsets::frame::CLOSURE as i32);
        let code = self.pc_address(0);
        self.store(code, frame, offsets::frame::PC as i32);
        // base and func, indices into the stack: func * 2^32 + func + 1
        let stack = self.load(I64, self.vm, offsets::vm::STACK as i32);
        let distance = self.b.ins().isub(func, stack);
        let index = self.b.ins().ushr_imm_s(distance, 4);
        let high = self.b.ins().ishl_imm_s(index, 32);
        let both = self.b.ins().iadd(high, index);
        let both = self.b.ins().iadd_imm_s(both, 1);
        self.store(both, frame, offsets::frame::BASE as i32);
        // wanted, and no varargs yet
        let low = self.b.ins().ireduce(I32, wanted);
        let low = self.b.ins().uextend(I64, low);
        self.store(low, frame, offsets::frame::WANTED as i32);
        // what, returns and flags, which the caller says, and the number of arguments
        let extra = self.b.ins().ishl_imm_s(count, 32);
        let what = self.b.ins().ushr_imm_s(wanted, 32);
        let what = self.b.ins().bor(extra, what);
        self.store(what, frame, offsets::frame::WHAT as i32);
        self.store(frame, self.vm, offsets::vm::FRAME as i32);
        let base = self.b.ins().iadd_imm_s(func, i64::from(SLOT));
        self.set_base(base);
        self.fill_missing(count, params);
        self.count_call();

        let empty = self.burn();
        let safepoint = self.cold_block();
        self.b.ins().brif(empty, safepoint, &[], first, &[]);
        self.switch_to(safepoint);
        let base = self.call_vm(runtime::entry_safepoint as *const () as usize);
        self.continue_at(base);
        self.jump(first);

        self.switch_to(slow);
        let enter = self.int(runtime::enter as *const () as usize as i64);
        let status = self.call_entry(enter, [func, count, wanted]);
        self.b.ins().return_(&[status]);
        self.ends_here();
    }

    pub(crate) fn count_call(&mut self) {
        let calls = self.int(self.input.calls_at as i64);
        let number = self.load(I32, calls, 0);
        let number = self.b.ins().iadd_imm_s(number, 1);
        self.store(number, calls, 0);
    }

    /// Makes parameters that were not passed nil.
    pub(crate) fn fill_missing(&mut self, count: Value, params: i64) {
        if params == 0 {
            return;
        }
        let done = self.b.create_block();
        let some = self.cold_block();
        let missing = self.b.ins().icmp_imm_s(IntCC::UnsignedLessThan, count, params);
        self.b.ins().brif(missing, some, &[], done, &[]);
        self.switch_to(some);
        let filled = params - i64::from(plant::is(Bug::JitMissingNil) && params > 1);
        for param in 0..filled {
            let next = self.cold_block();
            let fill = self.cold_block();
            let passed = self.b.ins().icmp_imm_s(IntCC::UnsignedGreaterThan, count, param);
            self.b.ins().brif(passed, next, &[], fill, &[]);
            self.switch_to(fill);
            self.write_simple(param as usize, tag::NIL);
            self.jump(next);
            self.switch_to(next);
        }
        self.jump(done);
        self.switch_to(done);
    }
}
