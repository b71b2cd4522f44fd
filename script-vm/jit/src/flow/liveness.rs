//! Which registers hold a value that may yet be read.

use interlune_core::bytecode::{Opcode, Proto};

use super::registers::{Accesses, RegisterSet};
use super::{Block, Flow};

/// Live registers of a function.
#[derive(Clone, Debug)]
pub struct Liveness {
    /// Before each instruction.
    before: Vec<RegisterSet>,
}

impl Liveness {
    /// By going backwards until nothing changes.
    pub fn of(proto: &Proto, flow: &Flow) -> Liveness {
        let mut before = vec![RegisterSet::EMPTY; proto.code.len()];
        let mut changed = true;
        while changed {
            changed = false;
            for block in flow.blocks.iter().rev() {
                let taken = written_if_taken(proto, block);
                let mut live = RegisterSet::EMPTY;
                for (number, &next) in block.successors.iter().enumerate() {
                    let written = if number == 0 { taken } else { RegisterSet::EMPTY };
                    live = live.union(before[flow.blocks[next].first].without(written));
                }
                for pc in (block.first..block.end).rev() {
                    let Accesses { reads, writes } = Accesses::of(proto, proto.code[pc]);
                    live = live.without(writes).union(reads);
                    changed |= before[pc] != live;
                    before[pc] = live;
                }
            }
        }
        Liveness { before }
    }

    /// Registers that are read at `pc` or later, before they are written.
    pub fn before(&self, pc: usize) -> RegisterSet {
        self.before[pc]
    }
}

/// What the test at a block's end writes on the way to its first successor only.
pub(super) fn written_if_taken(proto: &Proto, block: &Block) -> RegisterSet {
    let test = proto.code[block.first..block.end].iter().rev().nth(1);
    let test_set = test.filter(|insn| insn.opcode() == Some(Opcode::TestSet));
    test_set.map_or(RegisterSet::EMPTY, |insn| RegisterSet::range(insn.a(), insn.a() + 1))
}
