//! How a game gives scripts functions and objects of its own.

use super::runtime::ScriptRuntime;
use crate::world_access::WorldAccess;
use bevy::app::App;
use interlune::{Lua, Result};
use tracing::error;

type Registration = Box<dyn FnOnce(&Lua, &WorldAccess) -> Result<()>>;

/// Registrations made before the plugin was added.
#[derive(Default)]
pub(super) struct WaitingFunctions(pub(super) Vec<Registration>);

/// The game's own functions for scripts.
pub trait ScriptFunctionsExt {
    /// Calls `register` with the scripts' VM, once, before the first script is loaded. What it puts into
    /// `lua.globals()` every script sees; the [`WorldAccess`] may be kept by its functions to reach the world while
    /// they are called.
    fn add_script_functions(
        &mut self,
        register: impl FnOnce(&Lua, &WorldAccess) -> Result<()> + 'static,
    ) -> &mut Self;
}

impl ScriptFunctionsExt for App {
    fn add_script_functions(
        &mut self,
        register: impl FnOnce(&Lua, &WorldAccess) -> Result<()> + 'static,
    ) -> &mut Self {
        let world = self.world_mut();
        if let Some(runtime) = world.get_non_send::<ScriptRuntime>() {
            report(register(&runtime.machine.lua, &runtime.machine.host.world));
        } else {
            world.init_non_send::<WaitingFunctions>();
            world.non_send_mut::<WaitingFunctions>().0.push(Box::new(register));
        }
        self
    }
}

pub(super) fn report(outcome: Result<()>) {
    if let Err(error) = outcome {
        error!(target: "lua", "the game's script functions could not be registered: {error}");
    }
}
