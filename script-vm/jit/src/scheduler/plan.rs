//! The end of a frame: what the next one allows, and what the VM thread is to do.

use super::record::Progress;
use super::{InFlight, Scheduler};
use crate::economics::break_even_frames;
use crate::function::{FunctionId, Tier};
use crate::governor::{FrameDecision, FrameInputs, Waiting, WallInputs, decide, decide_wall};
use crate::ledger::{CancelReason, DecisionId, Outcome};

/// A function to be handed to the workers.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct CompileRequest {
    pub function: FunctionId,
    pub tier: Tier,
    /// Where the ledger has the decision.
    pub decision: Option<DecisionId>,
    /// What the job is predicted to take, in microseconds of CPU time.
    pub predicted_cost_us: f64,
}

/// What the VM thread is to do now, before it asks for requests.
#[derive(Clone, PartialEq, Debug)]
pub struct FramePlan {
    /// Refill the pool's bucket, set its workers, install no more than so many.
    pub decision: FrameDecision,
    /// Requests of earlier frames that are not wanted any more. Each is to be told as `cancelled`, or as `compiled`
    /// if it was too late.
    pub cancels: Vec<FunctionId>,
    /// Functions whose code loses. It is to be taken out and told as `undone`.
    pub undos: Vec<FunctionId>,
}

/// Waiting functions that a frame checks for having gone cold.
const COLD_CHECKS_PER_FRAME: usize = 32;

impl Scheduler {
    /// A frame has ended. `inputs.waiting` is filled in here; `now_us` is on the clock that `tick_wall` is given. Functions
    /// are looked at as long as `has_time` says so, one at least.
    pub fn end_frame(
        &mut self,
        inputs: &FrameInputs,
        now_us: u64,
        has_time: impl FnMut() -> bool,
    ) -> FramePlan {
        let inputs = FrameInputs { waiting: self.waiting(), ..*inputs };
        self.frame = inputs.frame;
        self.machine.cores = inputs.cores;
        self.machine.workers = inputs.workers;
        if inputs.target_ms > 0.0 {
            self.machine.target_ms = inputs.target_ms;
        }
        self.clock.end_frame(now_us);
        let (state, decision) = decide(&self.tunables, self.governor, &inputs);
        self.governor = state;
        self.plan(decision, has_time)
    }

    /// To be called at safepoints every now and then. Has a plan where frames do not come, or one does not end.
    pub fn tick_wall(&mut self, now_us: u64, has_time: impl FnMut() -> bool) -> Option<FramePlan> {
        let target_ms = self.machine.target_ms;
        let elapsed_ms = self.clock.tick(&self.tunables, target_ms, now_us)?;
        let inputs = WallInputs {
            frame: self.frame,
            elapsed_ms,
            target_ms,
            cores: self.machine.cores,
            workers: self.machine.workers,
        };
        let decision = decide_wall(&self.tunables, &self.governor, &inputs);
        Some(self.plan(decision, has_time))
    }

    /// What waits, for the governor and the overlay.
    pub fn waiting(&self) -> Waiting {
        let price = self.price();
        let jobs = self.queue.len() + self.in_flight.len();
        Waiting {
            jobs: u32::try_from(jobs).unwrap_or(u32::MAX),
            best_break_even: self.queue.peek().map(|(_, worth)| {
                break_even_frames(worth.cost_ms * price, worth.saving_ms_per_frame)
            }),
        }
    }

    fn plan(&mut self, decision: FrameDecision, mut has_time: impl FnMut() -> bool) -> FramePlan {
        self.decision = Some(decision);
        self.released = 0;
        for _ in 0..self.tunables.max_looked_at_per_frame.max(1) {
            let Some(function) = self.listed.pop_front() else { break };
            self.look(function);
            if !has_time() {
                break;
            }
        }
        self.drop_cold();
        FramePlan {
            cancels: std::mem::take(&mut self.cancels),
            undos: std::mem::take(&mut self.undos),
            decision,
        }
    }

    /// The next function to be handed to the workers, to be built and submitted. One that cannot be is to be told as
    /// `cancelled` or `failed`. There is as much as workers will have use for until the next frame, and not more: what is
    /// still in the queue can still be overtaken.
    pub fn next_request(&mut self) -> Option<CompileRequest> {
        let allowance_us = self.decision.as_ref()?.allowance_us;
        let enough_us = allowance_us * self.tunables.in_flight_frames.max(1.0);
        while self.released < self.tunables.max_requests_per_frame.max(1)
            && self.in_flight.len() < self.tunables.max_in_flight.max(1)
            && (self.in_flight.is_empty() || self.in_flight_cost_us < enough_us)
            && let Some((function, tier)) = self.queue.pop()
        {
            if let Some(request) = self.request(function, tier) {
                self.released += 1;
                return Some(request);
            }
        }
        None
    }

    fn request(&mut self, function: FunctionId, tier: Tier) -> Option<CompileRequest> {
        let Some(outlook) = self.outlook(function).filter(|outlook| outlook.tier == tier) else {
            self.settle(function, Outcome::Cancelled(CancelReason::TierCapped));
            return None;
        };
        let record = self.functions.get_mut(&function)?;
        record.progress = Progress::Requested;
        let decision = record.decision;
        if let Some(id) = decision {
            self.ledger.confirm(id, outlook.prospect, outlook.cpu_us / 1000.0, outlook.price);
        }
        let cost_us = outlook.cpu_us;
        self.in_flight.insert(function, InFlight { tier, cost_us, cancelled: false });
        self.in_flight_cost_us += cost_us;
        Some(CompileRequest { function, tier, decision, predicted_cost_us: cost_us })
    }

    /// Gives up what was not sampled for long, in the queue and with the workers.
    fn drop_cold(&mut self) {
        let now = self.clock.frames();
        let mut dropped = Vec::new();
        self.queue.drop_cold(now, COLD_CHECKS_PER_FRAME, |function, _| dropped.push(function));
        for function in dropped {
            self.settle(function, Outcome::Cancelled(CancelReason::WentCold));
        }
        // Bounded by `max_in_flight`.
        for (&function, job) in &mut self.in_flight {
            let is_cold = self
                .functions
                .get(&function)
                .is_none_or(|record| record.life.idle_frames(now) > self.tunables.cold_frames);
            if is_cold && !job.cancelled {
                job.cancelled = true;
                self.cancels.push(function);
            }
        }
        // One that was given up may have come back meanwhile.
        self.cancels.retain(|function| self.in_flight.contains_key(function));
        // The table's order is not that of anything; a run must repeat.
        self.cancels.sort_unstable();
        self.cancels.dedup();
    }
}
