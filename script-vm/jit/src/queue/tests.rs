use super::*;
use proptest::prelude::*;

fn queue(max_queued: usize) -> CompileQueue<u32> {
    let tunables = Tunables {
        max_queued,
        ageing_doubling_frames: 10.0,
        cold_frames: 20.0,
        ..Tunables::default()
    };
    CompileQueue::new(&tunables)
}

fn worth(saving_ms_per_frame: f64, cost_ms: f64) -> Worth {
    Worth { saving_ms_per_frame, cost_ms }
}

fn drain(queue: &mut CompileQueue<u32>) -> Vec<u64> {
    std::iter::from_fn(|| queue.pop()).map(|(function, _)| function.0).collect()
}

#[test]
fn benefit_per_cost_decides() {
    let mut queue = queue(10);
    queue.push(FunctionId(1), worth(1.0, 2.0), 0, 0.0);
    queue.push(FunctionId(2), worth(1.0, 1.0), 0, 0.0);
    queue.push(FunctionId(3), worth(4.0, 10.0), 0, 0.0);
    assert_eq!(queue.peek().map(|(f, _)| f), Some(FunctionId(2)));
    assert_eq!(drain(&mut queue), [2, 1, 3]);
}

#[test]
fn ties_go_to_the_first_comer() {
    let mut queue = queue(10);
    for id in [5, 3, 9, 1] {
        queue.push(FunctionId(id), worth(1.0, 1.0), 0, 0.0);
    }
    assert_eq!(drain(&mut queue), [5, 3, 9, 1]);
}

#[test]
fn waiting_doubles_the_priority() {
    let mut queue = queue(10);
    queue.push(FunctionId(1), worth(1.0, 1.0), 0, 0.0);
    queue.push(FunctionId(2), worth(1.9, 1.0), 0, 10.0);
    queue.push(FunctionId(3), worth(2.1, 1.0), 0, 10.0);
    assert_eq!(drain(&mut queue), [3, 1, 2]);
}

#[test]
fn a_hotter_function_moves_up_and_keeps_its_age() {
    let mut queue = queue(10);
    queue.push(FunctionId(1), worth(1.0, 1.0), 7, 0.0);
    queue.push(FunctionId(2), worth(3.0, 1.0), 0, 0.0);
    assert_eq!(queue.push(FunctionId(1), worth(5.0, 1.0), 8, 3.0), Pushed::Updated(8));
    assert_eq!(queue.len(), 2);
    assert_eq!(queue.pop(), Some((FunctionId(1), 7)));
    assert!(!queue.update(FunctionId(1), worth(1.0, 1.0), 3.0));
}

#[test]
fn a_full_queue_keeps_what_is_worth_most() {
    let mut queue = queue(2);
    queue.push(FunctionId(1), worth(1.0, 1.0), 11, 0.0);
    queue.push(FunctionId(2), worth(2.0, 1.0), 12, 0.0);
    assert_eq!(queue.push(FunctionId(3), worth(0.5, 1.0), 13, 0.0), Pushed::Refused(13));
    assert_eq!(
        queue.push(FunctionId(4), worth(3.0, 1.0), 14, 0.0),
        Pushed::Displaced(FunctionId(1), 11)
    );
    assert_eq!(drain(&mut queue), [4, 2]);
}

#[test]
fn a_reload_takes_its_function_out() {
    let mut queue = queue(10);
    queue.push(FunctionId(1), worth(1.0, 1.0), 11, 0.0);
    assert_eq!(queue.remove(FunctionId(1)), Some(11));
    assert_eq!(queue.remove(FunctionId(1)), None);
    assert!(queue.is_empty());
}

#[test]
fn what_went_cold_is_dropped_a_few_at_a_time() {
    let mut queue = queue(100);
    for id in 0..10 {
        queue.push(FunctionId(id), worth(1.0, 1.0), 0, 0.0);
    }
    queue.update(FunctionId(4), worth(1.0, 1.0), 15.0);
    let mut dropped = Vec::new();
    queue.drop_cold(20.0, 4, |function, _| dropped.push(function.0));
    assert!(dropped.is_empty());
    for _ in 0..3 {
        queue.drop_cold(21.0, 4, |function, _| dropped.push(function.0));
    }
    dropped.sort_unstable();
    assert_eq!(dropped, [0, 1, 2, 3, 5, 6, 7, 8, 9]);
    assert!(queue.contains(FunctionId(4)));
}

proptest! {
    #[test]
    fn any_history_keeps_order_and_bound(
        steps in prop::collection::vec((0u8..5, 0u64..30, 0.0..10.0f64, 0.0..10.0f64), 0..300),
    ) {
        let mut queue = queue(8);
        for (now, (step, id, saving, cost)) in steps.into_iter().enumerate() {
            let (id, now) = (FunctionId(id), now as f64);
            match step {
                0 | 1 => { queue.push(id, worth(saving, cost), 0, now); }
                2 => { queue.remove(id); }
                3 => { queue.pop(); }
                _ => queue.drop_cold(now, 3, |_, _| ()),
            }
            prop_assert!(queue.len() <= 8);
            prop_assert_eq!(queue.order.len(), queue.waiting.len());
            for (key, function) in &queue.order {
                prop_assert_eq!(&queue.waiting[function].key, key);
            }
        }
    }
}
