//! How a program is run so that two engines can be compared: the Lua text, and what an engine must offer.

/// The chunk that runs a program: called with the program's source and its chunk name, it returns everything the
/// program did as one ASCII string.
pub const HARNESS: &str = concat!(include_str!("vectors.lua"), include_str!("harness.lua"));

/// Its chunk name.
pub const HARNESS_NAME: &str = "=harness";

/// The chunk name of programs.
pub const CHUNK_NAME: &str = "=t";

/// What running a program gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The harness returned this.
    Text(String),
    /// A limit of time or memory ended it. From the oracle: nothing can be said. From an engine: a difference.
    Limit,
    /// The engine itself failed: the harness did not return a string, or a panic was caught.
    Broken(String),
}

/// How much an engine takes upon itself beside running the program: what its mode is about, where that takes long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All of it.
    Whole,
    /// A part, chosen by the number. Many programs, each with another part, find more in the same time.
    Part(u64),
}

/// An engine that runs programs, each in a fresh state.
pub trait Engine {
    /// What reports call it.
    fn name(&self) -> &str;

    /// Calls [`HARNESS`] with the source and [`CHUNK_NAME`].
    fn run(&mut self, source: &str, extent: Extent) -> Outcome;
}
