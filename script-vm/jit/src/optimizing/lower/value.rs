//! Values in machine form.

use cranelift_codegen::ir as clif;
use cranelift_codegen::ir::types::{F64, F64X2, I8, I64};
use cranelift_codegen::ir::{InstBuilder, MemFlagsData};
use interlune_core::value::tag;

use super::Lowering;
use crate::baseline::emitter::{META, meta_of};
use crate::ir::{Definition, Op, Type, Value};

/// What holds a value.
#[derive(Clone, Copy, Debug)]
pub(in crate::optimizing) enum Machine {
    /// Payload and second word.
    Pair(clif::Value, clif::Value),
    /// An integer, a float, a pointer, a vector, or a byte that is 0 or 1: the type says which.
    Word(clif::Value),
    Nil,
}

impl Lowering<'_, '_> {
    /// What holds a value. Constants are made where they are used, so that they take no register in between.
    pub(super) fn machine(&mut self, value: Value) -> Machine {
        if let Some(machine) = self.values[value.index()] {
            return machine;
        }
        let Definition::Result(inst) = self.f.definition(value) else {
            unreachable!("parameters are declared")
        };
        let data = self.f.inst(inst);
        match data.op {
            Op::Int => Machine::Word(self.e.int(data.immediate)),
            Op::Float => {
                let value = f64::from_bits(data.immediate as u64);
                Machine::Word(self.e.b.ins().f64const(value))
            }
            Op::Bool => Machine::Word(self.e.b.ins().iconst(I8, data.immediate)),
            Op::Nil => Machine::Nil,
            Op::VectorMethod => self.vector_method(data.immediate),
            op => unreachable!("{} comes before its use", op.mnemonic()),
        }
    }

    /// The constant integer behind a value.
    pub(super) fn constant_int(&self, value: Value) -> Option<i64> {
        match self.f.definition(value) {
            Definition::Result(inst) if self.f.inst(inst).op == Op::Int => {
                Some(self.f.inst(inst).immediate)
            }
            _ => None,
        }
    }

    /// The constant float behind a value.
    pub(super) fn constant_float(&self, value: Value) -> Option<f64> {
        match self.f.definition(value) {
            Definition::Result(inst) if self.f.inst(inst).op == Op::Float => {
                Some(f64::from_bits(self.f.inst(inst).immediate as u64))
            }
            _ => None,
        }
    }

    /// A constant that is loaded from beside the code. Cranelift makes one in a general register and moves it, unless it is
    /// a second operand; where floats are divided, moves between the two kinds of registers are what there is least room for.
    pub(super) fn float_from_pool(&mut self, value: f64) -> clif::Value {
        let lanes = [value.to_le_bytes(), [0; 8]].concat();
        let constant = self.e.b.func.dfg.constants.insert(lanes.into());
        let lanes = self.e.b.ins().vconst(F64X2, constant);
        self.e.b.ins().extractlane(lanes, 0)
    }

    /// A value of one word.
    pub(super) fn word(&mut self, value: Value) -> clif::Value {
        match self.machine(value) {
            Machine::Word(word) => word,
            Machine::Pair(..) | Machine::Nil => {
                unreachable!("{value} is {}, no word", self.f.ty(value))
            }
        }
    }

    /// The two words of a Lua value.
    pub(super) fn pair(&mut self, value: Value) -> (clif::Value, clif::Value) {
        let word = match self.machine(value) {
            Machine::Pair(payload, meta) => return (payload, meta),
            Machine::Nil => return (self.e.int(0), self.e.int(0)),
            Machine::Word(word) => word,
        };
        let tag = match self.f.ty(value) {
            Type::Bool => {
                // False and true follow each other.
                let byte = self.e.b.ins().uextend(I64, word);
                let tag = self.e.b.ins().iadd_imm_s(byte, i64::from(tag::FALSE));
                return (self.e.int(0), self.e.b.ins().ishl_imm_s(tag, 32));
            }
            Type::Float => {
                let bits = self.e.b.ins().bitcast(I64, MemFlagsData::new(), word);
                return (bits, self.e.int(meta_of(tag::FLOAT)));
            }
            ty if ty.is_vector() => return self.words_of_vector(word, ty),
            ty => one_tag(ty),
        };
        (word, self.e.int(meta_of(tag)))
    }

    /// Stores a value as a Lua value.
    pub(super) fn store_value(&mut self, value: Value, address: clif::Value, offset: i32) {
        // From the register that it is in.
        let tag = match self.f.ty(value) {
            Type::Float => {
                let word = self.word(value);
                self.e.store(word, address, offset);
                tag::FLOAT
            }
            Type::Vec2 => {
                let vector = self.word(value);
                self.store_vec2(vector, address, offset);
                tag::VEC2
            }
            Type::Vec3 => {
                let vector = self.word(value);
                return self.store_vec3(vector, address, offset);
            }
            _ => {
                let (payload, meta) = self.pair(value);
                self.e.store(payload, address, offset);
                return self.e.store(meta, address, offset + META);
            }
        };
        let meta = self.e.int(meta_of(tag));
        self.e.store(meta, address, offset + META);
    }

    /// The same over a value of a type, which has the same tag mostly.
    pub(super) fn store_over(
        &mut self,
        old: Type,
        value: Value,
        address: clif::Value,
        offset: i32,
    ) {
        let ty = self.f.ty(value);
        if old != ty || ty.tag().is_none() || ty == Type::Vec3 {
            return self.store_value(value, address, offset);
        }
        match self.machine(value) {
            Machine::Word(vector) if ty == Type::Vec2 => self.store_vec2(vector, address, offset),
            Machine::Word(word) => self.e.store(word, address, offset),
            Machine::Pair(..) | Machine::Nil => self.store_value(value, address, offset),
        }
    }

    /// The second word of a value.
    pub(super) fn meta(&mut self, value: Value) -> clif::Value {
        match self.machine(value) {
            Machine::Pair(_, meta) => meta,
            Machine::Word(_) | Machine::Nil => self.pair(value).1,
        }
    }

    /// What a value of a type is read from a payload as.
    pub(super) fn unboxed(&mut self, payload: clif::Value, ty: Type) -> Machine {
        match ty {
            Type::Float => Machine::Word(self.e.b.ins().bitcast(F64, MemFlagsData::new(), payload)),
            Type::Nil => Machine::Nil,
            _ => Machine::Word(payload),
        }
    }
}

/// The tag of a type whose values are held in one word.
pub(super) fn one_tag(ty: Type) -> u32 {
    let Some(tag) = ty.tag() else { unreachable!("values of type {ty} have several tags") };
    tag
}
