//! What the scheduler knows of one function.

use interlune_core::tier::Site;

use super::rate::Rate;
use crate::economics::{Comeback, Lifetime, Reason, UnitCost};
use crate::function::{FunctionInfo, Tier};
use crate::ledger::DecisionId;
use crate::tunables::Tunables;

/// Where a function is on its way to the next tier.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// Nothing is under way; the last reason why not, if there was a decision.
    Idle(Option<Reason>),
    /// It waits in the queue.
    Queued,
    /// The VM thread was asked to hand it to the workers.
    Requested,
    /// There is code that waits to be installed.
    Compiled,
}

/// Code that runs, and how it is measured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Installed {
    pub(super) decision: DecisionId,
    /// Time per unit in the tier below, as it was when this was installed.
    pub(super) before: UnitCost,
    /// Whether the first window has taught the expected speed-up.
    pub(super) fitted: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) info: FunctionInfo,
    /// The tier that runs.
    pub(super) tier: Tier,
    pub(super) progress: Progress,
    /// The decision that `progress` is about.
    pub(super) decision: Option<DecisionId>,
    pub(super) installed: Option<Installed>,
    /// The highest tier that is tried: lowered when a compilation failed or lost.
    pub(super) limit: Tier,
    pub(super) life: Lifetime,
    pub(super) comeback: Comeback,
    /// Since when `tier` runs.
    pub(super) tier_frame: f64,
    pub(super) rate: Rate,
    /// Since the tier last changed.
    pub(super) samples: u32,
    /// In the list of those to be looked at.
    pub(super) listed: bool,
    /// Since `window_frame`.
    pub(super) window: UnitCost,
    pub(super) window_frame: f64,
    /// The window before that.
    previous: UnitCost,
    /// Of all time ever charged, in microseconds.
    time_us: f64,
    loop_time_us: f64,
}

impl Record {
    pub(super) fn new(info: FunctionInfo, now: f64) -> Record {
        Record {
            info,
            tier: Tier::Interpreter,
            progress: Progress::Idle(None),
            decision: None,
            installed: None,
            limit: Tier::Optimizing,
            life: Lifetime::begin(now),
            comeback: Comeback::default(),
            tier_frame: now,
            rate: Rate::begin(now),
            samples: 0,
            listed: false,
            window: UnitCost::default(),
            window_frame: now,
            previous: UnitCost::default(),
            time_us: 0.0,
            loop_time_us: 0.0,
        }
    }

    pub(super) fn sample(
        &mut self,
        tunables: &Tunables,
        now: f64,
        site: Site,
        units: u32,
        time_us: f64,
    ) {
        self.rate.add(now, time_us, tunables.rate_halving_frames);
        self.samples = self.samples.saturating_add(1);
        self.window.add(time_us, f64::from(units));
        self.time_us += time_us;
        match site {
            Site::Entry => {}
            Site::Loop { .. } => self.loop_time_us += time_us,
        }
    }

    /// Ends the window: the next one begins.
    pub(super) fn roll_window(&mut self, now: f64) {
        self.previous = std::mem::take(&mut self.window);
        self.window_frame = now;
    }

    /// Time per unit over this window and the last: what code that is about to be installed is compared with.
    pub(super) fn recent(&self) -> UnitCost {
        let mut recent = self.previous;
        recent.add(self.window.time_us, self.window.units);
        recent
    }

    /// Another tier runs from now on: everything about time is measured anew.
    pub(super) fn change_tier(&mut self, tier: Tier, now: f64) {
        self.tier = tier;
        self.tier_frame = now;
        self.rate = Rate::begin(now);
        self.samples = 0;
        self.roll_window(now);
        self.previous = UnitCost::default();
    }

    /// Share of its time that was charged at back-edges.
    pub(super) fn loop_share(&self) -> f64 {
        if self.time_us > 0.0 { self.loop_time_us / self.time_us } else { 0.0 }
    }
}
