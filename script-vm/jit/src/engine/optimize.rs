//! When functions are optimized, and when their optimized code is given up.

use std::collections::{BTreeSet, VecDeque};

use cpu_time::ThreadTime;
use interlune_core::assumptions::Assumption;
use interlune_core::tier::{CompileInput, Function, MethodWay};
use interlune_core::value::Value;

use super::cache::Placement;
use super::job::{self, Placed};
use super::survey::Surveyor;
use super::{Deopt, Engine, Timing, describe, status};
use crate::code::target::CodeError;
use crate::economics::{BetVerdict, judge_bet_by_count};
use crate::function::{FunctionId, Tier};
use crate::ledger::BetChoice;
use crate::optimizing::{self, DeoptReason, Entries, OptimizeError, Reliance};
use crate::scheduler::{BetCount, BetJudgement, Work};
use crate::worker::Unpaced;

/// What became of optimizing a function.
#[derive(Clone, Copy, Default)]
pub(super) struct Optimization {
    /// Where its code is, if there is any.
    pub(super) placement: Option<Placement>,
    /// Units of the function when the baseline code was installed, or optimized code was given up.
    pub(super) since: u64,
    /// How often code was given up because a bet was lost.
    pub(super) drops: u32,
    /// How often code was made anew because a function that it calls can be called directly since.
    remade: u32,
    /// It cannot be optimized, or does not stay so.
    pub(super) is_hopeless: bool,
    /// Its code was made when nothing had called the function but what runs since.
    lacks_calls: bool,
    /// The next code is for calls, whatever loop runs.
    waits_for_calls: bool,
    /// Samples of baseline code in loops that optimized code has no entry for.
    missed_loops: u32,
    /// Baseline code was seen in loops again and again, although there was optimized code.
    needs_loops: bool,
    /// Entries at loops were given up for one at another loop.
    has_moved_on: bool,
    /// Headers of loops at which it is to be entered.
    loops: [Option<u32>; MOST_LOOPS],
}

/// Whether runs of a function that has these units in all are short on average; the last one may not be over.
fn has_short_runs(function: Function, units: u64) -> bool {
    let runs = u64::from(function.calls()).saturating_sub(1).max(1);
    units / runs <= UNITS_OF_SHORT_RUN
}

/// Samples in loops without an entry until there is one: they take far less time than a compilation.
const MOST_MISSED_LOOPS: u32 = 64;
/// Units of a run, calls and back-edges, that baseline code gets through in about a millisecond.
const UNITS_OF_SHORT_RUN: u64 = 200_000;
/// Loops of a function at which optimized code can be entered.
const MOST_LOOPS: usize = 4;

impl Optimization {
    /// Where optimized code of the function would be entered: at the loops that it was sampled in, and by calls if there
    /// are any. `units` are all of its runs together.
    pub(super) fn entries(&mut self, function: Function, units: u64) -> Entries {
        // What was left again and again was left within its loops.
        let is_left_seldom = self.drops == 0 && !self.needs_loops;
        if function.calls() > 1 && is_left_seldom && has_short_runs(function, units) {
            self.enter_by_calls();
        }
        let loops: Vec<usize> = self.loops.iter().flatten().map(|&pc| pc as usize).collect();
        let is_called = loops.is_empty() || function.calls() > 1;
        self.lacks_calls = !is_called;
        Entries { is_called, loops }
    }

    /// Whether there is code that calls do not enter, though there are calls by now that would gain by that. `units` are
    /// all of the function's runs together. A long run is in baseline code only until that is out of fuel.
    pub(super) fn is_called_in_vain(&self, function: Function, units: u64) -> bool {
        self.placement.is_some()
            && self.lacks_calls
            && function.calls() > 1
            && has_short_runs(function, units)
    }

    /// Runs are short, and there are many. An entry at a loop takes twice as long to compile as that for calls, which does
    /// for the loops of the runs to come: the one in progress has to do without.
    pub(super) fn enter_by_calls(&mut self) {
        self.loops = [None; MOST_LOOPS];
        self.waits_for_calls = true;
    }

    /// A loop of the function was sampled in baseline code. Whether its header is an entry from now on.
    ///
    /// One entry does for all loops around it and behind it, and every entry takes a compilation of all of them. So
    /// there is another one only if baseline code is seen in a loop again and again, although there is optimized code. In a
    /// function's first run that is a loop behind those before, mostly, which do not come again.
    pub(super) fn add_loop(&mut self, pc: u32, is_first_run: bool) -> bool {
        if self.loops.contains(&Some(pc)) {
            return false;
        }
        let is_settled = self.waits_for_calls || self.loops.iter().any(Option::is_some);
        if self.placement.is_none() && is_settled {
            return false;
        }
        if self.placement.is_some() {
            self.missed_loops += 1;
            if self.missed_loops < MOST_MISSED_LOOPS {
                return false;
            }
        }
        self.missed_loops = 0;
        self.needs_loops = self.placement.is_some();
        self.waits_for_calls = false;
        if is_first_run && self.placement.is_some() && !self.has_moved_on {
            self.has_moved_on = true;
            self.loops = [None; MOST_LOOPS];
        }
        let free = self.loops.iter_mut().find(|it| it.is_none());
        free.map(|it| *it = Some(pc)).is_some()
    }
}

/// Functions that are looked at for inlining into one, since that is done on the VM's thread.
const MOST_CALLEES: usize = 16;
/// Callers of one function that are remembered to be made anew.
const MOST_SLOW_CALLERS: usize = 8;
/// Times that code is made anew for the sake of its calls.
const MOST_REMADE: u32 = 3;
/// Lost bets of one function that are remembered.
const MOST_LOST: usize = 64;
/// Times that the same place is remembered: what takes the place of a bet may be one, too.
const MOST_TIMES_LOST: usize = 2;

/// A place that optimized code was left at too often.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct LostPlace {
    /// The number of the function, and the instruction.
    function: u64,
    pc: u32,
    bet: LostBet,
}

/// What was lost at a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum LostBet {
    /// The type of a value.
    Type,
    /// What was made sure of for all of the loop that begins there.
    Loop,
    Other,
}

impl LostBet {
    fn of(reason: DeoptReason) -> LostBet {
        match reason {
            DeoptReason::Type => LostBet::Type,
            DeoptReason::Loop => LostBet::Loop,
            _ => LostBet::Other,
        }
    }
}

/// The functions that call a function, themselves or through others; for some functions it is known which ones they call.
fn leading_to(function: u64, called_by: &[(u64, Vec<u64>)]) -> BTreeSet<u64> {
    let mut found = BTreeSet::from([function]);
    loop {
        let leads = |called: &Vec<u64>| called.iter().any(|callee| found.contains(callee));
        let more: Vec<u64> = called_by
            .iter()
            .filter(|(caller, called)| !found.contains(caller) && leads(called))
            .map(|&(caller, _)| caller)
            .collect();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}

impl Engine {
    /// Optimizes a function that has baseline code.
    pub(super) fn optimize_now(&mut self, function: Function) {
        let id = FunctionId(function.id());
        let Some(known) = self.functions.get_mut(&id) else { return };
        let entries = known.optimized.entries(function, known.units);
        let input = self.optimizing_input(function);
        let begun = ThreadTime::now();
        // Nobody cancels, so there is always an answer.
        let made = job::optimize(&input, &entries, &self.options.aids, &mut Unpaced);
        let mut surveyor = Surveyor::new(self.options.aids.survey.as_ref(), &input);
        let placed = made.map_or_else(|_| Vec::new(), |made| job::place(vec![made])).pop();
        surveyor.stage("copying");
        self.counters.compile_us += begun.elapsed().as_micros() as u64;
        match placed {
            Some(Ok(placed)) => self.install_optimized(id, placed),
            Some(Err(error)) => self.decline(id, &error),
            None => {}
        }
    }

    /// What optimizing a function needs: with the small functions that it calls, and those that they call.
    pub(super) fn optimizing_input(&mut self, function: Function) -> CompileInput {
        let mut input = function.input(self.options.cache_entries);
        // Longer ones are declined.
        let mut named = Vec::new();
        if function.proto().code.len() <= optimizing::MOST_BYTECODES {
            self.look_up(function, &mut input, &mut named);
        }
        let lost = self.lost.get(&FunctionId(function.id())).cloned().unwrap_or_default();
        let note_lost = |input: &mut CompileInput| {
            let pcs = |bet: LostBet| -> Vec<u32> {
                let lost = lost.iter().filter(|it| it.function == input.number && it.bet == bet);
                lost.map(|it| it.pc).collect()
            };
            let [others, types, loops] = [LostBet::Other, LostBet::Type, LostBet::Loop].map(pcs);
            (input.lost, input.lost_types, input.lost_loops) = (others, types, loops);
        };
        note_lost(&mut input);
        let known = self.functions.get(&FunctionId(function.id()));
        input.is_cautious = known.is_some_and(|known| known.optimized.drops > 0);
        let mut callees: Vec<(u64, CompileInput)> = Vec::new();
        let mut called_by: Vec<(u64, Vec<u64>)> = Vec::new();
        let mut looked_at = BTreeSet::new();
        let mut missing = VecDeque::from(optimizing::callees(&input));
        // Those that are called by the function itself first.
        while let Some(number) = missing.pop_front() {
            if looked_at.len() >= MOST_CALLEES || !looked_at.insert(number) {
                continue;
            }
            let Some(callee) = self.callable.get(&FunctionId(number)) else { continue };
            let length = callee.proto().code.len();
            let (caller, calls) = (FunctionId(function.id()), callee.calls());
            let may_be_copied = length <= optimizing::MOST_INLINED
                && self.scheduler.pays_to_inline(
                    caller,
                    FunctionId(number),
                    calls,
                    &describe(*callee),
                );
            let called = *callee;
            let is_hopeless =
                self.functions.get(&FunctionId(number)).is_some_and(|it| it.optimized.is_hopeless);
            let may_become_direct = !called.is_direct()
                && !is_hopeless
                && optimizing::may_need_no_frame(called.proto());
            // Copying what is of no use takes time on this thread.
            if !may_be_copied && !called.is_direct() && !may_become_direct {
                continue;
            }
            let mut callee = called.input(self.options.cache_entries);
            note_lost(&mut callee);
            callee.is_cautious = input.is_cautious;
            callee.may_be_copied = may_be_copied;
            callee.may_become_direct = may_become_direct;
            if may_be_copied || may_become_direct {
                self.look_up(called, &mut callee, &mut named);
                let next = optimizing::callees(&callee);
                missing.extend(&next);
                called_by.push((number, next));
            }
            callees.push((number, callee));
        }
        let recursive = leading_to(input.number, &called_by);
        for (number, callee) in &mut callees {
            callee.may_become_direct &= recursive.contains(number);
        }
        callees.retain(|(_, it)| it.may_be_copied || it.is_direct || it.may_become_direct);
        input.callees = callees;
        // They live until the code is installed or given up.
        function.name_for_job(named, &self.graveyard);
        input
    }

    /// What a function's accesses have met and are bound to find; adds what that names.
    fn look_up(&self, function: Function, input: &mut CompileInput, named: &mut Vec<Value>) {
        input.receivers = job::receivers(function, self.graveyard.class_epoch());
        input.known = function.known_accesses(&input.receivers.metatables, &self.dependants);
        for receiver in input.receivers.methods.values().flatten() {
            if let MethodWay::Inherited { metatable, method } = receiver.way {
                named.extend([metatable.value, method.value]);
            }
        }
        for known in input.known.values() {
            named.extend([known.base.value, known.found.value]);
            named.extend(known.metatable.map(|metatable| metatable.value));
            named.extend(known.assumptions.iter().map(Assumption::owner));
        }
    }

    /// A function is not optimized.
    pub(super) fn decline(&mut self, id: FunctionId, why: &OptimizeError) {
        self.counters.declined += 1;
        // What was built must compile.
        debug_assert!(!matches!(why, OptimizeError::Code(CodeError::Compile(_))), "{why}");
        if let Some(known) = self.functions.get_mut(&id) {
            known.function.name_for_job(Vec::new(), &self.graveyard);
            known.optimized.is_hopeless = true;
            tracing::debug!("{} is not optimized: {why}", describe(known.function).name);
        }
    }

    pub(super) fn install_optimized(&mut self, id: FunctionId, placed: Placed) {
        self.give_up_optimized(id);
        let Some(known) = self.functions.get_mut(&id) else { return };
        // Its baseline code, which it would leave for, may have been thrown away meanwhile.
        if known.placement.is_none() {
            return;
        }
        if self.options.aids.most_optimized.is_some_and(|most| self.counters.optimized >= most) {
            known.optimized.is_hopeless = true;
            return;
        }
        let Placed { code, placement, exit_places, slow_callees, reliance } = placed;
        let Reliance { named, assumptions } = reliance;
        let function = known.function;
        if !function.rely_on(named, &assumptions, &self.dependants) {
            // It is asked for again when it has run for as long again.
            known.optimized.since = known.units;
            self.scheduler.withdrawn(id, Tier::Baseline);
            return;
        }
        let is_direct = !code.direct_entry.is_null();
        known.last_used = self.ticks;
        known.optimized.placement = Some(placement);
        if self.options.perf_map {
            status::write_perf_map(&code, &describe(function));
        }
        self.cache.add(id, &placement, self.ticks);
        self.counters.code_bytes_made += code.bytes;
        function.install_optimized(code, &self.graveyard);
        self.deopts.expect(id, exit_places, Work { calls: function.calls(), units: known.units });
        self.counters.optimized += 1;
        self.work.installs += 1;
        for callee in slow_callees {
            let callers = self.slow_callers.entry(FunctionId(callee)).or_default();
            if !callers.contains(&id) && callers.len() < MOST_SLOW_CALLERS {
                callers.push(id);
            }
        }
        self.make_room(placement.segment);
        if is_direct {
            self.remake_callers(id);
        }
    }

    /// A function can be called directly from now on: code that calls it by way of the Lua stack is made anew.
    fn remake_callers(&mut self, callee: FunctionId) {
        for caller in self.slow_callers.remove(&callee).unwrap_or_default() {
            let Some(known) = self.functions.get_mut(&caller) else { continue };
            if known.optimized.placement.is_none() || known.optimized.remade >= MOST_REMADE {
                continue;
            }
            known.optimized.remade += 1;
            self.give_up_optimized(caller);
            self.scheduler.withdrawn(caller, Tier::Baseline);
        }
    }

    /// Has the baseline code run a function again, if it has optimized code.
    pub(super) fn give_up_optimized(&mut self, id: FunctionId) {
        let Some(known) = self.functions.get_mut(&id) else { return };
        let Some(placement) = known.optimized.placement.take() else { return };
        known.optimized.since = known.units;
        known.function.uninstall_optimized(&self.graveyard);
        self.dependants.remove(id.0);
        self.deopts.forget(id);
        self.cache.remove(id, &placement);
        self.work.invalidations += 1;
        self.counters.invalidations[1] += 1;
    }

    /// Code that relied on what is no longer true is out of use already; it is made anew.
    pub(super) fn note_broken(&mut self) {
        for id in self.dependants.take_broken() {
            let id = FunctionId(id);
            let is_optimized =
                self.functions.get(&id).is_some_and(|known| known.optimized.placement.is_some());
            if is_optimized {
                self.give_up_optimized(id);
                self.scheduler.withdrawn(id, Tier::Baseline);
            }
        }
    }

    /// Optimized code could not go on at one of its places, for the `exits`-th time, a power of two.
    pub(super) fn exited(&mut self, function: Function, place: u32, exits: u32) {
        let id = FunctionId(function.id());
        let known = self.functions.get(&id);
        let (units, drops) = known.map_or((0, 0), |it| (it.units, it.optimized.drops));
        let work = Work { calls: function.calls(), units };
        let Some((place, count)) = self.deopts.left(id, place, exits, work, drops) else { return };
        let info = describe(function);
        let (line, reason) = (place.line, place.reason);
        tracing::debug!("{info} left in line {line}, {exits} times now: {reason}");
        let frame = self.scheduler.frame();
        let deopt = Deopt { frame, function: info.clone(), place: place.clone(), exits };
        self.deopts.add(deopt);
        if exits < self.options.tunables.min_exits {
            return;
        }
        let bet = LostBet::of(place.reason);
        let lost = LostPlace { function: place.function, pc: place.pc, bet };
        // What is made sure of for a loop as a whole is lost only once: that is not held against the function.
        let is_known = self.lost.get(&id).is_some_and(|places| places.contains(&lost));
        let held_against = u32::from(bet != LostBet::Loop || is_known);
        let (verdict, judgement) = self.judge_bet(id, exits, &count, drops + held_against);
        self.scheduler.note_bet(BetChoice {
            frame,
            function: info,
            line,
            reason,
            exits,
            verdict,
            judgement,
        });
        if verdict != BetVerdict::Kept {
            // What had never run is known once it has.
            let lost = (reason != DeoptReason::NeverRun).then_some(lost);
            self.lose_bet(id, lost, drops + held_against, verdict, judgement.is_some());
        }
    }

    /// What becomes of a bet that was lost; `drops` counts it as if it were dropped. Where functions are compiled at once, so that runs repeat, and where nothing was
    /// measured, exits alone decide.
    fn judge_bet(
        &self,
        id: FunctionId,
        exits: u32,
        count: &BetCount,
        drops: u32,
    ) -> (BetVerdict, Option<BetJudgement>) {
        let tunables = &self.options.tunables;
        let judgement = match self.options.timing {
            Timing::Background => self.scheduler.judge_bet(id, count),
            Timing::Sync { .. } => None,
        };
        let by_count = || {
            let most_drops = tunables.max_drops_by_count;
            let units_of_exit = count.work.units / u64::from(count.exits.max(1));
            let is_rare = units_of_exit >= tunables.rare_exit_units;
            judge_bet_by_count(exits, is_rare, drops, tunables.min_exits, most_drops)
        };
        (judgement.map_or_else(by_count, |judgement| judgement.verdict), judgement)
    }

    /// The function's code goes, and with it a bet on the instruction at `place`, if there was one.
    fn lose_bet(
        &mut self,
        id: FunctionId,
        place: Option<LostPlace>,
        drops: u32,
        verdict: BetVerdict,
        is_measured: bool,
    ) {
        let lost = self.lost.entry(id).or_default();
        let times = |place: &LostPlace| lost.iter().filter(|it| *it == place).count();
        let place = place.filter(|place| lost.len() < MOST_LOST && times(place) < MOST_TIMES_LOST);
        lost.extend(place);
        self.give_up_optimized(id);
        let Some(known) = self.functions.get_mut(&id) else { return };
        known.optimized.drops = drops;
        // What is left again and again is left within its loops.
        known.optimized.waits_for_calls = false;
        // What is measured may be otherwise when the function has lived on; what is counted will not.
        let stays_below = verdict == BetVerdict::StaysBelow;
        known.optimized.is_hopeless |=
            drops >= self.options.tunables.max_drops || (stays_below && !is_measured);
        if known.optimized.is_hopeless {
            self.scheduler.undone(id, Tier::Baseline);
        } else if stays_below {
            self.scheduler.lost_bets(id, Tier::Baseline);
        } else {
            self.scheduler.withdrawn(id, Tier::Baseline);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::memory::CodeSegment;

    fn entered_at(pc: u32) -> Optimization {
        let mut optimized = Optimization::default();
        assert!(optimized.add_loop(pc, true));
        optimized
    }

    fn with_code(mut optimized: Optimization) -> Optimization {
        let (segment, _) = CodeSegment::new(&[&[0xcc]]).expect("pages");
        let (segment, page_bytes) = (segment.id(), segment.page_bytes());
        optimized.placement = Some(Placement { segment, page_bytes, bytes: 1 });
        optimized
    }

    #[test]
    fn a_function_with_short_runs_is_compiled_for_calls_alone() {
        let mut optimized = with_code(entered_at(9));
        optimized.enter_by_calls();
        optimized.placement = None;
        // The run in progress does without.
        assert!(!optimized.add_loop(9, false));
        assert_eq!(optimized.loops, [None; MOST_LOOPS]);
        let mut optimized = with_code(optimized);
        for _ in 1..MOST_MISSED_LOOPS {
            assert!(!optimized.add_loop(9, false));
        }
        // It was not that short.
        assert!(optimized.add_loop(9, false));
        assert_eq!(optimized.loops[0], Some(9));
    }
}
