//! The iterator of `file:lines` and `io.lines`.

use super::handle::{File, file_of, take_file};
use super::read;
use crate::native::{Cx, Raised};
use crate::stdlib::Outcome;
use crate::value::Value;

/// Most formats that an iterator can keep.
const MAX_FORMATS: usize = 250;

/// Captured values of an iterator; the formats follow.
mod captured {
    pub(super) const FILE: usize = 0;
    /// Whether the file is closed at its end.
    pub(super) const CLOSES: usize = 1;
    pub(super) const FORMATS: usize = 2;
}

/// An iterator over the file in argument 0 with the formats behind it.
pub(super) fn iterator(cx: &mut Cx<'_>, closes: bool) -> Result<Value, Raised> {
    let formats = cx.nargs() - 1;
    if formats > MAX_FORMATS {
        return Err(cx.arg_error(MAX_FORMATS + 1, "too many arguments"));
    }
    let mut values = vec![cx.arg(0), Value::boolean(closes)];
    values.extend_from_slice(&cx.args()[1..]);
    Ok(cx.new_native("lines_iterator", step, &values))
}

fn step(cx: &mut Cx<'_>) -> Outcome {
    let Some(handle) = cx.captured(captured::FILE).as_userdata() else { return cx.ret0() };
    let file = file_of(handle);
    if file.is_closed() {
        return Err(cx.error("file is already closed"));
    }
    let callee = cx.callee();
    let formats = &callee.captured()[captured::FORMATS..];
    cx.set_arg_count(1 + formats.len())?;
    for (index, &format) in formats.iter().enumerate() {
        cx.set_arg(1 + index, format);
    }
    let results = match read::read_values(cx, &file, 1)? {
        Ok(results) => results,
        Err(error) => return Err(cx.error(super::os_message(&error))),
    };
    if results.first().is_some_and(|value| !value.is_falsy()) {
        return cx.ret(&results);
    }
    if !cx.captured(captured::CLOSES).is_falsy() {
        drop::<File>(take_file(handle));
    }
    cx.ret0()
}
