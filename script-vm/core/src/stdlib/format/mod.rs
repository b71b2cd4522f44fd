//! `string.format`: conversion specifications and the text of numbers and strings, appended to a byte buffer.
//!
//! [`spec`] reads what stands after a `%` and checks it as PUC Lua 5.4 does; [`integer`], [`float`], [`hex_float`] and
//! [`text`] write values as C's `printf` would under the C locale, bit for bit as glibc does; [`quote`] is `%q`. Which argument a
//! conversion takes and how it is coerced is the binding's business.
//!
//! Invariants: output is only ever appended; nothing is allocated besides the growth of the buffer; rounding is correct
//! (to nearest, ties to even) for every precision. One deviation from glibc: a NaN is `nan` whatever its sign bit, because
//! that bit differs between machines.

mod float;
mod hex_float;
mod integer;
mod quote;
mod right_aligned;
mod spec;
#[cfg(test)]
mod tests;
mod text;

pub use float::write_float;
pub use hex_float::write_hex_float;
pub use integer::{write_decimal, write_integer};
pub use quote::{write_quoted_float, write_quoted_integer, write_quoted_string};
pub use spec::{Conversion, FlagSet, Spec};
pub use text::{write_char, write_text};

/// Pads what was appended since `start` to the width of `spec`. Zeros, if asked for, go behind the first `prefix_length` bytes
/// (a sign, `0x`).
fn pad(out: &mut Vec<u8>, start: usize, spec: &Spec, prefix_length: usize, with_zeros: bool) {
    let length = out.len() - start;
    let width = usize::from(spec.width);
    if length >= width {
        return;
    }
    let fill = width - length;
    out.resize(start + width, b' ');
    if !spec.left {
        let from = if with_zeros { start + prefix_length } else { start };
        out.copy_within(from..start + length, from + fill);
        out[from..from + fill].fill(if with_zeros { b'0' } else { b' ' });
    }
}

/// Appends the sign of a number that is negative or not, as the flags want it.
fn write_sign(out: &mut Vec<u8>, spec: &Spec, negative: bool) {
    if negative {
        out.push(b'-');
    } else if spec.plus {
        out.push(b'+');
    } else if spec.space {
        out.push(b' ');
    }
}
