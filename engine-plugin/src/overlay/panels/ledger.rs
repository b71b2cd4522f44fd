//! The compilations that saved most: what each cost, what it has saved, when it was predicted to pay and when it did. Below
//! them what was decided last about bets that were lost and about inlining.

use super::{COMPILE, GOOD, TROUBLE, headings, quiet_plot, scrolled};
use crate::overlay::snapshot::{ChoiceLine, LedgerLine, Snapshot};
use bevy_egui::egui::{self, Ui};
use egui_plot::{Legend, Line, PlotPoints};
use interlune::jit::economics::BreakEven;

/// Height of the plot of sums.
const BALANCE_HEIGHT: f32 = 70.0;

pub(in crate::overlay) fn show(ui: &mut Ui, snapshot: &Snapshot, height: f32) {
    let Some(balance) = snapshot.balance.back() else {
        ui.weak("nothing was compiled yet");
        return;
    };
    ui.horizontal(|ui| {
        ui.label(format!("{} compilations", snapshot.compilations));
        ui.colored_label(COMPILE, format!("cost {:.2} ms", balance.cost_ms));
        ui.colored_label(GOOD, format!("saved {:.1} ms", balance.saved_ms));
    });
    sums(ui, snapshot);
    let height = height - BALANCE_HEIGHT;
    scrolled(ui, height, |ui| {
        egui::Grid::new("ledger").num_columns(9).striped(true).show(ui, |ui| {
            let names = [
                "function", "at", "tier", "frame", "cost ms", "saved ms", "pays in", "paid in",
                "outcome",
            ];
            headings(ui, &names);
            for line in &snapshot.ledger {
                row(ui, line);
            }
        });
        if snapshot.choices.is_empty() {
            return;
        }
        ui.separator();
        egui::Grid::new("choices").num_columns(6).striped(true).show(ui, |ui| {
            headings(ui, &["frame", "function", "at", "decision", "because of", "verdict"]);
            for line in &snapshot.choices {
                choice(ui, line);
            }
        });
    });
}

/// Cost and saving of everything, over frames.
fn sums(ui: &mut Ui, snapshot: &Snapshot) {
    let column = |figure: fn(f64, f64) -> f64| -> PlotPoints<'_> {
        let points = snapshot.balance.iter();
        points.map(|at| [at.frame as f64, figure(at.cost_ms, at.saved_ms)]).collect()
    };
    let plot = quiet_plot("compile balance").height(BALANCE_HEIGHT).legend(Legend::default());
    plot.show(ui, |plot| {
        plot.line(Line::new("cost", column(|cost, _| cost)).color(COMPILE).allow_hover(false));
        plot.line(Line::new("saved", column(|_, saved| saved)).color(GOOD).allow_hover(false));
    });
}

fn row(ui: &mut Ui, line: &LedgerLine) {
    ui.label(&*line.title);
    ui.weak(&line.place);
    ui.label(line.tier.to_string());
    ui.monospace(format!("{:>6}", line.decided_frame));
    ui.monospace(format!("{:>7.3}", line.cost_ms));
    let saved = format!("{:>8.2}", line.saved_ms);
    if line.saved_ms < 0.0 {
        ui.colored_label(TROUBLE, saved);
    } else {
        ui.monospace(saved);
    }
    ui.monospace(frames(line.predicted));
    ui.monospace(line.real.map_or_else(|| "–".to_owned(), frames));
    ui.weak(&line.outcome);
    ui.end_row();
}

fn choice(ui: &mut Ui, line: &ChoiceLine) {
    ui.monospace(format!("{:>6}", line.frame));
    ui.label(&*line.title);
    ui.weak(&line.place);
    ui.label(&line.what);
    ui.weak(&line.why);
    if line.is_good {
        ui.colored_label(GOOD, line.verdict);
    } else {
        ui.label(line.verdict);
    }
    ui.end_row();
}

/// Frames from the install on.
fn frames(after: BreakEven) -> String {
    after.frames().map_or_else(|| "never".to_owned(), |frames| format!("{frames:.1} fr"))
}
