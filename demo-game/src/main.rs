//! A physics sandbox whose physics is a Lua script.
//!
//! `main` decides how it runs: in a window, or headless when asked to or when there is nothing to draw on. The game
//! itself is a handful of small Bevy plugins, one per feature, under [`features`]; what a run measured is written by
//! [`report`].

mod args;
mod assets;
mod features;
mod headless;
mod probe;
mod report;
mod sandbox;
mod window;

use args::Args;
use clap::Parser;
use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("demo-game: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let assets = assets::find(args.assets.as_deref())?;
    assets::check_scene(&assets, &args.scene)?;
    if args.headless {
        return headless::run(args, &assets, headless::Logging::SetUp);
    }
    if let Err(reason) = probe::can_draw() {
        tell_no_window(args, &reason);
        return headless::run(args, &assets, headless::Logging::SetUp);
    }
    match window::build(args, &assets) {
        Ok(app) => Ok(window::run(app)),
        Err(reason) => {
            tell_no_window(args, &reason);
            headless::run(args, &assets, headless::Logging::AlreadySetUp)
        }
    }
}

fn tell_no_window(args: &Args, reason: &str) {
    tell(format_args!(
        "No window: {reason}. Running headless instead ({} frames).",
        args.headless_frames()
    ));
}

/// Prints a line. Where nobody reads it, the game goes on without.
fn tell(line: impl Display) {
    drop(writeln!(std::io::stdout(), "{line}"));
}
