//! How long a quantum of calls and back-edges took.
//!
//! Samples come at safepoints, in the middle of scripts. Between two of them the host may have taken over: then the
//! clock stands. Neighbour: whoever implements the VM's `Compiler` trait has one, and hands what it says to
//! [`Scheduler::sample`](super::Scheduler::sample).

/// A stopwatch that runs while scripts do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct QuantumClock {
    /// Since when scripts run; none while they do not.
    running_since_us: Option<u64>,
    /// What this quantum took before the last interruption.
    before_us: u64,
}

impl QuantumClock {
    /// The host calls into scripts.
    pub fn enter(&mut self, now_us: u64) {
        self.running_since_us.get_or_insert(now_us);
    }

    /// They have returned.
    pub fn leave(&mut self, now_us: u64) {
        if let Some(since_us) = self.running_since_us.take() {
            self.before_us += now_us.saturating_sub(since_us);
        }
    }

    /// A quantum has ended while scripts run: the time it took, in microseconds.
    pub fn lap(&mut self, now_us: u64) -> u64 {
        self.leave(now_us);
        self.running_since_us = Some(now_us);
        std::mem::take(&mut self.before_us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_of_the_host_is_not_charged() {
        let mut clock = QuantumClock::default();
        clock.enter(100);
        clock.leave(130);
        clock.enter(5000);
        assert_eq!(clock.lap(5020), 50);
        assert_eq!(clock.lap(5060), 40);
        clock.leave(5070);
        clock.enter(9000);
        clock.enter(9005);
        assert_eq!(clock.lap(9010), 20);
    }
}
