//! `next`, `pairs` and `ipairs`. Generic loops step the two iterators themselves where no metamethod can be in the way.

use super::super::Outcome;
use super::super::register;
use crate::native::{Cx, Intrinsic, Iterator, TableRef, new_native};
use crate::table;
use crate::value::Value;
use crate::vm::Vm;

pub(super) fn open(vm: &mut Vm, globals: TableRef) {
    let mut next_function = new_native(vm, "next", next, Intrinsic::None, &[]);
    next_function.set_iterator(Iterator::Next);
    let next_function = Value::native(next_function);
    vm.set_global_field(globals, "next", next_function);
    let pairs = new_native(vm, "pairs", pairs, Intrinsic::Pairs, &[next_function]);
    vm.set_global_field(globals, "pairs", Value::native(pairs));
    let mut step = new_native(vm, "ipairs_iterator", ipairs_iterator, Intrinsic::None, &[]);
    step.set_iterator(Iterator::Index);
    register::add_function(vm, globals, ("ipairs", ipairs), &[Value::native(step)]);
}

pub(in crate::stdlib) fn next(cx: &mut Cx<'_>) -> Outcome {
    let table = cx.check_table(0)?;
    let key = cx.arg(1);
    match table::next(&mut cx.vm().heap, table, key) {
        Ok(Some((key, value))) => cx.ret(&[key, value]),
        Ok(None) => cx.ret1(Value::NIL),
        Err(_) => Err(cx.error_plain("invalid key to 'next'")),
    }
}

/// Never called, since the interpreter runs it: compilers know `pairs` by this address.
pub(in crate::stdlib) fn pairs(cx: &mut Cx<'_>) -> Outcome {
    Err(cx.error("the interpreter runs 'pairs' itself"))
}

pub(in crate::stdlib) fn ipairs(cx: &mut Cx<'_>) -> Outcome {
    let object = cx.check_any(0)?;
    let step = cx.captured(0);
    cx.ret(&[step, object, Value::int(0)])
}

pub(in crate::stdlib) fn ipairs_iterator(cx: &mut Cx<'_>) -> Outcome {
    let object = cx.arg(0);
    let index = Value::int(cx.check_int(1)?.wrapping_add(1));
    let value = cx.index(object, index)?;
    if value.is_nil() { cx.ret1(Value::NIL) } else { cx.ret(&[index, value]) }
}
