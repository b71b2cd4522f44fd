//! What the optimizing tier has to know of bytecode before it builds SSA form from it: blocks, loops, and which registers
//! live where.

mod liveness;
mod registers;

use interlune_core::bytecode::{Insn, Opcode, Proto};

pub use liveness::Liveness;
pub use registers::{Accesses, RegisterSet, captured};

/// Instructions that run one after the other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block {
    pub first: usize,
    /// Behind the last instruction that belongs to it. A test includes the jump behind it.
    pub end: usize,
    /// By number. Of a test: first where it goes if its outcome is the expected one. Of a loop instruction: first where the
    /// loop goes on behind itself.
    pub successors: Vec<usize>,
}

/// A loop: all instructions from its header up to the last jump back to that.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Loop {
    pub header: usize,
    /// Behind its last instruction.
    pub end: usize,
    /// Loops that this one is in.
    pub depth: u32,
    /// No other loop is in it.
    pub is_innermost: bool,
}

/// The shape of a function's bytecode.
#[derive(Clone, Debug)]
pub struct Flow {
    /// In the order of their instructions; the first one begins at 0.
    pub blocks: Vec<Block>,
    /// The block that each instruction is in.
    pub block_of: Vec<usize>,
    /// By header; outer loops before those in them.
    pub loops: Vec<Loop>,
}

impl Flow {
    pub fn of(proto: &Proto) -> Flow {
        let code = &proto.code;
        let mut begins = vec![false; code.len() + 1];
        begins[0] = true;
        for pc in 0..code.len() {
            if let Some(next) = successors(code, pc) {
                begins[pc + width(code, pc)] = true;
                next.iter().for_each(|&to| begins[to] = true);
            }
        }
        let firsts: Vec<_> = (0..code.len()).filter(|&pc| begins[pc]).collect();
        let mut block_of = vec![0; code.len()];
        let mut number = 0;
        for pc in 1..code.len() {
            number += usize::from(begins[pc]);
            block_of[pc] = number;
        }
        let end_of = |number: usize| firsts.get(number + 1).copied().unwrap_or(code.len());
        let blocks = firsts.iter().enumerate().map(|(number, &first)| {
            let end = end_of(number);
            let last = if end - first > 1 && is_test(code[end - 2]) { end - 2 } else { end - 1 };
            let next = successors(code, last).unwrap_or_else(|| vec![end]);
            Block { first, end, successors: next.iter().map(|&pc| block_of[pc]).collect() }
        });
        Flow { blocks: blocks.collect(), loops: loops(code), block_of }
    }

    /// The innermost loop that an instruction is in.
    pub fn loop_of(&self, pc: usize) -> Option<&Loop> {
        let around = self.loops.iter().filter(|it| (it.header..it.end).contains(&pc));
        around.max_by_key(|it| it.depth)
    }
}

fn is_test(insn: Insn) -> bool {
    insn.opcode().is_some_and(crate::baseline::is_test)
}

/// Instructions that the one at `pc` takes: a test has the jump behind it.
fn width(code: &[Insn], pc: usize) -> usize {
    if is_test(code[pc]) { 2 } else { 1 }
}

/// Where the instruction at `pc` may go on, if that is not just behind it.
fn successors(code: &[Insn], pc: usize) -> Option<Vec<usize>> {
    let opcode = code[pc].opcode()?;
    if crate::baseline::is_test(opcode) {
        let taken = crate::baseline::jump_target(pc + 1, code[pc + 1])?;
        return Some(vec![taken, pc + 2]);
    }
    let target = crate::baseline::jump_target(pc, code[pc]);
    match (opcode, target) {
        (Opcode::Jump | Opcode::JumpBack | Opcode::ForInPrep, Some(target)) => Some(vec![target]),
        (Opcode::ForPrep | Opcode::ForLoop | Opcode::ForInLoop, Some(target)) => {
            Some(vec![pc + 1, target])
        }
        (Opcode::LoadFalseSkip, _) => Some(vec![pc + 2]),
        (Opcode::Return | Opcode::Return0 | Opcode::Return1 | Opcode::TailCall, _) => Some(vec![]),
        _ => None,
    }
}

/// Jumps back only go to headers, and source nests: so ranges of instructions are loops.
fn loops(code: &[Insn]) -> Vec<Loop> {
    let mut ends = std::collections::BTreeMap::new();
    for (pc, insn) in code.iter().enumerate() {
        if let Some(header) = crate::baseline::jump_target(pc, *insn).filter(|&to| to <= pc) {
            let end = ends.entry(header).or_insert(pc + 1);
            *end = (pc + 1).max(*end);
        }
    }
    let ranges: Vec<(usize, usize)> = ends.into_iter().collect();
    let contains = |outer: (usize, usize), inner: (usize, usize)| {
        outer != inner && outer.0 <= inner.0 && inner.1 <= outer.1
    };
    ranges
        .iter()
        .map(|&range| Loop {
            header: range.0,
            end: range.1,
            depth: ranges.iter().filter(|&&outer| contains(outer, range)).count() as u32,
            is_innermost: !ranges.iter().any(|&inner| contains(range, inner)),
        })
        .collect()
}

#[cfg(test)]
mod tests;
