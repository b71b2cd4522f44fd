//! The one door between the VM and its compilers: the VM tells a [`Compiler`] what it sees; core names no JIT.

use std::sync::Arc;

use crate::bytecode::Proto;

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
    /// A quantum of `units` calls and back-edges has ended in this function.
    fn sample(&mut self, function: &Arc<Proto>, site: Site, units: u32);
}
