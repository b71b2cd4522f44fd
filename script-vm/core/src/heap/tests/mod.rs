//! Tests of the heap: a mutator that builds object graphs by hand ([`graph`]), random programs against a model of
//! reachability ([`random`]), measurements ([`bench`]).

mod bench;
mod graph;
mod kinds;
mod pauses;
mod random;

use std::any::Any;
use std::rc::Rc;

use super::class::CLASSES;
use super::{Heap, Space};
use crate::function::{NativeFunction, Upvalue};
use crate::native::NativeFn;
use crate::object::{Gc, Header, Kind, Object};
use crate::table::{self, KeyOrigin, Table};
use crate::thread::{Status, Thread};
use crate::userdata::Userdata;
use crate::value::Value;

/// A heap with a running thread whose stack slots are the roots.
pub struct Mutator {
    pub heap: Heap,
    pub thread: Gc<Thread>,
}

impl Mutator {
    pub fn new() -> Mutator {
        let mut heap = Heap::new(Rc::default());
        let thread = new_thread(&mut heap, 64);
        heap.roots.current = Some(thread);
        Mutator { heap, thread }
    }

    /// A root slot.
    pub fn slot(&mut self, index: usize) -> &mut Value {
        &mut self.thread.stack[index]
    }

    pub fn table(&mut self) -> Gc<Table> {
        table::new_table(&mut self.heap, 2, 0)
    }

    pub fn set(&mut self, table: Gc<Table>, key: Value, value: Value) {
        table::set(&mut self.heap, table, key, value).expect("memory and a good key");
    }

    pub fn set_field(&mut self, table: Gc<Table>, key: &str, value: Value) {
        let key = self.heap.intern(key.as_bytes());
        table::set_str(&mut self.heap, table, key, value, KeyOrigin::Constant).expect("memory");
    }

    pub fn get(&mut self, table: Gc<Table>, key: Value) -> Value {
        table::get(&mut self.heap, table, key)
    }

    pub fn field(&mut self, table: Gc<Table>, key: &str) -> Value {
        let key = self.heap.intern(key.as_bytes());
        table::get_str(&mut self.heap, table, key)
    }

    /// A table with the given weakness.
    pub fn weak_table(&mut self, keys: bool, values: bool) -> Gc<Table> {
        let table = self.table();
        table::make_weak(&mut self.heap, table, keys, values);
        table
    }

    pub fn string(&mut self, text: &str) -> Value {
        Value::string(self.heap.new_string(text.as_bytes()).expect("memory"))
    }

    pub fn userdata(&mut self, data: Box<dyn Any>) -> Gc<Userdata> {
        let header = Header::new(Kind::Userdata);
        let userdata =
            Userdata { header, metatable: None, user_value: Value::NIL, data: Some(data) };
        self.heap.place(Space::Droppable, size_of::<Userdata>(), userdata)
    }

    pub fn upvalue(&mut self, location: *mut Value) -> Gc<Upvalue> {
        let header = Header::new(Kind::Upvalue);
        let mut upvalue = self.heap.place(
            Space::Plain,
            size_of::<Upvalue>(),
            Upvalue { header, location, closed: Value { payload: 0, meta: 0 } },
        );
        if location.is_null() {
            upvalue.location = &raw mut upvalue.closed;
        }
        upvalue
    }

    pub fn native(&mut self, captured: &[Value]) -> Gc<NativeFunction> {
        let mut header = Header::new(Kind::Native);
        header.small[0] = captured.len() as u8;
        let size = NativeFunction::size(captured.len());
        let template = NativeFunction { header, function: test_function(), name: "test" };
        let native = self.heap.place(Space::Plain, size, template);
        write_values(native.captured_ptr(), captured);
        native
    }

    /// Objects of a kind that are allocated.
    pub fn count(&self, kind: Kind) -> usize {
        count(&self.heap, kind)
    }

    /// Runs the cycle that is under way (or a new one) to its end by small steps, verifying after each.
    pub fn cycle_verified(&mut self, units: usize) {
        self.heap.begin_for_test();
        while self.heap.phase() != super::Phase::Idle {
            self.heap.run(super::Budget::units(units));
            self.heap.verify();
        }
    }
}

impl Heap {
    /// Begins a cycle whatever the pace.
    pub fn begin_for_test(&mut self) {
        if self.phase == super::Phase::Idle {
            self.begin_prepare();
        }
    }
}

pub fn new_thread(heap: &mut Heap, slots: usize) -> Gc<Thread> {
    let thread = Thread {
        header: Header::new(Kind::Thread),
        status: Status::Suspended,
        scanned_cycle: 0,
        stack: vec![Value::NIL; slots],
        frames: Vec::new(),
        frame_count: 0,
        top: slots,
        high_water: slots,
        open_upvalues: std::ptr::null_mut(),
        to_close: Vec::new(),
        failed: false,
        handlers: 0,
        resumer: None,
    };
    let thread = heap.place(Space::Droppable, size_of::<Thread>(), thread);
    heap.add_external(super::sweep::thread_bytes(thread));
    thread
}

pub fn count(heap: &Heap, kind: Kind) -> usize {
    let rests: Vec<_> = heap.run_rests().collect();
    let mut found = 0;
    for index in 0..super::SPACES * CLASSES {
        for &block in &heap.classes[index].blocks {
            for cell in 0..block.get().cell_count as usize {
                let allocated = block.get().alloc[cell / 64] >> (cell % 64) & 1 != 0;
                let rest = |&(b, first, end): &_| b == block && (first..end).contains(&cell);
                if allocated && !rests.iter().any(rest) {
                    let object: Gc<Object> = Gc::from_addr(block.cell(cell).addr() as u64);
                    found += usize::from(object.kind() == kind);
                }
            }
        }
    }
    found
}

/// Some native function; never called.
#[allow(unsafe_code, reason = "function pointers have one size")]
fn test_function() -> NativeFn {
    fn nothing() {}
    // SAFETY: a function pointer as another one; nobody calls it.
    unsafe { std::mem::transmute_copy(&(nothing as fn())) }
}

#[allow(unsafe_code, reason = "captured values behind the header")]
fn write_values(place: *mut Value, values: &[Value]) {
    // SAFETY: the caller allocated room for them.
    unsafe { place.copy_from_nonoverlapping(values.as_ptr(), values.len()) };
}
