//! Compilation as a job for a worker.

#![allow(unsafe_code, reason = "addresses of code become functions")]

use std::cell::RefCell;
use std::sync::Arc;

use interlune_core::function::{CompiledCode, NativeEntry};
use interlune_core::tier::CompileInput;

use crate::baseline::{Baseline, Sites};
use crate::code::memory::CodeSegment;
use crate::code::target::CodeError;
use crate::worker::{Cancelled, Job, Pacer};

/// What installed code needs to be there.
struct Owned {
    _segment: Arc<CodeSegment>,
    _sites: Sites,
}

/// A function to be compiled.
pub struct CompileJob {
    pub input: CompileInput,
    pub predicted_cost_us: f64,
}

thread_local! {
    /// The compiler of a worker, made at its first job; reused so that its memory is.
    static BASELINE: RefCell<Option<Baseline>> = const { RefCell::new(None) };
}

impl Job for CompileJob {
    type Output = Result<CompiledCode, CodeError>;

    fn predicted_cost_us(&self) -> f64 {
        self.predicted_cost_us
    }

    fn run(self, pacer: &mut dyn Pacer) -> Result<Self::Output, Cancelled> {
        BASELINE.with_borrow_mut(|baseline| -> Result<_, Cancelled> {
            let baseline = match baseline {
                Some(baseline) => baseline,
                None => match Baseline::new() {
                    Ok(new) => baseline.insert(new),
                    Err(error) => return Ok(Err(error)),
                },
            };
            compile(baseline, &self.input, pacer)
        })
    }
}

/// Compiles a function in stages.
///
/// # Errors
/// The outer error: it was cancelled.
pub fn compile(
    baseline: &mut Baseline,
    input: &CompileInput,
    pacer: &mut dyn Pacer,
) -> Result<Result<CompiledCode, CodeError>, Cancelled> {
    pacer.stage("translate")?;
    let translated = baseline.translate(input);
    pacer.stage("generate")?;
    let code = match baseline.generate() {
        Ok(code) => code,
        Err(error) => return Ok(Err(error)),
    };
    pacer.stage("place")?;
    let placed = CodeSegment::new(&[&code]).map(|(segment, offsets)| {
        let start = segment.at(offsets[0]);
        // SAFETY: the code at the offset is a function of this type.
        let entry = unsafe { std::mem::transmute::<*const u8, NativeEntry>(start) };
        CompiledCode {
            entry,
            resume_points: translated.resume_points,
            bytes: code.len(),
            owner: Box::new(Owned { _segment: segment, _sites: translated.sites }),
        }
    });
    Ok(placed)
}
