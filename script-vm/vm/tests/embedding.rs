//! The embedding API: what a host can do with values, functions, userdata, chunks, errors, coroutines and reloads.
//!
//! Most tests are rows of a table run through one function; each row says what it expects, so that none can pass idly.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::rc::Rc;

use interlune::{
    AnyUserData, Error, FromLua, Function, IntoLua, Lua, LuaString, MultiValue, Result,
    ScriptVersion, Table, Thread, ThreadStatus, UserData, UserDataFields, UserDataMethods, Value,
    Variadic, Vec2, Vec3,
};

/// Evaluates a script and compares its result.
#[track_caller]
fn check<T: FromLua + PartialEq + Debug>(lua: &Lua, script: &str, expected: T) {
    match lua.load(script).set_name("=test").eval::<T>() {
        Ok(value) => assert_eq!(value, expected, "{script}"),
        Err(error) => panic!("{script}: {error}"),
    }
}

/// Runs a script that must fail and checks what its message holds.
#[track_caller]
fn check_error(lua: &Lua, script: &str, part: &str) -> Error {
    match lua.load(script).set_name("=test").exec() {
        Ok(()) => panic!("no error from {script}"),
        Err(error) => {
            let message = error.to_string();
            assert!(message.contains(part), "{script}: {message:?} lacks {part:?}");
            error
        }
    }
}

// --- conversions

/// Sends a value to Lua and back.
#[track_caller]
fn round_trip<T: IntoLua + FromLua + PartialEq + Clone + Debug>(lua: &Lua, value: T) {
    let sent = value.clone().into_lua(lua).expect("into Lua");
    let identity: Function = lua.load("return ...").into_function().expect("compiles");
    assert_eq!(identity.call::<T>(sent).expect("from Lua"), value);
}

#[test]
fn values_make_the_round_trip() {
    let lua = Lua::new();
    for value in [0, 1, -1, i64::MAX, i64::MIN] {
        round_trip(&lua, value);
    }
    for value in [0.0, -0.0, 1.5, f64::MAX, f64::INFINITY, 5e-324] {
        round_trip(&lua, value);
    }
    round_trip(&lua, 255_u8);
    round_trip(&lua, -128_i8);
    round_trip(&lua, u32::MAX);
    round_trip(&lua, 0.5_f32);
    round_trip(&lua, true);
    round_trip(&lua, false);
    round_trip(&lua, String::new());
    round_trip(&lua, "text with \0 and ü€😀".to_string());
    round_trip(&lua, Some(5_i64));
    round_trip(&lua, None::<i64>);
    round_trip(&lua, vec![1_i64, 2, 3]);
    round_trip(&lua, vec!["a".to_string(), "b".to_string()]);
    round_trip(&lua, vec![vec![1.5_f64], vec![], vec![2.5, 3.5]]);
    round_trip(&lua, Vec2([1.5, -2.5]));
    round_trip(&lua, Vec3([1.5, -2.5, 1e30]));
    round_trip(&lua, lua.create_table().unwrap());
    round_trip(&lua, lua.load("return 1").into_function().unwrap());
    let map = BTreeMap::from([("one".to_string(), 1_i64), ("two".to_string(), 2)]);
    let table: Table = lua.unpack(map.into_lua(&lua).unwrap()).unwrap();
    let back: HashMap<String, i64> = lua.unpack(Value::Table(table)).unwrap();
    assert_eq!(back, HashMap::from([("one".to_string(), 1), ("two".to_string(), 2)]));
}

#[test]
fn conversions_follow_the_rules_of_the_language() {
    let lua = Lua::new();
    check(&lua, "return 3.0", 3_i64);
    check(&lua, "return '10'", 10_i64);
    check(&lua, "return 5", 5.0_f64);
    check(&lua, "return '1.5'", 1.5_f64);
    check(&lua, "return 12", "12".to_string());
    check(&lua, "return 1.0", "1.0".to_string());
    check(&lua, "return nil", None::<String>);
    check(&lua, "return nil", false);
    check(&lua, "return 0", true);
    check(&lua, "return 1, 2, 3", 1_i64);
    let all: (i64, String, Option<bool>, f64) =
        lua.load("return 1, 'two', nil, 4, 5").eval().unwrap();
    assert_eq!(all, (1, "two".to_string(), None, 4.0));
    let list: Variadic<i64> = lua.load("return 4, 5").eval().unwrap();
    assert_eq!(list, Variadic(vec![4, 5]));
    let none: MultiValue = lua.load("return").eval().unwrap();
    assert!(none.is_empty());
    let many: MultiValue = lua.load("return nil, nil").eval().unwrap();
    assert_eq!(many.len(), 2);
}

#[test]
fn values_out_of_range_or_of_the_wrong_type_are_errors() {
    fn refuse<T: FromLua + Debug>(lua: &Lua, script: &str, part: &str) {
        let message = lua.load(script).eval::<T>().expect_err(script).to_string();
        assert!(message.contains(part), "{script}: {message}");
    }
    let lua = Lua::new();
    refuse::<u8>(&lua, "return 256", "256 is out of range");
    refuse::<u8>(&lua, "return -1", "-1 is out of range");
    refuse::<i64>(&lua, "return 1.5", "number");
    refuse::<i64>(&lua, "return 2^63", "number");
    refuse::<i64>(&lua, "return 'x'", "string");
    refuse::<i64>(&lua, "return {}", "table");
    refuse::<f64>(&lua, "return nil", "nil");
    refuse::<String>(&lua, "return {}", "table");
    refuse::<String>(&lua, "return '\\xff'", "UTF-8");
    refuse::<Table>(&lua, "return 1", "table");
    refuse::<Function>(&lua, "return {}", "function");
    refuse::<Vec<i64>>(&lua, "return { 1, 'x' }", "i64");
    refuse::<Vec2>(&lua, "return vec3(1, 2, 3)", "vec2");
    refuse::<AnyUserData>(&lua, "return {}", "userdata");
    refuse::<Thread>(&lua, "return {}", "thread");
    assert!(u64::MAX.into_lua(&lua).is_err());
    let bytes: LuaString = lua.load("return '\\xff\\0'").eval().unwrap();
    assert_eq!(bytes.to_bytes(), b"\xff\0");
}

// --- tables

#[test]
fn tables_from_rust_obey_metamethods_unless_raw() {
    let lua = Lua::new();
    let table: Table = lua
        .load(
            "return setmetatable({ own = 1 }, {
                __index = function(_, k) return k .. '!' end,
                __newindex = function(t, k, v) rawset(t, k, v * 2) end,
                __len = function() return 42 end })",
        )
        .eval()
        .unwrap();
    assert_eq!(table.get::<i64>("own").unwrap(), 1);
    assert_eq!(table.get::<String>("other").unwrap(), "other!");
    assert_eq!(table.raw_get::<Option<String>>("other").unwrap(), None);
    table.set("new", 5).unwrap();
    assert_eq!(table.raw_get::<i64>("new").unwrap(), 10);
    table.raw_set("raw", 5).unwrap();
    assert_eq!(table.raw_get::<i64>("raw").unwrap(), 5);
    assert_eq!((table.len().unwrap(), table.raw_len()), (42, 0));
    assert!(table.contains_key("anything").unwrap());
    assert!(table.set(Value::Nil, 1).is_err());
    assert!(table.raw_set(f64::NAN, 1).is_err());
    table.set_metatable(None).unwrap();
    assert!(table.metatable().is_none());
    assert!(!table.contains_key("anything").unwrap());
}

#[test]
fn tables_are_traversed_filled_and_cleared() {
    let lua = Lua::new();
    let list = lua.create_sequence_from(["a", "b", "c"]).unwrap();
    list.push("d").unwrap();
    let values: Vec<String> = list.sequence_values().collect::<Result<_>>().unwrap();
    assert_eq!(values, ["a", "b", "c", "d"]);
    list.set("n", 4).unwrap();
    let pairs: Vec<(String, String)> = list.pairs().collect::<Result<_>>().unwrap();
    let expected = [("1", "a"), ("2", "b"), ("3", "c"), ("4", "d"), ("n", "4")];
    assert_eq!(pairs, expected.map(|(k, v)| (k.to_string(), v.to_string())));
    assert!(list.pairs::<i64, String>().any(|pair| pair.is_err()), "'n' is no integer");
    list.clear().unwrap();
    assert!(list.is_empty());
    assert_eq!(list.raw_len(), 0);
    list.push(1.5).unwrap();
    assert_eq!(list.get::<f64>(1).unwrap(), 1.5);
}

// --- callbacks

#[test]
fn callbacks_take_and_give_any_number_of_values() {
    let lua = Lua::new();
    let globals = lua.globals();
    let sum =
        lua.create_function(|_, values: Variadic<f64>| Ok(values.iter().sum::<f64>())).unwrap();
    let swap = lua.create_function(|_, (a, b): (Value, Value)| Ok((b, a))).unwrap();
    let none = lua.create_function(|_, ()| Ok(())).unwrap();
    globals.set("sum", sum).unwrap();
    globals.set("swap", swap).unwrap();
    globals.set("none", none).unwrap();
    check(&lua, "return sum(1, 2.5, '3')", 6.5);
    check(&lua, "return sum()", 0.0);
    check(&lua, "return table.concat({ swap('a', 'b') })", "ba".to_string());
    check(&lua, "return select('#', none(1, 2))", 0_i64);
    check(&lua, "return select('#', swap())", 2_i64);
    let count = Rc::new(Cell::new(0));
    let seen = count.clone();
    let mut total = 0;
    let counter = lua
        .create_function_mut(move |_, by: i64| {
            total += by;
            seen.set(total);
            Ok(total)
        })
        .unwrap();
    globals.set("counter", counter).unwrap();
    check(&lua, "counter(5) counter(6) return counter(1)", 12_i64);
    assert_eq!(count.get(), 12);
}

#[test]
fn errors_and_panics_in_callbacks_are_script_errors() {
    let lua = Lua::new();
    let globals = lua.globals();
    let fail = lua
        .create_function(|_, text: String| Err::<(), _>(Error::runtime(format!("no {text}"))))
        .unwrap();
    let external =
        lua.create_function(|_, ()| Err::<(), _>(Error::external(std::fmt::Error))).unwrap();
    let panics = lua
        .create_function(|_, at: i64| -> Result<i64> {
            Ok([1, 2, 3][usize::try_from(at).unwrap()])
        })
        .unwrap();
    let again = lua
        .create_function_mut(|lua, ()| lua.globals().get::<Function>("again")?.call::<()>(()))
        .unwrap();
    for (name, function) in
        [("fail", fail), ("external", external), ("panics", panics), ("again", again)]
    {
        globals.set(name, function).unwrap();
    }
    check_error(&lua, "\nfail('bread')", "test:2: no bread");
    check_error(&lua, "fail({})", "table");
    check_error(&lua, "external()", &std::fmt::Error.to_string());
    check_error(&lua, "panics(7)", "panic in a Rust callback: index out of bounds");
    check_error(&lua, "panics(-1)", "panic in a Rust callback");
    check_error(&lua, "again()", "a mutable callback was called from inside itself");
    check(&lua, "return select(2, pcall(fail, 'milk')):match('no milk')", "no milk".to_string());
    check(&lua, "return (pcall(panics, 9))", false);
    check(&lua, "return panics(2)", 3_i64);
    check_error(&lua, "coroutine.wrap(function() fail('co') end)()", "no co");
}

#[test]
fn an_error_value_passes_through_rust_unchanged() {
    let lua = Lua::new();
    let through = lua.create_function(|_, f: Function| f.call::<MultiValue>(())).unwrap();
    lua.globals().set("through", through).unwrap();
    check(
        &lua,
        "local e = {} local ok, got = pcall(through, function() error(e) end) return got == e",
        true,
    );
    check(
        &lua,
        "local ok, got = pcall(through, function() error('once', 2) end) return got",
        "once".to_string(),
    );
    let error = check_error(
        &lua,
        "error(setmetatable({ code = 7 }, { __tostring = function(e) return 'code ' .. e.code end }))",
        "code 7",
    );
    let Error::Runtime { value: Some(value), .. } = error else { panic!("no error value") };
    let Value::Table(table) = *value else { panic!("no table") };
    assert_eq!(table.get::<i64>("code").unwrap(), 7);
}

// --- userdata

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

// --- handles

#[test]
fn handles_keep_objects_alive() {
    let lua = Lua::new();
    let table: Table = lua.load("return { name = 'kept', inner = { 1, 2, 3 } }").eval().unwrap();
    let function: Function =
        lua.load("local up = { v = 'up' } return function() return up.v end").eval().unwrap();
    let text: LuaString = lua.load("return ('long text '):rep(20)").eval().unwrap();
    let thread: Thread = lua
        .load("return coroutine.create(function(a) local t = { a } while true do t[1] = coroutine.yield(t[1]) end end)")
        .eval()
        .unwrap();
    for round in 0..3 {
        lua.gc_collect();
        lua.load("local t = {} for i = 1, 2000 do t[i % 100] = { tostring(i) } end")
            .exec()
            .unwrap();
        assert_eq!(table.get::<String>("name").unwrap(), "kept");
        assert_eq!(table.get::<Vec<i64>>("inner").unwrap(), [1, 2, 3]);
        assert_eq!(function.call::<String>(()).unwrap(), "up");
        assert_eq!(text.to_bytes().len(), 200);
        assert_eq!(thread.resume::<String>(format!("r{round}")).unwrap(), format!("r{round}"));
    }
    lua.gc_collect();
    let before = lua.used_memory();
    let handles: Vec<Table> = (0..2000).map(|_| lua.create_table().unwrap()).collect();
    lua.gc_collect();
    assert!(lua.used_memory() > before);
    drop(handles);
    lua.gc_collect();
    lua.gc_collect();
    assert!(lua.used_memory() <= before + 4096, "{} then {}", before, lua.used_memory());
}

#[test]
fn handles_of_another_vm_are_refused() {
    let (a, b) = (Lua::new(), Lua::new());
    let table = a.create_table().unwrap();
    let function = a.load("return 1").into_function().unwrap();
    let text = a.create_string("text").unwrap();
    let other = b.create_table().unwrap();
    let taker = b.load("return ...").into_function().unwrap();
    for (what, outcome) in [
        ("value", other.set("k", &table)),
        ("key", other.set(text, 1)),
        ("raw value", other.raw_set("k", &function)),
        ("argument", taker.call::<()>(&table)),
        ("metatable", other.set_metatable(Some(table.clone()))),
        ("environment", b.load("x = 1").set_environment(table.clone()).exec()),
        ("coroutine", b.create_thread(&function).map(|_| ())),
    ] {
        assert!(matches!(outcome, Err(Error::OtherVm)), "{what}: {outcome:?}");
    }
    let kept = table.clone();
    let give = b.create_function(move |_, ()| Ok(kept.clone())).unwrap();
    b.globals().set("give", give).unwrap();
    check_error(&b, "give()", "another Lua VM");
    drop(a);
    assert_eq!(table.raw_len(), 0, "a handle keeps its VM");
}

// --- chunks and errors

#[test]
fn chunks_have_names_and_environments() {
    let lua = Lua::new();
    for (name, part) in [
        ("@scripts/ball.lua", "scripts/ball.lua:2: x"),
        ("=ball", "ball:2: x"),
        ("code", "[string \"code\"]:2: x"),
    ] {
        let error = lua.load("\nerror('x')").set_name(name).exec().expect_err("it raises");
        assert_eq!(error.to_string(), part);
        assert_eq!(error.location().map(|(_, line)| line), Some(2), "{error}");
    }
    let environment = lua.create_table().unwrap();
    environment.set("given", 20).unwrap();
    lua.load("made = given + 1 function f() return given, made end")
        .set_environment(environment.clone())
        .exec()
        .unwrap();
    assert_eq!(environment.get::<i64>("made").unwrap(), 21);
    assert!(lua.globals().get::<Value>("made").unwrap().is_nil());
    environment.set("given", 5).unwrap();
    let f: Function = environment.get("f").unwrap();
    assert_eq!(f.call::<(i64, i64)>(()).unwrap(), (5, 21));
    assert_eq!(lua.load("given + 1").set_environment(environment).eval::<i64>().unwrap(), 6);
    let (source, line) = f.source().expect("a Lua function has a source");
    assert!(source.contains("made = given") && line == 1, "{source}:{line}");
    assert_eq!(
        lua.load("return select('#', ...), ...").call::<(i64, i64)>((7, 8)).unwrap(),
        (2, 7)
    );
}

#[test]
fn syntax_errors_tell_whether_more_lines_may_help() {
    let lua = Lua::new();
    for (source, incomplete) in [
        ("for i = 1, 10 do", true),
        ("local x =", true),
        ("f(", true),
        ("x = {1,", true),
        ("if x then y = 1", true),
        ("x = [[long", true),
        ("x = = 1", false),
        ("end", false),
        // PUC Lua's own prompt asks for more here too.
        ("x = 'unfinished", true),
        ("return 1 2", false),
        ("goto nowhere", false),
    ] {
        match lua.load(source).set_name("=line").into_function() {
            Err(Error::Syntax { message, incomplete: said }) => {
                assert_eq!(said, incomplete, "{source}: {message}");
                assert!(message.starts_with("line:1:"), "{source}: {message}");
            }
            other => panic!("{source}: {other:?}"),
        }
    }
}

#[test]
fn uncaught_errors_carry_a_traceback() {
    let lua = Lua::new();
    let script = "local function inner()\n  error('deep')\nend\nlocal function outer()\n  inner()\n  return 1\nend\nouter()";
    let error = lua.load(script).set_name("@trace.lua").exec().expect_err("it raises");
    assert_eq!(error.to_string(), "trace.lua:2: deep");
    assert_eq!(error.location(), Some(("trace.lua".to_string(), 2)));
    let lines: Vec<&str> = error.traceback().lines().collect();
    assert_eq!(lines[0], "stack traceback:");
    let at = |part: &str| {
        let found = lines.iter().position(|line| line.contains(part));
        found.unwrap_or_else(|| panic!("no {part} in {lines:#?}"))
    };
    assert!(at("trace.lua:2: in upvalue 'inner'") < at("trace.lua:5: in local 'outer'"));
    assert!(at("trace.lua:5: in local 'outer'") < at("trace.lua:8: in main chunk"));
    assert_eq!(Error::runtime("bare").location(), None);
    assert_eq!(
        Error::runtime("C:/dir/file.lua:12: text").location(),
        Some(("C:/dir/file.lua".to_string(), 12))
    );
    assert_eq!(lua.load("error('quiet', 0)").exec().unwrap_err().location(), None);
}

// --- coroutines, print, warnings

#[test]
fn coroutines_run_from_rust() {
    let lua = Lua::new();
    let body: Function = lua
        .load("return function(a, b) local c = coroutine.yield(a + b) local d, e = coroutine.yield(c * 2) return d .. e end")
        .eval()
        .unwrap();
    let thread = lua.create_thread(&body).unwrap();
    assert_eq!(thread.status(), ThreadStatus::Resumable);
    assert_eq!(thread.resume::<i64>((1, 2)).unwrap(), 3);
    assert_eq!(thread.resume::<i64>(10).unwrap(), 20);
    assert_eq!(thread.status(), ThreadStatus::Resumable);
    assert_eq!(thread.resume::<String>(("x", "y")).unwrap(), "xy");
    assert_eq!(thread.status(), ThreadStatus::Finished);
    let again = thread.resume::<()>(()).expect_err("it is finished");
    assert!(again.to_string().contains("cannot resume dead coroutine"), "{again}");
    let failing: Function =
        lua.load("return function() coroutine.yield() error({ code = 3 }) end").eval().unwrap();
    let thread = lua.create_thread(&failing).unwrap();
    thread.resume::<()>(()).unwrap();
    let Err(Error::Runtime { value: Some(value), .. }) = thread.resume::<()>(()) else {
        panic!("no error value")
    };
    let code: Table = lua.unpack(*value).unwrap();
    assert_eq!(code.get::<i64>("code").unwrap(), 3);
    assert_eq!(thread.status(), ThreadStatus::Finished);
}

#[test]
fn callbacks_may_use_the_vm_that_calls_them() {
    let lua = Lua::new();
    let eval =
        lua.create_function(|lua, source: String| lua.load(source).eval::<MultiValue>()).unwrap();
    let collect = lua
        .create_function(|lua, ()| {
            lua.gc_collect();
            Ok(())
        })
        .unwrap();
    lua.globals().set("eval", eval).unwrap();
    lua.globals().set("collect", collect).unwrap();
    check(&lua, "return eval('1 + 1') + eval('eval(\"20\") * 2')", 42_i64);
    check(
        &lua,
        "local t = { { 'deep' } } local s = '' for i = 1, 5 do local u = { t } collect() s = s .. u[1][1][1] end return #s",
        20_i64,
    );
    check_error(&lua, "eval('error(\"in eval\")')", "in eval");
    check(
        &lua,
        "return select(2, pcall(eval, 'local x <close> = 5')):match('non%-closable')",
        "non-closable".to_string(),
    );
}

#[test]
fn print_and_warn_go_to_the_host() {
    let lua = Lua::new();
    let output = Rc::new(RefCell::new(String::new()));
    let (printed, warned) = (output.clone(), output.clone());
    lua.set_print(move |bytes| printed.borrow_mut().push_str(&String::from_utf8_lossy(bytes)));
    lua.set_warn(move |text| warned.borrow_mut().push_str(&format!("warning: {text}\n")));
    lua.load("print(1, 'two', nil, 2.0) warn('off yet') warn('@on') warn('a', 'b') print()")
        .exec()
        .unwrap();
    assert_eq!(*output.borrow(), "1\ttwo\tnil\t2.0\nwarning: ab\n\n");
}

#[test]
fn the_sandbox_reaches_nothing_of_the_host() {
    let lua = Lua::new();
    for name in ["io", "os", "dofile", "loadfile", "require", "package"] {
        check(
            &lua,
            &format!(
                "return type({name}) == 'nil' or type({name}.open or {name}.execute or {name}.loadlib) == 'nil'"
            ),
            true,
        );
    }
    for (name, parts) in [("debug", ["getupvalue", "sethook", "setmetatable", "getregistry"])] {
        for part in parts {
            check(&lua, &format!("return {name} and {name}.{part}"), None::<Function>);
        }
    }
}

// --- reload

/// Loads two versions of a script, runs some code on the old one, carries it over and evaluates on the new one.
fn reload(old: &str, before: &str, new: &str, after: &str) -> String {
    let lua = Lua::new();
    let version = |source: &str| -> (Function, Value) {
        let chunk = lua.load(source).set_name("@reloaded.lua").into_function().expect("compiles");
        let returned = chunk.call(()).expect("the version loads");
        (chunk, returned)
    };
    let run = |module: &Value, code: &str| -> String {
        lua.load(code).call(module).unwrap_or_else(|error| panic!("{code}: {error}"))
    };
    let old = version(old);
    run(&old.1, &format!("local M = ... {before} return ''"));
    let new = version(new);
    let as_version = |(chunk, returned)| ScriptVersion { chunk, returned, globals: None };
    let merged = lua
        .carry_over(as_version((&old.0, &old.1)), as_version((&new.0, &new.1)))
        .expect("it carries over");
    lua.gc_collect();
    run(&merged, &format!("local M = ... return tostring({after})"))
}

#[test]
fn a_reload_replaces_functions_and_keeps_state() {
    let class = |sound: &str| {
        format!(
            "local Dog = {{}} Dog.__index = Dog
             function Dog.new(n) return setmetatable({{ name = n }}, Dog) end
             function Dog:speak() return self.name .. ' {sound}' end
             local dogs = {{}}
             return {{ add = function(n) dogs[#dogs + 1] = Dog.new(n) return dogs[#dogs] end,
                      all = function() local s = '' for _, d in ipairs(dogs) do s = s .. d:speak() .. ';' end return s end,
                      class = function() return Dog end }}"
        )
    };
    let counter = |step: i64| {
        format!(
            "local n = 0 return {{ add = function() n = n + {step} return n end, get = function() return n end }}"
        )
    };
    let constant = |value: i64| {
        format!(
            "local SPEED = {value} local calls = 0 return {{ get = function() calls = calls + 1 return SPEED, calls end }}"
        )
    };
    for (what, old, before, new, after, expected) in [
        ("new function, old counter", counter(1), "M.add() M.add()", counter(10), "M.add()", "12"),
        ("a constant of the source is new", constant(5), "M.get()", constant(9), "(M.get())", "9"),
        ("a reassigned local is old", constant(5), "M.get()", constant(9), "select(2, M.get())", "2"),
        ("objects see new methods", class("woof"), "M.add 'rex'", class("wuff"), "M.all()", "rex wuff;"),
        ("old and new objects together", class("woof"), "M.add 'rex'", class("wuff"), "M.add('bit') and M.all()", "rex wuff;bit wuff;"),
        ("the class keeps its identity", class("a"), "kept = M.add 'x'", class("b"), "getmetatable(kept) == M.class()", "true"),
        ("__index of a class is the class", class("a"), "kept = M.add 'x'", class("b"), "M.class().__index == M.class()", "true"),
        (
            "a new local has its own value",
            "local a = 1 return { f = function() a = a + 1 return a end }".to_string(),
            "M.f()",
            "local a = 1 local b = 100 return { f = function() a = a + 1 b = b + 1 return a + b end }".to_string(),
            "M.f()",
            "104",
        ),
        (
            "local functions are new",
            "local function helper() return 'old' end return { f = function() return helper() end }".to_string(),
            "M.f()",
            "local function helper() return 'new' end return { f = function() return helper() end }".to_string(),
            "M.f()",
            "new",
        ),
    ] {
        assert_eq!(reload(&old, before, &new, after), expected, "{what}");
    }
}

/// As [`reload`] with the module itself as a global named `kept` from the old version on.
#[test]
fn a_reload_keeps_identities_and_shares_variables() {
    for (what, old, before, new, after, expected) in [
        ("the module's table stays", "return { f = function() return 1 end }", "kept = M", "return { f = function() return 2 end }", "kept == M and kept.f()", "2"),
        ("even if no function names it", "local M = { n = 1 } return M", "kept, M.n = M, 5", "local M = { n = 1 } return M", "kept == M and M.n", "5"),
        ("what the old table lacks comes", "return { a = 1 }", "kept = M", "return { a = 2, b = 3 }", "kept.a .. kept.b", "13"),
        ("tables inside likewise", "return { sub = { f = function() return 1 end, n = 1 } }", "kept = M.sub kept.n = 7", "return { sub = { f = function() return 2 end, n = 1 } }", "(kept == M.sub) and kept.f() .. kept.n", "27"),
        (
            "a coroutine shares variables and sees new functions",
            "local n = 0 local function step() return 1 end
             return { co = coroutine.wrap(function() while true do n = n + step() coroutine.yield(n) end end), get = function() return n, step end }",
            "kept = M.co kept() kept()",
            "local n = 0 local function step() return 10 end
             return { co = coroutine.wrap(function() end), get = function() n = n + 0 return n, step end }",
            "kept() .. ' ' .. M.get()",
            "12 12",
        ),
        (
            "old functions that live on share variables",
            "local n = 0 return { add = function() n = n + 1 return n end, get = function() return n end }",
            "kept = M.add kept()",
            "local n = 0 return { add = function() n = n + 10 return n end, get = function() return n end }",
            "(kept() .. ' ' .. M.add() .. ' ' .. kept() .. ' ' .. M.get())",
            "2 12 13 13",
        ),
        ("nil at first, set later", "local who return { set = function(x) who = x end, get = function() return who end }", "M.set('rex')", "local who return { set = function(x) who = x end, get = function() return who end }", "M.get()", "rex"),
        ("cleared since is kept as nil is not", "local n = 3 return { set = function(x) n = x end, get = function() return n end }", "M.set(nil)", "local n = 4 return { set = function(x) n = x end, get = function() return n end }", "M.get()", "4"),
        ("another type begins anew", "local t = 0 return { set = function(x) t = x end, get = function() return t end }", "M.set(5)", "local t = {} return { set = function(x) t = x end, get = function() return t end }", "type(M.get())", "table"),
        ("false may have become anything", "local t = false return { set = function(x) t = x end, get = function() return t end }", "M.set({})", "local t = false return { set = function(x) t = x end, get = function() return t end }", "type(M.get())", "table"),
        ("a new class below an old one", "local A = {} A.__index = A return { A = A }", "kept = M.A", "local A = {} A.__index = A function A.f() return 'f' end local B = setmetatable({}, A) return { A = A, B = B }", "(getmetatable(M.B) == kept) and M.B.f()", "f"),
        ("a module table's own metatable", "return setmetatable({}, { __call = function() return 1 end })", "kept = M", "return setmetatable({}, { __call = function() return 2 end })", "kept()", "2"),
        ("variables of inner functions are left alone", "local function make() local n = 0 return function() n = n + 1 return n end end return { a = make() }", "kept = M.a kept()", "local function make() local n = 100 return function() n = n + 1 return n end end return { a = make() }", "kept() .. ' ' .. M.a()", "2 101"),
        ("and so are those of a loop", "local M = {} for i = 1, 3 do M[i] = function() i = i + 1 return i end end return M", "M[1]()", "local M = {} for i = 1, 3 do M[i] = function() i = i + 10 return i end end return M", "M[1]() .. ' ' .. M[3]()", "11 13"),
        ("functions of other chunks do not matter", "return { first = math.floor, n = (function() local n = 0 return function() n = n + 1 return n end end)() }", "M.n()", "return { first = math.floor, n = function() return 'new' end }", "M.n()", "new"),
        ("a cycle of tables", "local a, b = {}, {} a.b, b.a = b, a return { a = a, f = function() return a, b end }", "kept = M.a", "local a, b = {}, {} a.b, b.a = b, a function b.f() return 'f' end return { a = a, f = function() return a, b end }", "(kept.b.a == M.a) and kept.b.f()", "f"),
    ] {
        assert_eq!(reload(old, before, new, after), expected, "{what}");
    }
}

#[test]
fn a_reload_of_a_script_with_global_functions_keeps_its_variables() {
    let lua = Lua::new();
    let globals = lua.create_table().unwrap();
    let run = |source: &str| -> (Function, Value) {
        let chunk = lua.load(source).set_name("@g.lua").set_environment(globals.clone());
        let chunk = chunk.into_function().unwrap();
        let returned = chunk.call(()).unwrap();
        (chunk, returned)
    };
    let old = run("local n = 0 function add() n = n + 1 return n end");
    let add = || globals.get::<Function>("add").unwrap().call::<i64>(()).unwrap();
    assert_eq!((add(), add()), (1, 2));
    let before = lua.create_table().unwrap();
    before.set("add", globals.get::<Value>("add").unwrap()).unwrap();
    let new = run("local n = 0 function add() n = n + 10 return n end");
    let old = ScriptVersion { chunk: &old.0, returned: &old.1, globals: Some(&before) };
    let new = ScriptVersion { chunk: &new.0, returned: &new.1, globals: Some(&globals) };
    assert!(lua.carry_over(old, new).unwrap().is_nil());
    assert_eq!(add(), 12);
}

#[test]
fn a_reload_walks_long_lists_and_happens_in_a_cycle_too() {
    let list = "local head for i = 1, 200000 do head = { next = head } end return { head = head, f = function() return head end }";
    assert_eq!(reload(list, "kept = M.head", list, "kept == M.head and kept == M.f()"), "true");
}

#[test]
fn an_error_value_that_cannot_be_described_ends_all_the_same() {
    let lua = Lua::new();
    let script = "local function f() return error(setmetatable({}, { __tostring = f })) end f()";
    check_error(
        &lua,
        "local function f() error(setmetatable({}, { __tostring = f })) end f()",
        "error object",
    );
    check_error(
        &lua,
        &format!("local f {}", script.replace("local function f()", "f = function()")),
        "error object",
    );
    check_error(
        &lua,
        "error(setmetatable({}, { __tostring = function() return 'described' end }))",
        "described",
    );
}

// --- stopping

#[test]
fn another_thread_stops_a_script() {
    let lua = Lua::new();
    let handle = lua.stop_handle();
    handle.stop();
    check(&lua, "return 1", 1);
    let (begun, wait) = std::sync::mpsc::channel::<()>();
    let begin = lua.create_function(move |_, ()| begun.send(()).map_err(Error::external)).unwrap();
    lua.globals().set("begin", begin).unwrap();
    let thread = std::thread::spawn(move || {
        wait.recv().expect("the script begins");
        handle.stop();
    });
    let error = check_error(&lua, "begin()\nwhile true do pcall(error) end", "stopped by the host");
    assert!(error.to_string().starts_with("test:2:"), "{error}");
    thread.join().expect("it ends");
    check(&lua, "local n = 0 for i = 1, 1e5 do n = n + 1 end return n", 100_000);
}

// --- collection in spare time

#[test]
fn spare_time_begins_no_cycle_while_nothing_is_allocated() {
    let lua = Lua::new();
    let nothing = lua.create_function(|_, ()| Ok(())).unwrap();
    lua.globals().set("nothing", nothing).unwrap();
    let step = || lua.gc_step(std::time::Instant::now() + std::time::Duration::from_millis(20));
    for (what, script) in [
        ("nearly nothing", "data = {}"),
        ("many objects", "data = {} for i = 1, 100000 do data[i] = { i } end"),
        // Each size begins a block of its own, most of which stays empty.
        (
            "a few objects of every size",
            "data = {} for size = 1, 8000, 40 do
               local t = {} for i = 1, size // 16 do t[i] = i == 1 and 'x' or i end
               data[#data + 1] = { ('x'):rep(size), t }
             end",
        ),
    ] {
        lua.load(script).exec().unwrap();
        lua.gc_collect();
        let before = lua.gc_stats().cycles;
        for _ in 0..100 {
            check(&lua, "nothing() return 1", 1);
            step();
        }
        assert_eq!(lua.gc_stats().cycles, before, "{what}: {:?}", lua.gc_stats());
    }
}

// --- vectors are values

#[test]
fn a_store_to_a_component_of_a_vector_says_what_to_write() {
    let lua = Lua::new();
    let rest = "is a value and cannot be changed in place";
    for (script, names) in [
        (
            "local v = vec3(1, 2, 3) v.x = 1",
            "a vec3 {} (local 'v'); assign a new one, e.g. v = vec3(1, v.y, v.z)",
        ),
        (
            "local t = { p = vec2(1, 2) } t.p.y = 3",
            "a vec2 {} (field 'p'); assign a new one, e.g. t.p = vec2(t.p.x, 1)",
        ),
        (
            "self = { t = { p = vec3(1) } } self.t.p.z = 3",
            "a vec3 {} (field 'p'); assign a new one, e.g. self.t.p = vec3(self.t.p.x, self.t.p.y, 1)",
        ),
        (
            "local v = vec3(1) local function f() v.y = 1 end f()",
            "a vec3 {} (upvalue 'v'); assign a new one, e.g. v = vec3(v.x, 1, v.z)",
        ),
        (
            "local v = vec3(1) v.w = 1",
            "a vec3 {} (local 'v'); assign a new one, e.g. v = vec3(x, y, z)",
        ),
        (
            "local v = vec3(1) v[1] = 1",
            "a vec3 {} (local 'v'); assign a new one, e.g. v = vec3(x, y, z)",
        ),
        ("(vec3(1)).x = 1", "a vec3 {}; assign a new one, e.g. v = vec3(1, v.y, v.z)"),
        (
            "local t = { vec2(1) } t[1].x = 1",
            "a vec2 {} (field 'integer index'); assign a new one, e.g. v = vec2(1, v.y)",
        ),
    ] {
        check_error(&lua, script, &names.replace("{}", rest));
    }
}

// --- the end of a VM

/// A VM whose objects note their names in a list when they are finalized.
fn with_finalizers(script: &str) -> (Lua, Rc<RefCell<Vec<String>>>) {
    let lua = Lua::new();
    let log = Rc::new(RefCell::new(Vec::new()));
    let sink = Rc::clone(&log);
    let note = lua.create_function(move |_, name: String| {
        sink.borrow_mut().push(name);
        Ok(())
    });
    lua.globals().set("note", note.unwrap()).unwrap();
    let warnings = Rc::clone(&log);
    lua.set_warn(move |text| warnings.borrow_mut().push(text.to_string()));
    lua.load("mt = { __gc = function(o) note(o.name) end }").exec().unwrap();
    lua.load(script).set_name("=test").exec().unwrap();
    (lua, log)
}

const FOUR_OBJECTS: &str =
    "for i = 1, 4 do _G['o' .. i] = setmetatable({ name = 'o' .. i }, mt) end";

#[test]
fn the_last_handle_runs_all_finalizers_in_reverse_order() {
    let (lua, log) = with_finalizers(FOUR_OBJECTS);
    let (clone, table) = (lua.clone(), lua.globals());
    drop(lua);
    drop(clone);
    assert!(log.borrow().is_empty(), "a handle keeps the VM alive");
    drop(table);
    assert_eq!(*log.borrow(), ["o4", "o3", "o2", "o1"]);
}

#[test]
fn finalizers_at_the_end_may_fail_and_make_objects() {
    let script = "
        setmetatable({}, { __gc = function() note('first') error('no', 0) end })
        keep = setmetatable({}, { __gc = function()
          note('second') again = setmetatable({ name = 'never' }, mt)
        end })
        third = setmetatable({}, { __gc = function() note('third') coroutine.wrap(coroutine.yield)() end })
        fourth = setmetatable({}, { __gc = function() note(tostring(pcall(coroutine.yield))) end })";
    let (lua, log) = with_finalizers(script);
    drop(lua);
    assert_eq!(*log.borrow(), ["false", "third", "second", "first", "error in __gc (no)"]);
}

#[test]
fn the_order_at_the_end_does_not_depend_on_a_collection_under_way() {
    let script = "for i = 1, 9 do
          local o = setmetatable({ name = 'o' .. i }, mt)
          if i % 2 == 0 then _G['o' .. i] = o end
        end
        garbage = {} for i = 1, 2000 do garbage[i] = { i } end";
    let (lua, log) = with_finalizers(script);
    lua.load("collectgarbage('step', 1)").exec().unwrap();
    assert!(log.borrow().is_empty());
    lua.close();
    assert_eq!(*log.borrow(), ["o9", "o8", "o7", "o6", "o5", "o4", "o3", "o2", "o1"]);
    log.borrow_mut().clear();
    drop(lua);
    assert!(log.borrow().is_empty(), "each is finalized once");
}

#[test]
fn a_finalizer_at_the_end_has_the_limits_of_a_call() {
    let (lua, log) =
        with_finalizers("o = setmetatable({}, { __gc = function() while true do end end })");
    lua.set_instruction_limit(Some(1000));
    drop(lua);
    assert_eq!(*log.borrow(), ["a __gc metamethod took too long and was stopped"]);
}

#[test]
fn metatables_that_the_host_sets_count() {
    let (lua, log) = with_finalizers("");
    let object = lua.create_table().unwrap();
    object.set("name", "of the host").unwrap();
    object.set_metatable(Some(lua.globals().get("mt").unwrap())).unwrap();
    drop(object);
    lua.gc_collect();
    assert_eq!(*log.borrow(), ["of the host"]);
    let weak = lua.create_table().unwrap();
    let mode = lua.create_table().unwrap();
    mode.set("__mode", "v").unwrap();
    weak.set_metatable(Some(mode)).unwrap();
    for _ in 0..3 {
        weak.push(lua.create_table().unwrap()).unwrap();
    }
    assert_eq!((weak.raw_len(), weak.len().unwrap()), (3, 3));
    lua.gc_collect();
    assert_eq!((weak.raw_len(), weak.len().unwrap()), (0, 0));
}

// --- several values behind single ones

#[test]
fn the_last_of_several_values_may_be_many() {
    let lua = Lua::new();
    let format = |_: &Lua, (name, rest): (String, Variadic<i64>)| {
        let sum: i64 = rest.iter().sum();
        Ok((format!("{name} {}", rest.len()), sum, Variadic(vec![1_u8; rest.len()])))
    };
    lua.globals().set("f", lua.create_function(format).unwrap()).unwrap();
    check(&lua, "return table.concat({ f('none') }, ' ')", "none 0 0".to_string());
    check(&lua, "return table.concat({ f('two', 3, 4) }, ' ')", "two 2 7 1 1".to_string());
    check_error(&lua, "f('x', 1, {})", "bad argument #3");
    check_error(&lua, "f({}, 1)", "bad argument #1");
    let (first, rest): (i64, MultiValue) = lua.load("return 1, 2, nil, 4").eval().unwrap();
    assert_eq!((first, rest.len()), (1, 3));
    let call: Function = lua.load("return select('#', ...)").into_function().unwrap();
    assert_eq!(call.call::<i64>((1, true, Variadic(vec!["a", "b"]))).unwrap(), 4);
    assert_eq!(call.call::<i64>((1, MultiValue::new())).unwrap(), 1);
}

#[test]
fn a_coroutine_that_overflowed_is_not_counted_off_twice() {
    let lua = Lua::new();
    lua.set_memory_limit(Some(1 << 30));
    let script = "
        local function deep() return 1 + deep() end
        for i = 1, 3 do assert(not coroutine.resume(coroutine.create(deep))) end
        collectgarbage()
        for i = 1, 3000 do local t = { i } end
        return collectgarbage('count') < 100000";
    check(&lua, script, true);
}
