//! What the debug library sees: the functions in progress, their variables, the upvalues of closures.
//!
//! Levels count from the function that asks: 1 is its caller. A frame of any kind but the bottom of a thread is a
//! function in progress; native functions that call nothing have no frame, so a native function that asks is level 0
//! without one.

#![allow(unsafe_code, reason = "raw stacks and upvalues")]

use crate::bytecode::names::{self, NameKind};
use crate::bytecode::{LocalVar, Opcode, Proto};
use crate::function::{Closure, Upvalue};
use crate::interp::unwind::{line_of, running_pc};
use crate::object::Gc;
use crate::thread::{Frame, FrameWhat, ReturnTo, Thread};
use crate::traceback::caller_name;
use crate::value::Value;
use crate::vm::Vm;

/// First of a generic loop's variables, counted from the loop's first register: where its iterator is called.
const LOOP_CALL: usize = 5;

/// A function in progress: a frame of a thread.
#[derive(Clone, Copy, Debug)]
pub struct Level {
    thread: Gc<Thread>,
    /// Index of the frame.
    index: usize,
}

/// A name for a function or a variable, with what kind of name it is.
#[derive(Clone, Debug)]
pub struct Name {
    pub kind: &'static str,
    pub text: Vec<u8>,
}

impl Name {
    fn of((kind, text): (NameKind, &[u8])) -> Name {
        Name { kind: kind.as_str(), text: text.to_vec() }
    }
}

impl Vm {
    /// The frames of a thread, outermost first.
    fn frames_of(&self, thread: Gc<Thread>) -> &[Frame] {
        if thread.same(self.thread) {
            return self.frames();
        }
        // SAFETY: the caller's thread is alive; nothing pushes frames while the slice is borrowed.
        let thread = unsafe { &*thread.as_ptr() };
        &thread.frames[..thread.frame_count]
    }

    /// The functions in progress in a thread, the topmost first.
    pub(crate) fn levels_of(&self, thread: Gc<Thread>) -> Vec<Level> {
        let frames = self.frames_of(thread).iter().enumerate().rev();
        frames
            .filter(|(_, frame)| frame.what != FrameWhat::Bottom)
            .map(|(index, _)| Level { thread, index })
            .collect()
    }

    /// The function `level` calls below the top of a thread (0: the topmost).
    pub fn level_of(&self, thread: Gc<Thread>, level: usize) -> Option<Level> {
        let frames = self.frames_of(thread);
        let mut functions =
            (0..frames.len()).rev().filter(|&index| frames[index].what != FrameWhat::Bottom);
        functions.nth(level).map(|index| Level { thread, index })
    }

    pub(crate) fn frame_at(&self, level: Level) -> &Frame {
        &self.frames_of(level.thread)[level.index]
    }

    /// "source:line: " of the Lua function at a level of the running thread, counted from 1; else "".
    pub fn position_of_level(&self, level: usize) -> String {
        let found = level.checked_sub(1).and_then(|level| self.level_of(self.thread, level));
        match found.and_then(|level| line_of(self.frame_at(level))) {
            Some((_, 0)) | None => String::new(),
            Some((source, line)) => format!("{source}:{line}: "),
        }
    }

    /// The function of a level; nil if it cannot be told.
    pub fn function_at(&self, level: Level) -> Value {
        let frame = self.frame_at(level);
        match frame.what {
            FrameWhat::Lua => frame.closure.map_or(Value::NIL, Value::closure),
            FrameWhat::Native => self.native_at(level),
            // The slot of an `xpcall` holds its message handler.
            FrameWhat::Bottom | FrameWhat::Xpcall => Value::NIL,
            FrameWhat::Pcall | FrameWhat::Pairs | FrameWhat::Resume | FrameWhat::Yield => {
                self.native_in(level.thread, frame.func as usize)
            }
        }
    }

    /// The native function without a frame that a level is calling: the one that runs, or that raised the pending
    /// error.
    pub(crate) fn called_native(&self, level: Level) -> Option<Value> {
        let frames = self.frames_of(level.thread);
        let frame = &frames[level.index];
        let closure = frame.closure.as_ref()?;
        match frames.get(level.index + 1) {
            // A message handler lies on top of what raised the error.
            Some(above) if above.returns == ReturnTo::Handler => {}
            Some(_) => return None,
            None if level.thread.same(self.thread) => {}
            None => return None,
        }
        let insn = closure.proto_ref().code[running_pc(frame)?];
        let slot = match insn.opcode()? {
            Opcode::Call | Opcode::TailCall => insn.a(),
            Opcode::ForCall => insn.a() + LOOP_CALL,
            _ => return None,
        };
        let value = self.native_in(level.thread, frame.base as usize + slot);
        (!value.is_nil()).then_some(value)
    }

    /// The native function that pushed a frame: where its caller called it.
    fn native_at(&self, level: Level) -> Value {
        let frames = self.frames_of(level.thread);
        let Some(caller) = level.index.checked_sub(1).map(|index| &frames[index]) else {
            return Value::NIL;
        };
        let base = caller.base as usize;
        if matches!(caller.what, FrameWhat::Pcall | FrameWhat::Xpcall) {
            return self.native_in(level.thread, base);
        }
        let (Some(pc), Some(closure)) = (running_pc(caller), caller.closure.as_ref()) else {
            return Value::NIL;
        };
        let insn = closure.proto_ref().code[pc];
        let slot = match insn.opcode() {
            Some(Opcode::Call | Opcode::TailCall) => base + insn.a(),
            Some(Opcode::ForCall) => base + insn.a() + LOOP_CALL,
            _ => base + closure.proto.max_stack as usize,
        };
        self.native_in(level.thread, slot)
    }

    fn native_in(&self, thread: Gc<Thread>, slot: usize) -> Value {
        let value = self.slot_of(thread, slot);
        if value.as_native().is_some() { value } else { Value::NIL }
    }

    /// A slot of a thread's stack, nil beyond its end.
    fn slot_of(&self, thread: Gc<Thread>, slot: usize) -> Value {
        thread.stack.get(slot).copied().unwrap_or(Value::NIL)
    }

    /// What the caller calls the function of a level.
    pub fn name_of_level(&self, level: Level) -> Option<Name> {
        let frames = self.frames_of(level.thread);
        if frames[level.index].what == FrameWhat::Lua {
            return caller_name(frames, level.index).map(Name::of);
        }
        describe_callee(frames.get(level.index.checked_sub(1)?)?)
    }

    /// What the caller calls the native function that is running.
    pub fn name_of_running_native(&self) -> Option<Name> {
        describe_callee(self.frames().last()?)
    }

    /// The line that a level is at; nothing for native functions and without debug information.
    pub fn line_of_level(&self, level: Level) -> Option<u32> {
        line_of(self.frame_at(level)).map(|(_, line)| line).filter(|&line| line > 0)
    }

    /// Whether a level was entered by a tail call.
    pub fn is_tail_called(&self, level: Level) -> bool {
        self.frame_at(level).tail_called
    }

    /// Name and value of local variable `number` of a level, counted from 1; negative numbers are variable arguments.
    pub fn local_at(&self, level: Level, number: i64) -> Option<(Vec<u8>, Value)> {
        let found = self.find_variable(level, number);
        let (name, slot) = found.or_else(|| self.find_temporary(level, number))?;
        Some((name, self.slot_of(level.thread, slot)))
    }

    /// Assigns to a local variable; its name if there is such a one. Values without a name are left alone, since they
    /// may be what a native function in progress works with, and so are the hidden variables of loops.
    pub fn set_local_at(&mut self, level: Level, number: i64, value: Value) -> Option<Vec<u8>> {
        let (name, slot) = self.find_variable(level, number)?;
        if name.starts_with(b"(for") {
            return None;
        }
        let mut thread = level.thread;
        if !thread.same(self.thread) {
            self.heap.scan_before_resume(thread);
        }
        *thread.stack.get_mut(slot)? = value;
        self.request_unwind();
        Some(name)
    }

    /// The slot of a named variable or variable argument.
    fn find_variable(&self, level: Level, number: i64) -> Option<(Vec<u8>, usize)> {
        let frame = self.frame_at(level);
        let (pc, closure) = (running_pc(frame)?, frame.closure.as_ref()?);
        let base = frame.base as usize;
        if number < 0 {
            let argument = usize::try_from(number.unsigned_abs()).ok()? - 1;
            let count = frame.varargs as usize;
            let slot = base.checked_sub(1 + count)? + argument;
            return (argument < count).then(|| (b"(vararg)".to_vec(), slot));
        }
        let proto = closure.proto_ref();
        let local = active_local(proto, pc, number)?;
        Some((proto.strings.get(local.name).to_vec(), base + usize::from(local.register)))
    }

    /// A value of a frame that no variable names.
    fn find_temporary(&self, level: Level, number: i64) -> Option<(Vec<u8>, usize)> {
        let frames = self.frames_of(level.thread);
        let frame = &frames[level.index];
        let offset = usize::try_from(number).ok()?.checked_sub(1)?;
        let slot = frame.base as usize + offset;
        let end = match frames.get(level.index + 1) {
            Some(above) => above.func as usize,
            None if level.thread.same(self.thread) => self.top_index(),
            None => level.thread.top,
        };
        let end = match frame.closure {
            Some(closure) => end.min(frame.base as usize + closure.proto.max_stack as usize),
            None => end,
        };
        let name: &[u8] = if frame.closure.is_some() { b"(temporary)" } else { b"(C temporary)" };
        (slot < end).then(|| (name.to_vec(), slot))
    }

    /// Name and value of upvalue `index` (from 0) of a function; captured values of native functions have no name.
    pub fn upvalue_at(&self, function: Value, index: usize) -> Option<(Vec<u8>, Value)> {
        if let Some(native) = function.as_native() {
            return native.captured().get(index).map(|&value| (Vec::new(), value));
        }
        let closure = function.as_closure()?;
        let value = closure.upvalues().get(index)?.get();
        let name = names::upvalue_name(closure.proto_ref(), index);
        let name: &[u8] = if name == b"?" { b"(no name)" } else { name };
        Some((name.to_vec(), value))
    }

    /// Assigns to an upvalue of a Lua function; its name if there is such a one. Native functions rely on what they
    /// captured.
    pub fn set_upvalue_at(
        &mut self,
        closure: Gc<Closure>,
        index: usize,
        value: Value,
    ) -> Option<Vec<u8>> {
        let (name, old) = self.upvalue_at(Value::closure(closure), index)?;
        self.heap.barrier(old);
        closure.upvalues()[index].set(value);
        // Variables that nobody else assigns to are read once.
        self.request_unwind();
        Some(name)
    }

    /// The identity of an upvalue: functions that share it have the same one.
    pub fn upvalue_id(&self, function: Value, index: usize) -> Option<usize> {
        if let Some(native) = function.as_native() {
            let first = native.captured_ptr();
            return (index < native.captured_count()).then(|| first.wrapping_add(index).addr());
        }
        let closure = function.as_closure()?;
        let upvalue: Gc<Upvalue> = *closure.upvalues().get(index)?;
        Some(upvalue.addr() as usize)
    }

    /// Makes an upvalue of one closure be that of another. Both exist.
    pub fn join_upvalues(&mut self, to: (Gc<Closure>, usize), from: (Gc<Closure>, usize)) {
        let old = to.0.upvalues()[to.1];
        self.heap.barrier_object(old);
        to.0.init_upvalue(to.1, from.0.upvalues()[from.1]);
        self.request_unwind();
    }
}

/// What a Lua frame calls the function that its current instruction calls.
fn describe_callee(frame: &Frame) -> Option<Name> {
    let closure = frame.closure.as_ref()?;
    names::describe_call(closure.proto_ref(), running_pc(frame)?).map(Name::of)
}

/// The variable with that number among those that live at `pc`.
pub fn active_local(proto: &Proto, pc: usize, number: i64) -> Option<LocalVar> {
    let lives = |local: &&LocalVar| (local.start_pc as usize..local.end_pc as usize).contains(&pc);
    let index = usize::try_from(number).ok()?.checked_sub(1)?;
    proto.locals.iter().filter(lives).nth(index).copied()
}
