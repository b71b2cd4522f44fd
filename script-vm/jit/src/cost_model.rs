//! Predicts what a compilation will take: microseconds of CPU time = base + per bytecode · bytecodes (+ cold caches).
//!
//! For each tier the line is fitted anew with every finished compilation: least squares of errors relative to the
//! first guess for that size (so that a small function counts as much as a large one), older observations forgotten
//! exponentially, outliers pulled in to a few typical errors. The first guess takes part as two observations that are
//! never forgotten, a small function and a large one, so that many functions of one size cannot turn the line.
//! Invariants: predictions are positive and finite, and never fall with size. Neighbours: `scheduler` asks and
//! observes, `tunables` has the first guess.

use crate::function::Tier;
use crate::tunables::Tunables;

/// Sizes at which the first guess is an observation, in bytecode instructions.
const PRIOR_SIZES: [f64; 2] = [20.0, 400.0];
/// Typical relative error before anything is known.
const FIRST_ERROR: f64 = 0.5;
/// The typical error is never believed to be smaller: clocks and caches alone make this much.
const LEAST_ERROR: f64 = 0.05;
/// Weight of one observation in the typical error.
const ERROR_WEIGHT: f64 = 0.1;
/// No compilation takes less, in microseconds.
const LEAST_US: f64 = 1.0;

/// One model for each tier.
#[derive(Clone, Debug)]
pub struct CostModel {
    tiers: [Line; 3],
    cold_cache_us: f64,
    memory: f64,
    outlier_errors: f64,
}

impl CostModel {
    /// Knows the first guess only.
    pub fn new(tunables: &Tunables) -> CostModel {
        let line = |tier: Tier| {
            let i = tier.index();
            Line::from_guess(
                tunables.cost_base_us[i],
                tunables.cost_us_per_bytecode[i],
                tunables.cost_prior_weight.max(1e-3),
            )
        };
        CostModel {
            tiers: Tier::ALL.map(line),
            cold_cache_us: tunables.cold_cache_us.max(0.0),
            memory: tunables.cost_memory.clamp(0.0, 1.0),
            outlier_errors: tunables.cost_outlier_errors.max(1.0),
        }
    }

    /// CPU time that compiling a function of so many instructions will take, in microseconds. `cold`: no compilation
    /// ran shortly before.
    pub fn predict_us(&self, tier: Tier, bytecodes: u32, cold: bool) -> f64 {
        self.tiers[tier.index()].at(f64::from(bytecodes)) + self.cold_us(cold)
    }

    /// A compilation took `cost_us` of CPU time.
    pub fn observe(&mut self, tier: Tier, bytecodes: u32, cold: bool, cost_us: f64) {
        if !cost_us.is_finite() {
            return;
        }
        let warm_us = (cost_us - self.cold_us(cold)).max(LEAST_US);
        let line = &mut self.tiers[tier.index()];
        line.observe(f64::from(bytecodes), warm_us, self.memory, self.outlier_errors);
    }

    /// How far predictions for a tier are off typically, as a share.
    #[cfg(test)]
    fn typical_error(&self, tier: Tier) -> f64 {
        self.tiers[tier.index()].error
    }

    fn cold_us(&self, cold: bool) -> f64 {
        if cold { self.cold_cache_us } else { 0.0 }
    }
}

/// Weighted sums of a regression of y on x.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    w: f64,
    x: f64,
    y: f64,
    xx: f64,
    xy: f64,
}

impl Sums {
    fn add(&mut self, x: f64, y: f64, w: f64) {
        self.w += w;
        self.x += w * x;
        self.y += w * y;
        self.xx += w * x * x;
        self.xy += w * x * y;
    }

    fn scaled(self, by: f64) -> Sums {
        Sums { w: self.w * by, x: self.x * by, y: self.y * by, xx: self.xx * by, xy: self.xy * by }
    }

    fn plus(self, other: Sums) -> Sums {
        Sums {
            w: self.w + other.w,
            x: self.x + other.x,
            y: self.y + other.y,
            xx: self.xx + other.xx,
            xy: self.xy + other.xy,
        }
    }

    /// Base and slope of the best line with neither below zero.
    fn solve(self) -> (f64, f64) {
        let determinant = self.w * self.xx - self.x * self.x;
        let slope = (self.w * self.xy - self.x * self.y) / determinant;
        let base = (self.y - slope * self.x) / self.w;
        if !(slope.is_finite() && base.is_finite()) || slope < 0.0 {
            (self.y / self.w, 0.0)
        } else if base < 0.0 {
            (0.0, self.xy / self.xx)
        } else {
            (base, slope)
        }
    }
}

/// The fitted line of a tier.
#[derive(Clone, Debug)]
struct Line {
    guess_base_us: f64,
    guess_us_per_bytecode: f64,
    prior: Sums,
    seen: Sums,
    base_us: f64,
    us_per_bytecode: f64,
    /// Typical relative error.
    error: f64,
}

impl Line {
    fn from_guess(base_us: f64, us_per_bytecode: f64, weight: f64) -> Line {
        let mut line = Line {
            guess_base_us: base_us,
            guess_us_per_bytecode: us_per_bytecode,
            prior: Sums::default(),
            seen: Sums::default(),
            base_us,
            us_per_bytecode,
            error: FIRST_ERROR,
        };
        for x in PRIOR_SIZES {
            line.prior.add(x, line.at(x), weight / PRIOR_SIZES.len() as f64 * line.weight(x));
        }
        line
    }

    /// Turns a squared error at this size into a squared relative one.
    fn weight(&self, bytecodes: f64) -> f64 {
        (self.guess_base_us + self.guess_us_per_bytecode * bytecodes).max(LEAST_US).powi(-2)
    }

    fn at(&self, bytecodes: f64) -> f64 {
        (self.base_us + self.us_per_bytecode * bytecodes).max(LEAST_US)
    }

    fn observe(&mut self, x: f64, y: f64, memory: f64, outlier_errors: f64) {
        let expected = self.at(x);
        let relative = y / expected - 1.0;
        let limit = outlier_errors * self.error;
        let accepted = expected * (1.0 + relative.clamp(-limit, limit)).max(0.1);
        // The error may grow by a bounded factor only: one outlier does not open the door to the next.
        let seen_error = relative.abs().min(limit);
        self.error = (self.error + ERROR_WEIGHT * (seen_error - self.error)).max(LEAST_ERROR);
        self.seen = self.seen.scaled(memory);
        self.seen.add(x, accepted, self.weight(x));
        (self.base_us, self.us_per_bytecode) = self.seen.plus(self.prior).solve();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn model() -> CostModel {
        CostModel::new(&Tunables {
            cost_base_us: [0.0, 100.0, 300.0],
            cost_us_per_bytecode: [0.0, 5.0, 20.0],
            ..Tunables::default()
        })
    }

    /// A deterministic stream of numbers in 0 … 1.
    fn noise(seed: &mut u64) -> f64 {
        *seed =
            seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*seed >> 40) as f64 / (1u64 << 24) as f64
    }

    #[test]
    fn begins_with_the_first_guess() {
        let model = model();
        assert!((model.predict_us(Tier::Baseline, 100, false) - 600.0).abs() < 1e-9);
        assert!((model.predict_us(Tier::Baseline, 100, true) - 800.0).abs() < 1e-9);
    }

    #[test]
    fn learns_a_line_from_noisy_observations() {
        let mut model = model();
        let mut seed = 1;
        for _ in 0..300 {
            let size = 10 + (noise(&mut seed) * 500.0) as u32;
            let truth = 60.0 + 9.0 * f64::from(size);
            model.observe(Tier::Baseline, size, false, truth * (0.85 + 0.3 * noise(&mut seed)));
        }
        for size in [20, 100, 500] {
            let truth = 60.0 + 9.0 * f64::from(size);
            let predicted = model.predict_us(Tier::Baseline, size, false);
            assert!((predicted / truth - 1.0).abs() < 0.1, "{size}: {predicted} for {truth}");
        }
        assert!(model.typical_error(Tier::Baseline) < 0.2);
    }

    #[test]
    fn tiers_do_not_mix_and_cold_compilations_teach_the_warm_cost() {
        let mut model = model();
        let before = model.predict_us(Tier::Optimizing, 100, false);
        for _ in 0..200 {
            model.observe(Tier::Baseline, 100, true, 500.0);
        }
        assert_eq!(model.predict_us(Tier::Optimizing, 100, false), before);
        assert!((model.predict_us(Tier::Baseline, 100, true) - 500.0).abs() < 25.0);
        assert!((model.predict_us(Tier::Baseline, 100, false) - 300.0).abs() < 25.0);
    }

    #[test]
    fn outliers_hardly_move_it() {
        let mut model = model();
        for i in 0..400 {
            let cost = if i % 20 == 19 { 50_000.0 } else { 100.0 + 5.0 * 100.0 };
            model.observe(Tier::Baseline, 100, false, cost);
        }
        let predicted = model.predict_us(Tier::Baseline, 100, false);
        assert!((predicted / 600.0 - 1.0).abs() < 0.1, "{predicted}");
    }

    #[test]
    fn follows_a_change_of_the_compiler() {
        let mut model = model();
        for factor in [1.0, 4.0, 0.5] {
            for i in 0..400u32 {
                let size = 20 + i * 37 % 300;
                let truth = factor * (100.0 + 5.0 * f64::from(size));
                model.observe(Tier::Baseline, size, false, truth);
            }
            let predicted = model.predict_us(Tier::Baseline, 150, false);
            assert!((predicted / (factor * 850.0) - 1.0).abs() < 0.1, "{factor}: {predicted}");
        }
    }

    #[test]
    fn functions_of_one_size_do_not_turn_the_line() {
        let mut model = model();
        for i in 0..1000 {
            model.observe(Tier::Baseline, 50, false, 340.0 + f64::from(i % 7));
        }
        let large = model.predict_us(Tier::Baseline, 1000, false);
        assert!((3000.0..8000.0).contains(&large), "{large}");
    }

    proptest! {
        #[test]
        fn any_history_leaves_predictions_positive_finite_and_growing(
            history in prop::collection::vec((0u32..100_000, any::<f64>()), 0..200),
            size in 0u32..100_000, more in 0u32..100_000,
        ) {
            let mut model = model();
            for (size, cost) in history {
                model.observe(Tier::Baseline, size, false, cost);
            }
            let small = model.predict_us(Tier::Baseline, size, false);
            let large = model.predict_us(Tier::Baseline, size + more, false);
            prop_assert!(small.is_finite() && small > 0.0);
            prop_assert!(large >= small);
        }
    }
}
