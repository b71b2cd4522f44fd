//! Interlune as an engine under test.

use std::panic::{AssertUnwindSafe, catch_unwind};

use clap::ValueEnum;
use interlune::{Error, Libs, Lua};
use interlune_difftest::harness::{CHUNK_NAME, HARNESS};
use interlune_difftest::{Engine, Outcome};

/// A way to run Interlune.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// The interpreter.
    Interp,
    /// The interpreter, collecting at every safepoint and verifying the heap.
    GcStress,
    /// The same at every 61st safepoint, for programs of usual length.
    GcSparse,
}

impl Mode {
    /// Safepoints between two collections; 0: as the VM likes.
    fn stress_period(self) -> u32 {
        match self {
            Mode::Interp => 0,
            Mode::GcStress => 1,
            Mode::GcSparse => 61,
        }
    }
}

/// Calls and back-edges that a program may take: far more than the oracle's limit allows it.
const FUEL: u64 = 50_000_000;
/// The same with a collection at each of them, which takes about a millisecond. Short programs (`--statements 4`) keep
/// below it most of the time.
const STRESS_FUEL: u64 = 3_000;
/// Bytes that a program may hold.
const MEMORY: usize = 1 << 30;

struct Subject {
    mode: Mode,
    name: String,
}

/// An engine for each mode.
pub fn engines(modes: &[Mode]) -> Vec<Box<dyn Engine>> {
    modes
        .iter()
        .map(|&mode| Box::new(Subject { mode, name: mode_name(mode) }) as Box<dyn Engine>)
        .collect()
}

fn mode_name(mode: Mode) -> String {
    mode.to_possible_value()
        .map_or(String::new(), |value| format!("Interlune, {}", value.get_name()))
}

impl Engine for Subject {
    fn name(&self) -> &str {
        &self.name
    }

    fn run(&mut self, source: &str) -> Outcome {
        match catch_unwind(AssertUnwindSafe(|| self.run_in_lua(source))) {
            Ok(Ok(text)) => Outcome::Text(text),
            Ok(Err(Error::Memory)) => Outcome::Limit,
            Ok(Err(error)) if error.to_string().contains("budget exceeded") => match self.mode {
                Mode::Interp => Outcome::Limit,
                Mode::GcStress | Mode::GcSparse => Outcome::TooSlow,
            },
            Ok(Err(error)) => Outcome::Broken(error.to_string()),
            Err(panic) => Outcome::Broken(format!("panic: {}", panic_text(panic.as_ref()))),
        }
    }
}

impl Subject {
    fn fuel(&self) -> u64 {
        match self.mode {
            Mode::Interp => FUEL,
            Mode::GcStress | Mode::GcSparse => STRESS_FUEL * u64::from(self.mode.stress_period()),
        }
    }

    fn run_in_lua(&self, source: &str) -> interlune::Result<String> {
        let lua = Lua::with_libs(Libs::Full);
        lua.set_instruction_limit(Some(self.fuel()));
        lua.set_memory_limit(Some(MEMORY));
        lua.set_gc_stress_period(self.mode.stress_period());
        lua.load(HARNESS).set_name("=harness").call::<String>((source, CHUNK_NAME))
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "without a message".to_owned())
}

/// Keeps panics, which are outcomes here, from the standard error output.
pub fn silence_panics() {
    std::panic::set_hook(Box::new(|_| {}));
}
