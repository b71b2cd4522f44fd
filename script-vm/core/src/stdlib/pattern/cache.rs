//! Compiled patterns kept between calls.
//!
//! A script calls the string functions with few patterns and often. The cache is direct-mapped and lends patterns out by
//! moving them, so a callback that uses the same pattern again merely compiles it once more, and nothing is counted or shared.

use super::{Caret, Pattern};
use std::hash::Hasher;

const ENTRIES: usize = 64;

/// Longer patterns are not kept: they are rare, and what the cache holds stays bounded.
const MAX_KEPT_BYTES: usize = 512;

/// A bounded store of compiled patterns.
#[derive(Debug, Default)]
pub struct PatternCache {
    entries: Vec<Option<Box<Pattern>>>,
}

impl PatternCache {
    /// An empty cache; it allocates when the first pattern is put back.
    pub const fn new() -> Self {
        PatternCache { entries: Vec::new() }
    }

    /// The compiled form of `source`. Give it back with [`PatternCache::put_back`] when done; not doing so is harmless.
    pub fn take(&mut self, source: &[u8], caret: Caret) -> Box<Pattern> {
        let entry = self.entries.get_mut(slot_of(source));
        match entry.and_then(|entry| entry.take_if(|kept| kept.is_compiled_from(source, caret))) {
            Some(kept) => kept,
            None => Box::new(Pattern::compile(source, caret)),
        }
    }

    /// Keeps a pattern for the next call.
    pub fn put_back(&mut self, pattern: Box<Pattern>) {
        if pattern.source.len() > MAX_KEPT_BYTES {
            return;
        }
        if self.entries.is_empty() {
            self.entries.resize_with(ENTRIES, || None);
        }
        let slot = slot_of(&pattern.source);
        self.entries[slot] = Some(pattern);
    }
}

fn slot_of(source: &[u8]) -> usize {
    let mut hasher = rustc_hash::FxHasher::default();
    hasher.write(source);
    // The multiplicative hash has its best bits at the top.
    (hasher.finish() >> 32) as usize % ENTRIES
}
