//! Lua threads (coroutines): a stack of values, a stack of frames, open upvalues.
//!
//! Invariants: every slot of `stack` always holds a value whose object was not freed. The collector scans the slots
//! below [`Thread::live_top`] when a cycle begins (or before the thread is first resumed in it) and clears those above.
//! A thread's open upvalues form a list sorted by stack address, highest first, through `Upvalue::closed.payload`.

#![allow(unsafe_code, reason = "raw stack")]

use crate::bytecode::Insn;
use crate::function::{Closure, Upvalue};
use crate::object::{Gc, Header};
use crate::value::Value;

/// What a coroutine is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Status {
    /// Created or yielded.
    Suspended,
    /// The one that runs now.
    Running,
    /// It resumed another one.
    Normal,
    /// Returned, failed or closed.
    Dead,
}

/// What a frame is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum FrameWhat {
    /// A Lua function.
    Lua,
    /// A native function that called back into the VM; tracebacks see it.
    Native,
    /// `pcall` around the frames above.
    Pcall,
    /// `xpcall`; its handler lies at `func`.
    Xpcall,
    /// `pairs` around a `__pairs` metamethod, of which it passes on three results.
    Pairs,
    /// `coroutine.resume` or a wrapped coroutine being run: the coroutine's results go where the frame says.
    Resume,
    /// `coroutine.yield`: the values of the next resume go where the frame says.
    Yield,
    /// The bottom of a thread.
    Bottom,
}

/// Who waits for the results of a call, which is what happens when its frame is left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum ReturnTo {
    /// The call instruction of the interpreted Lua frame below: results go to `func ..`.
    Call,
    /// The same of a frame that runs compiled code, and is to go on in it.
    Compiled,
    /// The Lua frame below returns them: a tail call of something that is no Lua function.
    Tail,
    /// The instruction before the saved pc of the Lua frame below, which needed a metamethod.
    Meta,
    /// What was being left when a `__close` metamethod was due: the frame below repeats its instruction, or the
    /// unwinding goes on.
    Close,
    /// The `pcall` or `xpcall` frame below.
    Protected,
    /// The `xpcall` frame below, which waits for its message handler.
    Handler,
    /// The thread that resumed this one.
    Resumer,
    /// Rust code.
    Host,
}

impl ReturnTo {
    const ALL: [ReturnTo; 9] = [
        ReturnTo::Call,
        ReturnTo::Compiled,
        ReturnTo::Tail,
        ReturnTo::Meta,
        ReturnTo::Close,
        ReturnTo::Protected,
        ReturnTo::Handler,
        ReturnTo::Resumer,
        ReturnTo::Host,
    ];

    /// The one that a byte of a frame stands for.
    pub(crate) fn from_byte(byte: u8) -> ReturnTo {
        Self::ALL[byte as usize]
    }
}

/// One call in progress, 48 bytes. `base` and `func` are indices into the thread's stack.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Frame {
    /// The running closure; nothing in a frame that is not of a Lua function.
    pub closure: Option<Gc<Closure>>,
    /// Next instruction to run; up to date whenever the frame is not the running one, and at safepoints.
    pub pc: *const Insn,
    /// Register 0.
    pub base: u32,
    /// The slot of the called function; results are put here.
    pub func: u32,
    /// Results that the caller wants; -1: all.
    pub wanted: i32,
    /// Number of variable arguments; they lie right below the moved function, which is at `base - 1`.
    pub varargs: u32,
    pub what: FrameWhat,
    pub returns: ReturnTo,
    /// The frame was entered by a tail call (tracebacks say so).
    pub tail_called: bool,
    /// The frame is being left; `extra` results wait for the closing of its variables.
    pub leaving: bool,
    /// Arguments passed (until the varargs are set up), or results on the way out.
    pub extra: u32,
    pub _reserved: u64,
}

const _: () = assert!(size_of::<Frame>() == 48);

/// A Lua thread.
#[repr(C)]
pub struct Thread {
    pub header: Header,
    pub status: Status,
    /// Cycle in which the collector scanned this stack; see the heap.
    pub scanned_cycle: u32,
    /// The stack; its length is its size, all initialized.
    pub stack: Vec<Value>,
    /// Frames from the outermost on; `frame_count` are in use.
    pub frames: Vec<Frame>,
    pub frame_count: usize,
    /// First free slot while the thread is not running (arguments or results of a resume or yield lie below).
    pub top: usize,
    /// Highest slot index written since the stack above the live part was last cleared, at least.
    pub high_water: usize,
    /// Open upvalues, highest address first.
    pub open_upvalues: *mut Upvalue,
    /// Slots of to-be-closed variables, ascending.
    pub to_close: Vec<u32>,
    /// The thread died of the error that lies in slot 0 now, and was not closed since.
    pub failed: bool,
    /// Message handlers of `xpcall` in progress, across which nothing may yield.
    pub handlers: u32,
    /// The thread that resumed this one.
    pub resumer: Option<Gc<Thread>>,
}
