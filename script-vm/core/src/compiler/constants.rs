//! The constants of one function, each once.
//!
//! Two constants are one only if they are of the same type and the same bits: 1 and 1.0 are distinct, and so are 0.0
//! and -0.0. Strings are found through an array with one entry per string of the chunk, whose entries are stamped
//! with the function they were made for: nothing is cleared between functions.

use rustc_hash::FxHashMap;

use crate::bytecode::{Constant, StringId};

/// Above this capacity the map of numbers is dropped after a function, so that clearing it for each of the many small
/// functions that follow costs nothing.
const KEPT_CAPACITY: usize = 256;

/// Where a string stands among the constants, if `stamp` is the current one.
#[derive(Clone, Copy, Default)]
struct StringSlot {
    stamp: u32,
    index: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum NumberKey {
    Integer(i64),
    Float(u64),
}

/// The constants of the function that is being compiled.
#[derive(Default)]
pub(super) struct ConstantTable {
    pub list: Vec<Constant>,
    stamp: u32,
    strings: Vec<StringSlot>,
    numbers: FxHashMap<NumberKey, u32>,
    nil: Option<u32>,
    booleans: [Option<u32>; 2],
}

impl ConstantTable {
    /// Makes the table empty, for a function of a chunk with `string_count` strings.
    pub fn reset(&mut self, string_count: usize) {
        self.list.clear();
        self.stamp += 1;
        self.strings.resize(string_count, StringSlot::default());
        if self.numbers.capacity() > KEPT_CAPACITY {
            self.numbers = FxHashMap::default();
        }
        self.numbers.clear();
        self.nil = None;
        self.booleans = [None; 2];
    }

    pub fn string(&mut self, id: StringId) -> u32 {
        let next = self.list.len() as u32;
        let slot = &mut self.strings[id.0 as usize];
        if slot.stamp != self.stamp {
            *slot = StringSlot { stamp: self.stamp, index: next };
            self.list.push(Constant::String(id));
        }
        slot.index
    }

    pub fn integer(&mut self, value: i64) -> u32 {
        self.number(NumberKey::Integer(value), Constant::Integer(value))
    }

    pub fn float(&mut self, value: f64) -> u32 {
        self.number(NumberKey::Float(value.to_bits()), Constant::Float(value))
    }

    fn number(&mut self, key: NumberKey, constant: Constant) -> u32 {
        let list = &mut self.list;
        *self.numbers.entry(key).or_insert_with(|| push(list, constant))
    }

    pub fn nil(&mut self) -> u32 {
        let list = &mut self.list;
        *self.nil.get_or_insert_with(|| push(list, Constant::Nil))
    }

    pub fn boolean(&mut self, value: bool) -> u32 {
        let list = &mut self.list;
        *self.booleans[usize::from(value)]
            .get_or_insert_with(|| push(list, Constant::Boolean(value)))
    }
}

fn push(list: &mut Vec<Constant>, constant: Constant) -> u32 {
    list.push(constant);
    list.len() as u32 - 1
}
