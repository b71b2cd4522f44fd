//! A set of objects by their addresses, as bitmaps of blocks: the verifier makes several at every turn, and with a hash
//! table of addresses it would take many times as long.

use std::hash::BuildHasherDefault;

use rustc_hash::FxHasher;

use super::tunables::BLOCK_BYTES;

/// Objects begin at multiples of this.
const GRANULE: u64 = 16;
const BLOCK: u64 = BLOCK_BYTES as u64;
const WORDS: usize = (BLOCK / GRANULE / 64) as usize;

type Index = std::collections::HashMap<u64, usize, BuildHasherDefault<FxHasher>>;

#[derive(Default)]
pub(super) struct CellSet {
    /// Where the bitmap of a block is, by the block's address.
    index: Index,
    bitmaps: Vec<(u64, [u64; WORDS])>,
    /// The bitmap that was used last.
    last: usize,
    len: usize,
}

impl CellSet {
    /// Puts an address in; false if it was there.
    pub(super) fn insert(&mut self, address: u64) -> bool {
        let (block, word, bit) = split(address);
        if self.bitmaps.get(self.last).is_none_or(|(other, _)| *other != block) {
            self.last = *self.index.entry(block).or_insert_with(|| {
                self.bitmaps.push((block, [0; WORDS]));
                self.bitmaps.len() - 1
            });
        }
        let word = &mut self.bitmaps[self.last].1[word];
        let is_new = *word & bit == 0;
        *word |= bit;
        self.len += usize::from(is_new);
        is_new
    }

    pub(super) fn contains(&self, address: u64) -> bool {
        let (block, word, bit) = split(address);
        self.index.get(&block).is_some_and(|&at| self.bitmaps[at].1[word] & bit != 0)
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Every address, by block.
    pub(super) fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.bitmaps.iter().flat_map(|(block, words)| {
            words.iter().enumerate().flat_map(move |(at, &word)| {
                bits(word).map(move |bit| block + (at as u64 * 64 + bit) * GRANULE)
            })
        })
    }
}

impl FromIterator<u64> for CellSet {
    fn from_iter<I: IntoIterator<Item = u64>>(addresses: I) -> CellSet {
        let mut set = CellSet::default();
        for address in addresses {
            set.insert(address);
        }
        set
    }
}

/// The block of an address, the word of its bitmap and the bit there.
fn split(address: u64) -> (u64, usize, u64) {
    let granule = address % BLOCK / GRANULE;
    (address - address % BLOCK, (granule / 64) as usize, 1 << (granule % 64))
}

/// The numbers of the bits that are set.
pub(super) fn bits(word: u64) -> impl Iterator<Item = u64> {
    let mut left = word;
    std::iter::from_fn(move || {
        let bit = u64::from(left.trailing_zeros());
        (left != 0).then(|| {
            left &= left - 1;
            bit
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_was_put_in() {
        let addresses = [0x7f00_0001_0000, 0x7f00_0001_fff0, 0x5500_0000_0010, 0x7f00_0001_0400];
        let mut set: CellSet = addresses.into_iter().collect();
        assert!(!set.insert(addresses[1]) && set.len() == 4);
        assert!(set.contains(addresses[2]) && !set.contains(0x7f00_0001_0010));
        let mut all: Vec<u64> = set.iter().collect();
        all.sort_unstable();
        let mut expected = addresses;
        expected.sort_unstable();
        assert_eq!(all, expected);
    }
}
