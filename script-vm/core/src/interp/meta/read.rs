//! Reads of fields and elements off the fast path.

#![allow(unsafe_code, reason = "raw registers, verified bytecode")]

use super::caches::{fill_load, should_fill};
use super::{Failure, Found, call_meta, find};
use crate::bytecode::Insn;
use crate::interp::load::upvalue;
use crate::interp::{Exit, next_by_loop, reg, unwind};
use crate::value::Value;
use crate::vm::{Event, Vm};

/// Ends a read: writes register `a`, or calls the handler, or raises.
unsafe fn deliver(
    vm: *mut Vm,
    pc: *const Insn,
    insn: Insn,
    key: Value,
    found: Result<Found, Failure>,
) -> Exit {
    // SAFETY: as for handlers.
    unsafe {
        match found {
            Ok(Found::Value(value)) => {
                let frame = (*vm).frame;
                let proto = (*frame).closure.unwrap_unchecked().proto;
                let base = (*vm).stack.add((*frame).base as usize);
                *reg(base, insn.a()) = value;
                next_by_loop(vm, pc, base, proto.k, proto.feedback)
            }
            Ok(Found::Call(handler, receiver)) => call_meta(vm, pc, handler, &[receiver, key]),
            Err(failure) => {
                (*(*vm).frame).pc = pc;
                unwind::index_failure(vm, insn, failure)
            }
        }
    }
}

/// Reads `object[key]`, and has the load cache at `cell` learn the way unless a function has to be called for it.
unsafe fn find_and_fill(
    vm: &mut Vm,
    cell: *mut u64,
    object: Value,
    key: Value,
) -> Result<Found, Failure> {
    let found = find(vm, object, key);
    if matches!(found, Ok(Found::Value(_))) {
        // SAFETY: four verified cells.
        unsafe { fill_load(vm, cell, object, key.object().cast()) };
    }
    found
}

/// `R[a] = R[b][K[c]]` off the fast path.
pub(crate) unsafe fn get_field(
    vm: *mut Vm,
    pc: *const Insn,
    base: *mut Value,
    k: *const Value,
    fb: *mut u64,
    insn: u64,
) -> Exit {
    // SAFETY: the contract of `Handler`.
    unsafe {
        let i = Insn(insn);
        let (object, key) = (*reg(base, i.b()), *k.add(i.c()));
        let found = find_and_fill(&mut *vm, fb.add(i.d()), object, key);
        deliver(vm, pc, i, key, found)
    }
}

/// A global read off the fast path.
pub(crate) unsafe fn get_env(
    vm: *mut Vm,
    pc: *const Insn,
    base: *mut Value,
    k: *const Value,
    fb: *mut u64,
    insn: u64,
) -> Exit {
    // SAFETY: the contract of `Handler`.
    unsafe {
        let i = Insn(insn);
        let (object, key) = (*upvalue(base, i.b()).location, *k.add(i.c()));
        let found = find_and_fill(&mut *vm, fb.add(i.d()), object, key);
        deliver(vm, pc, i, key, found)
    }
}

/// Method lookup off the fast path.
pub(crate) unsafe fn get_method(
    vm: *mut Vm,
    pc: *const Insn,
    base: *mut Value,
    k: *const Value,
    fb: *mut u64,
    insn: u64,
) -> Exit {
    // SAFETY: the contract of `Handler`.
    unsafe {
        let i = Insn(insn);
        let (object, key) = (*reg(base, i.b()), *k.add(i.c()));
        if should_fill(vm, fb.add(i.d())) {
            fill_load(&mut *vm, fb.add(i.d()), object, key.object().cast());
        }
        if let Some(receiver) = object.as_table() {
            let vm = &mut *vm;
            let index = vm.event(Event::Index);
            let name = key.object().cast();
            let _ = vm.methods.learn(&vm.heap.shapes, &mut vm.lookup, index, receiver, name);
        }
        let found = find(&mut *vm, object, key);
        if found.is_ok() {
            // The object goes in last: R[a] may be R[b], but R[a+1] never is.
            *reg(base, i.a() + 1) = object;
        }
        deliver(vm, pc, i, key, found)
    }
}

/// `R[a] = R[b][R[c]]` off the fast path.
pub(crate) unsafe fn get_index(
    vm: *mut Vm,
    pc: *const Insn,
    base: *mut Value,
    _k: *const Value,
    _fb: *mut u64,
    insn: u64,
) -> Exit {
    // SAFETY: the contract of `Handler`.
    unsafe {
        let i = Insn(insn);
        let (object, key) = (*reg(base, i.b()), *reg(base, i.c()));
        let found = find(&mut *vm, object, key);
        deliver(vm, pc, i, key, found)
    }
}

/// `R[a] = R[b][c]` off the fast path.
pub(crate) unsafe fn get_int(
    vm: *mut Vm,
    pc: *const Insn,
    base: *mut Value,
    _k: *const Value,
    _fb: *mut u64,
    insn: u64,
) -> Exit {
    // SAFETY: the contract of `Handler`.
    unsafe {
        let i = Insn(insn);
        let (object, key) = (*reg(base, i.b()), Value::int(i.c() as i64));
        let found = find(&mut *vm, object, key);
        deliver(vm, pc, i, key, found)
    }
}
