//! `interlune dump`: what a script is compiled to.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use interlune_core::bytecode::disasm::disassemble;
use interlune_core::load::compile;

/// Show what a script is compiled to.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    form: Form,
    script: String,
}

#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct Form {
    /// The interpreter's bytecode.
    #[arg(long)]
    bytecode: bool,
    /// The optimizing tier's intermediate representation.
    #[arg(long)]
    ir: bool,
    /// What is handed to Cranelift.
    #[arg(long)]
    clif: bool,
    /// Machine code.
    #[arg(long)]
    asm: bool,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let form = &arguments.form;
    if form.ir {
        bail!("--ir shows the optimizing tier's work, and this build has no optimizing tier");
    }
    if form.clif || form.asm {
        bail!(
            "--clif and --asm show a compiler tier's work, and this build has the interpreter alone"
        );
    }
    let source = std::fs::read(&arguments.script)
        .with_context(|| format!("cannot open {}", arguments.script))?;
    let name = format!("@{}", arguments.script);
    match compile(&source, name.as_bytes()) {
        Ok(proto) => {
            print!("{}", disassemble(&proto));
            Ok(ExitCode::SUCCESS)
        }
        Err(message) => bail!("{message}"),
    }
}
