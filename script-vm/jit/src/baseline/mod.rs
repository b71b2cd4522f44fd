//! The baseline tier: bytecode to machine code one instruction at a time, without speculation.
//!
//! Every Lua value lives in the Lua stack between two instructions, and the pinned register holds the address of
//! register 0. An instruction gets the paths that its feedback has seen; everything else runs through
//! [`interlune_core::runtime`], in the end the interpreter's own handler.
//!
//! * [`layout`]: which instructions begin blocks, and where code can be entered
//! * [`emitter`]: registers, tags, slow paths; [`frame`]: entry and prologue
//! * [`arith`], [`compare`], [`access`], [`store`], [`element`], [`construct`], [`call`], [`control`], [`protect`],
//!   [`vararg`]: a family each
//! * [`sites`]: the inline caches of a function's code

mod access;
mod arith;
mod call;
mod compare;
mod construct;
mod control;
mod element;
pub(crate) mod emitter;
mod frame;
mod layout;
mod protect;
mod sites;
mod store;
#[cfg(test)]
mod tests;
mod vararg;

use cranelift_codegen::Context;
use cranelift_codegen::ir::{Function, UserFuncName};
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use interlune_core::bytecode::Opcode;
use interlune_core::tier::CompileInput;

use crate::code::target::{self, Allocator, CodeError};
use crate::code::trampoline::{assemble, entry_signature};
pub(crate) use control::VARIABLES;
pub(crate) use emitter::Emitter;
pub(crate) use layout::{Layout, is_test, jump_target, only_way_on, ways_on};
pub use sites::Sites;

/// What the code of a function is made with besides the code itself.
#[derive(Debug)]
pub struct Translated {
    /// For each instruction the number of its resume point, 0 if it has none.
    pub resume_points: Box<[u32]>,
    /// The inline caches that the code refers to.
    pub sites: Sites,
}

/// Longer functions stay interpreted: Cranelift would take seconds for them, and cannot be interrupted.
pub const MOST_BYTECODES: usize = 16_000;

/// Longer functions get the register allocator that is quick rather than good.
const CAREFUL_BYTECODES: usize = 400;

/// The baseline compiler; one per thread.
pub struct Baseline {
    /// For functions of up to [`CAREFUL_BYTECODES`] instructions.
    careful: OwnedTargetIsa,
    /// For longer ones.
    quick: OwnedTargetIsa,
    /// The last function translated is a long one.
    is_long: bool,
    context: Context,
    builders: FunctionBuilderContext,
}

impl Baseline {
    /// # Errors
    /// This machine is not supported.
    pub fn new() -> Result<Baseline, CodeError> {
        Ok(Baseline {
            careful: target::baseline(Allocator::Backtracking)?,
            quick: target::baseline(Allocator::SinglePass)?,
            is_long: false,
            context: Context::new(),
            builders: FunctionBuilderContext::new(),
        })
    }

    /// The machine that it compiles for, with the settings for the function that was last translated.
    pub fn isa(&self) -> &OwnedTargetIsa {
        if self.is_long { &self.quick } else { &self.careful }
    }

    /// Machine code of the function that was last translated.
    ///
    /// # Errors
    /// Cranelift refuses the function, for instance because it is too large.
    pub fn generate(&mut self) -> Result<Vec<u8>, CodeError> {
        let isa = if self.is_long { &self.quick } else { &self.careful };
        assemble(&**isa, &mut self.context)
    }

    /// The function's CLIF, for dumps.
    pub fn clif(&mut self, input: &CompileInput) -> String {
        self.translate(input);
        self.context.func.display().to_string()
    }

    /// The function's machine code as text, for dumps.
    ///
    /// # Errors
    /// As for [`Baseline::generate`].
    pub fn assembly(&mut self, input: &CompileInput) -> Result<String, CodeError> {
        self.translate(input);
        self.context.set_disasm(true);
        self.generate()?;
        let text = self.context.compiled_code().and_then(|code| code.vcode.clone());
        Ok(text.unwrap_or_default())
    }

    /// Translates a function to CLIF, which stays in the compiler for [`Baseline::generate`].
    pub fn translate(&mut self, input: &CompileInput) -> Translated {
        self.is_long = input.proto.code.len() > CAREFUL_BYTECODES;
        self.context.clear();
        self.context.func =
            Function::with_name_signature(UserFuncName::default(), entry_signature(&**self.isa()));
        let layout = Layout::of(&input.proto);
        let sites = Sites::of(&input.proto, input.cache_entries);
        let builder = FunctionBuilder::new(&mut self.context.func, &mut self.builders);
        let mut emitter =
            Emitter::new(builder, input, &layout.begins_block, &sites, &*self.careful);
        emitter.emit_entry(&layout);
        for pc in 0..input.proto.code.len() {
            emitter.begin(pc);
            if !emitter.is_unreachable() {
                emit(&mut emitter);
            }
        }
        emitter.finish();
        Translated { resume_points: layout.resume_points, sites }
    }
}

/// Emits the instruction that the emitter stands at.
fn emit(e: &mut Emitter<'_>) {
    // Verified code has no unknown opcode.
    let Some(opcode) = e.insn().opcode() else { return e.step() };
    match opcode {
        Opcode::Move => e.emit_move(),
        Opcode::LoadInt => e.emit_load_int(),
        Opcode::LoadConst => e.emit_load_const(),
        Opcode::LoadNil => e.emit_load_nil(),
        Opcode::LoadTrue => e.emit_load_boolean(true),
        Opcode::LoadFalse => e.emit_load_boolean(false),
        Opcode::LoadFalseSkip => e.emit_load_false_skip(),
        Opcode::GetUpvalue => e.emit_get_upvalue(),
        Opcode::SetUpvalue => e.emit_set_upvalue(),
        Opcode::GetEnv => e.emit_get_env(),
        Opcode::SetEnv => e.emit_set_env(),
        Opcode::GetField => e.emit_get_field(),
        Opcode::SetField => e.emit_set_field(),
        Opcode::GetMethod => e.emit_get_method(),
        Opcode::GetIndex => e.emit_get_index(),
        Opcode::SetIndex => e.emit_set_index(),
        Opcode::GetInt => e.emit_get_int(),
        Opcode::SetInt => e.emit_set_int(),
        Opcode::NewTable => e.emit_new_table(),
        Opcode::SetList => e.emit_set_list(),
        Opcode::Len => e.emit_len(),
        Opcode::Add
        | Opcode::Sub
        | Opcode::Mul
        | Opcode::Div
        | Opcode::Mod
        | Opcode::FloorDiv
        | Opcode::AddImm
        | Opcode::SubImm
        | Opcode::AddConst
        | Opcode::SubConst
        | Opcode::MulConst
        | Opcode::DivConst
        | Opcode::ModConst
        | Opcode::FloorDivConst => e.emit_arithmetic(opcode),
        Opcode::BitAnd
        | Opcode::BitOr
        | Opcode::BitXor
        | Opcode::BitAndConst
        | Opcode::BitOrConst
        | Opcode::BitXorConst
        | Opcode::ShiftLeft
        | Opcode::ShiftRight
        | Opcode::ShiftLeftImm
        | Opcode::ShiftRightImm
        | Opcode::BitNot => e.emit_bitwise(opcode),
        Opcode::Neg => e.emit_negate(),
        Opcode::Not => e.emit_not(),
        Opcode::Jump => e.emit_jump(),
        Opcode::JumpBack => e.emit_jump_back(),
        Opcode::ForPrep => e.emit_for_prep(),
        Opcode::ForLoop => e.emit_for_loop(),
        Opcode::ForInPrep => e.emit_for_in_prep(),
        Opcode::ForCall => e.emit_for_call(),
        Opcode::ForInLoop => e.emit_for_in_loop(),
        Opcode::TestEq => e.emit_test_eq(),
        Opcode::TestEqConst => e.emit_test_eq_const(),
        Opcode::TestLt | Opcode::TestLe => e.emit_order(opcode),
        Opcode::TestLtImm | Opcode::TestLeImm | Opcode::TestGtImm | Opcode::TestGeImm => {
            e.emit_order_immediate(opcode);
        }
        Opcode::Test => e.emit_test(),
        Opcode::TestSet => e.emit_test_set(),
        Opcode::Call => e.emit_call(),
        Opcode::TailCall => e.emit_tail_call(),
        Opcode::Return => e.emit_return(),
        Opcode::Return0 => e.emit_return0(),
        Opcode::Return1 => e.emit_return1(),
        Opcode::Pow | Opcode::PowConst | Opcode::Concat | Opcode::Close | Opcode::MarkClose => {
            e.step()
        }
        Opcode::Closure => e.emit_closure(),
        Opcode::Vararg => e.emit_vararg(),
        Opcode::VarargPrep => e.emit_vararg_prep(),
    }
}
