//! Failing scripts: the game hears of it and goes on.

use crate::bench::Bench;
use bevy::prelude::*;
use bevy_interlune::ScriptState;
use bevy_interlune::prelude::*;

#[test]
fn an_error_names_script_line_and_callback() {
    let mut bench = Bench::new();
    bench.global(
        "bad.lua",
        "local M = {}\nfunction M.on_update(self)\n  local x = self.missing.field\nend\nreturn M",
    );
    bench.frames(1);
    let errors = bench.errors();
    assert_eq!(errors.len(), 1);
    let error = &errors[0];
    assert_eq!(
        (error.script.as_str(), error.line, error.callback),
        ("bad.lua", Some(3), "on_update")
    );
    assert_eq!(error.message, "attempt to index a nil value (field 'missing')");
    assert!(error.traceback.contains("bad.lua:3"), "{}", error.traceback);
    assert_eq!(error.entity, None);
}

#[test]
fn other_scripts_run_on() {
    let mut bench = Bench::new();
    bench.global("bad.lua", "return { on_update = function() error('no') end }");
    bench.global("good.lua", "return { on_update = function() note('good') end }");
    bench.frames(3);
    assert_eq!(bench.notes.take(), ["good", "good", "good"]);
    assert_eq!(bench.errors().len(), 3);
}

#[test]
fn many_equal_errors_are_one_message_with_a_count() {
    let mut bench = Bench::new();
    let script = bench.script("bad.lua", "return { on_update = function() error('no') end }");
    for _ in 0..50 {
        bench.app.world_mut().spawn(Script::new(script.clone()));
    }
    bench.frames(1);
    let errors = bench.errors();
    assert_eq!(errors.len(), 1);
    assert_eq!((errors[0].count, errors[0].entity), (50, None));
}

#[test]
fn a_script_that_does_not_compile_is_reported_with_its_line() {
    let mut bench = Bench::new();
    bench.global("broken.lua", "local x = 1\nlocal y = = 2\n");
    bench.frames(2);
    let error = bench.only_error();
    assert!(error.starts_with("broken.lua:2: "), "{error}");
    assert_eq!(bench.state(), Some(ScriptState::Failed));
}

#[test]
fn callbacks_that_are_no_functions_are_reported_and_the_rest_runs() {
    let mut bench = Bench::new();
    bench.global("odd.lua", "return { on_load = 5, on_update = function() note('runs') end }");
    bench.frames(1);
    assert_eq!(bench.notes.take(), ["runs"]);
    assert_eq!(bench.only_error(), "odd.lua:?: on_load is a number, not a function");
}

#[test]
fn a_script_that_returns_something_else_is_refused() {
    let mut bench = Bench::new();
    bench.global("odd.lua", "return 'callbacks'");
    bench.frames(1);
    assert!(bench.only_error().contains("returns a table of callbacks"));
}

#[test]
fn a_failed_on_load_is_not_updated() {
    let mut bench = Bench::new();
    let source = "return { on_load = function() error('no') end, on_update = function() note('update') end }";
    bench.global("half.lua", source);
    bench.frames(3);
    assert_eq!(bench.notes.take(), [""; 0]);
    assert_eq!(bench.errors().len(), 1);
}

#[test]
fn garbage_is_refused_with_a_position() {
    let mut bench = Bench::new();
    let garbage: String = (0..10_000_000_u32)
        .map(|n| char::from((n.wrapping_mul(2_654_435_761) >> 25) as u8))
        .collect();
    bench.global("garbage.lua", &garbage);
    bench.frames(1);
    assert!(bench.errors()[0].line.is_some());
    let handle = bench
        .app
        .world_mut()
        .resource_mut::<Assets<ScriptAsset>>()
        .add(ScriptAsset::new("bytes.lua", b"local s = \"\xff\xfe\"\nlocal t = \xff".to_vec()));
    bench.app.world_mut().resource_mut::<GlobalScripts>().handles.push(handle);
    bench.frames(1);
    assert_eq!(bench.errors()[0].line, Some(2));
}
