//! The plugin: resources, messages, and the order in which the frame's script work happens.

use crate::asset::{ScriptAsset, ScriptLoader};
use crate::clock::find_target;
use crate::component::{GlobalScripts, Script};
use crate::diagnostics::{ScriptDiagnosticsPlugin, publish_diagnostics};
use crate::frame::{ScriptFrameStats, finish_frame, start_frame};
use crate::jit;
use crate::lua;
use crate::message::{ScriptErrorMessage, ScriptReloadedMessage};
use crate::settings::ScriptSettings;
use crate::status::{ScriptStatus, note_messages};
use bevy::app::{App, First, FixedUpdate, Last, Plugin, PreUpdate, Update};
use bevy::asset::{AssetApp, AssetTrackingSystems};
use bevy::ecs::schedule::{IntoScheduleConfigs, SystemSet};

/// When the scripts run. Order your own systems by these.
#[derive(SystemSet, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScriptSystems {
    /// `PreUpdate`, after assets have arrived: scripts are loaded and reloaded (`on_load`, `on_reload`, `on_unload`).
    Load,
    /// `FixedUpdate`: `on_fixed_update`.
    FixedUpdate,
    /// `Update`: `on_update`.
    Update,
    /// `Last`: the collector runs in what is left of the frame.
    Collect,
    /// `Last`, after that: the compilers do what is due, and this frame's figures are complete.
    Publish,
}

/// Lua scripts for a Bevy app. Add it after the asset plugin (so after `DefaultPlugins`).
#[derive(Clone, Debug, Default)]
pub struct ScriptPlugin {
    /// The settings the app starts with.
    pub settings: ScriptSettings,
}

impl ScriptPlugin {
    /// The plugin with settings.
    pub fn new(settings: ScriptSettings) -> Self {
        Self { settings }
    }
}

impl Plugin for ScriptPlugin {
    fn build(&self, app: &mut App) {
        app.insert_resource(self.settings.clone())
            .init_resource::<ScriptFrameStats>()
            .init_resource::<ScriptStatus>()
            .init_resource::<GlobalScripts>()
            .register_type::<Script>()
            .register_type::<GlobalScripts>()
            .init_asset::<ScriptAsset>()
            .register_asset_loader(ScriptLoader)
            .add_message::<ScriptErrorMessage>()
            .add_message::<ScriptReloadedMessage>()
            .add_plugins(ScriptDiagnosticsPlugin)
            .configure_sets(PreUpdate, ScriptSystems::Load.after(AssetTrackingSystems))
            .configure_sets(FixedUpdate, ScriptSystems::FixedUpdate)
            .configure_sets(Update, ScriptSystems::Update)
            .configure_sets(Last, (ScriptSystems::Collect, ScriptSystems::Publish).chain())
            .add_systems(First, (start_frame, find_target).chain())
            .add_systems(
                Last,
                (finish_frame, publish_diagnostics, note_messages)
                    .chain()
                    .in_set(ScriptSystems::Publish),
            );
        jit::add(app);
        lua::add_systems(app, &self.settings);
    }

    fn finish(&self, app: &mut App) {
        jit::finish(app);
    }
}
