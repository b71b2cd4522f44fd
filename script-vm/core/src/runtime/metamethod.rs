//! Metamethods that are Lua functions, called by compiled code on top of the native stack.
//!
//! A compiled metamethod that returns leaves its result where it was called, from which the instruction takes it. In
//! every other case its frame says that the instruction waits for it ([`ReturnTo::Meta`]), and who runs that frame to
//! its end completes the instruction.

use super::{RETURNED, Standing, call_word, exit_of, go_on_behind, has_native_room, step};
use crate::bytecode::Insn;
use crate::interp::meta::{self, scratch};
use crate::interp::{Step, call, reg, seen};
use crate::object::flags;
use crate::thread::ReturnTo;
use crate::value::{META_CLOSURE, Value, copy_slot, read_slot};
use crate::vm::{Event, Vm};

/// Calls a metamethod for the instruction at `pc`; `complete` puts its result where the instruction has it. Register 0, or
/// null: leave.
///
/// # Safety
/// As for [`step`]; `handler` is a Lua function.
pub(super) unsafe fn call_closure<const N: usize>(
    vm: *mut Vm,
    pc: *const Insn,
    handler: Value,
    args: [Value; N],
    complete: impl FnOnce(*mut Value, Value),
) -> *mut Value {
    // SAFETY: the caller's; the extra slots have room for a function and its few arguments.
    unsafe {
        let standing = Standing::of(vm);
        (*(*vm).frame).pc = pc.add(1);
        let func = scratch(vm);
        copy_slot(func, &raw const handler);
        for (index, arg) in args.iter().enumerate() {
            copy_slot(func.add(1 + index), arg);
        }
        let proto = handler.object().cast::<crate::function::Closure>().proto;
        let trampoline = (*vm).trampoline.filter(|_| !proto.resume_points.is_null());
        let exit = match trampoline {
            Some(trampoline) if has_native_room(vm) => {
                let index = (*vm).index_of(func) as usize;
                let word = call_word(ReturnTo::Meta, 1);
                match trampoline(vm, func, N as u64, word, proto.entry) {
                    RETURNED => {
                        let base = (*vm).stack.add((*(*vm).frame).base as usize);
                        complete(base, read_slot((*vm).stack.add(index)));
                        return base;
                    }
                    status => exit_of(status),
                }
            }
            _ => call::call_value::<Step>(vm, func, N, 1, ReturnTo::Meta),
        };
        go_on_behind(vm, standing, exit, pc)
    }
}

/// `R[a] = object[key]`, where the object is a table without the key.
///
/// # Safety
/// As for [`step`].
pub(super) unsafe fn index(vm: *mut Vm, pc: *const Insn, object: Value, key: Value) -> *mut Value {
    // SAFETY: the caller's.
    unsafe {
        let handler = meta::metamethod(&mut *vm, object, Event::Index);
        if handler.meta != META_CLOSURE {
            return step(vm, pc);
        }
        let target = (*pc).a();
        call_closure(vm, pc, handler, [object, key], |base, result| *reg(base, target) = result)
    }
}

/// `object[key] = value` by a function in the object's metatable, if it comes to that. Register 0, or null: leave; nothing
/// if it is not that function's business.
///
/// # Safety
/// As for [`step`].
pub(super) unsafe fn new_index(
    vm: *mut Vm,
    pc: *const Insn,
    object: Value,
    key: Value,
    value: Value,
) -> Option<*mut Value> {
    let table = object.as_table()?;
    let metatable = table.metatable.filter(|metatable| metatable.has_flag(flags::HAS_NEWINDEX))?;
    // SAFETY: the caller's.
    unsafe {
        if !meta::get_any(&mut *vm, table, key).is_nil() {
            return None;
        }
        let handler = meta::event_of(&mut *vm, metatable, Event::NewIndex);
        let args = [object, key, value];
        (handler.meta == META_CLOSURE).then(|| call_closure(vm, pc, handler, args, |_, _| ()))
    }
}

/// The arithmetic or bitwise instruction at `pc`, whose operands compiled code has no path for. Register 0, or null: leave.
///
/// # Safety
/// As for [`step`].
pub unsafe extern "C" fn arithmetic(vm: *mut Vm, pc: *const Insn) -> *mut Value {
    // SAFETY: the caller's; a verified cell.
    unsafe {
        let i = *pc;
        let frame = (*vm).frame;
        let proto = (*frame).closure.unwrap_unchecked().proto;
        let base = (*vm).stack.add((*frame).base as usize);
        let Some(opcode) = i.opcode() else { return step(vm, pc) };
        let (x, y) = meta::arithmetic_operands(opcode, i, base, proto.k);
        if x.is_number() && y.is_number() {
            return step(vm, pc);
        }
        if let Some(result) = meta::vector_arithmetic(vm, i, base, proto.k, proto.feedback) {
            *reg(base, i.a()) = result;
            return base;
        }
        let event = meta::arithmetic_event(opcode);
        match meta::binary_handler(&mut *vm, event, x, y) {
            Some(handler) if handler.meta == META_CLOSURE => {
                let cell = proto.feedback.add(i.d());
                *cell |= seen::OTHER;
                let at = pc.offset_from(proto.code) as u32;
                meta::note_metamethod(&mut *vm, cell, at, event, [x, y], handler);
                let target = i.a();
                call_closure(vm, pc, handler, [x, y], |base, result| *reg(base, target) = result)
            }
            _ => step(vm, pc),
        }
    }
}
