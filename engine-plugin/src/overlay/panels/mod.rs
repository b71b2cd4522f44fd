//! The panels of the overlay, one a file, and what they share. Each draws what it is given and changes nothing.

pub(super) mod budget;
pub(super) mod controls;
pub(super) mod frame;
#[cfg(feature = "jit")]
pub(super) mod functions;
#[cfg(feature = "jit")]
pub(super) mod ledger;
pub(super) mod log;
pub(super) mod scripts;

use super::history::{FrameHistory, FrameTimes};
use bevy_egui::egui::{Color32, Rangef, ScrollArea, Ui};
use egui_plot::{FilledArea, Line, Plot, PlotPoints};
use std::time::Duration;

const MAIN: Color32 = Color32::from_rgb(90, 130, 210);
const SCRIPT: Color32 = Color32::from_rgb(240, 150, 70);
const COLLECTION: Color32 = Color32::from_rgb(90, 200, 130);
const COMPILE: Color32 = Color32::from_rgb(200, 110, 220);
const TARGET: Color32 = Color32::from_rgb(200, 200, 210);
const TROUBLE: Color32 = Color32::from_rgb(250, 110, 100);
const GOOD: Color32 = Color32::from_rgb(130, 220, 130);

const PLOT_HEIGHT: f32 = 104.0;

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn milliseconds(time: Duration) -> String {
    format!("{:.2} ms", ms(time))
}

/// A list of a height that does not depend on its length, so that the window keeps its own.
fn scrolled(ui: &mut Ui, height: f32, show: impl FnOnce(&mut Ui)) {
    let area = ScrollArea::vertical().max_height(height).min_scrolled_height(height);
    area.auto_shrink([false, false]).show(ui, show);
}

/// A plot to look at: nothing in it is dragged or zoomed, since it moves by itself.
fn quiet_plot<'a>(name: &str) -> Plot<'a> {
    Plot::new(name)
        .height(PLOT_HEIGHT)
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .allow_double_click_reset(false)
        .show_x(false)
        .include_y(0.0)
        .y_axis_min_width(28.0)
        // Labels on lines that are close together too: there is little room.
        .grid_spacing(Rangef::new(8.0, 24.0))
}

/// One figure of the last frames as points, in milliseconds over frames.
fn points<'a>(history: &FrameHistory, figure: impl Fn(&FrameTimes) -> Duration) -> PlotPoints<'a> {
    history.frames.iter().map(|frame| [frame.frame as f64, ms(figure(frame))]).collect()
}

fn line<'a>(
    name: &str,
    color: Color32,
    history: &FrameHistory,
    figure: impl Fn(&FrameTimes) -> Duration,
) -> Line<'a> {
    Line::new(name, points(history, figure)).color(color).width(1.2).allow_hover(false)
}

/// The area between two figures.
fn area(
    name: &str,
    color: Color32,
    history: &FrameHistory,
    from: impl Fn(&FrameTimes) -> Duration,
    to: impl Fn(&FrameTimes) -> Duration,
) -> FilledArea {
    let column = |figure: &dyn Fn(&FrameTimes) -> f64| -> Vec<f64> {
        history.frames.iter().map(figure).collect()
    };
    let frames = column(&|frame| frame.frame as f64);
    let low = column(&|frame| ms(from(frame)));
    let high = column(&|frame| ms(to(frame).max(from(frame))));
    FilledArea::new(name, &frames, &low, &high).fill_color(color.gamma_multiply(0.75))
}

/// The headings of a list.
fn headings(ui: &mut Ui, names: &[&str]) {
    for name in names {
        ui.weak(*name);
    }
    ui.end_row();
}
