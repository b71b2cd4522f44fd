//! Interlune.
