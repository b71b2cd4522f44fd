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

#[test]
fn the_table_of_a_script_stays_the_same_for_whoever_holds_it() {
    let mut bench = Bench::new();
    let source = |word: &str, start: i32| {
        format!(
            "local Door = {{ opened = {start} }}
             function Door.word() return '{word}' end
             function Door.on_load(self) _G.door = Door end
             function Door.on_update(self) self.opened = self.opened + 1 end
             return Door"
        )
    };
    let script = bench.global("door.lua", &source("old", 0));
    bench.global(
        "other.lua",
        "local door
         return { on_update = function()
           door = door or _G.door
           door.opened = door.opened + 1
           note(door.word() .. door.opened)
         end }",
    );
    bench.frames(2);
    bench.replace(&script, "door.lua", &source("new", 100));
    bench.frames(1);
    assert_eq!(bench.notes.take(), ["old1", "old2", "new3"]);
}

#[test]
fn a_script_without_a_table_keeps_its_local_variables() {
    let mut bench = Bench::new();
    let source = |step: i32, rest: &str| {
        format!(
            "local total = 0\nfunction on_update() total = total + {step} note('' .. total) end {rest}"
        )
    };
    let extra = "function on_fixed_update() note('fixed') end";
    let script = bench.global("plain.lua", &source(1, extra));
    bench.frames(2);
    assert_eq!(bench.notes.take(), ["fixed", "1", "fixed", "2"]);
    bench.replace(&script, "plain.lua", &source(10, ""));
    bench.frames(1);
    assert_eq!(bench.notes.take(), ["12"], "the callback that was deleted is gone");
    assert_eq!(bench.errors(), []);
}

#[test]
fn a_deleted_function_is_gone_and_one_added_at_run_time_is_not() {
    let mut bench = Bench::new();
    let source = |functions: &str| {
        format!(
            "local M = {{}} {functions}
             function M.on_load() M.added = function() end end
             function M.on_update(self) note(type(self.helper) .. ' ' .. type(self.added)) end
             return M"
        )
    };
    let script = bench.global("m.lua", &source("function M.helper() end"));
    bench.frames(1);
    bench.replace(&script, "m.lua", &source(""));
    bench.frames(1);
    assert_eq!(bench.notes.take(), ["function function", "nil function"]);
}

#[test]
fn a_coroutine_outlives_a_reload_and_uses_the_new_functions() {
    let mut bench = Bench::new();
    let source = |step: i32| {
        format!(
            "local n = 0
             local function step() n = n + {step} end
             local M = {{}}
             function M.on_load(self)
               self.routine = coroutine.wrap(function() while true do step() coroutine.yield() end end)
             end
             function M.on_update(self) self.routine() note('' .. n) end
             return M"
        )
    };
    let script = bench.global("routine.lua", &source(1));
    bench.frames(2);
    bench.replace(&script, "routine.lua", &source(10));
    bench.frames(2);
    assert_eq!(bench.notes.take(), ["1", "2", "12", "22"]);
}

#[test]
fn a_version_that_fails_leaves_globals_and_world_as_they_were() {
    let mut bench = Bench::new();
    let good = "count = 1 function helper() return 'good' end
        return { on_update = function() note(helper() .. count .. tostring(extra) .. #world.entities('Name')) end }";
    let script = bench.global("g.lua", good);
    bench.frames(1);
    let bad = "count = 2 extra = true function helper() return 'bad' end world.spawn { Name = 'x' } error('late')";
    bench.replace(&script, "g.lua", bad);
    bench.frames(1);
    assert_eq!(bench.notes.take(), ["good1nil0", "good1nil0"]);
    assert!(bench.only_error().contains("late"));
}

#[test]
fn a_reload_survives_any_number_of_versions() {
    let mut bench = Bench::new();
    let script = bench.global("count.lua", &counter("1", ""));
    for version in 0..50 {
        bench.frames(1);
        let source = if version % 5 == 4 { "return 5".to_owned() } else { counter("1", "") };
        bench.replace(&script, "count.lua", &source);
    }
    bench.notes.take();
    bench.frames(1);
    assert_eq!(bench.notes.take(), ["51:51"]);
}

#[test]
fn who_has_not_been_called_yet_is_loaded_by_a_later_version() {
    for first in ["", "-- still to be written"] {
        let mut bench = Bench::new();
        let script = bench.global("count.lua", first);
        bench.frames(2);
        bench.replace(&script, "count.lua", &counter("1", ""));
        bench.frames(2);
        assert_eq!(bench.notes.take(), ["1:1", "2:2"], "{first:?}");
        assert!(bench.errors().is_empty());
    }
}

#[test]
fn a_table_that_all_scripts_share_is_no_script() {
    let mut bench = Bench::new();
    for (at, returned) in ["_G", "math"].into_iter().enumerate() {
        let script = bench.global(&format!("shared{at}.lua"), &format!("return {returned}"));
        bench.frames(1);
        let error = bench.only_error();
        assert!(error.contains(&format!("returned '{returned}'")), "{error}");
        bench.replace(&script, &format!("shared{at}.lua"), "return {}");
        bench.frames(1);
    }
    bench.global("user.lua", "note(type(print) .. math.floor(1.5))");
    bench.frames(1);
    assert_eq!(bench.notes.take(), ["function1"]);
    // Its own may be known to all.
    let own =
        "_G[true] = 1 _G.Own = _G.Own or {} function Own.on_update() note('own') end return Own";
    let script = bench.global("own.lua", own);
    bench.frames(1);
    bench.replace(&script, "own.lua", own);
    bench.frames(1);
    assert_eq!((bench.notes.take().len(), bench.errors().len()), (2, 0));
}
