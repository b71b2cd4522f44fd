//! Removes what nothing uses: instructions without effects, parameters, blocks that cannot be reached.

use crate::ir::cfg::reverse_postorder;
use crate::ir::{Definition, Function, Value};

/// Keeps what stays by itself and what that needs, directly or not.
pub fn run(function: &mut Function) {
    let order = reverse_postorder(function);
    let mut is_used = vec![false; function.value_count()];
    let mut rest: Vec<Value> = Vec::new();
    for &block in &order {
        for &inst in function.insts(block) {
            let data = function.inst(inst);
            if data.op.effects().stays {
                // Arguments are used only if the parameters are.
                rest.extend(data.operands.iter().copied());
                rest.extend(
                    data.state.into_iter().flat_map(|state| function.values_of_state(state)),
                );
            }
        }
    }
    // For each parameter what it is passed.
    let mut passed: Vec<Vec<Value>> = vec![Vec::new(); function.value_count()];
    for &block in &order {
        let Some(end) = function.end(block) else { continue };
        for target in &function.inst(end).targets {
            for (&argument, parameter) in
                target.arguments.iter().zip(function.parameters(target.block))
            {
                passed[parameter.index()].push(argument);
            }
        }
    }
    while let Some(value) = rest.pop() {
        if std::mem::replace(&mut is_used[value.index()], true) {
            continue;
        }
        match function.definition(value) {
            Definition::Parameter(..) => rest.extend(&passed[value.index()]),
            Definition::Result(inst) => rest.extend(function.uses(inst)),
        }
    }
    for block in function.blocks().collect::<Vec<_>>() {
        let keep = |inst: &crate::ir::Inst| {
            let data = function.inst(*inst);
            data.op.effects().stays || data.result.is_some_and(|value| is_used[value.index()])
        };
        let kept: Vec<_> = function.insts(block).iter().copied().filter(keep).collect();
        function.set_insts(block, kept);
    }
    function.remove_parameters(|value| !is_used[value.index()]);
}
