//! Compiling in the background: scripts become quick while the game runs, and compute the same.

use crate::bench::Bench;
use bevy::prelude::*;
use bevy_interlune::prelude::*;
use bevy_interlune::{
    JitTiming, ScriptFrameStats, ScriptJitState, ScriptJitStatus, script_jit_report,
};
use interlune::jit::Tier;
use interlune::jit::ledger::LedgerRow;
use std::time::Duration;

/// A function that is hot, and a note of what it computed in each frame.
const HOT: &str = "
local total = 0
local function work(n)
  local s = n
  for i = 1, 3000 do s = (s * 31 + i) % 65521 end
  return s
end
return { on_update = function()
  for i = 1, 4 do total = (total + work(i + total)) % 1000003 end
  note(tostring(total))
end }";

fn with(settings: ScriptSettings) -> (Bench, Handle<ScriptAsset>) {
    let mut bench = Bench::with_settings(settings);
    let script = bench.global("hot.lua", HOT);
    (bench, script)
}

fn status(bench: &Bench) -> &ScriptJitStatus {
    bench.app.world().resource::<ScriptJitStatus>()
}

fn compiles(bench: &Bench) -> u64 {
    status(bench).counters.compiles
}

fn command(bench: &mut Bench, message: ScriptJitMessage) {
    bench.app.world_mut().write_message(message);
}

/// What the script says in so many frames when it is interpreted.
fn expected(frames: usize) -> Vec<String> {
    let (mut bench, _) = with(ScriptSettings { jit: JitMode::Off, ..default() });
    bench.frames(frames as u32);
    assert_eq!(status(&bench).state, ScriptJitState::Off);
    assert_eq!(bench.errors(), []);
    bench.notes.take()
}

#[test]
fn hot_functions_are_compiled_in_the_background_and_compute_the_same() {
    let (mut bench, _) = with(ScriptSettings::default());
    bench.until(|bench| compiles(bench) >= 1);
    assert!(bench.app.world().resource::<ScriptFrameStats>().frame < 1000);
    bench.frames(100);
    let notes = bench.notes.take();
    assert_eq!(notes, expected(notes.len()));
    let report = script_jit_report(bench.app.world_mut());
    let work = report.functions.iter().find(|function| function.info.line == 3);
    let work = work.expect("the hot function was seen");
    // Whether it has been optimized by now depends on the machine.
    assert!(work.tier >= Tier::Baseline && !work.failed, "{:?}", work.tier);
    assert!(work.calls > 400 && work.code_bytes > 0);
    // It may have been found too young to compile before.
    let is_it = |row: &&LedgerRow| row.function.contains("hot.lua:3") && row.tier == Tier::Baseline;
    let row = report.ledger.iter().rfind(is_it).expect("there is a decision about it");
    assert_eq!(row.outcome, "installed");
    assert!(row.cost_ms > 0.0 && row.saving_ms_per_frame > 0.0);
    assert_eq!(bench.errors(), []);
}

#[test]
fn the_frame_says_what_compiling_took() {
    let (mut bench, _) = with(ScriptSettings::default());
    let (mut allowed, mut compiled, mut installed) = <(Duration, Duration, Duration)>::default();
    for _ in 0..300 {
        bench.frames(1);
        std::thread::sleep(Duration::from_millis(1));
        let stats = bench.app.world().resource::<ScriptFrameStats>();
        allowed += stats.allowance;
        compiled += stats.compile;
        installed += stats.install;
        assert!(stats.jit >= stats.install && stats.jit <= stats.main);
    }
    assert!(compiles(&bench) >= 1);
    assert!(allowed >= compiled && compiled > Duration::ZERO && installed > Duration::ZERO);
}

#[test]
fn the_tier_cap_takes_code_away_and_gives_it_back() {
    let (mut bench, _) = with(ScriptSettings::default());
    bench.until(|bench| compiles(bench) >= 1);
    command(&mut bench, ScriptJitMessage::SetMode(JitMode::Off));
    bench.frames(1);
    assert_eq!((status(&bench).mode, status(&bench).counters.code_bytes), (JitMode::Off, 0));
    let before = compiles(&bench);
    bench.frames(200);
    assert_eq!((compiles(&bench), status(&bench).counters.code_bytes), (before, 0));
    command(&mut bench, ScriptJitMessage::SetMode(JitMode::Baseline));
    bench.until(|bench| compiles(bench) > before);
    assert!(status(&bench).counters.code_bytes > 0);
    let notes = bench.notes.take();
    assert_eq!(notes, expected(notes.len()));
}

#[test]
fn compilers_that_were_off_can_be_turned_on() {
    let (mut bench, _) = with(ScriptSettings { jit: JitMode::Off, ..default() });
    bench.frames(30);
    assert!(script_jit_report(bench.app.world_mut()).functions.is_empty());
    command(&mut bench, ScriptJitMessage::SetMode(JitMode::On));
    bench.until(|bench| compiles(bench) >= 1);
    assert_eq!(status(&bench).state, ScriptJitState::Ready);
    let notes = bench.notes.take();
    assert_eq!(notes, expected(notes.len()));
}

#[test]
fn a_pause_holds_compiling_back() {
    let mut bench = Bench::new();
    command(&mut bench, ScriptJitMessage::SetPaused(true));
    bench.global("hot.lua", HOT);
    bench.frames(200);
    assert_eq!((compiles(&bench), status(&bench).paused), (0, true));
    command(&mut bench, ScriptJitMessage::SetPaused(false));
    bench.until(|bench| compiles(bench) >= 1);
}

#[test]
fn a_frame_allows_no_more_than_the_budget() {
    let (mut bench, _) = with(ScriptSettings { workers: Some(1), ..default() });
    let allowed = |bench: &Bench| status(bench).decision.map(|decision| decision.allowance_us);
    for (budget, most) in [(Duration::ZERO, 0.0), (Duration::from_micros(50), 50.0)] {
        command(&mut bench, ScriptJitMessage::SetCompileBudget(budget));
        for _ in 0..20 {
            bench.frames(1);
            assert!(allowed(&bench).is_some_and(|allowed| allowed <= most), "{budget:?}");
        }
    }
    command(&mut bench, ScriptJitMessage::SetCompileBudget(Duration::from_millis(12)));
    bench.until(|bench| compiles(bench) >= 1);
}

#[test]
fn the_number_of_workers_can_be_set() {
    let (mut bench, _) = with(ScriptSettings { workers: Some(1), ..default() });
    bench.frames(2);
    assert_eq!(status(&bench).workers, 1);
    bench.until(|bench| compiles(bench) >= 1);
    command(&mut bench, ScriptJitMessage::SetWorkers(3));
    bench.frames(2);
    assert_eq!(status(&bench).workers, 3);
    assert_eq!(status(&bench).inputs.expect("frames were measured").workers, 3);
    command(&mut bench, ScriptJitMessage::SetWorkers(0));
    bench.frames(2);
    assert_eq!(status(&bench).workers, 1);
}

#[test]
fn a_reload_while_functions_compile() {
    let (mut bench, script) = with(ScriptSettings { workers: Some(1), ..default() });
    // A reload keeps the script's state, so the versions together say what one would.
    for version in 0..60 {
        bench.frames(1 + version % 4);
        bench.replace(&script, "hot.lua", &format!("{HOT}\n-- version {version}"));
    }
    bench.frames(100);
    assert_eq!(bench.errors(), []);
    let notes = bench.notes.take();
    assert_eq!(notes, expected(notes.len()));
}

#[test]
fn a_reloaded_function_inherits_what_is_known_of_the_old_one() {
    let (mut bench, script) = with(ScriptSettings::default());
    bench.until(|bench| compiles(bench) >= 1);
    bench.frames(200);
    // What has the age of the old one may be compiled at once, and is to be told from it by its tier.
    command(&mut bench, ScriptJitMessage::SetPaused(true));
    bench.frames(1);
    bench.replace(&script, "hot.lua", &HOT.replace("* 31", "* 37"));
    bench.frames(1);
    let report = script_jit_report(bench.app.world_mut());
    let ages: Vec<f64> = report
        .functions
        .iter()
        .filter(|function| function.info.line == 3 && function.tier == Tier::Interpreter)
        .filter_map(|function| Some(function.status.as_ref()?.age_frames))
        .collect();
    assert!(ages.iter().any(|&age| age >= 200.0), "{ages:?}");
}

#[test]
fn code_of_old_versions_is_freed() {
    let (mut bench, script) =
        with(ScriptSettings { jit_timing: JitTiming::Sync { threshold: 0 }, ..default() });
    bench.frames(1);
    let of_one = status(&bench).counters.code_bytes;
    for version in 0..30 {
        // The version before last is garbage by now.
        let source = format!("collectgarbage() {HOT}\n-- version {version}");
        bench.replace(&script, "hot.lua", &source);
        bench.frames(10);
    }
    bench.frames(200);
    let code_bytes = status(&bench).counters.code_bytes;
    assert!(of_one > 0 && code_bytes < 8 * of_one, "{of_one}, then {code_bytes}");
}

#[test]
fn compiling_at_once_repeats() {
    let timing = JitTiming::Sync { threshold: 0 };
    let run = || {
        let (mut bench, _) = with(ScriptSettings { jit_timing: timing, ..default() });
        bench.frames(1);
        let first = compiles(&bench);
        bench.frames(50);
        assert_eq!(bench.notes.take(), expected(51));
        command(&mut bench, ScriptJitMessage::SetMode(JitMode::Off));
        bench.frames(20);
        assert_eq!(status(&bench).counters.code_bytes, 0);
        (first, compiles(&bench))
    };
    let (first, all) = run();
    assert!(first >= 3, "the chunk, the callback and the function, but {first}");
    assert_eq!(run(), (first, all));
}

#[test]
fn little_room_for_code_changes_no_result() {
    // Two hot functions, each of which throws the other's code away.
    let pair = HOT.replace("return { on_update", "local first = work\nlocal function work(n)\n  local s = first(n)\n  for i = 1, 3000 do s = (s * 29 + i) % 65519 end\n  return s\nend\nreturn { on_update");
    let run = |max_code_bytes, jit| {
        let mut bench = Bench::with_settings(ScriptSettings { jit, max_code_bytes, ..default() });
        bench.global("hot.lua", &pair);
        bench.frames(400);
        assert_eq!(bench.errors(), []);
        (bench.notes.take(), status(&bench).counters.evictions)
    };
    let (notes, evictions) = run(1, JitMode::On);
    assert!(evictions > 0);
    assert_eq!(notes, run(1, JitMode::Off).0);
}

#[test]
fn where_there_is_no_compiler_scripts_are_interpreted() {
    let jit_machine = Some("mips64-unknown-linux-gnu".to_owned());
    let (mut bench, _) = with(ScriptSettings { jit_machine, ..default() });
    bench.frames(20);
    match &status(&bench).state {
        ScriptJitState::Unsupported(why) => assert!(why.contains("not supported"), "{why}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(bench.errors(), []);
    assert_eq!(bench.notes.take(), expected(20));
    // A wish for compilers changes nothing.
    command(&mut bench, ScriptJitMessage::SetMode(JitMode::On));
    bench.frames(2);
    assert!(matches!(status(&bench).state, ScriptJitState::Unsupported(_)));
}
