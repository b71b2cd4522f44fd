//! What an object refers to, for the verifier: a second, plain account of what `trace` does, changing nothing.
//!
//! Entries of weak tables are not among the children as far as they are weak; values of ephemerons are left out.

#![allow(unsafe_code, reason = "contents behind headers")]

use super::Heap;
use super::trace::{live_top, next_open};
use crate::function::{Closure, FunctionProto, NativeFunction, Upvalue};
use crate::object::{Gc, Kind, Object, flags};
use crate::shape::ShapeId;
use crate::table::{ArrayKind, Table};
use crate::thread::Thread;
use crate::userdata::Userdata;
use crate::value::Value;

/// Called with each child.
pub type Visit<'a> = dyn FnMut(Gc<Object>) + 'a;

/// Calls `visit` with every object that `object` keeps alive.
pub fn each_child(heap: &Heap, object: Gc<Object>, visit: &mut Visit) {
    match object.kind() {
        Kind::Table => table(heap, object.cast(), visit),
        Kind::Closure => {
            let closure: Gc<Closure> = object.cast();
            visit(closure.proto.cast());
            closure.upvalues().iter().for_each(|upvalue| visit(upvalue.cast()));
        }
        Kind::Native => {
            object.cast::<NativeFunction>().captured().iter().for_each(|&v| value(v, visit));
        }
        Kind::Upvalue => value(object.cast::<Upvalue>().get(), visit),
        Kind::Userdata => {
            let userdata: Gc<Userdata> = object.cast();
            if let Some(metatable) = userdata.metatable {
                visit(metatable.cast());
            }
            value(userdata.user_value, visit);
        }
        Kind::Proto => {
            let proto: Gc<FunctionProto> = object.cast();
            proto.constants.iter().for_each(|&constant| value(constant, visit));
            proto.children.iter().for_each(|child| visit(child.cast()));
            proto.named.iter().chain(&proto.named_by_job).for_each(|&named| value(named, visit));
            proto.environment.into_iter().for_each(|table| visit(table.cast()));
        }
        Kind::Thread => thread(object.cast(), visit),
        Kind::String | Kind::Buffer | Kind::Dict | Kind::Slots => {}
    }
}

fn value(value: Value, visit: &mut Visit) {
    if let Some(object) = value.as_object() {
        visit(object);
    }
}

fn table(heap: &Heap, table: Gc<Table>, visit: &mut Visit) {
    if let Some(metatable) = table.metatable {
        visit(metatable.cast());
    }
    if let Some(buffer) = table.array_buffer() {
        visit(buffer.cast());
    }
    if let Some(slots) = table.slots {
        visit(slots.cast());
    }
    if table.shape().has_slots() {
        for index in 0..heap.shapes.count(table.shape()) as usize {
            // SAFETY: a slot of the table's shape.
            value(unsafe { *table.slot_ptr(index) }, visit);
        }
    }
    elements_from(table, 0, visit);
    dictionary(table, visit);
}

/// The elements of the array part from `first` on.
pub fn elements_from(table: Gc<Table>, first: usize, visit: &mut Visit) {
    for index in first..table.array_len as usize {
        match table.array_kind() {
            ArrayKind::Empty | ArrayKind::Int | ArrayKind::Float => {}
            // SAFETY: elements below `array_len` are of the array's kind.
            ArrayKind::Table => visit(unsafe { *table.array.cast::<Gc<Object>>().add(index) }),
            // SAFETY: as above.
            ArrayKind::Value => value(unsafe { *table.array.cast::<Value>().add(index) }, visit),
        }
    }
}

fn dictionary(table: Gc<Table>, visit: &mut Visit) {
    let Some(dict) = table.dict else { return };
    visit(dict.cast());
    let weak = table.shape() == ShapeId::WEAK;
    let weak_keys = weak && table.header.flags & flags::WEAK_KEYS != 0;
    let weak_values = weak && table.header.flags & flags::WEAK_VALUES != 0;
    for entry in dict.entries() {
        if !weak_keys {
            value(entry.key, visit);
        }
        if !weak_keys && !weak_values {
            value(entry.value, visit);
        }
    }
}

fn thread(thread: Gc<Thread>, visit: &mut Visit) {
    if let Some(resumer) = thread.resumer {
        visit(resumer.cast());
    }
    thread.stack[..live_top(thread)].iter().for_each(|&slot| value(slot, visit));
    for frame in &thread.frames[..thread.frame_count] {
        if let Some(closure) = frame.closure {
            visit(closure.cast());
        }
    }
    let mut open = thread.open_upvalues;
    // SAFETY: threads keep the upvalues on their list alive.
    while let Some(upvalue) = unsafe { Gc::from_nullable(open) } {
        visit(upvalue.cast());
        open = next_open(upvalue);
    }
}
