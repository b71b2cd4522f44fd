//! The embedding API, in mlua's vocabulary: [`Lua`], [`Value`], [`Table`], [`Function`], [`UserData`], conversions.
//!
//! Handles ([`Table`], [`Function`], …) root what they name for as long as they live, and keep the VM alive. Nothing here
//! is `unsafe` to use: a handle of another VM is an error, a stale one cannot be had, and a panic in a callback is caught
//! at the boundary and becomes a Lua error.

#![allow(unsafe_code, reason = "one raw pointer to the VM, see `Lua::vm`")]

mod chunk;
mod convert;
mod error;
mod function;
mod handle;
mod multi;
mod table;
mod thread;
mod userdata;
mod value;

use std::cell::UnsafeCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use smallvec::SmallVec;

pub use chunk::{AsChunk, Chunk};
pub use convert::{FromLua, IntoLua, Vec2, Vec3};
pub use error::{Error, Result};
pub use function::Function;
pub use multi::{FromLuaMulti, IntoLuaMulti, MultiValue, Variadic};
pub use table::{Table, TablePairs, TableSequence};
pub use thread::{Thread, ThreadStatus};
pub use userdata::{AnyUserData, UserData, UserDataFields, UserDataMethods};
pub use value::{LuaString, Value};

use crate::heap::{Budget, GcStats};
use crate::native::{Cx, Intrinsic, Raised, new_native};
use crate::stdlib::{self, Libs};
use crate::value::Value as RawValue;
use crate::vm::{JitEvents, Vm};

/// A Lua VM. Cheap to clone: all clones are the same VM. Not `Send`; keep it on one thread.
#[derive(Clone)]
pub struct Lua(Rc<State>);

struct State {
    vm: UnsafeCell<Box<Vm>>,
    types: userdata::Types,
}

/// What scripts have run, and what compilers and the collector did about it.
#[derive(Clone, Copy, Debug, Default)]
pub struct VmStats {
    /// Calls and back-edges, the same in every tier.
    pub instructions: u64,
    pub jit: JitEvents,
    pub gc: GcStats,
}

/// Stops scripts from another thread.
#[derive(Clone, Debug)]
pub struct StopHandle(Arc<AtomicBool>);

impl StopHandle {
    /// Ends the call from the host that is in progress with the error "script stopped by the host", which the script
    /// cannot catch, at its next look at the clock. Does nothing when no call is in progress.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// One version of a script, for [`Lua::carry_over`].
#[derive(Clone, Copy, Debug)]
pub struct ScriptVersion<'a> {
    /// The function that the source was compiled to.
    pub chunk: &'a Function,
    /// What it returned.
    pub returned: &'a Value,
    /// The table with its global functions, if it has any.
    pub globals: Option<&'a Table>,
}

impl ScriptVersion<'_> {
    fn to_raw(self, lua: &Lua) -> Result<crate::reload::Version> {
        let chunk = self.chunk.handle().get(lua)?.as_closure();
        let globals = self.globals.map(|globals| globals.handle().get(lua)).transpose()?;
        Ok(crate::reload::Version {
            chunk: chunk.ok_or_else(|| Error::runtime("a chunk is a Lua function"))?,
            returned: self.returned.to_raw(lua)?,
            globals: globals.unwrap_or(RawValue::NIL),
        })
    }
}

impl Drop for Lua {
    fn drop(&mut self) {
        // The VM goes with its last handle. While its finalizers run this one is there for callbacks.
        if Rc::strong_count(&self.0) == 1 && !std::thread::panicking() {
            self.close();
        }
    }
}

impl Default for Lua {
    fn default() -> Lua {
        Lua::new()
    }
}

impl Lua {
    /// A VM with the libraries that reach nothing of the host: base, string, table, math, utf8, coroutine, vectors.
    pub fn new() -> Lua {
        Lua::with_libs(Libs::Sandbox)
    }

    /// A VM with a choice of libraries.
    pub fn with_libs(libs: Libs) -> Lua {
        let mut vm = Vm::new();
        stdlib::open(&mut vm, libs);
        let lua =
            Lua(Rc::new(State { vm: UnsafeCell::new(vm), types: userdata::Types::default() }));
        lua.vm().set_owner(Rc::downgrade(&lua.0) as std::rc::Weak<dyn std::any::Any>);
        lua
    }

    /// The VM. Callers use the reference for one operation that does not call back into Rust code that would do the
    /// same, or end their use of it before.
    #[allow(clippy::mut_from_ref, reason = "see the comment: uses do not overlap")]
    pub(crate) fn vm(&self) -> &mut Vm {
        // SAFETY: `Lua` is not `Send`, so uses cannot overlap in time but by nesting; the interpreter keeps only a raw
        // pointer while a callback runs, and this file's functions end their use before they call user code.
        unsafe { &mut *self.0.vm.get() }
    }

    /// The `Lua` that a VM belongs to, for callbacks.
    pub(crate) fn of(vm: &mut Vm) -> Lua {
        let state = vm.owner().and_then(|owner| owner.downcast::<State>().ok());
        match state {
            Some(state) => Lua(state),
            None => unreachable!("callbacks exist only in a VM made by `Lua`"),
        }
    }

    /// The table of global variables.
    pub fn globals(&self) -> Table {
        let globals = self.vm().globals();
        Table::new(self, globals)
    }

    /// A table that scripts do not see.
    pub fn registry(&self) -> Table {
        let registry = self.vm().registry();
        Table::new(self, registry)
    }

    /// A chunk to be named, given an environment, and run or turned into a function.
    pub fn load<'s>(&self, source: impl AsChunk<'s>) -> Chunk<'s> {
        Chunk::new(self, source)
    }

    /// An empty table.
    ///
    /// # Errors
    /// The memory limit.
    pub fn create_table(&self) -> Result<Table> {
        self.create_table_with_capacity(0, 0)
    }

    /// An empty table with room for `array` elements and `fields` named fields.
    ///
    /// # Errors
    /// The memory limit.
    pub fn create_table_with_capacity(&self, array: usize, fields: usize) -> Result<Table> {
        let vm = self.vm();
        let table = crate::table::new_table(&mut vm.heap, fields.min(200), 0);
        let bytes = array.saturating_mul(size_of::<RawValue>());
        crate::table::array::reserve(&mut vm.heap, table, bytes).map_err(|_| Error::Memory)?;
        Ok(Table::new(self, table))
    }

    /// A sequence of values.
    ///
    /// # Errors
    /// A conversion fails, or the memory limit.
    pub fn create_sequence_from<T: IntoLua>(
        &self,
        values: impl IntoIterator<Item = T>,
    ) -> Result<Table> {
        let table = self.create_table()?;
        for value in values {
            table.push(value)?;
        }
        Ok(table)
    }

    /// A string.
    ///
    /// # Errors
    /// The memory limit.
    pub fn create_string(&self, bytes: impl AsRef<[u8]>) -> Result<LuaString> {
        let string = self.vm().heap.new_string(bytes.as_ref()).map_err(|_| Error::Memory)?;
        Ok(LuaString::new(self, string))
    }

    /// A function written in Rust. An error it returns is raised in the script.
    ///
    /// # Errors
    /// The memory limit.
    pub fn create_function<A, R, F>(&self, function: F) -> Result<Function>
    where
        A: FromLuaMulti,
        R: IntoLuaMulti,
        F: Fn(&Lua, A) -> Result<R> + 'static,
    {
        self.create_callback(Box::new(move |lua, cx| {
            let args = A::from_args(lua, cx, 0)?;
            function(lua, args)?.into_results(lua)
        }))
    }

    /// As [`Lua::create_function`], for closures that change what they capture. A call from inside itself is an error.
    ///
    /// # Errors
    /// The memory limit.
    pub fn create_function_mut<A, R, F>(&self, function: F) -> Result<Function>
    where
        A: FromLuaMulti,
        R: IntoLuaMulti,
        F: FnMut(&Lua, A) -> Result<R> + 'static,
    {
        let function = std::cell::RefCell::new(function);
        self.create_function(move |lua, args: A| {
            let mut function = function
                .try_borrow_mut()
                .map_err(|_| Error::runtime("a mutable callback was called from inside itself"))?;
            function(lua, args)
        })
    }

    pub(crate) fn create_callback(&self, callback: Callback) -> Result<Function> {
        let vm = self.vm();
        let data = userdata::new_raw(vm, Box::new(callback), None);
        let captured = [RawValue::userdata(data)];
        let function = new_native(vm, "?", run_callback, Intrinsic::None, &captured);
        Ok(Function::new(self, RawValue::native(function)))
    }

    /// A Rust value that scripts handle through the fields and methods its type offers.
    ///
    /// # Errors
    /// The memory limit.
    pub fn create_userdata<T: UserData>(&self, data: T) -> Result<AnyUserData> {
        userdata::create(self, data)
    }

    /// A coroutine that will run `function`.
    ///
    /// # Errors
    /// The function is of another VM.
    pub fn create_thread(&self, function: &Function) -> Result<Thread> {
        let function = function.handle().get(self)?;
        let thread = crate::interp::create_thread(self.vm(), function);
        Ok(Thread::new(self, thread))
    }

    /// Converts a Rust value to a Lua value.
    ///
    /// # Errors
    /// The conversion fails.
    pub fn pack(&self, value: impl IntoLua) -> Result<Value> {
        value.into_lua(self)
    }

    /// Converts a Lua value to a Rust value.
    ///
    /// # Errors
    /// The value is not what is asked for.
    pub fn unpack<T: FromLua>(&self, value: Value) -> Result<T> {
        T::from_lua(value, self)
    }

    /// Calls the finalizers of everything that has one, in the reverse order of registration, as the end of the VM does.
    /// For hosts that end without dropping the last handle.
    pub fn close(&self) {
        let vm = self.vm();
        if vm.native_depth == 0 {
            vm.save_live();
            crate::finalize::run_at_end(vm);
        }
    }

    // --- limits and collection

    /// Bytes of memory that scripts may use in all.
    pub fn set_memory_limit(&self, bytes: Option<usize>) {
        self.vm().heap.set_limit(bytes);
    }

    /// Time that one call from the host may take; then it ends with an error that scripts cannot catch.
    pub fn set_time_limit(&self, limit: Option<Duration>) {
        self.vm().budget.time_limit = limit;
    }

    /// Calls and back-edges that one call from the host may take: the same count in every run and tier.
    pub fn set_instruction_limit(&self, limit: Option<u64>) {
        self.vm().budget.instruction_limit = limit;
    }

    /// Bytes in use.
    pub fn used_memory(&self) -> usize {
        self.vm().heap.bytes_in_use()
    }

    /// Collects garbage until the deadline, or until a cycle ends; true when no cycle is under way.
    pub fn gc_step(&self, deadline: Instant) -> bool {
        let vm = self.vm();
        vm.save_live();
        let done = vm.heap.step(Budget::until(deadline));
        crate::finalize::run_from_host(vm, false);
        done
    }

    /// Collects everything that can be.
    pub fn gc_collect(&self) {
        let vm = self.vm();
        vm.save_live();
        vm.heap.collect_full();
        crate::finalize::run_from_host(vm, true);
    }

    /// Collects at every safepoint and verifies the heap: finds missing roots and barriers.
    pub fn set_gc_stress(&self, on: bool) {
        self.set_gc_stress_period(u32::from(on));
    }

    /// As [`Lua::set_gc_stress`], at every `period`th safepoint; 0 switches it off. With a period of more than 1 most
    /// collections are a part of a cycle, so that scripts run while one is under way.
    pub fn set_gc_stress_period(&self, period: u32) {
        self.vm().heap.set_stress(period);
    }

    /// For tests: every so many guards of optimized code that was made for it (`GuardStress::EveryNth`) fail without need.
    pub fn set_guard_stress_period(&self, period: u32) {
        let vm = self.vm();
        (vm.guard_stress_period, vm.guard_countdown) = (period, period);
    }

    /// After [`Lua::set_gc_stress_period`]: begins `skip` safepoints from now and ends after `most` collections.
    pub fn limit_gc_stress(&self, skip: u32, most: u32) {
        self.vm().heap.limit_stress(skip, most);
    }

    /// Has the VM look at the clock, the collector and its compiler after every so many calls and back-edges, for tests.
    pub fn set_test_quantum(&self, units: Option<u32>) {
        self.vm().test_quantum = units.map(|units| units.max(1));
    }

    pub fn gc_stats(&self) -> GcStats {
        self.vm().heap.stats()
    }

    pub fn stats(&self) -> VmStats {
        let vm = self.vm();
        let begun = u64::from(vm.heap.interrupt.consumed());
        VmStats { instructions: vm.instructions + begun, jit: vm.jit_events, gc: vm.heap.stats() }
    }

    /// Gives the VM a JIT.
    pub fn set_compiler(&self, compiler: Option<Box<dyn crate::tier::Compiler>>) {
        let vm = self.vm();
        // Code that was installed outlives its compiler, and with it the way in.
        vm.trampoline =
            compiler.as_ref().and_then(|compiler| compiler.trampoline()).or(vm.trampoline);
        vm.compiler = compiler;
        let graveyard = vm.heap.graveyard.clone();
        let dependants = vm.heap.dependants.clone();
        graveyard.watch();
        if let Some(compiler) = &mut vm.compiler {
            compiler.attach(graveyard, dependants);
        }
    }

    /// Gives what `print` writes to `sink` instead of the standard output.
    pub fn set_print(&self, sink: impl FnMut(&[u8]) + 'static) {
        self.vm().host.print = Box::new(sink);
    }

    /// Gives warnings to `sink` instead of the standard error output.
    pub fn set_warn(&self, sink: impl FnMut(&str) + 'static) {
        self.vm().host.warn = Box::new(sink);
    }

    /// Carries the state of an old version of a script over to a new one, whose main function has run. Gives what
    /// takes the place of what the new version returned: the old table, if both returned one. See [`crate::reload`].
    ///
    /// # Errors
    /// A value is of another VM, a chunk is no Lua function, or the memory limit.
    pub fn carry_over(&self, old: ScriptVersion<'_>, new: ScriptVersion<'_>) -> Result<Value> {
        let (old, new) = (old.to_raw(self)?, new.to_raw(self)?);
        let merged = crate::reload::carry_over(self.vm(), old, new).map_err(|_| Error::Memory)?;
        Ok(Value::from_raw(self, merged))
    }

    /// Which functions of a new version of a script take the place of which old ones, by the old ones' numbers: for a
    /// JIT, which has nothing else to tell it.
    ///
    /// # Errors
    /// A value is of another VM, or a chunk is no Lua function.
    pub fn matching_functions(
        &self,
        old: ScriptVersion<'_>,
        new: ScriptVersion<'_>,
    ) -> Result<Vec<(u64, crate::tier::Function)>> {
        let (old, new) = (old.to_raw(self)?, new.to_raw(self)?);
        let pairs = crate::reload::pair_functions(&old, &new);
        Ok(pairs.into_iter().map(|(id, proto)| (id, crate::tier::Function { proto })).collect())
    }

    /// What another thread needs to stop a script that runs too long.
    pub fn stop_handle(&self) -> StopHandle {
        StopHandle(self.vm().stop.clone())
    }

    pub(crate) fn set_raw_metatable(
        &self,
        table: crate::native::TableRef,
        metatable: Option<crate::native::TableRef>,
    ) {
        stdlib::set_any_metatable(self.vm(), RawValue::table(table), metatable);
    }
}

/// A Rust function that scripts can call: gets its arguments from the call, gives its results.
pub(crate) type Callback = Box<dyn Fn(&Lua, &Cx<'_>) -> Result<MultiValue>>;

/// The native function behind every callback; the callback is its captured value.
fn run_callback(cx: &mut Cx<'_>) -> std::result::Result<crate::native::Returned, Raised> {
    let data = cx.captured(0);
    run_callback_in(cx, data)
}

/// Calls the callback inside a userdata object with the arguments of the call in progress.
pub(crate) fn run_callback_in(
    cx: &mut Cx<'_>,
    data: RawValue,
) -> std::result::Result<crate::native::Returned, Raised> {
    let lua = Lua::of(cx.vm());
    let data = data.as_userdata();
    let callback = data.as_ref().and_then(|data| data.data.as_ref()?.downcast_ref::<Callback>());
    let Some(callback) = callback else { return Err(cx.error("callback was finalized")) };
    // Unwinding must not cross the interpreter; what the callback left half done is its own affair.
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| callback(&lua, &*cx)));
    let results = match outcome {
        Ok(Ok(results)) => results,
        Ok(Err(error)) => return Err(error.raise(&lua, cx)),
        Err(panic) => {
            let text = panic
                .downcast_ref::<&str>()
                .map(ToString::to_string)
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_else(|| "unknown cause".to_string());
            return Err(cx.error(format!("panic in a Rust callback: {text}")));
        }
    };
    let mut raw = SmallVec::<[RawValue; 4]>::new();
    for value in results.iter() {
        match value.to_raw(&lua) {
            Ok(value) => raw.push(value),
            Err(error) => return Err(error.raise(&lua, cx)),
        }
    }
    cx.ret(&raw)
}
