//! `interlune bench --measure warm-up`: frames of a game whose script is compiled in the background, from the first on.
//!
//! A frame calls the script, then sleeps until the frame's time is over, as a game does that waits for the display. What
//! a frame has to do changes as the script goes on, so every frame is compared with the same frame of a second round in
//! the same VM, whose code is warm.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use interlune::jit::governor::{FrameInputs, Waiting};
use interlune::jit::{Jit, Options};
use interlune::{Function, Lua};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

use super::here;

/// A frame at 60 Hz.
const FRAME: Duration = Duration::from_nanos(16_666_667);
/// Speed at which code counts as warm, as a share of that of the second round.
const WARM: f64 = 0.9;
/// Frames over which the median is taken for that.
const FRAMES_IN_A_MEDIAN: usize = 9;

/// Prints how a script warms up that returns a function to be called once a frame.
pub fn measure(script: &Path, frames: usize) -> Result<()> {
    let file = script.to_string_lossy();
    let interpreted = {
        let lua = here::state(&file)?;
        round(&lua, None, &file, frames)?
    };
    let lua = here::state(&file)?;
    let jit = Jit::attach(&lua, Options::default())?;
    let cold = round(&lua, Some(&jit), &file, frames)?;
    let counters = jit.counters();
    let warm = round(&lua, Some(&jit), &file, frames)?;
    println!("{frames} frames of {:.1} ms, script time a frame in ms", FRAME.as_secs_f64() * 1e3);
    println!("| | median | 95th percentile | worst |\n|---|---:|---:|---:|");
    let rows = [("interpreter", &interpreted), ("from cold", &cold), ("warm", &warm)];
    for (name, times) in rows {
        let [median, high, worst] = [0.5, 0.95, 1.0].map(|share| percentile(times, share));
        println!("| {name} | {median:.2} | {high:.2} | {worst:.2} |");
    }
    match frames_until_warm(&cold, &warm) {
        Some(frame) => println!("{:.0} % of the warm speed after {frame} frames", WARM * 100.0),
        None => println!("{:.0} % of the warm speed not reached", WARM * 100.0),
    }
    println!(
        "{} functions compiled, {} optimized, {:.1} ms of compiling in the first round",
        counters.compiles,
        counters.optimized,
        counters.compile_us as f64 / 1e3
    );
    Ok(())
}

/// Script times of the frames of a script that begins anew, in milliseconds.
fn round(lua: &Lua, jit: Option<&Jit>, file: &str, frames: usize) -> Result<Vec<f64>> {
    let step: Function = here::call(lua, file, 0)?;
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u32);
    let mut times = Vec::with_capacity(frames);
    let mut begun = Instant::now();
    let mut process_ms = process_cpu_ms();
    for frame in 1..=frames as u64 {
        let since = Instant::now();
        if let Some(jit) = jit {
            jit.enter();
        }
        let called = step.call::<()>(());
        if let Some(jit) = jit {
            jit.leave();
        }
        called.map_err(|error| anyhow!("{error}"))?;
        let script_ms = since.elapsed().as_secs_f64() * 1e3;
        times.push(script_ms);
        if let Some(jit) = jit {
            let work = jit.take_work();
            let wall_ms = (begun.elapsed().as_secs_f64() * 1e3).max(FRAME.as_secs_f64() * 1e3);
            let now_ms = process_cpu_ms();
            jit.end_frame(&FrameInputs {
                frame,
                wall_ms,
                target_ms: FRAME.as_secs_f64() * 1e3,
                main_busy_ms: script_ms,
                main_kept_ms: 0.0,
                render_busy_ms: 0.0,
                pipelined: true,
                script_ms,
                gc_ms: 0.0,
                install_ms: work.installs_us / 1e3,
                installs: work.installs,
                compile_cpu_ms: jit.take_compile_us() / 1e3,
                process_idle_core_ms: f64::from(cores) * wall_ms - (now_ms - process_ms),
                other_load_cores: 0.0,
                cores,
                workers: jit.workers() as u32,
                waiting: Waiting::default(),
            });
            process_ms = now_ms;
        }
        std::thread::sleep(FRAME.saturating_sub(since.elapsed()));
        begun = since;
    }
    if times.is_empty() {
        bail!("there are no frames to measure");
    }
    Ok(times)
}

/// CPU time of this process so far.
fn process_cpu_ms() -> f64 {
    getrusage(UsageWho::RUSAGE_SELF).map_or(0.0, |usage| {
        (usage.user_time().num_microseconds() + usage.system_time().num_microseconds()) as f64 / 1e3
    })
}

fn percentile(times: &[f64], share: f64) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = (sorted.len() as f64 * share) as usize;
    sorted.get(at).or(sorted.last()).copied().unwrap_or(0.0)
}

/// Frames before the first from which on the frames are as fast as when all is warm, but for a tenth.
fn frames_until_warm(cold: &[f64], warm: &[f64]) -> Option<usize> {
    let speeds: Vec<f64> = cold.iter().zip(warm).map(|(cold, warm)| warm / cold).collect();
    speeds.windows(FRAMES_IN_A_MEDIAN).position(|window| percentile(window, 0.5) >= WARM)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warm_is_when_most_frames_are() {
        let warm = [2.0; 100];
        let cold: Vec<f64> = (0..100).map(|at| if at < 40 { 6.0 } else { 2.1 }).collect();
        let at = frames_until_warm(&cold, &warm).expect("it is warm at last");
        assert!((35..=40).contains(&at), "{at}");
        assert_eq!(frames_until_warm(&[6.0; 100], &warm), None);
    }

    #[test]
    fn percentiles_of_few_and_many() {
        assert_eq!(percentile(&[3.0], 0.95), 3.0);
        let times: Vec<f64> = (0..100).map(f64::from).collect();
        assert_eq!(percentile(&times, 0.95), 95.0);
        assert_eq!(percentile(&times, 1.0), 99.0);
    }
}
