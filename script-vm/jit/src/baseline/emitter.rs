//! What all instruction families emit with: Lua registers, tags, the slow path, notes in the feedback.

mod calls;
mod registers;

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I8, I32, I64};
use cranelift_codegen::ir::{
    AbiParam, Block, BlockArg, InstBuilder, MemFlagsData, SigRef, Signature, TrapCode, Value,
};
use cranelift_codegen::isa::{CallConv, TargetFrontendConfig, TargetIsa};
use cranelift_frontend::FunctionBuilder;
use interlune_core::bytecode::{Insn, Opcode};
use interlune_core::function::RESUME;
use interlune_core::offsets;
use interlune_core::plant::{self, Bug};
use interlune_core::runtime;
use interlune_core::tier::CompileInput;

use super::sites::Sites;
use crate::code::trampoline::{entry_signature, float_signature};

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

    // --- calls that instructions share

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
