//! The overlay's window.

use super::ScriptOverlay;
use super::history::{FrameHistory, FrameTimes};
use crate::settings::ScriptSettings;
use crate::status::{ScriptState, ScriptStatus};
use bevy::ecs::error::Result;
use bevy::ecs::system::{Res, ResMut};
use bevy_egui::EguiContexts;
use bevy_egui::egui::{self, Color32, Pos2, Rect, RichText, Sense, Stroke, Ui, Vec2};
use std::time::Duration;

const MAIN: Color32 = Color32::from_rgb(90, 130, 210);
const SCRIPT: Color32 = Color32::from_rgb(240, 150, 70);
const COLLECTION: Color32 = Color32::from_rgb(90, 200, 130);
const TROUBLE: Color32 = Color32::from_rgb(250, 110, 100);
const PLOT_HEIGHT: f32 = 90.0;

pub(super) fn show(
    mut contexts: EguiContexts,
    mut overlay: ResMut<ScriptOverlay>,
    history: Res<FrameHistory>,
    status: Res<ScriptStatus>,
    settings: Res<ScriptSettings>,
) -> Result {
    let mut open = overlay.open;
    egui::Window::new("Scripts")
        .open(&mut open)
        .default_pos([16.0, 96.0])
        .default_width(380.0)
        .show(contexts.ctx_mut()?, |ui| {
            figures(ui, &history);
            plot(ui, &history, settings.target_frame);
            ui.separator();
            scripts(ui, &status);
            ui.separator();
            reloads(ui, &status);
            errors(ui, &status);
        });
    if open != overlay.open {
        overlay.open = open;
    }
    Ok(())
}

fn milliseconds(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1000.0)
}

fn figures(ui: &mut Ui, history: &FrameHistory) {
    let row = |ui: &mut Ui, name: &str, color: Color32, figure: fn(&FrameTimes) -> Duration| {
        ui.colored_label(color, name);
        ui.label(milliseconds(history.mean(figure)));
        ui.label(milliseconds(history.worst(figure)));
        ui.end_row();
    };
    egui::Grid::new("script figures").num_columns(3).min_col_width(90.0).show(ui, |ui| {
        ui.label("");
        ui.weak("mean");
        ui.weak("worst");
        ui.end_row();
        row(ui, "frame", Color32::GRAY, |frame| frame.whole);
        row(ui, "main thread", MAIN, |frame| frame.main);
        row(ui, "scripts", SCRIPT, |frame| frame.script);
        row(ui, "collection", COLLECTION, |frame| frame.gc);
    });
    ui.horizontal(|ui| {
        ui.label(format!("heap {:.2} MB", history.heap_bytes as f64 / 1e6));
        ui.label(format!("{} callbacks a frame", history.calls));
    });
}

/// A column per frame: the main thread's work, with the scripts' and the collector's part of it from the bottom up.
fn plot(ui: &mut Ui, history: &FrameHistory, target: Duration) {
    let size = Vec2::new(ui.available_width().max(240.0), PLOT_HEIGHT);
    let (response, painter) = ui.allocate_painter(size, Sense::hover());
    let area = response.rect;
    painter.rect_filled(area, 3.0, Color32::from_black_alpha(120));
    // A single long frame (the first one, mostly) must not press the others flat.
    let full = history.worst(|frame| frame.main).clamp(target * 2, target * 4).as_secs_f32();
    let height = |time: Duration| (time.as_secs_f32() / full).min(1.0) * area.height();
    let width = area.width() / FrameHistory::LENGTH as f32;
    for (index, frame) in history.frames.iter().enumerate() {
        let left = area.left() + index as f32 * width;
        let bar = |from: f32, to: f32, color: Color32| {
            let corners = [
                Pos2::new(left, area.bottom() - to),
                Pos2::new(left + width, area.bottom() - from),
            ];
            painter.rect_filled(Rect::from_points(&corners), 0.0, color);
        };
        let script = height(frame.script);
        let gc = height(frame.script + frame.gc);
        bar(0.0, script, SCRIPT);
        bar(script, gc, COLLECTION);
        bar(gc, height(frame.main).max(gc), MAIN);
    }
    let line = area.bottom() - height(target);
    painter.hline(area.x_range(), line, Stroke::new(1.0, Color32::from_white_alpha(90)));
}

fn scripts(ui: &mut Ui, status: &ScriptStatus) {
    if status.scripts.is_empty() {
        ui.weak("no scripts");
        return;
    }
    egui::Grid::new("loaded scripts").num_columns(5).striped(true).show(ui, |ui| {
        for heading in ["script", "state", "version", "runs for", "time"] {
            ui.weak(heading);
        }
        ui.end_row();
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
}

fn reloads(ui: &mut Ui, status: &ScriptStatus) {
    let text = match &status.last_reload {
        Some(last) => {
            let took = milliseconds(last.took);
            format!("reloads: {}, the last: {} in {took}", status.reloads, last.script)
        }
        None => "no reloads yet: save a script".to_owned(),
    };
    ui.label(text);
}

fn errors(ui: &mut Ui, status: &ScriptStatus) {
    if status.errors.is_empty() {
        ui.weak("no errors");
        return;
    }
    egui::ScrollArea::vertical().max_height(160.0).auto_shrink([false, true]).show(ui, |ui| {
        for entry in status.errors.iter().rev() {
            let error = &entry.error;
            let line = error.line.map_or_else(String::new, |line| format!(":{line}"));
            let headline = format!("{}{line}: {}", error.script, error.message);
            ui.colored_label(TROUBLE, headline).on_hover_text(&error.traceback);
            ui.weak(format!(
                "in {}, {} times, last in frame {}",
                error.callback, entry.count, entry.frame
            ));
        }
    });
}
