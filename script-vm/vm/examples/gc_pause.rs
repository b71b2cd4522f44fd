//! The worst pause of the collector: one array of 1,000,000 live tables, 1,000 new tables a frame, beside PUC Lua 5.4.
//!
//! `cargo run --release -p interlune --example gc_pause [-- FRAMES]`
//!
//! Times are CPU time of the thread, so that what else the machine does counts as little as possible. Interlune gets a
//! quarter of a millisecond a frame to collect in; PUC Lua collects as its own pacing says, and what is shown is the
//! whole frame, which without collection takes some tenths of a millisecond.

use std::time::{Duration, Instant};

const FRAMES: usize = 2_000;
const SLICE: Duration = Duration::from_micros(250);

const SETUP: &str = "
  live = {}
  for i = 1, 1000000 do live[i] = { i } end
  local at = 0
  function frame()
    for i = 1, 1000 do
      at = at % 1000000 + 1
      live[at] = { at, i }
    end
  end
";

fn main() {
    let frames = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(FRAMES);
    let ours = interlune_frames(frames);
    let puc = puc_frames(frames);
    println!("{frames} frames; thread CPU time in ms: median, 99th percentile, worst");
    show("interlune, collector's slice", &ours.0);
    show("interlune, whole frame", &ours.1);
    show("PUC 5.4, whole frame", &puc);
}

/// The collector's time and the whole time of each frame.
fn interlune_frames(frames: usize) -> (Vec<f64>, Vec<f64>) {
    let lua = interlune::Lua::new();
    lua.load(SETUP).exec().expect("the program runs");
    lua.gc_collect();
    let frame: interlune::Function = lua.globals().get("frame").expect("defined above");
    let mut slices = Vec::with_capacity(frames);
    let mut wholes = Vec::with_capacity(frames);
    for _ in 0..frames {
        let begin = thread_ms();
        frame.call::<()>(()).expect("the program runs");
        let before = thread_ms();
        lua.gc_step(Instant::now() + SLICE);
        let end = thread_ms();
        slices.push(end - before);
        wholes.push(end - begin);
    }
    let stats = lua.gc_stats();
    println!(
        "interlune: {} cycles, {} steps, worst step {:.0} us",
        stats.cycles, stats.steps, stats.max_step_us
    );
    (slices, wholes)
}

fn puc_frames(frames: usize) -> Vec<f64> {
    let lua = mlua::Lua::new();
    lua.load(SETUP).exec().expect("the program runs");
    lua.gc_collect().expect("collects");
    let frame: mlua::Function = lua.globals().get("frame").expect("defined above");
    let run = |_| {
        let begin = thread_ms();
        frame.call::<()>(()).expect("the program runs");
        thread_ms() - begin
    };
    (0..frames).map(run).collect()
}

/// CPU time of this thread in milliseconds.
fn thread_ms() -> f64 {
    let time = cpu_time::ThreadTime::now().as_duration();
    time.as_secs_f64() * 1e3
}

fn show(name: &str, times: &[f64]) {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |share: f64| sorted[((sorted.len() - 1) as f64 * share) as usize];
    println!("{name:30} {:8.3} {:8.3} {:8.3}", at(0.5), at(0.99), at(1.0));
}
