//! Vectors: components and operators; [`super::vector_call`] has constructors and methods.
//!
//! What the library does with a vector is built as operations as long as scripts leave its metatables alone, which
//! [`Op::GuardVectors`] is for. Single components and equality ask no metatable.

use interlune_core::bytecode::{Constant, Opcode};
use interlune_core::inline_cache::{KEY_BITS, NO_KEY, Place};
use interlune_core::interp::seen;

use super::{Builder, Next};
use crate::ir::{Op, Type, Value};

/// The operands of a vector operator: the type of the vectors, and which of the two are such.
type Form = (Type, [bool; 2]);

/// The form that an instruction's notes tell of, if it has met one only.
fn noted(found: u64) -> Option<Form> {
    match found {
        seen::VEC2 => Some((Type::Vec2, [true, true])),
        seen::VEC2_NUMBER => Some((Type::Vec2, [true, false])),
        seen::NUMBER_VEC2 => Some((Type::Vec2, [false, true])),
        seen::VEC3 => Some((Type::Vec3, [true, true])),
        seen::VEC3_NUMBER => Some((Type::Vec3, [true, false])),
        seen::NUMBER_VEC3 => Some((Type::Vec3, [false, true])),
        _ => None,
    }
}

/// The vector type that an operand of an instruction with these notes is of.
pub(super) fn noted_operand(found: u64, number: usize) -> Option<Type> {
    noted(found).filter(|(_, are_vectors)| are_vectors[number]).map(|(ty, _)| ty)
}

/// The vector type of the receivers that an access has met, if it has met nothing else.
pub(super) fn noted_receiver(cells: [u64; 4]) -> Option<Type> {
    if cells[0] != NO_KEY {
        return None;
    }
    match cells[2] >> KEY_BITS {
        place if place == Place::Vec2 as u64 => Some(Type::Vec2),
        place if place == Place::Vec3 as u64 => Some(Type::Vec3),
        _ => None,
    }
}

fn guard_of(ty: Type) -> Op {
    if ty == Type::Vec2 { Op::GuardVec2 } else { Op::GuardVec3 }
}

pub(super) fn components(ty: Type) -> usize {
    if ty == Type::Vec2 { 2 } else { 3 }
}

impl Builder<'_> {
    /// A value as a vector of a type, if it may be one.
    pub(super) fn vector(&mut self, value: Value, ty: Type) -> Option<Value> {
        let may_be = ty.is_within(self.f.ty(value));
        may_be.then(|| self.guarded(guard_of(ty), value))
    }

    /// A value as a number in 32 bits, if it may be a number.
    pub(super) fn single(&mut self, value: Value) -> Option<Value> {
        let ty = self.f.ty(value);
        if ty != Type::Any && !ty.is_within(Type::Number) {
            return None;
        }
        let float = self.float(value);
        Some(self.emit(Op::FSingle, vec![float], 0))
    }

    /// A vector of one number.
    pub(super) fn splat(&mut self, single: Value, ty: Type) -> Value {
        self.made(vec![single; components(ty)])
    }

    /// A vector of two or three numbers.
    pub(super) fn made(&mut self, singles: Vec<Value>) -> Value {
        let op = if singles.len() == 2 { Op::Vec2 } else { Op::Vec3 };
        self.emit(op, singles, 0)
    }

    pub(super) fn lane(&mut self, vector: Value, index: usize) -> Value {
        self.emit(Op::Lane, vec![vector], index as i64)
    }

    // --- operators

    /// What two operands are, by what is known of them or else by what the instruction has seen.
    fn vector_form(&self, x: Value, y: Value, found: u64) -> Option<Form> {
        let types = [self.f.ty(x), self.f.ty(y)];
        let is_number = |ty: Type| ty.is_within(Type::Number);
        match types {
            [x, y] if x.is_vector() && x == y => return Some((x, [true, true])),
            [x, y] if x.is_vector() && is_number(y) => return Some((x, [true, false])),
            [x, y] if is_number(x) && y.is_vector() => return Some((y, [false, true])),
            _ => {}
        }
        let form = noted(found)?;
        let fits = |number: usize| match form.1[number] {
            true => form.0.is_within(types[number]),
            false => types[number] == Type::Any || is_number(types[number]),
        };
        (fits(0) && fits(1)).then_some(form)
    }

    /// The result of an operator on vectors, if the instruction at hand is one.
    pub(super) fn vector_arithmetic(
        &mut self,
        opcode: Opcode,
        x: Value,
        y: Value,
        found: u64,
    ) -> Option<Value> {
        let (ty, are_vectors) = self.vector_form(x, y, found)?;
        let op = match opcode {
            Opcode::Mul | Opcode::MulConst => Op::VMul,
            Opcode::Div | Opcode::DivConst => Op::VDiv,
            Opcode::Add if are_vectors == [true; 2] => Op::VAdd,
            Opcode::Sub if are_vectors == [true; 2] => Op::VSub,
            _ => return None,
        };
        self.guard(Op::GuardVectors, vec![], 0);
        let mut operands = Vec::with_capacity(2);
        for (value, is_vector) in [x, y].into_iter().zip(are_vectors) {
            operands.push(if is_vector {
                self.vector(value, ty)?
            } else {
                let single = self.single(value)?;
                self.splat(single, ty)
            });
        }
        Some(self.emit(op, operands, 0))
    }

    /// The same for a negation.
    pub(super) fn vector_negation(&mut self, x: Value, found: u64) -> Option<Value> {
        let (ty, _) = self.vector_form(x, x, found)?;
        self.guard(Op::GuardVectors, vec![], 0);
        let x = self.vector(x, ty)?;
        Some(self.emit(Op::VNeg, vec![x], 0))
    }

    /// Whether two vectors are equal, if the test at hand is about such.
    pub(super) fn vector_equality(&mut self, x: Value, y: Value, found: u64) -> Option<Value> {
        let (ty, are_vectors) = self.vector_form(x, y, found)?;
        if are_vectors != [true; 2] {
            return None;
        }
        let (x, y) = (self.vector(x, ty)?, self.vector(y, ty)?);
        Some(self.emit(Op::VEqual, vec![x, y], 0))
    }

    // --- components

    /// The receiver of the access at hand, if it is a vector or always was one.
    pub(super) fn vector_receiver(&mut self, object: Value) -> Option<Value> {
        let known = self.f.ty(object);
        if known.is_vector() {
            return Some(object);
        }
        let cells = std::array::from_fn(|cell| self.body.feedback(self.pc, cell));
        let ty = noted_receiver(cells).filter(|_| !self.body.is_lost(self.pc))?;
        self.vector(object, ty)
    }

    pub(super) fn name(&self, constant: usize) -> Option<&[u8]> {
        match self.body.input.proto.constants[constant] {
            Constant::String(id) => Some(self.body.input.proto.strings.get(id)),
            _ => None,
        }
    }

    /// Loads a component of a vector, or several as another vector.
    pub(super) fn load_component(&mut self, object: Value) -> Option<Value> {
        let vector = self.vector_receiver(object)?;
        let count = components(self.f.ty(vector));
        let name = self.name(self.body.insn(self.pc).c())?;
        if !(1..=3).contains(&name.len()) {
            return None;
        }
        let index_of = |letter: u8| usize::from(letter.wrapping_sub(b'x'));
        let lanes: Vec<usize> = name.iter().map(|&letter| index_of(letter)).collect();
        if lanes.iter().any(|&lane| lane >= count) {
            return None;
        }
        if let [lane] = lanes[..] {
            return Some(self.lane(vector, lane));
        }
        self.guard(Op::GuardVectors, vec![], 0);
        let singles = lanes.into_iter().map(|lane| self.lane(vector, lane)).collect();
        Some(self.made(singles))
    }

    /// Goes on behind the instruction at hand with its result in register `a`.
    pub(super) fn with_result(&mut self, result: Value) -> Next {
        self.write(self.body.insn(self.pc).a(), result);
        Next::Behind
    }
}
