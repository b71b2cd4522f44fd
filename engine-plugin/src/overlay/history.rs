//! The last few seconds of frames, for the plots.

use crate::frame::ScriptFrameStats;
use bevy::ecs::resource::Resource;
use bevy::ecs::system::{Local, Res, ResMut};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// One frame in the plots.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FrameTimes {
    pub(super) frame: u64,
    /// From the start of this frame to the start of the next: what the player sees.
    pub(super) whole: Duration,
    pub(super) target: Duration,
    pub(super) main: Duration,
    pub(super) script: Duration,
    pub(super) gc: Duration,
    /// What the compilers took of the main thread.
    pub(super) jit: Duration,
    /// What their workers used.
    pub(super) compile: Duration,
    /// What they were allowed.
    pub(super) allowance: Duration,
}

/// The newest last.
#[derive(Resource, Default)]
pub(super) struct FrameHistory {
    pub(super) frames: VecDeque<FrameTimes>,
    pub(super) heap_bytes: usize,
    pub(super) calls: u32,
}

impl FrameHistory {
    pub(super) const LENGTH: usize = 240;

    /// The mean of one figure over the last second or so.
    pub(super) fn mean(&self, figure: impl Fn(&FrameTimes) -> Duration) -> Duration {
        let recent = self.frames.iter().rev().take(60);
        let count = recent.len() as u32;
        if count == 0 { Duration::ZERO } else { recent.map(figure).sum::<Duration>() / count }
    }

    /// The worst one in the plot.
    pub(super) fn worst(&self, figure: impl Fn(&FrameTimes) -> Duration) -> Duration {
        self.frames.iter().map(figure).max().unwrap_or_default()
    }
}

pub(super) fn remember_frame(
    mut history: ResMut<FrameHistory>,
    stats: Res<ScriptFrameStats>,
    mut last_start: Local<Option<Instant>>,
) {
    let whole = last_start.replace(stats.started).map_or(stats.main, |last| stats.started - last);
    history.frames.push_back(FrameTimes {
        frame: stats.frame,
        whole,
        target: stats.target,
        main: stats.main,
        script: stats.script,
        gc: stats.gc,
        jit: stats.jit,
        compile: stats.compile,
        allowance: stats.allowance,
    });
    if history.frames.len() > FrameHistory::LENGTH {
        history.frames.pop_front();
    }
    history.heap_bytes = stats.heap_bytes;
    history.calls = stats.calls;
}
