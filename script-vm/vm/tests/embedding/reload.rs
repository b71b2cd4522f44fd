//! Reloads: what a new version of a script takes over from the old one.

use interlune::{Function, Lua, ScriptVersion, Value};

/// Loads two versions of a script, runs some code on the old one, carries it over and evaluates on the new one.
fn reload(old: &str, before: &str, new: &str, after: &str) -> String {
    let lua = Lua::new();
    let version = |source: &str| -> (Function, Value) {
        let chunk = lua.load(source).set_name("@reloaded.lua").into_function().expect("compiles");
        let returned = chunk.call(()).expect("the version loads");
        (chunk, returned)
    };
    let run = |module: &Value, code: &str| -> String {
        lua.load(code).call(module).unwrap_or_else(|error| panic!("{code}: {error}"))
    };
    let old = version(old);
    run(&old.1, &format!("local M = ... {before} return ''"));
    let new = version(new);
    let as_version = |(chunk, returned)| ScriptVersion { chunk, returned, globals: None };
    let merged = lua
        .carry_over(as_version((&old.0, &old.1)), as_version((&new.0, &new.1)))
        .expect("it carries over");
    lua.gc_collect();
    run(&merged, &format!("local M = ... return tostring({after})"))
}

#[test]
fn a_reload_replaces_functions_and_keeps_state() {
    let class = |sound: &str| {
        format!(
            "local Dog = {{}} Dog.__index = Dog
             function Dog.new(n) return setmetatable({{ name = n }}, Dog) end
             function Dog:speak() return self.name .. ' {sound}' end
             local dogs = {{}}
             return {{ add = function(n) dogs[#dogs + 1] = Dog.new(n) return dogs[#dogs] end,
                      all = function() local s = '' for _, d in ipairs(dogs) do s = s .. d:speak() .. ';' end return s end,
                      class = function() return Dog end }}"
        )
    };
    let counter = |step: i64| {
        format!(
            "local n = 0 return {{ add = function() n = n + {step} return n end, get = function() return n end }}"
        )
    };
    let constant = |value: i64| {
        format!(
            "local SPEED = {value} local calls = 0 return {{ get = function() calls = calls + 1 return SPEED, calls end }}"
        )
    };
    for (what, old, before, new, after, expected) in [
        ("new function, old counter", counter(1), "M.add() M.add()", counter(10), "M.add()", "12"),
        ("a constant of the source is new", constant(5), "M.get()", constant(9), "(M.get())", "9"),
        ("a reassigned local is old", constant(5), "M.get()", constant(9), "select(2, M.get())", "2"),
        ("objects see new methods", class("woof"), "M.add 'rex'", class("wuff"), "M.all()", "rex wuff;"),
        ("old and new objects together", class("woof"), "M.add 'rex'", class("wuff"), "M.add('bit') and M.all()", "rex wuff;bit wuff;"),
        ("the class keeps its identity", class("a"), "kept = M.add 'x'", class("b"), "getmetatable(kept) == M.class()", "true"),
        ("__index of a class is the class", class("a"), "kept = M.add 'x'", class("b"), "M.class().__index == M.class()", "true"),
        (
            "a new local has its own value",
            "local a = 1 return { f = function() a = a + 1 return a end }".to_string(),
            "M.f()",
            "local a = 1 local b = 100 return { f = function() a = a + 1 b = b + 1 return a + b end }".to_string(),
            "M.f()",
            "104",
        ),
        (
            "local functions are new",
            "local function helper() return 'old' end return { f = function() return helper() end }".to_string(),
            "M.f()",
            "local function helper() return 'new' end return { f = function() return helper() end }".to_string(),
            "M.f()",
            "new",
        ),
    ] {
        assert_eq!(reload(&old, before, &new, after), expected, "{what}");
    }
}

/// As [`reload`] with the module itself as a global named `kept` from the old version on.
#[test]
fn a_reload_keeps_identities_and_shares_variables() {
    for (what, old, before, new, after, expected) in [
        ("the module's table stays", "return { f = function() return 1 end }", "kept = M", "return { f = function() return 2 end }", "kept == M and kept.f()", "2"),
        ("even if no function names it", "local M = { n = 1 } return M", "kept, M.n = M, 5", "local M = { n = 1 } return M", "kept == M and M.n", "5"),
        ("what the old table lacks comes", "return { a = 1 }", "kept = M", "return { a = 2, b = 3 }", "kept.a .. kept.b", "13"),
        ("tables inside likewise", "return { sub = { f = function() return 1 end, n = 1 } }", "kept = M.sub kept.n = 7", "return { sub = { f = function() return 2 end, n = 1 } }", "(kept == M.sub) and kept.f() .. kept.n", "27"),
        (
            "a coroutine shares variables and sees new functions",
            "local n = 0 local function step() return 1 end
             return { co = coroutine.wrap(function() while true do n = n + step() coroutine.yield(n) end end), get = function() return n, step end }",
            "kept = M.co kept() kept()",
            "local n = 0 local function step() return 10 end
             return { co = coroutine.wrap(function() end), get = function() n = n + 0 return n, step end }",
            "kept() .. ' ' .. M.get()",
            "12 12",
        ),
        (
            "old functions that live on share variables",
            "local n = 0 return { add = function() n = n + 1 return n end, get = function() return n end }",
            "kept = M.add kept()",
            "local n = 0 return { add = function() n = n + 10 return n end, get = function() return n end }",
            "(kept() .. ' ' .. M.add() .. ' ' .. kept() .. ' ' .. M.get())",
            "2 12 13 13",
        ),
        ("nil at first, set later", "local who return { set = function(x) who = x end, get = function() return who end }", "M.set('rex')", "local who return { set = function(x) who = x end, get = function() return who end }", "M.get()", "rex"),
        ("cleared since is kept as nil is not", "local n = 3 return { set = function(x) n = x end, get = function() return n end }", "M.set(nil)", "local n = 4 return { set = function(x) n = x end, get = function() return n end }", "M.get()", "4"),
        ("another type begins anew", "local t = 0 return { set = function(x) t = x end, get = function() return t end }", "M.set(5)", "local t = {} return { set = function(x) t = x end, get = function() return t end }", "type(M.get())", "table"),
        ("false may have become anything", "local t = false return { set = function(x) t = x end, get = function() return t end }", "M.set({})", "local t = false return { set = function(x) t = x end, get = function() return t end }", "type(M.get())", "table"),
        ("a new class below an old one", "local A = {} A.__index = A return { A = A }", "kept = M.A", "local A = {} A.__index = A function A.f() return 'f' end local B = setmetatable({}, A) return { A = A, B = B }", "(getmetatable(M.B) == kept) and M.B.f()", "f"),
        ("a module table's own metatable", "return setmetatable({}, { __call = function() return 1 end })", "kept = M", "return setmetatable({}, { __call = function() return 2 end })", "kept()", "2"),
        ("variables of inner functions are left alone", "local function make() local n = 0 return function() n = n + 1 return n end end return { a = make() }", "kept = M.a kept()", "local function make() local n = 100 return function() n = n + 1 return n end end return { a = make() }", "kept() .. ' ' .. M.a()", "2 101"),
        ("and so are those of a loop", "local M = {} for i = 1, 3 do M[i] = function() i = i + 1 return i end end return M", "M[1]()", "local M = {} for i = 1, 3 do M[i] = function() i = i + 10 return i end end return M", "M[1]() .. ' ' .. M[3]()", "11 13"),
        ("functions of other chunks do not matter", "return { first = math.floor, n = (function() local n = 0 return function() n = n + 1 return n end end)() }", "M.n()", "return { first = math.floor, n = function() return 'new' end }", "M.n()", "new"),
        ("a cycle of tables", "local a, b = {}, {} a.b, b.a = b, a return { a = a, f = function() return a, b end }", "kept = M.a", "local a, b = {}, {} a.b, b.a = b, a function b.f() return 'f' end return { a = a, f = function() return a, b end }", "(kept.b.a == M.a) and kept.b.f()", "f"),
    ] {
        assert_eq!(reload(old, before, new, after), expected, "{what}");
    }
}

#[test]
fn a_reload_of_a_script_with_global_functions_keeps_its_variables() {
    let lua = Lua::new();
    let globals = lua.create_table().unwrap();
    let run = |source: &str| -> (Function, Value) {
        let chunk = lua.load(source).set_name("@g.lua").set_environment(globals.clone());
        let chunk = chunk.into_function().unwrap();
        let returned = chunk.call(()).unwrap();
        (chunk, returned)
    };
    let old = run("local n = 0 function add() n = n + 1 return n end");
    let add = || globals.get::<Function>("add").unwrap().call::<i64>(()).unwrap();
    assert_eq!((add(), add()), (1, 2));
    let before = lua.create_table().unwrap();
    before.set("add", globals.get::<Value>("add").unwrap()).unwrap();
    let new = run("local n = 0 function add() n = n + 10 return n end");
    let old = ScriptVersion { chunk: &old.0, returned: &old.1, globals: Some(&before) };
    let new = ScriptVersion { chunk: &new.0, returned: &new.1, globals: Some(&globals) };
    assert!(lua.carry_over(old, new).unwrap().is_nil());
    assert_eq!(add(), 12);
}

#[test]
fn a_reload_walks_long_lists_and_happens_in_a_cycle_too() {
    let list = "local head for i = 1, 200000 do head = { next = head } end return { head = head, f = function() return head end }";
    assert_eq!(reload(list, "kept = M.head", list, "kept == M.head and kept == M.f()"), "true");
}
