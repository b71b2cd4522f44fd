//! Tables.

use crate::api::function::call_raw;
use crate::api::handle::Handle;
use crate::api::{Error, FromLua, IntoLua, Lua, MultiValue, Result, Value};
use crate::interp::meta::{Found, Stored, find, store};
use crate::native::TableRef;
use crate::table::{self as raw_table, KeyOrigin};
use crate::value::Value as RawValue;

/// A Lua table.
#[derive(Clone, Debug, PartialEq)]
pub struct Table(Handle);

impl Table {
    pub(crate) fn new(lua: &Lua, table: TableRef) -> Table {
        Table(Handle::new(lua, RawValue::table(table)))
    }

    pub(crate) fn from_handle(handle: Handle) -> Table {
        Table(handle)
    }

    pub(crate) fn handle(&self) -> &Handle {
        &self.0
    }

    fn raw(&self) -> TableRef {
        match self.0.raw().as_table() {
            Some(table) => table,
            None => unreachable!("a table handle roots a table"),
        }
    }

    fn lua(&self) -> &Lua {
        self.0.lua()
    }

    /// `table[key]`, with metamethods.
    ///
    /// # Errors
    /// A conversion, or what a metamethod raises.
    pub fn get<V: FromLua>(&self, key: impl IntoLua) -> Result<V> {
        let lua = self.lua();
        let key = key.into_lua(lua)?.to_raw(lua)?;
        let value = match find(lua.vm(), self.0.raw(), key) {
            Ok(Found::Value(value)) => Value::from_raw(lua, value),
            Ok(Found::Call(handler, receiver)) => {
                let args = [receiver, key].map(|raw| Value::from_raw(lua, raw));
                let mut results = call_raw(lua, handler, args.into_iter().collect())?;
                results.pop_front()
            }
            Err(_) => return Err(Error::runtime("'__index' chain too long or not indexable")),
        };
        V::from_lua(value, lua)
    }

    /// `table[key] = value`, with metamethods.
    ///
    /// # Errors
    /// A conversion, a key that is nil or NaN, the memory limit, or what a metamethod raises.
    pub fn set(&self, key: impl IntoLua, value: impl IntoLua) -> Result<()> {
        let lua = self.lua();
        let key = key.into_lua(lua)?.to_raw(lua)?;
        let value = value.into_lua(lua)?.to_raw(lua)?;
        match store(lua.vm(), self.0.raw(), key, value, KeyOrigin::Constant) {
            Stored::Done => Ok(()),
            Stored::Call(handler, receiver) => {
                let args = [receiver, key, value].map(|raw| Value::from_raw(lua, raw));
                call_raw(lua, handler, args.into_iter().collect()).map(|_| ())
            }
            Stored::Store(error) => Err(store_error(error)),
            Stored::Fail(_) => Err(Error::runtime("'__newindex' chain too long or not indexable")),
        }
    }

    /// `rawget`
    ///
    /// # Errors
    /// A conversion.
    pub fn raw_get<V: FromLua>(&self, key: impl IntoLua) -> Result<V> {
        let lua = self.lua();
        let key = key.into_lua(lua)?.to_raw(lua)?;
        let value = raw_table::get(&mut lua.vm().heap, self.raw(), key);
        V::from_lua(Value::from_raw(lua, value), lua)
    }

    /// `rawset`
    ///
    /// # Errors
    /// A conversion, a key that is nil or NaN, or the memory limit.
    pub fn raw_set(&self, key: impl IntoLua, value: impl IntoLua) -> Result<()> {
        let lua = self.lua();
        let key = key.into_lua(lua)?.to_raw(lua)?;
        let value = value.into_lua(lua)?.to_raw(lua)?;
        let heap = &mut lua.vm().heap;
        match key.as_string() {
            Some(name) => raw_table::set_str(heap, self.raw(), name, value, KeyOrigin::Constant)
                .map_err(|_| Error::Memory),
            None => raw_table::set(heap, self.raw(), key, value).map_err(store_error),
        }
    }

    /// Whether there is a value at the key, with metamethods.
    ///
    /// # Errors
    /// As [`Table::get`].
    pub fn contains_key(&self, key: impl IntoLua) -> Result<bool> {
        Ok(!self.get::<Value>(key)?.is_nil())
    }

    /// The raw length.
    pub fn raw_len(&self) -> usize {
        self.border() as usize
    }

    fn border(&self) -> i64 {
        raw_table::length(&self.lua().vm().heap, self.raw())
    }

    /// The length, with `__len`.
    ///
    /// # Errors
    /// What `__len` raises.
    pub fn len(&self) -> Result<i64> {
        let lua = self.lua();
        let handler =
            crate::interp::meta::metamethod(lua.vm(), self.0.raw(), crate::vm::Event::Len);
        if handler.is_nil() {
            return Ok(self.border());
        }
        let args = MultiValue::from_iter([Value::Table(self.clone())]);
        let mut results = call_raw(lua, handler, args)?;
        i64::from_lua(results.pop_front(), lua)
    }

    /// Whether there is no entry at all.
    pub fn is_empty(&self) -> bool {
        raw_table::next_at(&mut self.lua().vm().heap, self.raw(), 0).is_none()
    }

    /// Appends a value, raw.
    ///
    /// # Errors
    /// A conversion, or the memory limit.
    pub fn push(&self, value: impl IntoLua) -> Result<()> {
        let key = self.border() + 1;
        self.raw_set(key, value)
    }

    /// Removes every entry.
    ///
    /// # Errors
    /// The memory limit.
    pub fn clear(&self) -> Result<()> {
        let keys: Vec<Value> =
            self.pairs::<Value, Value>().map(|pair| Ok(pair?.0)).collect::<Result<_>>()?;
        keys.into_iter().rev().try_for_each(|key| self.raw_set(key, Value::Nil))
    }

    /// The entries, in the order of `next`.
    pub fn pairs<K: FromLua, V: FromLua>(&self) -> TablePairs<K, V> {
        TablePairs { table: self.clone(), key: Some(Value::Nil), kinds: std::marker::PhantomData }
    }

    /// The elements 1, 2, … up to the first nil.
    pub fn sequence_values<V: FromLua>(&self) -> TableSequence<V> {
        TableSequence { table: self.clone(), index: 1, kind: std::marker::PhantomData }
    }

    /// The metatable.
    pub fn metatable(&self) -> Option<Table> {
        self.raw().metatable.map(|metatable| Table::new(self.lua(), metatable))
    }

    /// Replaces the metatable.
    ///
    /// # Errors
    /// The metatable belongs to another VM.
    pub fn set_metatable(&self, metatable: Option<Table>) -> Result<()> {
        let lua = self.lua();
        let metatable = match metatable {
            Some(metatable) => metatable.0.get(lua)?.as_table(),
            None => None,
        };
        lua.set_raw_metatable(self.raw(), metatable);
        Ok(())
    }
}

fn store_error(error: raw_table::StoreError) -> Error {
    match error {
        raw_table::StoreError::NilKey => Error::runtime("table index is nil"),
        raw_table::StoreError::NanKey => Error::runtime("table index is NaN"),
        raw_table::StoreError::OutOfMemory => Error::Memory,
    }
}

/// Iterator over the entries of a table.
pub struct TablePairs<K, V> {
    table: Table,
    key: Option<Value>,
    kinds: std::marker::PhantomData<(K, V)>,
}

impl<K: FromLua, V: FromLua> Iterator for TablePairs<K, V> {
    type Item = Result<(K, V)>;

    fn next(&mut self) -> Option<Result<(K, V)>> {
        let lua = self.table.lua();
        let key = match self.key.take()?.to_raw(lua) {
            Ok(key) => key,
            Err(error) => return Some(Err(error)),
        };
        match raw_table::next(&mut lua.vm().heap, self.table.raw(), key) {
            Ok(Some((key, value))) => {
                let key = Value::from_raw(lua, key);
                let value = Value::from_raw(lua, value);
                self.key = Some(key.clone());
                let pair = K::from_lua(key, lua).and_then(|k| Ok((k, V::from_lua(value, lua)?)));
                Some(pair)
            }
            Ok(None) => None,
            Err(_) => Some(Err(Error::runtime("invalid key to 'next'"))),
        }
    }
}

/// Iterator over the elements of a sequence.
pub struct TableSequence<V> {
    table: Table,
    index: i64,
    kind: std::marker::PhantomData<V>,
}

impl<V: FromLua> Iterator for TableSequence<V> {
    type Item = Result<V>;

    fn next(&mut self) -> Option<Result<V>> {
        let value = self.table.raw_get::<Value>(self.index);
        self.index += 1;
        match value {
            Ok(Value::Nil) => None,
            Ok(value) => Some(V::from_lua(value, self.table.lua())),
            Err(error) => Some(Err(error)),
        }
    }
}
