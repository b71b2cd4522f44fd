//! How much of a frame compiling may use: a pure function of what was measured.
//!
//! [`decide`] takes the state after the last frame and the measurements of this one, and returns the next state and
//! what is allowed. It reads no clock, so recorded inputs give the same decisions again, and thousands of frames can
//! be simulated in a test. How the allowance comes about:
//!
//! ```text
//! slack     = target − reserve − busy, smoothed                                   (slack.rs)
//! idle      = cores that nobody used, compile workers counted as nobody           (inputs.rs)
//! allowance = slack · between `contended_share` and the number of workers, as many cores as are idle
//! floor     = a minimum that stays, or an investment while scripts are why there is no slack
//! workers   = those configured, less what is held back for the main thread's sake (hold.rs)
//! ```
//!
//! Where there are no frames, or one does not end, [`decide_wall`] grants by elapsed time instead.
//!
//! Invariants: the allowance of a frame never exceeds its slack on each worker, save for the floor and an investment;
//! at least one worker is active; the price lies between the idle price and 1. Neighbours: `scheduler` calls it,
//! `worker` spends the allowance, `tunables` has the numbers.

mod hold;
mod inputs;
mod slack;

use serde::{Deserialize, Serialize};

use crate::economics::{BreakEven, cpu_price};
use crate::tunables::Tunables;

pub use hold::HoldState;
pub use inputs::{FrameInputs, Waiting, WallInputs};
pub use slack::SlackState;

/// What the governor remembers from frame to frame.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct GovernorState {
    pub slack: SlackState,
    pub hold: HoldState,
    /// Smoothed time of one install on the main thread, in microseconds; 0 before the first.
    pub install_us: f64,
}

/// Where an allowance comes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AllowanceReason {
    /// The frame has room.
    Slack,
    /// It has none; the minimum stays.
    Minimum,
    /// It has none because scripts are slow, and compiling them pays soon.
    Invest,
    /// There are no frames, or one does not end.
    WallClock,
}

impl AllowanceReason {
    /// For the overlay.
    pub fn text(self) -> &'static str {
        match self {
            AllowanceReason::Slack => "slack",
            AllowanceReason::Minimum => "minimum",
            AllowanceReason::Invest => "invest",
            AllowanceReason::WallClock => "wall clock",
        }
    }
}

/// What a frame allows.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct FrameDecision {
    /// Decided at the end of this frame, for the next one.
    pub frame: u64,
    /// CPU time that all workers together may use, in microseconds.
    pub allowance_us: f64,
    /// What may be saved up in all, in microseconds.
    pub bucket_cap_us: f64,
    /// Finished compilations that may be installed.
    pub max_installs: u32,
    /// Workers that may take jobs.
    pub workers_active: u32,
    pub reason: AllowanceReason,
    /// Whether this is more than there is slack, on purpose.
    pub invest: bool,
    /// What CPU time is worth, as a share of its full price.
    pub price: f64,
    /// Smoothed slack, in milliseconds; negative if frames are late.
    pub slack_ms: f64,
    /// Cores that nobody but compile workers used.
    pub idle_cores: f64,
    /// Workers (and beyond the last one, halvings of the allowance) held back for the main thread's sake.
    pub held_back: u32,
}

/// The end of a frame: what the next one allows.
pub fn decide(
    tunables: &Tunables,
    state: GovernorState,
    inputs: &FrameInputs,
) -> (GovernorState, FrameDecision) {
    let next = GovernorState {
        slack: state.slack.after(tunables, inputs),
        hold: state.hold.after(tunables, inputs),
        install_us: smoothed_install_us(state.install_us, inputs),
    };
    let slack_ms = next.slack.slack_ms();
    let idle_cores = inputs.idle_cores();
    let workers_active = next.hold.workers_active(inputs.workers);
    let throttle = next.hold.throttle(inputs.workers);

    let widest = f64::from(workers_active);
    let contended = tunables.contended_share.clamp(0.0, 1.0);
    let width = idle_cores.clamp(contended, widest) * throttle;
    let from_slack_us = slack_ms.max(0.0) * 1000.0 * width;

    let idle_share = idle_cores.min(1.0);
    let invest = is_worth_investing(tunables, slack_ms, inputs);
    let (low_us, idle_us) = if invest {
        (tunables.invest_allowance_us, tunables.invest_allowance_idle_us)
    } else {
        (tunables.min_allowance_us, tunables.min_allowance_idle_us)
    };
    // An investment made on a busy core is a delay as well; the part made on an idle one is not.
    let floor_us = (low_us + (idle_us - low_us) * idle_share) * throttle;

    let reason = if from_slack_us >= floor_us {
        AllowanceReason::Slack
    } else if invest {
        AllowanceReason::Invest
    } else {
        AllowanceReason::Minimum
    };
    let allowance_us = from_slack_us.max(floor_us).min(tunables.max_allowance_us * widest);
    let decision = FrameDecision {
        frame: inputs.frame,
        allowance_us,
        bucket_cap_us: bucket_cap_us(tunables, allowance_us),
        max_installs: max_installs(tunables, next.install_us),
        workers_active,
        reason,
        invest: reason == AllowanceReason::Invest,
        price: cpu_price(idle_cores, tunables.idle_price),
        slack_ms,
        idle_cores,
        held_back: next.hold.held_back(),
    };
    (next, decision)
}

/// Time has passed with no end of a frame: what workers may use of it. Leaves the state alone, which knows frames only.
pub fn decide_wall(
    tunables: &Tunables,
    state: &GovernorState,
    inputs: &WallInputs,
) -> FrameDecision {
    let workers_active = state.hold.workers_active(inputs.workers);
    let throttle = state.hold.throttle(inputs.workers);
    // The thread that runs scripts has a core for itself; whether others use the rest is not known here.
    let idle_cores = f64::from(inputs.cores.saturating_sub(1));
    let widest = f64::from(workers_active);
    let width = idle_cores.clamp(tunables.contended_share.clamp(0.0, 1.0), widest) * throttle;
    let allowance_us = inputs.elapsed_ms.max(0.0) * 1000.0 * width;
    FrameDecision {
        frame: inputs.frame,
        allowance_us,
        bucket_cap_us: bucket_cap_us(tunables, inputs.target_ms.max(0.0) * 1000.0 * width),
        max_installs: max_installs(tunables, state.install_us),
        workers_active,
        reason: AllowanceReason::WallClock,
        invest: false,
        price: cpu_price(idle_cores, tunables.idle_price),
        slack_ms: state.slack.slack_ms(),
        idle_cores,
        held_back: state.hold.held_back(),
    }
}

/// Scripts are why there is no slack, there is something to compile, and it pays soon.
fn is_worth_investing(tunables: &Tunables, slack_ms: f64, inputs: &FrameInputs) -> bool {
    let without_scripts_ms = inputs.busy_without_scripts_ms();
    let near = BreakEven::is_within(
        inputs.waiting.best_break_even.unwrap_or(BreakEven::NEVER),
        tunables.invest_break_even_frames,
    );
    slack_ms <= 0.0 && near && without_scripts_ms < inputs.target_ms - tunables.reserve_ms
}

fn bucket_cap_us(tunables: &Tunables, allowance_us: f64) -> f64 {
    (allowance_us * tunables.bucket_frames.max(1.0)).max(tunables.min_bucket_us)
}

/// As many as fit into the budget by what they were measured to take; one always, or code would never arrive.
fn max_installs(tunables: &Tunables, install_us: f64) -> u32 {
    let most = tunables.max_installs_per_frame.max(1);
    if install_us > 0.0 {
        // A float beyond the range of u32 becomes its limit, which `clamp` takes care of.
        ((tunables.install_budget_us / install_us) as u32).clamp(1, most)
    } else {
        most
    }
}

fn smoothed_install_us(before_us: f64, inputs: &FrameInputs) -> f64 {
    if inputs.installs == 0 {
        return before_us;
    }
    let each_us = inputs.install_ms.max(0.0) * 1000.0 / f64::from(inputs.installs);
    if before_us > 0.0 { before_us + 0.2 * (each_us - before_us) } else { each_us }
}

#[cfg(test)]
mod tests;
