//! What faster code saves: expected from a tier's speed-up, realised from time per unit of work on both sides.
//!
//! A unit is a call or a back-edge, as the safepoints count them. It is the same work in every tier, so time per unit
//! compares them whatever the script does from frame to frame.
//! Neighbours: `scheduler` gathers a [`UnitCost`] for each window of frames; `tunables` has each tier's first guess.

use serde::{Deserialize, Serialize};

/// Time and work that were measured together.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct UnitCost {
    pub time_us: f64,
    /// Calls and back-edges.
    pub units: f64,
}

impl UnitCost {
    /// Adds a measurement.
    pub fn add(&mut self, time_us: f64, units: f64) {
        self.time_us += time_us;
        self.units += units;
    }

    /// Microseconds a unit; none without work.
    pub fn us_per_unit(&self) -> Option<f64> {
        (self.units > 0.0).then(|| self.time_us / self.units)
    }
}

/// s, in milliseconds a frame: what code that is `speedup` times as fast saves of `time_ms_per_frame`.
///
/// s = t · (1 − 1 / speedup). Negative for a speed-up below 1; 0 if the speed-up is not a positive number.
pub fn expected_saving_ms_per_frame(time_ms_per_frame: f64, speedup: f64) -> f64 {
    if speedup > 0.0 { time_ms_per_frame * (1.0 - 1.0 / speedup) } else { 0.0 }
}

/// What was really saved, in milliseconds a frame, over a window of `window_frames` after the change.
///
/// s = (time per unit before − time per unit after) · units / frames
///
/// Negative if the new code is slower. None if a side has done no work: nothing can be said.
pub fn realised_saving_ms_per_frame(
    before: &UnitCost,
    after: &UnitCost,
    window_frames: f64,
) -> Option<f64> {
    let saved_us = (before.us_per_unit()? - after.us_per_unit()?) * after.units;
    (window_frames > 0.0).then(|| saved_us / 1000.0 / window_frames)
}

/// How many times as fast the code became. None if a side has done no work, or in no time.
pub fn observed_speedup(before: &UnitCost, after: &UnitCost) -> Option<f64> {
    let speedup = before.us_per_unit()? / after.us_per_unit()?;
    (speedup.is_finite() && speedup > 0.0).then_some(speedup)
}

/// The expected speed-up moved towards an observed one by `weight` (0 … 1) of their ratio.
///
/// A geometric mean, since speed-ups are ratios: twice and half as fast cancel out. An observation beyond a factor of
/// `outlier_factor` counts as one at that factor, so that no single function moves it far.
pub fn fitted_speedup(expected: f64, observed: f64, weight: f64, outlier_factor: f64) -> f64 {
    let limit = outlier_factor.max(1.0);
    let ratio = (observed / expected).clamp(1.0 / limit, limit);
    if ratio.is_finite() { expected * ratio.powf(weight.clamp(0.0, 1.0)) } else { expected }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cost(time_us: f64, units: f64) -> UnitCost {
        UnitCost { time_us, units }
    }

    #[test]
    fn twice_as_fast_saves_half() {
        assert_eq!(expected_saving_ms_per_frame(3.0, 2.0), 1.5);
        assert_eq!(expected_saving_ms_per_frame(3.0, 1.0), 0.0);
        assert_eq!(expected_saving_ms_per_frame(3.0, 0.5), -3.0);
        assert_eq!(expected_saving_ms_per_frame(3.0, 0.0), 0.0);
        assert_eq!(expected_saving_ms_per_frame(3.0, f64::NAN), 0.0);
    }

    #[test]
    fn realised_saving_is_per_unit_so_more_work_does_not_look_like_a_loss() {
        // 2 µs a unit before, 1 µs after; the script now does three times the work.
        let saved =
            realised_saving_ms_per_frame(&cost(2000.0, 1000.0), &cost(3000.0, 3000.0), 60.0);
        assert_eq!(saved, Some(3.0 / 60.0));
        let lost = realised_saving_ms_per_frame(&cost(1000.0, 1000.0), &cost(2000.0, 1000.0), 1.0);
        assert_eq!(lost, Some(-1.0));
    }

    #[test]
    fn without_work_nothing_is_said() {
        assert_eq!(realised_saving_ms_per_frame(&cost(1.0, 1.0), &UnitCost::default(), 60.0), None);
        assert_eq!(realised_saving_ms_per_frame(&UnitCost::default(), &cost(1.0, 1.0), 60.0), None);
        assert_eq!(realised_saving_ms_per_frame(&cost(1.0, 1.0), &cost(1.0, 1.0), 0.0), None);
        assert_eq!(observed_speedup(&UnitCost::default(), &cost(1.0, 1.0)), None);
        assert_eq!(observed_speedup(&cost(1.0, 1.0), &cost(0.0, 1.0)), None);
    }

    proptest! {
        #[test]
        fn the_expected_saving_comes_true_if_the_speedup_does(
            time_ms in 0.001..100.0f64, speedup in 0.2..20.0f64, units in 1.0..1e6f64,
        ) {
            let before = cost(time_ms * 1000.0, units);
            let after = cost(time_ms * 1000.0 / speedup, units);
            let expected = expected_saving_ms_per_frame(time_ms, speedup);
            let realised = realised_saving_ms_per_frame(&before, &after, 1.0).unwrap();
            prop_assert!((expected - realised).abs() < 1e-9 * time_ms.max(1.0));
            prop_assert!((observed_speedup(&before, &after).unwrap() / speedup - 1.0).abs() < 1e-9);
        }

        #[test]
        fn a_saving_is_less_than_the_time(time in 0.0..100.0f64, speedup in 1.0..1e6f64) {
            let saving = expected_saving_ms_per_frame(time, speedup);
            prop_assert!((0.0..=time).contains(&saving));
        }

        #[test]
        fn fitting_goes_towards_what_was_observed_and_not_past_it(
            expected in 0.5..10.0f64, observed in 0.5..10.0f64, weight in 0.0..=1.0f64,
        ) {
            let fitted = fitted_speedup(expected, observed, weight, 1e9);
            let (low, high) = (expected.min(observed), expected.max(observed));
            prop_assert!(fitted >= low * (1.0 - 1e-9) && fitted <= high * (1.0 + 1e-9));
        }

        #[test]
        fn an_outlier_moves_it_by_a_bounded_factor(
            observed in 0.0..f64::MAX, weight in 0.0..=1.0f64, limit in 1.0..4.0f64,
        ) {
            let moved = fitted_speedup(2.0, observed, weight, limit) / 2.0;
            prop_assert!(moved <= limit + 1e-9 && moved >= 1.0 / limit - 1e-9);
        }
    }
}
