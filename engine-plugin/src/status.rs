//! What the plugin shows of itself: the loaded scripts, the latest errors, the reloads. Read by the overlay and by
//! games that have their own.

use crate::frame::ScriptFrameStats;
use crate::message::{ScriptErrorMessage, ScriptReloadedMessage};
use bevy::ecs::message::MessageReader;
use bevy::ecs::resource::Resource;
use bevy::ecs::system::{Res, ResMut};
use std::collections::VecDeque;
use std::time::Duration;

/// How a script is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScriptState {
    /// The file is on its way.
    Loading,
    /// Running the newest version.
    Running,
    /// Running an older version: the newest one did not load, or its file is gone.
    Outdated,
    /// Never loaded.
    Failed,
    /// Stopped until it is reloaded, after running out of time too often.
    Suspended,
}

impl ScriptState {
    /// One word for a list.
    pub fn as_str(self) -> &'static str {
        match self {
            ScriptState::Loading => "loading",
            ScriptState::Running => "running",
            ScriptState::Outdated => "outdated",
            ScriptState::Failed => "failed",
            ScriptState::Suspended => "suspended",
        }
    }
}

/// One script in [`ScriptStatus`].
#[derive(Clone, Debug)]
pub struct ScriptEntry {
    /// The script's asset path.
    pub name: String,
    /// How it is doing.
    pub state: ScriptState,
    /// How many times it was loaded.
    pub version: u32,
    /// How many entities run it; 1 for a global script.
    pub instances: usize,
    /// Time in its callbacks in the last frame.
    pub time: Duration,
}

/// An error that happened, once or often.
#[derive(Clone, Debug)]
pub struct ErrorEntry {
    /// The error as first reported.
    pub error: ScriptErrorMessage,
    /// How many times in all.
    pub count: u64,
    /// The last frame in which it happened.
    pub frame: u64,
}

/// A reload that happened.
#[derive(Clone, Debug)]
pub struct ReloadEntry {
    /// What was told of it.
    pub reload: ScriptReloadedMessage,
    /// The frame in which it happened.
    pub frame: u64,
}

/// The plugin's state, for showing.
#[derive(Resource, Default, Debug)]
pub struct ScriptStatus {
    /// In the order in which they were loaded.
    pub scripts: Vec<ScriptEntry>,
    /// The newest last, [`ERRORS_KEPT`](Self::ERRORS_KEPT) at most.
    pub errors: VecDeque<ErrorEntry>,
    /// All reloads since the start.
    pub reloads: u64,
    /// The newest of them last, [`RELOADS_KEPT`](Self::RELOADS_KEPT) at most.
    pub recent_reloads: VecDeque<ReloadEntry>,
}

impl ScriptStatus {
    /// The number of different errors that are remembered.
    pub const ERRORS_KEPT: usize = 32;
    /// The number of reloads that are remembered.
    pub const RELOADS_KEPT: usize = 32;

    fn note_error(&mut self, message: &ScriptErrorMessage, frame: u64) {
        let known = self.errors.iter().position(|entry| {
            let error = &entry.error;
            error.script == message.script
                && error.line == message.line
                && error.message == message.message
        });
        let mut entry = known
            .and_then(|index| self.errors.remove(index))
            .unwrap_or_else(|| ErrorEntry { error: message.clone(), count: 0, frame });
        entry.count += u64::from(message.count);
        entry.frame = frame;
        self.errors.push_back(entry);
        if self.errors.len() > Self::ERRORS_KEPT {
            self.errors.pop_front();
        }
    }
}

/// Keeps what the frame's messages said.
pub(crate) fn note_messages(
    mut status: ResMut<ScriptStatus>,
    mut errors: MessageReader<ScriptErrorMessage>,
    mut reloads: MessageReader<ScriptReloadedMessage>,
    stats: Res<ScriptFrameStats>,
) {
    for error in errors.read() {
        status.note_error(error, stats.frame);
    }
    for reload in reloads.read() {
        tracing::info!(
            target: "lua",
            "{}: version {} runs, after {:.2} ms",
            reload.script,
            reload.version,
            reload.took.as_secs_f64() * 1000.0
        );
        status.reloads += 1;
        status.recent_reloads.push_back(ReloadEntry { reload: reload.clone(), frame: stats.frame });
        if status.recent_reloads.len() > ScriptStatus::RELOADS_KEPT {
            status.recent_reloads.pop_front();
        }
    }
}
