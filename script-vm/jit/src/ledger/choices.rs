//! Decisions within the optimizing tier: which callees become part of their callers, and which bets are kept. The names of
//! the rows' fields are the keys of the JSON.

use serde::Serialize;

use crate::economics::{BetVerdict, InlineEstimate, inlining_gain_ms};
use crate::function::FunctionInfo;
use crate::optimizing::DeoptReason;
use crate::scheduler::BetJudgement;

/// Whether a callee was worth copying into a caller: f·R·Δt − λ·Δs·R − C > 0.
#[derive(Clone, PartialEq, Debug)]
pub struct InliningChoice {
    pub frame: u64,
    pub caller: FunctionInfo,
    pub callee: FunctionInfo,
    pub estimate: InlineEstimate,
    /// It is copied, as far as it can be.
    pub is_worth_it: bool,
}

/// What became of a bet that was lost.
#[derive(Clone, PartialEq, Debug)]
pub struct BetChoice {
    pub frame: u64,
    /// Whose code it was.
    pub function: FunctionInfo,
    /// Where the bet was made: the line may be that of an inlined function.
    pub line: u32,
    pub reason: DeoptReason,
    /// Exits at that place so far.
    pub exits: u32,
    pub verdict: BetVerdict,
    /// Nothing where exits alone were counted, because no time may be consulted or none was measured.
    pub judgement: Option<BetJudgement>,
}

/// A row of a report.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct InliningRow {
    pub decided_frame: u64,
    pub caller: String,
    pub callee: String,
    /// f, R, Δt, Δs, λ and C.
    #[serde(flatten)]
    pub estimate: InlineEstimate,
    /// Over the caller's expected rest of life.
    pub gain_ms: f64,
    pub inlined: bool,
}

impl InliningRow {
    pub(super) fn of(choice: &InliningChoice) -> InliningRow {
        InliningRow {
            decided_frame: choice.frame,
            caller: choice.caller.to_string(),
            callee: choice.callee.to_string(),
            estimate: choice.estimate,
            gain_ms: inlining_gain_ms(&choice.estimate),
            inlined: choice.is_worth_it,
        }
    }
}

/// A row of a report. Numbers are null where exits alone were counted.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct SpeculationRow {
    pub decided_frame: u64,
    pub function: String,
    pub line: u32,
    pub reason: DeoptReason,
    pub exits: u32,
    /// Exits of this place a run, lately; and of the code's other places since it was installed.
    pub failure_rate: Option<f64>,
    pub other_failures: Option<f64>,
    /// τ*: below this rate the bet is kept.
    pub threshold: Option<f64>,
    /// T_base, T_opt, C_deopt of a run, and T_compile of code without the bet.
    pub base_us: Option<f64>,
    pub opt_us: Option<f64>,
    pub deopt_us: Option<f64>,
    pub compile_us: Option<f64>,
    pub verdict: BetVerdict,
}

impl SpeculationRow {
    pub(super) fn of(choice: &BetChoice) -> SpeculationRow {
        let judged = choice.judgement.as_ref();
        let bet = judged.map(|judged| judged.bet);
        SpeculationRow {
            decided_frame: choice.frame,
            function: choice.function.to_string(),
            line: choice.line,
            reason: choice.reason,
            exits: choice.exits,
            failure_rate: bet.map(|bet| bet.failure_rate),
            other_failures: bet.map(|bet| bet.other_failures),
            threshold: judged.map(|judged| judged.threshold),
            base_us: bet.map(|bet| bet.costs.base_us),
            opt_us: bet.map(|bet| bet.costs.opt_us),
            deopt_us: bet.map(|bet| bet.costs.deopt_us),
            compile_us: bet.map(|bet| bet.costs.compile_us),
            verdict: choice.verdict,
        }
    }
}
