//! Rust values in scripts: their types' fields, methods and metamethods.
//!
//! A type gets one metatable, made when its first value is. `__index` is a function that looks at field getters first,
//! then at methods, then asks the type's own; a type without getters has its table of methods there, so that method calls hit inline caches.

use std::any::{Any, TypeId, type_name};
use std::cell::{Ref, RefCell, RefMut};

use rustc_hash::FxHashMap;

use crate::api::handle::Handle;
use crate::api::{
    Callback, Error, FromLua, FromLuaMulti, Function, IntoLua, IntoLuaMulti, Lua, MultiValue,
    Result, Table, Value, run_callback_in,
};
use crate::heap::{HandleId, Space};
use crate::native::{Cx, Intrinsic, Raised, Returned, TableRef, new_native};
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
pub(crate) struct Types(RefCell<FxHashMap<TypeId, Registered>>);

struct Registered {
    /// The root of the metatable. Not a [`Handle`], which would keep the VM alive for ever.
    root: HandleId,
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
    let userdata = new_raw(lua.vm(), Box::new(RefCell::new(data)), metatable);
    Ok(AnyUserData(Handle::new(lua, RawValue::userdata(userdata))))
}

/// The metatable of a type, made at first use.
fn metatable_of<T: UserData>(lua: &Lua) -> Result<Option<TableRef>> {
    let id = TypeId::of::<T>();
    if let Some(known) = lua.0.types.0.borrow().get(&id) {
        let metatable = lua.vm().heap.handle_get(known.root);
        return Ok(metatable.and_then(RawValue::as_table));
    }
    let metatable = Builder::<T>::build(lua)?.handle().raw();
    let root = lua.vm().heap.handle_new(metatable);
    lua.0.types.0.borrow_mut().insert(id, Registered { root });
    Ok(metatable.as_table())
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
        let lua = self.lua;
        let own = own.map_or(Ok(RawValue::NIL), |own| own.handle().get(lua))?;
        let captured = [self.getters.handle().get(lua)?, self.methods.handle().get(lua)?, own];
        let function = new_native(lua.vm(), "__index", index, Intrinsic::None, &captured);
        Ok(Function::new(lua, RawValue::native(function)))
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

/// `__index` of a type that has getters or an `__index` of its own. Captures getters, methods and that function. Runs
/// the callbacks in its own call, whose arguments are theirs.
fn index(cx: &mut Cx<'_>) -> std::result::Result<Returned, Raised> {
    if cx.arg(0).as_userdata().is_none() {
        let got = cx.arg(0).type_name();
        return Err(cx.arg_error(0, &format!("userdata expected, got {got}")));
    }
    let (getters, methods, own) = (cx.captured(0), cx.captured(1), cx.captured(2));
    let key = cx.arg(1);
    for (table, is_getter) in [(getters, true), (methods, false)] {
        let Some(table) = table.as_table() else { continue };
        let found = crate::table::get(&mut cx.vm().heap, table, key);
        match found.as_native() {
            None => {}
            Some(getter) if is_getter => return run_callback_in(cx, getter.captured()[0]),
            Some(_) => return cx.ret(&[found]),
        }
    }
    match own.as_native() {
        Some(own) => run_callback_in(cx, own.captured()[0]),
        None => cx.ret(&[RawValue::NIL]),
    }
}

/// The value that a method or field function was called with.
fn receiver<'a, T: 'static>(cx: &'a Cx<'_>) -> Result<&'a RefCell<T>> {
    let object = cx.arg(0);
    let wrong = || {
        let message = Error::from_lua(object.type_name(), type_name::<T>());
        Error::runtime(format!("bad argument #1: {message}"))
    };
    let userdata = object.as_userdata().ok_or_else(wrong)?;
    // SAFETY: the object is an argument of the call in progress, which keeps it alive; its data is dropped with it.
    let userdata: &'a Userdata = unsafe { &*userdata.as_ptr() };
    userdata.data.as_ref().and_then(|data| data.downcast_ref()).ok_or_else(wrong)
}

fn borrow<'a, T: 'static>(cx: &'a Cx<'_>) -> Result<Ref<'a, T>> {
    receiver::<T>(cx)?.try_borrow().map_err(|_| Error::UserDataBorrowed(type_name::<T>()))
}

fn borrow_mut<'a, T: 'static>(cx: &'a Cx<'_>) -> Result<RefMut<'a, T>> {
    receiver::<T>(cx)?.try_borrow_mut().map_err(|_| Error::UserDataBorrowed(type_name::<T>()))
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
            Box::new(move |lua, cx| get(lua, &*borrow::<T>(cx)?)?.into_results(lua)),
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
                let new = super::convert::argument(lua, cx, 1)?;
                set(lua, &mut *borrow_mut::<T>(cx)?, new)?;
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
                let args = A::from_args(lua, cx, 1)?;
                method(lua, &*borrow::<T>(cx)?, args)?.into_results(lua)
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
                let args = A::from_args(lua, cx, 1)?;
                method(lua, &mut *borrow_mut::<T>(cx)?, args)?.into_results(lua)
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
                let args = A::from_args(lua, cx, 1)?;
                method(lua, &*borrow::<T>(cx)?, args)?.into_results(lua)
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
