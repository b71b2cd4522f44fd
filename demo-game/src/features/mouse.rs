//! The mouse, translated into the arena's coordinates for the script: left drags, right explodes, middle (or the
//! space bar) pours new balls.

use crate::sandbox::{Pointer, Sandbox};
use bevy::input::InputSystems;
use bevy::prelude::*;
use bevy::window::PrimaryWindow;
use bevy_egui::input::EguiWantsInput;
use bevy_interlune::ScriptSystems;

pub struct MousePlugin;

impl Plugin for MousePlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(PreUpdate, point.after(InputSystems).before(ScriptSystems::Load));
    }
}

fn point(
    mut pointer: ResMut<Pointer>,
    sandbox: Res<Sandbox>,
    mouse: Res<ButtonInput<MouseButton>>,
    keys: Res<ButtonInput<KeyCode>>,
    windows: Query<&Window, With<PrimaryWindow>>,
    cameras: Query<(&Camera, &GlobalTransform)>,
    egui: Option<Res<EguiWantsInput>>,
) {
    let taken_by_overlay = egui.is_some_and(|egui| egui.wants_pointer_input());
    let on_screen = windows.single().ok().and_then(Window::cursor_position);
    let camera = cameras.single().ok();
    let in_world = on_screen.zip(camera).and_then(|(position, (camera, transform))| {
        camera.viewport_to_world_2d(transform, position).ok()
    });
    pointer.inside = in_world.is_some() && !taken_by_overlay;
    if let Some(position) = in_world {
        pointer.position = position + sandbox.arena / 2.0;
    }
    pointer.pull = pointer.inside && mouse.pressed(MouseButton::Left);
    pointer.pour =
        pointer.inside && (mouse.pressed(MouseButton::Middle) || keys.pressed(KeyCode::Space));
    if pointer.inside && mouse.just_pressed(MouseButton::Right) {
        pointer.blasts += 1;
    }
}
