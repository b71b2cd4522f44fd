//! What scripts see of the game, one file per global.

mod entity;
mod input;
mod log;
mod place;
mod time;
mod world;

pub(crate) use entity::EntityHandle;
pub(crate) use place::PlaceProxy;

use super::host::Host;
use interlune::{Lua, Result};
use std::rc::Rc;

/// Registers all of them.
pub(crate) fn install(lua: &Lua, host: &Rc<Host>) -> Result<()> {
    log::install(lua, host)?;
    world::install(lua, host)?;
    input::install(lua, host)?;
    time::install(lua, host)
}
