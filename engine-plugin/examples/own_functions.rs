//! Giving scripts functions of the game's own, and hearing of their errors.
//!
//! Run with `cargo run -p bevy_interlune --example own_functions`.

use bevy::asset::AssetPlugin;
use bevy::prelude::*;
use bevy_interlune::prelude::*;

/// Reflected, so scripts reach it by name too: `world.resource("Score").points`.
#[derive(Resource, Reflect, Default)]
#[reflect(Resource)]
struct Score {
    points: u32,
}

const RULES: &str = r#"
    local Rules = {}
    function Rules.on_update(self)
        add_points(5)
        if world.resource("Score").points >= 15 then
            world.resource("Score").pionts = 0
        end
    end
    return Rules
"#;

fn main() {
    App::new()
        .add_plugins((MinimalPlugins, bevy::log::LogPlugin::default(), AssetPlugin::default()))
        .add_plugins(ScriptPlugin::default())
        .register_type::<Score>()
        .init_resource::<Score>()
        .add_script_functions(|lua, world| {
            let world = world.clone();
            let add_points = lua.create_function(move |_, points: u32| {
                let add = |world: &mut World| world.resource_mut::<Score>().points += points;
                world.with(add).map_err(interlune::Error::external)
            })?;
            lua.globals().set("add_points", add_points)
        })
        .add_systems(Startup, add_rules)
        .add_systems(Update, stop_at_the_first_error)
        .run();
}

fn add_rules(mut scripts: ResMut<Assets<ScriptAsset>>, mut globals: ResMut<GlobalScripts>) {
    globals.handles.push(scripts.add(ScriptAsset::new("rules.lua", RULES)));
}

/// The game itself would go on: this is what it could show to the script's author.
fn stop_at_the_first_error(
    mut errors: MessageReader<ScriptErrorMessage>,
    mut exit: MessageWriter<AppExit>,
) {
    for error in errors.read() {
        info!("{} line {:?}, in {}: {}", error.script, error.line, error.callback, error.message);
        exit.write(AppExit::Success);
    }
}
