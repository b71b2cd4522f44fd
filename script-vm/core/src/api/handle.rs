//! Handles: what keeps a Lua object alive from Rust.

use std::fmt;
use std::rc::Rc;

use crate::api::{Error, Lua, Result};
use crate::heap::{HandleId, ReleaseQueue};
use crate::value::Value as RawValue;

/// A root of one object. Clones share it.
#[derive(Clone)]
pub(crate) struct Handle(Rc<Root>);

struct Root {
    lua: Lua,
    id: HandleId,
    queue: Rc<ReleaseQueue>,
}

impl Drop for Root {
    fn drop(&mut self) {
        // The heap may be at work: it frees the root when it comes to its queue.
        self.queue.push(self.id);
    }
}

impl Handle {
    pub(crate) fn new(lua: &Lua, value: RawValue) -> Handle {
        let heap = &mut lua.vm().heap;
        let id = heap.handle_new(value);
        let queue = heap.release_queue();
        Handle(Rc::new(Root { lua: lua.clone(), id, queue }))
    }

    /// The VM that the object belongs to.
    pub(crate) fn lua(&self) -> &Lua {
        &self.0.lua
    }

    /// The object.
    pub(crate) fn raw(&self) -> RawValue {
        // The root exists as long as this handle.
        self.0.lua.vm().heap.handle_get(self.0.id).unwrap_or(RawValue::NIL)
    }

    /// The object, for use in `lua`.
    ///
    /// # Errors
    /// It belongs to another VM.
    pub(crate) fn get(&self, lua: &Lua) -> Result<RawValue> {
        if Rc::ptr_eq(&self.0.lua.0, &lua.0) { Ok(self.raw()) } else { Err(Error::OtherVm) }
    }
}

impl PartialEq for Handle {
    fn eq(&self, other: &Handle) -> bool {
        Rc::ptr_eq(&self.0.lua.0, &other.0.lua.0) && self.raw().same_bits(other.raw())
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.raw().fmt(f)
    }
}
