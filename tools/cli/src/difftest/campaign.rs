//! A campaign over random programs: starts the workers, shows progress and what they find.

use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, Result};
use interlune_difftest::generate;
use interlune_difftest::message::Finding;
use interlune_difftest::supervisor::{self, Campaign, Observer, Share, Summary};

use super::{Arguments, Mode};

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let mut observer = Console::new(arguments, None, true)?;
    let summary = supervisor::run(&campaign(arguments), &mut observer)?;
    println!("{}", progress_line(&summary));
    Ok(if summary.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

pub fn campaign(arguments: &Arguments) -> Campaign {
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    Campaign {
        seed: arguments.seed,
        programs: arguments.programs,
        jobs: arguments.jobs.unwrap_or(cores).max(1),
        time: arguments.minutes.map(|minutes| Duration::from_secs_f64(minutes * 60.0)),
        most_findings: arguments.most.max(1),
        patience: Duration::from_secs(30),
    }
}

/// Shows a campaign on the console.
pub struct Console<'a> {
    binary: std::path::PathBuf,
    arguments: &'a Arguments,
    plant: Option<&'a str>,
    verbose: bool,
}

impl<'a> Console<'a> {
    pub fn new(
        arguments: &'a Arguments,
        plant: Option<&'a str>,
        verbose: bool,
    ) -> Result<Console<'a>> {
        let binary = std::env::current_exe().context("cannot find the interlune binary")?;
        Ok(Console { binary, arguments, plant, verbose })
    }
}

impl Console<'_> {
    /// The program of a seed that killed a worker, made small.
    fn crashing(&self, seed: u64) -> String {
        let program = generate(seed, &self.arguments.options());
        let mut command = Command::new(&self.binary);
        command.arg("difftest").arg("--modes").arg(mode_list(&self.arguments.modes));
        command.arg("--seed").arg(seed.to_string());
        if let Some(plant) = self.plant {
            command.arg("--plant").arg(plant);
        }
        super::crash::shrink(&program, command).to_source()
    }
}

impl Observer for Console<'_> {
    fn command(&self, share: Share) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(["difftest", "--worker"]);
        for (flag, value) in
            [("--seed", share.first), ("--stride", share.stride), ("--programs", share.programs)]
        {
            command.arg(flag).arg(value.to_string());
        }
        command.arg("--statements").arg(self.arguments.statements.to_string());
        command.arg("--modes").arg(mode_list(&self.arguments.modes));
        for (flag, names) in
            [("--only", &self.arguments.only), ("--without", &self.arguments.without)]
        {
            if !names.is_empty() {
                command.arg(flag).arg(names.join(","));
            }
        }
        if self.arguments.any_names {
            command.arg("--any-names");
        }
        if let Some(plant) = self.plant {
            command.arg("--plant").arg(plant);
        }
        command
    }

    fn progress(&mut self, summary: &Summary) {
        if self.verbose {
            eprintln!("{}", progress_line(summary));
        }
    }

    fn found(&mut self, finding: &Finding) {
        if !self.verbose {
            return;
        }
        let source = match finding.program.parse() {
            Ok(seed) if finding.source.is_empty() => self.crashing(seed),
            _ => finding.source.clone(),
        };
        show(finding, &source);
    }
}

fn mode_list(modes: &[Mode]) -> String {
    use clap::ValueEnum;
    let names = modes
        .iter()
        .filter_map(|mode| mode.to_possible_value())
        .map(|value| value.get_name().to_owned());
    names.collect::<Vec<_>>().join(",")
}

/// A finding, to be read by people.
pub fn show(finding: &Finding, source: &str) {
    println!("--- program {} differs in {}", finding.program, finding.engine);
    println!("{}", source.trim_end());
    println!("--- PUC Lua:   {}", finding.expected);
    println!("--- this one:  {}\n", finding.actual);
}

fn progress_line(summary: &Summary) -> String {
    let seconds = summary.elapsed.as_secs_f64();
    format!(
        "{} programs in {seconds:.0} s ({:.0} a second), {} differences ({} more of the same), {} undecided",
        summary.programs,
        summary.programs as f64 / seconds.max(0.001),
        summary.findings.len(),
        summary.repeated,
        summary.undecided
    )
}
