//! `string.format`: fetches the arguments that conversions want; [`crate::stdlib::format`] writes them.

use super::charge_bytes;
use crate::native::{Cx, Raised};
use crate::stdlib::Outcome;
use crate::stdlib::buffer::Buffer;
use crate::stdlib::format::{
    Conversion, FlagSet, Spec, write_char, write_decimal, write_float, write_hex_float,
    write_integer, write_quoted_float, write_quoted_integer, write_quoted_string, write_text,
};
use crate::value::{Value, tag};

/// A string this long is not padded, if it has no precision: nothing could be (`MAX_ITEM` of `lstrlib.c`).
const NEVER_PADDED: usize = 100;

pub(super) fn format(cx: &mut Cx<'_>) -> Outcome {
    let format = cx.check_str(0)?;
    let format = format.as_bytes();
    charge_bytes(cx, format.len())?;
    let mut out = Buffer::new(cx);
    let mut at = 0;
    let mut argument = 0;
    while let Some(offset) = memchr::memchr(b'%', &format[at..]) {
        out.push(cx, &format[at..at + offset])?;
        at += offset + 1;
        if format.get(at) == Some(&b'%') {
            out.push(cx, b"%")?;
            at += 1;
            continue;
        }
        argument += 1;
        if cx.is_none(argument) {
            return Err(cx.arg_error(argument, "no value"));
        }
        let (conversion, end) =
            Conversion::read(format, at).map_err(|error| cx.lib_error(&error))?;
        write(cx, &mut out, &conversion, argument)?;
        at = end;
    }
    out.push(cx, &format[at..])?;
    out.ret(cx)
}

/// Appends one argument.
fn write(
    cx: &mut Cx<'_>,
    out: &mut Buffer,
    conversion: &Conversion<'_>,
    argument: usize,
) -> Result<(), Raised> {
    match conversion.letter {
        b'd' | b'i' => integer(cx, out, conversion, argument, FlagSet::DECIMAL),
        b's' => text(cx, out, conversion, argument),
        b'e' | b'E' | b'f' | b'g' | b'G' => {
            let number = cx.check_num(argument)?;
            let spec = check(cx, conversion, FlagSet::FLOAT, true)?;
            write_float(out.raw(), conversion.letter, &spec, number);
            Ok(())
        }
        b'x' | b'X' | b'o' => integer(cx, out, conversion, argument, FlagSet::HEXADECIMAL),
        b'u' => integer(cx, out, conversion, argument, FlagSet::UNSIGNED),
        b'c' => {
            let spec = check(cx, conversion, FlagSet::TEXT, false)?;
            let code = cx.check_int(argument)?;
            write_char(out.raw(), &spec, code as u8);
            Ok(())
        }
        b'a' | b'A' => {
            let spec = check(cx, conversion, FlagSet::FLOAT, true)?;
            let number = cx.check_num(argument)?;
            write_hex_float(out.raw(), conversion.letter == b'A', &spec, number);
            Ok(())
        }
        b'p' => pointer(cx, out, conversion, argument),
        b'q' => quoted(cx, out, conversion, argument),
        _ => Err(cx.lib_error(&conversion.unknown())),
    }
}

fn check(
    cx: &mut Cx<'_>,
    conversion: &Conversion<'_>,
    flags: FlagSet,
    accepts_precision: bool,
) -> Result<Spec, Raised> {
    conversion.check(flags, accepts_precision).map_err(|error| cx.lib_error(&error))
}

fn integer(
    cx: &mut Cx<'_>,
    out: &mut Buffer,
    conversion: &Conversion<'_>,
    argument: usize,
    flags: FlagSet,
) -> Result<(), Raised> {
    let number = cx.check_int(argument)?;
    if conversion.is_plain() && matches!(conversion.letter, b'd' | b'i') {
        write_decimal(out.raw(), number);
        return Ok(());
    }
    let spec = check(cx, conversion, flags, true)?;
    write_integer(out.raw(), conversion.letter, &spec, number);
    Ok(())
}

fn text(
    cx: &mut Cx<'_>,
    out: &mut Buffer,
    conversion: &Conversion<'_>,
    argument: usize,
) -> Result<(), Raised> {
    let value = cx.arg(argument);
    if conversion.is_plain() && out.push_text(cx, value)? {
        return Ok(());
    }
    let text = cx.tostring(value)?;
    if conversion.is_plain() {
        return out.push(cx, text.as_bytes());
    }
    if text.as_bytes().contains(&0) {
        return Err(cx.arg_error(argument, "string contains zeros"));
    }
    let spec = check(cx, conversion, FlagSet::TEXT, true)?;
    if !conversion.has_point() && text.len() >= NEVER_PADDED {
        return out.push(cx, text.as_bytes());
    }
    write_text(out.raw(), &spec, text.as_bytes());
    Ok(())
}

/// `%p`: the address of an object, as `tostring` shows it; "(null)" for other values.
fn pointer(
    cx: &mut Cx<'_>,
    out: &mut Buffer,
    conversion: &Conversion<'_>,
    argument: usize,
) -> Result<(), Raised> {
    let value = cx.arg(argument);
    let spec = check(cx, conversion, FlagSet::TEXT, false)?;
    let text = if value.is_traced() || value.tag() == tag::LIGHT {
        format!("{:#x}", value.payload)
    } else {
        "(null)".to_string()
    };
    write_text(out.raw(), &spec, text.as_bytes());
    Ok(())
}

/// `%q`: a literal that Lua reads back as the same value.
fn quoted(
    cx: &mut Cx<'_>,
    out: &mut Buffer,
    conversion: &Conversion<'_>,
    argument: usize,
) -> Result<(), Raised> {
    if !conversion.is_plain() {
        return Err(cx.error("specifier '%q' cannot have modifiers"));
    }
    let value = cx.arg(argument);
    match value.tag() {
        tag::STRING => {
            if let Some(text) = value.as_string() {
                // Every byte may take four.
                out.check(cx, text.len() * 4)?;
                write_quoted_string(out.raw(), text.as_bytes());
            }
        }
        tag::INT => write_quoted_integer(out.raw(), value.raw_int()),
        tag::FLOAT => write_quoted_float(out.raw(), value.raw_float()),
        tag::NIL | tag::FALSE | tag::TRUE => out.push(cx, literal(value))?,
        _ => return Err(cx.arg_error(argument, "value has no literal form")),
    }
    Ok(())
}

fn literal(value: Value) -> &'static [u8] {
    match value.as_boolean() {
        Some(true) => b"true",
        Some(false) => b"false",
        None => b"nil",
    }
}
