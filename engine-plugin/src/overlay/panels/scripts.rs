//! The loaded scripts.

use super::{TROUBLE, headings, milliseconds, scrolled};
use crate::status::{ScriptState, ScriptStatus};
use bevy_egui::egui::{self, RichText, Ui};

pub(in crate::overlay) fn show(ui: &mut Ui, status: &ScriptStatus, height: f32) {
    scrolled(ui, height, |ui| list(ui, status));
}

fn list(ui: &mut Ui, status: &ScriptStatus) {
    if status.scripts.is_empty() {
        ui.weak("no scripts");
        return;
    }
    egui::Grid::new("loaded scripts").num_columns(5).striped(true).show(ui, |ui| {
        headings(ui, &["script", "state", "version", "runs for", "time"]);
        for script in &status.scripts {
            ui.label(&script.name);
            let state = RichText::new(script.state.as_str());
            ui.label(if script.state == ScriptState::Running {
                state
            } else {
                state.color(TROUBLE)
            });
            ui.label(script.version.to_string());
            ui.label(script.instances.to_string());
            ui.label(milliseconds(script.time));
            ui.end_row();
        }
    });
    ui.weak(match status.recent_reloads.back() {
        Some(last) => {
            format!("reloads: {}, the last: {}", status.reloads, last.reload.script)
        }
        None => "no reloads yet: save a script".to_owned(),
    });
}
