//! What the tests of the pool of compile workers share.

use std::time::{Duration, Instant};

use interlune_jit::worker::{CompilePool, Finished, Job, Ticket};

/// Longer than anything here should ever take.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Lets a pool use as much as it likes.
pub fn rich<J: Job>(mut pool: CompilePool<J>) -> CompilePool<J> {
    pool.refill(1e12, 1e12);
    pool
}

pub fn submit<J: Job>(pool: &mut CompilePool<J>, job: J) -> Ticket {
    pool.submit(job).unwrap_or_else(|_| panic!("the pool is full"))
}

pub fn collect<J: Job>(pool: &mut CompilePool<J>) -> Finished<J::Output> {
    let begun = Instant::now();
    loop {
        if let Some(finished) = pool.try_recv() {
            return finished;
        }
        assert!(begun.elapsed() < PATIENCE, "no job ended");
        std::thread::sleep(Duration::from_micros(200));
    }
}

pub fn output<O: std::fmt::Debug>(finished: Finished<O>) -> O {
    match finished {
        Finished::Done { output, .. } => output,
        other => panic!("expected an output, got {other:?}"),
    }
}
