//! Types of parameters from what they are passed, as narrow as can be: first every parameter is taken for nothing at all,
//! then widened by its arguments until nothing changes.

use crate::ir::cfg::reverse_postorder;
use crate::ir::{Definition, Function, Op, Type, Value};

/// Narrows the types of all parameters and of what passes on its operand.
pub fn run(function: &mut Function) {
    let order = reverse_postorder(function);
    let mut types: Vec<Option<Type>> = vec![None; function.value_count()];
    let mut changed = true;
    while changed {
        changed = false;
        for &block in &order {
            for &inst in function.insts(block) {
                let data = function.inst(inst);
                if let Some(result) = data.result {
                    let found = result_type(function, &types, result);
                    changed |= widen(&mut types, result, found);
                }
                for target in &data.targets {
                    let parameters = function.parameters(target.block);
                    for (&argument, &parameter) in target.arguments.iter().zip(parameters) {
                        let found = types[argument.index()];
                        changed |= widen(&mut types, parameter, found);
                    }
                }
            }
        }
    }
    for (index, ty) in types.into_iter().enumerate() {
        let value = Value::new(index);
        if let Some(ty) = ty
            && ty.is_within(function.ty(value))
        {
            function.set_type(value, ty);
        }
    }
}

fn widen(types: &mut [Option<Type>], value: Value, found: Option<Type>) -> bool {
    let Some(found) = found else { return false };
    let known = &mut types[value.index()];
    let joined = known.map_or(found, |known| known.join(found));
    known.replace(joined) != Some(joined)
}

/// What an instruction's result is, if what it depends on is known.
fn result_type(function: &Function, types: &[Option<Type>], result: Value) -> Option<Type> {
    let own = function.ty(result);
    let Definition::Result(inst) = function.definition(result) else { return Some(own) };
    let data = function.inst(inst);
    match data.op {
        // Of what they let pass.
        Op::GuardPresent | Op::GuardNumber => {
            let operand = types[data.operands[0].index()]?;
            Some(if operand.is_within(own) { operand } else { own })
        }
        Op::NumberAdd | Op::NumberSub | Op::NumberMul | Op::NumberNeg => {
            let mut operands = data.operands.iter().map(|operand| types[operand.index()]);
            let is_float = operands.clone().any(|ty| ty == Some(Type::Float));
            let are_ints = operands.clone().all(|ty| ty == Some(Type::Int));
            let is_known = operands.all(|ty| ty.is_some());
            match (is_float, are_ints) {
                (true, _) => Some(Type::Float),
                (_, true) => Some(Type::Int),
                _ => is_known.then_some(own),
            }
        }
        // Of their operands' type.
        _ if data.op.row().result == Some(Type::Vector) => types[data.operands[0].index()],
        _ => Some(own),
    }
}
