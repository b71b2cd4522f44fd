//! The words in which policy speaks of functions: which one, what it is called, and compiled how far.
//!
//! Invariant: a [`FunctionId`] is never used again for another function; a reloaded function has a new one. So anything
//! that arrives late (a result of a worker, a sample) can be told from what is current by its id alone.
//! Neighbours: the embedder gives out ids; `ledger`, `queue` and `scheduler` use them as keys.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A function as policy knows it. Given out in order by whoever owns the prototypes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct FunctionId(pub u64);

/// What is told of a function when policy meets it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FunctionInfo {
    /// Its name, or what stands for one.
    pub name: Arc<str>,
    /// The chunk that it is defined in.
    pub source: Arc<str>,
    /// The line on which its definition begins.
    pub line: u32,
    /// Its length in bytecode instructions: what compile time is predicted from.
    pub bytecodes: u32,
}

impl fmt::Display for FunctionInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}:{})", self.name, self.source, self.line)
    }
}

/// How far a function is compiled. Ordered: a later tier runs faster and costs more to make.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Bytecode.
    #[default]
    Interpreter,
    /// Machine code, one bytecode instruction at a time.
    Baseline,
    /// Machine code that bets on feedback.
    Optimizing,
}

impl Tier {
    /// All tiers, slowest first.
    pub const ALL: [Tier; 3] = [Tier::Interpreter, Tier::Baseline, Tier::Optimizing];

    /// The tier that a function climbs to from this one.
    pub fn next(self) -> Option<Tier> {
        match self {
            Tier::Interpreter => Some(Tier::Baseline),
            Tier::Baseline => Some(Tier::Optimizing),
            Tier::Optimizing => None,
        }
    }

    /// Position in tables with a row for each tier.
    pub fn index(self) -> usize {
        match self {
            Tier::Interpreter => 0,
            Tier::Baseline => 1,
            Tier::Optimizing => 2,
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Tier::Interpreter => "interpreter",
            Tier::Baseline => "baseline",
            Tier::Optimizing => "optimizing",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiers_are_climbed_in_the_order_of_the_table() {
        for (position, tier) in Tier::ALL.into_iter().enumerate() {
            assert_eq!(tier.index(), position);
            assert_eq!(tier.next(), Tier::ALL.get(position + 1).copied());
        }
    }
}
