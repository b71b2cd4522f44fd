//! Removes parameters that are always the same value: passed one value only, or the same as another one of the block.

use crate::ir::cfg::reverse_postorder;
use crate::ir::{Function, Value};

/// Until nothing changes, since one that goes may leave others alike.
pub fn run(function: &mut Function) {
    while remove_some(function) {}
}

fn remove_some(function: &mut Function) -> bool {
    let order = reverse_postorder(function);
    let mut passed: Vec<Vec<Vec<Value>>> = vec![Vec::new(); function.blocks().len()];
    for &block in &order {
        let Some(end) = function.end(block) else { continue };
        for target in &function.inst(end).targets {
            passed[target.block.index()].push(target.arguments.clone());
        }
    }
    let mut is_gone = vec![false; function.value_count()];
    for &block in order.iter().skip(1) {
        let parameters = function.parameters(block).to_vec();
        for (number, &parameter) in parameters.iter().enumerate() {
            if let Some(same) = same_as(&passed[block.index()], &parameters, number)
                && !is_gone[same.index()]
                && function.ty(same).is_within(function.ty(parameter))
            {
                is_gone[parameter.index()] = true;
                function.replace_value(parameter, same);
            }
        }
    }
    if !is_gone.contains(&true) {
        return false;
    }
    function.remove_parameters(|value| is_gone[value.index()]);
    function.apply_replacements();
    true
}

/// What a parameter always is: the one value that is passed besides itself, or an earlier parameter that is passed the same.
fn same_as(passed: &[Vec<Value>], parameters: &[Value], number: usize) -> Option<Value> {
    let own = parameters[number];
    let mut others = passed.iter().map(|arguments| arguments[number]).filter(|&it| it != own);
    let first = others.next()?;
    if others.all(|other| other == first) {
        return Some(first);
    }
    let twin = (0..number).find(|&other| {
        passed.iter().all(|arguments| {
            arguments[other] == arguments[number]
                || (arguments[other] == parameters[other] && arguments[number] == own)
        })
    })?;
    Some(parameters[twin])
}
