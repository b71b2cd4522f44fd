//! Functions written in Rust: arguments and results, errors and panics, what they may do with the VM that calls them.

use std::cell::Cell;
use std::rc::Rc;

use interlune::{Error, Function, Lua, MultiValue, Result, Value, Variadic};

use crate::{check, check_error};

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
