//! What all functions given to scripts share: the world (lent while a callback runs), the known types, and which
//! script is running.

use super::convert::to_lua;
use crate::access::{
    AccessError, HostValue, Step, Target, TypeAccess, TypeDirectory, components_of, one_of,
};
use crate::world_access::WorldAccess;
use bevy::ecs::entity::Entity;
use bevy::ecs::resource::IsResource;
use bevy::ecs::world::World;
use bevy::platform::collections::HashSet;
use interlune::{Error, Lua, Result, Value};
use smallvec::SmallVec;
use std::cell::RefCell;
use std::rc::Rc;

/// A path that scripts wrote.
pub(crate) type Steps = SmallVec<[Step; 4]>;

/// Shared by every binding.
pub(crate) struct Host {
    pub(crate) world: WorldAccess,
    types: RefCell<TypeDirectory>,
    running: RefCell<Rc<str>>,
    /// Names of fields that scripts used, so that a step does not copy its name.
    names: RefCell<HashSet<Rc<str>>>,
}

/// Names kept; scripts that make names up get copies beyond that.
const NAMES_KEPT: usize = 10_000;

impl Host {
    pub(crate) fn new() -> Rc<Self> {
        Rc::new(Self {
            world: WorldAccess::default(),
            types: RefCell::default(),
            running: RefCell::new("".into()),
            names: RefCell::default(),
        })
    }

    /// The script whose code is running, for log lines.
    pub(crate) fn running(&self) -> Rc<str> {
        self.running.borrow().clone()
    }

    pub(crate) fn set_running(&self, script: &Rc<str>) {
        *self.running.borrow_mut() = script.clone();
    }

    /// The steps of a written path: `translation.x`, `items.3`. A name without dots is one step.
    pub(crate) fn steps<'a>(&'a self, path: &'a str) -> impl Iterator<Item = Step> + 'a {
        path.split('.').map(|part| {
            // Only what begins like a number can be one.
            let number = part.starts_with(|first: char| first.is_ascii_digit() || first == '-');
            let index = if number { part.parse().ok() } else { None };
            index.map_or_else(|| Step::Field(self.name(part)), Step::Element)
        })
    }

    fn name(&self, name: &str) -> Rc<str> {
        let mut names = self.names.borrow_mut();
        if let Some(known) = names.get(name) {
            return known.clone();
        }
        let new: Rc<str> = name.into();
        if names.len() < NAMES_KEPT {
            names.insert(new.clone());
        }
        new
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

    /// Entities that hold resources are Bevy's own: without them, its systems panic.
    pub(crate) fn refuse_resource(&self, entity: Entity) -> Result<()> {
        let holds_resource = |world: &mut World| {
            world.get_entity(entity).is_ok_and(|it| it.contains::<IsResource>())
        };
        if self.with_world(holds_resource)? {
            return Err(Error::runtime(format!("entity {entity} holds a resource of the game")));
        }
        Ok(())
    }

    /// The component called `name`.
    pub(crate) fn component(&self, name: &str) -> Result<Rc<TypeAccess>> {
        self.access(|world| self.types.borrow_mut().component(world, name))
    }

    /// The component called `name`, of an entity.
    pub(crate) fn component_of(&self, entity: Entity, name: &str) -> Result<Target> {
        let access = self.access(|world| {
            let found = self.types.borrow_mut().component(world, name);
            // To who asks an entity, what that entity has says more than what there is in all.
            found.map_err(|error| match error {
                AccessError::NotRegistered { kind, name, hint }
                    if !hint.contains("did you mean") && world.get_entity(entity).is_ok() =>
                {
                    let has = components_of(world, entity);
                    let hint = format!("; this entity has: {}", one_of(has));
                    AccessError::NotRegistered { kind, name, hint }
                }
                other => other,
            })
        })?;
        Ok(Target { access, entity: Some(entity) })
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
