//! The embedding API: what a host can do with values, functions, userdata, chunks, errors, coroutines and reloads.
//!
//! Most tests are rows of a table run through one function; each row says what it expects, so that none can pass idly.

mod callbacks;
mod chunks;
mod lifetime;
mod reload;
mod userdata;
mod values;

use std::fmt::Debug;

use interlune::{Error, FromLua, Lua};

/// Evaluates a script and compares its result.
#[track_caller]
fn check<T: FromLua + PartialEq + Debug>(lua: &Lua, script: &str, expected: T) {
    match lua.load(script).set_name("=test").eval::<T>() {
        Ok(value) => assert_eq!(value, expected, "{script}"),
        Err(error) => panic!("{script}: {error}"),
    }
}

/// Runs a script that must fail and checks what its message holds.
#[track_caller]
fn check_error(lua: &Lua, script: &str, part: &str) -> Error {
    match lua.load(script).set_name("=test").exec() {
        Ok(()) => panic!("no error from {script}"),
        Err(error) => {
            let message = error.to_string();
            assert!(message.contains(part), "{script}: {message:?} lacks {part:?}");
            error
        }
    }
}
