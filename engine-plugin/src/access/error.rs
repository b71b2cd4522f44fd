//! What can go wrong between a script and the world, worded for the script's author.

use bevy::ecs::entity::Entity;
use thiserror::Error;

/// A refused access. The text names what exists instead; the script's error adds file and line.
#[derive(Clone, Debug, Error, PartialEq)]
pub(crate) enum AccessError {
    #[error("{kind} '{name}' is not registered{hint}")]
    NotRegistered { kind: &'static str, name: String, hint: String },
    #[error("'{name}' means several types: write one of {candidates}")]
    Ambiguous { name: String, candidates: String },
    #[error("'{name}' is a type, but not a {kind}: its #[reflect({attribute})] is missing")]
    WrongKind { kind: &'static str, name: String, attribute: &'static str },
    #[error(
        "entity {0} does not exist: it was despawned, or it was spawned in this callback and begins when that returns"
    )]
    NoEntity(Entity),
    #[error("entity {entity} has no component '{name}'; entity:insert(\"{name}\", …) adds one")]
    NoComponent { entity: Entity, name: String },
    #[error("there is no resource '{0}' in the world now")]
    NoResource(String),
    #[error("'{0}' cannot be changed in place (an immutable component); entity:insert replaces it")]
    Immutable(String),
    #[error("field '{field}' of {owner} does not exist; {known}")]
    NoField { field: String, owner: String, known: String },
    #[error("{owner} has {length} elements, there is no number {index}")]
    NoElement { owner: String, index: i64, length: usize },
    #[error("{place} wants {wants}, got {got}")]
    WrongType { place: String, wants: String, got: String },
    #[error("{owner} has no variant '{name}'{hint}; variants: {known}")]
    NoVariant { owner: String, name: String, hint: String, known: String },
    #[error(
        "{0} cannot be made from a table: its type has neither all of its fields there nor a default"
    )]
    CannotBuild(String),
    #[error("{0}")]
    Other(String),
}
