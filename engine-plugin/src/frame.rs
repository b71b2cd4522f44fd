//! The frame's clock: when the main thread began to work on it, and what went into scripts and into collection.

use crate::clock::{SIXTIETH, thread_cpu};
use crate::settings::ScriptSettings;
use bevy::ecs::resource::Resource;
use bevy::ecs::world::World;
use std::time::{Duration, Instant};

/// No frame lasts longer as far as settings are concerned.
const LONGEST_FRAME: Duration = Duration::from_secs(60);

/// What the scripts cost in this frame. Complete once [`ScriptSystems::Publish`](crate::ScriptSystems::Publish) ran.
#[derive(Resource, Clone, Debug)]
pub struct ScriptFrameStats {
    /// Counts frames, from 1.
    pub frame: u64,
    /// When `First` began.
    pub started: Instant,
    /// The time that this frame is meant to take.
    pub target: Duration,
    /// The main thread's work from `First` to the end of the scripts' work in `Last`.
    pub main: Duration,
    /// The part of that in which the main thread did not have a core: it waited for other threads, or they or another
    /// program had the core. Zero where the system does not tell.
    pub kept: Duration,
    /// Time in callbacks, and in loading and reloading.
    pub script: Duration,
    /// Time in the collector, run by the host.
    pub gc: Duration,
    /// Time spent on installing and invalidating compiled code on the main thread.
    pub install: Duration,
    /// All that the compilers took of the main thread: that, and deciding and asking for compilations.
    pub jit: Duration,
    /// CPU time the compile workers used since the end of the last frame.
    pub compile: Duration,
    /// CPU time they were allowed for that.
    pub allowance: Duration,
    /// Bytes on the scripts' heap.
    pub heap_bytes: usize,
    /// Callbacks made.
    pub calls: u32,
    /// The main thread's CPU clock when `First` began.
    pub(crate) cpu_started: Option<Duration>,
}

impl Default for ScriptFrameStats {
    fn default() -> Self {
        Self {
            frame: 0,
            started: Instant::now(),
            target: SIXTIETH,
            main: Duration::ZERO,
            kept: Duration::ZERO,
            script: Duration::ZERO,
            gc: Duration::ZERO,
            install: Duration::ZERO,
            jit: Duration::ZERO,
            compile: Duration::ZERO,
            allowance: Duration::ZERO,
            heap_bytes: 0,
            calls: 0,
            cpu_started: None,
        }
    }
}

impl ScriptFrameStats {
    /// Until when the collector may run in this frame: to the end of what is spare, within the settings' bounds.
    pub(crate) fn collection_deadline(&self, settings: &ScriptSettings, now: Instant) -> Instant {
        // Beyond what a clock counts, all times are alike.
        let after = |start: Instant, time: Duration| start + time.min(LONGEST_FRAME);
        let spare_until = after(self.started, self.target.saturating_sub(settings.frame_reserve));
        let most = settings.gc_most.max(settings.gc_least);
        spare_until.clamp(after(now, settings.gc_least), after(now, most))
    }
}

/// Begins a frame: runs first of all. Has the world for itself so that it runs on the main thread, whose CPU clock it
/// reads.
pub(crate) fn start_frame(world: &mut World) {
    let mut stats = world.resource_mut::<ScriptFrameStats>();
    *stats = ScriptFrameStats {
        frame: stats.frame + 1,
        target: stats.target,
        heap_bytes: stats.heap_bytes,
        cpu_started: thread_cpu(),
        ..Default::default()
    };
}

impl ScriptFrameStats {
    /// The main thread's work up to now, and the part of it in which it did not have a core. On the main thread only.
    pub(crate) fn busy(&self) -> (Duration, Duration) {
        let wall = self.started.elapsed();
        let used = thread_cpu().zip(self.cpu_started);
        let kept = used.map(|(now, started)| wall.saturating_sub(now.saturating_sub(started)));
        (wall, kept.unwrap_or_default())
    }
}

/// Ends it: runs after collection, on the main thread likewise.
pub(crate) fn finish_frame(world: &mut World) {
    let mut stats = world.resource_mut::<ScriptFrameStats>();
    (stats.main, stats.kept) = stats.busy();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collection_gets_what_is_spare_within_bounds() {
        let settings = ScriptSettings::default();
        let stats = ScriptFrameStats::default();
        let early = stats.started + Duration::from_millis(2);
        assert_eq!(stats.collection_deadline(&settings, early), early + settings.gc_most);
        let late = stats.started + Duration::from_millis(40);
        assert_eq!(stats.collection_deadline(&settings, late), late + settings.gc_least);
        let tight =
            stats.started + stats.target - settings.frame_reserve - Duration::from_micros(200);
        assert_eq!(stats.collection_deadline(&settings, tight), tight + Duration::from_micros(200));
    }
}
