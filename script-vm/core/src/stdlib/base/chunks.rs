//! `load`, `loadfile` and `dofile`.

use std::io::Read;

use super::super::Outcome;
use super::super::buffer::Buffer;
use super::super::c_string;
use super::super::io::{os_message, path_of};
use crate::load::{self, Mode};
use crate::native::{Cx, Raised};
use crate::value::Value;
use crate::vm::Vm;

/// The first byte of a binary chunk.
const BINARY: u8 = 0x1b;

pub(super) fn load(cx: &mut Cx<'_>) -> Outcome {
    let mode = mode_argument(cx, 2)?;
    let chunk = cx.arg(0);
    let env = if cx.is_none(3) { None } else { Some(cx.arg(3)) };
    let is_text = chunk.is_string() || chunk.is_number();
    if is_text {
        let source = cx.check_str(0)?;
        let name = cx.opt_str(1)?.unwrap_or(source);
        return give_chunk(cx, source.as_bytes(), name.as_bytes(), env, &mode);
    }
    let name = cx.opt_str(1)?;
    let name = name.map_or(b"=(load)".to_vec(), |name| name.as_bytes().to_vec());
    let reader = cx.check_function(0)?;
    match read_pieces(cx, reader) {
        Ok(source) => {
            let outcome = give_chunk(cx, source.bytes(), &name, env, &mode);
            source.release(cx);
            outcome
        }
        // What the reader raises is what is wrong with the chunk.
        Err(raised) => match cx.catch_error() {
            Some(error) => cx.ret(&[Value::NIL, error]),
            None => Err(raised),
        },
    }
}

/// All that a reader function returns until it returns nothing.
fn read_pieces(cx: &mut Cx<'_>, reader: Value) -> Result<Buffer, Raised> {
    let mut source = Buffer::new(cx);
    loop {
        let piece = cx.call(reader, &[])?;
        if piece.is_nil() || piece.as_string().is_some_and(|text| text.is_empty()) {
            return Ok(source);
        }
        if !source.push_text(cx, piece)? {
            return Err(cx.error("reader function must return a string"));
        }
    }
}

fn mode_argument(cx: &mut Cx<'_>, index: usize) -> Result<Vec<u8>, Raised> {
    let mode = cx.opt_str(index)?;
    Ok(mode.map_or(b"bt".to_vec(), |mode| c_string(mode.as_bytes()).to_vec()))
}

/// Returns a loaded chunk, or nil and what is wrong with it.
fn give_chunk(
    cx: &mut Cx<'_>,
    source: &[u8],
    name: &[u8],
    env: Option<Value>,
    mode: &[u8],
) -> Outcome {
    // Compiling is work in proportion to the text.
    cx.charge(source.len() as u64 / 16)?;
    match loaded_or_message(cx.vm(), source, name, env, mode) {
        Ok(function) => cx.ret1(function),
        Err(message) => fail(cx, &message),
    }
}

fn fail(cx: &mut Cx<'_>, message: &[u8]) -> Outcome {
    let message = cx.new_str(message)?;
    cx.ret(&[Value::NIL, message])
}

/// Loads a chunk if `mode` allows its kind.
fn loaded_or_message(
    vm: &mut Vm,
    source: &[u8],
    name: &[u8],
    env: Option<Value>,
    mode: &[u8],
) -> Result<Value, Vec<u8>> {
    let is_binary = source.first() == Some(&BINARY);
    let (letter, kind) = if is_binary { (b'b', "binary") } else { (b't', "text") };
    if !mode.contains(&letter) {
        let before = format!("attempt to load a {kind} chunk (mode is '").into_bytes();
        return Err([&before, mode, b"')"].concat());
    }
    let mode = if is_binary { Mode::Binary } else { Mode::Text };
    load::load(vm, source, name, env, mode).map_err(String::into_bytes)
}

/// Loads a file, or standard input if no name is given.
pub(in super::super) fn load_file(
    vm: &mut Vm,
    name: Option<&[u8]>,
    env: Option<Value>,
    mode: &[u8],
) -> Result<Value, Vec<u8>> {
    let (source, chunk_name) = match name {
        Some(name) => {
            let name = c_string(name);
            (read_file(name)?, [b"@", name].concat())
        }
        None => {
            let mut source = Vec::new();
            let read = std::io::stdin().read_to_end(&mut source);
            read.map_err(|error| failure("read", b"stdin", &error))?;
            (source, b"=stdin".to_vec())
        }
    };
    loaded_or_message(vm, without_comment(&source), &chunk_name, env, mode)
}

fn read_file(name: &[u8]) -> Result<Vec<u8>, Vec<u8>> {
    let file = std::fs::File::open(path_of(name));
    let mut file = file.map_err(|error| failure("open", name, &error))?;
    let mut source = Vec::new();
    file.read_to_end(&mut source).map_err(|error| failure("read", name, &error))?;
    Ok(source)
}

/// "cannot open file: reason"
fn failure(what: &str, name: &[u8], error: &std::io::Error) -> Vec<u8> {
    [b"cannot ", what.as_bytes(), b" ", name, b": ", os_message(error).as_bytes()].concat()
}

/// A file without the byte order mark and the first line, if that begins with `#` (the end of the line stays, so that lines
/// count right; in front of a binary chunk it goes as well).
fn without_comment(source: &[u8]) -> &[u8] {
    let source = source.strip_prefix(b"\xef\xbb\xbf").unwrap_or(source);
    if source.first() != Some(&b'#') {
        return source;
    }
    let end = source.iter().position(|&byte| byte == b'\n').unwrap_or(source.len());
    match &source[end..] {
        [b'\n', binary @ ..] if binary.first() == Some(&BINARY) => binary,
        rest => rest,
    }
}

pub(super) fn loadfile(cx: &mut Cx<'_>) -> Outcome {
    let name = cx.opt_str(0)?;
    let mode = mode_argument(cx, 1)?;
    let env = if cx.is_none(2) { None } else { Some(cx.arg(2)) };
    match load_file(cx.vm(), name.as_ref().map(|name| name.as_bytes()), env, &mode) {
        Ok(function) => cx.ret1(function),
        Err(message) => fail(cx, &message),
    }
}

pub(super) fn dofile(cx: &mut Cx<'_>) -> Outcome {
    let name = cx.opt_str(0)?;
    match load_file(cx.vm(), name.as_ref().map(|name| name.as_bytes()), None, b"bt") {
        Ok(function) => {
            let results = cx.call_multi(function, &[])?;
            cx.ret(&results)
        }
        Err(message) => {
            let message = cx.new_str(&message)?;
            Err(cx.throw(message))
        }
    }
}
