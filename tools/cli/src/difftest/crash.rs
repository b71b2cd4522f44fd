//! Programs that kill the process they run in, or hang it: made small by running each candidate in a process of its own.

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use interlune_difftest::Extent;
use interlune_difftest::lua::ast::Program;
use interlune_difftest::shrink::{self, Limits};
use interlune_difftest::worker::Worker;

use super::{Arguments, subject};

/// How long a candidate may take before it counts as hanging.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs one file in every engine and says nothing: what counts is whether the process lives.
pub fn check(arguments: &Arguments, file: &Path) -> Result<ExitCode> {
    if let Some(plant) = &arguments.plant {
        super::plants::set(plant)?;
    }
    subject::silence_panics();
    let source =
        std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut engines = subject::engines(&arguments.modes);
    // Neither a difference nor a limit met by the oracle is a crash.
    let mut worker = Worker::new(&mut engines, arguments.tolerance());
    for extent in [Extent::Part(arguments.seed), Extent::Whole] {
        let _ = worker.check(&source, extent, || {});
    }
    Ok(ExitCode::SUCCESS)
}

/// A small program that kills `command` with `--check FILE`; the program as it is if it does not do so alone.
pub fn shrink(program: &Program, command: Command) -> Program {
    let file = std::env::temp_dir().join(format!("interlune-difftest-{}.lua", std::process::id()));
    let mut command = command;
    command.arg("--check").arg(&file).stdout(Stdio::null()).stderr(Stdio::null());
    let mut dies = |candidate: &Program| {
        std::fs::write(&file, candidate.to_source()).is_ok() && kills(&mut command).unwrap_or(false)
    };
    let limits = Limits { candidates: 2000, time: Duration::from_secs(120) };
    let small =
        if dies(program) { shrink::shrink(program, &mut dies, limits) } else { program.clone() };
    // Nothing depends on its removal.
    let _ = std::fs::remove_file(&file);
    small
}

/// Whether the process dies of a signal or hangs.
fn kills(command: &mut Command) -> Result<bool> {
    let mut child = command.spawn()?;
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait()? {
            return Ok(status.code().is_none());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill()?;
    child.wait()?;
    Ok(true)
}
