//! A made-up game, played once by a worker before the real one needs a decision.
//!
//! Pages of a program come into memory when they are first used, and the first decision of a game may be minutes away:
//! it was then seen to wait for the disk twice, 0.4 ms of the main thread's time where 0.02 ms are usual. A worker
//! that plays a decision through, from the first sample to the code that paid for itself, has those pages in memory,
//! at a time when nobody waits for it.

use interlune_core::tier::Site;

use super::{Machine, Scheduler};
use crate::function::{FunctionId, FunctionInfo, Tier};
use crate::governor::{FrameInputs, Waiting};
use crate::tunables::Tunables;
use crate::worker::JobCost;

/// Frames after which a rehearsal ends, come to an end or not.
const MOST_FRAMES: u64 = 2000;
/// What the only function of the game takes of each frame, in quanta of so many microseconds: before and after it was
/// compiled.
const QUANTA: u32 = 4;
const QUANTUM_US: [f64; 2] = [250.0, 50.0];

/// What it runs on.
pub(super) const MACHINE: Machine = Machine { cores: 2, workers: 1, target_ms: 16.0 };

/// Plays it. Whether it came to the end: the function was compiled, and the code has paid for itself.
pub fn rehearse(tunables: &Tunables) -> bool {
    let mut scheduler = Scheduler::new(tunables.clone(), MACHINE);
    let function = FunctionId(1);
    let cost = JobCost { cpu_us: 500.0, cold: true };
    let mut tier = Tier::Interpreter;
    for number in 1..=MOST_FRAMES {
        for _ in 0..QUANTA {
            scheduler.sample(function, Site::Entry, 1000, QUANTUM_US[tier.index().min(1)], info);
        }
        scheduler.end_frame(&inputs(number), number * 16_000, || true);
        while let Some(request) = scheduler.next_request() {
            if scheduler.compiled(request.function, cost) {
                scheduler.installed(request.function, request.tier);
                tier = request.tier;
            }
        }
        if scheduler.ledger().entries().any(|entry| entry.break_even_real.is_some()) {
            return true;
        }
    }
    false
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
}
