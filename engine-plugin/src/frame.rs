//! The frame's clock: when the main thread began to work on it, and what went into scripts and into collection.

use crate::settings::ScriptSettings;
use bevy::ecs::resource::Resource;
use bevy::ecs::system::ResMut;
use std::time::{Duration, Instant};

/// What the scripts cost in this frame. Complete once [`ScriptSystems::Publish`](crate::ScriptSystems::Publish) ran.
#[derive(Resource, Clone, Debug)]
pub struct ScriptFrameStats {
    /// Counts frames, from 1.
    pub frame: u64,
    /// When `First` began.
    pub started: Instant,
    /// The main thread's work from `First` to the end of collection in `Last`.
    pub main: Duration,
    /// Time in callbacks, and in loading and reloading.
    pub script: Duration,
    /// Time in the collector, run by the host.
    pub gc: Duration,
    /// Time spent on installing and invalidating compiled code on the main thread.
    pub install: Duration,
    /// CPU time the compile workers used.
    pub compile: Duration,
    /// CPU time the governor allowed the workers.
    pub allowance: Duration,
    /// Bytes on the scripts' heap.
    pub heap_bytes: usize,
    /// Callbacks made.
    pub calls: u32,
}

impl Default for ScriptFrameStats {
    fn default() -> Self {
        Self {
            frame: 0,
            started: Instant::now(),
            main: Duration::ZERO,
            script: Duration::ZERO,
            gc: Duration::ZERO,
            install: Duration::ZERO,
            compile: Duration::ZERO,
            allowance: Duration::ZERO,
            heap_bytes: 0,
            calls: 0,
        }
    }
}

impl ScriptFrameStats {
    /// Until when the collector may run in this frame: to the end of what is spare, within the settings' bounds.
    pub(crate) fn collection_deadline(&self, settings: &ScriptSettings, now: Instant) -> Instant {
        let spare_until =
            self.started + settings.target_frame.saturating_sub(settings.frame_reserve);
        spare_until.clamp(now + settings.gc_least, now + settings.gc_most.max(settings.gc_least))
    }
}

/// Begins a frame: runs first of all.
pub(crate) fn start_frame(mut stats: ResMut<ScriptFrameStats>) {
    *stats = ScriptFrameStats {
        frame: stats.frame + 1,
        heap_bytes: stats.heap_bytes,
        ..Default::default()
    };
}

/// Ends it: runs after collection.
pub(crate) fn finish_frame(mut stats: ResMut<ScriptFrameStats>) {
    stats.main = stats.started.elapsed();
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
        let tight = stats.started + settings.target_frame
            - settings.frame_reserve
            - Duration::from_micros(200);
        assert_eq!(stats.collection_deadline(&settings, tight), tight + Duration::from_micros(200));
    }
}
