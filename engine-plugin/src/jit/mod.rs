//! The compilers in the game's frame: what they are told of it, what they may use of it, and who commands them.
//!
//! [`compiler`] holds the VM's JIT, if the feature `jit` is on, the machine is supported and the game wants one;
//! [`meter`] measures frames for it, [`render`] the render world's part of them. [`system`] runs it at the end of each
//! frame, when the main thread has done its work and workers delay it least. [`status`] is what others see.
//!
//! Invariant: nothing here changes what a script computes.

#[cfg_attr(not(feature = "jit"), path = "no_compiler.rs")]
mod compiler;
#[cfg(feature = "jit")]
mod meter;
#[cfg(feature = "jit")]
mod render;
mod status;
mod system;

pub(crate) use compiler::ScriptCompiler;
pub(crate) use system::{end_frame, obey};

pub use status::{ScriptJitMessage, ScriptJitState, ScriptJitStatus};
#[cfg(feature = "jit")]
pub use status::{ScriptJitReport, script_jit_report};

use bevy::app::App;

/// Puts what can be seen of the compilers into the app.
pub(crate) fn add(app: &mut App) {
    app.init_resource::<ScriptJitStatus>().add_message::<ScriptJitMessage>();
}

/// To be called when all plugins were built: whether there is a render world is known then.
pub(crate) fn finish(app: &mut App) {
    #[cfg(feature = "jit")]
    render::finish(app);
    #[cfg(not(feature = "jit"))]
    let _ = app;
}
