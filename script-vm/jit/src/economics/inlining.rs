//! When copying a callee into its caller pays: f·R·Δt − λ·Δs·R − C > 0.

use serde::{Deserialize, Serialize};

/// What is known of a call site and of the callee that would be copied there.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct InlineEstimate {
    /// f: times that the site runs in a frame.
    pub calls_per_frame: f64,
    /// R: frames that the code is expected to live.
    pub remaining_frames: f64,
    /// Δt: time that one call takes less, in microseconds.
    pub saving_us_per_call: f64,
    /// Δs: bytes by which the caller's code grows.
    pub growth_bytes: f64,
    /// λ: what a byte of code costs in a frame (instruction cache), in microseconds.
    pub byte_cost_us_per_frame: f64,
    /// C: what it adds to the compilation, priced, in milliseconds.
    pub cost_ms: f64,
}

/// f·R·Δt − λ·Δs·R − C, in milliseconds over the expected rest of the code's life.
pub fn inlining_gain_ms(estimate: &InlineEstimate) -> f64 {
    let InlineEstimate {
        calls_per_frame,
        remaining_frames,
        saving_us_per_call,
        growth_bytes,
        byte_cost_us_per_frame,
        cost_ms,
    } = *estimate;
    let saved_us_per_frame = calls_per_frame * saving_us_per_call;
    let size_us_per_frame = byte_cost_us_per_frame * growth_bytes;
    (saved_us_per_frame - size_us_per_frame) * remaining_frames / 1000.0 - cost_ms
}

/// Whether it pays: the gain is positive.
pub fn worth_inlining(estimate: &InlineEstimate) -> bool {
    inlining_gain_ms(estimate) > 0.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOT: InlineEstimate = InlineEstimate {
        calls_per_frame: 10_000.0,
        remaining_frames: 100.0,
        saving_us_per_call: 0.002,
        growth_bytes: 400.0,
        byte_cost_us_per_frame: 0.001,
        cost_ms: 0.05,
    };

    #[test]
    fn the_three_terms() {
        // 10,000 · 100 · 2 ns = 2 ms; 400 · 100 · 1 ns = 0.04 ms; 0.05 ms to compile.
        assert!((inlining_gain_ms(&HOT) - (2.0 - 0.04 - 0.05)).abs() < 1e-9);
        assert!(worth_inlining(&HOT));
        assert!(!worth_inlining(&InlineEstimate { calls_per_frame: 10.0, ..HOT }));
        assert!(!worth_inlining(&InlineEstimate { remaining_frames: 0.0, ..HOT }));
        assert!(!worth_inlining(&InlineEstimate { growth_bytes: 100_000.0, ..HOT }));
    }

    proptest! {
        #[test]
        fn hotter_is_never_worse_and_larger_never_better(
            calls in 0.0..1e5f64, more in 0.0..1e5f64, bytes in 0.0..1e4f64, frames in 0.0..1e4f64,
        ) {
            let site = InlineEstimate {
                calls_per_frame: calls, growth_bytes: bytes, remaining_frames: frames, ..HOT
            };
            let hotter = InlineEstimate { calls_per_frame: calls + more, ..site };
            let larger = InlineEstimate { growth_bytes: bytes + more, ..site };
            prop_assert!(inlining_gain_ms(&hotter) >= inlining_gain_ms(&site));
            prop_assert!(inlining_gain_ms(&larger) <= inlining_gain_ms(&site));
        }
    }
}
