//! A place in the world as an object: `entity.Transform`, `world.resource("Time")`, and whatever in them has parts.
//!
//! Reading a field gives its value, or another place if it has parts itself; assigning to one writes through to the
//! component at once. A place holds no pointer: it is looked up at each access, so it may outlive what it names and
//! then says so. A vector is a value: `place.translation.x = 1` cannot reach the component, but
//! `place["translation.x"] = 1` and `place.translation = vec3(1, p.y, p.z)` do.

use crate::access::{Step, Target, see_through};
use crate::lua::convert::{from_lua, to_lua};
use crate::lua::host::{Host, Steps};
use bevy::reflect::{PartialReflect, ReflectRef};
use interlune::{Error, Lua, Result, UserData, UserDataMethods, Value};
use std::rc::Rc;

/// A component, a resource, or a place inside one.
pub(crate) struct PlaceProxy {
    host: Rc<Host>,
    target: Target,
    path: Rc<[Step]>,
}

impl PlaceProxy {
    pub(crate) fn new(host: &Rc<Host>, target: Target, path: &[Step]) -> Self {
        Self { host: host.clone(), target, path: path.into() }
    }

    fn below(&self, key: &Value) -> Result<Steps> {
        let mut path: Steps = self.path.iter().cloned().collect();
        match key {
            Value::String(name) => path.extend(self.host.steps(&name.to_str()?)),
            Value::Integer(index) => path.push(Step::Element(*index)),
            other => {
                return Err(Error::runtime(format!(
                    "a field has a name, not a {}",
                    other.type_name()
                )));
            }
        }
        Ok(path)
    }

    fn length(&self) -> Result<usize> {
        self.host.access(|world| self.target.look(world, &self.path, part_count))
    }

    fn describe(&self) -> String {
        let debug = |value: &dyn PartialReflect| format!("{value:?}");
        match self.host.access(|world| self.target.look(world, &self.path, debug)) {
            Ok(text) => text,
            Err(_) => format!("{} (gone)", self.target.access.name),
        }
    }

    /// Names (or numbers) and values of all parts, for `pairs`.
    fn parts(&self, lua: &Lua) -> Result<Vec<(Value, Value)>> {
        let steps = self.host.access(|world| self.target.look(world, &self.path, part_steps))?;
        let read = |step: Step| {
            let key = match &step {
                Step::Field(name) => Value::String(lua.create_string(name.as_bytes())?),
                Step::Element(index) => Value::Integer(*index),
            };
            let mut path = self.path.to_vec();
            path.push(step);
            let value = self.host.access(|world| self.target.read(world, &path))?;
            Ok((key, to_lua(lua, &self.host, &self.target, &path, value)?))
        };
        steps.into_iter().map(read).collect()
    }
}

fn part_count(value: &dyn PartialReflect) -> usize {
    match see_through(value).reflect_ref() {
        ReflectRef::List(list) => list.len(),
        ReflectRef::Array(array) => array.len(),
        ReflectRef::Map(map) => map.len(),
        ReflectRef::Set(set) => set.len(),
        ReflectRef::Struct(value) => value.field_len(),
        ReflectRef::TupleStruct(value) => value.field_len(),
        ReflectRef::Tuple(value) => value.field_len(),
        ReflectRef::Enum(value) => value.field_len(),
        ReflectRef::Opaque(_) => 0,
    }
}

fn part_steps(value: &dyn PartialReflect) -> Vec<Step> {
    match see_through(value).reflect_ref() {
        ReflectRef::Struct(value) => {
            let names = (0..value.field_len()).filter_map(|index| value.name_at(index));
            names.map(|name| Step::Field(name.into())).collect()
        }
        ReflectRef::Map(map) => map
            .iter()
            .filter_map(|(key, _)| {
                key.try_downcast_ref::<String>().map(|key| Step::Field(key.as_str().into()))
            })
            .collect(),
        _ => (1..=part_count(value) as i64).map(Step::Element).collect(),
    }
}

impl UserData for PlaceProxy {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_method("__index", |lua, this, key: Value| {
            let path = this.below(&key)?;
            this.host.read(lua, &this.target, &path)
        });
        methods.add_meta_method("__newindex", |_, this, (key, value): (Value, Value)| {
            let path = this.below(&key)?;
            this.host.write(&this.target, &path, &from_lua(&value)?)
        });
        methods.add_meta_method("__len", |_, this, ()| this.length());
        methods.add_meta_method("__tostring", |_, this, ()| Ok(this.describe()));
        methods.add_meta_method("__pairs", |lua, this, ()| {
            let mut parts = this.parts(lua)?.into_iter();
            lua.create_function_mut(move |_, ()| {
                Ok(parts.next().unwrap_or((Value::Nil, Value::Nil)))
            })
        });
    }
}
