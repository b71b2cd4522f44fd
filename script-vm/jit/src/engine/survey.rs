//! For measuring the optimizing compiler: where its time goes, how long it goes on without looking at its pacer, and what it
//! leaves to the tier below. A table for tools; nothing in the policy reads it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cpu_time::ThreadTime;
use interlune_core::tier::CompileInput;

use crate::ir::{self, Op};
use crate::optimizing::passes::PASSES;

/// Filled in by every compilation; shared with whoever reads it afterwards.
pub type SurveyLog = Arc<Mutex<Survey>>;

/// Sums over all compilations of the optimizing tier.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// CPU time by stage, in microseconds, in the order in which stages first came.
    pub stages: Vec<(&'static str, f64)>,
    /// Pieces of code, one for each entry of a function.
    pub pieces: u64,
    /// Instructions of the representation as it was built, and as it was lowered.
    pub instructions_built: u64,
    pub instructions_lowered: u64,
    /// The longest piece of work between two looks at the pacer.
    pub longest: Option<Uninterrupted>,
    /// Bytecode instructions that are run as the baseline tier runs them, by opcode.
    pub left: BTreeMap<String, u64>,
    /// Functions that were declined, by reason.
    pub declined: BTreeMap<String, u64>,
}

/// Work that cannot be interrupted.
#[derive(Clone, Debug)]
pub struct Uninterrupted {
    pub us: f64,
    pub stage: &'static str,
    /// Of the function that was compiled.
    pub source: Arc<str>,
    pub line: u32,
    pub bytecodes: usize,
}

impl Survey {
    fn note(&mut self, stage: &'static str, us: f64, input: &CompileInput) {
        match self.stages.iter_mut().find(|(name, _)| *name == stage) {
            Some((_, sum)) => *sum += us,
            None => self.stages.push((stage, us)),
        }
        if self.longest.as_ref().is_none_or(|longest| longest.us < us) {
            let proto = &input.proto;
            self.longest = Some(Uninterrupted {
                us,
                stage,
                source: proto.source.clone(),
                line: proto.line_defined,
                bytecodes: proto.code.len(),
            });
        }
    }

    fn observe(&mut self, step: &str, function: &ir::Function, input: &CompileInput) {
        let insts = || function.blocks().flat_map(|block| function.insts(block).iter().copied());
        if step == "building" {
            self.instructions_built += insts().count() as u64;
        }
        if PASSES.last().is_none_or(|(last, _)| *last != step) {
            return;
        }
        self.pieces += 1;
        for inst in insts() {
            self.instructions_lowered += 1;
            let data = function.inst(inst);
            // Inlined functions have none of these, so the instruction is one of the function itself.
            if matches!(data.op, Op::Run | Op::RunBranch | Op::RunForCall | Op::RunEnd) {
                let insn = input.proto.code.get(data.immediate as usize);
                let opcode = insn.and_then(|insn| insn.opcode());
                let name = opcode.map_or_else(|| "?".to_owned(), |opcode| format!("{opcode:?}"));
                *self.left.entry(name).or_default() += 1;
            }
        }
    }
}

/// Writes what one compilation does into a survey, if there is one.
pub(super) struct Surveyor<'a> {
    log: Option<&'a SurveyLog>,
    input: &'a CompileInput,
    since: Option<Duration>,
}

impl<'a> Surveyor<'a> {
    pub(super) fn new(log: Option<&'a SurveyLog>, input: &'a CompileInput) -> Surveyor<'a> {
        let mut surveyor = Surveyor { log, input, since: None };
        surveyor.resume();
        surveyor
    }

    /// Time counts from now on.
    pub(super) fn resume(&mut self) {
        let now = || ThreadTime::try_now().ok().map(|now| now.as_duration());
        self.since = self.log.and_then(|_| now());
    }

    /// A stage has ended, which began when the last one did or when time was resumed.
    pub(super) fn stage(&mut self, stage: &'static str) {
        let Some(before) = self.since else { return };
        self.resume();
        let us = self.since.unwrap_or(before).saturating_sub(before).as_secs_f64() * 1e6;
        self.write(|survey, input| survey.note(stage, us, input));
        self.resume();
    }

    /// The representation after a step.
    pub(super) fn observe(&mut self, step: &str, function: &ir::Function) {
        self.write(|survey, input| survey.observe(step, function, input));
        self.resume();
    }

    pub(super) fn declined(&mut self, why: &str) {
        self.write(|survey, _| *survey.declined.entry(why.to_owned()).or_default() += 1);
    }

    fn write(&self, note: impl FnOnce(&mut Survey, &CompileInput)) {
        if let Some(mut survey) = self.log.and_then(|log| log.lock().ok()) {
            note(&mut survey, self.input);
        }
    }
}
