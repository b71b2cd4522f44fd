//! What is remembered of exits of optimized code.

use std::collections::VecDeque;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::function::{FunctionId, FunctionInfo};
use crate::optimizing::ExitPlace;
use crate::scheduler::{BetCount, Work};

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
    watched: FxHashMap<FunctionId, Watched>,
}

/// The places of a function's code.
struct Watched {
    places: Arc<[ExitPlace]>,
    /// What the function had done when the code was installed.
    installed: Work,
    /// By the number of the place: what was told of its exits last. Places that were never left are missing.
    told: FxHashMap<u32, Told>,
}

/// How often a place had been left, and what the function had done by then.
#[derive(Clone, Copy)]
struct Told {
    exits: u32,
    work: Work,
}

/// Exits that are remembered.
const MOST_REMEMBERED: usize = 256;

impl DeoptLog {
    /// Has memory behind the tables, see [`Scheduler::touch`](crate::scheduler::Scheduler::touch).
    pub(super) fn touch(&mut self, functions: usize) {
        let nowhere = Arc::from([]);
        for id in 0..functions as u64 {
            self.expect(FunctionId(id), Arc::clone(&nowhere), Work::default());
        }
        self.watched.clear();
    }

    /// Code was installed that may be left at these places.
    pub(super) fn expect(
        &mut self,
        function: FunctionId,
        places: Arc<[ExitPlace]>,
        installed: Work,
    ) {
        self.watched.insert(function, Watched { places, installed, told: FxHashMap::default() });
    }

    /// The function has died, or has no optimized code any more.
    pub(super) fn forget(&mut self, function: FunctionId) {
        self.watched.remove(&function);
    }

    /// A function's code was left at one of its places, for the `exits`-th time: the place, and what was counted of it
    /// since the last time that it was told of. Nothing if the code is none that is installed.
    pub(super) fn left(
        &mut self,
        function: FunctionId,
        number: u32,
        exits: u32,
        in_life: Work,
        drops: u32,
    ) -> Option<(ExitPlace, BetCount)> {
        let watched = self.watched.get_mut(&function)?;
        let place = watched.places.get(number as usize)?.clone();
        let others = watched.told.iter().filter(|(other, _)| **other != number);
        let other_exits = others.map(|(_, told)| told.exits).fold(0, u32::saturating_add);
        let now = Told { exits, work: in_life };
        let first = Told { exits: 0, work: watched.installed };
        let before = watched.told.insert(number, now).unwrap_or(first);
        let count = BetCount {
            exits: exits.saturating_sub(before.exits),
            work: in_life.since(before.work),
            other_exits,
            work_since_install: in_life.since(watched.installed),
            work_in_life: in_life,
            drops,
        };
        Some((place, count))
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
