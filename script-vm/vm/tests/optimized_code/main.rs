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
