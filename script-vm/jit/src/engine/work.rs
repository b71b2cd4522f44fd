//! What the engine takes of the VM's thread: CPU time by what it was for, since the host last asked.

use std::time::{Duration, Instant};

use cpu_time::ThreadTime;

/// Time of the VM's thread, in microseconds, and what it was used for: CPU time, or elapsed time where that is shorter.
/// Samples, which are taken while scripts run, count as scripts' time.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct MainThreadWork {
    /// Deciding: looks at functions, the queue, the governor.
    pub policy_us: f64,
    /// Taking code out of use, and cancelling what is under way.
    pub invalidations_us: f64,
    /// Waking workers, making compile inputs and handing them over.
    pub requests_us: f64,
    /// Taking results in and making them run, evictions for want of room included.
    pub installs_us: f64,
    pub requests: u32,
    pub installs: u32,
    /// Functions whose code was taken out of use, for whatever reason.
    pub invalidations: u32,
}

impl MainThreadWork {
    /// All of it, in microseconds.
    pub fn total_us(&self) -> f64 {
        self.policy_us + self.invalidations_us + self.requests_us + self.installs_us
    }
}

/// How long the end of a frame may take, on the wall clock: a thread that was kept from its core is late, too.
pub(super) struct FrameBudget {
    begun: Instant,
    whole: Duration,
}

impl FrameBudget {
    /// Shares of it that are used up when the next look, request or install is not begun any more.
    pub(super) const LOOKS: f64 = 0.4;
    pub(super) const REQUESTS: f64 = 0.7;
    pub(super) const INSTALLS: f64 = 1.0;

    /// Counts from that moment on.
    pub(super) fn begin(begun: Instant, whole_us: f64) -> FrameBudget {
        FrameBudget { begun, whole: Duration::from_nanos((whole_us * 1000.0) as u64) }
    }

    /// Whether less than this share is used up.
    pub(super) fn has_time(&self, share: f64) -> bool {
        self.begun.elapsed() < self.whole.mul_f64(share)
    }
}

/// Times one thing after the other on this thread: by its CPU clock, or by the wall clock where that says less. Both say too
/// much now and then: the one when other threads took the core, the other when the system makes up for what it had not
/// counted, by up to 80 µs in a virtual machine.
pub(super) struct Lap {
    cpu: Option<Duration>,
    wall: Instant,
}

impl Lap {
    pub(super) fn begin() -> Lap {
        Lap { cpu: ThreadTime::try_now().ok().map(|now| now.as_duration()), wall: Instant::now() }
    }

    /// What was used since the last look, in microseconds; 0 where the system cannot tell.
    pub(super) fn next(&mut self) -> f64 {
        let now = Lap::begin();
        let before = std::mem::replace(self, now);
        let wall = self.wall.duration_since(before.wall);
        let cpu = self.cpu.zip(before.cpu).map(|(now, before)| now.saturating_sub(before));
        cpu.map_or(0.0, |cpu| cpu.min(wall).as_secs_f64() * 1e6)
    }
}
