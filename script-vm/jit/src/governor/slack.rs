//! Room in a frame: target − reserve − busy. It follows a worse frame at once, nearly, and better ones slowly.

use serde::{Deserialize, Serialize};

use super::inputs::FrameInputs;
use crate::tunables::Tunables;

/// Smoothed slack.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct SlackState {
    /// None before the first frame.
    smoothed_ms: Option<f64>,
}

impl SlackState {
    /// The slack, in milliseconds; negative if frames are late, 0 before the first frame.
    pub fn slack_ms(&self) -> f64 {
        self.smoothed_ms.unwrap_or(0.0)
    }

    pub(super) fn after(self, tunables: &Tunables, inputs: &FrameInputs) -> SlackState {
        let measured_ms = inputs.target_ms - tunables.reserve_ms - inputs.busy_ms();
        if !measured_ms.is_finite() {
            return self;
        }
        // One endless frame (a level being loaded) must not have to be averaged away for seconds.
        let measured_ms = measured_ms.max(-inputs.target_ms.abs());
        let smoothed_ms = match self.smoothed_ms {
            None => measured_ms,
            Some(before_ms) => {
                let follow =
                    if measured_ms < before_ms { tunables.slack_fall } else { tunables.slack_rise };
                before_ms + follow.clamp(0.0, 1.0) * (measured_ms - before_ms)
            }
        };
        SlackState { smoothed_ms: Some(smoothed_ms) }
    }
}
