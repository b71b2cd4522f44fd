//! What the plugin tells the game, as Bevy messages.

use bevy::ecs::entity::Entity;
use bevy::ecs::message::Message;
use std::time::Duration;

/// A script failed. The game runs on, with the last version of the script that loaded.
///
/// The same error within one frame is one message with a count, so that a thousand entities with a broken script do
/// not make a thousand messages.
#[derive(Message, Clone, Debug, PartialEq)]
pub struct ScriptErrorMessage {
    /// The script's asset path.
    pub script: String,
    /// The line in it, where one is known.
    pub line: Option<u32>,
    /// What went wrong, on one line, without script and line.
    pub message: String,
    /// Where it went wrong, as Lua prints it; empty if the script did not run yet.
    pub traceback: String,
    /// The callback that failed (`on_update`, …), or `load`.
    pub callback: &'static str,
    /// The entity whose script failed; `None` for a global script, a script that did not load, or several entities.
    pub entity: Option<Entity>,
    /// How many times it happened in this frame.
    pub count: u32,
}

/// A changed script took the place of its older version.
#[derive(Message, Clone, Debug, PartialEq)]
pub struct ScriptReloadedMessage {
    /// The script's asset path.
    pub script: String,
    /// How many times it was loaded, this time included.
    pub version: u32,
    /// What the change cost on the main thread: compiling, carrying state over, and the `on_reload` callbacks.
    pub took: Duration,
}
