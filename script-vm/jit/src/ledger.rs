//! Every decision about compiling, with what it was based on and what came of it.
//!
//! An entry is made when a function is found worth compiling, or not. The prediction is final when the compilation is
//! requested; from then on only the outcome changes. Savings arrive window by window and are added up until they have
//! paid the cost: that is the real break-even, in the same unit as the predicted one (frames from the install on).
//!
//! Invariants: length is bounded, the oldest entry goes first; ids are given out in order, so an id finds its entry
//! without a search, or finds that it is gone. A function that is rejected again and again for one reason has one
//! entry. Decisions within the optimizing tier (`choices.rs`) are kept apart, in bounded lists of their own. Neighbours: `scheduler` writes, the overlay and reports read (`row.rs` has what they show), `economics` has
//! the formulas.

mod choices;
mod outcome;
mod row;

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use crate::economics::{BreakEven, Prospect, Reason, break_even_frames};
use crate::function::{FunctionId, FunctionInfo, Tier};
use crate::tunables::Tunables;

pub use choices::{BetChoice, InliningChoice, InliningRow, SpeculationRow};
pub use outcome::{CancelReason, Outcome};
pub use row::LedgerRow;

/// An entry of the ledger.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DecisionId(u64);

/// What a decision was taken on.
#[derive(Clone, Debug)]
pub struct Decision {
    pub function: FunctionId,
    pub info: FunctionInfo,
    /// The tier that it would be compiled to.
    pub tier: Tier,
    pub frame: u64,
    /// `cost_ms` is priced: `predicted_cpu_ms` times `price`.
    pub prospect: Prospect,
    pub predicted_cpu_ms: f64,
    pub price: f64,
}

/// A decision and what came of it.
#[derive(Clone, Debug)]
pub struct LedgerEntry {
    pub id: DecisionId,
    pub decision: Decision,
    pub break_even_predicted: BreakEven,
    pub outcome: Outcome,
    /// When the outcome became what it is.
    pub outcome_frame: u64,
    /// CPU time that the compilation took.
    pub realised_cpu_ms: Option<f64>,
    /// The same, priced by what CPU was worth when it was finished.
    pub realised_cost_ms: Option<f64>,
    /// What was saved in all windows so far; negative if the code is slower.
    pub earned_ms: f64,
    /// Length of these windows together.
    pub measured_frames: f64,
    /// Frames from the install until `earned_ms` reached the cost; none as long as it has not.
    pub break_even_real: Option<BreakEven>,
    /// Windows in a row in which it lost.
    lost_windows: u32,
}

impl LedgerEntry {
    /// Realised saving, averaged over all windows; none before the first.
    pub fn realised_saving_ms_per_frame(&self) -> Option<f64> {
        (self.measured_frames > 0.0).then(|| self.earned_ms / self.measured_frames)
    }
}

/// Cumulative sums of a function, over all its compilations.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Totals {
    /// Priced cost of compiling it.
    pub cost_ms: f64,
    /// What its compiled code has saved.
    pub saving_ms: f64,
}

/// What a window of measurements says about an installed compilation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WindowVerdict {
    Keep,
    /// It has lost for several windows: the code is to be taken out.
    Undo,
}

/// The decisions, oldest first.
#[derive(Debug)]
pub struct Ledger {
    entries: VecDeque<LedgerEntry>,
    first_id: u64,
    max_entries: usize,
    totals: FxHashMap<FunctionId, Totals>,
    /// Functions with totals in the order in which they came.
    totals_order: VecDeque<FunctionId>,
    max_functions: usize,
    /// The rejection that a function stands at.
    rejected: FxHashMap<FunctionId, DecisionId>,
    undo_windows: u32,
    inlinings: VecDeque<InliningChoice>,
    bets: VecDeque<BetChoice>,
    max_choices: usize,
}

/// Most entries that room is made for at the start: the default limit.
const RESERVED: usize = 4096;
/// Entries that [`Ledger::touch`] writes to: those of a storm.
const TOUCHED: usize = 1024;

impl Ledger {
    /// An empty ledger.
    pub fn new(tunables: &Tunables) -> Ledger {
        Ledger {
            // Room for all of them: growing would copy them all within one frame.
            entries: VecDeque::with_capacity(tunables.max_ledger_entries.clamp(1, RESERVED)),
            first_id: 0,
            max_entries: tunables.max_ledger_entries.max(1),
            totals: FxHashMap::default(),
            totals_order: VecDeque::new(),
            max_functions: tunables.max_ledger_functions.max(1),
            rejected: FxHashMap::with_capacity_and_hasher(
                tunables.max_functions.clamp(1, RESERVED),
                Default::default(),
            ),
            undo_windows: tunables.undo_windows.max(1),
            inlinings: VecDeque::new(),
            bets: VecDeque::new(),
            max_choices: tunables.max_ledger_choices.max(1),
        }
    }

    /// Writes to room for the first decisions, and leaves the ledger empty.
    pub fn touch(&mut self, decision: &Decision) {
        for id in 0..self.max_entries.min(TOUCHED) as u64 {
            let function = FunctionId(id);
            let id = self.add(Decision { function, ..decision.clone() }, Outcome::Queued);
            self.rejected.insert(function, id);
        }
        self.entries.clear();
        self.rejected.clear();
    }

    /// A function is worth compiling and waits for it.
    pub fn queued(&mut self, decision: Decision) -> DecisionId {
        self.rejected.remove(&decision.function);
        self.add(decision, Outcome::Queued)
    }

    /// A function is not compiled. A rejection for the same reason as before replaces that one's inputs.
    pub fn rejected(&mut self, decision: Decision, reason: Reason) -> DecisionId {
        let function = decision.function;
        let outcome = Outcome::Rejected(reason);
        if let Some(&id) = self.rejected.get(&function)
            && let Some(entry) = self.entry_mut(id)
            && entry.outcome == outcome
            && entry.decision.tier == decision.tier
        {
            entry.break_even_predicted = predicted(&decision);
            entry.decision = Decision { frame: entry.decision.frame, ..decision };
            return id;
        }
        let id = self.add(decision, outcome);
        self.rejected.insert(function, id);
        id
    }

    /// The inputs as they are when the compilation is requested; `decided_frame` stays that of the decision.
    pub fn confirm(&mut self, id: DecisionId, prospect: Prospect, cpu_ms: f64, price: f64) {
        if let Some(entry) = self.entry_mut(id) {
            entry.decision.prospect = prospect;
            entry.decision.predicted_cpu_ms = cpu_ms;
            entry.decision.price = price;
            entry.break_even_predicted = predicted(&entry.decision);
        }
    }

    /// The compilation has finished and took this much CPU time, at this price.
    pub fn compiled(&mut self, id: DecisionId, cpu_ms: f64, price: f64, frame: u64) {
        let cost_ms = crate::economics::priced_cost(cpu_ms, price);
        let Some(entry) = self.entry_mut(id) else { return };
        entry.realised_cpu_ms = Some(cpu_ms);
        entry.realised_cost_ms = Some(cost_ms);
        let function = entry.decision.function;
        self.set_outcome(id, Outcome::Compiled, frame);
        self.totals_mut(function).cost_ms += cost_ms;
    }

    /// Something else became of it.
    pub fn set_outcome(&mut self, id: DecisionId, outcome: Outcome, frame: u64) {
        if let Some(entry) = self.entry_mut(id) {
            entry.outcome = outcome;
            entry.outcome_frame = frame;
        }
    }

    /// A window has passed since the install, or since the last window: `saving_ms_per_frame` on average over `frames`.
    /// `is_loss` if the code was slower by more than noise.
    pub fn window(
        &mut self,
        id: DecisionId,
        saving_ms_per_frame: f64,
        frames: f64,
        is_loss: bool,
    ) -> WindowVerdict {
        let undo_windows = self.undo_windows;
        let Some(entry) = self.entry_mut(id) else { return WindowVerdict::Keep };
        if entry.break_even_real.is_none()
            && let Some(cost_ms) = entry.realised_cost_ms
        {
            let rest = break_even_frames(cost_ms - entry.earned_ms, saving_ms_per_frame);
            if let Some(rest_frames) = rest.frames()
                && rest_frames <= frames
            {
                entry.break_even_real = Some(BreakEven::after(entry.measured_frames + rest_frames));
            }
        }
        entry.earned_ms += saving_ms_per_frame * frames;
        entry.measured_frames += frames;
        entry.lost_windows = if is_loss { entry.lost_windows + 1 } else { 0 };
        let verdict = if entry.lost_windows >= undo_windows {
            WindowVerdict::Undo
        } else {
            WindowVerdict::Keep
        };
        let function = entry.decision.function;
        self.totals_mut(function).saving_ms += saving_ms_per_frame * frames;
        verdict
    }

    /// An entry, unless it is so old that it is gone.
    pub fn entry(&self, id: DecisionId) -> Option<&LedgerEntry> {
        self.entries.get(usize::try_from(id.0.checked_sub(self.first_id)?).ok()?)
    }

    /// All entries that are remembered, oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &LedgerEntry> + ExactSizeIterator {
        self.entries.iter()
    }

    /// The entries as rows of a report.
    pub fn rows(&self) -> Vec<LedgerRow> {
        self.entries.iter().map(LedgerRow::of).collect()
    }

    /// It was decided whether a callee becomes part of a caller.
    pub fn inlining(&mut self, choice: InliningChoice) {
        push_bounded(&mut self.inlinings, choice, self.max_choices);
    }

    /// It was decided what becomes of a bet that was lost.
    pub fn bet(&mut self, choice: BetChoice) {
        push_bounded(&mut self.bets, choice, self.max_choices);
    }

    /// The decisions about inlining that are remembered, oldest first.
    pub fn inlinings(&self) -> impl DoubleEndedIterator<Item = &InliningChoice> {
        self.inlinings.iter()
    }

    /// The decisions about lost bets that are remembered, oldest first.
    pub fn bets(&self) -> impl DoubleEndedIterator<Item = &BetChoice> {
        self.bets.iter()
    }

    /// The former as rows of a report.
    pub fn inlining_rows(&self) -> Vec<InliningRow> {
        self.inlinings.iter().map(InliningRow::of).collect()
    }

    /// The latter as rows of a report.
    pub fn speculation_rows(&self) -> Vec<SpeculationRow> {
        self.bets.iter().map(SpeculationRow::of).collect()
    }

    /// What compiling this function has cost and saved so far.
    pub fn totals(&self, function: FunctionId) -> Totals {
        self.totals.get(&function).copied().unwrap_or_default()
    }

    /// A function is gone; nothing further will be said of it.
    pub fn forget(&mut self, function: FunctionId) {
        self.rejected.remove(&function);
    }

    fn entry_mut(&mut self, id: DecisionId) -> Option<&mut LedgerEntry> {
        self.entries.get_mut(usize::try_from(id.0.checked_sub(self.first_id)?).ok()?)
    }

    fn totals_mut(&mut self, function: FunctionId) -> &mut Totals {
        if !self.totals.contains_key(&function) {
            if self.totals.len() >= self.max_functions
                && let Some(oldest) = self.totals_order.pop_front()
            {
                self.totals.remove(&oldest);
            }
            self.totals_order.push_back(function);
        }
        self.totals.entry(function).or_default()
    }

    fn add(&mut self, decision: Decision, outcome: Outcome) -> DecisionId {
        if self.entries.len() >= self.max_entries
            && let Some(gone) = self.entries.pop_front()
        {
            self.first_id += 1;
            let function = gone.decision.function;
            if self.rejected.get(&function) == Some(&gone.id) {
                self.rejected.remove(&function);
            }
        }
        let id = DecisionId(self.first_id + self.entries.len() as u64);
        self.entries.push_back(LedgerEntry {
            id,
            break_even_predicted: predicted(&decision),
            outcome,
            outcome_frame: decision.frame,
            realised_cpu_ms: None,
            realised_cost_ms: None,
            earned_ms: 0.0,
            measured_frames: 0.0,
            break_even_real: None,
            lost_windows: 0,
            decision,
        });
        id
    }
}

/// Appends to a list of which the oldest goes when it is full.
fn push_bounded<T>(list: &mut VecDeque<T>, item: T, most: usize) {
    if list.len() >= most {
        list.pop_front();
    }
    list.push_back(item);
}

fn predicted(decision: &Decision) -> BreakEven {
    break_even_frames(decision.prospect.cost_ms, decision.prospect.saving_ms_per_frame)
}

#[cfg(test)]
mod tests;
