//! After how many frames a compilation has paid for itself: n = C / s.
//!
//! Neighbours: `price` makes the cost C, `saving` the saving s.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Frames until a cost is earned back, counted from the one in which the code is first used. Fractions are kept: cheap
/// code for a hot function pays within its first frame. Serialized as a number, or as null for never.
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug)]
pub struct BreakEven(f64);

impl BreakEven {
    /// It loses, or saves nothing.
    pub const NEVER: BreakEven = BreakEven(f64::INFINITY);

    /// After so many frames; anything that is not a time from now on counts as never.
    pub fn after(frames: f64) -> BreakEven {
        if frames >= 0.0 { BreakEven(frames) } else { BreakEven::NEVER }
    }

    /// The number of frames; none if it never pays.
    pub fn frames(self) -> Option<f64> {
        self.0.is_finite().then_some(self.0)
    }

    /// Whether it pays within that many frames.
    pub fn is_within(self, frames: f64) -> bool {
        self.0 <= frames
    }
}

impl fmt::Display for BreakEven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.frames() {
            Some(frames) => write!(f, "{frames:.2} frames"),
            None => f.write_str("never"),
        }
    }
}

impl Serialize for BreakEven {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.frames().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for BreakEven {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::<f64>::deserialize(deserializer)?.map_or(BreakEven::NEVER, BreakEven::after))
    }
}

/// n = C / s: frames until `saving_ms_per_frame` has earned `cost_ms` back.
///
/// No cost is earned back at once, if anything at all is saved; no saving, a loss or a NaN never.
pub fn break_even_frames(cost_ms: f64, saving_ms_per_frame: f64) -> BreakEven {
    if saving_ms_per_frame > 0.0 && cost_ms.is_finite() {
        BreakEven::after(cost_ms.max(0.0) / saving_ms_per_frame)
    } else {
        BreakEven::NEVER
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cost_over_saving() {
        assert_eq!(break_even_frames(3.0, 0.5).frames(), Some(6.0));
        assert_eq!(break_even_frames(0.0, 0.5).frames(), Some(0.0));
    }

    #[test]
    fn what_saves_nothing_never_pays() {
        for saving in [0.0, -1.0, f64::NAN] {
            assert_eq!(break_even_frames(1.0, saving), BreakEven::NEVER);
        }
        assert_eq!(break_even_frames(f64::NAN, 1.0), BreakEven::NEVER);
        assert_eq!(break_even_frames(f64::INFINITY, 1.0), BreakEven::NEVER);
    }

    #[test]
    fn never_is_null_in_reports() {
        assert_eq!(serde_json::to_string(&BreakEven::NEVER).unwrap(), "null");
        assert_eq!(serde_json::to_string(&BreakEven::after(1.5)).unwrap(), "1.5");
        assert_eq!(serde_json::from_str::<BreakEven>("null").unwrap(), BreakEven::NEVER);
        assert_eq!(serde_json::from_str::<BreakEven>("1.5").unwrap(), BreakEven::after(1.5));
    }

    proptest! {
        #[test]
        fn at_break_even_the_saving_is_the_cost(cost in 0.0..1e4f64, saving in 1e-6..1e3f64) {
            let frames = break_even_frames(cost, saving).frames().unwrap();
            prop_assert!((frames * saving - cost).abs() <= 1e-9 * cost.max(1.0));
        }

        #[test]
        fn dearer_is_later_and_more_saving_is_sooner(
            cost in 0.0..1e4f64, more in 0.0..1e4f64, saving in 1e-6..1e3f64, extra in 0.0..1e3f64,
        ) {
            let base = break_even_frames(cost, saving);
            prop_assert!(break_even_frames(cost + more, saving) >= base);
            prop_assert!(break_even_frames(cost, saving + extra) <= base);
        }

        #[test]
        fn any_input_has_an_answer_that_is_not_negative(cost in any::<f64>(), saving in any::<f64>()) {
            let answer = break_even_frames(cost, saving);
            prop_assert!(answer.frames().is_none_or(|frames| frames >= 0.0));
        }
    }
}
