//! Clocks beside the wall's: CPU time of the thread and of the process, and the time a frame is meant to take.

use crate::frame::ScriptFrameStats;
use crate::settings::ScriptSettings;
use bevy::ecs::query::With;
use bevy::ecs::system::{Query, Res, ResMut};
use bevy::time::{Fixed, Time};
use bevy::window::{Monitor, OnMonitor, PresentMode, PrimaryWindow, Window};
use std::time::Duration;

/// A frame at 60 Hz.
pub(crate) const SIXTIETH: Duration = Duration::from_nanos(1_000_000_000 / 60);

/// CPU time that this thread has used; nothing where the system does not tell.
#[cfg(feature = "jit")]
pub(crate) fn thread_cpu() -> Option<Duration> {
    cpu_time::ThreadTime::try_now().ok().map(|now| now.as_duration())
}

/// Without compilers nobody asks.
#[cfg(not(feature = "jit"))]
pub(crate) fn thread_cpu() -> Option<Duration> {
    None
}

/// CPU time that all threads of the process have used.
#[cfg(feature = "jit")]
pub(crate) fn process_cpu() -> Option<Duration> {
    cpu_time::ProcessTime::try_now().ok().map(|now| now.as_duration())
}

/// Finds out what a frame is meant to take.
pub(crate) fn find_target(
    mut stats: ResMut<ScriptFrameStats>,
    settings: Res<ScriptSettings>,
    windows: Query<(&Window, Option<&OnMonitor>), With<PrimaryWindow>>,
    monitors: Query<&Monitor>,
    fixed: Option<Res<Time<Fixed>>>,
) {
    stats.target = settings
        .target_frame
        .or_else(|| {
            let (window, monitor) = windows.single().ok()?;
            waits_for_display(window.present_mode).then_some(())?;
            interval(monitors.get(monitor?.0).ok()?.refresh_rate_millihertz?)
        })
        .or_else(|| fixed.map(|fixed| fixed.timestep()))
        .unwrap_or(SIXTIETH);
}

fn waits_for_display(mode: PresentMode) -> bool {
    match mode {
        PresentMode::AutoVsync | PresentMode::Fifo | PresentMode::FifoRelaxed => true,
        PresentMode::AutoNoVsync | PresentMode::Immediate | PresentMode::Mailbox => false,
    }
}

/// The time between two pictures. Virtual displays have rates that no game could mean.
fn interval(millihertz: u32) -> Option<Duration> {
    (20_000..=1_000_000)
        .contains(&millihertz)
        .then(|| Duration::from_secs_f64(1000.0 / f64::from(millihertz)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sensible_rates_count() {
        assert_eq!(interval(50_000), Some(Duration::from_millis(20)));
        assert_eq!(interval(0), None);
        assert_eq!(interval(u32::MAX), None);
    }
}
