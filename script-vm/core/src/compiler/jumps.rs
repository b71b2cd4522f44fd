//! Jumps whose target is not known yet.
//!
//! Pending jumps to the same place form a list that is threaded through the jumps' own operands: the wide operand of
//! a pending [`Opcode::Jump`] is the index of the next jump of its list, or -1. Patching a list replaces the links by
//! distances. A jump of the list that stands behind a `test_set` also carries a value: the register that was tested.

use crate::bytecode::{Insn, Opcode};

use super::Compiler;
use super::desc::{ExprDesc, Pc, Register, Value};
use super::emit::{with_a, with_wide};

/// A list of pending jumps: the first one's index, or -1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct JumpList(i32);

impl JumpList {
    pub const EMPTY: JumpList = JumpList(-1);

    pub fn single(pc: Pc) -> JumpList {
        JumpList(pc as i32)
    }

    pub fn is_empty(self) -> bool {
        self.0 < 0
    }

    fn first(self) -> Option<Pc> {
        u32::try_from(self.0).ok()
    }
}

/// A destination register that no instruction can have: "none".
const NO_REGISTER: u32 = 255;

/// Whether an opcode is a test, and so followed by a jump.
pub(super) fn is_test(op: Opcode) -> bool {
    matches!(
        op,
        Opcode::TestEq
            | Opcode::TestEqConst
            | Opcode::TestLt
            | Opcode::TestLe
            | Opcode::TestLtImm
            | Opcode::TestLeImm
            | Opcode::TestGtImm
            | Opcode::TestGeImm
            | Opcode::Test
            | Opcode::TestSet
    )
}

impl Compiler<'_> {
    /// Emits a jump with a pending target.
    pub(super) fn jump(&mut self) -> Pc {
        self.emit(Insn::wide(Opcode::Jump, 0, 0, JumpList::EMPTY.0))
    }

    /// Emits a backward jump.
    pub(super) fn jump_back(&mut self, target: Pc) {
        let distance = target as i32 - (self.pc() as i32 + 1);
        self.op_wide(Opcode::JumpBack, 0, distance);
    }

    /// Marks the next instruction as the target of some jump, which keeps it apart from the one before.
    pub(super) fn mark_target(&mut self) -> Pc {
        self.f.last_target = self.pc();
        self.f.last_target
    }

    fn next_jump(&self, pc: Pc) -> JumpList {
        JumpList(self.insn(pc).wide_signed())
    }

    /// Adds one jump that belongs to no list yet.
    pub(super) fn push_jump(&mut self, list: &mut JumpList, pc: Pc) {
        self.set_insn(pc, with_wide(self.insn(pc), list.0));
        *list = JumpList::single(pc);
    }

    /// Adds `other` to `list`; walks through `other`, which should be the shorter one.
    pub(super) fn append_jumps(&mut self, list: &mut JumpList, other: JumpList) {
        let Some(mut last) = other.first() else {
            return;
        };
        while let Some(next) = self.next_jump(last).first() {
            last = next;
        }
        self.set_insn(last, with_wide(self.insn(last), list.0));
        *list = other;
    }

    /// Emits a test and the jump behind it.
    pub(super) fn test_and_jump(&mut self, op: Opcode, a: Register, b: u32, c: u32) -> Pc {
        self.op(op, a, b, c);
        self.jump()
    }

    fn set_jump_target(&mut self, pc: Pc, target: Pc) {
        let distance = target as i32 - (pc as i32 + 1);
        self.set_insn(pc, with_wide(self.insn(pc), distance));
    }

    /// The place of the test that decides over a jump, or of the jump itself if none does.
    fn jump_control(&self, pc: Pc) -> Pc {
        match pc.checked_sub(1) {
            Some(before) if self.opcode_at(before).is_some_and(is_test) => before,
            _ => pc,
        }
    }

    /// Gives the `test_set` that decides over a jump its destination, or makes it a plain test where no value is
    /// wanted or it is already in place. False if the jump carries no value.
    fn patch_test_register(&mut self, jump: Pc, register: Option<Register>) -> bool {
        let control = self.jump_control(jump);
        let insn = self.insn(control);
        if self.opcode_at(control) != Some(Opcode::TestSet) {
            return false;
        }
        let tested = insn.b() as Register;
        let patched = match register {
            Some(register) if register != tested => with_a(insn, register),
            _ => Insn::new(Opcode::Test, tested as u8, 0, insn.c() as u16, 0),
        };
        self.set_insn(control, patched);
        true
    }

    /// Makes every test of a list one without a value.
    pub(super) fn remove_values(&mut self, list: JumpList) {
        let mut jump = list;
        while let Some(pc) = jump.first() {
            self.patch_test_register(pc, None);
            jump = self.next_jump(pc);
        }
    }

    /// Whether some jump of a list comes without its value in a register.
    pub(super) fn needs_value(&self, list: JumpList) -> bool {
        let mut jump = list;
        while let Some(pc) = jump.first() {
            if self.opcode_at(self.jump_control(pc)) != Some(Opcode::TestSet) {
                return true;
            }
            jump = self.next_jump(pc);
        }
        false
    }

    /// Patches a list: jumps that carry a value put it into `register` and go to `value_target`, others go to
    /// `target`.
    pub(super) fn patch_values(
        &mut self,
        list: JumpList,
        register: Option<Register>,
        value_target: Pc,
        target: Pc,
    ) {
        let mut jump = list;
        while let Some(pc) = jump.first() {
            let next = self.next_jump(pc);
            let carries_value = self.patch_test_register(pc, register);
            self.set_jump_target(pc, if carries_value { value_target } else { target });
            jump = next;
        }
    }

    /// Makes the jumps of a list go to the next instruction.
    pub(super) fn patch_to_here(&mut self, list: JumpList) {
        if !list.is_empty() {
            let here = self.mark_target();
            self.patch_values(list, None, here, here);
        }
    }

    /// Negates a comparison whose jump is pending.
    fn negate_test(&mut self, jump: Pc) {
        let control = self.jump_control(jump);
        let Insn(bits) = self.insn(control);
        self.set_insn(control, Insn(bits ^ 1 << 32));
    }

    /// Emits a jump that is taken if the expression's truth is `outcome`. A `not` goes into the test.
    fn jump_on(&mut self, e: &mut ExprDesc, outcome: bool) -> Pc {
        if let Value::Open(pc) = e.value
            && self.opcode_at(pc) == Some(Opcode::Not)
        {
            let operand = self.insn(pc).b() as Register;
            self.remove_last();
            return self.test_and_jump(Opcode::Test, operand, 0, u32::from(!outcome));
        }
        let register = self.put_in_some_register(e);
        self.free(e);
        self.test_and_jump(Opcode::TestSet, NO_REGISTER, register, u32::from(outcome))
    }

    /// Goes on if the expression is true, else jumps (its false list).
    pub(super) fn go_if_true(&mut self, e: &mut ExprDesc) {
        self.discharge_variable(e);
        let jump = match e.value {
            Value::Test(pc) => {
                self.negate_test(pc);
                Some(pc)
            }
            Value::True | Value::Integer(_) | Value::Float(_) | Value::String(_) => None,
            Value::False => Some(self.jump()),
            _ => Some(self.jump_on(e, false)),
        };
        if let Some(pc) = jump {
            self.push_jump(&mut e.if_false, pc);
        }
        self.patch_to_here(e.if_true);
        e.if_true = JumpList::EMPTY;
    }

    /// Goes on if the expression is false, else jumps (its true list).
    pub(super) fn go_if_false(&mut self, e: &mut ExprDesc) {
        self.discharge_variable(e);
        let jump = match e.value {
            Value::Test(pc) => Some(pc),
            Value::Nil | Value::False => None,
            Value::True => Some(self.jump()),
            _ => Some(self.jump_on(e, true)),
        };
        if let Some(pc) = jump {
            self.push_jump(&mut e.if_true, pc);
        }
        self.patch_to_here(e.if_false);
        e.if_false = JumpList::EMPTY;
    }

    /// `not e`.
    pub(super) fn negate(&mut self, e: &mut ExprDesc) {
        match e.value {
            Value::Nil | Value::False => e.value = Value::True,
            Value::True | Value::Integer(_) | Value::Float(_) | Value::String(_) => {
                e.value = Value::False;
            }
            Value::Test(pc) => self.negate_test(pc),
            _ => {
                let register = self.put_in_some_register(e);
                self.free(e);
                e.value = Value::Open(self.op(Opcode::Not, 0, register, 0));
            }
        }
        std::mem::swap(&mut e.if_true, &mut e.if_false);
        self.remove_values(e.if_true);
        self.remove_values(e.if_false);
    }

    /// Lets jumps to jumps go to where those go.
    pub(super) fn thread_jumps(&mut self) {
        for pc in 0..self.pc() {
            if self.opcode_at(pc) == Some(Opcode::Jump) {
                let target = self.final_target(pc);
                self.set_jump_target(pc, target);
            }
        }
    }

    /// Where a chain of forward jumps ends. It does, because each goes forward.
    fn final_target(&self, mut pc: Pc) -> Pc {
        while pc < self.pc() && self.opcode_at(pc) == Some(Opcode::Jump) {
            pc = (pc as i32 + 1 + self.insn(pc).wide_signed()) as Pc;
        }
        pc
    }
}
