//! `tonumber`.

use super::super::Outcome;
use crate::native::Cx;
use crate::number;
use crate::value::Value;

pub(super) fn tonumber(cx: &mut Cx<'_>) -> Outcome {
    let value = cx.arg(0);
    if !cx.is_none_or_nil(1) {
        return with_base(cx);
    }
    if value.is_number() {
        return cx.ret1(value);
    }
    match number::string_to_number(value) {
        Some(number) => cx.ret1(number),
        None => {
            cx.check_any(0)?;
            cx.ret1(Value::NIL)
        }
    }
}

fn with_base(cx: &mut Cx<'_>) -> Outcome {
    let base = cx.check_int(1)?;
    let Some(text) = cx.arg(0).as_string() else { return Err(cx.type_error(0, "string")) };
    if !(2..=36).contains(&base) {
        return Err(cx.arg_error(1, "base out of range"));
    }
    let number = parse_in_base(text.as_bytes(), base as u32);
    cx.ret1(number.map_or(Value::NIL, Value::int))
}

/// An integer numeral with optional sign and white space around; wraps.
fn parse_in_base(text: &[u8], base: u32) -> Option<i64> {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let start = text.iter().position(|byte| !is_space(byte))?;
    let end = text.iter().rposition(|byte| !is_space(byte))? + 1;
    let (negative, digits) = match &text[start..end] {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        digits => (false, digits),
    };
    if digits.is_empty() {
        return None;
    }
    let mut number = 0i64;
    for &byte in digits {
        let digit = char::from(byte).to_digit(base)?;
        number = number.wrapping_mul(i64::from(base)).wrapping_add(i64::from(digit));
    }
    Some(if negative { number.wrapping_neg() } else { number })
}
