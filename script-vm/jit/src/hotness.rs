//! Hotness by sampling: each quantum of calls and back-edges is charged to the function in which it ended.
//!
//! Invariant: a function is known by its prototype's address, and the table keeps the prototype alive, so that an address
//! never stands for two functions.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use interlune_core::bytecode::Proto;
use interlune_core::runtime::Trampoline;
use interlune_core::tier::{Compiler, Function, Site};

/// What is known of one function.
#[derive(Clone, Debug)]
pub struct FunctionHotness {
    /// Chunk and line of definition.
    pub source: String,
    pub line: u32,
    /// Calls and back-edges charged to the function.
    pub units: u64,
    /// Those charged at back-edges.
    pub loop_units: u64,
}

#[derive(Default)]
struct Table {
    functions: HashMap<usize, (Arc<Proto>, FunctionHotness)>,
}

/// The samples of a VM. Clones share the table; one of them goes into the VM.
#[derive(Clone, Default)]
pub struct Hotness(Arc<Mutex<Table>>);

impl Hotness {
    /// All functions that were ever sampled, hottest first.
    pub fn functions(&self) -> Vec<FunctionHotness> {
        let Ok(table) = self.0.lock() else { return Vec::new() };
        let mut functions: Vec<_> =
            table.functions.values().map(|(_, hotness)| hotness.clone()).collect();
        functions.sort_by(|a, b| (b.units, &a.source, a.line).cmp(&(a.units, &b.source, b.line)));
        functions
    }
}

impl Compiler for Hotness {
    fn first_call(&mut self, _: &mut Function) {}

    fn trampoline(&self) -> Option<Trampoline> {
        None
    }

    fn sample(&mut self, function: &mut Function, site: Site, units: u32) {
        let function = function.proto();
        // A poisoned lock means that a reader panicked; there is nothing left to tell it.
        let Ok(mut table) = self.0.lock() else { return };
        let entry = table.functions.entry(Arc::as_ptr(function) as usize).or_insert_with(|| {
            let hotness = FunctionHotness {
                source: function.source.to_string(),
                line: function.line_defined,
                units: 0,
                loop_units: 0,
            };
            (function.clone(), hotness)
        });
        entry.1.units += u64::from(units);
        if matches!(site, Site::Loop { .. }) {
            entry.1.loop_units += u64::from(units);
        }
    }
}

