//! Entities: `entity.Transform.translation = p`, `entity:get("Health")`, `entity:insert("Health", { points = 5 })`.

use crate::lua::convert::{entity_from_lua, from_lua, to_lua};
use crate::lua::host::{Host, Steps, refused};
use bevy::ecs::entity::Entity;
use bevy::ecs::reflect::{AppTypeRegistry, ReflectComponent};
use bevy::ecs::world::World;
use bevy::reflect::Reflect;
use interlune::{Lua, Result, UserData, UserDataFields, UserDataMethods, Value};
use std::rc::Rc;

/// An entity as a script holds it. It may have been despawned in the meantime; every access checks.
pub(crate) struct EntityHandle {
    host: Rc<Host>,
    pub(crate) entity: Entity,
}

impl EntityHandle {
    pub(crate) fn new(host: &Rc<Host>, entity: Entity) -> Self {
        Self { host: host.clone(), entity }
    }

    /// The component, or nil if the entity does not have it. Unknown names are errors. `Transform.translation.x` leads
    /// into the component.
    fn get(&self, lua: &Lua, place: &str) -> Result<Value> {
        let (name, path) = self.split(place);
        let target = self.host.component_of(self.entity, name)?;
        match self.host.access(|world| target.read_if_there(world, &path))? {
            Some(value) => to_lua(lua, &self.host, &target, &path, value),
            None => Ok(Value::Nil),
        }
    }

    fn set(&self, place: &str, value: &Value) -> Result<()> {
        let (name, path) = self.split(place);
        let target = self.host.component_of(self.entity, name)?;
        self.host.write(&target, &path, &from_lua(value)?)
    }

    /// The component's name and the path into it.
    fn split<'a>(&self, place: &'a str) -> (&'a str, Steps) {
        match place.split_once('.') {
            Some((name, path)) => (name, self.host.steps(path).collect()),
            None => (place, Steps::new()),
        }
    }

    fn has(&self, name: &str) -> Result<bool> {
        let target = self.host.component_of(self.entity, name)?;
        self.host.access(|world| target.exists(world))
    }

    fn insert(&self, name: &str, value: &Value) -> Result<()> {
        self.host.refuse_resource(self.entity)?;
        NewComponent::new(&self.host, name, value)?.queue_insert(&self.host, self.entity);
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<()> {
        self.host.refuse_resource(self.entity)?;
        let (access, entity) = (self.host.component(name)?, self.entity);
        let reflect = access.reflect.clone();
        self.host.world.queue(move |world: &mut World| {
            if let Ok(mut entity) = world.get_entity_mut(entity) {
                reflect.remove(&mut entity);
            }
        });
        Ok(())
    }

    fn despawn(&self) -> Result<()> {
        self.host.refuse_resource(self.entity)?;
        let entity = self.entity;
        self.host.world.queue(move |world: &mut World| {
            // Two scripts may despawn the same entity in one frame.
            let _ = world.try_despawn(entity);
        });
        Ok(())
    }
}

/// A component made from what a script wrote. Made at once, so that a mistake is reported at the script's line; inserted
/// when the callback returns.
pub(crate) struct NewComponent {
    reflect: ReflectComponent,
    value: Box<dyn Reflect>,
}

impl NewComponent {
    pub(crate) fn new(host: &Rc<Host>, name: &str, value: &Value) -> Result<Self> {
        let access = host.component(name)?;
        let value = from_lua(value)?;
        let value = host.with_world(|world| access.construct(world, &value))?.map_err(refused)?;
        Ok(Self { reflect: access.reflect.clone(), value })
    }

    pub(crate) fn queue_insert(self, host: &Rc<Host>, entity: Entity) {
        host.world.queue(move |world: &mut World| {
            let registry = world.get_resource_or_init::<AppTypeRegistry>().clone();
            if let Ok(mut entity) = world.get_entity_mut(entity) {
                let value = self.value.as_partial_reflect();
                self.reflect.insert(&mut entity, value, &registry.read());
            }
        });
    }
}

impl UserData for EntityHandle {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        // A number that is the same for the same entity: for keys of tables.
        fields.add_field_method_get("id", |_, this| Ok(this.entity.to_bits() as i64));
    }

    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_method("get", |lua, this, name: String| this.get(lua, &name));
        methods
            .add_method("set", |_, this, (name, value): (String, Value)| this.set(&name, &value));
        methods.add_method("has", |_, this, name: String| this.has(&name));
        methods.add_method("insert", |_, this, (name, value): (String, Value)| {
            this.insert(&name, &value)
        });
        methods.add_method("remove", |_, this, name: String| this.remove(&name));
        methods.add_method("despawn", |_, this, ()| this.despawn());
        methods.add_method("is_alive", |_, this, ()| Ok(this.host.world.is_alive(this.entity)));
        methods.add_meta_method("__index", |lua, this, name: String| this.get(lua, &name));
        methods.add_meta_method("__newindex", |_, this, (name, value): (String, Value)| {
            this.set(&name, &value)
        });
        methods.add_meta_method("__eq", |_, this, other: Value| {
            Ok(entity_from_lua(&other) == Some(this.entity))
        });
        methods.add_meta_method("__tostring", |_, this, ()| Ok(format!("entity {}", this.entity)));
    }
}
