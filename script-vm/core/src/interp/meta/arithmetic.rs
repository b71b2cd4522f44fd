//! Arithmetic off the fast path: what operators mean for every pair of operands.

#![allow(unsafe_code, reason = "raw registers, verified bytecode")]

use super::{call_meta, index_before, metamethod, note_metamethod};
use crate::bytecode::{Insn, Opcode};
use crate::interp::arith::{note, seen};
use crate::interp::{Exit, next_by_loop, reg, unwind};
use crate::number;
use crate::stdlib::vector;
use crate::value::Value;
use crate::vm::{Event, Vm};

/// The metamethod of an arithmetic or bitwise instruction.
pub(crate) fn arithmetic_event(opcode: Opcode) -> Event {
    match opcode {
        Opcode::Add | Opcode::AddImm | Opcode::AddConst => Event::Add,
        Opcode::Sub | Opcode::SubImm | Opcode::SubConst => Event::Sub,
        Opcode::Mul | Opcode::MulConst => Event::Mul,
        Opcode::Div | Opcode::DivConst => Event::Div,
        Opcode::Mod | Opcode::ModConst => Event::Mod,
        Opcode::Pow | Opcode::PowConst => Event::Pow,
        Opcode::FloorDiv | Opcode::FloorDivConst => Event::FloorDiv,
        Opcode::BitAnd | Opcode::BitAndConst => Event::BitAnd,
        Opcode::BitOr | Opcode::BitOrConst => Event::BitOr,
        Opcode::BitXor | Opcode::BitXorConst => Event::BitXor,
        Opcode::ShiftLeft | Opcode::ShiftLeftImm => Event::ShiftLeft,
        Opcode::ShiftRight | Opcode::ShiftRightImm => Event::ShiftRight,
        Opcode::Neg => Event::Unm,
        _ => Event::BitNot,
    }
}

/// The two operands of an arithmetic instruction in source order.
pub(crate) unsafe fn arithmetic_operands(
    opcode: Opcode,
    i: Insn,
    base: *mut Value,
    k: *const Value,
) -> (Value, Value) {
    // SAFETY: verified operands.
    unsafe {
        let x = *reg(base, i.b_reg());
        let [_, _, c] = opcode.operands();
        let y = match c {
            crate::bytecode::Operand::Reg => *reg(base, i.c()),
            crate::bytecode::Operand::ConstNum => *k.add(i.c()),
            crate::bytecode::Operand::Imm => Value::int(i.c_signed()),
            _ => x,
        };
        if i.is_flipped() { (y, x) } else { (x, y) }
    }
}

/// Arithmetic off the fast path: floats in bitwise operations, metamethods, errors.
pub(crate) unsafe fn arithmetic(
    vm: *mut Vm,
    pc: *const Insn,
    base: *mut Value,
    k: *const Value,
    fb: *mut u64,
    insn: u64,
) -> Exit {
    // SAFETY: the contract of `Handler`.
    unsafe {
        let i = Insn(insn);
        let Some(opcode) = i.opcode() else {
            return super::super::invalid(vm, pc, base, k, fb, insn);
        };
        let event = arithmetic_event(opcode);
        let (x, y) = arithmetic_operands(opcode, i, base, k);
        (*(*vm).frame).pc = pc;
        if x.is_number() && y.is_number() {
            return match compute(event, x, y) {
                Ok(result) => {
                    *reg(base, i.a()) = result;
                    next_by_loop(vm, pc, base, k, fb)
                }
                Err(error) => unwind::arithmetic_failure(vm, i, error, x, y),
            };
        }
        let Some(handler) = binary_handler(&mut *vm, event, x, y) else {
            return unwind::operand_failure(vm, i, event, x, y);
        };
        if handler.as_native().is_some_and(|native| native.is_string_arithmetic()) {
            match coerced(event, x, y) {
                Some(Ok(result)) => {
                    *reg(base, i.a()) = result;
                    return next_by_loop(vm, pc, base, k, fb);
                }
                Some(Err(error)) => {
                    // As raised in a native function, which is at no line.
                    unwind::park_plain(&mut *vm, error.text());
                    return unwind::unwind(vm);
                }
                None => {}
            }
        }
        note_metamethod(&mut *vm, fb.add(i.d()), index_before(vm, pc), event, [x, y], handler);
        call_meta(vm, pc, handler, &[x, y])
    }
}

/// The result of an arithmetic instruction on an integer and a float.
pub(crate) unsafe fn mixed_arithmetic(i: Insn, base: *mut Value, k: *const Value) -> Option<Value> {
    // SAFETY: verified operands.
    unsafe {
        let opcode = i.opcode()?;
        let (x, y) = arithmetic_operands(opcode, i, base, k);
        if !(x.is_number() && y.is_number()) {
            return None;
        }
        compute(arithmetic_event(opcode), x, y).ok()
    }
}

/// The result of an arithmetic instruction on vectors, if there is one and nothing but the library has a say in it.
pub(crate) unsafe fn vector_arithmetic(
    vm: *mut Vm,
    i: Insn,
    base: *mut Value,
    k: *const Value,
    fb: *mut u64,
) -> Option<Value> {
    // SAFETY: verified operands and cells.
    unsafe {
        let opcode = i.opcode()?;
        let (x, y) = arithmetic_operands(opcode, i, base, k);
        if !(x.is_vector() || y.is_vector()) || !(*vm).has_plain_vectors() {
            return None;
        }
        let result = vector::operate(arithmetic_event(opcode), x, y)?;
        note(fb, i.d(), seen::vectors(x.tag(), y.tag()));
        Some(result)
    }
}

/// The metamethod for two operands: the first one's if it has one.
pub(crate) fn binary_handler(vm: &mut Vm, event: Event, x: Value, y: Value) -> Option<Value> {
    let handler = metamethod(vm, x, event);
    let handler = if handler.is_nil() { metamethod(vm, y, event) } else { handler };
    (!handler.is_nil()).then_some(handler)
}

/// Why numbers have no result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ArithmeticError {
    DivideByZero,
    ModuloByZero,
    NoInteger,
}

impl ArithmeticError {
    /// The message where no operand has a name.
    pub fn text(self) -> &'static str {
        match self {
            ArithmeticError::DivideByZero => "attempt to divide by zero",
            ArithmeticError::ModuloByZero => "attempt to perform 'n%0'",
            ArithmeticError::NoInteger => "number has no integer representation",
        }
    }
}

/// Arithmetic with strings converted, as the metamethods of strings do it; nothing if an operand is no number.
pub(crate) fn coerced(event: Event, x: Value, y: Value) -> Option<Result<Value, ArithmeticError>> {
    // Strings are no operands of bitwise operators.
    if is_bitwise(event) && !(x.is_number() && y.is_number()) {
        return None;
    }
    let convert = |value: Value| {
        if value.is_number() { Some(value) } else { number::string_to_number(value) }
    };
    Some(compute(event, convert(x)?, convert(y)?))
}

/// The result of an operator on two numbers.
pub(crate) fn compute(event: Event, x: Value, y: Value) -> Result<Value, ArithmeticError> {
    if is_bitwise(event) {
        return bitwise(event, x, y);
    }
    if let (Some(a), Some(b)) = (x.as_int(), y.as_int())
        && let Some(result) = integer(event, a, b)
    {
        return result.map(Value::int);
    }
    let a = x.number().unwrap_or_default();
    let b = y.number().unwrap_or_default();
    Ok(Value::float(match event {
        Event::Add => a + b,
        Event::Sub => a - b,
        Event::Mul => a * b,
        Event::Div => a / b,
        Event::Mod => number::float_mod(a, b),
        Event::Pow => number::pow(a, b),
        Event::FloorDiv => (a / b).floor(),
        _ => -a,
    }))
}

pub(crate) fn is_bitwise(event: Event) -> bool {
    matches!(
        event,
        Event::BitAnd
            | Event::BitOr
            | Event::BitXor
            | Event::ShiftLeft
            | Event::ShiftRight
            | Event::BitNot
    )
}

/// Integer arithmetic; nothing for operators whose result is always a float.
fn integer(event: Event, a: i64, b: i64) -> Option<Result<i64, ArithmeticError>> {
    Some(match event {
        Event::Add => Ok(a.wrapping_add(b)),
        Event::Sub => Ok(a.wrapping_sub(b)),
        Event::Mul => Ok(a.wrapping_mul(b)),
        Event::Unm => Ok(a.wrapping_neg()),
        Event::Mod if b == 0 => Err(ArithmeticError::ModuloByZero),
        Event::Mod => Ok(number::int_mod(a, b)),
        Event::FloorDiv if b == 0 => Err(ArithmeticError::DivideByZero),
        Event::FloorDiv => Ok(number::int_floor_div(a, b)),
        _ => return None,
    })
}

fn bitwise(event: Event, x: Value, y: Value) -> Result<Value, ArithmeticError> {
    let (Some(a), Some(b)) = (number::to_int(x), number::to_int(y)) else {
        return Err(ArithmeticError::NoInteger);
    };
    Ok(Value::int(match event {
        Event::BitAnd => a & b,
        Event::BitOr => a | b,
        Event::BitXor => a ^ b,
        Event::ShiftLeft => number::shift_left(a, b),
        Event::ShiftRight => number::shift_right(a, b),
        _ => !a,
    }))
}
