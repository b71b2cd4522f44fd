//! What a frame was like, for the governor.
//!
//! A frame is measured from one end of the main thread's work to the next, since that is when the JIT is asked: wall
//! time, CPU time of the process and of the workers are of the same period. Work of the main thread is from `First` on;
//! what comes after `Last` (waiting for the render world, extracting, the window's events) is not in it.

use super::render::RenderMeter;
use crate::clock::process_cpu;
use crate::frame::ScriptFrameStats;
use bevy::ecs::world::World;
use interlune::jit::governor::{FrameInputs, Waiting};
use std::time::{Duration, Instant};

/// Where the clocks stood at the end of the last frame.
#[derive(Default)]
pub(super) struct FrameMeter {
    last: Option<(Instant, Option<Duration>)>,
    cores: Option<u32>,
}

impl FrameMeter {
    /// The measurements of the frame that ends now, but for what the JIT itself knows. `busy` is the main thread's
    /// work and the part of it in which it had no core.
    pub(super) fn end_frame(
        &mut self,
        world: &World,
        stats: &ScriptFrameStats,
        busy: (Duration, Duration),
    ) -> FrameInputs {
        let cores = *self.cores.get_or_insert_with(|| {
            std::thread::available_parallelism().map_or(1, |cores| cores.get() as u32)
        });
        let now = (Instant::now(), process_cpu());
        let last = self.last.replace(now);
        let wall = now.0 - last.map_or(stats.started, |last| last.0);
        let process = now.1.zip(last.and_then(|last| last.1));
        let used = process.map(|(now, before)| now.saturating_sub(before));
        let render = world.get_resource::<RenderMeter>();
        FrameInputs {
            frame: stats.frame,
            wall_ms: ms(wall),
            target_ms: ms(stats.target),
            main_busy_ms: ms(busy.0),
            main_kept_ms: ms(busy.1),
            render_busy_ms: render.map_or(0.0, |render| ms(render.busy())),
            pipelined: render.is_some_and(RenderMeter::is_pipelined),
            script_ms: ms(stats.script),
            gc_ms: ms(stats.gc),
            install_ms: 0.0,
            installs: 0,
            compile_cpu_ms: 0.0,
            process_idle_core_ms: used
                .map_or(0.0, |used| (f64::from(cores) * ms(wall) - ms(used)).max(0.0)),
            // Other programs are not measured. Where they take the main thread's core, that shows as `main_kept_ms`.
            other_load_cores: 0.0,
            cores,
            workers: 0,
            waiting: Waiting::default(),
        }
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
