//! One worker too many: found by what it does to the main thread, and held back.
//!
//! A worker on a core of its own does the main thread no harm. One too many (fewer cores than the system says,
//! another program, a virtual machine's neighbours) takes the main thread's core now and then, lowered priority or
//! not. That shows as time the main thread is kept from its core: wall time less CPU time while it is busy. It is
//! compared between frames in which workers were at work and frames in which they rested; the difference is the
//! workers' doing, whatever the machine's own noise. While it is too much, one worker is held back, then another;
//! with a single one left, the allowance is halved instead. After a while one is let go again; each further time that
//! takes twice as long.
//!
//! Invariant: nothing is held back before both kinds of frame were seen often enough.

use serde::{Deserialize, Serialize};

use super::inputs::FrameInputs;
use crate::tunables::Tunables;

/// Most that is held back: enough to halve one worker's allowance eight times.
const MOST_BEYOND_WORKERS: u32 = 8;

/// An average over frames of one kind.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
struct Average {
    kept_ms: f64,
    frames: u32,
}

impl Average {
    /// The plain mean at first, then an exponential one.
    fn add(&mut self, kept_ms: f64, weight: f64) {
        self.frames = self.frames.saturating_add(1);
        let weight = weight.max(1.0 / f64::from(self.frames));
        self.kept_ms += weight * (kept_ms - self.kept_ms);
    }
}

/// What is held back, and what that is concluded from.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct HoldState {
    at_work: Average,
    at_rest: Average,
    held_back: u32,
    /// Frames until one is let go.
    release_in_frames: u32,
    /// How long the next one will be held.
    hold_frames: u32,
}

impl HoldState {
    /// Workers held back, and halvings of the allowance beyond the last but one.
    pub fn held_back(&self) -> u32 {
        self.held_back
    }

    /// How many may take jobs, of so many that there are.
    pub fn workers_active(&self, workers: u32) -> u32 {
        workers.saturating_sub(self.held_back).max(1)
    }

    /// The share of the allowance that remains once a single worker is left.
    pub fn throttle(&self, workers: u32) -> f64 {
        let beyond = self.held_back.saturating_sub(workers.saturating_sub(1));
        0.5f64.powi(beyond.min(MOST_BEYOND_WORKERS) as i32)
    }

    /// How much more the main thread is kept from its core when workers are at work, in milliseconds a frame.
    pub fn harm_ms(&self, tunables: &Tunables) -> Option<f64> {
        let enough = tunables.kept_min_frames.max(1);
        (self.at_work.frames >= enough && self.at_rest.frames >= enough)
            .then_some(self.at_work.kept_ms - self.at_rest.kept_ms)
    }

    pub(super) fn after(mut self, tunables: &Tunables, inputs: &FrameInputs) -> HoldState {
        self.measure(tunables, inputs);
        if self.harm_ms(tunables).is_some_and(|harm_ms| harm_ms > tunables.kept_limit_ms) {
            self.hold_one(tunables, inputs.workers);
        } else if self.held_back > 0 {
            self.release_in_frames = self.release_in_frames.saturating_sub(1);
            if self.release_in_frames == 0 {
                self.let_one_go();
            }
        }
        self
    }

    fn measure(&mut self, tunables: &Tunables, inputs: &FrameInputs) {
        let most_ms = tunables.kept_limit_ms * tunables.kept_outlier_limits.max(1.0);
        if !inputs.main_kept_ms.is_finite() || most_ms.is_nan() {
            return;
        }
        let at_work = inputs.compile_cpu_ms >= tunables.at_work_ms;
        let side = if at_work { &mut self.at_work } else { &mut self.at_rest };
        // The limit of outliers moves with the machine's own noise.
        let kept_ms = inputs.main_kept_ms.clamp(0.0, side.kept_ms + most_ms.max(0.0));
        side.add(kept_ms, tunables.kept_weight.clamp(0.0, 1.0));
    }

    fn hold_one(&mut self, tunables: &Tunables, workers: u32) {
        let most = workers.saturating_sub(1) + MOST_BEYOND_WORKERS;
        self.held_back = (self.held_back + 1).min(most);
        let least = tunables.hold_frames.max(1);
        self.hold_frames = self.hold_frames.max(least);
        self.release_in_frames = self.hold_frames;
        self.hold_frames =
            self.hold_frames.saturating_mul(2).min(tunables.max_hold_frames.max(least));
        // What follows is measured anew.
        self.at_work = Average::default();
    }

    fn let_one_go(&mut self) {
        self.held_back -= 1;
        self.release_in_frames = self.hold_frames;
        self.at_work = Average::default();
    }
}
