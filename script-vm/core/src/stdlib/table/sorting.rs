//! `table.sort`.
//!
//! Numbers and strings alone, in a table without metatable and with no comparator, are sorted in their array. Everything
//! else is fetched, compared and stored element by element; values in flight lie in argument slots.

use super::access::{self, Needs, check, length, plain};
use crate::native::{Cx, Raised, TableRef};
use crate::number;
use crate::stdlib::Outcome;
use crate::stdlib::sort::{self, Place, SortAccess, sort_floats, sort_integers};
use crate::table::array;
use crate::value::Value;

/// Comparisons of numbers or strings that cost as much as one call.
const COMPARISONS_PER_UNIT: u64 = 8;

const INVALID_ORDER: &str = "invalid order function for sorting";

/// Arguments of a sort under way: the two given, then places for values in flight.
mod slot {
    pub(super) const COMPARATOR: usize = 1;
    pub(super) const PLACES: usize = 2;
    pub(super) const COUNT: usize = 5;
}

pub(super) fn sort(cx: &mut Cx<'_>) -> Outcome {
    let object = check(cx, 0, Needs::ReadWriteLength)?;
    let size = length(cx, object)?;
    if size < 2 {
        return cx.ret0();
    }
    if size >= i64::from(i32::MAX) {
        return Err(cx.arg_error(0, "array too big"));
    }
    let has_comparator = !cx.is_none_or_nil(slot::COMPARATOR);
    if has_comparator {
        cx.check_function(slot::COMPARATOR)?;
    } else if let Some(table) = plain(object)
        && sort_in_place(cx, table)?
    {
        return cx.ret0();
    }
    cx.set_arg_count(slot::COUNT)?;
    let comparator = has_comparator.then(|| cx.arg(slot::COMPARATOR));
    let mut sorting = Sorting { cx, object, comparator };
    sort::sort(&mut sorting, size as usize)?;
    cx.ret0()
}

/// Sorts an array of numbers or of strings; false if it is of other things, or order depends on the algorithm.
fn sort_in_place(cx: &mut Cx<'_>, table: TableRef) -> Result<bool, Raised> {
    let length = u64::from(table.array_len);
    let comparisons = length * u64::from(length.ilog2() + 1);
    cx.charge(comparisons / COMPARISONS_PER_UNIT)?;
    let heap = &mut cx.vm().heap;
    if let Some(integers) = array::integers_mut(table) {
        sort_integers(integers);
        return Ok(true);
    }
    if let Some(floats) = array::floats_mut(table) {
        return Ok(sort_floats(floats));
    }
    let Some(values) = array::values_mut(heap, table) else { return Ok(false) };
    if values.iter().all(|value| value.is_string()) {
        // Strings that are equal cannot be told apart.
        values.sort_unstable_by(|a, b| match (a.as_string(), b.as_string()) {
            (Some(a), Some(b)) => a.as_bytes().cmp(b.as_bytes()),
            _ => std::cmp::Ordering::Equal,
        });
        return Ok(true);
    }
    if !values.iter().all(|value| value.is_number()) {
        return Ok(false);
    }
    let count = values.len();
    match sort::sort(&mut Numbers(values), count) {
        Ok(()) => Ok(true),
        Err(InvalidOrder) => Err(cx.error(INVALID_ORDER)),
    }
}

/// NaNs have no order.
struct InvalidOrder;

/// Integers and floats together.
struct Numbers<'a>(&'a mut [Value]);

impl SortAccess for Numbers<'_> {
    type Item = Value;
    type Error = InvalidOrder;

    fn get(&mut self, index: usize, _: Place) -> Result<Value, InvalidOrder> {
        Ok(self.0[index])
    }

    fn set(&mut self, index: usize, item: Value) -> Result<(), InvalidOrder> {
        self.0[index] = item;
        Ok(())
    }

    fn less(&mut self, a: Value, b: Value) -> Result<bool, InvalidOrder> {
        Ok(number::less(a, b))
    }

    fn invalid_order(&mut self) -> InvalidOrder {
        InvalidOrder
    }
}

/// Sorts what may call back.
struct Sorting<'a, 'vm> {
    cx: &'a mut Cx<'vm>,
    object: Value,
    comparator: Option<Value>,
}

impl SortAccess for Sorting<'_, '_> {
    type Item = Value;
    type Error = Raised;

    #[inline]
    fn get(&mut self, index: usize, place: Place) -> Result<Value, Raised> {
        let key = index as i64 + 1;
        let item = match plain(self.object) {
            Some(table) => table.get_int(key),
            None => access::get(self.cx, self.object, key)?,
        };
        self.cx.set_arg(slot::PLACES + place as usize, item);
        Ok(item)
    }

    #[inline]
    fn set(&mut self, index: usize, item: Value) -> Result<(), Raised> {
        access::set(self.cx, self.object, index as i64 + 1, item)
    }

    fn less(&mut self, a: Value, b: Value) -> Result<bool, Raised> {
        match self.comparator {
            Some(comparator) => Ok(!self.cx.call(comparator, &[a, b])?.is_falsy()),
            None => {
                self.cx.charge(1)?;
                self.cx.less_than(a, b)
            }
        }
    }

    fn invalid_order(&mut self) -> Raised {
        self.cx.error(INVALID_ORDER)
    }
}
