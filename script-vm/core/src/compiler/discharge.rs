//! From a descriptor to a value: in some register, in a certain one, as a constant, or stored into a variable.
//!
//! Neighbours: [`super::desc`] says what descriptors mean, [`super::jumps`] patches the jumps of conditions.

use crate::bytecode::{FeedbackKind, Opcode, StringId};

use super::Compiler;
use super::desc::{ExprDesc, Register, Value};
use super::emit::{with_a, with_c};
use super::jumps::JumpList;

impl Compiler<'_> {
    /// Makes sure that the expression is no variable and gives one value; it may still have jumps.
    pub(super) fn discharge_variable(&mut self, e: &mut ExprDesc) {
        match e.value {
            Value::Local(register) => e.value = Value::Fixed(register),
            Value::Upvalue(index) => {
                e.value = Value::Open(self.op(Opcode::GetUpvalue, 0, u32::from(index), 0));
            }
            Value::Env { upvalue, key, cell } => {
                let (upvalue, key) = (u32::from(upvalue), u32::from(key));
                e.value = Value::Open(self.op_field(Opcode::GetEnv, 0, upvalue, key, cell));
            }
            Value::Field { table, key, cell } => {
                self.free_register(table);
                let key = u32::from(key);
                e.value = Value::Open(self.op_field(Opcode::GetField, 0, table, key, cell));
            }
            Value::Int { table, index } => {
                self.free_register(table);
                e.value = Value::Open(self.op(Opcode::GetInt, 0, table, u32::from(index)));
            }
            Value::Index { table, key } => {
                self.free_registers(table, key);
                e.value = Value::Open(self.op(Opcode::GetIndex, 0, table, key));
            }
            Value::Call { .. } | Value::Vararg(_) => self.set_one_result(e),
            Value::Void
            | Value::Nil
            | Value::True
            | Value::False
            | Value::Integer(_)
            | Value::Float(_)
            | Value::String(_)
            | Value::Test(_)
            | Value::Open(_)
            | Value::Fixed(_) => {}
        }
    }

    /// Makes a call or `...` give one value. Calls are emitted with one result, so only `...` needs work.
    pub(super) fn set_one_result(&mut self, e: &mut ExprDesc) {
        match e.value {
            Value::Call { base, .. } => e.value = Value::Fixed(base),
            Value::Vararg(pc) => {
                self.set_insn(pc, with_c(self.insn(pc), 2));
                e.value = Value::Open(pc);
            }
            _ => {}
        }
    }

    /// Makes a call or `...` give `count` values from the next register on; the first register is reserved.
    pub(super) fn set_results(&mut self, e: &ExprDesc, count: u32) {
        self.set_result_operand(e, count + 1);
    }

    /// Makes a call or `...` give all its values.
    pub(super) fn set_all_results(&mut self, e: &ExprDesc) {
        self.set_result_operand(e, 0);
    }

    fn set_result_operand(&mut self, e: &ExprDesc, operand: u32) {
        match e.value {
            Value::Call { pc, .. } => self.set_insn(pc, with_c(self.insn(pc), operand as u16)),
            Value::Vararg(pc) => {
                let insn = with_c(self.insn(pc), operand as u16);
                let register = self.reserve(1);
                self.set_insn(pc, with_a(insn, register));
            }
            _ => debug_assert!(false, "not an expression of several values: {e:?}"),
        }
    }

    /// Puts the plain value into `register`, without looking at jumps. A comparison has no plain value.
    fn discharge_to(&mut self, e: &mut ExprDesc, register: Register) {
        self.discharge_variable(e);
        match e.value {
            Value::Nil => self.load_nil(register, 1),
            Value::False => {
                self.op(Opcode::LoadFalse, register, 0, 0);
            }
            Value::True => {
                self.op(Opcode::LoadTrue, register, 0, 0);
            }
            Value::String(id) => {
                let index = self.f.constants.string(id);
                self.load_constant(register, index);
            }
            Value::Float(f) => {
                let index = self.f.constants.float(f);
                self.load_constant(register, index);
            }
            Value::Integer(i) => self.load_integer(register, i),
            Value::Open(pc) => self.set_insn(pc, with_a(self.insn(pc), register)),
            Value::Fixed(from) => {
                if from != register {
                    self.op(Opcode::Move, register, from, 0);
                }
            }
            _ => {
                debug_assert!(matches!(e.value, Value::Test(_)), "{e:?} has no value");
                return;
            }
        }
        e.value = Value::Fixed(register);
    }

    /// The register of the plain value; a new one if it is in none yet. Jumps stay as they are.
    pub(super) fn put_in_some_register(&mut self, e: &mut ExprDesc) -> Register {
        if let Value::Fixed(register) = e.value {
            return register;
        }
        let register = self.reserve(1);
        self.discharge_to(e, register);
        register
    }

    /// Puts the value, jumps and all, into `register`.
    pub(super) fn put_in_register(&mut self, e: &mut ExprDesc, register: Register) {
        self.discharge_to(e, register);
        if let Value::Test(pc) = e.value {
            self.push_jump(&mut e.if_true, pc);
        }
        if e.has_jumps() {
            self.join_jumps(e, register);
        }
        *e = ExprDesc::new(Value::Fixed(register));
    }

    /// Lets the jumps of an expression arrive with its value in `register`: those that do not bring one along pass
    /// through instructions that load `false` or `true`.
    fn join_jumps(&mut self, e: &ExprDesc, register: Register) {
        let (mut load_false, mut load_true) = (0, 0);
        if self.needs_value(e.if_true) || self.needs_value(e.if_false) {
            let around = match e.value {
                Value::Test(_) => JumpList::EMPTY,
                _ => JumpList::single(self.jump()),
            };
            load_false = self.mark_target();
            self.op(Opcode::LoadFalseSkip, register, 0, 0);
            load_true = self.mark_target();
            self.op(Opcode::LoadTrue, register, 0, 0);
            self.patch_to_here(around);
        }
        let end = self.mark_target();
        self.patch_values(e.if_false, Some(register), end, load_false);
        self.patch_values(e.if_true, Some(register), end, load_true);
    }

    /// Puts the value into the next free register.
    pub(super) fn put_in_next_register(&mut self, e: &mut ExprDesc) -> Register {
        self.discharge_variable(e);
        self.free(e);
        let register = self.reserve(1);
        self.put_in_register(e, register);
        register
    }

    /// The register of the value; a local stays where it is.
    pub(super) fn put_in_any_register(&mut self, e: &mut ExprDesc) -> Register {
        self.discharge_variable(e);
        if let Value::Fixed(register) = e.value {
            if !e.has_jumps() {
                return register;
            }
            if register >= self.f.active_registers {
                self.put_in_register(e, register);
                return register;
            }
        }
        self.put_in_next_register(e)
    }

    /// Makes sure that the value is in a register or an upvalue.
    pub(super) fn put_in_register_or_upvalue(&mut self, e: &mut ExprDesc) {
        if !matches!(e.value, Value::Upvalue(_)) || e.has_jumps() {
            self.put_in_any_register(e);
        }
    }

    /// Makes sure that the value is in a register or a literal or still to be placed, without jumps.
    pub(super) fn settle(&mut self, e: &mut ExprDesc) {
        if matches!(e.value, Value::Test(_)) || e.has_jumps() {
            self.put_in_any_register(e);
        } else {
            self.discharge_variable(e);
        }
    }

    /// The index of a literal among the constants, if an operand of 16 bits can hold it.
    pub(super) fn constant_operand(&mut self, e: &ExprDesc) -> Option<u16> {
        if e.has_jumps() {
            return None;
        }
        let index = match e.value {
            Value::Nil => self.f.constants.nil(),
            Value::True => self.f.constants.boolean(true),
            Value::False => self.f.constants.boolean(false),
            Value::Integer(i) => self.f.constants.integer(i),
            Value::Float(f) => self.f.constants.float(f),
            Value::String(id) => self.f.constants.string(id),
            _ => return None,
        };
        u16::try_from(index).ok()
    }

    /// A field name as an operand, with the feedback cell of the access. Without either, the name has to be loaded
    /// into a register.
    pub(super) fn field_operand(&mut self, name: StringId) -> Option<(u16, u16)> {
        let key = u16::try_from(self.f.constants.string(name)).ok()?;
        let cell = self.reserve_cells(FeedbackKind::Field)?;
        Some((key, cell))
    }

    /// Turns `table` into the variable `table[key]`. The table is in a register or an upvalue.
    pub(super) fn index(&mut self, table: &mut ExprDesc, key: &mut ExprDesc) {
        if let Value::String(name) = key.value
            && !key.has_jumps()
            && let Some((key, cell)) = self.field_operand(name)
        {
            table.value = match table.value {
                Value::Upvalue(upvalue) => Value::Env { upvalue, key, cell },
                _ => Value::Field { table: self.put_in_any_register(table), key, cell },
            };
            return;
        }
        let base = self.put_in_any_register(table);
        let small = key.integer().and_then(|i| u16::try_from(i).ok());
        table.value = match small {
            Some(index) => Value::Int { table: base, index },
            None => Value::Index { table: base, key: self.put_in_any_register(key) },
        };
    }

    /// Stores the value of `e` into a variable.
    pub(super) fn store(&mut self, variable: &ExprDesc, e: &mut ExprDesc) {
        if let Value::Local(register) = variable.value {
            self.free(e);
            self.put_in_register(e, register);
            return;
        }
        let from = self.put_in_any_register(e);
        match variable.value {
            Value::Upvalue(index) => {
                self.op(Opcode::SetUpvalue, from, u32::from(index), 0);
            }
            Value::Env { upvalue, key, cell } => {
                let (upvalue, key) = (u32::from(upvalue), u32::from(key));
                self.op_field(Opcode::SetEnv, from, upvalue, key, cell);
            }
            Value::Field { table, key, cell } => {
                self.op_field(Opcode::SetField, table, u32::from(key), from, cell);
            }
            Value::Int { table, index } => {
                self.op(Opcode::SetInt, table, u32::from(index), from);
            }
            Value::Index { table, key } => {
                self.op(Opcode::SetIndex, table, key, from);
            }
            _ => debug_assert!(false, "not a variable: {variable:?}"),
        }
        self.free(e);
    }
}
