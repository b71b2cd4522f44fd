//! Making a reflected value out of what a script wrote: `{ translation = vec3(1, 2, 3) }` for a `Transform`.
//!
//! Each level is checked against the Rust type's description before anything changes, so that a write either happens
//! whole or leaves the component as it was, and so that a mistake names the field it is in.

use super::error::AccessError;
use super::leaf::leaf_of;
use super::path::is_option_type;
use super::suggest::{did_you_mean, one_of};
use super::value::HostValue;
use bevy::prelude::ReflectDefault;
use bevy::reflect::array::DynamicArray;
use bevy::reflect::enums::{DynamicEnum, DynamicVariant, EnumInfo, VariantInfo};
use bevy::reflect::list::DynamicList;
use bevy::reflect::map::{DynamicMap, Map, MapInfo};
use bevy::reflect::set::{DynamicSet, Set};
use bevy::reflect::structs::{DynamicStruct, StructInfo};
use bevy::reflect::tuple::DynamicTuple;
use bevy::reflect::tuple_struct::DynamicTupleStruct;
use bevy::reflect::{
    NamedField, PartialReflect, Reflect, ReflectFromReflect, ReflectMut, ReflectRef, TypeInfo,
    TypeRegistry, UnnamedField,
};
use std::any::TypeId;

type Built = Result<Box<dyn PartialReflect>, AccessError>;

/// Makes a value of the type `info` describes; `place` names it in messages. Structs may leave fields out.
pub(crate) fn build(
    types: &TypeRegistry,
    value: &HostValue,
    info: &'static TypeInfo,
    place: &str,
) -> Built {
    if let Some(leaf) = leaf_of(info.type_id()) {
        return (leaf.build)(value).ok_or_else(|| mismatch(place, leaf.wants, value));
    }
    match info {
        TypeInfo::Struct(info) => build_struct(types, value, info, place),
        TypeInfo::TupleStruct(info) => {
            let mut made = DynamicTupleStruct::default();
            for part in build_unnamed(types, value, info.iter().as_slice(), place)? {
                made.insert_boxed(part);
            }
            Ok(Box::new(made))
        }
        TypeInfo::Tuple(info) => {
            let mut made = DynamicTuple::default();
            for part in build_unnamed(types, value, info.iter().as_slice(), place)? {
                made.insert_boxed(part);
            }
            Ok(Box::new(made))
        }
        TypeInfo::Enum(enum_info) => {
            build_enum(types, value, enum_info, is_option_type(info), place)
        }
        TypeInfo::List(info) => {
            let mut made = DynamicList::default();
            for item in build_items(types, value, info.item_info(), place)? {
                made.push_box(item);
            }
            Ok(Box::new(made))
        }
        TypeInfo::Array(array) => {
            let HostValue::Sequence(items) = value else {
                return Err(mismatch(place, "a list", value));
            };
            if items.len() != array.capacity() {
                return Err(mismatch(place, &format!("a list of {}", array.capacity()), value));
            }
            let items = build_items(types, value, array.item_info(), place)?;
            Ok(Box::new(DynamicArray::new(items.into())))
        }
        TypeInfo::Map(map) => build_map(types, value, map, place),
        TypeInfo::Set(set) if leaf_of(set.value_ty().id()).is_some() => {
            build_set(value, set.value_ty().id(), place)
        }
        TypeInfo::Set(_) | TypeInfo::Opaque(_) => Err(AccessError::WrongType {
            place: place.to_owned(),
            wants: format!("a {}, which scripts cannot make", info.type_path_table().short_path()),
            got: value.kind().to_owned(),
        }),
    }
}

pub(crate) fn mismatch(place: &str, wants: &str, got: &HostValue) -> AccessError {
    let got = match got {
        HostValue::Integer(number) => format!("number {number}"),
        HostValue::Number(number) => format!("number {number}"),
        other => other.kind().to_owned(),
    };
    // "wants a number, got number 1.5" would say too much when the kinds differ anyway.
    let got = if wants.starts_with("an integer") {
        got
    } else {
        got.split(' ').next().unwrap_or("value").to_owned()
    };
    AccessError::WrongType { place: place.to_owned(), wants: wants.to_owned(), got }
}

fn build_struct(
    types: &TypeRegistry,
    value: &HostValue,
    info: &'static StructInfo,
    place: &str,
) -> Built {
    let owner = info.type_path_table().short_path();
    let mut made = DynamicStruct::default();
    match value {
        HostValue::Fields(fields) => {
            for (name, value) in fields {
                let field = info.field(name).ok_or_else(|| {
                    let names = || info.iter().map(NamedField::name);
                    AccessError::NoField {
                        field: name.clone(),
                        owner: owner.to_owned(),
                        known: format!(
                            "fields: {}{}",
                            one_of(names()),
                            did_you_mean(name, names())
                        ),
                    }
                })?;
                made.insert_boxed(
                    name.clone(),
                    build_field(types, value, field.type_info(), &field_place(name, owner))?,
                );
            }
        }
        // An empty table is a sequence of nothing and a struct without a field set.
        HostValue::Sequence(items) if items.is_empty() => {}
        other => return Err(mismatch(place, &format!("a table ({owner})"), other)),
    }
    Ok(Box::new(made))
}

/// How messages name a field.
pub(crate) fn field_place(field: &str, owner: &str) -> String {
    format!("field '{field}' of {owner}")
}

fn build_field(
    types: &TypeRegistry,
    value: &HostValue,
    info: Option<&'static TypeInfo>,
    place: &str,
) -> Built {
    match info {
        Some(info) => build(types, value, info, place),
        None => Err(AccessError::CannotBuild(place.to_owned())),
    }
}

fn build_unnamed(
    types: &TypeRegistry,
    value: &HostValue,
    fields: &'static [UnnamedField],
    place: &str,
) -> Result<Vec<Box<dyn PartialReflect>>, AccessError> {
    // A single unnamed field is the value itself: `entity.Health = 5` for `struct Health(f32)`.
    if let [field] = fields {
        return Ok(vec![build_field(types, value, field.type_info(), place)?]);
    }
    let wants = || format!("a list of {}", fields.len());
    let HostValue::Sequence(items) = value else {
        return Err(mismatch(place, &wants(), value));
    };
    if items.len() != fields.len() {
        return Err(mismatch(place, &wants(), value));
    }
    items
        .iter()
        .zip(fields)
        .map(|(item, field)| build_field(types, item, field.type_info(), place))
        .collect()
}

fn build_items(
    types: &TypeRegistry,
    value: &HostValue,
    item_info: Option<&'static TypeInfo>,
    place: &str,
) -> Result<Vec<Box<dyn PartialReflect>>, AccessError> {
    let HostValue::Sequence(items) = value else {
        return Err(mismatch(place, "a list", value));
    };
    let build = |(index, item)| {
        let place = format!("element {} of {place}", index + 1);
        build_whole(types, item, item_info, &place)
    };
    items.iter().enumerate().map(build).collect()
}

fn build_map(
    types: &TypeRegistry,
    value: &HostValue,
    info: &'static MapInfo,
    place: &str,
) -> Built {
    let Some(key_type) = leaf_of(info.key_ty().id()) else {
        return Err(AccessError::CannotBuild(place.to_owned()));
    };
    let entries: Vec<(HostValue, &HostValue)> = match value {
        HostValue::Fields(fields) => {
            fields.iter().map(|(key, item)| (HostValue::String(key.clone()), item)).collect()
        }
        HostValue::Sequence(items) => {
            (1..).zip(items).map(|(key, item)| (HostValue::Integer(key), item)).collect()
        }
        other => return Err(mismatch(place, "a table", other)),
    };
    let mut made = DynamicMap::default();
    for (key, item) in entries {
        let text = match &key {
            HostValue::String(name) => format!("'{name}'"),
            HostValue::Integer(number) => number.to_string(),
            other => other.kind().to_owned(),
        };
        let built = (key_type.build)(&key)
            .ok_or_else(|| mismatch(&format!("key {text} of {place}"), key_type.wants, &key))?;
        let item =
            build_whole(types, item, info.value_info(), &format!("entry {text} of {place}"))?;
        made.insert_boxed(built, item);
    }
    Ok(Box::new(made))
}

fn build_set(value: &HostValue, item_type: TypeId, place: &str) -> Built {
    let HostValue::Sequence(items) = value else {
        return Err(mismatch(place, "a list", value));
    };
    let mut made = DynamicSet::default();
    for (index, item) in items.iter().enumerate() {
        let leaf = leaf_of(item_type).ok_or_else(|| AccessError::CannotBuild(place.to_owned()))?;
        let place = || format!("element {} of {place}", index + 1);
        let item = (leaf.build)(item).ok_or_else(|| mismatch(&place(), leaf.wants, item))?;
        made.insert_boxed(item);
    }
    Ok(Box::new(made))
}

/// A value that is put where none was before, so it must be complete: what is left out has its default.
fn build_whole(
    types: &TypeRegistry,
    value: &HostValue,
    info: Option<&'static TypeInfo>,
    place: &str,
) -> Built {
    let cannot = || AccessError::CannotBuild(place.to_owned());
    let info = info.ok_or_else(cannot)?;
    let made = build(types, value, info, place)?;
    match concrete(made, types, info.type_id()) {
        Ok(whole) => Ok(whole.into_partial_reflect()),
        Err(partial) => {
            let default = types.get_type_data::<ReflectDefault>(info.type_id());
            let mut whole = default.ok_or_else(cannot)?.default();
            assign(whole.as_partial_reflect_mut(), partial.as_ref())?;
            Ok(whole.into_partial_reflect())
        }
    }
}

/// A built value as its concrete type; given back if the type cannot be made from it alone (fields left out).
pub(crate) fn concrete(
    made: Box<dyn PartialReflect>,
    types: &TypeRegistry,
    type_id: TypeId,
) -> Result<Box<dyn Reflect>, Box<dyn PartialReflect>> {
    made.try_into_reflect().or_else(|dynamic| {
        let from_reflect = types.get_type_data::<ReflectFromReflect>(type_id);
        from_reflect.and_then(|from| from.from_reflect(dynamic.as_ref())).ok_or(dynamic)
    })
}

/// Stores a built value: fields that it leaves out keep theirs, lists, maps and sets become exactly what it holds.
pub(crate) fn assign(
    place: &mut dyn PartialReflect,
    made: &dyn PartialReflect,
) -> Result<(), AccessError> {
    clear_collections(place, made);
    place.try_apply(made).map_err(|error| AccessError::Other(error.to_string()))
}

/// Empties the lists and maps that `made` has: what is applied to them adds to what they hold, or goes into elements
/// that are there.
fn clear_collections(place: &mut dyn PartialReflect, made: &dyn PartialReflect) {
    match (place.reflect_mut(), made.reflect_ref()) {
        (ReflectMut::List(list), ReflectRef::List(_)) => while list.pop().is_some() {},
        (ReflectMut::Map(map), ReflectRef::Map(_)) => map.retain(&mut |_, _| false),
        (ReflectMut::Struct(place), ReflectRef::Struct(made)) => {
            for (name, part) in made.iter_fields() {
                if let Some(field) = place.field_mut(name) {
                    clear_collections(field, part);
                }
            }
        }
        (ReflectMut::TupleStruct(place), ReflectRef::TupleStruct(made)) => {
            for (index, part) in made.iter_fields().enumerate() {
                if let Some(field) = place.field_mut(index) {
                    clear_collections(field, part);
                }
            }
        }
        (ReflectMut::Tuple(place), ReflectRef::Tuple(made)) => {
            for (index, part) in made.iter_fields().enumerate() {
                if let Some(field) = place.field_mut(index) {
                    clear_collections(field, part);
                }
            }
        }
        (ReflectMut::Array(place), ReflectRef::Array(made)) => {
            for (index, part) in made.iter().enumerate() {
                if let Some(item) = place.get_mut(index) {
                    clear_collections(item, part);
                }
            }
        }
        (ReflectMut::Enum(place), ReflectRef::Enum(made))
            if place.variant_name() == made.variant_name() =>
        {
            for (index, field) in made.iter_fields().enumerate() {
                let part = match field.name() {
                    Some(name) => place.field_mut(name),
                    None => place.field_at_mut(index),
                };
                if let Some(part) = part {
                    clear_collections(part, field.value());
                }
            }
        }
        _ => {}
    }
}

/// `"Hidden"` for a variant without content, `{ Custom = … }` for one with; an option is its content or nil.
fn build_enum(
    types: &TypeRegistry,
    value: &HostValue,
    info: &'static EnumInfo,
    is_option: bool,
    place: &str,
) -> Built {
    if is_option {
        return match (value, info.variant("Some")) {
            (HostValue::Nil, _) => Ok(Box::new(DynamicEnum::new("None", ()))),
            (value, Some(some)) => {
                Ok(Box::new(DynamicEnum::new("Some", build_variant(types, value, some, place)?)))
            }
            (_, None) => Err(AccessError::CannotBuild(place.to_owned())),
        };
    }
    let (name, payload) = match value {
        HostValue::String(name) => (name, None),
        HostValue::Fields(fields) if fields.len() == 1 => (&fields[0].0, Some(&fields[0].1)),
        other => {
            let wants = format!("a variant of {} by name", info.type_path_table().short_path());
            return Err(mismatch(place, &wants, other));
        }
    };
    let variant = info.variant(name).ok_or_else(|| {
        let names = || info.variant_names().iter().copied();
        AccessError::NoVariant {
            owner: info.type_path_table().short_path().to_owned(),
            name: name.clone(),
            hint: did_you_mean(name, names()),
            known: one_of(names()),
        }
    })?;
    let content = match payload {
        None => DynamicVariant::Unit,
        Some(payload) => build_variant(types, payload, variant, place)?,
    };
    match (&content, variant) {
        (DynamicVariant::Unit, VariantInfo::Tuple(_) | VariantInfo::Struct(_)) => {
            Err(AccessError::WrongType {
                place: place.to_owned(),
                wants: format!("{{ {name} = … }}: this variant has content"),
                got: "string".to_owned(),
            })
        }
        _ => Ok(Box::new(DynamicEnum::new(name.clone(), content))),
    }
}

fn build_variant(
    types: &TypeRegistry,
    value: &HostValue,
    variant: &'static VariantInfo,
    place: &str,
) -> Result<DynamicVariant, AccessError> {
    match variant {
        VariantInfo::Unit(_) => Ok(DynamicVariant::Unit),
        VariantInfo::Tuple(info) => {
            let mut made = DynamicTuple::default();
            for part in build_unnamed(types, value, info.iter().as_slice(), place)? {
                made.insert_boxed(part);
            }
            Ok(DynamicVariant::Tuple(made))
        }
        VariantInfo::Struct(info) => {
            let HostValue::Fields(fields) = value else {
                return Err(mismatch(place, "a table", value));
            };
            let mut made = DynamicStruct::default();
            for (name, value) in fields {
                let field = info.field(name).ok_or_else(|| AccessError::NoField {
                    field: name.clone(),
                    owner: info.name().to_owned(),
                    known: format!("fields: {}", one_of(info.iter().map(NamedField::name))),
                })?;
                made.insert_boxed(
                    name.clone(),
                    build_field(types, value, field.type_info(), place)?,
                );
            }
            Ok(DynamicVariant::Struct(made))
        }
    }
}
