//! What workers run, and what comes back.

use std::fmt;

/// Work for a worker: it runs once, in stages; what it made is finished together with what others made.
pub trait Job: Send + 'static {
    /// What it makes. Stays on the worker until its batch is finished.
    type Made;
    type Output: Send + 'static;

    /// Done once, by the first worker of a pool before its first job: has in memory what the VM thread will need in a
    /// hurry. Short, since it is not paced.
    fn rehearse() {}

    /// CPU time that it will take, in microseconds, as far as one knows.
    fn predicted_cost_us(&self) -> f64;

    /// Does it. Calls [`Pacer::stage`] wherever it can wait or be given up, and returns its error with `?`. It must not
    /// hold a lock or borrow anything that the VM thread waits for, since a stage may last for many frames.
    ///
    /// # Errors
    /// It was cancelled.
    fn run(self, pacer: &mut dyn Pacer) -> Result<Self::Made, Cancelled>;

    /// What it adds to its batch.
    fn bytes(made: &Self::Made) -> usize;

    /// Finishes a batch: for each thing made its output, in the same order. Short, since it is not paced.
    fn finish(batch: Vec<Self::Made>) -> Vec<Self::Output>;
}

/// The boundary between two stages of a job.
pub trait Pacer {
    /// The stage of this name begins: pays for the time used so far and waits until there is more.
    ///
    /// # Errors
    /// The job was cancelled, or the pool is being dropped: return at once.
    fn stage(&mut self, name: &'static str) -> Result<(), Cancelled>;
}

/// For compiling on the VM thread: never waits, is never cancelled.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unpaced;

impl Pacer for Unpaced {
    fn stage(&mut self, _name: &'static str) -> Result<(), Cancelled> {
        Ok(())
    }
}

/// A job was given up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cancelled;

impl fmt::Display for Cancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cancelled")
    }
}

impl std::error::Error for Cancelled {}

/// A job that was submitted. Never given out twice by one pool.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Ticket {
    pub(super) id: u64,
    /// Where it is marked as cancelled; given to another job once this one is collected.
    pub(super) slot: usize,
}

impl Ticket {
    /// Counts submissions, from 1.
    pub fn id(self) -> u64 {
        self.id
    }
}

/// What a job took.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct JobCost {
    /// CPU time of the worker's thread, in microseconds.
    pub cpu_us: f64,
    /// Whether the worker had not compiled for a while, so that its caches were cold.
    pub cold: bool,
}

/// A job that has ended.
#[derive(Debug)]
pub enum Finished<O> {
    Done {
        ticket: Ticket,
        cost: JobCost,
        output: O,
    },
    Cancelled {
        ticket: Ticket,
        cost: JobCost,
    },
    /// It panicked; the worker goes on.
    Panicked {
        ticket: Ticket,
        cost: JobCost,
        message: String,
    },
}

impl<O> Finished<O> {
    /// Which one.
    pub fn ticket(&self) -> Ticket {
        match self {
            Finished::Done { ticket, .. }
            | Finished::Cancelled { ticket, .. }
            | Finished::Panicked { ticket, .. } => *ticket,
        }
    }

    /// What it took.
    pub fn cost(&self) -> JobCost {
        match self {
            Finished::Done { cost, .. }
            | Finished::Cancelled { cost, .. }
            | Finished::Panicked { cost, .. } => *cost,
        }
    }
}
