//! What will compile Lua functions, on the other side of [`interlune_core::tier::Compiler`].
//!
//! [`hotness`] keeps what the VM's samples say about where time goes. The policy decides what to compile and when:
//! [`economics`] says what a compilation is worth, [`cost_model`] what it will take; in [`queue`] functions wait for
//! one; [`governor`] says how much of a frame compiling may use; [`ledger`] remembers what was decided and what came
//! of it. [`scheduler`] ties all that together and is what the VM thread talks to. The threads of [`worker`] do the
//! work and keep to what they are allowed.

pub mod cost_model;
pub mod economics;
mod function;
pub mod governor;
pub mod hotness;
pub mod ledger;
pub mod queue;
pub mod scheduler;
pub mod tunables;
pub mod worker;

pub use function::{FunctionId, FunctionInfo, Tier};
pub use hotness::{FunctionHotness, Hotness};
pub use scheduler::Scheduler;
pub use tunables::Tunables;
