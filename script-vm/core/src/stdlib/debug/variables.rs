//! Local variables and upvalues from outside.
//!
//! Assigning to an upvalue breaks what a compiler knew of it if it was never assigned after its declaration; whoever
//! compiles such knowledge in has to hear of it here.

use super::thread_argument;
use crate::function::Closure;
use crate::native::inspect::{Level, active_local};
use crate::native::{Cx, Raised};
use crate::object::Gc;
use crate::stdlib::Outcome;
use crate::value::Value;

/// The level that an argument names.
fn level_argument(cx: &mut Cx<'_>, shift: usize) -> Result<Level, Raised> {
    let (thread, _) = thread_argument(cx);
    let level = cx.check_int(shift)?;
    let is_running = thread.same(cx.vm().thread);
    // Level 0 of the running thread is the library function itself, which has no variables.
    let level = usize::try_from(level).ok();
    let level = if is_running { level.and_then(|level| level.checked_sub(1)) } else { level };
    let found = level.and_then(|level| cx.vm().level_of(thread, level));
    found.ok_or_else(|| cx.arg_error(shift, "level out of range"))
}

pub(super) fn getlocal(cx: &mut Cx<'_>) -> Outcome {
    let (_, shift) = thread_argument(cx);
    let number = cx.check_int(shift + 1)?;
    let function = cx.arg(shift);
    if function.is_function() {
        return parameter_name(cx, function, number);
    }
    if cx.arg(shift).as_int() == Some(0) && shift == 0 {
        return own_argument(cx, number);
    }
    let level = level_argument(cx, shift)?;
    match cx.vm().local_at(level, number) {
        Some((name, value)) => {
            let name = cx.new_str(&name)?;
            cx.ret(&[name, value])
        }
        None => cx.ret1(Value::NIL),
    }
}

/// The arguments of `getlocal` itself.
fn own_argument(cx: &mut Cx<'_>, number: i64) -> Outcome {
    let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    match index.filter(|&index| index < cx.nargs()) {
        Some(index) => {
            let value = cx.arg(index);
            let name = cx.new_str(b"(C temporary)")?;
            cx.ret(&[name, value])
        }
        None => cx.ret1(Value::NIL),
    }
}

fn parameter_name(cx: &mut Cx<'_>, function: Value, number: i64) -> Outcome {
    let name = function.as_closure().and_then(|closure| {
        let proto = closure.proto_ref();
        let count = i64::from(proto.param_count);
        let local = active_local(proto, 0, number).filter(|_| number <= count)?;
        Some(proto.strings.get(local.name).to_vec())
    });
    let name = match name {
        Some(name) => cx.new_str(&name)?,
        None => Value::NIL,
    };
    cx.ret1(name)
}

pub(super) fn setlocal(cx: &mut Cx<'_>) -> Outcome {
    let (_, shift) = thread_argument(cx);
    let number = {
        cx.check_int(shift)?;
        cx.check_int(shift + 1)?
    };
    let level = level_argument(cx, shift)?;
    let value = cx.check_any(shift + 2)?;
    let name = cx.vm().set_local_at(level, number, value);
    ret_name(cx, name)
}

fn ret_name(cx: &mut Cx<'_>, name: Option<Vec<u8>>) -> Outcome {
    let name = match name {
        Some(name) => cx.new_str(&name)?,
        None => Value::NIL,
    };
    cx.ret1(name)
}

/// An upvalue number, as an index from 0; one that no function has for numbers below 1.
fn upvalue_argument(cx: &mut Cx<'_>, index: usize) -> Result<usize, Raised> {
    let number = cx.check_int(index)?;
    Ok(usize::try_from(number).ok().and_then(|number| number.checked_sub(1)).unwrap_or(usize::MAX))
}

pub(super) fn getupvalue(cx: &mut Cx<'_>) -> Outcome {
    let index = upvalue_argument(cx, 1)?;
    let function = cx.check_function(0)?;
    match cx.vm().upvalue_at(function, index) {
        Some((name, value)) => {
            let name = cx.new_str(&name)?;
            cx.ret(&[name, value])
        }
        None => cx.ret0(),
    }
}

pub(super) fn setupvalue(cx: &mut Cx<'_>) -> Outcome {
    let value = cx.check_any(2)?;
    let index = upvalue_argument(cx, 1)?;
    let function = cx.check_function(0)?;
    let Some(closure) = function.as_closure() else { return cx.ret0() };
    match cx.vm().set_upvalue_at(closure, index, value) {
        Some(name) => ret_name(cx, Some(name)),
        None => cx.ret0(),
    }
}

pub(super) fn upvalueid(cx: &mut Cx<'_>) -> Outcome {
    let index = upvalue_argument(cx, 1)?;
    let function = cx.check_function(0)?;
    let id = cx.vm().upvalue_id(function, index);
    cx.ret1(id.map_or(Value::NIL, Value::light))
}

pub(super) fn upvaluejoin(cx: &mut Cx<'_>) -> Outcome {
    let to_index = existing_upvalue(cx, 0)?;
    let from_index = existing_upvalue(cx, 2)?;
    let to = lua_function(cx, 0)?;
    let from = lua_function(cx, 2)?;
    cx.vm().join_upvalues((to, to_index), (from, from_index));
    cx.ret0()
}

/// The upvalue that a function argument and the number behind it name.
fn existing_upvalue(cx: &mut Cx<'_>, function: usize) -> Result<usize, Raised> {
    let index = upvalue_argument(cx, function + 1)?;
    let value = cx.check_function(function)?;
    match cx.vm().upvalue_id(value, index) {
        Some(_) => Ok(index),
        None => Err(cx.arg_error(function + 1, "invalid upvalue index")),
    }
}

fn lua_function(cx: &mut Cx<'_>, index: usize) -> Result<Gc<Closure>, Raised> {
    let closure = cx.arg(index).as_closure();
    closure.ok_or_else(|| cx.arg_error(index, "Lua function expected"))
}
