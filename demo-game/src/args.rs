//! The command line.

use bevy_interlune::JitMode;
use clap::{Parser, ValueEnum};
use std::path::PathBuf;

/// A physics sandbox played by Lua scripts
#[derive(Parser, Clone, Debug)]
#[command(version, about)]
pub struct Args {
    /// Run without a window, as fast as it goes, and write a report
    #[arg(long)]
    pub headless: bool,
    /// The scene: a script in assets/scripts, without its extension
    #[arg(long, value_name = "NAME", default_value = "ball_pit")]
    pub scene: String,
    /// Stop after so many frames (headless: 600 if not given; in a window: run until it is closed)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub frames: Option<u32>,
    /// Where to write report.json and the plots (headless: "report" if not given)
    #[arg(long, value_name = "DIR")]
    pub report: Option<PathBuf>,
    /// Which compilers the scripts may use; the results are the same with each
    #[arg(long, value_enum, default_value_t = Jit::On)]
    pub jit: Jit,
    /// How many bodies the scene starts with
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub bodies: u32,
    /// Seed of everything random
    #[arg(long, value_name = "N", default_value_t = 42)]
    pub seed: u32,
    /// The asset folder, if it is not found by itself
    #[arg(long, value_name = "DIR")]
    pub assets: Option<PathBuf>,
    /// Show the overlay from the start (F1 toggles it)
    #[arg(long)]
    pub overlay: bool,
}

impl Args {
    const HEADLESS_FRAMES: u32 = 600;

    /// How long a headless run is.
    pub fn headless_frames(&self) -> u32 {
        self.frames.unwrap_or(Self::HEADLESS_FRAMES)
    }

    /// Where a headless run writes its report.
    pub fn headless_report(&self) -> PathBuf {
        self.report.clone().unwrap_or_else(|| PathBuf::from("report"))
    }

    /// The scene's asset path.
    pub fn script(&self) -> String {
        format!("scripts/{}.lua", self.scene)
    }
}

/// `--jit`
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Jit {
    Off,
    Baseline,
    On,
}

impl From<Jit> for JitMode {
    fn from(jit: Jit) -> Self {
        match jit {
            Jit::Off => JitMode::Off,
            Jit::Baseline => JitMode::Baseline,
            Jit::On => JitMode::On,
        }
    }
}
