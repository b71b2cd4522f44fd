//! Assignments, with PUC Lua's order of evaluation: tables and keys of the targets from left to right, then the
//! values, then the stores from right to left.

use interlune_syntax::ast::{Expr, ExprKind, Stat};

use crate::bytecode::Opcode;

use super::Compiler;
use super::desc::{ExprDesc, Register, Value};

impl<'a> Compiler<'a> {
    pub(super) fn assign_statement(
        &mut self,
        stat: &Stat,
        targets: &'a [Expr<'a>],
        values: &'a [Expr<'a>],
    ) {
        let first_target = self.targets.len();
        for target in targets {
            let variable = self.expression(target);
            if !variable.is_indexed() {
                self.keep_for_earlier_targets(first_target, &variable);
            }
            self.targets.push(variable);
        }
        let mut last = self.expression_list(values);
        if values.len() == targets.len() {
            self.store_last(&mut last);
        } else {
            self.adjust_list(targets.len() as u32, values.len() as u32, &mut last);
        }
        while self.targets.len() > first_target {
            let value = self.f.free_register.saturating_sub(1);
            self.store_last(&mut ExprDesc::new(Value::Fixed(value)));
        }
        if let [Expr { kind: ExprKind::Function(function), .. }] = values
            && function.pos == stat.pos
        {
            // `function f()`: the definition "happens" in its first line.
            self.set_line(stat.pos.line);
        }
    }

    /// Stores a value into the last target that has none yet.
    fn store_last(&mut self, e: &mut ExprDesc) {
        if let Some(variable) = self.targets.pop() {
            self.set_one_result(e);
            self.store(&variable, e);
        }
    }

    /// If a local or upvalue that is assigned to is also the table or key of a target before it, that target gets a
    /// copy of its old value.
    fn keep_for_earlier_targets(&mut self, first_target: usize, variable: &ExprDesc) {
        let copy = self.f.free_register;
        let mut conflict = false;
        for target in &mut self.targets[first_target..] {
            conflict |= use_copy(target, variable.value, copy);
        }
        if !conflict {
            return;
        }
        match variable.value {
            Value::Local(register) => self.op(Opcode::Move, copy, register, 0),
            Value::Upvalue(index) => self.op(Opcode::GetUpvalue, copy, u32::from(index), 0),
            _ => return,
        };
        self.reserve(1);
    }
}

/// Makes a target use the register `copy` wherever it uses `variable`. Whether it does.
fn use_copy(target: &mut ExprDesc, variable: Value, copy: Register) -> bool {
    match (&mut target.value, variable) {
        (Value::Env { upvalue, key, cell }, Value::Upvalue(assigned)) if *upvalue == assigned => {
            let (key, cell) = (*key, *cell);
            target.value = Value::Field { table: copy, key, cell };
            true
        }
        (Value::Field { table, .. } | Value::Int { table, .. }, Value::Local(assigned)) => {
            replace(table, assigned, copy)
        }
        (Value::Index { table, key }, Value::Local(assigned)) => {
            let in_table = replace(table, assigned, copy);
            replace(key, assigned, copy) || in_table
        }
        _ => false,
    }
}

fn replace(register: &mut Register, assigned: Register, copy: Register) -> bool {
    let same = *register == assigned;
    if same {
        *register = copy;
    }
    same
}
