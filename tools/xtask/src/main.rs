//! Chores of the repository: `cargo xtask bless` and `cargo xtask sanitize`.
//!
//! Each is one cargo command with the right flags and environment, so that nobody has to remember them.

mod bless;
mod sanitize;

use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use clap::{Parser, Subcommand};

/// Chores of the repository.
#[derive(Parser)]
#[command(name = "xtask")]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    Bless(bless::Arguments),
    Sanitize(sanitize::Arguments),
}

/// The packages of the virtual machine, which golden files and sanitizers are about.
const VM_PACKAGES: &[&str] = &["interlune-syntax", "interlune-core", "interlune-jit", "interlune"];

fn main() -> Result<ExitCode> {
    match Cli::parse().chore {
        Chore::Bless(arguments) => bless::run(&arguments)?,
        Chore::Sanitize(arguments) => sanitize::run(&arguments)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// `cargo WORDS… -p PACKAGE…`
fn cargo(words: &[&str], packages: &[String]) -> Command {
    let mut command = Command::new("cargo");
    command.args(words);
    let all: Vec<&str> = packages.iter().map(String::as_str).collect();
    for package in if all.is_empty() { VM_PACKAGES } else { &all } {
        command.args(["--package", package]);
    }
    command
}

/// Runs a command to its end.
fn succeed(mut command: Command) -> Result<()> {
    eprintln!("{command:?}");
    let status = command.status().context("cannot run cargo")?;
    ensure!(status.success(), "{status}");
    Ok(())
}
