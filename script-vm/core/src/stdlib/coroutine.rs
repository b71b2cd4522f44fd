//! `coroutine`, `pcall` and `xpcall`: the functions that the interpreter runs itself, and those around them.

use crate::interp::{close_thread, create_thread, isyieldable};
use crate::native::{Cx, Intrinsic, Raised, Returned, TableRef, new_native};
use crate::object::Gc;
use crate::stdlib::register::{self, Row};
use crate::thread::{Status, Thread};
use crate::value::Value;
use crate::vm::Vm;

const FUNCTIONS: [Row; 6] = [
    ("coroutine.create", create),
    ("coroutine.wrap", wrap),
    ("coroutine.status", status),
    ("coroutine.running", running),
    ("coroutine.isyieldable", is_yieldable),
    ("coroutine.close", close),
];

/// Puts `pcall` and `xpcall` into `base` and the library into `coroutine`.
pub fn open(vm: &mut Vm, base: TableRef, coroutine: TableRef) {
    let intrinsics = [
        (base, "pcall", "pcall", Intrinsic::Pcall),
        (base, "xpcall", "xpcall", Intrinsic::Xpcall),
        (coroutine, "yield", "coroutine.yield", Intrinsic::Yield),
        (coroutine, "resume", "coroutine.resume", Intrinsic::Resume),
    ];
    for (table, key, name, intrinsic) in intrinsics {
        let function = new_native(vm, name, run_by_interpreter, intrinsic, &[]);
        vm.set_global_field(table, key, Value::native(function));
    }
    register::add_functions(vm, coroutine, &FUNCTIONS);
}

/// The body of intrinsics, which is never called.
pub(super) fn run_by_interpreter(cx: &mut Cx<'_>) -> Result<Returned, Raised> {
    Err(cx.error("the interpreter runs this function itself"))
}

fn create(cx: &mut Cx<'_>) -> Result<Returned, Raised> {
    let function = cx.check_function(0)?;
    let thread = create_thread(cx.vm(), function);
    cx.ret1(Value::thread(thread))
}

fn wrap(cx: &mut Cx<'_>) -> Result<Returned, Raised> {
    let function = cx.check_function(0)?;
    let thread = create_thread(cx.vm(), function);
    let captured = [Value::thread(thread)];
    let wrapped = new_native(cx.vm(), "wrap", run_by_interpreter, Intrinsic::Wrapped, &captured);
    cx.ret1(Value::native(wrapped))
}

fn check_thread(cx: &mut Cx<'_>) -> Result<Gc<Thread>, Raised> {
    cx.arg(0).as_thread().ok_or_else(|| cx.type_error(0, "thread"))
}

fn status_name(thread: Gc<Thread>) -> &'static str {
    match thread.status {
        Status::Suspended => "suspended",
        Status::Running => "running",
        Status::Normal => "normal",
        Status::Dead => "dead",
    }
}

fn status(cx: &mut Cx<'_>) -> Result<Returned, Raised> {
    let thread = check_thread(cx)?;
    let name = cx.new_str(status_name(thread).as_bytes())?;
    cx.ret1(name)
}

fn running(cx: &mut Cx<'_>) -> Result<Returned, Raised> {
    let thread = cx.vm().thread;
    let is_main = thread.same(cx.vm().main_thread());
    cx.ret(&[Value::thread(thread), Value::boolean(is_main)])
}

fn is_yieldable(cx: &mut Cx<'_>) -> Result<Returned, Raised> {
    let thread = if cx.is_none(0) { cx.vm().thread } else { check_thread(cx)? };
    let yieldable = if thread.same(cx.vm().thread) {
        isyieldable(cx.vm())
    } else {
        // A suspended coroutine has no Rust code in its way.
        !thread.same(cx.vm().main_thread())
    };
    cx.ret1(Value::boolean(yieldable))
}

fn close(cx: &mut Cx<'_>) -> Result<Returned, Raised> {
    let thread = check_thread(cx)?;
    if !matches!(thread.status, Status::Suspended | Status::Dead) {
        let name = status_name(thread);
        return Err(cx.error(format!("cannot close a {name} coroutine")));
    }
    match close_thread(cx.vm(), thread) {
        Ok(()) => cx.ret1(Value::TRUE),
        Err(error) => cx.ret(&[Value::FALSE, error]),
    }
}
