//! `table.concat`, `table.pack` and `table.unpack`.

use super::access::{Needs, check, get, length, plain};
use crate::native::{Cx, Raised};
use crate::stdlib::Outcome;
use crate::stdlib::buffer::Buffer;
use crate::value::Value;

/// Elements handled between two looks at the budget.
const PORTION: i64 = 64;

pub(super) fn concat(cx: &mut Cx<'_>) -> Outcome {
    let object = check(cx, 0, Needs::ReadLength)?;
    let size = length(cx, object)?;
    let separator = cx.opt_str(1)?;
    let first = cx.opt_int(2, 1)?;
    let last = cx.opt_int(3, size)?;
    let separator = separator.as_ref().map_or(&[][..], |separator| separator.as_bytes());
    let mut out = Buffer::new(cx);
    let mut at = first;
    while at <= last {
        if (at.wrapping_sub(first)) % PORTION == 0 {
            cx.charge((last.saturating_sub(at)).min(PORTION) as u64)?;
        }
        let value = get(cx, object, at)?;
        if !out.push_text(cx, value)? {
            let name = value.type_name();
            let text = format!("invalid value ({name}) at index {at} in table for 'concat'");
            return Err(cx.error(text));
        }
        if at == last {
            break;
        }
        out.push(cx, separator)?;
        at += 1;
    }
    out.ret(cx)
}

pub(super) fn pack(cx: &mut Cx<'_>) -> Outcome {
    let count = cx.nargs();
    let table = cx.table_of_args(0, 1)?;
    cx.set_field(table, "n", Value::int(count as i64))?;
    cx.ret1(Value::table(table))
}

pub(super) fn unpack(cx: &mut Cx<'_>) -> Outcome {
    let object = cx.arg(0);
    let first = cx.opt_int(1, 1)?;
    let last = if cx.is_none_or_nil(2) { length(cx, object)? } else { cx.check_int(2)? };
    if first > last {
        return cx.ret0();
    }
    let count = last.wrapping_sub(first) as u64;
    if count >= i32::MAX as u64 || !cx.has_room(count as usize + 1) {
        return Err(cx.error("too many results to unpack"));
    }
    let count = count as usize + 1;
    charge_elements(cx, count)?;
    if let Some(table) = plain(object) {
        return cx.ret_with(count, |index| table.get_int(first.wrapping_add(index as i64)));
    }
    for index in 0..count {
        let value = get(cx, object, first.wrapping_add(index as i64))?;
        cx.push(value)?;
    }
    cx.ret_pushed(count)
}

fn charge_elements(cx: &mut Cx<'_>, count: usize) -> Result<(), Raised> {
    let units = count as u64 / 16;
    if units == 0 { Ok(()) } else { cx.charge(units) }
}
