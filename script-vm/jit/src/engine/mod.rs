//! The JIT of a VM: decides what is compiled by the policy, has workers compile it, installs what they made.
//!
//! One [`Engine`] serves one VM, on its thread. The VM gives it samples at safepoints; the host, if it has frames, tells
//! it of their ends ([`Jit::end_frame`]). Both are bounded: what is asked for and what is installed are a few a frame.
//!
//! Invariant: `functions` holds living functions only, since the graveyard is looked into before it is used.

mod cache;
mod deopts;
mod handle;
mod job;
mod memo;
mod optimize;
mod status;
mod survey;
mod work;

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cpu_time::ThreadTime;
use interlune_core::assumptions::Dependants;
use interlune_core::site_cache::ENTRIES;
use interlune_core::tier::{Function, Graveyard, Site};
use rustc_hash::FxHashMap;

use crate::code::memory::SegmentId;
use crate::code::target::{self, CodeError};
use crate::code::trampoline::Trampoline;
use crate::function::{FunctionId, FunctionInfo, Tier};
use crate::governor::AllowanceReason;
use crate::scheduler::{CompileRequest, FramePlan, Machine, QuantumClock, Rehearsal, Scheduler};
use crate::tunables::Tunables;
use crate::worker::{CompilePool, Finished, PoolSettings, Ticket, Unpaced, default_workers};

use cache::{CodeCache, Placement};
pub use deopts::Deopt;
use deopts::DeoptLog;
pub use handle::Jit;
pub use job::{Aids, IrLog};
use job::{CompileJob, Placed};
pub use memo::CodeMemo;
use optimize::{LostPlace, Optimization};
pub use status::{Counters, FunctionReport};
pub use survey::{Survey, SurveyLog, Uninterrupted};
pub use work::MainThreadWork;
use work::{FrameBudget, Lap};

/// When functions are compiled, and where.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Timing {
    /// By workers, as the policy says.
    Background,
    /// On the VM's thread, at once, when a function has used so many calls and back-edges; 0: when it is first called.
    Sync { threshold: u64 },
}

/// How the engine works.
#[derive(Clone, Debug)]
pub struct Options {
    pub timing: Timing,
    /// Most bytes of memory for machine code, in whole pages; the least used is thrown away beyond. What was compiled
    /// last stays, even if it takes more.
    pub max_code_bytes: usize,
    /// Worker threads.
    pub workers: usize,
    /// Workers run at lowered priority, since a frame must not wait for them.
    pub polite_workers: bool,
    pub tunables: Tunables,
    /// Receivers that an inline cache remembers, up to 8.
    pub cache_entries: usize,
    /// Write the names of compiled functions where `perf` looks for them.
    pub perf_map: bool,
    /// The machine that this is said to be, by a name like `mips64-unknown-linux-gnu`; any but its own is refused. For
    /// trying out what happens where there is no compiler.
    pub machine: Option<String>,
    /// Functions of chunks with this name (as messages show it) stay interpreted.
    pub skip_chunk: Option<Arc<str>>,
    /// For tests of short programs under [`Timing::Background`]: how long a sample waits for workers that are at work,
    /// whom it lets work as they like.
    pub patience: Option<Duration>,
    /// Where code is looked for before it is compiled, and kept.
    pub memo: Option<CodeMemo>,
    /// The highest tier that functions run in.
    pub tier_cap: Tier,
    /// Under [`Timing::Sync`]: a function is optimized when it has used so many calls and back-edges in baseline code.
    pub optimize_after: u64,
    /// For looking at what is optimized, and for tests of it.
    pub aids: Aids,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            timing: Timing::Background,
            max_code_bytes: 32 << 20,
            workers: default_workers(),
            polite_workers: true,
            tunables: Tunables::default(),
            cache_entries: ENTRIES,
            perf_map: false,
            machine: None,
            skip_chunk: None,
            patience: None,
            memo: None,
            tier_cap: Jit::HIGHEST,
            optimize_after: 2000,
            aids: Aids::default(),
        }
    }
}

/// Invalidations of [`Aids::invalidates`], each of which has something compiled anew: programs that recurse without end have
/// a hundred thousand safepoints.
const MOST_INVALIDATIONS: u64 = 50;

/// What the engine knows of a function.
#[derive(Clone, Copy)]
struct Known {
    function: Function,
    /// Calls and back-edges charged to it so far.
    units: u64,
    /// The last look at its calls, for finding what is least used.
    last_used: u64,
    ticket: Option<Ticket>,
    failed: bool,
    /// Where its code is, to be told when it has died.
    placement: Option<Placement>,
    optimized: Optimization,
}

/// The JIT of one VM.
pub struct Engine {
    options: Options,
    graveyard: Rc<Graveyard>,
    dependants: Rc<Dependants>,
    trampoline: Trampoline,
    scheduler: Scheduler,
    pool: Option<CompilePool<CompileJob>>,
    clock: QuantumClock,
    started: Instant,
    /// Samples are charged with CPU time: what other threads and programs take from this one says nothing about code.
    cpu_started: ThreadTime,
    functions: FxHashMap<FunctionId, Known>,
    /// All functions that were ever called and live.
    callable: FxHashMap<FunctionId, Function>,
    /// What workers compile.
    in_flight: FxHashMap<Ticket, (FunctionId, Tier)>,
    cache: CodeCache,
    deopts: DeoptLog,
    /// By function: where its optimized code was left too often, in which function.
    lost: FxHashMap<FunctionId, Vec<LostPlace>>,
    /// By function: whose optimized code would call it directly if it could be called so.
    slow_callers: FxHashMap<FunctionId, Vec<FunctionId>>,
    counters: Counters,
    /// On this thread, since the host last asked.
    work: MainThreadWork,
    /// What keeps deciding quick where nothing is decided for long; for hosts with frames.
    rehearsal: Option<Rehearsal>,
    /// Counts samples, as a clock for what is least used.
    ticks: u64,
    /// When the last sample was taken, and the units of those since then that were not.
    sampled: Instant,
    untold_units: u32,
}

impl Engine {
    /// # Errors
    /// This machine is not supported, or there is no memory for code.
    pub fn new(options: Options) -> Result<Engine, CodeError> {
        options.machine.as_deref().map_or(Ok(()), target::check_name)?;
        let trampoline = Trampoline::shared()?;
        let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u32);
        let machine = Machine { cores, workers: options.workers as u32, target_ms: 1000.0 / 60.0 };
        let pool = (options.timing == Timing::Background).then(|| {
            CompilePool::new(PoolSettings {
                workers: options.workers,
                is_polite: options.polite_workers,
                batch_bytes: most_in_a_batch(&options),
                ..PoolSettings::new(&options.tunables)
            })
        });
        let mut scheduler = Scheduler::new(options.tunables.clone(), machine);
        scheduler.set_tier_cap(options.tier_cap);
        Ok(Engine {
            scheduler,
            options,
            graveyard: Rc::default(),
            dependants: Rc::default(),
            trampoline,
            pool,
            clock: QuantumClock::default(),
            started: Instant::now(),
            cpu_started: ThreadTime::now(),
            functions: FxHashMap::default(),
            callable: FxHashMap::default(),
            in_flight: FxHashMap::default(),
            cache: CodeCache::default(),
            deopts: DeoptLog::default(),
            lost: FxHashMap::default(),
            slow_callers: FxHashMap::default(),
            counters: Counters::default(),
            work: MainThreadWork::default(),
            rehearsal: None,
            ticks: 0,
            sampled: Instant::now(),
            untold_units: 0,
        })
    }

    /// Has room for as many functions in all tables.
    fn touch(&mut self, functions: usize) {
        self.functions.reserve(functions);
        self.callable.reserve(functions);
        self.cache.reserve(functions);
        self.deopts.touch(functions);
    }

    /// Counts the units of a quantum that has ended; whether it is a sample. A quantum of a short loop takes as long as it
    /// takes to read the clocks: what comes too soon is charged, with its time, to the function that is sampled next.
    fn is_time_to_sample(&mut self, units: u32) -> bool {
        self.untold_units = self.untold_units.saturating_add(units);
        if self.options.timing != Timing::Background || self.options.patience.is_some() {
            return true;
        }
        let now = Instant::now();
        let gap = Duration::from_nanos((self.options.tunables.min_sample_us * 1000.0) as u64);
        let is_time = now.duration_since(self.sampled) >= gap;
        if is_time {
            self.sampled = now;
        }
        is_time
    }

    fn since_start_us(&self, now: Instant) -> u64 {
        now.duration_since(self.started).as_micros() as u64
    }

    /// CPU time of this thread.
    fn cpu_us(&self) -> u64 {
        self.cpu_started.elapsed().as_micros() as u64
    }

    /// Forgets what has died, and what holds no longer.
    fn bury(&mut self) {
        self.note_broken();
        for id in self.graveyard.take_dead() {
            let id = FunctionId(id);
            self.callable.remove(&id);
            self.deopts.forget(id);
            self.lost.remove(&id);
            self.slow_callers.remove(&id);
            self.dependants.remove(id.0);
            if let Some(known) = self.functions.remove(&id) {
                for placement in [known.placement, known.optimized.placement].into_iter().flatten()
                {
                    self.cache.remove(id, &placement);
                }
                self.scheduler.forget(id);
            }
        }
    }

    /// Whether the function may be compiled at all.
    fn concerns(&self, function: Function) -> bool {
        self.options.skip_chunk.as_ref().is_none_or(|chunk| function.proto().source != *chunk)
    }

    fn know(&mut self, function: Function) -> &mut Known {
        self.functions.entry(FunctionId(function.id())).or_insert(Known {
            function,
            units: 0,
            last_used: 0,
            ticket: None,
            failed: false,
            placement: None,
            optimized: Optimization::default(),
        })
    }

    // --- compiling at once

    fn compile_now(&mut self, function: Function) {
        let id = FunctionId(function.id());
        let input = function.input(self.options.cache_entries);
        let begun = ThreadTime::now();
        // Nobody cancels, so there is always an answer.
        let made = job::compile(input, self.options.memo.as_ref(), &mut Unpaced);
        let place = |made: Result<_, CodeError>| job::place(vec![made.map_err(Into::into)]);
        let placed = made.map_or_else(|_| Vec::new(), place).pop();
        self.counters.compile_us += begun.elapsed().as_micros() as u64;
        match placed {
            Some(Ok(placed)) => self.install(id, placed),
            Some(Err(error)) => self.fail(id, &error.to_string()),
            None => {}
        }
    }

    fn fail(&mut self, id: FunctionId, why: &str) {
        self.counters.failures += 1;
        if let Some(known) = self.functions.get_mut(&id) {
            known.failed = true;
            tracing::warn!("{} stays interpreted: {why}", describe(known.function).name);
        }
    }

    fn install(&mut self, id: FunctionId, placed: Placed) {
        self.take_out(id);
        let Some(known) = self.functions.get_mut(&id) else { return };
        let Placed { code, placement, .. } = placed;
        known.last_used = self.ticks;
        known.placement = Some(placement);
        let function = known.function;
        if self.options.perf_map {
            status::write_perf_map(&code, &describe(function));
        }
        known.optimized.since = known.units;
        self.cache.add(id, &placement, self.ticks);
        self.counters.code_bytes_made += code.bytes;
        function.install(code, &self.graveyard);
        self.counters.compiles += 1;
        self.counters.bytecodes += function.proto().code.len() as u64;
        self.work.installs += 1;
        self.make_room(placement.segment);
    }

    /// Throws away the code of what was least used until the rest fits.
    fn make_room(&mut self, newest: SegmentId) {
        while self.cache.page_bytes() > self.options.max_code_bytes {
            let Some(victims) = self.cache.drop_least_used(newest) else { return };
            for id in victims {
                self.take_out(id);
                self.scheduler.evicted(id, Tier::Interpreter);
                self.counters.evictions += 1;
            }
        }
    }

    /// Has the interpreter run a function again, if it has code.
    fn take_out(&mut self, id: FunctionId) {
        let Some(known) = self.functions.get_mut(&id) else { return };
        let Some(placement) = known.placement.take() else { return };
        let optimized = known.optimized.placement.take();
        self.dependants.remove(id.0);
        known.units = 0;
        known.optimized.since = 0;
        known.function.uninstall(&self.graveyard);
        self.deopts.forget(id);
        for placement in [Some(placement), optimized].into_iter().flatten() {
            self.cache.remove(id, &placement);
        }
        self.work.invalidations += 1;
        self.counters.invalidations[0] += 1;
        self.counters.invalidations[1] += u64::from(optimized.is_some());
    }

    // --- compiling in the background

    fn frame_budget(&self, now: Instant) -> FrameBudget {
        FrameBudget::begin(now, self.options.tunables.frame_budget_us)
    }

    fn execute(&mut self, plan: &FramePlan, budget: &FrameBudget, lap: &mut Lap) {
        for &id in &plan.undos {
            let is_optimized =
                self.functions.get(&id).is_some_and(|known| known.optimized.placement.is_some());
            if is_optimized {
                self.give_up_optimized(id);
                self.scheduler.undone(id, Tier::Baseline);
            } else {
                self.take_out(id);
                self.scheduler.undone(id, Tier::Interpreter);
            }
        }
        let Some(pool) = &mut self.pool else { return };
        for id in &plan.cancels {
            if let Some(ticket) = self.functions.get(id).and_then(|known| known.ticket) {
                pool.cancel(ticket);
            }
        }
        self.work.invalidations_us += lap.next();
        let decision = &plan.decision;
        pool.set_workers(decision.workers_active as usize);
        let tunables = &self.options.tunables;
        pool.set_batch_hold_us(match decision.reason {
            AllowanceReason::WallClock => tunables.wall_batch_hold_us,
            _ => tunables.batch_hold_us,
        });
        pool.refill(decision.allowance_us, decision.bucket_cap_us);
        while let Some(request) = self.scheduler.next_request() {
            self.request(&request);
            if !budget.has_time(FrameBudget::REQUESTS) {
                break;
            }
        }
        self.work.requests_us += lap.next();
        self.collect(plan.decision.max_installs, || budget.has_time(FrameBudget::INSTALLS));
        self.work.installs_us += lap.next();
    }

    fn request(&mut self, request: &CompileRequest) {
        let id = request.function;
        let is_optimizing = request.tier == Tier::Optimizing;
        let function = self.functions.get(&id).map(|known| known.function);
        let input = function.map(|function| match is_optimizing {
            true => self.optimizing_input(function),
            false => function.input(self.options.cache_entries),
        });
        let (Some(input), Some(known), Some(pool)) =
            (input, self.functions.get_mut(&id), &mut self.pool)
        else {
            return self.scheduler.cancelled(id);
        };
        let entries = is_optimizing.then(|| known.optimized.entries(known.function, known.units));
        let job = CompileJob {
            input,
            entries,
            memo: self.options.memo.clone(),
            aids: self.options.aids.clone(),
            predicted_cost_us: request.predicted_cost_us,
        };
        match pool.submit(job) {
            Ok(ticket) => {
                known.ticket = Some(ticket);
                self.in_flight.insert(ticket, (id, request.tier));
                self.work.requests += 1;
            }
            Err(_) => self.scheduler.cancelled(id),
        }
    }

    /// Installs up to `most` of what the workers have finished, as long as there is time; one in any case.
    fn collect(&mut self, most: u32, has_time: impl Fn() -> bool) {
        for number in 0..most {
            if number > 0 && !has_time() {
                return;
            }
            let Some(finished) = self.pool.as_mut().and_then(CompilePool::try_recv) else { return };
            // A function that has died meanwhile is forgotten everywhere.
            let Some((id, tier)) = self.in_flight.remove(&finished.ticket()) else { continue };
            if let Some(known) = self.functions.get_mut(&id) {
                known.ticket = None;
            }
            let cost = finished.cost();
            self.counters.compile_us += cost.cpu_us as u64;
            match finished {
                Finished::Done { output, .. } => {
                    if !self.functions.contains_key(&id) {
                        continue;
                    }
                    if !self.scheduler.compiled(id, cost) {
                        self.scheduler.stale(id);
                        continue;
                    }
                    match output {
                        Ok(placed) if tier == Tier::Optimizing => {
                            self.install_optimized(id, placed);
                            self.scheduler.installed(id, tier);
                        }
                        Ok(placed) => {
                            self.install(id, placed);
                            self.scheduler.installed(id, tier);
                        }
                        Err(error) if tier == Tier::Optimizing => {
                            self.decline(id, &error);
                            self.scheduler.failed(id, &error.to_string());
                        }
                        Err(error) => {
                            self.fail(id, &error.to_string());
                            self.scheduler.failed(id, &error.to_string());
                        }
                    }
                }
                Finished::Cancelled { .. } => {
                    self.scheduler.cancelled(id);
                }
                Finished::Panicked { message, .. } => {
                    tracing::error!("a compiler panicked, which is a bug: {message}");
                    self.fail(id, &message);
                    self.scheduler.failed(id, &message);
                }
            }
        }
    }

    fn sample(&mut self, function: Function, site: Site, units: u32) {
        self.bury();
        if self.options.aids.invalidates && self.counters.invalidations[1] < MOST_INVALIDATIONS {
            let known = self.functions.values();
            let optimized = known.filter(|known| known.optimized.placement.is_some());
            optimized.for_each(|it| self.dependants.break_code(it.function, &self.graveyard));
            self.note_broken();
        }
        if !self.concerns(function) || !self.is_time_to_sample(units) {
            return;
        }
        let units = std::mem::take(&mut self.untold_units);
        self.ticks += 1;
        let ticks = self.ticks;
        let id = FunctionId(function.id());
        let known = self.know(function);
        known.units += u64::from(units);
        known.last_used = ticks;
        let is_new = match site {
            Site::Loop { pc, is_optimized: false } => {
                known.optimized.add_loop(pc, function.calls() <= 1)
            }
            _ => false,
        };
        let lacks_entry = is_new && known.optimized.placement.is_some();
        let is_called_in_vain = known.optimized.is_called_in_vain(function, known.units);
        if is_called_in_vain && !lacks_entry {
            known.optimized.enter_by_calls();
        }
        if lacks_entry || is_called_in_vain {
            // The optimized code there is cannot be entered here.
            self.give_up_optimized(id);
            self.scheduler.withdrawn(id, Tier::Baseline);
        }
        let known = self.know(function);
        let (is_idle, sum) = (!known.failed && known.placement.is_none(), known.units);
        let optimized = known.optimized;
        for placement in [known.placement, optimized.placement].into_iter().flatten() {
            self.cache.touch(placement.segment, ticks);
        }
        match self.options.timing {
            Timing::Sync { threshold } => {
                let cap = self.scheduler.tier_cap();
                let wait = self.options.optimize_after << optimized.drops.min(16);
                if is_idle && sum >= threshold && cap > Tier::Interpreter {
                    self.compile_now(function);
                } else if !is_idle
                    && !optimized.is_hopeless
                    && optimized.placement.is_none()
                    && cap >= Tier::Optimizing
                    && sum - optimized.since >= wait
                {
                    self.optimize_now(function);
                }
            }
            Timing::Background => {
                let now = Instant::now();
                let now_us = self.since_start_us(now);
                let cpu_us = self.cpu_us();
                let time_us = self.clock.lap(cpu_us) as f64;
                self.scheduler.sample(id, site, units, time_us, || describe(function));
                let budget = self.frame_budget(now);
                let has_time = || budget.has_time(FrameBudget::LOOKS);
                if let Some(plan) = self.scheduler.tick_wall(now_us, has_time) {
                    self.execute(&plan, &budget, &mut Lap::begin());
                }
                if let Some(patience) = self.options.patience {
                    self.wait_for_workers(patience);
                }
            }
        }
    }

    fn wait_for_workers(&mut self, patience: Duration) {
        let begun = Instant::now();
        while !self.in_flight.is_empty() && begun.elapsed() < patience {
            if let Some(pool) = &mut self.pool {
                pool.refill(f64::from(u32::MAX), f64::from(u32::MAX));
            }
            // They have a lower priority: yielding would not do.
            std::thread::sleep(Duration::from_micros(20));
            self.collect(1, || true);
        }
    }
}

/// Bytes of code that may share a segment: so that little room for code has room for several.
fn most_in_a_batch(options: &Options) -> usize {
    options.tunables.batch_bytes.min(options.max_code_bytes / 8)
}

/// What policy is told of a function.
fn describe(function: Function) -> FunctionInfo {
    let proto = function.proto();
    let name = match proto.line_defined {
        0 => "main chunk".to_string(),
        line => format!("function <{}:{line}>", proto.source),
    };
    FunctionInfo {
        name: name.into(),
        source: proto.source.clone(),
        line: proto.line_defined,
        bytecodes: proto.code.len() as u32,
    }
}
