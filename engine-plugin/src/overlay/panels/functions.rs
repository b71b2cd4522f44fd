//! The functions that take most of a frame: tier, calls, time, code, and where they are on the way to a higher tier.

use super::{BEST, GOOD, headings, scrolled};
use crate::overlay::snapshot::{FunctionRow, Snapshot};
use bevy_egui::egui::{self, Ui};
use interlune::jit::Tier;

pub(in crate::overlay) fn show(ui: &mut Ui, snapshot: &Snapshot, height: f32) {
    if snapshot.functions.is_empty() {
        ui.weak("no function has used up a quantum of calls and loop rounds yet");
        return;
    }
    scrolled(ui, height, |ui| {
        egui::Grid::new("functions").num_columns(7).striped(true).show(ui, |ui| {
            let names = ["function", "at", "tier", "calls", "µs a frame", "code", "compilation"];
            headings(ui, &names);
            for function in &snapshot.functions {
                row(ui, function);
            }
        });
    });
}

fn row(ui: &mut Ui, function: &FunctionRow) {
    ui.label(&*function.title);
    ui.weak(&function.place);
    let tier = function.tier.to_string();
    match function.tier {
        Tier::Interpreter => ui.label(tier),
        Tier::Baseline => ui.colored_label(GOOD, tier),
        Tier::Optimizing => ui.colored_label(BEST, tier),
    };
    ui.monospace(format!("{:>9}", function.calls));
    ui.monospace(format!("{:>8.1}", function.time_us));
    ui.monospace(match function.code_bytes {
        0 => String::new(),
        bytes => format!("{bytes:>6} B"),
    });
    if function.state.is_empty() {
        ui.weak(function.reason);
    } else {
        ui.label(function.state);
    }
    ui.end_row();
}
