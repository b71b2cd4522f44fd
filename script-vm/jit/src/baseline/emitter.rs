//! What all instruction families emit with: Lua registers, tags, the slow path, notes in the feedback.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{F64, I8, I32, I64};
use cranelift_codegen::ir::{
    AbiParam, Block, BlockArg, InstBuilder, JumpTableData, MemFlagsData, SigRef, Signature,
    TrapCode, Value,
};
use cranelift_codegen::isa::{CallConv, TargetFrontendConfig, TargetIsa};
use cranelift_frontend::FunctionBuilder;
use interlune_core::bytecode::{Insn, Opcode};
use interlune_core::function::RESUME;
use interlune_core::offsets;
use interlune_core::plant::{self, Bug};
use interlune_core::runtime;
use interlune_core::tier::CompileInput;
use interlune_core::value::tag;

use super::sites::Sites;
use crate::code::trampoline::{
    direct_signature, entry_signature, float_signature, preserving_signature,
};

/// Bytes of a slot.
pub(crate) const SLOT: i32 = 16;
/// Offset of a slot's second word.
pub(crate) const META: i32 = 8;
/// Offset of a slot's tag, four bytes.
pub(crate) const TAG: i32 = 12;

/// The second word of a value with this tag.
pub(crate) const fn meta_of(tag: u32) -> i64 {
    (tag as i64) << 32
}

/// Whether the code of an instruction needs register 0's address before anything else.
fn uses_registers(insn: Insn) -> bool {
    !matches!(
        insn.opcode(),
        None | Some(
            Opcode::Jump
                | Opcode::JumpBack
                | Opcode::ForInPrep
                | Opcode::Pow
                | Opcode::PowConst
                | Opcode::Concat
                | Opcode::Close
                | Opcode::MarkClose
        )
    )
}

/// The signatures of runtime calls.
struct Signatures {
    /// vm
    vm: SigRef,
    /// vm, pc
    vm_pc: SigRef,
    /// vm, pc, target
    vm_pc_target: SigRef,
    /// vm, pc, fall, taken
    vm_pc_fall_taken: SigRef,
    entry: SigRef,
    /// Two floats to one.
    floats: SigRef,
}

impl Signatures {
    /// Of a runtime function with so many parameters.
    fn of(&self, parameters: usize) -> SigRef {
        [self.vm, self.vm_pc, self.vm_pc_target, self.vm_pc_fall_taken][parameters - 1]
    }
}

/// The call of a runtime function from the slow paths of several instructions. Its block takes the arguments behind the
/// VM, and the number of the instruction's first successor.
struct SharedCall {
    function: usize,
    block: Block,
    /// Successors of each instruction: which one, the result's lowest bits say.
    fan_out: usize,
    successors: Vec<Block>,
}

/// Emits one function.
pub(crate) struct Emitter<'a> {
    pub(crate) b: FunctionBuilder<'a>,
    pub(crate) input: &'a CompileInput,
    pub(crate) sites: &'a Sites,
    pub(crate) vm: Value,
    /// The instruction being emitted.
    pub(crate) pc: usize,
    /// The block of each instruction that begins one.
    blocks: Vec<Option<Block>>,
    /// Returns its parameter, a status.
    leave: Block,
    /// Loads the status that the runtime has left, and leaves.
    leave_as_told: Block,
    signatures: Signatures,
    frontend: TargetFrontendConfig,
    unreachable: bool,
    shared_calls: Vec<SharedCall>,
    /// Of optimized code, in which values live in registers across instructions: the thunk for calls that preserve these,
    /// and its signature. Calls are not shared then.
    preserving: Option<(usize, SigRef)>,
    /// Register 0's address, read where it reaches all that is emitted until the pinned register changes.
    base: Option<Value>,
    /// Leaves optimized code for the baseline code of the same function: takes the address of the instruction to go on
    /// with, and that of the counter of exits.
    exit_tail: Option<Block>,
    /// How functions are called.
    convention: CallConv,
}

impl<'a> Emitter<'a> {
    pub(crate) fn new(
        mut b: FunctionBuilder<'a>,
        input: &'a CompileInput,
        begins_block: &[bool],
        sites: &'a Sites,
        isa: &dyn TargetIsa,
    ) -> Emitter<'a> {
        let mut import = |params: usize| {
            let mut signature = Signature::new(isa.default_call_conv());
            signature.params.extend(std::iter::repeat_n(AbiParam::new(I64), params));
            signature.returns.push(AbiParam::new(I64));
            b.import_signature(signature)
        };
        let signatures = Signatures {
            vm: import(1),
            vm_pc: import(2),
            vm_pc_target: import(3),
            vm_pc_fall_taken: import(4),
            entry: b.import_signature(entry_signature(isa)),
            floats: b.import_signature(float_signature(isa)),
        };
        let leave = b.create_block();
        b.append_block_param(leave, I64);
        b.set_cold_block(leave);
        let leave_as_told = b.create_block();
        b.set_cold_block(leave_as_told);
        let blocks = begins_block.iter().map(|&begins| begins.then(|| b.create_block()));
        let blocks = blocks.collect();
        Emitter {
            b,
            input,
            sites,
            vm: Value::from_u32(0),
            pc: 0,
            blocks,
            leave,
            leave_as_told,
            signatures,
            frontend: isa.frontend_config(),
            unreachable: false,
            shared_calls: Vec::new(),
            preserving: None,
            base: None,
            exit_tail: None,
            convention: isa.default_call_conv(),
        }
    }

    /// Goes on to an instruction.
    pub(crate) fn begin(&mut self, pc: usize) {
        self.pc = pc;
        if let Some(block) = self.blocks[pc] {
            if !self.unreachable {
                self.b.ins().jump(block, &[]);
            }
            self.b.switch_to_block(block);
            self.unreachable = false;
            self.base = None;
        }
        // What an instruction begins with dominates all of it, and what follows it in its block.
        if self.base.is_none() && !self.unreachable && uses_registers(self.insn()) {
            self.base = Some(self.b.ins().get_pinned_reg(I64));
        }
    }

    /// Goes on in a block that anything may have come to.
    pub(crate) fn continue_in(&mut self, block: Block) {
        self.b.switch_to_block(block);
        self.unreachable = false;
        self.base = None;
    }

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

    /// Stands at an instruction.
    pub(crate) fn set_pc(&mut self, pc: usize) {
        self.pc = pc;
    }

    /// Emits one instruction on registers in the Lua stack, given the blocks of all instructions that it may go on with:
    /// first of the one behind it, if it may go on there.
    pub(crate) fn run_insn(&mut self, pc: usize, ways: &[(usize, Block)]) {
        self.pc = pc;
        let hidden: Vec<_> =
            ways.iter().map(|&(to, block)| (to, self.blocks[to].replace(block))).collect();
        self.base = uses_registers(self.insn()).then(|| self.b.ins().get_pinned_reg(I64));
        super::emit(self);
        if let (false, Some(&(_, behind))) = (self.unreachable, ways.first()) {
            self.jump(behind);
        }
        for (to, block) in hidden.into_iter().rev() {
            self.blocks[to] = block;
        }
    }

    /// The block that leaves optimized code.
    pub(crate) fn exit_tail(&mut self) -> Block {
        if let Some(block) = self.exit_tail {
            return block;
        }
        let block = self.cold_block();
        self.b.append_block_param(block, I64);
        self.b.append_block_param(block, I64);
        self.exit_tail = Some(block);
        block
    }

    fn emit_exit_tail(&mut self) {
        let Some(block) = self.exit_tail else { return };
        self.continue_in(block);
        let params = self.b.block_params(block);
        let (state, site) = (params[0], params[1]);
        let function = runtime::exit as *const () as usize;
        let base = self.call(self.signatures.vm_pc_target, function, &[self.vm, state, site]);
        self.require(base, self.leave_as_told);
        self.set_base(base);
        self.resume_baseline(base);
    }

    /// Goes on in the running function's baseline code where the runtime has said.
    fn resume_baseline(&mut self, base: Value) {
        let point = self.call_vm(runtime::exit_point as *const () as usize);
        let entry = self.call_vm(runtime::baseline_entry as *const () as usize);
        let resume = self.int(RESUME);
        let status = self.call_entry(entry, [base, point, resume]);
        self.b.ins().return_(&[status]);
    }

    pub(crate) fn is_unreachable(&self) -> bool {
        self.unreachable
    }

    /// Ends a function that is called directly, and has other ways to leave.
    pub(crate) fn finish_direct(mut self) {
        self.emit_shared_calls();
        for block in [self.leave_as_told, self.leave] {
            // Nothing comes here.
            self.b.switch_to_block(block);
            self.b.ins().trap(TrapCode::unwrap_user(1));
        }
        self.b.seal_all_blocks();
        self.b.finalize(self.frontend);
    }

    /// Emits what all instructions share.
    pub(crate) fn finish(mut self) {
        self.emit_shared_calls();
        self.emit_exit_tail();
        self.b.switch_to_block(self.leave_as_told);
        let status = self.load(I64, self.vm, offsets::vm::LEAVE_STATUS as i32);
        self.b.ins().jump(self.leave, &[BlockArg::Value(status)]);
        self.b.switch_to_block(self.leave);
        let status = self.b.block_params(self.leave)[0];
        self.b.ins().return_(&[status]);
        self.b.seal_all_blocks();
        self.b.finalize(self.frontend);
    }

    pub(crate) fn insn(&self) -> Insn {
        self.input.proto.code[self.pc]
    }

    pub(crate) fn insn_at(&self, pc: usize) -> Insn {
        self.input.proto.code[pc]
    }

    /// The block of the instruction behind this one.
    pub(crate) fn next_block(&mut self) -> Block {
        *self.blocks[self.pc + 1].get_or_insert_with(|| self.b.create_block())
    }

    /// The block of an instruction that begins one.
    pub(crate) fn block_of(&self, pc: usize) -> Block {
        let Some(block) = self.blocks[pc] else { unreachable!("the layout knows every target") };
        block
    }

    // --- plain emission

    pub(crate) fn int(&mut self, value: i64) -> Value {
        self.b.ins().iconst(I64, value)
    }

    pub(crate) fn load(
        &mut self,
        ty: cranelift_codegen::ir::Type,
        address: Value,
        offset: i32,
    ) -> Value {
        self.b.ins().load(ty, MemFlagsData::trusted(), address, offset)
    }

    pub(crate) fn store(&mut self, value: Value, address: Value, offset: i32) {
        self.b.ins().store(MemFlagsData::trusted(), value, address, offset);
    }

    /// A block apart from the hot path.
    pub(crate) fn cold_block(&mut self) -> Block {
        let block = self.b.create_block();
        self.b.set_cold_block(block);
        block
    }

    /// Goes on in a new block if `condition`, else to `otherwise`.
    pub(crate) fn require(&mut self, condition: Value, otherwise: Block) {
        let next = self.b.create_block();
        self.b.ins().brif(condition, next, &[], otherwise, &[]);
        self.b.switch_to_block(next);
    }

    /// Goes on in a new block unless `condition`, else to `otherwise`.
    pub(crate) fn refuse(&mut self, condition: Value, otherwise: Block) {
        let next = self.b.create_block();
        self.b.ins().brif(condition, otherwise, &[], next, &[]);
        self.b.switch_to_block(next);
    }

    pub(crate) fn jump(&mut self, block: Block) {
        self.b.ins().jump(block, &[]);
    }

    pub(crate) fn switch_to(&mut self, block: Block) {
        self.b.switch_to_block(block);
    }

    /// What follows the instruction is reached by jumps only.
    pub(crate) fn ends_here(&mut self) {
        self.unreachable = true;
    }

    // --- Lua registers

    /// Address of register 0.
    pub(crate) fn base(&mut self) -> Value {
        self.base.unwrap_or_else(|| self.b.ins().get_pinned_reg(I64))
    }

    /// What called code has left in the pinned register.
    pub(crate) fn changed_base(&mut self) -> Value {
        self.base = None;
        self.base()
    }

    /// Emits in a block that nothing comes back from: what is emitted afterwards keeps register 0's address.
    pub(crate) fn aside(&mut self, block: Block, emit: impl FnOnce(&mut Self)) {
        let base = self.base;
        self.b.switch_to_block(block);
        emit(self);
        self.base = base;
    }

    /// Changes register 0's address on the path that is being emitted; it is read anew on every other one too.
    pub(crate) fn set_base(&mut self, base: Value) {
        self.b.ins().set_pinned_reg(base);
        self.base = None;
    }

    pub(crate) fn payload(&mut self, register: usize) -> Value {
        let base = self.base();
        self.load(I64, base, register as i32 * SLOT)
    }

    pub(crate) fn float_payload(&mut self, register: usize) -> Value {
        let base = self.base();
        self.load(F64, base, register as i32 * SLOT)
    }

    pub(crate) fn meta(&mut self, register: usize) -> Value {
        let base = self.base();
        self.load(I64, base, register as i32 * SLOT + META)
    }

    pub(crate) fn tag(&mut self, register: usize) -> Value {
        let base = self.base();
        self.load(I32, base, register as i32 * SLOT + TAG)
    }

    /// Whether a register has a tag.
    pub(crate) fn has_tag(&mut self, register: usize, tag: u32) -> Value {
        let found = self.tag(register);
        self.b.ins().icmp_imm_s(IntCC::Equal, found, i64::from(tag))
    }

    /// Goes on if the registers have these tags, else to `otherwise`.
    pub(crate) fn require_tags(&mut self, expected: &[(usize, u32)], otherwise: Block) {
        let mut differences = None;
        for &(register, tag) in expected {
            let found = self.tag(register);
            let difference = self.b.ins().bxor_imm_s(found, i64::from(tag));
            differences = Some(match differences {
                Some(others) => self.b.ins().bor(others, difference),
                None => difference,
            });
        }
        if let Some(differences) = differences {
            self.refuse(differences, otherwise);
        }
    }

    /// Writes a value of a known tag into a register.
    pub(crate) fn write(&mut self, register: usize, payload: Value, tag: u32) {
        let base = self.base();
        self.store(payload, base, register as i32 * SLOT);
        let meta = self.int(meta_of(tag));
        self.store(meta, base, register as i32 * SLOT + META);
    }

    /// Writes both words of a register.
    pub(crate) fn write_words(&mut self, register: usize, payload: Value, meta: Value) {
        let base = self.base();
        self.store(payload, base, register as i32 * SLOT);
        self.store(meta, base, register as i32 * SLOT + META);
    }

    /// Writes a value whose payload is 0.
    pub(crate) fn write_simple(&mut self, register: usize, tag: u32) {
        let zero = self.int(0);
        self.write(register, zero, tag);
    }

    /// The table in a register; to `slow` if it holds something else.
    pub(crate) fn table(&mut self, register: usize, slow: Block) -> Value {
        let is_table = self.has_tag(register, tag::TABLE);
        self.require(is_table, slow);
        self.payload(register)
    }

    /// The running closure.
    pub(crate) fn closure(&mut self) -> Value {
        let base = self.base();
        self.load(I64, base, -SLOT)
    }

    /// Where upvalue `index` keeps its value.
    pub(crate) fn upvalue_location(&mut self, index: usize) -> Value {
        let closure = self.closure();
        let at = offsets::function::CLOSURE_UPVALUES + index * 8;
        let upvalue = self.load(I64, closure, at as i32);
        self.load(I64, upvalue, offsets::function::UPVALUE_LOCATION as i32)
    }

    // --- runtime calls

    /// The address of an instruction.
    pub(crate) fn pc_address(&mut self, pc: usize) -> Value {
        let address = (&raw const self.input.proto.code[pc]).addr();
        self.int(address as i64)
    }

    /// Saves the pc of the running frame: behind the current instruction.
    pub(crate) fn save_pc(&mut self) {
        let frame = self.load(I64, self.vm, offsets::vm::FRAME as i32);
        let behind = if plant::is(Bug::JitWrongPc) { 2 } else { 1 };
        let pc = (&raw const self.input.proto.code[self.pc]).addr() + behind * size_of::<Insn>();
        let pc = self.int(pc as i64);
        self.store(pc, frame, offsets::frame::PC as i32);
    }

    fn call(&mut self, signature: SigRef, function: usize, arguments: &[Value]) -> Value {
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

    // --- calls that instructions share

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
    fn emit_shared_calls(&mut self) {
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

    /// Takes a unit of fuel before a jump back to `target`.
    pub(crate) fn back_edge(&mut self, target: usize) {
        let empty = self.burn();
        let slow = self.cold_block();
        let header = self.block_of(target);
        self.b.ins().brif(empty, slow, &[], header, &[]);
        self.switch_to(slow);
        let arguments = [self.pc, target].map(|pc| self.pc_address(pc));
        self.run_aside(runtime::loop_safepoint as *const () as usize, &arguments, header);
    }

    /// Takes a unit of fuel; the result says whether there was none.
    pub(crate) fn burn(&mut self) -> Value {
        let interrupt = self.load(I64, self.vm, offsets::vm::INTERRUPT as i32);
        let fuel = self.load(I32, interrupt, offsets::interrupt::FUEL as i32);
        let left = self.b.ins().iadd_imm_s(fuel, -1);
        self.store(left, interrupt, offsets::interrupt::FUEL as i32);
        self.b.ins().icmp_imm_s(IntCC::SignedLessThan, left, 0)
    }

    /// Whether the collector's deletion barrier is on.
    pub(crate) fn is_marking(&mut self) -> Value {
        self.load(I8, self.vm, offsets::vm::MARKING as i32)
    }

    // --- feedback

    /// The feedback cell `index` of the current instruction as it was.
    pub(crate) fn feedback(&self, index: usize) -> u64 {
        self.input.feedback(self.pc, index)
    }

    /// The address of the current instruction's feedback cell.
    pub(crate) fn feedback_address(&mut self) -> Value {
        let address = self.input.feedback_at + self.insn().feedback_cell() * 8;
        self.int(address as i64)
    }

    /// Notes bits that code has computed, if nothing was noted at the instruction so far.
    pub(crate) fn note_first(&mut self, bits: Value) {
        if self.is_noted() {
            return;
        }
        let cell = self.feedback_address();
        let seen = self.load(I64, cell, 0);
        let seen = self.b.ins().bor(seen, bits);
        self.store(seen, cell, 0);
    }

    /// Whether anything is noted at the instruction, or there is no place for it.
    pub(crate) fn is_noted(&self) -> bool {
        self.feedback(0) != 0 || self.input.feedback_at == 0
    }

    /// Notes a kind of operands.
    pub(crate) fn note(&mut self, kind: u64) {
        if self.feedback(0) & kind != 0 || self.input.feedback_at == 0 {
            return;
        }
        let cell = self.feedback_address();
        let seen = self.load(I64, cell, 0);
        let seen = self.b.ins().bor_imm_s(seen, kind as i64);
        self.store(seen, cell, 0);
    }
}
