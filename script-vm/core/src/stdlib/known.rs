//! Functions of the library that compilers know the meaning of.

use super::base::iteration;
use super::string::basic;
use super::vector::{self, VectorMethod};
use super::{base, coroutine, math};
use crate::native::NativeFn;

/// Functions of one or two floats that machine code calls. Those of one do not look at the second.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum FloatFunction {
    Acos,
    Asin,
    /// Of y and x.
    Atan,
    Cos,
    Exp,
    Log,
    Mod,
    Pow,
    Sin,
    Tan,
}

impl FloatFunction {
    /// Every function, by its number.
    pub const ALL: &'static [FloatFunction] = &[
        FloatFunction::Acos,
        FloatFunction::Asin,
        FloatFunction::Atan,
        FloatFunction::Cos,
        FloatFunction::Exp,
        FloatFunction::Log,
        FloatFunction::Mod,
        FloatFunction::Pow,
        FloatFunction::Sin,
        FloatFunction::Tan,
    ];

    pub fn address(self) -> usize {
        let function: extern "C" fn(f64, f64) -> f64 = match self {
            FloatFunction::Acos => of_one::acos,
            FloatFunction::Asin => of_one::asin,
            FloatFunction::Atan => of_two::atan2,
            FloatFunction::Cos => of_one::cos,
            FloatFunction::Exp => of_one::exp,
            FloatFunction::Log => of_one::log,
            FloatFunction::Mod => of_two::float_mod,
            FloatFunction::Pow => of_two::pow,
            FloatFunction::Sin => of_one::sin,
            FloatFunction::Tan => of_one::tan,
        };
        function as usize
    }
}

/// The functions of one float as machine code calls them.
mod of_one {
    macro_rules! functions {
        ($($name:ident)*) => { $(pub extern "C" fn $name(x: f64, _: f64) -> f64 { libm::$name(x) })* };
    }
    functions! { acos asin cos exp log sin tan }
}

/// The same of two.
mod of_two {
    use crate::number;

    pub extern "C" fn atan2(y: f64, x: f64) -> f64 {
        libm::atan2(y, x)
    }

    pub extern "C" fn float_mod(x: f64, y: f64) -> f64 {
        number::float_mod(x, y)
    }

    pub extern "C" fn pow(x: f64, y: f64) -> f64 {
        number::pow(x, y)
    }
}

/// One of them. All but `assert`, `string.byte`, `error` and `select` have one result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KnownFunction {
    Abs,
    Assert,
    Byte,
    Ceil,
    Error,
    /// Of floats, with a float as its result.
    Float(FloatFunction),
    Floor,
    Max,
    Min,
    Select,
    SetMetatable,
    Sqrt,
    Sub,
    Type,
    Vec2,
    Vec3,
    /// Of a vector that is the first argument.
    Vector(VectorMethod),
}

/// The function at an address, if compilers know it.
pub fn known_function(address: u64) -> Option<KnownFunction> {
    use KnownFunction::{
        Abs, Assert, Byte, Ceil, Error, Float, Floor, Max, Min, Select, SetMetatable, Sqrt, Sub,
        Type, Vec2, Vec3,
    };
    let known: [(NativeFn, KnownFunction); 23] = [
        (math::abs, Abs),
        (base::assert, Assert),
        (basic::byte, Byte),
        (math::ceil, Ceil),
        (base::error, Error),
        (math::acos, Float(FloatFunction::Acos)),
        (math::asin, Float(FloatFunction::Asin)),
        (math::atan, Float(FloatFunction::Atan)),
        (math::cos, Float(FloatFunction::Cos)),
        (math::exp, Float(FloatFunction::Exp)),
        (math::log, Float(FloatFunction::Log)),
        (math::sin, Float(FloatFunction::Sin)),
        (math::tan, Float(FloatFunction::Tan)),
        (math::floor, Floor),
        (math::max, Max),
        (math::min, Min),
        (base::select, Select),
        (base::setmetatable, SetMetatable),
        (math::sqrt, Sqrt),
        (basic::sub, Sub),
        (base::r#type, Type),
        (vector::vec2, Vec2),
        (vector::vec3, Vec3),
    ];
    let methods = VectorMethod::ALL.iter();
    let methods = methods.map(|&method| (method.row().1, KnownFunction::Vector(method)));
    known
        .into_iter()
        .chain(methods)
        .find(|(function, _)| *function as usize as u64 == address)
        .map(|(_, it)| it)
}

/// What generic loops are made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KnownIteration {
    /// `pairs`, whose captured value is `next`.
    Pairs,
    /// `ipairs`, whose captured value is its iterator.
    Ipairs,
    /// `next`
    Next,
    /// The iterator of `ipairs`.
    Index,
}

/// The function at an address, if it is one of them.
pub fn known_iteration(address: u64) -> Option<KnownIteration> {
    let known: [(NativeFn, KnownIteration); 4] = [
        (iteration::pairs, KnownIteration::Pairs),
        (iteration::ipairs, KnownIteration::Ipairs),
        (iteration::next, KnownIteration::Next),
        (iteration::ipairs_iterator, KnownIteration::Index),
    ];
    known.into_iter().find(|(function, _)| *function as usize as u64 == address).map(|(_, it)| it)
}

/// Whether the address is that of the functions which the interpreter runs itself, `pcall` among them.
pub fn is_intrinsic(address: u64) -> bool {
    coroutine::run_by_interpreter as NativeFn as usize as u64 == address
}
