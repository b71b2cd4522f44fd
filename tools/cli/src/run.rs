//! `interlune run`: runs a script as PUC's `lua` does.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use interlune::jit::ledger::{InliningRow, SpeculationRow};
use interlune::jit::{Counters, Deopt, Jit};
use interlune::{Error, Lua, MultiValue, Value};
use serde::Serialize;

use crate::engine::{self, Flags};

/// Run a script.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    flags: Flags,
    /// Write counters of the run to this file, as JSON.
    #[arg(long, value_name = "FILE")]
    stats: Option<PathBuf>,
    /// The script.
    script: String,
    /// What the script finds in `...` and `arg`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let source = std::fs::read(&arguments.script)
        .with_context(|| format!("cannot open {}", arguments.script))?;
    let (lua, jit) = engine::state(&arguments.flags);
    let outcome = execute(&lua, arguments, source);
    if let Some(path) = &arguments.stats {
        let json = serde_json::to_string_pretty(&Stats::of(&lua, jit.as_ref()))?;
        std::fs::write(path, json).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let code = match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    };
    lua.close();
    // Freeing every object takes time and serves nobody: the process ends.
    std::mem::forget(lua);
    Ok(code)
}

fn execute(lua: &Lua, arguments: &Arguments, source: Vec<u8>) -> interlune::Result<()> {
    let arg = lua.create_table()?;
    arg.set(-1, "interlune")?;
    arg.set(0, arguments.script.as_str())?;
    let mut words = Vec::new();
    for (index, word) in arguments.args.iter().enumerate() {
        arg.set(index as i64 + 1, word.as_str())?;
        words.push(Value::String(lua.create_string(word)?));
    }
    lua.globals().set("arg", arg)?;
    search_beside(lua, &arguments.script)?;
    let words: MultiValue = words.into_iter().collect();
    lua.load(source).set_name(format!("@{}", arguments.script)).call::<()>(words)
}

/// Lets `require` look in the script's folder first.
pub fn search_beside(lua: &Lua, script: &str) -> interlune::Result<()> {
    let Value::Table(package) = lua.globals().get("package")? else { return Ok(()) };
    let folder = match Path::new(script).parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let path: String = package.get("path")?;
    package.set("path", format!("{}/?.lua;{path}", folder.display()))
}

/// Message and traceback on the standard error output.
pub fn report(error: &Error) {
    eprintln!("interlune: {error}");
    if !error.traceback().is_empty() {
        eprintln!("{}", error.traceback());
    }
}

/// What `--stats` writes.
#[derive(Serialize)]
struct Stats {
    compiles: PerTier,
    deopts: PerTier,
    osr_entries: PerTier,
    invalidations: PerTier,
    code_bytes: usize,
    /// What the compilers did and took.
    jit: Counters,
    /// The last exits of optimized code: of each place the first, second, fourth and so on.
    last_deopts: Vec<DeoptLine>,
    /// The last decisions about bets that were lost, and about functions to become part of their callers.
    speculation: Vec<SpeculationRow>,
    inlining: Vec<InliningRow>,
    gc: Gc,
    instructions_interpreted: u64,
}

/// Where optimized code was left, and why.
#[derive(Serialize)]
struct DeoptLine {
    function: String,
    source: String,
    line: u32,
    reason: &'static str,
    exits: u32,
}

impl DeoptLine {
    fn of(deopt: Deopt) -> DeoptLine {
        DeoptLine {
            function: deopt.function.to_string(),
            source: deopt.place.source.to_string(),
            line: deopt.place.line,
            reason: deopt.place.reason.text(),
            exits: deopt.exits,
        }
    }
}

/// A count for each compiled tier.
#[derive(Default, Serialize)]
struct PerTier {
    baseline: u64,
    optimizing: u64,
}

impl PerTier {
    fn of([baseline, optimizing]: [u64; 2]) -> PerTier {
        PerTier { baseline, optimizing }
    }
}

#[derive(Serialize)]
struct Gc {
    steps: u64,
    max_step_us: f64,
    live_bytes: usize,
    peak_bytes: usize,
}

impl Stats {
    fn of(lua: &Lua, jit: Option<&Jit>) -> Stats {
        let stats = lua.stats();
        let deopts = jit.map(Jit::deopts).unwrap_or_default();
        let speculation = jit.map(Jit::speculations).unwrap_or_default();
        let inlining = jit.map(Jit::inlinings).unwrap_or_default();
        let jit = jit.map(Jit::counters).unwrap_or_default();
        Stats {
            compiles: PerTier { baseline: jit.compiles, optimizing: jit.optimized },
            // Code of the baseline tier bets on nothing.
            deopts: PerTier { baseline: 0, optimizing: stats.jit.deopts },
            osr_entries: PerTier::of(stats.jit.osr_entries),
            invalidations: PerTier::of(jit.invalidations),
            code_bytes: jit.code_bytes,
            jit,
            last_deopts: deopts.into_iter().map(DeoptLine::of).collect(),
            speculation,
            inlining,
            gc: Gc {
                steps: stats.gc.steps,
                max_step_us: stats.gc.max_step_us,
                live_bytes: stats.gc.live_bytes,
                peak_bytes: stats.gc.peak_bytes,
            },
            instructions_interpreted: stats.instructions,
        }
    }
}
