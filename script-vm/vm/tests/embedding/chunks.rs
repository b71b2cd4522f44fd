//! Chunks: names and environments, syntax errors, tracebacks, coroutines, where output goes, being stopped.

use std::cell::RefCell;
use std::rc::Rc;

use interlune::{Error, Function, Lua, Table, ThreadStatus, Value};

use crate::{check, check_error};

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
