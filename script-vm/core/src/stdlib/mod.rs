//! The standard library.
//!
//! What needs no VM is written over bytes and numbers alone and reports through [`lib_error`]: [`pattern`], [`mod@format`],
//! [`pack`], [`utf8_codec`], [`random`], [`sort`], [`date`] and [`strftime`]. The bindings fetch arguments, raise errors with
//! PUC Lua's wording and charge the script's budget: one module for each library, each with a table of its functions.
//! [`buffer`] holds text being built, [`register`] puts functions into tables.
//!
//! A script reaches no file, process or clock unless the host opens [`Libs::Full`].

mod base;
pub mod buffer;
pub mod coroutine;
pub mod date;
mod debug;
pub mod format;
mod io;
pub mod known;
pub mod lib_error;
pub mod math;
mod os;
pub mod pack;
mod package;
pub mod pattern;
pub mod random;
mod register;
pub mod sort;
pub mod strftime;
mod string;
mod table;
mod utf8;
pub mod utf8_codec;
pub(crate) mod vector;

pub(crate) use base::{set_any_metatable, set_table_metatable};
pub use register::loaded_name;
pub(crate) use string::basic::part as string_part;
pub use vector::{VectorLibrary, VectorMethod};

use crate::native::{Raised, Returned};
use crate::vm::Vm;
use pattern::PatternCache;
use random::Random;

/// What a library function gives back.
type Outcome = Result<Returned, Raised>;

/// Which libraries a script gets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Libs {
    /// What touches nothing outside the VM: `string`, `table`, `math`, `utf8`, `coroutine`, vectors, `debug.traceback`, and
    /// the basic functions without `dofile` and `loadfile`.
    Sandbox,
    /// All of PUC Lua's libraries.
    Full,
}

/// What the libraries keep in a VM.
#[derive(Debug, Default)]
pub struct State {
    /// The generator behind `math.random`; the host may seed it.
    pub random: Random,
    patterns: PatternCache,
    /// Memory of the last text that was built, for the next one.
    spare: Vec<u8>,
    collector: base::CollectorSettings,
    warnings: base::Warnings,
    files: io::OpenFiles,
}

/// Opens the libraries in the globals of a new VM.
pub fn open(vm: &mut Vm, libs: Libs) {
    base::open(vm, libs);
    string::open(vm);
    table::open(vm);
    math::open(vm);
    utf8::open(vm);
    vector::open(vm);
    debug::open(vm, libs);
    let coroutines = register::library(vm, "coroutine", &[]);
    let globals = vm.globals();
    coroutine::open(vm, globals, coroutines);
    if libs == Libs::Full {
        package::open(vm);
        os::open(vm);
        io::open(vm);
    }
}

/// The part of some bytes that C sees as a string: up to the first zero. What PUC Lua hands to C functions (names of
/// files, options) ends there.
pub(crate) fn c_string(bytes: &[u8]) -> &[u8] {
    let end = memchr::memchr(0, bytes).unwrap_or(bytes.len());
    &bytes[..end]
}
