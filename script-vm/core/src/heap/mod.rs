//! The garbage-collected heap: non-moving, incremental, snapshot at the beginning, lazily swept.
//!
//! * [`allocator`], [`class`], [`block`], [`large`], [`pages`]: memory of objects, from free runs down to the system
//! * [`strings`]: interned strings; [`roots`]: registry and handles
//! * [`cycle`]: phases and steps; [`pacing`]: when, and how much
//! * [`mark`], [`trace`], [`weak`], [`finalize`], [`sweep`]: the phases' work
//! * [`verify`]: all invariants; [`offsets`]: what compiled code knows; [`tunables`]: every number
//!
//! What the rest of the VM has to keep: a reference is removed from the heap only after [`Heap::barrier`]; references
//! read from weak tables pass through [`Heap::weak_read`]; a thread is resumed after [`Heap::scan_before_resume`]; steps
//! are taken only at safepoints, where every object is complete and all that Rust code holds is reachable from a root;
//! an array part is replaced or shrunk freely once the removed elements were shaded, and a dictionary is replaced, never
//! rearranged in place. Memory of a new object is not initialized.

#![allow(unsafe_code, reason = "the heap owns raw memory")]

mod allocator;
mod block;
mod cell_set;
mod children;
mod class;
mod cycle;
mod finalize;
mod large;
mod mark;
pub mod offsets;
mod pacing;
mod pages;
mod roots;
mod strings;
mod sweep;
#[cfg(test)]
mod tests;
mod trace;
pub mod tunables;
mod verify;
mod weak;

use std::rc::Rc;

use crate::assumptions::Dependants;
use crate::interrupt::Interrupt;
use crate::object::{Gc, Header, Kind, flags};
use crate::shape::Shapes;
use crate::string::LuaString;
use crate::tier::Graveyard;

use allocator::{BlockPool, ClassBlocks, RUNS};
use finalize::Finalizers;
use large::LargeObjects;
use mark::Marker;
use pacing::Pacing;
use roots::HandleSlab;
use strings::Interner;
use weak::WeakTables;

pub use allocator::FreeRun;
pub use class::usable;
pub use cycle::{Budget, Phase};
pub use pacing::{GcStats, thread_time_us};
pub use roots::{HandleId, ReleaseQueue, Roots};
pub use tunables::MAX_SMALL;

/// Which blocks objects of a kind lie in: those of a space are swept alike.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Space {
    /// Nothing to be done when they die: tables and their parts, closures, natives, upvalues.
    Plain = 0,
    /// Strings leave the intern table.
    Strings = 1,
    /// Userdata, threads and prototypes own Rust values.
    Droppable = 2,
}

/// Number of spaces.
pub const SPACES: usize = 3;

/// The memory limit does not allow it, or the system has no more.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not enough memory")]
pub struct OutOfMemory;

/// Strings of one byte, by that byte, and the empty string behind them.
pub(crate) type ByteStrings = [Gc<LuaString>; EMPTY_STRING + 1];
/// Where the empty string is among them.
pub const EMPTY_STRING: usize = 256;

/// All objects of a VM.
#[repr(C)]
pub struct Heap {
    /// Free cells of each space and class; compiled code bumps them ([`offsets`]).
    runs: [FreeRun; RUNS],
    /// Whether the deletion barrier is on; compiled code looks at it.
    pub marking: bool,
    /// Changes whenever a method lookup may find something else than before: a class was changed, or an address may be
    /// that of another object now. Compiled code compares it.
    pub class_epoch: u64,
    phase: Phase,
    /// Number of the cycle that runs or ran last.
    epoch: u32,
    pub roots: Roots,
    pub shapes: Shapes,
    pub interrupt: Rc<Interrupt>,
    /// Where compilers learn which functions have died.
    pub graveyard: Rc<Graveyard>,
    /// Whose code relies on what.
    pub dependants: Rc<Dependants>,
    /// Up to this depth of native calls, compiled code has to leave: see [`crate::vm::Vm::request_unwind`].
    pub(crate) unwind_depth: u32,
    handles: HandleSlab,
    strings: Interner,
    marker: Marker,
    weak: WeakTables,
    finalizers: Finalizers,
    pacing: Pacing,
    classes: Vec<ClassBlocks>,
    /// The stack slot that Prepare has come down to.
    prepare_from: usize,
    /// The class that the sweep has come to.
    sweep_class: usize,
    /// Class and block that the search for dead threads has come to.
    close_cursor: (usize, usize),
    next_identity: u32,
    /// The string "__mode".
    mode_key: Option<Gc<LuaString>>,
    /// The string of each byte, then the empty one: found without a search, by compiled code too.
    pub(crate) byte_strings: Option<Box<ByteStrings>>,
    // The memory itself goes last.
    large: LargeObjects,
    pool: BlockPool,
}

impl Heap {
    /// An empty heap that reports to `interrupt`.
    pub fn new(interrupt: Rc<Interrupt>) -> Heap {
        let mut heap = Heap {
            runs: [FreeRun::EMPTY; RUNS],
            marking: false,
            class_epoch: 1,
            phase: Phase::Idle,
            epoch: 1,
            roots: Roots::default(),
            shapes: Shapes::default(),
            interrupt,
            graveyard: Rc::default(),
            dependants: Rc::default(),
            unwind_depth: 0,
            handles: HandleSlab::default(),
            strings: Interner::default(),
            marker: Marker::default(),
            weak: WeakTables::default(),
            finalizers: Finalizers::default(),
            pacing: Pacing::default(),
            classes: (0..RUNS).map(|_| ClassBlocks::default()).collect(),
            prepare_from: 0,
            sweep_class: 0,
            close_cursor: (0, 0),
            next_identity: 0,
            mode_key: None,
            byte_strings: None,
            large: LargeObjects::default(),
            pool: BlockPool::default(),
        };
        let mode = heap.intern(b"__mode");
        heap.mode_key = Some(mode);
        let byte_strings = std::array::from_fn(|byte| match u8::try_from(byte) {
            Ok(byte) => heap.intern(&[byte]),
            Err(_) => heap.intern(&[]),
        });
        heap.byte_strings = Some(Box::new(byte_strings));
        heap
    }

    /// Allocates `size` bytes (at most [`MAX_SMALL`]) and writes `value` at their beginning; what follows is the
    /// caller's to fill.
    #[inline(always)]
    pub fn place<T>(&mut self, space: Space, size: usize, value: T) -> Gc<T> {
        assert!(size >= size_of::<T>() && size <= MAX_SMALL);
        let object: *mut T = self.alloc(space, size).cast();
        // SAFETY: the memory is new and large enough; cells are aligned to 16.
        unsafe {
            object.write(value);
            Gc::new(object)
        }
    }

    /// Flags that a new object of `size` bytes begins with.
    #[inline(always)]
    pub fn flags_of_new(&self, size: usize) -> u8 {
        if size > MAX_SMALL { flags::LARGE } else { 0 }
    }

    /// The header that a new object of `size` bytes begins with.
    pub fn header(kind: Kind, size: usize) -> Header {
        let flags = if size > MAX_SMALL { flags::LARGE } else { 0 };
        Header { flags, ..Header::new(kind) }
    }

    /// A number that no object has got yet, for its hash; never 0, the same in every run.
    pub fn fresh_identity(&mut self) -> u32 {
        self.next_identity = self.next_identity.wrapping_add(1).max(1);
        self.next_identity
    }

    pub fn phase(&self) -> Phase {
        self.phase
    }
}

impl Drop for Heap {
    fn drop(&mut self) {
        self.destroy_all();
    }
}

/// Sets a string's mark bit; returns its bytes if it was not set.
fn mark_string(string: Gc<LuaString>) -> usize {
    // SAFETY: a `Gc` points to an allocated object.
    let cell = unsafe { block::Cell::of(string.as_ptr().cast()) };
    if cell.mark() { cell.bytes() } else { 0 }
}
