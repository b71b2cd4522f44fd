//! Differential testing of a Lua 5.4 engine against PUC Lua 5.4.
//!
//! [`generate`] makes a random program from a seed; [`harness`] is the Lua text that runs it in either engine and
//! returns everything it did as one string; [`puc`] is the oracle; [`compare`] tells two outcomes apart; [`shrink`]
//! makes a program that shows a difference small; [`worker`] does all this for a range of seeds, in processes that
//! [`supervisor`] watches. What runs Interlune implements [`Engine`] elsewhere: nothing here depends on the engine
//! under test.

pub mod compare;
pub mod generate;
pub mod harness;
pub mod lua;
pub mod message;
pub mod puc;
mod rng;
pub mod shrink;
pub mod supervisor;
pub mod worker;

pub use compare::{Difference, compare};
pub use generate::{Options, generate};
pub use harness::{Engine, Extent, Outcome};
