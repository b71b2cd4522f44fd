//! The oracle: PUC Lua 5.4 in this process.

use std::cell::Cell;
use std::rc::Rc;

use mlua::debug::Debug;
use mlua::{HookTriggers, Lua, LuaOptions, StdLib, VmState};

use crate::harness::{CHUNK_NAME, Engine, Extent, HARNESS, HARNESS_NAME, Outcome};

/// Instructions between two looks at the limit.
const HOOK_PERIOD: u32 = 100_000;

/// PUC Lua with limits on instructions and memory.
#[derive(Clone, Debug)]
pub struct Puc {
    /// Instructions that a program may run, counted in steps of [`HOOK_PERIOD`] in each coroutine.
    pub fuel: u32,
    /// Bytes that a program may hold.
    pub memory: usize,
}

impl Default for Puc {
    fn default() -> Puc {
        Puc { fuel: 20_000_000, memory: 256 << 20 }
    }
}

impl Engine for Puc {
    fn name(&self) -> &str {
        "PUC Lua"
    }

    fn run(&mut self, source: &str, _: Extent) -> Outcome {
        match self.run_limited(source) {
            // A program that caught the error of having no memory left.
            Ok(Some(text)) if text.contains("not enough memory") => Outcome::Limit,
            Ok(Some(text)) => Outcome::Text(text),
            Ok(None) => Outcome::Limit,
            Err(mlua::Error::MemoryError(_)) => Outcome::Limit,
            Err(error) => Outcome::Broken(error.to_string()),
        }
    }
}

impl Puc {
    fn run_limited(&self, source: &str) -> mlua::Result<Option<String>> {
        let lua = Lua::new_with(StdLib::ALL_SAFE, LuaOptions::default())?;
        lua.set_memory_limit(self.memory)?;
        let left = Cell::new(self.fuel / HOOK_PERIOD);
        let exhausted = Rc::new(Cell::new(false));
        let flag = exhausted.clone();
        lua.set_global_hook(
            HookTriggers::new().every_nth_instruction(HOOK_PERIOD),
            move |lua, debug| {
                if left.get() > 0 {
                    left.set(left.get() - 1);
                    return Ok(VmState::Continue);
                }
                flag.set(true);
                out_of_fuel(lua, debug)
            },
        )?;
        let result = lua.load(HARNESS).set_name(HARNESS_NAME).call::<String>((source, CHUNK_NAME));
        if exhausted.get() { Ok(None) } else { result.map(Some) }
    }
}

/// Raises an error in the coroutine that runs. Programs catch errors, so from now on it is raised at each instruction:
/// then none of a deep stack of `pcall`s has time to call again.
fn out_of_fuel(lua: &Lua, _: &Debug) -> mlua::Result<VmState> {
    lua.set_global_hook(HookTriggers::new().every_nth_instruction(1), out_of_fuel)?;
    Err(mlua::Error::runtime("out of fuel"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(source: &str) -> Outcome {
        Puc { fuel: 1_000_000, ..Puc::default() }.run(source, Extent::Whole)
    }

    #[test]
    fn what_catches_the_limit_ends() {
        // Each level tries again, some 190 of them.
        let twice = "local function f() pcall(f) pcall(f) end";
        assert_eq!(run(&format!("{twice} f()")), Outcome::Limit);
    }

    #[test]
    fn what_ends_in_time_is_told() {
        assert!(matches!(run("print(1)"), Outcome::Text(_)));
    }
}
