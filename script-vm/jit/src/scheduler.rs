//! What the VM thread talks to: samples in, requests out.
//!
//! The scheduler ties the policy together. Samples say where time goes; at the end of each frame (or tick of the wall
//! clock) it looks at the functions that were sampled, decides by `economics` and `cost_model`, lets those worth it
//! wait in the `queue`, asks the `governor` for the frame's allowance, and releases as many requests as workers will
//! have use for. What becomes of a request is told to it, and goes into the `ledger`.
//!
//! ```text
//! sample ─> Record ─> look ─> verdict ─> queue ─> requests ─> (VM thread: compile input ─> workers ─> code)
//!                                                                     │
//!           windows <─ installed <────────── compiled / failed / cancelled
//! ```
//!
//! Invariants: a sample costs a hash lookup and some arithmetic; a frame looks at no more functions than the tunables
//! say, however many were sampled (the others' turn comes in the next frames); every table is bounded. It calls
//! nobody back and reads no clock: times, and whether there is time left, come in as arguments, so runs can be repeated. Neighbours: `progress.rs`
//! (what is told of requests), `plan.rs` (the end of a frame), `look.rs` (one function), `record.rs`, `rate.rs`,
//! `inlining.rs`, `speculation.rs`, `clock.rs`, `quantum.rs`, `rehearsal.rs`.

mod clock;
mod inlining;
mod look;
mod plan;
mod progress;
mod quantum;
mod rate;
mod record;
mod rehearsal;
mod speculation;
mod status;

use std::collections::VecDeque;

use interlune_core::tier::Site;
use rustc_hash::FxHashMap;

use crate::cost_model::CostModel;
use crate::function::{FunctionId, FunctionInfo, Tier};
use crate::governor::{FrameDecision, GovernorState};
use crate::ledger::{CancelReason, Ledger, Outcome};
use crate::queue::CompileQueue;
use crate::tunables::Tunables;

use clock::FrameClock;
use record::Record;

pub use plan::{CompileRequest, FramePlan};
pub use quantum::QuantumClock;
pub use record::Progress;
pub use rehearsal::{Rehearsal, rehearse};
pub use speculation::{BetCount, BetJudgement, Work};
pub use status::FunctionStatus;

/// The machine and the frame rate, until the first frame's inputs say otherwise.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Machine {
    pub cores: u32,
    pub workers: u32,
    pub target_ms: f64,
}

/// A compilation that was requested and has not come back.
#[derive(Clone, Copy, Debug)]
struct InFlight {
    tier: Tier,
    cost_us: f64,
    /// It was asked to be cancelled.
    cancelled: bool,
}

/// The policy of one VM.
#[derive(Debug)]
pub struct Scheduler {
    tunables: Tunables,
    machine: Machine,
    clock: FrameClock,
    /// Number of the last frame that ended.
    frame: u64,
    functions: FxHashMap<FunctionId, Record>,
    /// All of them in turn, for finding one to forget; some may be gone already.
    rotation: VecDeque<FunctionId>,
    /// Sampled and not looked at since.
    listed: VecDeque<FunctionId>,
    queue: CompileQueue<Tier>,
    in_flight: FxHashMap<FunctionId, InFlight>,
    in_flight_cost_us: f64,
    /// When a compilation last came back; none if none did.
    compiled_frame: Option<f64>,
    /// To be cancelled or taken out at the end of the frame.
    cancels: Vec<FunctionId>,
    undos: Vec<FunctionId>,
    cost_model: CostModel,
    /// How many times as fast as the one below each tier is expected to be.
    speedups: [f64; 3],
    governor: GovernorState,
    decision: Option<FrameDecision>,
    /// Requests that were handed out since the last plan.
    released: usize,
    ledger: Ledger,
    tier_cap: Tier,
}

/// Functions that [`Scheduler::touch`] makes room for.
pub const TOUCHED: usize = 1024;
/// Functions looked at to find one to forget, when there are too many.
const FORGET_LOOKS: usize = 8;

impl Scheduler {
    /// Knows no function. Compiles up to the baseline tier; see [`Scheduler::set_tier_cap`].
    pub fn new(tunables: Tunables, machine: Machine) -> Scheduler {
        Scheduler {
            machine,
            clock: FrameClock::new(),
            frame: 0,
            functions: FxHashMap::default(),
            rotation: VecDeque::new(),
            listed: VecDeque::new(),
            queue: CompileQueue::new(&tunables),
            in_flight: FxHashMap::with_capacity_and_hasher(
                tunables.max_in_flight.clamp(1, 256),
                Default::default(),
            ),
            in_flight_cost_us: 0.0,
            compiled_frame: None,
            cancels: Vec::new(),
            undos: Vec::new(),
            cost_model: CostModel::new(&tunables),
            speedups: tunables.speedup_prior,
            governor: GovernorState::default(),
            decision: None,
            released: 0,
            ledger: Ledger::new(&tunables),
            tier_cap: Tier::Baseline,
            tunables,
        }
    }

    /// Has memory behind the tables, for as much as a storm of functions needs: a page that is written for the first time
    /// costs up to a tenth of a millisecond, and that is not to be within a frame. Nothing is known yet.
    pub fn touch(&mut self) {
        let info = FunctionInfo { name: "".into(), source: "".into(), line: 0, bytecodes: 0 };
        for id in 0..self.tunables.max_functions.min(TOUCHED) as u64 {
            self.functions.insert(FunctionId(id), Record::new(info.clone(), 0.0));
            self.rotation.push_back(FunctionId(id));
            self.listed.push_back(FunctionId(id));
        }
        if let Some(decision) = self
            .outlook(FunctionId(0))
            .and_then(|outlook| self.decision_of(FunctionId(0), &outlook))
        {
            self.ledger.touch(&decision);
        }
        self.queue.touch(Tier::Baseline);
        self.functions.clear();
        self.rotation.clear();
        self.listed.clear();
    }

    /// A quantum of `units` calls and back-edges ended in this function and took `time_us`; see [`QuantumClock`].
    /// `describe` is called if the function was not known.
    pub fn sample(
        &mut self,
        function: FunctionId,
        site: Site,
        units: u32,
        time_us: f64,
        describe: impl FnOnce() -> FunctionInfo,
    ) {
        if !self.functions.contains_key(&function) {
            self.admit(function, describe());
        }
        let now = self.clock.frames();
        let Some(record) = self.functions.get_mut(&function) else { return };
        let time_us = time_us.clamp(0.0, self.tunables.max_sample_us.max(0.0));
        record.sample(&self.tunables, now, site, units, time_us);
        if !record.listed {
            record.listed = true;
            self.listed.push_back(function);
        }
    }

    /// The highest tier to compile to. What waits for a higher one is dropped; code that runs is left alone.
    pub fn set_tier_cap(&mut self, cap: Tier) {
        self.tier_cap = cap;
        let dropped: Vec<FunctionId> = self
            .queue
            .iter()
            .map(|(function, _)| function)
            .filter(|function| {
                self.functions.get(function).and_then(|r| r.tier.next()).is_some_and(|t| t > cap)
            })
            .collect();
        for function in dropped {
            self.queue.remove(function);
            self.settle(function, Outcome::Cancelled(CancelReason::TierCapped));
        }
        for (&function, job) in &mut self.in_flight {
            if job.tier > cap && !job.cancelled {
                job.cancelled = true;
                self.cancels.push(function);
            }
        }
    }

    /// The number of workers was changed by hand.
    pub fn set_workers(&mut self, workers: u32) {
        self.machine.workers = workers.max(1);
    }

    /// The most that each worker is allowed in a frame was changed by hand, in microseconds.
    pub fn set_max_allowance_us(&mut self, allowance_us: f64) {
        self.tunables.max_allowance_us = allowance_us.max(0.0);
    }

    /// The highest tier that is compiled to.
    pub fn tier_cap(&self) -> Tier {
        self.tier_cap
    }

    /// Every decision, with its prediction and what came of it.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// What the last frame, or tick of the wall clock, allowed.
    pub fn decision(&self) -> Option<&FrameDecision> {
        self.decision.as_ref()
    }

    /// What compiling is predicted to take.
    pub fn cost_model(&self) -> &CostModel {
        &self.cost_model
    }

    /// The numbers it goes by.
    pub fn tunables(&self) -> &Tunables {
        &self.tunables
    }

    /// Number of the last frame that has ended.
    pub fn frame(&self) -> u64 {
        self.frame
    }

    /// Frames that have passed, with fractions where the wall clock counted.
    pub fn frames(&self) -> f64 {
        self.clock.frames()
    }

    /// What CPU time was last found to be worth. Full price before anything was measured.
    fn price(&self) -> f64 {
        self.decision.map_or(1.0, |decision| decision.price)
    }

    /// Takes in a function that was not known; if there are too many, in the place of a cold one, or not at all.
    fn admit(&mut self, function: FunctionId, info: FunctionInfo) {
        // Those that are gone leave the rotation twice as fast as others enter it.
        for _ in 0..2 {
            if let Some(id) = self.rotation.pop_front()
                && self.functions.contains_key(&id)
            {
                self.rotation.push_back(id);
            }
        }
        if self.functions.len() >= self.tunables.max_functions.max(1) && !self.forget_a_cold_one() {
            return;
        }
        self.functions.insert(function, Record::new(info, self.clock.frames()));
        self.rotation.push_back(function);
    }

    fn forget_a_cold_one(&mut self) -> bool {
        let now = self.clock.frames();
        for _ in 0..FORGET_LOOKS {
            let Some(id) = self.rotation.pop_front() else { return false };
            let is_cold = self.functions.get(&id).is_some_and(|record| {
                record.tier == Tier::Interpreter
                    && matches!(record.progress, Progress::Idle(_))
                    && record.life.idle_frames(now) > self.tunables.cold_frames
            });
            if is_cold {
                self.forget(id);
                return true;
            }
            if self.functions.contains_key(&id) {
                self.rotation.push_back(id);
            }
        }
        false
    }
}

#[cfg(test)]
mod history;
#[cfg(test)]
mod tests;
