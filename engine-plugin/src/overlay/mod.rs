//! The overlay (feature `overlay`, F1): what the scripts cost, which are loaded, what went wrong, what was reloaded.
//!
//! It reads counters that are kept anyway and changes nothing but its own visibility. [`history`] keeps the last
//! frames' times, [`panel`] draws them and the rest.

mod history;
mod panel;

use bevy::app::{App, Last, Plugin, PreUpdate};
use bevy::ecs::resource::Resource;
use bevy::ecs::schedule::IntoScheduleConfigs;
use bevy::ecs::system::{Res, ResMut};
use bevy::input::keyboard::KeyCode;
use bevy::input::{ButtonInput, InputSystems};
use bevy_egui::{EguiPlugin, EguiPrimaryContextPass};
use history::{FrameHistory, remember_frame};

/// Shows the overlay. Add it after [`ScriptPlugin`](crate::ScriptPlugin); it brings `EguiPlugin` if the game has not.
#[derive(Clone, Copy, Debug, Default)]
pub struct ScriptOverlayPlugin {
    /// Whether it is to be seen from the start.
    pub open: bool,
}

/// Whether the overlay is to be seen, and which key changes that.
#[derive(Resource, Clone, Copy, Debug)]
pub struct ScriptOverlay {
    /// To be seen now.
    pub open: bool,
    /// The key that toggles it: F1.
    pub key: KeyCode,
}

impl Plugin for ScriptOverlayPlugin {
    fn build(&self, app: &mut App) {
        if !app.is_plugin_added::<EguiPlugin>() {
            app.add_plugins(EguiPlugin::default());
        }
        app.insert_resource(ScriptOverlay { open: self.open, key: KeyCode::F1 })
            .init_resource::<FrameHistory>()
            .add_systems(PreUpdate, toggle.after(InputSystems))
            .add_systems(Last, remember_frame.after(crate::ScriptSystems::Publish))
            .add_systems(EguiPrimaryContextPass, panel::show.run_if(is_open));
    }
}

fn toggle(mut overlay: ResMut<ScriptOverlay>, keys: Option<Res<ButtonInput<KeyCode>>>) {
    if keys.is_some_and(|keys| keys.just_pressed(overlay.key)) {
        overlay.open = !overlay.open;
    }
}

fn is_open(overlay: Res<ScriptOverlay>) -> bool {
    overlay.open
}
