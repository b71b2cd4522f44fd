//! How often a bet may fail before it loses: τ* = (T_base − T_opt − T_compile) / (T_base − T_opt + C_deopt); and what
//! becomes of one that has failed.
//!
//! Derivation. A run with the bet takes T_opt + T_compile, and with probability τ also what a failure costs: the exit,
//! C_deopt, and the saving of that run, which then goes on in the slower code: τ · (C_deopt + T_base − T_opt). Without the
//! bet it takes T_base. The two are equal at τ*.
//!
//! A run is a call, or a piece of a longer one: after an exit a loop is back in optimized code when its fuel has run out,
//! so a failure costs the saving of no more than a quantum of calls and back-edges.

use serde::{Deserialize, Serialize};

/// Times of one run, in microseconds.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct BetCosts {
    /// T_base: in the tier below.
    pub base_us: f64,
    /// T_opt: with the bet won.
    pub opt_us: f64,
    /// T_compile: compile time spread over the runs that the code is expected to serve.
    pub compile_us: f64,
    /// C_deopt: what an exit costs.
    pub deopt_us: f64,
}

impl BetCosts {
    fn saving_us(&self) -> f64 {
        self.base_us - self.opt_us
    }

    /// Expected time of a run if the bet fails in `failure_rate` of them.
    fn expected_us(&self, failure_rate: f64) -> f64 {
        self.opt_us + self.compile_us + failure_rate * (self.deopt_us + self.saving_us())
    }
}

/// τ*, the share of runs (0 … 1) in which the bet may fail; 0 if it cannot win at all.
pub fn failure_threshold(costs: &BetCosts) -> f64 {
    threshold_against(costs.base_us, costs)
}

/// τ* where the choice is not the tier below but something that takes `other_us` a run.
fn threshold_against(other_us: f64, costs: &BetCosts) -> f64 {
    let stake_us = costs.saving_us() + costs.deopt_us;
    if costs.saving_us() > 0.0 && stake_us > 0.0 {
        ((other_us - costs.expected_us(0.0)) / stake_us).clamp(0.0, 1.0)
    } else {
        0.0
    }
}

/// Whether a bet that fails in `failure_rate` of the runs wins on average.
pub fn worth_speculating(failure_rate: f64, costs: &BetCosts) -> bool {
    failure_rate < failure_threshold(costs)
}

/// Compile time of code that is made anew after its bets were lost `drops` times already, for each of the runs that it is
/// expected to serve; in microseconds.
///
/// After n losses in n trials the next is lost with a probability of (n + 1) / (n + 2), by Laplace's rule of succession.
/// So the code that stays has to earn n + 2 compilations.
pub fn recompile_us_per_run(compile_us: f64, drops: u32, expected_runs: f64) -> f64 {
    compile_us * (f64::from(drops) + 2.0) / expected_runs
}

/// What is known of a bet that was lost. Rates are shares of the runs.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct LostBet {
    /// In which it failed lately.
    pub failure_rate: f64,
    /// In which the code's other bets failed.
    pub other_failures: f64,
    /// What code without the bet is expected to save, as a share of what the code with it saves (0 … 1).
    pub saving_without: f64,
    /// What the code without it costs to make is `compile_us` here; the code that is there is paid for.
    pub costs: BetCosts,
}

/// What becomes of a bet that was lost.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BetVerdict {
    /// It wins often enough.
    Kept,
    /// The code is to be made anew without it.
    Dropped,
    /// Nor would that pay: the function stays in the tier below.
    StaysBelow,
}

impl BetVerdict {
    /// For logs and the overlay.
    pub fn text(self) -> &'static str {
        match self {
            BetVerdict::Kept => "kept",
            BetVerdict::Dropped => "dropped",
            BetVerdict::StaysBelow => "stays below",
        }
    }
}

impl std::fmt::Display for BetVerdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.text())
    }
}

/// The verdict, and the failure rate below which the bet would be kept.
///
/// Code that is there competes with the better of two others: the tier below, and code without the bet, which is to be
/// compiled first. Against the tier below alone the threshold is τ* with T_compile = 0.
pub fn judge_bet(bet: &LostBet) -> (BetVerdict, f64) {
    let costs = &bet.costs;
    let without =
        BetCosts { opt_us: costs.base_us - bet.saving_without * costs.saving_us(), ..*costs };
    let pays_without = worth_speculating(bet.other_failures, &without);
    let other_us =
        if pays_without { without.expected_us(bet.other_failures) } else { costs.base_us };
    // The other bets' failures are part of what the code takes, whatever becomes of this one.
    let others_us = bet.other_failures * (costs.saving_us() + costs.deopt_us);
    let paid = BetCosts { compile_us: 0.0, ..*costs };
    let threshold = threshold_against(other_us - others_us, &paid);
    let verdict = if bet.failure_rate < threshold {
        BetVerdict::Kept
    } else if pays_without {
        BetVerdict::Dropped
    } else {
        BetVerdict::StaysBelow
    };
    (verdict, threshold)
}

/// The verdict where no time may be consulted, because runs must repeat: every place that was left `min_exits` times loses
/// its bet unless that `is_rare`, and a function that has lost `most_drops` of them, this one included in `drops`, stays in
/// the tier below.
pub fn judge_bet_by_count(
    exits: u32,
    is_rare: bool,
    drops: u32,
    min_exits: u32,
    most_drops: u32,
) -> BetVerdict {
    if exits < min_exits || is_rare {
        BetVerdict::Kept
    } else if drops < most_drops {
        BetVerdict::Dropped
    } else {
        BetVerdict::StaysBelow
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const COSTS: BetCosts = BetCosts { base_us: 1.0, opt_us: 0.4, compile_us: 0.1, deopt_us: 1.9 };

    fn bet(failure_rate: f64) -> LostBet {
        LostBet { failure_rate, other_failures: 0.0, saving_without: 0.5, costs: COSTS }
    }

    #[test]
    fn the_formula() {
        assert!((failure_threshold(&COSTS) - 0.2).abs() < 1e-12);
        assert!(worth_speculating(0.19, &COSTS));
        assert!(!worth_speculating(0.2, &COSTS));
    }

    #[test]
    fn a_bet_that_cannot_win_is_never_taken() {
        let slower = BetCosts { base_us: 1.0, opt_us: 1.5, compile_us: 0.0, deopt_us: 1.0 };
        let dear = BetCosts { opt_us: 0.5, compile_us: 0.6, ..slower };
        for costs in [slower, dear] {
            assert_eq!(failure_threshold(&costs), 0.0);
            assert!(!worth_speculating(0.0, &costs));
        }
    }

    #[test]
    fn a_bet_is_kept_until_code_without_it_is_better() {
        // With it a run takes 0.4 + 2.5 · rate, without it 0.7 + 0.1 for compiling: equal at 0.16.
        assert!((judge_bet(&bet(0.0)).1 - 0.16).abs() < 1e-12);
        assert_eq!(judge_bet(&bet(0.15)).0, BetVerdict::Kept);
        assert_eq!(judge_bet(&bet(0.17)).0, BetVerdict::Dropped);
    }

    #[test]
    fn what_does_not_earn_its_compilation_stays_below() {
        // Code without it saves 0.3 a run and costs as much: τ* with nothing to pay for decides, 0.6 / 2.5.
        let dear = BetCosts { compile_us: 0.3, ..COSTS };
        let dear = |rate| LostBet { costs: dear, ..bet(rate) };
        assert!((judge_bet(&dear(0.0)).1 - 0.24).abs() < 1e-12);
        assert_eq!(judge_bet(&dear(0.23)).0, BetVerdict::Kept);
        assert_eq!(judge_bet(&dear(0.25)).0, BetVerdict::StaysBelow);
        // Code that is slower than that of the tier below is not kept at any rate.
        let slower = LostBet { costs: BetCosts { opt_us: 1.1, ..COSTS }, ..bet(0.001) };
        assert_eq!(judge_bet(&slower), (BetVerdict::StaysBelow, 0.0));
        // Nor is code that is left all the time for other reasons.
        let others = LostBet { other_failures: 0.5, ..bet(0.001) };
        assert_eq!(judge_bet(&others).0, BetVerdict::StaysBelow);
    }

    #[test]
    fn each_loss_makes_the_next_compilation_dearer() {
        assert_eq!(recompile_us_per_run(1000.0, 0, 1e5), 0.02);
        assert_eq!(recompile_us_per_run(1000.0, 8, 1e5), 0.1);
        assert!(recompile_us_per_run(1000.0, 0, 0.0).is_infinite());
    }

    #[test]
    fn without_a_clock_exits_are_counted() {
        let judge = |exits, drops| judge_bet_by_count(exits, false, drops, 16, 5);
        assert_eq!(judge(8, 1), BetVerdict::Kept);
        assert_eq!(judge(16, 1), BetVerdict::Dropped);
        assert_eq!(judge(16, 4), BetVerdict::Dropped);
        assert_eq!(judge(16, 5), BetVerdict::StaysBelow);
        assert_eq!(judge_bet_by_count(16, true, 5, 16, 5), BetVerdict::Kept);
    }

    proptest! {
        #[test]
        fn below_the_threshold_it_wins_and_above_it_loses(
            base in 0.1..10.0f64, share in 0.0..1.0f64, compile in 0.0..1.0f64,
            deopt in 0.0..100.0f64, rate in 0.0..1.0f64,
        ) {
            let costs = BetCosts {
                base_us: base, opt_us: base * share, compile_us: compile, deopt_us: deopt,
            };
            let threshold = failure_threshold(&costs);
            let gain = base - costs.expected_us(rate);
            if rate < threshold - 1e-9 {
                prop_assert!(gain > 0.0);
            } else if rate > threshold + 1e-9 {
                prop_assert!(gain < 1e-9);
            }
        }

        #[test]
        fn the_verdict_is_the_cheapest_of_the_three(
            base in 0.1..10.0f64, share in 0.0..1.0f64, compile in 0.0..1.0f64, deopt in 0.0..10.0f64,
            rate in 0.0..1.0f64, others in 0.0..0.5f64, without in 0.0..1.0f64,
        ) {
            let costs = BetCosts {
                base_us: base, opt_us: base * share, compile_us: compile, deopt_us: deopt,
            };
            let bet = LostBet {
                failure_rate: rate, other_failures: others, saving_without: without, costs,
            };
            let saving = base - costs.opt_us;
            let kept = costs.opt_us + (rate + others) * (deopt + saving);
            let dropped = base - without * saving + compile + others * (deopt + without * saving);
            let best = kept.min(dropped).min(base);
            let chosen = match judge_bet(&bet).0 {
                BetVerdict::Kept => kept,
                BetVerdict::Dropped => dropped,
                BetVerdict::StaysBelow => base,
            };
            prop_assert!(chosen <= best + 1e-9, "{chosen} for {best}");
        }
    }
}
