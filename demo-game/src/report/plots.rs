//! The report's pictures: SVG, so that they need no fonts here and stay sharp anywhere.

use super::json::{Frame, Report};
use anyhow::anyhow;
use plotters::coord::Shift;
use plotters::prelude::*;
use std::path::Path;

const SIZE: (u32, u32) = (1000, 420);
const FRAME_TARGET_MS: f64 = 1000.0 / 60.0;

/// One line of a plot.
struct Line<'a> {
    name: &'a str,
    color: RGBColor,
    points: Vec<(f64, f64)>,
}

/// Writes all plots of a report.
pub fn draw(report: &Report, folder: &Path) -> anyhow::Result<()> {
    let over_time = |name, color, column: fn(&Frame) -> f64| Line {
        name,
        color,
        points: report
            .frames
            .iter()
            .enumerate()
            .map(|(index, frame)| (index as f64 + 1.0, column(frame)))
            .collect(),
    };
    let main = over_time("main thread", RGBColor(60, 90, 160), |frame| frame.main_ms);
    let script = over_time("script", RGBColor(220, 120, 40), |frame| frame.script_ms);
    let gc = over_time("collection", RGBColor(40, 150, 90), |frame| frame.gc_ms);
    let compile = over_time("compiling", RGBColor(170, 60, 140), |frame| frame.compile_ms);
    let title = format!("{}, {} bodies, jit {}", report.scene, report.bodies, report.jit);
    plot(
        &folder.join("frame_time.svg"),
        &format!("Frame time: {title}"),
        "frame",
        &[main, script],
    )?;
    plot(
        &folder.join("collection.svg"),
        &format!("Collection and compiling: {title}"),
        "frame",
        &[gc, compile],
    )?;
    let sorted = [
        sorted_line("main thread", RGBColor(60, 90, 160), report, |frame| frame.main_ms),
        sorted_line("script", RGBColor(220, 120, 40), report, |frame| frame.script_ms),
    ];
    plot(
        &folder.join("percentiles.svg"),
        &format!("Frames by length: {title}"),
        "percentile",
        &sorted,
    )
}

fn sorted_line<'a>(
    name: &'a str,
    color: RGBColor,
    report: &Report,
    column: fn(&Frame) -> f64,
) -> Line<'a> {
    let mut values: Vec<f64> = report.frames.iter().map(column).collect();
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1).max(1) as f64;
    let points = values
        .into_iter()
        .enumerate()
        .map(|(index, value)| (index as f64 / last * 100.0, value))
        .collect();
    Line { name, color, points }
}

fn plot(path: &Path, title: &str, axis: &str, lines: &[Line]) -> anyhow::Result<()> {
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    draw_lines(&area, title, axis, lines)
        .map_err(|error| anyhow!("cannot draw {}: {error}", path.display()))
}

fn draw_lines<'a>(
    area: &DrawingArea<SVGBackend<'a>, Shift>,
    title: &str,
    axis: &str,
    lines: &[Line],
) -> Result<(), DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>> {
    let points = || lines.iter().flat_map(|line| line.points.iter());
    let right = points().map(|point| point.0).fold(1.0, f64::max);
    let top = points().map(|point| point.1).fold(0.01, f64::max) * 1.1;
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(36)
        .y_label_area_size(56)
        .build_cartesian_2d(0.0..right, 0.0..top)?;
    chart
        .configure_mesh()
        .light_line_style(RGBColor(240, 240, 240))
        .x_desc(axis)
        .y_desc("milliseconds")
        .x_label_formatter(&|value| format!("{value:.0}"))
        .draw()?;
    if top > FRAME_TARGET_MS {
        let target = [(0.0, FRAME_TARGET_MS), (right, FRAME_TARGET_MS)];
        chart.draw_series(LineSeries::new(target, RGBColor(200, 60, 60).mix(0.6)))?;
    }
    for line in lines {
        let color = line.color;
        chart
            .draw_series(LineSeries::new(line.points.iter().copied(), color.stroke_width(1)))?
            .label(line.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], color.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.8))
        .border_style(RGBColor(200, 200, 200))
        .draw()?;
    area.present()
}
