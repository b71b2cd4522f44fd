//! The overlay's window: figures and plots on top, the controls below them, then one list at a time.

use super::ScriptOverlay;
use super::history::FrameHistory;
use super::panels;
use crate::jit::{ScriptJitMessage, ScriptJitStatus};
use crate::status::ScriptStatus;
use bevy::ecs::error::Result;
use bevy::ecs::message::MessageWriter;
use bevy::ecs::system::{Res, ResMut, SystemParam};
use bevy_egui::EguiContexts;
use bevy_egui::egui::{self, Ui};

/// A list in the overlay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OverlayTab {
    /// The functions that take most of a frame, and how far they are compiled.
    #[default]
    Functions,
    /// The compilations, what they cost and what they saved.
    Ledger,
    /// Where optimized code was left, and why.
    Deopts,
    /// What happened: tiers, evictions, reloads, errors.
    Log,
    /// The loaded scripts.
    Scripts,
}

impl OverlayTab {
    const ALL: [OverlayTab; 5] = [
        OverlayTab::Functions,
        OverlayTab::Ledger,
        OverlayTab::Deopts,
        OverlayTab::Log,
        OverlayTab::Scripts,
    ];

    fn name(self) -> &'static str {
        match self {
            OverlayTab::Functions => "Functions",
            OverlayTab::Ledger => "Ledger",
            OverlayTab::Deopts => "Deopts",
            OverlayTab::Log => "Log",
            OverlayTab::Scripts => "Scripts",
        }
    }
}

/// All that the panels read.
#[derive(SystemParam)]
pub(super) struct Sources<'w> {
    pub(super) history: Res<'w, FrameHistory>,
    pub(super) status: Res<'w, ScriptStatus>,
    pub(super) jit: Res<'w, ScriptJitStatus>,
    #[cfg(feature = "jit")]
    pub(super) snapshot: Res<'w, super::snapshot::Snapshot>,
}

/// Height of the list; longer ones scroll.
const LIST: f32 = 180.0;

pub(super) fn show(
    mut contexts: EguiContexts,
    mut overlay: ResMut<ScriptOverlay>,
    sources: Sources,
    mut commands: MessageWriter<ScriptJitMessage>,
) -> Result {
    let (mut open, mut tab) = (overlay.open, overlay.tab);
    egui::Window::new("Scripts")
        .open(&mut open)
        .default_pos([16.0, 88.0])
        .default_width(660.0)
        .show(contexts.ctx_mut()?, |ui| {
            ui.columns(2, |columns| {
                panels::frame::show(&mut columns[0], &sources.history);
                panels::budget::show(&mut columns[1], &sources);
            });
            ui.separator();
            for command in panels::controls::show(ui, &sources.jit) {
                commands.write(command);
            }
            ui.separator();
            panels::log::newest_error(ui, &sources);
            ui.horizontal(|ui| {
                for each in OverlayTab::ALL {
                    ui.selectable_value(&mut tab, each, each.name());
                }
            });
            list(ui, tab, &sources);
        });
    if (open, tab) != (overlay.open, overlay.tab) {
        (overlay.open, overlay.tab) = (open, tab);
    }
    Ok(())
}

fn list(ui: &mut Ui, tab: OverlayTab, sources: &Sources) {
    match tab {
        #[cfg(feature = "jit")]
        OverlayTab::Functions => panels::functions::show(ui, &sources.snapshot, LIST),
        #[cfg(feature = "jit")]
        OverlayTab::Ledger => panels::ledger::show(ui, &sources.snapshot, LIST),
        #[cfg(feature = "jit")]
        OverlayTab::Deopts => panels::deopts::show(ui, &sources.snapshot, LIST),
        #[cfg(not(feature = "jit"))]
        OverlayTab::Functions | OverlayTab::Ledger | OverlayTab::Deopts => {
            ui.weak("this build of the game has no compilers");
        }
        OverlayTab::Log => panels::log::show(ui, sources, LIST),
        OverlayTab::Scripts => panels::scripts::show(ui, &sources.status, LIST),
    }
}
