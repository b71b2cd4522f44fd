//! Operators on vectors.

use super::Vector;
use crate::native::{Cx, Raised};
use crate::stdlib::Outcome;
use crate::stdlib::register::Row;
use crate::value::Value;
use crate::vm::Event;

pub(super) const METAMETHODS: [Row; 5] =
    [("__add", add), ("__sub", sub), ("__mul", mul), ("__div", div), ("__unm", unm)];

fn add(cx: &mut Cx<'_>) -> Outcome {
    binary(cx, Event::Add, "add", vectors)
}

fn sub(cx: &mut Cx<'_>) -> Outcome {
    binary(cx, Event::Sub, "sub", vectors)
}

fn mul(cx: &mut Cx<'_>) -> Outcome {
    binary(cx, Event::Mul, "mul", vectors_or_splat)
}

fn div(cx: &mut Cx<'_>) -> Outcome {
    binary(cx, Event::Div, "div", vectors_or_splat)
}

fn unm(cx: &mut Cx<'_>) -> Outcome {
    let vector = super::check_vector(cx, 0)?;
    cx.ret1(operate(Event::Unm, vector, vector).to_value())
}

fn binary(
    cx: &mut Cx<'_>,
    event: Event,
    name: &str,
    operands: fn(Value, Value) -> Option<(Vector, Vector)>,
) -> Outcome {
    match operands(cx.arg(0), cx.arg(1)) {
        Some((a, b)) => cx.ret1(operate(event, a, b).to_value()),
        None => Err(wrong_operands(cx, name)),
    }
}

/// The result of an operator on two vectors of one type; negation looks at the first only.
pub(super) fn operate(event: Event, a: Vector, b: Vector) -> Vector {
    match event {
        Event::Add => a.zip(b, |a, b| a + b),
        Event::Sub => a.zip(b, |a, b| a - b),
        Event::Mul => a.zip(b, |a, b| a * b),
        Event::Div => a.zip(b, |a, b| a / b),
        _ => a.map(|lane| -lane),
    }
}

/// Both operands, which are vectors of one type.
pub(super) fn vectors(a: Value, b: Value) -> Option<(Vector, Vector)> {
    let (a, b) = (Vector::from_value(a)?, Vector::from_value(b)?);
    (a.is_vec3 == b.is_vec3).then_some((a, b))
}

/// Both operands, of which one may be a number: a vector of that number then.
pub(super) fn vectors_or_splat(a: Value, b: Value) -> Option<(Vector, Vector)> {
    let splat = |value: Value, like: Vector| {
        value.number().map(|number| Vector { lanes: [number as f32; 3], ..like })
    };
    match (Vector::from_value(a), Vector::from_value(b)) {
        (Some(a), Some(b)) => (a.is_vec3 == b.is_vec3).then_some((a, b)),
        (Some(a), None) => splat(b, a).map(|b| (a, b)),
        (None, Some(b)) => splat(a, b).map(|a| (a, b)),
        (None, None) => None,
    }
}

#[cold]
fn wrong_operands(cx: &mut Cx<'_>, operator: &str) -> Raised {
    let (a, b) = (cx.arg(0).type_name(), cx.arg(1).type_name());
    cx.error(format!("attempt to {operator} a '{a}' with a '{b}'"))
}
