//! Interlune as an engine under test.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::Duration;

use clap::ValueEnum;
use interlune::jit::{Aids, CodeMemo, GuardStress, Jit, Options, Tier, Timing, Tunables};
use interlune::{Error, Libs, Lua};
use interlune_difftest::harness::{CHUNK_NAME, HARNESS, HARNESS_NAME};
use interlune_difftest::{Engine, Extent, Outcome};

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
    /// As `warm`, and then optimized.
    Optimizing,
    /// The same, collecting at every 61st safepoint.
    OptimizingGc,
    /// The same, and every 7th guard fails without need.
    OptimizingDeopt,
    /// The same, and each guard fails when it is first run.
    OptimizingOnce,
    /// The same, and all optimized code is out of use at every safepoint, from inside it too.
    OptimizingInvalidate,
}

/// Calls and back-edges between two samples, so that short programs are compiled, too.
const QUANTUM: u32 = 11;
/// Calls and back-edges of a function until it is compiled.
const WARM: u64 = 22;
/// Of so many guards one fails without need, in the mode for that.
const GUARD_PERIOD: u32 = 7;

impl Mode {
    /// Safepoints between two collections; 0: as the VM likes.
    fn stress_period(self) -> u32 {
        match self {
            Mode::GcStress => 1,
            Mode::GcSparse | Mode::WarmGc | Mode::OptimizingGc => 61,
            Mode::Interp
            | Mode::Baseline
            | Mode::Warm
            | Mode::Background
            | Mode::TinyCode
            | Mode::TinyCaches
            | Mode::Optimizing
            | Mode::OptimizingDeopt
            | Mode::OptimizingOnce
            | Mode::OptimizingInvalidate => 0,
        }
    }

    /// How functions are compiled, if they are.
    fn jit(self) -> Option<Options> {
        let warm = Timing::Sync { threshold: WARM };
        let options = |timing| Options { timing, tier_cap: Tier::Baseline, ..Options::default() };
        let optimizing = |guard_stress| Options {
            tier_cap: Tier::Optimizing,
            optimize_after: WARM,
            aids: Aids { guard_stress, ..Aids::default() },
            ..options(warm)
        };
        match self {
            Mode::Interp | Mode::GcStress | Mode::GcSparse => None,
            Mode::Baseline => Some(options(Timing::Sync { threshold: 0 })),
            Mode::Warm | Mode::WarmGc => Some(options(warm)),
            Mode::Background => {
                let patience = Some(PATIENCE);
                let all = Options { tier_cap: Jit::HIGHEST, ..options(Timing::Background) };
                Some(Options { tunables: generous(), patience, ..all })
            }
            Mode::TinyCode => Some(Options { max_code_bytes: 12 << 10, ..options(warm) }),
            Mode::Optimizing | Mode::OptimizingGc => Some(optimizing(GuardStress::Off)),
            Mode::OptimizingDeopt => Some(optimizing(GuardStress::EveryNth)),
            Mode::OptimizingOnce => Some(optimizing(GuardStress::EachOnce)),
            Mode::OptimizingInvalidate => {
                let options = optimizing(GuardStress::Off);
                Some(Options { aids: Aids { invalidates: true, ..options.aids }, ..options })
            }
            Mode::TinyCaches => {
                let timing = Timing::Sync { threshold: 0 };
                Some(Options { cache_entries: 1, ..options(timing) })
            }
        }
    }
}

/// A policy that has everything compiled that was sampled once: programs last for a few milliseconds.
fn generous() -> Tunables {
    Tunables {
        min_samples: 1,
        min_time_us_per_frame: 0.0,
        cost_base_us: [0.0; 3],
        cost_us_per_bytecode: [0.0; 3],
        cold_cache_us: 0.0,
        cost_prior_weight: 1e12,
        wall_tick_ms: 0.0,
        install_budget_us: 1e6,
        ..Tunables::default()
    }
}

/// How long a program in `background` waits for workers at every sample, lest it be over before they are.
const PATIENCE: Duration = Duration::from_micros(300);
/// Calls and back-edges that a program may take: far more than the oracle's limit allows it.
const FUEL: u64 = 50_000_000;
/// Bytes that a program may hold.
const MEMORY: usize = 1 << 30;
/// Of how many programs' runs one has the harness compiled, too.
const HARNESS_SHARE: u64 = 16;
/// Collections for the sake of the test, since each takes a tenth of a millisecond or two: those of a part …
const COLLECTIONS: u32 = 40;
/// … which begins at one of so many safepoints …
const SKIPPED: u64 = 2048;
/// … and those of the whole.
const ALL_COLLECTIONS: u32 = 4000;

struct Subject {
    mode: Mode,
    name: String,
    /// Modes compile the same functions of a program, often in the same way.
    memo: CodeMemo,
    units: Units,
}

/// Units of fuel, and the share of all of a program's, by which a mode may differ.
const TOLERATED_UNITS: u64 = 100;
const TOLERATED_SHARE: u64 = 100;

/// What the program that ran last took of fuel in the mode that ran it first. Every tier counts the same calls and
/// back-edges, so that budgets end a program at nearly the same place whatever was compiled; and requests of the collector
/// that a tier overlooks show here. Code without a frame that leaves at a back-edge misses that one.
#[derive(Clone, Default)]
struct Units(Rc<RefCell<Option<(String, u64)>>>);

impl Units {
    /// What the first mode's figure is if that is quite another one.
    fn other(&self, source: &str, units: u64) -> Option<u64> {
        let mut first = self.0.borrow_mut();
        match &*first {
            Some((known, expected)) if known == source => {
                let tolerated = TOLERATED_UNITS + expected / TOLERATED_SHARE;
                (expected.abs_diff(units) > tolerated).then_some(*expected)
            }
            _ => {
                *first = Some((source.to_owned(), units));
                None
            }
        }
    }
}

/// An engine for each mode.
pub fn engines(modes: &[Mode]) -> Vec<Box<dyn Engine>> {
    let (memo, units) = (CodeMemo::default(), Units::default());
    let subject =
        |&mode| Subject { mode, name: mode_name(mode), memo: memo.clone(), units: units.clone() };
    modes.iter().map(|mode| Box::new(subject(mode)) as Box<dyn Engine>).collect()
}

fn mode_name(mode: Mode) -> String {
    mode.to_possible_value()
        .map_or(String::new(), |value| format!("Interlune, {}", value.get_name()))
}

impl Engine for Subject {
    fn name(&self) -> &str {
        &self.name
    }

    fn run(&mut self, source: &str, extent: Extent) -> Outcome {
        match catch_unwind(AssertUnwindSafe(|| self.run_in_lua(source, extent))) {
            Ok(Ok(text)) => Outcome::Text(text),
            Ok(Err(Error::Memory)) => Outcome::Limit,
            Ok(Err(error)) if error.to_string().contains("budget exceeded") => Outcome::Limit,
            Ok(Err(error)) => Outcome::Broken(error.to_string()),
            Err(panic) => Outcome::Broken(format!("panic: {}", panic_text(panic.as_ref()))),
        }
    }
}

impl Subject {
    fn run_in_lua(&self, source: &str, extent: Extent) -> interlune::Result<String> {
        let lua = Lua::with_libs(Libs::Full);
        lua.set_instruction_limit(Some(FUEL));
        lua.set_memory_limit(Some(MEMORY));
        lua.set_guard_stress_period(GUARD_PERIOD);
        let period = self.mode.stress_period();
        if period > 0 {
            lua.set_gc_stress_period(period);
            match extent {
                Extent::Whole => lua.limit_gc_stress(0, ALL_COLLECTIONS),
                Extent::Part(number) => {
                    lua.limit_gc_stress((scatter(number) % SKIPPED) as u32, COLLECTIONS);
                }
            }
        }
        if let Some(options) = self.mode.jit() {
            lua.set_test_quantum(Some(QUANTUM));
            let is_whole = match extent {
                Extent::Whole => true,
                Extent::Part(number) => number.is_multiple_of(HARNESS_SHARE),
            };
            let skip_chunk = (!is_whole).then(|| HARNESS_NAME[1..].into());
            let options = Options { memo: Some(self.memo.clone()), skip_chunk, ..options };
            Jit::attach(&lua, options).map_err(Error::external)?;
        }
        let text = lua.load(HARNESS).set_name(HARNESS_NAME).call::<String>((source, CHUNK_NAME))?;
        // When finalizers run, and where exactly a stack overflows, differs.
        let is_counted =
            period == 0 && !source.contains("__gc") && !text.contains("stack overflow");
        let units = lua.stats().instructions;
        match self.units.other(source, units).filter(|_| is_counted) {
            Some(expected) => {
                let text = format!("{units} calls and back-edges, {expected} in the first mode");
                Err(Error::runtime(text))
            }
            None => Ok(text),
        }
    }
}

/// A number whose low bits look random, of one that counts up.
fn scatter(number: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32
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
