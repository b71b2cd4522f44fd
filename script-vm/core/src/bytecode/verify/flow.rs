//! Open upvalues and pending to-be-closed variables along every path through the code.
//!
//! A forward analysis: which registers may, at this place, be captured by a closure or be marked as to be closed. A
//! frame must not be left over one of them without closing, or it would be referred to after it is gone; nor may a
//! loop take it for its hidden registers.

use super::super::insn::Insn;
use super::super::opcode::Opcode;
use super::super::proto::Proto;
use super::{is_jump, is_return, leaves, may_skip, target};

/// What is wrong, and where.
type Check = Result<(), (usize, &'static str)>;

/// A set of registers.
#[derive(Clone, Copy, PartialEq, Default)]
struct Registers([u64; 4]);

impl Registers {
    fn insert(&mut self, register: usize) {
        self.0[register / 64] |= 1 << (register % 64);
    }

    fn is_empty(self) -> bool {
        self.0 == [0; 4]
    }

    fn union(self, other: Registers) -> Registers {
        Registers(std::array::from_fn(|i| self.0[i] | other.0[i]))
    }

    /// Those from `first` on.
    fn from(self, first: usize) -> Registers {
        Registers(std::array::from_fn(|i| {
            let below = first.saturating_sub(i * 64);
            if below >= 64 { 0 } else { self.0[i] & (!0 << below) }
        }))
    }

    /// Those below `end`.
    fn below(self, end: usize) -> Registers {
        let above = self.from(end);
        Registers(std::array::from_fn(|i| self.0[i] & !above.0[i]))
    }
}

/// What may be open before an instruction.
#[derive(Clone, Copy, PartialEq, Default)]
struct State {
    captured: Registers,
    to_be_closed: Registers,
}

impl State {
    fn union(self, other: State) -> State {
        State {
            captured: self.captured.union(other.captured),
            to_be_closed: self.to_be_closed.union(other.to_be_closed),
        }
    }

    fn below(self, end: usize) -> State {
        State { captured: self.captured.below(end), to_be_closed: self.to_be_closed.below(end) }
    }

    fn is_empty(self) -> bool {
        self == State::default()
    }
}

pub(super) fn check(proto: &Proto) -> Check {
    if !opens_anything(proto) {
        return Ok(());
    }
    // The state before each instruction; nothing where control has not been seen to come.
    let mut before: Vec<Option<State>> = vec![None; proto.code.len()];
    before[0] = Some(State::default());
    let mut changed = true;
    while changed {
        changed = false;
        for pc in 0..proto.code.len() {
            if let Some(state) = before[pc] {
                let after = step(proto, pc, state).map_err(|reason| (pc, reason))?;
                changed |= spread(proto, pc, after, &mut before);
            }
        }
    }
    Ok(())
}

fn opens_anything(proto: &Proto) -> bool {
    let marks = |insn: &Insn| matches!(insn.opcode(), Some(Opcode::MarkClose | Opcode::ForInPrep));
    let mut captured = proto.protos.iter().flat_map(|nested| &nested.upvalues);
    captured.any(|upvalue| upvalue.in_stack) || proto.code.iter().any(marks)
}

/// The state after an instruction; refuses what must not happen in the state before it.
fn step(proto: &Proto, pc: usize, state: State) -> Result<State, &'static str> {
    let insn = proto.code[pc];
    let a = insn.a();
    let mut after = state;
    match insn.opcode() {
        Some(Opcode::Closure) => capture(proto, insn, &mut after),
        Some(Opcode::MarkClose) => mark(&mut after, a)?,
        Some(Opcode::ForPrep) => check_hidden(state, a)?,
        Some(Opcode::ForInPrep) => {
            check_hidden(state, a)?;
            mark(&mut after, a + 3)?;
        }
        Some(Opcode::Close) => after = state.below(a),
        Some(op) if is_return(op) => check_return(op, insn, state)?,
        _ => {}
    }
    Ok(after)
}

fn capture(proto: &Proto, closure: Insn, state: &mut State) {
    let nested = &proto.protos[closure.wide_unsigned() as usize];
    for upvalue in nested.upvalues.iter().filter(|upvalue| upvalue.in_stack) {
        state.captured.insert(usize::from(upvalue.index));
    }
}

/// To-be-closed variables are marked in the order of their registers.
fn mark(state: &mut State, register: usize) -> Result<(), &'static str> {
    if !state.to_be_closed.from(register).is_empty() {
        return Err("to-be-closed variables out of order");
    }
    state.to_be_closed.insert(register);
    Ok(())
}

fn check_hidden(state: State, base: usize) -> Result<(), &'static str> {
    let open = state.captured.union(state.to_be_closed).from(base);
    if open.is_empty() { Ok(()) } else { Err("loop over an open variable") }
}

fn check_return(op: Opcode, insn: Insn, state: State) -> Result<(), &'static str> {
    let closes = match op {
        Opcode::Return => insn.c() == 1,
        Opcode::TailCall if !state.to_be_closed.is_empty() => {
            return Err("tail call over a to-be-closed variable");
        }
        Opcode::TailCall => insn.c() == 1,
        _ => false,
    };
    if closes || state.is_empty() { Ok(()) } else { Err("return over an open variable") }
}

/// Adds a state to what is known of the following instructions. Whether that was news to one that the current pass
/// does not come to any more.
fn spread(proto: &Proto, pc: usize, state: State, before: &mut [Option<State>]) -> bool {
    let insn = proto.code[pc];
    let Some(op) = insn.opcode() else {
        return false;
    };
    let mut news = false;
    let mut flow_to = |to: usize| {
        let joined = before[to].map_or(state, |known| known.union(state));
        if before[to] != Some(joined) {
            before[to] = Some(joined);
            news |= to <= pc;
        }
    };
    if is_jump(op) {
        flow_to(target(pc, insn) as usize);
    }
    if may_skip(op) {
        flow_to(pc + 2);
    }
    let goes_on = !leaves(op) && op != Opcode::LoadFalseSkip;
    if goes_on {
        flow_to(pc + 1);
    }
    news
}
