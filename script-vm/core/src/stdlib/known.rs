//! Functions of the library that compilers know the meaning of.

use super::base::iteration;
use super::string::basic;
use super::vector::{self, VectorMethod};
use super::{base, coroutine, math};
use crate::native::NativeFn;

/// One of them. All but `assert`, `string.byte`, `error` and `select` have one result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KnownFunction {
    Abs,
    Assert,
    Byte,
    Ceil,
    Error,
    Floor,
    Max,
    Min,
    Select,
    SetMetatable,
    Sqrt,
    Type,
    Vec2,
    Vec3,
    /// Of a vector that is the first argument.
    Vector(VectorMethod),
}

/// The function at an address, if compilers know it.
pub fn known_function(address: u64) -> Option<KnownFunction> {
    use KnownFunction::{
        Abs, Assert, Byte, Ceil, Error, Floor, Max, Min, Select, SetMetatable, Sqrt, Type, Vec2,
        Vec3,
    };
    let known: [(NativeFn, KnownFunction); 14] = [
        (math::abs, Abs),
        (base::assert, Assert),
        (basic::byte, Byte),
        (math::ceil, Ceil),
        (base::error, Error),
        (math::floor, Floor),
        (math::max, Max),
        (math::min, Min),
        (base::select, Select),
        (base::setmetatable, SetMetatable),
        (math::sqrt, Sqrt),
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
