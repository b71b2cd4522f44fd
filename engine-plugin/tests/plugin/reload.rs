//! A changed script takes over where the old one was.

use crate::bench::Bench;
use bevy_interlune::ScriptState;

fn counter(step: &str, extra: &str) -> String {
    format!(
        r#"
        local total = 0
        local STEP = {step}
        local M = {{}}
        function M.on_load(self) self.calls = 0 end
        function M.on_update(self)
            total = total + STEP
            self.calls = self.calls + 1
            note(self.calls .. ":" .. total)
        end
        {extra}
        return M
    "#
    )
}

#[test]
fn new_functions_old_data() {
    let mut bench = Bench::new();
    let script = bench.global("count.lua", &counter("1", ""));
    bench.frames(2);
    assert_eq!(bench.notes.take(), ["1:1", "2:2"]);
    let extra = "function M.on_reload(self) note('reloaded at ' .. self.calls) end";
    bench.replace(&script, "count.lua", &counter("10", extra));
    bench.frames(1);
    assert_eq!(
        bench.notes.take(),
        ["reloaded at 2", "3:12"],
        "a changed constant counts, a counter goes on"
    );
    let reloads = bench.reloads();
    assert_eq!(
        (reloads.len(), reloads[0].script.as_str(), reloads[0].version),
        (1, "count.lua", 2)
    );
    assert!(bench.errors().is_empty());
}

#[test]
fn a_version_that_does_not_compile_leaves_the_old_one_running() {
    let mut bench = Bench::new();
    let script = bench.global("count.lua", &counter("1", ""));
    bench.frames(1);
    bench.replace(&script, "count.lua", &counter("1", "function"));
    bench.frames(1);
    assert_eq!(bench.notes.take(), ["1:1", "2:2"]);
    assert_eq!(bench.errors().len(), 1);
    assert_eq!(bench.state(), Some(ScriptState::Outdated));
    bench.replace(&script, "count.lua", &counter("5", ""));
    bench.frames(1);
    assert_eq!(bench.notes.take(), ["3:7"]);
    assert_eq!(bench.state(), Some(ScriptState::Running));
}

#[test]
fn a_version_that_fails_while_it_loads_leaves_the_old_one_running() {
    let mut bench = Bench::new();
    let script = bench.global("count.lua", &counter("1", ""));
    bench.frames(1);
    bench.replace(&script, "count.lua", &counter("1", "error('at the top level')"));
    bench.frames(1);
    assert_eq!(bench.notes.take(), ["1:1", "2:2"]);
    assert!(bench.only_error().contains("at the top level"));
    bench.replace(&script, "count.lua", "");
    bench.frames(1);
    assert_eq!(bench.notes.take(), ["3:3"], "an empty file is one that is just being written");
}

#[test]
fn a_reload_brings_a_stopped_script_back() {
    let mut bench = Bench::new();
    let script = bench.global(
        "half.lua",
        "return { on_load = function() error('no') end, on_update = function() note('a') end }",
    );
    bench.frames(1);
    bench.replace(
        &script,
        "half.lua",
        "return { on_load = function() note('load') end, on_update = function() note('b') end }",
    );
    bench.frames(1);
    assert_eq!(bench.notes.take(), ["load", "b"]);
}

#[test]
fn globals_of_a_script_survive() {
    let mut bench = Bench::new();
    let script = bench.global(
        "global.lua",
        "count = (count or 0) + 1; return { on_update = function() note('v1 ' .. count) end }",
    );
    bench.frames(1);
    bench.replace(
        &script,
        "global.lua",
        "count = (count or 0) + 1; return { on_update = function() note('v2 ' .. count) end }",
    );
    bench.frames(1);
    assert_eq!(bench.notes.take(), ["v1 1", "v2 2"]);
}
