//! The one door between the VM and its compilers: the VM tells a [`Compiler`] what it sees and hands it what a
//! compilation needs; the compiler hands back machine code. Core names no JIT.

use std::sync::Arc;

use crate::bytecode::Proto;
use crate::function::{CompiledCode, FunctionProto};
use crate::object::Gc;
use crate::runtime::Trampoline;

/// Where a function was when the VM looked: what a sample is charged to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Site {
    /// At its entry.
    Entry,
    /// At a back-edge whose target is this instruction.
    Loop { pc: u32 },
}

/// What a JIT implements. All calls come on the VM's thread, at safepoints, and must be short.
pub trait Compiler {
    /// A function is called for the first time; it has no feedback yet.
    fn first_call(&mut self, function: &mut Function);

    /// A quantum of `units` calls and back-edges has ended in this function.
    fn sample(&mut self, function: &mut Function, site: Site, units: u32);

    /// What enters the code that this compiler makes.
    fn trampoline(&self) -> Option<Trampoline>;
}

/// A function of the VM as its compiler sees it.
#[derive(Debug)]
pub struct Function {
    pub(crate) proto: Gc<FunctionProto>,
}

/// All that a compilation reads. Nothing in it points to what the VM may change or free while `proto` lives, but the
/// addresses of the function's own cells, which are for the code, not for the compiler.
#[derive(Clone, Debug)]
pub struct CompileInput {
    pub proto: Arc<Proto>,
    /// The feedback cells as they were.
    pub feedback: Box<[u64]>,
    /// Address of the first constant.
    pub constants_at: usize,
    /// Address of the first feedback cell.
    pub feedback_at: usize,
    /// Address of the call counter, a `u32`.
    pub calls_at: usize,
}

impl Function {
    pub fn proto(&self) -> &Arc<Proto> {
        &self.proto_ref().proto
    }

    fn proto_ref(&self) -> &FunctionProto {
        &self.proto
    }

    /// A number for the function that no other living function of the VM has.
    pub fn id(&self) -> u64 {
        self.proto.addr()
    }

    pub fn is_compiled(&self) -> bool {
        self.proto_ref().compiled.is_some()
    }

    pub fn input(&self) -> CompileInput {
        let proto = self.proto_ref();
        CompileInput {
            proto: proto.proto.clone(),
            feedback: proto.feedback_cells.clone(),
            constants_at: proto.k.addr(),
            feedback_at: proto.feedback.addr(),
            calls_at: (&raw const proto.calls).addr(),
        }
    }

    /// Makes the function run this code from its next call or resumption on.
    pub fn install(&mut self, code: Arc<CompiledCode>) {
        debug_assert_eq!(code.resume_points.len(), self.proto.proto.code.len());
        self.proto.entry = code.entry;
        self.proto.resume_points = code.resume_points.as_ptr();
        self.proto.compiled = Some(code);
    }
}
