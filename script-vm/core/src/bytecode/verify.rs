//! Checks that a proto can be run and compiled without further checks.
//!
//! A proto that passes keeps these promises, for any values its registers may hold:
//!
//! - Every operand is in range: registers (those implied by an instruction as well) below `max_stack`, constants
//!   present and of the kind the instruction takes, upvalues, nested functions and strings present ([`ranges`]).
//! - Control stays inside the code, tests are followed by their jump, open counts by their producer, the two halves
//!   of a generic loop by each other; `vararg_prep` runs once, first, in vararg functions only (this file).
//! - A loop is entered only through its preparation, and nothing else inside it writes or captures its hidden
//!   registers ([`loops`]).
//! - A frame is not left, and a loop not set up, over an open upvalue or a pending to-be-closed variable that the
//!   instruction does not close ([`flow`]).
//! - Feedback cells: below `feedback_cells`, and no two instructions share any but those that their kind shares
//!   ([`FeedbackKind::shared`]).
//!
//! What it does not promise: that a register was written before it is read (frames begin with nil in all of them), or
//! that the debug library has left a loop's hidden variables alone.

mod flow;
mod loops;
mod ranges;

#[cfg(test)]
mod tests;

use thiserror::Error;

use super::insn::Insn;
use super::opcode::{FeedbackKind, Opcode, Operand, SHARED_CELLS};
use super::proto::Proto;

/// A frame has fewer registers than this (the limit of PUC Lua). Frame states of the optimizing tier rely on it.
pub const MAX_REGISTERS: u32 = 255;

/// The most feedback cells that instructions can reach.
const MAX_CELLS: u32 = 1 << 16;

/// What is wrong with a proto.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("function at line {line_defined}, instruction {pc}: {reason}")]
pub struct VerifyError {
    /// The line of the function that is wrong.
    pub line_defined: u32,
    /// The instruction that is wrong; 0 if it is something else.
    pub pc: usize,
    pub reason: &'static str,
}

/// The result of a check of one instruction or one function.
type Check = Result<(), &'static str>;

fn require(condition: bool, reason: &'static str) -> Check {
    if condition { Ok(()) } else { Err(reason) }
}

/// Verifies a function and all functions inside it.
///
/// # Errors
///
/// The first promise (see the module's documentation) that is not kept.
pub fn verify(proto: &Proto) -> Result<(), VerifyError> {
    verify_one(proto)?;
    proto.protos.iter().try_for_each(|nested| verify(nested))
}

/// Verifies a function without those inside it.
fn verify_one(proto: &Proto) -> Result<(), VerifyError> {
    let line_defined = proto.line_defined;
    let error = |pc: usize, reason: &'static str| VerifyError { line_defined, pc, reason };
    check_frame(proto).map_err(|reason| error(0, reason))?;
    ranges::check_tables(proto).map_err(|reason| error(0, reason))?;
    for pc in 0..proto.code.len() {
        ranges::check_instruction(proto, pc).map_err(|reason| error(pc, reason))?;
        check_place(proto, pc).map_err(|reason| error(pc, reason))?;
    }
    let targets = jump_targets(proto);
    let mut used_cells = vec![false; proto.feedback_cells as usize];
    for pc in 0..proto.code.len() {
        check_open_counts(proto, pc, &targets).map_err(|reason| error(pc, reason))?;
        check_feedback(proto, pc, &mut used_cells).map_err(|reason| error(pc, reason))?;
    }
    loops::check(proto).map_err(|(pc, reason)| error(pc, reason))?;
    flow::check(proto).map_err(|(pc, reason)| error(pc, reason))
}

/// What concerns the function as a whole.
fn check_frame(proto: &Proto) -> Check {
    require(i32::try_from(proto.code.len()).is_ok(), "code too long")?;
    require(proto.lines.len() == proto.code.len(), "lines do not match code")?;
    require(proto.param_count <= proto.max_stack, "more parameters than registers")?;
    require(u32::from(proto.max_stack) < MAX_REGISTERS, "too many registers")?;
    require(proto.feedback_cells <= MAX_CELLS, "too many feedback cells")?;
    let last = proto.code.last().and_then(|insn| insn.opcode());
    let ends = matches!(
        last,
        Some(
            Opcode::Return
                | Opcode::Return0
                | Opcode::Return1
                | Opcode::TailCall
                | Opcode::JumpBack
        )
    );
    require(ends, "code does not end with a return or a backward jump")?;
    let begins_vararg = opcode(proto, 0) == Some(Opcode::VarargPrep);
    require(begins_vararg == proto.is_vararg, "vararg_prep and is_vararg disagree")
}

/// The opcode at a place.
fn opcode(proto: &Proto, pc: usize) -> Option<Opcode> {
    proto.code.get(pc).and_then(|insn| insn.opcode())
}

/// Where the wide operand of a jump leads; meaningless unless the instruction has one.
fn target(pc: usize, insn: Insn) -> i64 {
    pc as i64 + 1 + i64::from(insn.wide_signed())
}

/// Whether the instruction has a jump distance.
fn is_jump(op: Opcode) -> bool {
    op.operands()[2] == Operand::Jump
}

/// Whether the instruction may skip the one behind it.
fn may_skip(op: Opcode) -> bool {
    is_test(op) || op == Opcode::LoadFalseSkip
}

fn is_test(op: Opcode) -> bool {
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

fn is_return(op: Opcode) -> bool {
    matches!(op, Opcode::Return | Opcode::Return0 | Opcode::Return1 | Opcode::TailCall)
}

/// Whether control never goes on to the following instruction.
fn leaves(op: Opcode) -> bool {
    is_return(op) || matches!(op, Opcode::Jump | Opcode::JumpBack | Opcode::ForInPrep)
}

/// What concerns an instruction's place among the others.
fn check_place(proto: &Proto, pc: usize) -> Check {
    let insn = proto.code[pc];
    let Some(op) = insn.opcode() else {
        return Err("no such opcode");
    };
    let next = opcode(proto, pc + 1);
    if is_test(op) {
        require(next == Some(Opcode::Jump), "test without a jump")?;
    }
    if may_skip(op) {
        require(pc + 2 < proto.code.len(), "skips out of the code")?;
    }
    if is_jump(op) {
        check_jump(proto, pc, op, insn)?;
    }
    match op {
        Opcode::VarargPrep => require(pc == 0, "vararg_prep in mid-code"),
        Opcode::Vararg => require(proto.is_vararg, "vararg in a function without"),
        _ => Ok(()),
    }
}

fn check_jump(proto: &Proto, pc: usize, op: Opcode, insn: Insn) -> Check {
    let to = target(pc, insn);
    let first = i64::from(proto.is_vararg);
    let inside = (first..proto.code.len() as i64).contains(&to);
    require(inside, "jump out of the code")?;
    let backward = matches!(op, Opcode::JumpBack | Opcode::ForLoop | Opcode::ForInLoop);
    require((insn.wide_signed() < 0) == backward, "jump in the wrong direction")
}

/// The places that control can come to other than from the instruction before.
fn jump_targets(proto: &Proto) -> Vec<bool> {
    let mut targets = vec![false; proto.code.len()];
    for (pc, insn) in proto.code.iter().enumerate() {
        let Some(op) = insn.opcode() else {
            continue;
        };
        if is_jump(op) {
            targets[target(pc, *insn) as usize] = true;
        }
        if may_skip(op) {
            targets[pc + 2] = true;
        }
    }
    targets
}

/// The first register that an open instruction fills up to the top, for a `call` or `vararg` with an open count.
fn open_producer(insn: Insn) -> Option<usize> {
    match insn.opcode() {
        Some(Opcode::Call | Opcode::Vararg) if insn.c() == 0 => Some(insn.a()),
        _ => None,
    }
}

/// The lowest register at which the values up to the top may begin, for an instruction that takes an open count.
fn open_consumer(insn: Insn) -> Option<usize> {
    match insn.opcode() {
        Some(Opcode::Call | Opcode::TailCall | Opcode::SetList) if insn.b() == 0 => {
            Some(insn.a() + 1)
        }
        Some(Opcode::Return) if insn.b() == 0 => Some(insn.a()),
        _ => None,
    }
}

/// Open counts come in pairs, one behind the other.
fn check_open_counts(proto: &Proto, pc: usize, targets: &[bool]) -> Check {
    let insn = proto.code[pc];
    if open_producer(insn).is_some() {
        let next = proto.code.get(pc + 1).copied();
        require(next.and_then(open_consumer).is_some(), "open results that nothing takes")?;
    }
    let Some(lowest) = open_consumer(insn) else {
        return Ok(());
    };
    let before = pc.checked_sub(1).and_then(|before| open_producer(proto.code[before]));
    require(before.is_some_and(|first| first >= lowest), "open count without open results")?;
    require(!targets[pc], "jump to an open count")
}

/// The feedback cells of an instruction are its own, or those that its kind shares.
fn check_feedback(proto: &Proto, pc: usize, used: &mut [bool]) -> Check {
    let insn = proto.code[pc];
    let Some(op) = insn.opcode() else {
        return Err("no such opcode");
    };
    let kind = op.feedback();
    if kind == FeedbackKind::None {
        return Ok(());
    }
    let first = insn.feedback_cell();
    let Some(cells) = used.get_mut(first..first + kind.cells() as usize) else {
        return Err("feedback cell out of range");
    };
    if first < SHARED_CELLS as usize {
        return require(kind.shared() == Some(first as u32), "feedback cell in the shared ones");
    }
    require(!cells.contains(&true), "feedback cell of two instructions")?;
    cells.fill(true);
    Ok(())
}
