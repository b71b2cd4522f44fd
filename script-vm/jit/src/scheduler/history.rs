//! Any history of events leaves the scheduler's tables in agreement with each other.

use proptest::prelude::*;

use super::tests::{COST, MACHINE, info, inputs};
use super::*;

#[derive(Clone, Copy, Debug)]
enum Event {
    Sample { function: u64, quanta: u8 },
    EndFrame,
    Compiled,
    Failed,
    Cancelled,
    Install,
    Stale,
    Evicted { function: u64 },
    Withdrawn { function: u64 },
    Undone { function: u64 },
    Reloaded { function: u64 },
    Forget { function: u64 },
    Cap(Tier),
}

fn any_event() -> impl Strategy<Value = Event> {
    let function = 0u64..24;
    prop_oneof![
        12 => (function.clone(), 1u8..20)
            .prop_map(|(function, quanta)| Event::Sample { function, quanta }),
        8 => Just(Event::EndFrame),
        4 => Just(Event::Compiled),
        1 => Just(Event::Failed),
        1 => Just(Event::Cancelled),
        4 => Just(Event::Install),
        1 => Just(Event::Stale),
        1 => function.clone().prop_map(|function| Event::Evicted { function }),
        1 => function.clone().prop_map(|function| Event::Withdrawn { function }),
        1 => function.clone().prop_map(|function| Event::Undone { function }),
        1 => function.clone().prop_map(|function| Event::Reloaded { function }),
        1 => function.prop_map(|function| Event::Forget { function }),
        1 => prop::sample::select(&Tier::ALL[..]).prop_map(Event::Cap),
    ]
}

/// Plays the VM thread's part. Functions are named by their place in `alive`, since ids are never used again.
struct Vm {
    scheduler: Scheduler,
    frame: u64,
    alive: Vec<FunctionId>,
    with_workers: VecDeque<(FunctionId, Tier)>,
    to_install: VecDeque<(FunctionId, Tier)>,
    next_id: u64,
}

impl Vm {
    fn new() -> Vm {
        let tunables = Tunables {
            max_functions: 20,
            max_queued: 4,
            max_in_flight: 5,
            max_requests_per_frame: 3,
            cold_frames: 6.0,
            window_frames: 3.0,
            min_samples: 2,
            max_ledger_entries: 30,
            ..Tunables::default()
        };
        Vm {
            scheduler: Scheduler::new(tunables, MACHINE),
            frame: 0,
            alive: (0..24).map(FunctionId).collect(),
            with_workers: VecDeque::new(),
            to_install: VecDeque::new(),
            next_id: 100,
        }
    }

    fn play(&mut self, event: Event) {
        let id = |vm: &Vm, function: u64| vm.alive[function as usize];
        let s = &mut self.scheduler;
        match event {
            Event::Sample { function, quanta } => {
                for _ in 0..quanta {
                    s.sample(self.alive[function as usize], Site::Entry, 1000, 60.0, || info(50));
                }
            }
            Event::EndFrame => self.end_frame(),
            Event::Compiled => {
                if let Some((function, tier)) = self.with_workers.pop_front()
                    && s.compiled(function, COST)
                {
                    self.to_install.push_back((function, tier));
                }
            }
            Event::Failed => {
                if let Some((function, _)) = self.with_workers.pop_front() {
                    s.failed(function, "no");
                }
            }
            Event::Cancelled => {
                if let Some((function, _)) = self.with_workers.pop_front() {
                    s.cancelled(function);
                }
            }
            Event::Install => {
                if let Some((function, tier)) = self.to_install.pop_front() {
                    s.installed(function, tier);
                }
            }
            Event::Stale => {
                if let Some((function, _)) = self.to_install.pop_front() {
                    s.stale(function);
                }
            }
            Event::Evicted { function } => {
                let function = id(self, function);
                self.scheduler.evicted(function, Tier::Interpreter);
            }
            Event::Withdrawn { function } => {
                let function = id(self, function);
                self.scheduler.withdrawn(function, Tier::Interpreter);
            }
            Event::Undone { function } => {
                let function = id(self, function);
                self.scheduler.undone(function, Tier::Interpreter);
            }
            Event::Reloaded { function } => {
                let (old, new) = (id(self, function), FunctionId(self.next_id));
                self.next_id += 1;
                self.alive[function as usize] = new;
                self.scheduler.reloaded(old, new, info(60));
            }
            Event::Forget { function } => {
                self.scheduler.forget(self.alive[function as usize]);
                self.alive[function as usize] = FunctionId(self.next_id);
                self.next_id += 1;
            }
            Event::Cap(tier) => s.set_tier_cap(tier),
        }
    }

    fn end_frame(&mut self) {
        self.frame += 1;
        let plan = self.scheduler.end_frame(&inputs(self.frame), self.frame * 16_000, || false);
        let requests: Vec<_> = std::iter::from_fn(|| self.scheduler.next_request()).collect();
        assert!(requests.len() <= 3);
        for request in requests {
            let is_new =
                self.with_workers.iter().all(|(function, _)| *function != request.function);
            assert!(is_new, "requested twice");
            assert!(request.tier <= self.scheduler.tier_cap());
            self.with_workers.push_back((request.function, request.tier));
        }
        for function in plan.cancels {
            assert!(self.with_workers.iter().any(|(id, _)| *id == function), "nothing to cancel");
        }
    }

    fn check(&self) {
        let s = &self.scheduler;
        assert!(s.functions.len() <= 20 && s.queue.len() <= 4 && s.in_flight.len() <= 5);
        assert_eq!(s.in_flight.len(), self.with_workers.len());
        assert!(s.in_flight_cost_us >= 0.0);
        for (function, record) in &s.functions {
            assert_eq!(s.queue.contains(*function), record.progress == Progress::Queued);
            if record.progress == Progress::Requested {
                assert!(s.in_flight.contains_key(function));
            }
            let under_way = !matches!(record.progress, Progress::Idle(_));
            assert_eq!(record.decision.is_some(), under_way, "{record:?}");
            assert!(record.installed.is_none() || record.tier > Tier::Interpreter);
        }
        assert!(s.queue.iter().all(|(function, _)| s.functions.contains_key(&function)));
    }
}

proptest! {
    #[test]
    fn any_history_keeps_the_tables_in_agreement(
        events in prop::collection::vec(any_event(), 1..400),
    ) {
        let mut vm = Vm::new();
        for event in events {
            vm.play(event);
            vm.check();
        }
    }
}
