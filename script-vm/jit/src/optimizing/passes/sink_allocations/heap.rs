//! What is known of tables that are followed.

use std::collections::BTreeMap;

use interlune_core::inline_cache::{Location, OUT_OF_LINE, inline_offset};
use interlune_core::value::Value as Slot;

use super::{Refused, Sinking};
use crate::ir::Value;

/// What is in a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Contents {
    /// As that of the `NewTable`.
    pub site: i64,
    pub key: u64,
    pub metatable: Option<Value>,
    /// From the first slot on.
    pub fields: Vec<Value>,
}

impl Contents {
    pub fn shape(&self) -> u32 {
        (self.key >> 8) as u32
    }

    /// Whether the other one has other values in the same places.
    pub fn is_like(&self, other: &Contents) -> bool {
        self.site == other.site
            && self.key == other.key
            && self.metatable.is_some() == other.metatable.is_some()
            && self.fields.len() == other.fields.len()
    }

    /// All values in it: the metatable, if there is one, and the fields.
    pub fn values(&self) -> impl Iterator<Item = Value> + '_ {
        self.metatable.iter().chain(&self.fields).copied()
    }
}

/// A table that is followed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Object {
    /// Nobody has made it.
    Virtual(Contents),
    /// It was made, as that value.
    Made(Value),
    /// Where it is used all the same it cannot be followed.
    Lost,
}

/// All tables that are followed, by the values that name them.
pub(super) type Heap = BTreeMap<Value, Object>;

/// The number of an inline slot at a location.
pub(super) fn slot_at(location: i64) -> Option<usize> {
    let location = Location::try_from(location).ok().filter(|at| at & OUT_OF_LINE == 0)?;
    let distance = usize::from(location).checked_sub(inline_offset(0))?;
    Some(distance / size_of::<Slot>())
}

/// What is in a table that nobody has made.
pub(super) fn contents(heap: &Heap, name: Value) -> Option<&Contents> {
    match heap.get(&name) {
        Some(Object::Virtual(contents)) => Some(contents),
        _ => None,
    }
}

impl Sinking<'_> {
    /// What a value is here: itself, another one, or the name of a table that nobody has made.
    pub(super) fn value(&self, value: Value) -> Result<Value, Refused> {
        self.value_in(&self.heap, value)
    }

    /// The same where a heap is known.
    pub(super) fn value_in(&self, heap: &Heap, value: Value) -> Result<Value, Refused> {
        let value = self.f.resolve(value);
        let Some(&candidate) = self.candidate_of.get(&value) else { return Ok(value) };
        match heap.get(&value) {
            Some(Object::Virtual(_)) => Ok(value),
            Some(Object::Made(made)) => Ok(*made),
            Some(Object::Lost) | None => Err(Refused(candidate)),
        }
    }

    /// What is in a table here, if it is one that nobody has made.
    pub(super) fn contents(&self, value: Value) -> Option<&Contents> {
        contents(&self.heap, value)
    }

    pub(super) fn is_virtual(&self, value: Value) -> bool {
        self.contents(value).is_some()
    }

    /// A table cannot be followed.
    pub(super) fn refuse(&self, name: Value) -> Refused {
        Refused(self.candidate_of.get(&name).copied().unwrap_or(name))
    }
}
