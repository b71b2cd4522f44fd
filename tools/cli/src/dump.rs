//! `interlune dump`: what a script is compiled to.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use interlune::jit::baseline::Baseline;
use interlune::jit::{Aids, IrLog, Jit, Options, Tier, Timing};
use interlune::{Libs, Lua};
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
    /// The optimizing tier's intermediate representation, after each pass. The script is run for it.
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
        return show_ir(&arguments.script);
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

/// Runs a script, and prints what the optimizing tier made of its functions.
fn show_ir(script: &str) -> Result<ExitCode> {
    let log = IrLog::default();
    let lua = Lua::with_libs(Libs::Full);
    let options = Options {
        timing: Timing::Sync { threshold: 2000 },
        tier_cap: Tier::Optimizing,
        aids: Aids { ir_log: Some(log.clone()), ..Aids::default() },
        ..Options::default()
    };
    Jit::attach(&lua, options)?;
    let source = std::fs::read(script).with_context(|| format!("cannot open {script}"))?;
    let outcome = lua.load(&source[..]).set_name(format!("@{script}")).exec();
    print!("{}", log.lock().map_or_else(|error| error.into_inner().clone(), |text| text.clone()));
    match outcome {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) => bail!("{error}"),
    }
}

/// Prints what the baseline tier makes of a function that has not run yet, and of those inside it.
fn show(baseline: &mut Baseline, proto: &Arc<Proto>, assembly: bool) -> Result<()> {
    let input = CompileInput::unbound(proto.clone());
    let text = if assembly { baseline.assembly(&input)? } else { baseline.clif(&input) };
    println!("; function <{}:{}>\n{text}", proto.source, proto.line_defined);
    proto.protos.iter().try_for_each(|inner| show(baseline, inner, assembly))
}
