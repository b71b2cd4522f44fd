//! Endless loops, endless allocation, endless recursion.

use crate::bench::Bench;
use bevy::prelude::*;
use bevy_interlune::prelude::*;
use bevy_interlune::{ScriptFrameStats, ScriptState};
use std::time::{Duration, Instant};

fn strict() -> ScriptSettings {
    ScriptSettings {
        callback_time_limit: Duration::from_millis(20),
        memory_limit: Some(32 << 20),
        ..default()
    }
}

#[test]
fn an_endless_loop_is_stopped_and_named() {
    let mut bench = Bench::with_settings(strict());
    bench.global("loop.lua", "return { on_update = function()\n  while true do end\nend }");
    bench.global("good.lua", "return { on_update = function() note('good') end }");
    let begun = Instant::now();
    bench.frames(1);
    assert!(begun.elapsed() < Duration::from_millis(500));
    let error = bench.only_error();
    assert!(error.starts_with("loop.lua:2: ") && error.contains("time"), "{error}");
    bench.frames(5);
    // Three loops, and the note that there will be no fourth.
    assert_eq!(bench.errors().len(), 3);
    assert_eq!(bench.state(), Some(ScriptState::Suspended));
    assert_eq!(bench.notes.take().len(), 6);
}

#[test]
fn a_loop_beside_a_sound_callback_is_suspended_too() {
    let mut bench = Bench::with_settings(strict());
    let script = bench.script(
        "loop.lua",
        "return { on_fixed_update = function() note('fixed') end, on_update = function() while true do end end }",
    );
    for _ in 0..100 {
        bench.app.world_mut().spawn(Script::new(script.clone()));
    }
    let begun = Instant::now();
    bench.frames(10);
    // One stopped callback a frame, for three frames, whatever the number of entities.
    assert!(begun.elapsed() < Duration::from_millis(1000));
    assert_eq!(bench.state(), Some(ScriptState::Suspended));
    assert_eq!(bench.notes.take().len(), 300);
}

#[test]
fn a_loop_that_catches_everything_is_stopped_too() {
    let mut bench = Bench::with_settings(strict());
    bench.global("loop.lua", "return { on_update = function() while true do pcall(function() while true do end end) end end }");
    let begun = Instant::now();
    bench.frames(1);
    assert!(begun.elapsed() < Duration::from_millis(500));
    assert!(bench.only_error().contains("time"));
}

#[test]
fn memory_runs_out_and_the_vm_works_on() {
    let mut bench = Bench::with_settings(strict());
    bench.global(
        "hungry.lua",
        "return { on_load = function() local t = {} for i = 1, 1e9 do t[i] = { i } end end }",
    );
    bench.global("good.lua", "return { on_update = function() local t = {} for i = 1, 1000 do t[i] = {} end note('good') end }");
    bench.frames(3);
    assert!(bench.only_error().contains("memory"));
    assert_eq!(bench.notes.take(), ["good", "good", "good"]);
}

#[test]
fn endless_recursion_is_an_error() {
    let mut bench = Bench::new();
    bench.global("deep.lua", "local function f() return 1 + f() end\nreturn { on_update = f }");
    bench.frames(1);
    assert!(bench.only_error().contains("stack overflow"));
}

#[test]
fn garbage_is_collected_between_frames() {
    let mut bench = Bench::new();
    bench.global("waste.lua", "return { on_update = function() local t = {} for i = 1, 2000 do t[i] = { i, {} } end end }");
    bench.frames(50);
    let early = bench.app.world().resource::<ScriptFrameStats>().heap_bytes;
    bench.frames(300);
    let stats = bench.app.world().resource::<ScriptFrameStats>();
    assert!(stats.gc > Duration::ZERO);
    assert!(stats.heap_bytes < early * 3 + (8 << 20), "{early} then {}", stats.heap_bytes);
}

#[test]
fn a_broken_version_does_not_cost_the_state_of_a_script_that_has_filled_the_memory() {
    let patient = Duration::from_secs(10);
    let mut bench =
        Bench::with_settings(ScriptSettings { callback_time_limit: patient, ..strict() });
    let source = "
        local M = {}
        function M.on_load(self) self.score, self.hoard = 1234, {} end
        function M.on_update(self)
            note(tostring(self.score))
            if not self.full then self.full = true for i = 1, 1e9 do self.hoard[i] = { i } end end
        end
        return M";
    let script = bench.global("hoard.lua", source);
    bench.frames(2);
    assert!(bench.only_error().contains("memory"));
    for broken in ["return {", ""] {
        bench.replace(&script, "hoard.lua", broken);
        bench.frames(1);
        assert_eq!(bench.errors().len(), 1, "{broken}");
        assert_eq!(bench.state(), Some(ScriptState::Outdated));
    }
    assert_eq!(bench.notes.take(), ["1234", "1234", "1234", "1234"]);
}

#[test]
fn an_endless_reload_is_not_repeated_for_every_entity() {
    let settings = ScriptSettings { load_time_limit: Duration::from_millis(20), ..strict() };
    let mut bench = Bench::with_settings(settings);
    let script = bench.script("loop.lua", "return { on_update = function() end }");
    for _ in 0..200 {
        bench.app.world_mut().spawn(Script::new(script.clone()));
    }
    bench.frames(1);
    bench.replace(&script, "loop.lua", "return { on_reload = function() while true do end end }");
    let begun = Instant::now();
    bench.frames(2);
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert_eq!(bench.state(), Some(ScriptState::Suspended));
    // What cannot be loaded does not bring it back.
    bench.replace(&script, "loop.lua", "return {");
    bench.frames(1);
    assert_eq!(bench.state(), Some(ScriptState::Suspended));
    bench.replace(&script, "loop.lua", "return { on_update = function() note('back') end }");
    bench.frames(1);
    assert_eq!(bench.notes.take().len(), 200);
}

#[test]
fn no_limit_is_a_setting() {
    let settings = ScriptSettings {
        target_frame: Some(Duration::MAX),
        gc_most: Duration::MAX,
        gc_least: Duration::from_micros(1),
        callback_time_limit: Duration::MAX,
        load_time_limit: Duration::MAX,
        ..default()
    };
    let mut bench = Bench::with_settings(settings);
    bench.global("good.lua", "return { on_update = function() note('good') end }");
    bench.frames(3);
    assert_eq!(bench.notes.take().len(), 3);
}
