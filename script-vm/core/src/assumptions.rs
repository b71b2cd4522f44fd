//! What optimized code takes for granted: that fields of environments, of library tables and of classes keep their values.
//!
//! Tables whose fields may be relied on are classes as far as stores are concerned ([`crate::table::make_class`]): no
//! cache knows how to store into them, so that every store comes to the heap, which looks here. An environment is made
//! one when the first chunk is loaded with it, and no longer is one when it turns out to be written again and again.
//!
//! A store that changes what code relies on takes that code out of use before it is done, and has all compiled code on the
//! native stack leave ([`crate::vm::Vm::request_unwind`]).

#![allow(unsafe_code, reason = "fields at the locations that caches have found")]

use std::cell::{Cell, RefCell};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::inline_cache::{Location, at_location, key_of};
use crate::object::Gc;
use crate::plant::{self, Bug};
use crate::table::Table;
use crate::tier::{Function, Graveyard};
use crate::value::Value;

/// Overwritten fields of an environment after which it is one that is written again and again.
const MOST_WRITES: u32 = 64;
/// Overwritten fields that are remembered.
const MOST_WRITTEN: usize = 4096;

/// That a field of a table has a value.
#[derive(Clone, Copy, Debug)]
pub struct Assumption {
    /// Address of the table.
    pub table: u64,
    /// Its key, which tells that the field is at the location.
    pub key: u64,
    pub location: Location,
    pub value: Value,
}

impl Assumption {
    /// Whether it is true now.
    ///
    /// # Safety
    /// The table is alive.
    pub(crate) unsafe fn holds(&self) -> bool {
        let table: Gc<Table> = Gc::from_addr(self.table);
        if key_of(table) != self.key {
            return false;
        }
        // SAFETY: the caller's; a table of that key has the field.
        unsafe { *at_location(table, self.location) }.same_bits(self.value)
    }

    /// The table.
    pub fn owner(&self) -> Value {
        Value::table(Gc::from_addr(self.table))
    }

    fn place(&self) -> Place {
        (self.table, self.location)
    }
}

/// A field of a table, by its address.
type Place = (u64, Location);

/// Who relies on what. Shared by the heap, which tells of stores, and the compiler, which tells of code.
#[derive(Default)]
pub struct Dependants {
    /// Functions by the fields that their code relies on.
    functions: RefCell<FxHashMap<Place, Vec<Function>>>,
    /// Numbers of the functions whose code was taken out of use since the compiler asked.
    broken: RefCell<Vec<u64>>,
    has_broken: Cell<bool>,
    /// For tests: compiled code is to unwind at the next sample.
    wants_unwind: Cell<bool>,
    /// Fields that were overwritten: nobody is to rely on them again.
    written: RefCell<FxHashSet<Place>>,
    /// Environments that are no classes, and how often fields of theirs were overwritten.
    environments: RefCell<FxHashMap<u64, u32>>,
}

/// What a store means for the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Written {
    /// Nothing.
    Unnoticed,
    /// Code that relied on the old value is out of use.
    Broken,
    /// The table is not to be relied on any more.
    TooOften,
}

impl Dependants {
    /// The code of a function relies on these.
    pub fn add(&self, function: Function, assumptions: &[Assumption]) {
        let mut functions = self.functions.borrow_mut();
        for assumption in assumptions {
            let table: Gc<Table> = Gc::from_addr(assumption.table);
            crate::table::watch(table);
            let dependants = functions.entry(assumption.place()).or_default();
            if dependants.iter().all(|known| known.id() != function.id()) {
                dependants.push(function);
            }
        }
    }

    /// The code of a function is out of use, or the function has died.
    pub fn remove(&self, id: u64) {
        self.functions.borrow_mut().retain(|_, functions| {
            functions.retain(|function| function.id() != id);
            !functions.is_empty()
        });
    }

    /// For tests: takes the code of a function out of use as if it had relied on what is no longer true.
    pub fn break_code(&self, function: Function, graveyard: &Graveyard) {
        function.uninstall_optimized(graveyard);
        self.note_broken(function.id());
        self.wants_unwind.set(true);
    }

    /// Whether compiled code is to unwind, because of [`Dependants::break_code`].
    pub(crate) fn take_unwind(&self) -> bool {
        self.wants_unwind.take()
    }

    fn note_broken(&self, id: u64) {
        self.broken.borrow_mut().push(id);
        self.has_broken.set(true);
    }

    /// The functions whose code was taken out of use since this was last asked.
    pub fn take_broken(&self) -> Vec<u64> {
        if !self.has_broken.replace(false) {
            return Vec::new();
        }
        self.broken.take()
    }

    /// Whether a field was overwritten before.
    pub(crate) fn was_written(&self, table: u64, location: Location) -> bool {
        self.written.borrow().contains(&(table, location))
    }

    /// A table is an environment, and no class.
    pub(crate) fn add_environment(&self, table: u64) {
        self.environments.borrow_mut().entry(table).or_insert(0);
    }

    /// A table that is an environment has become a class.
    pub(crate) fn keep_class(&self, table: u64) {
        self.environments.borrow_mut().remove(&table);
    }

    /// Another value is about to be stored in a field of a watched table.
    pub(crate) fn note_write(
        &self,
        table: u64,
        location: Location,
        graveyard: &Graveyard,
    ) -> Written {
        let mut written = self.written.borrow_mut();
        if written.len() < MOST_WRITTEN {
            written.insert((table, location));
        }
        let is_broken = self.break_one((table, location), graveyard);
        let mut environments = self.environments.borrow_mut();
        if let Some(writes) = environments.get_mut(&table) {
            *writes += 1;
            if *writes >= MOST_WRITES {
                environments.remove(&table);
                self.break_all(table, graveyard);
                return Written::TooOften;
            }
        }
        if is_broken { Written::Broken } else { Written::Unnoticed }
    }

    /// Nothing that is known of a table holds any more. Whether anybody relied on it.
    pub(crate) fn break_all(&self, table: u64, graveyard: &Graveyard) -> bool {
        let places: Vec<Place> =
            self.functions.borrow().keys().copied().filter(|place| place.0 == table).collect();
        places.into_iter().fold(false, |any, place| self.break_one(place, graveyard) | any)
    }

    fn break_one(&self, place: Place, graveyard: &Graveyard) -> bool {
        let Some(functions) = self.functions.borrow_mut().remove(&place) else { return false };
        for function in functions {
            if plant::is(Bug::OptMissedInvalidation) || graveyard.is_dead(function.id()) {
                continue;
            }
            function.uninstall_optimized(graveyard);
            self.note_broken(function.id());
        }
        true
    }
}
