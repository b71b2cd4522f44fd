//! Several values at once: arguments and results.

use std::fmt;
use std::ops::{Deref, DerefMut};

use smallvec::SmallVec;

use crate::api::{FromLua, IntoLua, Lua, Result, Value};
use crate::native::Cx;

/// Any number of Lua values.
#[derive(Clone, Default)]
pub struct MultiValue {
    /// Few enough need no memory of their own: calls between Rust and Lua are frequent.
    values: SmallVec<[Value; 4]>,
    /// Values taken from the front already.
    taken: usize,
}

impl MultiValue {
    pub fn new() -> MultiValue {
        MultiValue::default()
    }

    pub fn len(&self) -> usize {
        self.values.len() - self.taken
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes the first value; nil if there is none.
    pub fn pop_front(&mut self) -> Value {
        match self.values.get_mut(self.taken) {
            Some(first) => {
                self.taken += 1;
                std::mem::take(first)
            }
            None => Value::Nil,
        }
    }

    pub fn push_front(&mut self, value: Value) {
        match self.taken.checked_sub(1) {
            Some(free) => {
                self.values[free] = value;
                self.taken = free;
            }
            None => self.values.insert(0, value),
        }
    }

    pub fn push_back(&mut self, value: Value) {
        self.values.push(value);
    }

    pub fn iter(&self) -> impl Iterator<Item = &Value> {
        self.values[self.taken..].iter()
    }
}

impl fmt::Debug for MultiValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl PartialEq for MultiValue {
    fn eq(&self, other: &MultiValue) -> bool {
        self.values[self.taken..] == other.values[other.taken..]
    }
}

impl FromIterator<Value> for MultiValue {
    fn from_iter<I: IntoIterator<Item = Value>>(values: I) -> MultiValue {
        MultiValue { values: values.into_iter().collect(), taken: 0 }
    }
}

impl IntoIterator for MultiValue {
    type Item = Value;
    type IntoIter = std::iter::Skip<smallvec::IntoIter<[Value; 4]>>;

    fn into_iter(self) -> Self::IntoIter {
        self.values.into_iter().skip(self.taken)
    }
}

/// Any number of values of one type, as arguments or results.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Variadic<T>(pub Vec<T>);

impl<T> Deref for Variadic<T> {
    type Target = Vec<T>;

    fn deref(&self) -> &Vec<T> {
        &self.0
    }
}

impl<T> DerefMut for Variadic<T> {
    fn deref_mut(&mut self) -> &mut Vec<T> {
        &mut self.0
    }
}

/// What a function's results, or a call's arguments, can be made from.
pub trait IntoLuaMulti {
    /// # Errors
    /// A conversion fails.
    fn into_results(self, lua: &Lua) -> Result<MultiValue>;
}

/// What a function's arguments, or a call's results, can be turned into.
pub trait FromLuaMulti: Sized {
    /// # Errors
    /// A conversion fails.
    fn from_results(values: MultiValue, lua: &Lua) -> Result<Self>;

    /// As [`FromLuaMulti::from_results`], straight from a call in progress, from argument `first` (from 0) on.
    ///
    /// # Errors
    /// A conversion fails; the error names the argument.
    fn from_args(lua: &Lua, cx: &Cx<'_>, first: usize) -> Result<Self> {
        let args = cx.args().get(first..).unwrap_or_default();
        let values = args.iter().map(|&raw| Value::from_raw(lua, raw)).collect();
        Self::from_results(values, lua)
    }
}

impl<T: IntoLua> IntoLuaMulti for T {
    fn into_results(self, lua: &Lua) -> Result<MultiValue> {
        Ok(MultiValue::from_iter([self.into_lua(lua)?]))
    }
}

impl<T: FromLua> FromLuaMulti for T {
    fn from_results(mut values: MultiValue, lua: &Lua) -> Result<T> {
        T::from_lua(values.pop_front(), lua)
    }

    fn from_args(lua: &Lua, cx: &Cx<'_>, first: usize) -> Result<T> {
        super::convert::argument(lua, cx, first)
    }
}

impl IntoLuaMulti for MultiValue {
    fn into_results(self, _: &Lua) -> Result<MultiValue> {
        Ok(self)
    }
}

impl FromLuaMulti for MultiValue {
    fn from_results(values: MultiValue, _: &Lua) -> Result<MultiValue> {
        Ok(values)
    }
}

impl<T: IntoLua> IntoLuaMulti for Variadic<T> {
    fn into_results(self, lua: &Lua) -> Result<MultiValue> {
        let values = self.0.into_iter().map(|value| value.into_lua(lua));
        values.collect::<Result<MultiValue>>()
    }
}

impl<T: FromLua> FromLuaMulti for Variadic<T> {
    fn from_results(values: MultiValue, lua: &Lua) -> Result<Variadic<T>> {
        let values = values.into_iter().map(|value| T::from_lua(value, lua));
        values.collect::<Result<_>>().map(Variadic)
    }

    fn from_args(lua: &Lua, cx: &Cx<'_>, first: usize) -> Result<Variadic<T>> {
        let values = (first..cx.nargs()).map(|index| super::convert::argument(lua, cx, index));
        values.collect::<Result<_>>().map(Variadic)
    }
}

impl IntoLuaMulti for () {
    fn into_results(self, _: &Lua) -> Result<MultiValue> {
        Ok(MultiValue::new())
    }
}

impl FromLuaMulti for () {
    fn from_results(_: MultiValue, _: &Lua) -> Result<()> {
        Ok(())
    }
}

/// Tuples: one value each, but the last element may be several ([`Variadic`], [`MultiValue`]).
macro_rules! tuples {
    ($(($($name:ident,)* | $last:ident))*) => {$(
        #[allow(non_snake_case, reason = "one macro for all sizes")]
        impl<$($name: IntoLua,)* $last: IntoLuaMulti> IntoLuaMulti for ($($name,)* $last,) {
            fn into_results(self, lua: &Lua) -> Result<MultiValue> {
                let ($($name,)* $last,) = self;
                let mut values = MultiValue::from_iter([$($name.into_lua(lua)?),*]);
                values.values.extend($last.into_results(lua)?);
                Ok(values)
            }
        }

        #[allow(non_snake_case, unused_mut, reason = "one macro for all sizes")]
        impl<$($name: FromLua,)* $last: FromLuaMulti> FromLuaMulti for ($($name,)* $last,) {
            fn from_results(mut values: MultiValue, lua: &Lua) -> Result<Self> {
                $(let $name = $name::from_lua(values.pop_front(), lua)?;)*
                Ok(($($name,)* $last::from_results(values, lua)?,))
            }

            fn from_args(lua: &Lua, cx: &Cx<'_>, first: usize) -> Result<Self> {
                let mut index = first;
                $(
                    let $name = super::convert::argument(lua, cx, index)?;
                    index += 1;
                )*
                Ok(($($name,)* $last::from_args(lua, cx, index)?,))
            }
        }
    )*};
}

tuples! {
    (| A)
    (A, | B)
    (A, B, | C)
    (A, B, C, | D)
    (A, B, C, D, | E)
    (A, B, C, D, E, | F)
    (A, B, C, D, E, F, | G)
    (A, B, C, D, E, F, G, | H)
}
