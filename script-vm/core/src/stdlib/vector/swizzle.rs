//! `__index` of vectors: swizzles, then methods. Single components are the interpreter's.

use super::Vector;
use crate::native::Cx;
use crate::stdlib::Outcome;
use crate::value::Value;

pub(super) fn index(cx: &mut Cx<'_>) -> Outcome {
    let key = cx.arg(1);
    if let Some(name) = key.as_string()
        && let Some(vector) = Vector::from_value(cx.arg(0))
        && name.len() > 1
        && let Some(swizzled) = swizzle(vector, name.as_bytes())
    {
        return cx.ret1(swizzled);
    }
    let methods = cx.captured(0);
    let method = cx.index(methods, key)?;
    cx.ret1(method)
}

/// The component, or the vector of two or three of them, that `name` spells.
pub(super) fn swizzle(vector: Vector, name: &[u8]) -> Option<Value> {
    let components = vector.components();
    let lane = |letter: u8| components.get(usize::from(letter.checked_sub(b'x')?)).copied();
    match *name {
        [a] => Some(super::number(lane(a)?)),
        [a, b] => Some(Value::vec2(lane(a)?, lane(b)?)),
        [a, b, c] => Some(Value::vec3(lane(a)?, lane(b)?, lane(c)?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spells_components() {
        let vector = Vector { lanes: [1.0, 2.0, 3.0], is_vec3: true };
        let spelled = |name: &str| swizzle(vector, name.as_bytes());
        assert_eq!(spelled("y").and_then(Value::as_float), Some(2.0));
        assert_eq!(spelled("zx").and_then(Value::as_vec2), Some([3.0, 1.0]));
        assert_eq!(spelled("yyz").and_then(Value::as_vec3), Some([2.0, 2.0, 3.0]));
        for name in ["w", "xw", "max", "dot", "xyzx", ""] {
            assert!(spelled(name).is_none(), "{name}");
        }
    }

    #[test]
    fn a_vec2_has_no_z() {
        let vector = Vector { lanes: [1.0, 2.0, 0.0], is_vec3: false };
        assert!(swizzle(vector, b"xz").is_none());
        assert_eq!(swizzle(vector, b"yx").and_then(Value::as_vec2), Some([2.0, 1.0]));
    }
}
