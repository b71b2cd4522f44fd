//! The machine that code is made for.

use std::sync::Arc;

use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::settings::{self, Configurable};

/// Why there is no machine code.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CodeError {
    #[error("this machine is not supported: {0}")]
    Machine(String),
    /// One error for all functions of a batch.
    #[error("no memory for code: {0}")]
    Memory(#[source] Arc<std::io::Error>),
    #[error("{0}")]
    Compile(String),
    /// An internal bug; the function stays interpreted.
    #[error("the code of the function refers to addresses outside it")]
    Relocation,
}

impl CodeError {
    pub(super) fn memory(error: std::io::Error) -> CodeError {
        CodeError::Memory(Arc::new(error))
    }
}

/// How registers are allocated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Allocator {
    /// In time that grows linearly with the function; values live in memory between blocks.
    SinglePass,
    /// Code runs about a sixth faster; takes twice the time for a small function and far more for a large one.
    Backtracking,
}

/// The machine we run on, with the settings of the baseline tier: no optimization, and the register that holds
/// register 0 of the running Lua frame kept out of the allocator's hands.
///
/// # Errors
/// Cranelift does not know this machine.
pub fn baseline(allocator: Allocator) -> Result<OwnedTargetIsa, CodeError> {
    let mut flags = settings::builder();
    let options = [
        ("opt_level", "none"),
        (
            "regalloc_algorithm",
            match allocator {
                Allocator::SinglePass => "single_pass",
                Allocator::Backtracking => "backtracking",
            },
        ),
        ("enable_pinned_reg", "true"),
        ("enable_verifier", if cfg!(debug_assertions) { "true" } else { "false" }),
        ("enable_probestack", "false"),
        ("unwind_info", "false"),
        ("machine_code_cfg_info", "false"),
    ];
    for (name, value) in options {
        flags.set(name, value).map_err(|error| CodeError::Machine(error.to_string()))?;
    }
    let machine =
        cranelift_native::builder().map_err(|message| CodeError::Machine(message.to_string()))?;
    machine
        .finish(settings::Flags::new(flags))
        .map_err(|error| CodeError::Machine(error.to_string()))
}
