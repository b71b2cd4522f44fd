//! The functions of `io`.

use std::cell::RefCell;
use std::fs::{self, OpenOptions};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::handle::{
    File, INPUT, OUTPUT, as_handle, check_file, default_file, default_handle, file_of, new_handle,
    new_userdata, set_default_handle,
};
use super::stream::{Mode, Stream};
use super::{lines, methods, os_message, path_of, read, ret_failure, write};
use crate::native::{Cx, Raised};
use crate::stdlib::register::{self, Row};
use crate::stdlib::{Outcome, c_string};
use crate::value::Value;
use crate::vm::Vm;

const FUNCTIONS: [Row; 11] = [
    ("io.close", close),
    ("io.flush", flush),
    ("io.input", input),
    ("io.lines", io_lines),
    ("io.open", io_open),
    ("io.output", output),
    ("io.popen", popen),
    ("io.read", io_read),
    ("io.tmpfile", tmpfile),
    ("io.type", r#type),
    ("io.write", io_write),
];

pub(super) fn open(vm: &mut Vm) {
    let io = register::library(vm, "io", &FUNCTIONS);
    let standard = |stream| File::Standard(Rc::new(RefCell::new(stream)));
    let stdin = new_userdata(vm, standard(Stream::stdin()));
    let stdout = new_userdata(vm, File::HostOutput);
    let stderr = new_userdata(vm, standard(Stream::stderr()));
    set_default_handle(vm, INPUT, stdin);
    set_default_handle(vm, OUTPUT, stdout);
    for (name, file) in [("stdin", stdin), ("stdout", stdout), ("stderr", stderr)] {
        vm.set_global_field(io, name, file);
    }
}

fn open_file(name: &[u8], mode: Mode) -> std::io::Result<Stream> {
    let mut options = OpenOptions::new();
    options.read(mode.readable).append(mode.append).create(mode.create);
    if !mode.append {
        options.write(mode.writable).truncate(mode.truncate);
    }
    Ok(Stream::of_file(options.open(path_of(name))?, mode))
}

/// Opens a file that has to be there; its handle.
fn open_or_raise(cx: &mut Cx<'_>, name: &[u8], mode: &str) -> Result<Value, Raised> {
    let opened = match Mode::parse(mode.as_bytes()) {
        Some(mode) => open_file(name, mode),
        None => Err(std::io::ErrorKind::InvalidInput.into()),
    };
    match opened {
        Ok(stream) => Ok(new_handle(cx.vm(), stream)),
        Err(error) => {
            let (name, reason) = (String::from_utf8_lossy(c_string(name)), os_message(&error));
            Err(cx.error(format!("cannot open file '{name}' ({reason})")))
        }
    }
}

fn io_open(cx: &mut Cx<'_>) -> Outcome {
    let name = cx.check_str(0)?;
    let mode = cx.opt_str(1)?;
    let mode = mode.as_ref().map_or(&b"r"[..], |mode| mode.as_bytes());
    let Some(mode) = Mode::parse(c_string(mode)) else {
        return Err(cx.arg_error(1, "invalid mode"));
    };
    match open_file(name.as_bytes(), mode) {
        Ok(stream) => {
            let handle = new_handle(cx.vm(), stream);
            cx.ret1(handle)
        }
        Err(error) => ret_failure(cx, &error, Some(name.as_bytes())),
    }
}

fn close(cx: &mut Cx<'_>) -> Outcome {
    if cx.is_none(0) {
        let handle = default_handle(cx.vm(), OUTPUT);
        cx.set_arg_count(1)?;
        cx.set_arg(0, handle);
    }
    methods::close(cx)
}

fn flush(cx: &mut Cx<'_>) -> Outcome {
    let file = default_file(cx, OUTPUT)?;
    methods::flush_file(cx, &file)
}

fn input(cx: &mut Cx<'_>) -> Outcome {
    default(cx, INPUT, "r")
}

fn output(cx: &mut Cx<'_>) -> Outcome {
    default(cx, OUTPUT, "w")
}

/// Sets a default file, by name or handle, and returns it.
fn default(cx: &mut Cx<'_>, which: &'static str, mode: &str) -> Outcome {
    if !cx.is_none_or_nil(0) {
        let value = cx.arg(0);
        let handle = if value.is_string() || value.is_number() {
            let name = cx.check_str(0)?;
            open_or_raise(cx, name.as_bytes(), mode)?
        } else {
            check_file(cx, 0)?;
            value
        };
        set_default_handle(cx.vm(), which, handle);
    }
    let handle = default_handle(cx.vm(), which);
    cx.ret1(handle)
}

fn io_lines(cx: &mut Cx<'_>) -> Outcome {
    if cx.is_none_or_nil(0) {
        let handle = default_handle(cx.vm(), INPUT);
        if cx.nargs() == 0 {
            cx.set_arg_count(1)?;
        }
        cx.set_arg(0, handle);
        check_file(cx, 0)?;
        let iterator = lines::iterator(cx, false)?;
        return cx.ret1(iterator);
    }
    let name = cx.check_str(0)?;
    let handle = open_or_raise(cx, name.as_bytes(), "r")?;
    cx.set_arg(0, handle);
    let iterator = lines::iterator(cx, true)?;
    cx.ret(&[iterator, Value::NIL, Value::NIL, handle])
}

fn io_read(cx: &mut Cx<'_>) -> Outcome {
    let file = default_file(cx, INPUT)?;
    read::read_arguments(cx, &file, 0)
}

fn io_write(cx: &mut Cx<'_>) -> Outcome {
    let file = default_file(cx, OUTPUT)?;
    let handle = default_handle(cx.vm(), OUTPUT);
    write::write_arguments(cx, &file, handle, 0)
}

fn popen(cx: &mut Cx<'_>) -> Outcome {
    cx.check_str(0)?;
    Err(cx.error("'popen' not supported"))
}

fn tmpfile(cx: &mut Cx<'_>) -> Outcome {
    let Some((path, file)) = create_temporary() else {
        return Err(cx.error("unable to create a temporary file"));
    };
    // The file lives on without its name until it is closed.
    drop(fs::remove_file(path));
    let mode =
        Mode { readable: true, writable: true, append: false, truncate: false, create: false };
    let handle = new_handle(cx.vm(), Stream::of_file(file, mode));
    cx.ret1(handle)
}

/// Creates an empty file with a new name, for reading and writing.
pub(in crate::stdlib) fn create_temporary() -> Option<(PathBuf, fs::File)> {
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let seed = u64::from(std::process::id()) << 32 ^ clock.as_nanos() as u64;
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    (0..100u64).find_map(|attempt| {
        let number = seed.wrapping_add(attempt).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 24;
        let path = std::env::temp_dir().join(format!("lua_{number:010x}"));
        let file = options.open(&path).ok()?;
        Some((path, file))
    })
}

fn r#type(cx: &mut Cx<'_>) -> Outcome {
    let value = cx.check_any(0)?;
    let name: &[u8] = match as_handle(cx.vm(), value) {
        None => return cx.ret1(Value::NIL),
        Some(userdata) if file_of(userdata).is_closed() => b"closed file",
        Some(_) => b"file",
    };
    let name = register::text(cx.vm(), name);
    cx.ret1(name)
}
