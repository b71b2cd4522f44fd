//! What hosts and the VM hold of the JIT.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Instant;

use interlune_core::api::Lua;
use interlune_core::assumptions::Dependants;
use interlune_core::runtime;
use interlune_core::tier::{Compiler, Function, Graveyard, Site};

use super::work::{FrameBudget, Lap};
use super::{
    Counters, Deopt, Engine, FunctionReport, MainThreadWork, Options, Timing, describe, status,
};
use crate::code::target::CodeError;
use crate::function::{FunctionId, Tier};
use crate::governor::{FrameDecision, FrameInputs};
use crate::ledger::{InliningRow, LedgerRow, SpeculationRow};
use crate::scheduler::{Rehearsal, Scheduler, TOUCHED};
use crate::worker::CompilePool;

/// Frames between two of the made-up game that keeps deciding quick.
const FRAMES_OF_REHEARSAL: u64 = 32;

/// The JIT of a VM, as its host holds it. Clones are the same one.
#[derive(Clone)]
pub struct Jit(Rc<RefCell<Engine>>);

impl Jit {
    /// The highest tier that there is a compiler for.
    pub const HIGHEST: Tier = Tier::Optimizing;

    /// Gives a VM a JIT.
    ///
    /// # Errors
    /// This machine is not supported, or there is no memory for code: scripts are interpreted.
    pub fn attach(lua: &Lua, options: Options) -> Result<Jit, CodeError> {
        let jit = Jit(Rc::new(RefCell::new(Engine::new(options)?)));
        lua.set_compiler(Some(Box::new(jit.clone())));
        Ok(jit)
    }

    /// For hosts with frames, before the first one: has memory behind what grows when functions become hot, and keeps the
    /// code that decides at hand from then on.
    pub fn prepare(&self) {
        let mut engine = self.0.borrow_mut();
        engine.scheduler.touch();
        engine.touch(TOUCHED);
        engine.rehearsal = Some(Rehearsal::new(&engine.options.tunables));
    }

    /// The host calls into scripts: their time is counted from now on.
    pub fn enter(&self) {
        let mut engine = self.0.borrow_mut();
        let cpu_us = engine.cpu_us();
        engine.clock.enter(cpu_us);
    }

    /// They have returned.
    pub fn leave(&self) {
        let mut engine = self.0.borrow_mut();
        let cpu_us = engine.cpu_us();
        engine.clock.leave(cpu_us);
    }

    /// A frame of the host has ended. What it decides for the next one.
    pub fn end_frame(&self, inputs: &FrameInputs) -> FrameDecision {
        let mut engine = self.0.borrow_mut();
        let mut lap = Lap::begin();
        let now = Instant::now();
        let budget = engine.frame_budget(now);
        engine.bury();
        if inputs.frame.is_multiple_of(FRAMES_OF_REHEARSAL)
            && let Some(rehearsal) = &mut engine.rehearsal
        {
            rehearsal.go_on();
        }
        let now_us = engine.since_start_us(now);
        let has_time = || budget.has_time(FrameBudget::LOOKS);
        let plan = engine.scheduler.end_frame(inputs, now_us, has_time);
        engine.work.policy_us += lap.next();
        engine.execute(&plan, &budget, &mut lap);
        plan.decision
    }

    /// What was done on this thread since this was last asked.
    pub fn take_work(&self) -> MainThreadWork {
        std::mem::take(&mut self.0.borrow_mut().work)
    }

    /// New versions take the place of functions, and inherit what is known of them: pairs of an old function's id and
    /// the new function.
    pub fn reloaded(&self, pairs: &[(u64, Function)]) {
        let mut engine = self.0.borrow_mut();
        engine.bury();
        for &(old, new) in pairs {
            engine.scheduler.reloaded(FunctionId(old), FunctionId(new.id()), describe(new));
        }
    }

    /// CPU time that workers used since this was last asked, in microseconds.
    pub fn take_compile_us(&self) -> f64 {
        self.0.borrow_mut().pool.as_mut().map_or(0.0, CompilePool::take_used_us)
    }

    pub fn workers(&self) -> usize {
        self.0.borrow().pool.as_ref().map_or(0, CompilePool::workers)
    }

    /// Sets how many workers there are.
    pub fn set_workers(&self, workers: usize) {
        let mut engine = self.0.borrow_mut();
        engine.scheduler.set_workers(workers as u32);
        if let Some(pool) = &mut engine.pool {
            pool.set_workers(workers);
        }
    }

    /// Stops compiling, or goes on.
    pub fn set_paused(&self, paused: bool) {
        if let Some(pool) = &mut self.0.borrow_mut().pool {
            pool.set_paused(paused);
        }
    }

    /// The highest tier that functions run in. Code of higher tiers is thrown away.
    pub fn set_tier_cap(&self, cap: Tier) {
        let mut engine = self.0.borrow_mut();
        let mut lap = Lap::begin();
        engine.bury();
        engine.scheduler.set_tier_cap(cap);
        if cap == Tier::Interpreter {
            let mut compiled: Vec<_> = engine.functions.keys().copied().collect();
            compiled.retain(|id| engine.functions[id].placement.is_some());
            compiled.sort_unstable();
            for id in compiled {
                engine.take_out(id);
                engine.scheduler.withdrawn(id, Tier::Interpreter);
            }
        } else if cap == Tier::Baseline {
            let mut optimized: Vec<_> = engine.functions.keys().copied().collect();
            optimized.retain(|id| engine.functions[id].optimized.placement.is_some());
            optimized.sort_unstable();
            for id in optimized {
                engine.give_up_optimized(id);
                engine.scheduler.withdrawn(id, Tier::Baseline);
            }
        }
        engine.work.invalidations_us += lap.next();
    }

    /// Sets the most that each worker may use in a frame, in microseconds.
    pub fn set_max_allowance_us(&self, allowance_us: f64) {
        self.0.borrow_mut().scheduler.set_max_allowance_us(allowance_us);
    }

    pub fn tier_cap(&self) -> Tier {
        self.0.borrow().scheduler.tier_cap()
    }

    pub fn counters(&self) -> Counters {
        let engine = self.0.borrow();
        let cache = &engine.cache;
        Counters {
            code_bytes: cache.code_bytes(),
            page_bytes: cache.page_bytes(),
            ..engine.counters
        }
    }

    /// The last exits of optimized code, oldest first: of each place the first, second, fourth and so on.
    pub fn deopts(&self) -> Vec<Deopt> {
        self.0.borrow().deopts.recent().cloned().collect()
    }

    /// The newest of them, `most` at most, newest first.
    pub fn newest_deopts(&self, most: usize) -> Vec<Deopt> {
        self.0.borrow().deopts.recent().rev().take(most).cloned().collect()
    }

    /// Every decision so far that the ledger still has.
    pub fn ledger(&self) -> Vec<LedgerRow> {
        self.0.borrow().scheduler.ledger().rows()
    }

    /// The last decisions about which callees become part of their callers, oldest first.
    pub fn inlinings(&self) -> Vec<InliningRow> {
        self.0.borrow().scheduler.ledger().inlining_rows()
    }

    /// The last decisions about bets of optimized code that were lost, oldest first.
    pub fn speculations(&self) -> Vec<SpeculationRow> {
        self.0.borrow().scheduler.ledger().speculation_rows()
    }

    /// All functions that were ever sampled and live, the most used first.
    pub fn functions(&self) -> Vec<FunctionReport> {
        let mut engine = self.0.borrow_mut();
        engine.bury();
        status::reports(&engine.functions, &engine.scheduler)
    }

    /// The functions that take most of a frame, `most` of them.
    pub fn hottest(&self, most: usize) -> Vec<FunctionReport> {
        let mut engine = self.0.borrow_mut();
        engine.bury();
        status::hottest(&engine.functions, &engine.scheduler, most)
    }

    /// A look at the policy's state: the ledger without a copy, what waits, what was allowed.
    pub fn read<R>(&self, look: impl FnOnce(&Scheduler) -> R) -> R {
        look(&self.0.borrow().scheduler)
    }
}

impl Compiler for Jit {
    fn attach(&mut self, graveyard: Rc<Graveyard>, dependants: Rc<Dependants>) {
        let mut engine = self.0.borrow_mut();
        engine.graveyard = graveyard;
        engine.dependants = dependants;
    }

    fn first_call(&mut self, function: Function) {
        let mut engine = self.0.borrow_mut();
        engine.bury();
        engine.callable.insert(FunctionId(function.id()), function);
        let at_once = engine.options.timing == (Timing::Sync { threshold: 0 });
        if at_once && engine.concerns(function) && engine.scheduler.tier_cap() > Tier::Interpreter {
            engine.know(function);
            engine.compile_now(function);
        }
    }

    fn sample(&mut self, function: Function, site: Site, units: u32) {
        self.0.borrow_mut().sample(function, site, units);
    }

    fn exited(&mut self, function: Function, place: u32, exits: u32) {
        self.0.borrow_mut().exited(function, place, exits);
    }

    fn trampoline(&self) -> Option<runtime::Trampoline> {
        Some(self.0.borrow().trampoline.function())
    }
}
