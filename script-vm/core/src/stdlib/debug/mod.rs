//! `debug`: a look at functions in progress, their variables and upvalues. A sandboxed script gets `traceback` only.
//!
//! There are no hooks: compiled code has no place for them. `sethook` does nothing and `gethook` finds none.

mod info;
mod variables;

use super::register::{self, Row};
use super::set_any_metatable;
use super::{Libs, Outcome};
use crate::native::Cx;
use crate::object::Gc;
use crate::thread::Thread;
use crate::traceback;
use crate::value::Value;
use crate::vm::Vm;

const FUNCTIONS: [Row; 16] = [
    ("debug.gethook", gethook),
    ("debug.getinfo", info::getinfo),
    ("debug.getlocal", variables::getlocal),
    ("debug.getmetatable", getmetatable),
    ("debug.getregistry", getregistry),
    ("debug.getupvalue", variables::getupvalue),
    ("debug.getuservalue", getuservalue),
    ("debug.setcstacklimit", setcstacklimit),
    ("debug.sethook", sethook),
    ("debug.setlocal", variables::setlocal),
    ("debug.setmetatable", setmetatable),
    ("debug.setupvalue", variables::setupvalue),
    ("debug.setuservalue", setuservalue),
    ("debug.traceback", traceback),
    ("debug.upvalueid", variables::upvalueid),
    ("debug.upvaluejoin", variables::upvaluejoin),
];

const SANDBOXED: [Row; 1] = [("debug.traceback", traceback)];

pub(super) fn open(vm: &mut Vm, libs: Libs) {
    let rows: &[Row] = match libs {
        Libs::Sandbox => &SANDBOXED,
        Libs::Full => &FUNCTIONS,
    };
    register::library(vm, "debug", rows);
}

/// The thread that a function is about, and the number of arguments that say so: an optional first one.
fn thread_argument(cx: &mut Cx<'_>) -> (Gc<Thread>, usize) {
    match cx.arg(0).as_thread() {
        Some(thread) => (thread, 1),
        None => (cx.vm().thread, 0),
    }
}

fn traceback(cx: &mut Cx<'_>) -> Outcome {
    let (thread, shift) = thread_argument(cx);
    let message = cx.arg(shift);
    let has_message = message.is_string() || message.is_number();
    if !has_message && !message.is_nil() {
        return cx.ret1(message);
    }
    let is_running = thread.same(cx.vm().thread);
    let level = cx.opt_int(shift + 1, i64::from(is_running))?;
    let level = usize::try_from(level).unwrap_or(0);
    let mut text = Vec::new();
    if has_message {
        text.extend_from_slice(cx.check_str(shift)?.as_bytes());
        text.push(b'\n');
    }
    let running = Value::native(cx.callee());
    let trace = if is_running {
        traceback::traceback_from(cx.vm(), running, level)
    } else {
        traceback::thread_traceback(cx.vm(), thread, level)
    };
    text.extend_from_slice(trace.as_bytes());
    let text = cx.new_str(&text)?;
    cx.ret1(text)
}

fn getmetatable(cx: &mut Cx<'_>) -> Outcome {
    let value = cx.check_any(0)?;
    let metatable = cx.metatable(value);
    cx.ret1(metatable.map_or(Value::NIL, Value::table))
}

fn setmetatable(cx: &mut Cx<'_>) -> Outcome {
    let metatable = cx.arg(1);
    if metatable.as_table().is_none() && (!metatable.is_nil() || cx.is_none(1)) {
        return Err(cx.type_error(1, "nil or table"));
    }
    let value = cx.arg(0);
    set_any_metatable(cx.vm(), value, metatable.as_table());
    cx.ret1(value)
}

fn getregistry(cx: &mut Cx<'_>) -> Outcome {
    let registry = cx.vm().registry();
    cx.ret1(Value::table(registry))
}

/// A userdata has one user value.
fn getuservalue(cx: &mut Cx<'_>) -> Outcome {
    let index = cx.opt_int(1, 1)?;
    match cx.arg(0).as_userdata() {
        Some(userdata) if index == 1 => cx.ret(&[userdata.user_value, Value::TRUE]),
        _ => cx.ret1(Value::NIL),
    }
}

fn setuservalue(cx: &mut Cx<'_>) -> Outcome {
    let index = cx.opt_int(2, 1)?;
    let Some(mut userdata) = cx.arg(0).as_userdata() else {
        return Err(cx.type_error(0, "userdata"));
    };
    let value = cx.check_any(1)?;
    if index != 1 {
        return cx.ret1(Value::NIL);
    }
    cx.vm().heap.barrier(userdata.user_value);
    userdata.user_value = value;
    cx.ret1(Value::userdata(userdata))
}

fn sethook(cx: &mut Cx<'_>) -> Outcome {
    let (_, shift) = thread_argument(cx);
    if !cx.is_none_or_nil(shift) {
        cx.check_str(shift + 1)?;
        cx.check_function(shift)?;
        cx.opt_int(shift + 2, 0)?;
    }
    cx.ret0()
}

fn gethook(cx: &mut Cx<'_>) -> Outcome {
    cx.ret1(Value::NIL)
}

/// Kept for compatibility, as in PUC Lua: changes nothing.
fn setcstacklimit(cx: &mut Cx<'_>) -> Outcome {
    cx.check_int(0)?;
    cx.ret1(Value::int(i64::from(crate::vm::MAX_NATIVE_DEPTH)))
}
