//! Reading and writing reflected components and resources by name: the part that knows Bevy and not Lua.
//!
//! A script's `entity.Transform.translation = p` becomes a [`TypeAccess`] found by name ([`directory`]), a
//! [`Target`] (which component of which entity), a path of [`Step`]s below it ([`path`]), and a [`HostValue`] that
//! is read from or written to what the path leads to ([`leaf`] for values without parts, [`build`] for the rest).
//! Whatever goes wrong is an [`AccessError`] that says what exists instead.
//!
//! `crate::lua` turns `HostValue`s into Lua values and back. No unsafe here: everything goes through reflection.

mod build;
mod directory;
mod error;
mod leaf;
mod path;
mod suggest;
mod target;
mod value;

pub(crate) use directory::{TypeAccess, TypeDirectory, components_of};
pub(crate) use error::AccessError;
pub(crate) use path::{Step, see_through};
pub(crate) use suggest::{did_you_mean, one_of};
pub(crate) use target::Target;
pub(crate) use value::HostValue;

#[cfg(test)]
mod tests;
