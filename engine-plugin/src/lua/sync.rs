//! Bringing the running scripts into step with the world: new and changed assets, new and vanished script components.

use super::fault;
use super::instance::{Instance, Stage};
use super::phase::Outcome;
use super::runtime::{ScriptRuntime, with_runtime};
use super::script::{Callback, LoadedScript, Module};
use crate::asset::ScriptAsset;
use crate::component::{GlobalScripts, Script};
use crate::message::ScriptReloadedMessage;
use crate::settings::ScriptSettings;
use crate::source::{FileNews, ScriptNews};
use bevy::asset::{AssetId, AssetLoadFailedEvent, AssetServer, Assets};
use bevy::ecs::entity::Entity;
use bevy::ecs::lifecycle::RemovedComponents;
use bevy::ecs::message::MessageReader;
use bevy::ecs::query::Changed;
use bevy::ecs::system::{Query, SystemState};
use bevy::ecs::world::World;
use std::time::{Duration, Instant};

/// A deleted file, not yet told of: editors that delete and write anew do not mean it.
pub(super) struct Deletion {
    script: String,
    revision: Option<u64>,
    tell_at: Instant,
}

/// How long a file must stay away before the game hears of it.
const DELETION_PATIENCE: Duration = Duration::from_millis(500);

/// What changed in the world since the last frame.
type Changes = (
    Query<'static, 'static, (Entity, &'static Script), Changed<Script>>,
    RemovedComponents<'static, 'static, Script>,
    MessageReader<'static, 'static, AssetLoadFailedEvent<ScriptAsset>>,
);

/// A version of a script that was not looked at yet.
struct Arrival {
    id: AssetId<ScriptAsset>,
    asset: ScriptAsset,
}

pub(super) fn sync_scripts(world: &mut World, changes: &mut SystemState<Changes>) {
    with_runtime(world, |runtime, world| {
        let (changed, removed, failures) = gather(world, changes);
        let settings = world.resource::<ScriptSettings>().clone();
        let globals: Vec<_> =
            world.resource::<GlobalScripts>().handles.iter().map(|handle| handle.id()).collect();
        runtime.lend(world, |runtime| {
            runtime.detach_entities(&removed, &settings);
            runtime.attach_entities(&changed, &settings);
            runtime.match_globals(&globals, &settings);
        });
        runtime.name_new_scripts(world);
        let saved = runtime.read_news(world);
        let arrivals = runtime.arrivals(world);
        let mut reloads = Vec::new();
        runtime.lend(world, |runtime| {
            for (id, source) in &saved {
                reloads.extend(runtime.take_in_saved(*id, source, &settings));
            }
            for arrival in &arrivals {
                reloads.extend(runtime.take_in(arrival, &settings));
            }
            runtime.start_instances(&settings);
        });
        world.write_message_batch::<ScriptReloadedMessage>(reloads);
        for (id, reason) in failures {
            runtime.note_failed_load(id, &reason);
        }
        runtime.note_deletions();
    });
}

type Gathered =
    (Vec<(Entity, AssetId<ScriptAsset>)>, Vec<Entity>, Vec<(AssetId<ScriptAsset>, String)>);

fn gather(world: &mut World, changes: &mut SystemState<Changes>) -> Gathered {
    // The parameters are checked against resources that the asset plugin brings; without it there is nothing to do.
    let Ok((changed, mut removed, mut failures)) = changes.get_mut(world) else {
        return Gathered::default();
    };
    (
        changed.iter().map(|(entity, script)| (entity, script.handle.id())).collect(),
        removed.read().collect(),
        failures.read().map(|failure| (failure.id, failure.error.to_string())).collect(),
    )
}

impl ScriptRuntime {
    fn position(&self, id: AssetId<ScriptAsset>) -> Option<usize> {
        self.scripts.iter().position(|script| script.id == id)
    }

    fn attach(
        &mut self,
        id: AssetId<ScriptAsset>,
        entity: Option<Entity>,
    ) -> interlune::Result<()> {
        let index = match self.position(id) {
            Some(index) => index,
            None => {
                self.scripts.push(LoadedScript::new(&self.machine.lua, id, "")?);
                self.scripts.len() - 1
            }
        };
        let script = &mut self.scripts[index];
        let instance =
            Instance::new(&self.machine.lua, &self.machine.host, entity, &script.self_metatable)?;
        script.instances.push(instance);
        if let Some(entity) = entity {
            self.script_of.insert(entity, id);
        }
        Ok(())
    }

    /// Ends one instance: `on_unload`, and its `self` is garbage.
    fn detach(&mut self, script: usize, instance: usize, settings: &ScriptSettings) {
        let script = &mut self.scripts[script];
        if script.instances[instance].stage == Stage::Running && script.is_running() {
            let outcome = self.machine.call_one(script, instance, Callback::Unload, None, settings);
            if outcome != Outcome::OutOfTime {
                script.timeouts[Callback::Unload as usize] = 0;
            }
            self.machine.host.world.apply_queue();
        }
        // Keeps the order of the others: it is the order in which they run.
        script.instances.remove(instance);
    }

    fn detach_entities(&mut self, entities: &[Entity], settings: &ScriptSettings) {
        for entity in entities {
            let Some(id) = self.script_of.remove(entity) else {
                continue;
            };
            let Some(script) = self.position(id) else {
                continue;
            };
            let of_entity = |instance: &Instance| instance.entity == Some(*entity);
            if let Some(instance) = self.scripts[script].instances.iter().position(of_entity) {
                self.detach(script, instance, settings);
            }
        }
    }

    fn attach_entities(
        &mut self,
        changed: &[(Entity, AssetId<ScriptAsset>)],
        settings: &ScriptSettings,
    ) {
        for (entity, id) in changed {
            if self.script_of.get(entity) == Some(id) {
                continue;
            }
            self.detach_entities(&[*entity], settings);
            if let Err(error) = self.attach(*id, Some(*entity)) {
                self.machine.errors.push(fault::describe("", "load", Some(*entity), &error));
            }
        }
    }

    fn match_globals(&mut self, wanted: &[AssetId<ScriptAsset>], settings: &ScriptSettings) {
        let is_global = |instance: &Instance| instance.entity.is_none();
        for id in wanted {
            let known = self
                .position(*id)
                .is_some_and(|script| self.scripts[script].instances.iter().any(is_global));
            if !known && let Err(error) = self.attach(*id, None) {
                self.machine.errors.push(fault::describe("", "load", None, &error));
            }
        }
        for script in 0..self.scripts.len() {
            if wanted.contains(&self.scripts[script].id) {
                continue;
            }
            if let Some(instance) = self.scripts[script].instances.iter().position(is_global) {
                self.detach(script, instance, settings);
            }
        }
        // What nobody runs any more is forgotten, its globals included.
        self.scripts.retain(|script| !script.instances.is_empty());
    }

    /// Scripts are called by their asset path from the start, so that a missing one can be named.
    fn name_new_scripts(&mut self, world: &World) {
        let server = world.get_resource::<AssetServer>();
        for script in self.scripts.iter_mut().filter(|script| script.name.is_empty()) {
            let path = server.and_then(|server| server.get_path(script.id));
            script.name = path.map_or_else(|| "script".into(), |path| path.to_string().into());
        }
    }

    fn arrivals(&self, world: &World) -> Vec<Arrival> {
        let Some(assets) = world.get_resource::<Assets<ScriptAsset>>() else {
            return Vec::new();
        };
        let newer = |script: &LoadedScript| {
            let asset =
                assets.get(script.id).filter(|asset| script.revision != Some(asset.revision))?;
            Some(Arrival { id: script.id, asset: asset.clone() })
        };
        self.scripts.iter().filter_map(newer).collect()
    }

    /// A source that was read from the file before its asset arrived.
    fn take_in_saved(
        &mut self,
        id: AssetId<ScriptAsset>,
        source: &[u8],
        settings: &ScriptSettings,
    ) -> Option<ScriptReloadedMessage> {
        let index = self.position(id)?;
        self.scripts[index].saved.push(source.into());
        self.load_over(index, source, settings)
    }

    /// An asset that arrived.
    fn take_in(
        &mut self,
        arrival: &Arrival,
        settings: &ScriptSettings,
    ) -> Option<ScriptReloadedMessage> {
        let index = self.position(arrival.id)?;
        let script = &mut self.scripts[index];
        script.revision = Some(arrival.asset.revision);
        script.name = arrival.asset.name.as_str().into();
        if let Some(known) = script.saved.iter().position(|saved| **saved == *arrival.asset.source)
        {
            script.saved.drain(..=known);
            return None;
        }
        self.load_over(index, &arrival.asset.source, settings)
    }

    /// Loads a first version, or a newer one over an older. The latter returns what there is to tell.
    fn load_over(
        &mut self,
        index: usize,
        source: &[u8],
        settings: &ScriptSettings,
    ) -> Option<ScriptReloadedMessage> {
        let script = &mut self.scripts[index];
        let begun = Instant::now();
        self.machine.errors.forget(&script.name);
        let was_loaded = script.module.is_some();
        // A file that was still empty, for example: nobody has been called yet.
        let was_idle = script.module.as_ref().is_some_and(Module::is_idle);
        self.machine.make_room(script, source, settings);
        let taken = self.machine.load(script, source, settings);
        if taken && was_loaded {
            for instance in 0..script.instances.len() {
                match script.instances[instance].stage {
                    Stage::Running if was_idle => script.instances[instance].stage = Stage::New,
                    Stage::Running if !script.is_running() => {}
                    Stage::Running => self.machine.tell_of_reload(script, instance, settings),
                    Stage::Broken => script.instances[instance].stage = Stage::New,
                    Stage::New => {}
                }
            }
        }
        let took = begun.elapsed();
        script.time += took;
        self.machine.script_time += took;
        let told = taken && was_loaded;
        told.then(|| ScriptReloadedMessage {
            script: script.name.to_string(),
            version: script.version,
            took,
        })
    }

    /// `on_load` for whoever has not had it.
    fn start_instances(&mut self, settings: &ScriptSettings) {
        for script in self.scripts.iter_mut().filter(|script| script.module.is_some()) {
            for index in 0..script.instances.len() {
                if script.instances[index].stage == Stage::New && script.is_running() {
                    self.machine.start(script, index, settings);
                }
            }
        }
    }

    /// A file that could not be read: missing at the start, or gone when it should have been read again.
    fn note_failed_load(&mut self, id: AssetId<ScriptAsset>, reason: &str) {
        let Some(script) = self.position(id) else {
            return;
        };
        let script = &mut self.scripts[script];
        script.fall_back();
        self.machine.errors.push(fault::plain(&script.name, "load", reason));
    }

    /// Notes deleted files, and gives the scripts whose files were written with what they hold now.
    fn read_news(&mut self, world: &World) -> Vec<(AssetId<ScriptAsset>, Vec<u8>)> {
        let news = world.get_resource::<ScriptNews>().map(ScriptNews::take).unwrap_or_default();
        let mut saved: Vec<(AssetId<ScriptAsset>, Vec<u8>)> = Vec::new();
        for (path, news) in news {
            let path = path.to_string_lossy().replace('\\', "/");
            let Some(script) = self.scripts.iter().find(|script| *script.name == *path) else {
                continue;
            };
            match news {
                FileNews::Saved(source) => {
                    // Written twice since the last frame: only the newest counts.
                    saved.retain(|(id, _)| *id != script.id);
                    saved.push((script.id, source));
                    self.deletions.retain(|deletion| deletion.script != path);
                }
                FileNews::Deleted => {
                    let revision = script.revision;
                    let tell_at = Instant::now() + DELETION_PATIENCE;
                    self.deletions.push(Deletion { script: path, revision, tell_at });
                }
            }
        }
        saved
    }

    fn note_deletions(&mut self) {
        let now = Instant::now();
        let due =
            self.deletions.extract_if(.., |deletion| deletion.tell_at <= now).collect::<Vec<_>>();
        for deletion in due {
            let script = self.scripts.iter_mut().find(|script| *script.name == *deletion.script);
            if let Some(script) = script.filter(|script| script.revision == deletion.revision) {
                let text = format!("the file was deleted{}", script.fall_back());
                self.machine.errors.push(fault::plain(&script.name, "load", text));
            }
        }
    }
}
