//! The pool of compile workers: order, pacing, cancellation, panics, changing numbers, no busy waiting.
//!
//! The tests talk to their jobs through channels, and wait with generous limits only for what must happen. Nothing is
//! asserted about how fast it does. They run under ThreadSanitizer too.

mod common;

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use cpu_time::ThreadTime;
use interlune_jit::worker::{
    Cancelled, CompilePool, Finished, Job, Pacer, PoolSettings, Ticket, Unpaced,
};

use common::{PATIENCE, collect, output, rich, submit};

/// Long enough for a worker to do what it must not do.
const A_WHILE: Duration = Duration::from_millis(60);

type Steps = Box<dyn FnOnce(&mut dyn Pacer) -> Result<u64, Cancelled> + Send>;

/// A job made of a closure.
struct Scripted {
    cost_us: f64,
    steps: Steps,
}

impl Job for Scripted {
    type Made = u64;
    type Output = u64;

    fn predicted_cost_us(&self) -> f64 {
        self.cost_us
    }

    fn run(self, pacer: &mut dyn Pacer) -> Result<u64, Cancelled> {
        (self.steps)(pacer)
    }

    fn bytes(_made: &u64) -> usize {
        1
    }

    fn finish(batch: Vec<u64>) -> Vec<u64> {
        batch
    }
}

fn job(
    cost_us: f64,
    steps: impl FnOnce(&mut dyn Pacer) -> Result<u64, Cancelled> + Send + 'static,
) -> Scripted {
    Scripted { cost_us, steps: Box::new(steps) }
}

fn pool(workers: usize) -> CompilePool<Scripted> {
    CompilePool::new(PoolSettings {
        workers,
        max_in_flight: 64,
        cold_after_us: 50_000,
        bucket_cap_us: 1000.0,
        is_polite: true,
        batch_bytes: 8,
        batch_hold_us: 4000.0,
    })
}

/// A pool that may use as much as it likes.
fn rich_pool(workers: usize) -> CompilePool<Scripted> {
    rich(pool(workers))
}

/// Uses CPU time.
fn burn(cpu: Duration) {
    let begun = ThreadTime::now();
    let mut x = 1u64;
    while begun.elapsed() < cpu {
        for _ in 0..1000 {
            x = std::hint::black_box(x.wrapping_mul(3));
        }
    }
}

/// A place where a job stops until it is told to go on.
fn gate() -> (Sender<()>, Receiver<()>) {
    channel()
}

#[test]
fn one_worker_runs_jobs_in_order() {
    let mut pool = rich_pool(1);
    let tickets: Vec<_> = (0..20).map(|i| submit(&mut pool, job(10.0, move |_| Ok(i)))).collect();
    for (i, ticket) in tickets.into_iter().enumerate() {
        let finished = collect(&mut pool);
        assert_eq!(finished.ticket(), ticket);
        assert_eq!(output(finished), i as u64);
    }
    assert_eq!(pool.in_flight(), 0);
}

/// The fields of Linux's `/proc/thread-self/stat` with the thread's niceness and policy.
#[cfg(target_os = "linux")]
#[test]
fn polite_workers_do_not_push_others_aside() {
    const SCHED_BATCH: u64 = 3;
    let field = |number: usize| {
        move |_: &mut dyn Pacer| {
            let stat = std::fs::read_to_string("/proc/thread-self/stat").expect("proc");
            let (_, fields) = stat.rsplit_once(") ").expect("the name is in parentheses");
            // The state is field number 3.
            let field = fields.split(' ').nth(number - 3).expect("so many fields");
            Ok(field.parse().expect("a number"))
        }
    };
    let mut pool = rich_pool(1);
    submit(&mut pool, job(10.0, field(19)));
    submit(&mut pool, job(10.0, field(41)));
    let niceness = output(collect(&mut pool));
    assert!((5..20).contains(&niceness), "{niceness}");
    assert_eq!(output(collect(&mut pool)), SCHED_BATCH);
}

#[test]
fn a_full_pool_gives_the_job_back_and_has_room_again_later() {
    let mut pool = CompilePool::new(PoolSettings {
        workers: 1,
        max_in_flight: 3,
        cold_after_us: 0,
        bucket_cap_us: 1000.0,
        is_polite: true,
        batch_bytes: 8,
        batch_hold_us: 4000.0,
    });
    for i in 0..3 {
        submit(&mut pool, job(1.0, move |_| Ok(i)));
    }
    assert!(pool.submit(job(1.0, |_| Ok(9))).is_err());
    pool.refill(1000.0, 1000.0);
    assert_eq!(output(collect(&mut pool)), 0);
    submit(&mut pool, job(1.0, |_| Ok(3)));
    pool.refill(1000.0, 1000.0);
    let rest: Vec<_> = (0..3).map(|_| output(collect(&mut pool))).collect();
    assert_eq!(rest, [1, 2, 3]);
}

#[test]
fn nothing_runs_on_an_empty_bucket() {
    let mut pool = pool(1);
    let (begun, has_begun) = channel();
    submit(
        &mut pool,
        job(500.0, move |_| {
            begun.send(()).unwrap();
            Ok(1)
        }),
    );
    assert!(has_begun.recv_timeout(A_WHILE).is_err());
    pool.refill(400.0, 1000.0);
    assert!(has_begun.recv_timeout(A_WHILE).is_err(), "400 do not cover 500");
    pool.refill(400.0, 1000.0);
    assert_eq!(output(collect(&mut pool)), 1);
}

#[test]
fn a_job_larger_than_the_bucket_begins_when_it_is_full() {
    let mut pool = pool(1);
    submit(&mut pool, job(1e9, |_| Ok(1)));
    pool.refill(999.0, 1000.0);
    std::thread::sleep(A_WHILE);
    assert!(pool.try_recv().is_none());
    pool.refill(999.0, 1000.0);
    assert_eq!(output(collect(&mut pool)), 1);
}

#[test]
fn a_stage_waits_for_the_next_refill() {
    let mut pool = pool(1);
    let (reached, has_reached) = channel();
    submit(
        &mut pool,
        job(100.0, move |pacer| {
            burn(Duration::from_millis(3));
            reached.send("first").unwrap();
            pacer.stage("second")?;
            reached.send("second").unwrap();
            Ok(1)
        }),
    );
    pool.refill(1000.0, 1000.0);
    assert_eq!(has_reached.recv_timeout(PATIENCE), Ok("first"));
    assert!(has_reached.recv_timeout(A_WHILE).is_err(), "2 ms overdrawn");
    assert!(pool.tokens_us() < -1500.0);
    assert!(pool.take_used_us() >= 3000.0);
    let mut refills = 0;
    while has_reached.try_recv().is_err() {
        pool.refill(1000.0, 1000.0);
        refills += 1;
        assert!(refills < 1000, "never goes on");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(refills >= 2, "paid back after {refills}");
    let finished = collect(&mut pool);
    assert!(finished.cost().cpu_us >= 3000.0);
    assert_eq!(output(finished), 1);
}

#[test]
fn what_was_taken_and_not_used_is_given_back() {
    let mut pool = pool(1);
    submit(&mut pool, job(50_000.0, |_| Ok(1)));
    pool.refill(100_000.0, 100_000.0);
    collect(&mut pool);
    let used = pool.take_used_us();
    assert!((pool.tokens_us() - (100_000.0 - used)).abs() < 1.0);
    assert!(used < 50_000.0);
}

#[test]
fn a_panic_is_contained_reported_and_the_worker_goes_on() {
    let mut pool = rich_pool(1);
    let ticket = submit(
        &mut pool,
        job(1.0, |pacer| {
            pacer.stage("lower")?;
            panic!("no such {}", "register")
        }),
    );
    submit(&mut pool, job(1.0, |_| Ok(2)));
    match collect(&mut pool) {
        Finished::Panicked { ticket: which, message, .. } => {
            assert_eq!(which, ticket);
            assert_eq!(message, "no such register (stage lower)");
        }
        other => panic!("expected a panic, got {other:?}"),
    }
    assert_eq!(output(collect(&mut pool)), 2);
}

#[test]
fn a_panic_whose_payload_panics_is_contained() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("again");
        }
    }
    let mut pool = rich_pool(1);
    submit(&mut pool, job(1.0, |_| std::panic::panic_any(Bomb)));
    submit(&mut pool, job(1.0, |_| Ok(2)));
    assert!(matches!(collect(&mut pool), Finished::Panicked { .. }));
    assert_eq!(output(collect(&mut pool)), 2);
}

#[test]
fn a_running_job_is_cancelled_at_its_next_stage() {
    let mut pool = rich_pool(1);
    let (open, closed) = gate();
    let (begun, has_begun) = channel();
    let ticket = submit(
        &mut pool,
        job(1.0, move |pacer| {
            begun.send(()).unwrap();
            closed.recv().unwrap();
            pacer.stage("after the gate")?;
            unreachable!("cancelled before");
        }),
    );
    has_begun.recv_timeout(PATIENCE).unwrap();
    pool.cancel(ticket);
    open.send(()).unwrap();
    assert!(matches!(collect(&mut pool), Finished::Cancelled { ticket: t, .. } if t == ticket));
}

#[test]
fn a_job_that_waits_for_tokens_is_cancelled_without_a_refill() {
    let mut pool = pool(1);
    let begun = submit(&mut pool, job(100.0, |_| unreachable!("never begins")));
    let queued = submit(&mut pool, job(100.0, |_| unreachable!("never begins")));
    let kept = submit(&mut pool, job(100.0, |_| Ok(3)));
    std::thread::sleep(A_WHILE);
    pool.cancel(begun);
    pool.cancel(queued);
    assert!(matches!(collect(&mut pool), Finished::Cancelled { ticket, .. } if ticket == begun));
    assert!(matches!(collect(&mut pool), Finished::Cancelled { ticket, .. } if ticket == queued));
    pool.refill(1000.0, 1000.0);
    let last = collect(&mut pool);
    assert_eq!(last.ticket(), kept);
    assert_eq!(output(last), 3);
}

#[test]
fn a_late_cancellation_does_not_hit_the_next_job() {
    let mut pool = rich_pool(1);
    for i in 0..200 {
        let ticket = submit(&mut pool, job(1.0, move |pacer| pacer.stage("only").map(|()| i)));
        assert_eq!(output(collect(&mut pool)), i);
        pool.cancel(ticket);
    }
}

#[test]
fn pausing_stops_at_a_stage_and_resuming_goes_on() {
    let mut pool = rich_pool(1);
    let (open, closed) = gate();
    let (reached, has_reached) = channel();
    submit(
        &mut pool,
        job(1.0, move |pacer| {
            reached.send(()).unwrap();
            closed.recv().unwrap();
            pacer.stage("second")?;
            reached.send(()).unwrap();
            Ok(1)
        }),
    );
    submit(&mut pool, job(1.0, |_| Ok(2)));
    has_reached.recv_timeout(PATIENCE).unwrap();
    pool.set_paused(true);
    open.send(()).unwrap();
    assert!(has_reached.recv_timeout(A_WHILE).is_err());
    pool.set_paused(false);
    has_reached.recv_timeout(PATIENCE).unwrap();
    assert_eq!(output(collect(&mut pool)), 1);
    assert_eq!(output(collect(&mut pool)), 2);
}

#[test]
fn workers_can_be_added_and_held_back() {
    let mut pool = rich_pool(1);
    let (open, closed) = gate();
    let (begun, has_begun) = channel();
    let stuck = |pool: &mut CompilePool<Scripted>, closed: Receiver<()>| {
        let begun = begun.clone();
        submit(
            pool,
            job(1.0, move |_| {
                begun.send(()).unwrap();
                closed.recv().unwrap();
                Ok(1)
            }),
        );
    };
    let (open_second, closed_second) = gate();
    stuck(&mut pool, closed);
    stuck(&mut pool, closed_second);
    has_begun.recv_timeout(PATIENCE).unwrap();
    assert!(has_begun.recv_timeout(A_WHILE).is_err(), "one worker does one job");
    pool.set_workers(3);
    has_begun.recv_timeout(PATIENCE).unwrap();
    assert_eq!(pool.workers(), 3);

    // Held back while both are busy: the first two free workers may not both take a job again.
    pool.set_workers(1);
    open.send(()).unwrap();
    open_second.send(()).unwrap();
    collect(&mut pool);
    collect(&mut pool);
    let (open_third, closed_third) = gate();
    let (open_fourth, closed_fourth) = gate();
    stuck(&mut pool, closed_third);
    stuck(&mut pool, closed_fourth);
    has_begun.recv_timeout(PATIENCE).unwrap();
    assert!(has_begun.recv_timeout(A_WHILE).is_err(), "one worker does one job");
    open_third.send(()).unwrap();
    has_begun.recv_timeout(PATIENCE).unwrap();
    open_fourth.send(()).unwrap();
    collect(&mut pool);
    collect(&mut pool);
}

#[test]
fn waiting_uses_no_cpu_time() {
    let mut pool = rich_pool(1);
    let now = || job(1.0, |_| Ok(ThreadTime::now().as_duration().as_micros() as u64));
    submit(&mut pool, now());
    let before = output(collect(&mut pool));
    std::thread::sleep(Duration::from_millis(300));
    submit(&mut pool, now());
    let after = output(collect(&mut pool));
    assert!(after - before < 20_000, "{} µs while there was no job", after - before);

    // The same in the middle of a job.
    pool.set_paused(true);
    submit(
        &mut pool,
        job(1.0, |pacer| {
            let before = ThreadTime::now().as_duration();
            pacer.stage("second")?;
            Ok((ThreadTime::now().as_duration() - before).as_micros() as u64)
        }),
    );
    std::thread::sleep(Duration::from_millis(300));
    pool.set_paused(false);
    let used = output(collect(&mut pool));
    assert!(used < 20_000, "{used} µs while there was nothing in the bucket");
}

#[test]
fn dropping_the_pool_ends_waiting_and_running_jobs_promptly() {
    let mut pool = pool(2);
    let (begun, has_begun) = channel();
    pool.refill(1000.0, 1000.0);
    submit(
        &mut pool,
        job(1.0, move |pacer| {
            begun.send(()).unwrap();
            loop {
                burn(Duration::from_millis(1));
                pacer.stage("round")?;
            }
        }),
    );
    has_begun.recv_timeout(PATIENCE).unwrap();
    for _ in 0..20 {
        submit(&mut pool, job(1e6, |_| unreachable!("never fits")));
    }
    let dropped = Instant::now();
    drop(pool);
    assert!(dropped.elapsed() < Duration::from_secs(10), "{:?}", dropped.elapsed());
}

#[test]
fn results_that_nobody_collects_are_dropped_with_the_pool() {
    let mut pool = rich_pool(2);
    for i in 0..64 {
        submit(&mut pool, job(1.0, move |_| Ok(i)));
    }
    assert!(pool.submit(job(1.0, |_| Ok(0))).is_err());
}

#[test]
fn a_worker_that_just_compiled_is_warm() {
    let mut pool = CompilePool::new(PoolSettings {
        workers: 1,
        max_in_flight: 4,
        cold_after_us: 3_600_000_000,
        bucket_cap_us: 1e9,
        is_polite: true,
        batch_bytes: 8,
        batch_hold_us: 4000.0,
    });
    pool.refill(1e9, 1e9);
    submit(&mut pool, job(1.0, |_| Ok(1)));
    submit(&mut pool, job(1.0, |_| Ok(2)));
    assert!(collect(&mut pool).cost().cold);
    assert!(!collect(&mut pool).cost().cold);
}

#[test]
fn many_jobs_with_everything_happening_at_once() {
    let mut pool = pool(3);
    let (mut submitted, mut ended, mut i) = (0u32, 0u32, 0u64);
    let mut recent: Vec<Ticket> = Vec::new();
    let begun = Instant::now();
    while ended < 2000 {
        assert!(begun.elapsed() < PATIENCE, "stuck after {ended}");
        i += 1;
        while submitted < 2000
            && let Ok(ticket) = pool.submit(job(5.0, move |pacer| {
                for _ in 0..4 {
                    std::hint::black_box((0..200u64).sum::<u64>());
                    pacer.stage("round")?;
                }
                Ok(i)
            }))
        {
            submitted += 1;
            recent.push(ticket);
        }
        if i.is_multiple_of(7)
            && let Some(ticket) = recent.pop()
        {
            pool.cancel(ticket);
        }
        pool.set_workers(1 + (i % 4) as usize);
        pool.set_paused(i % 5 == 4);
        pool.refill(200.0, 400.0);
        while pool.try_recv().is_some() {
            ended += 1;
        }
    }
    assert_eq!(pool.in_flight(), 0);
}

#[test]
fn jobs_run_on_the_vm_thread_too() {
    let result = job(1.0, |pacer| pacer.stage("only").map(|()| 7)).run(&mut Unpaced);
    assert_eq!(result, Ok(7));
}
