//! What the registers of a frame hold at some point.

use crate::ir::Value;

/// What one register holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Slot {
    /// Nothing: what its slot in the Lua stack has.
    pub value: Option<Value>,
    /// Its slot in the Lua stack is up to date.
    pub is_stored: bool,
}

impl Slot {
    pub const IN_THE_STACK: Slot = Slot { value: None, is_stored: true };
}

/// What all registers hold.
#[derive(Clone, Debug)]
pub(super) struct Registers(Vec<Slot>);

impl Registers {
    pub fn in_the_stack(count: usize) -> Registers {
        Registers(vec![Slot::IN_THE_STACK; count])
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn slot(&self, register: usize) -> Slot {
        self.0[register]
    }

    pub fn set(&mut self, register: usize, slot: Slot) {
        self.0[register] = slot;
    }

    /// A guard has found out more about a value.
    pub fn refine(&mut self, old: Value, new: Value) {
        for slot in &mut self.0 {
            if slot.value == Some(old) {
                slot.value = Some(new);
            }
        }
    }
}
