//! What the engine tells of itself.

use std::io::Write;

use interlune_core::function::CompiledCode;
use rustc_hash::FxHashMap;
use serde::Serialize;

use super::{Known, describe};
use crate::function::{FunctionId, FunctionInfo, Tier};
use crate::scheduler::{FunctionStatus, Scheduler};

/// What was done so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Counters {
    pub compiles: u64,
    /// Functions that stay interpreted because they could not be compiled.
    pub failures: u64,
    pub evictions: u64,
    /// Times that a function's code was taken out of use, for whatever reason: of the baseline tier, and of the optimizing
    /// tier.
    pub invalidations: [u64; 2],
    /// Times that functions were optimized.
    pub optimized: u64,
    /// Functions that could not be optimized.
    pub declined: u64,
    /// Bytecode instructions compiled.
    pub bytecodes: u64,
    /// CPU time that compiling took, on whatever thread, in microseconds.
    pub compile_us: u64,
    /// Bytes of code made so far.
    pub code_bytes_made: usize,
    /// Bytes of code that is installed.
    pub code_bytes: usize,
    /// Bytes of the pages that it lies in, which is what its limit is about.
    pub page_bytes: usize,
}

/// One function.
#[derive(Clone, Debug)]
pub struct FunctionReport {
    pub info: FunctionInfo,
    pub tier: Tier,
    pub calls: u32,
    pub code_bytes: usize,
    /// It could not be compiled.
    pub failed: bool,
    /// What policy knows of it.
    pub status: Option<FunctionStatus>,
}

pub(super) fn reports(
    functions: &FxHashMap<FunctionId, Known>,
    scheduler: &Scheduler,
) -> Vec<FunctionReport> {
    let mut ids: Vec<_> = functions.iter().map(|(id, known)| (known.units, *id)).collect();
    ids.sort_unstable_by_key(|&(units, id)| (std::cmp::Reverse(units), id));
    ids.into_iter().map(|(_, id)| report(id, &functions[&id], scheduler)).collect()
}

/// The first `most` by time per frame.
pub(super) fn hottest(
    functions: &FxHashMap<FunctionId, Known>,
    scheduler: &Scheduler,
    most: usize,
) -> Vec<FunctionReport> {
    let time = |id| scheduler.time_ms_per_frame(id).unwrap_or(0.0);
    let mut ids: Vec<_> = functions.keys().map(|&id| (time(id), id)).collect();
    ids.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    ids.truncate(most);
    ids.into_iter().map(|(_, id)| report(id, &functions[&id], scheduler)).collect()
}

fn report(id: FunctionId, known: &Known, scheduler: &Scheduler) -> FunctionReport {
    let code_bytes = known.function.code_bytes();
    FunctionReport {
        info: describe(known.function),
        tier: match code_bytes {
            Some(_) if known.function.is_optimized() => Tier::Optimizing,
            Some(_) => Tier::Baseline,
            None => Tier::Interpreter,
        },
        calls: known.function.calls(),
        code_bytes: code_bytes.unwrap_or(0),
        failed: known.failed,
        status: scheduler.status(id),
    }
}

/// Adds a line to the file in which `perf` looks for the names of code made at run time.
pub(super) fn write_perf_map(code: &CompiledCode, info: &FunctionInfo) {
    let path = format!("/tmp/perf-{}.map", std::process::id());
    let file = std::fs::OpenOptions::new().create(true).append(true).open(&path);
    let written = file.and_then(|mut file| {
        let at = code.entry as *const () as usize;
        writeln!(file, "{at:x} {:x} lua:{}:{}", code.bytes, info.source, info.line)
    });
    if let Err(error) = written {
        tracing::warn!("cannot write {path}: {error}");
    }
}
