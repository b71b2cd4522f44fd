//! What the VM thread tells the scheduler of requests and of code.

use std::sync::Arc;

use super::record::{Installed, Progress, Record};
use super::{InFlight, Scheduler};
use crate::economics::{Lifetime, Reason};
use crate::function::{FunctionId, FunctionInfo, Tier};
use crate::ledger::{CancelReason, Outcome};
use crate::worker::JobCost;

impl Scheduler {
    /// A worker has finished this function's code. It is to be installed, unless the answer is no: then the function
    /// was reloaded or capped meanwhile, and the code is to be dropped.
    pub fn compiled(&mut self, function: FunctionId, cost: JobCost) -> bool {
        let Some(job) = self.take_in_flight(function) else { return false };
        let price = self.price();
        let Some(record) = self.functions.get_mut(&function) else { return false };
        self.cost_model.observe(job.tier, record.info.bytecodes, cost.cold, cost.cpu_us);
        let (decision, limit) = (record.decision, record.limit);
        record.progress = Progress::Compiled;
        if let Some(id) = decision {
            self.ledger.compiled(id, cost.cpu_us / 1000.0, price, self.frame);
        }
        if job.tier > self.tier_cap.min(limit) {
            self.settle(function, Outcome::Cancelled(CancelReason::TierCapped));
            return false;
        }
        true
    }

    /// The code of a finished compilation runs from now on, in this tier.
    pub fn installed(&mut self, function: FunctionId, tier: Tier) {
        let now = self.clock.frames();
        let Some(record) = self.functions.get_mut(&function) else { return };
        let before = record.recent();
        record.progress = Progress::Idle(None);
        record.change_tier(tier, now);
        record.installed =
            record.decision.take().map(|decision| Installed { decision, before, fitted: false });
        if let Some(installed) = record.installed {
            self.ledger.set_outcome(installed.decision, Outcome::Installed, self.frame);
        }
    }

    /// Finished code was not installed, because what it relied on is no longer true. It may be tried again.
    pub fn stale(&mut self, function: FunctionId) {
        self.settle(function, Outcome::Cancelled(CancelReason::Stale));
    }

    /// A request has ended without code because it was cancelled, or could not be submitted. It may be tried again.
    pub fn cancelled(&mut self, function: FunctionId) {
        let Some(job) = self.take_in_flight(function) else { return };
        let reason = if !job.cancelled {
            CancelReason::Displaced
        } else if job.tier > self.tier_cap {
            CancelReason::TierCapped
        } else {
            CancelReason::WentCold
        };
        self.settle(function, Outcome::Cancelled(reason));
    }

    /// A request has ended without code because the compiler could not, or panicked. The function stays in its tier.
    pub fn failed(&mut self, function: FunctionId, why: &str) {
        if self.take_in_flight(function).is_none() {
            return;
        }
        if let Some(record) = self.functions.get_mut(&function) {
            record.limit = record.tier;
        }
        self.settle(function, Outcome::Failed(Arc::from(why)));
    }

    /// The function's code was taken out because it loses; it runs in `tier` again, and stays there.
    pub fn undone(&mut self, function: FunctionId, tier: Tier) {
        if let Some(record) = self.functions.get_mut(&function) {
            record.limit = tier;
        }
        self.taken_out(function, tier, Outcome::Undone);
    }

    /// The function's code was taken out for want of room; it runs in `tier` again, and may be compiled once more when
    /// it has waited for a while.
    pub fn evicted(&mut self, function: FunctionId, tier: Tier) {
        self.wait_in(function, tier, Outcome::Evicted);
    }

    /// The function's code was taken out because bets were lost, and code without them would not pay as it is; it runs in
    /// `tier` again, and may be compiled once more when it has waited for a while and lived on.
    pub fn lost_bets(&mut self, function: FunctionId, tier: Tier) {
        self.wait_in(function, tier, Outcome::Undone);
    }

    fn wait_in(&mut self, function: FunctionId, tier: Tier, outcome: Outcome) {
        let now = self.clock.frames();
        if let Some(record) = self.functions.get_mut(&function) {
            record.comeback.thrown_out(
                now,
                now - record.tier_frame,
                self.tunables.evicted_wait_frames,
                self.tunables.max_evicted_wait_frames,
            );
        }
        self.taken_out(function, tier, outcome);
    }

    /// The function's code was taken out because someone said so; it runs in `tier` again, and may be compiled once
    /// more.
    pub fn withdrawn(&mut self, function: FunctionId, tier: Tier) {
        self.taken_out(function, tier, Outcome::Evicted);
    }

    /// `new` takes the place of `old`, with its age and what is known of its time, so that it need not prove itself
    /// anew.
    pub fn reloaded(&mut self, old: FunctionId, new: FunctionId, info: FunctionInfo) {
        let now = self.clock.frames();
        let Some(predecessor) = self.functions.get(&old).cloned() else { return };
        self.drop_function(old, CancelReason::Reloaded);
        if !self.functions.contains_key(&new) {
            self.admit(new, info);
        }
        let speedup = self.speedup_over_interpreter(predecessor.tier);
        let Some(record) = self.functions.get_mut(&new) else { return };
        record.life = Lifetime::inherit(&predecessor.life, now);
        // The new version begins in the interpreter, where the same work takes longer.
        record.rate = predecessor.rate.scaled(speedup, now);
        // What was compiled had been believed.
        let believed =
            if predecessor.tier > Tier::Interpreter { self.tunables.min_samples } else { 0 };
        record.samples = record.samples.max(predecessor.samples).max(believed);
    }

    /// A function is gone for good: there will be no further samples of it.
    pub fn forget(&mut self, function: FunctionId) {
        self.drop_function(function, CancelReason::Forgotten);
    }

    /// How many times as fast as the interpreter a tier is expected to be.
    fn speedup_over_interpreter(&self, tier: Tier) -> f64 {
        let below = Tier::ALL.into_iter().skip(1).take_while(|&t| t <= tier);
        below.map(|t| self.speedups[t.index()]).product()
    }

    fn drop_function(&mut self, function: FunctionId, reason: CancelReason) {
        self.queue.remove(function);
        if let Some(job) = self.in_flight.get_mut(&function)
            && !job.cancelled
        {
            job.cancelled = true;
            self.cancels.push(function);
        }
        let Some(Record { decision, .. }) = self.functions.remove(&function) else { return };
        if let Some(id) = decision {
            self.ledger.set_outcome(id, Outcome::Cancelled(reason), self.frame);
        }
        self.ledger.forget(function);
    }

    /// Nothing is under way for this function any more; why.
    pub(super) fn settle(&mut self, function: FunctionId, outcome: Outcome) {
        let Some(record) = self.functions.get_mut(&function) else { return };
        record.progress = Progress::Idle(None::<Reason>);
        if let Some(id) = record.decision.take() {
            self.ledger.set_outcome(id, outcome, self.frame);
        }
    }

    fn taken_out(&mut self, function: FunctionId, tier: Tier, outcome: Outcome) {
        let now = self.clock.frames();
        let Some(record) = self.functions.get_mut(&function) else { return };
        record.change_tier(tier, now);
        if let Some(installed) = record.installed.take() {
            self.ledger.set_outcome(installed.decision, outcome, self.frame);
        }
    }

    fn take_in_flight(&mut self, function: FunctionId) -> Option<InFlight> {
        let job = self.in_flight.remove(&function)?;
        self.compiled_frame = Some(self.clock.frames());
        // Rounding must not leave a rest that would hold back requests for ever.
        let left_us = self.in_flight_cost_us - job.cost_us;
        self.in_flight_cost_us = if self.in_flight.is_empty() { 0.0 } else { left_us.max(0.0) };
        Some(job)
    }
}
