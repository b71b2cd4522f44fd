use super::*;
use proptest::prelude::*;

/// 60 Hz, two cores, one worker, 4 ms of work beside 3 ms of rendering.
const CALM: FrameInputs = FrameInputs {
    frame: 0,
    wall_ms: 16.67,
    target_ms: 16.67,
    main_busy_ms: 4.0,
    main_kept_ms: 0.0,
    render_busy_ms: 3.0,
    pipelined: true,
    script_ms: 2.0,
    gc_ms: 0.0,
    install_ms: 0.0,
    installs: 0,
    compile_cpu_ms: 0.0,
    process_idle_core_ms: 26.0,
    other_load_cores: 0.0,
    cores: 2,
    workers: 1,
    waiting: Waiting { jobs: 0, best_break_even: None },
};

fn run(
    tunables: &Tunables,
    state: &mut GovernorState,
    inputs: &FrameInputs,
    frames: u32,
) -> FrameDecision {
    let mut last = None;
    for _ in 0..frames {
        let (next, decision) = decide(tunables, *state, inputs);
        *state = next;
        last = Some(decision);
    }
    last.expect("at least one frame")
}

fn steady(inputs: &FrameInputs) -> FrameDecision {
    run(&Tunables::default(), &mut GovernorState::default(), inputs, 100)
}

#[test]
fn slack_is_what_the_longer_thread_leaves() {
    let decision = steady(&CALM);
    assert!((decision.slack_ms - (16.67 - 2.0 - 4.0)).abs() < 1e-6);
    assert_eq!(decision.reason, AllowanceReason::Slack);
    assert!((decision.allowance_us - 10_670.0).abs() < 1.0);
    let render_bound = steady(&FrameInputs { render_busy_ms: 9.0, ..CALM });
    assert!((render_bound.slack_ms - 5.67).abs() < 1e-6);
    let collecting = steady(&FrameInputs { main_busy_ms: 12.0, gc_ms: 8.0, ..CALM });
    assert!((collecting.slack_ms - 10.67).abs() < 1e-6);
    let in_turn = steady(&FrameInputs { pipelined: false, ..CALM });
    assert!((in_turn.slack_ms - 7.67).abs() < 1e-6);
}

#[test]
fn the_slack_falls_fast_and_rises_slowly() {
    let tunables = Tunables::default();
    let mut state = GovernorState::default();
    let before = run(&tunables, &mut state, &CALM, 100).slack_ms;
    let spike = FrameInputs { main_busy_ms: 14.0, ..CALM };
    let at_spike = run(&tunables, &mut state, &spike, 1).slack_ms;
    assert!(at_spike < 3.0, "{at_spike}");
    let after = run(&tunables, &mut state, &CALM, 1).slack_ms;
    assert!(after < 4.0, "{after}");
    let later = run(&tunables, &mut state, &CALM, 60).slack_ms;
    assert!(later > before - 0.1, "{later}");
}

#[test]
fn without_slack_a_minimum_stays() {
    let late = FrameInputs { main_busy_ms: 20.0, wall_ms: 20.0, script_ms: 1.0, ..CALM };
    let contended = steady(&FrameInputs { process_idle_core_ms: 0.0, ..late });
    assert_eq!(contended.reason, AllowanceReason::Minimum);
    assert!((contended.allowance_us - 100.0).abs() < 1e-6);
    assert_eq!(contended.price, 1.0);
    let idle = steady(&FrameInputs { process_idle_core_ms: 20.0, ..late });
    assert!((idle.allowance_us - 1000.0).abs() < 1e-6);
    assert!((idle.price - 0.1).abs() < 1e-9);
}

#[test]
fn contended_cores_get_a_share_of_the_slack() {
    let busy = steady(&FrameInputs { other_load_cores: 2.0, ..CALM });
    assert!((busy.allowance_us - 0.25 * 10_670.0).abs() < 1.0);
    assert_eq!(busy.price, 1.0);
}

#[test]
fn what_workers_use_themselves_does_not_make_a_core_busy() {
    let working = FrameInputs { compile_cpu_ms: 10.0, process_idle_core_ms: 16.0, ..CALM };
    assert_eq!(steady(&working).price, steady(&CALM).price);
}

#[test]
fn invests_when_scripts_are_why_frames_are_late_and_it_pays_soon() {
    let waiting = Waiting { jobs: 5, best_break_even: Some(BreakEven::after(2.0)) };
    let bound = FrameInputs {
        main_busy_ms: 25.0,
        script_ms: 18.0,
        wall_ms: 25.0,
        process_idle_core_ms: 0.0,
        waiting,
        ..CALM
    };
    let decision = steady(&bound);
    assert!(decision.invest);
    assert!((decision.allowance_us - 1000.0).abs() < 1e-6);
    let with_core = steady(&FrameInputs { process_idle_core_ms: 25.0, ..bound });
    assert!((with_core.allowance_us - 6000.0).abs() < 1e-6);

    let others = FrameInputs { script_ms: 3.0, ..bound };
    assert!(!steady(&others).invest, "the rest of the game is why");
    let far = Waiting { best_break_even: Some(BreakEven::after(500.0)), ..waiting };
    assert!(!steady(&FrameInputs { waiting: far, ..bound }).invest, "it pays too late");
    let nothing = Waiting::default();
    assert!(!steady(&FrameInputs { waiting: nothing, ..bound }).invest, "nothing waits");
}

/// Runs until one more is held back; the number of frames that took.
fn frames_until_held(tunables: &Tunables, state: &mut GovernorState, inputs: &FrameInputs) -> u32 {
    let before = state.hold.held_back();
    (1..1000)
        .find(|_| run(tunables, state, inputs, 1).held_back > before)
        .expect("held back at last")
}

#[test]
fn holds_a_worker_back_that_keeps_the_main_thread_from_its_core() {
    let tunables = Tunables::default();
    let mut state = GovernorState::default();
    let calm = FrameInputs { workers: 2, main_kept_ms: 0.02, ..CALM };
    assert_eq!(run(&tunables, &mut state, &calm, 100).workers_active, 2);
    let harmful = FrameInputs { compile_cpu_ms: 8.0, main_kept_ms: 0.5, ..calm };
    let harmless = FrameInputs { main_kept_ms: 0.02, ..harmful };
    assert!(frames_until_held(&tunables, &mut state, &harmful) < 20);
    assert_eq!(run(&tunables, &mut state, &harmless, 250).workers_active, 1);
    // Let go after a while, found harmful again, and held longer.
    assert_eq!(run(&tunables, &mut state, &harmless, 50).workers_active, 2);
    assert!(frames_until_held(&tunables, &mut state, &harmful) < 20);
    assert_eq!(run(&tunables, &mut state, &harmless, 590).workers_active, 1);
    assert_eq!(run(&tunables, &mut state, &harmless, 20).workers_active, 2);
}

#[test]
fn a_single_worker_is_slowed_instead() {
    let tunables = Tunables::default();
    let mut state = GovernorState::default();
    let full = run(&tunables, &mut state, &CALM, 100);
    let harmful = FrameInputs { compile_cpu_ms: 8.0, main_kept_ms: 0.5, ..CALM };
    frames_until_held(&tunables, &mut state, &harmful);
    let harmless = FrameInputs { main_kept_ms: 0.0, ..harmful };
    let slowed = run(&tunables, &mut state, &harmless, 100);
    assert_eq!(slowed.workers_active, 1);
    assert!((slowed.allowance_us - full.allowance_us / 2.0).abs() < 1.0);
}

#[test]
fn the_machines_own_noise_holds_nobody_back() {
    let tunables = Tunables::default();
    let mut state = GovernorState::default();
    for frame in 0..2000u32 {
        let inputs = FrameInputs {
            workers: 3,
            compile_cpu_ms: if frame % 3 == 0 { 5.0 } else { 0.0 },
            // Kept for 0.3 ms every fifth frame, and once for very long, whatever workers do.
            main_kept_ms: if frame == 901 { 40.0 } else { f64::from(frame % 5 / 4) * 0.3 },
            ..CALM
        };
        let decision = run(&tunables, &mut state, &inputs, 1);
        assert_eq!(decision.held_back, 0, "frame {frame}");
    }
}

#[test]
fn installs_are_limited_by_what_they_were_measured_to_take() {
    assert_eq!(steady(&CALM).max_installs, 16);
    let dear = FrameInputs { installs: 2, install_ms: 0.05, ..CALM };
    assert_eq!(steady(&dear).max_installs, 4);
    let very_dear = FrameInputs { installs: 1, install_ms: 3.0, ..CALM };
    assert_eq!(steady(&very_dear).max_installs, 1);
}

#[test]
fn without_frames_the_wall_clock_pays() {
    let tunables = Tunables::default();
    let state = GovernorState::default();
    let tick = WallInputs { frame: 0, elapsed_ms: 2.0, target_ms: 16.67, cores: 2, workers: 1 };
    let decision = decide_wall(&tunables, &state, &tick);
    assert_eq!(decision.reason, AllowanceReason::WallClock);
    assert!((decision.allowance_us - 2000.0).abs() < 1e-9);
    assert!((decision.price - 0.1).abs() < 1e-9);
    let one_core = decide_wall(&tunables, &state, &WallInputs { cores: 1, ..tick });
    assert!((one_core.allowance_us - 500.0).abs() < 1e-9);
    assert_eq!(one_core.price, 1.0);
}

#[test]
fn inputs_and_state_survive_being_recorded() {
    let (state, _) = decide(&Tunables::default(), GovernorState::default(), &CALM);
    let text = serde_json::to_string(&(state, CALM)).unwrap();
    let read: (GovernorState, FrameInputs) = serde_json::from_str(&text).unwrap();
    assert_eq!(read, (state, CALM));
}

fn any_inputs() -> impl Strategy<Value = FrameInputs> {
    let times = prop::array::uniform8(0.0..40.0f64);
    (times, any::<bool>(), 1u32..16, 1u32..16, prop::option::of(0.0..1000.0f64)).prop_map(
        |(t, pipelined, cores, workers, best)| FrameInputs {
            main_busy_ms: t[0],
            render_busy_ms: t[1],
            script_ms: t[2].min(t[0]),
            main_kept_ms: t[3] / 40.0,
            compile_cpu_ms: t[4],
            process_idle_core_ms: t[5] * f64::from(cores) / 2.0,
            other_load_cores: t[6] / 20.0,
            wall_ms: t[0].max(16.67) + t[7] / 10.0,
            pipelined,
            cores,
            workers,
            waiting: Waiting { jobs: 1, best_break_even: best.map(BreakEven::after) },
            ..CALM
        },
    )
}

proptest! {
    #[test]
    fn no_frames_break_the_invariants(
        frames in prop::collection::vec(any_inputs(), 1..200),
    ) {
        let tunables = Tunables::default();
        let mut state = GovernorState::default();
        for inputs in frames {
            let (next, d) = decide(&tunables, state, &inputs);
            prop_assert_eq!((next, d), decide(&tunables, state, &inputs), "not a pure function");
            state = next;
            let slack_us = d.slack_ms.max(0.0) * 1000.0 * f64::from(d.workers_active);
            match d.reason {
                AllowanceReason::Slack => prop_assert!(d.allowance_us <= slack_us + 1e-6),
                AllowanceReason::Minimum => {
                    prop_assert!(d.allowance_us <= tunables.min_allowance_idle_us + 1e-6);
                }
                AllowanceReason::Invest => {
                    prop_assert!(d.allowance_us <= tunables.invest_allowance_idle_us + 1e-6);
                }
                AllowanceReason::WallClock => prop_assert!(false),
            }
            prop_assert!(d.allowance_us > 0.0);
            prop_assert!(d.bucket_cap_us >= d.allowance_us);
            prop_assert!((1..=inputs.workers).contains(&d.workers_active));
            prop_assert!((0.1..=1.0).contains(&d.price));
            prop_assert!((1..=tunables.max_installs_per_frame).contains(&d.max_installs));
        }
    }
}
