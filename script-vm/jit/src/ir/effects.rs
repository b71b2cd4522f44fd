//! What operations read and write besides their operands.

use std::fmt;

/// A set of alias classes: parts of memory such that a write to one cannot be seen by a read of another.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Classes(u16);

impl Classes {
    pub const NONE: Classes = Classes(0);
    /// Registers of the running frames in the Lua stack.
    pub const STACK: Classes = Classes(1);
    /// Captured variables.
    pub const UPVALUE: Classes = Classes(1 << 1);
    /// Keys of tables (shape and inline slots) and where their slots out of line are.
    pub const SHAPE: Classes = Classes(1 << 2);
    /// Metatable pointers.
    pub const METATABLE: Classes = Classes(1 << 3);
    /// Values of fields.
    pub const FIELD: Classes = Classes(1 << 4);
    /// Where a table's array is, its kind and its length.
    pub const ARRAY: Classes = Classes(1 << 5);
    /// Elements of arrays.
    pub const ELEMENT: Classes = Classes(1 << 6);
    /// Dictionaries.
    pub const DICTIONARY: Classes = Classes(1 << 7);
    /// Memory of the embedding program.
    pub const HOST: Classes = Classes(1 << 8);
    /// Everything that a script can change.
    pub const ALL: Classes = Classes((1 << 9) - 1);

    const NAMES: [(Classes, &'static str); 9] = [
        (Classes::STACK, "stack"),
        (Classes::UPVALUE, "upvalue"),
        (Classes::SHAPE, "shape"),
        (Classes::METATABLE, "metatable"),
        (Classes::FIELD, "field"),
        (Classes::ARRAY, "array"),
        (Classes::ELEMENT, "element"),
        (Classes::DICTIONARY, "dictionary"),
        (Classes::HOST, "host"),
    ];

    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub const fn intersects(self, other: Classes) -> bool {
        self.0 & other.0 != 0
    }

    pub const fn and(self, other: Classes) -> Classes {
        Classes(self.0 | other.0)
    }
}

impl fmt::Debug for Classes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Self::NAMES.iter().filter(|(class, _)| self.intersects(*class));
        f.debug_set().entries(names.map(|(_, name)| name)).finish()
    }
}

/// What an operation does besides computing its result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Effects {
    pub reads: Classes,
    pub writes: Classes,
    /// It may leave the code, and needs a frame state for that.
    pub exits: bool,
    /// It stays although nothing uses its result.
    pub stays: bool,
    /// Each time it makes another object.
    pub allocates: bool,
    /// It may call the runtime where script code is run or memory is taken. The counter of fuel has to be in memory then: a
    /// collection is asked for by way of it.
    pub calls: bool,
    /// It does harm where the guards before it were not passed. They have no results, so nothing but their order ties it to
    /// them.
    pub trusts: bool,
}

impl Effects {
    /// A function of its operands.
    pub const PURE: Effects = Effects {
        reads: Classes::NONE,
        writes: Classes::NONE,
        exits: false,
        stays: false,
        allocates: false,
        calls: false,
        trusts: false,
    };

    /// A function of operands that guards have looked at.
    pub const TRUSTING: Effects = Effects { trusts: true, ..Effects::PURE };

    /// The end of a block.
    pub const END: Effects = Effects { stays: true, ..Effects::PURE };

    pub const fn reading(classes: Classes) -> Effects {
        Effects { reads: classes, ..Effects::PURE }
    }

    pub const fn writing(classes: Classes) -> Effects {
        Effects { writes: classes, stays: true, ..Effects::PURE }
    }

    /// A guard that looks at its operands only.
    pub const GUARD: Effects = Effects { exits: true, stays: true, ..Effects::PURE };

    /// A guard that looks at memory too.
    pub const fn guarding(classes: Classes) -> Effects {
        Effects { reads: classes, ..Effects::GUARD }
    }

    /// Script code or the runtime may run. It finds all registers in the Lua stack, and may not come back.
    pub const RUN: Effects = Effects {
        reads: Classes::ALL,
        writes: Classes::ALL,
        stays: true,
        calls: true,
        ..Effects::PURE
    };

    /// Code that leaves no frame of its own runs: as [`Effects::RUN`], but registers may be anywhere. It exits after all of
    /// its effects, or before any.
    pub const CALL: Effects = Effects { exits: true, ..Effects::RUN };

    /// The same operation with the same operands gives the same result as long as nothing that it reads is written.
    pub const fn is_repeatable(self) -> bool {
        self.writes.is_empty() && !self.allocates
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_meet_what_sees_them() {
        let load = Effects::reading(Classes::FIELD.and(Classes::SHAPE));
        let store = Effects::writing(Classes::FIELD);
        let append = Effects::writing(Classes::ARRAY.and(Classes::ELEMENT));
        assert!(store.writes.intersects(load.reads) && !append.writes.intersects(load.reads));
        assert!(Effects::RUN.writes.intersects(load.reads));
        assert!(load.is_repeatable() && !store.is_repeatable());
    }

    #[test]
    fn classes_are_named() {
        assert_eq!(format!("{:?}", Classes::STACK.and(Classes::HOST)), r#"{"stack", "host"}"#);
    }
}
