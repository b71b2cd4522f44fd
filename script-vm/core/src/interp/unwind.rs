//! Raising errors: the texts with positions and variable names, and the way down the frames to whoever catches.
//!
//! `park…` functions build an error value, leave it in the VM and return [`Raised`], for Rust code; `raise…` and
//! `…_failure` do the same for instructions and begin to unwind at once.

#![allow(unsafe_code, reason = "raw frames")]

use crate::bytecode::names::NameKind;
use crate::bytecode::{Insn, Opcode, names};
use crate::function::NativeFunction;
use crate::interp::meta::{self, ArithmeticError, Failure};
use crate::interp::{Exit, coroutine, protect};
use crate::native::Raised;
use crate::number;
use crate::object::Gc;
use crate::stdlib::loaded_name;
use crate::table::StoreError;
use crate::thread::{Frame, FrameWhat, ReturnTo};
use crate::traceback::traceback;
use crate::value::{Value, tag};
use crate::vm::{Event, Vm};

/// Deepest nesting of errors inside message handlers.
const MAX_HANDLERS: u32 = 180;

/// A string value; the empty string if there is no memory for it.
pub(crate) fn new_text(vm: &mut Vm, text: &str) -> Value {
    match vm.heap.new_string(text.as_bytes()) {
        Ok(string) => Value::string(string),
        Err(_) => Value::string(vm.heap.intern(b"not enough memory")),
    }
}

/// Leaves an error value in the VM.
pub(crate) fn park(vm: &mut Vm, value: Value) -> Raised {
    vm.set_error(value);
    Raised
}

/// "source:line: " of the running function if it is a Lua function.
pub(crate) fn position(vm: &mut Vm) -> String {
    frame_position(vm.frames().last())
}

fn frame_position(frame: Option<&Frame>) -> String {
    match frame.and_then(line_of) {
        Some((source, 0)) => format!("{source}:-1: "),
        Some((source, line)) => format!("{source}:{line}: "),
        None => String::new(),
    }
}

/// Source and line that a Lua frame is at; line 0 without debug information.
pub(crate) fn line_of(frame: &Frame) -> Option<(&str, u32)> {
    let closure = frame.closure.as_ref()?;
    // SAFETY: protos live as long as their closures, which the frame keeps.
    let proto = unsafe { &*closure.proto.as_ptr() };
    let line = proto.proto.lines.get(running_pc(frame)?).copied()?;
    Some((&proto.proto.source, line))
}

/// Index of the instruction that a Lua frame is at.
pub(crate) fn running_pc(frame: &Frame) -> Option<usize> {
    let closure = frame.closure?;
    // SAFETY: a frame's pc points into its function's code.
    let next = unsafe { frame.pc.offset_from(closure.proto.code) };
    Some((next as usize).saturating_sub(1))
}

/// Parks a text as it is.
#[cold]
pub(crate) fn park_plain(vm: &mut Vm, text: &str) -> Raised {
    let value = new_text(vm, text);
    park(vm, value)
}

/// Parks a text with the running function's position in front.
#[cold]
pub(crate) fn park_text(vm: &mut Vm, text: &str) -> Raised {
    let text = format!("{}{text}", position(vm));
    let value = new_text(vm, &text);
    park(vm, value)
}

/// Parks an error that nothing in Lua can catch.
#[cold]
pub(crate) fn park_fatal(vm: &mut Vm, text: &str) -> Raised {
    vm.fatal = true;
    park_text(vm, text)
}

/// Parks the error of a memory limit.
#[cold]
pub(crate) fn park_out_of_memory(vm: &mut Vm) -> Raised {
    // A limit that the host has set is a budget; the system's own is an error like others.
    vm.fatal |= vm.heap.is_limited();
    let value = Value::string(vm.heap.intern(b"not enough memory"));
    park(vm, value)
}

/// Parks "bad argument #n to 'f' (message)" for argument `index` (from 0) of the native function `callee`, which runs.
/// The name is what the caller calls it; else that under which a module holds it; else its own. In a method call the
/// object is no argument.
#[cold]
pub(crate) fn park_argument(
    vm: &mut Vm,
    callee: Gc<NativeFunction>,
    index: usize,
    message: &str,
) -> Raised {
    let called = vm.name_of_running_native();
    let is_method = called.as_ref().is_some_and(|name| name.kind == NameKind::Method.as_str());
    let name = match called {
        Some(name) => String::from_utf8_lossy(&name.text).into_owned(),
        None => loaded_name(vm, Value::native(callee)).unwrap_or_else(|| callee.name.to_string()),
    };
    let text = match index + usize::from(!is_method) {
        0 => format!("calling '{name}' on bad self ({message})"),
        number => format!("bad argument #{number} to '{name}' ({message})"),
    };
    park_text(vm, &text)
}

/// Raises "bad argument" for argument `index` (from 0) of the intrinsic that lies at `func`.
#[cold]
pub(crate) unsafe fn raise_argument(
    vm: *mut Vm,
    func: *const Value,
    index: usize,
    message: &str,
) -> Exit {
    // SAFETY: `vm` is the running VM, and a native function lies at `func`.
    unsafe {
        park_argument(&mut *vm, (*func).object().cast(), index, message);
        unwind(vm)
    }
}

/// Raises a text at the instruction before `pc`.
#[cold]
pub(crate) unsafe fn raise_text(vm: *mut Vm, pc: *const Insn, text: &str) -> Exit {
    // SAFETY: the running frame is a Lua function's.
    unsafe {
        (*(*vm).frame).pc = pc;
        park_text(&mut *vm, text);
        unwind(vm)
    }
}

/// " (local 'x')" and the like for the value in a register.
fn register_info(vm: &Vm, register: usize) -> String {
    let described = vm.frames().last().and_then(|frame| {
        let pc = running_pc(frame)?;
        let proto = &frame.closure.as_ref()?.proto.proto;
        let (kind, name) = names::describe_register(proto, pc, register as u8)?;
        Some(format!(" ({} '{}')", kind.as_str(), String::from_utf8_lossy(name)))
    });
    described.unwrap_or_default()
}

/// " (upvalue 'x')"
fn upvalue_info(vm: &Vm, index: usize) -> String {
    let described = vm.frames().last().and_then(|frame| {
        let proto = &frame.closure.as_ref()?.proto.proto;
        let name = names::upvalue_name(proto, index);
        Some(format!(" (upvalue '{}')", String::from_utf8_lossy(name)))
    });
    described.unwrap_or_default()
}

/// " (constant 'x')" for a string constant.
fn constant_info(value: Value) -> String {
    match value.as_string() {
        Some(text) => format!(" (constant '{}')", text.to_text()),
        None => String::new(),
    }
}

unsafe fn raise_type(vm: *mut Vm, operation: &str, value: Value, info: &str) -> Exit {
    // SAFETY: `vm` is the running VM.
    unsafe {
        let name = (*vm).type_name_of(value);
        park_text(&mut *vm, &format!("attempt to {operation} a {name} value{info}"));
        unwind(vm)
    }
}

/// A read or write of a value that has no fields.
#[cold]
pub(crate) unsafe fn index_failure(vm: *mut Vm, i: Insn, failure: Failure) -> Exit {
    // SAFETY: `vm` is the running VM.
    unsafe {
        match failure {
            Failure::Loop(text) => {
                park_text(&mut *vm, text);
                unwind(vm)
            }
            Failure::NotIndexable(value, true)
                if matches!(value.tag(), tag::VEC2 | tag::VEC3) && is_store(i) =>
            {
                let text = vector_store_text(&*vm, i, value);
                park_text(&mut *vm, &text);
                unwind(vm)
            }
            Failure::NotIndexable(value, own) => {
                let info = if own { object_info(&*vm, i) } else { String::new() };
                raise_type(vm, "index", value, &info)
            }
        }
    }
}

fn is_store(i: Insn) -> bool {
    matches!(
        i.opcode(),
        Some(Opcode::SetEnv | Opcode::SetField | Opcode::SetIndex | Opcode::SetInt)
    )
}

/// What is wrong with `v.x = 1`, and what to write instead.
fn vector_store_text(vm: &Vm, i: Insn, vector: Value) -> String {
    let kind = vector.type_name();
    let axes: &[&str] = if vector.tag() == tag::VEC2 { &["x", "y"] } else { &["x", "y", "z"] };
    let place = vm.frames().last().and_then(|frame| {
        let pc = running_pc(frame)?;
        let proto = &frame.closure.as_ref()?.proto.proto;
        let (path, axis) = match i.opcode()? {
            Opcode::SetEnv => {
                let upvalue = String::from_utf8_lossy(names::upvalue_name(proto, i.b()));
                (upvalue.into_owned(), names::constant_name(proto, i.c()))
            }
            Opcode::SetField => {
                let path = names::path_of_register(proto, pc, i.a() as u8);
                (path.unwrap_or_else(|| "v".to_string()), names::constant_name(proto, i.b()))
            }
            _ => (names::path_of_register(proto, pc, i.a() as u8)?, None),
        };
        Some((path, axis.map(String::from_utf8_lossy)))
    });
    let info = object_info(vm, i);
    let (path, axis) = match &place {
        Some((path, axis)) => (path.as_str(), axis.as_deref()),
        None => ("v", None),
    };
    let parts: Vec<String> = axes
        .iter()
        .map(|each| if axis == Some(each) { "1".to_string() } else { format!("{path}.{each}") })
        .collect();
    let parts =
        if axes.iter().any(|each| axis == Some(each)) { parts.join(", ") } else { axes.join(", ") };
    format!(
        "a {kind} is a value and cannot be changed in place{info}; assign a new one, e.g. {path} = {kind}({parts})"
    )
}

/// The name of the object operand of an access.
fn object_info(vm: &Vm, i: Insn) -> String {
    match i.opcode() {
        Some(Opcode::GetEnv | Opcode::SetEnv) => upvalue_info(vm, i.b()),
        Some(Opcode::SetField | Opcode::SetIndex | Opcode::SetInt) => register_info(vm, i.a()),
        _ => register_info(vm, i.b()),
    }
}

/// A store that the table refused.
#[cold]
pub(crate) unsafe fn store_failure(vm: *mut Vm, pc: *const Insn, error: StoreError) -> Exit {
    // SAFETY: the running frame is a Lua function's.
    unsafe {
        (*(*vm).frame).pc = pc;
        park_store_failure(&mut *vm, error);
        unwind(vm)
    }
}

pub(crate) fn park_store_failure(vm: &mut Vm, error: StoreError) -> Raised {
    match error {
        StoreError::NilKey => park_text(vm, "table index is nil"),
        StoreError::NanKey => park_text(vm, "table index is NaN"),
        StoreError::OutOfMemory => park_out_of_memory(vm),
    }
}

/// Arithmetic on numbers that has no result.
#[cold]
pub(crate) unsafe fn arithmetic_failure(
    vm: *mut Vm,
    i: Insn,
    error: ArithmeticError,
    x: Value,
    y: Value,
) -> Exit {
    // SAFETY: `vm` is the running VM.
    unsafe {
        let text = match error {
            ArithmeticError::DivideByZero | ArithmeticError::ModuloByZero => {
                error.text().to_string()
            }
            ArithmeticError::NoInteger => {
                let first = number::to_int(x).is_none();
                let info = operand_info(&*vm, i, first, if first { x } else { y });
                format!("number{info} has no integer representation")
            }
        };
        park_text(&mut *vm, &text);
        unwind(vm)
    }
}

/// Arithmetic on something that is no number and has no metamethod.
#[cold]
pub(crate) unsafe fn operand_failure(
    vm: *mut Vm,
    i: Insn,
    event: Event,
    x: Value,
    y: Value,
) -> Exit {
    // SAFETY: `vm` is the running VM.
    unsafe {
        if meta::is_bitwise(event) {
            // The first operand that is no number is to blame, be it a string that would convert.
            let first = !x.is_number();
            let bad = if first { x } else { y };
            let info = operand_info(&*vm, i, first, bad);
            return raise_type(vm, "perform bitwise operation on", bad, &info);
        }
        let first = !x.is_number();
        let bad = if first { x } else { y };
        let info = operand_info(&*vm, i, first, bad);
        raise_type(vm, "perform arithmetic on", bad, &info)
    }
}

/// The name of an operand of an arithmetic instruction.
fn operand_info(vm: &Vm, i: Insn, first: bool, value: Value) -> String {
    let [_, _, c] = i.opcode().unwrap_or(Opcode::Move).operands();
    let register_is_first = !i.is_flipped();
    if first == register_is_first {
        return register_info(vm, i.b_reg());
    }
    match c {
        crate::bytecode::Operand::Reg => register_info(vm, i.c()),
        _ => constant_info(value),
    }
}

/// A concatenation of something that is neither a string nor a number. `left` operands were left.
#[cold]
pub(crate) unsafe fn concat_failure(vm: *mut Vm, i: Insn, left: usize, x: Value, y: Value) -> Exit {
    // SAFETY: `vm` is the running VM.
    unsafe {
        let text = x.as_string().is_some() || x.is_number();
        let (bad, register) = if text { (y, i.a() + left - 1) } else { (x, i.a() + left - 2) };
        let info = register_info(&*vm, register);
        raise_type(vm, "concatenate", bad, &info)
    }
}

/// A length of something that has none.
#[cold]
pub(crate) unsafe fn length_failure(vm: *mut Vm, i: Insn, value: Value) -> Exit {
    // SAFETY: `vm` is the running VM.
    unsafe {
        let info = register_info(&*vm, i.b());
        raise_type(vm, "get length of", value, &info)
    }
}

/// A comparison of things that have no order.
#[cold]
pub(crate) unsafe fn compare_failure(vm: *mut Vm, x: Value, y: Value) -> Exit {
    // SAFETY: `vm` is the running VM.
    unsafe {
        park_compare_failure(&mut *vm, x, y);
        unwind(vm)
    }
}

pub(crate) fn park_compare_failure(vm: &mut Vm, x: Value, y: Value) -> Raised {
    let (x, y) = (vm.type_name_of(x), vm.type_name_of(y));
    if x == y {
        park_text(vm, &format!("attempt to compare two {x} values"))
    } else {
        park_text(vm, &format!("attempt to compare {x} with {y}"))
    }
}

/// A call of something that cannot be called, which lies at stack index `func`.
#[cold]
pub(crate) unsafe fn bad_call(vm: *mut Vm, func: usize, returns: ReturnTo) -> Exit {
    // SAFETY: `vm` is the running VM.
    unsafe {
        let value = *(*vm).stack.add(func);
        if returns == ReturnTo::Close {
            // An error that closes variables on its way down has no instruction to tell a name from.
            let by_instruction = (*(*vm).frame).what == FrameWhat::Lua;
            let info = if by_instruction { " (metamethod 'close')" } else { "" };
            return raise_type(vm, "call", value, info);
        }
        let info = (*vm).frames().last().and_then(|frame| {
            let pc = running_pc(frame)?;
            let proto = &frame.closure.as_ref()?.proto.proto;
            let (kind, name) = names::describe_call(proto, pc)?;
            Some(format!(" ({} '{}')", kind.as_str(), String::from_utf8_lossy(name)))
        });
        raise_type(vm, "call", value, &info.unwrap_or_default())
    }
}

/// The end of the values in use in the running thread.
pub(crate) fn live_top(vm: &Vm) -> usize {
    let registers = vm.frames().iter().rev().find_map(|frame| {
        let proto = frame.closure?.proto;
        // Until a vararg function's first instruction has run, its arguments lie where its registers will not be.
        let is_unprepared = proto.is_vararg && frame.varargs == 0;
        let arguments = if is_unprepared { frame.extra as usize } else { 0 };
        Some(frame.base as usize + arguments.max(proto.max_stack as usize))
    });
    vm.top_index().max(registers.unwrap_or(0))
}

/// Whether no frame of the running thread, nor of those that wait for it, catches the pending error.
pub(crate) fn traceback_needed(vm: &Vm) -> bool {
    if vm.fatal {
        return true;
    }
    let protects = |frame: &Frame| matches!(frame.what, FrameWhat::Pcall | FrameWhat::Xpcall);
    if vm.frames().iter().any(protects) {
        return false;
    }
    let mut thread = vm.thread.resumer;
    while let Some(resumer) = thread {
        let frames = &resumer.frames[..resumer.frame_count];
        if frames.iter().any(|frame| protects(frame) || catches_for_coroutine(frame)) {
            return false;
        }
        thread = resumer.resumer;
    }
    true
}

/// `coroutine.resume` (but not a wrapped coroutine) returns errors.
fn catches_for_coroutine(frame: &Frame) -> bool {
    frame.what == FrameWhat::Resume && frame.extra == 0
}

/// Takes the pending error down to whoever catches it.
#[cold]
#[inline(never)]
pub(crate) unsafe fn unwind(vm: *mut Vm) -> Exit {
    // SAFETY: `vm` is the running VM; frames are in use.
    unsafe {
        if (*vm).traceback.is_none() && traceback_needed(&*vm) {
            let text = traceback(&mut *vm, 0);
            (*vm).traceback = Some(text);
        }
        let is_coroutine = {
            let thread = (*vm).thread;
            thread.resumer.is_some()
        };
        let frames = (*vm).frames();
        for depth in (0..frames.len()).rev() {
            let frame = frames[depth];
            match frame.what {
                FrameWhat::Xpcall if !(*vm).fatal => {
                    if frame.extra < MAX_HANDLERS {
                        return protect::call_handler(vm, depth);
                    }
                    let text = new_text(&mut *vm, "error in error handling");
                    (*vm).set_error(text);
                    return protect::catch(vm, depth);
                }
                FrameWhat::Pcall if !(*vm).fatal => {
                    return protect::catch(vm, depth);
                }
                // Rust code called from here up: it gets the error and passes it on.
                FrameWhat::Native => return Exit::Error,
                FrameWhat::Bottom if is_coroutine => return coroutine::fail(vm),
                FrameWhat::Bottom => return Exit::Error,
                FrameWhat::Lua
                | FrameWhat::Pcall
                | FrameWhat::Xpcall
                | FrameWhat::Pairs
                | FrameWhat::Resume
                | FrameWhat::Yield => {}
            }
        }
        Exit::Error
    }
}
