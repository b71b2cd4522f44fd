//! What a compilation is worth: pure functions, each a formula with its units.
//!
//! The chain from a measurement to a decision:
//!
//! ```text
//! time per frame ──saving──> s ─┐
//!                               ├─break_even──> n = C / s ─┐
//! CPU time ──────price────> C ──┘                          ├─verdict──> compile, or why not
//! frames lived ──lifetime──> frames still expected ────────┘
//! ```
//!
//! The optimizing tier asks two questions more: [`inlining`], whether a callee is worth copying into its caller, and
//! [`speculation`], what becomes of a bet that was lost.
//!
//! Invariants: nothing here reads a clock, keeps state or allocates; every function is total (no input, not even NaN
//! or a negative one, panics) and says what it answers at the edges. Constants come in as arguments; their values and
//! reasons are in `tunables`. Neighbours: `scheduler` asks, `ledger` keeps inputs and answers, docs/economics.md has
//! the whole.

pub mod break_even;
pub mod comeback;
pub mod inlining;
pub mod lifetime;
pub mod price;
pub mod saving;
pub mod speculation;
pub mod verdict;

pub use break_even::{BreakEven, break_even_frames};
pub use comeback::Comeback;
pub use inlining::{InlineEstimate, inlining_gain_ms, worth_inlining};
pub use lifetime::Lifetime;
pub use price::{cpu_price, priced_cost};
pub use saving::{
    UnitCost, expected_saving_ms_per_frame, fitted_speedup, observed_speedup,
    realised_saving_ms_per_frame,
};
pub use speculation::{
    BetCosts, BetVerdict, LostBet, failure_threshold, judge_bet, judge_bet_by_count,
    recompile_us_per_run, worth_speculating,
};
pub use verdict::{Prospect, Reason, Thresholds, Verdict, worth_compiling};
