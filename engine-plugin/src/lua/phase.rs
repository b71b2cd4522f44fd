//! Calling callbacks, one script after the other, each within its time.

use super::fault;
use super::host::Host;
use super::instance::{Instance, Stage};
use super::script::{Callback, LoadedScript};
use crate::error_log::ErrorLog;
use crate::jit::ScriptCompiler;
use crate::settings::ScriptSettings;
use crate::status::ScriptState;
use bevy::ecs::entity::Entity;
use interlune::{Lua, Result, Table};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// How a callback went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Fine,
    Failed,
    OutOfTime,
}

/// The VM and what every call into it needs.
pub(crate) struct Machine {
    pub(crate) lua: Lua,
    pub(crate) compiler: ScriptCompiler,
    pub(crate) host: Rc<Host>,
    /// Tables that no script may return, by name: see `shared_tables`.
    pub(crate) shared: Vec<(String, Table)>,
    pub(crate) errors: ErrorLog,
    /// Callbacks made in this frame.
    pub(crate) calls: u32,
    /// Time in them, and in loading.
    pub(crate) script_time: Duration,
}

impl Machine {
    /// Calls `callback` for every instance of `script`. `dt` is passed on if there is one.
    pub(crate) fn call_all(
        &mut self,
        script: &mut LoadedScript,
        callback: Callback,
        dt: Option<f64>,
        settings: &ScriptSettings,
    ) {
        let defined =
            script.module.as_ref().is_some_and(|module| module.callback(callback).is_some());
        if !defined || !script.is_running() {
            return;
        }
        let begun = Instant::now();
        let mut timely = true;
        for index in 0..script.instances.len() {
            let Instance { entity, stage, .. } = script.instances[index];
            if stage != Stage::Running {
                continue;
            }
            // Other systems, and scripts before this one, may have despawned it.
            if self.is_gone(entity) {
                continue;
            }
            let outcome = self.call_one(script, index, callback, dt, settings);
            self.host.world.apply_queue();
            // The others would most likely take as long, and the frame has been long enough.
            if outcome == Outcome::OutOfTime {
                timely = false;
                break;
            }
        }
        if timely {
            script.timeouts[callback as usize] = 0;
        }
        let took = begun.elapsed();
        script.time += took;
        self.script_time += took;
    }

    /// Calls `callback` for one instance, if the script has it.
    pub(crate) fn call_one(
        &mut self,
        script: &mut LoadedScript,
        index: usize,
        callback: Callback,
        dt: Option<f64>,
        settings: &ScriptSettings,
    ) -> Outcome {
        let Some(function) = script.module.as_ref().and_then(|module| module.callback(callback))
        else {
            return Outcome::Fine;
        };
        let limit = match callback {
            Callback::Update | Callback::FixedUpdate => settings.callback_time_limit,
            Callback::Load | Callback::Reload | Callback::Unload => settings.load_time_limit,
        };
        let this = &script.instances[index].this;
        self.host.set_running(&script.name);
        self.calls += 1;
        self.lua.set_time_limit(Some(limit));
        let outcome: Result<()> = match dt {
            Some(dt) => function.call((this, dt)),
            None => function.call(this),
        };
        match outcome {
            Ok(()) => Outcome::Fine,
            Err(error) => {
                let entity = script.instances[index].entity;
                self.errors.push(fault::describe(&script.name, callback.name(), entity, &error));
                script.filled_memory |= fault::is_out_of_memory(&error);
                if fault::is_timeout(&error) {
                    self.count_timeout(script, callback, settings);
                    return Outcome::OutOfTime;
                }
                Outcome::Failed
            }
        }
    }

    /// `on_load` for an instance that has not had it.
    pub(crate) fn start(
        &mut self,
        script: &mut LoadedScript,
        index: usize,
        settings: &ScriptSettings,
    ) {
        if self.is_gone(script.instances[index].entity) {
            return;
        }
        let outcome = self.call_one(script, index, Callback::Load, None, settings);
        script.instances[index].stage = match outcome {
            Outcome::Fine => Stage::Running,
            Outcome::Failed | Outcome::OutOfTime => Stage::Broken,
        };
        if outcome != Outcome::OutOfTime {
            script.timeouts[Callback::Load as usize] = 0;
        }
        self.host.world.apply_queue();
    }

    /// `on_reload` for an instance of a version that has just taken the place of another one.
    pub(crate) fn tell_of_reload(
        &mut self,
        script: &mut LoadedScript,
        index: usize,
        settings: &ScriptSettings,
    ) {
        if !self.is_gone(script.instances[index].entity) {
            self.call_one(script, index, Callback::Reload, None, settings);
            self.host.world.apply_queue();
        }
    }

    fn is_gone(&self, entity: Option<Entity>) -> bool {
        entity.is_some_and(|entity| !self.host.world.is_alive(entity))
    }

    /// An endless loop costs its time limit each time it is called, so a script that does not mend is not called.
    fn count_timeout(
        &mut self,
        script: &mut LoadedScript,
        callback: Callback,
        settings: &ScriptSettings,
    ) {
        let timeouts = &mut script.timeouts[callback as usize];
        *timeouts += 1;
        if *timeouts >= settings.timeouts_before_suspension {
            let text = format!(
                "ran out of time {timeouts} times in a row; not called again until it is reloaded"
            );
            script.state = ScriptState::Suspended;
            self.errors.push(fault::plain(&script.name, callback.name(), text));
        }
    }
}
