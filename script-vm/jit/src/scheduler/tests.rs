pub(super) use super::rehearsal::{MACHINE, inputs};
use super::*;
use crate::economics::BetVerdict;
use crate::worker::JobCost;

pub(super) fn info(bytecodes: u32) -> FunctionInfo {
    FunctionInfo { name: "f".into(), source: "s.lua".into(), line: 3, bytecodes }
}

fn scheduler() -> Scheduler {
    // A function of 100 bytecodes costs what `COST` says, and becomes 2.5 times as fast.
    let tunables = Tunables {
        cost_base_us: [0.0, 100.0, 300.0],
        cost_us_per_bytecode: [0.0, 5.0, 20.0],
        speedup_prior: [1.0, 2.5, 3.0],
        ..Tunables::default()
    };
    Scheduler::new(tunables, MACHINE)
}

/// What a frame's end had the VM thread do.
struct Ended {
    requests: Vec<CompileRequest>,
    cancels: Vec<FunctionId>,
    undos: Vec<FunctionId>,
}

fn end_frame(scheduler: &mut Scheduler, number: u64) -> Ended {
    let FramePlan { cancels, undos, .. } =
        scheduler.end_frame(&inputs(number), number * 16_000, || true);
    Ended { requests: requests(scheduler), cancels, undos }
}

fn requests(scheduler: &mut Scheduler) -> Vec<CompileRequest> {
    std::iter::from_fn(|| scheduler.next_request()).collect()
}

/// Runs a frame in which each of these functions took so many quanta of 50 µs.
fn frame(scheduler: &mut Scheduler, number: u64, functions: &[(u64, u32)]) -> Ended {
    for &(id, quanta) in functions {
        for _ in 0..quanta {
            scheduler.sample(FunctionId(id), Site::Entry, 1000, 50.0, || info(100));
        }
    }
    end_frame(scheduler, number)
}

fn requested(ended: &Ended) -> Vec<u64> {
    ended.requests.iter().map(|request| request.function.0).collect()
}

/// Runs frames until the function is requested.
fn until_requested(scheduler: &mut Scheduler, id: u64, from: u64) -> u64 {
    (from..from + 1000)
        .find(|&number| requested(&frame(scheduler, number, &[(id, 4)])).contains(&id))
        .expect("requested at last")
}

/// As predicted for 100 instructions with cold caches, about.
pub(super) const COST: JobCost = JobCost { cpu_us: 750.0, cold: true };

#[test]
fn a_hot_function_is_requested_compiled_installed_and_measured() {
    let mut scheduler = scheduler();
    let at = until_requested(&mut scheduler, 7, 1);
    assert!(at <= 5, "frame {at}");
    assert!(scheduler.compiled(FunctionId(7), COST));
    scheduler.installed(FunctionId(7), Tier::Baseline);
    for number in at + 1..at + 200 {
        // The same work in a third of the time.
        for _ in 0..4 {
            scheduler.sample(
                FunctionId(7),
                Site::Loop { pc: 1, is_optimized: false },
                1000,
                17.0,
                || info(100),
            );
        }
        end_frame(&mut scheduler, number);
    }
    let status = scheduler.status(FunctionId(7)).unwrap();
    assert_eq!(status.tier, Tier::Baseline);
    assert!(status.totals.saving_ms > 10.0 && status.loop_share > 0.5);
    let entry = scheduler.ledger().entries().last().unwrap();
    assert_eq!(entry.outcome, Outcome::Installed);
    let predicted = entry.break_even_predicted.frames().unwrap();
    let real = entry.break_even_real.unwrap().frames().unwrap();
    assert!((predicted / real - 1.0).abs() < 0.25, "predicted {predicted}, real {real}");
}

#[test]
fn tables_that_were_touched_are_empty() {
    let mut scheduler = scheduler();
    scheduler.touch();
    assert!(scheduler.functions.is_empty() && scheduler.queue.is_empty());
    assert!(scheduler.rotation.is_empty() && scheduler.listed.is_empty());
    assert!(scheduler.functions.capacity() >= 1024);
    assert_eq!(scheduler.ledger().entries().len(), 0);
    until_requested(&mut scheduler, 7, 1);
    assert_eq!(scheduler.ledger().entries().len(), 1);
    assert_eq!(scheduler.ledger().totals(FunctionId(3)), crate::ledger::Totals::default());
}

#[test]
fn what_is_sampled_once_is_left_alone() {
    let mut scheduler = scheduler();
    for number in 1..100 {
        assert!(requested(&frame(&mut scheduler, number, &[(number, 1)])).is_empty());
    }
    assert_eq!(scheduler.ledger().entries().len(), 0);
}

#[test]
fn a_failed_function_stays_where_it_is() {
    let mut scheduler = scheduler();
    let at = until_requested(&mut scheduler, 1, 1);
    scheduler.failed(FunctionId(1), "too many registers");
    for number in at + 1..at + 300 {
        assert!(requested(&frame(&mut scheduler, number, &[(1, 4)])).is_empty());
    }
    let entry = scheduler.ledger().entries().last().unwrap();
    assert_eq!(entry.outcome.to_string(), "failed: too many registers");
}

#[test]
fn code_that_loses_is_undone_and_not_tried_again() {
    let mut scheduler = scheduler();
    let at = until_requested(&mut scheduler, 1, 1);
    scheduler.compiled(FunctionId(1), COST);
    scheduler.installed(FunctionId(1), Tier::Baseline);
    let mut undone_at = None;
    for number in at + 1..at + 400 {
        for _ in 0..4 {
            scheduler.sample(FunctionId(1), Site::Entry, 1000, 120.0, || info(100));
        }
        let plan = end_frame(&mut scheduler, number);
        if plan.undos == [FunctionId(1)] {
            undone_at = Some(number);
            scheduler.undone(FunctionId(1), Tier::Interpreter);
        }
        assert!(plan.requests.is_empty());
    }
    assert!(undone_at.is_some_and(|number| number - at <= 190), "{undone_at:?}");
    assert_eq!(scheduler.ledger().entries().last().unwrap().outcome, Outcome::Undone);
}

#[test]
fn evicted_code_is_compiled_again_after_a_wait_if_it_is_still_hot() {
    let mut scheduler = scheduler();
    let mut at = until_requested(&mut scheduler, 1, 1);
    for wait in [60, 120, 240] {
        scheduler.compiled(FunctionId(1), COST);
        scheduler.installed(FunctionId(1), Tier::Baseline);
        scheduler.evicted(FunctionId(1), Tier::Interpreter);
        let again = until_requested(&mut scheduler, 1, at + 1);
        assert!((at + wait..at + wait + 10).contains(&again), "{at}, {wait}, {again}");
        at = again;
    }
}

#[test]
fn code_that_was_withdrawn_is_compiled_again_at_once_if_it_is_still_hot() {
    let mut scheduler = scheduler();
    let at = until_requested(&mut scheduler, 1, 1);
    scheduler.compiled(FunctionId(1), COST);
    scheduler.installed(FunctionId(1), Tier::Baseline);
    scheduler.withdrawn(FunctionId(1), Tier::Interpreter);
    assert!(until_requested(&mut scheduler, 1, at + 1) < at + 10);
}

#[test]
fn a_reload_cancels_the_old_version_and_the_new_one_need_not_prove_itself() {
    let mut scheduler = scheduler();
    let mut number = until_requested(&mut scheduler, 1, 1);
    for _ in 0..40 {
        number += 1;
        frame(&mut scheduler, number, &[(1, 4)]);
    }
    scheduler.reloaded(FunctionId(1), FunctionId(2), info(120));
    let plan = frame(&mut scheduler, number + 1, &[(2, 4)]);
    assert_eq!(plan.cancels, [FunctionId(1)]);
    assert!(!scheduler.compiled(FunctionId(1), COST), "it came too late");
    // Its worth is known from its predecessor; it is requested as soon as it runs.
    assert_eq!(requested(&plan), [2]);
    assert!(scheduler.status(FunctionId(2)).unwrap().age_frames >= 40.0);
    assert!(scheduler.status(FunctionId(1)).is_none());
}

#[test]
fn a_reload_of_compiled_code_is_compiled_again_at_once() {
    let mut scheduler = scheduler();
    let mut number = until_requested(&mut scheduler, 1, 1);
    scheduler.compiled(FunctionId(1), COST);
    scheduler.installed(FunctionId(1), Tier::Baseline);
    for _ in 0..40 {
        number += 1;
        frame(&mut scheduler, number, &[(1, 2)]);
    }
    scheduler.reloaded(FunctionId(1), FunctionId(2), info(120));
    assert_eq!(requested(&frame(&mut scheduler, number + 1, &[(2, 4)])), [2]);
}

#[test]
fn a_request_without_room_is_tried_again() {
    let mut scheduler = scheduler();
    let at = until_requested(&mut scheduler, 1, 1);
    scheduler.cancelled(FunctionId(1));
    assert_eq!(requested(&frame(&mut scheduler, at + 1, &[(1, 4)])), [1]);
}

#[test]
fn a_request_that_went_cold_is_cancelled_once() {
    let mut scheduler = scheduler();
    let at = until_requested(&mut scheduler, 1, 1);
    let cancels: Vec<_> =
        (at + 1..at + 300).flat_map(|number| frame(&mut scheduler, number, &[]).cancels).collect();
    assert_eq!(cancels, [FunctionId(1)]);
    scheduler.cancelled(FunctionId(1));
    let entry = scheduler.ledger().entries().last().unwrap();
    assert_eq!(entry.outcome, Outcome::Cancelled(CancelReason::WentCold));
}

#[test]
fn a_tier_cap_stops_everything_and_lifting_it_starts_again() {
    let mut scheduler = scheduler();
    let at = until_requested(&mut scheduler, 1, 1);
    scheduler.set_tier_cap(Tier::Interpreter);
    let plan = frame(&mut scheduler, at + 1, &[(1, 4), (2, 4)]);
    assert_eq!(plan.cancels, [FunctionId(1)]);
    assert!(!scheduler.compiled(FunctionId(1), COST));
    for number in at + 2..at + 50 {
        assert!(requested(&frame(&mut scheduler, number, &[(1, 4), (2, 4)])).is_empty());
    }
    scheduler.set_tier_cap(Tier::Baseline);
    assert!(!requested(&frame(&mut scheduler, at + 50, &[(1, 4), (2, 4)])).is_empty());
}

#[test]
fn a_frame_looks_at_a_bounded_number_and_gets_to_all() {
    let tunables = Tunables { max_looked_at_per_frame: 10, ..Tunables::default() };
    let mut scheduler = Scheduler::new(tunables, MACHINE);
    let many: Vec<_> = (0..100).map(|id| (id, 2)).collect();
    let mut seen = std::collections::BTreeSet::new();
    for number in 1..200 {
        let plan = frame(&mut scheduler, number, &many);
        assert!(plan.requests.len() <= 16);
        for request in plan.requests {
            seen.insert(request.function);
            scheduler.compiled(request.function, COST);
            scheduler.installed(request.function, Tier::Baseline);
        }
    }
    assert_eq!(seen.len(), 100);
}

#[test]
fn a_frame_without_time_looks_at_one_and_the_others_wait() {
    let mut scheduler = scheduler();
    for id in 0..10 {
        scheduler.sample(FunctionId(id), Site::Entry, 1000, 50.0, || info(100));
    }
    for left in (0..10).rev() {
        scheduler.end_frame(&inputs(10 - left), 0, || false);
        assert_eq!(scheduler.listed.len() as u64, left);
    }
}

#[test]
fn tables_are_bounded() {
    let tunables = Tunables { max_functions: 50, cold_frames: 10.0, ..Tunables::default() };
    let mut scheduler = Scheduler::new(tunables, MACHINE);
    for number in 1..2000 {
        frame(&mut scheduler, number, &[(number, 1)]);
        assert!(scheduler.functions.len() <= 50 && scheduler.rotation.len() <= 100);
    }
    assert!(scheduler.functions.contains_key(&FunctionId(1999)), "new ones still get in");
}

#[test]
fn without_frames_the_wall_clock_decides() {
    let mut scheduler = scheduler();
    let mut requested_us = None;
    for quantum in 0..4000u64 {
        let now_us = quantum * 50;
        scheduler.sample(
            FunctionId(1),
            Site::Loop { pc: 4, is_optimized: false },
            1000,
            50.0,
            || info(100),
        );
        if scheduler.tick_wall(now_us, || true).is_some() && !requests(&mut scheduler).is_empty() {
            requested_us = Some(now_us);
            break;
        }
    }
    assert!(requested_us.is_some_and(|us| us <= 10_000), "{requested_us:?}");
}

#[test]
fn what_is_called_often_is_worth_inlining_and_what_is_not_is_not() {
    let mut scheduler = scheduler();
    let pays = |scheduler: &mut Scheduler, calls, bytecodes| {
        scheduler.pays_to_inline(FunctionId(1), FunctionId(2), calls, &info(bytecodes))
    };
    assert!(pays(&mut scheduler, 1, 1000), "nothing is known");
    assert_eq!(scheduler.ledger().inlinings().count(), 0);
    for number in 1..200 {
        frame(&mut scheduler, number, &[(1, 4), (2, 4)]);
    }
    assert!(pays(&mut scheduler, 200 * 1000, 30));
    assert!(!pays(&mut scheduler, 200, 30), "once a frame");
    assert!(!pays(&mut scheduler, 200 * 100, 1000), "too large");
    let rows = scheduler.ledger().inlining_rows();
    assert_eq!(rows.iter().map(|row| row.inlined).collect::<Vec<_>>(), [true, false, false]);
    assert!(rows.iter().all(|row| row.inlined == (row.gain_ms > 0.0)), "{rows:?}");
}

/// A function that has had optimized code for a while, which takes a third of the time.
fn optimized() -> Scheduler {
    let mut scheduler = scheduler();
    scheduler.set_tier_cap(Tier::Optimizing);
    let mut quantum_us = 90.0;
    for number in 1..=200 {
        for _ in 0..4 {
            scheduler.sample(FunctionId(1), Site::Entry, 1000, quantum_us, || info(100));
        }
        for request in end_frame(&mut scheduler, number).requests {
            assert!(scheduler.compiled(FunctionId(1), COST));
            scheduler.installed(FunctionId(1), request.tier);
            quantum_us = if request.tier == Tier::Baseline { 30.0 } else { 10.0 };
        }
    }
    assert_eq!(scheduler.status(FunctionId(1)).map(|it| it.tier), Some(Tier::Optimizing));
    scheduler
}

/// Of a function that was called a thousand times a frame for a hundred frames in each tier.
fn count(exits: u32, runs: u32) -> BetCount {
    let work = |calls| Work { calls, units: 4 * u64::from(calls) };
    BetCount {
        exits,
        work: work(runs),
        other_exits: 0,
        work_since_install: work(100_000),
        work_in_life: work(200_000),
        drops: 0,
    }
}

#[test]
fn a_bet_is_kept_dropped_or_costs_the_function_its_code_by_what_was_measured() {
    let scheduler = optimized();
    let judge = |count| scheduler.judge_bet(FunctionId(1), &count).expect("it was measured");
    let rarely = judge(count(16, 10_000));
    // Four units a call, 0.03 us and 0.01 us each.
    let costs = rarely.bet.costs;
    assert!((costs.base_us / 0.12 - 1.0).abs() < 0.02, "{costs:?}");
    assert!((costs.opt_us / 0.04 - 1.0).abs() < 0.02, "{costs:?}");
    assert_eq!(rarely.verdict, BetVerdict::Kept);
    assert!((0.01..0.2).contains(&rarely.threshold), "{rarely:?}");
    let often = judge(count(16, 20));
    assert_eq!((often.verdict, often.threshold), (BetVerdict::Dropped, rarely.threshold));
    // A function that always loses something new does not earn its compilations.
    let again = judge(BetCount { drops: 1000, ..count(16, 20) });
    assert_eq!(again.verdict, BetVerdict::StaysBelow);
    assert!(again.threshold > often.threshold, "what is there is worth more if nothing follows");
    assert_eq!(scheduler.judge_bet(FunctionId(2), &count(16, 20)), None, "nothing is known");
}

#[test]
fn a_function_that_stays_below_is_tried_again_after_a_wait() {
    let mut scheduler = optimized();
    scheduler.lost_bets(FunctionId(1), Tier::Baseline);
    let before = scheduler.frame();
    let back = (before + 1..before + 1000)
        .find(|&number| !requested(&frame(&mut scheduler, number, &[(1, 4)])).is_empty())
        .expect("it is still hot");
    assert!((60..300).contains(&(back - before)), "{}", back - before);
}
