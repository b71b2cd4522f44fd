//! The virtual machine's state: the running thread's registers, the heap, names and metatables it looks up often.
//!
//! Invariants: `stack`, `stack_limit`, `frame` and `frame_limit` are those of `thread`; [`Vm::switch_to`] alone changes
//! them together. Between two safepoints nothing is collected.

#![allow(unsafe_code, reason = "raw stack and frames of the running thread")]

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::budget::Budget;
use crate::heap::{Heap, Space};
use crate::host::Host;
use crate::inline_cache::{LookupCache, MethodCache};
use crate::interp::Saved;
use crate::interrupt::Interrupt;
use crate::native::Raised;
use crate::object::{Gc, Header, Kind};
use crate::runtime::{MOST_EXIT_WORDS, MOST_JOINED, MOST_RETURNED};
use crate::stdlib::VectorLibrary;
use crate::string::LuaString;
use crate::table::{self, Table};
use crate::thread::{Frame, FrameWhat, ReturnTo, Status, Thread};
use crate::value::Value;

/// Slots beyond a frame's registers that are always there: what a metamethod call or a native function's results need.
pub const EXTRA_SLOTS: usize = 32;
/// Most slots of a stack.
pub const MAX_STACK: usize = 1_000_000;
/// Slots that error handling may use beyond [`MAX_STACK`].
pub const ERROR_STACK: usize = 4_000;
/// Most frames of a thread.
pub const MAX_FRAMES: usize = 200_000;
/// Native functions that may be in progress inside each other.
pub const MAX_NATIVE_DEPTH: u32 = 195;
/// Slots and frames of a new coroutine.
const FIRST_STACK: usize = EXTRA_SLOTS + 16;
const FIRST_FRAMES: usize = 4;

/// The metamethods, by the order of [`EVENT_NAMES`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(usize)]
pub enum Event {
    Index,
    NewIndex,
    Call,
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Pow,
    Unm,
    FloorDiv,
    BitAnd,
    BitOr,
    BitXor,
    ShiftLeft,
    ShiftRight,
    BitNot,
    Concat,
    Len,
    Equal,
    Less,
    LessEqual,
    Close,
    Gc,
    Mode,
    Name,
    ToString,
    Metatable,
    Pairs,
}

/// The key of each [`Event`] in a metatable.
pub const EVENT_NAMES: [&str; 29] = [
    "__index",
    "__newindex",
    "__call",
    "__add",
    "__sub",
    "__mul",
    "__div",
    "__mod",
    "__pow",
    "__unm",
    "__idiv",
    "__band",
    "__bor",
    "__bxor",
    "__shl",
    "__shr",
    "__bnot",
    "__concat",
    "__len",
    "__eq",
    "__lt",
    "__le",
    "__close",
    "__gc",
    "__mode",
    "__name",
    "__tostring",
    "__metatable",
    "__pairs",
];

/// Indices into the heap's fixed roots.
mod root {
    pub(super) const GLOBALS: usize = 0;
    pub(super) const REGISTRY: usize = 1;
    pub(super) const ERROR: usize = 2;
    /// Metatables of the types without one per object, by [`super::TypeMeta`].
    pub(super) const METATABLES: usize = 3;
    pub(super) const MAIN_THREAD: usize = METATABLES + super::TYPE_METAS;
    pub(super) const EVENTS: usize = MAIN_THREAD + 1;
}

/// Types whose values share one metatable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(usize)]
pub enum TypeMeta {
    Nil,
    Boolean,
    Number,
    String,
    Function,
    Thread,
    Light,
    Vec2,
    Vec3,
}

const TYPE_METAS: usize = 9;

/// A virtual machine.
#[repr(C)]
pub struct Vm {
    pub(crate) interrupt: *const Interrupt,
    /// The text of an error value is being made for the host.
    pub(crate) describes_error: bool,
    /// Another thread wants the running call from the host to end.
    pub(crate) stop: Arc<AtomicBool>,
    /// The running frame.
    pub(crate) frame: *mut Frame,
    /// The last frame there is room for.
    pub(crate) frame_limit: *mut Frame,
    /// Address that the last frame would have if there were as many as there may be.
    pub(crate) last_frame: usize,
    /// Slot 0 of the running thread.
    pub(crate) stack: *mut Value,
    /// Registers of a frame must end at or below this slot.
    pub(crate) stack_limit: *mut Value,
    /// End of the values that an open instruction left, of a native function's arguments, of a host call's results.
    pub(crate) top: *mut Value,
    pub(crate) thread: Gc<Thread>,
    pub(crate) saved: Saved,
    /// Compiled code that finds the native stack below this address leaves it.
    pub(crate) native_limit: usize,
    /// What compiled code that leaves returns; see [`crate::runtime`].
    pub(crate) leave_status: u64,
    /// What a runtime call has returned that preserves all registers.
    pub(crate) preserved_result: u64,
    /// One more argument of such a call.
    pub(crate) preserved_operand: Value,
    /// What compiled code joins.
    pub(crate) join_operands: [Value; MOST_JOINED],
    /// How many values a direct call has returned that tells of it, and those behind the first.
    pub(crate) returned: u64,
    pub(crate) more_results: [Value; MOST_RETURNED - 1],
    /// The key and the value that a step of a traversal has found, for compiled code.
    pub(crate) entry: [Value; 2],
    /// Enters compiled code; there is none without a JIT.
    pub(crate) trampoline: Option<crate::runtime::Trampoline>,
    pub(crate) vectors: VectorLibrary,
    pub heap: Heap,
    pub(crate) lookup: LookupCache,
    pub(crate) methods: MethodCache,
    pub(crate) events: [Gc<LuaString>; EVENT_NAMES.len()],
    /// Misses of inline caches; decides when a full cache is refilled.
    pub(crate) cache_misses: u32,
    /// Calls of `coroutine.close` in progress: what they run may not yield, whatever thread it runs on.
    pub(crate) closing_threads: u32,
    pub(crate) native_depth: u32,
    /// An error is being handled: the stack may exceed its limit a little.
    pub(crate) handling_error: bool,
    pub(crate) budget: Budget,
    /// Traceback of an error that nothing in Lua will catch, made where it was raised.
    pub(crate) traceback: Option<String>,
    /// The JIT, if there is one.
    pub(crate) compiler: Option<Box<dyn crate::tier::Compiler>>,
    /// What the embedding program provides.
    pub host: Host,
    /// What the libraries keep.
    pub stdlib: crate::stdlib::State,
    /// The pending error cannot be caught: a budget is used up.
    pub(crate) fatal: bool,
    /// Calls and back-edges of the quantum that runs.
    pub(crate) quantum: u32,
    pub(crate) quantum_seed: u32,
    /// The length of every quantum, for tests that want functions sampled soon.
    pub(crate) test_quantum: Option<u32>,
    /// Functions bound so far.
    pub(crate) function_count: u64,
    /// The safepoint that is under way is one of optimized code.
    pub(crate) runs_optimized: bool,
    /// Frames of functions that were called directly and leave, from the innermost on; see [`crate::runtime::direct_exit`].
    pub(crate) pending_frames: Vec<crate::runtime::PendingFrame>,
    /// What optimized code held in machine registers when it was left last; see [`crate::runtime::ExitState`].
    pub(crate) exit_words: Box<[u64; MOST_EXIT_WORDS]>,
    /// Directly called code that finds the native stack below this address refuses the call.
    pub(crate) direct_limit: usize,
    /// What compiled code did.
    pub(crate) jit_events: JitEvents,
    /// For tests: guards until one fails that need not, and what that begins with anew.
    pub(crate) guard_countdown: u32,
    /// A bit for each [`TypeMeta`] that has a metatable.
    pub(crate) types_with_metatable: u32,
    pub(crate) guard_stress_period: u32,
    /// Finalizers called so far.
    pub(crate) finalizers_run: u64,
    /// A finalizer runs: no other one begins before it ends, and scripts cannot ask for a collection.
    pub(crate) finalizing: bool,
    owner: Option<std::rc::Weak<dyn std::any::Any>>,
    /// Calls and back-edges so far.
    pub(crate) instructions: u64,
}

/// How often running functions changed their tier.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct JitEvents {
    /// Exits from optimized code.
    pub deopts: u64,
    /// Loops that went on in code of the baseline tier, and of the optimizing tier.
    pub osr_entries: [u64; 2],
}

impl Vm {
    /// A VM with empty globals and no library.
    pub fn new() -> Box<Vm> {
        let interrupt = Rc::new(Interrupt::default());
        let mut heap = Heap::new(interrupt.clone());
        let events = EVENT_NAMES.map(|name| heap.intern(name.as_bytes()));
        let thread = new_thread(&mut heap);
        let globals = table::new_table(&mut heap, 120, 0);
        let registry = table::new_table(&mut heap, 4, 0);
        let roots = &mut heap.roots;
        roots.fixed = vec![Value::NIL; root::EVENTS];
        roots.fixed[root::GLOBALS] = Value::table(globals);
        roots.fixed[root::REGISTRY] = Value::table(registry);
        roots.fixed[root::MAIN_THREAD] = Value::thread(thread);
        roots.fixed.extend(events.map(Value::string));
        roots.current = Some(thread);
        let mut vm = Box::new(Vm {
            interrupt: Rc::as_ptr(&interrupt),
            describes_error: false,
            stop: Arc::default(),
            frame: std::ptr::null_mut(),
            frame_limit: std::ptr::null_mut(),
            last_frame: 0,
            stack: std::ptr::null_mut(),
            stack_limit: std::ptr::null_mut(),
            top: std::ptr::null_mut(),
            thread,
            saved: Saved::default(),
            native_limit: usize::MAX,
            leave_status: 0,
            preserved_result: 0,
            preserved_operand: Value::NIL,
            join_operands: [Value::NIL; MOST_JOINED],
            returned: 0,
            more_results: [Value::NIL; MOST_RETURNED - 1],
            entry: [Value::NIL; 2],
            trampoline: None,
            vectors: VectorLibrary::default(),
            heap,
            lookup: LookupCache::default(),
            methods: MethodCache::default(),
            events,
            cache_misses: 0,
            closing_threads: 0,
            native_depth: 0,
            handling_error: false,
            budget: Budget::default(),
            traceback: None,
            compiler: None,
            host: Host::default(),
            stdlib: crate::stdlib::State::default(),
            fatal: false,
            quantum: 0,
            quantum_seed: 0,
            test_quantum: None,
            function_count: 0,
            runs_optimized: false,
            pending_frames: Vec::new(),
            exit_words: Box::new([0; MOST_EXIT_WORDS]),
            direct_limit: 0,
            jit_events: JitEvents::default(),
            guard_countdown: 0,
            types_with_metatable: 0,
            guard_stress_period: 0,
            finalizers_run: 0,
            finalizing: false,
            owner: None,
            instructions: 0,
        });
        vm.load_thread(thread);
        vm.thread.status = Status::Running;
        vm
    }

    pub fn globals(&self) -> Gc<Table> {
        self.root_table(root::GLOBALS)
    }

    /// A table that only Rust code sees.
    pub fn registry(&self) -> Gc<Table> {
        self.root_table(root::REGISTRY)
    }

    fn root_table(&self, index: usize) -> Gc<Table> {
        self.heap.roots.fixed[index].object().cast()
    }

    pub(crate) fn main_thread(&self) -> Gc<Thread> {
        self.heap.roots.fixed[root::MAIN_THREAD].object().cast()
    }

    /// The error that is on its way.
    pub fn error_value(&self) -> Value {
        self.heap.roots.fixed[root::ERROR]
    }

    pub(crate) fn set_error(&mut self, value: Value) {
        self.heap.roots.fixed[root::ERROR] = value;
    }

    /// Keeps an object alive for as long as the VM.
    pub(crate) fn add_root(&mut self, value: Value) {
        self.heap.roots.fixed.push(value);
    }

    /// The metatable that all values of a type share.
    pub fn type_metatable(&self, of: TypeMeta) -> Option<Gc<Table>> {
        self.heap.roots.fixed[root::METATABLES + of as usize].as_table()
    }

    pub fn set_type_metatable(&mut self, of: TypeMeta, metatable: Option<Gc<Table>>) {
        let value = metatable.map_or(Value::NIL, Value::table);
        let slot = &mut self.heap.roots.fixed[root::METATABLES + of as usize];
        let old = std::mem::replace(slot, value);
        self.heap.barrier(old);
        self.types_with_metatable &= !(1 << of as u32);
        self.types_with_metatable |= u32::from(metatable.is_some()) << of as u32;
        if let Some(metatable) = metatable {
            table::make_class(&self.heap, metatable);
        }
        self.heap.class_epoch += 1;
    }

    /// Has all compiled code on the native stack leave, as soon as what it has called comes back to it: something that
    /// optimized code holds elsewhere, or bets on without a guard, was changed behind its back. All frames go on behind the
    /// instructions that their pcs say. What a native function has called leaves first, then its own caller.
    pub(crate) fn request_unwind(&mut self) {
        self.heap.unwind_depth = self.heap.unwind_depth.max(self.native_depth);
    }

    /// Whether compiled code that the innermost native function has called has to leave.
    #[inline(always)]
    pub(crate) fn must_unwind(&self) -> bool {
        self.heap.unwind_depth != 0 && self.heap.unwind_depth >= self.native_depth
    }

    /// The name of a metamethod.
    #[inline(always)]
    pub(crate) fn event(&self, event: Event) -> Gc<LuaString> {
        self.events[event as usize]
    }

    /// Writes the running thread's registers back into it.
    pub(crate) fn save_thread(&mut self) {
        let top = self.top_index();
        let thread = &mut *self.thread;
        thread.top = top;
        // SAFETY: `frame` points into the thread's frames.
        thread.frame_count = unsafe { self.frame.offset_from(thread.frames.as_ptr()) } as usize + 1;
        thread.high_water = thread.stack.len();
    }

    /// Makes a thread the running one.
    pub(crate) fn switch_to(&mut self, thread: Gc<Thread>) {
        self.save_thread();
        self.load_thread(thread);
    }

    fn load_thread(&mut self, mut thread: Gc<Thread>) {
        self.thread = thread;
        self.heap.roots.current = Some(thread);
        let (slots, frames) = (thread.stack.len(), thread.frames.len());
        self.stack = thread.stack.as_mut_ptr();
        let first_frame = thread.frames.as_mut_ptr();
        // SAFETY: within the two vectors, which have at least `EXTRA_SLOTS` slots and one frame.
        unsafe {
            self.stack_limit = self.stack.add(slots - EXTRA_SLOTS);
            self.frame = first_frame.add(thread.frame_count - 1);
            self.frame_limit = first_frame.add(frames - 1);
            self.top = self.stack.add(thread.top);
        }
        self.place_last_frame();
    }

    /// The running thread's frames are elsewhere than before.
    fn place_last_frame(&mut self) {
        let first = self.thread.frames.as_ptr().addr();
        self.last_frame = first + (MAX_FRAMES - 1) * size_of::<Frame>();
    }

    /// Index of a slot of the running thread.
    #[inline(always)]
    pub(crate) fn index_of(&self, slot: *const Value) -> u32 {
        // SAFETY: callers pass pointers into the running thread's stack.
        unsafe { slot.offset_from(self.stack) as u32 }
    }

    pub(crate) fn top_index(&self) -> usize {
        self.index_of(self.top) as usize
    }

    /// Grows the running thread's stack so that `needed` slots above `slot` exist besides the extra ones.
    /// False if that would be too many.
    #[cold]
    pub(crate) fn grow_stack(&mut self, slot: *const Value, needed: usize) -> bool {
        let wanted = self.index_of(slot) as usize + needed + EXTRA_SLOTS;
        let limit = MAX_STACK + if self.handling_error { ERROR_STACK } else { 0 };
        if wanted > limit {
            return false;
        }
        let len = self.thread.stack.len();
        self.resize_stack(wanted.max((len * 2).min(limit)));
        true
    }

    /// Gives stack back that a deep recursion has left, so that the collector need not clear it in every cycle.
    pub(crate) fn shrink_stack(&mut self) {
        const SMALL: usize = 8 * 1024;
        let len = self.thread.stack.len();
        let wanted = (crate::interp::live_top(self) + EXTRA_SLOTS) * 2;
        if len > SMALL && wanted.max(SMALL) * 4 < len {
            self.resize_stack(wanted.max(SMALL));
        }
    }

    /// Moves the running thread's stack to an allocation of `size` slots.
    fn resize_stack(&mut self, size: usize) {
        let mut thread = self.thread;
        let old = self.stack;
        self.heap.remove_external(thread.stack.len() * size_of::<Value>());
        self.heap.add_external(size * size_of::<Value>());
        let top = self.top_index().min(size - EXTRA_SLOTS);
        thread.stack.resize(size, Value::NIL);
        thread.stack.shrink_to_fit();
        let new = thread.stack.as_mut_ptr();
        // SAFETY: every pointer into the old stack is moved by the same distance; open upvalues are of live slots.
        unsafe {
            self.stack = new;
            self.stack_limit = new.add(size - EXTRA_SLOTS);
            self.top = new.add(top);
            let mut upvalue = thread.open_upvalues;
            while !upvalue.is_null() {
                // Addresses alone: the old allocation is gone.
                let index = ((*upvalue).location.addr() - old.addr()) / size_of::<Value>();
                (*upvalue).location = new.add(index);
                upvalue = (*upvalue).closed.payload as usize as *mut _;
            }
        }
    }

    /// Makes room for another frame. False if there are too many.
    #[cold]
    pub(crate) fn grow_frames(&mut self) -> bool {
        let mut thread = self.thread;
        let limit = MAX_FRAMES + if self.handling_error { 200 } else { 0 };
        let len = thread.frames.len();
        if len >= limit {
            return false;
        }
        // SAFETY: `frame` points into the frames.
        let running = unsafe { self.frame.offset_from(thread.frames.as_ptr()) } as usize;
        let size = (len * 2).min(limit);
        // By capacity, since that is what is taken off when the thread is dropped.
        let room = thread.frames.capacity();
        thread.frames.reserve_exact(size - len);
        thread.frames.resize(size, EMPTY_FRAME);
        self.heap.add_external((thread.frames.capacity() - room) * size_of::<Frame>());
        // SAFETY: indices within the new vector.
        unsafe {
            self.frame = thread.frames.as_mut_ptr().add(running);
            self.frame_limit = thread.frames.as_mut_ptr().add(size - 1);
        }
        self.place_last_frame();
        true
    }

    /// Moves `top` above everything in use, so that a call from Rust disturbs nothing.
    pub(crate) fn reserve_live(&mut self) {
        let live = crate::interp::live_top(self);
        // SAFETY: the live part is within the stack.
        self.top = unsafe { self.stack.add(live) };
    }

    /// Keeps a value alive on the stack, above everything in use, until `top` is set back.
    pub(crate) fn hold(&mut self, value: Value) {
        // SAFETY: there are extra slots above what is in use, and every call makes sure that there are more.
        unsafe {
            *self.top = value;
            self.top = self.top.add(1);
        }
    }

    /// Sets `top` back to a stack index.
    pub(crate) fn restore_top(&mut self, index: usize) {
        // SAFETY: an index that `top_index` gave.
        self.top = unsafe { self.stack.add(index) };
    }

    /// Stores a field of a library table, while there is memory for it.
    pub(crate) fn set_global_field(&mut self, table: Gc<Table>, name: &str, value: Value) {
        let name = self.heap.intern(name.as_bytes());
        let stored = table::set_str(&mut self.heap, table, name, value, table::KeyOrigin::Constant);
        debug_assert!(stored.is_ok(), "libraries are opened before a memory limit is set");
    }

    /// Asks for finalizers to be run at the next safepoint.
    pub(crate) fn request_finalizers(&self) {
        // SAFETY: `interrupt` lives as long as the VM.
        unsafe { (*self.interrupt).raise(crate::interrupt::request::FINALIZE) }
    }

    /// Calls a function from Rust for all its results, which are not rooted.
    ///
    /// # Errors
    /// What the function raises; the error is parked.
    pub fn call_values(&mut self, function: Value, args: &[Value]) -> Result<Vec<Value>, Raised> {
        let first = crate::interp::call_from_host(self, function, args)?;
        let count = self.top_index() - first;
        // SAFETY: results lie from `first` up to `top`.
        let results = unsafe { std::slice::from_raw_parts(self.stack.add(first), count) }.to_vec();
        self.restore_top(first);
        Ok(results)
    }

    /// As [`Vm::call_values`], as a boundary that errors stop at: closes what is left to close. The outermost call
    /// begins the budgets.
    ///
    /// # Errors
    /// What the function raises; the error is parked.
    pub fn call_protected(
        &mut self,
        function: Value,
        args: &[Value],
    ) -> Result<Vec<Value>, Raised> {
        let outermost = self.native_depth == 0;
        if outermost {
            self.traceback = None;
            self.handling_error = false;
            self.stop.store(false, Ordering::Relaxed);
            self.budget.begin();
        }
        let level = self.top_index();
        let results = self.call_values(function, args);
        if results.is_err() {
            crate::interp::close_after_error(self, level);
        }
        if outermost {
            self.budget.end();
        }
        results
    }

    /// The function `coroutine.resume`, wherever scripts have put theirs.
    pub(crate) fn resume_function(&mut self) -> Value {
        let intrinsic = crate::native::Intrinsic::Resume;
        Value::native(crate::native::new_native(
            self,
            "resume",
            |cx| Err(cx.error("the interpreter runs this function itself")),
            intrinsic,
            &[],
        ))
    }

    /// Makes the running thread fit to be scanned by the collector.
    pub(crate) fn save_live(&mut self) {
        self.save_thread();
        let live = crate::interp::live_top(self);
        self.thread.top = live;
    }

    /// [`Vm::save_live`] for a native function that the script called: what lies above its arguments is cleared, since
    /// the registers that its caller has there hold nothing but values that calls have left behind.
    pub(crate) fn save_live_of_native(&mut self) {
        self.save_live();
        let (top, live) = (self.top_index(), self.thread.top);
        if top < live {
            self.thread.stack[top..live].fill(Value::NIL);
        }
    }

    /// Who made the VM, for callbacks.
    pub(crate) fn set_owner(&mut self, owner: std::rc::Weak<dyn std::any::Any>) {
        self.owner = Some(owner);
    }

    pub(crate) fn owner(&self) -> Option<Rc<dyn std::any::Any>> {
        self.owner.as_ref()?.upgrade()
    }

    /// The frames of the running thread, outermost first.
    pub(crate) fn frames(&self) -> &[Frame] {
        let first = self.thread.frames.as_ptr();
        // SAFETY: the frames up to the running one are in use.
        unsafe {
            let count = self.frame.offset_from(first) as usize + 1;
            std::slice::from_raw_parts(first, count)
        }
    }

    /// A new suspended coroutine with nothing in it.
    pub(crate) fn new_thread(&mut self) -> Gc<Thread> {
        new_thread(&mut self.heap)
    }

    /// The type of a value for messages: `__name` of its metatable if that is a string.
    pub(crate) fn type_name_of(&mut self, value: Value) -> String {
        if let Some(metatable) = crate::interp::meta::metatable_of(self, value)
            && (value.is_table() || value.as_userdata().is_some())
        {
            let name = self.event(Event::Name);
            if let Some(name) = table::get_str(&mut self.heap, metatable, name).as_string() {
                return name.to_text().into_owned();
            }
        }
        value.type_name().to_string()
    }
}

/// A frame of nothing.
pub(crate) const EMPTY_FRAME: Frame = Frame {
    closure: None,
    pc: std::ptr::null(),
    base: 0,
    func: 0,
    wanted: 0,
    varargs: 0,
    what: FrameWhat::Bottom,
    returns: ReturnTo::Host,
    tail_called: false,
    leaving: false,
    extra: 0,
    _reserved: 0,
};

fn new_thread(heap: &mut Heap) -> Gc<Thread> {
    heap.add_external(FIRST_STACK * size_of::<Value>() + FIRST_FRAMES * size_of::<Frame>());
    heap.place(
        Space::Droppable,
        size_of::<Thread>(),
        Thread {
            header: Header::new(Kind::Thread),
            status: Status::Suspended,
            scanned_cycle: 0,
            stack: vec![Value::NIL; FIRST_STACK],
            frames: vec![EMPTY_FRAME; FIRST_FRAMES],
            frame_count: 1,
            top: 0,
            high_water: FIRST_STACK,
            open_upvalues: std::ptr::null_mut(),
            to_close: Vec::new(),
            failed: false,
            handlers: 0,
            resumer: None,
        },
    )
}
