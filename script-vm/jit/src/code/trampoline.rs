//! The way from Rust into compiled code: compiled code expects the address of register 0 in the pinned register, which
//! belongs to the caller by the system's convention.

#![allow(unsafe_code, reason = "an address of code becomes a function")]

use std::sync::{Arc, OnceLock};

use cranelift_codegen::ir::types::{F64, I64};
use cranelift_codegen::ir::{
    AbiParam, Function, InstBuilder, MemFlagsData, Signature, UserFuncName,
};
use cranelift_codegen::isa::{CallConv, TargetIsa};
use cranelift_codegen::{CodegenError, Context, control::ControlPlane};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use interlune_core::{offsets, runtime};

use super::memory::CodeSegment;
use super::target::{self, Allocator, CodeError};

/// The signature of compiled functions: VM, slot or register 0, count or resume point, results wanted; a status.
pub fn entry_signature(isa: &dyn TargetIsa) -> Signature {
    let mut signature = Signature::new(isa.default_call_conv());
    signature.params.extend([AbiParam::new(I64); 4]);
    signature.returns.push(AbiParam::new(I64));
    signature
}

/// The signature of functions of two floats.
pub fn float_signature(isa: &dyn TargetIsa) -> Signature {
    let mut signature = Signature::new(isa.default_call_conv());
    signature.params.extend([AbiParam::new(F64); 2]);
    signature.returns.push(AbiParam::new(F64));
    signature
}

/// The signature of code that is called directly: VM, closure, payload and second word of each parameter; payload and
/// second word of the first result, or what [`runtime::REFUSED`] and [`runtime::BAILED`] say.
pub fn direct_signature(convention: CallConv, parameters: usize) -> Signature {
    let mut signature = Signature::new(convention);
    signature.params.extend(std::iter::repeat_n(AbiParam::new(I64), 2 + 2 * parameters));
    signature.returns.extend([AbiParam::new(I64); 2]);
    signature
}

/// The signature of the thunk by which optimized code calls the runtime off its hot paths: VM, two arguments, function.
/// It changes no register; the function's result is in the VM.
pub fn preserving_signature() -> Signature {
    let mut signature = Signature::new(CallConv::PreserveAll);
    signature.params.extend([AbiParam::new(I64); 4]);
    signature
}

/// Compiled code's way in, and its way out for calls that are to leave registers alone, with the memory they lie in.
#[derive(Clone, Debug)]
pub struct Trampoline {
    segment: Arc<CodeSegment>,
    /// Where the thunk lies in the segment.
    preserving: usize,
}

impl Trampoline {
    /// The one of this process, made at the first call.
    ///
    /// # Errors
    /// This machine is not supported, or there is no memory for code.
    pub fn shared() -> Result<Trampoline, CodeError> {
        static SHARED: OnceLock<Trampoline> = OnceLock::new();
        if let Some(trampoline) = SHARED.get() {
            return Ok(trampoline.clone());
        }
        let isa = target::baseline(Allocator::SinglePass)?;
        let made = Trampoline::new(&*isa)?;
        Ok(SHARED.get_or_init(|| made).clone())
    }

    /// # Errors
    /// No memory for code.
    pub fn new(isa: &dyn TargetIsa) -> Result<Trampoline, CodeError> {
        let entry = entry_signature(isa);
        let mut signature = entry.clone();
        signature.params.push(AbiParam::new(I64));
        let mut context = Context::for_function(Function::with_name_signature(
            UserFuncName::default(),
            signature,
        ));
        let mut builders = FunctionBuilderContext::new();
        let mut builder = FunctionBuilder::new(&mut context.func, &mut builders);
        let entry = builder.import_signature(entry);
        let block = builder.create_block();
        builder.append_block_params_for_function_params(block);
        builder.switch_to_block(block);
        let params = builder.block_params(block).to_vec();
        let saved = builder.ins().get_pinned_reg(I64);
        builder.ins().set_pinned_reg(params[1]);
        let call = builder.ins().call_indirect(entry, params[4], &params[..4]);
        let status = builder.inst_results(call)[0];
        builder.ins().set_pinned_reg(saved);
        builder.ins().return_(&[status]);
        builder.seal_all_blocks();
        builder.finalize(isa.frontend_config());
        let code = assemble(isa, &mut context)?;
        let thunk = preserving_thunk(isa)?;
        let (segment, offsets) = CodeSegment::new(&[&code, &thunk])?;
        Ok(Trampoline { segment, preserving: offsets[1] })
    }

    /// The address of the thunk; see [`preserving_signature`].
    pub fn preserving(&self) -> usize {
        self.segment.at(self.preserving).addr()
    }

    /// The function; the memory must be kept as long as it may be called.
    pub fn function(&self) -> runtime::Trampoline {
        // SAFETY: the segment begins with a function of this signature, compiled for this machine's C convention.
        unsafe { std::mem::transmute::<*const u8, runtime::Trampoline>(self.segment.at(0)) }
    }
}

/// Calls a function of the system's convention on behalf of code that does not want to lose any register.
fn preserving_thunk(isa: &dyn TargetIsa) -> Result<Vec<u8>, CodeError> {
    let mut context = Context::for_function(Function::with_name_signature(
        UserFuncName::default(),
        preserving_signature(),
    ));
    let mut builders = FunctionBuilderContext::new();
    let mut builder = FunctionBuilder::new(&mut context.func, &mut builders);
    let mut signature = Signature::new(isa.default_call_conv());
    signature.params.extend([AbiParam::new(I64); 3]);
    signature.returns.push(AbiParam::new(I64));
    let signature = builder.import_signature(signature);
    let block = builder.create_block();
    builder.append_block_params_for_function_params(block);
    builder.switch_to_block(block);
    let params = builder.block_params(block).to_vec();
    let call = builder.ins().call_indirect(signature, params[3], &params[..3]);
    let result = builder.inst_results(call)[0];
    let place = offsets::vm::PRESERVED_RESULT as i32;
    builder.ins().store(MemFlagsData::trusted(), result, params[0], place);
    builder.ins().return_(&[]);
    builder.seal_all_blocks();
    builder.finalize(isa.frontend_config());
    assemble(isa, &mut context)
}

/// The most native stack that the code of one function may take. The VM looks at how much is left before it calls code, not
/// at what that takes, so threads need so much more than the limit it knows.
pub const MOST_FRAME_BYTES: u32 = 256 << 10;

/// Machine code of a finished function.
///
/// # Errors
/// Cranelift refuses it, or the code is not position independent, or it would take too much native stack.
pub fn assemble(isa: &dyn TargetIsa, context: &mut Context) -> Result<Vec<u8>, CodeError> {
    let compiled =
        context.compile(isa, &mut ControlPlane::default()).map_err(|error| match error.inner {
            CodegenError::Verifier(errors) => CodeError::Compile(errors.to_string()),
            other => CodeError::Compile(other.to_string()),
        })?;
    if !compiled.buffer.relocs().is_empty() {
        return Err(CodeError::Relocation);
    }
    let frame_bytes = compiled.buffer.frame_layout().map_or(0, |layout| layout.frame_to_fp_offset);
    if frame_bytes > MOST_FRAME_BYTES {
        return Err(CodeError::Frame(frame_bytes));
    }
    Ok(compiled.code_buffer().to_vec())
}
