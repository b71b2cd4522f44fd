//! What all functions given to scripts share: the world (lent while a callback runs), the known types, and which
//! script is running.

use super::convert::to_lua;
use crate::access::{AccessError, HostValue, Step, Target, TypeAccess, TypeDirectory};
use crate::world_access::WorldAccess;
use bevy::ecs::entity::Entity;
use bevy::ecs::world::World;
use interlune::{Error, Lua, Result, Value};
use std::cell::RefCell;
use std::rc::Rc;

/// Shared by every binding.
pub(crate) struct Host {
    pub(crate) world: WorldAccess,
    types: RefCell<TypeDirectory>,
    running: RefCell<Rc<str>>,
}

impl Host {
    pub(crate) fn new() -> Rc<Self> {
        Rc::new(Self {
            world: WorldAccess::default(),
            types: RefCell::default(),
            running: RefCell::new("".into()),
        })
    }

    /// The script whose code is running, for log lines.
    pub(crate) fn running(&self) -> Rc<str> {
        self.running.borrow().clone()
    }

    pub(crate) fn set_running(&self, script: &Rc<str>) {
        *self.running.borrow_mut() = script.clone();
    }

    /// Calls `use_world` with the world and turns a refusal into a script error.
    pub(crate) fn with_world<R>(&self, use_world: impl FnOnce(&mut World) -> R) -> Result<R> {
        self.world.with(use_world).map_err(Error::external)
    }

    /// The same for what may be refused itself.
    pub(crate) fn access<R>(
        &self,
        access: impl FnOnce(&mut World) -> std::result::Result<R, AccessError>,
    ) -> Result<R> {
        self.with_world(access)?.map_err(refused)
    }

    /// The component called `name`.
    pub(crate) fn component(&self, name: &str) -> Result<Rc<TypeAccess>> {
        self.access(|world| self.types.borrow_mut().component(world, name))
    }

    /// The component called `name`, of an entity.
    pub(crate) fn component_of(&self, entity: Entity, name: &str) -> Result<Target> {
        Ok(Target { access: self.component(name)?, entity: Some(entity) })
    }

    /// The resource called `name`.
    pub(crate) fn resource(&self, name: &str) -> Result<Target> {
        let access = self.access(|world| self.types.borrow_mut().resource(world, name))?;
        Ok(Target { access, entity: None })
    }

    /// What a script gets for the place `path` below `target`.
    pub(crate) fn read(
        self: &Rc<Self>,
        lua: &Lua,
        target: &Target,
        path: &[Step],
    ) -> Result<Value> {
        let value = self.access(|world| target.read(world, path))?;
        to_lua(lua, self, target, path, value)
    }

    /// Stores `value` there.
    pub(crate) fn write(&self, target: &Target, path: &[Step], value: &HostValue) -> Result<()> {
        self.access(|world| target.write(world, path, value))
    }
}

/// A refused access as a script error: its text alone, to which the VM adds the script's position.
pub(crate) fn refused(error: AccessError) -> Error {
    Error::runtime(error.to_string())
}
