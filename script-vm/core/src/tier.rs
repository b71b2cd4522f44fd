//! The one door between the VM and its compilers: the VM tells a [`Compiler`] what it sees and hands it what a
//! compilation needs; the compiler hands back machine code. Core names no JIT.
//!
//! Invariants: a compiler keeps a [`Function`] no longer than the [`Graveyard`] says that it lives, and looks there
//! before it uses one. Code that was taken out of use is freed only while no compiled code is on the native stack; the
//! graveyard keeps it until then.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use crate::assumptions::Dependants;
use crate::bytecode::Proto;
use crate::constants::{KnownAccesses, Named};
use crate::function::{CompiledCode, FunctionProto};
use crate::inline_cache::{Location, NO_KEY};
use crate::interp::MetamethodSites;
use crate::object::Gc;
use crate::runtime::{self, Trampoline};
use crate::site_cache::{MethodEntry, OWN};
use crate::table::Table;
use crate::value::Value;

/// Where a function was when the VM looked: what a sample is charged to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Site {
    /// At its entry.
    Entry,
    /// At a back-edge whose target is this instruction; in optimized code, or below.
    Loop { pc: u32, is_optimized: bool },
}

/// What a JIT implements. All calls come on the VM's thread, at safepoints, and must be short.
pub trait Compiler {
    /// The compiler now serves a VM.
    fn attach(&mut self, graveyard: Rc<Graveyard>, dependants: Rc<Dependants>);

    /// A function is called for the first time; it has no feedback yet.
    fn first_call(&mut self, function: Function);

    /// A quantum of `units` calls and back-edges has ended in this function.
    fn sample(&mut self, function: Function, site: Site, units: u32);

    /// Optimized code of this function left at the place whose counter has this number, for the `exits`-th time: a power of
    /// two.
    fn exited(&mut self, function: Function, place: u32, exits: u32);

    /// What enters the code that this compiler makes.
    fn trampoline(&self) -> Option<Trampoline>;
}

/// No class epoch: caches do not keep alive what they remember, and between the end of marking and the sweep it is too
/// late to.
pub(crate) const NO_EPOCH: u64 = u64::MAX;

/// What has died and what is to be buried: shared by the heap, the VM and its compiler.
#[derive(Default)]
pub struct Graveyard {
    dead: RefCell<Vec<u64>>,
    /// The class epoch when it was last told of, or [`NO_EPOCH`]. Addresses that were found in the same one are those of
    /// objects that are alive, or that may be from now on: no sweep begins without telling.
    class_epoch: Cell<u64>,
    retired: RefCell<Vec<CompiledCode>>,
    /// What retired code names by its address. A root.
    retired_names: RefCell<Vec<Value>>,
    /// What functions have come to name while a collection marks, which may have traced them before: to be marked too.
    new_names: RefCell<Vec<Value>>,
    is_marking: Cell<bool>,
    has_retired: Cell<bool>,
    /// Someone takes the dead.
    is_watched: Cell<bool>,
}

impl Graveyard {
    /// From now on the dead are remembered.
    pub(crate) fn watch(&self) {
        self.is_watched.set(true);
    }

    /// The functions that died since this was last asked.
    pub fn take_dead(&self) -> Vec<u64> {
        self.dead.take()
    }

    /// A function dies; its code may still be on the native stack.
    pub(crate) fn bury(&self, function: &mut FunctionProto) {
        if self.is_watched.get() {
            self.dead.borrow_mut().push(function.id);
        }
        let codes = [function.optimized.take(), function.compiled.take()];
        codes.into_iter().flatten().for_each(|code| self.retire(code));
    }

    /// See the field.
    pub fn class_epoch(&self) -> u64 {
        self.class_epoch.get()
    }

    /// Tells of the class epoch, and whether a collection marks.
    pub(crate) fn set_class_epoch(&self, epoch: u64, is_marking: bool) {
        self.class_epoch.set(epoch);
        self.is_marking.set(is_marking);
        if !is_marking {
            self.new_names.borrow_mut().clear();
        }
    }

    /// A function has come to name what perhaps nothing else refers to.
    pub(crate) fn note_names(&self, names: &[Value]) {
        if self.is_marking.get() {
            self.new_names.borrow_mut().extend(names);
        }
    }

    /// Whether a function has died, and its compiler was not told yet.
    pub(crate) fn is_dead(&self, id: u64) -> bool {
        self.dead.borrow().contains(&id)
    }

    /// Keeps code that is out of use until the native stack is empty.
    pub fn retire(&self, code: CompiledCode) {
        self.retired.borrow_mut().push(code);
        self.has_retired.set(true);
    }

    /// Keeps what code that is out of use names for as long as the code.
    pub(crate) fn retire_names(&self, names: &mut Vec<Value>) {
        self.retired_names.borrow_mut().append(names);
    }

    /// Calls `visit` with what marking is to see besides what functions name.
    pub(crate) fn each_name(&self, visit: &mut dyn FnMut(Value)) {
        self.retired_names.borrow().iter().copied().for_each(&mut *visit);
        self.new_names.borrow().iter().copied().for_each(visit);
    }

    /// Whether compiled code should leave the native stack, so that code can be freed.
    pub(crate) fn has_retired(&self) -> bool {
        self.has_retired.get()
    }

    /// Frees what was retired; no compiled code is on the native stack.
    #[cold]
    pub(crate) fn free_retired(&self) {
        self.has_retired.set(false);
        self.retired.borrow_mut().clear();
        self.retired_names.borrow_mut().clear();
    }
}

/// A function of the VM as its compiler sees it.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    pub(crate) proto: Gc<FunctionProto>,
}

/// What inline caches of baseline code have met, by instruction.
#[derive(Clone, Debug, Default)]
pub struct Receivers {
    /// Of field accesses: keys, and where the field is or what the store does (see [`crate::site_cache::FieldEntry`]).
    pub fields: BTreeMap<usize, Vec<(u64, u64)>>,
    /// Of method lookups.
    pub methods: BTreeMap<usize, Vec<MethodReceiver>>,
    /// Of method lookups that have met one receiver: the address of its metatable, which is alive.
    pub metatables: BTreeMap<usize, u64>,
    /// Accesses and lookups that have met more receivers than their caches remember.
    pub megamorphic: BTreeSet<usize>,
}

/// A receiver of a method lookup.
#[derive(Clone, Copy, Debug)]
pub struct MethodReceiver {
    pub key: u64,
    /// The number of the function that was found.
    pub function: u64,
    pub way: MethodWay,
}

/// How a receiver comes to its method.
#[derive(Clone, Copy, Debug)]
pub enum MethodWay {
    /// It has it itself.
    Own(Location),
    /// It has it by way of its metatable. All of this is alive, and so it was at the class epoch.
    Inherited { metatable: Named, method: Named },
    /// Nothing is known but the function: classes have changed since.
    Unknown,
}

impl MethodReceiver {
    /// What an entry of a method site says, if it is a Lua function that was found. `is_current`: at this class epoch.
    pub fn of(entry: &MethodEntry, is_current: bool) -> Option<MethodReceiver> {
        if entry.key == NO_KEY || entry.function == 0 {
            return None;
        }
        let way = match entry.metatable {
            OWN => MethodWay::Own(entry.payload as Location),
            metatable if is_current && metatable != 0 => {
                let metatable: Gc<Table> = Gc::from_addr(metatable);
                let method = Value { payload: entry.payload, meta: entry.meta };
                MethodWay::Inherited {
                    metatable: Named { value: Value::table(metatable), function: 0 },
                    method: Named { value: method, function: entry.function },
                }
            }
            _ => MethodWay::Unknown,
        };
        Some(MethodReceiver { key: entry.key, function: entry.function, way })
    }
}

/// All that a compilation reads. Nothing in it points to what the VM may change or free while `proto` lives, but the
/// addresses of the function's own cells, which are for the code, not for the compiler.
#[derive(Clone, Debug)]
pub struct CompileInput {
    pub proto: Arc<Proto>,
    /// The feedback cells as they were.
    pub feedback: Box<[u64]>,
    /// Address of the first constant.
    pub constants_at: usize,
    /// Address of the first pointer to a function in it.
    pub children_at: usize,
    /// Address of the first feedback cell.
    pub feedback_at: usize,
    /// Address of the call counter, a `u32`.
    pub calls_at: usize,
    /// Receivers that an inline cache may remember.
    pub cache_entries: usize,
    /// The function's number, see [`Function::id`].
    pub number: u64,
    /// The function can be called directly now, see [`FunctionProto::direct_entry`].
    pub is_direct: bool,
    /// It is not yet, but calls the function that is compiled, itself or through others, and waits for nothing else.
    pub may_become_direct: bool,
    /// Direct calls of it return exactly one value, see [`FunctionProto::single_entry`].
    pub returns_one: bool,
    /// Optimized code of the function was left too often: what was never seen is not taken for what never happens.
    pub is_cautious: bool,
    /// It pays to make the function part of its callers.
    pub may_be_copied: bool,
    pub receivers: Receivers,
    /// Metamethods that instructions have called.
    pub metamethods: MetamethodSites,
    /// What accesses are bound to find.
    pub known: KnownAccesses,
    /// Instructions at which optimized code was left too often: what they have met last is not all that they meet.
    pub lost: Vec<u32>,
    /// Instructions at which it was left too often for the type of a value.
    pub lost_types: Vec<u32>,
    /// Headers of loops that were left too often for what had been made sure of before all of their iterations.
    pub lost_loops: Vec<u32>,
    /// Functions that it calls, itself or through others, by their numbers: what a compiler may make part of its code.
    pub callees: Vec<(u64, CompileInput)>,
}

impl CompileInput {
    /// The feedback cell `index` of the instruction at `pc` as it was; 0 if there is none.
    pub fn feedback(&self, pc: usize, index: usize) -> u64 {
        let cell = self.proto.code[pc].feedback_cell() + index;
        self.feedback.get(cell).copied().unwrap_or(0)
    }

    /// A function that belongs to no VM and has not run, for dumps. Its code must not be run.
    pub fn unbound(proto: Arc<Proto>) -> CompileInput {
        CompileInput {
            feedback: Box::default(),
            constants_at: 0,
            children_at: 0,
            feedback_at: 0,
            calls_at: 0,
            cache_entries: crate::site_cache::ENTRIES,
            number: 0,
            is_direct: false,
            may_become_direct: false,
            returns_one: false,
            is_cautious: false,
            may_be_copied: true,
            receivers: Receivers::default(),
            metamethods: MetamethodSites::default(),
            known: KnownAccesses::new(),
            lost: Vec::new(),
            lost_types: Vec::new(),
            lost_loops: Vec::new(),
            callees: Vec::new(),
            proto,
        }
    }
}

impl Function {
    fn proto_ref(&self) -> &FunctionProto {
        &self.proto
    }

    pub fn proto(&self) -> &Arc<Proto> {
        &self.proto_ref().proto
    }

    /// A number for the function that no other one of the VM ever has.
    pub fn id(&self) -> u64 {
        self.proto.id
    }

    /// Times it was entered.
    pub fn calls(&self) -> u32 {
        self.proto.calls
    }

    /// Whether it can be called directly now, see [`FunctionProto::direct_entry`].
    pub fn is_direct(&self) -> bool {
        !self.proto.direct_entry.is_null()
    }

    /// Bytes of its machine code; nothing if it is interpreted.
    pub fn code_bytes(&self) -> Option<usize> {
        let optimized = self.proto_ref().optimized.as_ref().map_or(0, |code| code.bytes);
        self.proto_ref().compiled.as_ref().map(|code| code.bytes + optimized)
    }

    /// What a compilation needs, with inline caches of so many entries.
    pub fn input(&self, cache_entries: usize) -> CompileInput {
        let proto = self.proto_ref();
        CompileInput {
            proto: proto.proto.clone(),
            feedback: proto.feedback_cells.clone(),
            constants_at: proto.k.addr(),
            children_at: proto.children.as_ptr().addr(),
            feedback_at: proto.feedback.addr(),
            calls_at: (&raw const proto.calls).addr(),
            cache_entries,
            number: proto.id,
            is_direct: self.is_direct(),
            may_become_direct: false,
            returns_one: !proto.single_entry.is_null(),
            is_cautious: false,
            may_be_copied: true,
            receivers: Receivers::default(),
            metamethods: proto.metamethods.clone(),
            known: KnownAccesses::new(),
            lost: Vec::new(),
            lost_types: Vec::new(),
            lost_loops: Vec::new(),
            callees: Vec::new(),
        }
    }

    /// Makes the function run this code of the baseline tier from its next call or resumption on.
    pub fn install(mut self, code: CompiledCode, graveyard: &Graveyard) {
        debug_assert_eq!(code.resume_points.len(), self.proto.proto.code.len());
        self.uninstall_optimized(graveyard);
        self.proto.baseline_entry = code.entry;
        self.proto.baseline_points = code.resume_points.as_ptr();
        self.run_baseline();
        if let Some(old) = self.proto.compiled.replace(code) {
            graveyard.retire(old);
        }
    }

    /// The same with code of the optimizing tier, on top of that of the baseline tier, which stays.
    pub fn install_optimized(mut self, code: CompiledCode, graveyard: &Graveyard) {
        debug_assert_eq!(code.resume_points.len(), self.proto.proto.code.len());
        debug_assert!(self.proto.compiled.is_some(), "optimized code leaves for the baseline tier");
        self.proto.entry = code.entry;
        self.proto.direct_entry = code.direct_entry;
        let none = std::ptr::null();
        (self.proto.single_entry, self.proto.several_entry) = match code.returns_one {
            true => (code.direct_entry, none),
            false => (none, code.direct_entry),
        };
        self.proto.resume_points = code.resume_points.as_ptr();
        if let Some(old) = self.proto.optimized.replace(code) {
            graveyard.retire(old);
        }
    }

    /// Has the code of the tier below run the function again, from its next call or resumption on.
    pub fn uninstall_optimized(mut self, graveyard: &Graveyard) {
        if let Some(old) = self.proto.optimized.take() {
            graveyard.retire(old);
            graveyard.retire_names(&mut self.proto.named);
            self.run_baseline();
        }
    }

    fn run_baseline(&mut self) {
        self.proto.entry = self.proto.baseline_entry;
        self.proto.direct_entry = std::ptr::null();
        self.proto.single_entry = std::ptr::null();
        self.proto.several_entry = std::ptr::null();
        self.proto.resume_points = self.proto.baseline_points;
    }

    /// What its baseline code was installed with, see [`CompiledCode::owner`].
    pub fn baseline_owner(&self) -> Option<&(dyn std::any::Any + Send)> {
        self.proto_ref().compiled.as_ref().map(|code| &*code.owner)
    }

    /// Whether the function has optimized code.
    pub fn is_optimized(&self) -> bool {
        self.proto_ref().optimized.is_some()
    }

    /// Has the interpreter run the function again, from its next call or resumption on.
    pub fn uninstall(mut self, graveyard: &Graveyard) {
        self.uninstall_optimized(graveyard);
        self.proto.baseline_entry = runtime::enter;
        self.proto.baseline_points = std::ptr::null();
        self.run_baseline();
        if let Some(old) = self.proto.compiled.take() {
            graveyard.retire(old);
        }
    }
}
