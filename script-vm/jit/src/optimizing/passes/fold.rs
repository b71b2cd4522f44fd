//! Computes what is known: guards that cannot fail, operations on constants, conversions of what is converted.

use interlune_core::bytecode::Constant;
use interlune_core::plant::{self, Bug};

use crate::ir::cfg::reverse_postorder;
use crate::ir::{Definition, Function, Inst, Op, Scope, Target, Type, Value};

/// Goes once through all blocks, definitions before uses.
pub fn run(function: &mut Function) {
    for block in reverse_postorder(function) {
        let mut kept = Vec::new();
        for inst in function.insts(block).to_vec() {
            match simplify(function, inst) {
                Simpler::Same => kept.push(inst),
                Simpler::Gone => {}
                Simpler::Value(value) => function.replace(inst, value),
                Simpler::Constant(op, immediate) => {
                    function.become_constant(inst, op, immediate);
                    kept.push(inst);
                }
                Simpler::Instead(op, operand) => {
                    function.become_operation(inst, op, operand);
                    kept.push(inst);
                }
                Simpler::Jump(target) => {
                    function.become_jump(inst, target);
                    kept.push(inst);
                }
            }
        }
        function.set_insts(block, kept);
    }
    function.apply_replacements();
}

enum Simpler {
    Same,
    /// It does nothing.
    Gone,
    /// Its result is another value.
    Value(Value),
    Constant(Op, i64),
    /// Another operation on one of its operands.
    Instead(Op, Value),
    Jump(Target),
}

fn simplify(f: &Function, inst: Inst) -> Simpler {
    let data = f.inst(inst);
    let operand = |number: usize| f.resolve(data.operands[number]);
    let ty = |number: usize| f.ty(operand(number));
    let int = |number: usize| constant(f, operand(number), Op::Int);
    match data.op {
        Op::GuardNil
        | Op::GuardInt
        | Op::GuardFloat
        | Op::GuardNumber
        | Op::GuardString
        | Op::GuardTable
        | Op::GuardClosure
        | Op::GuardVec2
        | Op::GuardVec3 => match data.op.row().result {
            Some(wanted) if ty(0).is_within(wanted) => Simpler::Value(operand(0)),
            _ => Simpler::Same,
        },
        Op::GuardPresent if !matches!(ty(0), Type::Any | Type::Nil) => Simpler::Value(operand(0)),
        Op::GuardAnswer if !matches!(ty(0), Type::Any | Type::Nil) => Simpler::Gone,
        Op::GuardTag if ty(0).tag().map(i64::from) == Some(data.immediate) => Simpler::Gone,
        Op::GuardFloatAmong if ty(0) == Type::Float || ty(1) == Type::Float => Simpler::Gone,
        Op::GuardDivisor if int(0).is_some_and(|value| value != 0 && value != -1) => Simpler::Gone,
        Op::GuardDistance if int(0).is_some_and(|value| (0..64).contains(&value)) => Simpler::Gone,
        Op::NumberToFloat if ty(0) == Type::Float => Simpler::Value(operand(0)),
        Op::IntToFloat | Op::NumberToFloat => match int(0) {
            Some(value) => Simpler::Constant(Op::Float, (value as f64).to_bits() as i64),
            None => Simpler::Same,
        },
        Op::Truthy => match ty(0) {
            Type::Bool => Simpler::Value(operand(0)),
            Type::Nil => Simpler::Constant(Op::Bool, 0),
            Type::Any => Simpler::Same,
            _ => Simpler::Constant(Op::Bool, 1),
        },
        Op::IsNil => match ty(0) {
            Type::Nil => Simpler::Constant(Op::Bool, 1),
            Type::Any => Simpler::Same,
            _ => Simpler::Constant(Op::Bool, 0),
        },
        Op::Not => match constant(f, operand(0), Op::Bool) {
            Some(value) => Simpler::Constant(Op::Bool, 1 - value),
            None => Simpler::Same,
        },
        Op::Add | Op::Sub | Op::Mul | Op::And | Op::Or | Op::Xor => match (int(0), int(1)) {
            (Some(x), Some(y)) => Simpler::Constant(
                Op::Int,
                match data.op {
                    Op::Add => x.wrapping_add(y),
                    Op::Sub => x.wrapping_sub(y),
                    Op::Mul => x.wrapping_mul(y),
                    Op::And => x & y,
                    Op::Or => x | y,
                    _ => x ^ y,
                },
            ),
            (None, Some(0)) if matches!(data.op, Op::Add | Op::Sub) => Simpler::Value(operand(0)),
            _ => Simpler::Same,
        },
        Op::UnsignedDiv => match (int(0), int(1)) {
            (Some(x), Some(y)) => Simpler::Constant(Op::Int, (x as u64 / (y as u64).max(1)) as i64),
            _ => Simpler::Same,
        },
        Op::Equal | Op::Less | Op::LessEqual => match (int(0), int(1)) {
            (Some(x), Some(y)) => Simpler::Constant(
                Op::Bool,
                i64::from(match data.op {
                    Op::Equal => x == y,
                    Op::Less => x < y,
                    _ => x <= y,
                }),
            ),
            _ => Simpler::Same,
        },
        Op::Same => match named_type(f, operand(0), operand(1)) {
            Some(is_it) => Simpler::Constant(Op::Bool, i64::from(is_it)),
            None => Simpler::Same,
        },
        Op::FAdd
            if plant::is(Bug::OptNegativeZero)
                && constant(f, operand(1), Op::Float) == Some(0.0_f64.to_bits() as i64) =>
        {
            Simpler::Value(operand(0))
        }
        Op::FSingle => match constant(f, operand(0), Op::Float) {
            Some(bits) => {
                let single = f64::from_bits(bits as u64) as f32;
                Simpler::Constant(Op::Float, f64::from(single).to_bits() as i64)
            }
            None if is_single(f, operand(0)) => Simpler::Value(operand(0)),
            None => Simpler::Same,
        },
        Op::Lane => match f.definition(operand(0)) {
            Definition::Result(made) if matches!(f.inst(made).op, Op::Vec2 | Op::Vec3) => {
                let component = f.resolve(f.inst(made).operands[data.immediate as usize]);
                if is_single(f, component) {
                    Simpler::Value(component)
                } else {
                    Simpler::Instead(Op::FSingle, component)
                }
            }
            _ => Simpler::Same,
        },
        Op::Branch => match constant(f, operand(0), Op::Bool) {
            Some(value) => Simpler::Jump(data.targets[if value != 0 { 0 } else { 1 }].clone()),
            None => Simpler::Same,
        },
        _ => Simpler::Same,
    }
}

/// Whether the name of a value's type is that constant string, if both are known.
pub fn named_type(f: &Function, name: Value, constant: Value) -> Option<bool> {
    let (Definition::Result(name), Definition::Result(constant)) =
        (f.definition(name), f.definition(constant))
    else {
        return None;
    };
    let (name, constant) = (f.inst(name), f.inst(constant));
    if (name.op, constant.op) != (Op::TypeName, Op::String) {
        return None;
    }
    let name = f.ty(f.resolve(name.operands[1])).lua_name()?;
    let scope = f.scope(Scope::new((constant.immediate >> 32) as usize));
    match scope.proto.constants[constant.immediate as u32 as usize] {
        Constant::String(id) => Some(scope.proto.strings.get(id) == name.as_bytes()),
        _ => None,
    }
}

/// Whether a float has the value of a 32-bit one, being made of one.
fn is_single(f: &Function, value: Value) -> bool {
    match f.definition(value) {
        Definition::Result(inst) => match f.inst(inst).op {
            Op::FSingle | Op::Lane | Op::VDot | Op::VLength => true,
            Op::Float => {
                let float = f64::from_bits(f.inst(inst).immediate as u64);
                f64::from(float as f32).to_bits() == float.to_bits()
            }
            _ => false,
        },
        Definition::Parameter(..) => false,
    }
}

/// The immediate of a value that is a constant of the kind.
fn constant(f: &Function, value: Value, op: Op) -> Option<i64> {
    match f.definition(value) {
        Definition::Result(inst) if f.inst(inst).op == op => Some(f.inst(inst).immediate),
        _ => None,
    }
}
