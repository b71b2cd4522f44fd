//! Statements, one function each; loops are in [`super::loops`], assignments in [`super::assign`].

use interlune_syntax::ast::{Attribute, Block, Expr, Function, LocalId, Stat, StatKind};

use crate::bytecode::Opcode;

use super::Compiler;
use super::desc::{ExprDesc, Register, Value};
use super::emit::{with_c, with_opcode};
use super::jumps::JumpList;

/// Whether control never reaches the end of the block, because its last statement goes elsewhere.
pub(super) fn ends_elsewhere(block: &Block) -> bool {
    matches!(
        block.stats.last().map(|stat| stat.kind),
        Some(StatKind::Return { .. } | StatKind::Break | StatKind::Goto(_))
    )
}

/// Whether the last statement of the block is a `return`.
pub(super) fn ends_with_return(block: &Block) -> bool {
    matches!(block.stats.last().map(|stat| stat.kind), Some(StatKind::Return { .. }))
}

impl<'a> Compiler<'a> {
    /// The statements of a block, in the current scope.
    pub(super) fn statements(&mut self, block: &'a Block<'a>) {
        for stat in block.stats {
            self.statement(stat);
            self.free_temporaries();
        }
    }

    /// A block with a scope of its own.
    pub(super) fn block(&mut self, block: &'a Block<'a>) {
        let scope = self.enter_scope();
        self.statements(block);
        self.leave_scope(scope, !ends_elsewhere(block));
    }

    fn statement(&mut self, stat: &'a Stat<'a>) {
        self.line = stat.pos.line;
        match stat.kind {
            StatKind::Local { first, count, values } => self.local_statement(first, count, values),
            StatKind::LocalFunction { local, function } => self.local_function(local, function),
            StatKind::Assign { targets, values } => self.assign_statement(stat, targets, values),
            StatKind::Call(call) => self.call_statement(call),
            StatKind::Do(block) => self.do_statement(block),
            StatKind::While { condition, body } => self.while_statement(condition, body),
            StatKind::Repeat { body, condition } => self.repeat_statement(body, condition),
            StatKind::If { arms, otherwise } => self.if_statement(arms, otherwise),
            StatKind::NumericFor { var, range, body } => {
                self.numeric_for(stat.pos.line, var, range, body);
            }
            StatKind::GenericFor { first, count, values, body } => {
                self.generic_for(first, count, values, body);
            }
            StatKind::Return { values } => self.return_statement(values),
            StatKind::Break => self.break_statement(),
            StatKind::Goto(label) => self.goto_statement(label),
            StatKind::Label(label) => self.label_statement(label),
        }
    }

    /// The values of a list in consecutive registers, except the last, which is left open.
    pub(super) fn expression_list(&mut self, values: &'a [Expr<'a>]) -> ExprDesc {
        let Some((last, others)) = values.split_last() else {
            return ExprDesc::new(Value::Void);
        };
        for value in others {
            let mut e = self.expression(value);
            self.put_in_next_register(&mut e);
        }
        self.expression(last)
    }

    /// Brings a list of `given` values, the last one open, to `wanted` values in registers.
    pub(super) fn adjust_list(&mut self, wanted: u32, given: u32, last: &mut ExprDesc) {
        let missing = i64::from(wanted) - i64::from(given);
        if last.is_multi() {
            self.set_results(last, (missing + 1).max(0) as u32);
        } else {
            if !matches!(last.value, Value::Void) {
                self.put_in_next_register(last);
            }
            if missing > 0 {
                self.load_nil(self.f.free_register, missing as u32);
            }
        }
        if missing > 0 {
            self.reserve(missing as u32);
        } else {
            self.f.free_register -= (-missing) as u32;
        }
    }

    fn local_statement(&mut self, first: LocalId, count: u32, values: &'a [Expr<'a>]) {
        let mut last = self.expression_list(values);
        self.adjust_list(count, values.len() as u32, &mut last);
        let base = self.f.active_registers;
        self.activate(first.0, count);
        for i in 0..count {
            let local = self.function.locals[(first.0 + i) as usize];
            if local.attribute == Attribute::Close {
                self.op(Opcode::MarkClose, base + i, 0, 0);
            }
        }
    }

    /// The closure goes into the next register, which is the local's already.
    fn local_function(&mut self, local: LocalId, function: &'a Function<'a>) {
        self.activate(local.0, 1);
        self.closure(function);
        self.begin_newest_local_var_here();
    }

    fn call_statement(&mut self, call: &'a Expr<'a>) {
        let e = self.expression(call);
        if let Value::Call { pc, .. } = e.value {
            self.set_insn(pc, with_c(self.insn(pc), 1));
        }
    }

    fn do_statement(&mut self, block: &'a Block<'a>) {
        self.block(block);
        self.line = block.end_line;
    }

    /// Emits a condition; gives the jumps taken when it is false.
    pub(super) fn condition(&mut self, condition: &'a Expr<'a>) -> JumpList {
        let mut e = self.expression(condition);
        if e.value == Value::Nil {
            e.value = Value::False;
        }
        self.go_if_true(&mut e);
        e.if_false
    }

    fn if_statement(
        &mut self,
        arms: &'a [(Expr<'a>, Block<'a>)],
        otherwise: Option<&'a Block<'a>>,
    ) {
        let mut escapes = JumpList::EMPTY;
        for (i, (condition, block)) in arms.iter().enumerate() {
            if self.conditional_jump(condition, block) {
                continue;
            }
            let jumps = self.condition(condition);
            self.block(block);
            let more = i + 1 < arms.len() || otherwise.is_some();
            if more && !ends_elsewhere(block) {
                let escape = self.jump();
                self.push_jump(&mut escapes, escape);
            }
            self.patch_to_here(jumps);
            self.line = block.end_line;
        }
        if let Some(block) = otherwise {
            self.block(block);
            self.line = block.end_line;
        }
        self.patch_to_here(escapes);
    }

    /// `if c then break end` and `if c then goto l end` jump out of the condition itself, where the jump is plain.
    fn conditional_jump(&mut self, condition: &'a Expr<'a>, block: &Block) -> bool {
        let [stat] = block.stats else {
            return false;
        };
        match stat.kind {
            StatKind::Break if self.break_is_plain() => {
                let jumps = self.jumps_if_true(condition);
                self.add_break(jumps);
            }
            StatKind::Goto(label) if self.goto_is_plain(label) => {
                let jumps = self.jumps_if_true(condition);
                self.add_goto(label, jumps);
            }
            _ => return false,
        }
        self.line = block.end_line;
        true
    }

    /// Emits a condition; gives the jumps taken when it is true, none of which carries a value.
    pub(super) fn jumps_if_true(&mut self, condition: &'a Expr<'a>) -> JumpList {
        let mut e = self.expression(condition);
        self.go_if_false(&mut e);
        e.if_true
    }

    fn return_statement(&mut self, values: &'a [Expr<'a>]) {
        let first = self.f.active_registers;
        let mut last = self.expression_list(values);
        match values.len() {
            0 => self.return_nothing(),
            1 if self.is_tail_call(&last) => self.tail_call(&last),
            _ if last.is_multi() => {
                self.set_all_results(&last);
                self.return_values(first, 0);
            }
            1 => {
                let register = self.put_in_any_register(&mut last);
                self.return_one(register);
            }
            count => {
                self.put_in_next_register(&mut last);
                self.return_values(first, count as u32 + 1);
            }
        }
    }

    fn is_tail_call(&self, e: &ExprDesc) -> bool {
        matches!(e.value, Value::Call { .. }) && !self.inside_to_be_closed()
    }

    fn tail_call(&mut self, call: &ExprDesc) {
        if let Value::Call { pc, .. } = call.value {
            let insn = with_opcode(self.insn(pc), Opcode::TailCall);
            let close = u16::from(self.needs_close());
            self.set_insn(pc, with_c(insn, close));
        }
    }

    pub(super) fn return_nothing(&mut self) {
        if self.needs_close() {
            self.op(Opcode::Return, 0, 1, 1);
        } else {
            self.op(Opcode::Return0, 0, 0, 0);
        }
    }

    fn return_one(&mut self, register: Register) {
        if self.needs_close() {
            self.op(Opcode::Return, register, 2, 1);
        } else {
            self.op(Opcode::Return1, register, 0, 0);
        }
    }

    fn return_values(&mut self, first: Register, count_operand: u32) {
        let close = u32::from(self.needs_close());
        self.op(Opcode::Return, first, count_operand, close);
    }
}
