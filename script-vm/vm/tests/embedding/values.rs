//! Values between Rust and scripts: conversions, tables, vectors, several values behind single ones.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;

use interlune::{
    AnyUserData, FromLua, Function, IntoLua, Lua, LuaString, MultiValue, Result, Table, Thread,
    Value, Variadic, Vec2, Vec3,
};

use crate::{check, check_error};

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
