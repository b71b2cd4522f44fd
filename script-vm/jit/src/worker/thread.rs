//! A worker's thread: takes a job, waits until it fits, runs it, reports what came of it with its batch.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};

use thread_priority::{ThreadPriority, ThreadPriorityValue};

use super::batch::Batch;
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
    batch_bytes: usize,
    cold_after_us: u64,
    is_polite: bool,
) -> std::io::Result<WorkerHandle> {
    let builder = std::thread::Builder::new().name(format!("lua compile {index}"));
    let handle = builder.spawn(move || {
        if is_polite {
            lower_priority();
        }
        if index == 0 {
            J::rehearse();
        }
        let mut batch = Batch::new(&control, &finished, batch_bytes);
        let mut last_end: Option<Instant> = None;
        while let Some(submitted) = next_job(&control, index, &mut batch, &queue) {
            let cold_after = Duration::from_micros(cold_after_us);
            let is_cold = || last_end.is_none_or(|end| end.elapsed() > cold_after);
            let went_on = run(&control, index, &mut batch, submitted, is_cold);
            last_end = Some(Instant::now());
            if went_on.is_none() || batch.is_orphaned() {
                break;
            }
        }
    })?;
    Ok(WorkerHandle(handle))
}

/// The next job, once there is one and this worker may take it; none at shutdown.
fn next_job<J: Job>(
    control: &Control,
    index: usize,
    batch: &mut Batch<'_, J>,
    queue: &Receiver<Submitted<J>>,
) -> Option<Submitted<J>> {
    let ready = || {
        if index >= control.active() || control.jobs_waiting() == 0 {
            return None;
        }
        let submitted = queue.try_recv().ok()?;
        control.job_taken();
        Some(submitted)
    };
    control.wait_for(index, Wait::Job, || batch.send(), ready)
}

/// Runs a job when the bucket has what it costs, and adds what it made to the batch; none at shutdown.
fn run<'a, J: Job>(
    control: &'a Control,
    index: usize,
    batch: &mut Batch<'a, J>,
    submitted: Submitted<J>,
    is_cold: impl FnOnce() -> bool,
) -> Option<()> {
    let Submitted { job, ticket } = submitted;
    let predicted_us = job.predicted_cost_us();
    batch.make_way(predicted_us);
    let ready = || {
        if control.is_cancelled(ticket) {
            return Some(None);
        }
        control.bucket.begin(predicted_us).map(Some)
    };
    let begun = control.wait_for(index, Wait::Tokens, || batch.send(), ready)?;
    let cold = is_cold();
    let Some(prepaid_ns) = begun else {
        let cost = JobCost { cpu_us: 0.0, cold };
        batch.report(Finished::Cancelled { ticket, cost });
        return Some(());
    };
    let mut pacer = ThreadPacer::begin(control, &mut *batch, index, ticket, prepaid_ns);
    // What a panic leaves half done belongs to the job and is dropped with it; the pacer's account is always whole.
    let result = catch_unwind(AssertUnwindSafe(|| job.run(&mut pacer)));
    let stage = pacer.stage_name();
    let cost = JobCost { cpu_us: pacer.finish(), cold };
    match result {
        Ok(Ok(made)) => batch.add(ticket, cost, made),
        Ok(Err(_)) => batch.report(Finished::Cancelled { ticket, cost }),
        Err(payload) => {
            let message = panic_message(payload);
            tracing::error!("a compilation panicked in stage {stage}: {message}");
            let message = format!("{message} (stage {stage})");
            batch.report(Finished::Panicked { ticket, cost, message });
        }
    }
    Some(())
}

/// Panics of payloads while they are dropped that are contained before one is left undropped.
const PAYLOAD_PANICS: usize = 8;

/// What a panic says. The payload is dropped here, inside a net of its own: it may panic once more.
pub(super) fn panic_message(payload: Box<dyn Any + Send>) -> String {
    let message = if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "panic without a message".to_owned()
    };
    let mut payload = payload;
    for _ in 0..PAYLOAD_PANICS {
        match catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            Ok(()) => return message,
            Err(again) => payload = again,
        }
    }
    std::mem::forget(payload);
    message
}

/// Out of a hundred; on Linux a niceness of about 10. What runs at the usual priority takes the core at once when it
/// needs it, and leaves about a tenth of it if it needs it all the time: the lowest priority of all would leave workers
/// next to nothing on a machine whose cores are all busy, and scripts slow for as long.
const POLITE_PRIORITY: u8 = 25;

/// Lets everything else go first. Not every system allows it; then workers are only as polite as their bucket.
fn lower_priority() {
    let lowered = ThreadPriorityValue::try_from(POLITE_PRIORITY)
        .map(|value| set_priority(ThreadPriority::Crossplatform(value)));
    if !matches!(lowered, Ok(Ok(()))) {
        tracing::debug!("compile worker keeps its priority: {lowered:?}");
    }
}

/// On Linux as a thread for batches, which does not push aside the one that wakes it: that is the main thread, which would
/// wait for a millisecond in the middle of a frame though another core is free.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn set_priority(priority: ThreadPriority) -> Result<(), thread_priority::Error> {
    use thread_priority::unix::{
        NormalThreadSchedulePolicy, ThreadSchedulePolicy, set_thread_priority_and_policy,
        thread_native_id,
    };
    let policy = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Batch);
    set_thread_priority_and_policy(thread_native_id(), priority, policy)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn set_priority(priority: ThreadPriority) -> Result<(), thread_priority::Error> {
    thread_priority::set_current_thread_priority(priority)
}
