//! The line of figures and the line of keys.

use super::keys::HELP;
use crate::sandbox::Sandbox;
use bevy::diagnostic::{DiagnosticPath, DiagnosticsStore, FrameTimeDiagnosticsPlugin};
use bevy::prelude::*;
use bevy::sprite::Anchor;
use bevy::time::common_conditions::on_timer;
use bevy_interlune::{
    ScriptDiagnosticsPlugin, ScriptFrameStats, ScriptJitState, ScriptJitStatus, ScriptState,
    ScriptStatus,
};
use std::time::Duration;

pub struct HudPlugin;

impl Plugin for HudPlugin {
    fn build(&self, app: &mut App) {
        app.add_plugins(FrameTimeDiagnosticsPlugin::default())
            .add_systems(Startup, set_up)
            // Figures that change sixty times a second cannot be read, and each change lays the text out again.
            .add_systems(Update, update.run_if(on_timer(Duration::from_millis(250))));
    }
}

/// Height of the strip behind the lines.
const STRIP: f32 = 76.0;

#[derive(Component)]
struct Figures;

#[derive(Component)]
struct Trouble;

fn set_up(mut commands: Commands, sandbox: Res<Sandbox>) {
    // Balls fly up here too: a dark strip keeps the text readable.
    let strip =
        Sprite::from_color(Color::srgba(0.02, 0.02, 0.03, 0.6), Vec2::new(sandbox.arena.x, STRIP));
    commands.spawn((strip, Transform::from_xyz(0.0, (sandbox.arena.y - STRIP) / 2.0, 9.0)));
    let corner = Vec2::new(-sandbox.arena.x, sandbox.arena.y) / 2.0;
    let line = |number: f32, color| {
        let place = Transform::from_xyz(corner.x + 12.0, corner.y - 10.0 - 20.0 * number, 10.0);
        (
            Text2d::default(),
            TextFont { font_size: 15.0.into(), ..default() },
            TextColor(color),
            Anchor::TOP_LEFT,
            place,
        )
    };
    commands.spawn((line(0.0, Color::srgb(0.92, 0.93, 0.96)), Figures));
    let mut keys = line(1.0, Color::srgb(0.55, 0.58, 0.68));
    keys.0 = Text2d::new(HELP);
    commands.spawn(keys);
    commands.spawn((line(2.2, Color::srgb(1.0, 0.45, 0.40)), Trouble));
}

fn update(
    diagnostics: Res<DiagnosticsStore>,
    status: Res<ScriptStatus>,
    stats: Res<ScriptFrameStats>,
    jit: Res<ScriptJitStatus>,
    sandbox: Res<Sandbox>,
    mut figures: Single<&mut Text2d, (With<Figures>, Without<Trouble>)>,
    mut trouble: Single<&mut Text2d, (With<Trouble>, Without<Figures>)>,
) {
    let average = |path: &DiagnosticPath| {
        diagnostics.get(path).and_then(|entry| entry.average()).unwrap_or(0.0)
    };
    figures.0 = format!(
        "{:.0} fps   {} bodies   script {:.2} ms   collection {:.2} ms   heap {:.1} MB   {}",
        average(&FrameTimeDiagnosticsPlugin::FPS),
        sandbox.bodies,
        average(&ScriptDiagnosticsPlugin::SCRIPT_TIME),
        average(&ScriptDiagnosticsPlugin::GC_TIME),
        average(&ScriptDiagnosticsPlugin::HEAP) / 1e6,
        tier_text(&jit),
    );
    let text = trouble_text(&status, stats.frame);
    if trouble.0 != text {
        trouble.0 = text;
    }
}

/// How far scripts may be compiled, and how much was.
fn tier_text(jit: &ScriptJitStatus) -> String {
    match jit.state {
        ScriptJitState::Unsupported(_) => "interpreter (there is no compiler here)".to_owned(),
        ScriptJitState::Off => "tier cap: interpreter".to_owned(),
        ScriptJitState::Ready => {
            let code = jit.counters.code_bytes as f64 / 1e3;
            format!("tier cap: {} ({code:.0} kB of code)", jit.mode.highest_tier())
        }
    }
}

/// For how many frames after it happened an error is shown.
const ERROR_FRAMES: u64 = 120;

/// What is wrong with the scripts: the newest error, while it happens or while it keeps a script from running its newest
/// version.
fn trouble_text(status: &ScriptStatus, frame: u64) -> String {
    let well = |state| matches!(state, ScriptState::Running | ScriptState::Loading);
    let broken = status.scripts.iter().find(|script| !well(script.state));
    let newest = status.errors.iter().rev().find(|entry| {
        let of_broken = broken.is_some_and(|script| script.name == entry.error.script);
        of_broken || frame < entry.frame + ERROR_FRAMES
    });
    let state = broken.map(|script| format!("{} is {}. ", script.name, script.state.as_str()));
    let error = newest.map(|entry| {
        let line = entry.error.line.map_or_else(String::new, |line| format!(":{line}"));
        format!("{}{line}: {}", entry.error.script, entry.error.message)
    });
    state.unwrap_or_default() + &error.unwrap_or_default()
}
