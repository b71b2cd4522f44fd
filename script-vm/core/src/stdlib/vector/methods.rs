//! Methods of vectors.

use super::{Vector, check_pair, check_vector, number};
use crate::native::Cx;
use crate::stdlib::Outcome;
use crate::stdlib::register::Row;
use crate::value::Value;

/// Methods of both types.
pub(super) const COMMON: [Row; 12] = [
    ("abs", abs),
    ("cross", cross),
    ("distance", distance),
    ("dot", dot),
    ("floor", floor),
    ("length", length),
    ("length_squared", length_squared),
    ("lerp", lerp),
    ("max", max),
    ("min", min),
    ("normalize", normalize),
    ("unpack", unpack),
];

/// Methods that make sense in the plane only.
pub(super) const ONLY_VEC2: [Row; 2] = [("perp", perp), ("rotate", rotate)];

fn length(cx: &mut Cx<'_>) -> Outcome {
    let vector = check_vector(cx, 0)?;
    cx.ret1(number(vector.length()))
}

fn length_squared(cx: &mut Cx<'_>) -> Outcome {
    let vector = check_vector(cx, 0)?;
    cx.ret1(number(vector.dot(vector)))
}

fn dot(cx: &mut Cx<'_>) -> Outcome {
    let (a, b) = check_pair(cx)?;
    cx.ret1(number(a.dot(b)))
}

fn distance(cx: &mut Cx<'_>) -> Outcome {
    let (a, b) = check_pair(cx)?;
    cx.ret1(number(a.zip(b, |a, b| a - b).length()))
}

fn cross(cx: &mut Cx<'_>) -> Outcome {
    let (a, b) = check_pair(cx)?;
    let ([ax, ay, az], [bx, by, bz]) = (a.lanes, b.lanes);
    let z = ax * by - ay * bx;
    cx.ret1(if a.is_vec3 {
        Value::vec3(ay * bz - az * by, az * bx - ax * bz, z)
    } else {
        number(z)
    })
}

/// As `glam`'s `normalize_or_zero`.
fn normalize(cx: &mut Cx<'_>) -> Outcome {
    let vector = check_vector(cx, 0)?;
    let reciprocal = 1.0 / vector.length();
    let has_direction = reciprocal.is_finite() && reciprocal > 0.0;
    let factor = |lane| if has_direction { lane * reciprocal } else { 0.0 };
    cx.ret1(vector.map(factor).to_value())
}

fn lerp(cx: &mut Cx<'_>) -> Outcome {
    let (a, b) = check_pair(cx)?;
    let t = cx.check_num(2)? as f32;
    cx.ret1(a.zip(b, |a, b| a * (1.0 - t) + b * t).to_value())
}

fn min(cx: &mut Cx<'_>) -> Outcome {
    let (a, b) = check_pair(cx)?;
    cx.ret1(a.zip(b, |a, b| if a < b { a } else { b }).to_value())
}

fn max(cx: &mut Cx<'_>) -> Outcome {
    let (a, b) = check_pair(cx)?;
    cx.ret1(a.zip(b, |a, b| if a > b { a } else { b }).to_value())
}

fn abs(cx: &mut Cx<'_>) -> Outcome {
    let vector = check_vector(cx, 0)?;
    cx.ret1(vector.map(f32::abs).to_value())
}

fn floor(cx: &mut Cx<'_>) -> Outcome {
    let vector = check_vector(cx, 0)?;
    cx.ret1(vector.map(f32::floor).to_value())
}

fn unpack(cx: &mut Cx<'_>) -> Outcome {
    let vector = check_vector(cx, 0)?;
    let components = vector.components();
    cx.ret_with(components.len(), |index| number(components[index]))
}

fn perp(cx: &mut Cx<'_>) -> Outcome {
    let Vector { lanes: [x, y, _], .. } = check_vector(cx, 0)?;
    cx.ret1(Value::vec2(-y, x))
}

fn rotate(cx: &mut Cx<'_>) -> Outcome {
    let Vector { lanes: [x, y, _], .. } = check_vector(cx, 0)?;
    let (sin, cos) = libm::sincosf(cx.check_num(1)? as f32);
    cx.ret1(Value::vec2(cos * x - sin * y, sin * x + cos * y))
}
