//! How long the render world works on a frame. It works beside the main world where rendering is pipelined, on another
//! thread, so what it measures comes over by an atomic.
//!
//! What counts is the render schedule's time without the wait for a picture to draw on: that is where a frame that
//! waits for the display, or for the graphics card, waits.

use bevy::ecs::resource::Resource;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The main world's side. Without a render world there is none.
#[derive(Resource)]
#[cfg_attr(not(feature = "render"), allow(dead_code, reason = "nobody makes one then"))]
pub(super) struct RenderMeter {
    /// Of the last frame that was drawn, in nanoseconds.
    busy_ns: Arc<AtomicU64>,
    pipelined: bool,
}

impl RenderMeter {
    pub(super) fn busy(&self) -> Duration {
        Duration::from_nanos(self.busy_ns.load(Ordering::Relaxed))
    }

    pub(super) fn is_pipelined(&self) -> bool {
        self.pipelined
    }
}

/// Measures the render world, if there is one.
#[cfg(not(feature = "render"))]
pub(super) fn finish(_app: &mut bevy::app::App) {}

#[cfg(feature = "render")]
pub(super) use with_render_world::finish;

#[cfg(feature = "render")]
mod with_render_world {
    use super::{Arc, AtomicU64, Ordering, RenderMeter};
    use bevy::app::App;
    use bevy::ecs::resource::Resource;
    use bevy::ecs::schedule::IntoScheduleConfigs;
    use bevy::ecs::system::{Res, ResMut};
    use bevy::render::pipelined_rendering::RenderExtractApp;
    use bevy::render::view::prepare_windows;
    use bevy::render::{Render, RenderApp, RenderSystems};
    use std::time::{Duration, Instant};

    /// The render world's side.
    #[derive(Resource)]
    struct RenderClock {
        busy_ns: Arc<AtomicU64>,
        began: Instant,
        wait_began: Instant,
        waited: Duration,
    }

    pub(in super::super) fn finish(app: &mut App) {
        let pipelined = app.get_sub_app(RenderExtractApp).is_some();
        let Some(render_app) = app.get_sub_app_mut(RenderApp) else { return };
        let busy_ns = Arc::new(AtomicU64::new(0));
        let now = Instant::now();
        render_app
            .insert_resource(RenderClock {
                busy_ns: busy_ns.clone(),
                began: now,
                wait_began: now,
                waited: Duration::ZERO,
            })
            .add_systems(
                Render,
                (
                    begin.before(RenderSystems::ExtractCommands),
                    (begin_wait.before(prepare_windows), end_wait.after(prepare_windows))
                        .in_set(RenderSystems::PrepareViews),
                    end.after(RenderSystems::PostCleanup),
                ),
            );
        app.insert_resource(RenderMeter { busy_ns, pipelined });
    }

    fn begin(mut clock: ResMut<RenderClock>) {
        clock.began = Instant::now();
    }

    fn begin_wait(mut clock: ResMut<RenderClock>) {
        clock.wait_began = Instant::now();
    }

    fn end_wait(mut clock: ResMut<RenderClock>) {
        clock.waited = clock.wait_began.elapsed();
    }

    fn end(clock: Res<RenderClock>) {
        let busy = clock.began.elapsed().saturating_sub(clock.waited);
        let busy_ns = u64::try_from(busy.as_nanos()).unwrap_or(u64::MAX);
        clock.busy_ns.store(busy_ns, Ordering::Relaxed);
    }
}
