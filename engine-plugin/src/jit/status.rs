//! What games, overlays and reports see of the compilers, and the message by which they command them.

use crate::settings::JitMode;
use bevy::ecs::message::Message;
use bevy::ecs::resource::Resource;
use std::time::Duration;

/// A command to the compilers. It takes effect before scripts next run.
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScriptJitMessage {
    /// How far functions are compiled from now on. Code beyond that is thrown away.
    SetMode(JitMode),
    /// Stops compiling, or goes on. What is compiled runs on.
    SetPaused(bool),
    /// The most CPU time that each worker is allowed in a frame.
    SetCompileBudget(Duration),
    /// How many threads compile, at least one.
    SetWorkers(usize),
}

/// Whether there are compilers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ScriptJitState {
    /// None was asked for yet.
    #[default]
    Off,
    /// They work, or wait for something to do.
    Ready,
    /// This machine, or this build, has none: scripts are interpreted. Why.
    Unsupported(String),
}

/// The compilers as they stand at the end of a frame.
#[derive(Resource, Clone, Debug, Default)]
pub struct ScriptJitStatus {
    /// Whether there are any.
    pub state: ScriptJitState,
    /// How far they may go.
    pub mode: JitMode,
    /// They were told to rest.
    pub paused: bool,
    /// Threads that compile.
    pub workers: usize,
    /// The most that each of them is ever allowed in a frame.
    pub compile_budget: Duration,
    /// What they did so far.
    #[cfg(feature = "jit")]
    pub counters: interlune::jit::Counters,
    /// What they took of the main thread in this frame.
    #[cfg(feature = "jit")]
    pub work: interlune::jit::MainThreadWork,
    /// What was decided for the next frame.
    #[cfg(feature = "jit")]
    pub decision: Option<interlune::jit::governor::FrameDecision>,
    /// What was measured of this frame, for that decision.
    #[cfg(feature = "jit")]
    pub inputs: Option<interlune::jit::governor::FrameInputs>,
    /// Functions that wait to be compiled, and compilations under way.
    #[cfg(feature = "jit")]
    pub waiting: u32,
}

/// Everything that the compilers know, copied.
#[cfg(feature = "jit")]
#[derive(Clone, Debug, Default)]
pub struct ScriptJitReport {
    /// All functions that were ever sampled, the most used first.
    pub functions: Vec<interlune::jit::FunctionReport>,
    /// The decisions, oldest first.
    pub ledger: Vec<interlune::jit::ledger::LedgerRow>,
    /// The last decisions about functions to become part of their callers, oldest first.
    pub inlining: Vec<interlune::jit::ledger::InliningRow>,
    /// The last decisions about bets of optimized code that were lost, oldest first.
    pub speculation: Vec<interlune::jit::ledger::SpeculationRow>,
    /// The last times that optimized code was left, oldest first.
    pub deopts: Vec<interlune::jit::Deopt>,
}

/// Makes a report. Meant for the end of a run: it takes milliseconds where there are thousands of functions.
#[cfg(feature = "jit")]
pub fn script_jit_report(world: &mut bevy::ecs::world::World) -> ScriptJitReport {
    let mut report = ScriptJitReport::default();
    crate::lua::with_runtime(world, |runtime, _| {
        if let Some(jit) = runtime.compiler().jit() {
            report = ScriptJitReport {
                functions: jit.functions(),
                ledger: jit.ledger(),
                inlining: jit.inlinings(),
                speculation: jit.speculations(),
                deopts: jit.deopts(),
            };
        }
    });
    report
}
