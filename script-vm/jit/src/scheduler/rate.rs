//! Time per frame, from samples: an average over all frames since the beginning in which recent ones weigh more.

/// Decaying sums of time and of frames. Their quotient is right from the first frame on, since both decay alike.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Rate {
    time_us: f64,
    /// Weight of all frames up to `folded_frame`.
    frames: f64,
    folded_frame: f64,
}

impl Rate {
    /// Nothing is known; frames count from `now`.
    pub(super) fn begin(now: f64) -> Rate {
        Rate { time_us: 0.0, frames: 0.0, folded_frame: now }
    }

    /// Time was used in the frame that began at `now`.
    pub(super) fn add(&mut self, now: f64, time_us: f64, halving_frames: f64) {
        self.fold(now, halving_frames);
        self.time_us += time_us;
    }

    /// Milliseconds per frame, as of the end of a frame.
    pub(super) fn ms_per_frame(&mut self, now: f64, halving_frames: f64) -> f64 {
        self.fold(now, halving_frames);
        if self.frames > 0.0 { self.time_us / self.frames / 1000.0 } else { 0.0 }
    }

    /// The same work will take `factor` times as long.
    pub(super) fn scaled(self, factor: f64, now: f64) -> Rate {
        Rate { time_us: self.time_us * factor, folded_frame: now, ..self }
    }

    fn fold(&mut self, now: f64, halving_frames: f64) {
        let passed = now - self.folded_frame;
        if passed <= 0.0 {
            return;
        }
        let halving = halving_frames.max(1e-3);
        let remains = 0.5f64.powf(passed / halving);
        // The weight of the frames that passed, each decayed by its own age: the integral of 0.5^(t / halving).
        let weight = (1.0 - remains) * halving / std::f64::consts::LN_2;
        self.frames = self.frames * remains + weight;
        self.time_us *= remains;
        self.folded_frame = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steady_use_has_its_rate_from_the_first_frame_on() {
        let mut rate = Rate::begin(0.0);
        for frame in 0..200 {
            rate.add(f64::from(frame), 1500.0, 20.0);
            let ms = rate.ms_per_frame(f64::from(frame + 1), 20.0);
            assert!((ms / 1.5 - 1.0).abs() < 0.03, "frame {frame}: {ms}");
        }
    }

    #[test]
    fn rare_use_is_spread_and_old_use_fades() {
        let mut rate = Rate::begin(0.0);
        for frame in 0..100 {
            rate.add(f64::from(frame * 10), 1000.0, 50.0);
        }
        let ms = rate.ms_per_frame(1000.0, 50.0);
        assert!((ms / 0.1 - 1.0).abs() < 0.1, "{ms}");
        assert!(rate.ms_per_frame(1500.0, 50.0) < 0.001);
    }
}
