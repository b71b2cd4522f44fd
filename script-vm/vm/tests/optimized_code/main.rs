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
