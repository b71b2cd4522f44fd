//! The compilers' budget: what each frame allowed, what of that was used, and why so much.

use super::{COMPILE, GOOD, TROUBLE, line, quiet_plot};
use crate::jit::{ScriptJitState, ScriptJitStatus};
use crate::overlay::window::Sources;
use bevy_egui::egui::Ui;

pub(in crate::overlay) fn show(ui: &mut Ui, sources: &Sources) {
    match &sources.jit.state {
        ScriptJitState::Off => {
            ui.weak("compilers are off");
        }
        ScriptJitState::Unsupported(reason) => {
            ui.colored_label(TROUBLE, format!("scripts are interpreted: {reason}"));
        }
        ScriptJitState::Ready => {
            decision(ui, &sources.jit);
            plot(ui, sources);
        }
    }
}

fn plot(ui: &mut Ui, sources: &Sources) {
    let history = &sources.history;
    quiet_plot("compile budget").include_y(1.0).show(ui, |plot| {
        plot.line(line("allowed", GOOD, history, |frame| frame.allowance));
        plot.line(line("used", COMPILE, history, |frame| frame.compile).fill(0.0));
    });
}

#[cfg(not(feature = "jit"))]
fn decision(_ui: &mut Ui, _jit: &ScriptJitStatus) {}

#[cfg(feature = "jit")]
fn decision(ui: &mut Ui, jit: &ScriptJitStatus) {
    use bevy_egui::egui::Grid;
    let (Some(decision), Some(inputs)) = (&jit.decision, &jit.inputs) else {
        ui.weak("no frame yet");
        return;
    };
    Grid::new("compile decision").num_columns(2).min_col_width(84.0).show(ui, |ui| {
        let mut row = |name: &str, value: String| {
            ui.weak(name);
            ui.label(value);
            ui.end_row();
        };
        let allowed = decision.allowance_us / 1000.0;
        row("allowed now", format!("{allowed:.2} ms ({})", decision.reason.text()));
        row("slack", format!("{:.1} of {:.1} ms", decision.slack_ms, inputs.target_ms));
        row(
            "render world",
            match (inputs.render_busy_ms, inputs.pipelined) {
                (0.0, _) => "none".to_owned(),
                (busy, true) => format!("{busy:.1} ms beside the game"),
                (busy, false) => format!("{busy:.1} ms after the game"),
            },
        );
        row("idle cores", format!("{:.2} of {}", decision.idle_cores, inputs.cores));
        row("price of time", format!("{:.2}", decision.price));
        let held = match decision.held_back {
            0 => String::new(),
            held => format!(", {held} held back"),
        };
        row("workers", format!("{} of {}{held}", decision.workers_active, inputs.workers));
        let bytes = jit.counters.code_bytes as f64 / 1e3;
        row("code", format!("{} functions, {bytes:.1} kB", jit.counters.compiles));
    });
    ui.weak(format!("{} waiting, {} thrown away", jit.waiting, jit.counters.evictions));
}
