//! The frame: figures, and where the main thread's time went over the last few seconds.

use super::{COLLECTION, COMPILE, MAIN, SCRIPT, TARGET, area, line, milliseconds, ms, quiet_plot};
use crate::overlay::history::{FrameHistory, FrameTimes};
use bevy_egui::egui::{self, Color32, Ui};
use egui_plot::HLine;
use std::time::Duration;

pub(in crate::overlay) fn show(ui: &mut Ui, history: &FrameHistory) {
    figures(ui, history);
    let target = history.frames.back().map_or(Duration::ZERO, |frame| frame.target);
    // A single long frame (the first one, mostly) must not press the others flat.
    let top = ms(history.worst(|frame| frame.main)).clamp(ms(target) * 1.2, ms(target) * 4.0);
    quiet_plot("script frame times").show(ui, |plot| {
        plot.set_plot_bounds_y(0.0..=top);
        let with_gc = |frame: &FrameTimes| frame.script + frame.gc;
        let with_jit = move |frame: &FrameTimes| with_gc(frame) + frame.jit;
        plot.add(area("scripts", SCRIPT, history, |_| Duration::ZERO, |frame| frame.script));
        plot.add(area("collection", COLLECTION, history, |frame| frame.script, with_gc));
        plot.add(area("compilers", COMPILE, history, with_gc, with_jit));
        plot.add(area("main thread", MAIN, history, with_jit, |frame| frame.main));
        plot.line(line("workers", COMPILE, history, |frame| frame.compile));
        plot.hline(HLine::new("target", ms(target)).color(TARGET).allow_hover(false));
    });
}

fn figures(ui: &mut Ui, history: &FrameHistory) {
    let row = |ui: &mut Ui, name: &str, color: Color32, figure: fn(&FrameTimes) -> Duration| {
        ui.colored_label(color, name);
        ui.label(milliseconds(history.mean(figure)));
        ui.label(milliseconds(history.worst(figure)));
        ui.end_row();
    };
    egui::Grid::new("script figures").num_columns(3).min_col_width(84.0).show(ui, |ui| {
        ui.weak("a frame");
        ui.weak("mean");
        ui.weak("worst");
        ui.end_row();
        row(ui, "whole", Color32::GRAY, |frame| frame.whole);
        row(ui, "main thread", MAIN, |frame| frame.main);
        row(ui, "scripts", SCRIPT, |frame| frame.script);
        row(ui, "collection", COLLECTION, |frame| frame.gc);
        row(ui, "compilers, here", COMPILE, |frame| frame.jit);
        row(ui, "on workers", COMPILE, |frame| frame.compile);
    });
    ui.weak(format!(
        "heap {:.2} MB, {} callbacks a frame",
        history.heap_bytes as f64 / 1e6,
        history.calls
    ));
}
