//! One `self` table: a script at work for one entity, or for the game.

use super::convert::entity_to_lua;
use super::host::Host;
use bevy::ecs::entity::Entity;
use interlune::{Lua, Result, Table};
use std::rc::Rc;

/// An entity's (or, without one, the game's) own state of a script.
pub(crate) struct Instance {
    pub(crate) entity: Option<Entity>,
    /// The script's `self`. What it lacks is looked up in the script's table of callbacks.
    pub(crate) this: Table,
    pub(crate) stage: Stage,
}

/// How far an instance has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// `on_load` is still to be called.
    New,
    /// `on_load` went well.
    Running,
    /// `on_load` failed: its `self` is half made, so nothing else is called until the script was reloaded.
    Broken,
}

impl Instance {
    pub(crate) fn new(
        lua: &Lua,
        host: &Rc<Host>,
        entity: Option<Entity>,
        metatable: &Table,
    ) -> Result<Self> {
        // Room for a handful of fields in the object itself: scripts read them in every frame.
        let this = lua.create_table_with_capacity(0, 8)?;
        if let Some(entity) = entity {
            this.raw_set("entity", entity_to_lua(lua, host, entity)?)?;
        }
        this.set_metatable(Some(metatable.clone()))?;
        Ok(Self { entity, this, stage: Stage::New })
    }
}
