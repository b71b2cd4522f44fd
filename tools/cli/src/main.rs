//! Interlune.

fn main() {}
