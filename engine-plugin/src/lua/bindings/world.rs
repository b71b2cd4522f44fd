//! `world`: resources, spawning, finding entities.

use super::entity::NewComponent;
use crate::lua::convert::{entity_from_lua, entity_to_lua};
use crate::lua::host::Host;
use bevy::ecs::component::ComponentId;
use bevy::ecs::entity::Entity;
use bevy::ecs::query::{QueryBuilder, Without};
use bevy::ecs::resource::IsResource;
use bevy::ecs::world::World;
use interlune::{Error, Lua, Result, Table, Value, Variadic};
use std::rc::Rc;

pub(super) fn install(lua: &Lua, host: &Rc<Host>) -> Result<()> {
    let world = lua.create_table()?;

    // world.resource("Time"): nil while the resource is not in the world, an error if there is no such type.
    let shared = host.clone();
    world.raw_set(
        "resource",
        lua.create_function(move |lua, name: String| {
            let target = shared.resource(&name)?;
            if !shared.access(|world| target.exists(world))? {
                return Ok(Value::Nil);
            }
            shared.read(lua, &target, &[])
        })?,
    )?;

    // world.spawn { Transform = { translation = p }, Name = "door" }
    let shared = host.clone();
    world.raw_set(
        "spawn",
        lua.create_function(move |lua, components: Option<Table>| spawn(lua, &shared, components))?,
    )?;

    let shared = host.clone();
    world.raw_set(
        "despawn",
        lua.create_function(move |_, entity: Value| {
            let entity = entity_from_lua(&entity)
                .ok_or_else(|| Error::runtime("world.despawn wants an entity"))?;
            shared.refuse_resource(entity)?;
            shared.world.queue(move |world: &mut World| {
                let _ = world.try_despawn(entity);
            });
            Ok(())
        })?,
    )?;

    // world.entities("Transform", "Enemy"): all entities that have these, in a list.
    let shared = host.clone();
    world.raw_set(
        "entities",
        lua.create_function(move |lua, names: Variadic<String>| {
            let ids = names
                .iter()
                .map(|name| shared.component(name).map(|access| access.id))
                .collect::<Result<Vec<_>>>()?;
            let found = shared.with_world(|world| entities_with(world, &ids))?;
            found
                .into_iter()
                .map(|entity| entity_to_lua(lua, &shared, entity))
                .collect::<Result<Vec<_>>>()
        })?,
    )?;

    lua.globals().raw_set("world", world)
}

/// Reserves the entity at once, so that the script can hold it; it comes into being when the callback returns.
fn spawn(lua: &Lua, host: &Rc<Host>, components: Option<Table>) -> Result<Value> {
    // All are made before there is an entity: a mistake leaves none behind.
    let mut made = Vec::new();
    if let Some(components) = components {
        for pair in components.pairs::<Value, Value>() {
            made.push(match pair? {
                (Value::String(name), value) => NewComponent::new(host, &name.to_str()?, &value)?,
                // A list of names stands for components with their defaults.
                (Value::Integer(_), Value::String(name)) => {
                    NewComponent::new(host, &name.to_str()?, &Value::Nil)?
                }
                _ => return Err(Error::runtime("world.spawn wants { Component = value, … }")),
            });
        }
    }
    let entity =
        host.world.commands(|commands| commands.spawn_empty().id()).map_err(Error::external)?;
    for component in made {
        component.queue_insert(host, entity);
    }
    entity_to_lua(lua, host, entity)
}

/// In the order of the entities' numbers, so that scripts see the same order in every run. Those that hold resources are
/// Bevy's own.
fn entities_with(world: &mut World, ids: &[ComponentId]) -> Vec<Entity> {
    let mut query = QueryBuilder::<Entity, Without<IsResource>>::new(world);
    for id in ids {
        query.with_id(*id);
    }
    let mut found: Vec<Entity> = query.build().iter(world).collect();
    found.sort_unstable();
    found
}
