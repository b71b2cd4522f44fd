//! Compile or not, and why not.
//!
//! The rule: compile if what it costs is earned back within the life that is still expected, n < k. The thresholds
//! before it only keep noise away: a function seen in a few samples has no known time per frame.
//! Neighbours: `scheduler` fills in the [`Prospect`]; `ledger` and the overlay show the [`Reason`].

use std::fmt;

use serde::{Deserialize, Serialize};

use super::break_even::{BreakEven, break_even_frames};

/// What is known when the decision is taken.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Prospect {
    /// Samples that the measured time rests on.
    pub samples: u32,
    /// Time that the function takes in a frame, in milliseconds.
    pub time_ms_per_frame: f64,
    /// s: what a frame would save.
    pub saving_ms_per_frame: f64,
    /// C: what compiling would cost, priced.
    pub cost_ms: f64,
    /// k: frames that the function is expected to live on.
    pub remaining_frames: f64,
}

/// Below these nothing is compiled.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Thresholds {
    pub min_samples: u32,
    pub min_time_ms_per_frame: f64,
}

/// Why a function is not compiled.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Too few samples to know its time.
    TooFewSamples,
    /// It takes too little of a frame to matter.
    Cold,
    /// Faster code would not save anything.
    NoSaving,
    /// It is not expected to live until break-even.
    LivesTooShort,
    /// Its code was thrown out for want of room, or because its bets were lost, not long ago.
    Evicted,
}

impl Reason {
    /// For logs and the overlay.
    pub fn text(self) -> &'static str {
        match self {
            Reason::TooFewSamples => "too few samples",
            Reason::Cold => "cold",
            Reason::NoSaving => "no saving",
            Reason::LivesTooShort => "lives too short",
            Reason::Evicted => "evicted lately",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// The decision.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Verdict {
    /// It pays after this long, which is within its expected life.
    Compile(BreakEven),
    /// It does not pay, or that is not known yet.
    Reject(Reason),
}

/// Whether to compile: n = C / s is below the expected remaining life, and the measurement can be trusted.
pub fn worth_compiling(prospect: &Prospect, thresholds: &Thresholds) -> Verdict {
    if prospect.samples < thresholds.min_samples {
        return Verdict::Reject(Reason::TooFewSamples);
    }
    let hot_enough = prospect.time_ms_per_frame >= thresholds.min_time_ms_per_frame;
    if !hot_enough {
        return Verdict::Reject(Reason::Cold);
    }
    let break_even = break_even_frames(prospect.cost_ms, prospect.saving_ms_per_frame);
    match break_even.frames() {
        None => Verdict::Reject(Reason::NoSaving),
        Some(frames) if frames < prospect.remaining_frames => Verdict::Compile(break_even),
        Some(_) => Verdict::Reject(Reason::LivesTooShort),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMITS: Thresholds = Thresholds { min_samples: 8, min_time_ms_per_frame: 0.001 };
    const GOOD: Prospect = Prospect {
        samples: 20,
        time_ms_per_frame: 0.5,
        saving_ms_per_frame: 0.3,
        cost_ms: 0.6,
        remaining_frames: 10.0,
    };

    #[test]
    fn compiles_what_lives_past_its_break_even() {
        assert_eq!(worth_compiling(&GOOD, &LIMITS), Verdict::Compile(BreakEven::after(2.0)));
        let brief = Prospect { remaining_frames: 2.0, ..GOOD };
        assert_eq!(worth_compiling(&brief, &LIMITS), Verdict::Reject(Reason::LivesTooShort));
    }

    #[test]
    fn says_why_not() {
        let cases = [
            (Prospect { samples: 7, ..GOOD }, Reason::TooFewSamples),
            (Prospect { time_ms_per_frame: 0.0005, ..GOOD }, Reason::Cold),
            (Prospect { time_ms_per_frame: f64::NAN, ..GOOD }, Reason::Cold),
            (Prospect { saving_ms_per_frame: 0.0, ..GOOD }, Reason::NoSaving),
            (Prospect { saving_ms_per_frame: -1.0, ..GOOD }, Reason::NoSaving),
            (Prospect { remaining_frames: 0.0, ..GOOD }, Reason::LivesTooShort),
        ];
        for (prospect, reason) in cases {
            assert_eq!(worth_compiling(&prospect, &LIMITS), Verdict::Reject(reason));
        }
    }

    proptest! {
        #[test]
        fn what_is_compiled_earns_more_than_it_costs_within_its_expected_life(
            samples in 0u32..100, time in 0.0..10.0f64, saving in -1.0..10.0f64,
            cost in 0.0..10.0f64, remaining in 0.0..100.0f64,
        ) {
            let prospect = Prospect {
                samples, time_ms_per_frame: time, saving_ms_per_frame: saving, cost_ms: cost,
                remaining_frames: remaining,
            };
            if let Verdict::Compile(_) = worth_compiling(&prospect, &LIMITS) {
                prop_assert!(saving * remaining > cost);
                prop_assert!(samples >= LIMITS.min_samples);
            }
        }

        #[test]
        fn living_longer_never_turns_a_yes_into_a_no(
            cost in 0.0..10.0f64, remaining in 0.0..100.0f64, more in 0.0..100.0f64,
        ) {
            let prospect = Prospect { cost_ms: cost, remaining_frames: remaining, ..GOOD };
            let longer = Prospect { remaining_frames: remaining + more, ..prospect };
            if let Verdict::Compile(_) = worth_compiling(&prospect, &LIMITS) {
                prop_assert!(matches!(worth_compiling(&longer, &LIMITS), Verdict::Compile(_)));
            }
        }
    }
}
