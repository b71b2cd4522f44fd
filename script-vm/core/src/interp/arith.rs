//! Arithmetic and bitwise instructions. Integer and float pairs run here, mixed pairs too; strings, metamethods and
//! errors go to [`super::meta`].

#![allow(unsafe_code, reason = "raw registers, verified bytecode")]

use crate::bytecode::Insn;
use crate::interp::load::handler;
use crate::interp::{Exit, Mode, meta, next, next_by_loop, reg};
use crate::number;
use crate::plant::{self, Bug};
use crate::value::{META_FALSE, META_FLOAT, META_INT, META_TRUE, Value, tag, tag_at};
use crate::vm::Vm;

/// Operand kinds in a type feedback cell.
pub mod seen {
    /// Both operands were integers.
    pub const INT: u64 = 1;
    /// Both were floats.
    pub const FLOAT: u64 = 2;
    /// One was an integer, one a float.
    pub const MIXED: u64 = 4;
    /// Something else.
    pub const OTHER: u64 = 8;
    /// Both were of this vector type, or the only one was.
    pub const VEC2: u64 = 1 << 4;
    /// The first was, the second was a number.
    pub const VEC2_NUMBER: u64 = 1 << 5;
    /// The second was, the first was a number.
    pub const NUMBER_VEC2: u64 = 1 << 6;
    pub const VEC3: u64 = 1 << 7;
    pub const VEC3_NUMBER: u64 = 1 << 8;
    pub const NUMBER_VEC3: u64 = 1 << 9;
    /// All that is said of operands that are no numbers.
    pub const NO_NUMBERS: u64 =
        OTHER | VEC2 | VEC2_NUMBER | NUMBER_VEC2 | VEC3 | VEC3_NUMBER | NUMBER_VEC3;

    /// What two operands of vector arithmetic that is defined are noted as, by their tags.
    pub(crate) fn vectors(x: u32, y: u32) -> u64 {
        use crate::value::tag;
        match (x, y) {
            (tag::VEC2, tag::VEC2) => VEC2,
            (tag::VEC2, _) => VEC2_NUMBER,
            (_, tag::VEC2) => NUMBER_VEC2,
            (tag::VEC3, tag::VEC3) => VEC3,
            (tag::VEC3, _) => VEC3_NUMBER,
            _ => NUMBER_VEC3,
        }
    }
    /// Bits of the cell that say this. Above them stands which metamethod was called: see `MetamethodSite`.
    pub const KINDS: u64 = 0x3ff;
}

/// Notes what a site has seen.
#[inline(always)]
pub(crate) unsafe fn note(fb: *mut u64, cell: usize, kind: u64) {
    // SAFETY: verified cells are within the feedback vector.
    unsafe { *fb.add(cell) |= kind }
}

// Every handler has two fast paths, integer pairs and float pairs. Tags are compared in memory and the rest is left to
// `mixed`, because three scratch registers are all that a handler has before it must save some.

/// `x op y` on numbers where integers stay integers.
macro_rules! arithmetic {
    ($name:ident, $mixed:ident, $y:ident, $int:expr, $float:expr) => {
        handler! {
            $name(vm, pc, base, k, fb, i) {
                let x = reg(base, i.b_reg());
                let y = $y!(base, k, i);
                if tag_at(x) == tag::INT && $y!(is_int y) {
                    note(fb, i.d(), seen::INT);
                    let result: i64 = $int((*x).raw_int(), $y!(int y));
                    *reg(base, i.a()) = Value { payload: result as u64, meta: META_INT };
                    return next::<M>(vm, pc, base, k, fb);
                }
                if tag_at(x) == tag::FLOAT && $y!(is_float y) {
                    note(fb, i.d(), seen::FLOAT);
                    let result: f64 = $float((*x).raw_float(), $y!(float y));
                    *reg(base, i.a()) = Value { payload: result.to_bits(), meta: META_FLOAT };
                    return next::<M>(vm, pc, base, k, fb);
                }
                $mixed::<M>(vm, pc, base, k, fb, i.0)
            }
        }

        handler! {
            #[inline(never)]
            $mixed(vm, pc, base, k, fb, i) {
                let x = reg(base, i.b_reg());
                let y = $y!(base, k, i);
                let (a, b);
                if tag_at(x) == tag::INT && $y!(is_float y) {
                    (a, b) = ((*x).raw_int() as f64, $y!(float y));
                } else if tag_at(x) == tag::FLOAT && $y!(is_int y) {
                    (a, b) = ((*x).raw_float(), $y!(int y) as f64);
                } else {
                    return slow(vm, pc, base, k, fb, i.0);
                }
                note(fb, i.d(), seen::MIXED);
                let result: f64 = $float(a, b);
                *reg(base, i.a()) = Value { payload: result.to_bits(), meta: META_FLOAT };
                next::<M>(vm, pc, base, k, fb)
            }
        }
    };
}

/// `x op y` whose result is always a float.
macro_rules! float_only {
    ($name:ident, $mixed:ident, $y:ident, $float:expr) => {
        handler! {
            $name(vm, pc, base, k, fb, i) {
                let x = reg(base, i.b_reg());
                let y = $y!(base, k, i);
                if tag_at(x) == tag::FLOAT && $y!(is_float y) {
                    note(fb, i.d(), seen::FLOAT);
                    let result: f64 = $float((*x).raw_float(), $y!(float y));
                    *reg(base, i.a()) = Value { payload: result.to_bits(), meta: META_FLOAT };
                    return next::<M>(vm, pc, base, k, fb);
                }
                if tag_at(x) == tag::INT && $y!(is_int y) {
                    note(fb, i.d(), seen::INT);
                    let result: f64 = $float((*x).raw_int() as f64, $y!(int y) as f64);
                    *reg(base, i.a()) = Value { payload: result.to_bits(), meta: META_FLOAT };
                    return next::<M>(vm, pc, base, k, fb);
                }
                $mixed::<M>(vm, pc, base, k, fb, i.0)
            }
        }

        handler! {
            #[inline(never)]
            $mixed(vm, pc, base, k, fb, i) {
                let x = reg(base, i.b_reg());
                let y = $y!(base, k, i);
                let (a, b);
                if tag_at(x) == tag::INT && $y!(is_float y) {
                    (a, b) = ((*x).raw_int() as f64, $y!(float y));
                } else if tag_at(x) == tag::FLOAT && $y!(is_int y) {
                    (a, b) = ((*x).raw_float(), $y!(int y) as f64);
                } else {
                    return slow(vm, pc, base, k, fb, i.0);
                }
                note(fb, i.d(), seen::MIXED);
                let result: f64 = $float(a, b);
                *reg(base, i.a()) = Value { payload: result.to_bits(), meta: META_FLOAT };
                next::<M>(vm, pc, base, k, fb)
            }
        }
    };
}

/// `//` and `%`: as arithmetic, but an integer divisor 0 is an error.
macro_rules! division {
    ($name:ident, $y:ident, $int:expr, $float:expr) => {
        handler! {
            $name(vm, pc, base, k, fb, i) {
                let x = reg(base, i.b_reg());
                let y = $y!(base, k, i);
                if tag_at(x) == tag::INT && $y!(is_int y) && $y!(int y) != 0 {
                    note(fb, i.d(), seen::INT);
                    let result: i64 = $int((*x).raw_int(), $y!(int y));
                    *reg(base, i.a()) = Value { payload: result as u64, meta: META_INT };
                    return next::<M>(vm, pc, base, k, fb);
                }
                if tag_at(x) == tag::FLOAT && $y!(is_float y) {
                    note(fb, i.d(), seen::FLOAT);
                    let result: f64 = $float((*x).raw_float(), $y!(float y));
                    *reg(base, i.a()) = Value { payload: result.to_bits(), meta: META_FLOAT };
                    return next::<M>(vm, pc, base, k, fb);
                }
                mixed::<M>(vm, pc, base, k, fb, i.0)
            }
        }
    };
}

/// Bitwise operations: integers here, everything else that converts in the slow path.
macro_rules! bitwise {
    ($name:ident, $y:ident, $int:expr) => {
        handler! {
            $name(vm, pc, base, k, fb, i) {
                let x = reg(base, i.b_reg());
                let y = $y!(base, k, i);
                if tag_at(x) == tag::INT && $y!(is_int y) {
                    note(fb, i.d(), seen::INT);
                    let result: i64 = $int((*x).raw_int(), $y!(int y));
                    *reg(base, i.a()) = Value { payload: result as u64, meta: META_INT };
                    return next::<M>(vm, pc, base, k, fb);
                }
                slow(vm, pc, base, k, fb, i.0)
            }
        }
    };
}

/// The right operand is register `c`: its slot, what is in it, and whether it is that.
macro_rules! c_reg {
    ($base:ident, $k:ident, $i:ident) => {
        reg($base, $i.c()).cast_const()
    };
    (is_int $y:ident) => {
        tag_at($y) == tag::INT
    };
    (is_float $y:ident) => {
        tag_at($y) == tag::FLOAT
    };
    (int $y:ident) => {
        (*$y).raw_int()
    };
    (float $y:ident) => {
        (*$y).raw_float()
    };
}

/// The right operand is constant `c`.
macro_rules! c_const {
    ($base:ident, $k:ident, $i:ident) => {
        $k.add($i.c())
    };
    (is_int $y:ident) => {
        tag_at($y) == tag::INT
    };
    (is_float $y:ident) => {
        tag_at($y) == tag::FLOAT
    };
    (int $y:ident) => {
        (*$y).raw_int()
    };
    (float $y:ident) => {
        (*$y).raw_float()
    };
}

/// The right operand is the immediate in `c`, which suits integers and floats.
macro_rules! c_imm {
    ($base:ident, $k:ident, $i:ident) => {
        $i.c_signed()
    };
    (is_int $y:ident) => {
        true
    };
    (is_float $y:ident) => {
        true
    };
    (int $y:ident) => {
        $y
    };
    (float $y:ident) => {
        $y as f64
    };
}

fn float_add(a: f64, b: f64) -> f64 {
    a + b
}
fn float_sub(a: f64, b: f64) -> f64 {
    a - b
}
/// `a - b` for an integer `b` in the instruction, which PUC Lua compiles to `a + (-b)`: `-0.0 - 0` is `0.0`.
fn float_sub_imm(a: f64, b: f64) -> f64 {
    a + (0.0 - b)
}
fn float_mul(a: f64, b: f64) -> f64 {
    a * b
}
fn float_div(a: f64, b: f64) -> f64 {
    a / b
}
fn float_floor_div(a: f64, b: f64) -> f64 {
    (a / b).floor()
}
#[inline(always)]
fn int_mul(a: i64, b: i64) -> i64 {
    if plant::is(Bug::WrongIntWrap) { a.saturating_mul(b) } else { a.wrapping_mul(b) }
}
fn int_and(a: i64, b: i64) -> i64 {
    a & b
}
fn int_or(a: i64, b: i64) -> i64 {
    a | b
}
fn int_xor(a: i64, b: i64) -> i64 {
    a ^ b
}

arithmetic!(add, add_mixed, c_reg, i64::wrapping_add, float_add);
arithmetic!(sub, sub_mixed, c_reg, i64::wrapping_sub, float_sub);
arithmetic!(mul, mul_mixed, c_reg, int_mul, float_mul);
arithmetic!(add_imm, add_imm_mixed, c_imm, i64::wrapping_add, float_add);
arithmetic!(sub_imm, sub_imm_mixed, c_imm, i64::wrapping_sub, float_sub_imm);
arithmetic!(add_const, add_const_mixed, c_const, i64::wrapping_add, float_add);
arithmetic!(sub_const, sub_const_mixed, c_const, i64::wrapping_sub, float_sub);
arithmetic!(mul_const, mul_const_mixed, c_const, i64::wrapping_mul, float_mul);
float_only!(div, div_mixed, c_reg, float_div);
float_only!(div_const, div_const_mixed, c_const, float_div);
float_only!(pow, pow_mixed, c_reg, number::pow);
float_only!(pow_const, pow_const_mixed, c_const, number::pow);
division!(modulo, c_reg, number::int_mod, number::float_mod);
division!(mod_const, c_const, number::int_mod, number::float_mod);
division!(floor_div, c_reg, number::int_floor_div, float_floor_div);
division!(floor_div_const, c_const, number::int_floor_div, float_floor_div);
bitwise!(bit_and, c_reg, int_and);
bitwise!(bit_or, c_reg, int_or);
bitwise!(bit_xor, c_reg, int_xor);
bitwise!(shift_left, c_reg, number::shift_left);
bitwise!(shift_right, c_reg, number::shift_right);
bitwise!(bit_and_const, c_const, int_and);
bitwise!(bit_or_const, c_const, int_or);
bitwise!(bit_xor_const, c_const, int_xor);
bitwise!(shift_left_imm, c_imm, number::shift_left);
bitwise!(shift_right_imm, c_imm, number::shift_right);

handler! {
    neg(vm, pc, base, k, fb, i) {
        let x = *reg(base, i.b());
        if x.meta == META_INT {
            note(fb, i.d(), seen::INT);
            *reg(base, i.a()) = Value::int(x.raw_int().wrapping_neg());
        } else if x.meta == META_FLOAT {
            note(fb, i.d(), seen::FLOAT);
            *reg(base, i.a()) = Value::float(-x.raw_float());
        } else {
            return slow(vm, pc, base, k, fb, i.0);
        }
        next::<M>(vm, pc, base, k, fb)
    }
}

handler! {
    bit_not(vm, pc, base, k, fb, i) {
        let x = *reg(base, i.b());
        if x.meta != META_INT {
            return slow(vm, pc, base, k, fb, i.0);
        }
        note(fb, i.d(), seen::INT);
        *reg(base, i.a()) = Value::int(!x.raw_int());
        next::<M>(vm, pc, base, k, fb)
    }
}

handler! {
    not(vm, pc, base, k, fb, i) {
        let falsy = (*reg(base, i.b())).is_falsy();
        *reg(base, i.a()) = Value { payload: 0, meta: if falsy { META_TRUE } else { META_FALSE } };
        next::<M>(vm, pc, base, k, fb)
    }
}

/// An integer and a float in a division.
#[inline(never)]
unsafe fn mixed<M: Mode>(
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
        match meta::mixed_arithmetic(i, base, k) {
            Some(result) => {
                note(fb, i.d(), seen::MIXED);
                *reg(base, i.a()) = result;
                next::<M>(vm, pc, base, k, fb)
            }
            None => slow(vm, pc, base, k, fb, insn),
        }
    }
}

/// Operands that are no numbers, and divisions by 0.
#[inline(never)]
unsafe fn slow(
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
        if let Some(result) = meta::vector_arithmetic(vm, i, base, k, fb) {
            *reg(base, i.a()) = result;
            return next_by_loop(vm, pc, base, k, fb);
        }
        note(fb, i.d(), seen::OTHER);
        meta::arithmetic(vm, pc, base, k, fb, insn)
    }
}
