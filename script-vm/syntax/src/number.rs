//! Conversion between text and Lua numbers: the one place for the rules of numerals, `tonumber` and `tostring`.
//!
//! Reading follows PUC Lua's `luaO_str2num`, writing its `%.14g`. Both are exact: decimal text goes through Rust's correctly
//! rounding parser and formatter, hexadecimal text through [`hex`].

mod hex;

use std::fmt::Write;

/// A Lua number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    Integer(i64),
    Float(f64),
}

/// Whether Lua counts `byte` as white space: `isspace` of the C locale.
#[inline]
pub fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r')
}

/// Reads a numeral as `tonumber` and the lexer do: white space around it, a sign, decimal or hexadecimal. Hexadecimal
/// integers wrap modulo 2^64; decimal ones that do not fit become floats. Words such as `inf` and `nan` are none.
///
/// ```
/// use interlune_syntax::number::{parse_number, Number};
/// assert_eq!(parse_number(b" -0x10 "), Some(Number::Integer(-16)));
/// assert_eq!(parse_number(b"1e2"), Some(Number::Float(100.0)));
/// assert_eq!(parse_number(b"0x"), None);
/// ```
pub fn parse_number(text: &[u8]) -> Option<Number> {
    let text = trim(text);
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    match digits {
        [b'0', b'x' | b'X', rest @ ..] => parse_hexadecimal(rest, negative),
        _ => parse_decimal(digits, negative),
    }
}

fn trim(text: &[u8]) -> &[u8] {
    let Some(start) = text.iter().position(|&byte| !is_space(byte)) else {
        return &[];
    };
    let end = text.iter().rposition(|&byte| !is_space(byte)).map_or(start, |last| last + 1);
    &text[start..end]
}

fn parse_hexadecimal(digits: &[u8], negative: bool) -> Option<Number> {
    if !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit) {
        let magnitude =
            digits.iter().fold(0u64, |value, &digit| (value << 4) | u64::from(hex_value(digit)));
        let magnitude = if negative { magnitude.wrapping_neg() } else { magnitude };
        return Some(Number::Integer(magnitude.cast_signed()));
    }
    let magnitude = hex::parse_float(digits)?;
    Some(Number::Float(if negative { -magnitude } else { magnitude }))
}

fn parse_decimal(digits: &[u8], negative: bool) -> Option<Number> {
    if let Some(integer) = decimal_integer(digits, negative) {
        return Some(Number::Integer(integer));
    }
    // Rust reads a superset of C's decimal form: the words "inf" and "nan", and a second sign.
    let plain = |byte: &u8| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-');
    if !digits.iter().all(plain) || !matches!(digits.first(), Some(b'0'..=b'9' | b'.')) {
        return None;
    }
    let magnitude: f64 = str::from_utf8(digits).ok()?.parse().ok()?;
    Some(Number::Float(if negative { -magnitude } else { magnitude }))
}

/// The value of an all-digit text, if it fits.
fn decimal_integer(digits: &[u8], negative: bool) -> Option<i64> {
    if digits.is_empty() {
        return None;
    }
    let mut magnitude = 0u64;
    for &digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        magnitude = magnitude.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
    }
    if negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
}

/// The value of a hexadecimal digit.
pub(crate) fn hex_value(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit.wrapping_sub(b'A').wrapping_add(10),
    }
}

/// A float as `tostring` writes it: C's `%.14g`, with `.0` appended where that looks like an integer. Infinities are
/// `inf` and `-inf`; every NaN is `nan`, whatever its sign (PUC Lua shows the sign bit, which differs by platform).
pub fn format_float(value: f64) -> String {
    let mut text = String::with_capacity(24);
    write_float(&mut text, value);
    text
}

/// Appends to `out` what [`format_float`] returns.
pub fn write_float(out: &mut String, value: f64) {
    if value.is_nan() {
        out.push_str("nan");
    } else if value.is_infinite() {
        out.push_str(if value > 0.0 { "inf" } else { "-inf" });
    } else if value.abs() < 1e14 && value.fract() == 0.0 {
        // At most 14 digits: what `%.14g` writes in full. The sign of -0.0 must show.
        let sign = if value.is_sign_negative() { "-" } else { "" };
        append(out, format_args!("{sign}{}.0", value.abs() as i64));
    } else {
        write_general(out, value);
    }
}

/// Formatting into a string cannot fail, so there is no error to hand on.
fn append(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    let _infallible = out.write_fmt(arguments);
}

/// `%.14g` of a finite number that is no short integer.
fn write_general(out: &mut String, value: f64) {
    const DIGITS: i32 = 14;
    let scientific = format!("{:.*e}", DIGITS as usize - 1, value.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (head, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fraction = fraction.trim_end_matches('0');
    if value.is_sign_negative() {
        out.push('-');
    }
    if !(-4..DIGITS).contains(&exponent) {
        out.push_str(head);
        if !fraction.is_empty() {
            out.push('.');
            out.push_str(fraction);
        }
        let sign = if exponent < 0 { '-' } else { '+' };
        append(out, format_args!("e{sign}{:02}", exponent.unsigned_abs()));
    } else if exponent < 0 {
        out.push_str("0.");
        out.extend(std::iter::repeat_n('0', exponent.unsigned_abs() as usize - 1));
        out.push_str(head);
        out.push_str(fraction);
    } else {
        write_fixed(out, head, fraction, exponent as usize);
    }
}

/// `head.fraction` with the point moved right by `exponent` digits.
fn write_fixed(out: &mut String, head: &str, fraction: &str, exponent: usize) {
    out.push_str(head);
    if fraction.len() > exponent {
        let (whole, rest) = fraction.split_at(exponent);
        out.push_str(whole);
        out.push('.');
        out.push_str(rest);
    } else {
        out.push_str(fraction);
        out.extend(std::iter::repeat_n('0', exponent - fraction.len()));
        out.push_str(".0");
    }
}

#[cfg(test)]
mod tests;
