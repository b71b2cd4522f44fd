//! `os`: clock, calendar, environment, files by name, the process. Local time is UTC, the only locale is "C".

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Outcome;
use super::date::CivilTime;
use super::io::path_of;
use super::register::{self, Row};
use super::strftime::format_date;
use crate::finalize;
use crate::heap::thread_time_us;
use crate::native::{Cx, Raised, TableRef};
use crate::number;
use crate::value::Value;
use crate::vm::Vm;

const FUNCTIONS: [Row; 11] = [
    ("os.clock", clock),
    ("os.date", date),
    ("os.difftime", difftime),
    ("os.execute", execute),
    ("os.exit", exit),
    ("os.getenv", getenv),
    ("os.remove", remove),
    ("os.rename", rename),
    ("os.setlocale", setlocale),
    ("os.time", time),
    ("os.tmpname", tmpname),
];

pub(super) fn open(vm: &mut Vm) {
    register::library(vm, "os", &FUNCTIONS);
}

/// CPU time of the thread that runs scripts, in seconds.
fn clock(cx: &mut Cx<'_>) -> Outcome {
    cx.ret1(Value::float(thread_time_us() / 1e6))
}

/// Seconds since 1970.
fn now() -> i64 {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_secs() as i64,
        Err(before) => -(before.duration().max(Duration::ZERO).as_secs() as i64),
    }
}

fn date(cx: &mut Cx<'_>) -> Outcome {
    let format = cx.opt_str(0)?;
    let format = format.as_ref().map_or(&b"%c"[..], |format| format.as_bytes());
    let seconds = if cx.is_none_or_nil(1) { now() } else { cx.check_int(1)? };
    let (format, zone) = match format.strip_prefix(b"!") {
        Some(rest) => (rest, "GMT"),
        None => (format, "UTC"),
    };
    let Some(moment) = CivilTime::from_timestamp(seconds) else {
        return Err(cx.error("date result cannot be represented in this installation"));
    };
    // As in C, a format ends at a zero byte when it is compared.
    if format.split(|&byte| byte == 0).next() == Some(&b"*t"[..]) {
        let table = cx.new_table(0, 9)?;
        set_fields(cx, table, &moment)?;
        return cx.ret1(Value::table(table));
    }
    match format_date(format, &moment, zone) {
        Ok(text) => {
            let text = cx.new_str(&text)?;
            cx.ret1(text)
        }
        Err(error) => Err(cx.lib_error(&error)),
    }
}

/// Sets the fields of a date table.
fn set_fields(cx: &mut Cx<'_>, table: TableRef, moment: &CivilTime) -> Result<(), Raised> {
    let fields = [
        ("year", moment.year),
        ("month", moment.month),
        ("day", moment.day),
        ("hour", moment.hour),
        ("min", moment.minute),
        ("sec", moment.second),
        ("yday", moment.year_day + 1),
        ("wday", moment.weekday + 1),
    ];
    for (name, value) in fields {
        cx.set_field(table, name, Value::int(value))?;
    }
    cx.set_field(table, "isdst", Value::FALSE)
}

fn time(cx: &mut Cx<'_>) -> Outcome {
    if cx.is_none_or_nil(0) {
        return cx.ret1(Value::int(now()));
    }
    let table = cx.check_table(0)?;
    let moment = CivilTime {
        year: date_field(cx, table, "year", None, 1900)?,
        month: date_field(cx, table, "month", None, 1)?,
        day: date_field(cx, table, "day", None, 0)?,
        hour: date_field(cx, table, "hour", Some(12), 0)?,
        minute: date_field(cx, table, "min", Some(0), 0)?,
        second: date_field(cx, table, "sec", Some(0), 0)?,
        weekday: 0,
        year_day: 0,
    };
    let is_dst = Value::string(cx.vm().heap.intern(b"isdst"));
    cx.index(Value::table(table), is_dst)?;
    let seconds = moment.timestamp();
    let Some(normalized) = moment.normalized().filter(|_| seconds != -1) else {
        return Err(cx.error("time result cannot be represented in this installation"));
    };
    set_fields(cx, table, &normalized)?;
    cx.ret1(Value::int(seconds))
}

/// A field of a date table. `offset` is what C's `struct tm` counts from, which bounds it.
fn date_field(
    cx: &mut Cx<'_>,
    table: TableRef,
    name: &str,
    default: Option<i64>,
    offset: i64,
) -> Result<i64, Raised> {
    let key = Value::string(cx.vm().heap.intern(name.as_bytes()));
    let value = cx.index(Value::table(table), key)?;
    let Some(number) = number::to_int(value) else {
        if !value.is_nil() {
            return Err(cx.error(format!("field '{name}' is not an integer")));
        }
        return default.ok_or_else(|| cx.error(format!("field '{name}' missing in date table")));
    };
    let fits = if number >= 0 {
        number - offset <= i64::from(i32::MAX)
    } else {
        i64::from(i32::MIN) + offset <= number
    };
    if fits { Ok(number) } else { Err(cx.error(format!("field '{name}' is out-of-bound"))) }
}

fn difftime(cx: &mut Cx<'_>) -> Outcome {
    let (later, earlier) = (cx.check_int(0)?, cx.check_int(1)?);
    cx.ret1(Value::float((i128::from(later) - i128::from(earlier)) as f64))
}

/// Runs a command with the system's shell and waits for it.
fn execute(cx: &mut Cx<'_>) -> Outcome {
    let Some(command) = cx.opt_str(0)? else { return cx.ret1(Value::boolean(cfg!(unix))) };
    flush_output();
    let status =
        std::process::Command::new("/bin/sh").arg("-c").arg(path_of(command.as_bytes())).status();
    let status = match status {
        Ok(status) => status,
        Err(error) => return file_result(cx, Err(error), None),
    };
    let (kind, code) = ending(status);
    let success = if status.success() { Value::TRUE } else { Value::NIL };
    let kind = register::text(cx.vm(), kind.as_bytes());
    cx.ret(&[success, kind, Value::int(i64::from(code))])
}

/// How a process ended: "exit" or "signal", and the number.
fn ending(status: std::process::ExitStatus) -> (&'static str, i32) {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return ("signal", signal);
    }
    ("exit", status.code().unwrap_or(-1))
}

fn flush_output() {
    // A closed pipe is nothing a script can do anything about.
    drop(std::io::Write::flush(&mut std::io::stdout()));
}

fn exit(cx: &mut Cx<'_>) -> Outcome {
    let status = match cx.arg(0).as_boolean() {
        Some(success) => i32::from(!success),
        None => cx.opt_int(0, 0)? as i32,
    };
    let closes = !cx.arg(1).is_falsy();
    let vm = cx.vm();
    if closes {
        finalize::run_at_end(vm);
    }
    vm.stdlib.files.flush_all();
    flush_output();
    std::process::exit(status)
}

fn getenv(cx: &mut Cx<'_>) -> Outcome {
    let name = cx.check_str(0)?;
    let has_no_value = name.as_bytes().iter().any(|&byte| byte == b'=' || byte == 0);
    let value = if has_no_value { None } else { std::env::var_os(path_of(name.as_bytes())) };
    match value {
        Some(value) => {
            let value = cx.new_str(value.as_encoded_bytes())?;
            cx.ret1(value)
        }
        None => cx.ret1(Value::NIL),
    }
}

fn remove(cx: &mut Cx<'_>) -> Outcome {
    let name = cx.check_str(0)?;
    let path = path_of(name.as_bytes());
    let removed = std::fs::remove_file(&path).or_else(|error| {
        // C's `remove` removes empty directories as well.
        if path.is_dir() { std::fs::remove_dir(&path) } else { Err(error) }
    });
    file_result(cx, removed, Some(name.as_bytes()))
}

fn rename(cx: &mut Cx<'_>) -> Outcome {
    let (from, to) = (cx.check_str(0)?, cx.check_str(1)?);
    let renamed = std::fs::rename(path_of(from.as_bytes()), path_of(to.as_bytes()));
    file_result(cx, renamed, None)
}

/// True, or nil with a message and an error number.
fn file_result(cx: &mut Cx<'_>, result: std::io::Result<()>, name: Option<&[u8]>) -> Outcome {
    match result {
        Ok(()) => cx.ret1(Value::TRUE),
        Err(error) => super::io::ret_failure(cx, &error, name),
    }
}

/// Only the locale "C" exists.
fn setlocale(cx: &mut Cx<'_>) -> Outcome {
    const CATEGORIES: [&str; 6] = ["all", "collate", "ctype", "monetary", "numeric", "time"];
    let wanted = cx.opt_str(0)?;
    cx.check_option(1, Some(0), &CATEGORIES)?;
    let is_known = match wanted.as_ref().map(|name| name.as_bytes()) {
        None | Some(b"" | b"C" | b"POSIX") => true,
        Some(_) => false,
    };
    let name = if is_known { register::text(cx.vm(), b"C") } else { Value::NIL };
    cx.ret1(name)
}

/// The name of a new empty file.
fn tmpname(cx: &mut Cx<'_>) -> Outcome {
    match super::io::create_temporary() {
        Some((path, _)) => {
            let name = cx.new_str(path.as_os_str().as_encoded_bytes())?;
            cx.ret1(name)
        }
        None => Err(cx.error("unable to generate a unique filename")),
    }
}
