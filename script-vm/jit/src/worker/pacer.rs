//! A worker's side of the bucket: how a job on a thread pays and waits.

use std::time::{Duration, Instant};

use cpu_time::ThreadTime;

use super::batch::Batch;
use super::control::{Control, Wait};
use super::job::{Cancelled, Job, Pacer, Ticket};

/// Measures the thread's CPU time, or time that passes where the system does not tell.
pub(super) enum Clock {
    Cpu(ThreadTime),
    Wall(Instant),
}

impl Clock {
    pub(super) fn start() -> Clock {
        ThreadTime::try_now().map_or_else(|_| Clock::Wall(Instant::now()), Clock::Cpu)
    }

    pub(super) fn elapsed(&self) -> Duration {
        match self {
            Clock::Cpu(since) => since.try_elapsed().unwrap_or_default(),
            Clock::Wall(since) => since.elapsed(),
        }
    }
}

/// Paces one job on the thread that runs it.
pub(super) struct ThreadPacer<'a, 'b, J: Job> {
    control: &'a Control,
    /// What earlier jobs made, which is not to wait when this one does.
    batch: &'b mut Batch<'a, J>,
    worker: usize,
    ticket: Ticket,
    since: Clock,
    /// Taken from the bucket and not used yet.
    prepaid_ns: i64,
    used_ns: i64,
    stage: &'static str,
}

impl<'a, 'b, J: Job> ThreadPacer<'a, 'b, J> {
    /// Of a job that begins now and has taken `prepaid_ns` out of the bucket.
    pub(super) fn begin(
        control: &'a Control,
        batch: &'b mut Batch<'a, J>,
        worker: usize,
        ticket: Ticket,
        prepaid_ns: i64,
    ) -> ThreadPacer<'a, 'b, J> {
        ThreadPacer {
            control,
            batch,
            worker,
            ticket,
            since: Clock::start(),
            prepaid_ns,
            used_ns: 0,
            stage: "begin",
        }
    }

    /// Settles the account at the end of the job; returns what it used in all, in microseconds.
    pub(super) fn finish(mut self) -> f64 {
        self.pay();
        self.control.bucket.give_back(self.prepaid_ns);
        self.used_ns as f64 / 1000.0
    }

    /// The stage that the job is in.
    pub(super) fn stage_name(&self) -> &'static str {
        self.stage
    }

    /// Pays for what was used since the last time.
    fn pay(&mut self) {
        let used_ns = i64::try_from(self.since.elapsed().as_nanos()).unwrap_or(i64::MAX);
        self.since = Clock::start();
        let from_prepaid = used_ns.min(self.prepaid_ns);
        self.prepaid_ns -= from_prepaid;
        self.used_ns = self.used_ns.saturating_add(used_ns);
        self.control.bucket.charge(used_ns, from_prepaid);
    }
}

impl<J: Job> Pacer for ThreadPacer<'_, '_, J> {
    fn stage(&mut self, name: &'static str) -> Result<(), Cancelled> {
        self.pay();
        self.stage = name;
        let (control, ticket) = (self.control, self.ticket);
        let has_prepaid = self.prepaid_ns > 0;
        let batch = &mut *self.batch;
        batch.make_way(0.0);
        let ready = || {
            if control.is_cancelled(ticket) {
                return Some(Err(Cancelled));
            }
            let may =
                if has_prepaid { !control.bucket.is_paused() } else { control.bucket.is_open() };
            may.then_some(Ok(()))
        };
        let go_on = control.wait_for(self.worker, Wait::Tokens, || batch.send(), ready);
        // What the wait itself took is nobody's compilation, and the batch has paid for itself.
        self.since = Clock::start();
        go_on.unwrap_or(Err(Cancelled))
    }
}
