//! Collecting the frames' figures and writing them out.

use super::json::{Deopt, Frame, Function, Report};
use super::plots;
use crate::args::Args;
use crate::sandbox::Balls;
use crate::tell;
use anyhow::Context;
use bevy::app::AppExit;
use bevy::prelude::*;
use bevy_interlune::{
    JitMode, ScriptFrameStats, ScriptState, ScriptStatus, ScriptSystems, script_jit_report,
};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Records every frame in which the scene's script runs.
pub struct ReportPlugin {
    pub recorder: Recorder,
    /// Write there when the app exits by itself.
    pub write_on_exit: Option<PathBuf>,
}

/// What was recorded so far.
#[derive(Resource, Clone, Debug)]
pub struct Recorder {
    scene: String,
    seed: u32,
    jit: JitMode,
    /// Exit after so many.
    stop_after: Option<u32>,
    frames: Vec<Frame>,
}

#[derive(Resource)]
struct WriteOnExit(PathBuf);

impl Recorder {
    pub fn new(args: &Args) -> Self {
        let scene = args.scene.clone();
        Self {
            scene,
            seed: args.seed,
            jit: args.jit.into(),
            stop_after: args.frames,
            frames: Vec::new(),
        }
    }
}

impl Plugin for ReportPlugin {
    fn build(&self, app: &mut App) {
        app.insert_resource(self.recorder.clone())
            .add_systems(Last, record.after(ScriptSystems::Publish));
        if let Some(folder) = &self.write_on_exit {
            app.insert_resource(WriteOnExit(folder.clone()))
                .add_systems(Last, write_on_exit.after(record));
        }
    }
}

fn milliseconds(time: Duration) -> f64 {
    // Nanoseconds are what the clock gives: more digits would only look exact.
    (time.as_secs_f64() * 1e9).round() / 1e6
}

fn record(
    mut recorder: ResMut<Recorder>,
    stats: Res<ScriptFrameStats>,
    status: Res<ScriptStatus>,
    mut exit: MessageWriter<AppExit>,
) {
    let playing = status
        .scripts
        .first()
        .is_some_and(|script| !matches!(script.state, ScriptState::Loading | ScriptState::Failed));
    if !playing {
        return;
    }
    recorder.frames.push(Frame {
        main_ms: milliseconds(stats.main),
        script_ms: milliseconds(stats.script),
        gc_ms: milliseconds(stats.gc),
        install_ms: milliseconds(stats.install),
        compile_ms: milliseconds(stats.compile),
        allowance_ms: milliseconds(stats.allowance),
    });
    if recorder.stop_after.is_some_and(|frames| recorder.frames.len() >= frames as usize) {
        exit.write(AppExit::Success);
    }
}

fn write_on_exit(world: &mut World) {
    if world.resource::<Messages<AppExit>>().is_empty() {
        return;
    }
    let folder = world.resource::<WriteOnExit>().0.clone();
    match write_report(world, &folder) {
        Ok(summary) => {
            tell(format_args!("{summary}\nreport: {}", folder.join("report.json").display()));
        }
        Err(error) => error!("the report could not be written: {error:#}"),
    }
}

/// Writes `report.json` and the plots into `folder`, and returns a summary for people.
pub fn write_report(world: &mut World, folder: &Path) -> anyhow::Result<String> {
    let recorder = world.resource::<Recorder>().clone();
    let jit = script_jit_report(world);
    let functions = jit.functions.into_iter().map(|function| Function {
        name: function.info.to_string(),
        tier: function.tier,
        calls: function.calls,
        code_bytes: function.code_bytes,
    });
    let balls = world.non_send::<Balls>();
    let report = Report {
        scene: recorder.scene,
        bodies: balls.look(<[_]>::len),
        seed: recorder.seed,
        jit: recorder.jit.as_str(),
        state_hash: format!("{:016x}", balls.hash()),
        frames: recorder.frames,
        functions: functions.collect(),
        ledger: jit.ledger,
        inlining: jit.inlining,
        speculation: jit.speculation,
        deopts: jit.deopts.into_iter().map(deopt).collect(),
    };
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let path = folder.join("report.json");
    let text = serde_json::to_string(&report).context("cannot lay out the report")?;
    std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    plots::draw(&report, folder)?;
    Ok(summary(&report))
}

fn deopt(deopt: interlune::jit::Deopt) -> Deopt {
    Deopt {
        frame: deopt.frame,
        function: deopt.function.to_string(),
        line: deopt.place.line,
        reason: deopt.place.reason.text().to_owned(),
    }
}

fn summary(report: &Report) -> String {
    let mut text = format!(
        "{}: {} bodies, {} frames, seed {}, jit {}, state {}",
        report.scene,
        report.bodies,
        report.frames.len(),
        report.seed,
        report.jit,
        report.state_hash
    );
    describe(&mut text, "main", report, |frame| frame.main_ms);
    describe(&mut text, "script", report, |frame| frame.script_ms);
    describe(&mut text, "gc", report, |frame| frame.gc_ms);
    describe(&mut text, "install", report, |frame| frame.install_ms);
    describe(&mut text, "compile", report, |frame| frame.compile_ms);
    describe_compilation(&mut text, report);
    text
}

/// Adds a line about what the compilers did.
fn describe_compilation(text: &mut String, report: &Report) {
    let compiled = report.functions.iter().filter(|function| function.code_bytes > 0);
    let (count, bytes) =
        compiled.fold((0, 0), |(count, bytes), each| (count + 1, bytes + each.code_bytes));
    let _ = write!(
        text,
        "\ncompiled: {count} of {} functions seen at work, {:.1} kB of code, {} decisions",
        report.functions.len(),
        bytes as f64 / 1e3,
        report.ledger.len()
    );
}

/// Adds a line about one of the frames' figures.
fn describe(text: &mut String, name: &str, report: &Report, column: impl Fn(&Frame) -> f64) {
    let mut sorted: Vec<f64> = report.frames.iter().map(column).collect();
    sorted.sort_by(f64::total_cmp);
    let at = |share: f64| sorted.get((sorted.len() as f64 * share) as usize).or(sorted.last());
    if let (Some(median), Some(high), Some(worst)) = (at(0.5), at(0.99), sorted.last()) {
        // Writing to a string does not fail.
        let _ = write!(
            text,
            "\n{name:>7}: median {median:.3} ms, 99th percentile {high:.3}, worst {worst:.3}"
        );
    }
}
