//! Whether it pays to copy a function into one that calls it.

use super::Scheduler;
use crate::economics::{InlineEstimate, priced_cost, worth_inlining};
use crate::function::{FunctionId, Tier};

impl Scheduler {
    /// Whether a callee of so many bytecode instructions, called so often until now, is worth copying into `caller`. It is
    /// if the policy knows nothing of the caller: then someone else has decided that it be compiled.
    pub fn pays_to_inline(
        &self,
        caller: FunctionId,
        callee: FunctionId,
        calls: u32,
        bytecodes: u32,
    ) -> bool {
        let Some(record) = self.functions.get(&caller) else { return true };
        let lived = self.functions.get(&callee).map(|callee| callee.life.age_frames());
        let lived = lived.unwrap_or(self.clock.frames()).max(1.0);
        let tunables = &self.tunables;
        let cost_us =
            f64::from(bytecodes) * tunables.cost_us_per_bytecode[Tier::Optimizing.index()];
        worth_inlining(&InlineEstimate {
            calls_per_frame: f64::from(calls) / lived,
            remaining_frames: record.life.expected_remaining_frames(),
            saving_us_per_call: tunables.inline_saving_us,
            growth_bytes: f64::from(bytecodes) * tunables.inline_bytes_per_bytecode,
            byte_cost_us_per_frame: tunables.byte_cost_us_per_frame,
            cost_ms: priced_cost(cost_us / 1000.0, self.price()),
        })
    }
}
