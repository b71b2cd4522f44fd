//! Paths below a component: `translation`, then `x`; `items`, then the third.
//!
//! An `Option` that is `Some` is walked through as if it were its content, and so is a struct with a single unnamed
//! field (`struct Velocity(Vec2)`): for a script both are what they hold.

use super::error::AccessError;
use super::suggest::{did_you_mean, one_of};
use bevy::reflect::enums::{Enum, VariantType};
use bevy::reflect::{PartialReflect, ReflectMut, ReflectRef, TypeInfo};
use std::borrow::Cow;
use std::rc::Rc;

/// One index operation of a script.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// `value.name`
    Field(Rc<str>),
    /// `value[n]`, from 1 as in Lua.
    Element(i64),
}

/// Follows `path` from `value`. The place it ends at is not seen through: it may be a leaf as a whole (`Name`), and a
/// write replaces the whole option or newtype.
pub(crate) fn walk<'a>(
    value: &'a dyn PartialReflect,
    path: &[Step],
) -> Result<&'a dyn PartialReflect, AccessError> {
    let mut place = value;
    for step in path {
        place = step_into(see_through(place), step)?;
    }
    Ok(place)
}

/// [`walk`] for writing.
pub(crate) fn walk_mut<'a>(
    value: &'a mut dyn PartialReflect,
    path: &[Step],
) -> Result<&'a mut dyn PartialReflect, AccessError> {
    let mut place = value;
    for step in path {
        place = step_into_mut(see_through_mut(place), step)?;
    }
    Ok(place)
}

/// What a script calls a type: its name without modules.
pub(crate) fn type_name(value: &dyn PartialReflect) -> String {
    value.reflect_short_type_path().to_owned()
}

/// The content of an option that has one, of a struct with one unnamed field; else the value itself.
pub(crate) fn see_through(value: &dyn PartialReflect) -> &dyn PartialReflect {
    let mut place = value;
    loop {
        let inner = match place.reflect_ref() {
            ReflectRef::TupleStruct(newtype) if newtype.field_len() == 1 => newtype.field(0),
            ReflectRef::Enum(option) if is_option(option) => option.field_at(0),
            _ => None,
        };
        match inner {
            Some(inner) => place = inner,
            None => return place,
        }
    }
}

fn see_through_mut(value: &mut dyn PartialReflect) -> &mut dyn PartialReflect {
    // Asked first and taken after: a `Some` found by the mutable match could not be given back otherwise.
    let transparent = match value.reflect_ref() {
        ReflectRef::TupleStruct(newtype) => newtype.field_len() == 1,
        ReflectRef::Enum(option) => is_option(option) && option.field_len() == 1,
        _ => false,
    };
    if !transparent {
        return value;
    }
    let inner = match value.reflect_mut() {
        ReflectMut::TupleStruct(newtype) => newtype.field_mut(0),
        ReflectMut::Enum(option) => option.field_at_mut(0),
        _ => None,
    };
    see_through_mut(inner.expect("a value with exactly one field has a first field"))
}

/// `Option`s are enums like any other for reflection; only their type's name tells.
pub(crate) fn is_option(value: &dyn Enum) -> bool {
    value.reflect_type_ident() == Some("Option")
        && value.reflect_module_path() == Some("core::option")
}

/// The same for a type no value of which is at hand.
pub(crate) fn is_option_type(info: &TypeInfo) -> bool {
    let path = info.type_path_table();
    path.ident() == Some("Option") && path.module_path() == Some("core::option")
}

fn step_into<'a>(
    value: &'a dyn PartialReflect,
    step: &Step,
) -> Result<&'a dyn PartialReflect, AccessError> {
    let found = match (value.reflect_ref(), step) {
        (ReflectRef::Struct(value), Step::Field(name)) => value.field(name),
        (ReflectRef::Enum(value), Step::Field(name)) => value.field(name),
        (ReflectRef::Enum(value), Step::Element(index)) => {
            element(*index).and_then(|index| value.field_at(index))
        }
        (ReflectRef::TupleStruct(value), Step::Element(index)) => {
            element(*index).and_then(|index| value.field(index))
        }
        (ReflectRef::Tuple(value), Step::Element(index)) => {
            element(*index).and_then(|index| value.field(index))
        }
        (ReflectRef::List(value), Step::Element(index)) => {
            element(*index).and_then(|index| value.get(index))
        }
        (ReflectRef::Array(value), Step::Element(index)) => {
            element(*index).and_then(|index| value.get(index))
        }
        (ReflectRef::Map(value), step) => map_key(step).and_then(|key| value.get(key.as_ref())),
        _ => None,
    };
    found.ok_or_else(|| no_such_step(value, step))
}

fn step_into_mut<'a>(
    value: &'a mut dyn PartialReflect,
    step: &Step,
) -> Result<&'a mut dyn PartialReflect, AccessError> {
    // The error needs the value that the failed step has borrowed, so the step is tried without `mut` first.
    step_into(value, step)?;
    let found = match (value.reflect_mut(), step) {
        (ReflectMut::Struct(value), Step::Field(name)) => value.field_mut(name),
        (ReflectMut::Enum(value), Step::Field(name)) => value.field_mut(name),
        (ReflectMut::Enum(value), Step::Element(index)) => {
            element(*index).and_then(|index| value.field_at_mut(index))
        }
        (ReflectMut::TupleStruct(value), Step::Element(index)) => {
            element(*index).and_then(|index| value.field_mut(index))
        }
        (ReflectMut::Tuple(value), Step::Element(index)) => {
            element(*index).and_then(|index| value.field_mut(index))
        }
        (ReflectMut::List(value), Step::Element(index)) => {
            element(*index).and_then(|index| value.get_mut(index))
        }
        (ReflectMut::Array(value), Step::Element(index)) => {
            element(*index).and_then(|index| value.get_mut(index))
        }
        (ReflectMut::Map(value), step) => map_key(step).and_then(|key| value.get_mut(key.as_ref())),
        _ => None,
    };
    found.ok_or_else(|| AccessError::Other("this place can be read but not written".to_owned()))
}

fn element(index: i64) -> Option<usize> {
    usize::try_from(index.checked_sub(1)?).ok()
}

/// Maps with string keys and with `i64` keys can be reached into; others have no spelling in a script.
fn map_key(step: &Step) -> Option<Box<dyn PartialReflect>> {
    match step {
        Step::Field(name) => Some(Box::new(name.to_string())),
        Step::Element(index) => Some(Box::new(*index)),
    }
}

fn no_such_step(value: &dyn PartialReflect, step: &Step) -> AccessError {
    let owner = type_name(value);
    let (index, length) = match (step, value.reflect_ref()) {
        (Step::Element(index), ReflectRef::List(list)) => (*index, list.len()),
        (Step::Element(index), ReflectRef::Array(array)) => (*index, array.len()),
        (Step::Element(index), ReflectRef::Tuple(tuple)) => (*index, tuple.field_len()),
        (Step::Element(index), ReflectRef::TupleStruct(tuple)) => (*index, tuple.field_len()),
        _ => {
            let field = match step {
                Step::Field(name) => name.to_string(),
                Step::Element(index) => index.to_string(),
            };
            return no_such_field(value, owner, field);
        }
    };
    AccessError::NoElement { owner, index, length }
}

fn no_such_field(value: &dyn PartialReflect, owner: String, field: String) -> AccessError {
    let names: Vec<Cow<'_, str>> = match value.reflect_ref() {
        ReflectRef::Struct(value) => (0..value.field_len())
            .filter_map(|index| value.name_at(index))
            .map(Cow::Borrowed)
            .collect(),
        ReflectRef::Enum(value) if value.variant_type() == VariantType::Struct => (0..value
            .field_len())
            .filter_map(|index| value.name_at(index))
            .map(Cow::Borrowed)
            .collect(),
        ReflectRef::Map(map) => map
            .iter()
            .filter_map(|(key, _)| key.try_downcast_ref::<String>())
            .map(|key| Cow::Borrowed(&**key))
            .collect(),
        _ => Vec::new(),
    };
    let known = if names.is_empty() {
        format!("it has no named fields (a {})", value.reflect_kind())
    } else {
        let hint = did_you_mean(&field, names.iter().map(|name| &**name));
        format!("fields: {}{hint}", one_of(names.iter().map(|name| &**name)))
    };
    AccessError::NoField { field, owner, known }
}
