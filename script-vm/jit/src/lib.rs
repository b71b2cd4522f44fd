//! The compilers of Lua functions, on the other side of [`interlune_core::tier::Compiler`].
//!
//! [`engine`] is what the VM talks to. [`baseline`] turns bytecode into machine code, [`code`] holds it. The policy
//! decides what to compile and when: [`economics`] says what a compilation is worth, [`cost_model`] what it will take; in
//! [`queue`] functions wait for one; [`governor`] says how much of a frame compiling may use; [`ledger`] remembers what
//! was decided and what came of it; [`scheduler`] ties all that together. The threads of [`worker`] do the work and keep
//! to what they are allowed.
//!
//! [`optimizing`] makes better code of what stays hot, by way of a representation of its own ([`ir`]) and of what it has to
//! know of bytecode ([`flow`]).

pub mod baseline;
pub mod code;
pub mod cost_model;
pub mod economics;
pub mod engine;
pub mod flow;
mod function;
pub mod governor;
pub mod ir;
pub mod ledger;
pub mod optimizing;
pub mod queue;
mod receivers;
pub mod scheduler;
pub mod tunables;
pub mod worker;

pub use engine::{
    Aids, CodeMemo, Counters, Deopt, FunctionReport, IrLog, Jit, MainThreadWork, Options, Survey,
    SurveyLog, Timing, Uninterrupted,
};
pub use function::{FunctionId, FunctionInfo, Tier};
pub use optimizing::{DeoptReason, ExitPlace, GuardStress};
pub use scheduler::Scheduler;
pub use tunables::Tunables;
