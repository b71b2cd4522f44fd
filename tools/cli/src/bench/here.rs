//! Programs that run in this process, so that their compilers can be looked into.

use anyhow::{Context, Result, anyhow};
use interlune::jit::{Jit, Options};
use interlune::{FromLuaMulti, Libs, Lua};

use super::sizes::Program;
use crate::run::search_beside;

/// A VM that prints nothing, for a program in a file.
pub fn state(file: &str) -> Result<Lua> {
    let lua = Lua::with_libs(Libs::Full);
    lua.set_print(|_| {});
    search_beside(&lua, file).map_err(|error| anyhow!("{error}"))?;
    Ok(lua)
}

/// Runs the chunk in a file with a number as its argument.
pub fn call<R: FromLuaMulti>(lua: &Lua, file: &str, size: i64) -> Result<R> {
    let source = std::fs::read(file).with_context(|| format!("cannot read {file}"))?;
    let called = lua.load(source).set_name(format!("@{file}")).call::<R>(size);
    called.map_err(|error| anyhow!("{error}"))
}

/// Runs a program to its end.
pub fn run(program: &Program, options: Options) -> Result<()> {
    let file = program.path.to_string_lossy();
    let lua = state(&file)?;
    Jit::attach(&lua, options)?;
    call::<()>(&lua, &file, program.size as i64)
}
