//! The interner: one symbol for each distinct byte string of a chunk.
//!
//! An open-addressing table of symbols beside the vector of strings. The bytes themselves are slices of the source, or of
//! the arena for strings with escapes: interning copies nothing. The reserved words are the first symbols and the
//! names that the resolver knows come next.

use std::hash::Hasher;

use rustc_hash::FxHasher;

use crate::ast::Symbol;
use crate::token::RESERVED;

/// The symbol of `_ENV`.
pub(crate) const ENV: Symbol = Symbol(RESERVED.len() as u32);
/// The symbol of `self`.
pub(crate) const SELF: Symbol = Symbol(RESERVED.len() as u32 + 1);

/// An entry of the table: a symbol plus one (0 is an empty entry) and the upper half of its hash.
#[derive(Clone, Copy, Default)]
struct Entry {
    symbol_plus_one: u32,
    hash: u32,
}

/// Maps byte strings to symbols and back.
pub(crate) struct Interner<'a> {
    /// A power of two of entries, at most half full.
    entries: Vec<Entry>,
    strings: Vec<&'a [u8]>,
}

impl<'a> Interner<'a> {
    /// An interner for a source of `source_len` bytes, with the reserved words in it.
    pub(crate) fn new(source_len: usize) -> Self {
        // One distinct string in 64 bytes of source is plenty for code; data files grow the table.
        let capacity = (source_len / 64).clamp(128, 1 << 16).next_power_of_two();
        let mut interner = Interner {
            entries: vec![Entry::default(); capacity],
            strings: Vec::with_capacity(capacity / 2),
        };
        for (word, _) in RESERVED {
            interner.intern(word.as_bytes());
        }
        interner.intern(b"_ENV");
        interner.intern(b"self");
        interner
    }

    /// The symbol of `bytes`.
    pub(crate) fn intern(&mut self, bytes: &'a [u8]) -> Symbol {
        let (hash, mut index) = self.locate(bytes);
        loop {
            let entry = self.entries[index];
            if entry.symbol_plus_one == 0 {
                return self.insert(bytes, hash, index);
            }
            if entry.hash == hash {
                let symbol = entry.symbol_plus_one - 1;
                if self.strings[symbol as usize] == bytes {
                    return Symbol(symbol);
                }
            }
            index = (index + 1) & (self.entries.len() - 1);
        }
    }

    /// The bytes of `symbol`.
    pub(crate) fn bytes(&self, symbol: Symbol) -> &'a [u8] {
        self.strings[symbol.0 as usize]
    }

    /// All strings, by symbol.
    pub(crate) fn into_strings(self) -> Vec<&'a [u8]> {
        self.strings
    }

    fn locate(&self, bytes: &[u8]) -> (u32, usize) {
        let mut hasher = FxHasher::default();
        hasher.write(bytes);
        let hash = hasher.finish();
        let index = hash as usize & (self.entries.len() - 1);
        ((hash >> 32) as u32, index)
    }

    fn insert(&mut self, bytes: &'a [u8], hash: u32, index: usize) -> Symbol {
        // There are fewer strings than source bytes, whose number fits u32 (the lexer sees to it).
        let symbol = self.strings.len() as u32;
        self.strings.push(bytes);
        self.entries[index] = Entry { symbol_plus_one: symbol + 1, hash };
        if self.strings.len() * 2 > self.entries.len() {
            self.grow();
        }
        Symbol(symbol)
    }

    fn grow(&mut self) {
        self.entries = vec![Entry::default(); self.entries.len() * 2];
        for symbol in 0..self.strings.len() {
            let (hash, mut index) = self.locate(self.strings[symbol]);
            while self.entries[index].symbol_plus_one != 0 {
                index = (index + 1) & (self.entries.len() - 1);
            }
            self.entries[index] = Entry { symbol_plus_one: symbol as u32 + 1, hash };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_bytes_have_equal_symbols_across_growth() {
        let names: Vec<String> = (0..5000).map(|i| format!("name{i}")).collect();
        let mut interner = Interner::new(0);
        let first: Vec<Symbol> = names.iter().map(|n| interner.intern(n.as_bytes())).collect();
        let again: Vec<Symbol> = names.iter().map(|n| interner.intern(n.as_bytes())).collect();
        assert_eq!(first, again);
        assert_eq!(interner.bytes(first[4321]), b"name4321");
        assert_eq!(interner.intern(b"_ENV"), ENV);
        assert_eq!(interner.intern(b"self"), SELF);
        assert_eq!(interner.intern(b"break"), crate::token::BREAK);
        assert_eq!(interner.into_strings().len(), 5000 + RESERVED.len() + 2);
    }
}
