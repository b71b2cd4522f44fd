//! Which registers an instruction reads and writes.

use std::fmt;

use interlune_core::bytecode::{Insn, Opcode, Operand, Proto, UpvalueDesc};

/// A set of registers.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct RegisterSet([u64; 4]);

impl RegisterSet {
    pub const EMPTY: RegisterSet = RegisterSet([0; 4]);

    /// `first .. end`
    pub fn range(first: usize, end: usize) -> RegisterSet {
        let mut set = RegisterSet::EMPTY;
        (first..end).for_each(|register| set.insert(register));
        set
    }

    pub fn insert(&mut self, register: usize) {
        self.0[register / 64] |= 1 << (register % 64);
    }

    pub fn contains(self, register: usize) -> bool {
        self.0[register / 64] & 1 << (register % 64) != 0
    }

    pub fn union(self, other: RegisterSet) -> RegisterSet {
        RegisterSet(std::array::from_fn(|word| self.0[word] | other.0[word]))
    }

    pub fn without(self, other: RegisterSet) -> RegisterSet {
        RegisterSet(std::array::from_fn(|word| self.0[word] & !other.0[word]))
    }

    pub fn is_empty(self) -> bool {
        self.0 == [0; 4]
    }

    /// In ascending order.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        (0..256).filter(move |&register| self.contains(register))
    }
}

impl FromIterator<usize> for RegisterSet {
    fn from_iter<I: IntoIterator<Item = usize>>(registers: I) -> RegisterSet {
        let mut set = RegisterSet::EMPTY;
        registers.into_iter().for_each(|register| set.insert(register));
        set
    }
}

impl fmt::Debug for RegisterSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// What an instruction does with registers.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Accesses {
    pub reads: RegisterSet,
    /// Written on every way out of the instruction on which the register may be read.
    pub writes: RegisterSet,
}

impl Accesses {
    /// Of the instruction `insn` of a function. What reads up to the top reads all registers from its first one on.
    pub fn of(proto: &Proto, insn: Insn) -> Accesses {
        let Some(opcode) = insn.opcode() else { return Accesses::default() };
        let (a, b, c) = (insn.a(), insn.b(), insn.c());
        let limit = usize::from(proto.max_stack);
        let open = |first: usize, count: usize| match count {
            0 => RegisterSet::range(first, limit),
            count => RegisterSet::range(first, first + count - 1),
        };
        let written = |first: usize, count: usize| match count {
            0 => RegisterSet::EMPTY,
            count => RegisterSet::range(first, first + count - 1),
        };
        let from_table = Self::by_operands(opcode, insn);
        let (reads, writes) = match opcode {
            Opcode::LoadNil => (RegisterSet::EMPTY, RegisterSet::range(a, a + b)),
            Opcode::GetMethod => (RegisterSet::range(b, b + 1), RegisterSet::range(a, a + 2)),
            Opcode::SetList => {
                let end = if b != 0 { a + 1 + b } else { limit };
                (RegisterSet::range(a, end), RegisterSet::EMPTY)
            }
            Opcode::Concat => (RegisterSet::range(a, a + b), RegisterSet::range(a, a + 1)),
            // Function and arguments: one more than there are arguments.
            Opcode::Call => (open(a, if b == 0 { 0 } else { b + 1 }), written(a, c)),
            Opcode::TailCall => (open(a, if b == 0 { 0 } else { b + 1 }), RegisterSet::EMPTY),
            Opcode::Return => (open(a, b), RegisterSet::EMPTY),
            // The variable is out of scope where the loop does not run.
            Opcode::ForPrep | Opcode::ForLoop => {
                (RegisterSet::range(a, a + 3), RegisterSet::range(a + 3, a + 4))
            }
            Opcode::ForInPrep => (RegisterSet::range(a, a + 4), RegisterSet::range(a, a + 5)),
            Opcode::ForCall => {
                let reads = RegisterSet::range(a, a + 3).union(RegisterSet::range(a + 4, a + 5));
                (reads, RegisterSet::range(a + 5, a + 5 + c))
            }
            Opcode::ForInLoop => (RegisterSet::range(a + 5, a + 6), RegisterSet::EMPTY),
            Opcode::Vararg => (RegisterSet::EMPTY, written(a, c)),
            // Written on one of the two ways only.
            Opcode::TestSet => (RegisterSet::range(b, b + 1), RegisterSet::EMPTY),
            _ => from_table,
        };
        Accesses { reads, writes }
    }

    fn by_operands(opcode: Opcode, insn: Insn) -> (RegisterSet, RegisterSet) {
        let (mut reads, mut writes) = (RegisterSet::EMPTY, RegisterSet::EMPTY);
        let fields = [insn.a(), insn.b(), insn.c()];
        for (number, operand) in opcode.operands().into_iter().enumerate() {
            match operand {
                Operand::Reg => reads.insert(fields[number]),
                Operand::RegFlip => reads.insert(insn.b_reg()),
                Operand::Dst => writes.insert(fields[number]),
                _ => {}
            }
        }
        (reads, writes)
    }
}

/// Registers that a closure made by the function captures, as far as the upvalue `is_meant`.
pub fn captured(proto: &Proto, is_meant: impl Fn(&UpvalueDesc) -> bool) -> RegisterSet {
    let upvalues = proto.protos.iter().flat_map(|inner| &inner.upvalues);
    let meant = upvalues.filter(|it| it.in_stack && is_meant(it));
    meant.map(|it| usize::from(it.index)).collect()
}
