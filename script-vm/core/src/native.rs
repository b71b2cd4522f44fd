//! What functions written in Rust see of the VM.
//!
//! A [`NativeFn`] finds its arguments in a [`Cx`], and returns how many results it left, or [`Raised`] after it has
//! parked an error in the VM. Collection runs only at safepoints of the interpreter, so values in Rust variables stay
//! alive until the function calls back into Lua ([`Cx::call`] and everything that may call a metamethod); across such a
//! call a value must be an argument, be [`Cx::protect`]ed, or be reachable from one of those.

#![allow(unsafe_code, reason = "arguments and results on the raw stack")]

mod errors;
pub mod inspect;
mod stack;

use crate::function::NativeFunction;
use crate::heap::Space;
use crate::interp::meta::{self, Found, Stored};
use crate::interp::{self, check_stack, unwind};
use crate::number;
use crate::object::{Gc, Header, Kind};
use crate::string::LuaString;
use crate::table::{self, KeyOrigin, Table};
use crate::tostring;
use crate::value::Value;
use crate::vm::{Event, Vm};

/// A function written in Rust.
pub type NativeFn = fn(&mut Cx<'_>) -> Result<Returned, Raised>;

/// How many results a native function left behind its slot.
#[derive(Clone, Copy, Debug)]
pub struct Returned(u32);

impl Returned {
    pub(crate) fn count(self) -> usize {
        self.0 as usize
    }
}

/// An error was raised; its value is parked in the VM.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Raised;

/// Functions that the interpreter knows: it runs them itself, since they push and pop frames.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Intrinsic {
    None = 0,
    Pcall = 1,
    Xpcall = 2,
    Yield = 3,
    Resume = 4,
    /// A function made by `coroutine.wrap`; its captured value is the thread.
    Wrapped = 5,
    /// `pairs`, for the sake of `__pairs` metamethods that yield; its captured value is `next`.
    Pairs = 6,
}

/// Iterators that generic loops run without a call; they are ordinary functions besides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Iterator {
    None = 0,
    /// `next`
    Next = 1,
    /// What `ipairs` returns.
    Index = 2,
}

impl NativeFunction {
    /// The iterator shares `header.small[1]` with the intrinsic, which takes the low half.
    const ITERATOR_SHIFT: u8 = 4;

    #[inline(always)]
    pub(crate) fn iterator(&self) -> Iterator {
        match self.header.small[1] >> Self::ITERATOR_SHIFT {
            1 => Iterator::Next,
            2 => Iterator::Index,
            _ => Iterator::None,
        }
    }

    /// Tells generic loops what this function does.
    pub fn set_iterator(&mut self, iterator: Iterator) {
        self.header.small[1] |= (iterator as u8) << Self::ITERATOR_SHIFT;
    }

    /// In `header.small[1]`, above the iterator.
    const STRING_ARITHMETIC: u8 = 1 << 7;

    /// Whether this is one of the string library's arithmetic metamethods, which the interpreter need not call.
    pub(crate) fn is_string_arithmetic(&self) -> bool {
        self.header.small[1] & Self::STRING_ARITHMETIC != 0
    }

    pub(crate) fn mark_string_arithmetic(&mut self) {
        self.header.small[1] |= Self::STRING_ARITHMETIC;
    }

    /// Whether the interpreter runs the function itself.
    #[inline(always)]
    pub(crate) fn is_intrinsic(&self) -> bool {
        self.header.small[1] & 0xf != 0
    }

    pub(crate) fn intrinsic(&self) -> Intrinsic {
        match self.header.small[1] & 0xf {
            1 => Intrinsic::Pcall,
            2 => Intrinsic::Xpcall,
            3 => Intrinsic::Yield,
            4 => Intrinsic::Resume,
            5 => Intrinsic::Wrapped,
            6 => Intrinsic::Pairs,
            _ => Intrinsic::None,
        }
    }
}

/// A table as native functions handle it: raw access, no metamethods.
pub type TableRef = Gc<Table>;
/// A string as native functions handle it.
pub type Str = Gc<LuaString>;

/// A call of a native function in progress.
pub struct Cx<'vm> {
    vm: &'vm mut Vm,
    /// Stack index of the function's slot; the arguments follow, results begin there.
    func: usize,
    nargs: usize,
}

impl<'vm> Cx<'vm> {
    pub(crate) fn new(vm: &'vm mut Vm, func: usize, nargs: usize) -> Cx<'vm> {
        Cx { vm, func, nargs }
    }

    pub fn vm(&mut self) -> &mut Vm {
        self.vm
    }

    fn slot(&self, index: usize) -> *mut Value {
        // SAFETY: callers stay within the arguments and results that were checked for.
        unsafe { self.vm.stack.add(self.func + index) }
    }

    /// Number of arguments.
    pub fn nargs(&self) -> usize {
        self.nargs
    }

    /// Argument `index` (from 0), nil if it is absent.
    #[inline(always)]
    pub fn arg(&self, index: usize) -> Value {
        if index < self.nargs {
            // SAFETY: arguments lie behind the function's slot.
            unsafe { *self.slot(1 + index) }
        } else {
            Value::NIL
        }
    }

    /// All arguments.
    pub fn args(&self) -> &[Value] {
        // SAFETY: arguments lie behind the function's slot.
        unsafe { std::slice::from_raw_parts(self.slot(1), self.nargs) }
    }

    /// Whether argument `index` is absent.
    pub fn is_none(&self, index: usize) -> bool {
        index >= self.nargs
    }

    /// Whether argument `index` is absent or nil.
    pub fn is_none_or_nil(&self, index: usize) -> bool {
        self.arg(index).is_nil()
    }

    /// Replaces an argument that was passed.
    pub fn set_arg(&mut self, index: usize, value: Value) {
        assert!(index < self.nargs, "argument {index} was not passed");
        // SAFETY: arguments lie behind the function's slot.
        unsafe { *self.slot(1 + index) = value }
    }

    /// The running function itself: its captured values.
    pub fn callee(&self) -> Gc<NativeFunction> {
        // SAFETY: the function's slot keeps the function until results are written.
        unsafe { (*self.slot(0)).object().cast() }
    }

    /// Captured value `index` of the running function.
    pub fn captured(&self, index: usize) -> Value {
        self.callee().captured()[index]
    }

    /// Replaces a captured value of the running function.
    pub fn set_captured(&mut self, index: usize, value: Value) {
        let callee = self.callee();
        assert!(index < callee.captured_count(), "no captured value {index}");
        // SAFETY: within the captured values.
        unsafe {
            let place = callee.captured_ptr().add(index);
            self.vm.heap.barrier(*place);
            *place = value;
        }
    }

    // --- arguments

    /// # Errors
    /// The argument is absent.
    pub fn check_any(&mut self, index: usize) -> Result<Value, Raised> {
        if self.is_none(index) {
            return Err(self.arg_error(index, "value expected"));
        }
        Ok(self.arg(index))
    }

    /// An integer argument; floats and strings that are one are converted.
    ///
    /// # Errors
    /// It is no integer.
    #[inline]
    pub fn check_int(&mut self, index: usize) -> Result<i64, Raised> {
        let value = self.arg(index);
        if value.is_int() {
            return Ok(value.raw_int());
        }
        self.convert_int(index, value)
    }

    #[cold]
    fn convert_int(&mut self, index: usize, value: Value) -> Result<i64, Raised> {
        if let Some(int) = number::to_int(value) {
            return Ok(int);
        }
        Err(if number::to_float(value).is_some() {
            self.arg_error(index, "number has no integer representation")
        } else {
            self.type_error(index, "number")
        })
    }

    /// As [`Cx::check_int`]; `default` if the argument is absent or nil.
    ///
    /// # Errors
    /// It is there and no integer.
    pub fn opt_int(&mut self, index: usize, default: i64) -> Result<i64, Raised> {
        if self.is_none_or_nil(index) { Ok(default) } else { self.check_int(index) }
    }

    /// A number argument as a float; strings that are numbers are converted.
    ///
    /// # Errors
    /// It is no number.
    #[inline]
    pub fn check_num(&mut self, index: usize) -> Result<f64, Raised> {
        let value = self.arg(index);
        if value.is_float() {
            return Ok(value.raw_float());
        }
        number::to_float(value).ok_or_else(|| self.type_error(index, "number"))
    }

    /// As [`Cx::check_num`]; `default` if the argument is absent or nil.
    ///
    /// # Errors
    /// It is there and no number.
    pub fn opt_num(&mut self, index: usize, default: f64) -> Result<f64, Raised> {
        if self.is_none_or_nil(index) { Ok(default) } else { self.check_num(index) }
    }

    /// A string argument; numbers are converted, and the argument becomes that string.
    ///
    /// # Errors
    /// It is neither a string nor a number.
    #[inline]
    pub fn check_str(&mut self, index: usize) -> Result<Str, Raised> {
        let value = self.arg(index);
        match value.as_string() {
            Some(string) => Ok(string),
            None if value.is_number() => {
                let string = self.new_str(&tostring::raw_text(value))?;
                self.set_arg(index, string);
                Ok(string.object().cast())
            }
            None => Err(self.type_error(index, "string")),
        }
    }

    /// As [`Cx::check_str`]; nothing if the argument is absent or nil.
    ///
    /// # Errors
    /// It is there and no string.
    pub fn opt_str(&mut self, index: usize) -> Result<Option<Str>, Raised> {
        if self.is_none_or_nil(index) { Ok(None) } else { self.check_str(index).map(Some) }
    }

    /// # Errors
    /// The argument is no table.
    #[inline]
    pub fn check_table(&mut self, index: usize) -> Result<TableRef, Raised> {
        self.arg(index).as_table().ok_or_else(|| self.type_error(index, "table"))
    }

    /// # Errors
    /// The argument is no function.
    pub fn check_function(&mut self, index: usize) -> Result<Value, Raised> {
        let value = self.arg(index);
        if value.is_function() { Ok(value) } else { Err(self.type_error(index, "function")) }
    }

    // --- errors

    /// "bad argument #n to 'f' (expected expected, got something)"
    #[cold]
    pub fn type_error(&mut self, index: usize, expected: &str) -> Raised {
        let got = if self.is_none(index) {
            "no value".to_string()
        } else {
            let value = self.arg(index);
            self.vm.type_name_of(value)
        };
        self.arg_error(index, &format!("{expected} expected, got {got}"))
    }

    /// An error with the position of the calling Lua function in front, as `luaL_error` makes it.
    #[cold]
    pub fn error(&mut self, message: impl Into<String>) -> Raised {
        unwind::park_text(self.vm, &message.into())
    }

    /// Raises any value.
    #[cold]
    pub fn throw(&mut self, value: Value) -> Raised {
        unwind::park(self.vm, value)
    }

    /// The position of the function at `level` (1: the caller of this function), as "source:line: ", or "".
    pub fn position(&mut self, level: usize) -> String {
        self.vm.position_of_level(level)
    }

    // --- results

    #[inline(always)]
    pub fn ret0(&mut self) -> Result<Returned, Raised> {
        Ok(Returned(0))
    }

    #[inline(always)]
    pub fn ret1(&mut self, value: Value) -> Result<Returned, Raised> {
        // SAFETY: the function's slot.
        unsafe { *self.slot(0) = value }
        Ok(Returned(1))
    }

    /// Returns `values`, which are not a borrow of the arguments.
    ///
    /// # Errors
    /// The stack cannot take them.
    pub fn ret(&mut self, values: &[Value]) -> Result<Returned, Raised> {
        check_stack(self.vm, values.len())?;
        for (index, &value) in values.iter().enumerate() {
            // SAFETY: checked for room above the arguments, which lie above the results.
            unsafe { *self.slot(index) = value }
        }
        Ok(Returned(values.len() as u32))
    }

    /// Returns the arguments from `first` on.
    #[inline]
    pub fn ret_args(&mut self, first: usize) -> Result<Returned, Raised> {
        let count = self.nargs.saturating_sub(first);
        for index in 0..count {
            // SAFETY: moves arguments down, in order.
            unsafe { *self.slot(index) = *self.slot(1 + first + index) }
        }
        Ok(Returned(count as u32))
    }

    // --- making things

    /// # Errors
    /// The memory limit.
    #[inline]
    pub fn new_str(&mut self, bytes: &[u8]) -> Result<Value, Raised> {
        match self.vm.heap.new_string(bytes) {
            Ok(string) => Ok(Value::string(string)),
            Err(_) => Err(unwind::park_out_of_memory(self.vm)),
        }
    }

    /// A string of `len` bytes that `fill` writes.
    ///
    /// # Errors
    /// The memory limit.
    pub fn new_str_with(
        &mut self,
        len: usize,
        fill: impl FnOnce(&mut [u8]),
    ) -> Result<Value, Raised> {
        if len > crate::string::MAX_LEN {
            return Err(unwind::park_out_of_memory(self.vm));
        }
        match self.vm.heap.new_string_with(len, fill) {
            Ok(string) => Ok(Value::string(string)),
            Err(_) => Err(unwind::park_out_of_memory(self.vm)),
        }
    }

    /// A table with room for `array` elements and `fields` fields.
    ///
    /// # Errors
    /// The memory limit.
    pub fn new_table(&mut self, array: usize, fields: usize) -> Result<TableRef, Raised> {
        let table = table::new_table(&mut self.vm.heap, fields.min(200), 0);
        let bytes = array.saturating_mul(size_of::<Value>());
        match table::array::reserve(&mut self.vm.heap, table, bytes) {
            Ok(()) => Ok(table),
            Err(_) => Err(unwind::park_out_of_memory(self.vm)),
        }
    }

    /// A native function with captured values.
    pub fn new_native(
        &mut self,
        name: &'static str,
        function: NativeFn,
        captured: &[Value],
    ) -> Value {
        Value::native(new_native(self.vm, name, function, Intrinsic::None, captured))
    }

    // --- raw access

    pub fn raw_get(&mut self, table: TableRef, key: Value) -> Value {
        table::get(&mut self.vm.heap, table, key)
    }

    /// # Errors
    /// The key is nil or NaN, or the memory limit.
    pub fn raw_set(&mut self, table: TableRef, key: Value, value: Value) -> Result<(), Raised> {
        table::set(&mut self.vm.heap, table, key, value).map_err(|error| self.store_error(error))
    }

    /// # Errors
    /// The memory limit.
    #[inline]
    pub fn raw_set_int(&mut self, table: TableRef, key: i64, value: Value) -> Result<(), Raised> {
        table::set_int(&mut self.vm.heap, table, key, value)
            .map_err(|_| unwind::park_out_of_memory(self.vm))
    }

    /// Stores a field under a name that is a constant of the program.
    ///
    /// # Errors
    /// The memory limit.
    pub fn set_field(&mut self, table: TableRef, name: &str, value: Value) -> Result<(), Raised> {
        let name = self.vm.heap.intern(name.as_bytes());
        table::set_str(&mut self.vm.heap, table, name, value, KeyOrigin::Constant)
            .map_err(|_| unwind::park_out_of_memory(self.vm))
    }

    pub fn get_field(&mut self, table: TableRef, name: &str) -> Value {
        let name = self.vm.heap.intern(name.as_bytes());
        table::get_str(&mut self.vm.heap, table, name)
    }

    // --- operations with metamethods

    /// Calls a function for its first result.
    ///
    /// # Errors
    /// What the function raises.
    pub fn call(&mut self, function: Value, args: &[Value]) -> Result<Value, Raised> {
        meta::call_one(self.vm, function, args)
    }

    /// Calls a function for all its results. They are not rooted.
    ///
    /// # Errors
    /// What the function raises.
    pub fn call_multi(&mut self, function: Value, args: &[Value]) -> Result<Vec<Value>, Raised> {
        self.vm.call_values(function, args)
    }

    /// Roots a value until this function returns.
    ///
    /// # Errors
    /// The stack cannot take it.
    pub fn protect(&mut self, value: Value) -> Result<(), Raised> {
        check_stack(self.vm, 1)?;
        // SAFETY: checked for room.
        unsafe {
            *self.vm.top = value;
            self.vm.top = self.vm.top.add(1);
        }
        Ok(())
    }

    /// The text of a value: `__tostring`, `__name`, or what it is.
    ///
    /// # Errors
    /// What `__tostring` raises, or that it returned no string.
    pub fn tostring(&mut self, value: Value) -> Result<Str, Raised> {
        if let Some(string) = value.as_string() {
            return Ok(string);
        }
        let handler = meta::metamethod(self.vm, value, Event::ToString);
        if !handler.is_nil() {
            let text = self.call(handler, &[value])?;
            if text.is_number() {
                return Ok(self.new_str(&tostring::raw_text(text))?.object().cast());
            }
            return text.as_string().ok_or_else(|| self.error("'__tostring' must return a string"));
        }
        let text = if value.is_table() || value.as_userdata().is_some() {
            let name = self.vm.type_name_of(value);
            tostring::object_text(&name, value)
        } else {
            tostring::raw_text(value)
        };
        Ok(self.new_str(&text)?.object().cast())
    }

    /// `object[key]`
    ///
    /// # Errors
    /// The value cannot be indexed, or what `__index` raises.
    pub fn index(&mut self, object: Value, key: Value) -> Result<Value, Raised> {
        match meta::find(self.vm, object, key) {
            Ok(Found::Value(value)) => Ok(value),
            Ok(Found::Call(handler, receiver)) => self.call(handler, &[receiver, key]),
            Err(failure) => Err(self.access_error(failure)),
        }
    }

    /// `object[key] = value`
    ///
    /// # Errors
    /// The value cannot be indexed, or what `__newindex` raises.
    pub fn set_index(&mut self, object: Value, key: Value, value: Value) -> Result<(), Raised> {
        match meta::store(self.vm, object, key, value, KeyOrigin::Computed) {
            Stored::Done => Ok(()),
            Stored::Call(handler, receiver) => {
                self.call(handler, &[receiver, key, value]).map(|_| ())
            }
            Stored::Store(error) => Err(self.store_error(error)),
            Stored::Fail(failure) => Err(self.access_error(failure)),
        }
    }

    /// `#value`
    ///
    /// # Errors
    /// It has no length, or one that is no integer.
    pub fn len(&mut self, value: Value) -> Result<i64, Raised> {
        if let Some(string) = value.as_string() {
            return Ok(string.len() as i64);
        }
        let handler = meta::metamethod(self.vm, value, Event::Len);
        if handler.is_nil() {
            return match value.as_table() {
                Some(table) => Ok(table::length(&self.vm.heap, table)),
                None => {
                    let name = self.vm.type_name_of(value);
                    Err(self.error_plain(&format!("attempt to get length of a {name} value")))
                }
            };
        }
        let len = self.call(handler, &[value, value])?;
        number::to_int(len).ok_or_else(|| self.error("object length is not an integer"))
    }

    /// `a < b`
    ///
    /// # Errors
    /// They cannot be compared, or what `__lt` raises.
    pub fn less_than(&mut self, a: Value, b: Value) -> Result<bool, Raised> {
        if let Some(less) = meta::primitive_order(a, b, true) {
            return Ok(less);
        }
        match meta::binary_handler(self.vm, Event::Less, a, b) {
            Some(handler) => Ok(!self.call(handler, &[a, b])?.is_falsy()),
            None => Err(self.compare_error(a, b)),
        }
    }

    /// `a == b`
    ///
    /// # Errors
    /// What `__eq` raises.
    pub fn equals(&mut self, a: Value, b: Value) -> Result<bool, Raised> {
        if a.raw_equals(b) {
            return Ok(true);
        }
        let objects = (a.is_table() && b.is_table())
            || (a.as_userdata().is_some() && b.as_userdata().is_some());
        if !objects {
            return Ok(false);
        }
        match meta::binary_handler(self.vm, Event::Equal, a, b) {
            Some(handler) => Ok(!self.call(handler, &[a, b])?.is_falsy()),
            None => Ok(false),
        }
    }

    /// A metamethod of a value, nil if it has none.
    pub fn metamethod(&mut self, value: Value, event: Event) -> Value {
        meta::metamethod(self.vm, value, event)
    }

    /// The metatable of any value.
    pub fn metatable(&mut self, value: Value) -> Option<TableRef> {
        meta::metatable_of(self.vm, value)
    }

    /// Charges work done in a loop to the script's budget; a unit is about one call or iteration.
    ///
    /// # Errors
    /// A budget is used up.
    #[inline]
    pub fn charge(&mut self, units: u64) -> Result<(), Raised> {
        // SAFETY: `interrupt` lives as long as the VM.
        let fuel = unsafe { &(*self.vm.interrupt).fuel };
        let left = i64::from(fuel.get()) - units.min(1 << 30) as i64;
        fuel.set(left.max(i64::from(i32::MIN / 2)) as i32);
        if left < 0 { interp::pause(self.vm) } else { Ok(()) }
    }
}

/// A new native function.
pub fn new_native(
    vm: &mut Vm,
    name: &'static str,
    function: NativeFn,
    intrinsic: Intrinsic,
    captured: &[Value],
) -> Gc<NativeFunction> {
    let header =
        Header { small: [captured.len() as u8, intrinsic as u8], ..Header::new(Kind::Native) };
    let size = NativeFunction::size(captured.len());
    let native = vm.heap.place(Space::Plain, size, NativeFunction { header, function, name });
    for (index, &value) in captured.iter().enumerate() {
        // SAFETY: the heap gave room for the captured values.
        unsafe { native.captured_ptr().add(index).write(value) }
    }
    native
}
