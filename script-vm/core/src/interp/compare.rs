//! Tests: each decides whether the jump that follows it is taken.

#![allow(unsafe_code, reason = "raw registers, verified bytecode")]

use crate::bytecode::Insn;
use crate::interp::arith::{note, seen};
use crate::interp::load::handler;
use crate::interp::{Exit, Mode, meta, next, reg};
use crate::value::{META_FLOAT, META_INT, Value, tag, tag_at};
use crate::vm::Vm;

/// Goes on after a test: takes the following jump if the outcome is the expected one, else skips it.
#[inline(always)]
pub(crate) unsafe fn branch<M: Mode>(
    vm: *mut Vm,
    pc: *const Insn,
    base: *mut Value,
    k: *const Value,
    fb: *mut u64,
    take: bool,
) -> Exit {
    // SAFETY: verified code has a jump behind every test.
    unsafe {
        let pc = if take { pc.offset((*pc).wide_signed() as isize + 1) } else { pc.add(1) };
        next::<M>(vm, pc, base, k, fb)
    }
}

/// Whether the expected outcome is "true".
#[inline(always)]
fn expected(i: Insn) -> bool {
    i.c() & 1 != 0
}

macro_rules! order_test {
    ($name:ident, $int:expr, $float:expr) => {
        handler! {
            $name(vm, pc, base, k, fb, i) {
                let x = reg(base, i.a());
                let y = reg(base, i.b());
                if tag_at(x) == tag::INT && tag_at(y) == tag::INT {
                    note(fb, i.d(), seen::INT);
                    let holds: bool = $int(&(*x).raw_int(), &(*y).raw_int());
                    return branch::<M>(vm, pc, base, k, fb, holds == expected(i));
                }
                if tag_at(x) == tag::FLOAT && tag_at(y) == tag::FLOAT {
                    note(fb, i.d(), seen::FLOAT);
                    let holds: bool = $float(&(*x).raw_float(), &(*y).raw_float());
                    return branch::<M>(vm, pc, base, k, fb, holds == expected(i));
                }
                slow_order::<M>(vm, pc, base, k, fb, i.0)
            }
        }
    };
}

order_test!(test_lt, i64::lt, f64::lt);
order_test!(test_le, i64::le, f64::le);

macro_rules! immediate_test {
    ($name:ident, $int:expr, $float:expr) => {
        handler! {
            $name(vm, pc, base, k, fb, i) {
                let x = reg(base, i.a());
                if tag_at(x) == tag::INT {
                    note(fb, i.d(), seen::INT);
                    let holds: bool = $int(&(*x).raw_int(), &i.b_signed());
                    return branch::<M>(vm, pc, base, k, fb, holds == expected(i));
                }
                if tag_at(x) == tag::FLOAT {
                    note(fb, i.d(), seen::FLOAT);
                    let holds: bool = $float(&(*x).raw_float(), &(i.b_signed() as f64));
                    return branch::<M>(vm, pc, base, k, fb, holds == expected(i));
                }
                slow_order::<M>(vm, pc, base, k, fb, i.0)
            }
        }
    };
}

immediate_test!(test_lt_imm, i64::lt, f64::lt);
immediate_test!(test_le_imm, i64::le, f64::le);
immediate_test!(test_gt_imm, i64::gt, f64::gt);
immediate_test!(test_ge_imm, i64::ge, f64::ge);

handler! {
    test_eq(vm, pc, base, k, fb, i) {
        let x = *reg(base, i.a());
        let y = *reg(base, i.b());
        if x.meta == META_INT && y.meta == META_INT {
            note(fb, i.d(), seen::INT);
            return branch::<M>(vm, pc, base, k, fb, (x.payload == y.payload) == expected(i));
        }
        if !(x.is_table() && y.is_table()) && x.meta >> 32 != crate::value::tag::USERDATA as u64 {
            let kind = match (x.is_float(), y.is_float()) {
                (true, true) => seen::FLOAT,
                _ if x.is_number() && y.is_number() => seen::MIXED,
                _ if x.is_vector() && x.tag() == y.tag() => seen::vectors(x.tag(), y.tag()),
                _ => seen::OTHER,
            };
            note(fb, i.d(), kind);
            return branch::<M>(vm, pc, base, k, fb, x.raw_equals(y) == expected(i));
        }
        note(fb, i.d(), seen::OTHER);
        if x.same_bits(y) || x.meta != y.meta {
            return branch::<M>(vm, pc, base, k, fb, x.same_bits(y) == expected(i));
        }
        meta::equality::<M>(vm, pc, base, k, fb, i.0)
    }
}

handler! {
    test_eq_const(vm, pc, base, k, fb, i) {
        let x = *reg(base, i.a());
        let y = *k.add(i.b());
        let kind = match x.meta {
            META_INT => seen::INT,
            META_FLOAT => seen::FLOAT,
            _ => seen::OTHER,
        };
        note(fb, i.d(), kind);
        // Constant strings are interned, so that for strings the same bits are all there is, but for long ones.
        let equal = if x.same_bits(y) {
            x.meta != META_FLOAT || x.raw_float() == y.raw_float()
        } else if x.meta == y.meta && !x.is_float() && !x.is_string() {
            false
        } else {
            x.raw_equals(y)
        };
        branch::<M>(vm, pc, base, k, fb, equal == expected(i))
    }
}

handler! {
    test(vm, pc, base, k, fb, i) {
        let truthy = !(*reg(base, i.a())).is_falsy();
        branch::<M>(vm, pc, base, k, fb, truthy == expected(i))
    }
}

handler! {
    test_set(vm, pc, base, k, fb, i) {
        let value = *reg(base, i.b());
        let take = value.is_falsy() != expected(i);
        if take {
            *reg(base, i.a()) = value;
        }
        branch::<M>(vm, pc, base, k, fb, take)
    }
}

/// Orders of mixed numbers, strings, and whatever has metamethods.
#[cold]
#[inline(never)]
unsafe fn slow_order<M: Mode>(
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
        note(fb, i.d(), seen::OTHER);
        meta::order::<M>(vm, pc, base, k, fb, insn)
    }
}
