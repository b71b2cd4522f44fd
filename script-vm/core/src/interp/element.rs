//! What accesses of elements, and lengths, note in their feedback cell: the kinds of arrays that they have met.

use crate::table::ArrayKind;

/// A typed array's kind is a tag below 16.
pub const INT: u64 = of_kind(ArrayKind::Int as u8);
pub const FLOAT: u64 = of_kind(ArrayKind::Float as u8);
pub const TABLE: u64 = of_kind(ArrayKind::Table as u8);
pub const VALUE: u64 = of_kind(ArrayKind::Value as u8);
/// Right behind the last element, or beyond, or in another part of the table, or in something that is no table.
pub const ELSEWHERE: u64 = 1 << 16;
/// A string's length was asked for.
pub const STRING: u64 = 1 << 17;

/// The bit of an array kind.
pub(crate) const fn of_kind(kind: u8) -> u64 {
    1 << (kind & 15)
}
