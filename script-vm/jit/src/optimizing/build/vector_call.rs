//! Calls of constructors of vectors, and of their methods.

use interlune_core::stdlib::VectorMethod;

use super::Builder;
use super::vector::components;
use crate::ir::{Definition, Op, Type, Value};

impl Builder<'_> {
    /// Looks a method of a vector up: the vector, and the function.
    pub(super) fn vector_method(&mut self, object: Value) -> Option<(Value, Value)> {
        let vector = self.vector_receiver(object)?;
        let has_three = self.f.ty(vector) == Type::Vec3;
        let method = VectorMethod::from_name(self.name(self.body.insn(self.pc).c())?)?;
        if !method.is_of(has_three) {
            return None;
        }
        self.guard(Op::GuardVectors, vec![], 0);
        let number = i64::from(has_three) << 32 | method as i64;
        Some((vector, self.emit(Op::VectorMethod, vec![], number)))
    }

    /// The method of a vector that a value is known to be.
    pub(super) fn known_vector_method(&self, callee: Value) -> Option<VectorMethod> {
        let Definition::Result(inst) = self.f.definition(callee) else { return None };
        let data = self.f.inst(inst);
        let number = data.immediate as u32 as usize;
        (data.op == Op::VectorMethod).then(|| VectorMethod::ALL[number])
    }

    /// A call of a method that is known; false if it cannot be built so.
    pub(super) fn call_vector_method(&mut self, method: VectorMethod) -> bool {
        let i = self.body.insn(self.pc);
        if i.b() == 0 || i.c() == 0 {
            return false;
        }
        let wanted = i.c() - 1;
        let results = if method == VectorMethod::Unpack {
            self.unpacked()
        } else {
            self.vector_result(method, None).map(|result| vec![result])
        };
        let Some(results) = results else { return false };
        for index in 0..wanted {
            let value = match results.get(index) {
                Some(&value) => value,
                None => self.emit(Op::Nil, vec![], 0),
            };
            self.write(i.a() + index, value);
        }
        true
    }

    /// The components of the vector that the call at hand passes.
    fn unpacked(&mut self) -> Option<Vec<Value>> {
        let vector = self.vector_argument(1)?;
        self.charge();
        let count = components(self.f.ty(vector));
        Some((0..count).map(|index| self.lane(vector, index)).collect())
    }

    /// Whether the call at hand passes so many arguments or more.
    fn passes(&self, count: usize) -> bool {
        self.body.insn(self.pc).b() > count
    }

    fn argument(&mut self, number: usize) -> Value {
        self.read(self.body.insn(self.pc).a() + number)
    }

    /// An argument that is known to be a vector.
    fn vector_argument(&mut self, number: usize) -> Option<Value> {
        if !self.passes(number) {
            return None;
        }
        let value = self.argument(number);
        self.f.ty(value).is_vector().then_some(value)
    }

    /// What the call at hand of a method gives; the callee is guarded to be at an address if that is not known.
    pub(super) fn vector_result(
        &mut self,
        method: VectorMethod,
        address: Option<u64>,
    ) -> Option<Value> {
        let vector = self.vector_argument(1)?;
        let ty = self.f.ty(vector);
        let takes = match method {
            VectorMethod::Cross
            | VectorMethod::Distance
            | VectorMethod::Dot
            | VectorMethod::Max
            | VectorMethod::Min => 2,
            VectorMethod::Lerp => 3,
            VectorMethod::Rotate | VectorMethod::Unpack => return None,
            _ => 1,
        };
        if !self.passes(takes) || !method.is_of(ty == Type::Vec3) || self.body.is_lost(self.pc) {
            return None;
        }
        if let Some(address) = address {
            self.guard_native_callee(address)?;
        }
        let other = match takes {
            1 => vector,
            _ => {
                let other = self.argument(2);
                self.vector(other, ty)?
            }
        };
        let share = match takes {
            3 => {
                let share = self.argument(3);
                Some(self.single(share)?)
            }
            _ => None,
        };
        self.charge();
        Some(match method {
            VectorMethod::Abs => self.emit(Op::VAbs, vec![vector], 0),
            VectorMethod::Cross if ty == Type::Vec3 => {
                self.emit(Op::VCross, vec![vector, other], 0)
            }
            VectorMethod::Cross => self.cross_in_the_plane(vector, other),
            VectorMethod::Distance => {
                let way = self.emit(Op::VSub, vec![vector, other], 0);
                self.emit(Op::VLength, vec![way], 0)
            }
            VectorMethod::Dot => self.emit(Op::VDot, vec![vector, other], 0),
            VectorMethod::Floor => self.emit(Op::VFloor, vec![vector], 0),
            VectorMethod::Length => self.emit(Op::VLength, vec![vector], 0),
            VectorMethod::LengthSquared => self.emit(Op::VDot, vec![vector, vector], 0),
            VectorMethod::Lerp => self.interpolated(vector, other, share?),
            VectorMethod::Max => self.emit(Op::VMax, vec![vector, other], 0),
            VectorMethod::Min => self.emit(Op::VMin, vec![vector, other], 0),
            VectorMethod::Normalize => self.emit(Op::VNormalize, vec![vector], 0),
            VectorMethod::Perp => {
                let (x, y) = (self.lane(vector, 0), self.lane(vector, 1));
                let negated = self.emit(Op::FNeg, vec![y], 0);
                self.made(vec![negated, x])
            }
            VectorMethod::Rotate | VectorMethod::Unpack => return None,
        })
    }

    /// The third component of the product. Products and differences of 32-bit floats that are rounded to 64 bits first
    /// are the same in the end.
    fn cross_in_the_plane(&mut self, a: Value, b: Value) -> Value {
        let product = |builder: &mut Self, first: usize, second: usize| {
            let (x, y) = (builder.lane(a, first), builder.lane(b, second));
            let product = builder.emit(Op::FMul, vec![x, y], 0);
            builder.emit(Op::FSingle, vec![product], 0)
        };
        let (left, right) = (product(self, 0, 1), product(self, 1, 0));
        let difference = self.emit(Op::FSub, vec![left, right], 0);
        self.emit(Op::FSingle, vec![difference], 0)
    }

    /// `a * (1 - t) + b * t`
    fn interpolated(&mut self, a: Value, b: Value, share: Value) -> Value {
        let ty = self.f.ty(a);
        let one = self.float_constant(1.0);
        let whole = self.splat(one, ty);
        let share = self.splat(share, ty);
        let rest = self.emit(Op::VSub, vec![whole, share], 0);
        let (a, b) =
            (self.emit(Op::VMul, vec![a, rest], 0), self.emit(Op::VMul, vec![b, share], 0));
        self.emit(Op::VAdd, vec![a, b], 0)
    }

    /// The callee of the call at hand is a native function at an address; nothing if it cannot be.
    fn guard_native_callee(&mut self, address: u64) -> Option<()> {
        let callee = self.argument(0);
        if self.f.ty(callee) != Type::Any {
            return None;
        }
        self.guard_native(callee, address);
        Some(())
    }

    /// The vector that a constructor makes of the arguments of the call at hand.
    pub(super) fn constructed(&mut self, count: usize, address: u64) -> Option<Value> {
        let passed = self.body.insn(self.pc).b() - 1;
        if self.body.is_lost(self.pc) {
            return None;
        }
        self.guard_native_callee(address)?;
        let arguments: Vec<Value> = (1..=passed).map(|number| self.argument(number)).collect();
        let zero = self.float_constant(0.0);
        let mut singles = Vec::with_capacity(count);
        let first = arguments.first().copied().filter(|&first| self.f.ty(first).is_vector());
        if let Some(vector) = first {
            let present = components(self.f.ty(vector)).min(count);
            singles.extend((0..present).map(|index| self.lane(vector, index)));
            if present < count {
                singles.push(self.optional(arguments.get(1).copied(), zero)?);
            }
        } else if let [only] = arguments[..] {
            singles = vec![self.optional(Some(only), zero)?; count];
        } else {
            for number in 0..count {
                singles.push(self.optional(arguments.get(number).copied(), zero)?);
            }
        }
        self.charge();
        Some(self.made(singles))
    }

    /// An argument in 32 bits, 0 for nil.
    fn optional(&mut self, argument: Option<Value>, zero: Value) -> Option<Value> {
        match argument {
            Some(argument) if self.f.ty(argument) != Type::Nil => self.single(argument),
            _ => Some(zero),
        }
    }
}
