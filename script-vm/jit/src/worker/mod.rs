//! The threads that compile, and what keeps them out of the game's way.
//!
//! A [`CompilePool`] runs [`Job`]s on threads of lowered priority. What they may use is in a bucket of CPU time that
//! the VM thread refills once a frame ([`CompilePool::refill`]): a worker begins a job only if its predicted cost is
//! in there, pays for the time it used at each stage boundary ([`Pacer::stage`]) and waits there while nothing is
//! left. What it made close together is finished in one go ([`Job::finish`]), but never held back while the worker
//! waits for anything. Results wait in a channel until the VM thread takes them, a few a frame.
//!
//! Invariants:
//! - The VM thread never waits for a worker, except in `drop`. It touches atomics, channels by their `try_` calls
//!   (which take no lock, since nobody ever blocks in them) and `unpark`.
//! - A worker that waits is parked. It says what for, looks once more, then parks (`control.rs` has the argument
//!   why no wake-up is lost).
//! - No more than `max_in_flight` jobs are between submission and collection, so a finished one always has room.
//! - A panic ends a job, or all jobs of a batch that could not be finished, but not its worker.
//!
//! Neighbours: `governor` says how much to refill and how many workers may work; jobs are the compilers'.

mod batch;
mod bucket;
mod control;
mod job;
mod pacer;
mod thread;

use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};

use control::{Control, Wait};
use thread::{Submitted, WorkerHandle};

pub use job::{Cancelled, Finished, Job, JobCost, Pacer, Ticket, Unpaced};

/// Most workers that a pool can ever have.
pub const MAX_WORKERS: usize = 64;

/// What a pool is made with.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PoolSettings {
    /// Workers to begin with; [`default_workers`] unless there is a reason.
    pub workers: usize,
    /// Jobs between submission and collection, at most.
    pub max_in_flight: usize,
    /// A job is told to be cold if its worker's last one ended this long before, in microseconds.
    pub cold_after_us: u64,
    /// What the bucket may hold before the first refill says otherwise, in microseconds.
    pub bucket_cap_us: f64,
    /// Workers run at lowered priority.
    pub is_polite: bool,
    /// A worker finishes what it made before that is larger than this; 0: each job on its own.
    pub batch_bytes: usize,
    /// It holds nothing back for longer, in microseconds, as far as costs are predicted right, until
    /// [`CompilePool::set_batch_hold_us`] says otherwise.
    pub batch_hold_us: f64,
}

impl PoolSettings {
    /// As the tunables have it, for this machine.
    pub fn new(tunables: &crate::Tunables) -> PoolSettings {
        PoolSettings {
            workers: default_workers(),
            max_in_flight: tunables.max_in_flight,
            cold_after_us: tunables.cold_after_us,
            bucket_cap_us: tunables.min_bucket_us,
            is_polite: true,
            batch_bytes: tunables.batch_bytes,
            batch_hold_us: tunables.batch_hold_us,
        }
    }
}

/// One less than there are cores, which is left to the main thread; at least one.
pub fn default_workers() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    cores.saturating_sub(1).clamp(1, MAX_WORKERS)
}

/// A pool of threads that run jobs. Belongs to the VM thread.
pub struct CompilePool<J: Job> {
    control: Arc<Control>,
    jobs: Sender<Submitted<J>>,
    /// Kept for workers that are started later.
    queue: Receiver<Submitted<J>>,
    results: Receiver<Finished<J::Output>>,
    finished: Sender<Finished<J::Output>>,
    workers: Vec<WorkerHandle>,
    batch_bytes: usize,
    cold_after_us: u64,
    is_polite: bool,
    /// Places of `Control::cancelled` that no job has.
    free_slots: Vec<usize>,
    next_id: u64,
    max_in_flight: usize,
}

impl<J: Job> CompilePool<J> {
    /// Starts the threads. Their bucket is empty.
    pub fn new(settings: PoolSettings) -> CompilePool<J> {
        let max_in_flight = settings.max_in_flight.max(1);
        let (jobs, queue) = bounded(max_in_flight);
        let (finished, results) = bounded(max_in_flight);
        let mut pool = CompilePool {
            control: Arc::new(Control::new(max_in_flight, settings.bucket_cap_us)),
            jobs,
            queue,
            results,
            finished,
            workers: Vec::new(),
            batch_bytes: settings.batch_bytes,
            cold_after_us: settings.cold_after_us,
            is_polite: settings.is_polite,
            free_slots: (0..max_in_flight).rev().collect(),
            next_id: 1,
            max_in_flight,
        };
        pool.set_batch_hold_us(settings.batch_hold_us);
        pool.set_workers(settings.workers);
        pool
    }

    /// Hands a job to the workers. They run in the order in which they were submitted.
    ///
    /// # Errors
    /// Gives the job back if as many as are allowed are in flight.
    pub fn submit(&mut self, job: J) -> Result<Ticket, J> {
        let Some(slot) = self.free_slots.pop() else { return Err(job) };
        let ticket = Ticket { id: self.next_id, slot };
        self.next_id += 1;
        if let Err(refused) = self.jobs.try_send(Submitted { job, ticket }) {
            self.free_slots.push(slot);
            return Err(refused.into_inner().job);
        }
        self.control.announce_job();
        self.wake(Wait::Job, 1);
        Ok(ticket)
    }

    /// Asks a job to end: at once if it has not begun, else at its next stage boundary. It still comes back, as
    /// [`Finished::Cancelled`], or as done if it was too late.
    pub fn cancel(&mut self, ticket: Ticket) {
        self.control.cancel(ticket);
        self.wake(Wait::Tokens, usize::MAX);
    }

    /// A job that has ended, if there is one. Call it as often as a frame has time for what follows.
    pub fn try_recv(&mut self) -> Option<Finished<J::Output>> {
        let finished = self.results.try_recv().ok()?;
        self.free_slots.push(finished.ticket().slot);
        Some(finished)
    }

    /// Adds CPU time to what workers may use, up to `cap_us` in all.
    pub fn refill(&mut self, allowance_us: f64, cap_us: f64) {
        self.control.bucket.refill(allowance_us, cap_us);
        self.wake(Wait::Tokens, usize::MAX);
        // Each job woke a worker when it came. One that was about to go to sleep may have been counted as woken.
        let waiting = self.control.jobs_waiting();
        if waiting > 0 {
            self.wake(Wait::Job, waiting);
        }
    }

    /// Sets how long workers hold back what they have made, for more to be finished with it.
    pub fn set_batch_hold_us(&mut self, hold_us: f64) {
        let hold = Duration::try_from_secs_f64(hold_us.max(0.0) / 1e6).unwrap_or(Duration::MAX);
        self.control.set_batch_hold(hold);
    }

    /// Sets how many workers may take jobs, from 1 to [`MAX_WORKERS`]; starts threads that are missing. One too many
    /// finishes the job that it has.
    pub fn set_workers(&mut self, workers: usize) {
        let workers = workers.clamp(1, MAX_WORKERS);
        if self.control.active() == workers {
            return;
        }
        while self.workers.len() < workers {
            let index = self.workers.len();
            let started = thread::start(
                index,
                self.control.clone(),
                self.queue.clone(),
                self.finished.clone(),
                self.batch_bytes,
                self.cold_after_us,
                self.is_polite,
            );
            match started {
                Ok(worker) => self.workers.push(worker),
                Err(error) => {
                    tracing::error!("cannot start a compile worker: {error}");
                    break;
                }
            }
        }
        self.control.set_active(workers.min(self.workers.len()));
        self.wake(Wait::Job, usize::MAX);
    }

    /// Stops all work at the next stage boundary, or lets it go on.
    pub fn set_paused(&mut self, paused: bool) {
        self.control.bucket.set_paused(paused);
        if !paused {
            self.wake(Wait::Tokens, usize::MAX);
        }
    }

    /// Workers that may take jobs.
    pub fn workers(&self) -> usize {
        self.control.active()
    }

    /// Jobs submitted and not yet collected.
    pub fn in_flight(&self) -> usize {
        self.max_in_flight - self.free_slots.len()
    }

    /// CPU time that workers used since this was last asked, in microseconds.
    pub fn take_used_us(&mut self) -> f64 {
        self.control.bucket.take_used_us()
    }

    /// What is left in the bucket, in microseconds; negative if a stage took more than there was.
    pub fn tokens_us(&self) -> f64 {
        self.control.bucket.tokens_us()
    }

    fn wake(&self, wait: Wait, most: usize) {
        let mut left = most;
        for (index, worker) in self.workers.iter().enumerate() {
            if left == 0 {
                break;
            }
            if self.control.wakes(index, wait) {
                worker.unpark();
                left -= 1;
            }
        }
    }
}

impl<J: Job> Drop for CompilePool<J> {
    /// Ends all jobs at their next stage boundary and waits for the threads.
    fn drop(&mut self) {
        self.control.shut_down();
        for worker in &self.workers {
            worker.unpark();
        }
        for worker in self.workers.drain(..) {
            worker.join();
        }
    }
}
