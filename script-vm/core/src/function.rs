//! Functions as heap objects: prototypes bound to a heap, closures, upvalues, native functions.

#![allow(unsafe_code, reason = "upvalue and captured-value arrays behind the headers")]

use std::sync::Arc;

use crate::bytecode::{Insn, Proto};
use crate::interp::MetamethodSites;
use crate::native::NativeFn;
use crate::object::{Gc, Header, Kind};
use crate::table::Table;
use crate::value::Value;
use crate::vm::Vm;

/// Machine code of a function: called with a closure's slot, the number of arguments and a
/// [`crate::runtime::call_word`], or, with [`RESUME`] in place of that, with register 0 and a resume point. Returns a
/// [`crate::runtime::Status`].
pub type NativeEntry = unsafe extern "C" fn(*mut Vm, *mut Value, u64, i64) -> u64;

/// In place of a call word: the frame exists, go on at the resume point given.
pub const RESUME: i64 = i64::MIN;

/// Set in the numbers of resume points of optimized code; all others are of baseline code.
pub const OPTIMIZED_POINT: u32 = 1 << 31;

/// The resume point of a frame that begins, where there is code that is called without one: the frame goes again.
pub const UNFRAMED_POINT: u32 = u32::MAX;

/// Machine code as a compiler hands it to the VM.
pub struct CompiledCode {
    pub entry: NativeEntry,
    /// See [`FunctionProto::direct_entry`]; null if there is none.
    pub direct_entry: *const u8,
    /// Calls of that code return exactly one value.
    pub returns_one: bool,
    /// See [`FunctionProto::resume_points`].
    pub resume_points: Box<[u32]>,
    /// Bytes of code.
    pub bytes: usize,
    /// Keeps the memory of the code.
    pub owner: Box<dyn std::any::Any + Send>,
}

// SAFETY: the addresses are of the code that `owner` keeps, which nobody changes any more.
unsafe impl Send for CompiledCode {}

/// A [`Proto`] made runnable: constants with their strings interned, room for feedback. Traced: constants, children.
/// The heap drops the boxes when it sweeps the object.
#[repr(C)]
pub struct FunctionProto {
    pub header: Header,
    /// First instruction; owned by `proto`.
    pub code: *const Insn,
    /// First constant; owned by `constants`.
    pub k: *const Value,
    /// Feedback cells, allocated at the first call; owned by `feedback_cells`.
    pub feedback: *mut u64,
    /// What compiled code calls to run the function: its own code, or [`crate::runtime::enter`].
    pub entry: NativeEntry,
    /// For each instruction the number of the place at which compiled code can be entered there, 0 for none, with
    /// [`OPTIMIZED_POINT`] if that is not baseline code; null while the function is not compiled. Owned by `compiled`, or
    /// by `optimized`.
    pub resume_points: *const u32,
    /// Code that optimized code calls with arguments in machine registers, without a frame; null if there is none. Its
    /// signature depends on the number of parameters: docs/deopt.md.
    pub direct_entry: *const u8,
    /// The same if its calls return exactly one value, for those who take all that there are; else null.
    pub single_entry: *const u8,
    /// The same if its calls tell how many values they return, see [`crate::runtime::MOST_RETURNED`]; else null.
    pub several_entry: *const u8,
    /// What `entry` and `resume_points` are without optimized code, which goes on there when it leaves.
    pub baseline_entry: NativeEntry,
    pub baseline_points: *const u32,
    pub max_stack: u8,
    pub param_count: u8,
    pub is_vararg: bool,
    pub upvalue_count: u8,
    pub proto: Arc<Proto>,
    pub constants: Box<[Value]>,
    pub children: Box<[Gc<FunctionProto>]>,
    pub feedback_cells: Box<[u64]>,
    /// Metamethods that instructions have called.
    pub metamethods: MetamethodSites,
    /// The environment of the chunk that the function is part of.
    pub environment: Option<Gc<Table>>,
    /// What optimized code of the function names by its address, and what a compilation in progress may. Traced.
    pub named: Vec<Value>,
    pub named_by_job: Vec<Value>,
    /// Times the function was entered, saturating.
    pub calls: u32,
    /// The code of the baseline tier.
    pub compiled: Option<CompiledCode>,
    /// The code of the optimizing tier, if there is any: only as long as there is code of the baseline tier.
    pub optimized: Option<CompiledCode>,
    /// The function's number in this VM, which no other one ever gets.
    pub id: u64,
}

impl FunctionProto {
    /// Bytes outside the heap: bytecode with its lines, constants, and the list of functions inside.
    pub(crate) fn external_bytes(&self) -> usize {
        let proto = &self.proto;
        size_of_val(&*proto.code)
            + size_of_val(&*proto.lines)
            + size_of_val(&*proto.constants)
            + size_of_val(&*proto.locals)
            + size_of_val(&*self.constants)
            + size_of_val(&*self.children)
    }
}

/// A Lua function: a prototype and its upvalues. `header.small[0]` is the number of upvalues, `header.word` the
/// identity hash (0: none yet).
#[repr(C)]
pub struct Closure {
    pub header: Header,
    pub proto: Gc<FunctionProto>,
    // `Gc<Upvalue>` times `header.small[0]` follow.
}

impl Closure {
    /// Bytes of a closure with so many upvalues.
    pub const fn size(upvalues: usize) -> usize {
        size_of::<Closure>() + upvalues * size_of::<Gc<Upvalue>>()
    }

    /// Its header.
    pub const fn header(upvalues: usize) -> Header {
        Header { small: [upvalues as u8, 0], ..Header::new(Kind::Closure) }
    }

    pub fn upvalue_count(&self) -> usize {
        self.header.small[0] as usize
    }

    /// The bytecode, for as long as someone holds the closure.
    pub fn proto_ref(&self) -> &Proto {
        // SAFETY: the prototype lives as long as its closures.
        unsafe { &(*self.proto.as_ptr()).proto }
    }
}

// Through `Gc`, whose pointer is good for the whole allocation; a reference is good for the header alone.
impl Gc<Closure> {
    /// First element of the upvalue array.
    #[inline(always)]
    pub(crate) fn upvalues_ptr(self) -> *mut Gc<Upvalue> {
        // SAFETY: one past the header of an allocation of `size(upvalue_count)` bytes.
        unsafe { self.as_ptr().add(1).cast() }
    }

    /// Writes an upvalue of a closure that is being made.
    pub(crate) fn init_upvalue(self, index: usize, upvalue: Gc<Upvalue>) {
        assert!(index < self.upvalue_count());
        // SAFETY: within the upvalue array.
        unsafe { self.upvalues_ptr().add(index).write(upvalue) }
    }

    pub(crate) fn upvalues<'a>(self) -> &'a [Gc<Upvalue>] {
        // SAFETY: the creator of a closure fills all its upvalues before anyone sees it.
        unsafe { std::slice::from_raw_parts(self.upvalues_ptr(), self.upvalue_count()) }
    }
}

/// A captured variable. Open: `location` points into a Lua stack and `closed.payload` is the next open upvalue further
/// down that stack (0: none). Closed: `location` points at `closed`.
#[repr(C)]
pub struct Upvalue {
    pub header: Header,
    pub location: *mut Value,
    pub closed: Value,
}

impl Upvalue {
    pub fn is_open(&self) -> bool {
        !std::ptr::eq(self.location, &raw const self.closed)
    }

    #[inline(always)]
    pub fn get(&self) -> Value {
        // SAFETY: points at `closed` or at a slot of a stack that outlives its open upvalues (a thread closes them
        // before it dies and moves them when it grows).
        unsafe { *self.location }
    }
}

impl Gc<Upvalue> {
    /// Overwrites the variable; the caller has taken care of the write barrier.
    pub(crate) fn set(mut self, value: Value) {
        // SAFETY: as for `get`.
        unsafe { *self.location = value }
    }
}

/// A function written in Rust. `header.small[0]` is the number of captured values, `header.small[1]` the
/// [`crate::native::Intrinsic`] (0: none), `header.word` the identity hash.
#[repr(C)]
pub struct NativeFunction {
    pub header: Header,
    pub function: NativeFn,
    /// Name for messages, as in "string.rep".
    pub name: &'static str,
    // `Value` times `header.small[0]` follow.
}

impl NativeFunction {
    pub(crate) const fn size(captured: usize) -> usize {
        size_of::<NativeFunction>() + captured * size_of::<Value>()
    }

    pub fn captured_count(&self) -> usize {
        self.header.small[0] as usize
    }
}

impl Gc<NativeFunction> {
    pub(crate) fn captured_ptr(self) -> *mut Value {
        // SAFETY: one past the header of an allocation of `size(captured_count)` bytes.
        unsafe { self.as_ptr().add(1).cast() }
    }

    pub fn captured<'a>(self) -> &'a [Value] {
        // SAFETY: the creator fills all captured values before anyone sees the function.
        unsafe { std::slice::from_raw_parts(self.captured_ptr(), self.captured_count()) }
    }
}
