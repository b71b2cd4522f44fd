//! The bodies as sprites: one circle texture, made here, tinted and scaled per ball.

use crate::sandbox::{Ball, Balls, Sandbox};
use bevy::asset::RenderAssetUsages;
use bevy::prelude::*;
use bevy::render::render_resource::{Extent3d, TextureDimension, TextureFormat};
use bevy_interlune::ScriptSystems;

pub struct BallsPlugin;

impl Plugin for BallsPlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(Startup, make_texture)
            .add_systems(Update, draw.after(ScriptSystems::Update));
    }
}

/// Width and height of the circle's texture: about twice a ball on the screen, so that minifying it stays smooth.
const TEXTURE_SIZE: u32 = 32;

const PALETTE: [Color; 6] = [
    Color::srgb(0.96, 0.55, 0.38),
    Color::srgb(0.98, 0.78, 0.42),
    Color::srgb(0.55, 0.80, 0.62),
    Color::srgb(0.38, 0.66, 0.85),
    Color::srgb(0.62, 0.55, 0.86),
    Color::srgb(0.90, 0.48, 0.60),
];

#[derive(Resource)]
struct BallTexture(Handle<Image>);

/// Marks the sprite of body `.0`, from 0.
#[derive(Component)]
struct BallSprite(usize);

fn make_texture(mut commands: Commands, mut images: ResMut<Assets<Image>>) {
    let size = Extent3d { width: TEXTURE_SIZE, height: TEXTURE_SIZE, depth_or_array_layers: 1 };
    let pixels =
        (0..TEXTURE_SIZE).flat_map(|y| (0..TEXTURE_SIZE).flat_map(move |x| pixel(x, y))).collect();
    let format = TextureFormat::Rgba8UnormSrgb;
    let image =
        Image::new(size, TextureDimension::D2, pixels, format, RenderAssetUsages::RENDER_WORLD);
    commands.insert_resource(BallTexture(images.add(image)));
}

/// White, a little darker to the lower right, with an edge that fades over one and a half pixels.
fn pixel(x: u32, y: u32) -> [u8; 4] {
    let radius = TEXTURE_SIZE as f32 / 2.0;
    let from_centre = Vec2::new(x as f32 + 0.5 - radius, y as f32 + 0.5 - radius);
    let cover = ((radius - from_centre.length()) / 1.5).clamp(0.0, 1.0);
    let light = 0.86 - 0.14 * (from_centre.x + from_centre.y) / radius;
    let shade = (light.clamp(0.0, 1.0) * 255.0) as u8;
    [shade, shade, shade, (cover * 255.0) as u8]
}

/// Brings sprites and bodies into step: as many of one as of the other, each in its body's place.
fn draw(
    mut commands: Commands,
    balls: NonSend<Balls>,
    sandbox: Res<Sandbox>,
    texture: Res<BallTexture>,
    mut sprites: Query<(Entity, &BallSprite, &mut Transform)>,
) {
    let origin = sandbox.arena / 2.0;
    balls.look(|balls| {
        let mut drawn = 0;
        for (entity, sprite, mut transform) in &mut sprites {
            match balls.get(sprite.0) {
                Some(ball) => {
                    *transform = place(ball, origin);
                    drawn += 1;
                }
                None => commands.entity(entity).despawn(),
            }
        }
        // Sprites exist for the first bodies, without gaps: they are only made and taken away at the end.
        for (index, ball) in balls.iter().enumerate().skip(drawn) {
            let mut sprite = Sprite::from_image(texture.0.clone());
            sprite.color = PALETTE[index % PALETTE.len()];
            commands.spawn((sprite, place(ball, origin), BallSprite(index)));
        }
    });
}

fn place(ball: &Ball, origin: Vec2) -> Transform {
    let scale = (2.0 * ball.radius) as f32 / TEXTURE_SIZE as f32;
    let position = Vec2::new(ball.x as f32, ball.y as f32) - origin;
    Transform::from_translation(position.extend(0.0)).with_scale(Vec3::new(scale, scale, 1.0))
}
