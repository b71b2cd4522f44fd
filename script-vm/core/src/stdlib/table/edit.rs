//! `table.insert`, `table.remove` and `table.move`.

use super::access::{Needs, check, get, length, plain, set};
use crate::native::{Cx, Raised, TableRef};
use crate::stdlib::Outcome;
use crate::table::array;
use crate::value::Value;

/// Elements moved in one go that cost as much as one call.
const ELEMENTS_PER_UNIT: usize = 32;

/// Elements copied one by one between two looks at the budget.
const PORTION: i64 = 64;

pub(super) fn insert(cx: &mut Cx<'_>) -> Outcome {
    if cx.nargs() == 2
        && let Some(table) = plain(cx.arg(0))
    {
        let value = cx.arg(1);
        cx.raw_set_int(table, i64::from(table.array_len) + 1, value)?;
        return cx.ret0();
    }
    insert_elsewhere(cx)
}

fn insert_elsewhere(cx: &mut Cx<'_>) -> Outcome {
    let object = check(cx, 0, Needs::ReadWriteLength)?;
    let end = length(cx, object)?.wrapping_add(1);
    match cx.nargs() {
        2 => {
            let value = cx.arg(1);
            set(cx, object, end, value)?;
        }
        3 => {
            let position = cx.check_int(1)?;
            if position.wrapping_sub(1) as u64 >= end as u64 {
                return Err(cx.arg_error(1, "position out of bounds"));
            }
            let value = cx.arg(2);
            insert_at(cx, object, position, end, value)?;
        }
        _ => return Err(cx.error("wrong number of arguments to 'insert'")),
    }
    cx.ret0()
}

fn insert_at(
    cx: &mut Cx<'_>,
    object: Value,
    position: i64,
    end: i64,
    value: Value,
) -> Result<(), Raised> {
    if position < end
        && !value.is_nil()
        && let Some(table) = plain(object)
    {
        charge_moved(cx, end - position)?;
        // A finalizer may have run, and shortened the table.
        if let Some(index) = index_within(table, position) {
            let inserted = array::insert_at(&mut cx.vm().heap, table, index, value);
            return inserted.map_err(|_| cx.out_of_memory());
        }
    }
    let mut at = end;
    while at > position {
        if (end - at) % PORTION == 0 {
            cx.charge((at - position).min(PORTION) as u64)?;
        }
        let moved = get(cx, object, at - 1)?;
        set(cx, object, at, moved)?;
        at -= 1;
    }
    set(cx, object, position, value)
}

fn charge_moved(cx: &mut Cx<'_>, count: i64) -> Result<(), Raised> {
    let units = count as u64 / ELEMENTS_PER_UNIT as u64;
    if units == 0 { Ok(()) } else { cx.charge(units) }
}

/// The place of an element in the array part, if it lies there.
fn index_within(table: TableRef, position: i64) -> Option<usize> {
    let index = usize::try_from(position).ok()?.checked_sub(1)?;
    (index < table.array_len as usize).then_some(index)
}

pub(super) fn remove(cx: &mut Cx<'_>) -> Outcome {
    if let Some(table) = plain(cx.arg(0)) {
        let size = i64::from(table.array_len);
        let position = cx.opt_int(1, size)?;
        if position == size && size > 0 {
            let last = size as usize - 1;
            let value = table.array_get(last);
            let stored = array::store(&mut cx.vm().heap, table, last, Value::NIL);
            stored.map_err(|_| cx.out_of_memory())?;
            return cx.ret1(value);
        }
        if position > 0 && position < size {
            charge_moved(cx, size - position)?;
            if let Some(index) = index_within(table, position) {
                let value = array::remove_at(&mut cx.vm().heap, table, index);
                return cx.ret1(value);
            }
        }
    }
    remove_elsewhere(cx)
}

fn remove_elsewhere(cx: &mut Cx<'_>) -> Outcome {
    let object = check(cx, 0, Needs::ReadWriteLength)?;
    let size = length(cx, object)?;
    let position = cx.opt_int(1, size)?;
    if position != size && position.wrapping_sub(1) as u64 > size as u64 {
        return Err(cx.arg_error(1, "position out of bounds"));
    }
    let removed = get(cx, object, position)?;
    cx.push(removed)?;
    let mut at = position;
    while at < size {
        if (at - position) % PORTION == 0 {
            cx.charge((size - at).min(PORTION) as u64)?;
        }
        let moved = get(cx, object, at.wrapping_add(1))?;
        set(cx, object, at, moved)?;
        at += 1;
    }
    set(cx, object, at, Value::NIL)?;
    cx.ret1(removed)
}

pub(super) fn r#move(cx: &mut Cx<'_>) -> Outcome {
    let (first, last, target) = (cx.check_int(1)?, cx.check_int(2)?, cx.check_int(3)?);
    let destination = if cx.is_none_or_nil(4) { 0 } else { 4 };
    let from = check(cx, 0, Needs::Read)?;
    let to = check(cx, destination, Needs::Write)?;
    if last >= first {
        if first <= 0 && last >= i64::MAX.wrapping_add(first) {
            return Err(cx.arg_error(2, "too many elements to move"));
        }
        let count = last - first + 1;
        if target > i64::MAX - count + 1 {
            return Err(cx.arg_error(3, "destination wrap around"));
        }
        let upwards =
            target > last || target <= first || (destination != 0 && !cx.equals(from, to)?);
        copy(cx, (from, first), (to, target), count, upwards)?;
    }
    cx.ret1(to)
}

/// Copies `count` elements, from the lowest on if `upwards`.
fn copy(
    cx: &mut Cx<'_>,
    (from, first): (Value, i64),
    (to, target): (Value, i64),
    count: i64,
    upwards: bool,
) -> Result<(), Raised> {
    for step in 0..count {
        if step % PORTION == 0 {
            cx.charge((count - step).min(PORTION) as u64)?;
        }
        let offset = if upwards { step } else { count - 1 - step };
        let value = get(cx, from, first + offset)?;
        set(cx, to, target + offset, value)?;
    }
    Ok(())
}
