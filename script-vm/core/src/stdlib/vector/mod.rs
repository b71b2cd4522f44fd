//! `vec2` and `vec3`: constructors, methods, arithmetic and swizzles of the vector values.
//!
//! All arithmetic is in `f32`, operation by operation as `glam` does it, so that scripts and Rust code agree to the bit.
//! Components are read by the interpreter (`v.x`), the rest is here; as long
//! as scripts leave the metatables alone, the interpreter does the arithmetic without calling it. Vectors are values: nothing changes one.
//!
//! | script | result |
//! |---|---|
//! | `vec2(x, y)`, `vec3(x, y, z)` | a vector; components left out are 0, a single number fills all of them |
//! | `vec3(v)`, `vec3(v, z)`, `vec2(w)` | a vector widened (by `z` or 0) or cut |
//! | `v.xy`, `v.zyx`, … | a swizzle: a vector of two or three components of `v` |
//! | `v + w`, `v - w`, `v * w`, `v / w`, `-v` | by component, vectors of one type |
//! | `v * s`, `s * v`, `v / s`, `s / v` | each component with a number |
//! | `v == w`, `tostring(v)` | equality by component, `"vec2(1, 2)"` |
//! | `v:length()`, `v:length_squared()` | Euclidean length |
//! | `v:dot(w)`, `v:distance(w)` | numbers |
//! | `v:cross(w)` | a vec3; of vec2 the number that is its third component |
//! | `v:normalize()` | length 1; the zero vector for one without direction |
//! | `v:lerp(w, t)` | `v * (1 - t) + w * t` |
//! | `v:min(w)`, `v:max(w)`, `v:abs()`, `v:floor()` | by component |
//! | `v:perp()`, `v:rotate(angle)` | vec2 only: turned by 90°, by `angle` radians, from x towards y |
//! | `v:unpack()` | the components |

mod arithmetic;
mod methods;
mod plain;
mod swizzle;

pub use methods::VectorMethod;
pub use plain::VectorLibrary;

use super::Outcome;
use super::register::{self, Row};
use crate::native::{Cx, Raised};
use crate::table;
use crate::value::Value;
use crate::vm::{Event, TypeMeta, Vm};

const CONSTRUCTORS: [Row; 2] = [("vec2", vec2), ("vec3", vec3)];

/// What an operator gives if one of the operands is a vector and the other one fits it; the library has to be plain
/// ([`VectorLibrary`]).
pub(crate) fn operate(event: Event, a: Value, b: Value) -> Option<Value> {
    let (a, b) = match event {
        Event::Add | Event::Sub => arithmetic::vectors(a, b),
        Event::Mul | Event::Div => arithmetic::vectors_or_splat(a, b),
        Event::Unm => Vector::from_value(a).map(|vector| (vector, vector)),
        _ => None,
    }?;
    Some(arithmetic::operate(event, a, b).to_value())
}

/// The components that a name spells: one of them as a number, or a vector of several.
pub(crate) fn component(vector: Value, name: &[u8]) -> Option<Value> {
    swizzle::swizzle(Vector::from_value(vector)?, name)
}

pub(super) fn open(vm: &mut Vm) {
    let globals = vm.globals();
    register::add_functions(vm, globals, &CONSTRUCTORS);
    open_type(vm, TypeMeta::Vec2);
    open_type(vm, TypeMeta::Vec3);
}

/// The metatable of a vector type.
fn open_type(vm: &mut Vm, of: TypeMeta) {
    let methods = table::new_table(&mut vm.heap, 20, 0);
    let has_three = of == TypeMeta::Vec3;
    let own = VectorMethod::ALL.iter().filter(|method| method.is_of(has_three));
    let rows: Vec<Row> = own.map(|method| method.row()).collect();
    register::add_functions(vm, methods, &rows);
    plain::remember(vm, has_three, methods);
    let metatable = table::new_table(&mut vm.heap, 10, 0);
    register::add_functions(vm, metatable, &arithmetic::METAMETHODS);
    register::add_function(vm, metatable, ("__index", swizzle::index), &[Value::table(methods)]);
    vm.set_type_metatable(of, Some(metatable));
}

/// A vector as a function here sees it; a vec2 has 0 as third component.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Vector {
    lanes: [f32; 3],
    is_vec3: bool,
}

impl Vector {
    fn from_value(value: Value) -> Option<Vector> {
        if let Some([x, y]) = value.as_vec2() {
            return Some(Vector { lanes: [x, y, 0.0], is_vec3: false });
        }
        value.as_vec3().map(|lanes| Vector { lanes, is_vec3: true })
    }

    fn to_value(self) -> Value {
        let [x, y, z] = self.lanes;
        if self.is_vec3 { Value::vec3(x, y, z) } else { Value::vec2(x, y) }
    }

    fn name(self) -> &'static str {
        if self.is_vec3 { "vec3" } else { "vec2" }
    }

    fn components(&self) -> &[f32] {
        &self.lanes[..if self.is_vec3 { 3 } else { 2 }]
    }

    fn map(self, function: impl Fn(f32) -> f32) -> Vector {
        Vector { lanes: self.lanes.map(function), ..self }
    }

    fn zip(self, other: Vector, function: impl Fn(f32, f32) -> f32) -> Vector {
        let [x, y, z] = self.lanes;
        let [a, b, c] = other.lanes;
        Vector { lanes: [function(x, a), function(y, b), function(z, c)], ..self }
    }

    fn dot(self, other: Vector) -> f32 {
        let [x, y, z] = self.zip(other, |a, b| a * b).lanes;
        if self.is_vec3 { x + y + z } else { x + y }
    }

    fn length(self) -> f32 {
        self.dot(self).sqrt()
    }
}

pub(in crate::stdlib) fn vec2(cx: &mut Cx<'_>) -> Outcome {
    let [x, y, _] = constructed(cx, 2)?;
    cx.ret1(Value::vec2(x, y))
}

pub(in crate::stdlib) fn vec3(cx: &mut Cx<'_>) -> Outcome {
    let [x, y, z] = constructed(cx, 3)?;
    cx.ret1(Value::vec3(x, y, z))
}

/// The components that a constructor's arguments give.
fn constructed(cx: &mut Cx<'_>, count: usize) -> Result<[f32; 3], Raised> {
    let mut lanes = [0.0; 3];
    if let Some(vector) = Vector::from_value(cx.arg(0)) {
        lanes = vector.lanes;
        if !vector.is_vec3 {
            lanes[2] = cx.opt_num(1, 0.0)? as f32;
        }
        return Ok(lanes);
    }
    for (index, lane) in lanes.iter_mut().enumerate().take(count) {
        *lane = cx.opt_num(index, 0.0)? as f32;
    }
    if cx.nargs() == 1 {
        lanes = [lanes[0]; 3];
    }
    Ok(lanes)
}

/// A vector argument.
fn check_vector(cx: &mut Cx<'_>, index: usize) -> Result<Vector, Raised> {
    Vector::from_value(cx.arg(index)).ok_or_else(|| cx.type_error(index, "vector"))
}

/// Two vector arguments of one type.
fn check_pair(cx: &mut Cx<'_>) -> Result<(Vector, Vector), Raised> {
    let first = check_vector(cx, 0)?;
    match Vector::from_value(cx.arg(1)) {
        Some(second) if second.is_vec3 == first.is_vec3 => Ok((first, second)),
        _ => Err(cx.type_error(1, first.name())),
    }
}

/// A component as scripts see it.
fn number(lane: f32) -> Value {
    Value::float(f64::from(lane))
}
