//! `math`. Transcendental functions are those of the `libm` crate, so that machines agree; what IEEE 754 rounds correctly
//! (square root, remainder) is the processor's.

mod random;
mod rounding;

pub(super) use rounding::{ceil, floor};

use super::Outcome;
use super::register::{self, Row};
use crate::native::Cx;
use crate::number;
use crate::value::Value;
use crate::vm::Vm;

const FUNCTIONS: [Row; 22] = [
    ("math.abs", abs),
    ("math.acos", acos),
    ("math.asin", asin),
    ("math.atan", atan),
    ("math.ceil", rounding::ceil),
    ("math.cos", cos),
    ("math.deg", deg),
    ("math.exp", exp),
    ("math.floor", rounding::floor),
    ("math.fmod", rounding::fmod),
    ("math.log", log),
    ("math.max", max),
    ("math.min", min),
    ("math.modf", rounding::modf),
    ("math.rad", rad),
    ("math.random", random::random),
    ("math.randomseed", random::randomseed),
    ("math.sin", sin),
    ("math.sqrt", sqrt),
    ("math.tan", tan),
    ("math.tointeger", rounding::tointeger),
    ("math.ult", ult),
];

pub(super) fn open(vm: &mut Vm) {
    let math = register::library(vm, "math", &FUNCTIONS);
    let constants = [
        ("pi", Value::float(std::f64::consts::PI)),
        ("huge", Value::float(f64::INFINITY)),
        ("maxinteger", Value::int(i64::MAX)),
        ("mininteger", Value::int(i64::MIN)),
    ];
    for (name, value) in constants {
        vm.set_global_field(math, name, value);
    }
    let kinds = [register::text(vm, b"integer"), register::text(vm, b"float")];
    register::add_function(vm, math, ("math.type", r#type), &kinds);
}

pub(super) fn abs(cx: &mut Cx<'_>) -> Outcome {
    let value = cx.arg(0);
    if value.is_int() {
        return cx.ret1(Value::int(value.raw_int().wrapping_abs()));
    }
    let number = cx.check_num(0)?;
    cx.ret1(Value::float(number.abs()))
}

/// A function of one float.
fn map(cx: &mut Cx<'_>, function: fn(f64) -> f64) -> Outcome {
    let number = cx.check_num(0)?;
    cx.ret1(Value::float(function(number)))
}

pub(super) fn sqrt(cx: &mut Cx<'_>) -> Outcome {
    let number = cx.check_num(0)?;
    cx.ret1(Value::float(number.sqrt()))
}

pub(super) fn sin(cx: &mut Cx<'_>) -> Outcome {
    map(cx, libm::sin)
}

pub(super) fn cos(cx: &mut Cx<'_>) -> Outcome {
    map(cx, libm::cos)
}

pub(super) fn tan(cx: &mut Cx<'_>) -> Outcome {
    map(cx, libm::tan)
}

pub(super) fn asin(cx: &mut Cx<'_>) -> Outcome {
    map(cx, libm::asin)
}

pub(super) fn acos(cx: &mut Cx<'_>) -> Outcome {
    map(cx, libm::acos)
}

pub(super) fn exp(cx: &mut Cx<'_>) -> Outcome {
    map(cx, libm::exp)
}

fn deg(cx: &mut Cx<'_>) -> Outcome {
    map(cx, |radians| radians * (180.0 / std::f64::consts::PI))
}

fn rad(cx: &mut Cx<'_>) -> Outcome {
    map(cx, |degrees| degrees * (std::f64::consts::PI / 180.0))
}

pub(super) fn atan(cx: &mut Cx<'_>) -> Outcome {
    let y = cx.check_num(0)?;
    let x = cx.opt_num(1, 1.0)?;
    cx.ret1(Value::float(libm::atan2(y, x)))
}

pub(super) fn log(cx: &mut Cx<'_>) -> Outcome {
    let number = cx.check_num(0)?;
    if cx.is_none_or_nil(1) {
        return cx.ret1(Value::float(libm::log(number)));
    }
    let base = cx.check_num(1)?;
    cx.ret1(Value::float(if base == 2.0 {
        libm::log2(number)
    } else if base == 10.0 {
        libm::log10(number)
    } else {
        libm::log(number) / libm::log(base)
    }))
}

pub(super) fn max(cx: &mut Cx<'_>) -> Outcome {
    select(cx, number::less, false)
}

pub(super) fn min(cx: &mut Cx<'_>) -> Outcome {
    select(cx, |best, next| number::less(next, best), true)
}

/// The argument that is better than those before it. Arguments that are no numbers are compared as `<` does.
#[inline(always)]
fn select(cx: &mut Cx<'_>, better: fn(Value, Value) -> bool, smallest: bool) -> Outcome {
    let mut best = cx.check_any(0)?;
    for index in 1..cx.nargs() {
        let next = cx.arg(index);
        let is_better = if best.is_number() && next.is_number() {
            better(best, next)
        } else if smallest {
            cx.less_than(next, best)?
        } else {
            cx.less_than(best, next)?
        };
        if is_better {
            best = next;
        }
    }
    cx.ret1(best)
}

fn ult(cx: &mut Cx<'_>) -> Outcome {
    let (a, b) = (cx.check_int(0)?, cx.check_int(1)?);
    cx.ret1(Value::boolean((a as u64) < b as u64))
}

fn r#type(cx: &mut Cx<'_>) -> Outcome {
    let value = cx.check_any(0)?;
    let kind =
        if value.is_number() { cx.captured(usize::from(value.is_float())) } else { Value::NIL };
    cx.ret1(kind)
}
