//! How long things live: handles, collection in spare time, finalizers at the end of a VM.

use std::cell::RefCell;
use std::rc::Rc;

use interlune::{Error, Function, Lua, LuaString, Table, Thread};

use crate::{check, check_error};

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
