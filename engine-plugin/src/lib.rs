//! Lua scripting for Bevy games, on the Interlune VM.
//!
//! Entry points: [`ScriptPlugin`] with its [`ScriptSettings`], [`Script`] and [`GlobalScripts`] to say what runs,
//! [`ScriptSourcePlugin`] for quick hot reload, [`ScriptErrorMessage`] to hear of failures.

mod access;
mod asset;
mod clock;
mod component;
mod diagnostics;
mod error_log;
mod frame;
mod jit;
mod lua;
mod message;
#[cfg(feature = "overlay")]
pub mod overlay;
mod plugin;
mod settings;
mod source;
mod status;
mod world_access;

pub use asset::{ScriptAsset, ScriptLoadError, ScriptLoader};
pub use component::{GlobalScripts, Script, ScriptAppExt};
pub use diagnostics::ScriptDiagnosticsPlugin;
pub use frame::ScriptFrameStats;
pub use jit::{ScriptJitMessage, ScriptJitState, ScriptJitStatus};
#[cfg(feature = "jit")]
pub use jit::{ScriptJitReport, script_jit_report};
pub use lua::ScriptFunctionsExt;
pub use message::{ScriptErrorMessage, ScriptReloadedMessage};
pub use plugin::{ScriptPlugin, ScriptSystems};
pub use settings::{JitMode, JitTiming, ScriptSettings};
pub use source::ScriptSourcePlugin;
pub use status::{ErrorEntry, ReloadEntry, ScriptEntry, ScriptState, ScriptStatus};
pub use world_access::{WorldAccess, WorldAccessError};

/// What a game that uses scripts usually needs.
pub mod prelude {
    pub use crate::{
        GlobalScripts, JitMode, Script, ScriptAppExt, ScriptAsset, ScriptErrorMessage,
        ScriptFunctionsExt, ScriptJitMessage, ScriptPlugin, ScriptReloadedMessage, ScriptSettings,
        ScriptSourcePlugin, ScriptSystems,
    };
}
