//! `%a` and `%A`: floats in hexadecimal, laid out as glibc lays them out.
//!
//! The leading digit is 1 for normal numbers and 0 for subnormal ones, whose exponent is always -1022; without a precision as
//! many digits follow as are needed. Rounding to a precision is to nearest, ties to even, and may carry into the leading digit.

use super::float::write_not_finite;
use super::{Spec, integer, pad, write_sign};

/// Hexadecimal digits of the 52-bit fraction.
const FRACTION_DIGITS: usize = 13;

/// Appends `number` as `%a`, or as `%A` with `capital` set.
pub fn write_hex_float(out: &mut Vec<u8>, capital: bool, spec: &Spec, number: f64) {
    let start = out.len();
    write_sign(out, spec, number.is_sign_negative() && !number.is_nan());
    if !number.is_finite() {
        write_not_finite(out, number, capital);
        return pad(out, start, spec, 0, false);
    }
    out.extend_from_slice(if capital { b"0X" } else { b"0x" });
    let prefix_length = out.len() - start;
    write_digits(out, number.to_bits() & !(1 << 63), spec, capital);
    pad(out, start, spec, prefix_length, spec.pads_with_zeros());
}

fn write_digits(out: &mut Vec<u8>, bits: u64, spec: &Spec, capital: bool) {
    let biased = (bits >> 52) as i64;
    let fraction = bits & ((1 << 52) - 1);
    let leading = u64::from(biased != 0) << 52;
    let exponent = match (biased, fraction) {
        (0, 0) => 0,
        (0, _) => -1022,
        (biased, _) => biased - 1023,
    };
    let significand = rounded(leading | fraction, spec.precision);
    integer::write_decimal(out, (significand >> 52) as i64);
    let rest = significand & ((1 << 52) - 1);
    let needed = FRACTION_DIGITS - (rest.trailing_zeros() as usize / 4).min(FRACTION_DIGITS);
    let count = spec.precision.map_or(needed, usize::from);
    if count > 0 || spec.alternate {
        out.push(b'.');
    }
    let alphabet: &[u8; 16] = if capital { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
    for index in 0..count.min(FRACTION_DIGITS) {
        out.push(alphabet[(rest >> (48 - 4 * index)) as usize & 15]);
    }
    out.resize(out.len() + count.saturating_sub(FRACTION_DIGITS), b'0');
    out.push(if capital { b'P' } else { b'p' });
    if exponent >= 0 {
        out.push(b'+');
    }
    integer::write_decimal(out, exponent);
}

/// The significand with the digits beyond `precision` rounded away.
fn rounded(significand: u64, precision: Option<u8>) -> u64 {
    let Some(kept) = precision.map(usize::from).filter(|kept| *kept < FRACTION_DIGITS) else {
        return significand;
    };
    let unit = 1u64 << (4 * (FRACTION_DIGITS - kept));
    let (floor, remainder) = (significand & !(unit - 1), significand & (unit - 1));
    let up = remainder > unit / 2 || (remainder == unit / 2 && floor & unit != 0);
    if up { floor + unit } else { floor }
}
