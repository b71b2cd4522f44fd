//! The VM's place in the app: a non-send resource, taken out for the length of each phase.

use super::functions::{WaitingFunctions, report};
use super::host::Host;
use super::load::shared_tables;
use super::phase::Machine;
use super::script::{Callback, LoadedScript};
use super::{bindings, sync};
use crate::asset::ScriptAsset;
use crate::error_log::ErrorLog;
use crate::frame::{ScriptFrameStats, finish_frame};
use crate::jit::{self, ScriptCompiler, ScriptJitMessage, ScriptJitStatus};
use crate::message::ScriptErrorMessage;
use crate::plugin::ScriptSystems;
use crate::settings::ScriptSettings;
use crate::status::ScriptStatus;
use bevy::app::{App, FixedUpdate, Last, PreUpdate, Update};
use bevy::asset::AssetId;
use bevy::ecs::entity::EntityHashMap;
use bevy::ecs::schedule::IntoScheduleConfigs;
use bevy::ecs::world::World;
use bevy::time::Time;
use interlune::{Function, Lua, Table};
use std::time::{Duration, Instant};

/// All scripts of an app, and the VM they share.
pub(crate) struct ScriptRuntime {
    pub(super) machine: Machine,
    pub(super) scripts: Vec<LoadedScript>,
    /// Which script each scripted entity runs.
    pub(super) script_of: EntityHashMap<AssetId<ScriptAsset>>,
    pub(super) deletions: Vec<sync::Deletion>,
    /// Stands in for the world while that is lent to scripts.
    stand_in: Option<World>,
}

impl ScriptRuntime {
    pub(crate) fn new(settings: &ScriptSettings) -> interlune::Result<Self> {
        let lua = Lua::new();
        lua.set_memory_limit(settings.memory_limit);
        let math: Table = lua.globals().get("math")?;
        math.get::<Function>("randomseed")?.call::<()>(settings.random_seed as i64)?;
        let host = Host::new();
        bindings::install(&lua, &host)?;
        Ok(Self {
            machine: Machine {
                compiler: ScriptCompiler::new(&lua, settings),
                shared: shared_tables(&lua)?,
                lua,
                host,
                errors: ErrorLog::default(),
                calls: 0,
                script_time: Duration::ZERO,
            },
            scripts: Vec::new(),
            script_of: EntityHashMap::default(),
            deletions: Vec::new(),
            stand_in: Some(World::new()),
        })
    }

    pub(crate) fn compiler(&self) -> &ScriptCompiler {
        &self.machine.compiler
    }

    pub(crate) fn compiler_mut(&mut self) -> &mut ScriptCompiler {
        &mut self.machine.compiler
    }

    /// Gives the compilers a command.
    pub(crate) fn obey(&mut self, message: ScriptJitMessage) {
        self.machine.compiler.obey(&self.machine.lua, message);
    }

    /// Runs `phase` with the world lent to the scripts. Time in it is scripts' time, for the compilers.
    pub(super) fn lend(&mut self, world: &mut World, phase: impl FnOnce(&mut Self)) {
        let access = self.machine.host.world.clone();
        let stand_in = self.stand_in.take().unwrap_or_default();
        self.machine.compiler.enter();
        let ((), stand_in) = access.lend(world, stand_in, || phase(self));
        self.machine.compiler.leave();
        self.stand_in = Some(stand_in);
    }

    fn call_all(&mut self, world: &mut World, callback: Callback, dt: f64) {
        let settings = world.resource::<ScriptSettings>().clone();
        self.lend(world, |runtime| {
            for script in &mut runtime.scripts {
                runtime.machine.call_all(script, callback, Some(dt), &settings);
            }
        });
    }
}

/// Puts the VM into the app and its phases into the schedules.
pub(crate) fn add_systems(app: &mut App, settings: &ScriptSettings) {
    let runtime = match ScriptRuntime::new(settings) {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(target: "lua", "scripts are off: the VM could not be set up: {error}");
            return;
        }
    };
    let waiting = app.world_mut().remove_non_send::<WaitingFunctions>().unwrap_or_default();
    for register in waiting.0 {
        report(register(&runtime.machine.lua, &runtime.machine.host.world));
    }
    runtime.compiler().publish(&mut app.world_mut().resource_mut::<ScriptJitStatus>());
    app.insert_non_send(runtime)
        .add_systems(PreUpdate, (jit::obey, sync::sync_scripts).chain().in_set(ScriptSystems::Load))
        .add_systems(FixedUpdate, run_fixed_update.in_set(ScriptSystems::FixedUpdate))
        .add_systems(Update, run_update.in_set(ScriptSystems::Update))
        .add_systems(Last, collect.in_set(ScriptSystems::Collect))
        .add_systems(
            Last,
            (publish, jit::end_frame).chain().in_set(ScriptSystems::Publish).before(finish_frame),
        );
}

/// Takes the VM out of the world for `work`, so that both can be used at once.
pub(crate) fn with_runtime(world: &mut World, work: impl FnOnce(&mut ScriptRuntime, &mut World)) {
    if let Some(mut runtime) = world.remove_non_send::<ScriptRuntime>() {
        work(&mut runtime, world);
        world.insert_non_send(runtime);
    }
}

fn run_fixed_update(world: &mut World) {
    call_all(world, Callback::FixedUpdate);
}

fn run_update(world: &mut World) {
    call_all(world, Callback::Update);
}

/// In `FixedUpdate`, Bevy puts the fixed clock in `Time`'s place.
fn call_all(world: &mut World, callback: Callback) {
    let dt = world.get_resource::<Time>().map_or(0.0, Time::delta_secs_f64);
    with_runtime(world, |runtime, world| runtime.call_all(world, callback, dt));
}

/// Gives the collector what is left of the frame.
fn collect(world: &mut World) {
    with_runtime(world, |runtime, world| {
        let settings = world.resource::<ScriptSettings>().clone();
        let mut stats = world.resource_mut::<ScriptFrameStats>();
        let begun = Instant::now();
        runtime.machine.lua.gc_step(stats.collection_deadline(&settings, begun));
        stats.gc = begun.elapsed();
        stats.heap_bytes = runtime.machine.lua.used_memory();
    });
}

/// Hands out the frame's errors and figures.
fn publish(world: &mut World) {
    with_runtime(world, |runtime, world| {
        let interval = world.resource::<ScriptSettings>().error_log_interval;
        let errors = runtime.machine.errors.take(Instant::now(), interval);
        world.write_message_batch::<ScriptErrorMessage>(errors);
        let mut stats = world.resource_mut::<ScriptFrameStats>();
        stats.script = std::mem::take(&mut runtime.machine.script_time);
        stats.calls = std::mem::take(&mut runtime.machine.calls);
        let mut status = world.resource_mut::<ScriptStatus>();
        status.scripts.clear();
        status.scripts.extend(runtime.scripts.iter().map(LoadedScript::entry));
        for script in &mut runtime.scripts {
            script.time = Duration::ZERO;
        }
    });
}
