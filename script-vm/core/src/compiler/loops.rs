//! `while`, `repeat`, numeric and generic `for`.
//!
//! A `break` goes to behind the loop. What stands there closes the variables of a generic loop, whichever way it is
//! left; in other loops the `break` itself closes what it must.

use interlune_syntax::ast::{Block, Expr, LocalId, NumericRange};

use crate::bytecode::{Insn, Opcode};

use super::Compiler;
use super::desc::Pc;
use super::emit::with_wide;
use super::expr::first_line;
use super::stat::ends_elsewhere;

/// Start, limit and step.
const NUMERIC_HIDDEN: u32 = 3;
/// Iterator, state, control, closing value and cursor.
const GENERIC_HIDDEN: u32 = 5;
/// Values that the iterator expressions give; the cursor belongs to the interpreter.
const GENERIC_VALUES: u32 = 4;
/// Room behind the hidden variables for the call of the iterator.
const ITERATOR_CALL_ROOM: u32 = 3;

impl<'a> Compiler<'a> {
    pub(super) fn while_statement(&mut self, condition: &'a Expr<'a>, body: &'a Block<'a>) {
        let start = self.mark_target();
        let exits = self.condition(condition);
        self.enter_loop(false);
        self.block(body);
        self.jump_back(start);
        self.line = body.end_line;
        self.leave_loop();
        self.patch_to_here(exits);
    }

    /// The condition is inside the scope of the body, so its variables are closed behind it, on either way.
    pub(super) fn repeat_statement(&mut self, body: &'a Block<'a>, condition: &'a Expr<'a>) {
        let start = self.mark_target();
        self.enter_loop(false);
        let scope = self.enter_scope();
        self.statements(body);
        self.line = body.end_line;
        let exits = self.jumps_if_true(condition);
        let close = self.scope_has_closers(scope);
        self.leave_scope(scope, false);
        if close {
            self.op(Opcode::Close, self.f.active_registers, 0, 0);
        }
        self.jump_back(start);
        self.patch_to_here(exits);
        if close {
            self.op(Opcode::Close, self.f.active_registers, 0, 0);
        }
        self.leave_loop();
    }

    pub(super) fn numeric_for(
        &mut self,
        line: u32,
        var: LocalId,
        range: &'a NumericRange<'a>,
        body: &'a Block<'a>,
    ) {
        let outer = self.enter_scope();
        let base = self.f.free_register;
        self.range_values(range);
        let hidden = self.activate_hidden(NUMERIC_HIDDEN);
        self.enter_loop(false);
        let prep = self.op_wide(Opcode::ForPrep, base, 0);
        self.loop_body(var.0, 1, body);
        let end = self.op_wide(Opcode::ForLoop, base, 0);
        self.set_line(line);
        self.set_distance(prep, end + 1);
        self.set_distance(end, prep + 1);
        self.line = body.end_line;
        self.end_hidden(hidden, NUMERIC_HIDDEN as usize);
        self.leave_scope(outer, false);
        self.mark_target();
        self.leave_loop();
    }

    fn range_values(&mut self, range: &'a NumericRange<'a>) {
        let mut start = self.expression(&range.start);
        self.put_in_next_register(&mut start);
        let mut limit = self.expression(&range.limit);
        self.put_in_next_register(&mut limit);
        match &range.step {
            Some(step) => {
                let mut step = self.expression(step);
                self.put_in_next_register(&mut step);
            }
            None => {
                let register = self.reserve(1);
                self.load_integer(register, 1);
            }
        }
    }

    pub(super) fn generic_for(
        &mut self,
        first: LocalId,
        count: u32,
        values: &'a [Expr<'a>],
        body: &'a Block<'a>,
    ) {
        let outer = self.enter_scope();
        let base = self.f.free_register;
        let line = values.first().map_or(self.line, first_line);
        let mut last = self.expression_list(values);
        self.adjust_list(GENERIC_VALUES, values.len() as u32, &mut last);
        self.reserve(GENERIC_HIDDEN - GENERIC_VALUES);
        self.enter_loop(true);
        let hidden = self.activate_hidden(GENERIC_HIDDEN);
        self.push_closer(true);
        self.check_stack(ITERATOR_CALL_ROOM);
        let prep = self.op_wide(Opcode::ForInPrep, base, 0);
        self.loop_body(first.0, count, body);
        let call = self.mark_target();
        self.set_distance(prep, call);
        self.op(Opcode::ForCall, base, 0, count);
        self.set_line(line);
        let end = self.op_wide(Opcode::ForInLoop, base, 0);
        self.set_line(line);
        self.set_distance(end, prep + 1);
        self.line = body.end_line;
        self.leave_loop();
        self.end_hidden(hidden, GENERIC_HIDDEN as usize);
        self.leave_scope(outer, true);
    }

    /// The body of a `for` loop, with its variables in the registers behind the hidden ones.
    fn loop_body(&mut self, first: u32, count: u32, body: &'a Block<'a>) {
        let scope = self.enter_scope();
        self.mark_target();
        self.reserve(count);
        self.activate(first, count);
        self.statements(body);
        self.leave_scope(scope, !ends_elsewhere(body));
    }

    fn set_distance(&mut self, pc: Pc, target: Pc) {
        let insn: Insn = self.insn(pc);
        let distance = target as i32 - (pc as i32 + 1);
        self.set_insn(pc, with_wide(insn, distance));
    }
}
