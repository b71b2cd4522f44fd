//! What is alive by itself: the VM's registry, the running thread, the handles of the embedding API.
//!
//! Handles live in a slab of pages that never move, so that no growth copies them. An id carries the generation of its
//! slot: a stale id is noticed, not obeyed. Overwriting or freeing a handle shades its value while marking, since the
//! slab is scanned in slices.

use std::cell::RefCell;
use std::rc::Rc;

use super::Heap;
use crate::object::Gc;
use crate::thread::Thread;
use crate::value::Value;

/// What must stay alive, seen by every cycle at its beginning.
#[derive(Default)]
pub struct Roots {
    /// Globals, registry, metatables of types, names. The VM writes here freely; kept short, because it is read at once.
    pub fixed: Vec<Value>,
    /// The running thread; those that wait for it (`resumer`) are alive too.
    pub current: Option<Gc<Thread>>,
}

/// Identity of a handle.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct HandleId {
    index: u32,
    generation: u32,
}

/// Handles waiting to be freed: all that a `Drop` of the host, which may run inside a sweep, can touch.
#[derive(Default, Debug)]
pub struct ReleaseQueue {
    ids: RefCell<Vec<HandleId>>,
}

impl ReleaseQueue {
    pub fn push(&self, id: HandleId) {
        self.ids.borrow_mut().push(id);
    }
}

const PAGE: usize = 256;
const NO_SLOT: u32 = u32::MAX;

#[derive(Clone, Copy)]
struct HandleSlot {
    value: Value,
    /// Odd while the slot is in use.
    generation: u32,
    next_free: u32,
}

/// The slab of handles.
pub struct HandleSlab {
    pages: Vec<Box<[HandleSlot; PAGE]>>,
    first_free: u32,
    len: u32,
    pub queue: Rc<ReleaseQueue>,
}

impl Default for HandleSlab {
    fn default() -> HandleSlab {
        HandleSlab { pages: Vec::new(), first_free: NO_SLOT, len: 0, queue: Rc::default() }
    }
}

impl HandleSlab {
    /// Slots ever made; the collector scans them by index.
    pub fn len(&self) -> usize {
        self.len as usize
    }

    fn slot(&mut self, index: u32) -> &mut HandleSlot {
        &mut self.pages[index as usize / PAGE][index as usize % PAGE]
    }

    /// The value in a slot; nil in a free one.
    pub fn value_at(&self, index: usize) -> Value {
        self.pages[index / PAGE][index % PAGE].value
    }

    fn add(&mut self, value: Value) -> HandleId {
        if self.first_free == NO_SLOT {
            if self.len as usize == self.pages.len() * PAGE {
                let free = HandleSlot { value: Value::NIL, generation: 0, next_free: NO_SLOT };
                self.pages.push(Box::new([free; PAGE]));
            }
            self.first_free = self.len;
            self.len += 1;
        }
        let index = self.first_free;
        let slot = self.slot(index);
        let next = std::mem::replace(&mut slot.next_free, NO_SLOT);
        slot.value = value;
        slot.generation = slot.generation.wrapping_add(1);
        let generation = slot.generation;
        self.first_free = next;
        HandleId { index, generation }
    }

    fn get(&self, id: HandleId) -> Option<Value> {
        let slot = self.pages.get(id.index as usize / PAGE)?.get(id.index as usize % PAGE)?;
        (slot.generation == id.generation).then_some(slot.value)
    }

    fn free(&mut self, id: HandleId) {
        let first_free = self.first_free;
        let slot = self.slot(id.index);
        slot.value = Value::NIL;
        slot.generation = slot.generation.wrapping_add(1);
        slot.next_free = first_free;
        self.first_free = id.index;
    }
}

impl Heap {
    /// A handle that keeps `value` alive.
    pub fn handle_new(&mut self, value: Value) -> HandleId {
        self.drain_releases();
        self.handles.add(value)
    }

    /// The value of a handle; nothing if it was freed.
    pub fn handle_get(&self, id: HandleId) -> Option<Value> {
        self.handles.get(id)
    }

    /// Makes a handle keep another value; false if it was freed.
    #[cfg(test)]
    pub(crate) fn handle_set(&mut self, id: HandleId, value: Value) -> bool {
        let Some(old) = self.handles.get(id) else { return false };
        self.barrier(old);
        self.handles.slot(id.index).value = value;
        true
    }

    /// Frees a handle; a stale id does nothing.
    pub fn handle_free(&mut self, id: HandleId) {
        if let Some(old) = self.handles.get(id) {
            self.barrier(old);
            self.handles.free(id);
        }
    }

    /// Where `Drop` implementations leave handles to be freed.
    pub fn release_queue(&self) -> Rc<ReleaseQueue> {
        Rc::clone(&self.handles.queue)
    }

    pub(super) fn drain_releases(&mut self) {
        if self.handles.queue.ids.borrow().is_empty() {
            return;
        }
        let ids = std::mem::take(&mut *self.handles.queue.ids.borrow_mut());
        for id in ids {
            self.handle_free(id);
        }
    }
}
