//! Runs worker processes, watches them, and gathers what they find.
//!
//! A worker that dies or falls silent was killed by the program it announced last: that is a finding too, unless it is
//! the oracle that goes on for ever. The worker is started again behind that program.

use std::io::{BufRead, BufReader};
use std::ops::RangeFrom;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::message::{Finding, Message};

/// How often the supervisor looks at its workers at least.
const LOOK: Duration = Duration::from_millis(200);

/// A campaign over a range of seeds.
#[derive(Clone, Debug)]
pub struct Campaign {
    pub seed: u64,
    pub programs: u64,
    pub jobs: u64,
    pub time: Option<Duration>,
    /// Ends the campaign when it found so many differences.
    pub most_findings: usize,
    /// How long a worker may stay silent.
    pub patience: Duration,
}

/// What a campaign gave.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    pub programs: u64,
    pub undecided: u64,
    /// Differences, one of each kind that look alike.
    pub findings: Vec<Finding>,
    /// Differences that look like one found before.
    pub repeated: u64,
    pub elapsed: Duration,
    /// Programs and time until the first difference showed, shrinking not counted.
    pub first: Option<(u64, Duration)>,
}

impl Summary {
    fn add(&mut self, finding: Finding, observer: &mut dyn Observer) {
        let known =
            |other: &Finding| !finding.source.is_empty() && other.outline() == finding.outline();
        if self.findings.iter().any(known) {
            self.repeated += 1;
            return;
        }
        observer.found(&finding);
        self.findings.push(finding);
    }
}

/// The seeds that a worker still has to do.
#[derive(Clone, Copy, Debug)]
pub struct Share {
    pub first: u64,
    pub stride: u64,
    pub programs: u64,
}

/// Makes a worker's command line, and says what happens.
pub trait Observer {
    /// The command that runs [`crate::worker::work`] over the share and writes its messages to standard output.
    fn command(&self, share: Share) -> Command;
    fn progress(&mut self, summary: &Summary);
    fn found(&mut self, finding: &Finding);
}

enum Event {
    Message(Message),
    /// The worker's output ended.
    Closed,
}

struct Running {
    /// Told apart from the worker that it may have replaced.
    id: u64,
    child: Child,
    share: Share,
    /// The program announced last, and how many the worker had announced by then.
    at: Option<u64>,
    announced: u64,
    /// The oracle runs that program.
    in_oracle: bool,
    /// How long it has said nothing, without the time in which this process was stopped itself.
    silence: Duration,
    closed: bool,
    found: Option<Finding>,
    done: bool,
}

/// Runs a campaign to its end.
pub fn run(campaign: &Campaign, observer: &mut dyn Observer) -> Result<Summary> {
    let start = Instant::now();
    let (sender, receiver) = channel();
    let mut workers = Vec::new();
    let mut ids = 0..;
    for job in 0..campaign.jobs {
        let programs = (campaign.programs + campaign.jobs - 1 - job) / campaign.jobs;
        let share =
            Share { first: campaign.seed.wrapping_add(job), stride: campaign.jobs, programs };
        workers.push(start_worker(share, next(&mut ids), &sender, observer)?);
    }
    let mut summary = Summary::default();
    let (mut reported, mut looked) = (Instant::now(), Instant::now());
    while workers.iter().any(|worker| !worker.done) {
        let over = campaign.time.is_some_and(|time| start.elapsed() > time);
        if over || summary.findings.len() >= campaign.most_findings {
            break;
        }
        let passed = looked.elapsed().min(LOOK * 5);
        looked = Instant::now();
        workers.iter_mut().for_each(|worker| worker.silence += passed);
        receive(&receiver, &mut workers, &mut summary, start, observer);
        restart(campaign, &mut workers, &mut ids, &sender, &mut summary, start, observer)?;
        if reported.elapsed() > Duration::from_secs(5) {
            reported = Instant::now();
            summary.elapsed = start.elapsed();
            observer.progress(&summary);
        }
    }
    for worker in &mut workers {
        stop(worker, campaign.patience);
    }
    summary.elapsed = start.elapsed();
    Ok(summary)
}

fn start_worker(
    share: Share,
    id: u64,
    sender: &Sender<(u64, Event)>,
    observer: &dyn Observer,
) -> Result<Running> {
    let mut child = observer
        .command(share)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start a worker process")?;
    let output = child.stdout.take().context("a worker has no standard output")?;
    let sender = sender.clone();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(std::io::Result::ok) {
            // Whatever else the program under test writes there is not ours.
            if let Ok(message) = serde_json::from_str(&line)
                && sender.send((id, Event::Message(message))).is_err()
            {
                return;
            }
        }
        // The supervisor may be gone already.
        let _ = sender.send((id, Event::Closed));
    });
    Ok(Running {
        id,
        child,
        share,
        at: None,
        announced: 0,
        in_oracle: false,
        silence: Duration::ZERO,
        closed: false,
        found: None,
        done: share.programs == 0,
    })
}

fn receive(
    receiver: &Receiver<(u64, Event)>,
    workers: &mut [Running],
    summary: &mut Summary,
    start: Instant,
    observer: &mut dyn Observer,
) {
    let mut next = receiver.recv_timeout(LOOK).ok();
    while let Some((id, event)) = next {
        if let Some(worker) = workers.iter_mut().find(|worker| worker.id == id) {
            worker.silence = Duration::ZERO;
            match event {
                Event::Closed => worker.closed = true,
                Event::Message(message) => hear(worker, message, summary, start, observer),
            }
        }
        next = receiver.try_recv().ok();
    }
}

fn hear(
    worker: &mut Running,
    message: Message,
    summary: &mut Summary,
    start: Instant,
    observer: &mut dyn Observer,
) {
    match message {
        Message::At(seed) => {
            worker.at = Some(seed);
            worker.announced += 1;
            worker.in_oracle = true;
            summary.programs += 1;
        }
        Message::Expected => worker.in_oracle = false,
        Message::Undecided => summary.undecided += 1,
        Message::Found(finding) => {
            summary.first.get_or_insert((summary.programs, start.elapsed()));
            worker.found = Some(finding);
        }
        Message::Again => {
            worker.found = None;
            summary.repeated += 1;
        }
        Message::Beat => {}
        Message::Shrunk(finding) => {
            worker.found = None;
            summary.add(finding, observer);
        }
        Message::Done => worker.done = true,
    }
}

/// Replaces workers that died or hang.
fn restart(
    campaign: &Campaign,
    workers: &mut [Running],
    ids: &mut RangeFrom<u64>,
    sender: &Sender<(u64, Event)>,
    summary: &mut Summary,
    start: Instant,
    observer: &mut dyn Observer,
) -> Result<()> {
    for worker in workers {
        if worker.done || (!worker.closed && worker.silence < campaign.patience) {
            continue;
        }
        if worker.in_oracle && !worker.closed {
            stop(worker, campaign.patience);
            summary.undecided += 1;
        } else {
            let how = stop(worker, campaign.patience);
            summary.first.get_or_insert((summary.programs, start.elapsed()));
            let finding = worker.found.take().unwrap_or_else(|| Finding {
                program: worker.at.map_or("(none)".to_owned(), |seed| seed.to_string()),
                engine: "the worker process".to_owned(),
                expected: "an end".to_owned(),
                actual: how,
                source: String::new(),
            });
            summary.add(finding, observer);
        }
        let Share { first, stride, programs } = worker.share;
        let rest = Share {
            first: worker.at.map_or(first, |seed| seed.wrapping_add(stride)),
            stride,
            programs: programs - worker.announced.min(programs),
        };
        // A worker that dies before its first program would do so for ever.
        anyhow::ensure!(worker.announced > 0, "a worker process died before its first program");
        *worker = start_worker(rest, next(ids), sender, observer)?;
    }
    Ok(())
}

fn next(ids: &mut RangeFrom<u64>) -> u64 {
    ids.next().expect("there are more identifiers than processes")
}

/// Ends a worker and says how it ended.
fn stop(worker: &mut Running, patience: Duration) -> String {
    if worker.closed
        && let Ok(status) = worker.child.wait()
    {
        return format!("died: {status}");
    }
    match worker.child.try_wait() {
        Ok(Some(status)) => format!("died: {status}"),
        _ => {
            // It may end by itself in between.
            let _ = worker.child.kill();
            let _ = worker.child.wait();
            format!("silent for {} s", patience.as_secs())
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// Workers that print these lines and then say nothing more.
    struct Script(&'static str);

    impl Observer for Script {
        fn command(&self, share: Share) -> Command {
            let mut command = Command::new("sh");
            let and_then = if share.programs > 1 { "exec sleep 60" } else { "echo '\"Done\"'" };
            command.arg("-c").arg(format!("{}; {and_then}", self.0));
            command
        }

        fn progress(&mut self, _: &Summary) {}

        fn found(&mut self, _: &Finding) {}
    }

    fn campaign(script: &'static str) -> Summary {
        let patience = Duration::from_millis(500);
        let campaign =
            Campaign { seed: 1, programs: 2, jobs: 1, time: None, most_findings: 9, patience };
        run(&campaign, &mut Script(script)).expect("there is a shell")
    }

    #[test]
    fn an_engine_that_says_nothing_is_a_finding() {
        let summary = campaign("echo '{\"At\":1}'; echo '\"Expected\"'");
        let findings: Vec<_> = summary.findings.iter().map(|it| it.actual.as_str()).collect();
        assert_eq!((findings, summary.undecided), (vec!["silent for 0 s"], 0));
    }

    #[test]
    fn an_oracle_that_says_nothing_leaves_the_program_undecided() {
        let summary = campaign("echo '{\"At\":1}'");
        assert_eq!((summary.findings.len(), summary.undecided), (0, 1));
    }
}
