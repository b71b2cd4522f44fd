//! A made-up game, played beside the real one.
//!
//! Pages of a program come into memory, and into the processor's tables, when they are used, and a game's next decision may
//! be minutes away: the first one was seen to take 0.4 ms of the main thread's time where 0.02 ms are usual. A worker plays
//! a decision through at its start, from the first sample to the code that paid for itself, at a time when nobody waits for
//! it; and the main thread plays a frame of it every now and then.

use interlune_core::tier::Site;

use super::{Machine, Scheduler};
use crate::function::{FunctionId, FunctionInfo, Tier};
use crate::governor::{FrameInputs, Waiting};
use crate::tunables::Tunables;
use crate::worker::JobCost;

/// Frames after which a game ends, come to an end or not.
const MOST_FRAMES: u64 = 2000;
/// What the only function of the game takes of each frame, in quanta of so many microseconds: before and after it was
/// compiled.
const QUANTA: u32 = 4;
const QUANTUM_US: [f64; 2] = [250.0, 50.0];

/// What it runs on.
pub(super) const MACHINE: Machine = Machine { cores: 2, workers: 1, target_ms: 16.0 };

/// A game in progress.
#[derive(Debug)]
pub struct Rehearsal {
    tunables: Tunables,
    scheduler: Scheduler,
    tier: Tier,
    /// The number of the frame played last.
    frame: u64,
}

impl Rehearsal {
    /// A game that begins. Tables are small, and functions decided about at once.
    pub fn new(tunables: &Tunables) -> Rehearsal {
        let small = |most: usize| most.min(16);
        let tunables = Tunables {
            min_samples: 4,
            max_queued: small(tunables.max_queued),
            max_functions: small(tunables.max_functions),
            max_ledger_entries: small(tunables.max_ledger_entries),
            ..tunables.clone()
        };
        let scheduler = Scheduler::new(tunables.clone(), MACHINE);
        Rehearsal { tunables, scheduler, tier: Tier::Interpreter, frame: 0 }
    }

    /// Plays a frame. Whether the game has come to its end: the function was compiled, and the code has paid for itself.
    pub fn play_frame(&mut self) -> bool {
        self.frame += 1;
        let function = FunctionId(1);
        for _ in 0..QUANTA {
            let quantum_us = QUANTUM_US[self.tier.index().min(1)];
            self.scheduler.sample(function, Site::Entry, 1000, quantum_us, info);
        }
        self.scheduler.end_frame(&inputs(self.frame), self.frame * 16_000, || true);
        while let Some(request) = self.scheduler.next_request() {
            let cost = JobCost { cpu_us: 500.0, cold: true };
            if self.scheduler.compiled(request.function, cost) {
                self.scheduler.installed(request.function, request.tier);
                self.tier = request.tier;
            }
        }
        self.scheduler.ledger().entries().any(|entry| entry.break_even_real.is_some())
    }

    /// Plays a frame, and begins anew when the decision of this game has been taken.
    pub fn go_on(&mut self) {
        self.play_frame();
        if self.tier > Tier::Interpreter {
            *self = Rehearsal::new(&self.tunables);
        }
    }
}

/// Plays a game. Whether it came to its end.
pub fn rehearse(tunables: &Tunables) -> bool {
    let mut rehearsal = Rehearsal::new(tunables);
    (0..MOST_FRAMES).any(|_| rehearsal.play_frame())
}

fn info() -> FunctionInfo {
    FunctionInfo { name: "f".into(), source: "rehearsal".into(), line: 1, bytecodes: 50 }
}

/// A frame of a game that has time to spare.
pub(super) fn inputs(frame: u64) -> FrameInputs {
    FrameInputs {
        frame,
        wall_ms: 16.0,
        target_ms: 16.0,
        main_busy_ms: 5.0,
        main_kept_ms: 0.0,
        render_busy_ms: 2.0,
        pipelined: true,
        script_ms: 2.0,
        gc_ms: 0.0,
        install_ms: 0.0,
        installs: 0,
        compile_cpu_ms: 0.0,
        process_idle_core_ms: 25.0,
        other_load_cores: 0.0,
        cores: 2,
        workers: 1,
        waiting: Waiting::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_comes_to_the_end() {
        assert!(rehearse(&Tunables::default()));
    }

    #[test]
    fn it_is_played_again_and_again() {
        let mut rehearsal = Rehearsal::new(&Tunables::default());
        let mut decisions = 0;
        for _ in 0..100 {
            rehearsal.go_on();
            decisions += u32::from(rehearsal.frame == 0);
        }
        assert!(decisions >= 10, "{decisions}");
    }
}
