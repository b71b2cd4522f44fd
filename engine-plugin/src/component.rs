//! How a game says what is scripted: a component for an entity's script, a resource for the scripts of the whole game.

use crate::asset::ScriptAsset;
use bevy::app::App;
use bevy::asset::{AssetServer, Handle};
use bevy::ecs::component::Component;
use bevy::ecs::reflect::{ReflectComponent, ReflectResource};
use bevy::ecs::resource::Resource;
use bevy::reflect::Reflect;

/// Runs a script for this entity. The script's callbacks get a `self` table that belongs to the entity alone, with
/// the entity itself in `self.entity`. Taking the component away, or despawning the entity, calls `on_unload`.
#[derive(Component, Reflect, Clone, Debug)]
#[reflect(Component)]
pub struct Script {
    /// The script's source.
    pub handle: Handle<ScriptAsset>,
}

impl Script {
    /// A script component for a handle, as `asset_server.load("scripts/door.lua")` gives it.
    pub fn new(handle: Handle<ScriptAsset>) -> Self {
        Self { handle }
    }
}

/// Scripts that run once, for no entity: rules, spawners, a whole game. Their `self.entity` is nil.
#[derive(Resource, Reflect, Clone, Debug, Default)]
#[reflect(Resource)]
pub struct GlobalScripts {
    /// In the order in which they run. Taking one out unloads it.
    pub handles: Vec<Handle<ScriptAsset>>,
}

/// Shorthands on [`App`] for games that attach scripts.
pub trait ScriptAppExt {
    /// Runs the script at an asset path as a global one. Needs the asset plugin to be there already.
    fn add_global_script(&mut self, path: impl Into<String>) -> &mut Self;
}

impl ScriptAppExt for App {
    fn add_global_script(&mut self, path: impl Into<String>) -> &mut Self {
        let handle = self.world().resource::<AssetServer>().load(path.into());
        self.world_mut().get_resource_or_init::<GlobalScripts>().handles.push(handle);
        self
    }
}
