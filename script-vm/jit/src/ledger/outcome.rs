//! What became of a decision.

use std::fmt;
use std::sync::Arc;

use crate::economics::Reason;

/// Where a decision stands. Those after `Installed` are ends, as are `Rejected`, `Cancelled` and `Failed`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Waits for a compiler, or is with one.
    Queued,
    /// Code is there and waits to be installed.
    Compiled,
    /// Its code runs.
    Installed,
    /// It was not worth compiling.
    Rejected(Reason),
    /// It was given up before there was code, or before that was installed.
    Cancelled(CancelReason),
    /// The code was taken out because it lost, time or bets.
    Undone,
    /// The code was taken out for want of room, or because an assumption broke.
    Evicted,
    /// The compiler could not; why.
    Failed(Arc<str>),
}

/// Why a compilation was given up.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CancelReason {
    /// The function was replaced by a new version.
    Reloaded,
    /// It was not called any more.
    WentCold,
    /// The queue was full of what is worth more, or the workers had no room.
    Displaced,
    /// The tier is not allowed any more.
    TierCapped,
    /// What the code relied on was no longer true when it was finished.
    Stale,
    /// Too many functions are known; this one was the coldest.
    Forgotten,
}

impl CancelReason {
    /// For logs and the overlay.
    pub fn text(self) -> &'static str {
        match self {
            CancelReason::Reloaded => "reloaded",
            CancelReason::WentCold => "went cold",
            CancelReason::Displaced => "displaced",
            CancelReason::TierCapped => "tier capped",
            CancelReason::Stale => "stale",
            CancelReason::Forgotten => "forgotten",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Queued => f.write_str("queued"),
            Outcome::Compiled => f.write_str("compiled"),
            Outcome::Installed => f.write_str("installed"),
            Outcome::Rejected(reason) => write!(f, "rejected: {reason}"),
            Outcome::Cancelled(reason) => write!(f, "cancelled: {}", reason.text()),
            Outcome::Undone => f.write_str("undone"),
            Outcome::Evicted => f.write_str("evicted"),
            Outcome::Failed(why) => write!(f, "failed: {why}"),
        }
    }
}
