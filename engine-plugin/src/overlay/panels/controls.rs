//! The controls: tier cap, pause, budget, workers. They show what is so, and give commands to change it.

use crate::jit::{ScriptJitMessage, ScriptJitState, ScriptJitStatus};
use crate::settings::JitMode;
use bevy_egui::egui::{DragValue, Ui};
use std::time::Duration;

/// The commands that were given, mostly none.
pub(in crate::overlay) fn show(ui: &mut Ui, jit: &ScriptJitStatus) -> Vec<ScriptJitMessage> {
    let mut commands = Vec::new();
    if matches!(jit.state, ScriptJitState::Unsupported(_)) {
        ui.weak("no compilers to control");
        return commands;
    }
    ui.horizontal(|ui| {
        ui.weak("tier cap");
        for mode in JitMode::ALL {
            let is_on = jit.mode == mode;
            if ui.selectable_label(is_on, mode.highest_tier()).clicked() && !is_on {
                commands.push(ScriptJitMessage::SetMode(mode));
            }
        }
        ui.separator();
        let mut paused = jit.paused;
        if ui.checkbox(&mut paused, "pause").changed() {
            commands.push(ScriptJitMessage::SetPaused(paused));
        }
        ui.separator();
        ui.weak("at most");
        let mut budget_ms = jit.compile_budget.as_secs_f64() * 1000.0;
        let budget = DragValue::new(&mut budget_ms).range(0.0..=100.0).speed(0.1).suffix(" ms");
        if ui.add(budget).on_hover_text("CPU time of each worker in a frame").changed() {
            let budget = Duration::try_from_secs_f64(budget_ms / 1000.0).unwrap_or_default();
            commands.push(ScriptJitMessage::SetCompileBudget(budget));
        }
        ui.separator();
        ui.weak("workers");
        let mut workers = jit.workers;
        if ui.add(DragValue::new(&mut workers).range(1..=64).speed(0.05)).changed() {
            commands.push(ScriptJitMessage::SetWorkers(workers));
        }
    });
    commands
}
