//! Where compiled code finds the heap's fields that it touches: free runs and the marking flag.

use std::mem::offset_of;

use super::allocator::{FreeRun, run_index};
use super::class::class_of;
use super::{Heap, Space};

/// Offset of the marking flag (one byte, 0 or 1).
pub const MARKING: usize = offset_of!(Heap, marking);
/// Offset of the table of runs.
pub const RUNS: usize = offset_of!(Heap, runs);
/// Within a run: next free cell, end.
pub const RUN_BUMP: usize = offset_of!(FreeRun, bump);
pub const RUN_LIMIT: usize = offset_of!(FreeRun, limit);

/// Offset in the heap of the run that serves objects of `size` bytes (small ones). Compiled code allocates so: load
/// bump and limit; if `limit - bump >= usable(size)`, store `bump + usable(size)`; else call the runtime.
pub fn run_offset(space: Space, size: usize) -> usize {
    RUNS + run_index(space, class_of(size)) * size_of::<FreeRun>()
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::heap::usable;

    #[test]
    fn offsets_are_where_code_expects_them() {
        assert_eq!((RUNS, RUN_BUMP, RUN_LIMIT, size_of::<FreeRun>()), (0, 0, 8, 16));
        assert_eq!(MARKING % 8, 0);
        let mut heap = Heap::new(Rc::default());
        let first = heap.alloc(Space::Plain, 60);
        let second = heap.alloc(Space::Plain, 60);
        assert_eq!(second.addr() - first.addr(), usable(60));
        let index = (run_offset(Space::Plain, 60) - RUNS) / size_of::<FreeRun>();
        assert_eq!(heap.runs[index].bump.addr(), second.addr() + usable(60));
    }
}
