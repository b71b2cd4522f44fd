//! The basic functions: what every program finds in its globals.

mod chunks;
mod collect;
pub(in crate::stdlib) mod iteration;
mod metatables;
mod numbers;

pub(super) use chunks::load_file;
pub(super) use collect::CollectorSettings;
pub(super) use metatables::setmetatable;
pub(crate) use metatables::{set_any_metatable, set_table_metatable};

use super::buffer::Buffer;
use super::register::{self, Row};
use super::{Libs, Outcome};
use crate::native::Cx;
use crate::table;
use crate::tostring::{MAX_NUMBER_TEXT, write_number};
use crate::value::Value;
use crate::vm::Vm;

const FUNCTIONS: [Row; 14] = [
    ("assert", assert),
    ("collectgarbage", collect::collectgarbage),
    ("error", error),
    ("getmetatable", metatables::getmetatable),
    ("load", chunks::load),
    ("print", print),
    ("rawequal", rawequal),
    ("rawget", rawget),
    ("rawlen", rawlen),
    ("rawset", rawset),
    ("select", select),
    ("setmetatable", metatables::setmetatable),
    ("tonumber", numbers::tonumber),
    ("tostring", tostring),
];

/// Functions that reach files.
const FILE_FUNCTIONS: [Row; 2] = [("dofile", chunks::dofile), ("loadfile", chunks::loadfile)];

/// The name of each type, by tag.
const TYPE_NAMES: [&str; 14] = [
    "nil", "boolean", "boolean", "number", "number", "userdata", "vec2", "vec3", "string", "table",
    "function", "function", "userdata", "thread",
];

pub(super) fn open(vm: &mut Vm, libs: Libs) {
    let globals = vm.globals();
    register::add_functions(vm, globals, &FUNCTIONS);
    register::add_functions(vm, globals, &[("warn", warn)]);
    if libs == Libs::Full {
        register::add_functions(vm, globals, &FILE_FUNCTIONS);
    }
    iteration::open(vm, globals);
    let names = TYPE_NAMES.map(|name| register::text(vm, name.as_bytes()));
    register::add_function(vm, globals, ("type", r#type), &names);
    vm.set_global_field(globals, "_G", Value::table(globals));
    let version = register::text(vm, b"Lua 5.4");
    vm.set_global_field(globals, "_VERSION", version);
    register::note_loaded(vm, "_G", Value::table(globals));
}

pub(super) fn assert(cx: &mut Cx<'_>) -> Outcome {
    if !cx.arg(0).is_falsy() {
        return cx.ret_args(0);
    }
    cx.check_any(0)?;
    if cx.nargs() == 1 {
        return Err(cx.error("assertion failed!"));
    }
    let message = cx.arg(1);
    raise_at_level(cx, message, 1)
}

pub(super) fn error(cx: &mut Cx<'_>) -> Outcome {
    let level = cx.opt_int(1, 1)?;
    let message = cx.arg(0);
    raise_at_level(cx, message, level)
}

/// Raises a message; a string gets the position of the function at `level` in front.
fn raise_at_level(cx: &mut Cx<'_>, message: Value, level: i64) -> Outcome {
    if let Some(text) = message.as_string()
        // Levels are a C `int` in PUC Lua.
        && let Ok(level @ 1..) = usize::try_from(level as i32)
    {
        let position = cx.position(level);
        if !position.is_empty() {
            let text = [position.as_bytes(), text.as_bytes()].concat();
            let text = cx.new_str(&text)?;
            return Err(cx.throw(text));
        }
    }
    Err(cx.throw(message))
}

fn print(cx: &mut Cx<'_>) -> Outcome {
    let mut line = Buffer::new(cx);
    for index in 0..cx.nargs() {
        if index > 0 {
            line.push(cx, b"\t")?;
        }
        let value = cx.arg(index);
        if line.push_text(cx, value)? {
            continue;
        }
        if cx.metatable(value).is_some() {
            // A metamethod may print or raise, so what stands before it goes out first.
            (cx.vm().host.print)(line.bytes());
            line.raw().clear();
        }
        let text = cx.tostring(value)?;
        line.push(cx, text.as_bytes())?;
    }
    line.raw().push(b'\n');
    (cx.vm().host.print)(line.bytes());
    line.release(cx);
    cx.ret0()
}

fn rawequal(cx: &mut Cx<'_>) -> Outcome {
    let (a, b) = (cx.check_any(0)?, cx.check_any(1)?);
    cx.ret1(Value::boolean(a.raw_equals(b)))
}

fn rawget(cx: &mut Cx<'_>) -> Outcome {
    let table = cx.check_table(0)?;
    let key = cx.check_any(1)?;
    let value = cx.raw_get(table, key);
    cx.ret1(value)
}

fn rawset(cx: &mut Cx<'_>) -> Outcome {
    let table = cx.check_table(0)?;
    let (key, value) = (cx.check_any(1)?, cx.check_any(2)?);
    cx.raw_set(table, key, value)?;
    cx.ret1(Value::table(table))
}

fn rawlen(cx: &mut Cx<'_>) -> Outcome {
    let value = cx.arg(0);
    let length = match (value.as_table(), value.as_string()) {
        (Some(table), _) => table::length(&cx.vm().heap, table),
        (None, Some(string)) => string.len() as i64,
        (None, None) => return Err(cx.type_error(0, "table or string")),
    };
    cx.ret1(Value::int(length))
}

pub(super) fn select(cx: &mut Cx<'_>) -> Outcome {
    let count = cx.nargs() as i64;
    let first = cx.arg(0);
    let index = if first.is_int() {
        first.raw_int()
    } else if first.as_string().is_some_and(|text| text.as_bytes().first() == Some(&b'#')) {
        return cx.ret1(Value::int(count - 1));
    } else {
        cx.check_int(0)?
    };
    let index = if index < 0 { count.saturating_add(index) } else { index.min(count) };
    if index < 1 {
        return Err(cx.arg_error(0, "index out of range"));
    }
    cx.ret_args(index as usize)
}

fn tostring(cx: &mut Cx<'_>) -> Outcome {
    let value = cx.check_any(0)?;
    if value.is_number() {
        let mut text = [0; MAX_NUMBER_TEXT];
        let length = write_number(&mut text, value);
        let text = cx.new_str(&text[..length])?;
        return cx.ret1(text);
    }
    let text = cx.tostring(value)?;
    cx.ret1(Value::string(text))
}

pub(super) fn r#type(cx: &mut Cx<'_>) -> Outcome {
    let value = cx.check_any(0)?;
    let name = cx.captured(value.tag() as usize);
    cx.ret1(name)
}

/// Whether `warn` says anything: off until a script or the host turns it on, as in PUC Lua.
#[derive(Debug, Default)]
pub struct Warnings {
    pub(super) on: bool,
}

fn warn(cx: &mut Cx<'_>) -> Outcome {
    let mut message = cx.check_str(0)?.as_bytes().to_vec();
    for index in 1..cx.nargs() {
        message.extend_from_slice(cx.check_str(index)?.as_bytes());
    }
    if cx.nargs() == 1
        && let Some(command) = message.strip_prefix(b"@")
    {
        // Other commands are for other programs.
        match command {
            b"on" => cx.vm().stdlib.warnings.on = true,
            b"off" => cx.vm().stdlib.warnings.on = false,
            _ => {}
        }
    } else if cx.vm().stdlib.warnings.on {
        (cx.vm().host.warn)(&String::from_utf8_lossy(&message));
    }
    cx.ret0()
}

/// The field of a value's metatable, nil if it has none.
pub(super) fn metafield(cx: &mut Cx<'_>, value: Value, name: &str) -> Value {
    let Some(metatable) = cx.metatable(value) else { return Value::NIL };
    let key = cx.vm().heap.intern(name.as_bytes());
    table::get_str(&mut cx.vm().heap, metatable, key)
}
