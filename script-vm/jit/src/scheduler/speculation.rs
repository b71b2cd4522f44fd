//! Whether optimized code keeps a bet that was lost: what the formula is given.

use super::Scheduler;
use crate::economics::{
    BetCosts, BetVerdict, LostBet, judge_bet, priced_cost, recompile_us_per_run,
};
use crate::function::{FunctionId, Tier};
use crate::ledger::BetChoice;

/// What was counted of a bet and of the code that makes it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct BetCount {
    /// Exits at the bet's place lately.
    pub exits: u32,
    /// The function's work in the same time.
    pub work: Work,
    /// Exits at the code's other places since it was installed, as far as one was told.
    pub other_exits: u32,
    /// The function's work since then.
    pub work_since_install: Work,
    /// The function's work in its life.
    pub work_in_life: Work,
    /// How often its code was dropped already.
    pub drops: u32,
}

/// What a function has done.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Work {
    pub calls: u32,
    /// Calls and back-edges, as samples charge them.
    pub units: u64,
}

impl Work {
    /// Since an earlier count.
    pub fn since(self, earlier: Work) -> Work {
        Work {
            calls: self.calls.wrapping_sub(earlier.calls),
            units: self.units.saturating_sub(earlier.units),
        }
    }

    /// Runs, see [`crate::economics::speculation`]; each exit ends one.
    fn runs(self, exits: u32, units_per_piece: f64) -> f64 {
        let pieces = self.units as f64 / units_per_piece.max(1.0);
        f64::from(self.calls).max(pieces).max(f64::from(exits)).max(1.0)
    }
}

/// A verdict with what it rests on.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct BetJudgement {
    pub verdict: BetVerdict,
    /// τ*: the failure rate below which the bet is kept.
    pub threshold: f64,
    pub bet: LostBet,
}

impl Scheduler {
    /// What becomes of a bet; nothing if there is no measurement of the function to decide it by.
    pub fn judge_bet(&self, function: FunctionId, count: &BetCount) -> Option<BetJudgement> {
        let tunables = &self.tunables;
        let record = self.functions.get(&function)?;
        let before = record.installed?.before.us_per_unit()?;
        let runs_of = |work: Work, exits| work.runs(exits, tunables.run_units);
        let runs = runs_of(count.work_since_install, count.exits.max(count.other_exits));
        let units_per_run = (count.work_since_install.units as f64 / runs).max(1.0);
        let base_us = before * units_per_run;
        let total_exits = f64::from(count.exits.saturating_add(count.other_exits));
        let exits_us = total_exits / runs * (tunables.deopt_us + base_us);
        let after = record.recent();
        let measured_us = (after.units >= tunables.min_window_units)
            .then(|| after.us_per_unit())
            .flatten()
            .map(|after| after * units_per_run)
            // What was measured while bets failed all the time says little of runs in which they hold.
            .filter(|measured_us| exits_us < 0.5 * measured_us);
        let opt_us = measured_us.map_or_else(
            || base_us / self.speedups[Tier::Optimizing.index()],
            |measured_us| measured_us - exits_us,
        );
        let life = &record.life;
        let runs_in_life = runs_of(count.work_in_life, count.exits);
        let runs_per_frame = runs_in_life / life.age_frames().max(1.0);
        let compile_us = self.cost_model.predict_us(Tier::Optimizing, record.info.bytecodes, false);
        let compile_us = recompile_us_per_run(
            priced_cost(compile_us, self.price()),
            count.drops,
            life.expected_remaining_frames() * runs_per_frame,
        );
        let bet = LostBet {
            failure_rate: f64::from(count.exits) / runs_of(count.work, count.exits),
            other_failures: (f64::from(count.other_exits) / runs).min(1.0),
            saving_without: tunables.saving_without_bet,
            costs: BetCosts { base_us, opt_us, compile_us, deopt_us: tunables.deopt_us },
        };
        let (verdict, threshold) = judge_bet(&bet);
        Some(BetJudgement { verdict, threshold, bet })
    }

    /// What was decided about a bet goes into the ledger.
    pub fn note_bet(&mut self, choice: BetChoice) {
        self.ledger.bet(choice);
    }
}
