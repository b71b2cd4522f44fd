//! The `interlune` command: one subcommand a module, each with its arguments beside its work.

mod bench;
mod difftest;
mod dump;
mod engine;
mod repl;
mod run;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A Lua 5.4 virtual machine for games.
#[derive(Parser)]
#[command(name = "interlune", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Run(run::Arguments),
    Repl(repl::Arguments),
    Dump(dump::Arguments),
    Bench(bench::Arguments),
    Difftest(difftest::Arguments),
}

fn main() -> ExitCode {
    // A reader that has seen enough ends the command, quietly: `interlune dump --asm SCRIPT | head`.
    sigpipe::reset();
    let outcome = match Cli::parse().command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Repl(arguments) => repl::run(&arguments),
        Command::Dump(arguments) => dump::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Difftest(arguments) => difftest::run(&arguments),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("interlune: {error:#}");
        ExitCode::FAILURE
    })
}
