//! Elements and lengths of tables and of what behaves like one.

use crate::native::{Cx, Raised, TableRef};
use crate::object::flags;
use crate::shape::ShapeId;
use crate::value::Value;
use crate::vm::Event;

/// What a function does with a table, and so which metamethods something else needs to stand in for one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Needs {
    Read,
    Write,
    ReadLength,
    ReadWriteLength,
}

impl Needs {
    fn events(self) -> &'static [Event] {
        match self {
            Needs::Read => &[Event::Index],
            Needs::Write => &[Event::NewIndex],
            Needs::ReadLength => &[Event::Index, Event::Len],
            Needs::ReadWriteLength => &[Event::Index, Event::NewIndex, Event::Len],
        }
    }
}

/// An argument that is a table or has the metamethods to behave like one.
#[inline]
pub(super) fn check(cx: &mut Cx<'_>, index: usize, needs: Needs) -> Result<Value, Raised> {
    let value = cx.arg(index);
    if value.is_table() { Ok(value) } else { check_substitute(cx, index, needs) }
}

#[cold]
fn check_substitute(cx: &mut Cx<'_>, index: usize, needs: Needs) -> Result<Value, Raised> {
    let value = cx.arg(index);
    let suits = needs.events().iter().all(|&event| !cx.metamethod(value, event).is_nil());
    if suits { Ok(value) } else { Err(cx.type_error(index, "table")) }
}

/// A table whose elements lie in its array part as far as its length goes, with no metamethod in the way.
#[inline(always)]
pub(super) fn plain(value: Value) -> Option<TableRef> {
    let table = value.as_table()?;
    (table.metatable.is_none() && table.shape() != ShapeId::WEAK).then_some(table)
}

/// `object[key]`
#[inline]
pub(super) fn get(cx: &mut Cx<'_>, object: Value, key: i64) -> Result<Value, Raised> {
    if let Some(table) = object.as_table()
        && table.shape() != ShapeId::WEAK
    {
        let value = table.get_int(key);
        if !value.is_nil() || table.metatable.is_none() {
            return Ok(value);
        }
    }
    cx.index(object, Value::int(key))
}

/// `object[key] = value`
#[inline]
pub(super) fn set(cx: &mut Cx<'_>, object: Value, key: i64, value: Value) -> Result<(), Raised> {
    if let Some(table) = object.as_table()
        && table.metatable.is_none_or(|metatable| !metatable.has_flag(flags::HAS_NEWINDEX))
    {
        return cx.raw_set_int(table, key, value);
    }
    cx.set_index(object, Value::int(key), value)
}

/// `#object`
#[inline]
pub(super) fn length(cx: &mut Cx<'_>, object: Value) -> Result<i64, Raised> {
    match plain(object) {
        Some(table) => Ok(i64::from(table.array_len)),
        None => cx.len(object),
    }
}
