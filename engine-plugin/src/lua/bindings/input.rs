//! `input`: keyboard and mouse. Keys and buttons go by Bevy's names (`"KeyW"`, `"Space"`, `"Left"`) or, for letters
//! and digits, by themselves (`"W"`, `"1"`).
//!
//! "Just pressed" means in this frame. A fixed step may run twice in a frame, or not at all: ask in `on_update`.

use crate::access::did_you_mean;
use crate::lua::host::Host;
use bevy::ecs::world::World;
use bevy::input::ButtonInput;
use bevy::input::keyboard::KeyCode;
use bevy::input::mouse::{AccumulatedMouseMotion, AccumulatedMouseScroll, MouseButton};
use bevy::math::Vec2;
use bevy::reflect::enums::DynamicEnum;
use bevy::reflect::{FromReflect, TypeInfo, Typed};
use bevy::window::{PrimaryWindow, Window};
use interlune::{Error, Lua, Result, Value};
use std::hash::Hash;
use std::rc::Rc;

pub(super) fn install(lua: &Lua, host: &Rc<Host>) -> Result<()> {
    let input = lua.create_table()?;
    input.raw_set("pressed", button(lua, host, key, ButtonInput::pressed)?)?;
    input.raw_set("just_pressed", button(lua, host, key, ButtonInput::just_pressed)?)?;
    input.raw_set("just_released", button(lua, host, key, ButtonInput::just_released)?)?;
    input.raw_set("mouse_pressed", button(lua, host, mouse_button, ButtonInput::pressed)?)?;
    input.raw_set(
        "mouse_just_pressed",
        button(lua, host, mouse_button, ButtonInput::just_pressed)?,
    )?;
    input.raw_set(
        "mouse_just_released",
        button(lua, host, mouse_button, ButtonInput::just_released)?,
    )?;

    // In pixels from the window's upper left corner; nil while the mouse is elsewhere.
    let shared = host.clone();
    input.raw_set(
        "mouse_position",
        lua.create_function(move |_, ()| Ok(shared.with_world(cursor)?.map_or(Value::Nil, vec2)))?,
    )?;
    let shared = host.clone();
    input.raw_set(
        "mouse_delta",
        lua.create_function(move |_, ()| {
            let moved = |world: &mut World| {
                world.get_resource::<AccumulatedMouseMotion>().map_or(Vec2::ZERO, |m| m.delta)
            };
            shared.with_world(moved).map(vec2)
        })?,
    )?;
    let shared = host.clone();
    input.raw_set(
        "scroll",
        lua.create_function(move |_, ()| {
            let turned = |world: &mut World| {
                world.get_resource::<AccumulatedMouseScroll>().map_or(Vec2::ZERO, |m| m.delta)
            };
            shared.with_world(turned).map(vec2)
        })?,
    )?;
    lua.globals().raw_set("input", input)
}

fn vec2(v: Vec2) -> Value {
    Value::Vec2(interlune::Vec2(v.to_array()))
}

fn cursor(world: &mut World) -> Option<Vec2> {
    let mut windows = world.query_filtered::<&Window, bevy::ecs::query::With<PrimaryWindow>>();
    windows.iter(world).next().and_then(Window::cursor_position)
}

/// A function that asks one question about one button. Without the input plugin nothing is ever pressed.
fn button<B: Copy + Eq + Hash + Send + Sync + 'static>(
    lua: &Lua,
    host: &Rc<Host>,
    named: fn(&str) -> Result<B>,
    question: fn(&ButtonInput<B>, B) -> bool,
) -> Result<interlune::Function> {
    let host = host.clone();
    lua.create_function(move |_, name: String| {
        let button = named(&name)?;
        host.with_world(|world| {
            world.get_resource::<ButtonInput<B>>().is_some_and(|input| question(input, button))
        })
    })
}

fn key(name: &str) -> Result<KeyCode> {
    let mut letters = name.chars();
    let full = match (letters.next(), letters.next()) {
        (Some(letter), None) if letter.is_ascii_alphabetic() => {
            format!("Key{}", letter.to_ascii_uppercase())
        }
        (Some(digit), None) if digit.is_ascii_digit() => format!("Digit{digit}"),
        _ => name.to_owned(),
    };
    unit_variant(&full, "key")
}

fn mouse_button(name: &str) -> Result<MouseButton> {
    unit_variant(name, "mouse button")
}

/// A variant of an enum by its name; reflection has the list.
fn unit_variant<E: FromReflect + Typed>(name: &str, kind: &str) -> Result<E> {
    let unknown =
        |hint: String| Error::runtime(format!("there is no {kind} called '{name}'{hint}"));
    let TypeInfo::Enum(info) = E::type_info() else {
        return Err(unknown(String::new()));
    };
    if !info.contains_variant(name) {
        return Err(unknown(did_you_mean(name, info.variant_names().iter().copied())));
    }
    E::from_reflect(&DynamicEnum::new(name, ())).ok_or_else(|| unknown(String::new()))
}
