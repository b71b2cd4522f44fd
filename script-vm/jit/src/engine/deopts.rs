//! What is remembered of exits of optimized code.

use std::collections::VecDeque;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::function::{FunctionId, FunctionInfo};
use crate::optimizing::ExitPlace;

/// Optimized code was left for the tier below.
#[derive(Clone, Debug)]
pub struct Deopt {
    /// The last frame that had ended before.
    pub frame: u64,
    /// Whose code it was.
    pub function: FunctionInfo,
    /// Where it was left, and why.
    pub place: ExitPlace,
    /// How often it was left there by now.
    pub exits: u32,
}

/// The newest exits, and where the code of each function may be left.
#[derive(Default)]
pub(super) struct DeoptLog {
    recent: VecDeque<Deopt>,
    places: FxHashMap<FunctionId, Arc<[ExitPlace]>>,
}

/// Exits that are remembered.
const MOST_REMEMBERED: usize = 256;

impl DeoptLog {
    /// Code was installed that may be left at these places.
    pub(super) fn expect(&mut self, function: FunctionId, places: Arc<[ExitPlace]>) {
        self.places.insert(function, places);
    }

    /// The function has died, or has no optimized code any more.
    pub(super) fn forget(&mut self, function: FunctionId) {
        self.places.remove(&function);
    }

    /// Where a function's code was left, by the number of its counter.
    pub(super) fn place(&self, function: FunctionId, number: u32) -> Option<&ExitPlace> {
        self.places.get(&function)?.get(number as usize)
    }

    pub(super) fn add(&mut self, deopt: Deopt) {
        if self.recent.len() == MOST_REMEMBERED {
            self.recent.pop_front();
        }
        self.recent.push_back(deopt);
    }

    pub(super) fn recent(&self) -> impl DoubleEndedIterator<Item = &Deopt> {
        self.recent.iter()
    }
}
