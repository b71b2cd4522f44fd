//! The overlay (feature `overlay`, F1): what the scripts cost, how far each function is compiled and whether that paid,
//! what the compilers may use of a frame, what went wrong, what was reloaded.
//!
//! It reads counters that are kept anyway. Whatever it changes it changes by a [`ScriptJitMessage`](crate::ScriptJitMessage),
//! as any game could. [`history`] keeps the last frames' times; [`snapshot`] copies a bounded part of what the compilers
//! know, a few times a second and only while the overlay is open; [`window`] lays out the [`panels`], one a file.

mod history;
mod panels;
#[cfg(feature = "jit")]
mod snapshot;
#[cfg(feature = "jit")]
mod titles;
mod window;

use bevy::app::{App, Last, Plugin, PreUpdate};
use bevy::ecs::resource::Resource;
use bevy::ecs::schedule::IntoScheduleConfigs;
use bevy::ecs::system::{Res, ResMut};
use bevy::input::keyboard::KeyCode;
use bevy::input::{ButtonInput, InputSystems};
use bevy_egui::{EguiPlugin, EguiPrimaryContextPass};
use history::{FrameHistory, remember_frame};

pub use window::OverlayTab;

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
    /// Which of its lists is shown.
    pub tab: OverlayTab,
}

impl Plugin for ScriptOverlayPlugin {
    fn build(&self, app: &mut App) {
        if !app.is_plugin_added::<EguiPlugin>() {
            app.add_plugins(EguiPlugin::default());
        }
        app.insert_resource(ScriptOverlay {
            open: self.open,
            key: KeyCode::F1,
            tab: OverlayTab::default(),
        })
        .init_resource::<FrameHistory>()
        .add_systems(PreUpdate, toggle.after(InputSystems))
        .add_systems(Last, remember_frame.after(crate::ScriptSystems::Publish))
        .add_systems(EguiPrimaryContextPass, window::show.run_if(is_open));
        #[cfg(feature = "jit")]
        app.init_resource::<snapshot::Snapshot>().add_systems(
            Last,
            snapshot::refresh.run_if(is_open).after(crate::ScriptSystems::Publish),
        );
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
