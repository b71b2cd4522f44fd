//! Writing strings and numbers.

use super::handle::File;
use super::ret_failure;
use crate::native::Cx;
use crate::stdlib::Outcome;
use crate::tostring::{MAX_NUMBER_TEXT, write_number};
use crate::value::Value;

/// Writes the arguments from `first` on and returns the file's handle.
pub(super) fn write_arguments(
    cx: &mut Cx<'_>,
    file: &File,
    handle: Value,
    first: usize,
) -> Outcome {
    let mut failure = None;
    for index in first..cx.nargs() {
        let value = cx.arg(index);
        let written = if value.is_number() {
            let mut text = [0; MAX_NUMBER_TEXT];
            let length = write_number(&mut text, value);
            // As with `%.14g`, which does not tell floats from integers.
            let text = &text[..length];
            write_bytes(cx, file, text.strip_suffix(b".0").unwrap_or(text))
        } else {
            let text = cx.check_str(index)?;
            write_bytes(cx, file, text.as_bytes())
        };
        if failure.is_none() {
            failure = written.err();
        }
    }
    match failure {
        None => cx.ret1(handle),
        Some(error) => ret_failure(cx, &error, None),
    }
}

fn write_bytes(cx: &mut Cx<'_>, file: &File, bytes: &[u8]) -> std::io::Result<()> {
    match file {
        File::Open(stream) | File::Standard(stream) => stream.borrow_mut().write(bytes),
        File::HostOutput => {
            (cx.vm().host.print)(bytes);
            Ok(())
        }
        File::Closed => Ok(()),
    }
}
