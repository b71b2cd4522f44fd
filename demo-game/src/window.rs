//! The game in a window.

use crate::args::Args;
use crate::features::{BallsPlugin, CameraPlugin, HudPlugin, KeysPlugin, MousePlugin};
use crate::report::{Recorder, ReportPlugin};
use crate::sandbox::{Sandbox, SandboxPlugin};
use bevy::app::AppExit;
use bevy::prelude::*;
use bevy::window::{PresentMode, WindowResolution};
use bevy::winit::WinitSettings;
use bevy_interlune::prelude::*;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// Builds the app. An error says why there is no window: what the probe could not foresee arrives as a panic from the
/// windowing or the rendering plugin.
pub fn build(args: &Args, assets: &Path) -> Result<App, String> {
    let loud = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let built = catch_unwind(AssertUnwindSafe(|| assemble(args, assets)));
    // Bevy's own panic handler plugin may have put its hook there; the one that was there before does as well.
    std::panic::set_hook(loud);
    built.map_err(|panic| format!("the window could not be opened ({})", first_line(&*panic)))
}

/// What a panic says before it goes into detail: the player needs no error structures.
fn first_line(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason given");
    text.split([':', '\n']).next().unwrap_or(text).to_owned()
}

fn assemble(args: &Args, assets: &Path) -> App {
    let window = Window {
        title: format!("Interlune: {}", args.scene.replace('_', " ")),
        resolution: WindowResolution::new(Sandbox::ARENA.x as u32, Sandbox::ARENA.y as u32),
        present_mode: PresentMode::AutoVsync,
        ..default()
    };
    let mut app = App::new();
    app.add_plugins(ScriptSourcePlugin { folder: assets.display().to_string(), ..default() })
        .add_plugins(DefaultPlugins.set(WindowPlugin { primary_window: Some(window), ..default() }))
        // A game goes on when another window has the focus.
        .insert_resource(WinitSettings::continuous())
        .add_plugins(ScriptPlugin::new(settings(args)))
        .add_plugins(SandboxPlugin { sandbox: Sandbox::new(args.bodies, args.seed) })
        .add_plugins((CameraPlugin, BallsPlugin, MousePlugin, KeysPlugin, HudPlugin))
        .add_plugins(bevy_interlune::overlay::ScriptOverlayPlugin { open: args.overlay })
        .add_systems(Startup, limit_catching_up);
    if args.frames.is_some() || args.report.is_some() {
        let report = args.report.clone().unwrap_or_else(|| args.headless_report());
        app.add_plugins(ReportPlugin {
            recorder: Recorder::new(args),
            write_on_exit: Some(report),
        });
    }
    app.add_global_script(args.script());
    app
}

/// The scripts' settings for this game.
pub fn settings(args: &Args) -> ScriptSettings {
    ScriptSettings {
        jit: args.jit.into(),
        random_seed: u64::from(args.seed),
        // A step of many bodies on a slow machine is no endless loop.
        callback_time_limit: Duration::from_millis(250),
        ..default()
    }
}

/// Two fixed steps a frame are enough: a machine that cannot keep up plays slowly instead of ever more slowly.
fn limit_catching_up(mut time: ResMut<Time<Virtual>>) {
    time.set_max_delta(Duration::from_millis(33));
}

/// Runs it until the window is closed.
pub fn run(mut app: App) -> ExitCode {
    match app.run() {
        AppExit::Success => ExitCode::SUCCESS,
        AppExit::Error(code) => ExitCode::from(code.get()),
    }
}
