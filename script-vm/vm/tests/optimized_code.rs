//! Optimized code: that it does what the interpreter does wherever a bet is lost, and what is made of small functions.

#![cfg(feature = "jit")]

use interlune::jit::{Aids, Deopt, DeoptReason, GuardStress, IrLog, Jit, Options, Tier, Timing};
use interlune::{Libs, Lua};

/// Functions are compiled, and then optimized, after a few samples.
fn options() -> Options {
    Options {
        timing: Timing::Sync { threshold: 20 },
        optimize_after: 20,
        tier_cap: Tier::Optimizing,
        ..Options::default()
    }
}

/// What a script returns, in the interpreter.
fn interpreted(script: &str) -> String {
    Lua::with_libs(Libs::Full).load(script).set_name("=t").eval().expect("the script is right")
}

/// What it returns if its functions are optimized, and their JIT.
fn optimized(script: &str, options: Options) -> (String, Jit) {
    let lua = Lua::with_libs(Libs::Full);
    lua.set_test_quantum(Some(10));
    let jit = Jit::attach(&lua, options).expect("this machine is supported");
    let result = lua.load(script).set_name("=t").eval().expect("the script is right");
    (result, jit)
}

/// Each loses a bet that optimized code has made, or meets something in its midst.
const LOST: &[(&str, &str)] = &[
    (
        "an integer becomes a float",
        "local function f(x) local s = 0 for i = 1, 20 do s = s + x end return s end
         local out = {} for i = 1, 60 do out[#out + 1] = tostring(f(i < 50 and i or i + 0.5)) end
         return table.concat(out, ' ')",
    ),
    (
        "an operand becomes a string",
        "local function f(x) return x + 1 end
         local s = 0 for i = 1, 200 do s = s + f(i < 150 and i or tostring(i)) end return tostring(s)",
    ),
    (
        "integers overflow",
        "local x = math.maxinteger - 50 for i = 1, 100 do x = x + 1 end return tostring(x)",
    ),
    (
        "an array changes its kind",
        "local t = {} for i = 1, 100 do t[i] = i end
         local function sum() local s = 0 for i = 1, 100 do s = s + t[i] end return s end
         local out = {}
         for i = 1, 60 do
           if i == 40 then t[50] = 0.5 end
           if i == 50 then t[60] = '7' end
           out[#out + 1] = tostring(sum())
         end
         return table.concat(out, ' ')",
    ),
    (
        "an array ends sooner",
        "local function f(t) local s = 0 for i = 1, 10 do s = s + (t[i] or 100) end return s end
         local t, out = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, {}
         for i = 1, 80 do if i == 60 then t[10] = nil end out[i] = f(t) end
         return table.concat(out, ' ')",
    ),
    (
        "a table has other fields",
        "local function f(o) return o.x + o.y end
         local s = 0
         for i = 1, 200 do s = s + f(i < 150 and {x = i, y = 1} or {y = i, z = 1, x = 2}) end
         return tostring(s)",
    ),
    (
        "a field is nil and comes from the metatable",
        "local mt = {__index = function(t, k) return 1000 end}
         local function f(o) local s = 0 for i = 1, 10 do s = s + o.x end return s end
         local o, out = setmetatable({x = 1}, mt), {}
         for i = 1, 80 do if i > 60 then o.x = nil end out[i] = f(o) end
         return table.concat(out, ' ')",
    ),
    (
        "a store meets a metamethod",
        "local log = 0
         local mt = {__newindex = function(t, k, v) log = log + v end}
         local o = {x = 1}
         local function f(v) o.x = v end
         for i = 1, 200 do
           if i == 150 then o.x = nil setmetatable(o, mt) end
           f(i)
         end
         return log .. ' ' .. tostring(o.x)",
    ),
    (
        "an inlined function is replaced",
        "local function one(x) return x + 1 end
         local f = one
         local s = 0
         for i = 1, 300 do
           s = s + f(i)
           if i == 200 then f = function(x) return x * 2 end end
         end
         return tostring(s)",
    ),
    (
        "an error in an inlined function",
        "local function g(t) return t.x end
         local function f(t) return (g(t)) + 1 end
         local s, last = 0, nil
         for i = 1, 200 do
           local ok, value = pcall(f, i % 50 ~= 0 and {x = i} or nil)
           if ok then s = s + value else last = value end
         end
         return s .. ' ' .. last",
    ),
    (
        "an inlined function with more and fewer arguments, and results",
        "local function g(a, b) if b then return a, b end return a end
         local out = 0
         for i = 1, 200 do
           local x, y = g(i)
           local z, w, v = g(i, 2, 3)
           out = out + x + (y or 5) + z + w + (v or 7)
         end
         return tostring(out)",
    ),
    (
        "the strings of an inlined function",
        "local function name() return 'inner' end
         local out = {}
         for i = 1, 100 do out[#out + 1] = name() .. 'outer' end
         return out[100]",
    ),
    (
        "methods of a class that changes",
        "local A = {} A.__index = A
         function A:get() return self.v end
         local o, out = setmetatable({v = 3}, A), {}
         for i = 1, 120 do
           if i == 80 then function A:get() return self.v * 2 end end
           if i == 100 then o.get = function() return 'own' end end
           out[i] = tostring(o:get())
         end
         return table.concat(out, ' ')",
    ),
    (
        "yields in a loop",
        "local co = coroutine.wrap(function()
           local s = 0
           for i = 1, 100 do s = s + i if i % 7 == 0 then s = s + coroutine.yield(s) end end
           return s
         end)
         local out, v = {}, co()
         while #out < 14 do out[#out + 1] = v v = co(1) end
         return table.concat(out, ' ') .. ' ' .. tostring(v)",
    ),
    (
        "a tail call of what an exit meets",
        "local o = {name = 'x'}
         local function call(obj) return obj.method() end
         local out = 0
         function o.method() return 1 end
         for i = 1, 200 do
           if i == 150 then function o.method() return 'two' end end
           out = out + (call(o) == 1 and 1 or 10)
         end
         return tostring(out)",
    ),
    (
        "a local that debug.setlocal changes",
        "local function poke(n) if n == 150 then debug.setlocal(2, 2, 1000) end end
         local function f()
           local s, x = 0, 1
           for i = 1, 200 do poke(i) s = s + x end
           return s
         end
         return tostring(f())",
    ),
    (
        "captured variables of each iteration",
        "local fs = {}
         for i = 1, 100 do local j = i * 2 fs[i] = function() j = j + 1 return j end end
         local s = 0
         for k = 1, 3 do for i = 1, 100 do s = s + fs[i]() end end
         return tostring(s)",
    ),
    (
        "loops in loops, entered in their midst",
        "local n = 0
         local i = 0
         while i < 12 do
           i = i + 1
           local j = 0
           repeat
             j = j + 1
             for k = 1, 12 do
               n = n + i * j * k
               if k == 11 and j == 5 then break end
             end
           until j >= 9
           if i == 7 then n = n + 0.5 end
         end
         return tostring(n)",
    ),
    (
        "negative zero, NaN and infinities",
        "local out = {}
         local function f(x, y) return math.max(x, y), math.min(x, y), x - 0, -x, x // 1 end
         local values = {0.0, -0.0, 1 / 0, -1 / 0, 0 / 0, 2.5}
         for r = 1, 20 do
           out = {}
           for _, x in ipairs(values) do for _, y in ipairs(values) do
             for _, v in ipairs {f(x, y)} do out[#out + 1] = string.format('%a', v) end
           end end
         end
         return table.concat(out, ' ')",
    ),
    (
        "division by what may be zero",
        "local function f(x, y) return x // y + x % y end
         local s, failed = 0, 0
         for i = 1, 300 do
           local ok, v = pcall(f, i, i % 60 - 1)
           if ok then s = s + v else failed = failed + 1 end
         end
         return s .. ' ' .. failed",
    ),
    (
        "integer keys of dictionaries",
        "local grid, s = {}, 0
         for i = 1, 200 do grid[i * 1000] = i end
         for r = 1, 3 do
           for i = 1, 220 do
             local v = grid[i * 1000]
             if v then s = s + v else s = s + 0.5 end
           end
           grid[5000] = nil
         end
         return tostring(s)",
    ),
    (
        "a finalizer in a loop",
        "local t, s = {x = 1}, 0
         setmetatable({}, {__gc = function() t.x = 100 end})
         for i = 1, 300 do
           s = s + t.x
           if i == 100 then collectgarbage() end
         end
         return tostring(s)",
    ),
];

#[test]
fn lost_bets_cost_nothing_but_time() {
    for (what, script) in LOST {
        let expected = interpreted(script);
        let (found, jit) = optimized(script, options());
        assert_eq!(found, expected, "{what}");
        assert!(jit.counters().optimized > 0, "{what}: nothing was optimized");
    }
}

#[test]
fn guards_that_fail_without_need_cost_nothing_but_time() {
    for (what, script) in LOST {
        let expected = interpreted(script);
        for guard_stress in [GuardStress::EveryNth, GuardStress::EachOnce] {
            for period in [1, 2, 3, 7, 30] {
                let lua = Lua::with_libs(Libs::Full);
                lua.set_test_quantum(Some(10));
                lua.set_guard_stress_period(period);
                let aids = Aids { guard_stress, ..Aids::default() };
                Jit::attach(&lua, Options { aids, ..options() }).expect("a supported machine");
                let found: String = lua.load(*script).set_name("=t").eval().expect(what);
                assert_eq!(found, expected, "{what}, {guard_stress:?} {period}");
                let deopts = lua.stats().jit.deopts;
                // Few guards are run in some.
                let is_rare = guard_stress == GuardStress::EveryNth && period > 3;
                assert!(
                    deopts > 0 || is_rare,
                    "{what}, {guard_stress:?} {period}: nothing was left"
                );
            }
        }
    }
}

#[test]
fn exits_are_counted_and_code_that_loses_is_made_anew() {
    let script = "local function f(x) return x + x end
                  local s = 0 for i = 1, 2000 do s = s + f(i < 500 and i or i + 0.5) end
                  return tostring(s)";
    let (found, jit) = optimized(script, options());
    assert_eq!(found, interpreted(script));
    let counters = jit.counters();
    assert!(counters.optimized > 1 && counters.invalidations[1] > 0, "{counters:?}");
    let deopts = jit.deopts();
    let is_float = |deopt: &&Deopt| {
        let place = &deopt.place;
        (&*place.source, place.line, place.reason) == ("t", 1, DeoptReason::Type)
    };
    let exits: Vec<u32> = deopts.iter().filter(is_float).map(|deopt| deopt.exits).collect();
    assert!(exits.starts_with(&[1, 2, 4, 8, 16]), "{deopts:?}");
}

#[test]
fn code_is_thrown_away_and_made_again() {
    let script = "local fs = {}
                  for n = 1, 20 do
                    fs[n] = load('local t = ... local s = 0 for i = 1, 30 do s = s + t[1] * ' .. n .. ' end return s')
                  end
                  local t, s = {1}, 0
                  for r = 1, 20 do for n = 1, 20 do s = s + fs[n](t) end end
                  return tostring(s)";
    let tight = Options { max_code_bytes: 12 << 10, ..options() };
    let (found, jit) = optimized(script, tight);
    assert_eq!(found, interpreted(script));
    assert!(jit.counters().evictions > 0, "{:?}", jit.counters());
}

/// The last representation of the function in a line that a script has had optimized.
fn representation(script: &str, line: u32) -> String {
    let log = IrLog::default();
    optimized(
        script,
        Options { aids: Aids { ir_log: Some(log.clone()), ..Aids::default() }, ..options() },
    );
    let text = log.lock().expect("nobody panicked").clone();
    let scope = format!("dead_code\nscope s0 \"t\":{line}\n");
    let steps: Vec<&str> = text.split("; after ").collect();
    steps.iter().rfind(|step| step.starts_with(&scope)).expect("it was optimized").to_string()
}

#[test]
fn small_functions_become_what_they_should() {
    let golden = [
        ("sum", 0, "local s = 0.0 for i = 1, 200 do s = s + i * 0.5 end return tostring(s)"),
        (
            "array",
            2,
            "local t = {} for i = 1, 100 do t[i] = i * 0.5 end
             local function sum(t) local s = 0.0 for i = 1, #t do s = s + t[i] end return s end
             local s for i = 1, 30 do s = sum(t) end return tostring(s)",
        ),
        (
            "fields",
            2,
            "local o = {x = 1.0, v = 0.5}
             local function move(o, n) for i = 1, n do o.x = o.x + o.v end end
             for i = 1, 30 do move(o, 20) end return tostring(o.x)",
        ),
        (
            "inlined",
            2,
            "local function square(x) return x * x end
             local function f(n) local s = 0.0 for i = 1, n do s = s + square(i + 0.5) end return s end
             local s for i = 1, 30 do s = f(20) end return tostring(s)",
        ),
    ];
    for (name, line, script) in golden {
        insta::assert_snapshot!(name, representation(script, line));
    }
}
