//! How often a bet may fail before it loses: τ* = (T_base − T_opt − T_compile) / (T_base − T_opt + C_deopt).
//!
//! Derivation. A call with the bet takes T_opt + T_compile, and with probability τ also what a failure costs: the
//! exit, C_deopt, and the saving of that call, which then runs in the slower code: τ · (C_deopt + T_base − T_opt).
//! Without the bet it takes T_base. The two are equal at τ*.

/// Times of one call, in microseconds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct BetCosts {
    /// T_base: without the bet.
    pub base_us: f64,
    /// T_opt: with the bet won.
    pub opt_us: f64,
    /// T_compile: compile time spread over the calls that the code is expected to serve.
    pub compile_us_per_call: f64,
    /// C_deopt: what an exit costs.
    pub deopt_us: f64,
}

/// τ*, the share of calls (0 … 1) in which the bet may fail; 0 if it cannot win at all.
pub fn failure_threshold(costs: &BetCosts) -> f64 {
    let BetCosts { base_us, opt_us, compile_us_per_call, deopt_us } = *costs;
    let saving_us = base_us - opt_us;
    let stake_us = saving_us + deopt_us;
    if saving_us > 0.0 && stake_us > 0.0 {
        ((saving_us - compile_us_per_call) / stake_us).clamp(0.0, 1.0)
    } else {
        0.0
    }
}

/// Whether a bet that fails in `failure_rate` of the calls wins on average.
pub fn worth_speculating(failure_rate: f64, costs: &BetCosts) -> bool {
    failure_rate < failure_threshold(costs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Expected time of a call with the bet.
    fn with_bet_us(rate: f64, costs: &BetCosts) -> f64 {
        let lost = costs.deopt_us + costs.base_us - costs.opt_us;
        costs.opt_us + costs.compile_us_per_call + rate * lost
    }

    #[test]
    fn the_formula() {
        let costs = BetCosts { base_us: 1.0, opt_us: 0.4, compile_us_per_call: 0.1, deopt_us: 1.9 };
        assert!((failure_threshold(&costs) - 0.2).abs() < 1e-12);
        assert!(worth_speculating(0.19, &costs));
        assert!(!worth_speculating(0.2, &costs));
    }

    #[test]
    fn a_bet_that_cannot_win_is_never_taken() {
        let slower =
            BetCosts { base_us: 1.0, opt_us: 1.5, compile_us_per_call: 0.0, deopt_us: 1.0 };
        let dear = BetCosts { opt_us: 0.5, compile_us_per_call: 0.6, ..slower };
        for costs in [slower, dear] {
            assert_eq!(failure_threshold(&costs), 0.0);
            assert!(!worth_speculating(0.0, &costs));
        }
    }

    proptest! {
        #[test]
        fn below_the_threshold_it_wins_and_above_it_loses(
            base in 0.1..10.0f64, share in 0.0..1.0f64, compile in 0.0..1.0f64,
            deopt in 0.0..100.0f64, rate in 0.0..1.0f64,
        ) {
            let costs = BetCosts {
                base_us: base, opt_us: base * share, compile_us_per_call: compile, deopt_us: deopt,
            };
            let threshold = failure_threshold(&costs);
            let gain = base - with_bet_us(rate, &costs);
            if rate < threshold - 1e-9 {
                prop_assert!(gain > 0.0);
            } else if rate > threshold + 1e-9 {
                prop_assert!(gain < 1e-9);
            }
        }
    }
}
