//! Scopes: which locals are alive, what must be closed when a scope is left, and where `break` and `goto` go.
//!
//! A *closer* is a variable that needs [`Opcode::Close`] when its scope is left: a local that some closure captured, a
//! to-be-closed one, or the closing value of a generic loop. The syntax tree tells beforehand which locals are
//! captured, so jumps and returns close exactly when they leave a closer's scope.

use interlune_syntax::ast::{Attribute, LabelId, LocalId};

use crate::bytecode::{LocalVar, Opcode, StringId};

use super::Compiler;
use super::desc::{Pc, Register};
use super::jumps::JumpList;

/// A local variable in scope.
#[derive(Clone, Copy)]
pub(super) struct ActiveLocal {
    pub register: u8,
    /// Index of its debug record.
    var: u32,
}

/// A variable in scope that must be closed.
#[derive(Clone, Copy)]
pub(super) struct Closer {
    /// How many locals were active before it.
    level: u32,
    to_be_closed: bool,
}

/// A loop around the current place.
#[derive(Clone, Copy)]
pub(super) struct LoopScope {
    breaks: JumpList,
    /// How many locals are active outside.
    level: u32,
    /// What stands behind the loop closes all its variables, so that a `break` need not.
    closes_itself: bool,
}

/// A label: where it stands once it is reached, and the jumps that wait for that.
#[derive(Clone, Copy)]
pub(super) struct LabelState {
    pc: Option<Pc>,
    pending: JumpList,
}

impl LabelState {
    pub const PENDING: LabelState = LabelState { pc: None, pending: JumpList::EMPTY };
}

/// The beginning of a scope.
#[derive(Clone, Copy)]
pub(super) struct ScopeMark {
    active: usize,
    closers: usize,
    registers: Register,
}

impl Compiler<'_> {
    pub(super) fn enter_scope(&self) -> ScopeMark {
        ScopeMark {
            active: self.f.active.len(),
            closers: self.f.closers.len(),
            registers: self.f.active_registers,
        }
    }

    /// Whether some variable of the scope must be closed.
    pub(super) fn scope_has_closers(&self, scope: ScopeMark) -> bool {
        self.f.closers.len() > scope.closers
    }

    /// Ends the scope of its locals; `close` asks to close them at this place if some must be.
    pub(super) fn leave_scope(&mut self, scope: ScopeMark, close: bool) {
        let has_closers = self.scope_has_closers(scope);
        self.end_local_vars(scope.active);
        self.f.closers.truncate(scope.closers);
        self.f.active_registers = scope.registers;
        self.f.free_register = scope.registers;
        if close && has_closers {
            self.op(Opcode::Close, scope.registers, 0, 0);
        }
    }

    /// Begins the scope of the locals `first .. first + count`, whose values stand in the next registers.
    pub(super) fn activate(&mut self, first: u32, count: u32) {
        for id in first..first + count {
            self.activate_one(LocalId(id));
        }
    }

    fn activate_one(&mut self, id: LocalId) {
        let local = self.function.locals[id.0 as usize];
        let register = self.f.active_registers as u8;
        let to_be_closed = local.attribute == Attribute::Close;
        if local.captured || to_be_closed {
            self.push_closer(to_be_closed);
        }
        let var = self.begin_local_var(StringId(local.name.0), register);
        self.f.registers[id.0 as usize] = register;
        self.f.active.push(ActiveLocal { register, var });
        self.f.active_registers += 1;
    }

    /// Makes `count` registers that are already reserved hidden variables of a loop. Gives the first debug record.
    pub(super) fn activate_hidden(&mut self, count: u32) -> usize {
        let first_var = self.f.local_vars.len();
        for _ in 0..count {
            let register = self.f.active_registers as u8;
            self.begin_local_var(self.for_state_name, register);
            self.f.active_registers += 1;
        }
        first_var
    }

    /// Ends the scope of `count` hidden variables of a loop.
    pub(super) fn end_hidden(&mut self, first_var: usize, count: usize) {
        let end = self.pc();
        for var in &mut self.f.local_vars[first_var..first_var + count] {
            var.end_pc = end;
        }
    }

    /// Declares that something beyond the locals active now must be closed.
    pub(super) fn push_closer(&mut self, to_be_closed: bool) {
        let level = self.f.active.len() as u32;
        self.f.closers.push(Closer { level, to_be_closed });
    }

    /// Whether a return from here must close something.
    pub(super) fn needs_close(&self) -> bool {
        !self.f.closers.is_empty()
    }

    /// Whether a to-be-closed variable is in scope, so that nothing is a tail call.
    pub(super) fn inside_to_be_closed(&self) -> bool {
        self.f.closers.iter().any(|closer| closer.to_be_closed)
    }

    fn begin_local_var(&mut self, name: StringId, register: u8) -> u32 {
        let start_pc = self.pc();
        self.f.local_vars.push(LocalVar { name, register, start_pc, end_pc: start_pc });
        self.f.local_vars.len() as u32 - 1
    }

    /// Lets the debug record of the newest local begin only here: a local function is not seen before it is there.
    pub(super) fn begin_newest_local_var_here(&mut self) {
        let here = self.pc();
        if let Some(local) = self.f.active.last() {
            self.f.local_vars[local.var as usize].start_pc = here;
        }
    }

    /// Takes all locals beyond the first `level` out of scope.
    pub(super) fn end_local_vars(&mut self, level: usize) {
        let end = self.pc();
        for local in &self.f.active[level..] {
            self.f.local_vars[local.var as usize].end_pc = end;
        }
        self.f.active.truncate(level);
    }

    pub(super) fn enter_loop(&mut self, closes_itself: bool) {
        let level = self.f.active.len() as u32;
        self.f.loops.push(LoopScope { breaks: JumpList::EMPTY, level, closes_itself });
    }

    /// Ends the innermost loop: its `break`s come here.
    pub(super) fn leave_loop(&mut self) {
        if let Some(innermost) = self.f.loops.pop() {
            self.patch_to_here(innermost.breaks);
        }
    }

    /// Whether a jump to a place with `level` active locals leaves the scope of a closer.
    fn leaves_closer(&self, level: u32) -> bool {
        self.f.closers.last().is_some_and(|closer| closer.level >= level)
    }

    /// Closes what a jump to a place with `level` active locals must close.
    fn close_to_level(&mut self, level: u32) {
        if self.leaves_closer(level) {
            let outer = (level as usize).checked_sub(1);
            let register = outer.map_or(0, |last| Register::from(self.f.active[last].register) + 1);
            self.op(Opcode::Close, register, 0, 0);
        }
    }

    /// `break`. The parser has seen to it that there is a loop.
    pub(super) fn break_statement(&mut self) {
        if let Some(innermost) = self.f.loops.last().copied() {
            if !innermost.closes_itself {
                self.close_to_level(innermost.level);
            }
            let jump = self.jump();
            self.add_break(JumpList::single(jump));
        }
    }

    /// Whether a `break` here is nothing but a jump.
    pub(super) fn break_is_plain(&self) -> bool {
        self.f.loops.last().is_some_and(|innermost| {
            innermost.closes_itself || !self.leaves_closer(innermost.level)
        })
    }

    /// Lets pending jumps leave the innermost loop.
    pub(super) fn add_break(&mut self, jumps: JumpList) {
        if let Some(innermost) = self.f.loops.last().copied() {
            let mut breaks = innermost.breaks;
            self.append_jumps(&mut breaks, jumps);
            if let Some(innermost) = self.f.loops.last_mut() {
                innermost.breaks = breaks;
            }
        }
    }

    /// `goto`.
    pub(super) fn goto_statement(&mut self, label: LabelId) {
        self.close_to_level(self.label_level(label));
        match self.f.labels[label.0 as usize].pc {
            Some(target) => self.jump_back(target),
            None => {
                let jump = self.jump();
                self.add_goto(label, JumpList::single(jump));
            }
        }
    }

    fn label_level(&self, label: LabelId) -> u32 {
        self.function.labels[label.0 as usize].active_locals
    }

    /// Whether a `goto` here is nothing but a jump forward.
    pub(super) fn goto_is_plain(&self, label: LabelId) -> bool {
        self.f.labels[label.0 as usize].pc.is_none() && !self.leaves_closer(self.label_level(label))
    }

    /// Lets pending jumps go to a label that has not been reached.
    pub(super) fn add_goto(&mut self, label: LabelId, jumps: JumpList) {
        let mut pending = self.f.labels[label.0 as usize].pending;
        self.append_jumps(&mut pending, jumps);
        self.f.labels[label.0 as usize].pending = pending;
    }

    /// `::label::`
    pub(super) fn label_statement(&mut self, label: LabelId) {
        let here = self.mark_target();
        let pending = self.f.labels[label.0 as usize].pending;
        self.patch_to_here(pending);
        self.f.labels[label.0 as usize] = LabelState { pc: Some(here), pending: JumpList::EMPTY };
    }
}
