//! Compilation as a job for a worker: functions are compiled one by one, and placed in memory by the batch.

#![allow(unsafe_code, reason = "addresses of code become functions")]

use std::cell::RefCell;
use std::sync::{Arc, Mutex};

use interlune_core::function::{CompiledCode, NativeEntry};
use interlune_core::tier::{CompileInput, Function, Receivers};

use super::cache::Placement;
use super::memo::{CodeMemo, Key, Recipe};
use super::survey::{SurveyLog, Surveyor};
use crate::baseline::{Baseline, MOST_BYTECODES, Sites, Translated};
use crate::code::memory::CodeSegment;
use crate::code::target::CodeError;
use crate::ir;
use crate::optimizing::{
    Entries, ExitPlace, Exits, Generated, GuardStress, OptimizeError, Optimized, Optimizing,
    Reliance,
};
use crate::scheduler;
use crate::tunables::Tunables;
use crate::worker::{Cancelled, Job, Pacer};

/// What installed code needs to be there.
struct Owned {
    _segment: Arc<CodeSegment>,
    sites: Sites,
    _exits: Option<Exits>,
}

/// What inline caches of a function's baseline code have met.
pub(super) fn receivers(function: Function, class_epoch: u64) -> Receivers {
    let owned = function.baseline_owner().and_then(|owner| owner.downcast_ref::<Owned>());
    owned.map_or_else(Receivers::default, |owned| {
        owned.sites.receivers(function.proto(), class_epoch)
    })
}

/// A function to be compiled.
pub struct CompileJob {
    pub input: CompileInput,
    /// Where optimized code is to be entered; nothing: for the baseline tier.
    pub entries: Option<Entries>,
    pub memo: Option<CodeMemo>,
    pub aids: Aids,
    pub predicted_cost_us: f64,
}

/// For those who look at how functions are optimized, and for tests.
#[derive(Clone, Debug, Default)]
pub struct Aids {
    /// Where the representation is written down, after each step.
    pub ir_log: Option<IrLog>,
    /// Where it is written down what compiling takes, and what is not optimized.
    pub survey: Option<SurveyLog>,
    pub guard_stress: GuardStress,
    /// Only the first so many pieces of optimized code are used, for finding the one that is wrong.
    pub most_optimized: Option<u64>,
    /// For tests: at every sample, fifty times, all optimized code is out of use, as if what it relied on were
    /// no longer true.
    pub invalidates: bool,
}

/// The text of what was optimized, after each step.
pub type IrLog = Arc<Mutex<String>>;

/// Machine code that is not in executable memory yet.
pub struct Unplaced {
    code: Vec<u8>,
    /// What is called directly, of optimized code.
    direct: Option<Vec<u8>>,
    /// See [`CompiledCode::returns_one`].
    returns_one: bool,
    translated: Translated,
    /// Of optimized code.
    exits: Option<Exits>,
    slow_callees: Vec<u64>,
    reliance: Reliance,
}

impl Unplaced {
    fn of_baseline(code: Vec<u8>, translated: Translated) -> Unplaced {
        Unplaced {
            code,
            direct: None,
            returns_one: false,
            translated,
            exits: None,
            slow_callees: Vec::new(),
            reliance: Reliance::default(),
        }
    }
}

/// Code that can be installed, and the memory that it takes.
pub struct Placed {
    pub code: CompiledCode,
    pub placement: Placement,
    /// Where optimized code may be left, by the numbers of its counters.
    pub exit_places: Arc<[ExitPlace]>,
    /// See [`Optimized::slow_callees`].
    pub slow_callees: Vec<u64>,
    /// See [`Optimized::reliance`].
    pub reliance: Reliance,
}

thread_local! {
    /// The compiler of a thread, made at its first job; reused so that its memory is.
    static BASELINE: RefCell<Option<Baseline>> = const { RefCell::new(None) };
    static OPTIMIZING: RefCell<Option<Optimizing>> = const { RefCell::new(None) };
}

impl Job for CompileJob {
    type Made = Result<Unplaced, OptimizeError>;
    type Output = Result<Placed, OptimizeError>;

    fn rehearse() {
        scheduler::rehearse(&Tunables::default());
    }

    fn predicted_cost_us(&self) -> f64 {
        self.predicted_cost_us
    }

    fn run(self, pacer: &mut dyn Pacer) -> Result<Self::Made, Cancelled> {
        match self.entries {
            Some(entries) => optimize(&self.input, &entries, &self.aids, pacer),
            None => {
                let made = compile(self.input, self.memo.as_ref(), pacer)?;
                Ok(made.map_err(OptimizeError::from))
            }
        }
    }

    fn bytes(made: &Self::Made) -> usize {
        made.as_ref().map_or(0, |made| made.code.len() + made.direct.as_ref().map_or(0, Vec::len))
    }

    fn finish(batch: Vec<Self::Made>) -> Vec<Self::Output> {
        place(batch)
    }
}

/// Compiles a function in stages, with this thread's compiler, or takes its code from a memo.
///
/// # Errors
/// The outer error: it was cancelled.
pub fn compile(
    mut input: CompileInput,
    memo: Option<&CodeMemo>,
    pacer: &mut dyn Pacer,
) -> Result<Result<Unplaced, CodeError>, Cancelled> {
    let Some(memo) = memo else { return make(&input, pacer) };
    pacer.stage("recall")?;
    let key = Key::of(&mut input);
    if let Some(recipe) = memo.get(&key) {
        let (code, translated) = recipe.cook(&input);
        return Ok(Ok(Unplaced::of_baseline(code, translated)));
    }
    let made = make(&input, pacer)?;
    if let Ok(Unplaced { code, translated, .. }) = &made
        && let Some(recipe) = Recipe::of(code, &input, translated)
    {
        memo.put(key, recipe);
    }
    Ok(made)
}

fn make(
    input: &CompileInput,
    pacer: &mut dyn Pacer,
) -> Result<Result<Unplaced, CodeError>, Cancelled> {
    // A compiler that panics is half done with a function: it is not put back, and the next job has a new one.
    let mut baseline = match BASELINE.take().map_or_else(Baseline::new, Ok) {
        Ok(baseline) => baseline,
        Err(error) => return Ok(Err(error)),
    };
    let made = translate(&mut baseline, input, pacer);
    BASELINE.set(Some(baseline));
    made
}

fn translate(
    baseline: &mut Baseline,
    input: &CompileInput,
    pacer: &mut dyn Pacer,
) -> Result<Result<Unplaced, CodeError>, Cancelled> {
    let length = input.proto.code.len();
    if length > MOST_BYTECODES {
        return Ok(Err(CodeError::TooLong(length)));
    }
    pacer.stage("translate")?;
    let translated = baseline.translate(input);
    pacer.stage("generate")?;
    Ok(baseline.generate().map(|code| Unplaced::of_baseline(code, translated)))
}

/// Compiles a function for the optimizing tier, in stages.
///
/// # Errors
/// The outer error: it was cancelled.
pub fn optimize(
    input: &CompileInput,
    entries: &Entries,
    aids: &Aids,
    pacer: &mut dyn Pacer,
) -> Result<Result<Unplaced, OptimizeError>, Cancelled> {
    let mut optimizing = match OPTIMIZING.take().map_or_else(Optimizing::new, Ok) {
        Ok(optimizing) => optimizing,
        Err(error) => return Ok(Err(error.into())),
    };
    let made = run_optimizing(&mut optimizing, input, entries, aids, pacer);
    OPTIMIZING.set(Some(optimizing));
    made
}

fn run_optimizing(
    optimizing: &mut Optimizing,
    input: &CompileInput,
    entries: &Entries,
    aids: &Aids,
    pacer: &mut dyn Pacer,
) -> Result<Result<Unplaced, OptimizeError>, Cancelled> {
    pacer.stage("optimize")?;
    let mut surveyor = Surveyor::new(aids.survey.as_ref(), input);
    let mut cancelled = None;
    let mut observe = |step: &'static str, function: &ir::Function| {
        surveyor.stage(step);
        surveyor.observe(step, function);
        if let Some(mut text) = aids.ir_log.as_ref().and_then(|log| log.lock().ok()) {
            text.push_str(&format!("; after {step}\n{function}\n"));
        }
        // What is left of a cancelled job's translation is short, and goes on without a wait.
        if cancelled.is_none() {
            cancelled = pacer.stage(step).err();
            surveyor.resume();
        }
    };
    let translated = optimizing.translate(input, entries, aids.guard_stress, &mut observe);
    if let Some(cancelled) = cancelled {
        return Err(cancelled);
    }
    let Optimized { resume_points, sites, exits, slow_callees, reliance, returns_one } =
        match translated {
            Ok(optimized) => optimized,
            Err(declined) => {
                surveyor.declined(&declined.to_string());
                return Ok(Err(declined.into()));
            }
        };
    surveyor.stage("lowering");
    pacer.stage("generate")?;
    surveyor.resume();
    let translated = Translated { resume_points, sites };
    let generated = optimizing.generate();
    surveyor.stage("Cranelift");
    if let Err(error) = &generated {
        surveyor.declined(&error.to_string());
    }
    Ok(generated
        .map(|Generated { code, direct }| Unplaced {
            code,
            direct,
            returns_one,
            translated,
            exits: Some(exits),
            slow_callees,
            reliance,
        })
        .map_err(OptimizeError::from))
}

/// Puts the functions of a batch into pages of their own, which they share.
pub fn place(batch: Vec<Result<Unplaced, OptimizeError>>) -> Vec<Result<Placed, OptimizeError>> {
    let pieces = |made| {
        let Unplaced { code, direct, .. }: &Unplaced = made;
        std::iter::once(&code[..]).chain(direct.as_deref())
    };
    let codes: Vec<&[u8]> = batch.iter().flatten().flat_map(pieces).collect();
    if codes.is_empty() {
        return batch.into_iter().filter_map(Result::err).map(Err).collect();
    }
    let segment = CodeSegment::new(&codes);
    let mut offsets = segment.as_ref().map_or(&[][..], |(_, offsets)| offsets).iter();
    let place_one = |made: Unplaced| match (&segment, offsets.next()) {
        (Ok((segment, _)), Some(&offset)) => {
            let direct = made.direct.as_ref().and_then(|_| offsets.next().copied());
            Ok(placed(made, segment, offset, direct))
        }
        (Ok(_), None) => Err(CodeError::Compile("the code was not placed".to_owned()).into()),
        (Err(error), _) => Err(error.clone().into()),
    };
    let mut place_one = place_one;
    batch.into_iter().map(|made| made.and_then(&mut place_one)).collect()
}

fn placed(
    made: Unplaced,
    segment: &Arc<CodeSegment>,
    offset: usize,
    direct: Option<usize>,
) -> Placed {
    // SAFETY: `place` wrote the function's code there, and the baseline compiler makes functions of this type.
    let entry = unsafe { std::mem::transmute::<*const u8, NativeEntry>(segment.at(offset)) };
    let bytes = made.code.len() + made.direct.as_ref().map_or(0, Vec::len);
    Placed {
        slow_callees: made.slow_callees,
        reliance: made.reliance,
        exit_places: made.exits.as_ref().map_or_else(|| Arc::new([]) as _, Exits::places),
        placement: Placement { segment: segment.id(), page_bytes: segment.page_bytes(), bytes },
        code: CompiledCode {
            entry,
            direct_entry: direct.map_or(std::ptr::null(), |offset| segment.at(offset)),
            returns_one: made.returns_one,
            resume_points: made.translated.resume_points,
            bytes,
            owner: Box::new(Owned {
                _segment: segment.clone(),
                sites: made.translated.sites,
                _exits: made.exits,
            }),
        },
    }
}
