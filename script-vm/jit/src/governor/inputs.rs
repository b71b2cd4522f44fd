//! What was measured of a frame. A recording of these is all that the governor's decisions depend on.

use serde::{Deserialize, Serialize};

use crate::economics::BreakEven;

/// What waits to be compiled.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Waiting {
    /// Functions in the queue and compilations under way.
    pub jobs: u32,
    /// Of the first in the queue; none if it is empty.
    pub best_break_even: Option<BreakEven>,
}

/// The measurements of a frame. All times are those of this one frame.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct FrameInputs {
    /// Counts frames.
    pub frame: u64,
    /// From its beginning to the next one's, waits included, in milliseconds.
    pub wall_ms: f64,
    /// What a frame should take, in milliseconds: the display's interval, or the game's own limit.
    pub target_ms: f64,
    /// Work of the main thread from `First` to `Last` without its waits.
    pub main_busy_ms: f64,
    /// Time that the main thread was kept from its core while busy: wall time less CPU time.
    pub main_kept_ms: f64,
    /// Work of the render world.
    pub render_busy_ms: f64,
    /// Whether the render world works beside the main one (and a frame takes the longer of both) or after it.
    pub pipelined: bool,
    /// Scripts' part of `main_busy_ms`.
    pub script_ms: f64,
    /// The collector's part of it. It runs in what is left of a frame and gives way, so it does not count as busy.
    pub gc_ms: f64,
    /// The part of it that went into installing and invalidating code.
    pub install_ms: f64,
    /// Compilations installed.
    pub installs: u32,
    /// CPU time that the compile workers used.
    pub compile_cpu_ms: f64,
    /// Core time that the process did not use: cores · wall − CPU time of the process.
    pub process_idle_core_ms: f64,
    /// Cores that other programs use, on average; 0 if not known.
    pub other_load_cores: f64,
    /// Cores of the machine.
    pub cores: u32,
    /// Workers that there are.
    pub workers: u32,
    pub waiting: Waiting,
}

impl FrameInputs {
    /// What the frame cannot do without: the longer of main thread and render thread, or both after each other.
    pub fn busy_ms(&self) -> f64 {
        self.beside_render(self.main_busy_ms - self.gc_ms)
    }

    /// The same if scripts took no time.
    pub fn busy_without_scripts_ms(&self) -> f64 {
        self.beside_render(self.main_busy_ms - self.gc_ms - self.script_ms)
    }

    /// Cores that are idle but for the compile workers, on average over the frame.
    pub fn idle_cores(&self) -> f64 {
        if self.wall_ms > 0.0 {
            let idle_ms = self.process_idle_core_ms + self.compile_cpu_ms;
            let idle = idle_ms / self.wall_ms - self.other_load_cores;
            if idle.is_nan() { 0.0 } else { idle.clamp(0.0, f64::from(self.cores)) }
        } else {
            0.0
        }
    }

    fn beside_render(&self, main_ms: f64) -> f64 {
        if self.pipelined {
            main_ms.max(self.render_busy_ms)
        } else {
            main_ms + self.render_busy_ms
        }
    }
}

/// What is known when time has passed with no end of a frame.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct WallInputs {
    /// The frame that does not end, or the last one.
    pub frame: u64,
    /// Since the last decision.
    pub elapsed_ms: f64,
    /// What a frame should take; sizes the bucket.
    pub target_ms: f64,
    pub cores: u32,
    pub workers: u32,
}
