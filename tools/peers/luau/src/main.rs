//! Luau as a peer in benchmarks: every function compiled to native code when it is loaded, optimization level 2.
//! `--jit off` leaves its interpreter alone.
//!
//! Luau's own `require` knows relative paths only, so the script's folder gets the plain one that the benchmark
//! programs expect.

#[path = "../../peer.rs"]
mod peer;

use std::path::Path;

use mlua::chunk::Compiler;
use mlua::{Function, Lua, Result, Table, Value};

fn main() -> std::process::ExitCode {
    let prepare = |command: &peer::Command| {
        let lua = Lua::new();
        lua.set_compiler(
            Compiler::new()
                .set_optimization_level(2)
                .set_debug_level(1)
                .set_type_info_level(1),
        );
        lua.enable_jit(command.jit);
        let require = require(&lua, command.folder())?;
        lua.globals().set("require", require)?;
        Ok(lua)
    };
    // Native code trusts the builtin functions, and so runs at all in most functions, only in a sandboxed state.
    peer::run(prepare, |lua| lua.sandbox(true))
}

/// `require(name)`: runs `name.lua` of the folder once and returns what it returned.
fn require(lua: &Lua, folder: &Path) -> Result<Function> {
    let folder = folder.to_owned();
    let loaded = lua.create_table()?;
    lua.create_function(move |lua, name: String| load_module(lua, &folder, &loaded, &name))
}

fn load_module(lua: &Lua, folder: &Path, loaded: &Table, name: &str) -> Result<Value> {
    let known: Value = loaded.get(name)?;
    if !known.is_nil() {
        return Ok(known);
    }
    let path = folder.join(name.replace('.', "/")).with_extension("lua");
    let source = std::fs::read(&path).map_err(|error| {
        mlua::Error::runtime(format!(
            "module '{name}' not found: {}: {error}",
            path.display()
        ))
    })?;
    let value: Value = lua
        .load(source)
        .set_name(format!("@{}", path.display()))
        .call(())?;
    loaded.set(
        name,
        if value.is_nil() {
            Value::Boolean(true)
        } else {
            value
        },
    )?;
    loaded.get(name)
}
