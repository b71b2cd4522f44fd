//! A worker's thread: takes a job, waits until it fits, runs it, reports.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};

use thread_priority::{ThreadPriority, ThreadPriorityValue, set_current_thread_priority};

use super::control::{Control, Wait};
use super::job::{Finished, Job, JobCost, Ticket};
use super::pacer::ThreadPacer;

/// A job on its way to a worker.
pub(super) struct Submitted<J> {
    pub(super) job: J,
    pub(super) ticket: Ticket,
}

/// A worker as the pool sees it.
pub(super) struct WorkerHandle(JoinHandle<()>);

impl WorkerHandle {
    pub(super) fn unpark(&self) {
        self.0.thread().unpark();
    }

    pub(super) fn join(self) {
        // A worker contains its jobs' panics; if it panicked itself there is nobody to tell but the log.
        if self.0.join().is_err() {
            tracing::error!("a compile worker panicked");
        }
    }
}

/// Starts worker number `index`.
///
/// # Errors
/// The system has no more threads.
pub(super) fn start<J: Job>(
    index: usize,
    control: Arc<Control>,
    queue: Receiver<Submitted<J>>,
    finished: Sender<Finished<J::Output>>,
    cold_after_us: u64,
    is_polite: bool,
) -> std::io::Result<WorkerHandle> {
    let builder = std::thread::Builder::new().name(format!("lua compile {index}"));
    let handle = builder.spawn(move || {
        if is_polite {
            lower_priority();
        }
        let mut last_end: Option<Instant> = None;
        while let Some(submitted) = next_job(&control, index, &queue) {
            let cold_after = Duration::from_micros(cold_after_us);
            let is_cold = || last_end.is_none_or(|end| end.elapsed() > cold_after);
            let Some(report) = run(&control, index, submitted, is_cold) else { break };
            last_end = Some(Instant::now());
            if finished.try_send(report).is_err() {
                // There is room for all that are in flight, so only a pool that is gone gets here.
                break;
            }
        }
    })?;
    Ok(WorkerHandle(handle))
}

/// The next job, once there is one and this worker may take it; none at shutdown.
fn next_job<J>(
    control: &Control,
    index: usize,
    queue: &Receiver<Submitted<J>>,
) -> Option<Submitted<J>> {
    control.wait_for(index, Wait::Job, || {
        if index >= control.active() || control.jobs_waiting() == 0 {
            return None;
        }
        let submitted = queue.try_recv().ok()?;
        control.job_taken();
        Some(submitted)
    })
}

/// Runs a job when the bucket has what it costs; none at shutdown.
fn run<J: Job>(
    control: &Control,
    index: usize,
    submitted: Submitted<J>,
    is_cold: impl FnOnce() -> bool,
) -> Option<Finished<J::Output>> {
    let Submitted { job, ticket } = submitted;
    let predicted_us = job.predicted_cost_us();
    let begun = control.wait_for(index, Wait::Tokens, || {
        if control.is_cancelled(ticket) {
            return Some(None);
        }
        control.bucket.begin(predicted_us).map(Some)
    })?;
    let cold = is_cold();
    let Some(prepaid_ns) = begun else {
        return Some(Finished::Cancelled { ticket, cost: JobCost { cpu_us: 0.0, cold } });
    };
    let mut pacer = ThreadPacer::begin(control, index, ticket, prepaid_ns);
    // What a panic leaves half done belongs to the job and is dropped with it; the pacer's account is always whole.
    let result = catch_unwind(AssertUnwindSafe(|| job.run(&mut pacer)));
    let stage = pacer.stage_name();
    let cost = JobCost { cpu_us: pacer.finish(), cold };
    Some(match result {
        Ok(Ok(output)) => Finished::Done { ticket, cost, output },
        Ok(Err(_)) => Finished::Cancelled { ticket, cost },
        Err(payload) => {
            let message = panic_message(payload);
            tracing::error!("a compilation panicked in stage {stage}: {message}");
            Finished::Panicked { ticket, cost, message: format!("{message} (stage {stage})") }
        }
    })
}

/// What a panic says. The payload is dropped here, inside a net of its own: it may panic once more.
fn panic_message(payload: Box<dyn Any + Send>) -> String {
    let message = if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "panic without a message".to_owned()
    };
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(again);
    }
    message
}

/// Out of a hundred; on Linux a niceness of about 10. What runs at the usual priority takes the core at once when it
/// needs it, and leaves about a tenth of it if it needs it all the time: the lowest priority of all would leave workers
/// next to nothing on a machine whose cores are all busy, and scripts slow for as long.
const POLITE_PRIORITY: u8 = 25;

/// Lets everything else go first. Not every system allows it; then workers are only as polite as their bucket.
fn lower_priority() {
    let lowered = ThreadPriorityValue::try_from(POLITE_PRIORITY)
        .map(|value| set_current_thread_priority(ThreadPriority::Crossplatform(value)));
    if !matches!(lowered, Ok(Ok(()))) {
        tracing::debug!("compile worker keeps its priority: {lowered:?}");
    }
}
