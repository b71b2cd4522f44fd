//! What instructions do off their fast paths: metamethods, coercions, lookups that fill the inline caches, errors.
//!
//! A metamethod that is a Lua function gets a frame that returns to [`finish`], which completes the instruction; nothing
//! here recurses.

#![allow(unsafe_code, reason = "raw registers, verified bytecode")]

mod arithmetic;
mod caches;
mod order;
mod read;
mod sites;
mod write;

pub(crate) use arithmetic::{
    ArithmeticError, arithmetic, arithmetic_event, arithmetic_operands, binary_handler, coerced,
    is_bitwise, mixed_arithmetic, vector_arithmetic,
};
pub(crate) use caches::{
    cached_method, field, inherited_field, note_method, own_field, store_own_field,
};
pub(crate) use order::{equality, order, primitive_order};
pub(crate) use read::{get_env, get_field, get_index, get_int, get_method};
pub use sites::{MetamethodSite, MetamethodSites};
pub(crate) use sites::{index_before, note_metamethod};
pub(crate) use write::{Stored, set_env, set_field, set_index, set_int, store};

use crate::bytecode::{Insn, Opcode};
use crate::interp::call::{call_from_host, call_value};
use crate::interp::{Exit, Step, reg, unwind};
use crate::native::Raised;
use crate::object::Gc;
use crate::stdlib::{VectorMethod, vector};
use crate::string::LuaString;
use crate::table::{self, Table};
use crate::thread::ReturnTo;
use crate::value::{Value, copy_slot, tag};
use crate::vm::{Event, TypeMeta, Vm};

/// [`crate::thread::Frame::extra`] of a frame whose comparison wants the opposite of what its metamethod says.
const NEGATED: u32 = 1;

/// Longest chain of `__index` or `__newindex` tables.
const MAX_CHAIN: usize = 2000;

/// The metatable of any value.
pub(crate) fn metatable_of(vm: &Vm, value: Value) -> Option<Gc<Table>> {
    let shared = match value.tag() {
        tag::TABLE => return value.object().cast::<Table>().metatable,
        tag::USERDATA => return value.as_userdata()?.metatable,
        tag::NIL => TypeMeta::Nil,
        tag::FALSE | tag::TRUE => TypeMeta::Boolean,
        tag::INT | tag::FLOAT => TypeMeta::Number,
        tag::STRING => TypeMeta::String,
        tag::CLOSURE | tag::NATIVE => TypeMeta::Function,
        tag::THREAD => TypeMeta::Thread,
        tag::VEC2 => TypeMeta::Vec2,
        tag::VEC3 => TypeMeta::Vec3,
        _ => TypeMeta::Light,
    };
    vm.type_metatable(shared)
}

/// A metamethod of a value, or nil.
pub(crate) fn metamethod(vm: &mut Vm, value: Value, event: Event) -> Value {
    match metatable_of(vm, value) {
        Some(metatable) => event_of(vm, metatable, event),
        None => Value::NIL,
    }
}

/// The entry of a metatable for an event.
pub(crate) fn event_of(vm: &mut Vm, metatable: Gc<Table>, event: Event) -> Value {
    let name = vm.event(event);
    get_named(vm, metatable, name)
}

/// A raw string-keyed read through the lookup cache.
pub(crate) fn get_named(vm: &mut Vm, table: Gc<Table>, name: Gc<LuaString>) -> Value {
    if table.shape().has_slots() && name.is_interned() {
        return match vm.lookup.slot(&vm.heap.shapes, table, name) {
            Some(slot) => table.slot(slot),
            None => Value::NIL,
        };
    }
    table::get_str(&mut vm.heap, table, name)
}

/// Raw read of any key.
pub(crate) fn get_any(vm: &mut Vm, table: Gc<Table>, key: Value) -> Value {
    match key.as_string() {
        Some(name) => get_named(vm, table, name),
        None => table::get(&mut vm.heap, table, key),
    }
}

/// Where a read ended.
pub(crate) enum Found {
    Value(Value),
    /// A function to be called with this receiver and the key.
    Call(Value, Value),
}

/// Why a read or write cannot be.
pub(crate) enum Failure {
    /// This value cannot be indexed; it is the instruction's own operand if the flag is set.
    NotIndexable(Value, bool),
    Loop(&'static str),
}

/// Reads `object[key]` up to a value or a function.
pub(crate) fn find(vm: &mut Vm, object: Value, key: Value) -> Result<Found, Failure> {
    let mut at = object;
    for step in 0..MAX_CHAIN {
        let handler = match at.as_table() {
            Some(table) => {
                let value = get_any(vm, table, key);
                if !value.is_nil() {
                    return Ok(Found::Value(value));
                }
                let Some(metatable) = table.metatable else {
                    return Ok(Found::Value(Value::NIL));
                };
                let handler = event_of(vm, metatable, Event::Index);
                if handler.is_nil() {
                    return Ok(Found::Value(Value::NIL));
                }
                handler
            }
            None => {
                if let Some(component) = vector_component(at, key) {
                    return Ok(Found::Value(component));
                }
                let handler = metamethod(vm, at, Event::Index);
                if handler.is_nil() {
                    return Err(Failure::NotIndexable(at, step == 0));
                }
                handler
            }
        };
        if handler.is_function() {
            return Ok(Found::Call(handler, at));
        }
        at = handler;
    }
    Err(Failure::Loop("'__index' chain too long; possible loop"))
}

/// `v.x`, `v.y`, `v.z` of a vector value.
fn vector_component(vector: Value, key: Value) -> Option<Value> {
    let name = key.as_string().filter(|name| vector.is_vector() && name.len() == 1)?;
    vector::component(vector, name.as_bytes())
}

/// A component or several of a vector, given that there is nothing but the library to ask.
pub(crate) fn vector_field(vm: &mut Vm, vector: Value, name: Value) -> Option<Value> {
    let name = name.as_string()?;
    if name.len() > 1 && !vm.has_plain_vectors() {
        return None;
    }
    vector::component(vector, name.as_bytes())
}

/// The same for a method.
pub(crate) fn vector_method(vm: &mut Vm, vector: Value, name: Value) -> Option<Value> {
    let method = VectorMethod::from_name(name.as_string()?.as_bytes())?;
    if !vm.has_plain_vectors() {
        return None;
    }
    vm.vector_method(vector.tag() == tag::VEC3, method)
}

/// The slot above the running frame's registers, where metamethods are called.
pub(crate) unsafe fn scratch(vm: *mut Vm) -> *mut Value {
    // SAFETY: the running frame is a Lua function's, and extra slots follow its registers.
    unsafe {
        let frame = (*vm).frame;
        let registers = (*frame).closure.unwrap_unchecked().proto.max_stack as usize;
        (*vm).stack.add((*frame).base as usize + registers)
    }
}

/// Calls a metamethod for the instruction before `pc`.
pub(crate) unsafe fn call_meta(
    vm: *mut Vm,
    pc: *const Insn,
    function: Value,
    args: &[Value],
) -> Exit {
    // SAFETY: the extra slots have room for a function and its few arguments.
    unsafe {
        (*(*vm).frame).pc = pc;
        let func = scratch(vm);
        copy_slot(func, &raw const function);
        for (index, arg) in args.iter().enumerate() {
            copy_slot(func.add(1 + index), arg);
        }
        call_value::<Step>(vm, func, args.len(), 1, ReturnTo::Meta)
    }
}

/// Completes the instruction before the running frame's pc with the result of its metamethod.
pub(crate) unsafe fn finish(vm: *mut Vm, result: Value) -> Exit {
    // SAFETY: the frame on top is the Lua frame whose instruction called the metamethod.
    unsafe {
        let frame = (*vm).frame;
        let pc = (*frame).pc;
        let insn = *pc.sub(1);
        let base = (*vm).stack.add((*frame).base as usize);
        match insn.opcode() {
            Some(
                Opcode::TestEq
                | Opcode::TestLt
                | Opcode::TestLe
                | Opcode::TestLtImm
                | Opcode::TestLeImm
                | Opcode::TestGtImm
                | Opcode::TestGeImm
                | Opcode::TestEqConst,
            ) => {
                let equality = insn.opcode() == Some(Opcode::TestEq);
                let negated = !equality && (*frame).extra == NEGATED;
                let holds = result.is_falsy() == negated;
                let take = holds == (insn.c() & 1 != 0);
                let skip = if take { (*pc).wide_signed() as isize + 1 } else { 1 };
                (*frame).pc = pc.offset(skip);
            }
            Some(Opcode::SetField | Opcode::SetEnv | Opcode::SetIndex | Opcode::SetInt) => {}
            Some(Opcode::Concat) => return super::concat::go_on(vm, result),
            _ => *reg(base, insn.a()) = result,
        }
        super::bounce(vm)
    }
}

/// `#R[b]` of something that is neither a string nor a table without metatable.
pub(crate) unsafe fn length(vm: *mut Vm, pc: *const Insn, i: Insn, object: Value) -> Exit {
    // SAFETY: the contract of `Handler`.
    unsafe {
        let handler = metamethod(&mut *vm, object, Event::Len);
        if !handler.is_nil() {
            return call_meta(vm, pc, handler, &[object, object]);
        }
        (*(*vm).frame).pc = pc;
        match object.as_table() {
            Some(table) => {
                let frame = (*vm).frame;
                let base = (*vm).stack.add((*frame).base as usize);
                *reg(base, i.a()) = Value::int(table::length(&(*vm).heap, table));
                super::resume_by_loop(vm)
            }
            None => unwind::length_failure(vm, i, object),
        }
    }
}

/// Calls from Rust code for the first result.
pub(crate) fn call_one(vm: &mut Vm, function: Value, args: &[Value]) -> Result<Value, Raised> {
    let first = call_from_host(vm, function, args)?;
    // SAFETY: results lie from `first` up to `top`.
    unsafe {
        let result = vm.stack.add(first);
        let value = if vm.top > result { *result } else { Value::NIL };
        vm.top = result;
        Ok(value)
    }
}
