//! Calls of the runtime and of compiled code, on slow paths that instructions share.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{
    AbiParam, Block, BlockArg, InstBuilder, JumpTableData, SigRef, Signature, Value,
};
use interlune_core::offsets;
use interlune_core::runtime;

use super::{Emitter, SharedCall};
use crate::code::trampoline::{direct_signature, preserving_signature};

impl Emitter<'_> {
    /// Emits optimized code, which calls the runtime by this thunk off its hot paths.
    pub(crate) fn keep_values(&mut self, thunk: usize) {
        let signature = self.b.import_signature(preserving_signature());
        self.preserving = Some((thunk, signature));
    }

    /// Calls a function of the runtime with the VM and two more arguments.
    pub(crate) fn call_three(&mut self, function: usize, arguments: [Value; 2]) -> Value {
        let [a, b] = arguments;
        self.call(self.signatures.vm_pc_target, function, &[self.vm, a, b])
    }

    /// Calls a function of the runtime with the VM and two arguments, changing no register. Its result.
    pub(crate) fn call_preserving(&mut self, function: usize, arguments: [Value; 2]) -> Value {
        let Some((thunk, signature)) = self.preserving else {
            unreachable!("only optimized code calls so")
        };
        let (thunk, function) = (self.int(thunk as i64), self.int(function as i64));
        let [a, b] = arguments;
        self.b.ins().call_indirect(signature, thunk, &[self.vm, a, b, function]);
        self.load(I64, self.vm, offsets::vm::PRESERVED_RESULT as i32)
    }

    /// The same on a path that goes on in `done` with the register 0 that the function returns, or leaves.
    pub(crate) fn safepoint(&mut self, function: usize, arguments: [Value; 2], done: Block) {
        let base = self.call_preserving(function, arguments);
        let go_on = self.cold_block();
        self.b.ins().brif(base, go_on, &[], self.leave_as_told, &[]);
        self.b.switch_to_block(go_on);
        self.set_base(base);
        self.jump(done);
    }

    pub(super) fn call(
        &mut self,
        signature: SigRef,
        function: usize,
        arguments: &[Value],
    ) -> Value {
        let function = self.int(function as i64);
        let call = self.b.ins().call_indirect(signature, function, arguments);
        self.b.inst_results(call)[0]
    }

    /// Calls a function of two floats.
    pub(crate) fn call_floats(&mut self, function: usize, arguments: [Value; 2]) -> Value {
        self.call(self.signatures.floats, function, &arguments)
    }

    /// Calls a runtime function of the VM and the pc.
    pub(crate) fn call_vm_pc(&mut self, function: usize) -> Value {
        let pc = self.pc_address(self.pc);
        self.call(self.signatures.vm_pc, function, &[self.vm, pc])
    }

    pub(crate) fn call_vm(&mut self, function: usize) -> Value {
        self.call(self.signatures.vm, function, &[self.vm])
    }

    /// Calls a function's entry.
    pub(crate) fn call_entry(&mut self, entry: Value, arguments: [Value; 3]) -> Value {
        let [a, b, c] = arguments;
        let call = self.b.ins().call_indirect(self.signatures.entry, entry, &[self.vm, a, b, c]);
        self.b.inst_results(call)[0]
    }

    /// Calls code without a frame; the words of its result.
    pub(crate) fn call_direct(&mut self, entry: Value, arguments: &[Value]) -> [Value; 2] {
        let parameters = (arguments.len() - 2) / 2;
        let signature = self.b.import_signature(direct_signature(self.convention, parameters));
        let call = self.b.ins().call_indirect(signature, entry, arguments);
        let results = self.b.inst_results(call);
        [results[0], results[1]]
    }

    /// Calls a function of the runtime with four arguments.
    pub(crate) fn call_four(&mut self, function: usize, arguments: [Value; 4]) {
        let [a, b, c, d] = arguments;
        let mut signature = Signature::new(self.convention);
        signature.params.extend([AbiParam::new(I64); 5]);
        let signature = self.b.import_signature(signature);
        let function = self.int(function as i64);
        self.b.ins().call_indirect(signature, function, &[self.vm, a, b, c, d]);
    }

    /// The same, with a result.
    pub(crate) fn call_for_base(&mut self, function: usize, arguments: [Value; 4]) -> Value {
        let [a, b, c, d] = arguments;
        let mut signature = Signature::new(self.convention);
        signature.params.extend([AbiParam::new(I64); 5]);
        signature.returns.push(AbiParam::new(I64));
        let signature = self.b.import_signature(signature);
        self.call(signature, function, &[self.vm, a, b, c, d])
    }

    /// Leaves if a runtime call has returned null, else takes its result as register 0.
    pub(crate) fn continue_at(&mut self, base: Value) {
        self.require(base, self.leave_as_told);
        self.set_base(base);
    }

    /// Leaves with a status other than 0.
    pub(crate) fn leave_unless_returned(&mut self, status: Value) {
        let next = self.b.create_block();
        self.b.ins().brif(status, self.leave, &[BlockArg::Value(status)], next, &[]);
        self.b.switch_to_block(next);
    }

    pub(crate) fn leave_as_told(&self) -> Block {
        self.leave_as_told
    }

    /// A function of the runtime runs the instruction; it goes on behind it.
    pub(crate) fn run(&mut self, function: usize) {
        let base = self.call_vm_pc(function);
        self.continue_at(base);
    }

    /// The interpreter runs the instruction; it goes on behind it.
    pub(crate) fn step(&mut self) {
        self.run(runtime::step as *const () as usize);
    }

    /// Fills `slow`, the block of the instruction's slow path: the interpreter runs it and goes on in `done`. That ends the
    /// instruction.
    pub(crate) fn slow_step(&mut self, slow: Block, done: Block) {
        self.slow_call(slow, runtime::step as *const () as usize, done);
    }

    /// The same with a runtime call that does the instruction's work.
    pub(crate) fn slow_call(&mut self, slow: Block, function: usize, done: Block) {
        self.switch_to(slow);
        let pc = self.pc_address(self.pc);
        self.run_aside(function, &[pc], done);
        self.ends_here();
    }

    /// The interpreter runs the branching instruction.
    pub(crate) fn step_branch(&mut self, fall: usize, taken: usize) {
        let arguments = [self.pc, fall, taken].map(|pc| self.pc_address(pc));
        let successors = [self.block_of(fall), self.block_of(taken)];
        self.aside_call(runtime::step_branch as *const () as usize, &arguments, &successors);
    }

    /// A function of the runtime runs the instruction, off the fast path; it goes on in `done`. The call itself is emitted
    /// once for all instructions.
    pub(crate) fn run_aside(&mut self, function: usize, arguments: &[Value], done: Block) {
        self.aside_call(function, arguments, &[done]);
    }

    /// Jumps to the shared call of a runtime function, which goes on in one of the successors: the one that the lowest bits
    /// of its result say.
    fn aside_call(&mut self, function: usize, arguments: &[Value], successors: &[Block]) {
        if self.preserving.is_some() {
            return self.call_and_go_on(function, arguments, successors);
        }
        let known = self.shared_calls.iter().position(|call| call.function == function);
        let index = known.unwrap_or_else(|| {
            let block = self.cold_block();
            for _ in arguments {
                self.b.append_block_param(block, I64);
            }
            self.b.append_block_param(block, I32);
            let fan_out = successors.len();
            self.shared_calls.push(SharedCall { function, block, fan_out, successors: Vec::new() });
            self.shared_calls.len() - 1
        });
        let call = &mut self.shared_calls[index];
        let first = call.successors.len() as i64;
        call.successors.extend_from_slice(successors);
        let block = call.block;
        let first = self.b.ins().iconst(I32, first);
        let arguments: Vec<_> =
            arguments.iter().chain([&first]).map(|&value| BlockArg::Value(value)).collect();
        self.b.ins().jump(block, &arguments);
    }

    /// Calls a function of the runtime and goes on in one of the successors: the one that the lowest bits of its result say.
    fn call_and_go_on(&mut self, function: usize, arguments: &[Value], successors: &[Block]) {
        let arguments: Vec<_> = [self.vm].iter().chain(arguments).copied().collect();
        let result = self.call(self.signatures.of(arguments.len()), function, &arguments);
        self.require(result, self.leave_as_told);
        let [first, rest @ ..] = successors else { unreachable!("an instruction goes on") };
        let Some(second) = rest.first() else {
            self.set_base(result);
            return self.jump(*first);
        };
        let chosen = self.b.ins().band_imm_s(result, 1);
        let base = self.b.ins().bxor(result, chosen);
        self.set_base(base);
        self.b.ins().brif(chosen, *second, &[], *first, &[]);
    }

    /// Emits the calls that instructions share.
    pub(super) fn emit_shared_calls(&mut self) {
        for shared in std::mem::take(&mut self.shared_calls) {
            self.b.switch_to_block(shared.block);
            let params = self.b.block_params(shared.block).to_vec();
            let (first, arguments) = (params[params.len() - 1], &params[..params.len() - 1]);
            let arguments: Vec<_> = [self.vm].iter().chain(arguments).copied().collect();
            let signature = self.signatures.of(arguments.len());
            let result = self.call(signature, shared.function, &arguments);
            self.require(result, self.leave_as_told);
            let mut successor = first;
            let mut base = result;
            if shared.fan_out > 1 {
                let chosen = self.b.ins().band_imm_s(result, 1);
                base = self.b.ins().bxor(result, chosen);
                let chosen = self.b.ins().ireduce(I32, chosen);
                successor = self.b.ins().iadd(first, chosen);
            }
            self.set_base(base);
            if let [only] = shared.successors[..] {
                self.jump(only);
                continue;
            }
            let targets: Vec<_> = shared
                .successors
                .iter()
                .map(|&block| self.b.func.dfg.block_call(block, &[]))
                .collect();
            // All indices are below the number of successors, the last of which stands for any other.
            let last = targets.len() - 1;
            let data = JumpTableData::new(targets[last], &targets[..last]);
            let table = self.b.create_jump_table(data);
            self.b.ins().br_table(successor, table);
        }
    }

    /// The interpreter steps a generic loop: it has `ended`, it is in the `body`, or its iterator was called.
    pub(crate) fn step_for_call(&mut self, ended: usize, body: usize, called: Block) {
        let arguments =
            [self.vm, self.pc_address(self.pc), self.pc_address(ended), self.pc_address(body)];
        let function = runtime::for_call as *const () as usize;
        let result = self.call(self.signatures.vm_pc_fall_taken, function, &arguments);
        self.require(result, self.leave_as_told);
        let outcome = self.b.ins().band_imm_s(result, 3);
        let base = self.b.ins().bxor(result, outcome);
        self.set_base(base);
        let (ended, body) = (self.block_of(ended), self.block_of(body));
        let is_body = self.b.ins().icmp_imm_s(IntCC::Equal, outcome, runtime::TAKEN as i64);
        self.refuse(is_body, body);
        self.b.ins().brif(outcome, called, &[], ended, &[]);
    }

    /// Calls the runtime with the VM and an address, for nothing in return.
    pub(crate) fn call_barrier(&mut self, function: usize, place: Value) {
        if self.preserving.is_some() {
            self.call_preserving(function, [place, place]);
            return;
        }
        self.call(self.signatures.vm_pc, function, &[self.vm, place]);
    }
}
