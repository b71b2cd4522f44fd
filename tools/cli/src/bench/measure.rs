//! One run of one program: its CPU time and what it printed.

use std::time::Duration;

use anyhow::{Context, Result};
use nix::sys::resource::{Usage, UsageWho, getrusage};

use super::engines::Engine;
use super::sizes::Program;

/// What the runs of a program in an engine gave.
#[derive(Clone, Debug, Default)]
pub struct Measurement {
    /// CPU seconds of each run.
    pub seconds: Vec<f64>,
    /// What the first run printed.
    pub output: Option<String>,
    /// Why a run failed, or that its output changed.
    pub failure: Option<String>,
}

impl Measurement {
    pub fn minimum(&self) -> Option<f64> {
        self.sorted().first().copied()
    }

    pub fn median(&self) -> Option<f64> {
        let sorted = self.sorted();
        sorted.get(sorted.len() / 2).copied()
    }

    /// The times in order; none if a run failed.
    fn sorted(&self) -> Vec<f64> {
        if self.failure.is_some() {
            return Vec::new();
        }
        let mut sorted = self.seconds.clone();
        sorted.sort_by(f64::total_cmp);
        sorted
    }
}

/// Runs the program once, unless it failed before, and notes the outcome.
pub fn once(engine: &Engine, program: &Program, measurement: &mut Measurement) -> Result<()> {
    if measurement.failure.is_some() {
        return Ok(());
    }
    let before = children_cpu()?;
    let output = engine
        .command(&program.path, &program.size.to_string())
        .output()
        .with_context(|| format!("cannot run {}", engine.name))?;
    // No other child runs meanwhile, so that the difference is this one's time.
    measurement.seconds.push((children_cpu()? - before).as_secs_f64());
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr);
        measurement.failure = Some(format!("{}: {}", output.status, message.trim()));
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let first = measurement.output.get_or_insert_with(|| text.clone());
    if *first != text {
        measurement.failure = Some("prints something else in every run".to_owned());
    }
    Ok(())
}

/// CPU time of all children that ended so far.
fn children_cpu() -> Result<Duration> {
    let usage: Usage =
        getrusage(UsageWho::RUSAGE_CHILDREN).context("cannot read the CPU time of a child")?;
    let micros =
        |time: nix::sys::time::TimeVal| (time.tv_sec() * 1_000_000 + time.tv_usec()).unsigned_abs();
    Ok(Duration::from_micros(micros(usage.user_time()) + micros(usage.system_time())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minimum_and_median() {
        let measurement = Measurement { seconds: vec![3.0, 1.0, 2.0], ..Measurement::default() };
        assert_eq!((measurement.minimum(), measurement.median()), (Some(1.0), Some(2.0)));
    }

    #[test]
    fn a_failed_program_has_no_time() {
        let failure = Some("exit status 1".to_owned());
        let measurement = Measurement { seconds: vec![1.0], output: None, failure };
        assert_eq!(measurement.minimum(), None);
    }
}
