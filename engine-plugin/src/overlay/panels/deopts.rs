//! Where optimized code was left for the tier below, the newest first: how often, and which bet was lost.

use super::{headings, scrolled};
use crate::overlay::snapshot::Snapshot;
use bevy_egui::egui::{self, Ui};

pub(in crate::overlay) fn show(ui: &mut Ui, snapshot: &Snapshot, height: f32) {
    if snapshot.deopts.is_empty() {
        ui.weak("no bet of optimized code was lost");
        return;
    }
    scrolled(ui, height, |ui| {
        egui::Grid::new("deopts").num_columns(5).striped(true).show(ui, |ui| {
            headings(ui, &["frame", "function", "left at", "times", "because of"]);
            for line in &snapshot.deopts {
                ui.monospace(format!("{:>7}", line.frame));
                ui.label(&*line.title);
                ui.weak(&line.place);
                ui.monospace(format!("{:>5}", line.exits));
                ui.label(line.reason);
                ui.end_row();
            }
        });
    });
}
