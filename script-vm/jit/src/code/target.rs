//! The machine that code is made for.

use std::str::FromStr;
use std::sync::Arc;

use cranelift_codegen::isa::{OwnedTargetIsa, TargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use target_lexicon::{Architecture, Endianness, Triple};

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
    /// See [`MOST_FRAME_BYTES`](super::trampoline::MOST_FRAME_BYTES).
    #[error("it is too long: a call of its code would take {0} bytes of native stack")]
    Frame(u32),
    /// See [`MOST_BYTECODES`](crate::baseline::MOST_BYTECODES).
    #[error("it is too long: {0} instructions")]
    TooLong(usize),
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
/// There is no compiler for this machine, or it lacks what compiled code needs.
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
        // A frame larger than the page that guards a stack must not step over it.
        ("enable_probestack", "true"),
        ("probestack_strategy", "inline"),
        ("unwind_info", "false"),
        ("machine_code_cfg_info", "false"),
    ];
    for (name, value) in options {
        flags.set(name, value).map_err(|error| CodeError::Machine(error.to_string()))?;
    }
    check_architecture(&Triple::host())?;
    let machine =
        cranelift_native::builder().map_err(|message| CodeError::Machine(message.to_string()))?;
    let machine = machine
        .finish(settings::Flags::new(flags))
        .map_err(|error| CodeError::Machine(error.to_string()))?;
    check_features(&*machine)?;
    Ok(machine)
}

/// Whether code could be made and run if this were the machine of that name, like `mips64-unknown-linux-gnu`.
///
/// # Errors
/// It could not; or it is another machine than this one, on which its code would not run.
pub fn check_name(name: &str) -> Result<(), CodeError> {
    let machine = Triple::from_str(name)
        .map_err(|error| CodeError::Machine(format!("{name} is no machine: {error}")))?;
    check_architecture(&machine)?;
    let host = Triple::host();
    if machine == host {
        return Ok(());
    }
    Err(CodeError::Machine(format!("code for {machine} does not run on {host}")))
}

/// What the compiler relies on: 64-bit addresses, the low half of a value first, and a register that Cranelift can keep
/// out of its allocator's hands.
fn check_architecture(machine: &Triple) -> Result<(), CodeError> {
    let has_pinned_register =
        matches!(machine.architecture, Architecture::X86_64 | Architecture::Aarch64(_));
    if has_pinned_register && machine.endianness() == Ok(Endianness::Little) {
        return Ok(());
    }
    Err(CodeError::Machine(format!("there is no compiler for {}", machine.architecture)))
}

/// Instructions that Cranelift would otherwise replace by calls of functions that are not there.
fn check_features(machine: &dyn TargetIsa) -> Result<(), CodeError> {
    // `floor` is `roundsd`.
    let lacks_sse41 =
        |flag: &settings::Value| flag.name == "has_sse41" && flag.as_bool() == Some(false);
    if machine.isa_flags().iter().any(lacks_sse41) {
        return Err(CodeError::Machine("the processor has no SSE4.1".to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "x86_64")]
    use cranelift_codegen::isa;

    #[track_caller]
    fn refused(machine: &str, why: &str) {
        let error = check_name(machine).expect_err(machine).to_string();
        assert_eq!(error, format!("this machine is not supported: {why}"));
    }

    #[test]
    fn machines_without_a_compiler_are_refused() {
        refused("mips64-unknown-linux-gnu", "there is no compiler for mips64");
        refused("wasm32-unknown-unknown", "there is no compiler for wasm32");
        refused("i686-unknown-linux-gnu", "there is no compiler for i686");
        refused("s390x-unknown-linux-gnu", "there is no compiler for s390x");
        refused("aarch64_be-unknown-linux-gnu", "there is no compiler for aarch64_be");
    }

    #[test]
    fn another_machine_is_refused_though_there_is_a_compiler_for_it() {
        let host = Triple::host();
        for other in ["x86_64-unknown-uefi", "aarch64-unknown-uefi"] {
            refused(other, &format!("code for {other} does not run on {host}"));
        }
    }

    #[test]
    fn this_machine_is_fine() {
        check_name(&Triple::host().to_string()).expect("tests run on a machine with a compiler");
        baseline(Allocator::SinglePass).expect("tests run on a machine with a compiler");
    }

    #[test]
    fn names_of_nothing_are_refused() {
        let error = check_name("a washing machine").expect_err("it is none").to_string();
        assert!(error.contains("a washing machine is no machine"), "{error}");
    }

    /// Cranelift takes for granted only what every processor of the kind has.
    #[cfg(target_arch = "x86_64")]
    #[test]
    fn old_processors_are_refused() {
        let flags = settings::Flags::new(settings::builder());
        let oldest = isa::lookup(Triple::host()).expect("it is known").finish(flags);
        let error = check_features(&*oldest.expect("it is complete")).expect_err("it is too old");
        assert_eq!(error.to_string(), "this machine is not supported: the processor has no SSE4.1");
    }
}
