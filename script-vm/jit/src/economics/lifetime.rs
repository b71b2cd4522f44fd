//! How long a function has been in use, and so how long it is expected to stay.
//!
//! With nothing else known, a thing is met half way through its life on average: what has lived k frames is expected
//! to live k more (Gott's and Lindy's rule). A function lives while it runs. A pause of some frames belongs to its
//! life (a callback that runs now and then); a longer one does not, so that code that ran once at the beginning does
//! not look old. Invariant: the age never falls. Neighbour: `scheduler` keeps one for each function; the clock counts
//! frames, with fractions.

use serde::{Deserialize, Serialize};

/// The life of a function, in frames.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Lifetime {
    /// Frames lived until `active_frame`.
    lived_frames: f64,
    /// When it was last seen to run.
    active_frame: f64,
}

impl Lifetime {
    /// Of something first seen at `now_frames`.
    pub fn begin(now_frames: f64) -> Lifetime {
        Lifetime { lived_frames: 0.0, active_frame: now_frames }
    }

    /// Of a new version of something: with the age of what it replaces.
    pub fn inherit(replaced: &Lifetime, now_frames: f64) -> Lifetime {
        Lifetime { lived_frames: replaced.lived_frames, active_frame: now_frames }
    }

    /// It runs at `now_frames`. Time since it last did counts as lived if it is at most `gap_frames`.
    pub fn active(&mut self, now_frames: f64, gap_frames: f64) {
        let pause = now_frames - self.active_frame;
        if pause > 0.0 {
            if pause <= gap_frames {
                self.lived_frames += pause;
            }
            self.active_frame = now_frames;
        }
    }

    /// k: frames lived.
    pub fn age_frames(&self) -> f64 {
        self.lived_frames
    }

    /// Frames that it is expected to live on: as many as it has lived.
    pub fn expected_remaining_frames(&self) -> f64 {
        self.lived_frames
    }

    /// Frames since it last ran.
    pub fn idle_frames(&self, now_frames: f64) -> f64 {
        (now_frames - self.active_frame).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_has_lived_k_frames_is_expected_to_live_k_more() {
        let mut life = Lifetime::begin(100.0);
        for frame in 101..=130 {
            life.active(f64::from(frame), 60.0);
        }
        assert_eq!(life.age_frames(), 30.0);
        assert_eq!(life.expected_remaining_frames(), 30.0);
    }

    #[test]
    fn short_pauses_are_part_of_life_and_long_ones_are_not() {
        let mut life = Lifetime::begin(0.0);
        life.active(50.0, 60.0);
        assert_eq!(life.age_frames(), 50.0);
        assert_eq!(life.idle_frames(80.0), 30.0);
        life.active(10_000.0, 60.0);
        assert_eq!(life.age_frames(), 50.0);
        life.active(10_001.0, 60.0);
        assert_eq!(life.age_frames(), 51.0);
    }

    #[test]
    fn a_reload_inherits_the_age() {
        let mut old = Lifetime::begin(0.0);
        old.active(40.0, 60.0);
        let new = Lifetime::inherit(&old, 500.0);
        assert_eq!(new.age_frames(), 40.0);
        assert_eq!(new.idle_frames(500.0), 0.0);
    }

    proptest! {
        #[test]
        fn age_never_falls_nor_exceeds_the_clock(
            steps in prop::collection::vec(0.0..200.0f64, 0..100), gap in 0.0..100.0f64,
        ) {
            let mut life = Lifetime::begin(0.0);
            let mut now = 0.0;
            for step in steps {
                now += step;
                let before = life.age_frames();
                life.active(now, gap);
                prop_assert!(life.age_frames() >= before);
                prop_assert!(life.age_frames() <= now + 1e-9);
            }
        }

        #[test]
        fn a_clock_that_goes_back_changes_nothing(now in 0.0..100.0f64, back in 0.0..100.0f64) {
            let mut life = Lifetime::begin(now);
            life.active(now - back, 60.0);
            prop_assert_eq!(life, Lifetime::begin(now));
        }
    }
}
