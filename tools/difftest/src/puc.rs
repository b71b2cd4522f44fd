//! The oracle: PUC Lua 5.4 in this process.

use std::cell::Cell;
use std::rc::Rc;

use mlua::{HookTriggers, Lua, LuaOptions, StdLib, VmState};

use crate::harness::{CHUNK_NAME, Engine, Extent, HARNESS, HARNESS_NAME, Outcome};

/// Instructions between two looks at the limit.
const HOOK_PERIOD: u32 = 100_000;

/// PUC Lua with limits on instructions and memory.
#[derive(Clone, Debug)]
pub struct Puc {
    /// Instructions that a program may run, rounded up to [`HOOK_PERIOD`].
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
            move |_, _| {
                // Programs catch errors, so it is raised again and again until one gets through to the harness.
                if left.get() > 0 {
                    left.set(left.get() - 1);
                    return Ok(VmState::Continue);
                }
                flag.set(true);
                Err(mlua::Error::runtime("out of fuel"))
            },
        )?;
        let result = lua.load(HARNESS).set_name(HARNESS_NAME).call::<String>((source, CHUNK_NAME));
        if exhausted.get() { Ok(None) } else { result.map(Some) }
    }
}
