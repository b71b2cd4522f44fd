//! Byte offsets of everything that compiled code touches. Those of the heap are in [`crate::heap::offsets`].

use std::mem::offset_of;

use crate::function::{Closure, FunctionProto, NativeFunction, Upvalue};
use crate::heap::Heap;
use crate::interrupt::Interrupt;
use crate::object::Header;
use crate::stdlib::VectorLibrary;
use crate::string::LuaString;
use crate::table::layout::{ArrayHead, Dict, DictEntry, Table};
use crate::thread::Frame;
use crate::vm::Vm;

/// Fields of the [`Vm`].
pub mod vm {
    use super::*;

    pub const INTERRUPT: usize = offset_of!(Vm, interrupt);
    pub const THREAD: usize = offset_of!(Vm, thread);
    pub const FRAME: usize = offset_of!(Vm, frame);
    pub const FRAME_LIMIT: usize = offset_of!(Vm, frame_limit);
    pub const LAST_FRAME: usize = offset_of!(Vm, last_frame);
    pub const STACK: usize = offset_of!(Vm, stack);
    pub const STACK_LIMIT: usize = offset_of!(Vm, stack_limit);
    pub const TOP: usize = offset_of!(Vm, top);
    pub const NATIVE_LIMIT: usize = offset_of!(Vm, native_limit);
    pub const DIRECT_LIMIT: usize = offset_of!(Vm, direct_limit);
    pub const LEAVE_STATUS: usize = offset_of!(Vm, leave_status);
    pub const EXIT_WORDS: usize = offset_of!(Vm, exit_words);
    pub const PRESERVED_OPERAND: usize = offset_of!(Vm, preserved_operand);
    pub const PRESERVED_RESULT: usize = offset_of!(Vm, preserved_result);
    pub const JOIN_OPERANDS: usize = offset_of!(Vm, join_operands);
    /// A `u64`; values follow.
    pub const RETURNED: usize = offset_of!(Vm, returned);
    pub const MORE_RESULTS: usize = offset_of!(Vm, more_results);
    /// Two values: key and value.
    pub const ENTRY: usize = offset_of!(Vm, entry);
    /// A `u32`.
    pub const GUARD_COUNTDOWN: usize = offset_of!(Vm, guard_countdown);
    /// A `u32`.
    pub const TYPES_WITH_METATABLE: usize = offset_of!(Vm, types_with_metatable);
    pub const PLAIN_VECTORS_EPOCH: usize =
        offset_of!(Vm, vectors) + offset_of!(VectorLibrary, plain_epoch);
    /// Rows of addresses of native functions: those of vec2, those of vec3.
    pub const VECTOR_METHODS: usize = offset_of!(Vm, vectors) + offset_of!(VectorLibrary, methods);
    pub const HEAP: usize = offset_of!(Vm, heap);
    pub const CLASS_EPOCH: usize = HEAP + offset_of!(Heap, class_epoch);
    /// One byte, 0 or 1.
    pub const MARKING: usize = HEAP + offset_of!(Heap, marking);
    /// Address of a row of addresses of strings: that of each byte, then the empty one.
    pub const BYTE_STRINGS: usize = HEAP + offset_of!(Heap, byte_strings);
}

/// Fields of the [`Interrupt`].
pub mod interrupt {
    use super::*;

    /// An `i32`.
    pub const FUEL: usize = offset_of!(Interrupt, fuel);
}

/// Fields of a [`Frame`].
pub mod frame {
    use super::*;

    pub const SIZE: usize = size_of::<Frame>();
    pub const CLOSURE: usize = offset_of!(Frame, closure);
    pub const PC: usize = offset_of!(Frame, pc);
    /// A `u32`; `func` follows.
    pub const BASE: usize = offset_of!(Frame, base);
    pub const FUNC: usize = offset_of!(Frame, func);
    /// An `i32`; `varargs` follows.
    pub const WANTED: usize = offset_of!(Frame, wanted);
    pub const VARARGS: usize = offset_of!(Frame, varargs);
    /// Four bytes: what, returns, tail-called, leaving; the `u32` `extra` follows.
    pub const WHAT: usize = offset_of!(Frame, what);
    pub const RETURNS: usize = offset_of!(Frame, returns);
    pub const LEAVING: usize = offset_of!(Frame, leaving);
    pub const EXTRA: usize = offset_of!(Frame, extra);
}

/// Fields of every object's header.
pub mod object {
    use super::*;

    pub const FLAGS: usize = offset_of!(Header, flags);
    /// Two bytes; the second says which intrinsic a native function is.
    pub const SMALL: usize = offset_of!(Header, small);
    /// The length of a string.
    pub const WORD: usize = offset_of!(Header, word);
}

/// Fields of a string.
pub mod string {
    use super::*;

    /// A `u32`, which interned strings have from the beginning.
    pub const HASH: usize = LuaString::HASH;
    pub const BYTES: usize = size_of::<LuaString>();
}

/// Fields of functions and upvalues.
pub mod function {
    use super::*;

    pub const CLOSURE_PROTO: usize = offset_of!(Closure, proto);
    pub const CLOSURE_UPVALUES: usize = size_of::<Closure>();
    pub const PROTO_DIRECT_ENTRY: usize = offset_of!(FunctionProto, direct_entry);
    pub const PROTO_SINGLE_ENTRY: usize = offset_of!(FunctionProto, single_entry);
    pub const PROTO_SEVERAL_ENTRY: usize = offset_of!(FunctionProto, several_entry);
    pub const PROTO_ENTRY: usize = offset_of!(FunctionProto, entry);
    pub const PROTO_BASELINE_ENTRY: usize = offset_of!(FunctionProto, baseline_entry);
    /// A `u64`.
    pub const PROTO_ID: usize = offset_of!(FunctionProto, id);
    pub const UPVALUE_LOCATION: usize = offset_of!(Upvalue, location);
    pub const NATIVE_FUNCTION: usize = offset_of!(NativeFunction, function);
    /// The first captured value.
    pub const NATIVE_CAPTURED: usize = size_of::<NativeFunction>();
}

/// Fields of a table.
pub mod table {
    use super::*;

    /// The header's byte 2 is the array kind.
    pub const KIND: usize = 2;
    /// The header as a word.
    pub const HEADER: usize = 0;
    /// The header's last four bytes are the shape.
    pub const SHAPE: usize = 4;
    /// The header's byte 1 holds the flags.
    pub const FLAGS: usize = 1;
    pub const METATABLE: usize = offset_of!(Table, metatable);
    pub const ARRAY: usize = offset_of!(Table, array);
    /// A `u32`.
    pub const ARRAY_LEN: usize = offset_of!(Table, array_len);
    pub const SLOTS: usize = offset_of!(Table, slots);
    pub const DICT: usize = offset_of!(Table, dict);
    /// Values begin this many bytes into [`crate::table::Slots`].
    pub const SLOTS_VALUES: usize = 8;
    /// Counted back from the first element: room in bytes, a `u32`.
    pub const CAPACITY_BEFORE_ARRAY: usize =
        size_of::<ArrayHead>() - offset_of!(ArrayHead, capacity_bytes);
}

/// Fields of a dictionary and its entries.
pub mod dict {
    use super::*;

    pub const USED: usize = offset_of!(Dict, used);
    /// A `u32`, as are the two that follow.
    pub const CAPACITY: usize = offset_of!(Dict, capacity);
    pub const INDEX_LEN: usize = offset_of!(Dict, index_len);
    pub const INDEX_SHIFT: usize = offset_of!(Dict, index_shift);
    /// A `u32`.
    pub const HAS_ELEMENTS: usize = offset_of!(Dict, has_elements);
    pub const ENTRIES: usize = size_of::<Dict>();
    pub const ENTRY_SIZE: usize = size_of::<DictEntry>();
    pub const ENTRY_VALUE: usize = offset_of!(DictEntry, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_written_as_one_word() {
        assert_eq!((frame::BASE % 8, frame::FUNC), (0, frame::BASE + 4));
        assert_eq!((frame::WANTED % 8, offset_of!(Frame, varargs)), (0, frame::WANTED + 4));
        assert_eq!((frame::WHAT % 8, frame::RETURNS), (0, frame::WHAT + 1));
        assert_eq!(offset_of!(Frame, tail_called), frame::WHAT + 2);
        assert_eq!(offset_of!(Frame, leaving), frame::WHAT + 3);
        assert_eq!(frame::EXTRA, frame::WHAT + 4);
        assert_eq!(offset_of!(Interrupt, fuel), 0);
    }
}
