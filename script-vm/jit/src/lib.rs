//! What will compile Lua functions, on the other side of [`interlune_core::tier::Compiler`].
//!
//! So far it watches: [`hotness`] keeps what the VM's samples say about where time goes, which is what decides about
//! compilations and what the overlay and the reports show. [`economics`] says what a compilation is worth, [`cost_model`] what it will take; in [`queue`] functions wait for one.

pub mod cost_model;
pub mod economics;
mod function;
pub mod hotness;
pub mod queue;
pub mod tunables;

pub use function::{FunctionId, FunctionInfo, Tier};
pub use hotness::{FunctionHotness, Hotness};
pub use tunables::Tunables;
