//! What happened, the newest first: errors, reloads, and what became of functions.

use super::{TROUBLE, scrolled};
use crate::overlay::window::Sources;
use bevy_egui::egui::{RichText, Ui};

/// Lines that are shown.
const LINES: usize = 100;

struct Line {
    frame: u64,
    text: String,
    is_trouble: bool,
    details: String,
}

pub(in crate::overlay) fn show(ui: &mut Ui, sources: &Sources, height: f32) {
    let lines = lines(sources);
    if lines.is_empty() {
        ui.weak("nothing yet");
        return;
    }
    scrolled(ui, height, |ui| {
        for line in lines {
            ui.horizontal(|ui| {
                ui.monospace(RichText::new(format!("{:>7}", line.frame)).weak());
                let text = RichText::new(line.text);
                let shown = ui.label(if line.is_trouble { text.color(TROUBLE) } else { text });
                if !line.details.is_empty() {
                    shown.on_hover_text(line.details);
                }
            });
        }
    });
}

/// For how many frames after it happened an error is shown above all lists.
const NEWS_FRAMES: u64 = 300;

/// The newest error, while it is news.
pub(in crate::overlay) fn newest_error(ui: &mut Ui, sources: &Sources) {
    let now = sources.history.frames.back().map_or(0, |frame| frame.frame);
    let newest = sources.status.errors.back();
    if let Some(entry) = newest.filter(|entry| now < entry.frame + NEWS_FRAMES) {
        let error = &entry.error;
        let line = error.line.map_or_else(String::new, |line| format!(":{line}"));
        let text = format!("{}{line}: {}", error.script, error.message);
        ui.colored_label(TROUBLE, text).on_hover_text(&error.traceback);
    }
}

fn lines(sources: &Sources) -> Vec<Line> {
    let errors = sources.status.errors.iter().map(|entry| {
        let error = &entry.error;
        let line = error.line.map_or_else(String::new, |line| format!(":{line}"));
        let (script, message, callback) = (&error.script, &error.message, error.callback);
        let times = entry.count;
        Line {
            frame: entry.frame,
            text: format!("{script}{line}: {message} (in {callback}, {times} times)"),
            is_trouble: true,
            details: error.traceback.clone(),
        }
    });
    let reloads = sources.status.recent_reloads.iter().map(|entry| {
        let (script, version) = (&entry.reload.script, entry.reload.version);
        let took = super::milliseconds(entry.reload.took);
        Line {
            frame: entry.frame,
            text: format!("{script}: version {version} runs, after {took}"),
            is_trouble: false,
            details: String::new(),
        }
    });
    let mut lines: Vec<Line> = errors.chain(reloads).collect();
    #[cfg(feature = "jit")]
    lines.extend(sources.snapshot.log.iter().map(|line| Line {
        frame: line.frame,
        text: line.text.clone(),
        is_trouble: line.is_trouble,
        details: String::new(),
    }));
    lines.sort_by_key(|line| std::cmp::Reverse(line.frame));
    lines.truncate(LINES);
    lines
}
