//! Shapes (hidden classes): which string keys a table has, in which slots, holding what types.
//!
//! Shapes form a tree: a child has one key more than its parent. A shape has a 32-bit id that is never used again.
//! Keys and the ids of their type cells stand in descriptor arrays that a chain of shapes shares; a shape sees the first
//! `count` of its array. A field's type cell is shared by all shapes that descend from the one that introduced the
//! field, so that widening a type is one store.
//!
//! The collector treats the keys of all shapes as roots.

use std::hash::BuildHasherDefault;

use rustc_hash::FxHasher;

use crate::object::{Gc, flags};
use crate::string::LuaString;
use crate::value::tag;

/// Identity of a shape; 0 is none.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(transparent)]
pub struct ShapeId(pub u32);

impl ShapeId {
    /// No fields.
    pub const EMPTY: ShapeId = ShapeId(1);
    /// String keys are in the dictionary.
    pub const DICTIONARY: ShapeId = ShapeId(2);
    /// Weak table: everything is in the dictionary, and nothing may be cached.
    pub const WEAK: ShapeId = ShapeId(3);

    /// Whether fields lie in slots.
    #[inline(always)]
    pub const fn has_slots(self) -> bool {
        self.0 != ShapeId::DICTIONARY.0 && self.0 != ShapeId::WEAK.0
    }
}

/// Most fields that a table may have before it becomes a dictionary.
pub const MAX_FIELDS: u32 = 128;
/// Most children of a shape; a table that would need another one becomes a dictionary.
pub const MAX_TRANSITIONS: usize = 256;
/// Most shapes that come of computed keys: a map's keys come in any order, and each order is a chain of shapes.
const MAX_COMPUTED: u32 = 1024;
/// Up to this many keys are searched one by one.
const LINEAR_SEARCH: u32 = 8;

/// What a field was seen to hold: a value tag, or one of the two below.
pub type FieldType = u32;
/// The field was never stored to.
pub const TYPE_NONE: FieldType = u32::MAX;
/// Values of several tags, or nil.
pub const TYPE_ANY: FieldType = u32::MAX - 1;

type FxMap<K, V> = std::collections::HashMap<K, V, BuildHasherDefault<FxHasher>>;

/// A field as its shape knows it.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    pub key: Gc<LuaString>,
    /// Index of the field's type cell.
    pub type_cell: u32,
}

/// The fields of a chain of shapes, in slot order.
struct Descriptors {
    fields: Vec<Field>,
    /// Slot of each key, once there are more than [`LINEAR_SEARCH`].
    index: FxMap<Gc<LuaString>, u32>,
}

enum Transitions {
    None,
    One(Gc<LuaString>, ShapeId),
    Many(FxMap<Gc<LuaString>, ShapeId>),
}

struct Shape {
    count: u32,
    descriptors: u32,
    transitions: Transitions,
}

/// All shapes of a VM.
pub struct Shapes {
    shapes: Vec<Shape>,
    descriptors: Vec<Descriptors>,
    types: Vec<FieldType>,
    /// Shapes made for computed keys.
    computed: u32,
    last_identity: u32,
}

impl Default for Shapes {
    fn default() -> Shapes {
        let special = || Shape { count: 0, descriptors: 0, transitions: Transitions::None };
        Shapes {
            shapes: vec![special(), special(), special(), special()],
            descriptors: vec![Descriptors { fields: Vec::new(), index: FxMap::default() }],
            types: Vec::new(),
            computed: 0,
            last_identity: 0,
        }
    }
}

impl Shapes {
    /// Number of fields, which is the number of slots in use.
    pub fn count(&self, shape: ShapeId) -> u32 {
        debug_assert!(shape.0 != 0, "no table has shape 0");
        self.shapes[shape.0 as usize].count
    }

    /// The fields of a shape in slot order.
    pub fn fields(&self, shape: ShapeId) -> &[Field] {
        let shape = &self.shapes[shape.0 as usize];
        &self.descriptors[shape.descriptors as usize].fields[..shape.count as usize]
    }

    /// The slot of `key`, an interned string.
    #[inline]
    pub fn lookup(&self, shape: ShapeId, key: Gc<LuaString>) -> Option<u32> {
        let shape = &self.shapes[shape.0 as usize];
        let descriptors = &self.descriptors[shape.descriptors as usize];
        if shape.count <= LINEAR_SEARCH {
            let fields = &descriptors.fields[..shape.count as usize];
            return fields.iter().position(|field| field.key == key).map(|slot| slot as u32);
        }
        descriptors.index.get(&key).copied().filter(|&slot| slot < shape.count)
    }

    /// The shape with `key` (interned, not in `shape`) added, or nothing if the table had better become a dictionary.
    pub fn add(&mut self, shape: ShapeId, key: Gc<LuaString>) -> Option<ShapeId> {
        if let Some(child) = self.child(shape, key) {
            return Some(child);
        }
        let transitions = match &self.shapes[shape.0 as usize].transitions {
            Transitions::Many(map) => map.len(),
            Transitions::None | Transitions::One(..) => 1,
        };
        let has_room = self.count(shape) < MAX_FIELDS && transitions < MAX_TRANSITIONS;
        has_room.then(|| self.create_child(shape, key))
    }

    /// The same for a key that was computed. It is one of a map's, for all that is known, unless it is a field somewhere
    /// already: then one object is made like another, field by field.
    pub fn add_computed(&mut self, shape: ShapeId, key: Gc<LuaString>) -> Option<ShapeId> {
        if let Some(child) = self.child(shape, key) {
            return Some(child);
        }
        if !key.is_shape_key() || self.computed >= MAX_COMPUTED {
            return None;
        }
        self.computed += 1;
        self.add(shape, key)
    }

    fn child(&self, shape: ShapeId, key: Gc<LuaString>) -> Option<ShapeId> {
        match &self.shapes[shape.0 as usize].transitions {
            Transitions::One(known, child) => (*known == key).then_some(*child),
            Transitions::Many(map) => map.get(&key).copied(),
            Transitions::None => None,
        }
    }

    fn create_child(&mut self, parent: ShapeId, mut key: Gc<LuaString>) -> ShapeId {
        key.header.flags |= flags::SHAPE_KEY;
        let count = self.count(parent);
        let descriptors = self.extendable_descriptors(parent);
        let type_cell = self.types.len() as u32;
        self.types.push(TYPE_NONE);
        self.descriptors[descriptors as usize].push(Field { key, type_cell });
        let child = ShapeId(self.shapes.len() as u32);
        self.shapes.push(Shape { count: count + 1, descriptors, transitions: Transitions::None });
        let transitions = &mut self.shapes[parent.0 as usize].transitions;
        match transitions {
            Transitions::None => *transitions = Transitions::One(key, child),
            Transitions::One(first, first_child) => {
                let pairs = [(*first, *first_child), (key, child)];
                *transitions = Transitions::Many(pairs.into_iter().collect());
            }
            Transitions::Many(map) => {
                map.insert(key, child);
            }
        }
        child
    }

    /// The parent's descriptor array if its end is the parent's end, else a copy of the parent's part.
    fn extendable_descriptors(&mut self, parent: ShapeId) -> u32 {
        let shape = &self.shapes[parent.0 as usize];
        let shared = &self.descriptors[shape.descriptors as usize];
        if parent != ShapeId::EMPTY && shared.fields.len() == shape.count as usize {
            return shape.descriptors;
        }
        let mut copy = Descriptors { fields: Vec::new(), index: FxMap::default() };
        for &field in &shared.fields[..shape.count as usize] {
            copy.push(field);
        }
        self.descriptors.push(copy);
        self.descriptors.len() as u32 - 1
    }

    /// What the field in `slot` was seen to hold.
    pub fn field_type(&self, shape: ShapeId, slot: u32) -> FieldType {
        self.types[self.fields(shape)[slot as usize].type_cell as usize]
    }

    /// Notes that a value with tag `stored` is stored in the field. True and false count as different tags.
    pub fn widen(&mut self, shape: ShapeId, slot: u32, stored: u32) -> FieldType {
        let cell = self.fields(shape)[slot as usize].type_cell as usize;
        let known = self.types[cell];
        self.types[cell] = match known {
            TYPE_NONE if stored != tag::NIL => stored,
            _ if known == stored => stored,
            _ => TYPE_ANY,
        };
        self.types[cell]
    }

    /// A number for an object that becomes a key: dictionaries must not hash addresses.
    pub fn fresh_identity(&mut self) -> u32 {
        // After 2^32 objects numbers repeat, which costs collisions and nothing else; 0 means "none".
        self.last_identity = self.last_identity.wrapping_add(1).max(1);
        self.last_identity
    }

    /// Number of descriptor arrays; the collector walks them by index.
    pub(crate) fn descriptor_count(&self) -> usize {
        self.descriptors.len()
    }

    /// The keys of a descriptor array, for the collector.
    pub(crate) fn descriptor_keys(&self, index: usize) -> impl Iterator<Item = Gc<LuaString>> + '_ {
        self.descriptors[index].fields.iter().map(|field| field.key)
    }
}

impl Descriptors {
    fn push(&mut self, field: Field) {
        self.fields.push(field);
        let len = self.fields.len() as u32;
        if len == LINEAR_SEARCH + 1 {
            let all = self.fields.iter().zip(0..).map(|(field, slot)| (field.key, slot));
            self.index = all.collect();
        } else if len > LINEAR_SEARCH {
            self.index.insert(field.key, len - 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::heap::Heap;

    #[test]
    fn computed_keys_make_shapes_of_known_fields_and_not_too_many() {
        let mut heap = Heap::new(Rc::default());
        let mut name = |text: String| heap.intern(text.as_bytes());
        let names: Vec<_> = (0..40).map(|n| name(format!("n{n}"))).collect();
        let mut shapes = Shapes::default();
        assert_eq!(shapes.add_computed(ShapeId::EMPTY, names[0]), None);
        let first = shapes.add(ShapeId::EMPTY, names[0]).expect("room");
        let second = shapes.add(first, names[1]).expect("room");
        // The same way, and another one.
        assert_eq!(shapes.add_computed(first, names[1]), Some(second));
        let other = shapes.add_computed(ShapeId::EMPTY, names[1]).expect("a field's name");
        assert!(shapes.lookup(other, names[1]).is_some());
        assert_eq!(shapes.add_computed(other, names[2]), None);
        // Chains of every pair of names would be 1,560.
        for &key in &names {
            shapes.add(ShapeId::EMPTY, key);
        }
        let before = shapes.shapes.len();
        for &first in &names {
            let parent = shapes.add(ShapeId::EMPTY, first).expect("there already");
            for &second in names.iter().filter(|&&second| second != first) {
                shapes.add_computed(parent, second);
            }
        }
        assert_eq!(shapes.shapes.len(), before + MAX_COMPUTED as usize - 1);
    }
}
