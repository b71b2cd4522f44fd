//! Instructions that leave as many values as there are, for the next one to take: `f(g(x))`, `return g(x)`, `{g(x)}`.
//!
//! Where it is known how many there are, they are values like any other, and what takes them has a fixed number of operands.
//! Frame states before that instruction say where its operands end ([`TOP`]), and so does [`Op::StoreTop`] where it is run as
//! the tier below runs it.

use interlune_core::bytecode::{Insn, Opcode, Proto};
use interlune_core::runtime::InlinedCall;

use super::Builder;
use crate::flow::Flow;
use crate::ir::{Op, Scope, TOP, Value};

/// The values that an instruction has left for the one behind it.
#[derive(Clone, Copy)]
pub(super) struct OpenValues {
    scope: Scope,
    /// The instruction that takes them.
    taken_at: usize,
    /// The register behind the last.
    end: usize,
    /// That as a value.
    value: Value,
}

impl Builder<'_> {
    /// What the instruction at hand takes from the one before it, if that is known.
    fn open_values(&self) -> Option<OpenValues> {
        self.open.filter(|open| open.scope == self.scope && open.taken_at == self.pc)
    }

    /// The values in registers from `first` on are left for the next instruction.
    pub(super) fn leave_open(&mut self, first: usize, count: usize) {
        let end = first + count;
        let value = self.int_constant(end as i64);
        self.open = Some(OpenValues { scope: self.scope, taken_at: self.pc + 1, end, value });
        self.state = None;
    }

    /// The entry of a frame state before the instruction at hand for what it takes.
    pub(super) fn top_of_state(&self, pc: usize) -> Option<(u8, Value)> {
        self.open_values().filter(|_| pc == self.pc).map(|open| (TOP, open.value))
    }

    /// The entries of that for values that lie beyond the function's registers.
    pub(super) fn open_beyond(&self, pc: usize) -> Vec<(u8, Value)> {
        let Some(open) = self.open_values().filter(|_| pc == self.pc) else { return Vec::new() };
        let own = usize::from(self.body.input.proto.max_stack);
        let beyond = (own..open.end).filter_map(|register| {
            let value = self.registers.slot(register).value?;
            Some((register as u8, value))
        });
        beyond.collect()
    }

    /// Tells an instruction that is run on the Lua stack of what it takes, and forgets of it.
    pub(super) fn store_top(&mut self) {
        if let Some(open) = self.open_values() {
            self.emit_effect(Op::StoreTop, vec![], open.end as i64);
        }
        self.open = None;
    }

    /// Values from register `first` on with `operand` as their number plus one, 0 for those that are left open.
    pub(super) fn value_count(&self, first: usize, operand: usize) -> Option<usize> {
        match operand {
            // There may be fewer of them than the registers before them.
            0 => self.open_values().and_then(|open| open.end.checked_sub(first)),
            _ => Some(operand - 1),
        }
    }

    /// Arguments of the call at hand, if their number is known.
    pub(super) fn argument_count(&self) -> Option<usize> {
        let i = self.body.insn(self.pc);
        self.value_count(i.a() + 1, i.b())
    }
}

/// Results that a call instruction wants, [`InlinedCall::ALL`] if they are left open.
pub(super) fn wanted(insn: Insn) -> usize {
    insn.c().checked_sub(1).unwrap_or(usize::from(InlinedCall::ALL))
}

/// Whether a function returns one value wherever it does, if what it leaves that to does.
pub(super) fn may_return_one(proto: &Proto) -> bool {
    let flow = Flow::of(proto);
    let mut is_reached = vec![false; flow.blocks.len()];
    let mut rest = vec![0];
    while let Some(number) = rest.pop() {
        if std::mem::replace(&mut is_reached[number], true) {
            continue;
        }
        let block = &flow.blocks[number];
        let last = proto.code[block.end - 1];
        let is_fine = match last.opcode() {
            Some(Opcode::Return) => last.b() == 2,
            Some(Opcode::Return0) => false,
            _ => true,
        };
        if !is_fine {
            return false;
        }
        let ends =
            matches!(last.opcode(), Some(Opcode::Return | Opcode::Return1 | Opcode::TailCall));
        if !ends {
            rest.extend(&block.successors);
        }
    }
    true
}
