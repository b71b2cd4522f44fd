//! The part of the plugin that knows the VM: scripts, their instances, their callbacks, and what they can reach.
//!
//! The way of a script: its asset arrives ([`sync`]), is compiled and run once in an environment of its own
//! ([`script`]), gets an instance per entity ([`instance`]), whose callbacks are called phase by phase ([`phase`]),
//! until a changed asset takes its place with the state carried over ([`load`]). Whatever fails becomes a
//! message ([`fault`]). [`bindings`] is what scripts see of the game; [`host`] is what the bindings share.

mod bindings;
mod convert;
mod fault;
mod functions;
mod host;
mod instance;
mod load;
mod phase;
mod runtime;
mod script;
mod sync;

pub use functions::ScriptFunctionsExt;
pub(crate) use runtime::{add_systems, with_runtime};
