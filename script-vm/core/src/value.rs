//! The 16-byte value and its tags.
//!
//! ```text
//! byte 0              8          12         16
//!      | payload      | extra    | tag      |
//!      |              | meta                |
//! ```
//!
//! A slot is written as two 8-byte stores and copied as two 8-byte words: a 4-byte store of the tag followed by a wide
//! load of the slot would stall. `extra` is the third component of a `vec3` and 0 for everything else, so that a
//! comparison of `meta` is a comparison of tags. Tags are ordered so that "is falsy", "is a number" and "must be
//! traced" are one comparison each.

#![allow(unsafe_code, reason = "slots read word by word")]

use std::fmt;

use crate::object::{Gc, Kind, Object};
use crate::{
    function::{Closure, NativeFunction},
    string::LuaString,
    table::Table,
    thread::Thread,
    userdata::Userdata,
};

/// What a [`Value`] is; the high half of its second word.
pub mod tag {
    pub const NIL: u32 = 0;
    pub const FALSE: u32 = 1;
    pub const TRUE: u32 = 2;
    pub const INT: u32 = 3;
    pub const FLOAT: u32 = 4;
    pub const LIGHT: u32 = 5;
    pub const VEC2: u32 = 6;
    pub const VEC3: u32 = 7;
    /// Tags from here on have a heap object as payload.
    pub const FIRST_TRACED: u32 = 8;
    pub const STRING: u32 = 8;
    pub const TABLE: u32 = 9;
    pub const CLOSURE: u32 = 10;
    pub const NATIVE: u32 = 11;
    pub const USERDATA: u32 = 12;
    pub const THREAD: u32 = 13;
}

const fn meta(tag: u32) -> u64 {
    (tag as u64) << 32
}

/// `meta` word of values whose extra part is 0.
pub const META_NIL: u64 = meta(tag::NIL);
pub const META_FALSE: u64 = meta(tag::FALSE);
pub const META_TRUE: u64 = meta(tag::TRUE);
pub const META_INT: u64 = meta(tag::INT);
pub const META_FLOAT: u64 = meta(tag::FLOAT);
pub const META_VEC2: u64 = meta(tag::VEC2);
pub const META_STRING: u64 = meta(tag::STRING);
pub const META_TABLE: u64 = meta(tag::TABLE);
pub const META_CLOSURE: u64 = meta(tag::CLOSURE);
pub const META_NATIVE: u64 = meta(tag::NATIVE);

/// A Lua value: 8 bytes of payload, 4 bytes extra, 4 bytes tag.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub struct Value {
    pub(crate) payload: u64,
    pub(crate) meta: u64,
}

const _: () = assert!(size_of::<Value>() == 16);

impl Value {
    pub const NIL: Value = Value { payload: 0, meta: META_NIL };
    pub const TRUE: Value = Value { payload: 0, meta: META_TRUE };
    pub const FALSE: Value = Value { payload: 0, meta: META_FALSE };

    #[inline(always)]
    pub const fn int(value: i64) -> Value {
        Value { payload: value as u64, meta: META_INT }
    }

    #[inline(always)]
    pub const fn float(value: f64) -> Value {
        Value { payload: value.to_bits(), meta: META_FLOAT }
    }

    #[inline(always)]
    pub const fn boolean(value: bool) -> Value {
        Value { payload: 0, meta: if value { META_TRUE } else { META_FALSE } }
    }

    pub const fn light(address: usize) -> Value {
        Value { payload: address as u64, meta: meta(tag::LIGHT) }
    }

    pub const fn vec2(x: f32, y: f32) -> Value {
        Value { payload: pack(x, y), meta: META_VEC2 }
    }

    pub const fn vec3(x: f32, y: f32, z: f32) -> Value {
        Value { payload: pack(x, y), meta: meta(tag::VEC3) | z.to_bits() as u64 }
    }

    #[inline(always)]
    pub fn string(string: Gc<LuaString>) -> Value {
        Value { payload: string.addr(), meta: META_STRING }
    }

    #[inline(always)]
    pub fn table(table: Gc<Table>) -> Value {
        Value { payload: table.addr(), meta: META_TABLE }
    }

    #[inline(always)]
    pub fn closure(closure: Gc<Closure>) -> Value {
        Value { payload: closure.addr(), meta: META_CLOSURE }
    }

    #[inline(always)]
    pub fn native(function: Gc<NativeFunction>) -> Value {
        Value { payload: function.addr(), meta: META_NATIVE }
    }

    pub fn userdata(userdata: Gc<Userdata>) -> Value {
        Value { payload: userdata.addr(), meta: meta(tag::USERDATA) }
    }

    pub fn thread(thread: Gc<Thread>) -> Value {
        Value { payload: thread.addr(), meta: meta(tag::THREAD) }
    }

    #[inline(always)]
    pub const fn tag(self) -> u32 {
        (self.meta >> 32) as u32
    }

    #[inline(always)]
    pub const fn is_nil(self) -> bool {
        self.meta == META_NIL
    }

    /// nil or false
    #[inline(always)]
    pub const fn is_falsy(self) -> bool {
        self.meta <= META_FALSE
    }

    pub const fn is_boolean(self) -> bool {
        self.tag() == tag::TRUE || self.tag() == tag::FALSE
    }

    #[inline(always)]
    pub const fn is_int(self) -> bool {
        self.meta == META_INT
    }

    #[inline(always)]
    pub const fn is_float(self) -> bool {
        self.meta == META_FLOAT
    }

    #[inline(always)]
    pub const fn is_number(self) -> bool {
        self.tag().wrapping_sub(tag::INT) <= 1
    }

    #[inline(always)]
    pub const fn is_vector(self) -> bool {
        self.tag() == tag::VEC2 || self.tag() == tag::VEC3
    }

    /// Whether the payload is a heap object.
    #[inline(always)]
    pub const fn is_traced(self) -> bool {
        self.tag() >= tag::FIRST_TRACED
    }

    #[inline(always)]
    pub const fn is_string(self) -> bool {
        self.meta == META_STRING
    }

    #[inline(always)]
    pub const fn is_table(self) -> bool {
        self.meta == META_TABLE
    }

    pub const fn is_function(self) -> bool {
        self.meta == META_CLOSURE || self.meta == META_NATIVE
    }

    /// The payload as an integer; meaningful for integers only.
    #[inline(always)]
    pub const fn raw_int(self) -> i64 {
        self.payload as i64
    }

    /// The payload as a float; meaningful for floats only.
    #[inline(always)]
    pub const fn raw_float(self) -> f64 {
        f64::from_bits(self.payload)
    }

    pub const fn as_int(self) -> Option<i64> {
        if self.is_int() { Some(self.payload as i64) } else { None }
    }

    pub const fn as_float(self) -> Option<f64> {
        if self.is_float() { Some(self.raw_float()) } else { None }
    }

    pub const fn as_boolean(self) -> Option<bool> {
        match self.tag() {
            tag::TRUE => Some(true),
            tag::FALSE => Some(false),
            _ => None,
        }
    }

    pub const fn as_vec2(self) -> Option<[f32; 2]> {
        if self.tag() == tag::VEC2 { Some([self.lane(0), self.lane(1)]) } else { None }
    }

    pub const fn as_vec3(self) -> Option<[f32; 3]> {
        if self.tag() == tag::VEC3 {
            Some([self.lane(0), self.lane(1), self.lane(2)])
        } else {
            None
        }
    }

    /// Component 0, 1 or 2 of a vector.
    pub(crate) const fn lane(self, index: u32) -> f32 {
        f32::from_bits(match index {
            0 => self.payload as u32,
            1 => (self.payload >> 32) as u32,
            _ => self.meta as u32,
        })
    }

    pub fn as_string(self) -> Option<Gc<LuaString>> {
        self.is_string().then(|| self.object().cast())
    }

    #[inline(always)]
    pub fn as_table(self) -> Option<Gc<Table>> {
        if self.is_table() { Some(self.object().cast()) } else { None }
    }

    #[inline(always)]
    pub fn as_closure(self) -> Option<Gc<Closure>> {
        if self.meta == META_CLOSURE { Some(self.object().cast()) } else { None }
    }

    pub fn as_native(self) -> Option<Gc<NativeFunction>> {
        (self.meta == META_NATIVE).then(|| self.object().cast())
    }

    pub fn as_userdata(self) -> Option<Gc<Userdata>> {
        (self.tag() == tag::USERDATA).then(|| self.object().cast())
    }

    pub fn as_thread(self) -> Option<Gc<Thread>> {
        (self.tag() == tag::THREAD).then(|| self.object().cast())
    }

    /// The heap object of a traced value.
    #[inline(always)]
    pub(crate) fn object(self) -> Gc<Object> {
        debug_assert!(self.is_traced());
        Gc::from_addr(self.payload)
    }

    /// The heap object, if the value has one.
    pub(crate) fn as_object(self) -> Option<Gc<Object>> {
        self.is_traced().then(|| self.object())
    }

    /// The value that has `object` as payload, by the object's kind; only for kinds that are values.
    pub(crate) fn from_object(object: Gc<Object>) -> Option<Value> {
        let tag = match object.kind() {
            Kind::String => tag::STRING,
            Kind::Table => tag::TABLE,
            Kind::Closure => tag::CLOSURE,
            Kind::Native => tag::NATIVE,
            Kind::Userdata => tag::USERDATA,
            Kind::Thread => tag::THREAD,
            Kind::Upvalue | Kind::Proto | Kind::Buffer | Kind::Dict | Kind::Slots => return None,
        };
        Some(Value { payload: object.addr(), meta: meta(tag) })
    }

    /// A number as a float.
    #[inline(always)]
    pub fn number(self) -> Option<f64> {
        if self.is_float() {
            Some(self.raw_float())
        } else if self.is_int() {
            Some(self.raw_int() as f64)
        } else {
            None
        }
    }

    /// The name that `type` gives; `vec2` and `vec3` are types of their own.
    pub const fn type_name(self) -> &'static str {
        match self.tag() {
            tag::NIL => "nil",
            tag::FALSE | tag::TRUE => "boolean",
            tag::INT | tag::FLOAT => "number",
            tag::VEC2 => "vec2",
            tag::VEC3 => "vec3",
            tag::STRING => "string",
            tag::TABLE => "table",
            tag::CLOSURE | tag::NATIVE => "function",
            tag::THREAD => "thread",
            _ => "userdata",
        }
    }

    /// Payload and second word, for code that has them as constants.
    pub const fn words(self) -> [u64; 2] {
        [self.payload, self.meta]
    }

    /// Same bits. Equality for everything but numbers, vectors and long strings.
    #[inline(always)]
    pub const fn same_bits(self, other: Value) -> bool {
        self.payload == other.payload && self.meta == other.meta
    }

    /// Primitive equality (no metamethods), as `rawequal` has it.
    #[inline]
    pub fn raw_equals(self, other: Value) -> bool {
        if self.meta == other.meta {
            return match self.tag() {
                tag::FLOAT => self.raw_float() == other.raw_float(),
                tag::VEC2 => self.as_vec2() == other.as_vec2(),
                tag::STRING => {
                    self.payload == other.payload
                        || self.object().cast::<LuaString>().equals_long(other.object().cast())
                }
                tag::VEC3 => self.as_vec3() == other.as_vec3(),
                _ => self.payload == other.payload,
            };
        }
        if self.is_number() && other.is_number() {
            return match (self.as_int(), other.as_int()) {
                (Some(i), None) => i as f64 == other.raw_float() && float_is_int(other, i),
                (None, Some(i)) => i as f64 == self.raw_float() && float_is_int(self, i),
                _ => false,
            };
        }
        // Two vec3 with different third components differ in `meta` too.
        self.tag() == tag::VEC3 && self.as_vec3() == other.as_vec3()
    }
}

/// Copies a slot as two 8-byte words. A plain copy becomes one 16-byte load, which stalls when the slot was just written
/// as two words; the volatile loads keep them apart.
///
/// # Safety
/// `from` is valid for reads, `to` for writes.
#[inline(always)]
pub(crate) unsafe fn copy_slot(to: *mut Value, from: *const Value) {
    // SAFETY: the caller's.
    unsafe { *to = read_slot(from) }
}

/// Reads a slot as two 8-byte words; see [`copy_slot`].
///
/// # Safety
/// `from` is valid for reads.
#[inline(always)]
pub(crate) unsafe fn read_slot(from: *const Value) -> Value {
    // SAFETY: the caller's.
    unsafe {
        Value {
            payload: (&raw const (*from).payload).read_volatile(),
            meta: (&raw const (*from).meta).read_volatile(),
        }
    }
}

/// The tag of a slot, by a load of its 4 bytes alone: compared with an immediate, it needs no register.
///
/// # Safety
/// `slot` is valid for reads.
#[inline(always)]
pub(crate) unsafe fn tag_at(slot: *const Value) -> u32 {
    // SAFETY: the caller's; the tag is the last of the slot's four words.
    unsafe { *slot.cast::<u32>().add(3) }
}

/// Whether the float is exactly `int`, given that they are equal as floats (2^63 is not `i64::MAX`).
fn float_is_int(float: Value, int: i64) -> bool {
    crate::number::float_to_int(float.raw_float()) == Some(int)
}

const fn pack(x: f32, y: f32) -> u64 {
    x.to_bits() as u64 | (y.to_bits() as u64) << 32
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.tag() {
            tag::NIL => f.write_str("nil"),
            tag::FALSE => f.write_str("false"),
            tag::TRUE => f.write_str("true"),
            tag::INT => write!(f, "{}", self.raw_int()),
            tag::FLOAT => write!(f, "{:?}", self.raw_float()),
            tag::VEC2 => write!(f, "vec2{:?}", [self.lane(0), self.lane(1)]),
            tag::VEC3 => write!(f, "vec3{:?}", [self.lane(0), self.lane(1), self.lane(2)]),
            _ => write!(f, "{}({:#x})", self.type_name(), self.payload),
        }
    }
}
