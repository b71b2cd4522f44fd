//! What the overlay and reports show of a function.

use super::Scheduler;
use super::rate::Rate;
use super::record::{Progress, Record};
use crate::function::{FunctionId, FunctionInfo, Tier};
use crate::ledger::Totals;

/// A function as it stands.
#[derive(Clone, Debug)]
pub struct FunctionStatus {
    pub function: FunctionId,
    pub info: FunctionInfo,
    /// The tier that runs.
    pub tier: Tier,
    pub progress: Progress,
    pub time_ms_per_frame: f64,
    /// Share of its time that was spent in loops of its own.
    pub loop_share: f64,
    pub age_frames: f64,
    pub totals: Totals,
}

impl Scheduler {
    /// One function.
    pub fn status(&self, function: FunctionId) -> Option<FunctionStatus> {
        self.functions.get(&function).map(|record| self.status_of(function, record))
    }

    /// The time that one function takes in a frame, in milliseconds.
    pub fn time_ms_per_frame(&self, function: FunctionId) -> Option<f64> {
        let mut rate: Rate = self.functions.get(&function)?.rate;
        Some(rate.ms_per_frame(self.clock.frames(), self.tunables.rate_halving_frames))
    }

    fn status_of(&self, function: FunctionId, record: &Record) -> FunctionStatus {
        let mut rate: Rate = record.rate;
        FunctionStatus {
            function,
            info: record.info.clone(),
            tier: record.tier,
            progress: record.progress,
            time_ms_per_frame: rate
                .ms_per_frame(self.clock.frames(), self.tunables.rate_halving_frames),
            loop_share: record.loop_share(),
            age_frames: record.life.age_frames(),
            totals: self.ledger.totals(function),
        }
    }
}
