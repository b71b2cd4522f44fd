//! `io`: files as userdata with a metatable `FILE*`.
//!
//! [`stream`] is a buffered file as C's `FILE` is, [`handle`] the userdata around it, [`read`] and [`write`] the two ways,
//! [`functions`] and [`methods`] what scripts call. Standard output goes where `print` goes: to the host.

mod functions;
mod handle;
mod lines;
mod methods;
mod read;
mod stream;
mod write;

pub(super) use functions::create_temporary;
pub(super) use handle::OpenFiles;

use std::path::PathBuf;

use super::{Outcome, c_string};
use crate::native::Cx;
use crate::value::Value;
use crate::vm::Vm;

pub(super) fn open(vm: &mut Vm) {
    handle::open_metatable(vm);
    functions::open(vm);
}

/// The path that some bytes name, which need not be text.
pub(super) fn path_of(name: &[u8]) -> PathBuf {
    let name = c_string(name);
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        PathBuf::from(std::ffi::OsStr::from_bytes(name))
    }
    #[cfg(not(unix))]
    {
        PathBuf::from(String::from_utf8_lossy(name).into_owned())
    }
}

/// What the system says of an error, without Rust's addition of its number.
pub(super) fn os_message(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error ") {
        Some(end) => text[..end].to_string(),
        None => text,
    }
}

/// Returns nil, a message (with the file's name in front) and the system's error number.
pub(super) fn ret_failure(cx: &mut Cx<'_>, error: &std::io::Error, name: Option<&[u8]>) -> Outcome {
    let mut text = name.map_or(Vec::new(), |name| [c_string(name), b": "].concat());
    text.extend_from_slice(os_message(error).as_bytes());
    let text = cx.new_str(&text)?;
    let number = i64::from(error.raw_os_error().unwrap_or(0));
    cx.ret(&[Value::NIL, text, Value::int(number)])
}

/// Returns true, or what [`ret_failure`] does.
fn ret_result(cx: &mut Cx<'_>, result: std::io::Result<()>, name: Option<&[u8]>) -> Outcome {
    match result {
        Ok(()) => cx.ret1(Value::TRUE),
        Err(error) => ret_failure(cx, &error, name),
    }
}
