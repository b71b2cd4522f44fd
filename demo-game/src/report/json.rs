//! `report.json`. Other programs read it: its fields keep their names and meanings.

use interlune::jit::Tier;
use interlune::jit::ledger::{InliningRow, LedgerRow, SpeculationRow};
use serde::Serialize;

/// The whole file.
#[derive(Serialize, Clone, Debug, Default)]
pub struct Report {
    pub scene: String,
    /// How many there were at the end.
    pub bodies: usize,
    pub seed: u32,
    /// "off", "baseline" or "on".
    pub jit: &'static str,
    /// Sixteen hexadecimal digits; equal for every value of `jit`.
    pub state_hash: String,
    pub frames: Vec<Frame>,
    pub functions: Vec<Function>,
    pub deopts: Vec<Deopt>,
    /// Decisions to compile, what was expected of them, and what came of them.
    pub ledger: Vec<LedgerRow>,
    /// The last decisions about functions to become part of their callers, and about bets that were lost.
    pub inlining: Vec<InliningRow>,
    pub speculation: Vec<SpeculationRow>,
}

/// One frame, in milliseconds.
#[derive(Serialize, Clone, Copy, Debug, Default)]
pub struct Frame {
    /// The main thread's work from `First` to `Last`.
    pub main_ms: f64,
    /// In callbacks.
    pub script_ms: f64,
    /// In the collector.
    pub gc_ms: f64,
    /// Installing and invalidating compiled code.
    pub install_ms: f64,
    /// CPU time of the compile workers.
    pub compile_ms: f64,
    /// CPU time the workers were allowed.
    pub allowance_ms: f64,
}

/// A script function that the compilers know: one that was seen at work.
#[derive(Serialize, Clone, Debug)]
pub struct Function {
    pub name: String,
    pub tier: Tier,
    pub calls: u32,
    pub code_bytes: usize,
}

/// Compiled code left in mid-flight.
#[derive(Serialize, Clone, Debug)]
pub struct Deopt {
    pub frame: u64,
    pub function: String,
    pub line: u32,
    pub reason: String,
}
