//! Coroutines.

use crate::api::function::call_raw;
use crate::api::handle::Handle;
use crate::api::{Error, FromLuaMulti, IntoLuaMulti, Lua, Result, Value};
use crate::object::Gc;
use crate::thread::{Status, Thread as RawThread};
use crate::value::Value as RawValue;

/// A Lua coroutine.
#[derive(Clone, Debug, PartialEq)]
pub struct Thread(Handle);

/// What a coroutine is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThreadStatus {
    /// It can be resumed.
    Resumable,
    /// It runs, or waits for one that it resumed.
    Running,
    /// It returned, failed or was closed.
    Finished,
}

impl Thread {
    pub(crate) fn new(lua: &Lua, thread: Gc<RawThread>) -> Thread {
        Thread(Handle::new(lua, RawValue::thread(thread)))
    }

    pub(crate) fn from_handle(handle: Handle) -> Thread {
        Thread(handle)
    }

    pub(crate) fn handle(&self) -> &Handle {
        &self.0
    }

    pub fn status(&self) -> ThreadStatus {
        match self.0.raw().as_thread().map(|thread| thread.status) {
            Some(Status::Suspended) => ThreadStatus::Resumable,
            Some(Status::Running | Status::Normal) => ThreadStatus::Running,
            Some(Status::Dead) | None => ThreadStatus::Finished,
        }
    }

    /// Runs the coroutine until it yields or ends.
    ///
    /// # Errors
    /// What the coroutine raises, or that it cannot be resumed.
    pub fn resume<R: FromLuaMulti>(&self, args: impl IntoLuaMulti) -> Result<R> {
        let lua = self.0.lua();
        let resume = lua.vm().resume_function();
        let mut values = args.into_results(lua)?;
        values.push_front(Value::Thread(self.clone()));
        let mut results = call_raw(lua, resume, values)?;
        if results.pop_front() == Value::Boolean(true) {
            return R::from_results(results, lua);
        }
        let value = results.pop_front();
        Err(match &value {
            Value::String(text) => Error::runtime(text.to_string_lossy()),
            _ => Error::Runtime {
                message: value.to_text()?,
                traceback: String::new(),
                value: Some(Box::new(value)),
            },
        })
    }
}
