//! One component of one entity, or one resource, and the reads and writes below it.

use super::build::{assign, build, concrete, field_place, mismatch};
use super::directory::TypeAccess;
use super::error::AccessError;
use super::leaf::leaf_of;
use super::path::{Step, is_option, see_through, type_name, walk, walk_mut};
use super::value::HostValue;
use bevy::ecs::change_detection::DetectChangesMut;
use bevy::ecs::entity::Entity;
use bevy::ecs::reflect::ReflectFromWorld;
use bevy::ecs::world::World;
use bevy::prelude::ReflectDefault;
use bevy::reflect::{PartialReflect, Reflect, ReflectRef};
use std::rc::Rc;

/// Where a script's proxy points: a type, and the entity that carries it (`None`: a resource).
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) access: Rc<TypeAccess>,
    pub(crate) entity: Option<Entity>,
}

impl Target {
    /// The entity that holds the value; a resource's is looked up each time, since it changes when the resource is
    /// removed and inserted again.
    fn holder(&self, world: &World) -> Result<Entity, AccessError> {
        match self.entity {
            Some(entity) => Ok(entity),
            None => world
                .resource_entities()
                .get(self.access.id)
                .ok_or_else(|| AccessError::NoResource(self.access.name.clone())),
        }
    }

    /// Whether the component or resource is there now.
    pub(crate) fn exists(&self, world: &World) -> Result<bool, AccessError> {
        let entity = match self.holder(world) {
            Ok(entity) => entity,
            Err(AccessError::NoResource(_)) => return Ok(false),
            Err(error) => return Err(error),
        };
        let holder = world.get_entity(entity).map_err(|_| AccessError::NoEntity(entity))?;
        Ok(holder.contains_id(self.access.id))
    }

    fn missing(&self, entity: Entity) -> AccessError {
        match self.entity {
            Some(_) => AccessError::NoComponent { entity, name: self.access.name.clone() },
            None => AccessError::NoResource(self.access.name.clone()),
        }
    }

    /// Calls `look` with the value at `path`.
    pub(crate) fn look<R>(
        &self,
        world: &World,
        path: &[Step],
        look: impl FnOnce(&dyn PartialReflect) -> R,
    ) -> Result<R, AccessError> {
        let entity = self.holder(world)?;
        let holder = world.get_entity(entity).map_err(|_| AccessError::NoEntity(entity))?;
        let value = self.access.reflect.reflect(holder).ok_or_else(|| self.missing(entity))?;
        Ok(look(walk(value.as_partial_reflect(), path)?))
    }

    /// The value at `path`, or [`HostValue::Composite`] for one that has parts.
    pub(crate) fn read(&self, world: &World, path: &[Step]) -> Result<HostValue, AccessError> {
        self.look(world, path, read_value)
    }

    /// The same, or nothing if the entity does not have the component.
    pub(crate) fn read_if_there(
        &self,
        world: &World,
        path: &[Step],
    ) -> Result<Option<HostValue>, AccessError> {
        match self.read(world, path) {
            Ok(value) => Ok(Some(value)),
            Err(AccessError::NoComponent { .. } | AccessError::NoResource(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes `value` at `path`. The component counts as changed only if the write was accepted.
    pub(crate) fn write(
        &self,
        world: &mut World,
        path: &[Step],
        value: &HostValue,
    ) -> Result<(), AccessError> {
        let entity = self.holder(world)?;
        if !self.access.mutable {
            return Err(AccessError::Immutable(self.access.name.clone()));
        }
        let mut holder = world.get_entity_mut(entity).map_err(|_| AccessError::NoEntity(entity))?;
        let mut component =
            self.access.reflect.reflect_mut(&mut holder).ok_or_else(|| self.missing(entity))?;
        let whole = component.bypass_change_detection();
        write_value(whole.as_partial_reflect_mut(), path, value, &self.access)?;
        component.set_changed();
        Ok(())
    }
}

/// What a script gets for a reflected value.
pub(crate) fn read_value(value: &dyn PartialReflect) -> HostValue {
    // `see_through` first: `Name`-like newtypes are leaves themselves, so both ends are asked.
    read_leaf(value).or_else(|| read_leaf(see_through(value))).unwrap_or_else(|| match see_through(
        value,
    )
    .reflect_ref()
    {
        ReflectRef::Enum(option) if is_option(option) => HostValue::Nil,
        ReflectRef::Enum(unit) if unit.field_len() == 0 => {
            HostValue::String(unit.variant_name().to_owned())
        }
        _ => HostValue::Composite,
    })
}

fn read_leaf(value: &dyn PartialReflect) -> Option<HostValue> {
    let value = value.try_as_reflect()?.as_any();
    leaf_of(value.type_id()).and_then(|leaf| (leaf.read)(value))
}

fn write_value(
    whole: &mut dyn PartialReflect,
    path: &[Step],
    value: &HostValue,
    access: &TypeAccess,
) -> Result<(), AccessError> {
    let (name, types) = (&access.name, &access.types);
    let place = walk_mut(whole, path)?;
    if let Some(place) = place.try_as_reflect_mut() {
        let place = place.as_any_mut();
        if let Some(leaf) = leaf_of((*place).type_id()) {
            if (leaf.write)(place, value) {
                return Ok(());
            }
            return Err(mismatch(&describe(whole, path, name), leaf.wants, value));
        }
    }
    let Some(info) = place.get_represented_type_info() else {
        return Err(AccessError::CannotBuild(describe(whole, path, name)));
    };
    let made = match build(&types.read(), value, info, "\u{0}") {
        // The place's description needs `whole` again, so it is put in only when it is shown.
        Err(AccessError::WrongType { place, wants, got }) => {
            let place = place.replace('\u{0}', &describe(whole, path, name));
            return Err(AccessError::WrongType { place, wants, got });
        }
        Err(AccessError::CannotBuild(place)) => {
            let place = place.replace('\u{0}', &describe(whole, path, name));
            return Err(AccessError::CannotBuild(place));
        }
        other => other?,
    };
    assign(place, made.as_ref())
}

/// "field 'x' of Vec3", "element 3 of Vec<f32>", "component Health".
fn describe(whole: &dyn PartialReflect, path: &[Step], name: &str) -> String {
    let Some((last, before)) = path.split_last() else {
        return format!("'{name}'");
    };
    let owner = walk(whole, before).map(see_through).map_or_else(|_| name.to_owned(), type_name);
    match last {
        Step::Field(field) => field_place(field, &owner),
        Step::Element(index) => format!("element {index} of {owner}"),
    }
}

impl TypeAccess {
    /// Makes a whole component from what a script wrote, starting from the type's default where fields are left out.
    /// `nil` stands for the default itself.
    pub(crate) fn construct(
        &self,
        world: &mut World,
        value: &HostValue,
    ) -> Result<Box<dyn Reflect>, AccessError> {
        let registry = self.types.read();
        let type_id = self.info.type_id();
        let default = |world: &mut World| {
            let made =
                registry.get_type_data::<ReflectDefault>(type_id).map(|default| default.default());
            made.or_else(|| {
                registry
                    .get_type_data::<ReflectFromWorld>(type_id)
                    .map(|from_world| from_world.from_world(world))
            })
        };
        if *value == HostValue::Nil {
            return default(world).ok_or_else(|| AccessError::CannotBuild(self.name.clone()));
        }
        let made = build(&registry, value, self.info, &format!("'{}'", self.name))?;
        let made = match concrete(made, &registry, type_id) {
            Ok(whole) => return Ok(whole),
            Err(partial) => partial,
        };
        let mut whole =
            default(world).ok_or_else(|| AccessError::CannotBuild(self.name.clone()))?;
        assign(whole.as_partial_reflect_mut(), made.as_ref())?;
        Ok(whole)
    }
}
