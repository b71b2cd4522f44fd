//! Values without parts, as scripts see them: one row per Rust type, from which reading, writing and building follow.
//!
//! A type found here becomes a Lua value at once. Everything else is composite and becomes a proxy.

use super::value::HostValue;
use bevy::color::{Color, ColorToComponents, Srgba};
use bevy::ecs::entity::Entity;
use bevy::ecs::name::Name;
use bevy::math::{IVec2, IVec3, UVec2, UVec3, Vec2, Vec3, Vec3A};
use bevy::reflect::{PartialReflect, Reflect};
use bevy::utils::TypeIdMap;
use std::any::{Any, TypeId};
use std::borrow::Cow;

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

/// One row: how a type crosses the border.
pub(crate) struct Leaf {
    /// What the type accepts, as in "wants a number".
    pub(crate) wants: &'static str,
    /// Reads a value whose type is this row's; `None` for any other.
    pub(crate) read: fn(&dyn Any) -> Option<HostValue>,
    /// Stores a value in place. False: the value does not fit.
    pub(crate) write: fn(&mut dyn Any, &HostValue) -> bool,
    /// Makes a new one.
    pub(crate) build: fn(&HostValue) -> Option<Box<dyn PartialReflect>>,
}

/// The row of a type, if it is a leaf.
pub(crate) fn leaf_of(type_id: TypeId) -> Option<&'static Leaf> {
    static ROWS: OnceLock<TypeIdMap<Leaf>> = OnceLock::new();
    ROWS.get_or_init(rows).get(&type_id)
}

trait LeafType: Reflect + Sized {
    const WANTS: &'static str;
    fn to_host(&self) -> HostValue;
    fn from_host(value: &HostValue) -> Option<Self>;
}

fn row<T: LeafType>() -> (TypeId, Leaf) {
    let leaf = Leaf {
        wants: T::WANTS,
        read: |value| value.downcast_ref::<T>().map(T::to_host),
        write: |place, value| match (place.downcast_mut::<T>(), T::from_host(value)) {
            (Some(place), Some(value)) => {
                *place = value;
                true
            }
            _ => false,
        },
        build: |value| T::from_host(value).map(|value| Box::new(value).into_partial_reflect()),
    };
    (TypeId::of::<T>(), leaf)
}

#[rustfmt::skip]
fn rows() -> TypeIdMap<Leaf> {
    TypeIdMap::from_iter([
        row::<bool>(), row::<f32>(), row::<f64>(),
        row::<i8>(), row::<i16>(), row::<i32>(), row::<i64>(), row::<i128>(), row::<isize>(),
        row::<u8>(), row::<u16>(), row::<u32>(), row::<u64>(), row::<u128>(), row::<usize>(),
        row::<char>(), row::<String>(), row::<Cow<'static, str>>(), row::<PathBuf>(), row::<Name>(),
        row::<Vec2>(), row::<Vec3>(), row::<Vec3A>(),
        row::<IVec2>(), row::<IVec3>(), row::<UVec2>(), row::<UVec3>(),
        row::<Entity>(), row::<Duration>(), row::<Color>(),
    ])
}

impl LeafType for bool {
    const WANTS: &'static str = "a boolean";
    fn to_host(&self) -> HostValue {
        HostValue::Boolean(*self)
    }
    fn from_host(value: &HostValue) -> Option<Self> {
        match value {
            HostValue::Boolean(value) => Some(*value),
            _ => None,
        }
    }
}

fn number(value: &HostValue) -> Option<f64> {
    match value {
        HostValue::Integer(value) => Some(*value as f64),
        HostValue::Number(value) => Some(*value),
        _ => None,
    }
}

/// An integer, or a float that is one, as Lua's own conversion has it.
fn integer(value: &HostValue) -> Option<i128> {
    match value {
        HostValue::Integer(value) => Some(i128::from(*value)),
        // Beyond 2^127 the cast saturates and does not compare equal, so nothing slips through.
        HostValue::Number(value) if (*value as i128) as f64 == *value => Some(*value as i128),
        _ => None,
    }
}

macro_rules! floats {
    ($($float:ty),*) => {$(
        impl LeafType for $float {
            const WANTS: &'static str = "a number";
            fn to_host(&self) -> HostValue {
                HostValue::Number(f64::from(*self))
            }
            fn from_host(value: &HostValue) -> Option<Self> {
                number(value).map(|value| value as $float)
            }
        }
    )*};
}
floats!(f32, f64);

macro_rules! integers {
    ($($integer:ty => $wants:literal),* $(,)?) => {$(
        impl LeafType for $integer {
            const WANTS: &'static str = $wants;
            fn to_host(&self) -> HostValue {
                // Lua has no wider integer: what does not fit becomes the nearest float.
                match i64::try_from(*self) {
                    Ok(value) => HostValue::Integer(value),
                    Err(_) => HostValue::Number(*self as f64),
                }
            }
            fn from_host(value: &HostValue) -> Option<Self> {
                integer(value).and_then(|value| Self::try_from(value).ok())
            }
        }
    )*};
}
integers! {
    i8 => "an integer from -128 to 127",
    i16 => "an integer from -32768 to 32767",
    i32 => "an integer of 32 bits",
    i64 => "an integer",
    i128 => "an integer",
    isize => "an integer",
    u8 => "an integer from 0 to 255",
    u16 => "an integer from 0 to 65535",
    u32 => "an integer from 0 to 4294967295",
    u64 => "an integer that is not negative",
    u128 => "an integer that is not negative",
    usize => "an integer that is not negative",
}

macro_rules! strings {
    ($($string:ty: $value:ident => $read:expr),* $(,)?) => {$(
        impl LeafType for $string {
            const WANTS: &'static str = "a string";
            fn to_host(&self) -> HostValue {
                let $value = self;
                HostValue::String($read)
            }
            fn from_host(value: &HostValue) -> Option<Self> {
                match value {
                    HostValue::String(text) => Some(text.clone().into()),
                    _ => None,
                }
            }
        }
    )*};
}
strings! {
    String: value => value.clone(),
    Cow<'static, str>: value => value.to_string(),
    PathBuf: value => value.display().to_string(),
    Name: value => value.as_str().to_owned(),
}

impl LeafType for char {
    const WANTS: &'static str = "a string of one character";
    fn to_host(&self) -> HostValue {
        HostValue::String(self.to_string())
    }
    fn from_host(value: &HostValue) -> Option<Self> {
        let HostValue::String(text) = value else {
            return None;
        };
        let mut characters = text.chars();
        characters.next().filter(|_| characters.next().is_none())
    }
}

macro_rules! vectors {
    ($($vector:ty, $host:ident, $wants:literal: $to:expr, $from:expr);* $(;)?) => {$(
        impl LeafType for $vector {
            const WANTS: &'static str = $wants;
            fn to_host(&self) -> HostValue {
                let to: fn($vector) -> $host = $to;
                HostValue::$host(to(*self))
            }
            fn from_host(value: &HostValue) -> Option<Self> {
                let from: fn($host) -> $vector = $from;
                match value {
                    HostValue::$host(value) => Some(from(*value)),
                    _ => None,
                }
            }
        }
    )*};
}
vectors! {
    Vec2, Vec2, "a vec2": |v| v, |v| v;
    IVec2, Vec2, "a vec2": |v| v.as_vec2(), |v| v.as_ivec2();
    UVec2, Vec2, "a vec2": |v| v.as_vec2(), |v| v.as_uvec2();
    Vec3, Vec3, "a vec3": |v| v, |v| v;
    Vec3A, Vec3, "a vec3": Vec3::from, Vec3A::from;
    IVec3, Vec3, "a vec3": |v| v.as_vec3(), |v| v.as_ivec3();
    UVec3, Vec3, "a vec3": |v| v.as_vec3(), |v| v.as_uvec3();
}

impl LeafType for Entity {
    const WANTS: &'static str = "an entity";
    fn to_host(&self) -> HostValue {
        HostValue::Entity(*self)
    }
    fn from_host(value: &HostValue) -> Option<Self> {
        match value {
            HostValue::Entity(entity) => Some(*entity),
            _ => None,
        }
    }
}

impl LeafType for Duration {
    const WANTS: &'static str = "a number of seconds";
    fn to_host(&self) -> HostValue {
        HostValue::Number(self.as_secs_f64())
    }
    fn from_host(value: &HostValue) -> Option<Self> {
        number(value).and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
    }
}

impl LeafType for Color {
    const WANTS: &'static str =
        "a colour: \"#rrggbb\", a vec3, or {r, g, b} with an optional alpha";
    fn to_host(&self) -> HostValue {
        let parts = self.to_srgba().to_f32_array();
        HostValue::Sequence(parts.map(|part| HostValue::Number(f64::from(part))).to_vec())
    }
    fn from_host(value: &HostValue) -> Option<Self> {
        match value {
            HostValue::String(hex) => Srgba::hex(hex).ok().map(Color::from),
            HostValue::Vec3(v) => Some(Color::srgb(v.x, v.y, v.z)),
            HostValue::Sequence(parts) if matches!(parts.len(), 3 | 4) => {
                let part = |index: usize| parts.get(index).and_then(number).map(|part| part as f32);
                let alpha = if parts.len() == 4 { part(3)? } else { 1.0 };
                Some(Color::srgba(part(0)?, part(1)?, part(2)?, alpha))
            }
            _ => None,
        }
    }
}
