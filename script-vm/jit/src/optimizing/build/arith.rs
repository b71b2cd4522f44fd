//! Arithmetic, bitwise operations, comparisons of numbers.

use interlune_core::bytecode::{Constant, Opcode, Operand as OperandKind};
use interlune_core::interp::seen;
use interlune_core::stdlib::known::FloatFunction;

use super::{Builder, Next};
use crate::ir::{Definition, Op, Type, Value};

/// What two operands are taken for.
enum Pair {
    Ints(Value, Value),
    Floats(Value, Value),
    /// Integers at one time, floats at another.
    Numbers(Value, Value),
    /// Nothing that there is an operation for.
    Other,
}

impl Builder<'_> {
    /// The operands in the order of the source.
    fn operands(&mut self, opcode: Opcode) -> [Value; 2] {
        let i = self.body.insn(self.pc);
        let first = self.read(i.b_reg());
        let second = match opcode.operands()[2] {
            OperandKind::Imm => self.int_constant(i.c_signed()),
            OperandKind::ConstNum => self.constant(i.c()),
            _ => self.read(i.c()),
        };
        if i.is_flipped() { [second, first] } else { [first, second] }
    }

    /// A value as what it is known or found out to be.
    pub(super) fn guarded(&mut self, op: Op, value: Value) -> Value {
        let Some(ty) = op.row().result else { return value };
        if self.f.ty(value).is_within(ty) {
            return value;
        }
        let guarded = self.guard_value(op, vec![value], 0);
        self.registers.refine(value, guarded);
        guarded
    }

    pub(super) fn int(&mut self, value: Value) -> Value {
        self.guarded(Op::GuardInt, value)
    }

    /// An integer or a float as a float.
    pub(super) fn float(&mut self, value: Value) -> Value {
        match self.f.ty(value) {
            Type::Float => value,
            Type::Int => self.emit(Op::IntToFloat, vec![value], 0),
            _ => {
                let number = self.guarded(Op::GuardNumber, value);
                self.emit(Op::NumberToFloat, vec![number], 0)
            }
        }
    }

    /// Decides what the operands are, by what is known of them and by what the instruction has seen.
    fn pair(&mut self, x: Value, y: Value, found: u64) -> Pair {
        let types = [self.f.ty(x), self.f.ty(y)];
        let numeric = |ty: Type| ty == Type::Any || ty.is_within(Type::Number);
        if !types.into_iter().all(numeric) || found & seen::NO_NUMBERS != 0 {
            return Pair::Other;
        }
        let is = |ty: Type| types.contains(&ty);
        if types == [Type::Int; 2] {
            return Pair::Ints(x, y);
        }
        let has_float = found & (seen::FLOAT | seen::MIXED) != 0;
        if is(Type::Float) {
            let only_floats = found == seen::FLOAT;
            let mut operand = |value| match self.f.ty(value) {
                Type::Any | Type::Number if only_floats => self.guarded(Op::GuardFloat, value),
                _ => self.float(value),
            };
            return Pair::Floats(operand(x), operand(y));
        }
        if found & seen::INT != 0 && !has_float {
            return Pair::Ints(self.int(x), self.int(y));
        }
        if found & seen::INT != 0 {
            let x = self.guarded(Op::GuardNumber, x);
            return Pair::Numbers(x, self.guarded(Op::GuardNumber, y));
        }
        if is(Type::Int) {
            let float_or_guard = |b: &mut Self, value| match b.f.ty(value) {
                Type::Int => b.float(value),
                _ => b.guarded(Op::GuardFloat, value),
            };
            return Pair::Floats(float_or_guard(self, x), float_or_guard(self, y));
        }
        if found & seen::MIXED == 0 {
            let x = self.guarded(Op::GuardFloat, x);
            return Pair::Floats(x, self.guarded(Op::GuardFloat, y));
        }
        let x = self.guarded(Op::GuardNumber, x);
        let y = self.guarded(Op::GuardNumber, y);
        self.guard(Op::GuardFloatAmong, vec![x, y], 0);
        Pair::Floats(self.float(x), self.float(y))
    }

    pub(super) fn build_arithmetic(&mut self, opcode: Opcode) -> Next {
        let i = self.body.insn(self.pc);
        let [x, y] = self.operands(opcode);
        let found = self.body.feedback(self.pc, 0);
        if let Some(result) = self.vector_arithmetic(opcode, x, y, found) {
            return self.with_result(result);
        }
        if matches!(opcode, Opcode::Div | Opcode::DivConst | Opcode::Pow | Opcode::PowConst) {
            return self.build_of_floats(opcode, x, y, found);
        }
        let subtracted = (opcode == Opcode::SubImm).then(|| i.c_signed());
        let result = match self.pair(x, y, found) {
            Pair::Ints(x, y) => match opcode {
                Opcode::Add | Opcode::AddImm | Opcode::AddConst => {
                    self.emit(Op::Add, vec![x, y], 0)
                }
                Opcode::Sub | Opcode::SubImm | Opcode::SubConst => {
                    self.emit(Op::Sub, vec![x, y], 0)
                }
                Opcode::Mul | Opcode::MulConst => self.emit(Op::Mul, vec![x, y], 0),
                Opcode::Mod | Opcode::ModConst => {
                    self.guard(Op::GuardDivisor, vec![y], 0);
                    self.emit(Op::Mod, vec![x, y], 0)
                }
                _ => {
                    self.guard(Op::GuardDivisor, vec![y], 0);
                    self.emit(Op::FloorDiv, vec![x, y], 0)
                }
            },
            Pair::Floats(x, y) => match opcode {
                Opcode::Add | Opcode::AddImm | Opcode::AddConst => {
                    self.emit(Op::FAdd, vec![x, y], 0)
                }
                Opcode::Sub | Opcode::SubImm | Opcode::SubConst => match subtracted {
                    // As PUC Lua, which adds the negated integer: -0.0 - 0 is 0.0.
                    Some(value) => {
                        let negated = self.float_constant(0.0 - value as f64);
                        self.emit(Op::FAdd, vec![x, negated], 0)
                    }
                    None => self.emit(Op::FSub, vec![x, y], 0),
                },
                Opcode::Mul | Opcode::MulConst => self.emit(Op::FMul, vec![x, y], 0),
                Opcode::FloorDiv | Opcode::FloorDivConst => {
                    let quotient = self.emit(Op::FDiv, vec![x, y], 0);
                    self.emit(Op::FFloor, vec![quotient], 0)
                }
                _ => self.emit(Op::FloatCall, vec![x, y], FloatFunction::Mod as i64),
            },
            Pair::Numbers(x, y) => match opcode {
                Opcode::Add | Opcode::AddImm | Opcode::AddConst => {
                    self.emit(Op::NumberAdd, vec![x, y], 0)
                }
                Opcode::Sub | Opcode::SubImm | Opcode::SubConst => match subtracted {
                    // As above.
                    Some(value) => {
                        let negated = self.int_constant(-value);
                        self.emit(Op::NumberAdd, vec![x, negated], 0)
                    }
                    None => self.emit(Op::NumberSub, vec![x, y], 0),
                },
                Opcode::Mul | Opcode::MulConst => self.emit(Op::NumberMul, vec![x, y], 0),
                _ => return self.run(),
            },
            Pair::Other => return self.run_arithmetic([x, y]),
        };
        self.write(i.a(), result);
        Next::Behind
    }

    /// Of integers too, the quotient is a float.
    /// A division or a power: of floats, whatever the operands are.
    fn build_of_floats(&mut self, opcode: Opcode, x: Value, y: Value, found: u64) -> Next {
        if found & seen::NO_NUMBERS != 0 || ![x, y].iter().all(|&v| self.may_be_number(v)) {
            return self.run_arithmetic([x, y]);
        }
        let mut operand = |value| match (self.f.ty(value), found) {
            (Type::Any, seen::INT) => {
                let int = self.int(value);
                self.float(int)
            }
            (Type::Any, seen::FLOAT) => self.guarded(Op::GuardFloat, value),
            _ => self.float(value),
        };
        let (x, y) = (operand(x), operand(y));
        let result = match opcode {
            Opcode::Div | Opcode::DivConst => self.emit(Op::FDiv, vec![x, y], 0),
            // As the interpreter does it.
            _ if self.is_two(y) => self.emit(Op::FMul, vec![x, x], 0),
            _ => self.emit(Op::FloatCall, vec![x, y], FloatFunction::Pow as i64),
        };
        self.write(self.body.insn(self.pc).a(), result);
        Next::Behind
    }

    /// Whether a float is 2, converted or not.
    fn is_two(&self, value: Value) -> bool {
        let Definition::Result(inst) = self.f.definition(value) else { return false };
        let data = self.f.inst(inst);
        match data.op {
            Op::Float => f64::from_bits(data.immediate as u64) == 2.0,
            Op::IntToFloat => self.definition(data.operands[0]) == Some((Op::Int, 2)),
            _ => false,
        }
    }

    /// What is none of numbers. Operands that the instruction has never met come from bets of other functions on what
    /// they pass, or never.
    fn run_arithmetic(&mut self, operands: [Value; 2]) -> Next {
        let found = self.body.feedback(self.pc, 0) & seen::KINDS;
        let is_new = found & seen::NO_NUMBERS == 0 && found != 0;
        if is_new
            && !self.body.is_lost(self.pc)
            && !operands.iter().all(|&it| self.may_be_number(it))
        {
            return self.exit();
        }
        self.inline_arithmetic_metamethod(operands).unwrap_or_else(|| self.run())
    }

    pub(super) fn may_be_number(&self, value: Value) -> bool {
        let ty = self.f.ty(value);
        ty == Type::Any || ty.is_within(Type::Number)
    }

    /// An operand as an integer, if it may be one and always was.
    fn int_operand(&mut self, value: Value, found: u64) -> Option<Value> {
        let ty = self.f.ty(value);
        let may_be =
            ty == Type::Int || (matches!(ty, Type::Any | Type::Number) && found == seen::INT);
        may_be.then(|| self.int(value))
    }

    pub(super) fn build_bitwise(&mut self, opcode: Opcode) -> Next {
        let i = self.body.insn(self.pc);
        let found = self.body.feedback(self.pc, 0);
        let result = if opcode == Opcode::BitNot {
            let x = self.read(i.b());
            let Some(x) = self.int_operand(x, found) else { return self.run() };
            self.emit(Op::BitNot, vec![x], 0)
        } else {
            let [x, y] = self.operands(opcode);
            let (Some(x), Some(y)) = (self.int_operand(x, found), self.int_operand(y, found))
            else {
                return self.run();
            };
            let op = match opcode {
                Opcode::BitAnd | Opcode::BitAndConst => Op::And,
                Opcode::BitOr | Opcode::BitOrConst => Op::Or,
                Opcode::BitXor | Opcode::BitXorConst => Op::Xor,
                Opcode::ShiftLeft => Op::ShiftLeft,
                Opcode::ShiftRight => Op::ShiftRight,
                _ => return self.build_constant_shift(x, opcode),
            };
            if matches!(op, Op::ShiftLeft | Op::ShiftRight) {
                self.guard(Op::GuardDistance, vec![y], 0);
            }
            self.emit(op, vec![x, y], 0)
        };
        self.write(i.a(), result);
        Next::Behind
    }

    /// By a distance that the instruction names; a negative one shifts the other way.
    fn build_constant_shift(&mut self, x: Value, opcode: Opcode) -> Next {
        let i = self.body.insn(self.pc);
        let distance = i.c_signed();
        let is_left = (opcode == Opcode::ShiftLeftImm) == (distance >= 0);
        let result = match distance.unsigned_abs() {
            64.. => self.int_constant(0),
            bits => {
                let bits = self.int_constant(bits as i64);
                let op = if is_left { Op::ShiftLeft } else { Op::ShiftRight };
                self.emit(op, vec![x, bits], 0)
            }
        };
        self.write(i.a(), result);
        Next::Behind
    }

    pub(super) fn build_negate(&mut self) -> Next {
        let i = self.body.insn(self.pc);
        let x = self.read(i.b());
        let found = self.body.feedback(self.pc, 0);
        if let Some(result) = self.vector_negation(x, found) {
            return self.with_result(result);
        }
        let result = match (self.f.ty(x), found) {
            (Type::Int, _) => self.emit(Op::Neg, vec![x], 0),
            (Type::Float, _) => self.emit(Op::FNeg, vec![x], 0),
            (Type::Any | Type::Number, seen::INT) => {
                let x = self.int(x);
                self.emit(Op::Neg, vec![x], 0)
            }
            (Type::Any | Type::Number, seen::FLOAT) => {
                let x = self.guarded(Op::GuardFloat, x);
                self.emit(Op::FNeg, vec![x], 0)
            }
            (Type::Any | Type::Number, _) if found & seen::KINDS == seen::INT | seen::FLOAT => {
                let x = self.guarded(Op::GuardNumber, x);
                self.emit(Op::NumberNeg, vec![x], 0)
            }
            _ => return self.run_arithmetic([x, x]),
        };
        self.write(i.a(), result);
        Next::Behind
    }

    /// The operands of a comparison that has met numbers of both kinds, and nothing else.
    fn numbers(&mut self, operands: [Value; 2], found: u64) -> Option<[Value; 2]> {
        let are_numbers = found & seen::KINDS != 0 && found & seen::NO_NUMBERS == 0;
        if !are_numbers || !operands.iter().all(|&value| self.may_be_number(value)) {
            return None;
        }
        Some(operands.map(|value| self.guarded(Op::GuardNumber, value)))
    }

    pub(super) fn build_order(&mut self, opcode: Opcode) -> Next {
        let i = self.body.insn(self.pc);
        let (x, y) = (self.read(i.a()), self.read(i.b()));
        let is_strict = opcode == Opcode::TestLt;
        let found = self.body.feedback(self.pc, 0);
        // An integer and a float are not compared as floats.
        let types = [self.f.ty(x), self.f.ty(y)];
        let may_be = |wanted: Type| {
            let fits = |ty: Type| ty == wanted || matches!(ty, Type::Any | Type::Number);
            types.into_iter().all(fits)
        };
        let are_known = |wanted: Type| types == [wanted; 2];
        let holds = if are_known(Type::Int) || (found == seen::INT && may_be(Type::Int)) {
            let (x, y) = (self.int(x), self.int(y));
            self.emit(if is_strict { Op::Less } else { Op::LessEqual }, vec![x, y], 0)
        } else if are_known(Type::Float) || (found == seen::FLOAT && may_be(Type::Float)) {
            let x = self.guarded(Op::GuardFloat, x);
            let y = self.guarded(Op::GuardFloat, y);
            self.emit(if is_strict { Op::FLess } else { Op::FLessEqual }, vec![x, y], 0)
        } else if let Some([x, y]) = self.numbers([x, y], found) {
            let op = if is_strict { Op::NumberLess } else { Op::NumberLessEqual };
            self.guard_value(op, vec![x, y], 0)
        } else {
            let metamethod = self.inline_order_metamethod([x, y]);
            return metamethod.unwrap_or_else(|| self.run_branch());
        };
        self.decide(holds)
    }

    pub(super) fn build_order_immediate(&mut self, opcode: Opcode) -> Next {
        let i = self.body.insn(self.pc);
        let x = self.read(i.a());
        let found = self.body.feedback(self.pc, 0);
        let (is_strict, is_flipped) = match opcode {
            Opcode::TestLtImm => (true, false),
            Opcode::TestLeImm => (false, false),
            Opcode::TestGtImm => (true, true),
            _ => (false, true),
        };
        let ordered = |x: Value, y: Value| if is_flipped { vec![y, x] } else { vec![x, y] };
        let holds = match (self.f.ty(x), found) {
            (Type::Int, _) | (Type::Any | Type::Number, seen::INT) => {
                let x = self.int(x);
                let y = self.int_constant(i.b_signed());
                let op = if is_strict { Op::Less } else { Op::LessEqual };
                self.emit(op, ordered(x, y), 0)
            }
            (Type::Float, _) | (Type::Any | Type::Number, seen::FLOAT) => {
                let x = self.guarded(Op::GuardFloat, x);
                let y = self.float_constant(i.b_signed() as f64);
                let op = if is_strict { Op::FLess } else { Op::FLessEqual };
                self.emit(op, ordered(x, y), 0)
            }
            _ => {
                let y = self.int_constant(i.b_signed());
                let Some([x, y]) = self.numbers([x, y], found) else { return self.run_branch() };
                let op = if is_strict { Op::NumberLess } else { Op::NumberLessEqual };
                self.guard_value(op, ordered(x, y), 0)
            }
        };
        self.decide(holds)
    }

    pub(super) fn build_test_eq(&mut self) -> Next {
        let i = self.body.insn(self.pc);
        let (x, y) = (self.read(i.a()), self.read(i.b()));
        let found = self.body.feedback(self.pc, 0);
        let types = [self.f.ty(x), self.f.ty(y)];
        let may_be_int =
            types.into_iter().all(|ty| matches!(ty, Type::Int | Type::Any | Type::Number));
        let holds = if types == [Type::Int; 2] || (found == seen::INT && may_be_int) {
            let (x, y) = (self.int(x), self.int(y));
            self.emit(Op::Equal, vec![x, y], 0)
        } else if types == [Type::Float; 2] {
            self.emit(Op::FEqual, vec![x, y], 0)
        } else if let Some(holds) = self.vector_equality(x, y, found) {
            holds
        } else if let Some([x, y]) = self.numbers([x, y], found) {
            self.guard_value(Op::NumberEqual, vec![x, y], 0)
        } else {
            let metamethod = self.inline_equality_metamethod([x, y]);
            return metamethod.unwrap_or_else(|| self.run_branch());
        };
        self.decide(holds)
    }

    pub(super) fn build_test_eq_const(&mut self) -> Next {
        let i = self.body.insn(self.pc);
        let x = self.read(i.a());
        let ty = self.f.ty(x);
        let found = self.body.feedback(self.pc, 0);
        let strings = &self.body.input.proto.strings;
        let holds = match self.body.input.proto.constants[i.b()] {
            Constant::Nil => self.emit(Op::IsNil, vec![x], 0),
            Constant::Boolean(_) => {
                let y = self.constant(i.b());
                self.emit(Op::Same, vec![x, y], 0)
            }
            // Floats have the values of these exactly.
            Constant::Integer(value)
                if value.unsigned_abs() <= 1 << f64::MANTISSA_DIGITS
                    && (ty == Type::Float
                        || (matches!(ty, Type::Any | Type::Number) && found == seen::FLOAT)) =>
            {
                let x = self.guarded(Op::GuardFloat, x);
                let y = self.float_constant(value as f64);
                self.emit(Op::FEqual, vec![x, y], 0)
            }
            Constant::Integer(_)
                if ty == Type::Int
                    || (matches!(ty, Type::Any | Type::Number) && found == seen::INT) =>
            {
                let x = self.int(x);
                let y = self.constant(i.b());
                self.emit(Op::Equal, vec![x, y], 0)
            }
            Constant::Float(_)
                if ty == Type::Float
                    || (matches!(ty, Type::Any | Type::Number) && found == seen::FLOAT) =>
            {
                let x = self.guarded(Op::GuardFloat, x);
                let y = self.constant(i.b());
                self.emit(Op::FEqual, vec![x, y], 0)
            }
            // Equal short strings are one.
            Constant::String(id) if strings.get(id).len() <= interlune_core::string::MAX_SHORT => {
                let y = self.constant(i.b());
                self.emit(Op::Same, vec![x, y], 0)
            }
            _ => return self.run_branch(),
        };
        self.decide(holds)
    }
}
