//! Arithmetic on literals at compile time, by exactly PUC Lua's rules (`constfolding` of `lcode.c`).
//!
//! Folded is only what cannot raise an error and gives the same value at any time: no division by zero, no bitwise
//! operation on a number without an integer value, no result that is NaN or a zero float (whose sign a constant table
//! could lose). Strings and comparisons are never folded. The
//! arithmetic itself is that of the running program, [`crate::number`].

use interlune_syntax::ast::{BinaryOp, UnaryOp};

use crate::number;

use super::desc::{ExprDesc, Value};

#[derive(Clone, Copy)]
enum Number {
    Integer(i64),
    Float(f64),
}

impl Number {
    fn of(e: &ExprDesc) -> Option<Number> {
        match e.value {
            Value::Integer(i) if !e.has_jumps() => Some(Number::Integer(i)),
            Value::Float(f) if !e.has_jumps() => Some(Number::Float(f)),
            _ => None,
        }
    }

    fn to_float(self) -> f64 {
        match self {
            Number::Integer(i) => i as f64,
            Number::Float(f) => f,
        }
    }

    /// The integer that this number is equal to, if there is one.
    fn to_integer(self) -> Option<i64> {
        match self {
            Number::Integer(i) => Some(i),
            Number::Float(f) => number::float_to_int(f),
        }
    }

    fn is_zero(self) -> bool {
        self.to_float() == 0.0
    }
}

/// The value of `left op right`, if it may be folded.
pub(super) fn fold_binary(op: BinaryOp, left: &ExprDesc, right: &ExprDesc) -> Option<Value> {
    let (a, b) = (Number::of(left)?, Number::of(right)?);
    let result = match op {
        BinaryOp::Add => arithmetic(a, b, i64::wrapping_add, |x, y| x + y),
        BinaryOp::Sub => arithmetic(a, b, i64::wrapping_sub, |x, y| x - y),
        BinaryOp::Mul => arithmetic(a, b, i64::wrapping_mul, |x, y| x * y),
        BinaryOp::Mod if !b.is_zero() => arithmetic(a, b, number::int_mod, number::float_mod),
        BinaryOp::FloorDiv if !b.is_zero() => {
            arithmetic(a, b, number::int_floor_div, |x, y| (x / y).floor())
        }
        BinaryOp::Div if !b.is_zero() => Number::Float(a.to_float() / b.to_float()),
        BinaryOp::Pow => Number::Float(number::pow(a.to_float(), b.to_float())),
        BinaryOp::BitAnd => Number::Integer(a.to_integer()? & b.to_integer()?),
        BinaryOp::BitOr => Number::Integer(a.to_integer()? | b.to_integer()?),
        BinaryOp::BitXor => Number::Integer(a.to_integer()? ^ b.to_integer()?),
        BinaryOp::ShiftLeft => {
            Number::Integer(number::shift_left(a.to_integer()?, b.to_integer()?))
        }
        BinaryOp::ShiftRight => {
            Number::Integer(number::shift_right(a.to_integer()?, b.to_integer()?))
        }
        BinaryOp::Mod
        | BinaryOp::FloorDiv
        | BinaryOp::Div
        | BinaryOp::Concat
        | BinaryOp::Equal
        | BinaryOp::NotEqual
        | BinaryOp::Less
        | BinaryOp::LessEqual
        | BinaryOp::Greater
        | BinaryOp::GreaterEqual => return None,
    };
    literal(result)
}

/// The value of `op operand`, if it may be folded.
pub(super) fn fold_unary(op: UnaryOp, operand: &ExprDesc) -> Option<Value> {
    let number = Number::of(operand)?;
    let result = match op {
        UnaryOp::Minus => match number {
            Number::Integer(i) => Number::Integer(i.wrapping_neg()),
            Number::Float(f) => Number::Float(-f),
        },
        UnaryOp::BitNot => Number::Integer(!number.to_integer()?),
        UnaryOp::Not | UnaryOp::Length => return None,
    };
    literal(result)
}

fn literal(number: Number) -> Option<Value> {
    match number {
        Number::Integer(i) => Some(Value::Integer(i)),
        Number::Float(f) => (!f.is_nan() && f != 0.0).then_some(Value::Float(f)),
    }
}

fn arithmetic(
    a: Number,
    b: Number,
    on_integers: fn(i64, i64) -> i64,
    on_floats: fn(f64, f64) -> f64,
) -> Number {
    match (a, b) {
        (Number::Integer(x), Number::Integer(y)) => Number::Integer(on_integers(x, y)),
        _ => Number::Float(on_floats(a.to_float(), b.to_float())),
    }
}
