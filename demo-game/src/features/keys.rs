//! The keys that change the rules: gravity, the number of bodies, starting again; and how far scripts are compiled.

use crate::sandbox::Sandbox;
use bevy::app::AppExit;
use bevy::input::InputSystems;
use bevy::prelude::*;
use bevy_interlune::{JitMode, ScriptJitMessage, ScriptJitStatus, ScriptSystems};

pub struct KeysPlugin;

impl Plugin for KeysPlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(PreUpdate, change_rules.after(InputSystems).before(ScriptSystems::Load));
    }
}

/// Bodies added or taken away by one key press.
const STEP: u32 = 250;

/// The keys and what they do, for the HUD. Kept beside the code below so that both are changed together.
pub const HELP: &str = "left drag   right explode   middle, Space pour   arrows, G gravity   \
                        + - bodies   J tier cap   R reset   F1 overlay   Esc quit";

fn change_rules(
    keys: Res<ButtonInput<KeyCode>>,
    mut sandbox: ResMut<Sandbox>,
    jit: Res<ScriptJitStatus>,
    mut jit_commands: MessageWriter<ScriptJitMessage>,
    mut exit: MessageWriter<AppExit>,
) {
    for key in keys.get_just_pressed() {
        match key {
            KeyCode::ArrowUp => sandbox.gravity = Vec2::Y * Sandbox::GRAVITY,
            KeyCode::ArrowDown => sandbox.gravity = Vec2::NEG_Y * Sandbox::GRAVITY,
            KeyCode::ArrowLeft => sandbox.gravity = Vec2::NEG_X * Sandbox::GRAVITY,
            KeyCode::ArrowRight => sandbox.gravity = Vec2::X * Sandbox::GRAVITY,
            KeyCode::KeyG if sandbox.gravity == Vec2::ZERO => {
                sandbox.gravity = Vec2::NEG_Y * Sandbox::GRAVITY
            }
            KeyCode::KeyG => sandbox.gravity = Vec2::ZERO,
            KeyCode::Equal | KeyCode::NumpadAdd => {
                sandbox.bodies = (sandbox.bodies + STEP).min(sandbox.most_bodies)
            }
            KeyCode::Minus | KeyCode::NumpadSubtract => {
                sandbox.bodies = sandbox.bodies.saturating_sub(STEP).max(1)
            }
            KeyCode::KeyJ => {
                jit_commands.write(ScriptJitMessage::SetMode(next_cap(jit.mode)));
            }
            KeyCode::KeyR => sandbox.resets += 1,
            KeyCode::Escape => {
                exit.write(AppExit::Success);
            }
            _ => {}
        }
    }
}

/// From the interpreter to the highest tier, and round again.
fn next_cap(mode: JitMode) -> JitMode {
    match mode {
        JitMode::Off => JitMode::Baseline,
        JitMode::Baseline => JitMode::On,
        JitMode::On => JitMode::Off,
    }
}
