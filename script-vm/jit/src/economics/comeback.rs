//! When a function whose code was thrown out for want of room may be compiled again.
//!
//! Code that is thrown out and compiled again throws out other code: where hot functions do not fit together, each of
//! these compilations pays for itself and costs another function what it had. So a function waits, twice as long each
//! time, and what has found a place keeps it: two functions that displace one another for n frames are compiled about
//! log n times each, until the longest wait is reached. Where nearly all fit, a turn comes rarely enough to be forgiven. Neighbour: `scheduler` keeps one for each function.

use serde::{Deserialize, Serialize};

/// How long a function waits is forgotten when its code has stayed for this many times as long. More than 2: two
/// functions that displace one another stay as long as the other waits, which is half or all of its own wait.
const FORGIVEN_AFTER_WAITS: f64 = 4.0;

/// The evictions of one function, in frames.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Comeback {
    /// What it waited last.
    wait_frames: f64,
    /// When that is over.
    not_before_frame: f64,
}

impl Comeback {
    /// Its code is thrown out at `now_frames`, having stayed for `stayed_frames`. It waits for `first_frames`, or twice
    /// as long as the last time, but no longer than `most_frames`.
    pub fn thrown_out(
        &mut self,
        now_frames: f64,
        stayed_frames: f64,
        first_frames: f64,
        most_frames: f64,
    ) {
        if stayed_frames > FORGIVEN_AFTER_WAITS * self.wait_frames {
            self.wait_frames = 0.0;
        }
        self.wait_frames = (2.0 * self.wait_frames).max(first_frames).min(most_frames).max(0.0);
        self.not_before_frame = now_frames + self.wait_frames;
    }

    /// Whether it has waited long enough.
    pub fn is_due(&self, now_frames: f64) -> bool {
        // A time that is no number does not keep it out for ever.
        now_frames.is_nan() || self.not_before_frame.is_nan() || now_frames >= self.not_before_frame
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_was_never_thrown_out_need_not_wait() {
        assert!(Comeback::default().is_due(0.0));
    }

    #[test]
    fn each_wait_is_twice_the_last_up_to_a_limit() {
        let mut comeback = Comeback::default();
        for (now, wait) in [(0.0, 60.0), (100.0, 120.0), (300.0, 240.0), (600.0, 300.0)] {
            comeback.thrown_out(now, 10.0, 60.0, 300.0);
            assert!(!comeback.is_due(now + wait - 1.0) && comeback.is_due(now + wait), "{now}");
        }
    }

    #[test]
    fn code_that_stayed_long_enough_begins_anew() {
        let mut comeback = Comeback::default();
        comeback.thrown_out(0.0, 5.0, 60.0, 1e6);
        comeback.thrown_out(100.0, 239.0, 60.0, 1e6);
        assert!(!comeback.is_due(100.0 + 119.0));
        comeback.thrown_out(1000.0, 481.0, 60.0, 1e6);
        assert!(comeback.is_due(1000.0 + 60.0));
    }

    /// One place, which the last to come back takes: how often each of so many functions came.
    fn displacing_one_another(functions: usize, frames: u32) -> Vec<u32> {
        let mut comebacks = vec![Comeback::default(); functions];
        let (mut came, mut place) = (vec![0; functions], None);
        for now in 0..frames {
            let now = f64::from(now);
            for id in 0..functions {
                if place.is_some_and(|(other, _)| other == id) || !comebacks[id].is_due(now) {
                    continue;
                }
                if let Some((other, since)) = place.replace((id, now)) {
                    comebacks[other].thrown_out(now, now - since, 60.0, 1e9);
                }
                came[id] += 1;
            }
        }
        came
    }

    #[test]
    fn functions_that_displace_one_another_are_compiled_ever_more_rarely() {
        for functions in [2, 3, 10] {
            let came = displacing_one_another(functions, 100_000);
            assert!(came.iter().all(|&times| times <= 14), "{came:?}");
            assert!(came.iter().all(|&times| times >= 5), "{came:?}");
        }
    }

    proptest! {
        #[test]
        fn it_is_due_again_within_the_longest_wait(
            evictions in prop::collection::vec((any::<f64>(), any::<f64>()), 0..20),
            now in 0.0..1e9f64,
        ) {
            let mut comeback = Comeback::default();
            for (now, stayed) in evictions {
                comeback.thrown_out(now, stayed, 60.0, 3600.0);
            }
            comeback.thrown_out(now, 1.0, 60.0, 3600.0);
            prop_assert!(comeback.is_due(now + 3600.0));
            prop_assert!(!comeback.is_due(now));
        }
    }
}
