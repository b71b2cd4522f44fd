//! `table`: lists. Metamethods are respected as in PUC Lua; tables without metatable take a way of their own.

mod access;
mod edit;
mod list;
mod sorting;

use super::register::{self, Row};
use crate::vm::Vm;

const FUNCTIONS: [Row; 7] = [
    ("table.concat", list::concat),
    ("table.insert", edit::insert),
    ("table.move", edit::r#move),
    ("table.pack", list::pack),
    ("table.remove", edit::remove),
    ("table.sort", sorting::sort),
    ("table.unpack", list::unpack),
];

pub(super) fn open(vm: &mut Vm) {
    register::library(vm, "table", &FUNCTIONS);
}
