//! `collectgarbage`.

use super::super::Outcome;
use super::super::register;
use crate::finalize;
use crate::heap::Budget;
use crate::native::{Cx, Raised};
use crate::value::Value;

const OPTIONS: [&str; 10] = [
    "stop",
    "restart",
    "collect",
    "count",
    "step",
    "setpause",
    "setstepmul",
    "isrunning",
    "generational",
    "incremental",
];

/// The option that is meant when none is given.
const COLLECT: usize = 2;

/// Work of the smallest step that a script can ask for, in the collector's units.
const STEP_UNITS: usize = 4096;

/// Units of work for each kilobyte that a step is to count as allocated.
const UNITS_PER_KILOBYTE: usize = 64;

/// Parameters of PUC Lua's collector that ours has no use for: kept, so that programs read back what they set.
#[derive(Debug)]
pub struct CollectorSettings {
    pause: i64,
    step_multiplier: i64,
    generational: bool,
}

impl Default for CollectorSettings {
    fn default() -> CollectorSettings {
        CollectorSettings { pause: 200, step_multiplier: 100, generational: false }
    }
}

pub(super) fn collectgarbage(cx: &mut Cx<'_>) -> Outcome {
    let option = cx.check_option(0, Some(COLLECT), &OPTIONS)?;
    if cx.vm().finalizing {
        return cx.ret1(Value::NIL);
    }
    let result = match OPTIONS[option] {
        "stop" => {
            cx.vm().heap.stop();
            Value::int(0)
        }
        "restart" => {
            cx.vm().heap.restart();
            Value::int(0)
        }
        "count" => Value::float(cx.vm().heap.bytes_in_use() as f64 / 1024.0),
        "step" => step(cx)?,
        "setpause" => set_pause(cx)?,
        "setstepmul" => set_step_multiplier(cx)?,
        "isrunning" => Value::boolean(cx.vm().heap.is_running()),
        "generational" => set_mode(cx, true)?,
        "incremental" => set_mode(cx, false)?,
        _ => collect(cx)?,
    };
    cx.ret1(result)
}

fn collect(cx: &mut Cx<'_>) -> Result<Value, Raised> {
    let vm = cx.vm();
    vm.save_live_of_native();
    vm.heap.collect_full();
    finalize::run_all(vm)?;
    Ok(Value::int(0))
}

/// One step; true if it ended a cycle.
fn step(cx: &mut Cx<'_>) -> Result<Value, Raised> {
    let kilobytes = usize::try_from(cx.opt_int(1, 0)?).unwrap_or(0);
    let units = kilobytes.saturating_mul(UNITS_PER_KILOBYTE).max(STEP_UNITS);
    let vm = cx.vm();
    vm.save_live();
    let ended = vm.heap.step_on_demand(Budget::units(units));
    if ended {
        finalize::run_pending(vm)?;
    }
    Ok(Value::boolean(ended))
}

fn set_pause(cx: &mut Cx<'_>) -> Result<Value, Raised> {
    let percent = cx.opt_int(1, 0)?;
    let vm = cx.vm();
    vm.heap.set_pause(usize::try_from(percent).unwrap_or(0));
    let old = std::mem::replace(&mut vm.stdlib.collector.pause, stored(percent));
    Ok(Value::int(old))
}

fn set_step_multiplier(cx: &mut Cx<'_>) -> Result<Value, Raised> {
    let percent = cx.opt_int(1, 0)?;
    let multiplier = &mut cx.vm().stdlib.collector.step_multiplier;
    Ok(Value::int(std::mem::replace(multiplier, stored(percent))))
}

/// What PUC Lua keeps of a parameter: a byte, in units of 4.
fn stored(percent: i64) -> i64 {
    i64::from((percent as i32 / 4) as u8) * 4
}

fn set_mode(cx: &mut Cx<'_>, generational: bool) -> Result<Value, Raised> {
    let (first, second) = (cx.opt_int(1, 0)?, cx.opt_int(2, 0)?);
    if !generational {
        cx.opt_int(3, 0)?;
        let settings = &mut cx.vm().stdlib.collector;
        if first != 0 {
            settings.pause = stored(first);
        }
        if second != 0 {
            settings.step_multiplier = stored(second);
        }
    }
    let mode = &mut cx.vm().stdlib.collector.generational;
    let was_generational = std::mem::replace(mode, generational);
    let name: &[u8] = if was_generational { b"generational" } else { b"incremental" };
    Ok(register::text(cx.vm(), name))
}
