//! Stack tracebacks, worded as PUC Lua's (`luaL_traceback`).
//!
//! A native function that calls nothing has no frame. The one that raised the pending error, or that runs now, is found
//! through the call instruction that its caller is at.

use crate::bytecode::names::{self, NameKind};
use crate::interp::unwind::{line_of, running_pc};
use crate::native::inspect::Level;
use crate::object::Gc;
use crate::stdlib::loaded_name;
use crate::thread::{Frame, FrameWhat, ReturnTo, Thread};
use crate::value::Value;
use crate::vm::Vm;

/// Levels shown at the top and at the bottom of a long stack.
const FIRST_LEVELS: usize = 10;
const LAST_LEVELS: usize = 11;

/// A function in progress.
#[derive(Clone, Copy)]
enum Entry {
    Frame(Level),
    /// A native function without a frame, called from this level.
    Native(Value, Level),
}

/// The traceback of the running thread from `level` functions below the top, the native function that raised the
/// pending error included.
pub fn traceback(vm: &mut Vm, level: usize) -> String {
    let entries = entries(vm, vm.thread);
    render(vm, entries.get(level..).unwrap_or_default())
}

/// As [`traceback`], for the native function `running`, which is level 0.
pub fn traceback_from(vm: &mut Vm, running: Value, level: usize) -> String {
    let mut entries = entries(vm, vm.thread);
    let is_first = match entries.first() {
        Some(Entry::Native(function, _)) => function.raw_equals(running),
        Some(Entry::Frame(_)) | None => false,
    };
    if !is_first && let Some(top) = vm.level_of(vm.thread, 0) {
        // A message handler or a native function called it.
        entries.insert(0, Entry::Native(running, top));
    }
    render(vm, entries.get(level..).unwrap_or_default())
}

/// The traceback of a thread that does not run.
pub fn thread_traceback(vm: &mut Vm, thread: Gc<Thread>, level: usize) -> String {
    let entries = entries(vm, thread);
    render(vm, entries.get(level..).unwrap_or_default())
}

/// The functions in progress, the topmost first.
fn entries(vm: &Vm, thread: Gc<Thread>) -> Vec<Entry> {
    let mut entries = Vec::new();
    for level in vm.levels_of(thread) {
        if let Some(function) = vm.called_native(level) {
            entries.push(Entry::Native(function, level));
        }
        entries.push(Entry::Frame(level));
    }
    entries
}

fn render(vm: &mut Vm, entries: &[Entry]) -> String {
    let mut text = String::from("stack traceback:");
    let is_long = entries.len() > FIRST_LEVELS + LAST_LEVELS + 1;
    let (first, last) = if is_long {
        (&entries[..FIRST_LEVELS], &entries[entries.len() - LAST_LEVELS..])
    } else {
        (entries, &[][..])
    };
    for &entry in first {
        push_line(vm, &mut text, entry);
    }
    if is_long {
        // PUC Lua does not count the level in whose place this line stands.
        let skipped = entries.len() - FIRST_LEVELS - LAST_LEVELS - 1;
        text.push_str(&format!("\n\t...\t(skipping {skipped} levels)"));
    }
    for &entry in last {
        push_line(vm, &mut text, entry);
    }
    text
}

fn push_line(vm: &mut Vm, text: &mut String, entry: Entry) {
    let line = match entry {
        Entry::Frame(level) => line(vm, level),
        Entry::Native(function, caller) => {
            let name = loaded_name(vm, function).map(|name| format!("function '{name}'"));
            let name = name.or_else(|| called_name(vm, caller));
            format!("[C]: in {}", name.unwrap_or_else(|| "?".to_string()))
        }
    };
    text.push_str("\n\t");
    text.push_str(&line);
    if matches!(entry, Entry::Frame(level) if vm.is_tail_called(level)) {
        text.push_str("\n\t(...tail calls...)");
    }
}

fn line(vm: &mut Vm, level: Level) -> String {
    let name = function_name(vm, level);
    match line_of(vm.frame_at(level)) {
        Some((source, 0)) => format!("{source}: in {name}"),
        Some((source, line)) => format!("{source}:{line}: in {name}"),
        None => format!("[C]: in {name}"),
    }
}

/// "function 'f'" for what some module holds, "local 'f'" and the like for what the caller names, "main chunk",
/// "function <source:line>", or "?".
fn function_name(vm: &mut Vm, level: Level) -> String {
    if vm.frame_at(level).what == FrameWhat::Xpcall {
        // Its slot holds the message handler.
        return "function 'xpcall'".to_string();
    }
    let function = vm.function_at(level);
    if let Some(name) = loaded_name(vm, function) {
        return format!("function '{name}'");
    }
    if let Some(name) = vm.name_of_level(level) {
        return format!("{} '{}'", name.kind, String::from_utf8_lossy(&name.text));
    }
    let Some(closure) = function.as_closure() else { return "?".to_string() };
    let proto = closure.proto_ref();
    if proto.line_defined == 0 {
        return "main chunk".to_string();
    }
    format!("function <{}:{}>", proto.source, proto.line_defined)
}

/// What the function of a level calls the function that it is calling.
fn called_name(vm: &Vm, level: Level) -> Option<String> {
    let frame = vm.frame_at(level);
    let closure = frame.closure.as_ref()?;
    let (kind, name) = names::describe_call(closure.proto_ref(), running_pc(frame)?)?;
    Some(format!("{} '{}'", kind.as_str(), String::from_utf8_lossy(name)))
}

/// What the calling instruction calls the function of frame `index`.
pub fn caller_name(frames: &[Frame], index: usize) -> Option<(NameKind, &[u8])> {
    let frame = &frames[index];
    let has_caller = matches!(
        frame.returns,
        ReturnTo::Call | ReturnTo::Compiled | ReturnTo::Tail | ReturnTo::Meta
    );
    if frame.tail_called || !has_caller {
        return None;
    }
    let caller = frames.get(index.checked_sub(1)?)?;
    let pc = running_pc(caller)?;
    let closure = caller.closure.as_ref()?;
    names::describe_call(closure.proto_ref(), pc)
}
