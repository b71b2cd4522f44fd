//! Writes of fields and elements off the fast path.

#![allow(unsafe_code, reason = "raw registers, verified bytecode")]

use super::caches::fill_store;
use super::{Failure, MAX_CHAIN, call_meta, event_of, get_any, metamethod};
use crate::bytecode::Insn;
use crate::inline_cache::key_of;
use crate::interp::load::upvalue;
use crate::interp::{Exit, reg, resume_by_loop, unwind};
use crate::object::{Gc, flags};
use crate::table::{self, KeyOrigin, StoreError, Table};
use crate::value::Value;
use crate::vm::{Event, Vm};

/// Where a write ended.
pub(crate) enum Stored {
    Done,
    /// A function to be called with this receiver, the key and the value.
    Call(Value, Value),
    Store(StoreError),
    Fail(Failure),
}

/// Writes `object[key] = value` up to the store or a function.
pub(crate) fn store(
    vm: &mut Vm,
    object: Value,
    key: Value,
    value: Value,
    origin: KeyOrigin,
) -> Stored {
    let mut at = object;
    for step in 0..MAX_CHAIN {
        let handler = match at.as_table() {
            Some(table) => {
                let handler = match table.metatable {
                    Some(metatable) if metatable.has_flag(flags::HAS_NEWINDEX) => {
                        if get_any(vm, table, key).is_nil() {
                            event_of(vm, metatable, Event::NewIndex)
                        } else {
                            Value::NIL
                        }
                    }
                    _ => Value::NIL,
                };
                if handler.is_nil() {
                    return match raw_store(vm, table, key, value, origin) {
                        Ok(()) => Stored::Done,
                        Err(error) => Stored::Store(error),
                    };
                }
                handler
            }
            None => {
                let handler = metamethod(vm, at, Event::NewIndex);
                if handler.is_nil() {
                    return Stored::Fail(Failure::NotIndexable(at, step == 0));
                }
                handler
            }
        };
        if handler.is_function() {
            return Stored::Call(handler, at);
        }
        at = handler;
    }
    Stored::Fail(Failure::Loop("'__newindex' chain too long; possible loop"))
}

fn raw_store(
    vm: &mut Vm,
    table: Gc<Table>,
    key: Value,
    value: Value,
    origin: KeyOrigin,
) -> Result<(), StoreError> {
    match key.as_string() {
        Some(name) => Ok(table::set_str(&mut vm.heap, table, name, value, origin)?),
        None => table::set(&mut vm.heap, table, key, value),
    }
}

/// Ends a write.
unsafe fn deliver_store(
    vm: *mut Vm,
    pc: *const Insn,
    insn: Insn,
    key: Value,
    value: Value,
    stored: Stored,
) -> Exit {
    // SAFETY: as for handlers.
    unsafe {
        match stored {
            Stored::Done => {
                (*(*vm).frame).pc = pc;
                resume_by_loop(vm)
            }
            Stored::Call(handler, receiver) => call_meta(vm, pc, handler, &[receiver, key, value]),
            Stored::Store(error) => unwind::store_failure(vm, pc, error),
            Stored::Fail(failure) => {
                (*(*vm).frame).pc = pc;
                unwind::index_failure(vm, insn, failure)
            }
        }
    }
}

/// A store to a named field, with the store cache filled on the way.
unsafe fn store_named(
    vm: *mut Vm,
    pc: *const Insn,
    insn: Insn,
    cell: *mut u64,
    object: Value,
    key: Value,
    value: Value,
) -> Exit {
    // SAFETY: the contract of `Handler`.
    unsafe {
        let before = object.as_table().map(|table| (table, table.shape(), key_of(table)));
        let stored = store(&mut *vm, object, key, value, KeyOrigin::Constant);
        if let (Stored::Done, Some((table, shape, old_key))) = (&stored, before) {
            fill_store(&mut *vm, cell, table, shape, old_key, key.object().cast());
        }
        deliver_store(vm, pc, insn, key, value, stored)
    }
}

/// `R[a][K[b]] = R[c]` off the fast path.
pub(crate) unsafe fn set_field(
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
        let (object, key, value) = (*reg(base, i.a()), *k.add(i.b()), *reg(base, i.c()));
        store_named(vm, pc, i, fb.add(i.d()), object, key, value)
    }
}

/// A global write off the fast path.
pub(crate) unsafe fn set_env(
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
        let object = *upvalue(base, i.b()).location;
        store_named(vm, pc, i, fb.add(i.d()), object, *k.add(i.c()), *reg(base, i.a()))
    }
}

/// `R[a][R[b]] = R[c]` off the fast path.
pub(crate) unsafe fn set_index(
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
        let (object, key, value) = (*reg(base, i.a()), *reg(base, i.b()), *reg(base, i.c()));
        let stored = store(&mut *vm, object, key, value, KeyOrigin::Computed);
        deliver_store(vm, pc, i, key, value, stored)
    }
}

/// `R[a][b] = R[c]` off the fast path.
pub(crate) unsafe fn set_int(
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
        let (object, key, value) = (*reg(base, i.a()), Value::int(i.b() as i64), *reg(base, i.c()));
        let stored = store(&mut *vm, object, key, value, KeyOrigin::Computed);
        deliver_store(vm, pc, i, key, value, stored)
    }
}
