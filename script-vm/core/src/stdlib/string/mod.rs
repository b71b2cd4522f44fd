//! `string`: the functions, and the metatable through which strings have them as methods.

mod arithmetic;
pub(super) mod basic;
mod format;
mod gsub;
mod matching;
mod pack;

use super::register::{self, Row};
use crate::native::{Cx, Raised, Str};
use crate::table;
use crate::value::Value;
use crate::vm::{TypeMeta, Vm};

const FUNCTIONS: [Row; 17] = [
    ("string.byte", basic::byte),
    ("string.char", basic::char),
    ("string.dump", basic::dump),
    ("string.find", matching::find),
    ("string.format", format::format),
    ("string.gmatch", matching::gmatch),
    ("string.gsub", gsub::gsub),
    ("string.len", basic::len),
    ("string.lower", basic::lower),
    ("string.match", matching::r#match),
    ("string.pack", pack::pack),
    ("string.packsize", pack::packsize),
    ("string.rep", basic::rep),
    ("string.reverse", basic::reverse),
    ("string.sub", basic::sub),
    ("string.unpack", pack::unpack),
    ("string.upper", basic::upper),
];

/// Bytes that cost as much as one call, where bytes are merely copied or compared.
const BYTES_PER_UNIT: u64 = 64;

pub(super) fn open(vm: &mut Vm) {
    let library = register::library(vm, "string", &FUNCTIONS);
    let metatable = table::new_table(&mut vm.heap, 9, 0);
    vm.set_global_field(metatable, "__index", Value::table(library));
    arithmetic::add_metamethods(vm, metatable);
    vm.set_type_metatable(TypeMeta::String, Some(metatable));
}

/// A position that may count from the end, as one from 1 on (`posrelatI`).
fn start_position(position: i64, length: usize) -> usize {
    if position > 0 {
        position as usize
    } else if position == 0 || position < -(length as i64) {
        1
    } else {
        (length as i64 + position + 1) as usize
    }
}

/// An end position that may count from the end, as one in 0 to `length` (`getendpos`).
fn end_position(position: i64, length: usize) -> usize {
    if position > length as i64 {
        length
    } else if position >= 0 {
        position as usize
    } else if position < -(length as i64) {
        0
    } else {
        (length as i64 + position + 1) as usize
    }
}

/// An optional end position argument.
fn end_argument(
    cx: &mut Cx<'_>,
    index: usize,
    default: i64,
    length: usize,
) -> Result<usize, Raised> {
    Ok(end_position(cx.opt_int(index, default)?, length))
}

/// The optional position argument from which to search, as an offset; it may lie behind the end.
fn offset_argument(cx: &mut Cx<'_>, index: usize, subject: Str) -> Result<usize, Raised> {
    let position = cx.opt_int(index, 1)?;
    Ok(start_position(position, subject.len()) - 1)
}

/// Charges for `bytes` copied.
fn charge_bytes(cx: &mut Cx<'_>, bytes: usize) -> Result<(), Raised> {
    let units = bytes as u64 / BYTES_PER_UNIT;
    if units == 0 { Ok(()) } else { cx.charge(units) }
}
