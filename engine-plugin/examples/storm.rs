//! Hundreds of functions become hot in one frame: what that does to the main thread, with and without compiling.
//!
//! There is no window. Each frame has some work of the main thread besides the scripts (4 ms if not said otherwise) and
//! then sleeps to the end of the frame, as a game that waits for the display does. The same game is played three times:
//! without compilers, again without (what differs between these two is the machine's noise), and with them. What the
//! machine adds to CPU time, by interrupts and by what a hypervisor takes for others, is seen in arithmetic that takes the
//! same time in each frame, about as long as the compilers in their busier frames.
//!
//! Run with `cargo run --release -p bevy_interlune --example storm -- [--frames N] [--functions N] [--storms N]
//! [--workers N] [--work-ms X]`. The default of 20,000 frames takes 17 minutes.

use bevy::app::{App, TaskPoolPlugin, Update};
use bevy::asset::{AssetPlugin, Assets};
use bevy::diagnostic::{DiagnosticsPlugin, FrameCountPlugin};
use bevy::ecs::resource::Resource;
use bevy::ecs::schedule::IntoScheduleConfigs;
use bevy::ecs::world::World;
use bevy::input::InputPlugin;
use bevy::time::TimePlugin;
use bevy_interlune::prelude::*;
use bevy_interlune::{ScriptFrameStats, ScriptJitStatus, ScriptStatus};
use cpu_time::ThreadTime;
use interlune::jit::MainThreadWork;
use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

const FRAME: Duration = Duration::from_nanos(1_000_000_000 / 60);

/// Frames before anything counts: the file arrives, caches and clocks warm up.
const WARM_UP: u32 = 60;

#[derive(Clone, Copy)]
struct Options {
    frames: u32,
    functions: u32,
    storms: u32,
    workers: Option<usize>,
    work_ms: f64,
}

impl Options {
    fn from_args() -> Result<Options, String> {
        let mut options =
            Options { frames: 20_000, functions: 300, storms: 1, workers: None, work_ms: 4.0 };
        let mut args = std::env::args().skip(1);
        while let Some(name) = args.next() {
            let value = args.next().ok_or_else(|| format!("{name} needs a number"))?;
            let number: f64 =
                value.parse().map_err(|_| format!("{name} needs a number, not {value}"))?;
            match name.as_str() {
                "--frames" => options.frames = number as u32,
                "--functions" => options.functions = number as u32,
                "--storms" => options.storms = (number as u32).max(1),
                "--workers" => options.workers = Some(number as usize),
                "--work-ms" => options.work_ms = number,
                _ => return Err(format!("there is no option {name}")),
            }
        }
        Ok(options)
    }

    /// Frames between two storms; the first comes after half of that.
    fn period(&self) -> u32 {
        (self.frames / self.storms).max(2)
    }
}

/// Functions without end, a group of which is called in each frame from its storm on. Each takes a quantum of loop
/// rounds, so that all of a group are seen as often.
fn script(options: &Options) -> String {
    let mut source = String::from("local list, total = {}, 0\n");
    for number in 1..=options.functions * options.storms {
        // Writing to a string does not fail.
        let _ = writeln!(
            source,
            "list[{number}] = function(x)\n  local s = x\n  for i = 1, 1000 do s = s + i end\n  return s % {}\nend",
            1000 + number
        );
    }
    let (period, functions) = (options.period(), options.functions);
    let _ = write!(
        source,
        "local frame = -{WARM_UP}
return {{ on_update = function()
  frame = frame + 1
  local storm = (frame + {period} // 2) // {period}
  if storm > 0 and storm <= {} then
    for n = (storm - 1) * {functions} + 1, storm * {functions} do total = list[n](total) end
  end
end }}",
        options.storms
    );
    source
}

/// Rounds of arithmetic in each frame.
#[derive(Resource, Clone, Copy)]
struct Rounds {
    /// The game's own work.
    work: u64,
    yardstick: u64,
}

fn spin(rounds: u64) {
    let mut state = 1_u64;
    for _ in 0..rounds {
        state = black_box(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    }
}

/// The game's own work. Has the world for itself, so it is the main thread's.
fn work(world: &mut World) {
    spin(world.resource::<Rounds>().work);
}

/// Time that is spent on arithmetic in each frame, for seeing what the machine adds to it.
const YARDSTICK: Duration = Duration::from_micros(50);

/// CPU time of these rounds.
fn yardstick(rounds: u64) -> Duration {
    let begun = ThreadTime::now();
    spin(rounds);
    begun.elapsed()
}

/// The quickest of several attempts tells how much the machine does when it is left alone.
fn rounds_for(time: Duration) -> u64 {
    const TRIAL: u64 = 1_000_000;
    let attempt = || {
        let begun = Instant::now();
        spin(TRIAL);
        begun.elapsed()
    };
    let best = (0..20).map(|_| attempt()).min().unwrap_or(FRAME);
    (TRIAL as f64 * time.as_secs_f64() / best.as_secs_f64()) as u64
}

/// Frames that are told of one by one.
const WORST: usize = 5;

/// What was measured, in milliseconds a frame.
#[derive(Default)]
struct Run {
    wall: Vec<f64>,
    kept: Vec<f64>,
    script: Vec<f64>,
    jit: Vec<f64>,
    yardstick: Vec<f64>,
    /// The frames in which the compilers took most, and what of; that with most first.
    worst: Vec<(usize, MainThreadWork)>,
    compiled: u64,
    code_bytes: usize,
}

fn play(options: &Options, rounds: &Rounds, jit: JitMode) -> Result<Run, String> {
    let mut app = App::new();
    let settings = ScriptSettings {
        jit,
        workers: options.workers,
        target_frame: Some(FRAME),
        ..ScriptSettings::default()
    };
    app.add_plugins((TaskPoolPlugin::default(), FrameCountPlugin, TimePlugin, DiagnosticsPlugin))
        .add_plugins((InputPlugin, AssetPlugin::default(), ScriptPlugin::new(settings)))
        .insert_resource(*rounds)
        .add_systems(Update, work.after(ScriptSystems::Update));
    app.finish();
    app.cleanup();
    let source = ScriptAsset::new("storm.lua", script(options));
    let handle = app.world_mut().resource_mut::<Assets<ScriptAsset>>().add(source);
    app.world_mut().resource_mut::<GlobalScripts>().handles.push(handle);
    let mut run = Run::default();
    let mut next = Instant::now();
    for number in 0..WARM_UP + options.frames {
        app.update();
        if number >= WARM_UP {
            run.note(app.world());
            run.yardstick.push(yardstick(rounds.yardstick).as_secs_f64() * 1000.0);
        }
        next += FRAME;
        match next.checked_duration_since(Instant::now()) {
            Some(left) => std::thread::sleep(left),
            // Too late already: the next frame begins at once, and nothing is made up for.
            None => next = Instant::now(),
        }
    }
    if let Some(error) = app.world().resource::<ScriptStatus>().errors.front() {
        return Err(format!("the script failed: {}", error.error.message));
    }
    let status = app.world().resource::<ScriptJitStatus>();
    (run.compiled, run.code_bytes) = (status.counters.compiles, status.counters.code_bytes);
    Ok(run)
}

impl Run {
    fn note(&mut self, world: &World) {
        let ms = |time: Duration| time.as_secs_f64() * 1000.0;
        let stats = world.resource::<ScriptFrameStats>();
        let work = world.resource::<ScriptJitStatus>().work;
        let at = self.worst.partition_point(|(_, other)| other.total_us() >= work.total_us());
        if at < WORST && work.total_us() > 0.0 {
            self.worst.insert(at, (self.jit.len(), work));
            self.worst.truncate(WORST);
        }
        self.wall.push(ms(stats.main));
        self.kept.push(ms(stats.kept));
        self.script.push(ms(stats.script));
        self.jit.push(ms(stats.jit));
    }
}

/// The value below which this share of the frames is.
fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let index = (sorted.len() as f64 * share) as usize;
    sorted.get(index).or(sorted.last()).copied().unwrap_or(0.0)
}

fn print_rows(name: &str, runs: &[(&str, Run)], column: fn(&Run) -> &[f64]) {
    for (run_name, run) in runs {
        let values = column(run);
        let cells: String = [0.5, 0.99, 0.999, 1.0]
            .iter()
            .map(|&share| format!(" {:>8.3}", percentile(values, share)))
            .collect();
        println!("{name:<34} {run_name:<10}{cells}");
    }
}

fn main() -> Result<(), String> {
    let options = Options::from_args()?;
    let rounds = Rounds {
        work: rounds_for(Duration::from_secs_f64(options.work_ms / 1000.0)),
        yardstick: rounds_for(YARDSTICK),
    };
    println!(
        "{} frames at 60 Hz, {} ms of other work in each, {} storm(s) of {} functions",
        options.frames, options.work_ms, options.storms, options.functions
    );
    let plan = [("off", JitMode::Off), ("off again", JitMode::Off), ("on", JitMode::On)];
    let mut runs = Vec::new();
    for (name, mode) in plan {
        runs.push((name, play(&options, &rounds, mode)?));
    }
    println!(
        "\nmilliseconds a frame{:>25} {:>8} {:>8} {:>8} {:>8}",
        "", "p50", "p99", "p99.9", "max"
    );
    print_rows("main thread, CPU for the JIT", &runs, |run| &run.jit);
    print_rows("50 µs of arithmetic, CPU", &runs, |run| &run.yardstick);
    print_rows("main thread, kept from its core", &runs, |run| &run.kept);
    print_rows("main thread, wall", &runs, |run| &run.wall);
    print_rows("of that, scripts", &runs, |run| &run.script);
    for (name, run) in &runs {
        if run.worst.is_empty() {
            continue;
        }
        println!(
            "\n{name}: {} functions compiled, {:.0} kB of code; most for the JIT in",
            run.compiled,
            run.code_bytes as f64 / 1e3
        );
        for (frame, work) in &run.worst {
            println!(
                "frame {frame}: {:.0} µs to decide, {:.0} for {} requests, {:.0} for {} installs, \
                 {:.0} for {} invalidations",
                work.policy_us,
                work.requests_us,
                work.requests,
                work.installs_us,
                work.installs,
                work.invalidations_us,
                work.invalidations
            );
        }
    }
    Ok(())
}
