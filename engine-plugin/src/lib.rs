//! Interlune.
pub use bevy;
