//! What a worker has made and not yet handed over: jobs that end close together are finished as one.
//!
//! Nothing is held back for long, and nothing while the worker does nothing: the batch is sent when it is large enough,
//! before a job with which it would be held for too long, and whenever the worker is about to wait, be it for a job or,
//! in the middle of one, for something in the bucket. Neighbours: `thread` fills it, `pacer` sends it before a wait.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;

use super::control::Control;
use super::job::{Finished, Job, JobCost, Ticket};
use super::pacer::Clock;
use super::thread::panic_message;

pub(super) struct Batch<'a, J: Job> {
    control: &'a Control,
    finished: &'a Sender<Finished<J::Output>>,
    /// It is sent before it would be larger, so only a single job's part can be.
    most_bytes: usize,
    made: Vec<J::Made>,
    /// Of what was made, in the same order.
    jobs: Vec<(Ticket, JobCost)>,
    bytes: usize,
    /// When the first part was made.
    since: Instant,
    /// Nobody takes results any more.
    is_orphaned: bool,
}

impl<'a, J: Job> Batch<'a, J> {
    pub(super) fn new(
        control: &'a Control,
        finished: &'a Sender<Finished<J::Output>>,
        most_bytes: usize,
    ) -> Batch<'a, J> {
        Batch {
            control,
            finished,
            most_bytes,
            made: Vec::new(),
            jobs: Vec::new(),
            bytes: 0,
            since: Instant::now(),
            is_orphaned: false,
        }
    }

    /// A job has ended with something to finish.
    pub(super) fn add(&mut self, ticket: Ticket, cost: JobCost, made: J::Made) {
        let bytes = J::bytes(&made);
        if self.bytes + bytes > self.most_bytes {
            self.send();
        }
        if self.made.is_empty() {
            self.since = Instant::now();
        }
        self.made.push(made);
        self.jobs.push((ticket, cost));
        self.bytes += bytes;
        if self.bytes >= self.most_bytes {
            self.send();
        }
    }

    /// What is to come takes that long: sends what it would hold back for too long.
    pub(super) fn make_way(&mut self, predicted_us: f64) {
        let ahead = Duration::try_from_secs_f64(predicted_us.max(0.0) / 1e6);
        let held = ahead.map_or(Duration::MAX, |ahead| self.since.elapsed().saturating_add(ahead));
        if !self.made.is_empty() && held > self.control.batch_hold() {
            self.send();
        }
    }

    /// Finishes and hands over what there is. Those cancelled meanwhile are left out.
    pub(super) fn send(&mut self) {
        if self.made.is_empty() {
            return;
        }
        let clock = Clock::start();
        let (mut made, mut jobs) = (Vec::new(), Vec::new());
        for (part, (ticket, cost)) in self.made.drain(..).zip(self.jobs.drain(..)) {
            if self.control.is_cancelled(ticket) {
                report(self.finished, &mut self.is_orphaned, Finished::Cancelled { ticket, cost });
            } else {
                made.push(part);
                jobs.push((ticket, cost));
            }
        }
        self.bytes = 0;
        // What a panic leaves half done is dropped with the parts.
        let outputs = catch_unwind(AssertUnwindSafe(|| J::finish(made)));
        let used_ns = i64::try_from(clock.elapsed().as_nanos()).unwrap_or(i64::MAX);
        self.control.bucket.charge(used_ns, 0);
        let share_us = used_ns as f64 / 1000.0 / jobs.len().max(1) as f64;
        let (outputs, failure) = match outputs {
            Ok(outputs) => (outputs, "no output".to_owned()),
            Err(payload) => {
                let message = panic_message(payload);
                tracing::error!("the end of {} compilations panicked: {message}", jobs.len());
                (Vec::new(), message)
            }
        };
        let mut outputs = outputs.into_iter();
        for (ticket, cost) in jobs {
            let cost = JobCost { cpu_us: cost.cpu_us + share_us, ..cost };
            let ended = match outputs.next() {
                Some(output) => Finished::Done { ticket, cost, output },
                None => Finished::Panicked {
                    ticket,
                    cost,
                    message: format!("{failure} (at the end of its batch)"),
                },
            };
            report(self.finished, &mut self.is_orphaned, ended);
        }
    }

    /// A job has ended without anything to finish.
    pub(super) fn report(&mut self, ended: Finished<J::Output>) {
        report(self.finished, &mut self.is_orphaned, ended);
    }

    pub(super) fn is_orphaned(&self) -> bool {
        self.is_orphaned
    }
}

fn report<O>(finished: &Sender<Finished<O>>, is_orphaned: &mut bool, ended: Finished<O>) {
    // There is room for all that are in flight, so only a pool that is gone refuses.
    *is_orphaned |= finished.try_send(ended).is_err();
}
