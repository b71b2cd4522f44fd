//! What will compile Lua functions, on the other side of [`interlune_core::tier::Compiler`].
//!
//! So far it watches: [`hotness`] keeps what the VM's samples say about where time goes, which is what decides about
//! compilations and what the overlay and the reports show. [`economics`] says what a compilation is worth.

pub mod economics;
pub mod hotness;
mod ids;

pub use hotness::{FunctionHotness, Hotness};
pub use ids::{FunctionId, Tier};
