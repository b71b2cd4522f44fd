//! What the overlay shows of the compilers: a copy of the part that fits, made a few times a second.
//!
//! Invariant: the copy's size does not depend on how many functions there are or how long the game has run. The ledger
//! itself is gone through in place.

use super::titles::{Titles, line_of, place};
use crate::asset::ScriptAsset;
use crate::frame::ScriptFrameStats;
use crate::lua::with_runtime;
use bevy::asset::Assets;
use bevy::ecs::resource::Resource;
use bevy::ecs::world::{Mut, World};
use bevy::platform::collections::HashMap;
use interlune::jit::economics::{BetVerdict, BreakEven, Reason, inlining_gain_ms};
use interlune::jit::ledger::{BetChoice, InliningChoice, Ledger, LedgerEntry, Outcome};
use interlune::jit::scheduler::Progress;
use interlune::jit::{FunctionId, FunctionReport, Jit, Tier};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How old a copy gets.
const INTERVAL: Duration = Duration::from_millis(250);

/// A function as it stands.
pub(super) struct FunctionRow {
    pub(super) title: Arc<str>,
    pub(super) place: String,
    pub(super) tier: Tier,
    pub(super) calls: u32,
    pub(super) time_us: f64,
    pub(super) code_bytes: usize,
    /// On its way to a higher tier.
    pub(super) state: &'static str,
    /// Why it is not on its way.
    pub(super) reason: &'static str,
}

/// A compilation and what came of it.
pub(super) struct LedgerLine {
    pub(super) title: Arc<str>,
    pub(super) place: String,
    pub(super) tier: Tier,
    pub(super) decided_frame: u64,
    pub(super) cost_ms: f64,
    /// Up to now.
    pub(super) saved_ms: f64,
    pub(super) predicted: BreakEven,
    pub(super) real: Option<BreakEven>,
    pub(super) outcome: String,
}

/// Optimized code was left.
pub(super) struct DeoptLine {
    pub(super) frame: u64,
    pub(super) title: Arc<str>,
    pub(super) place: String,
    /// As often by now.
    pub(super) exits: u32,
    pub(super) reason: &'static str,
}

/// A decision within the optimizing tier.
pub(super) struct ChoiceLine {
    pub(super) frame: u64,
    pub(super) title: Arc<str>,
    pub(super) place: String,
    /// What it was about.
    pub(super) what: String,
    /// What it was taken on.
    pub(super) why: String,
    pub(super) verdict: &'static str,
    pub(super) is_good: bool,
}

/// Something that happened to a function.
pub(super) struct LogLine {
    pub(super) frame: u64,
    pub(super) is_trouble: bool,
    pub(super) text: String,
}

/// Sums over all compilations, up to a frame.
#[derive(Clone, Copy)]
pub(super) struct Balance {
    pub(super) frame: u64,
    pub(super) cost_ms: f64,
    pub(super) saved_ms: f64,
}

#[derive(Resource, Default)]
pub(super) struct Snapshot {
    made: Option<Instant>,
    titles: Titles,
    pub(super) functions: Vec<FunctionRow>,
    pub(super) ledger: Vec<LedgerLine>,
    /// About bets and inlining, the newest first.
    pub(super) choices: Vec<ChoiceLine>,
    /// The newest first.
    pub(super) deopts: Vec<DeoptLine>,
    /// The newest first.
    pub(super) log: Vec<LogLine>,
    /// The oldest first.
    pub(super) balance: VecDeque<Balance>,
    /// Compilations that the ledger remembers.
    pub(super) compilations: usize,
}

impl Snapshot {
    const FUNCTIONS: usize = 64;
    const COMPILATIONS: usize = 64;
    const DEOPTS: usize = 64;
    /// Of each kind.
    const CHOICES: usize = 32;
    const LOG_LINES: usize = 64;
    const BALANCES: usize = 240;
}

/// Makes a new copy if the last one is old.
pub(super) fn refresh(world: &mut World) {
    let made = world.resource::<Snapshot>().made;
    if made.is_some_and(|made| made.elapsed() < INTERVAL) {
        return;
    }
    with_runtime(world, |runtime, world| {
        world.resource_scope(|world, mut snapshot: Mut<Snapshot>| {
            snapshot.made = Some(Instant::now());
            if let Some(jit) = runtime.compiler().jit() {
                let frame = world.resource::<ScriptFrameStats>().frame;
                snapshot.copy(jit, world.get_resource::<Assets<ScriptAsset>>(), frame);
            }
        });
    });
}

impl Snapshot {
    fn copy(&mut self, jit: &Jit, assets: Option<&Assets<ScriptAsset>>, frame: u64) {
        let titles = &mut self.titles;
        let hottest = jit.hottest(Self::FUNCTIONS);
        let given_up = jit.read(|scheduler| given_up(scheduler.ledger()));
        let cap = jit.tier_cap();
        self.functions = hottest
            .iter()
            .map(|report| row(report, titles.of(&report.info, assets), cap, &given_up))
            .collect();
        let newest = jit.newest_deopts(Self::DEOPTS);
        self.deopts = newest
            .iter()
            .map(|deopt| DeoptLine {
                frame: deopt.frame,
                title: titles.of(&deopt.function, assets),
                place: line_of(&deopt.place.source, deopt.place.line),
                exits: deopt.exits,
                reason: deopt.place.reason.text(),
            })
            .collect();
        let balance = jit.read(|scheduler| {
            let ledger = scheduler.ledger();
            let mut compiled: Vec<&LedgerEntry> =
                ledger.entries().filter(|entry| entry.realised_cost_ms.is_some()).collect();
            let balance = Balance {
                frame,
                cost_ms: compiled.iter().filter_map(|entry| entry.realised_cost_ms).sum(),
                saved_ms: compiled.iter().map(|entry| entry.earned_ms).sum(),
            };
            self.compilations = compiled.len();
            first(&mut compiled, Self::COMPILATIONS, |entry| -entry.earned_ms);
            self.ledger = compiled
                .into_iter()
                .map(|entry| line(entry, titles.of(&entry.decision.info, assets)))
                .collect();
            let bets = ledger.bets().rev().take(Self::CHOICES);
            let bets = bets.map(|bet| bet_line(bet, titles.of(&bet.function, assets)));
            self.choices = bets.collect();
            let inlinings = ledger.inlinings().rev().take(Self::CHOICES);
            self.choices.extend(inlinings.map(|choice| {
                let titles = [&choice.caller, &choice.callee].map(|info| titles.of(info, assets));
                inlining_line(choice, titles)
            }));
            self.choices.sort_by_key(|choice| std::cmp::Reverse(choice.frame));
            let mut events: Vec<&LedgerEntry> =
                ledger.entries().filter(|entry| is_event(&entry.outcome)).collect();
            first(&mut events, Self::LOG_LINES, |entry| -(entry.outcome_frame as f64));
            self.log = events
                .into_iter()
                .map(|entry| event(entry, &titles.of(&entry.decision.info, assets)))
                .collect();
            balance
        });
        self.push_balance(balance);
    }

    fn push_balance(&mut self, balance: Balance) {
        // A scene that was begun anew counts its frames anew.
        self.balance.retain(|earlier| earlier.frame < balance.frame);
        self.balance.push_back(balance);
        if self.balance.len() > Self::BALANCES {
            // Every second one goes: the plot keeps its whole length, at half the detail.
            let mut keep = false;
            self.balance.retain(|_| {
                keep = !keep;
                keep
            });
        }
    }
}

/// Keeps the first `most` by `key`, in its order.
fn first<T>(list: &mut Vec<T>, most: usize, key: impl Fn(&T) -> f64) {
    let order = |a: &T, b: &T| key(a).total_cmp(&key(b));
    if list.len() > most {
        list.select_nth_unstable_by(most, order);
        list.truncate(most);
    }
    list.sort_by(order);
}

/// The functions of which a compilation was in vain, so that they stay as they are; and why.
fn given_up(ledger: &Ledger) -> HashMap<FunctionId, &'static str> {
    let reason = |outcome: &Outcome| match outcome {
        Outcome::Undone => Some("undone: it did not pay"),
        Outcome::Failed(_) => Some("not compiled further"),
        Outcome::Queued
        | Outcome::Compiled
        | Outcome::Installed
        | Outcome::Rejected(_)
        | Outcome::Cancelled(_)
        | Outcome::Evicted => None,
    };
    let entries = ledger.entries();
    entries.filter_map(|each| Some((each.decision.function, reason(&each.outcome)?))).collect()
}

fn row(
    report: &FunctionReport,
    title: Arc<str>,
    cap: Tier,
    given_up: &HashMap<FunctionId, &'static str>,
) -> FunctionRow {
    let status = report.status.as_ref();
    let vain = status.and_then(|status| given_up.get(&status.function)).copied();
    let progress = status.map_or(Progress::Idle(None), |status| status.progress);
    let (state, reason) = match progress {
        Progress::Idle(_) if report.failed => ("", "not compiled further"),
        Progress::Idle(_) if report.tier >= Jit::HIGHEST => ("", ""),
        Progress::Idle(_) if report.tier >= cap => ("", "tier cap"),
        Progress::Idle(reason) => {
            let reason = vain.or(reason.map(Reason::text));
            ("", reason.unwrap_or("not looked at yet"))
        }
        Progress::Queued => ("queued", ""),
        Progress::Requested => ("compiling", ""),
        Progress::Compiled => ("installing", ""),
    };
    FunctionRow {
        title,
        place: place(&report.info),
        tier: report.tier,
        calls: report.calls,
        time_us: status.map_or(0.0, |status| status.time_ms_per_frame * 1000.0),
        code_bytes: report.code_bytes,
        state,
        reason,
    }
}

fn line(entry: &LedgerEntry, title: Arc<str>) -> LedgerLine {
    let decision = &entry.decision;
    LedgerLine {
        title,
        place: place(&decision.info),
        tier: decision.tier,
        decided_frame: decision.frame,
        cost_ms: entry.realised_cost_ms.unwrap_or(decision.prospect.cost_ms),
        saved_ms: entry.earned_ms,
        predicted: entry.break_even_predicted,
        real: entry.break_even_real,
        outcome: entry.outcome.to_string(),
    }
}

fn bet_line(bet: &BetChoice, title: Arc<str>) -> ChoiceLine {
    let why = match &bet.judgement {
        Some(judged) => format!(
            "fails in {:.2} % of runs, up to {:.2} % pays",
            judged.bet.failure_rate * 100.0,
            judged.threshold * 100.0
        ),
        None => format!("{} exits", bet.exits),
    };
    ChoiceLine {
        frame: bet.frame,
        title,
        place: line_of(&bet.function.source, bet.line),
        what: format!("bet: {}", bet.reason),
        why,
        verdict: bet.verdict.text(),
        is_good: bet.verdict == BetVerdict::Kept,
    }
}

fn inlining_line(choice: &InliningChoice, [caller, callee]: [Arc<str>; 2]) -> ChoiceLine {
    let estimate = &choice.estimate;
    ChoiceLine {
        frame: choice.frame,
        title: caller,
        place: place(&choice.caller),
        what: format!("inline {callee}"),
        why: format!(
            "{:.0} calls a frame, {:.0} bytes, gains {:.3} ms",
            estimate.calls_per_frame,
            estimate.growth_bytes,
            inlining_gain_ms(estimate)
        ),
        verdict: if choice.is_worth_it { "inlined" } else { "called" },
        is_good: choice.is_worth_it,
    }
}

/// Whether it belongs into the log. What was never begun does not.
fn is_event(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Queued | Outcome::Compiled | Outcome::Rejected(_) => false,
        Outcome::Installed
        | Outcome::Cancelled(_)
        | Outcome::Undone
        | Outcome::Evicted
        | Outcome::Failed(_) => true,
    }
}

fn event(entry: &LedgerEntry, title: &str) -> LogLine {
    let place = place(&entry.decision.info);
    let what = match &entry.outcome {
        Outcome::Installed => format!("runs in the {} tier", entry.decision.tier),
        Outcome::Undone => "code undone: it did not pay".to_owned(),
        Outcome::Evicted => "code thrown away".to_owned(),
        other => other.to_string(),
    };
    LogLine {
        frame: entry.outcome_frame,
        is_trouble: matches!(entry.outcome, Outcome::Failed(_)),
        text: format!("{title} ({place}): {what}"),
    }
}

#[cfg(test)]
mod tests {
    use super::first;

    #[test]
    fn the_first_few_in_order() {
        let mut list = vec![5, 1, 4, 2, 3];
        first(&mut list, 3, |&number| f64::from(number));
        assert_eq!(list, [1, 2, 3]);
        first(&mut list, 9, |&number| -f64::from(number));
        assert_eq!(list, [3, 2, 1]);
    }
}
