//! `string.pack`, `string.packsize` and `string.unpack`: fetch and make values; [`crate::stdlib::pack`] lays them out.

use super::{charge_bytes, offset_argument};
use crate::native::{Cx, Raised, Str};
use crate::stdlib::Outcome;
use crate::stdlib::buffer::Buffer;
use crate::stdlib::lib_error::LibError;
use crate::stdlib::pack::{
    Field, Kind, Layout, fits_signed, fits_unsigned, pack_float, pack_integer, packed_size,
    unpack_float, unpack_integer,
};
use crate::value::Value;

/// The byte that alignment and short strings are filled up with.
const FILL: u8 = 0;

pub(super) fn packsize(cx: &mut Cx<'_>) -> Outcome {
    let format = cx.check_str(0)?;
    charge_bytes(cx, format.len())?;
    match packed_size(format.as_bytes()) {
        Ok(size) => cx.ret1(Value::int(size as i64)),
        Err(error) => Err(cx.lib_error(&error)),
    }
}

pub(super) fn pack(cx: &mut Cx<'_>) -> Outcome {
    let format = cx.check_str(0)?;
    // A missing argument counts as nil in messages.
    cx.set_arg_count(cx.nargs() + 1)?;
    let mut layout = Layout::new(format.as_bytes());
    let mut out = Buffer::new(cx);
    let mut argument = 0;
    loop {
        cx.charge(1)?;
        let field = layout.next_field(out.bytes().len());
        let Some(field) = field.map_err(|error| cx.lib_error(&error))? else { break };
        out.fill(cx, field.padding, FILL)?;
        match field.kind {
            Kind::Padding => out.fill(cx, 1, FILL)?,
            Kind::Nothing => {}
            _ => {
                argument += 1;
                pack_value(cx, &mut out, &field, argument)?;
            }
        }
    }
    out.ret(cx)
}

/// Appends one argument.
fn pack_value(
    cx: &mut Cx<'_>,
    out: &mut Buffer,
    field: &Field,
    argument: usize,
) -> Result<(), Raised> {
    match field.kind {
        Kind::Signed => {
            let number = cx.check_int(argument)?;
            if !fits_signed(number, field.size) {
                return Err(cx.arg_error(argument, "integer overflow"));
            }
            pack_integer(out.raw(), field, number as u64, number < 0);
        }
        Kind::Unsigned => {
            let number = cx.check_int(argument)? as u64;
            if !fits_unsigned(number, field.size) {
                return Err(cx.arg_error(argument, "unsigned overflow"));
            }
            pack_integer(out.raw(), field, number, false);
        }
        Kind::Float32 => {
            let number = canonical(cx.check_num(argument)?) as f32;
            pack_float(out.raw(), field, number.to_le_bytes());
        }
        Kind::Float64 => {
            let number = canonical(cx.check_num(argument)?);
            pack_float(out.raw(), field, number.to_le_bytes());
        }
        Kind::FixedBytes | Kind::CountedBytes | Kind::ZeroEnded => {
            let text = cx.check_str(argument)?;
            pack_text(cx, out, field, argument, text)?;
        }
        Kind::Padding | Kind::Nothing => {}
    }
    Ok(())
}

/// A NaN whose bits do not depend on how it came about.
fn canonical(number: f64) -> f64 {
    if number.is_nan() { f64::NAN } else { number }
}

fn pack_text(
    cx: &mut Cx<'_>,
    out: &mut Buffer,
    field: &Field,
    argument: usize,
    text: Str,
) -> Result<(), Raised> {
    let length = text.len();
    match field.kind {
        Kind::FixedBytes => {
            if length > field.size {
                return Err(cx.arg_error(argument, "string longer than given size"));
            }
            charge_bytes(cx, field.size)?;
            out.push(cx, text.as_bytes())?;
            out.fill(cx, field.size - length, FILL)
        }
        Kind::CountedBytes => {
            if !fits_unsigned(length as u64, field.size) {
                let message = "string length does not fit in given size";
                return Err(cx.arg_error(argument, message));
            }
            pack_integer(out.raw(), field, length as u64, false);
            out.push(cx, text.as_bytes())
        }
        _ => {
            if text.as_bytes().contains(&0) {
                return Err(cx.arg_error(argument, "string contains zeros"));
            }
            out.push(cx, text.as_bytes())?;
            out.push(cx, &[0])
        }
    }
}

pub(super) fn unpack(cx: &mut Cx<'_>) -> Outcome {
    let (format, data) = (cx.check_str(0)?, cx.check_str(1)?);
    let mut at = offset_argument(cx, 2, data)?;
    if at > data.len() {
        return Err(cx.arg_error(2, "initial position out of string"));
    }
    let mut layout = Layout::new(format.as_bytes());
    let mut count = 0;
    loop {
        cx.charge(1)?;
        let field = layout.next_field(at).map_err(|error| cx.lib_error(&error))?;
        let Some(field) = field else { break };
        if field.padding + field.size > data.len() - at {
            return Err(too_short(cx));
        }
        at += field.padding;
        if matches!(field.kind, Kind::Padding | Kind::Nothing) {
            at += field.size;
            continue;
        }
        cx.ensure_room(2, "too many results")?;
        let (value, size) = unpack_value(cx, &field, data, at)?;
        cx.push(value)?;
        count += 1;
        at += size;
    }
    cx.push(Value::int(at as i64 + 1))?;
    cx.ret_pushed(count + 1)
}

fn too_short(cx: &mut Cx<'_>) -> Raised {
    cx.arg_error(1, "data string too short")
}

/// The value at offset `at`, and how many bytes it takes. The field's own bytes are there.
fn unpack_value(
    cx: &mut Cx<'_>,
    field: &Field,
    data: Str,
    at: usize,
) -> Result<(Value, usize), Raised> {
    let bytes = &data.as_bytes()[at..at + field.size];
    let value = match field.kind {
        Kind::Signed => Value::int(integer(cx, field, bytes, true)?),
        Kind::Unsigned => Value::int(integer(cx, field, bytes, false)?),
        Kind::Float32 => {
            let number = f32::from_le_bytes(unpack_float(field, bytes));
            Value::float(canonical(f64::from(number)))
        }
        Kind::Float64 => Value::float(canonical(f64::from_le_bytes(unpack_float(field, bytes)))),
        Kind::FixedBytes => cx.new_str(bytes)?,
        Kind::CountedBytes => {
            let length = integer(cx, field, bytes, false)? as u64;
            let rest = &data.as_bytes()[at + field.size..];
            if length > rest.len() as u64 {
                return Err(too_short(cx));
            }
            let text = cx.new_str(&rest[..length as usize])?;
            return Ok((text, field.size + length as usize));
        }
        Kind::ZeroEnded => {
            let rest = &data.as_bytes()[at..];
            let Some(length) = memchr::memchr(0, rest) else {
                return Err(cx.arg_error(1, "unfinished string for format 'z'"));
            };
            return Ok((cx.new_str(&rest[..length])?, length + 1));
        }
        Kind::Padding | Kind::Nothing => Value::NIL,
    };
    Ok((value, field.size))
}

fn integer(cx: &mut Cx<'_>, field: &Field, bytes: &[u8], is_signed: bool) -> Result<i64, Raised> {
    unpack_integer(field, bytes, is_signed).map_err(|error: LibError| cx.lib_error(&error))
}
