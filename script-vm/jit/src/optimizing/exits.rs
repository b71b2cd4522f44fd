//! How often code was left for the tier below, where and why.

use std::cell::{Cell, RefCell, UnsafeCell};
use std::sync::Arc;

use interlune_core::runtime::{ExitSite, ExitState, MOST_EXIT_WORDS};
use interlune_core::site_cache::{ENTRIES, MethodEntry, MethodSite, STRING_KEY};
use interlune_core::value::Value;

use super::reason::DeoptReason;
use crate::ir::{Function, State};

/// A place at which optimized code may be left.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExitPlace {
    /// The chunk and the line of the instruction: of the innermost function, if it was inlined.
    pub source: Arc<str>,
    pub line: u32,
    pub reason: DeoptReason,
    /// The number of that function, and the instruction.
    pub function: u64,
    pub pc: u32,
}

/// Counters of a function's code, one for each place. Only the VM's thread uses them, through addresses in the code; here
/// they are made, addressed and freed.
#[derive(Debug, Default)]
pub struct Exits {
    #[expect(clippy::vec_box, reason = "code has their addresses")]
    sites: RefCell<Vec<Box<UnsafeCell<ExitSite>>>>,
    places: RefCell<Vec<ExitPlace>>,
    /// What the frames are where the code is left.
    #[expect(clippy::vec_box, reason = "code has their addresses")]
    states: RefCell<Vec<Box<ExitState>>>,
    /// The most words that one of them names.
    most_words: Cell<usize>,
    /// What else the code keeps notes in.
    #[expect(clippy::vec_box, reason = "code has their addresses")]
    cells: RefCell<Vec<Box<UnsafeCell<u64>>>>,
    #[expect(clippy::vec_box, reason = "code has their addresses")]
    methods: RefCell<Vec<Box<UnsafeCell<MethodSite>>>>,
}

impl Exits {
    /// Address of a new counter, for exits with that state.
    pub fn add(&self, function: &Function, state: State, reason: DeoptReason) -> usize {
        let mut places = self.places.borrow_mut();
        let number = places.len() as u32;
        let state = function.state(state);
        let scope = function.scope(state.scope);
        let proto = &scope.proto;
        let line = proto.lines.get(state.pc as usize).copied().unwrap_or(0);
        places.push(ExitPlace {
            source: proto.source.clone(),
            line,
            reason,
            function: scope.number,
            pc: state.pc,
        });
        let site = Box::new(UnsafeCell::new(ExitSite { count: 0, number }));
        let address = site.get().addr();
        self.sites.borrow_mut().push(site);
        address
    }

    /// Address of what the frames are at a way out that stores so many words.
    pub fn add_state(&self, state: ExitState, words: usize) -> usize {
        self.most_words.set(self.most_words.get().max(words));
        let state = Box::new(state);
        let address = (&raw const *state).addr();
        self.states.borrow_mut().push(state);
        address
    }

    /// Whether the VM has room for the words of every way out.
    pub fn fit(&self) -> bool {
        self.most_words.get() <= MOST_EXIT_WORDS
    }

    /// Address of a cell for the code's own use, 0 at first.
    pub fn add_cell(&self) -> usize {
        let cell = Box::new(UnsafeCell::new(0));
        let address = cell.get().addr();
        self.cells.borrow_mut().push(cell);
        address
    }

    /// Address of a cache of methods for the code's own use.
    pub fn add_method_site(&self, capacity: usize) -> usize {
        let site = Box::new(UnsafeCell::new(MethodSite::new(capacity)));
        let address = site.get().addr();
        self.methods.borrow_mut().push(site);
        address
    }

    /// Address of a cache of metatables' addresses and the methods that they lead to, for the code's own use: there is an
    /// entry for each pair, and it is yet to be found out whether they are right.
    pub fn add_methods(&self, pairs: impl Iterator<Item = (u64, Value)>) -> usize {
        let mut site = MethodSite::new(ENTRIES);
        for (metatable, method) in pairs {
            let [payload, meta] = method.words();
            // No receiver has this key.
            let key = STRING_KEY;
            site.fill(0, MethodEntry { key, metatable, payload, meta, function: 0 });
        }
        debug_assert!(!site.is_megamorphic(), "there is an entry for every receiver");
        let site = Box::new(UnsafeCell::new(site));
        let address = site.get().addr();
        self.methods.borrow_mut().push(site);
        address
    }

    /// What the counters' numbers mean.
    pub fn places(&self) -> Arc<[ExitPlace]> {
        self.places.borrow().as_slice().into()
    }
}
