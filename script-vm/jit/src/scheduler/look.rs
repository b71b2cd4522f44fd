//! A look at one function that was sampled: is it worth compiling, and does the code that it has keep its promise?

use super::Scheduler;
use super::record::{Installed, Progress};
use crate::economics::{
    Prospect, Reason, Verdict, expected_saving_ms_per_frame, fitted_speedup, observed_speedup,
    priced_cost, realised_saving_ms_per_frame, worth_compiling,
};
use crate::function::{FunctionId, Tier};
use crate::ledger::{CancelReason, Decision, Outcome, WindowVerdict};
use crate::queue::{Pushed, Worth};

/// What a compilation promises now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outlook {
    pub(super) tier: Tier,
    pub(super) prospect: Prospect,
    pub(super) cpu_us: f64,
    pub(super) price: f64,
}

impl Outlook {
    fn worth(&self) -> Worth {
        Worth {
            saving_ms_per_frame: self.prospect.saving_ms_per_frame,
            cost_ms: self.cpu_us / 1000.0,
        }
    }
}

impl Scheduler {
    /// A function was sampled in the period that has just ended.
    pub(super) fn look(&mut self, function: FunctionId) {
        let now = self.clock.frames();
        let Some(record) = self.functions.get_mut(&function) else { return };
        record.listed = false;
        record.life.active(now, self.tunables.life_gap_frames);
        self.measure(function);
        match self.functions.get(&function).map(|record| record.progress) {
            Some(Progress::Idle(_)) => self.decide_about(function),
            Some(Progress::Queued) => {
                if let Some(outlook) = self.outlook(function) {
                    self.queue.update(function, outlook.worth(), now);
                }
            }
            Some(Progress::Requested | Progress::Compiled) | None => {}
        }
    }

    /// What compiling to the next tier promises; none if there is none, or it is not allowed.
    pub(super) fn outlook(&mut self, function: FunctionId) -> Option<Outlook> {
        let now = self.clock.frames();
        let price = self.price();
        let cap = self.tier_cap;
        let cold = self.is_cold();
        let halving = self.tunables.rate_halving_frames;
        let record = self.functions.get_mut(&function)?;
        let tier = record.tier.next().filter(|&tier| tier <= cap.min(record.limit))?;
        let cpu_us = self.cost_model.predict_us(tier, record.info.bytecodes, cold);
        let time_ms_per_frame = record.rate.ms_per_frame(now, halving);
        let prospect = Prospect {
            samples: record.samples,
            time_ms_per_frame,
            saving_ms_per_frame: expected_saving_ms_per_frame(
                time_ms_per_frame,
                self.speedups[tier.index()],
            ),
            cost_ms: priced_cost(cpu_us / 1000.0, price),
            remaining_frames: record.life.expected_remaining_frames(),
        };
        Some(Outlook { tier, prospect, cpu_us, price })
    }

    /// Whether the next compilation will meet cold caches: none is under way, and none was for a while.
    fn is_cold(&self) -> bool {
        let target_us = self.machine.target_ms.max(1e-3) * 1000.0;
        let cold_after_frames = self.tunables.cold_after_us as f64 / target_us;
        let warm_until = self.compiled_frame.map_or(f64::NEG_INFINITY, |at| at + cold_after_frames);
        self.in_flight.is_empty() && self.clock.frames() > warm_until
    }

    fn decide_about(&mut self, function: FunctionId) {
        let now = self.clock.frames();
        let Some(record) = self.functions.get_mut(&function) else { return };
        if !record.comeback.is_due(now) {
            record.progress = Progress::Idle(Some(Reason::Evicted));
            return;
        }
        let Some(outlook) = self.outlook(function) else { return };
        let verdict = worth_compiling(&outlook.prospect, &self.tunables.thresholds());
        let Some(decision) = self.decision_of(function, &outlook) else { return };
        match verdict {
            Verdict::Compile(_) => self.enqueue(function, decision, &outlook),
            Verdict::Reject(reason) => {
                if let Some(record) = self.functions.get_mut(&function) {
                    record.progress = Progress::Idle(Some(reason));
                }
                // That too little is known yet is no decision.
                if reason != Reason::TooFewSamples {
                    self.ledger.rejected(decision, reason);
                }
            }
        }
    }

    pub(super) fn decision_of(&self, function: FunctionId, outlook: &Outlook) -> Option<Decision> {
        Some(Decision {
            function,
            info: self.functions.get(&function)?.info.clone(),
            tier: outlook.tier,
            frame: self.frame,
            prospect: outlook.prospect,
            predicted_cpu_ms: outlook.cpu_us / 1000.0,
            price: outlook.price,
        })
    }

    fn enqueue(&mut self, function: FunctionId, decision: Decision, outlook: &Outlook) {
        let now = self.clock.frames();
        match self.queue.push(function, outlook.worth(), outlook.tier, now) {
            Pushed::Queued | Pushed::Updated(_) => {}
            Pushed::Displaced(other, _) => {
                self.settle(other, Outcome::Cancelled(CancelReason::Displaced));
            }
            // It is looked at again when it is next sampled.
            Pushed::Refused(_) => return,
        }
        let id = self.ledger.queued(decision);
        if let Some(record) = self.functions.get_mut(&function) {
            record.progress = Progress::Queued;
            record.decision = Some(id);
        }
    }

    /// Ends the window of measurement if it is time, and draws the conclusions.
    fn measure(&mut self, function: FunctionId) {
        let now = self.clock.frames();
        let Some(record) = self.functions.get_mut(&function) else { return };
        let frames = now - record.window_frame;
        if frames < self.tunables.window_frames {
            return;
        }
        let Some(installed) = record.installed else {
            record.roll_window(now);
            return;
        };
        if record.window.units < self.tunables.min_window_units {
            return;
        }
        let (before, after, tier) = (installed.before, record.window, record.tier);
        record.roll_window(now);
        if !installed.fitted {
            record.installed = Some(Installed { fitted: true, ..installed });
            if let Some(observed) = observed_speedup(&before, &after) {
                let expected = &mut self.speedups[tier.index()];
                *expected = fitted_speedup(
                    *expected,
                    observed,
                    self.tunables.speedup_weight,
                    self.tunables.speedup_outlier_factor,
                );
            }
        }
        let Some(saving) = realised_saving_ms_per_frame(&before, &after, frames) else { return };
        let is_loss = observed_speedup(&before, &after)
            .is_some_and(|speedup| speedup * (1.0 + self.tunables.undo_margin) < 1.0);
        match self.ledger.window(installed.decision, saving, frames, is_loss) {
            WindowVerdict::Keep => {}
            WindowVerdict::Undo => self.undos.push(function),
        }
    }
}
