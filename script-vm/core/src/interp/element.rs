//! What accesses of elements, and lengths, note in their feedback cell: the kinds of arrays that they have met.

use crate::shape::ShapeId;
use crate::table::ArrayKind;
use crate::value::{META_INT, META_STRING, Value};

/// No element yet.
pub const EMPTY: u64 = of_kind(ArrayKind::Empty as u8);
/// A typed array's kind is a tag below 16.
pub const INT: u64 = of_kind(ArrayKind::Int as u8);
pub const FLOAT: u64 = of_kind(ArrayKind::Float as u8);
pub const TABLE: u64 = of_kind(ArrayKind::Table as u8);
pub const VALUE: u64 = of_kind(ArrayKind::Value as u8);
/// Right behind the last element, or beyond, or in another part of the table, or in something that is no table.
pub const ELSEWHERE: u64 = 1 << 16;
/// An integer key that the array does not have, in a table.
pub const INT_KEY: u64 = 1 << 18;
/// A string key, of a table without slots for fields.
pub const STRING_KEY: u64 = 1 << 20;
/// Any other key, or something that is no table.
pub const OTHER_KEY: u64 = 1 << 19;
/// A string's length was asked for.
pub const STRING: u64 = 1 << 17;

/// The bit of an array kind.
pub(crate) const fn of_kind(kind: u8) -> u64 {
    1 << (kind & 15)
}

/// What to note for a key that no array has.
#[inline(always)]
pub(crate) fn elsewhere(object: Value, key: Value) -> u64 {
    let kind = match (object.as_table(), key.meta) {
        (Some(_), META_INT) => INT_KEY,
        (Some(table), META_STRING) if table.shape() == ShapeId::DICTIONARY => STRING_KEY,
        _ => OTHER_KEY,
    };
    ELSEWHERE | kind
}
