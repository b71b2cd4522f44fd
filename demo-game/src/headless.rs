//! The game without a window: a fixed step per frame, as fast as they go, and a report at the end.

use crate::args::Args;
use crate::report::{Recorder, ReportPlugin, write_report};
use crate::sandbox::{Sandbox, SandboxPlugin};
use crate::tell;
use crate::window::settings;
use anyhow::bail;
use bevy::app::TaskPoolPlugin;
use bevy::asset::LoadState;
use bevy::diagnostic::{DiagnosticsPlugin, FrameCountPlugin};
use bevy::input::InputPlugin;
use bevy::log::LogPlugin;
use bevy::prelude::*;
use bevy::time::{TimePlugin, TimeUpdateStrategy};
use bevy_interlune::prelude::*;
use bevy_interlune::{ScriptFrameStats, ScriptState, ScriptStatus};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Whether an app of this process has installed the logger already; a second one would complain.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Logging {
    SetUp,
    AlreadySetUp,
}

/// How long the scene's script may take to arrive from disk.
const LOAD_PATIENCE: Duration = Duration::from_secs(10);

/// Plays the scene and writes the report. The exit code is a failure if the script had errors.
pub fn run(args: &Args, assets: &Path, logging: Logging) -> anyhow::Result<ExitCode> {
    let mut app = App::new();
    if logging == Logging::SetUp {
        app.add_plugins(LogPlugin::default());
    }
    app.add_plugins((
        TaskPoolPlugin::default(),
        FrameCountPlugin,
        TimePlugin,
        DiagnosticsPlugin,
        InputPlugin,
    ))
    .add_plugins(ScriptSourcePlugin { folder: assets.display().to_string(), ..default() })
    .add_plugins(AssetPlugin::default())
    .add_plugins(ScriptPlugin::new(settings(args)))
    .add_plugins(SandboxPlugin { sandbox: Sandbox::new(args.bodies, args.seed) })
    .add_plugins(ReportPlugin { recorder: Recorder::new(args), write_on_exit: None })
    // The clock stands still until the scene is there.
    .insert_resource(TimeUpdateStrategy::ManualDuration(Duration::ZERO));
    app.finish();
    app.cleanup();
    let script = fetch(&mut app, args.script())?;
    play(&mut app, script, args.headless_frames())?;
    let folder = args.headless_report();
    let summary = write_report(app.world_mut(), &folder)?;
    tell(summary);
    tell(format_args!("report: {}", folder.join("report.json").display()));
    let failed = app.world().resource::<ScriptStatus>().errors.len();
    if failed > 0 {
        tell(format_args!("{failed} different script errors, see above"));
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// Waits for the script's file. No script runs in the meantime, so that the first frame of the scene is the same in
/// every run, however long the disk took.
fn fetch(app: &mut App, path: String) -> anyhow::Result<Handle<ScriptAsset>> {
    let handle: Handle<ScriptAsset> = app.world().resource::<AssetServer>().load(path);
    let patience = Instant::now() + LOAD_PATIENCE;
    while !app.world().resource::<Assets<ScriptAsset>>().contains(&handle) {
        app.update();
        if let LoadState::Failed(error) = app.world().resource::<AssetServer>().load_state(&handle)
        {
            bail!("the scene's script could not be loaded: {error}");
        }
        if Instant::now() > patience {
            bail!("the scene's script did not arrive");
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(handle)
}

/// Plays the scene from its first frame, one fixed step a frame whatever the clock says: the same seed ends in the same
/// state.
fn play(app: &mut App, script: Handle<ScriptAsset>, frames: u32) -> anyhow::Result<()> {
    let world = app.world_mut();
    world.insert_resource(TimeUpdateStrategy::FixedTimesteps(1));
    world.insert_resource(ScriptFrameStats::default());
    world.resource_mut::<GlobalScripts>().handles.push(script);
    for _ in 0..frames {
        app.update();
        let state =
            app.world().resource::<ScriptStatus>().scripts.first().map(|script| script.state);
        if state == Some(ScriptState::Failed) {
            bail!("the scene's script did not load");
        }
    }
    Ok(())
}
