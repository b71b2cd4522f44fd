//! A game made of arithmetic: functions that take time, cores that are shared, a compiler that takes longer than
//! predicted.
//!
//! A frame: scripts run and are sampled as the VM would sample them; workers use what the bucket allows on whatever
//! cores are idle, and beyond that take the main thread's; finished code is installed; the scheduler hears of it all.

use std::collections::VecDeque;

use interlune_core::tier::Site;
use interlune_jit::governor::{AllowanceReason, FrameDecision, FrameInputs, Waiting};
use interlune_jit::scheduler::{FramePlan, Machine, Scheduler};
use interlune_jit::worker::JobCost;
use interlune_jit::{FunctionId, FunctionInfo, Tier, Tunables};

const TARGET_MS: f64 = 16.67;
/// Time of a unit of interpreted work, in microseconds.
const UNIT_US: f64 = 0.05;
const QUANTUM_UNITS: f64 = 1000.0;
/// What the VM thread pays for a request and for an install, in microseconds.
const REQUEST_US: f64 = 4.0;
const INSTALL_US: f64 = 6.0;
/// Ids of effects begin here.
const EFFECTS: u64 = 1_000_000;

#[derive(Clone, Debug)]
pub struct Script {
    /// Interpreted, in a frame.
    pub time_us: f64,
    pub bytecodes: u32,
    pub speedup: f64,
    pub from_frame: u64,
}

/// A new function every so many frames, that is hot for a few.
#[derive(Clone, Copy, Debug)]
pub struct Effect {
    pub every: u64,
    pub frames: u64,
    pub time_us: f64,
    pub bytecodes: u32,
}

#[derive(Clone, Debug)]
pub struct Scene {
    pub scripts: Vec<Script>,
    pub effects: Option<Effect>,
    /// The main thread's work besides scripts.
    pub other_ms: f64,
    pub spike_ms: f64,
    /// Frames from one spike to the next; 0 for none.
    pub spike_every: u64,
    pub render_ms: f64,
    pub pipelined: bool,
    pub cores: u32,
    pub workers: u32,
    pub other_load_cores: f64,
    /// The second worker and beyond take the main thread's core at times, unseen by any measurement of idle cores.
    pub crowded: bool,
    /// Functions whose code there is room for.
    pub room: usize,
}

impl Scene {
    /// Two cores, one worker, a third of the frame used.
    pub fn calm() -> Scene {
        Scene {
            scripts: Vec::new(),
            effects: None,
            other_ms: 2.0,
            spike_ms: 0.0,
            spike_every: 0,
            render_ms: 3.0,
            pipelined: true,
            cores: 2,
            workers: 1,
            other_load_cores: 0.0,
            crowded: false,
            room: usize::MAX,
        }
    }
}

/// What came out.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub late_because_of_compiling: u32,
    pub last_late_frame: u64,
    pub all_compiled_at: Option<u64>,
    pub compiled: usize,
    /// Installs, those of functions that had been thrown out included.
    pub installs: u64,
    pub effects_compiled: usize,
    /// Frames whose allowance was more than their slack on every worker, though slack was the reason.
    pub allowance_beyond_slack_frames: u32,
    pub most_allowance_us: f64,
    /// Of the main thread in one frame, for requests and installs.
    pub most_jit_main_us: f64,
    pub first_script_ms: f64,
    pub last_script_ms: f64,
    pub fewest_workers: u32,
    pub reasons: Vec<AllowanceReason>,
}

struct Job {
    function: FunctionId,
    predicted_us: f64,
    left_us: f64,
    cost: JobCost,
    begun: bool,
}

struct Function {
    script: Script,
    until_frame: u64,
    compiled: bool,
}

pub struct Game {
    scene: Scene,
    scheduler: Scheduler,
    functions: Vec<(FunctionId, Function)>,
    jobs: VecDeque<Job>,
    finished: VecDeque<(FunctionId, JobCost)>,
    tokens_us: f64,
    decision: Option<FrameDecision>,
    /// What is installed, the oldest first.
    placed: VecDeque<FunctionId>,
    frame: u64,
    seed: u64,
    now_us: u64,
    /// When a compilation last ended.
    compiled_us: u64,
}

/// The first guesses are right for the functions that are simulated.
fn tunables() -> Tunables {
    Tunables {
        cost_base_us: [0.0, 100.0, 300.0],
        cost_us_per_bytecode: [0.0, 5.0, 20.0],
        speedup_prior: [1.0, 2.5, 3.0],
        ..Tunables::default()
    }
}

impl Game {
    pub fn new(scene: Scene) -> Game {
        let machine = Machine { cores: scene.cores, workers: scene.workers, target_ms: TARGET_MS };
        let functions = scene
            .scripts
            .iter()
            .enumerate()
            .map(|(i, script)| {
                let script = script.clone();
                (FunctionId(i as u64), Function { script, until_frame: u64::MAX, compiled: false })
            })
            .collect();
        Game {
            scheduler: Scheduler::new(tunables(), machine),
            functions,
            jobs: VecDeque::new(),
            finished: VecDeque::new(),
            tokens_us: 0.0,
            decision: None,
            placed: VecDeque::new(),
            frame: 0,
            seed: 42,
            now_us: 1_000_000,
            compiled_us: 0,
            scene,
        }
    }

    pub fn scheduler(&self) -> &Scheduler {
        &self.scheduler
    }

    /// Plays so many frames.
    pub fn run(&mut self, frames: u64) -> Report {
        let mut report = Report { fewest_workers: u32::MAX, ..Report::default() };
        for _ in 0..frames {
            self.play_frame(&mut report);
        }
        let is_effect = |id: &FunctionId| id.0 >= EFFECTS;
        report.compiled =
            self.functions.iter().filter(|(id, f)| f.compiled && !is_effect(id)).count();
        report
    }

    /// Runs scripts with no end of a frame; the milliseconds until all are compiled.
    pub fn run_without_frames(&mut self, most_ms: f64) -> Option<f64> {
        const SLICE_MS: f64 = 0.5;
        let begun_us = self.now_us;
        let mut used = 0.0;
        while (self.now_us - begun_us) as f64 / 1000.0 < most_ms {
            // Scripts take all the time there is, in the proportions of their frame.
            self.run_scripts(Some(SLICE_MS - used));
            self.now_us += (SLICE_MS * 1000.0) as u64;
            // On one core the workers' time is the scripts' loss.
            let used_us = self.work(SLICE_MS * 1000.0 * f64::from(self.scene.workers));
            used = if self.scene.cores == 1 { (used_us / 1000.0).min(SLICE_MS) } else { 0.0 };
            if let Some(plan) = self.scheduler.tick_wall(self.now_us, || true) {
                self.install(plan.decision.max_installs);
                self.follow(&plan);
            }
            if self.functions.iter().all(|(_, f)| f.compiled) {
                return Some((self.now_us - begun_us) as f64 / 1000.0);
            }
        }
        None
    }

    pub fn end_a_frame_without_scripts(&mut self) {
        self.now_us += 16_670;
        let inputs = self.inputs(1.0, 0.0, 0.0, 0.0, 0, TARGET_MS);
        let plan = self.scheduler.end_frame(&inputs, self.now_us, || true);
        self.follow(&plan);
    }

    fn play_frame(&mut self, report: &mut Report) {
        self.frame += 1;
        self.begin_effects();
        let script_ms = self.run_scripts(None) / 1000.0;
        let spike = self.scene.spike_every > 0 && self.frame.is_multiple_of(self.scene.spike_every);
        let other_ms = self.scene.other_ms + if spike { self.scene.spike_ms } else { 0.0 };
        let game_ms = other_ms + script_ms;

        let most_installs = self.decision.map_or(0, |decision| decision.max_installs);
        let installs = self.install(most_installs);
        report.installs += u64::from(installs);
        let install_us = f64::from(installs) * INSTALL_US;

        let (pipelined, render_ms) = (self.scene.pipelined, self.scene.render_ms);
        let beside = |main_ms: f64| {
            if pipelined { main_ms.max(render_ms) } else { main_ms + render_ms }
        };
        let busy_ms = beside(game_ms + install_us / 1000.0);
        let wall_ms = busy_ms.max(TARGET_MS);
        let used_by_game_ms =
            game_ms + self.scene.render_ms + self.scene.other_load_cores * wall_ms;
        let idle_ms = (f64::from(self.scene.cores) * wall_ms - used_by_game_ms).max(0.0);
        let workers = self.decision.map_or(1, |d| d.workers_active);
        let used_ms = self.work(f64::from(workers) * wall_ms * 1000.0) / 1000.0;
        // What does not fit beside the game is taken from it.
        let mut kept_ms = (used_ms - idle_ms).max(0.0);
        if self.scene.crowded && workers > 1 {
            kept_ms += 0.06 * used_ms;
        }

        self.now_us += ((wall_ms + kept_ms) * 1000.0) as u64;
        let main_ms = game_ms + install_us / 1000.0;
        let inputs = self.inputs(main_ms, script_ms, kept_ms, used_ms, installs, wall_ms);
        let plan = self.scheduler.end_frame(&inputs, self.now_us, || true);
        let requests = self.follow(&plan);
        let jit_main_us = install_us + f64::from(requests) * REQUEST_US;

        let with_all_ms = beside(game_ms + jit_main_us / 1000.0) + kept_ms;
        if with_all_ms > TARGET_MS {
            report.last_late_frame = self.frame;
            report.late_because_of_compiling += u32::from(beside(game_ms) <= TARGET_MS);
        }
        self.note(report, &plan.decision, script_ms, jit_main_us);
    }

    fn note(&self, report: &mut Report, d: &FrameDecision, script_ms: f64, jit_main_us: f64) {
        let slack_us = d.slack_ms.max(0.0) * 1000.0 * f64::from(d.workers_active);
        if d.reason == AllowanceReason::Slack && d.allowance_us > slack_us + 1e-6 {
            report.allowance_beyond_slack_frames += 1;
        }
        report.most_allowance_us = report.most_allowance_us.max(d.allowance_us);
        report.most_jit_main_us = report.most_jit_main_us.max(jit_main_us);
        report.fewest_workers = report.fewest_workers.min(d.workers_active);
        if !report.reasons.contains(&d.reason) {
            report.reasons.push(d.reason);
        }
        if self.frame == 1 {
            report.first_script_ms = script_ms;
        }
        report.last_script_ms = script_ms;
        let is_effect = |id: &FunctionId| id.0 >= EFFECTS;
        let mut all = true;
        for (id, function) in &self.functions {
            if is_effect(id) {
                report.effects_compiled += usize::from(function.compiled);
            } else {
                all &= function.compiled;
            }
        }
        if all && report.all_compiled_at.is_none() {
            report.all_compiled_at = Some(self.frame);
        }
    }

    /// Runs and samples every function that is on; returns the time it took. With `only_ms`, takes just that long.
    fn run_scripts(&mut self, only_ms: Option<f64>) -> f64 {
        let frame = self.frame;
        let is_on = |f: &Function| f.script.from_frame <= frame && frame < f.until_frame;
        let time_of =
            |f: &Function| f.script.time_us / if f.compiled { f.script.speedup } else { 1.0 };
        let whole_us: f64 =
            self.functions.iter().filter(|(_, f)| is_on(f)).map(|(_, f)| time_of(f)).sum();
        let scale = only_ms.map_or(1.0, |ms| ms * 1000.0 / whole_us.max(1e-9));
        let mut total_us = 0.0;
        for (id, function) in &self.functions {
            if !is_on(function) {
                continue;
            }
            total_us += time_of(function) * scale;
            let quanta = function.script.time_us * scale / (UNIT_US * QUANTUM_UNITS);
            let quantum_us = time_of(function) * scale / quanta;
            // Which quanta end in a function is a matter of chance.
            let extra = next(&mut self.seed) < quanta.fract();
            for _ in 0..quanta as u32 + u32::from(extra) {
                let bytecodes = function.script.bytecodes;
                self.scheduler.sample(*id, Site::Entry, QUANTUM_UNITS as u32, quantum_us, || {
                    FunctionInfo { name: "f".into(), source: "s".into(), line: 1, bytecodes }
                });
            }
        }
        total_us
    }

    fn begin_effects(&mut self) {
        let Some(effect) = self.scene.effects else { return };
        let frame = self.frame;
        self.functions.retain(|(id, f)| id.0 < EFFECTS || f.until_frame > frame || f.compiled);
        if frame.is_multiple_of(effect.every) {
            let script = Script {
                time_us: effect.time_us,
                bytecodes: effect.bytecodes,
                speedup: 2.5,
                from_frame: frame,
            };
            let function = Function { script, until_frame: frame + effect.frames, compiled: false };
            self.functions.push((FunctionId(EFFECTS + frame), function));
        }
    }

    /// Workers compile for up to so long; returns the CPU time they used.
    fn work(&mut self, most_us: f64) -> f64 {
        let cap_us = self.decision.map_or(0.0, |d| d.bucket_cap_us);
        let mut used_us = 0.0;
        while let Some(job) = self.jobs.front_mut() {
            let fits = self.tokens_us >= job.predicted_us || self.tokens_us >= cap_us;
            if self.tokens_us <= 0.0 || used_us >= most_us || (!job.begun && !fits) {
                break;
            }
            job.begun = true;
            // A stage takes up to 150 µs, and is paid for when it is over.
            let stage_us = job.left_us.min(150.0);
            job.left_us -= stage_us;
            used_us += stage_us;
            self.tokens_us -= stage_us;
            if job.left_us <= 0.0
                && let Some(job) = self.jobs.pop_front()
            {
                self.compiled_us = self.now_us;
                self.finished.push_back((job.function, job.cost));
            }
        }
        used_us
    }

    fn install(&mut self, most: u32) -> u32 {
        let mut installs = 0;
        while installs < most
            && let Some((function, cost)) = self.finished.pop_front()
        {
            if !self.scheduler.compiled(function, cost) {
                continue;
            }
            self.scheduler.installed(function, Tier::Baseline);
            installs += 1;
            self.set_compiled(function, true);
            self.placed.push_back(function);
            // All are in use, so the one that was installed first is as good as any.
            if self.placed.len() > self.scene.room
                && let Some(oldest) = self.placed.pop_front()
            {
                self.set_compiled(oldest, false);
                self.scheduler.evicted(oldest, Tier::Interpreter);
            }
        }
        installs
    }

    fn set_compiled(&mut self, function: FunctionId, compiled: bool) {
        if let Some((_, f)) = self.functions.iter_mut().find(|(id, _)| *id == function) {
            f.compiled = compiled;
        }
    }

    /// Does what the plan says and hands requests to the workers; how many.
    fn follow(&mut self, plan: &FramePlan) -> u32 {
        let d = plan.decision;
        self.tokens_us = (self.tokens_us + d.allowance_us).min(d.bucket_cap_us);
        self.decision = Some(d);
        for &function in &plan.cancels {
            self.jobs.retain(|job| job.function != function);
            self.finished.retain(|(id, _)| *id != function);
            self.scheduler.cancelled(function);
        }
        assert!(plan.undos.is_empty(), "undone, but all code here is faster: {:?}", plan.undos);
        let mut requests = 0;
        while let Some(request) = self.scheduler.next_request() {
            requests += 1;
            let info = self.scheduler.status(request.function).expect("it is known").info;
            let cold = self.now_us - self.compiled_us > 50_000 && self.jobs.is_empty();
            // Neither the first guess of the line nor that of cold caches is right, and no two compilations are alike.
            let warm_us = 80.0 + 5.5 * f64::from(info.bytecodes);
            let noise = 0.92 + 0.16 * next(&mut self.seed);
            let cpu_us = (warm_us + if cold { 220.0 } else { 0.0 }) * noise;
            self.jobs.push_back(Job {
                function: request.function,
                predicted_us: request.predicted_cost_us,
                left_us: cpu_us,
                cost: JobCost { cpu_us, cold },
                begun: false,
            });
        }
        requests
    }

    fn inputs(
        &self,
        main_ms: f64,
        script_ms: f64,
        kept_ms: f64,
        compile_cpu_ms: f64,
        installs: u32,
        wall_ms: f64,
    ) -> FrameInputs {
        let cores_ms = f64::from(self.scene.cores) * wall_ms;
        FrameInputs {
            frame: self.frame,
            wall_ms,
            target_ms: TARGET_MS,
            main_busy_ms: main_ms,
            main_kept_ms: kept_ms,
            render_busy_ms: self.scene.render_ms,
            pipelined: self.scene.pipelined,
            script_ms,
            gc_ms: 0.0,
            install_ms: f64::from(installs) * INSTALL_US / 1000.0,
            installs,
            compile_cpu_ms,
            process_idle_core_ms: cores_ms - main_ms - self.scene.render_ms - compile_cpu_ms,
            other_load_cores: self.scene.other_load_cores,
            cores: self.scene.cores,
            workers: self.scene.workers,
            waiting: Waiting::default(),
        }
    }
}

/// The next of a stream of numbers in 0 … 1.
fn next(seed: &mut u64) -> f64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 40) as f64 / (1u64 << 24) as f64
}
