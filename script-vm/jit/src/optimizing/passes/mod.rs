//! What makes the representation faster: one file for each pass, run in the order of [`PASSES`].

mod bounds;
mod dead_code;
mod fold;
mod fuel;
mod hoist;
mod parameters;
mod sink_allocations;
mod stores;
#[cfg(test)]
mod tests;
mod types;
mod value_numbering;
mod ways;

pub(super) use fold::named_type;

use super::Observer;
use crate::ir::Function;
use crate::ir::verify::assert_valid;

/// A pass and its name.
pub type Pass = (&'static str, fn(&mut Function));

/// The passes in their order.
pub const PASSES: &[Pass] = &[
    ("types", types::run),
    ("fold", fold::run),
    ("value_numbering", value_numbering::run),
    ("ways", ways::run),
    ("parameters", parameters::run),
    ("sink_allocations", sink_allocations::run),
    ("types again", types::run),
    ("fold again", fold::run),
    ("value_numbering again", value_numbering::run),
    ("stores", stores::run),
    ("hoist", hoist::run),
    ("bounds", bounds::run),
    ("dead_code", dead_code::run),
    ("fuel", fuel::run),
];

/// Runs all passes; `observe` sees what each of them has made.
pub fn run(function: &mut Function, observe: &mut Observer<'_>) {
    for (name, pass) in PASSES {
        pass(function);
        assert_valid(function, name);
        observe(name, function);
    }
}
