//! Rust values in scripts: their types' fields, methods and metamethods.
//!
//! A type gets one metatable, made when its first value is. `__index` is a function that looks at field getters first,
//! then at methods; a type without getters has its table of methods there, so that method calls hit inline caches.

use std::any::{Any, TypeId, type_name};
use std::cell::{Ref, RefCell, RefMut};
use std::collections::HashMap;

use crate::api::handle::Handle;
use crate::api::{
    Callback, Error, FromLua, FromLuaMulti, Function, IntoLua, IntoLuaMulti, Lua, MultiValue,
    Result, Table, Value,
};
use crate::heap::Space;
use crate::native::TableRef;
use crate::object::{Gc, Header, Kind};
use crate::userdata::Userdata;
use crate::value::Value as RawValue;
use crate::vm::Vm;

/// A Rust type whose values scripts can handle.
pub trait UserData: Sized + 'static {
    /// Adds the fields that scripts see.
    fn add_fields<F: UserDataFields<Self>>(_fields: &mut F) {}

    /// Adds the methods that scripts see.
    fn add_methods<M: UserDataMethods<Self>>(_methods: &mut M) {}
}

/// What a type's fields are added to.
pub trait UserDataFields<T> {
    /// A field that scripts can read.
    fn add_field_method_get<R, F>(&mut self, name: &str, get: F)
    where
        R: IntoLua,
        F: Fn(&Lua, &T) -> Result<R> + 'static;

    /// A field that scripts can write.
    fn add_field_method_set<A, F>(&mut self, name: &str, set: F)
    where
        A: FromLua,
        F: Fn(&Lua, &mut T, A) -> Result<()> + 'static;
}

/// What a type's methods are added to.
pub trait UserDataMethods<T> {
    /// `value:name(…)` that reads the value.
    fn add_method<A, R, F>(&mut self, name: &str, method: F)
    where
        A: FromLuaMulti,
        R: IntoLuaMulti,
        F: Fn(&Lua, &T, A) -> Result<R> + 'static;

    /// `value:name(…)` that changes the value.
    fn add_method_mut<A, R, F>(&mut self, name: &str, method: F)
    where
        A: FromLuaMulti,
        R: IntoLuaMulti,
        F: Fn(&Lua, &mut T, A) -> Result<R> + 'static;

    /// A function in the type's method table; it gets no value.
    fn add_function<A, R, F>(&mut self, name: &str, function: F)
    where
        A: FromLuaMulti,
        R: IntoLuaMulti,
        F: Fn(&Lua, A) -> Result<R> + 'static;

    /// A metamethod (`__add`, `__len`, `__tostring`, …) whose first operand is the value.
    fn add_meta_method<A, R, F>(&mut self, name: &str, method: F)
    where
        A: FromLuaMulti,
        R: IntoLuaMulti,
        F: Fn(&Lua, &T, A) -> Result<R> + 'static;

    /// A metamethod that gets all operands.
    fn add_meta_function<A, R, F>(&mut self, name: &str, function: F)
    where
        A: FromLuaMulti,
        R: IntoLuaMulti,
        F: Fn(&Lua, A) -> Result<R> + 'static;
}

/// The metatables of the types that have values.
#[derive(Default)]
pub(crate) struct Types(RefCell<HashMap<TypeId, Registered>>);

struct Registered {
    /// The metatable, rooted in the registry under this number.
    key: i64,
}

/// A userdata object of any type.
#[derive(Clone, Debug, PartialEq)]
pub struct AnyUserData(Handle);

impl AnyUserData {
    pub(crate) fn from_handle(handle: Handle) -> AnyUserData {
        AnyUserData(handle)
    }

    pub(crate) fn handle(&self) -> &Handle {
        &self.0
    }

    fn cell<T: 'static>(&self) -> Result<&RefCell<T>> {
        let wrong = || Error::from_lua("userdata", type_name::<T>());
        let userdata = self.0.raw().as_userdata().ok_or_else(wrong)?;
        // SAFETY: the object lives as long as this handle; its data is dropped only with it.
        let userdata: &Userdata = unsafe { &*userdata.as_ptr() };
        userdata.data.as_ref().and_then(|data| data.downcast_ref()).ok_or_else(wrong)
    }

    /// Whether the value is a `T`.
    pub fn is<T: 'static>(&self) -> bool {
        self.cell::<T>().is_ok()
    }

    /// The value.
    ///
    /// # Errors
    /// It is of another type, or borrowed for a change.
    pub fn borrow<T: 'static>(&self) -> Result<Ref<'_, T>> {
        self.cell::<T>()?.try_borrow().map_err(|_| Error::UserDataBorrowed(type_name::<T>()))
    }

    /// The value, for a change.
    ///
    /// # Errors
    /// It is of another type, or borrowed.
    pub fn borrow_mut<T: 'static>(&self) -> Result<RefMut<'_, T>> {
        self.cell::<T>()?.try_borrow_mut().map_err(|_| Error::UserDataBorrowed(type_name::<T>()))
    }
}

/// A userdata object around any Rust value.
pub(crate) fn new_raw(
    vm: &mut Vm,
    data: Box<dyn Any>,
    metatable: Option<TableRef>,
) -> Gc<Userdata> {
    vm.heap.place(
        Space::Droppable,
        size_of::<Userdata>(),
        Userdata {
            header: Header::new(Kind::Userdata),
            metatable,
            user_value: RawValue::NIL,
            data: Some(data),
        },
    )
}

/// A userdata object of a type that scripts know.
pub(crate) fn create<T: UserData>(lua: &Lua, data: T) -> Result<AnyUserData> {
    let metatable = metatable_of::<T>(lua)?;
    let raw = metatable.handle().raw().as_table();
    let userdata = new_raw(lua.vm(), Box::new(RefCell::new(data)), raw);
    Ok(AnyUserData(Handle::new(lua, RawValue::userdata(userdata))))
}

/// The metatable of a type, made at first use.
fn metatable_of<T: UserData>(lua: &Lua) -> Result<Table> {
    let id = TypeId::of::<T>();
    if let Some(known) = lua.0.types.0.borrow().get(&id) {
        return lua.registry().raw_get(known.key);
    }
    let metatable = Builder::<T>::build(lua)?;
    let registry = lua.registry();
    registry.push(&metatable)?;
    let key = registry.raw_len() as i64;
    lua.0.types.0.borrow_mut().insert(id, Registered { key });
    Ok(metatable)
}

/// Collects what a type offers.
struct Builder<'l, T> {
    lua: &'l Lua,
    getters: Table,
    setters: Table,
    methods: Table,
    metatable: Table,
    error: Option<Error>,
    kind: std::marker::PhantomData<T>,
}

impl<'l, T: UserData> Builder<'l, T> {
    fn build(lua: &'l Lua) -> Result<Table> {
        let mut builder = Builder {
            lua,
            getters: lua.create_table()?,
            setters: lua.create_table()?,
            methods: lua.create_table()?,
            metatable: lua.create_table_with_capacity(0, 8)?,
            error: None,
            kind: std::marker::PhantomData::<T>,
        };
        T::add_fields(&mut builder);
        T::add_methods(&mut builder);
        match builder.error.take() {
            Some(error) => Err(error),
            None => builder.finish(),
        }
    }

    fn finish(self) -> Result<Table> {
        let short = type_name::<T>().rsplit("::").next().unwrap_or("userdata");
        self.metatable.raw_set("__name", short)?;
        let own_index = self.metatable.raw_get::<Option<Function>>("__index")?;
        if own_index.is_none() && self.getters.is_empty() {
            self.metatable.raw_set("__index", &self.methods)?;
        } else {
            self.metatable.raw_set("__index", self.index_function(own_index)?)?;
        }
        if !self.metatable.contains_key("__newindex")? {
            self.metatable.raw_set("__newindex", self.newindex_function()?)?;
        }
        Ok(self.metatable)
    }

    /// Looks at getters, then methods, then the type's own `__index`.
    fn index_function(&self, own: Option<Function>) -> Result<Function> {
        // The closure must not hold handles: they would keep the VM alive for ever. What it needs it reads from a
        // table that the metatable roots.
        self.metatable.raw_set("__methods", &self.methods)?;
        self.metatable.raw_set("__getters", &self.getters)?;
        self.metatable.raw_set("__own_index", own)?;
        self.lua.create_function(|lua, (value, key): (AnyUserData, Value)| {
            let metatable = value.metatable_table(lua)?;
            let getter: Option<Function> =
                metatable.raw_get::<Table>("__getters")?.raw_get(&key)?;
            if let Some(getter) = getter {
                return getter.call::<Value>(value);
            }
            let method: Value = metatable.raw_get::<Table>("__methods")?.raw_get(&key)?;
            if !method.is_nil() {
                return Ok(method);
            }
            match metatable.raw_get::<Option<Function>>("__own_index")? {
                Some(own) => own.call::<Value>((value, key)),
                None => Ok(Value::Nil),
            }
        })
    }

    /// Looks at setters; anything else is an error that lists the fields there are.
    fn newindex_function(&self) -> Result<Function> {
        self.metatable.raw_set("__setters", &self.setters)?;
        self.lua.create_function(|lua, (value, key, new): (AnyUserData, Value, Value)| {
            let metatable = value.metatable_table(lua)?;
            let setters: Table = metatable.raw_get("__setters")?;
            match setters.raw_get::<Option<Function>>(&key)? {
                Some(setter) => setter.call::<()>((value, new)),
                None => {
                    let names: Vec<String> = setters
                        .pairs::<String, Value>()
                        .map(|pair| pair.map(|(name, _)| name))
                        .collect::<Result<_>>()?;
                    let known = if names.is_empty() {
                        "it has no writable field".to_string()
                    } else {
                        format!("writable fields: {}", names.join(", "))
                    };
                    let key = key.to_text()?;
                    Err(Error::runtime(format!("cannot write field '{key}'; {known}")))
                }
            }
        })
    }

    fn put(&mut self, table: &Table, name: &str, callback: Callback) {
        let stored =
            self.lua.create_callback(callback).and_then(|function| table.raw_set(name, function));
        if let Err(error) = stored {
            self.error.get_or_insert(error);
        }
    }
}

impl AnyUserData {
    fn metatable_table(&self, lua: &Lua) -> Result<Table> {
        let metatable = self.0.get(lua)?.as_userdata().and_then(|userdata| userdata.metatable);
        let metatable = metatable.map(|metatable| Table::new(lua, metatable));
        metatable.ok_or_else(|| Error::runtime("userdata has no metatable"))
    }
}

/// The value and the remaining arguments of a method call.
fn receiver<A: FromLuaMulti>(lua: &Lua, cx: &crate::native::Cx<'_>) -> Result<(AnyUserData, A)> {
    let receiver = super::convert::argument(lua, cx, 0)?;
    let rest: MultiValue = cx.args().iter().skip(1).map(|&raw| Value::from_raw(lua, raw)).collect();
    Ok((receiver, A::from_results(rest, lua)?))
}

impl<T: UserData> UserDataFields<T> for Builder<'_, T> {
    fn add_field_method_get<R, F>(&mut self, name: &str, get: F)
    where
        R: IntoLua,
        F: Fn(&Lua, &T) -> Result<R> + 'static,
    {
        let table = self.getters.clone();
        self.put(
            &table,
            name,
            Box::new(move |lua, cx| {
                let value: AnyUserData = super::convert::argument(lua, cx, 0)?;
                let result = get(lua, &*value.borrow::<T>()?)?;
                result.into_results(lua)
            }),
        );
    }

    fn add_field_method_set<A, F>(&mut self, name: &str, set: F)
    where
        A: FromLua,
        F: Fn(&Lua, &mut T, A) -> Result<()> + 'static,
    {
        let table = self.setters.clone();
        self.put(
            &table,
            name,
            Box::new(move |lua, cx| {
                let value: AnyUserData = super::convert::argument(lua, cx, 0)?;
                let new = super::convert::argument(lua, cx, 1)?;
                set(lua, &mut *value.borrow_mut::<T>()?, new)?;
                Ok(MultiValue::new())
            }),
        );
    }
}

impl<T: UserData> UserDataMethods<T> for Builder<'_, T> {
    fn add_method<A, R, F>(&mut self, name: &str, method: F)
    where
        A: FromLuaMulti,
        R: IntoLuaMulti,
        F: Fn(&Lua, &T, A) -> Result<R> + 'static,
    {
        let table = self.methods.clone();
        self.put(
            &table,
            name,
            Box::new(move |lua, cx| {
                let (value, args) = receiver::<A>(lua, cx)?;
                let result = method(lua, &*value.borrow::<T>()?, args)?;
                result.into_results(lua)
            }),
        );
    }

    fn add_method_mut<A, R, F>(&mut self, name: &str, method: F)
    where
        A: FromLuaMulti,
        R: IntoLuaMulti,
        F: Fn(&Lua, &mut T, A) -> Result<R> + 'static,
    {
        let table = self.methods.clone();
        self.put(
            &table,
            name,
            Box::new(move |lua, cx| {
                let (value, args) = receiver::<A>(lua, cx)?;
                let result = method(lua, &mut *value.borrow_mut::<T>()?, args)?;
                result.into_results(lua)
            }),
        );
    }

    fn add_function<A, R, F>(&mut self, name: &str, function: F)
    where
        A: FromLuaMulti,
        R: IntoLuaMulti,
        F: Fn(&Lua, A) -> Result<R> + 'static,
    {
        let table = self.methods.clone();
        self.put(&table, name, plain(function));
    }

    fn add_meta_method<A, R, F>(&mut self, name: &str, method: F)
    where
        A: FromLuaMulti,
        R: IntoLuaMulti,
        F: Fn(&Lua, &T, A) -> Result<R> + 'static,
    {
        let table = self.metatable.clone();
        self.put(
            &table,
            name,
            Box::new(move |lua, cx| {
                let (value, args) = receiver::<A>(lua, cx)?;
                let result = method(lua, &*value.borrow::<T>()?, args)?;
                result.into_results(lua)
            }),
        );
    }

    fn add_meta_function<A, R, F>(&mut self, name: &str, function: F)
    where
        A: FromLuaMulti,
        R: IntoLuaMulti,
        F: Fn(&Lua, A) -> Result<R> + 'static,
    {
        let table = self.metatable.clone();
        self.put(&table, name, plain(function));
    }
}

fn plain<A, R, F>(function: F) -> Callback
where
    A: FromLuaMulti,
    R: IntoLuaMulti,
    F: Fn(&Lua, A) -> Result<R> + 'static,
{
    Box::new(move |lua, cx| {
        let args = A::from_args(lua, cx, 0)?;
        function(lua, args)?.into_results(lua)
    })
}
