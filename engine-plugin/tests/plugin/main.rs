//! The plugin in a headless app: scripts are loaded, called, reloaded and stopped, and the game goes on.
//!
//! One program for all of these tests, since each test program links Bevy anew.

mod access;
mod bench;
mod callbacks;
mod cost;
mod errors;
mod files;
#[cfg(feature = "jit")]
mod jit;
mod limits;
mod reload;
mod robust;
