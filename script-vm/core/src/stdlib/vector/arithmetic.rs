//! Operators on vectors.

use super::Vector;
use crate::native::{Cx, Raised};
use crate::stdlib::Outcome;
use crate::stdlib::register::Row;
use crate::value::Value;

pub(super) const METAMETHODS: [Row; 5] =
    [("__add", add), ("__sub", sub), ("__mul", mul), ("__div", div), ("__unm", unm)];

fn add(cx: &mut Cx<'_>) -> Outcome {
    let (a, b) = two_vectors(cx, "add")?;
    cx.ret1(a.zip(b, |a, b| a + b).to_value())
}

fn sub(cx: &mut Cx<'_>) -> Outcome {
    let (a, b) = two_vectors(cx, "sub")?;
    cx.ret1(a.zip(b, |a, b| a - b).to_value())
}

fn mul(cx: &mut Cx<'_>) -> Outcome {
    let (a, b) = vectors_or_number(cx, "mul")?;
    cx.ret1(a.zip(b, |a, b| a * b).to_value())
}

fn div(cx: &mut Cx<'_>) -> Outcome {
    let (a, b) = vectors_or_number(cx, "div")?;
    cx.ret1(a.zip(b, |a, b| a / b).to_value())
}

fn unm(cx: &mut Cx<'_>) -> Outcome {
    let vector = super::check_vector(cx, 0)?;
    cx.ret1(vector.map(|lane| -lane).to_value())
}

/// Both operands, which are vectors of one type.
fn two_vectors(cx: &mut Cx<'_>, operator: &str) -> Result<(Vector, Vector), Raised> {
    match (Vector::from_value(cx.arg(0)), Vector::from_value(cx.arg(1))) {
        (Some(a), Some(b)) if a.is_vec3 == b.is_vec3 => Ok((a, b)),
        _ => Err(wrong_operands(cx, operator)),
    }
}

/// Both operands, of which one may be a number: a vector of that number then.
fn vectors_or_number(cx: &mut Cx<'_>, operator: &str) -> Result<(Vector, Vector), Raised> {
    let (a, b) = (cx.arg(0), cx.arg(1));
    let splat = |value: Value, like: Vector| {
        value.number().map(|number| Vector { lanes: [number as f32; 3], ..like })
    };
    let operands = match (Vector::from_value(a), Vector::from_value(b)) {
        (Some(a), Some(b)) => (a.is_vec3 == b.is_vec3).then_some((a, b)),
        (Some(a), None) => splat(b, a).map(|b| (a, b)),
        (None, Some(b)) => splat(a, b).map(|a| (a, b)),
        (None, None) => None,
    };
    operands.ok_or_else(|| wrong_operands(cx, operator))
}

#[cold]
fn wrong_operands(cx: &mut Cx<'_>, operator: &str) -> Raised {
    let (a, b) = (cx.arg(0).type_name(), cx.arg(1).type_name());
    cx.error(format!("attempt to {operator} a '{a}' with a '{b}'"))
}
