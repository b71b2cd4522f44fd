//! Arithmetic on strings: the metamethods that make `"10" + 5` a sum, in the metatable of strings as in PUC Lua
//! (`lstrlib.c`: `trymt`, `arith`).
//!
//! A program may take them out, and then strings are no operands any more. The interpreter knows these functions
//! ([`crate::function::NativeFunction::is_string_arithmetic`]) and does what they do without a call.

use crate::interp::meta::coerced;
use crate::native::{Cx, Intrinsic, NativeFn, TableRef, new_native};
use crate::number;
use crate::stdlib::Outcome;
use crate::value::Value;
use crate::vm::{EVENT_NAMES, Event, Vm};

const METAMETHODS: [(Event, NativeFn); 8] = [
    (Event::Add, |cx| arithmetic(cx, Event::Add)),
    (Event::Sub, |cx| arithmetic(cx, Event::Sub)),
    (Event::Mul, |cx| arithmetic(cx, Event::Mul)),
    (Event::Mod, |cx| arithmetic(cx, Event::Mod)),
    (Event::Pow, |cx| arithmetic(cx, Event::Pow)),
    (Event::Div, |cx| arithmetic(cx, Event::Div)),
    (Event::FloorDiv, |cx| arithmetic(cx, Event::FloorDiv)),
    (Event::Unm, |cx| arithmetic(cx, Event::Unm)),
];

/// Puts the metamethods into the metatable of strings.
pub(super) fn add_metamethods(vm: &mut Vm, metatable: TableRef) {
    for (event, function) in METAMETHODS {
        let name = EVENT_NAMES[event as usize];
        let mut native = new_native(vm, name, function, Intrinsic::None, &[]);
        native.mark_string_arithmetic();
        vm.set_global_field(metatable, name, Value::native(native));
    }
}

fn arithmetic(cx: &mut Cx<'_>, event: Event) -> Outcome {
    let (x, y) = (cx.arg(0), cx.arg(1));
    // The interpreter passes the operand twice; of two different ones PUC Lua negates the second.
    let first = if event == Event::Unm && number::to_float(x).is_some() { y } else { x };
    match coerced(event, first, y) {
        Some(Ok(result)) => cx.ret1(result),
        Some(Err(error)) => Err(cx.error_plain(error.text())),
        None => other_metamethod(cx, event, x, y),
    }
}

/// One operand is no number: the second one's metamethod may know what to do.
fn other_metamethod(cx: &mut Cx<'_>, event: Event, x: Value, y: Value) -> Outcome {
    let handler = if y.is_string() { Value::NIL } else { cx.metamethod(y, event) };
    if handler.is_nil() {
        let verb = &EVENT_NAMES[event as usize][2..];
        let (x, y) = (x.type_name(), y.type_name());
        return Err(cx.error(format!("attempt to {verb} a '{x}' with a '{y}'")));
    }
    let result = cx.call(handler, &[x, y])?;
    cx.ret1(result)
}
