//! Interlune as an engine under test.

use std::panic::{AssertUnwindSafe, catch_unwind};

use clap::ValueEnum;
use interlune::jit::{Jit, Options, Timing};
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
    /// Every function compiled when it is first called.
    Baseline,
    /// Functions compiled after they have run a little, with what they have seen.
    Warm,
    /// Functions compiled by workers, whenever these come to it.
    Background,
    /// As `warm`, collecting at every 61st safepoint.
    WarmGc,
    /// As `warm`, with room for few functions, so that code is thrown away all the time.
    TinyCode,
    /// As `baseline`, with inline caches of one entry.
    TinyCaches,
}

/// Calls and back-edges between two samples, so that short programs are compiled, too.
const QUANTUM: u32 = 11;
/// Calls and back-edges of a function until it is compiled.
const WARM: u64 = 22;

impl Mode {
    /// Safepoints between two collections; 0: as the VM likes.
    fn stress_period(self) -> u32 {
        match self {
            Mode::GcStress => 1,
            Mode::GcSparse | Mode::WarmGc => 61,
            Mode::Interp
            | Mode::Baseline
            | Mode::Warm
            | Mode::Background
            | Mode::TinyCode
            | Mode::TinyCaches => 0,
        }
    }

    /// How functions are compiled, if they are.
    fn jit(self) -> Option<Options> {
        let warm = Timing::Sync { threshold: WARM };
        let options = |timing| Options { timing, ..Options::default() };
        match self {
            Mode::Interp | Mode::GcStress | Mode::GcSparse => None,
            Mode::Baseline => Some(options(Timing::Sync { threshold: 0 })),
            Mode::Warm | Mode::WarmGc => Some(options(warm)),
            Mode::Background => Some(options(Timing::Background)),
            Mode::TinyCode => Some(Options { max_code_bytes: 12 << 10, ..options(warm) }),
            Mode::TinyCaches => {
                let timing = Timing::Sync { threshold: 0 };
                Some(Options { cache_entries: 1, ..options(timing) })
            }
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
                _ if self.mode.stress_period() == 0 => Outcome::Limit,
                _ => Outcome::TooSlow,
            },
            Ok(Err(error)) => Outcome::Broken(error.to_string()),
            Err(panic) => Outcome::Broken(format!("panic: {}", panic_text(panic.as_ref()))),
        }
    }
}

impl Subject {
    fn fuel(&self) -> u64 {
        match self.mode.stress_period() {
            0 => FUEL,
            period => STRESS_FUEL * u64::from(period),
        }
    }

    fn run_in_lua(&self, source: &str) -> interlune::Result<String> {
        let lua = Lua::with_libs(Libs::Full);
        lua.set_instruction_limit(Some(self.fuel()));
        lua.set_memory_limit(Some(MEMORY));
        lua.set_gc_stress_period(self.mode.stress_period());
        if let Some(options) = self.mode.jit() {
            lua.set_test_quantum(Some(QUANTUM));
            Jit::attach(&lua, options).map_err(Error::external)?;
        }
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
