//! Types of values.

use std::fmt;

use interlune_core::value::tag;

/// What is known of a value from its definition alone, and so how machine code holds it. What a guard has found out about
/// a table (its key, its metatable, the kind of its array) is no type: it holds until memory changes, see
/// [`super::effects`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Type {
    /// Any Lua value: payload and second word.
    Any,
    Nil,
    Bool,
    Int,
    Float,
    /// An integer or a float; as [`Type::Any`], but arithmetic needs no metamethod.
    Number,
    String,
    Table,
    /// A Lua function.
    Closure,
    Vec2,
    Vec3,
    /// One of the two: what operations on vectors take, and, as [`Type::Number`], what is known of values that meet.
    Vector,
}

impl Type {
    const NAMES: [(Type, &'static str); 12] = [
        (Type::Any, "any"),
        (Type::Nil, "nil"),
        (Type::Bool, "bool"),
        (Type::Int, "int"),
        (Type::Float, "float"),
        (Type::Number, "number"),
        (Type::String, "string"),
        (Type::Table, "table"),
        (Type::Closure, "closure"),
        (Type::Vec2, "vec2"),
        (Type::Vec3, "vec3"),
        (Type::Vector, "vector"),
    ];

    pub fn name(self) -> &'static str {
        let entry = Self::NAMES.iter().find(|(ty, _)| *ty == self);
        entry.map_or("?", |(_, name)| name)
    }

    pub fn from_name(name: &str) -> Option<Type> {
        Self::NAMES.iter().find(|(_, known)| *known == name).map(|(ty, _)| *ty)
    }

    /// Whether every value of this type is one of `other`.
    pub fn is_within(self, other: Type) -> bool {
        self == other
            || other == Type::Any
            || (other == Type::Number && matches!(self, Type::Int | Type::Float))
            || (other == Type::Vector && self.is_vector())
    }

    /// The narrowest type that holds the values of both.
    pub fn join(self, other: Type) -> Type {
        if self.is_within(other) {
            other
        } else if other.is_within(self) {
            self
        } else if self.is_within(Type::Number) && other.is_within(Type::Number) {
            Type::Number
        } else if self.is_within(Type::Vector) && other.is_within(Type::Vector) {
            Type::Vector
        } else {
            Type::Any
        }
    }

    /// A vector type of its own.
    pub fn is_vector(self) -> bool {
        matches!(self, Type::Vec2 | Type::Vec3)
    }

    /// The tag that all values of this type have, if it is one.
    pub fn tag(self) -> Option<u32> {
        match self {
            Type::Nil => Some(tag::NIL),
            Type::Int => Some(tag::INT),
            Type::Float => Some(tag::FLOAT),
            Type::String => Some(tag::STRING),
            Type::Table => Some(tag::TABLE),
            Type::Closure => Some(tag::CLOSURE),
            Type::Vec2 => Some(tag::VEC2),
            Type::Vec3 => Some(tag::VEC3),
            Type::Any | Type::Number | Type::Vector | Type::Bool => None,
        }
    }

    /// The name that `type` gives all values of this type, if it is one.
    pub fn lua_name(self) -> Option<&'static str> {
        match self {
            Type::Any | Type::Vector => None,
            Type::Bool => Some("boolean"),
            Type::Int | Type::Float | Type::Number => Some("number"),
            Type::Closure => Some("function"),
            Type::Nil | Type::String | Type::Table | Type::Vec2 | Type::Vec3 => Some(self.name()),
        }
    }

    /// Values that the collector traces may be among them.
    pub fn may_be_traced(self) -> bool {
        matches!(self, Type::Any | Type::String | Type::Table | Type::Closure)
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_type() -> impl Strategy<Value = Type> {
        prop::sample::select(Type::NAMES.map(|(ty, _)| ty).to_vec())
    }

    #[test]
    fn names_are_read_back() {
        for (ty, name) in Type::NAMES {
            assert_eq!(Type::from_name(name), Some(ty));
            assert_eq!(ty.to_string(), name);
        }
        assert_eq!(Type::from_name("pointer"), None);
    }

    proptest! {
        #[test]
        fn a_join_holds_both_and_is_commutative_and_associative(
            a in any_type(), b in any_type(), c in any_type(),
        ) {
            let both = a.join(b);
            prop_assert!(a.is_within(both) && b.is_within(both));
            prop_assert_eq!(both, b.join(a));
            prop_assert_eq!(both.join(c), a.join(b.join(c)));
            prop_assert_eq!(a.is_within(b), a.join(b) == b);
        }
    }
}
