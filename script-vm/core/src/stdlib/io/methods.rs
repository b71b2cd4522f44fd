//! Methods and metamethods of file handles.

use std::io::SeekFrom;

use super::handle::{File, check_file, check_handle, file_of, take_file};
use super::stream::{Buffering, illegal_seek};
use super::{lines, read, ret_failure, ret_result, write};
use crate::native::Cx;
use crate::stdlib::Outcome;
use crate::stdlib::register::{self, Row};
use crate::value::Value;

pub(super) const METHODS: [Row; 7] = [
    ("close", close),
    ("flush", flush),
    ("lines", file_lines),
    ("read", file_read),
    ("seek", seek),
    ("setvbuf", setvbuf),
    ("write", file_write),
];

pub(super) const METAMETHODS: [Row; 3] = [("__gc", gc), ("__close", gc), ("__tostring", tostring)];

pub(super) fn close(cx: &mut Cx<'_>) -> Outcome {
    check_file(cx, 0)?;
    let handle = check_handle(cx, 0)?;
    if matches!(file_of(handle), File::Standard(_) | File::HostOutput) {
        let text = register::text(cx.vm(), b"cannot close standard file");
        return cx.ret(&[Value::NIL, text]);
    }
    let result = close_stream(take_file(handle));
    ret_result(cx, result, None)
}

fn close_stream(file: File) -> std::io::Result<()> {
    match file {
        File::Open(stream) => stream.borrow_mut().flush(),
        File::Standard(_) | File::HostOutput | File::Closed => Ok(()),
    }
}

/// Closes a file that the script forgot; standard files stay open.
fn gc(cx: &mut Cx<'_>) -> Outcome {
    let handle = check_handle(cx, 0)?;
    if matches!(file_of(handle), File::Open(_)) {
        // As in PUC Lua, a failure at this point is ignored.
        drop(close_stream(take_file(handle)));
    }
    cx.ret0()
}

fn tostring(cx: &mut Cx<'_>) -> Outcome {
    let handle = check_handle(cx, 0)?;
    let text = if file_of(handle).is_closed() {
        "file (closed)".to_string()
    } else {
        format!("file ({:#x})", handle.addr())
    };
    let text = cx.new_str(text.as_bytes())?;
    cx.ret1(text)
}

fn flush(cx: &mut Cx<'_>) -> Outcome {
    let file = check_file(cx, 0)?;
    flush_file(cx, &file)
}

pub(super) fn flush_file(cx: &mut Cx<'_>, file: &File) -> Outcome {
    let result = match file {
        File::Open(stream) | File::Standard(stream) => stream.borrow_mut().flush(),
        // Where the host's output is the process's own it is line-buffered.
        File::HostOutput => std::io::Write::flush(&mut std::io::stdout()),
        File::Closed => Ok(()),
    };
    ret_result(cx, result, None)
}

fn file_lines(cx: &mut Cx<'_>) -> Outcome {
    check_file(cx, 0)?;
    let iterator = lines::iterator(cx, false)?;
    cx.ret1(iterator)
}

fn file_read(cx: &mut Cx<'_>) -> Outcome {
    let file = check_file(cx, 0)?;
    read::read_arguments(cx, &file, 1)
}

fn file_write(cx: &mut Cx<'_>) -> Outcome {
    let file = check_file(cx, 0)?;
    let handle = cx.arg(0);
    write::write_arguments(cx, &file, handle, 1)
}

fn seek(cx: &mut Cx<'_>) -> Outcome {
    let file = check_file(cx, 0)?;
    let whence = cx.check_option(1, Some(1), &["set", "cur", "end"])?;
    let offset = cx.opt_int(2, 0)?;
    let to = match whence {
        0 => match u64::try_from(offset) {
            Ok(offset) => SeekFrom::Start(offset),
            Err(_) => return ret_failure(cx, &invalid_argument(), None),
        },
        1 => SeekFrom::Current(offset),
        _ => SeekFrom::End(offset),
    };
    let position = match file {
        File::Open(stream) | File::Standard(stream) => stream.borrow_mut().seek(to),
        File::HostOutput | File::Closed => Err(illegal_seek()),
    };
    match position {
        Ok(position) => cx.ret1(Value::int(position as i64)),
        Err(error) => ret_failure(cx, &error, None),
    }
}

/// "Invalid argument"
fn invalid_argument() -> std::io::Error {
    const EINVAL: i32 = 22;
    std::io::Error::from_raw_os_error(EINVAL)
}

fn setvbuf(cx: &mut Cx<'_>) -> Outcome {
    let file = check_file(cx, 0)?;
    let buffering = match cx.check_option(1, None, &["no", "full", "line"])? {
        0 => Buffering::None,
        1 => Buffering::Full,
        _ => Buffering::Line,
    };
    cx.opt_int(2, 0)?;
    let result = match file {
        File::Open(stream) | File::Standard(stream) => stream.borrow_mut().set_buffering(buffering),
        File::HostOutput | File::Closed => Ok(()),
    };
    ret_result(cx, result, None)
}
