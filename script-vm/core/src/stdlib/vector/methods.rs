//! Methods of vectors.

use super::{Vector, check_pair, check_vector, number};
use crate::native::Cx;
use crate::stdlib::Outcome;
use crate::stdlib::register::Row;
use crate::value::Value;

macro_rules! methods {
    ($($(#[$doc:meta])* $name:ident, $text:literal, $function:ident;)*) => {
        /// A method of vectors.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u8)]
        pub enum VectorMethod { $($(#[$doc])* $name),* }

        impl VectorMethod {
            /// Every method, by its number.
            pub const ALL: &'static [VectorMethod] = &[$(VectorMethod::$name),*];

            /// What scripts call it, and what runs then.
            pub(in crate::stdlib) fn row(self) -> Row {
                match self {
                    $(VectorMethod::$name => ($text, $function)),*
                }
            }

            pub fn from_name(name: &[u8]) -> Option<VectorMethod> {
                $(if name == $text.as_bytes() {
                    return Some(VectorMethod::$name);
                })*
                None
            }
        }
    };
}

methods! {
    Abs, "abs", abs;
    Cross, "cross", cross;
    Distance, "distance", distance;
    Dot, "dot", dot;
    Floor, "floor", floor;
    Length, "length", length;
    LengthSquared, "length_squared", length_squared;
    Lerp, "lerp", lerp;
    Max, "max", max;
    Min, "min", min;
    Normalize, "normalize", normalize;
    Unpack, "unpack", unpack;
    /// Of vectors in the plane only, like the one behind it.
    Perp, "perp", perp;
    Rotate, "rotate", rotate;
}

impl VectorMethod {
    /// Whether vectors of three components have it, or else of two.
    pub fn is_of(self, has_three: bool) -> bool {
        !has_three || !matches!(self, VectorMethod::Perp | VectorMethod::Rotate)
    }
}

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
