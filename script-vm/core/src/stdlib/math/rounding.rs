//! `math.floor`, `ceil`, `fmod`, `modf` and `tointeger`.

use crate::native::Cx;
use crate::number;
use crate::stdlib::Outcome;
use crate::value::Value;

/// Floats of this magnitude or more are integers already.
const ALL_INTEGERS: f64 = 4_503_599_627_370_496.0;

/// The largest integer not above a float.
#[inline]
fn floor_float(number: f64) -> f64 {
    if number.abs() < ALL_INTEGERS {
        // Exact, since such floats fit in an integer; the sign of a zero is lost, which an integer result has not.
        let truncated = number as i64 as f64;
        if truncated > number { truncated - 1.0 } else { truncated }
    } else {
        number
    }
}

/// A float without fraction as an integer if it fits in one.
#[inline]
fn to_value(number: f64) -> Value {
    number::float_to_int(number).map_or(Value::float(number), Value::int)
}

pub(in crate::stdlib) fn floor(cx: &mut Cx<'_>) -> Outcome {
    let value = cx.arg(0);
    if value.is_int() {
        return cx.ret1(value);
    }
    let number = cx.check_num(0)?;
    cx.ret1(to_value(floor_float(number)))
}

pub(in crate::stdlib) fn ceil(cx: &mut Cx<'_>) -> Outcome {
    let value = cx.arg(0);
    if value.is_int() {
        return cx.ret1(value);
    }
    let number = cx.check_num(0)?;
    cx.ret1(to_value(-floor_float(-number)))
}

pub(super) fn tointeger(cx: &mut Cx<'_>) -> Outcome {
    let value = cx.check_any(0)?;
    cx.ret1(number::to_int(value).map_or(Value::NIL, Value::int))
}

pub(super) fn fmod(cx: &mut Cx<'_>) -> Outcome {
    if let (Some(a), Some(b)) = (cx.arg(0).as_int(), cx.arg(1).as_int()) {
        if b == 0 {
            return Err(cx.arg_error(1, "zero"));
        }
        return cx.ret1(Value::int(a.wrapping_rem(b)));
    }
    // PUC Lua complains of the second argument first.
    let b = cx.check_num(1)?;
    let a = cx.check_num(0)?;
    cx.ret1(Value::float(a % b))
}

pub(super) fn modf(cx: &mut Cx<'_>) -> Outcome {
    let value = cx.arg(0);
    if value.is_int() {
        return cx.ret(&[value, Value::float(0.0)]);
    }
    let number = cx.check_num(0)?;
    let whole = if number < 0.0 { -floor_float(-number) } else { floor_float(number) };
    // The comparison is for the infinities.
    let fraction = if number == whole { 0.0 } else { number - whole };
    cx.ret(&[to_value(whole), Value::float(fraction)])
}
