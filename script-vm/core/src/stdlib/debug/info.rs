//! `debug.getinfo`.

use super::thread_argument;
use crate::bytecode::Opcode;
use crate::bytecode::Proto;
use crate::native::inspect::{Level, Name};
use crate::native::{Cx, Raised, TableRef};
use crate::stdlib::Outcome;
use crate::value::Value;

/// What the question is about.
struct Subject {
    /// nil if it cannot be told.
    function: Value,
    is_lua: bool,
    line: Option<u32>,
    name: Option<Name>,
    tail_called: bool,
}

pub(super) fn getinfo(cx: &mut Cx<'_>) -> Outcome {
    let (thread, shift) = thread_argument(cx);
    let options = cx.opt_str(shift + 1)?;
    let options = options.as_ref().map_or(&b"flnSrtu"[..], |options| options.as_bytes());
    if options.first() == Some(&b'>') {
        return Err(cx.arg_error(shift + 1, "invalid option '>'"));
    }
    let argument = cx.arg(shift);
    let subject = if argument.is_function() {
        of_function(argument)
    } else {
        let level = cx.check_int(shift)?;
        let is_running = thread.same(cx.vm().thread);
        let found = match (is_running, usize::try_from(level)) {
            (_, Err(_)) => None,
            (true, Ok(0)) => Some(of_caller(cx)),
            (true, Ok(level)) => {
                let level = cx.vm().level_of(thread, level - 1);
                level.map(|level| of_level(cx, level))
            }
            (false, Ok(level)) => {
                let level = cx.vm().level_of(thread, level);
                level.map(|level| of_level(cx, level))
            }
        };
        match found {
            Some(subject) => subject,
            None => return cx.ret1(Value::NIL),
        }
    };
    if options.iter().any(|option| !b"SlnrutLf".contains(option)) {
        return Err(cx.arg_error(shift + 1, "invalid option"));
    }
    let table = cx.new_table(0, 16)?;
    cx.push(Value::table(table))?;
    cx.push(subject.function)?;
    fill(cx, table, &subject, options)?;
    cx.ret1(Value::table(table))
}

fn of_function(function: Value) -> Subject {
    let is_lua = function.as_closure().is_some();
    Subject { function, is_lua, line: None, name: None, tail_called: false }
}

/// `getinfo` itself.
fn of_caller(cx: &mut Cx<'_>) -> Subject {
    let function = Value::native(cx.callee());
    let name = cx.vm().name_of_running_native();
    Subject { function, is_lua: false, line: None, name, tail_called: false }
}

fn of_level(cx: &mut Cx<'_>, level: Level) -> Subject {
    let vm = cx.vm();
    let function = vm.function_at(level);
    Subject {
        function,
        is_lua: function.as_closure().is_some(),
        line: vm.line_of_level(level),
        name: vm.name_of_level(level),
        tail_called: vm.is_tail_called(level),
    }
}

/// Sets the fields that the options ask for.
fn fill(cx: &mut Cx<'_>, table: TableRef, subject: &Subject, options: &[u8]) -> Result<(), Raised> {
    let closure = subject.function.as_closure();
    let proto = closure.as_ref().map(|closure| closure.proto_ref());
    let has = |option| options.contains(&option);
    if has(b'S') {
        fill_source(cx, table, proto)?;
    }
    if has(b'l') {
        let line = subject.line.map_or(-1, i64::from);
        cx.set_field(table, "currentline", Value::int(line))?;
    }
    if has(b'u') {
        fill_signature(cx, table, subject, proto)?;
    }
    if has(b'n') {
        let (kind, name) = match &subject.name {
            Some(name) => (name.kind, cx.new_str(&name.text)?),
            None => ("", Value::NIL),
        };
        cx.set_field(table, "name", name)?;
        set_text(cx, table, "namewhat", kind.as_bytes())?;
    }
    if has(b'r') {
        cx.set_field(table, "ftransfer", Value::int(0))?;
        cx.set_field(table, "ntransfer", Value::int(0))?;
    }
    if has(b't') {
        cx.set_field(table, "istailcall", Value::boolean(subject.tail_called))?;
    }
    if has(b'L')
        && let Some(proto) = proto
    {
        let lines = active_lines(cx, proto)?;
        cx.set_field(table, "activelines", Value::table(lines))?;
    }
    if has(b'f') {
        cx.set_field(table, "func", subject.function)?;
    }
    Ok(())
}

fn set_text(cx: &mut Cx<'_>, table: TableRef, name: &str, text: &[u8]) -> Result<(), Raised> {
    let text = cx.new_str(text)?;
    cx.set_field(table, name, text)
}

fn fill_source(cx: &mut Cx<'_>, table: TableRef, proto: Option<&Proto>) -> Result<(), Raised> {
    let Some(proto) = proto else {
        set_text(cx, table, "source", b"=[C]")?;
        set_text(cx, table, "short_src", b"[C]")?;
        cx.set_field(table, "linedefined", Value::int(-1))?;
        cx.set_field(table, "lastlinedefined", Value::int(-1))?;
        return set_text(cx, table, "what", b"C");
    };
    let is_main = proto.line_defined == 0;
    set_text(cx, table, "source", &proto.source_name)?;
    set_text(cx, table, "short_src", proto.source.as_bytes())?;
    let last_line = if is_main { 0 } else { i64::from(proto.last_line) };
    cx.set_field(table, "linedefined", Value::int(i64::from(proto.line_defined)))?;
    cx.set_field(table, "lastlinedefined", Value::int(last_line))?;
    set_text(cx, table, "what", if is_main { b"main" } else { b"Lua" })
}

fn fill_signature(
    cx: &mut Cx<'_>,
    table: TableRef,
    subject: &Subject,
    proto: Option<&Proto>,
) -> Result<(), Raised> {
    let captured = subject.function.as_native().map_or(0, |native| native.captured_count());
    let upvalues = proto.map_or(captured, |proto| proto.upvalues.len());
    let params = proto.map_or(0, |proto| i64::from(proto.param_count));
    let is_vararg = !subject.is_lua || proto.is_some_and(|proto| proto.is_vararg);
    cx.set_field(table, "nups", Value::int(upvalues as i64))?;
    cx.set_field(table, "nparams", Value::int(params))?;
    cx.set_field(table, "isvararg", Value::boolean(is_vararg))
}

/// A set of the lines that have code.
fn active_lines(cx: &mut Cx<'_>, proto: &Proto) -> Result<TableRef, Raised> {
    let lines = cx.new_table(0, 0)?;
    for (insn, &line) in proto.code.iter().zip(&proto.lines) {
        // What sets up variable arguments belongs to no line, and without debug information nothing does.
        if insn.opcode() != Some(Opcode::VarargPrep) && line > 0 {
            cx.raw_set_int(lines, i64::from(line), Value::TRUE)?;
        }
    }
    Ok(lines)
}
