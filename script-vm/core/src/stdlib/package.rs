//! `require` and `package`: modules in Lua files. There are no native modules.

use super::Outcome;
use super::base::load_file;
use super::io::path_of;
use super::register::{self, LOADED, Row, registry_table};
use crate::native::{Cx, Intrinsic, Raised, Str, new_native};
use crate::table;
use crate::tostring::raw_text;
use crate::value::Value;
use crate::vm::Vm;

/// Where modules are looked for if the environment does not say.
const DEFAULT_PATH: &[u8] = b"/usr/local/share/lua/5.4/?.lua;/usr/local/share/lua/5.4/?/init.lua;\
/usr/local/lib/lua/5.4/?.lua;/usr/local/lib/lua/5.4/?/init.lua;./?.lua;./?/init.lua";

/// Directory separator, path separator, mark, and two characters that only native modules need.
const CONFIG: &[u8] = b"/\n;\n?\n!\n-\n";

/// The registry's field for `package.preload`.
const PRELOAD: &str = "_PRELOAD";

pub(super) fn open(vm: &mut Vm) {
    let package = register::library(
        vm,
        "package",
        &[("package.loadlib", loadlib), ("package.searchpath", searchpath)],
    );
    let loaded = register::loaded_modules(vm);
    let preload = registry_table(vm, PRELOAD);
    let path = register::text(vm, &path_from_environment());
    let native_path = register::text(vm, b"");
    let config = register::text(vm, CONFIG);
    let searchers = table::new_table(&mut vm.heap, 0, 0);
    let rows: [Row; 2] = [("searcher_preload", search_preload), ("searcher_Lua", search_file)];
    for (key, (name, searcher)) in (1..).zip(rows) {
        let captured = [Value::table(package)];
        let searcher = new_native(vm, name, searcher, Intrinsic::None, &captured);
        let stored = table::set_int(&mut vm.heap, searchers, key, Value::native(searcher));
        debug_assert!(stored.is_ok(), "libraries are opened before a memory limit is set");
    }
    let fields = [
        ("loaded", Value::table(loaded)),
        ("preload", Value::table(preload)),
        ("path", path),
        ("cpath", native_path),
        ("config", config),
        ("searchers", Value::table(searchers)),
    ];
    for (name, value) in fields {
        vm.set_global_field(package, name, value);
    }
    let globals = vm.globals();
    register::add_function(vm, globals, ("require", require), &[Value::table(package)]);
}

/// `LUA_PATH_5_4` or `LUA_PATH`, in which `;;` stands for the default path.
fn path_from_environment() -> Vec<u8> {
    let set = std::env::var_os("LUA_PATH_5_4").or_else(|| std::env::var_os("LUA_PATH"));
    let Some(path) = set else { return DEFAULT_PATH.to_vec() };
    let path = path.as_encoded_bytes();
    match memchr::memmem::find(path, b";;") {
        None => path.to_vec(),
        Some(at) => {
            let (before, after) = (&path[..at], &path[at + 2..]);
            let parts = [before, DEFAULT_PATH, after];
            let parts: Vec<&[u8]> = parts.into_iter().filter(|part| !part.is_empty()).collect();
            parts.join(&b';')
        }
    }
}

fn loadlib(cx: &mut Cx<'_>) -> Outcome {
    cx.check_str(0)?;
    cx.check_str(1)?;
    let message = cx.new_str(b"dynamic libraries not enabled; check your Lua installation")?;
    let reason = cx.new_str(b"absent")?;
    cx.ret(&[Value::NIL, message, reason])
}

fn searchpath(cx: &mut Cx<'_>) -> Outcome {
    let (name, path) = (cx.check_str(0)?, cx.check_str(1)?);
    let (separator, replacement) = (cx.opt_str(2)?, cx.opt_str(3)?);
    let separator = separator.as_ref().map_or(&b"."[..], |text| text.as_bytes());
    let replacement = replacement.as_ref().map_or(&b"/"[..], |text| text.as_bytes());
    match find_file(name.as_bytes(), path.as_bytes(), separator, replacement) {
        Ok(file) => {
            let file = cx.new_str(&file)?;
            cx.ret1(file)
        }
        Err(message) => {
            let message = cx.new_str(&message)?;
            cx.ret(&[Value::NIL, message])
        }
    }
}

/// The first readable file that a path makes of a name, or the list of those tried.
fn find_file(
    name: &[u8],
    path: &[u8],
    separator: &[u8],
    replacement: &[u8],
) -> Result<Vec<u8>, Vec<u8>> {
    let name =
        if separator.is_empty() { name.to_vec() } else { replace(name, separator, replacement) };
    let files = replace(path, b"?", &name);
    for file in files.split(|&byte| byte == b';') {
        if std::fs::File::open(path_of(file)).is_ok() {
            return Ok(file.to_vec());
        }
    }
    let tried = replace(&files, b";", b"'\n\tno file '");
    Err([b"no file '", &tried[..], b"'"].concat())
}

fn replace(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memmem::find(rest, from) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(to);
        rest = &rest[at + from.len()..];
    }
    out.extend_from_slice(rest);
    out
}

fn search_preload(cx: &mut Cx<'_>) -> Outcome {
    let name = cx.check_str(0)?;
    let preload = registry_table(cx.vm(), PRELOAD);
    let loader = cx.index(Value::table(preload), Value::string(name))?;
    if loader.is_nil() {
        let name = name.as_bytes();
        let text = [b"no field package.preload['", name, b"']"].concat();
        let text = cx.new_str(&text)?;
        return cx.ret1(text);
    }
    let origin = cx.new_str(b":preload:")?;
    cx.ret(&[loader, origin])
}

fn search_file(cx: &mut Cx<'_>) -> Outcome {
    let name = cx.check_str(0)?;
    let Some(path) = package_field(cx, "path")?.as_string() else {
        return Err(cx.error("'package.path' must be a string"));
    };
    let file = match find_file(name.as_bytes(), path.as_bytes(), b".", b"/") {
        Ok(file) => file,
        Err(message) => {
            let message = cx.new_str(&message)?;
            return cx.ret1(message);
        }
    };
    match load_file(cx.vm(), Some(&file), None, b"bt") {
        Ok(loader) => {
            let file = cx.new_str(&file)?;
            cx.ret(&[loader, file])
        }
        Err(message) => {
            let text = [b"error loading module '", name.as_bytes(), b"' from file '", &file];
            let text = [&text.concat()[..], b"':\n\t", &message].concat();
            Err(cx.error_bytes(&text))
        }
    }
}

/// A field of `package`, which is the first captured value.
fn package_field(cx: &mut Cx<'_>, name: &str) -> Result<Value, Raised> {
    let key = Value::string(cx.vm().heap.intern(name.as_bytes()));
    let package = cx.captured(0);
    cx.index(package, key)
}

fn require(cx: &mut Cx<'_>) -> Outcome {
    let name = cx.check_str(0)?;
    let loaded = Value::table(registry_table(cx.vm(), LOADED));
    let key = Value::string(name);
    let known = cx.index(loaded, key)?;
    if !known.is_falsy() {
        return cx.ret1(known);
    }
    let (loader, data) = find_loader(cx, name)?;
    cx.push(loader)?;
    cx.push(data)?;
    let result = cx.call(loader, &[key, data])?;
    if !result.is_nil() {
        cx.set_index(loaded, key, result)?;
    }
    let mut module = cx.index(loaded, key)?;
    if module.is_nil() {
        module = Value::TRUE;
        cx.set_index(loaded, key, module)?;
    }
    cx.ret(&[module, data])
}

/// Asks the searchers in turn for a loader and the value it is to be called with.
fn find_loader(cx: &mut Cx<'_>, name: Str) -> Result<(Value, Value), Raised> {
    let Some(searchers) = package_field(cx, "searchers")?.as_table() else {
        return Err(cx.error("'package.searchers' must be a table"));
    };
    cx.push(Value::table(searchers))?;
    let mut tried = Vec::new();
    for index in 1.. {
        let searcher = cx.raw_get(searchers, Value::int(index));
        if searcher.is_nil() {
            break;
        }
        let results = cx.call_multi(searcher, &[Value::string(name)])?;
        let first = results.first().copied().unwrap_or(Value::NIL);
        if first.is_function() {
            return Ok((first, results.get(1).copied().unwrap_or(Value::NIL)));
        }
        if first.is_string() || first.is_number() {
            tried.extend_from_slice(b"\n\t");
            tried.extend_from_slice(&raw_text(first));
        }
    }
    let text = [b"module '", name.as_bytes(), b"' not found:", &tried].concat();
    Err(cx.error_bytes(&text))
}
