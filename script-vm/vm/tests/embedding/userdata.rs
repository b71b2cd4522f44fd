//! Values of Rust types: fields, methods, borrowing, when they are dropped.

use std::cell::Cell;
use std::rc::Rc;

use interlune::{AnyUserData, Function, Lua, UserData, UserDataFields, UserDataMethods, Value};

use crate::{check, check_error};

struct Counter {
    count: i64,
    step: i64,
    dropped: Option<Rc<Cell<u32>>>,
}

impl Drop for Counter {
    fn drop(&mut self) {
        if let Some(dropped) = &self.dropped {
            dropped.set(dropped.get() + 1);
        }
    }
}

impl UserData for Counter {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        fields.add_field_method_get("count", |_, this| Ok(this.count));
        fields.add_field_method_get("step", |_, this| Ok(this.step));
        fields.add_field_method_set("step", |_, this, step| {
            this.step = step;
            Ok(())
        });
    }

    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_method("scaled", |_, this, by: i64| Ok(this.count * by));
        methods.add_method_mut("add", |_, this, ()| {
            this.count += this.step;
            Ok(this.count)
        });
        methods.add_method_mut("visit", |_, _, f: Function| f.call::<Value>(()));
        methods.add_function("zero", |lua, ()| {
            lua.create_userdata(Counter { count: 0, step: 1, dropped: None })
        });
        methods.add_meta_method("__add", |_, this, other: i64| Ok(this.count + other));
        methods.add_meta_method("__len", |_, this, ()| Ok(this.count));
        methods.add_meta_method("__call", |_, this, (a, b): (i64, i64)| Ok(this.count + a * b));
        methods
            .add_meta_method("__tostring", |_, this, ()| Ok(format!("counter at {}", this.count)));
        methods.add_meta_method("__concat", |_, this, tail: String| {
            Ok(format!("{}{tail}", this.count))
        });
        methods.add_meta_method("__unm", |_, this, ()| Ok(-this.count));
        methods.add_meta_function("__eq", |_, (a, b): (AnyUserData, AnyUserData)| {
            Ok(a.borrow::<Counter>()?.count == b.borrow::<Counter>()?.count)
        });
        methods.add_meta_function("__lt", |_, (a, b): (AnyUserData, AnyUserData)| {
            Ok(a.borrow::<Counter>()?.count < b.borrow::<Counter>()?.count)
        });
    }
}

struct Plain(i64);

impl UserData for Plain {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_method("get", |_, this, ()| Ok(this.0));
        methods
            .add_meta_function("__index", |_, (_, key): (Value, String)| Ok(format!("no {key}")));
    }
}

/// A VM with a counter at 10, step 5, as `c`, another at 10 as `d`, and a plain value as `p`.
fn with_counters() -> Lua {
    let lua = Lua::new();
    let globals = lua.globals();
    for (name, step) in [("c", 5), ("d", 1)] {
        let counter = Counter { count: 10, step, dropped: None };
        globals.set(name, lua.create_userdata(counter).unwrap()).unwrap();
    }
    globals.set("p", lua.create_userdata(Plain(7)).unwrap()).unwrap();
    lua
}

#[test]
fn userdata_has_fields_methods_and_metamethods() {
    for (script, expected) in [
        ("return c.count", "10"),
        ("return c:add() + c.count", "30"),
        ("c.step = 7 c:add() return c.count, c.step", "17"),
        ("return c:scaled(3)", "30"),
        ("return c + 5", "15"),
        ("return #c", "10"),
        ("return c(2, 3)", "16"),
        ("return tostring(c)", "counter at 10"),
        ("return c .. '!'", "10!"),
        ("return -c", "-10"),
        ("return tostring(c == d) .. tostring(c ~= d)", "truefalse"),
        ("c:add() return tostring(c == d) .. tostring(d < c) .. tostring(c < d)", "falsetruefalse"),
        ("return c.zero().count", "0"),
        ("return type(c)", "userdata"),
        ("return tostring(c.missing)", "nil"),
        ("local s = 0 for i = 1, 100 do s = s + c:add() end return s", "26250"),
        ("return p:get()", "7"),
        ("return p.other", "no other"),
        ("return string.format('%s', c)", "counter at 10"),
        ("return tostring(rawequal(c, c)) .. tostring(({ [c] = 1 })[c])", "true1"),
    ] {
        check(&with_counters(), script, expected.to_string());
    }
}

#[test]
fn misuse_of_userdata_is_an_error() {
    for (script, part) in [
        ("c.count = 5", "cannot write field 'count'; writable fields: step"),
        ("c.unknown = 5", "cannot write field 'unknown'"),
        ("p.x = 1", "it has no writable field"),
        ("c.step = 'x'", "string"),
        ("c.add()", "bad argument #1"),
        ("c.add(5)", "bad argument #1"),
        ("c.add(p)", "userdata"),
        ("c:scaled('x')", "string"),
        ("c:visit(function() return c.count end)", "in use"),
        ("c:visit(function() return c:add() end)", "in use"),
        ("return c < 5", "userdata"),
        ("c:missing()", "missing"),
        ("return c * 2", "attempt to perform arithmetic on a Counter value (global 'c')"),
        ("return p()", "attempt to call a Plain value (global 'p')"),
        ("getmetatable(c).__index(5, 'x')", "bad argument #1"),
    ] {
        let lua = with_counters();
        check_error(&lua, script, part);
        check(&lua, "return c:add()", 15_i64);
    }
}

#[test]
fn userdata_from_rust_is_borrowed_and_checked() {
    let lua = with_counters();
    let data: AnyUserData = lua.globals().get("c").unwrap();
    assert!(data.is::<Counter>() && !data.is::<Plain>());
    data.borrow_mut::<Counter>().unwrap().count = 99;
    check(&lua, "return c.count", 99_i64);
    let shared = data.borrow::<Counter>().unwrap();
    assert!(data.borrow::<Counter>().is_ok());
    assert!(data.borrow_mut::<Counter>().is_err());
    check_error(&lua, "c:add()", "in use");
    check(&lua, "return c.count", 99_i64);
    drop(shared);
    check(&lua, "return c:add()", 104_i64);
    assert!(data.borrow::<Plain>().is_err());
}

#[test]
fn userdata_is_dropped_once_when_nothing_refers_to_it() {
    let lua = Lua::new();
    let dropped = Rc::new(Cell::new(0));
    let create = |count| {
        let counter = Counter { count, step: 1, dropped: Some(dropped.clone()) };
        lua.create_userdata(counter).unwrap()
    };
    lua.globals().set("kept", create(1)).unwrap();
    let handle = create(2);
    drop(create(3));
    lua.gc_collect();
    assert_eq!(dropped.get(), 1, "the one without a reference");
    drop(handle);
    lua.gc_collect();
    assert_eq!(dropped.get(), 2, "the handle's");
    lua.globals().set("kept", Value::Nil).unwrap();
    lua.gc_collect();
    assert_eq!(dropped.get(), 3);
    lua.globals().set("last", create(4)).unwrap();
    drop(lua);
}

#[test]
fn dropping_the_vm_drops_userdata() {
    let dropped = Rc::new(Cell::new(0));
    {
        let lua = Lua::new();
        let counter = Counter { count: 1, step: 1, dropped: Some(dropped.clone()) };
        lua.globals().set("c", lua.create_userdata(counter).unwrap()).unwrap();
    }
    assert_eq!(dropped.get(), 1);
}
