//! Inline caches of compiled code: a small table per access instruction, up to eight receivers each.
//!
//! Compiled code looks its site's table up in a loop and calls [`crate::runtime`] on a miss, which fills it; a site that
//! has seen more receivers than there are entries replaces them in turn and lives from the VM's own lookup caches. Where
//! the interpreter has seen receivers of a field access before, these stand in the code itself, and the table is for
//! others, which the runtime finds there.
//!
//! An entry of a [`FieldSite`] is right for ever: a key tells the shape, and a shape tells the slot. An entry of a
//! [`MethodSite`] is right during one class epoch ([`crate::table::make_class`]).

use crate::inline_cache::{Location, NO_KEY};

/// Receivers that a site remembers. Code goes through them one after the other, the first receivers first.
pub const ENTRIES: usize = 8;

/// A receiver of a field access, 16 bytes.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct FieldEntry {
    /// The receiver's key; [`NO_KEY`] for an entry not in use.
    pub key: u64,
    /// A load: the [`Location`] of the field. A store: a packed [`crate::inline_cache::StoreHit`].
    pub at: u64,
}

/// The cache of a field access.
#[derive(Debug)]
#[repr(C)]
pub struct FieldSite {
    pub entries: [FieldEntry; ENTRIES],
    /// The entry to be filled next.
    next: u32,
    /// Entries in use; fewer than there are in tests.
    capacity: u32,
    /// There were more receivers than entries.
    is_megamorphic: bool,
}

impl FieldSite {
    /// An empty cache of up to `capacity` receivers.
    pub fn new(capacity: usize) -> FieldSite {
        FieldSite {
            entries: [FieldEntry { key: NO_KEY, at: 0 }; ENTRIES],
            next: 0,
            capacity: capacity.clamp(1, ENTRIES) as u32,
            is_megamorphic: false,
        }
    }

    /// Whether there were more receivers than the site can remember.
    pub fn is_megamorphic(&self) -> bool {
        self.is_megamorphic
    }

    /// What is known of a receiver.
    #[inline]
    pub fn find(&self, key: u64) -> Option<u64> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| entry.at)
    }

    /// Remembers a receiver.
    pub fn fill(&mut self, key: u64, at: u64) {
        let known = self.entries.iter().position(|entry| entry.key == key);
        let place = known.unwrap_or_else(|| {
            let place = self.next;
            self.next = (place + 1) % self.capacity;
            self.is_megamorphic |= self.entries[place as usize].key != NO_KEY;
            place as usize
        });
        self.entries[place] = FieldEntry { key, at };
    }
}

/// In place of a metatable's address in a [`MethodEntry`]: the receiver has the method itself, at the location in
/// `payload`.
pub const OWN: u64 = 1;
/// In place of a table's key: the receiver is a string.
pub const STRING_KEY: u64 = 1;

/// A receiver of a method call, 40 bytes.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct MethodEntry {
    /// The receiver's key; [`NO_KEY`] for an entry not in use.
    pub key: u64,
    /// Address of the receiver's metatable; 0 for a string.
    pub metatable: u64,
    /// The method's two words.
    pub payload: u64,
    pub meta: u64,
    /// The number of the method's function, if it is a Lua function, else 0: for compilers. Of a receiver that has the
    /// method itself it is that of the method found first.
    pub function: u64,
}

/// The cache of a method lookup.
#[derive(Debug)]
#[repr(C)]
pub struct MethodSite {
    /// The class epoch of the entries.
    pub epoch: u64,
    pub entries: [MethodEntry; ENTRIES],
    next: u32,
    capacity: u32,
    /// There were more receivers than entries, in this epoch or in one before.
    is_megamorphic: bool,
}

const NO_METHOD: MethodEntry =
    MethodEntry { key: NO_KEY, metatable: 0, payload: 0, meta: 0, function: 0 };

impl MethodSite {
    /// An empty cache of up to `capacity` receivers.
    pub fn new(capacity: usize) -> MethodSite {
        let capacity = capacity.clamp(1, ENTRIES) as u32;
        let entries = [NO_METHOD; ENTRIES];
        MethodSite { epoch: 0, entries, next: 0, capacity, is_megamorphic: false }
    }

    /// Remembers a receiver for a class epoch.
    pub fn fill(&mut self, epoch: u64, entry: MethodEntry) {
        if self.epoch != epoch {
            let is_megamorphic = self.is_megamorphic;
            *self = MethodSite { epoch, is_megamorphic, ..MethodSite::new(self.capacity as usize) };
        }
        let place = self.next;
        self.is_megamorphic |= self.entries[place as usize].key != NO_KEY;
        self.next = (place + 1) % self.capacity;
        self.entries[place as usize] = entry;
    }

    /// Remembers a receiver that has the method in a field of its own, and the number of its function.
    pub fn fill_own(&mut self, epoch: u64, key: u64, location: Location, function: u64) {
        let payload = u64::from(location);
        self.fill(epoch, MethodEntry { key, metatable: OWN, payload, meta: 0, function });
    }

    /// Whether there were more receivers than the site can remember.
    pub fn is_megamorphic(&self) -> bool {
        self.is_megamorphic
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_site_replaces_its_entries_in_turn() {
        let mut site = FieldSite::new(ENTRIES);
        for key in 1..=8 {
            site.fill(key, key * 10);
        }
        assert!(!site.is_megamorphic());
        site.fill(9, 90);
        assert!(site.is_megamorphic());
        site.fill(3, 31);
        let entries: Vec<_> = site.entries.iter().map(|entry| (entry.key, entry.at)).collect();
        let wanted = [(9, 90), (2, 20), (3, 31), (4, 40), (5, 50), (6, 60), (7, 70), (8, 80)];
        assert_eq!(entries, wanted);
    }

    #[test]
    fn a_new_class_epoch_forgets_all_methods() {
        let mut site = MethodSite::new(ENTRIES);
        let entry = |key| MethodEntry { key, ..NO_METHOD };
        site.fill(1, entry(7));
        site.fill(1, entry(8));
        site.fill(2, entry(9));
        let keys: Vec<_> = site.entries.iter().map(|entry| entry.key).collect();
        assert_eq!(keys, [9, 0, 0, 0, 0, 0, 0, 0]);
        assert!(!site.is_megamorphic());
    }
}
