//! Whether it pays to copy a function into one that calls it.

use super::Scheduler;
use crate::economics::{InlineEstimate, priced_cost, worth_inlining};
use crate::function::{FunctionId, FunctionInfo, Tier};
use crate::ledger::InliningChoice;

impl Scheduler {
    /// Whether a callee, called so often until now, is worth copying into `caller`. It is if the policy knows nothing of
    /// the caller: then someone else has decided that it be compiled.
    pub fn pays_to_inline(
        &mut self,
        caller: FunctionId,
        callee: FunctionId,
        calls: u32,
        info: &FunctionInfo,
    ) -> bool {
        let Some(record) = self.functions.get(&caller) else { return true };
        let lived = self.functions.get(&callee).map(|callee| callee.life.age_frames());
        let lived = lived.unwrap_or(self.clock.frames()).max(1.0);
        let tunables = &self.tunables;
        let bytecodes = f64::from(info.bytecodes);
        let cost_us = bytecodes * tunables.cost_us_per_bytecode[Tier::Optimizing.index()];
        let estimate = InlineEstimate {
            calls_per_frame: f64::from(calls) / lived,
            remaining_frames: record.life.expected_remaining_frames(),
            saving_us_per_call: tunables.inline_saving_us,
            growth_bytes: bytecodes * tunables.inline_bytes_per_bytecode,
            byte_cost_us_per_frame: tunables.byte_cost_us_per_frame,
            cost_ms: priced_cost(cost_us / 1000.0, self.price()),
        };
        let is_worth_it = worth_inlining(&estimate);
        self.ledger.inlining(InliningChoice {
            frame: self.frame,
            caller: record.info.clone(),
            callee: info.clone(),
            estimate,
            is_worth_it,
        });
        is_worth_it
    }
}
