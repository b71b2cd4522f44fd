//! The panels of the overlay, one a file, and what they share. Each draws what it is given and changes nothing.

pub(super) mod budget;
pub(super) mod controls;
#[cfg(feature = "jit")]
pub(super) mod deopts;
pub(super) mod frame;
#[cfg(feature = "jit")]
pub(super) mod functions;
#[cfg(feature = "jit")]
pub(super) mod ledger;
pub(super) mod log;
pub(super) mod scripts;

use super::history::{FrameHistory, FrameTimes};
use bevy_egui::egui::{Color32, Rangef, ScrollArea, Ui};
use egui_plot::{FilledArea, GridInput, GridMark, Line, Plot, PlotPoints};
use std::time::Duration;

const MAIN: Color32 = Color32::from_rgb(90, 130, 210);
const SCRIPT: Color32 = Color32::from_rgb(240, 150, 70);
const COLLECTION: Color32 = Color32::from_rgb(90, 200, 130);
const COMPILE: Color32 = Color32::from_rgb(200, 110, 220);
const TARGET: Color32 = Color32::from_rgb(200, 200, 210);
const TROUBLE: Color32 = Color32::from_rgb(250, 110, 100);
const GOOD: Color32 = Color32::from_rgb(130, 220, 130);
const BEST: Color32 = Color32::from_rgb(120, 210, 250);

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
        .y_grid_spacer(few_marks)
        .grid_spacing(Rangef::new(8.0, 24.0))
}

/// About three lines with labels, at round numbers: there is little room.
fn few_marks(grid: GridInput) -> Vec<GridMark> {
    let (low, high) = grid.bounds;
    let step_size = round_step(high - low);
    let marks = (low / step_size).ceil() as i64..=(high / step_size).floor() as i64;
    marks.take(8).map(|mark| GridMark { value: mark as f64 * step_size, step_size }).collect()
}

/// 1, 2 or 5 times a power of ten, between a fifth and a half of the range.
fn round_step(range: f64) -> f64 {
    let least = (range / 5.0).max(1e-6);
    let power = 10.0_f64.powf(least.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
    steps.into_iter().find(|&step| step >= least).unwrap_or(10.0 * power)
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

#[cfg(test)]
mod tests {
    use super::round_step;

    #[test]
    fn steps_are_round() {
        for (range, step) in [(1.0, 0.2), (16.0, 5.0), (66.0, 20.0), (0.12, 0.05), (100.0, 20.0)] {
            assert!((round_step(range) - step).abs() < 1e-9, "{range}: {}", round_step(range));
        }
    }
}
