//! A state with the engine's own allocator and libraries, shared by the peers whose library has both.
//!
//! mlua's own constructor counts bytes in an allocator of its own; LuaJIT loses a factor of five on allocation-heavy
//! programs that way, and PUC Lua a little.

use mlua::{Lua, Result, ffi};

use crate::peer::Command;

/// A fresh state, never closed, whose `require` looks in the script's folder first.
pub fn state(command: &Command) -> Result<Lua> {
    #[allow(
        unsafe_code,
        reason = "only the raw interface makes a state with the engine's own allocator"
    )]
    // SAFETY: the new state is checked for null, is used by this thread only, and is never closed, so that it
    // outlives every handle.
    let lua = unsafe {
        let state = ffi::luaL_newstate();
        assert!(!state.is_null(), "out of memory");
        ffi::luaL_openlibs(state);
        Lua::get_or_init_from_ptr(state).clone()
    };
    let package: mlua::Table = lua.globals().get("package")?;
    let path: String = package.get("path")?;
    package.set(
        "path",
        format!("{}/?.lua;{path}", command.folder().display()),
    )?;
    Ok(lua)
}
