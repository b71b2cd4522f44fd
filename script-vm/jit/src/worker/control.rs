//! What workers and the VM thread share besides the channels, and how workers wait.
//!
//! Why no wake-up is lost. A worker writes down what it waits for, looks again whether it is there, and parks if not.
//! The VM thread makes it be there, then reads what is written and unparks. All four are sequentially consistent, so
//! in their one order either the worker's second look comes after the VM thread's change, and sees it, or the VM
//! thread reads what the worker wrote before. An `unpark` that comes before the `park` makes that return at once.

use std::sync::atomic::{
    AtomicBool, AtomicIsize, AtomicU8, AtomicU64, AtomicUsize, Ordering::SeqCst,
};
use std::time::Duration;

use super::MAX_WORKERS;
use super::bucket::Bucket;
use super::job::Ticket;

/// What a worker is parked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum Wait {
    Nothing = 0,
    /// A job to do, or the permission to take one.
    Job = 1,
    /// Something in the bucket.
    Tokens = 2,
}

pub(super) struct Control {
    pub(super) bucket: Bucket,
    shutdown: AtomicBool,
    /// Workers with a smaller index may take jobs.
    active: AtomicUsize,
    /// Jobs announced and not taken. A job may be taken before it is announced, so this may be negative for a moment.
    waiting_jobs: AtomicIsize,
    /// Longest that the first part of a batch is held back, as far as costs are predicted right, in nanoseconds.
    batch_hold_ns: AtomicU64,
    /// By worker: a [`Wait`].
    waits: [AtomicU8; MAX_WORKERS],
    /// By slot of a ticket: the id of the last job there that was cancelled.
    cancelled: Box<[AtomicU64]>,
}

impl Control {
    pub(super) fn new(max_in_flight: usize, bucket_cap_us: f64) -> Control {
        Control {
            bucket: Bucket::new(bucket_cap_us),
            shutdown: AtomicBool::new(false),
            active: AtomicUsize::new(0),
            waiting_jobs: AtomicIsize::new(0),
            batch_hold_ns: AtomicU64::new(0),
            waits: [const { AtomicU8::new(Wait::Nothing as u8) }; MAX_WORKERS],
            cancelled: (0..max_in_flight).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// Worker: parks until `ready` has something, or returns none at shutdown. Before it waits it does what
    /// `before_waiting` says.
    pub(super) fn wait_for<T>(
        &self,
        worker: usize,
        wait: Wait,
        mut before_waiting: impl FnMut(),
        mut ready: impl FnMut() -> Option<T>,
    ) -> Option<T> {
        let noted = &self.waits[worker];
        let found = loop {
            if self.is_shut_down() {
                break None;
            }
            if let Some(found) = ready() {
                break Some(found);
            }
            before_waiting();
            noted.store(wait as u8, SeqCst);
            if let Some(found) = ready() {
                break Some(found);
            }
            if self.is_shut_down() {
                break None;
            }
            std::thread::park();
        };
        noted.store(Wait::Nothing as u8, SeqCst);
        found
    }

    /// VM thread: whether this worker waits for that and has now to be unparked. It is asked once only.
    pub(super) fn wakes(&self, worker: usize, wait: Wait) -> bool {
        // One that may not take jobs need not be told of any.
        if wait == Wait::Job && worker >= self.active() {
            return false;
        }
        let nothing = Wait::Nothing as u8;
        self.waits[worker].compare_exchange(wait as u8, nothing, SeqCst, SeqCst).is_ok()
    }

    pub(super) fn batch_hold(&self) -> Duration {
        Duration::from_nanos(self.batch_hold_ns.load(SeqCst))
    }

    pub(super) fn set_batch_hold(&self, hold: Duration) {
        self.batch_hold_ns.store(u64::try_from(hold.as_nanos()).unwrap_or(u64::MAX), SeqCst);
    }

    /// VM thread: a job is in the channel.
    pub(super) fn announce_job(&self) {
        self.waiting_jobs.fetch_add(1, SeqCst);
    }

    /// Worker: a job was taken out of it.
    pub(super) fn job_taken(&self) {
        self.waiting_jobs.fetch_sub(1, SeqCst);
    }

    pub(super) fn jobs_waiting(&self) -> usize {
        usize::try_from(self.waiting_jobs.load(SeqCst)).unwrap_or(0)
    }

    pub(super) fn active(&self) -> usize {
        self.active.load(SeqCst)
    }

    pub(super) fn set_active(&self, workers: usize) {
        self.active.store(workers, SeqCst);
    }

    pub(super) fn cancel(&self, ticket: Ticket) {
        self.cancelled[ticket.slot].store(ticket.id, SeqCst);
    }

    pub(super) fn is_cancelled(&self, ticket: Ticket) -> bool {
        self.cancelled[ticket.slot].load(SeqCst) == ticket.id
    }

    pub(super) fn shut_down(&self) {
        self.shutdown.store(true, SeqCst);
    }

    pub(super) fn is_shut_down(&self) -> bool {
        self.shutdown.load(SeqCst)
    }
}
