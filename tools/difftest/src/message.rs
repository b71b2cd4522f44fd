//! What a worker process tells its supervisor: one JSON object a line on its standard output.

use crate::compare::Difference;
use serde::{Deserialize, Serialize};

/// A difference that a program shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The seed, or the name of a corpus file.
    pub program: String,
    /// The engine that differs from the oracle.
    pub engine: String,
    pub expected: String,
    pub actual: String,
    /// The program, shrunk as far as was possible.
    pub source: String,
}

impl Finding {
    /// See [`Difference::outline`].
    pub fn outline(&self) -> String {
        Difference { expected: self.expected.clone(), actual: self.actual.clone() }.outline()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// The worker is about to run this seed, in the oracle first.
    At(u64),
    /// The oracle has said what that program does. The engines under test run it from now on.
    Expected,
    /// The oracle met a limit, so that nothing can be said of that program.
    Undecided,
    /// The worker found this, and shrinks it now.
    Found(Finding),
    /// The worker is alive.
    Beat,
    /// The difference looks like one that this worker shrank before.
    Again,
    /// What became of the last [`Message::Found`].
    Shrunk(Finding),
    /// The worker went through all its seeds.
    Done,
}
