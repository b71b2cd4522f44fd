//! Optimized code: that it does what the interpreter does wherever a bet is lost, and what is made of small functions.

#![cfg(feature = "jit")]

mod lost_bets;
mod representation;

use interlune::jit::{Jit, Options, Tier, Timing};
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

/// A function that runs once gets to optimized code in the midst of its loop, and stays there.
#[test]
fn loops_of_every_kind_are_entered() {
    for head in [
        "for i = 1, 3000 do",
        "for i = 3000, 1, -2 do",
        "for i = 0.0, 1500, 0.5 do",
        "for i = 1, 3000.5 do",
        "for i, v in ipairs(t) do",
        "for i, v in pairs(t) do",
        "for i, v in next, t do",
        "for i, v in iterator, t, 0 do",
        "local i = 0 while i < 3000 do i = i + 1",
    ] {
        let script = format!(
            "local t = {{}} for i = 1, 3000 do t[i] = i end
             local function iterator(t, i) if i < #t then return i + 1, t[i + 1] end end
             local function run() local s = 0 {head} s = s + i end return s end
             return tostring(run())"
        );
        let lua = Lua::with_libs(Libs::Full);
        lua.set_test_quantum(Some(10));
        let jit = Jit::attach(&lua, options()).expect("this machine is supported");
        let result: String = lua.load(&script).eval().expect("the script is right");
        assert_eq!(result, interpreted(&script), "{head}");
        assert!(jit.counters().optimized > 0, "{head}");
        let [_, entries] = lua.stats().jit.osr_entries;
        // Otherwise it would be entered at the end of each of 150 quanta.
        assert!((1..50).contains(&entries), "{head}: {entries} entries");
    }
}

/// Code without a frame is entered by calls of interpreted code, too, whatever arguments and results there are; where it is
/// left, the function goes on as ever.
#[test]
fn interpreted_code_calls_what_needs_no_frame() {
    const CALLED: &str = "
        local calls = 0
        function sum(n, by) local s = 0 for i = 1, n do s = s + (by or 1) end return s end
        function pair(a, b) calls = calls + 1 return b, a end
        function nothing() calls = calls + 1 end
        function deep(n) if n == 0 then return 0 end return 1 + deep(n - 1) end
        function field(t, k) return t[k] end
        function outer(f, x) return f(x) + 1 end
        function tail(x) return pair(x, 1) end
        function count() return calls end";
    const CALLER: &str = "
        local r = {}
        local function note(...)
          for i = 1, select('#', ...) do r[#r + 1] = tostring((select(i, ...))) end
          r[#r + 1] = '/'
        end
        for i = 1, 60 do
          sum(3) pair(i, 2) nothing() deep(2) field({x = i}, 'x') outer(nothing_plus or sum, 2) tail(i)
        end
        note(sum(4), sum(4, 0.5), sum(3, 2, 9), sum(0), (pair(1, 2)))
        note(pair(1)) note(pair(1, 2, 3)) note(pair()) note((pair(1))) note(nothing()) note((nothing()))
        local a, b, c = pair(7, 8) note(a, b, c)
        local t = {pair(1, 2), pair(3, 4)} note(#t, t[1], t[2], t[3])
        note(deep(100), deep(20000)) note(tail(5)) note(outer(sum, 3))
        note(pcall(sum, 'x')) note(pcall(sum, 3, {})) note(pcall(field)) note(pcall(outer, field, 1))
        note(select(2, pcall(deep, -1)):match('stack overflow'))
        note(field(setmetatable({}, {__index = function(_, k) return k .. '!' end}), 'm'))
        local co = coroutine.wrap(function(x) return outer(function(y) return coroutine.yield(y) end, x) end)
        note(co(4)) note(co(10))
        local function here(x) error('at ' .. x) end
        note(pcall(outer, here, 1)) note(select(2, xpcall(outer, debug.traceback, here, 2)):match('here'))
        note(debug.getinfo(1, 'l').currentline, count())
        return table.concat(r, ' ')";
    let run = |options: Option<Options>| {
        let lua = Lua::with_libs(Libs::Full);
        lua.set_test_quantum(Some(10));
        let jit = options.map(|options| Jit::attach(&lua, options).expect("supported"));
        lua.load(CALLED).set_name("=called").exec().expect("the script is right");
        let result = lua.load(CALLER).set_name("=caller").eval::<String>();
        (result.expect("the script is right"), jit.map(|jit| jit.counters()))
    };
    let skipping = Options { skip_chunk: Some("caller".into()), ..options() };
    let (expected, _) = run(None);
    let (found, counters) = run(Some(skipping));
    assert_eq!(found, expected);
    assert!(counters.is_some_and(|counters| counters.optimized > 5), "{counters:?}");
}
