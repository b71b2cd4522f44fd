//! `interlune difftest`: random programs in Interlune and in PUC Lua 5.4, compared.
//!
//! Programs run in worker processes (this command again, with `--worker`), which the supervisor restarts when a program
//! kills them.

mod campaign;
mod corpus;
mod crash;
mod plants;
mod subject;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;
use interlune_difftest::compare::Tolerance;
use interlune_difftest::generate::{WRAPPED, idiom_names};
use interlune_difftest::{Options, generate, worker};

use subject::Mode;

/// Compare random programs with PUC Lua 5.4.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Programs to run.
    #[arg(long, default_value_t = 20_000)]
    programs: u64,
    /// Seed of the first program; the following programs have the following seeds.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Ways to run Interlune.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "interp")]
    modes: Vec<Mode>,
    /// End after so many minutes.
    #[arg(long)]
    minutes: Option<f64>,
    /// Worker processes; one for each core unless given.
    #[arg(long)]
    jobs: Option<u64>,
    /// End after so many differences.
    #[arg(long, default_value_t = 10)]
    most: usize,
    /// Run the `.lua` files of a folder instead of random programs.
    #[arg(long, value_name = "DIR")]
    corpus: Option<PathBuf>,
    /// Switch a planted bug on, or all of them one after the other, and say how soon it is found.
    #[arg(long, value_name = "NAME|all")]
    plant: Option<String>,
    /// Messages may name variables differently.
    #[arg(long)]
    any_names: bool,
    /// Only features whose names begin with one of these, besides plain statements.
    #[arg(long, value_delimiter = ',', value_name = "FEATURE", value_parser = feature)]
    only: Vec<String>,
    /// No features whose names begin with one of these; `wrapped` stands for line ends inside expressions.
    #[arg(long, value_delimiter = ',', value_name = "FEATURE", value_parser = feature_or_wrapped)]
    without: Vec<String>,
    /// Statements in the main chunk of a program, on average.
    #[arg(long, default_value_t = Options::default().statements)]
    statements: usize,
    /// Print the program of a seed, and nothing else.
    #[arg(long, value_name = "SEED")]
    show: Option<u64>,
    /// Run one file in a process that may die of it; set by the shrinker of crashes.
    #[arg(long, value_name = "FILE", hide = true)]
    check: Option<PathBuf>,
    /// Distance between seeds; set by the supervisor.
    #[arg(long, default_value_t = 1, hide = true)]
    stride: u64,
    /// Work through the seeds and write messages; set by the supervisor.
    #[arg(long, hide = true)]
    worker: bool,
}

/// The beginning of a feature's name. One of no feature would choose nothing, and nothing would be tested.
fn feature(beginning: &str) -> Result<String, String> {
    if idiom_names().any(|name| name.starts_with(beginning)) {
        return Ok(beginning.to_owned());
    }
    let mut groups: Vec<_> = idiom_names().filter_map(|name| name.split('.').next()).collect();
    groups.sort_unstable();
    groups.dedup();
    Err(format!("no feature's name begins so; names begin with {}", groups.join(", ")))
}

fn feature_or_wrapped(beginning: &str) -> Result<String, String> {
    if beginning == WRAPPED { Ok(beginning.to_owned()) } else { feature(beginning) }
}

impl Arguments {
    fn options(&self) -> Options {
        Options {
            statements: self.statements,
            only: self.only.clone(),
            without: self.without.clone(),
        }
    }

    fn tolerance(&self) -> Tolerance {
        Tolerance { names: self.any_names }
    }
}

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    if let Some(seed) = arguments.show {
        print!("{}", generate(seed, &arguments.options()).to_source());
        return Ok(ExitCode::SUCCESS);
    }
    if arguments.worker {
        return work(arguments);
    }
    if let Some(file) = &arguments.check {
        return crash::check(arguments, file);
    }
    if let Some(folder) = &arguments.corpus {
        if let Some(plant) = &arguments.plant {
            plants::set(plant)?;
        }
        return corpus::run(arguments, folder);
    }
    match arguments.plant.as_deref() {
        Some(plant) => plants::run(arguments, plant),
        None => campaign::run(arguments),
    }
}

fn work(arguments: &Arguments) -> Result<ExitCode> {
    if let Some(plant) = &arguments.plant {
        plants::set(plant)?;
    }
    subject::silence_panics();
    let work = worker::Work {
        first: arguments.seed,
        stride: arguments.stride,
        programs: arguments.programs,
        until: arguments
            .minutes
            .map(|minutes| Instant::now() + Duration::from_secs_f64(minutes * 60.0)),
        options: arguments.options(),
        tolerance: arguments.tolerance(),
    };
    let mut broken = false;
    worker::work(&mut subject::engines(&arguments.modes), &work, &mut |message| {
        use std::io::Write;
        // Without a supervisor that listens there is nobody to work for.
        let line = serde_json::to_string(&message).unwrap_or_default();
        let mut out = std::io::stdout().lock();
        broken |= writeln!(out, "{line}").and_then(|()| out.flush()).is_err();
        if broken {
            std::process::exit(1);
        }
    });
    Ok(ExitCode::SUCCESS)
}
