//! One script, many entities: each has a `self` of its own, and moves its own transform.
//!
//! Run with `cargo run -p bevy_interlune --example per_entity`.

use bevy::asset::AssetPlugin;
use bevy::prelude::*;
use bevy_interlune::prelude::*;

/// In a game this would be a file: `asset_server.load("scripts/drift.lua")`.
const DRIFT: &str = r#"
    local Drift = {}

    function Drift.on_load(self)
        self.speed = math.random(1, 10)
        log.info(self.entity.Name .. " sets off at speed " .. self.speed)
    end

    function Drift.on_update(self, dt)
        local transform = self.entity.Transform
        transform.translation = transform.translation + vec3(self.speed * dt, 0, 0)
    end

    function Drift.on_unload(self)
        log.info("farewell")
    end

    return Drift
"#;

fn main() {
    App::new()
        .add_plugins((
            MinimalPlugins,
            bevy::log::LogPlugin::default(),
            AssetPlugin::default(),
            TransformPlugin,
        ))
        .add_plugins(ScriptPlugin::default())
        .add_systems(Startup, spawn)
        .add_systems(Update, stop_after_a_second)
        .run();
}

fn spawn(mut commands: Commands, mut scripts: ResMut<Assets<ScriptAsset>>) {
    let drift = scripts.add(ScriptAsset::new("drift.lua", DRIFT));
    for name in ["Io", "Europa", "Ganymede"] {
        commands.spawn((Name::new(name), Transform::default(), Script::new(drift.clone())));
    }
}

fn stop_after_a_second(
    time: Res<Time>,
    drifters: Query<(&Name, &Transform)>,
    mut exit: MessageWriter<AppExit>,
) {
    if time.elapsed_secs() > 1.0 {
        for (name, transform) in &drifters {
            info!("{name} got to {:.2}", transform.translation.x);
        }
        exit.write(AppExit::Success);
    }
}
