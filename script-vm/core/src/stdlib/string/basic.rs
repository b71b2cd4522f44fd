//! The string functions that need no pattern and no format.

use super::{charge_bytes, end_argument, end_position, start_position};
use crate::bytecode::binary;
use crate::native::{Cx, Raised};
use crate::stdlib::Outcome;
use crate::value::Value;

pub(super) fn len(cx: &mut Cx<'_>) -> Outcome {
    let text = cx.check_str(0)?;
    cx.ret1(Value::int(text.len() as i64))
}

pub(in crate::stdlib) fn sub(cx: &mut Cx<'_>) -> Outcome {
    let text = cx.check_str(0)?;
    let (start, end) = (cx.check_int(1)?, cx.opt_int(2, -1)?);
    if let Some(part) = part(text.as_bytes(), start, end) {
        let part = cx.new_str(part)?;
        return cx.ret1(part);
    }
    cx.ret1(Value::string(text))
}

/// What lies between two positions; nothing if that is all of the text.
pub fn part(text: &[u8], start: i64, end: i64) -> Option<&[u8]> {
    let (start, end) = (start_position(start, text.len()), end_position(end, text.len()));
    let is_all = start == 1 && end == text.len();
    (!is_all).then(|| if start <= end { &text[start - 1..end] } else { &[] })
}

pub(in crate::stdlib) fn byte(cx: &mut Cx<'_>) -> Outcome {
    let text = cx.check_str(0)?;
    let first = cx.opt_int(1, 1)?;
    let start = start_position(first, text.len());
    let end = end_argument(cx, 2, first, text.len())?;
    if start > end {
        return cx.ret0();
    }
    if start == end {
        return cx.ret1(Value::int(i64::from(text.as_bytes()[start - 1])));
    }
    let count = end - start + 1;
    cx.ensure_room(count, "string slice too long")?;
    cx.ret_with(count, |index| Value::int(i64::from(text.as_bytes()[start - 1 + index])))
}

pub(super) fn char(cx: &mut Cx<'_>) -> Outcome {
    let mut bytes = Vec::with_capacity(cx.nargs());
    for index in 0..cx.nargs() {
        match u8::try_from(cx.check_int(index)?) {
            Ok(byte) => bytes.push(byte),
            Err(_) => return Err(cx.arg_error(index, "value out of range")),
        }
    }
    let text = cx.new_str(&bytes)?;
    cx.ret1(text)
}

pub(super) fn lower(cx: &mut Cx<'_>) -> Outcome {
    map_bytes(cx, |byte| byte.to_ascii_lowercase())
}

pub(super) fn upper(cx: &mut Cx<'_>) -> Outcome {
    map_bytes(cx, |byte| byte.to_ascii_uppercase())
}

fn map_bytes(cx: &mut Cx<'_>, map: impl Fn(u8) -> u8) -> Outcome {
    let text = cx.check_str(0)?;
    charge_bytes(cx, text.len())?;
    let mapped = cx.new_str_with(text.len(), |place| {
        for (to, from) in place.iter_mut().zip(text.as_bytes()) {
            *to = map(*from);
        }
    })?;
    cx.ret1(mapped)
}

pub(super) fn reverse(cx: &mut Cx<'_>) -> Outcome {
    let text = cx.check_str(0)?;
    charge_bytes(cx, text.len())?;
    let reversed = cx.new_str_with(text.len(), |place| {
        place.copy_from_slice(text.as_bytes());
        place.reverse();
    })?;
    cx.ret1(reversed)
}

pub(super) fn rep(cx: &mut Cx<'_>) -> Outcome {
    let text = cx.check_str(0)?;
    let count = cx.check_int(1)?;
    let separator = cx.opt_str(2)?;
    let Some(total) = repeated_length(cx, text.len(), count, separator.map_or(0, |s| s.len()))?
    else {
        let empty = cx.new_str(&[])?;
        return cx.ret1(empty);
    };
    if count == 1 {
        return cx.ret1(Value::string(text));
    }
    charge_bytes(cx, total)?;
    let separator = separator.as_ref().map_or(&[][..], |separator| separator.as_bytes());
    let repeated = cx.new_str_with(total, |place| repeat(place, text.as_bytes(), separator))?;
    cx.ret1(repeated)
}

/// How long the repetition is; nothing if it is none.
fn repeated_length(
    cx: &mut Cx<'_>,
    length: usize,
    count: i64,
    separator: usize,
) -> Result<Option<usize>, Raised> {
    /// PUC Lua's limit: what fits in a C `int`.
    const MAX: usize = i32::MAX as usize;
    let Ok(count @ 1..) = usize::try_from(count) else { return Ok(None) };
    if length + separator > MAX / count {
        return Err(cx.error("resulting string too large"));
    }
    Ok(Some(count * length + (count - 1) * separator))
}

/// Fills `place` with as many copies of `text` as fit, with `separator` between them.
fn repeat(place: &mut [u8], text: &[u8], separator: &[u8]) {
    let total = place.len();
    if let ([byte], []) = (text, separator) {
        return place.fill(*byte);
    }
    let unit = (text.len() + separator.len()).min(total);
    place[..text.len()].copy_from_slice(text);
    place[text.len()..unit].copy_from_slice(&separator[..unit - text.len()]);
    let mut filled = unit;
    while filled < total {
        // What is there is doubled.
        let more = filled.min(total - filled);
        place.copy_within(..more, filled);
        filled += more;
    }
}

pub(super) fn dump(cx: &mut Cx<'_>) -> Outcome {
    let function = cx.check_function(0)?;
    let strip = !cx.arg(1).is_falsy();
    let Some(closure) = function.as_closure() else {
        return Err(cx.error("unable to dump given function"));
    };
    let bytes = binary::dump(closure.proto_ref(), strip);
    let text = cx.new_str(&bytes)?;
    cx.ret1(text)
}
