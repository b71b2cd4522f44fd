//! What the compile workers finish as one: how much, when it is sent, what cancelling and panics do to it.
//!
//! Each output says how large its batch was. As in `worker.rs`, nothing is asserted about how fast anything is.

mod common;

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use interlune_jit::worker::{Cancelled, CompilePool, Finished, Job, Pacer, PoolSettings};

use common::{PATIENCE, collect, output, rich, submit};

/// As long as it takes.
const EVER_US: f64 = 1e12;
/// A job of so many bytes, in a batch of so many jobs.
type Output = (usize, usize);
type Steps = Box<dyn FnOnce(&mut dyn Pacer) -> Result<(), Cancelled> + Send>;

struct Part {
    cost_us: f64,
    bytes: usize,
    steps: Steps,
}

/// The size of a part that cannot be finished.
const BROKEN: usize = 13;

impl Job for Part {
    type Made = usize;
    type Output = Output;

    fn predicted_cost_us(&self) -> f64 {
        self.cost_us
    }

    fn run(self, pacer: &mut dyn Pacer) -> Result<usize, Cancelled> {
        (self.steps)(pacer).map(|()| self.bytes)
    }

    fn bytes(made: &usize) -> usize {
        *made
    }

    fn finish(batch: Vec<usize>) -> Vec<Output> {
        assert!(!batch.contains(&BROKEN), "a broken part");
        batch.iter().map(|&bytes| (bytes, batch.len())).collect()
    }
}

fn part(bytes: usize) -> Part {
    Part { cost_us: 1.0, bytes, steps: Box::new(|_| Ok(())) }
}

/// A part that says when it is being made, and waits until it may go on; then it has this stage.
fn gated(cost_us: f64, stage: Option<&'static str>) -> (Part, Receiver<()>, Sender<()>) {
    let (begun, has_begun) = channel();
    let (open, closed) = channel();
    let steps = Box::new(move |pacer: &mut dyn Pacer| {
        begun.send(()).expect("the test listens");
        closed.recv().expect("the test opens");
        stage.map_or(Ok(()), |name| pacer.stage(name))
    });
    (Part { cost_us, bytes: 1, steps }, has_begun, open)
}

/// One worker, which finishes so many bytes as one.
fn pool(batch_bytes: usize, batch_hold_us: f64) -> CompilePool<Part> {
    CompilePool::new(PoolSettings {
        workers: 1,
        max_in_flight: 64,
        cold_after_us: 50_000,
        bucket_cap_us: 1000.0,
        batch_bytes,
        batch_hold_us,
        is_polite: true,
    })
}

fn rich_pool(batch_bytes: usize, batch_hold_us: f64) -> CompilePool<Part> {
    rich(pool(batch_bytes, batch_hold_us))
}

/// Submits parts while the worker is held up, so that it finds all of them; the outputs of these.
fn batches_of(batch_bytes: usize, sizes: &[usize]) -> Vec<Output> {
    batches_from(rich_pool(batch_bytes, EVER_US), sizes)
}

fn batches_from(mut pool: CompilePool<Part>, sizes: &[usize]) -> Vec<Output> {
    let (first, has_begun, open) = gated(1.0, None);
    let first = submit(&mut pool, first);
    has_begun.recv_timeout(PATIENCE).expect("it begins");
    pool.cancel(first);
    for &bytes in sizes {
        submit(&mut pool, part(bytes));
    }
    open.send(()).expect("it waits");
    assert!(matches!(collect(&mut pool), Finished::Cancelled { .. }));
    sizes.iter().map(|_| output(collect(&mut pool))).collect()
}

#[test]
fn jobs_that_wait_are_finished_together() {
    assert_eq!(batches_of(100, &[10, 20, 30]), [(10, 3), (20, 3), (30, 3)]);
}

#[test]
fn a_batch_has_a_largest_size() {
    // The first, which is cancelled, takes a byte.
    assert_eq!(batches_of(4, &[1, 1, 1, 1, 1]), [(1, 3), (1, 3), (1, 3), (1, 2), (1, 2)]);
    assert_eq!(batches_of(50, &[30, 40, 9, 2]), [(30, 1), (40, 2), (9, 2), (2, 1)]);
    assert_eq!(batches_of(50, &[10, 500, 10]), [(10, 1), (500, 1), (10, 1)]);
    assert_eq!(batches_of(0, &[10, 10]), [(10, 1), (10, 1)]);
}

#[test]
fn nothing_is_held_back_if_it_is_not_to_be() {
    let mut pool = rich_pool(100, EVER_US);
    pool.set_batch_hold_us(0.0);
    assert_eq!(batches_from(pool, &[10, 20, 30]), [(10, 1), (20, 1), (30, 1)]);
}

#[test]
fn nothing_is_held_back_while_there_is_no_job() {
    let mut pool = rich_pool(1000, EVER_US);
    for _ in 0..3 {
        submit(&mut pool, part(1));
        assert_eq!(output(collect(&mut pool)), (1, 1));
    }
}

#[test]
fn nothing_is_held_back_while_a_job_waits_to_begin() {
    let mut pool = pool(1000, EVER_US);
    submit(&mut pool, part(7));
    submit(&mut pool, Part { cost_us: 900.0, ..part(8) });
    pool.refill(800.0, 1000.0);
    assert_eq!(output(collect(&mut pool)), (7, 1));
    assert_eq!(pool.in_flight(), 1);
    pool.refill(1000.0, 1000.0);
    assert_eq!(output(collect(&mut pool)), (8, 1));
}

/// A pool whose worker holds back what it has made while it makes something else, which waits for a word and then for a
/// stage.
fn held_back() -> (CompilePool<Part>, Sender<()>) {
    let mut pool = rich_pool(1000, EVER_US);
    let (first, first_has_begun, open_first) = gated(1.0, None);
    let (second, second_has_begun, open_second) = gated(1.0, Some("second"));
    submit(&mut pool, first);
    first_has_begun.recv_timeout(PATIENCE).expect("it begins");
    submit(&mut pool, second);
    open_first.send(()).expect("it waits");
    second_has_begun.recv_timeout(PATIENCE).expect("it begins");
    (pool, open_second)
}

#[test]
fn nothing_is_held_back_while_a_job_waits_at_a_stage() {
    let (mut pool, open_second) = held_back();
    assert!(pool.try_recv().is_none(), "it waits for its neighbour");
    pool.set_paused(true);
    open_second.send(()).expect("it waits");
    assert_eq!(output(collect(&mut pool)), (1, 1));
    pool.set_paused(false);
    assert_eq!(output(collect(&mut pool)), (1, 1));
}

#[test]
fn nothing_is_held_back_for_longer_than_it_may_be() {
    let mut pool = rich_pool(1000, 1e8);
    let (first, first_has_begun, open_first) = gated(1.0, None);
    let (long, long_has_begun, open_long) = gated(2e8, None);
    submit(&mut pool, first);
    first_has_begun.recv_timeout(PATIENCE).expect("it begins");
    submit(&mut pool, long);
    open_first.send(()).expect("it waits");
    long_has_begun.recv_timeout(PATIENCE).expect("it begins");
    assert_eq!(output(collect(&mut pool)), (1, 1));
    open_long.send(()).expect("it waits");
    assert_eq!(output(collect(&mut pool)), (1, 1));
}

#[test]
fn what_is_cancelled_in_a_batch_is_left_out_of_it() {
    let mut pool = rich_pool(1000, EVER_US);
    let (first, first_has_begun, open_first) = gated(1.0, None);
    let (second, second_has_begun, open_second) = gated(1.0, None);
    let cancelled = submit(&mut pool, first);
    first_has_begun.recv_timeout(PATIENCE).expect("it begins");
    submit(&mut pool, part(5));
    submit(&mut pool, second);
    open_first.send(()).expect("it waits");
    second_has_begun.recv_timeout(PATIENCE).expect("it begins");
    pool.cancel(cancelled);
    open_second.send(()).expect("it waits");
    assert!(
        matches!(collect(&mut pool), Finished::Cancelled { ticket, .. } if ticket == cancelled)
    );
    assert_eq!(output(collect(&mut pool)), (5, 2));
    assert_eq!(output(collect(&mut pool)), (1, 2));
}

#[test]
fn a_panic_at_the_end_of_a_batch_is_reported_for_each_and_the_worker_goes_on() {
    let mut pool = rich_pool(1000, EVER_US);
    let (first, has_begun, open) = gated(1.0, None);
    submit(&mut pool, first);
    has_begun.recv_timeout(PATIENCE).expect("it begins");
    submit(&mut pool, part(BROKEN));
    open.send(()).expect("it waits");
    for _ in 0..2 {
        match collect(&mut pool) {
            Finished::Panicked { message, .. } => {
                assert_eq!(message, "a broken part (at the end of its batch)");
            }
            other => panic!("expected a panic, got {other:?}"),
        }
    }
    submit(&mut pool, part(2));
    assert_eq!(output(collect(&mut pool)), (2, 1));
    assert_eq!(pool.in_flight(), 0);
}

#[test]
fn what_finishing_takes_is_paid_for() {
    let mut pool = rich_pool(1000, EVER_US);
    submit(&mut pool, part(1));
    let cost = collect(&mut pool).cost();
    let used_us = pool.take_used_us();
    assert!((used_us - cost.cpu_us).abs() < 1.0, "{used_us} and {cost:?}");
}

#[test]
fn a_pool_is_dropped_while_something_is_held_back() {
    let (pool, open_second) = held_back();
    let opener = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(20));
        open_second.send(()).expect("it waits");
    });
    drop(pool);
    opener.join().expect("it opens");
}
