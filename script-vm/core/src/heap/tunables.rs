//! Every number of the heap that could be otherwise, with its unit and why it is what it is.
//!
//! Times are kept by counting units of work; one unit is about one reference looked at (5-100 ns, cache misses
//! included), so that the clock is read once in [`CLOCK_UNITS`].

/// Size and alignment of a block of cells, in bytes. A power of two; `address & !(BLOCK_BYTES - 1)` finds the header.
pub const BLOCK_BYTES: usize = 64 * 1024;
/// Blocks asked from the system at once.
pub const CHUNK_BLOCKS: usize = 16;
/// Largest small object, in bytes; larger ones have an allocation of their own.
pub const MAX_SMALL: usize = 8192;
/// From this size on an object has a mapping of its own, an array with reserved address space to grow into, in bytes. To
/// copy a megabyte into fresh pages takes 0.4 ms, nearly all of it page faults.
pub const HUGE_BYTES: usize = 128 * 1024;
/// Huge memory is given back to the system in pieces of this size, so that no step has to return all of it.
pub const RELEASE_SLICE: usize = 128 * 1024;
/// Free blocks kept with their memory besides those that the next cycle is going to fill; what is beyond is returned, one
/// block at a time.
pub const KEPT_FREE_BLOCKS: usize = 64;
/// Address space reserved for a huge array: its capacity has 32 bits, so it never needs more.
#[cfg(target_pointer_width = "64")]
pub const RESERVED_BYTES: usize = (1 << 32) + (2 << 20);
#[cfg(not(target_pointer_width = "64"))]
pub const RESERVED_BYTES: usize = 1 << 25;

/// No cycle begins below this many bytes in use.
pub const MIN_HEAP_BYTES: usize = 4 << 20;
/// A cycle begins when the bytes in use reach this share of the live bytes after the last cycle, in percent.
pub const DEFAULT_PAUSE_PERCENT: usize = 200;
/// In spare time a cycle begins earlier: at this share of what the pause leaves to allocate, in percent.
pub const EARLY_START_PERCENT: usize = 50;
/// A cycle is to end before so much was allocated in it, in percent of the bytes in use when it begins. All of that stays
/// until the next cycle ends and counts as live, so that with a pause of 200 % fifty would have the heap grow from
/// cycle to cycle though nothing is kept.
pub const CYCLE_PERCENT: usize = 12;
/// The same in bytes, for small heaps.
pub const MIN_CYCLE_BYTES: usize = 1 << 20;
/// During a cycle the mutator is asked for a step each time it has allocated this many bytes.
pub const DEBT_QUANTUM: usize = 256 * 1024;
/// The quantum when the heap has outgrown the goal of its cycle.
pub const LATE_DEBT_QUANTUM: usize = 64 * 1024;
/// Longest step that is taken because of debt, in microseconds.
pub const DEBT_STEP_US: u64 = 250;
/// Fewest units of a step that is taken because of debt.
pub const MIN_DEBT_UNITS: usize = 512;
/// Work of a first cycle, of which nothing is known: units per byte in use.
pub const GUESSED_UNITS_PER_BYTE: f64 = 1.0 / 16.0;

/// Units of work between two looks at the clock.
pub const CLOCK_UNITS: usize = 128;
/// Elements of a large array, dictionary, stack, handle slab that are scanned at once.
pub const SLICE_ELEMENTS: usize = 128;
/// An object with more elements than this is scanned in slices.
pub const SLICED_FROM: usize = 512;
/// Full blocks that one allocation looks at before it takes a fresh block.
pub const BLOCKS_TRIED: usize = 16;
/// A block whose free cells are less than one in this many is not allocated from: its runs are too short.
pub const FREE_SHARE: u32 = 16;
/// Elements ahead of the scan whose header and mark bits are prefetched.
pub const PREFETCH_AHEAD: usize = 8;
/// Slots above the live part of the running stack that may be cleared at once at the beginning of a cycle.
pub const CLEAR_SLOTS: usize = 4096;

/// Units that it costs to sweep a block by its bitmaps.
pub const SWEEP_BLOCK_UNITS: usize = 4;
/// Units that it costs to take a string out of the intern table (a miss or two).
pub const SWEEP_STRING_UNITS: usize = 4;
/// Units that it costs to drop a userdata, thread or prototype.
pub const DROP_UNITS: usize = 16;
/// Units that it costs to give a slice of memory back to the system.
pub const RELEASE_UNITS: usize = 512;

/// Cells of the old intern table that one insertion moves while the table grows.
pub const INTERN_MIGRATE: usize = 16;
/// First length of the intern table.
pub const INTERN_FIRST_LEN: usize = 1024;
