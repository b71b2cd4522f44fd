//! `time`: seconds as numbers, without a detour through reflection.

use crate::frame::ScriptFrameStats;
use crate::lua::host::Host;
use bevy::ecs::world::World;
use bevy::time::{Fixed, Time};
use interlune::{Lua, Result};
use std::rc::Rc;

pub(super) fn install(lua: &Lua, host: &Rc<Host>) -> Result<()> {
    let time = lua.create_table()?;
    // In `on_fixed_update` these are the fixed step's, as `Time` is in Bevy's fixed schedules.
    let seconds = |read: fn(&Time) -> f64| {
        function(lua, host, move |world| world.get_resource::<Time>().map_or(0.0, read))
    };
    time.raw_set("delta", seconds(Time::delta_secs_f64)?)?;
    time.raw_set("elapsed", seconds(Time::elapsed_secs_f64)?)?;
    let step = |world: &World| {
        world.get_resource::<Time<Fixed>>().map_or(0.0, |time| time.timestep().as_secs_f64())
    };
    time.raw_set("fixed_step", function(lua, host, step)?)?;
    let frame = |world: &World| {
        world.get_resource::<ScriptFrameStats>().map_or(0, |stats| stats.frame as i64)
    };
    let host = host.clone();
    time.raw_set(
        "frame",
        lua.create_function(move |_, ()| host.with_world(|world| frame(world)))?,
    )?;
    lua.globals().raw_set("time", time)
}

fn function(
    lua: &Lua,
    host: &Rc<Host>,
    read: impl Fn(&World) -> f64 + 'static,
) -> Result<interlune::Function> {
    let host = host.clone();
    lua.create_function(move |_, ()| host.with_world(|world| read(world)))
}
