//! `utf8`: text as code points. [`super::utf8_codec`] decodes and encodes.

use super::Outcome;
use super::register::{self, Row};
use super::utf8_codec::{CHAR_PATTERN, INVALID, MAX_CODE, continues_at, decode, encode};
use crate::native::{Cx, Intrinsic, new_native};
use crate::value::Value;
use crate::vm::Vm;

const FUNCTIONS: [Row; 4] = [
    ("utf8.char", char),
    ("utf8.codepoint", codepoint),
    ("utf8.len", len),
    ("utf8.offset", offset),
];

/// Characters that cost as much as one call.
const PER_UNIT: usize = 16;

pub(super) fn open(vm: &mut Vm) {
    let utf8 = register::library(vm, "utf8", &FUNCTIONS);
    let pattern = register::text(vm, CHAR_PATTERN);
    vm.set_global_field(utf8, "charpattern", pattern);
    let steps: [Row; 2] = [("codes_iterator", step_strict), ("codes_iterator", step_lax)];
    let steps =
        steps.map(|(name, step)| Value::native(new_native(vm, name, step, Intrinsic::None, &[])));
    register::add_function(vm, utf8, ("utf8.codes", codes), &steps);
}

/// A position that may count from the end; 0 if it lies before the beginning (`u_posrelat`).
fn position(position: i64, length: usize) -> i64 {
    if position >= 0 {
        position
    } else if position.unsigned_abs() > length as u64 {
        0
    } else {
        length as i64 + position + 1
    }
}

fn len(cx: &mut Cx<'_>) -> Outcome {
    let text = cx.check_str(0)?;
    let length = text.len();
    let first = position(cx.opt_int(1, 1)?, length);
    let last = position(cx.opt_int(2, -1)?, length);
    let strict = cx.arg(3).is_falsy();
    if first < 1 || first - 1 > length as i64 {
        return Err(cx.arg_error(1, "initial position out of bounds"));
    }
    if last > length as i64 {
        return Err(cx.arg_error(2, "final position out of bounds"));
    }
    let mut at = first as usize - 1;
    let mut count = 0;
    while (at as i64) < last {
        match decode(text.as_bytes(), at, strict) {
            Some((_, behind)) => at = behind,
            None => return cx.ret(&[Value::NIL, Value::int(at as i64 + 1)]),
        }
        count += 1;
    }
    cx.charge(count as u64 / PER_UNIT as u64)?;
    cx.ret1(Value::int(count))
}

fn codepoint(cx: &mut Cx<'_>) -> Outcome {
    let text = cx.check_str(0)?;
    let length = text.len();
    let first = position(cx.opt_int(1, 1)?, length);
    let last = position(cx.opt_int(2, first)?, length);
    let strict = cx.arg(3).is_falsy();
    if first < 1 {
        return Err(cx.arg_error(1, "out of bounds"));
    }
    if last > length as i64 {
        return Err(cx.arg_error(2, "out of bounds"));
    }
    if first > last {
        return cx.ret0();
    }
    let room = (last - first) as usize + 1;
    cx.ensure_room(room, "string slice too long")?;
    cx.charge(room as u64 / PER_UNIT as u64)?;
    let mut at = first as usize - 1;
    let mut count = 0;
    while (at as i64) < last {
        let Some((code, behind)) = decode(text.as_bytes(), at, strict) else {
            return Err(cx.error(INVALID));
        };
        cx.push(Value::int(i64::from(code)))?;
        at = behind;
        count += 1;
    }
    cx.ret_pushed(count)
}

fn char(cx: &mut Cx<'_>) -> Outcome {
    let mut bytes = Vec::with_capacity(cx.nargs());
    for index in 0..cx.nargs() {
        let code = cx.check_int(index)? as u64;
        if code > MAX_CODE {
            return Err(cx.arg_error(index, "value out of range"));
        }
        encode(&mut bytes, code as u32);
    }
    let text = cx.new_str(&bytes)?;
    cx.ret1(text)
}

fn offset(cx: &mut Cx<'_>) -> Outcome {
    let text = cx.check_str(0)?;
    let length = text.len();
    let count = cx.check_int(1)?;
    let default = if count >= 0 { 1 } else { length as i64 + 1 };
    let from = position(cx.opt_int(2, default)?, length);
    if from < 1 || from - 1 > length as i64 {
        return Err(cx.arg_error(2, "position out of bounds"));
    }
    let bytes = text.as_bytes();
    let from = from as usize - 1;
    if count != 0 && continues_at(bytes, from) {
        return Err(cx.error("initial position is a continuation byte"));
    }
    cx.charge(length as u64 / 64)?;
    let found = match count {
        0 => Some(char_start(bytes, from)),
        1.. => forwards(bytes, from, count - 1),
        _ => backwards(bytes, from, count),
    };
    cx.ret1(found.map_or(Value::NIL, |at| Value::int(at as i64 + 1)))
}

/// Where the character at `at` begins.
fn char_start(bytes: &[u8], mut at: usize) -> usize {
    while at > 0 && continues_at(bytes, at) {
        at -= 1;
    }
    at
}

fn forwards(bytes: &[u8], mut at: usize, mut count: i64) -> Option<usize> {
    while count > 0 && at < bytes.len() {
        at += 1;
        while continues_at(bytes, at) {
            at += 1;
        }
        count -= 1;
    }
    (count == 0).then_some(at)
}

fn backwards(bytes: &[u8], mut at: usize, mut count: i64) -> Option<usize> {
    while count < 0 && at > 0 {
        at = char_start(bytes, at - 1);
        count += 1;
    }
    (count == 0).then_some(at)
}

fn codes(cx: &mut Cx<'_>) -> Outcome {
    let lax = !cx.arg(1).is_falsy();
    let text = cx.check_str(0)?;
    if continues_at(text.as_bytes(), 0) {
        return Err(cx.arg_error(0, INVALID));
    }
    let step = cx.captured(usize::from(lax));
    cx.ret(&[step, Value::string(text), Value::int(0)])
}

fn step_strict(cx: &mut Cx<'_>) -> Outcome {
    step(cx, true)
}

fn step_lax(cx: &mut Cx<'_>) -> Outcome {
    step(cx, false)
}

/// The next character: its position and code.
fn step(cx: &mut Cx<'_>, strict: bool) -> Outcome {
    let text = cx.check_str(0)?;
    let bytes = text.as_bytes();
    let last = crate::number::to_int(cx.arg(1)).unwrap_or(0) as u64;
    let mut at = usize::try_from(last).unwrap_or(usize::MAX);
    while continues_at(bytes, at) {
        at += 1;
    }
    if at >= bytes.len() {
        return cx.ret0();
    }
    match decode(bytes, at, strict) {
        Some((code, behind)) if !continues_at(bytes, behind) => {
            cx.ret(&[Value::int(at as i64 + 1), Value::int(i64::from(code))])
        }
        _ => Err(cx.error(INVALID)),
    }
}
