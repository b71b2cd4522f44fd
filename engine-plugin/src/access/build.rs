//! Making a reflected value out of what a script wrote: `{ translation = vec3(1, 2, 3) }` for a `Transform`.
//!
//! Each level is checked against the Rust type's description before anything changes, so that a write either happens
//! whole or leaves the component as it was, and so that a mistake names the field it is in.

use super::error::AccessError;
use super::leaf::leaf_of;
use super::path::is_option_type;
use super::suggest::{did_you_mean, one_of};
use super::value::HostValue;
use bevy::reflect::enums::{DynamicEnum, DynamicVariant, EnumInfo, VariantInfo};
use bevy::reflect::list::DynamicList;
use bevy::reflect::map::{DynamicMap, Map};
use bevy::reflect::structs::{DynamicStruct, StructInfo};
use bevy::reflect::tuple::DynamicTuple;
use bevy::reflect::tuple_struct::DynamicTupleStruct;
use bevy::reflect::{NamedField, PartialReflect, TypeInfo, UnnamedField};

type Built = Result<Box<dyn PartialReflect>, AccessError>;

/// Makes a value of the type `info` describes; `place` names it in messages. Structs may leave fields out.
pub(crate) fn build(value: &HostValue, info: &'static TypeInfo, place: &str) -> Built {
    if let Some(leaf) = leaf_of(info.type_id()) {
        return (leaf.build)(value).ok_or_else(|| mismatch(place, leaf.wants, value));
    }
    match info {
        TypeInfo::Struct(info) => build_struct(value, info, place),
        TypeInfo::TupleStruct(info) => {
            let mut made = DynamicTupleStruct::default();
            for part in build_unnamed(value, info.iter().as_slice(), place)? {
                made.insert_boxed(part);
            }
            Ok(Box::new(made))
        }
        TypeInfo::Tuple(info) => {
            let mut made = DynamicTuple::default();
            for part in build_unnamed(value, info.iter().as_slice(), place)? {
                made.insert_boxed(part);
            }
            Ok(Box::new(made))
        }
        TypeInfo::Enum(enum_info) => build_enum(value, enum_info, is_option_type(info), place),
        TypeInfo::List(info) => build_sequence(value, info.item_info(), place),
        TypeInfo::Array(array) => {
            let HostValue::Sequence(items) = value else {
                return Err(mismatch(place, "a list", value));
            };
            if items.len() != array.capacity() {
                return Err(mismatch(place, &format!("a list of {}", array.capacity()), value));
            }
            build_sequence(value, array.item_info(), place)
        }
        TypeInfo::Map(map) => build_map(value, map.value_info(), place),
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

fn build_struct(value: &HostValue, info: &'static StructInfo, place: &str) -> Built {
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
                    build_field(value, field.type_info(), &field_place(name, owner))?,
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

fn build_field(value: &HostValue, info: Option<&'static TypeInfo>, place: &str) -> Built {
    match info {
        Some(info) => build(value, info, place),
        None => Err(AccessError::CannotBuild(place.to_owned())),
    }
}

fn build_unnamed(
    value: &HostValue,
    fields: &'static [UnnamedField],
    place: &str,
) -> Result<Vec<Box<dyn PartialReflect>>, AccessError> {
    // A single unnamed field is the value itself: `entity.Health = 5` for `struct Health(f32)`.
    if let [field] = fields {
        return Ok(vec![build_field(value, field.type_info(), place)?]);
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
        .map(|(item, field)| build_field(item, field.type_info(), place))
        .collect()
}

fn build_sequence(value: &HostValue, item_info: Option<&'static TypeInfo>, place: &str) -> Built {
    let HostValue::Sequence(items) = value else {
        return Err(mismatch(place, "a list", value));
    };
    let mut made = DynamicList::default();
    for (index, item) in items.iter().enumerate() {
        made.push_box(build_field(item, item_info, &format!("element {} of {place}", index + 1))?);
    }
    Ok(Box::new(made))
}

fn build_map(value: &HostValue, value_info: Option<&'static TypeInfo>, place: &str) -> Built {
    let HostValue::Fields(fields) = value else {
        return Err(mismatch(place, "a table", value));
    };
    let mut made = DynamicMap::default();
    for (key, item) in fields {
        let item = build_field(item, value_info, &format!("entry '{key}' of {place}"))?;
        made.insert_boxed(Box::new(key.clone()), item);
    }
    Ok(Box::new(made))
}

/// `"Hidden"` for a variant without content, `{ Custom = … }` for one with; an option is its content or nil.
fn build_enum(value: &HostValue, info: &'static EnumInfo, is_option: bool, place: &str) -> Built {
    if is_option {
        return match (value, info.variant("Some")) {
            (HostValue::Nil, _) => Ok(Box::new(DynamicEnum::new("None", ()))),
            (value, Some(some)) => {
                Ok(Box::new(DynamicEnum::new("Some", build_variant(value, some, place)?)))
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
        Some(payload) => build_variant(payload, variant, place)?,
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
    value: &HostValue,
    variant: &'static VariantInfo,
    place: &str,
) -> Result<DynamicVariant, AccessError> {
    match variant {
        VariantInfo::Unit(_) => Ok(DynamicVariant::Unit),
        VariantInfo::Tuple(info) => {
            let mut made = DynamicTuple::default();
            for part in build_unnamed(value, info.iter().as_slice(), place)? {
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
                made.insert_boxed(name.clone(), build_field(value, field.type_info(), place)?);
            }
            Ok(DynamicVariant::Struct(made))
        }
    }
}
