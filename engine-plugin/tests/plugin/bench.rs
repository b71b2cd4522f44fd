//! A small game to test in: scripts from text, a log that scripts write to, the messages that were sent.

use bevy::asset::AssetPlugin;
use bevy::prelude::*;
use bevy::time::TimeUpdateStrategy;
use bevy_interlune::prelude::*;
use bevy_interlune::{ScriptFunctionsExt, ScriptState, ScriptStatus};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// What scripts said through the global function `note`.
#[derive(Clone, Default)]
pub struct Notes(Rc<RefCell<Vec<String>>>);

impl Notes {
    /// What was said since the last call.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.borrow_mut())
    }
}

/// Everything that was sent, kept for the tests.
#[derive(Resource, Default)]
struct Heard {
    errors: Vec<ScriptErrorMessage>,
    reloads: Vec<ScriptReloadedMessage>,
}

/// An app with the plugin in it.
pub struct Bench {
    pub app: App,
    pub notes: Notes,
}

impl Bench {
    pub fn new() -> Self {
        Self::with_settings(ScriptSettings::default())
    }

    pub fn with_settings(settings: ScriptSettings) -> Self {
        Self::assemble(settings, |app| {
            app.add_plugins(AssetPlugin::default());
        })
    }

    /// With an asset folder that is watched.
    pub fn with_folder(folder: &std::path::Path) -> Self {
        Self::assemble(ScriptSettings::default(), |app| {
            app.add_plugins(ScriptSourcePlugin {
                folder: folder.display().to_string(),
                ..default()
            })
            .add_plugins(AssetPlugin::default());
        })
    }

    fn assemble(settings: ScriptSettings, add_assets: impl FnOnce(&mut App)) -> Self {
        let mut app = App::new();
        app.add_plugins(MinimalPlugins);
        add_assets(&mut app);
        let notes = Notes::default();
        let heard = notes.clone();
        app.add_plugins(ScriptPlugin::new(settings))
            .add_plugins((bevy::input::InputPlugin, TransformPlugin))
            .register_type::<Transform>()
            .register_type::<Name>()
            // A frame is a sixtieth of a second, whatever the clock says, and one fixed step.
            .insert_resource(TimeUpdateStrategy::FixedTimesteps(1))
            .insert_resource(Time::<Fixed>::from_hz(60.0))
            .init_resource::<Heard>()
            .add_systems(Last, hear.after(ScriptSystems::Publish))
            .add_script_functions(move |lua, _| {
                let note = lua.create_function(move |_, text: String| {
                    heard.0.borrow_mut().push(text);
                    Ok(())
                })?;
                lua.globals().set("note", note)
            });
        app.finish();
        app.cleanup();
        // The first frame of a Bevy app has no time in it, and so no fixed step.
        app.update();
        Self { app, notes }
    }

    /// Adds a script from text, for use in a [`Script`] component or as a global one.
    pub fn script(&mut self, name: &str, source: &str) -> Handle<ScriptAsset> {
        self.app
            .world_mut()
            .resource_mut::<Assets<ScriptAsset>>()
            .add(ScriptAsset::new(name, source))
    }

    /// Adds a global script.
    pub fn global(&mut self, name: &str, source: &str) -> Handle<ScriptAsset> {
        let handle = self.script(name, source);
        self.app.world_mut().resource_mut::<GlobalScripts>().handles.push(handle.clone());
        handle
    }

    /// Replaces a script's source, as a reload from disk does.
    pub fn replace(&mut self, handle: &Handle<ScriptAsset>, name: &str, source: &str) {
        let mut assets = self.app.world_mut().resource_mut::<Assets<ScriptAsset>>();
        assets.insert(handle.id(), ScriptAsset::new(name, source)).expect("the handle is alive");
    }

    pub fn frames(&mut self, count: u32) {
        for _ in 0..count {
            self.app.update();
        }
    }

    /// Runs frames until `done`, for at most five seconds; how long it took.
    pub fn until(&mut self, done: impl Fn(&mut Self) -> bool) -> Duration {
        let begun = std::time::Instant::now();
        while !done(self) {
            assert!(begun.elapsed() < Duration::from_secs(5), "did not happen within five seconds");
            self.app.update();
            std::thread::sleep(Duration::from_millis(1));
        }
        begun.elapsed()
    }

    pub fn errors(&mut self) -> Vec<ScriptErrorMessage> {
        std::mem::take(&mut self.app.world_mut().resource_mut::<Heard>().errors)
    }

    pub fn reloads(&mut self) -> Vec<ScriptReloadedMessage> {
        std::mem::take(&mut self.app.world_mut().resource_mut::<Heard>().reloads)
    }

    /// The state of the first script.
    pub fn state(&self) -> Option<ScriptState> {
        self.app.world().resource::<ScriptStatus>().scripts.first().map(|script| script.state)
    }

    /// The one error there was, on one line.
    pub fn only_error(&mut self) -> String {
        let errors = self.errors();
        assert_eq!(errors.len(), 1, "{errors:#?}");
        let line = errors[0].line.map_or_else(|| "?".to_owned(), |line| line.to_string());
        format!("{}:{line}: {}", errors[0].script, errors[0].message)
    }
}

fn hear(
    mut heard: ResMut<Heard>,
    mut errors: MessageReader<ScriptErrorMessage>,
    mut reloads: MessageReader<ScriptReloadedMessage>,
) {
    heard.errors.extend(errors.read().cloned());
    heard.reloads.extend(reloads.read().cloned());
}
