//! An entry as reports show it. The names of the fields are the keys of the JSON.

use serde::Serialize;

use super::LedgerEntry;
use crate::economics::BreakEven;
use crate::function::Tier;

/// A row of a report.
///
/// The predicted numbers are those of the decision, so `break_even_predicted` is `cost_ms / saving_ms_per_frame`.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct LedgerRow {
    /// Name, source and line.
    pub function: String,
    /// The tier that was decided on.
    pub tier: Tier,
    pub decided_frame: u64,
    /// Predicted cost, priced.
    pub cost_ms: f64,
    /// Predicted saving.
    pub saving_ms_per_frame: f64,
    /// Frames from the install on; null for never.
    pub break_even_predicted: BreakEven,
    /// Frames from the install on; null as long as it has not come.
    pub break_even_real: Option<BreakEven>,
    pub outcome: String,
}

impl LedgerRow {
    pub(super) fn of(entry: &LedgerEntry) -> LedgerRow {
        let decision = &entry.decision;
        LedgerRow {
            function: decision.info.to_string(),
            tier: decision.tier,
            decided_frame: decision.frame,
            cost_ms: decision.prospect.cost_ms,
            saving_ms_per_frame: decision.prospect.saving_ms_per_frame,
            break_even_predicted: entry.break_even_predicted,
            break_even_real: entry.break_even_real,
            outcome: entry.outcome.to_string(),
        }
    }
}
