//! The flags that say how scripts are executed, and the state they make.

use clap::ValueEnum;
use interlune::jit::{GuardStress, Jit, Options, Tier, Timing};
use interlune::{Libs as Libraries, Lua};

/// How far functions are compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum JitCap {
    /// Interpreter only.
    Off,
    /// Interpreter and baseline tier.
    Baseline,
    /// Every tier there is.
    On,
}

/// Which libraries a script has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Libs {
    /// No access to files, processes, the clock or native modules.
    Sandbox,
    /// `io`, `os`, `debug`, `require`, `dofile` and `loadfile` too.
    Full,
}

/// How scripts are executed.
#[derive(Clone, Debug, clap::Args)]
pub struct Flags {
    /// How far functions are compiled.
    #[arg(long, value_enum, default_value = "on")]
    pub jit: JitCap,
    /// Compile on the thread that runs the script, at once, so that runs repeat.
    #[arg(long)]
    pub jit_sync: bool,
    /// With --jit-sync: calls or loop rounds until a function is compiled.
    #[arg(long, value_name = "N")]
    pub jit_threshold: Option<u32>,
    /// Collect and verify the heap at every safepoint, or every Nth.
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true, default_missing_value = "1")]
    pub gc_stress: Option<u32>,
    /// Write the names of compiled functions where `perf` looks for them.
    #[arg(long)]
    pub perf_map: bool,
    /// Behave as on this machine; scripts are interpreted on any but the one that this is.
    #[arg(long, value_name = "TRIPLE", hide = true)]
    pub jit_machine: Option<String>,
    /// Leave compiled code at every Nth guard.
    #[arg(long, value_name = "N")]
    pub deopt_stress: Option<u32>,
    /// Use only the first N pieces of optimized code, to find the one that is wrong; with --jit-sync.
    #[arg(long, value_name = "N", requires = "jit_sync")]
    pub optimize_at_most: Option<u64>,
    /// Which libraries the script has.
    #[arg(long, value_enum, default_value = "sandbox")]
    pub libs: Libs,
}

/// How functions are compiled. A threshold alone does not make compiling synchronous: the policy has its own.
fn options(flags: &Flags) -> Options {
    let mut options = Options {
        perf_map: flags.perf_map,
        machine: flags.jit_machine.clone(),
        // There are no frames that workers could delay.
        polite_workers: false,
        tier_cap: if flags.jit == JitCap::On { Tier::Optimizing } else { Tier::Baseline },
        ..Options::default()
    };
    if flags.jit_sync {
        let threshold = u64::from(flags.jit_threshold.unwrap_or(DEFAULT_THRESHOLD));
        options.timing = Timing::Sync { threshold };
        options.optimize_after = threshold;
    }
    options.aids.most_optimized = flags.optimize_at_most;
    if flags.deopt_stress.is_some() {
        options.aids.guard_stress = GuardStress::EveryNth;
    }
    options
}

/// Calls and loop rounds until a function is compiled, where it is compiled at once.
const DEFAULT_THRESHOLD: u32 = 2000;

/// A fresh state and its JIT.
pub fn state(flags: &Flags) -> (Lua, Option<Jit>) {
    let lua = Lua::with_libs(match flags.libs {
        Libs::Sandbox => Libraries::Sandbox,
        Libs::Full => Libraries::Full,
    });
    lua.set_gc_stress_period(flags.gc_stress.unwrap_or(0));
    lua.set_guard_stress_period(flags.deopt_stress.unwrap_or(0).max(1));
    if flags.jit != JitCap::Off {
        match Jit::attach(&lua, options(flags)) {
            Ok(jit) => return (lua, Some(jit)),
            Err(error) => eprintln!("interlune: scripts are interpreted: {error}"),
        }
    }
    (lua, None)
}
