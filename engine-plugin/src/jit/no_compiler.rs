//! In place of `compiler` in a build without the feature `jit`: scripts are interpreted.

use super::status::{ScriptJitMessage, ScriptJitState, ScriptJitStatus};
use crate::frame::ScriptFrameStats;
use crate::settings::{JitMode, ScriptSettings};
use bevy::ecs::world::World;
use interlune::{Lua, ScriptVersion};

/// Nothing.
pub(crate) struct ScriptCompiler;

impl ScriptCompiler {
    pub(crate) fn new(_lua: &Lua, _settings: &ScriptSettings) -> Self {
        Self
    }

    pub(crate) fn enter(&self) {}

    pub(crate) fn leave(&self) {}

    pub(crate) fn reloaded(&self, _lua: &Lua, _old: ScriptVersion<'_>, _new: ScriptVersion<'_>) {}

    pub(crate) fn obey(&mut self, _lua: &Lua, _message: ScriptJitMessage) {}

    pub(crate) fn end_frame(&mut self, _world: &World, _stats: &mut ScriptFrameStats) {}

    pub(crate) fn publish(&self, status: &mut ScriptJitStatus) {
        let reason = "this build of the game has no compilers";
        status.state = ScriptJitState::Unsupported(reason.to_owned());
        status.mode = JitMode::Off;
    }
}
