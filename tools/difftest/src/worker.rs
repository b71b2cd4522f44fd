//! The inner loop of a campaign: generate, run in the oracle and in the engines under test, compare, shrink.
//!
//! It runs in a process of its own, so that a crash of an engine costs one program and not the campaign.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use crate::compare::{Difference, Tolerance, compare};
use crate::generate::{Options, generate};
use crate::harness::{Engine, Extent, Outcome};
use crate::lua::ast::Program;
use crate::message::{Finding, Message};
use crate::puc::Puc;
use crate::shrink::{self, shrink};

/// The seeds of a worker, and what it does with them.
#[derive(Clone, Debug)]
pub struct Work {
    pub first: u64,
    /// Distance from one seed to the next: the number of workers.
    pub stride: u64,
    pub programs: u64,
    pub until: Option<Instant>,
    pub options: Options,
    pub tolerance: Tolerance,
}

/// Engines under test beside the oracle.
pub struct Worker<'e> {
    oracle: Puc,
    engines: &'e mut [Box<dyn Engine>],
    tolerance: Tolerance,
    /// Outlines of differences that were shrunk.
    known: HashSet<String>,
}

impl<'e> Worker<'e> {
    pub fn new(engines: &'e mut [Box<dyn Engine>], tolerance: Tolerance) -> Worker<'e> {
        Worker { oracle: Puc::default(), engines, tolerance, known: HashSet::new() }
    }

    /// Runs a program everywhere. The first engine that differs, by its index, or `Err` if the oracle met a limit. Calls
    /// `expected` once the oracle has said what the program does.
    pub fn check(
        &mut self,
        source: &str,
        extent: Extent,
        expected: impl FnOnce(),
    ) -> Result<Option<(usize, Difference)>, Undecided> {
        let right = self.oracle.run(source, extent);
        if right == Outcome::Limit {
            return Err(Undecided);
        }
        expected();
        for (index, engine) in self.engines.iter_mut().enumerate() {
            let actual = engine.run(source, extent);
            if let Some(difference) = compare(&right, &actual, self.tolerance) {
                return Ok(Some((index, difference)));
            }
        }
        Ok(None)
    }

    /// How one engine differs.
    fn difference(&mut self, source: &str, engine: usize, extent: Extent) -> Option<Difference> {
        let expected = self.oracle.run(source, extent);
        compare(&expected, &self.engines[engine].run(source, extent), self.tolerance)
    }

    /// Makes a program smaller that shows a difference in that engine, and goes on showing one of that kind.
    pub fn shrink(
        &mut self,
        program: &Program,
        engine: usize,
        found: &Difference,
        extent: Extent,
        mut alive: impl FnMut(),
    ) -> Program {
        let kind = found.kind();
        let mut shows = |candidate: &Program, extent: Extent| {
            alive();
            let difference = self.difference(&candidate.to_source(), engine, extent);
            difference.is_some_and(|difference| difference.kind() == kind)
        };
        // Of a part, each candidate would show another piece.
        let extent = if shows(program, Extent::Whole) { Extent::Whole } else { extent };
        let mut predicate = |candidate: &Program| shows(candidate, extent);
        shrink(program, &mut predicate, shrink::Limits::default())
    }

    /// A finding about a program.
    pub fn finding(
        &self,
        program: &str,
        engine: usize,
        difference: Difference,
        source: String,
    ) -> Finding {
        Finding {
            program: program.to_owned(),
            engine: self.engines[engine].name().to_owned(),
            expected: difference.expected,
            actual: difference.actual,
            source,
        }
    }
}

/// The oracle met a limit of time or memory.
#[derive(Clone, Copy, Debug)]
pub struct Undecided;

/// Goes through the seeds and tells what happens.
pub fn work(engines: &mut [Box<dyn Engine>], work: &Work, tell: &mut dyn FnMut(Message)) {
    let mut worker = Worker::new(engines, work.tolerance);
    let mut programs = 0;
    let mut seed = work.first;
    while programs < work.programs && work.until.is_none_or(|end| Instant::now() < end) {
        tell(Message::At(seed));
        let program = generate(seed, &work.options);
        let checked =
            worker.check(&program.to_source(), Extent::Part(seed), || tell(Message::Expected));
        match checked {
            Err(Undecided) => tell(Message::Undecided),
            Ok(None) => {}
            Ok(Some((engine, difference))) => {
                report(&mut worker, seed, &program, engine, difference, tell)
            }
        }
        programs += 1;
        seed = seed.wrapping_add(work.stride);
    }
    tell(Message::Done);
}

fn report(
    worker: &mut Worker,
    seed: u64,
    program: &Program,
    engine: usize,
    difference: Difference,
    tell: &mut dyn FnMut(Message),
) {
    let name = seed.to_string();
    tell(Message::Found(worker.finding(&name, engine, difference.clone(), program.to_source())));
    if !worker.known.insert(difference.outline()) {
        return tell(Message::Again);
    }
    let mut beaten = Instant::now();
    let small = worker.shrink(program, engine, &difference, Extent::Part(seed), || {
        if beaten.elapsed() > Duration::from_secs(1) {
            beaten = Instant::now();
            tell(Message::Beat);
        }
    });
    // The difference of the small program may read better than that of the large one.
    let source = small.to_source();
    let difference = worker
        .difference(&source, engine, Extent::Whole)
        .or_else(|| worker.difference(&source, engine, Extent::Part(seed)))
        .unwrap_or(difference);
    tell(Message::Shrunk(worker.finding(&name, engine, difference, source)));
}
