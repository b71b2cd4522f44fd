//! Tracing: shading what an object refers to, one small function for each kind.
//!
//! Arrays, dictionaries and stacks beyond [`SLICED_FROM`] elements are scanned in slices. A unit is one reference.
//! Arrays, dictionaries and slots belong to their table: their cells are marked with it, their contents are scanned
//! through it.

#![allow(unsafe_code, reason = "contents behind headers")]

use super::Heap;
use super::mark::{Part, Partial};
use super::tunables::{PREFETCH_AHEAD, SLICE_ELEMENTS, SLICED_FROM};
use crate::function::{Closure, FunctionProto, NativeFunction, Upvalue};
use crate::object::{Gc, Kind, Object, flags};
use crate::shape::ShapeId;
use crate::table::{ArrayKind, Dict, Table};
use crate::thread::{FrameWhat, Status, Thread};
use crate::userdata::Userdata;
use crate::value::{Value, tag};

/// Slots of the stack that are alive: up to `top`, and all registers of the topmost Lua function. A thread that waits for
/// another one or to be resumed has nothing above the function that it called for that.
pub fn live_top(thread: Gc<Thread>) -> usize {
    let frames = match thread.status {
        Status::Dead => &[],
        Status::Suspended | Status::Running | Status::Normal => {
            &thread.frames[..thread.frame_count]
        }
    };
    if let Some(frame) = frames.last()
        && matches!(frame.what, FrameWhat::Resume | FrameWhat::Yield)
    {
        return (frame.func as usize + 1).min(thread.stack.len());
    }
    let registers = frames.iter().rev().find_map(|frame| {
        let closure = frame.closure?;
        Some(frame.base as usize + usize::from(closure.proto.max_stack))
    });
    thread.top.max(registers.unwrap_or(0)).min(thread.stack.len())
}

/// Asks the cache for the memory of an object that is looked at soon.
#[inline(always)]
fn prefetch(address: *const u8) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch reads nothing and faults never.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(address.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}

impl Heap {
    /// Shades all that a gray object refers to; returns units.
    #[inline]
    pub(super) fn trace(&mut self, object: Gc<Object>) -> usize {
        match object.kind() {
            Kind::Table => self.trace_table(object.cast()),
            Kind::Closure => self.trace_closure(object.cast()),
            Kind::Upvalue => self.trace_upvalue(object.cast()),
            Kind::Native => self.trace_native(object.cast()),
            Kind::Userdata => self.trace_userdata(object.cast()),
            Kind::Thread => self.trace_thread(object.cast()),
            Kind::Proto => self.trace_proto(object.cast()),
            Kind::String | Kind::Buffer | Kind::Dict | Kind::Slots => 1,
        }
    }

    fn trace_table(&mut self, table: Gc<Table>) -> usize {
        if let Some(metatable) = table.metatable {
            self.shade_object(metatable.cast());
            if metatable.header.flags & flags::HAS_MODE != 0 {
                self.adopt_mode(table, metatable);
            }
        }
        if table.shape() == ShapeId::WEAK {
            return self.trace_weak(table);
        }
        let mut units = 1;
        if table.shape().has_slots() {
            units += self.trace_fields(table);
        }
        if table.array_len > 0 || table.array_head().capacity_bytes > 0 {
            units += self.trace_array(table);
        }
        if let Some(dict) = table.dict {
            self.mark_leaf(dict);
            units += self.scan_or_defer(dict.cast(), Part::Dict, dict.used as usize);
        }
        units
    }

    fn trace_fields(&mut self, table: Gc<Table>) -> usize {
        let count = self.shapes.count(table.shape()) as usize;
        let inline = count.min(table.inline_slots());
        // SAFETY: slots below the shape's count are initialized; the first ones are inline.
        unsafe { self.scan_values(table.inline_ptr(), inline) };
        if let Some(slots) = table.slots {
            self.mark_leaf(slots);
            // SAFETY: as above; the others lie in `slots`.
            unsafe { self.scan_values(slots.values_ptr(), count - inline) };
        }
        count
    }

    fn trace_array(&mut self, table: Gc<Table>) -> usize {
        if let Some(buffer) = table.array_buffer() {
            self.mark_leaf(buffer);
        }
        match table.array_kind() {
            ArrayKind::Empty | ArrayKind::Int | ArrayKind::Float => 0,
            ArrayKind::Table | ArrayKind::Value => {
                self.scan_or_defer(table.cast(), Part::Array, table.array_len as usize)
            }
        }
    }

    /// Scans a short part now, leaves a long one to slices.
    pub(super) fn scan_or_defer(
        &mut self,
        object: Gc<Object>,
        part: Part,
        elements: usize,
    ) -> usize {
        let partial = Partial { object, part, next: 0 };
        if elements > SLICED_FROM {
            self.marker.partials.push(partial);
            return 1;
        }
        self.scan_part(partial, SLICED_FROM).0
    }

    /// Scans a slice of a large part and puts the rest back.
    pub(super) fn trace_partial(&mut self, partial: Partial) -> usize {
        let (units, next) = self.scan_part(partial, SLICE_ELEMENTS);
        if let Some(next) = next {
            self.marker.partials.push(Partial { next, ..partial });
        }
        units + 1
    }

    /// Scans up to `limit` elements; returns units and where to go on, if there is more.
    fn scan_part(&mut self, partial: Partial, limit: usize) -> (usize, Option<usize>) {
        let Partial { object, part, next } = partial;
        let end = match part {
            Part::Array => object.cast::<Table>().array_len as usize,
            Part::Dict | Part::DictKeys => object.cast::<Dict>().used as usize,
            Part::Stack => return self.scan_stack_slice(object.cast(), next, limit),
        };
        let stop = end.min(next.saturating_add(limit));
        if next >= stop {
            return (1, None);
        }
        match part {
            Part::Array => self.scan_array(object.cast(), next, stop),
            Part::Dict => self.scan_dict(object.cast(), next, stop, true),
            Part::DictKeys | Part::Stack => self.scan_dict(object.cast(), next, stop, false),
        }
        (stop - next, (stop < end).then_some(stop))
    }

    fn scan_array(&mut self, table: Gc<Table>, first: usize, stop: usize) {
        match table.array_kind() {
            ArrayKind::Empty | ArrayKind::Int | ArrayKind::Float => {}
            ArrayKind::Table => {
                // SAFETY: elements below `array_len` are tables.
                unsafe {
                    self.scan_pointers(table.array.cast::<Gc<Object>>().add(first), stop - first)
                };
            }
            ArrayKind::Value => {
                // SAFETY: elements below `array_len` are values.
                unsafe { self.scan_values(table.array.cast::<Value>().add(first), stop - first) };
            }
        }
    }

    /// # Safety
    /// `count` object pointers lie at `first`.
    unsafe fn scan_pointers(&mut self, first: *const Gc<Object>, count: usize) {
        for index in 0..count {
            // SAFETY: the caller's; prefetching looks at valid elements only.
            let object = unsafe {
                let ahead = first.add((index + PREFETCH_AHEAD).min(count - 1));
                prefetch((*ahead).as_ptr().cast());
                *first.add(index)
            };
            self.shade_object(object);
        }
    }

    /// # Safety
    /// `count` values lie at `first`.
    unsafe fn scan_values(&mut self, first: *const Value, count: usize) {
        for index in 0..count {
            // SAFETY: the caller's.
            self.shade(unsafe { *first.add(index) });
        }
    }

    fn scan_dict(&mut self, dict: Gc<Dict>, first: usize, stop: usize, values: bool) {
        for index in first..stop {
            let entry = dict.entries()[index];
            // Keys of deleted entries too: `next` and comparisons may still look at them.
            self.shade(entry.key);
            if values {
                self.shade(entry.value);
            }
        }
    }

    fn trace_closure(&mut self, closure: Gc<Closure>) -> usize {
        self.shade_object(closure.proto.cast());
        for index in 0..closure.upvalue_count() {
            self.shade_object(closure.upvalues()[index].cast());
        }
        1 + closure.upvalue_count()
    }

    fn trace_upvalue(&mut self, upvalue: Gc<Upvalue>) -> usize {
        // Open ones too: the thread may be dead, and then `close_threads_slice` takes the value over.
        self.shade(upvalue.get());
        1
    }

    fn trace_native(&mut self, function: Gc<NativeFunction>) -> usize {
        for index in 0..function.captured_count() {
            self.shade(function.captured()[index]);
        }
        1 + function.captured_count()
    }

    fn trace_userdata(&mut self, userdata: Gc<Userdata>) -> usize {
        if let Some(metatable) = userdata.metatable {
            self.shade_object(metatable.cast());
        }
        self.shade(userdata.user_value);
        1
    }

    fn trace_proto(&mut self, proto: Gc<FunctionProto>) -> usize {
        for index in 0..proto.constants.len() {
            self.shade(proto.constants[index]);
        }
        for index in 0..proto.children.len() {
            self.shade_object(proto.children[index].cast());
        }
        for index in 0..proto.named.len() {
            self.shade(proto.named[index]);
        }
        for index in 0..proto.named_by_job.len() {
            self.shade(proto.named_by_job[index]);
        }
        if let Some(environment) = proto.environment {
            self.shade_object(environment.cast());
        }
        let named = proto.named.len() + proto.named_by_job.len();
        2 + proto.constants.len() + proto.children.len() + named
    }

    fn trace_thread(&mut self, thread: Gc<Thread>) -> usize {
        if thread.scanned_cycle == self.epoch {
            return 1;
        }
        self.trace_thread_links(thread);
        self.marker.partials.push(Partial { object: thread.cast(), part: Part::Stack, next: 0 });
        1
    }

    /// What a thread refers to besides its stack and frames. Its open upvalues are kept: they are on its list.
    pub(super) fn trace_thread_links(&mut self, thread: Gc<Thread>) {
        if let Some(resumer) = thread.resumer {
            self.shade_object(resumer.cast());
        }
        let mut upvalue = thread.open_upvalues;
        // SAFETY: the list holds allocated upvalues, because threads keep them marked.
        while let Some(open) = unsafe { Gc::from_nullable(upvalue) } {
            self.mark_leaf(open);
            upvalue = next_open(open);
        }
    }

    fn scan_stack_slice(
        &mut self,
        thread: Gc<Thread>,
        next: usize,
        limit: usize,
    ) -> (usize, Option<usize>) {
        if thread.scanned_cycle == self.epoch {
            // It was scanned whole and may have run since.
            return (1, None);
        }
        (limit, self.scan_stack(thread, next, limit))
    }

    /// Scans up to `limit` places, counted through the live slots (shaded), the slots once used above them (cleared)
    /// and the frames. Returns the next place, or nothing when the thread is done.
    pub(super) fn scan_stack(
        &mut self,
        mut thread: Gc<Thread>,
        next: usize,
        limit: usize,
    ) -> Option<usize> {
        let live = live_top(thread);
        let used = thread.high_water.saturating_add(1).clamp(live, thread.stack.len());
        let end = used + thread.frame_count;
        let stop = end.min(next.saturating_add(limit));
        for place in next..stop {
            if place < live {
                self.shade(thread.stack[place]);
            } else if place < used {
                thread.stack[place] = Value::NIL;
            } else if let Some(closure) = thread.frames[place - used].closure {
                self.shade_object(closure.cast());
            }
        }
        if stop < end {
            return Some(stop);
        }
        thread.high_water = live;
        thread.scanned_cycle = self.epoch;
        None
    }
}

/// The next open upvalue further down the stack (null: none).
pub fn next_open(upvalue: Gc<Upvalue>) -> *mut Upvalue {
    debug_assert!(upvalue.is_open());
    std::ptr::with_exposed_provenance_mut(upvalue.closed.payload as usize)
}

/// Whether a weak reference to this value can die: strings and unboxed values cannot.
pub fn is_mortal(value: Value) -> bool {
    value.tag() > tag::STRING
}
