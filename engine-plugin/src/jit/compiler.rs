//! The VM's JIT as the plugin holds it: made when it is first wanted, commanded, told of frames.

use super::meter::FrameMeter;
use super::status::{ScriptJitMessage, ScriptJitState, ScriptJitStatus};
use crate::frame::ScriptFrameStats;
use crate::settings::{JitMode, JitTiming, ScriptSettings};
use bevy::ecs::world::World;
use interlune::jit::governor::{FrameDecision, FrameInputs};
use interlune::jit::worker::default_workers;
use interlune::jit::{Jit, MainThreadWork, Options, Tier, Timing, Tunables};
use interlune::{Lua, ScriptVersion};
use std::time::Duration;

pub(crate) struct ScriptCompiler {
    jit: Option<Jit>,
    state: ScriptJitState,
    mode: JitMode,
    paused: bool,
    workers: usize,
    budget: Duration,
    max_code_bytes: usize,
    machine: Option<String>,
    timing: Timing,
    meter: FrameMeter,
    /// Of the last frame.
    work: MainThreadWork,
    inputs: Option<FrameInputs>,
    decision: Option<FrameDecision>,
}

impl ScriptCompiler {
    pub(crate) fn new(lua: &Lua, settings: &ScriptSettings) -> Self {
        let timing = match settings.jit_timing {
            JitTiming::Background => Timing::Background,
            JitTiming::Sync { threshold } => Timing::Sync { threshold },
        };
        let mut compiler = Self {
            jit: None,
            state: ScriptJitState::Off,
            mode: settings.jit,
            paused: false,
            workers: settings.workers.unwrap_or_else(default_workers).max(1),
            budget: settings.compile_budget,
            max_code_bytes: settings.max_code_bytes,
            machine: settings.jit_machine.clone(),
            timing,
            meter: FrameMeter::default(),
            work: MainThreadWork::default(),
            inputs: None,
            decision: None,
        };
        compiler.apply_mode(lua);
        compiler
    }

    pub(crate) fn jit(&self) -> Option<&Jit> {
        self.jit.as_ref()
    }

    /// Scripts run from now on.
    pub(crate) fn enter(&self) {
        if let Some(jit) = &self.jit {
            jit.enter();
        }
    }

    /// They have returned.
    pub(crate) fn leave(&self) {
        if let Some(jit) = &self.jit {
            jit.leave();
        }
    }

    /// A new version of a script has taken over: its functions are as old as those that they replace.
    pub(crate) fn reloaded(&self, lua: &Lua, old: ScriptVersion<'_>, new: ScriptVersion<'_>) {
        if let Some(jit) = &self.jit {
            // Versions that do not fit together have nothing to inherit.
            if let Ok(pairs) = lua.matching_functions(old, new) {
                jit.reloaded(&pairs);
            }
        }
    }

    pub(crate) fn obey(&mut self, lua: &Lua, message: ScriptJitMessage) {
        match message {
            ScriptJitMessage::SetMode(mode) => {
                self.mode = mode;
                self.apply_mode(lua);
            }
            ScriptJitMessage::SetPaused(paused) => {
                self.paused = paused;
                if let Some(jit) = &self.jit {
                    jit.set_paused(paused);
                }
            }
            ScriptJitMessage::SetCompileBudget(budget) => {
                self.budget = budget;
                if let Some(jit) = &self.jit {
                    jit.set_max_allowance_us(microseconds(budget));
                }
            }
            ScriptJitMessage::SetWorkers(workers) => {
                self.workers = workers.max(1);
                if let Some(jit) = &self.jit {
                    jit.set_workers(self.workers);
                }
            }
        }
    }

    /// Makes the JIT if it is wanted for the first time, and sets how far it goes.
    fn apply_mode(&mut self, lua: &Lua) {
        if self.jit.is_none() && self.mode != JitMode::Off && self.state == ScriptJitState::Off {
            self.attach(lua);
        }
        if let Some(jit) = &self.jit {
            jit.set_tier_cap(match self.mode {
                JitMode::Off => Tier::Interpreter,
                JitMode::Baseline => Tier::Baseline,
                JitMode::On => Jit::HIGHEST,
            });
        }
    }

    fn attach(&mut self, lua: &Lua) {
        let options = Options {
            timing: self.timing,
            max_code_bytes: self.max_code_bytes,
            machine: self.machine.clone(),
            workers: self.workers,
            tunables: Tunables {
                max_allowance_us: microseconds(self.budget),
                ..Tunables::default()
            },
            ..Options::default()
        };
        match Jit::attach(lua, options) {
            Ok(jit) => {
                jit.prepare();
                jit.set_paused(self.paused);
                self.jit = Some(jit);
                self.state = ScriptJitState::Ready;
            }
            Err(error) => {
                tracing::warn!(target: "lua", "scripts are interpreted, not compiled: {error}");
                self.state = ScriptJitState::Unsupported(error.to_string());
            }
        }
    }

    /// The main thread has done this frame's work: lets the JIT decide what the next one allows, and do what is due.
    pub(crate) fn end_frame(&mut self, world: &World, stats: &mut ScriptFrameStats) {
        let Some(jit) = &self.jit else { return };
        let compile_ms = jit.take_compile_us() / 1000.0;
        let busy = stats.busy();
        let mut inputs = self.meter.end_frame(world, stats, busy);
        inputs.compile_cpu_ms = compile_ms;
        inputs.workers = self.workers as u32;
        // The JIT's own work comes after the measurement: what it was last time stands for it.
        inputs.main_busy_ms += self.work.total_us() / 1000.0;
        inputs.install_ms = install_ms(&self.work);
        inputs.installs = self.work.installs;
        let allowed_us = self.decision.map_or(0.0, |decision| decision.allowance_us);
        self.decision = Some(jit.end_frame(&inputs));
        self.inputs = Some(inputs);
        self.work = jit.take_work();
        stats.compile = duration_of_ms(compile_ms);
        stats.allowance = duration_of_ms(allowed_us / 1000.0);
        stats.install = duration_of_ms(install_ms(&self.work));
        stats.jit = duration_of_ms(self.work.total_us() / 1000.0);
    }

    pub(crate) fn publish(&self, status: &mut ScriptJitStatus) {
        if status.state != self.state {
            status.state = self.state.clone();
        }
        status.mode = self.mode;
        status.paused = self.paused;
        status.workers = self.workers;
        status.compile_budget = self.budget;
        status.work = self.work;
        status.decision = self.decision;
        status.inputs = self.inputs;
        if let Some(jit) = &self.jit {
            status.counters = jit.counters();
            status.waiting = jit.read(|scheduler| scheduler.waiting().jobs);
        }
    }
}

fn install_ms(work: &MainThreadWork) -> f64 {
    (work.installs_us + work.invalidations_us) / 1000.0
}

fn microseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn duration_of_ms(ms: f64) -> Duration {
    Duration::try_from_secs_f64(ms / 1000.0).unwrap_or_default()
}
