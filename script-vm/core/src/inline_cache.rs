//! Inline caches of field accesses: four feedback cells beside each instruction that names a field.
//!
//! A cache is keyed by a table's [`key_of`]: its shape and its number of inline slots, 40 bits that stand together in
//! the object's header. So a hit tells the byte offset of the field from the table's address. Neither a metatable's
//! address nor a table's is ever part of a cache: objects that have a metatable each, with the same class behind it,
//! hit the same entry.
//!
//! A load uses cells 0 and 1 for an own field in an inline slot (receiver's key, byte offset; its upper bits may say
//! [`POLYMORPHIC`]), and cells 2 and 3 for a field elsewhere (receiver's key with a [`Place`] above it, what the place needs). A method found in the class takes
//! all four: see [`ClassHit`]. A store uses cells 0 and 1 for a field that exists, and 2 and 3 for one that the store adds.
//!
//! Where one receiver is not enough, [`LookupCache`] answers: one table for the whole VM from (shape, name) to slot.

#![allow(unsafe_code, reason = "headers read as words")]

use crate::object::Gc;
use crate::shape::Shapes;
use crate::string::LuaString;
use crate::table::Table;
use crate::table::dict::MULTIPLIER;
use crate::table::layout::{CLASS, Table as TableLayout};
use crate::value::{Value, tag};

/// No table has this key, since no shape has id 0; feedback cells begin with it.
pub const NO_KEY: u64 = 0;

/// Shape and inline slots of a table: what caches compare.
#[inline(always)]
pub fn key_of(table: Gc<Table>) -> u64 {
    // SAFETY: every object begins with its 8-byte header; bytes 3-7 are the inline slots and the shape.
    unsafe { *table.as_ptr().cast::<u64>() >> 24 }
}

/// Byte offset from a table's address of inline slot `slot`.
#[inline(always)]
pub const fn inline_offset(slot: usize) -> usize {
    size_of::<TableLayout>() + slot * size_of::<Value>()
}

/// The value at a byte offset from the table's address.
///
/// # Safety
/// A cache hit says that a field lies there.
#[inline(always)]
pub unsafe fn at_offset(table: Gc<Table>, offset: usize) -> *mut Value {
    // SAFETY: the caller's.
    unsafe { table.as_ptr().cast::<u8>().add(offset).cast() }
}

/// Where a field of a table with a known key lies: a byte offset from the table's address, or, with
/// [`OUT_OF_LINE`] set, an index into its [`crate::table::Slots`].
pub type Location = u16;

/// See [`Location`]; no offset of an inline slot is as large.
pub const OUT_OF_LINE: Location = 0x8000;

/// The location of field slot `slot` in tables with `table`'s key.
pub fn location(table: Gc<Table>, slot: u32) -> Location {
    let slot = slot as usize;
    let inline = table.inline_slots();
    if slot < inline {
        inline_offset(slot) as Location
    } else {
        OUT_OF_LINE | (slot - inline) as Location
    }
}

/// The field at a location.
///
/// # Safety
/// A cache hit says that a field lies there.
#[inline(always)]
pub unsafe fn at_location(table: Gc<Table>, location: Location) -> *mut Value {
    // SAFETY: the caller's; a table with a field out of line has slots.
    unsafe {
        if location & OUT_OF_LINE == 0 {
            at_offset(table, location as usize)
        } else {
            let slots = table.slots.unwrap_unchecked();
            slots.values_ptr().add((location & !OUT_OF_LINE) as usize)
        }
    }
}

/// Bits of a key.
pub const KEY_BITS: u32 = 40;
pub const KEY_MASK: u64 = (1 << KEY_BITS) - 1;

/// In a guard on a key: the table may have more inline slots, since what is looked for lies in those that the key has. The
/// first tables of an allocation site often have fewer than the later ones.
pub const AT_LEAST: u64 = 1 << KEY_BITS;
/// The part of a key that is the number of inline slots; the bit above says that the table is a class.
pub const INLINE_SLOTS: u64 = (CLASS - 1) as u64;

/// A key to be guarded for an access that has found what it looks for in an inline slot.
pub const fn key_bound(key: u64) -> u64 {
    // Stores into classes are told apart by the bit.
    if key & CLASS as u64 == 0 { key | AT_LEAST } else { key }
}

/// Whether a table with the key `found` passes a guard on `wanted`, a key or a [`key_bound`].
pub const fn passes(found: u64, wanted: u64) -> bool {
    let key = wanted & KEY_MASK;
    match wanted & AT_LEAST {
        0 => found == key,
        _ => found >= key && found - key <= INLINE_SLOTS - (key & INLINE_SLOTS),
    }
}

/// In cell 1 of an own field's load and of a store: the site has seen other receivers than the one in cell 0.
pub const POLYMORPHIC: u64 = 1 << 24;

/// Where a load finds a field that is no inline slot of the receiver.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u64)]
pub enum Place {
    /// Out of line; cell 3 is the index into the receiver's slots.
    Slots = 1,
    /// Entry of the receiver's dictionary; cell 3 is its number. A hit checks the key.
    Dictionary = 2,
    /// See [`ClassHit`].
    Class = 3,
    /// Nowhere: the receivers were vectors of this type. There is no key.
    Vec2 = 4,
    Vec3 = 5,
    /// They were of both.
    Vectors = 6,
    /// Where no cache can say, in a cache of loads or of stores.
    Elsewhere = 7,
    /// The receiver does not have the field, nor had it a metatable, which a hit checks.
    Absent = 8,
}

/// Notes in a load cache that its receiver was a vector, unless it holds something else.
///
/// # Safety
/// Four verified cells.
pub(crate) unsafe fn note_vector(cell: *mut u64, vector: Value) {
    let place = if vector.tag() == tag::VEC2 { Place::Vec2 } else { Place::Vec3 };
    // SAFETY: the caller's.
    unsafe {
        let noted = cell.add(2);
        let old = *noted >> KEY_BITS;
        if *noted == NO_KEY {
            *noted = placed(NO_KEY, place);
        } else if (Place::Vec2 as u64..Place::Vectors as u64).contains(&old) && old != place as u64
        {
            *noted = placed(NO_KEY, Place::Vectors);
        }
    }
}

/// Cell 2 of a load from `place`.
#[inline(always)]
pub const fn placed(key: u64, place: Place) -> u64 {
    key | (place as u64) << KEY_BITS
}

/// A field that the receiver lacks and the table behind its metatable's `__index` has; all four cells.
///
/// ```text
/// cell 0: key of the metatable, location of its `__index` << 40, bit 63 set (so that it is no receiver's key)
/// cell 1: key of the class, location of the field << 40
/// cell 2: key of the receiver, Place::Class << 40
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ClassHit {
    pub metatable_key: u64,
    pub index_at: Location,
    pub class_key: u64,
    pub field_at: Location,
}

impl ClassHit {
    const MARK: u64 = 1 << 63;

    pub fn pack(self) -> [u64; 2] {
        [
            self.metatable_key | u64::from(self.index_at) << KEY_BITS | Self::MARK,
            self.class_key | u64::from(self.field_at) << KEY_BITS,
        ]
    }

    #[inline(always)]
    pub fn unpack(cell0: u64, cell1: u64) -> ClassHit {
        ClassHit {
            metatable_key: cell0 & KEY_MASK,
            index_at: (cell0 >> KEY_BITS) as Location,
            class_key: cell1 & KEY_MASK,
            field_at: (cell1 >> KEY_BITS) as Location,
        }
    }
}

/// What a store does on a hit, in cell 1 or 3: byte offset, tag that the field's type allows without widening, new shape.
/// Between tag and shape there is room for [`POLYMORPHIC`].
#[derive(Clone, Copy, Debug)]
pub struct StoreHit {
    pub offset: usize,
    /// The tag stored so far; [`StoreHit::ANY`] if the field may hold anything.
    pub tag: u8,
    /// The shape that the table gets; 0 for a field that exists already.
    pub shape: u32,
}

impl StoreHit {
    pub const ANY: u8 = u8::MAX;
    /// Bits below the tag and the shape in a packed hit.
    pub const TAG_SHIFT: i64 = 16;
    pub const SHAPE_SHIFT: i64 = 32;

    pub fn pack(self) -> u64 {
        self.offset as u64 | u64::from(self.tag) << 16 | u64::from(self.shape) << 32
    }

    #[inline(always)]
    pub const fn unpack(cell: u64) -> StoreHit {
        StoreHit {
            offset: cell as u16 as usize,
            tag: (cell >> 16) as u8,
            shape: (cell >> 32) as u32,
        }
    }

    /// Whether a value with `tag` may be stored without widening the field's type.
    #[inline(always)]
    pub const fn allows(self, tag: u32) -> bool {
        self.tag == tag as u8 || self.tag == StoreHit::ANY
    }
}

/// Entries of the [`MethodCache`], a power of two.
const METHOD_ENTRIES: usize = 256;
/// Longest chain of classes in the [`MethodCache`].
const MAX_HOPS: usize = 4;

/// One step up: from an object to the table behind its metatable's `__index`.
#[derive(Clone, Copy, Default)]
struct Hop {
    metatable_key: u64,
    class_key: u64,
    index_at: Location,
}

#[derive(Clone, Copy)]
struct MethodEntry {
    /// Of the receiver, or of its metatable and [`BEHIND`].
    key: u64,
    name: u64,
    hops: [Hop; MAX_HOPS],
    hop_count: u8,
    /// Where the field lies in the last class, or [`NOWHERE`].
    field_at: Location,
    /// The key of the last class's metatable, which has no `__index`, if the field is nowhere; [`NO_KEY`] if the class has
    /// no metatable.
    end_key: u64,
}

/// From (receiver's key, name) to a field some classes up, direct mapped: for sites with receivers of several classes
/// and for what is inherited from further away, or is nowhere. An entry says which keys the metatables and classes on the
/// way have, and all of them are checked, so it needs no invalidation. Names in it are keys of shapes, which never die.
pub struct MethodCache {
    entries: Box<[MethodEntry]>,
}

impl Default for MethodCache {
    fn default() -> MethodCache {
        let empty = MethodEntry {
            key: NO_KEY,
            name: 0,
            hops: [Hop::default(); MAX_HOPS],
            hop_count: 0,
            field_at: 0,
            end_key: NO_KEY,
        };
        MethodCache { entries: vec![empty; METHOD_ENTRIES].into_boxed_slice() }
    }
}

/// In a key in a [`MethodEntry`]: it is that of the receiver's metatable, whatever the receiver is.
const BEHIND: u64 = 1 << 63;
/// In place of a field's location.
const NOWHERE: Location = Location::MAX;

impl MethodCache {
    fn place(key: u64, name: Gc<LuaString>) -> usize {
        let mixed = key.wrapping_mul(MULTIPLIER) >> 40;
        (mixed ^ u64::from(name.hash())) as usize % METHOD_ENTRIES
    }

    /// The method of a receiver that has slots, if the cache knows the way to it.
    #[inline]
    pub fn find(&self, receiver: Gc<Table>, name: Gc<LuaString>) -> Option<Value> {
        let method = self.follow(key_of(receiver), receiver.metatable, name)?;
        (!method.is_nil()).then_some(method)
    }

    /// What a receiver with this metatable has of its classes, given that it has no such field itself; nil for nothing.
    #[inline]
    pub fn find_behind(&self, metatable: Gc<Table>, name: Gc<LuaString>) -> Option<Value> {
        self.follow(key_of(metatable) | BEHIND, Some(metatable), name)
    }

    #[inline]
    fn follow(&self, key: u64, metatable: Option<Gc<Table>>, name: Gc<LuaString>) -> Option<Value> {
        let entry = &self.entries[Self::place(key, name)];
        if entry.key != key || entry.name != name.addr() {
            return None;
        }
        let (mut metatable, mut class) = (metatable, None);
        for hop in &entry.hops[..entry.hop_count as usize] {
            let table = metatable?;
            if key_of(table) != hop.metatable_key {
                return None;
            }
            // SAFETY: the key says that `__index` lies there.
            let next = unsafe { *at_location(table, hop.index_at) }.as_table()?;
            if key_of(next) != hop.class_key {
                return None;
            }
            (metatable, class) = (next.metatable, Some(next));
        }
        if entry.field_at == NOWHERE {
            return (metatable.map_or(NO_KEY, key_of) == entry.end_key).then_some(Value::NIL);
        }
        // SAFETY: the last class's key says that the field lies there.
        let value = unsafe { *at_location(class?, entry.field_at) };
        // A field that was deleted may be further up.
        (!value.is_nil()).then_some(value)
    }

    /// Looks the way to a receiver's method up and remembers it, if every table on it has slots.
    pub fn learn(
        &mut self,
        shapes: &Shapes,
        lookup: &mut LookupCache,
        index: Gc<LuaString>,
        receiver: Gc<Table>,
        name: Gc<LuaString>,
    ) -> Option<()> {
        if !receiver.shape().has_slots() || lookup.slot(shapes, receiver, name).is_some() {
            return None;
        }
        let (key, metatable) = (key_of(receiver), receiver.metatable?);
        self.remember(shapes, lookup, index, key, metatable, name)
    }

    /// The same with what [`MethodCache::find_behind`] looks for.
    pub fn learn_behind(
        &mut self,
        shapes: &Shapes,
        lookup: &mut LookupCache,
        index: Gc<LuaString>,
        metatable: Gc<Table>,
        name: Gc<LuaString>,
    ) -> Option<()> {
        let key = key_of(metatable) | BEHIND;
        self.remember(shapes, lookup, index, key, metatable, name)
    }

    fn remember(
        &mut self,
        shapes: &Shapes,
        lookup: &mut LookupCache,
        index: Gc<LuaString>,
        key: u64,
        metatable: Gc<Table>,
        name: Gc<LuaString>,
    ) -> Option<()> {
        if !name.is_shape_key() {
            return None;
        }
        let mut find = |table: Gc<Table>, name| {
            let slot = lookup.slot(shapes, table, name)?;
            Some(location(table, slot))
        };
        let mut entry = MethodEntry {
            key,
            name: name.addr(),
            hops: [Hop::default(); MAX_HOPS],
            hop_count: 0,
            field_at: NOWHERE,
            end_key: NO_KEY,
        };
        let mut next = Some(metatable);
        while let Some(metatable) = next {
            if !metatable.shape().has_slots() {
                return None;
            }
            let Some(index_at) = find(metatable, index) else {
                entry.end_key = key_of(metatable);
                break;
            };
            // SAFETY: the location of a slot that the metatable's shape has.
            let class = unsafe { *at_location(metatable, index_at) }.as_table()?;
            if !class.shape().has_slots() {
                return None;
            }
            let hop = entry.hops.get_mut(entry.hop_count as usize)?;
            *hop = Hop { metatable_key: key_of(metatable), class_key: key_of(class), index_at };
            entry.hop_count += 1;
            if let Some(field_at) = find(class, name) {
                entry.field_at = field_at;
                break;
            }
            next = class.metatable;
        }
        self.entries[Self::place(key, name)] = entry;
        Some(())
    }
}

/// Entries of the [`LookupCache`], a power of two.
const LOOKUP_ENTRIES: usize = 1024;

/// One answer: the slot of `name` in tables with that key.
#[derive(Clone, Copy)]
struct LookupEntry {
    shape: u64,
    name: u64,
    /// Slot plus one; 0: the shape has no such field.
    slot: u32,
}

/// From (shape, name) to slot, direct mapped: what megamorphic sites use. Neither shapes nor their keys ever die, so an
/// answer stays right.
pub struct LookupCache {
    entries: Box<[LookupEntry]>,
}

impl Default for LookupCache {
    fn default() -> LookupCache {
        let empty = LookupEntry { shape: u64::MAX, name: 0, slot: 0 };
        LookupCache { entries: vec![empty; LOOKUP_ENTRIES].into_boxed_slice() }
    }
}

impl LookupCache {
    /// The slot of `name` (interned) in `table`, which has slots.
    #[inline]
    pub fn slot(&mut self, shapes: &Shapes, table: Gc<Table>, name: Gc<LuaString>) -> Option<u32> {
        if !name.is_shape_key() {
            return None;
        }
        let shape = u64::from(table.shape().0);
        let mixed = (shape.wrapping_mul(0x9e37_79b9) ^ u64::from(name.hash())) as usize;
        let entry = &mut self.entries[mixed % LOOKUP_ENTRIES];
        if entry.shape != shape || entry.name != name.addr() {
            let slot = shapes.lookup(table.shape(), name).map_or(0, |slot| slot + 1);
            *entry = LookupEntry { shape, name: name.addr(), slot };
        }
        entry.slot.checked_sub(1)
    }
}
