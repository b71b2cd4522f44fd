//! `interlune bench`: benchmark programs in Interlune beside PUC Lua, LuaJIT and Luau, in one table.
//!
//! Every run is a process of its own; the engines take turns, so that a slow minute of the machine hits all alike. What
//! counts is the CPU time of the process, start-up included, and the minimum over the rounds.
//!
//! `--measure` looks at the compilers instead, in this process: [`compiler`], [`warm_up`].

mod compiler;
mod engines;
mod here;
mod measure;
mod report;
mod sizes;
mod warm_up;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;

use engines::Engine;
use measure::Measurement;
use sizes::Program;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// Speed, beside other engines.
    Speed,
    /// What the optimizing compiler takes by stage, and what it leaves to the tier below, over all programs.
    Compiler,
    /// Frames of a script until its code is warm.
    WarmUp,
}

/// Measure programs beside PUC Lua 5.4, LuaJIT 2.1 and Luau.
#[derive(clap::Args)]
pub struct Arguments {
    /// Folder with the programs; each takes its size as its argument and prints a checksum.
    #[arg(long, value_name = "DIR")]
    kernels: Option<PathBuf>,
    /// File with a line `NAME SIZE` for every program, or a Markdown table whose first cells are `NAME (SIZE)`;
    /// `sizes.txt` of the folder unless given.
    #[arg(long, value_name = "FILE")]
    sizes: Option<PathBuf>,
    /// What is measured.
    #[arg(long, value_enum, default_value = "speed")]
    measure: What,
    /// For `--measure warm-up`: a script that returns a function, which is called once a frame.
    #[arg(long, value_name = "FILE", required_if_eq("measure", "warm-up"))]
    script: Option<PathBuf>,
    /// For `--measure warm-up`: how many frames.
    #[arg(long, default_value_t = 600)]
    frames: usize,
    /// Rounds; the minimum of each program's times counts.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Only programs whose name contains one of these.
    #[arg(long, value_delimiter = ',', value_name = "TEXT")]
    filter: Vec<String>,
    /// Engines to measure: puc, luajit, luajit-off, luau, luau-off, interlune, interlune-off, interlune-baseline.
    #[arg(long, value_delimiter = ',', default_value = "puc,interlune,luajit,luau")]
    engines: Vec<String>,
    /// Multiplies every size, to get quick or thorough runs.
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
    /// Also writes every time measured to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    ensure!(arguments.runs > 0, "--runs must be at least 1");
    if let (What::WarmUp, Some(script)) = (arguments.measure, &arguments.script) {
        warm_up::measure(script, arguments.frames)?;
        return Ok(ExitCode::SUCCESS);
    }
    let folder = arguments.kernels.clone().unwrap_or_else(|| repository().join("assets/bench"));
    let sizes = arguments.sizes.clone().unwrap_or_else(|| folder.join("sizes.txt"));
    let programs = sizes::programs(&folder, &sizes, arguments.scale)?;
    let wanted = |program: &Program| {
        arguments.filter.is_empty()
            || arguments.filter.iter().any(|text| program.name.contains(text))
    };
    let programs: Vec<Program> = programs.into_iter().filter(wanted).collect();
    ensure!(!programs.is_empty(), "no program of {} is to be measured", folder.display());
    if arguments.measure == What::Compiler {
        compiler::measure(&programs)?;
        return Ok(ExitCode::SUCCESS);
    }
    let engines = engines::find(&arguments.engines)?;

    let measurements = measure_all(&programs, &engines, arguments.runs)?;
    println!("{}", report::table(&programs, &engines, &measurements));
    let problems = report::problems(&programs, &engines, &measurements);
    for problem in &problems {
        eprintln!("{problem}");
    }
    if let Some(path) = &arguments.json {
        let json = report::json(&programs, &engines, &measurements)?;
        std::fs::write(path, json).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Times of every program in every engine.
fn measure_all(
    programs: &[Program],
    engines: &[Engine],
    rounds: usize,
) -> Result<Vec<Vec<Measurement>>> {
    let mut all = Vec::new();
    for program in programs {
        eprint!("{} ", program.name);
        let mut row: Vec<Measurement> = engines.iter().map(|_| Measurement::default()).collect();
        for _ in 0..rounds {
            for (engine, measurement) in engines.iter().zip(&mut row) {
                measure::once(engine, program, measurement)?;
            }
            eprint!(".");
        }
        eprintln!();
        all.push(row);
    }
    Ok(all)
}

/// The repository this command was built from.
fn repository() -> PathBuf {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    tools.canonicalize().unwrap_or(tools)
}
