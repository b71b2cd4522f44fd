//! The camera, which always shows the whole arena, and the arena's floor and frame.

use crate::sandbox::Sandbox;
use bevy::camera::ScalingMode;
use bevy::prelude::*;

pub struct CameraPlugin;

impl Plugin for CameraPlugin {
    fn build(&self, app: &mut App) {
        app.insert_resource(ClearColor(Color::srgb(0.035, 0.039, 0.055)))
            .add_systems(Startup, set_up);
    }
}

/// Pixels around the arena.
const MARGIN: f32 = 8.0;

fn set_up(mut commands: Commands, sandbox: Res<Sandbox>) {
    let size = sandbox.arena + 2.0 * MARGIN;
    let scaling_mode = ScalingMode::AutoMin { min_width: size.x, min_height: size.y };
    commands.spawn((
        Camera2d,
        Projection::Orthographic(OrthographicProjection {
            scaling_mode,
            ..OrthographicProjection::default_2d()
        }),
        // Round sprites bring their own smooth edges, and multisampling doubles a software driver's work.
        Msaa::Off,
    ));
    let sheet =
        |color, size, z| (Sprite::from_color(color, size), Transform::from_xyz(0.0, 0.0, z));
    commands.spawn(sheet(Color::srgb(0.20, 0.22, 0.30), sandbox.arena + 4.0, -20.0));
    commands.spawn(sheet(Color::srgb(0.071, 0.078, 0.110), sandbox.arena, -19.0));
}
