//! Arithmetic and conversions of Lua numbers, as the reference manual defines them (§3.4.1-3.4.3).

use interlune_syntax::number::{Number, parse_number};

use crate::plant::{self, Bug};
use crate::value::Value;

/// 2^63 as a float: the first one that is no 64-bit integer.
const TWO_63: f64 = 9_223_372_036_854_775_808.0;

/// The integer that equals `float`, if there is one.
#[inline]
pub fn float_to_int(float: f64) -> Option<i64> {
    let int = float as i64;
    (int as f64 == float && float < TWO_63).then_some(int)
}

/// The integer that equals a number or a string's number.
pub fn to_int(value: Value) -> Option<i64> {
    if let Some(int) = value.as_int() {
        return Some(int);
    }
    match value.as_float() {
        Some(float) => float_to_int(float),
        None => string_to_number(value).and_then(to_int),
    }
}

/// A number or a string's number as a float.
pub fn to_float(value: Value) -> Option<f64> {
    value.number().or_else(|| string_to_number(value)?.number())
}

/// The number that a string spells.
pub fn string_to_number(value: Value) -> Option<Value> {
    parse(value.as_string()?.as_bytes())
}

/// The number that some text spells.
pub fn parse(text: &[u8]) -> Option<Value> {
    Some(match parse_number(text)? {
        Number::Integer(int) => Value::int(int),
        Number::Float(float) => Value::float(float),
    })
}

/// `a // b` for `b` not 0; wraps.
#[inline]
pub fn int_floor_div(a: i64, b: i64) -> i64 {
    if b == -1 {
        return a.wrapping_neg();
    }
    let quotient = a / b;
    if a % b != 0 && (a ^ b) < 0 { quotient - 1 } else { quotient }
}

/// `a % b` for `b` not 0: has the sign of `b`.
#[inline]
pub fn int_mod(a: i64, b: i64) -> i64 {
    if b == -1 {
        return 0;
    }
    let rest = a % b;
    if rest != 0 && (rest ^ b) < 0 { rest + b } else { rest }
}

/// `a % b`: C's fmod with the sign of `b`.
#[inline]
pub fn float_mod(a: f64, b: f64) -> f64 {
    let rest = remainder(a, b);
    if (rest > 0.0 && b < 0.0) || (rest < 0.0 && b > 0.0) { rest + b } else { rest }
}

/// C's fmod. What wraps around once at most needs no division: `x - y` is exact for `y <= x <= 2 y` (Sterbenz).
#[inline]
fn remainder(a: f64, b: f64) -> f64 {
    let (x, y) = (a.abs(), b.abs());
    if x < y {
        a
    } else if x < 2.0 * y {
        (x - y).copysign(a)
    } else {
        a % b
    }
}

/// `a ^ b`, the same on every machine; squares are multiplications.
#[inline]
pub fn pow(a: f64, b: f64) -> f64 {
    if b == 2.0 { a * a } else { libm::pow(a, b) }
}

/// `a << b`: shifts in zeros, either way, all of the bits if need be.
#[inline]
pub fn shift_left(a: i64, b: i64) -> i64 {
    if b <= -64 || b >= 64 {
        0
    } else if b >= 0 {
        ((a as u64) << b) as i64
    } else {
        ((a as u64) >> -b) as i64
    }
}

/// `a >> b`
#[inline]
pub fn shift_right(a: i64, b: i64) -> i64 {
    // The negation of the smallest integer is itself: 64 is as far as any shift goes.
    shift_left(a, b.max(-64).wrapping_neg())
}

/// `a < b` of an integer and a float, exactly.
pub fn int_less_float(a: i64, b: f64) -> bool {
    if fits_exactly(a) {
        return (a as f64) < b;
    }
    // The smallest integer not below `b` decides.
    match ceil_to_int(b) {
        Rounded::Int(limit) => a < limit,
        Rounded::Above => true,
        Rounded::Below | Rounded::Nan => false,
    }
}

/// `a <= b` of an integer and a float, exactly.
pub fn int_less_equal_float(a: i64, b: f64) -> bool {
    if fits_exactly(a) {
        return a as f64 <= b;
    }
    match floor_to_int(b) {
        Rounded::Int(limit) => a <= limit,
        Rounded::Above => true,
        Rounded::Below | Rounded::Nan => false,
    }
}

/// `a < b` of a float and an integer, exactly.
pub fn float_less_int(a: f64, b: i64) -> bool {
    if fits_exactly(b) {
        return a < b as f64;
    }
    match floor_to_int(a) {
        Rounded::Int(floor) => floor < b,
        Rounded::Below => true,
        Rounded::Above | Rounded::Nan => false,
    }
}

/// `a <= b` of a float and an integer, exactly.
pub fn float_less_equal_int(a: f64, b: i64) -> bool {
    if fits_exactly(b) {
        return a <= b as f64;
    }
    match ceil_to_int(a) {
        Rounded::Int(ceil) => ceil <= b,
        Rounded::Below => true,
        Rounded::Above | Rounded::Nan => false,
    }
}

/// Whether the integer is within the range in which every integer is a float.
fn fits_exactly(int: i64) -> bool {
    plant::is(Bug::FloatIntCompare) || (-(1 << 53)..=1 << 53).contains(&int)
}

/// A float rounded to an integer, or where it lies when there is none.
enum Rounded {
    Int(i64),
    Below,
    Above,
    Nan,
}

fn floor_to_int(float: f64) -> Rounded {
    rounded(libm::floor(float))
}

fn ceil_to_int(float: f64) -> Rounded {
    rounded(libm::ceil(float))
}

fn rounded(float: f64) -> Rounded {
    if float.is_nan() {
        Rounded::Nan
    } else if float >= TWO_63 {
        Rounded::Above
    } else if float < -TWO_63 {
        Rounded::Below
    } else {
        Rounded::Int(float as i64)
    }
}

/// `a < b` of two numbers.
pub fn less(a: Value, b: Value) -> bool {
    match (a.as_int(), b.as_int()) {
        (Some(a), Some(b)) => a < b,
        (Some(a), None) => int_less_float(a, b.raw_float()),
        (None, Some(b)) => float_less_int(a.raw_float(), b),
        (None, None) => a.raw_float() < b.raw_float(),
    }
}

/// `a <= b` of two numbers.
pub fn less_equal(a: Value, b: Value) -> bool {
    match (a.as_int(), b.as_int()) {
        (Some(a), Some(b)) => a <= b,
        (Some(a), None) => int_less_equal_float(a, b.raw_float()),
        (None, Some(b)) => float_less_equal_int(a.raw_float(), b),
        (None, None) => a.raw_float() <= b.raw_float(),
    }
}

/// The limit of an integer loop, clipped: rounds a float limit towards the start. Nothing: the loop does not run.
pub fn for_limit(start: i64, limit: Value, step: i64) -> Option<i64> {
    let limit = match limit.as_int() {
        Some(limit) => limit,
        None => {
            let float = limit.raw_float();
            match if step < 0 { ceil_to_int(float) } else { floor_to_int(float) } {
                Rounded::Int(limit) => limit,
                Rounded::Above if step > 0 => i64::MAX,
                Rounded::Below if step < 0 => i64::MIN,
                // PUC Lua asks whether the limit is above 0: NaN is not, as if it were below everything.
                Rounded::Nan if step < 0 => i64::MIN,
                Rounded::Above | Rounded::Below | Rounded::Nan => return None,
            }
        }
    };
    let runs = if step > 0 { start <= limit } else { start >= limit };
    runs.then_some(limit)
}
