//! `interlune dump`: what a script is compiled to.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use interlune::jit::baseline::Baseline;
use interlune_core::bytecode::Proto;
use interlune_core::bytecode::disasm::disassemble;
use interlune_core::load::compile;
use interlune_core::tier::CompileInput;

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
    let source = std::fs::read(&arguments.script)
        .with_context(|| format!("cannot open {}", arguments.script))?;
    let name = format!("@{}", arguments.script);
    let proto = match compile(&source, name.as_bytes()) {
        Ok(proto) => proto,
        Err(message) => bail!("{message}"),
    };
    if form.bytecode {
        print!("{}", disassemble(&proto));
    } else {
        let mut baseline = Baseline::new()?;
        show(&mut baseline, &proto, form.asm)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints what the baseline tier makes of a function that has not run yet, and of those inside it.
fn show(baseline: &mut Baseline, proto: &Arc<Proto>, assembly: bool) -> Result<()> {
    let input = CompileInput::unbound(proto.clone());
    let text = if assembly { baseline.assembly(&input)? } else { baseline.clif(&input) };
    println!("; function <{}:{}>\n{text}", proto.source, proto.line_defined);
    proto.protos.iter().try_for_each(|inner| show(baseline, inner, assembly))
}
