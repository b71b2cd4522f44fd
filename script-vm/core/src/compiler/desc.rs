//! Expression descriptors: where the value of an expression is, or how to get it, while code for it is still open.
//!
//! A descriptor lets the compiler put off a decision until the place of use is known: a literal may become an
//! immediate, a constant or a load; an indexed variable may be read or stored to; the instruction that computes a
//! value may still choose its destination. The scheme is that of PUC Lua's `lcode.c` (`expdesc`).
//!
//! Invariants: a descriptor with temporaries (`Fixed`, `Field`, `Index`, …) owns those at or above the active locals
//! until it is discharged or stored to; the two jump lists hold jumps that leave the expression early because it is
//! already known to be true or false.

use crate::bytecode::StringId;

use super::jumps::JumpList;

/// A register while compiling. Wider than the encoding, so that an overflow (reported once, at the end) cannot wrap.
pub(super) type Register = u32;

/// Index of an instruction.
pub(super) type Pc = u32;

/// What is known of an expression's value.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Value {
    /// No expression at all: the last of an empty list.
    Void,
    Nil,
    True,
    False,
    Integer(i64),
    Float(f64),
    String(StringId),
    /// A local variable in its register.
    Local(Register),
    Upvalue(u8),
    /// Field `key` (a constant) of a table in an upvalue; `cell` is its feedback.
    Env {
        upvalue: u8,
        key: u16,
        cell: u16,
    },
    /// Field `key` (a constant) of the table in a register; `cell` is its feedback.
    Field {
        table: Register,
        key: u16,
        cell: u16,
    },
    /// A small integer index into the table in a register.
    Int {
        table: Register,
        index: u16,
    },
    /// The index and the table both in registers.
    Index {
        table: Register,
        key: Register,
    },
    /// A comparison; the jump at this place is taken when it holds.
    Test(Pc),
    /// The instruction at this place has its destination still open.
    Open(Pc),
    /// The value is in this register and cannot be elsewhere.
    Fixed(Register),
    /// A call whose number of results is still open; they begin at `base`.
    Call {
        pc: Pc,
        base: Register,
    },
    /// A `...` whose destination and number of values are still open.
    Vararg(Pc),
}

/// An expression while its code is open.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct ExprDesc {
    pub value: Value,
    /// Jumps taken because the expression is true.
    pub if_true: JumpList,
    /// Jumps taken because the expression is false.
    pub if_false: JumpList,
}

impl ExprDesc {
    pub fn new(value: Value) -> ExprDesc {
        ExprDesc { value, if_true: JumpList::EMPTY, if_false: JumpList::EMPTY }
    }

    pub fn has_jumps(&self) -> bool {
        !self.if_true.is_empty() || !self.if_false.is_empty()
    }

    /// Whether the expression can give any number of values.
    pub fn is_multi(&self) -> bool {
        matches!(self.value, Value::Call { .. } | Value::Vararg(_))
    }

    /// Whether it is a number literal.
    pub fn is_numeral(&self) -> bool {
        matches!(self.value, Value::Integer(_) | Value::Float(_)) && !self.has_jumps()
    }

    /// Whether it is a variable inside a table.
    pub fn is_indexed(&self) -> bool {
        matches!(
            self.value,
            Value::Env { .. } | Value::Field { .. } | Value::Int { .. } | Value::Index { .. }
        )
    }

    /// The value of an integer literal.
    pub fn integer(&self) -> Option<i64> {
        match self.value {
            Value::Integer(i) if !self.has_jumps() => Some(i),
            _ => None,
        }
    }

    /// The value of an integer literal that fits a 16-bit immediate.
    pub fn immediate(&self) -> Option<i16> {
        self.integer().and_then(|i| i16::try_from(i).ok())
    }

    /// The value of a number literal that a comparison can take as its immediate, and whether it is a float.
    pub fn comparison_immediate(&self) -> Option<(i16, bool)> {
        match self.value {
            Value::Float(f) if !self.has_jumps() => integral_i16(f).map(|i| (i, true)),
            _ => self.immediate().map(|i| (i, false)),
        }
    }
}

/// A float as a 16-bit integer, if it is equal to one.
fn integral_i16(f: f64) -> Option<i16> {
    let i = f as i16;
    (f64::from(i) == f).then_some(i)
}
