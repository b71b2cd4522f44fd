//! Time in frames, whether there are frames or not.
//!
//! Policy counts in frames: ages, break-even, decay. A frame counts one. While none ends, elapsed wall time counts as
//! the fraction of a frame that it would have been, so a program without frames ages as if it ran at its target rate,
//! and an endless frame as if it had been many.

use crate::tunables::Tunables;

#[derive(Clone, Debug)]
pub(super) struct FrameClock {
    /// Frames since the beginning, with fractions.
    frames: f64,
    /// What the wall clock has already counted of the frame that runs.
    ticked_frames: f64,
    /// When a frame last ended or the wall clock ticked; none before the first look at the clock.
    last_us: Option<u64>,
    /// When a frame last ended; none if none ever did.
    frame_ended_us: Option<u64>,
    /// How long the last frame took; 0 before the second one ended.
    frame_us: u64,
}

impl FrameClock {
    pub(super) fn new() -> FrameClock {
        FrameClock {
            frames: 0.0,
            ticked_frames: 0.0,
            last_us: None,
            frame_ended_us: None,
            frame_us: 0,
        }
    }

    pub(super) fn frames(&self) -> f64 {
        self.frames
    }

    /// A frame has ended.
    pub(super) fn end_frame(&mut self, now_us: u64) {
        self.frames += (1.0 - self.ticked_frames).max(0.0);
        self.ticked_frames = 0.0;
        self.last_us = Some(now_us);
        self.frame_us = self.frame_ended_us.map_or(0, |before_us| now_us.saturating_sub(before_us));
        self.frame_ended_us = Some(now_us);
    }

    /// The milliseconds since the last decision, if it is up to the wall clock to take the next one, and time for it.
    pub(super) fn tick(&mut self, tunables: &Tunables, target_ms: f64, now_us: u64) -> Option<f64> {
        let Some(last_us) = self.last_us else {
            self.last_us = Some(now_us);
            return None;
        };
        // A game that is slow has long frames; an endless one is long beside the others.
        let usual_us = (target_ms * 1000.0).max(self.frame_us as f64);
        let endless_us = usual_us * tunables.endless_targets.max(1.0);
        let in_a_frame = self
            .frame_ended_us
            .is_some_and(|ended_us| (now_us.saturating_sub(ended_us) as f64) < endless_us);
        let elapsed_ms = now_us.saturating_sub(last_us) as f64 / 1000.0;
        if in_a_frame || elapsed_ms < tunables.wall_tick_ms {
            return None;
        }
        self.last_us = Some(now_us);
        let passed = elapsed_ms / target_ms.max(1e-3);
        self.frames += passed;
        self.ticked_frames += passed;
        Some(elapsed_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET_MS: f64 = 10.0;

    #[test]
    fn frames_count_one_however_long_they_are() {
        let mut clock = FrameClock::new();
        for now_us in [10_000, 20_000, 29_000, 45_000] {
            clock.end_frame(now_us);
            assert_eq!(clock.tick(&Tunables::default(), TARGET_MS, now_us + 5000), None);
        }
        assert_eq!(clock.frames(), 4.0);
    }

    #[test]
    fn without_frames_time_counts_as_fractions_of_one() {
        let tunables = Tunables { wall_tick_ms: 2.0, ..Tunables::default() };
        let mut clock = FrameClock::new();
        assert_eq!(clock.tick(&tunables, TARGET_MS, 1000), None);
        assert_eq!(clock.tick(&tunables, TARGET_MS, 2000), None);
        assert_eq!(clock.tick(&tunables, TARGET_MS, 3000), Some(2.0));
        assert!((clock.frames() - 0.2).abs() < 1e-12);
    }

    #[test]
    fn an_endless_frame_is_taken_over_by_the_wall_clock() {
        let tunables = Tunables::default();
        let mut clock = FrameClock::new();
        clock.end_frame(0);
        assert_eq!(clock.tick(&tunables, TARGET_MS, 19_000), None);
        assert_eq!(clock.tick(&tunables, TARGET_MS, 25_000), Some(25.0));
        clock.end_frame(26_000);
        assert!((clock.frames() - 3.5).abs() < 1e-12);
        clock.end_frame(36_000);
        assert!((clock.frames() - 4.5).abs() < 1e-12);
    }
}
