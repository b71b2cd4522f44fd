//! `math.random` and `math.randomseed`: the generator of [`crate::stdlib::random`], of which each VM has one.

use crate::native::Cx;
use crate::stdlib::Outcome;
use crate::stdlib::random::Random;
use crate::value::Value;

pub(super) fn random(cx: &mut Cx<'_>) -> Outcome {
    let bits = cx.vm().stdlib.random.next_bits();
    let (low, up) = match cx.nargs() {
        0 => return cx.ret1(Value::float(Random::float_of(bits))),
        1 => match cx.check_int(0)? {
            0 => return cx.ret1(Value::int(bits as i64)),
            up => (1, up),
        },
        2 => (cx.check_int(0)?, cx.check_int(1)?),
        _ => return Err(cx.error("wrong number of arguments")),
    };
    if low > up {
        return Err(cx.arg_error(0, "interval is empty"));
    }
    let number = cx.vm().stdlib.random.between(bits, low, up);
    cx.ret1(Value::int(number))
}

/// Without arguments the new seed comes from the generator itself, so that runs repeat: what PUC Lua takes from the
/// clock is for the host to decide.
pub(super) fn randomseed(cx: &mut Cx<'_>) -> Outcome {
    let (first, second) = if cx.is_none(0) {
        let random = &mut cx.vm().stdlib.random;
        (random.next_bits() as i64, random.next_bits() as i64)
    } else {
        (cx.check_int(0)?, cx.opt_int(1, 0)?)
    };
    cx.vm().stdlib.random = Random::seeded(first, second);
    cx.ret(&[Value::int(first), Value::int(second)])
}
