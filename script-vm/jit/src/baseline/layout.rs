//! Where blocks begin and where code can be entered.

use interlune_core::bytecode::{Insn, Opcode, Proto};

/// The shape of a function's code.
#[derive(Debug)]
pub struct Layout {
    /// Instructions at which a block begins.
    pub begins_block: Vec<bool>,
    /// For each instruction the number of its resume point, 0 if it has none. Instruction 0 has 1.
    pub resume_points: Box<[u32]>,
}

impl Layout {
    pub fn of(proto: &Proto) -> Layout {
        let code = &proto.code;
        let mut begins_block = vec![false; code.len() + 1];
        let mut resumes = vec![false; code.len() + 1];
        resumes[0] = true;
        for (pc, insn) in code.iter().enumerate() {
            let Some(opcode) = insn.opcode() else { continue };
            if let Some(target) = jump_target(pc, *insn) {
                begins_block[target] = true;
                // Loop headers are where running loops enter.
                resumes[target] |= target <= pc;
            }
            resumes[pc + 1] |= leaves(opcode);
            if opcode == Opcode::LoadFalseSkip {
                begins_block[pc + 2] = true;
            }
            if is_test(opcode) || opcode == Opcode::ForCall {
                begins_block[pc + 2] = true;
            }
            if matches!(opcode, Opcode::ForPrep | Opcode::ForLoop | Opcode::ForInLoop) {
                begins_block[pc + 1] = true;
            }
        }
        let mut next = 0;
        let resume_points = resumes[..code.len()]
            .iter()
            .enumerate()
            .map(|(pc, &resumes)| {
                begins_block[pc] |= resumes;
                next += u32::from(resumes);
                if resumes { next } else { 0 }
            })
            .collect();
        Layout { begins_block, resume_points }
    }

    /// Instructions with a resume point, in the order of their numbers.
    pub fn resumable(&self) -> impl Iterator<Item = usize> + '_ {
        self.resume_points.iter().enumerate().filter(|(_, point)| **point != 0).map(|(pc, _)| pc)
    }
}

/// The instruction that a jump or loop instruction at `pc` may go to besides the following one.
pub fn jump_target(pc: usize, insn: Insn) -> Option<usize> {
    match insn.opcode()? {
        Opcode::Jump
        | Opcode::JumpBack
        | Opcode::ForPrep
        | Opcode::ForLoop
        | Opcode::ForInPrep
        | Opcode::ForInLoop => Some((pc as i64 + 1 + i64::from(insn.wide_signed())) as usize),
        _ => None,
    }
}

/// Where an instruction that does not branch goes on.
pub fn only_way_on(proto: &Proto, pc: usize) -> usize {
    let insn = proto.code[pc];
    match (insn.opcode(), jump_target(pc, insn)) {
        (Some(Opcode::ForInPrep), Some(target)) => target,
        _ => pc + 1,
    }
}

/// The two ways on of a test, first the one that it takes if its outcome is the expected one, or of a loop instruction,
/// first the one right behind it.
pub fn ways_on(proto: &Proto, pc: usize) -> [usize; 2] {
    let insn = proto.code[pc];
    if insn.opcode().is_some_and(is_test) {
        let taken = jump_target(pc + 1, proto.code[pc + 1]);
        return [taken.unwrap_or(pc + 2), pc + 2];
    }
    [pc + 1, jump_target(pc, insn).unwrap_or(pc + 1)]
}

pub fn is_test(opcode: Opcode) -> bool {
    matches!(
        opcode,
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

/// Whether the instruction often leaves compiled code for a call and goes on behind itself.
fn leaves(opcode: Opcode) -> bool {
    matches!(
        opcode,
        Opcode::Call
            | Opcode::ForCall
            | Opcode::GetField
            | Opcode::GetIndex
            | Opcode::GetMethod
            | Opcode::SetField
            | Opcode::SetIndex
            | Opcode::Concat
            | Opcode::Close
    )
}
