//! Arithmetic and bitwise instructions.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::F64;
use cranelift_codegen::ir::{Block, InstBuilder, Value};
use interlune_core::bytecode::{Constant, Opcode, Operand as OperandKind};
use interlune_core::interp::seen;
use interlune_core::plant::{self, Bug};
use interlune_core::runtime;
use interlune_core::value::tag;

use super::emitter::{Emitter, meta_of};

/// An operand of an arithmetic instruction.
#[derive(Clone, Copy, Debug)]
enum Operand {
    Register(usize),
    Int(i64),
    Float(f64),
}

/// What a path takes its operands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Int,
    Float,
}

/// The operation behind an opcode, whatever its operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Operation {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    FloorDiv,
}

impl Operation {
    fn of(opcode: Opcode) -> Operation {
        match opcode {
            Opcode::Add | Opcode::AddImm | Opcode::AddConst => Operation::Add,
            Opcode::Sub | Opcode::SubImm | Opcode::SubConst => Operation::Sub,
            Opcode::Mul | Opcode::MulConst => Operation::Mul,
            Opcode::Div | Opcode::DivConst => Operation::Div,
            Opcode::Mod | Opcode::ModConst => Operation::Mod,
            _ => Operation::FloorDiv,
        }
    }
}

impl Emitter<'_> {
    /// The operands in the order of the source, and the kind of the second in the instruction.
    fn operands(&self, opcode: Opcode) -> [Operand; 2] {
        let i = self.insn();
        let first = Operand::Register(i.b_reg());
        let second = match opcode.operands()[2] {
            OperandKind::Imm => Operand::Int(i.c_signed()),
            OperandKind::ConstNum => match self.input.proto.constants[i.c()] {
                Constant::Integer(value) => Operand::Int(value),
                Constant::Float(value) => Operand::Float(value),
                _ => Operand::Register(i.b_reg()),
            },
            _ => Operand::Register(i.c()),
        };
        if i.is_flipped() { [second, first] } else { [first, second] }
    }

    /// The combinations of kinds to emit paths for, from what the instruction has seen.
    fn combinations(&self, operands: [Operand; 2]) -> Vec<[Kind; 2]> {
        let found = self.feedback(0);
        // Never run: it may yet be.
        let found = if found == 0 { seen::INT | seen::FLOAT } else { found };
        let immediate = matches!(operands, [_, Operand::Int(_)] | [Operand::Int(_), _]);
        let mut kinds = Vec::new();
        if found & seen::INT != 0 {
            kinds.push([Kind::Int, Kind::Int]);
        }
        if found & seen::FLOAT != 0 && !immediate {
            kinds.push([Kind::Float, Kind::Float]);
        }
        if found & seen::MIXED != 0 || (found & seen::FLOAT != 0 && immediate) {
            kinds.push([Kind::Int, Kind::Float]);
            kinds.push([Kind::Float, Kind::Int]);
        }
        let fits = |operand: Operand, kind: Kind| match operand {
            Operand::Register(_) => true,
            Operand::Int(_) => kind == Kind::Int,
            Operand::Float(_) => kind == Kind::Float,
        };
        kinds.retain(|&[x, y]| fits(operands[0], x) && fits(operands[1], y));
        kinds
    }

    /// Goes to `otherwise` unless the operands are of the kinds.
    fn require_kinds(&mut self, expected: &[(Operand, Kind)], otherwise: Block) {
        let mut tags = Vec::with_capacity(expected.len());
        for &(operand, kind) in expected {
            if let Operand::Register(register) = operand {
                tags.push((register, if kind == Kind::Int { tag::INT } else { tag::FLOAT }));
            }
        }
        // An operation on one register twice.
        tags.dedup();
        self.require_tags(&tags, otherwise);
    }

    fn int_operand(&mut self, operand: Operand) -> Value {
        match operand {
            Operand::Register(register) => self.payload(register),
            Operand::Int(value) => self.int(value),
            Operand::Float(_) => unreachable!("no such combination"),
        }
    }

    /// An operand of a kind as a float.
    fn float_operand(&mut self, operand: Operand, kind: Kind) -> Value {
        match operand {
            Operand::Register(register) if kind == Kind::Float => self.float_payload(register),
            Operand::Register(register) => {
                let value = self.payload(register);
                self.b.ins().fcvt_from_sint(F64, value)
            }
            Operand::Int(value) => self.b.ins().f64const(value as f64),
            Operand::Float(value) => self.b.ins().f64const(value),
        }
    }

    /// Fills `slow`: a metamethod, or what there is no path for.
    fn slow_arithmetic(&mut self, slow: Block, done: Block) {
        self.slow_call(slow, runtime::arithmetic as *const () as usize, done);
    }

    pub(super) fn emit_arithmetic(&mut self, opcode: Opcode) {
        let operation = Operation::of(opcode);
        let operands = self.operands(opcode);
        let kinds = self.combinations(operands);
        let (slow, done) = (self.cold_block(), self.next_block());
        for (index, &[x, y]) in kinds.iter().enumerate() {
            let next = if index + 1 < kinds.len() { self.b.create_block() } else { slow };
            let skipped = plant::is(Bug::JitSkippedGuard) && [x, y] == [Kind::Int, Kind::Int];
            let checked = if skipped { 1 } else { 2 };
            self.require_kinds(&[(operands[0], x), (operands[1], y)][..checked], next);
            self.emit_path(operation, operands, [x, y], slow, done);
            if next != slow {
                self.switch_to(next);
            }
        }
        if kinds.is_empty() {
            self.jump(slow);
        }
        self.slow_arithmetic(slow, done);
    }

    /// Computes with operands of known kinds, writes the result and goes to `done`.
    fn emit_path(
        &mut self,
        operation: Operation,
        operands: [Operand; 2],
        kinds: [Kind; 2],
        slow: Block,
        done: Block,
    ) {
        let [x, y] = operands;
        let both_int = kinds == [Kind::Int, Kind::Int];
        let seen_as = match kinds {
            [Kind::Int, Kind::Int] => seen::INT,
            [Kind::Float, Kind::Float] => seen::FLOAT,
            _ if self.insn().opcode().is_some_and(|op| op.operands()[2] == OperandKind::Imm) => {
                seen::FLOAT
            }
            _ => seen::MIXED,
        };
        if operation == Operation::Mod && !both_int {
            // The remainder of floats is computed by the runtime.
            return self.jump(slow);
        }
        let target = self.insn().a();
        if both_int && operation != Operation::Div {
            let (a, b) = (self.int_operand(x), self.int_operand(y));
            let result = match operation {
                Operation::Add => self.b.ins().iadd(a, b),
                Operation::Sub => self.b.ins().isub(a, b),
                Operation::Mul => self.b.ins().imul(a, b),
                Operation::Mod | Operation::FloorDiv | Operation::Div => {
                    self.int_division(operation, a, b, y, slow)
                }
            };
            self.note(seen_as);
            self.write_result(target, result, tag::INT, operands);
        } else {
            let (a, b) = (self.float_operand(x, kinds[0]), self.float_operand(y, kinds[1]));
            let result = match operation {
                Operation::Add => self.b.ins().fadd(a, b),
                // As PUC Lua, which adds the negated integer: -0.0 - 0 is 0.0.
                Operation::Sub if let Operand::Int(value) = y => {
                    let negated = self.b.ins().f64const(0.0 - value as f64);
                    self.b.ins().fadd(a, negated)
                }
                Operation::Sub => self.b.ins().fsub(a, b),
                Operation::Mul => self.b.ins().fmul(a, b),
                Operation::Div => self.b.ins().fdiv(a, b),
                Operation::FloorDiv | Operation::Mod => {
                    let quotient = self.b.ins().fdiv(a, b);
                    self.b.ins().floor(quotient)
                }
            };
            self.note(seen_as);
            let same = operation != Operation::Div || kinds.contains(&Kind::Float);
            let unchanged = same.then_some(operands.map(|operand| match operand {
                // An integer operand's register changes its tag.
                Operand::Register(_) if kinds == [Kind::Float, Kind::Float] => operand,
                _ => Operand::Int(0),
            }));
            self.write_result(
                target,
                result,
                tag::FLOAT,
                unchanged.unwrap_or([Operand::Int(0); 2]),
            );
        }
        self.jump(done);
    }

    /// Writes a result; the tag only if the register does not have it already, being an operand.
    fn write_result(&mut self, target: usize, result: Value, tag: u32, operands: [Operand; 2]) {
        let has_tag = operands
            .iter()
            .any(|operand| matches!(operand, Operand::Register(register) if *register == target));
        if has_tag {
            let base = self.base();
            self.store(result, base, target as i32 * super::emitter::SLOT);
        } else {
            self.write(target, result, tag);
        }
    }

    /// Floored division or its remainder; divisors 0 and -1 (which overflows) go to `slow`.
    fn int_division(
        &mut self,
        operation: Operation,
        a: Value,
        b: Value,
        divisor: Operand,
        slow: Block,
    ) -> Value {
        if !matches!(divisor, Operand::Int(value) if value != 0 && value != -1) {
            // b + 1 is 0 or 1 for the two.
            let shifted = self.b.ins().iadd_imm_s(b, 1);
            let fine = self.b.ins().icmp_imm_s(IntCC::UnsignedGreaterThan, shifted, 1);
            self.require(fine, slow);
        }
        let remainder = self.b.ins().srem(a, b);
        let signs = self.b.ins().bxor(remainder, b);
        let opposed = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, signs, 0);
        let inexact = self.b.ins().icmp_imm_s(IntCC::NotEqual, remainder, 0);
        let adjust = self.b.ins().band(opposed, inexact);
        if operation == Operation::Mod {
            let raised = self.b.ins().iadd(remainder, b);
            self.b.ins().select(adjust, raised, remainder)
        } else {
            let quotient = self.b.ins().sdiv(a, b);
            if plant::is(Bug::JitWrongDivision) {
                return quotient;
            }
            let lowered = self.b.ins().iadd_imm_s(quotient, -1);
            self.b.ins().select(adjust, lowered, quotient)
        }
    }

    pub(super) fn emit_bitwise(&mut self, opcode: Opcode) {
        let i = self.insn();
        let (slow, done) = (self.cold_block(), self.next_block());
        let operands = self.operands(opcode);
        let is_unary = opcode == Opcode::BitNot;
        let operands_used = &operands[..if is_unary { 1 } else { 2 }];
        if operands_used.iter().any(|operand| matches!(operand, Operand::Float(_))) {
            self.jump(slow);
            return self.slow_arithmetic(slow, done);
        }
        let checks: Vec<_> = operands_used.iter().map(|&operand| (operand, Kind::Int)).collect();
        self.require_kinds(&checks, slow);
        let x = self.int_operand(operands[0]);
        let result = match opcode {
            Opcode::BitNot => self.b.ins().bnot(x),
            Opcode::ShiftLeft | Opcode::ShiftLeftImm => self.shift(x, operands[1], true, slow),
            Opcode::ShiftRight | Opcode::ShiftRightImm => self.shift(x, operands[1], false, slow),
            _ => {
                let y = self.int_operand(operands[1]);
                match opcode {
                    Opcode::BitAnd | Opcode::BitAndConst => self.b.ins().band(x, y),
                    Opcode::BitOr | Opcode::BitOrConst => self.b.ins().bor(x, y),
                    _ => self.b.ins().bxor(x, y),
                }
            }
        };
        self.note(seen::INT);
        self.write(i.a(), result, tag::INT);
        self.jump(done);
        self.slow_arithmetic(slow, done);
    }

    /// A logical shift; distances of 64 and more, and negative ones, go to `slow` if they are not constant.
    fn shift(&mut self, x: Value, distance: Operand, left: bool, slow: Block) -> Value {
        if let Operand::Int(distance) = distance {
            let left = left == (distance >= 0);
            return match distance.unsigned_abs() {
                64.. => self.int(0),
                bits if left => self.b.ins().ishl_imm_s(x, bits as i64),
                bits => self.b.ins().ushr_imm_s(x, bits as i64),
            };
        }
        let distance = self.int_operand(distance);
        if !plant::is(Bug::JitWrongShift) {
            let fits = self.b.ins().icmp_imm_s(IntCC::UnsignedLessThan, distance, 64);
            self.require(fits, slow);
        }
        if left { self.b.ins().ishl(x, distance) } else { self.b.ins().ushr(x, distance) }
    }

    pub(super) fn emit_negate(&mut self) {
        let i = self.insn();
        let found = self.feedback(0);
        let found = if found == 0 { seen::INT | seen::FLOAT } else { found };
        let (slow, done) = (self.cold_block(), self.next_block());
        if found & seen::INT != 0 {
            let next = if found & seen::FLOAT != 0 { self.b.create_block() } else { slow };
            self.require_tags(&[(i.b(), tag::INT)], next);
            let value = self.payload(i.b());
            let negated = self.b.ins().ineg(value);
            self.note(seen::INT);
            self.write(i.a(), negated, tag::INT);
            self.jump(done);
            if next != slow {
                self.switch_to(next);
            }
        }
        if found & seen::FLOAT != 0 {
            self.require_tags(&[(i.b(), tag::FLOAT)], slow);
            let value = self.float_payload(i.b());
            let negated = self.b.ins().fneg(value);
            self.note(seen::FLOAT);
            self.write(i.a(), negated, tag::FLOAT);
            self.jump(done);
        }
        if found & (seen::INT | seen::FLOAT) == 0 {
            self.jump(slow);
        }
        self.slow_arithmetic(slow, done);
    }

    pub(super) fn emit_not(&mut self) {
        let i = self.insn();
        let tag = self.tag(i.b());
        let truthy =
            self.b.ins().icmp_imm_s(IntCC::UnsignedGreaterThan, tag, i64::from(tag::FALSE));
        let (yes, no) = (self.int(meta_of(tag::FALSE)), self.int(meta_of(tag::TRUE)));
        let meta = self.b.ins().select(truthy, yes, no);
        let zero = self.int(0);
        self.write_words(i.a(), zero, meta);
    }
}
