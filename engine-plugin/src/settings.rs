//! What a game may set: budgets, limits, how far scripts are compiled, and how a reload and an error behave.

use bevy::ecs::resource::Resource;
use std::time::Duration;

/// Which compilers may run. Scripts give the same results, bit for bit, whichever is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JitMode {
    /// The interpreter alone.
    Off,
    /// The interpreter and the baseline compiler.
    Baseline,
    /// Everything there is.
    #[default]
    On,
}

impl JitMode {
    /// All of them, the slowest scripts first.
    pub const ALL: [JitMode; 3] = [JitMode::Off, JitMode::Baseline, JitMode::On];

    /// As command lines and reports spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            JitMode::Off => "off",
            JitMode::Baseline => "baseline",
            JitMode::On => "on",
        }
    }

    /// The highest tier that it lets functions reach, in a word.
    pub fn highest_tier(self) -> &'static str {
        match self {
            JitMode::Off => "interpreter",
            JitMode::Baseline => "baseline",
            JitMode::On => "optimizing",
        }
    }
}

/// When scripts are compiled, and on which thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JitTiming {
    /// By workers, in spare frame time, as the measurements of the frames say.
    #[default]
    Background,
    /// On the main thread, at once, when a function has made so many calls and loop rounds; 0: when it is first called.
    /// For tests: frames wait for it.
    Sync {
        /// Calls and loop rounds.
        threshold: u64,
    },
}

/// Settings of [`ScriptPlugin`](crate::ScriptPlugin), and a resource afterwards: changes take effect at once, except
/// for those that say otherwise.
#[derive(Clone, Debug, Resource)]
pub struct ScriptSettings {
    /// The time a frame is meant to take. Collection and compilation use what the frame's own work leaves of it, and
    /// compilation leaves two milliseconds more alone. `None`:
    /// the display's interval where frames wait for it and it is known, else the fixed step.
    pub target_frame: Option<Duration>,
    /// The part of [`target_frame`](Self::target_frame) that collection leaves alone, for what the main thread still has to do.
    pub frame_reserve: Duration,
    /// The most a frame spends on collection.
    pub gc_most: Duration,
    /// What a frame spends on collection even if none of it is spare, so that garbage cannot pile up.
    pub gc_least: Duration,
    /// The longest one callback may run before it is stopped with an error.
    pub callback_time_limit: Duration,
    /// The same for the top level of a script while it is loaded, and for `on_load`, `on_reload` and `on_unload`.
    pub load_time_limit: Duration,
    /// A script of which one callback was stopped in this many frames in a row is not called until it is reloaded.
    pub timeouts_before_suspension: u32,
    /// The most memory all scripts together may use, in bytes; `None` for no limit. Read when the plugin is built.
    pub memory_limit: Option<usize>,
    /// An error that keeps happening is logged once in this time, with the number of times it happened.
    pub error_log_interval: Duration,
    /// How far scripts are compiled. Read when the plugin is built; a
    /// [`ScriptJitMessage`](crate::ScriptJitMessage) changes it later.
    pub jit: JitMode,
    /// Threads that compile; `None`: one less than there are cores. Read when the plugin is built; a message changes it
    /// later.
    pub workers: Option<usize>,
    /// The most CPU time that each of them is ever allowed in a frame. Mostly they are allowed less: what is spare.
    /// Read when the plugin is built; a message changes it later.
    pub compile_budget: Duration,
    /// The most memory for machine code, in bytes; the least used is thrown away beyond. Read when the plugin is built.
    pub max_code_bytes: usize,
    /// Read when the plugin is built.
    pub jit_timing: JitTiming,
    /// The machine that this is said to be, by a name like `mips64-unknown-linux-gnu`: to try out what a game does where
    /// there is no compiler. Read when the plugin is built.
    pub jit_machine: Option<String>,
    /// Seed of the scripts' `math.random`, so that runs repeat. Read when the plugin is built.
    pub random_seed: u64,
}

impl Default for ScriptSettings {
    fn default() -> Self {
        Self {
            target_frame: None,
            frame_reserve: Duration::from_millis(1),
            gc_most: Duration::from_micros(400),
            gc_least: Duration::from_micros(50),
            callback_time_limit: Duration::from_millis(100),
            load_time_limit: Duration::from_secs(1),
            timeouts_before_suspension: 3,
            memory_limit: Some(512 << 20),
            error_log_interval: Duration::from_secs(1),
            jit: JitMode::default(),
            workers: None,
            compile_budget: Duration::from_millis(12),
            max_code_bytes: 32 << 20,
            jit_timing: JitTiming::default(),
            jit_machine: None,
            random_seed: 0,
        }
    }
}
