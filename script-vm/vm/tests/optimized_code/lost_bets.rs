//! Bets that are lost: the results are the interpreter's, and what becomes of the code.

use std::time::Duration;

use interlune::jit::economics::BetVerdict;
use interlune::jit::{Aids, Deopt, DeoptReason, GuardStress, Jit, Options, Tier, Tunables};
use interlune::{Libs, Lua};

use super::{interpreted, optimized, options};

/// Each loses a bet that optimized code has made, or meets something in its midst.
pub const LOST: &[(&str, &str)] = &[
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
        "a loop ends before its array does, but it might not",
        "local function find(t, x, n) for i = 1, n do if t[i] == x then return i end end return 0 end
         local t, out = {}, {}
         for i = 1, 30 do t[i] = i * 2 end
         for i = 1, 200 do out[#out + 1] = find(t, i % 40, i < 100 and 30 or 50) end
         return table.concat(out, ' ')",
    ),
    (
        "an index lies outside the array",
        "local function f(t, i) return t[i] end
         local t, at, out = {1.5, 2.5, 3.5}, {}, {}
         for i = 1, 300 do at[i] = i < 250 and i % 3 + 1 or i % 5 end
         for i = 1, 300 do out[#out + 1] = tostring(f(t, at[i])) end
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
    (
        "a recursion meets another type far down",
        "local function sum(n, x) if n == 0 then return x end return n + sum(n - 1, x) end
         local out = {}
         for i = 1, 60 do out[#out + 1] = tostring(sum(30, i < 50 and 1 or i < 55 and 0.5 or '3')) end
         return table.concat(out, ' ')",
    ),
    (
        "a recursion fails far down",
        "local function down(n, t) if n == 0 then return t.x.y end return 1 + down(n - 1, t) end
         local good, out = {x = {y = 1}}, {}
         for i = 1, 40 do down(20, good) end
         for i = 1, 3 do
           local ok, message = pcall(down, 20, {})
           out[#out + 1] = tostring(message)
           out[#out + 1] = select(2, xpcall(down, function(m) return debug.traceback(m) end, 5, {}))
         end
         return table.concat(out, ' ')",
    ),
    (
        "a recursion uses the stack up",
        "local function deep(n) if n == 0 then return 0 end return 1 + deep(n - 1) end
         for i = 1, 60 do deep(50) end
         local out = { tostring(deep(5000)), tostring(deep(60000)) }
         local function endless(n) return 1 + endless(n + 1) end
         for i = 1, 3 do
           local ok, message = pcall(endless, 1)
           out[#out + 1] = tostring(ok) .. (message:match('stack overflow') or message)
         end
         return table.concat(out, ' ')",
    ),
    (
        "a recursion with a large inlined function uses the stack up",
        "local function wide(t) local l0, l1, l2, l3, l4, l5, l6, l7, l8, l9, l10, l11, l12, l13, l14, l15, l16, l17, l18, l19, l20, l21, l22, l23, l24, l25, l26, l27, l28, l29, l30, l31, l32, l33, l34, l35, l36, l37, l38, l39, l40, l41, l42, l43, l44 = t, t, t, t, t return l0.x + l4.x end
         local function deep(t, n) if n == 0 then return wide(t) end return deep(t, n - 1) + wide(t) end
         for i = 1, 60 do deep({x = 1}, 20) end
         local out = {}
         for n = 100, 4000, 300 do out[#out + 1] = tostring(deep({x = n}, n)) end
         for n = 10, 3000, 299 do
           local left = n
           local odd = setmetatable({}, {__index = function() left = left - 1 return left > 0 and 1 or {} end})
           out[#out + 1] = tostring(pcall(deep, odd, n))
         end
         return table.concat(out, ' ')",
    ),
    (
        "a function calls itself with fewer arguments, under pcall",
        "for round = 1, 2 do
           local function down(n, x, t) if n == 1 then return 1 end down(n - 1) return nil end
           for i = 1, 30 do pcall(down, 4) end
         end
         return 'done'",
    ),
    (
        "two functions call each other",
        "local even, odd
         function even(n) if n == 0 then return true end return (odd(n - 1)) end
         function odd(n) if n == 0 then return false end return (even(n - 1)) end
         local out = {}
         for i = 1, 80 do out[#out + 1] = tostring(even(i % 17)) end
         return table.concat(out, ' ')",
    ),
    (
        "a function is called with more and with fewer arguments, for more and for fewer results",
        "local function f(a, b, c) if a == 0 then return b, c end return f(a - 1, b, c), a end
         local function g(a, b) if a == 0 then return b end return (g(a - 1, b)) end
         local out = {}
         for i = 1, 60 do
           local x, y = f(3, i)
           local z = g(4) local w = g(4, i, 7)
           out[#out + 1] = tostring(x) .. tostring(y) .. tostring(z) .. tostring(w)
           g(2, i)
         end
         return table.concat(out, ' ')",
    ),
    (
        "a function that is called directly yields, and is replaced",
        "local yield = coroutine.yield
         local function walk(n, f) if n == 0 then return f(n) end return n + walk(n - 1, f) end
         local out = {}
         for i = 1, 40 do walk(10, function(x) return x end) end
         local co = coroutine.wrap(function() return walk(10, yield) end)
         out[#out + 1] = tostring(co()) out[#out + 1] = tostring(co(100))
         local old = walk
         function walk(n) return -n end
         out[#out + 1] = tostring(old(5, yield == nil and 1 or function() return 0.25 end))
         return table.concat(out, ' ')",
    ),
    (
        "a method has another receiver, and then another function",
        "local A = {} A.__index = A function A:get() return self.x end
         local B = setmetatable({}, {__index = A}) B.__index = B function B:get() return -self.x end
         local C = {get = function(self) return 'c' .. self.x end} C.__index = C
         local function make(i)
           local class = i < 40 and A or i < 60 and (i % 2 == 0 and A or B) or i % 3 == 0 and C or i % 3 == 1 and B or A
           return setmetatable(i % 5 == 0 and {y = 0, x = i} or {x = i}, class)
         end
         local function ask(o) return o:get() end
         local out = {}
         for i = 1, 120 do
           if i == 100 then function A:get() return self.x + 0.5 end end
           out[#out + 1] = tostring(ask(make(i)))
         end
         return table.concat(out, ' ')",
    ),
    (
        "appended elements are of another kind, and elsewhere",
        "local function fill(t, n, v) for i = 1, n do t[#t + 1] = v end return t end
         local function put(t, k, v) t[k] = v return #t end
         local out = {}
         for i = 1, 60 do
           local t = fill({}, 5, i < 30 and i or i < 40 and i + 0.5 or i < 50 and 'x' or {})
           if i % 7 == 0 then fill(t, 2, true) fill(t, 2, 1.5) end
           out[#out + 1] = #t .. type(t[5]) .. put(t, #t + 1, i) .. put(t, 3, i) .. put(t, 100, i)
           put(t, #t, nil) put(t, 50, i) put(t, 50, nil)
           out[#out + 1] = tostring(#t) .. tostring(t[100]) .. tostring(t[50])
         end
         local log = {}
         local watched = setmetatable({}, {__newindex = function(t, k, v) log[#log + 1] = k rawset(t, k, v) end})
         put(watched, 1, 1) put(watched, 2, 2)
         return table.concat(out, ' ') .. #log",
    ),
    (
        "metatables that ask for more than to be there",
        "local plain, gone = {}, 0
         local function give(t, mt) return setmetatable(t, mt) end
         local out = {}
         for i = 1, 60 do out[#out + 1] = tostring(getmetatable(give({}, plain)) == plain) end
         local weak = give({}, {__mode = 'k'})
         weak[{}] = 1 collectgarbage()
         out[#out + 1] = tostring(next(weak))
         do give({}, {__gc = function() gone = gone + 1 end}) end
         collectgarbage() collectgarbage()
         out[#out + 1] = tostring(gone)
         plain.__metatable = 'locked'
         local t = give({}, plain)
         out[#out + 1] = tostring(pcall(give, t, {})) .. getmetatable(t)
         plain.__mode = 'v'
         local v = give({}, plain) v[1] = {} collectgarbage()
         out[#out + 1] = tostring(v[1])
         return table.concat(out, ' ')",
    ),
    (
        "a tail call in an inlined function fails",
        "local function last(t) return t.x + 1 end
         local function first(t) return last(t) end
         local function outer(t) local y = first(t) return y * 2 end
         local out = {}
         for i = 1, 60 do out[#out + 1] = tostring(outer({x = i < 50 and i or i + 0.5})) end
         out[#out + 1] = select(2, xpcall(outer, function(m) return debug.traceback(m) end, {}))
         return table.concat(out, ' ')",
    ),
    (
        "a float is no integer, a shift too far, a divisor zero",
        "local function f(a, b) return a // b, a % b, a << b end
         local floor = math.floor
         local out = {}
         for i = 1, 60 do
           local b = i < 40 and 3 or i < 50 and 70 or -1
           local x, y, z = f(i, b)
           out[#out + 1] = x .. ',' .. y .. ',' .. z .. ',' .. floor(i < 50 and i + 0.5 or 1e300)
         end
         out[#out + 1] = tostring(select(2, pcall(f, 1, 0)))
         return table.concat(out, ' ')",
    ),
    (
        "a global function is replaced",
        "function tell(x) return x + 1 end
         local function ask(x) return tell(x) end
         local out = {}
         for i = 1, 80 do
           if i == 50 then function tell(x) return x - 1 end end
           if i == 60 then tell = math.abs end
           if i == 70 then tell = setmetatable({}, {__call = function(_, x) return 'called ' .. x end}) end
           out[#out + 1] = tostring(ask(i))
         end
         tell = nil
         out[#out + 1] = tostring(select(2, pcall(ask, 1)))
         return table.concat(out, ' ')",
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
fn in_the_background_a_bet_is_kept_while_it_fails_rarely() {
    let script = "local function sum(t) local s = 0 for i = 1, #t do s = s + t[i] end return s end
                  local ints, floats = {}, {}
                  for i = 1, 50 do ints[i] = i floats[i] = i + 0.5 end
                  local s = 0
                  for i = 1, 40000 do s = s + sum(i % 1000 == 0 and floats or ints) end
                  for i = 1, 2000 do s = s + sum(floats) end
                  return tostring(s)";
    let eager = Tunables {
        min_samples: 1,
        min_time_us_per_frame: 0.0,
        cost_base_us: [0.0; 3],
        cost_us_per_bytecode: [0.0; 3],
        cold_cache_us: 0.0,
        cost_prior_weight: 1e12,
        wall_tick_ms: 0.0,
        install_budget_us: 1e6,
        ..Tunables::default()
    };
    let options = Options {
        tunables: eager,
        patience: Some(Duration::from_millis(50)),
        tier_cap: Tier::Optimizing,
        ..Options::default()
    };
    let lua = Lua::with_libs(Libs::Full);
    let jit = Jit::attach(&lua, options).expect("this machine is supported");
    let found: String = lua.load(script).set_name("=t").eval().expect("the script is right");
    assert_eq!(found, interpreted(script));
    let rows = jit.speculations();
    let of = |verdict: fn(BetVerdict) -> bool| {
        let rows = rows.iter().filter(|row| row.line == 1 && verdict(row.verdict));
        rows.filter_map(|row| row.failure_rate.zip(row.threshold)).collect::<Vec<_>>()
    };
    let kept = of(|verdict| verdict == BetVerdict::Kept);
    let lost = of(|verdict| verdict != BetVerdict::Kept);
    assert!(!kept.is_empty() && !lost.is_empty(), "{rows:#?}");
    assert!(kept.iter().all(|(rate, threshold)| rate < threshold), "{rows:#?}");
    assert!(lost.iter().all(|(rate, threshold)| rate >= threshold), "{rows:#?}");
    assert!(kept[0].0 < 0.01 && lost[0].0 > 0.5, "{rows:#?}");
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
