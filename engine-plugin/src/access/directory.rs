//! From a name in a script to a registered type, once per name: lookups in the type registry take locks and hash
//! strings, so what they found is kept.

use super::error::AccessError;
use super::suggest::{did_you_mean, one_of};
use bevy::ecs::component::ComponentId;
use bevy::ecs::entity::Entity;
use bevy::ecs::reflect::{AppTypeRegistry, ReflectComponent, ReflectResource};
use bevy::ecs::world::World;
use bevy::platform::collections::HashMap;
use bevy::reflect::{TypeInfo, TypeRegistration, TypeRegistry};
use std::rc::Rc;

/// How to reach one component or resource type. In Bevy 0.19 a resource is a component of an entity of its own.
#[derive(Clone)]
pub(crate) struct TypeAccess {
    /// As scripts write it.
    pub(crate) name: String,
    pub(crate) info: &'static TypeInfo,
    pub(crate) reflect: ReflectComponent,
    pub(crate) id: ComponentId,
    /// False: may only be replaced, never written in place.
    pub(crate) mutable: bool,
    /// Where the types of its parts are found.
    pub(crate) types: AppTypeRegistry,
}

/// What kind of thing a name is looked up as.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Component,
    Resource,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Kind::Component => "component",
            Kind::Resource => "resource",
        }
    }

    fn attribute(self) -> &'static str {
        match self {
            Kind::Component => "Component",
            Kind::Resource => "Resource",
        }
    }

    fn fits(self, registration: &TypeRegistration) -> bool {
        match self {
            // Resources are components in Bevy's eyes, of entities that are its own.
            Kind::Component => {
                registration.contains::<ReflectComponent>()
                    && !registration.contains::<ReflectResource>()
            }
            Kind::Resource => registration.contains::<ReflectResource>(),
        }
    }
}

/// The names looked up so far.
#[derive(Default)]
pub(crate) struct TypeDirectory {
    components: HashMap<String, Rc<TypeAccess>>,
    resources: HashMap<String, Rc<TypeAccess>>,
}

impl TypeDirectory {
    /// The component of that name: short (`Transform`) or full (`bevy_transform::components::transform::Transform`).
    pub(crate) fn component(
        &mut self,
        world: &mut World,
        name: &str,
    ) -> Result<Rc<TypeAccess>, AccessError> {
        find(&mut self.components, world, name, Kind::Component)
    }

    /// The resource of that name.
    pub(crate) fn resource(
        &mut self,
        world: &mut World,
        name: &str,
    ) -> Result<Rc<TypeAccess>, AccessError> {
        find(&mut self.resources, world, name, Kind::Resource)
    }
}

/// What the registered components of an entity are called, in order.
pub(crate) fn components_of(world: &World, entity: Entity) -> Vec<&'static str> {
    let (Ok(infos), Some(registry)) =
        (world.inspect_entity(entity), world.get_resource::<AppTypeRegistry>())
    else {
        return Vec::new();
    };
    let registry = registry.read();
    let mut names: Vec<&str> = infos
        .filter_map(|info| registry.get(info.type_id()?))
        .filter(|registration| Kind::Component.fits(registration))
        .map(|registration| registration.type_info().type_path_table().short_path())
        .collect();
    names.sort_unstable();
    names
}

fn find(
    known: &mut HashMap<String, Rc<TypeAccess>>,
    world: &mut World,
    name: &str,
    kind: Kind,
) -> Result<Rc<TypeAccess>, AccessError> {
    if let Some(access) = known.get(name) {
        return Ok(access.clone());
    }
    let access = Rc::new(look_up(world, name, kind)?);
    known.insert(name.to_owned(), access.clone());
    Ok(access)
}

fn look_up(world: &mut World, name: &str, kind: Kind) -> Result<TypeAccess, AccessError> {
    let types = world.get_resource_or_init::<AppTypeRegistry>().clone();
    let registry = types.read();
    let registration = registration_of(&registry, name, kind)?;
    let reflect =
        registration.data::<ReflectComponent>().cloned().ok_or_else(|| AccessError::WrongKind {
            kind: kind.word(),
            name: name.to_owned(),
            attribute: kind.attribute(),
        })?;
    let id = reflect.register_component(world);
    let mutable = world.components().get_info(id).is_some_and(|info| info.mutable());
    let info = registration.type_info();
    drop(registry);
    Ok(TypeAccess { name: name.to_owned(), info, reflect, id, mutable, types })
}

fn registration_of<'a>(
    registry: &'a TypeRegistry,
    name: &str,
    kind: Kind,
) -> Result<&'a TypeRegistration, AccessError> {
    let found = registry
        .get_with_short_type_path(name)
        .or_else(|| registry.get_with_type_path(name))
        // `Time` is the generic `Time<()>` in Rust, a detail that scripts need not know.
        .or_else(|| registry.get_with_short_type_path(&format!("{name}<()>")));
    match found {
        Some(registration) if kind.fits(registration) => Ok(registration),
        Some(_) => Err(AccessError::WrongKind {
            kind: kind.word(),
            name: name.to_owned(),
            attribute: kind.attribute(),
        }),
        None if registry.is_ambiguous(name) => {
            let short = |registration: &TypeRegistration| {
                registration.type_info().type_path_table().short_path()
            };
            let mut candidates: Vec<&str> = registry
                .iter()
                .filter(|registration| short(registration) == name)
                .map(|registration| registration.type_info().type_path())
                .collect();
            candidates.sort_unstable();
            Err(AccessError::Ambiguous { name: name.to_owned(), candidates: candidates.join(", ") })
        }
        None => {
            let mut known: Vec<&str> = registry
                .iter()
                .filter(|registration| kind.fits(registration))
                .map(|registration| registration.type_info().type_path_table().short_path())
                .collect();
            known.sort_unstable();
            let near = did_you_mean(name, known.iter().copied());
            let hint = if near.is_empty() {
                format!("; registered {}s: {}", kind.word(), one_of(known.iter().copied()))
            } else {
                near
            };
            Err(AccessError::NotRegistered { kind: kind.word(), name: name.to_owned(), hint })
        }
    }
}
