//! Hexadecimal floats, correctly rounded as C's `strtod` rounds them.
//!
//! The digits go into 64 bits; what does not fit only moves the exponent and leaves a sticky bit, so that rounding to the
//! nearest even is right however long the text is.

use super::hex_value;

/// Bits of a double's mantissa, the hidden one included.
const MANTISSA_BITS: i64 = 53;
/// The exponent of the smallest subnormal's only bit.
const MIN_EXPONENT: i64 = -1074;
/// The exponent of the last mantissa bit of the largest finite number.
const MAX_EXPONENT: i64 = 971;

/// The significant bits read so far: `mantissa * 2^exponent`, and more below if `sticky`.
#[derive(Default)]
struct Accumulator {
    mantissa: u64,
    exponent: i64,
    sticky: bool,
}

impl Accumulator {
    fn push(&mut self, digit: u8, after_point: bool) {
        if self.mantissa >> 60 == 0 {
            self.mantissa = (self.mantissa << 4) | u64::from(hex_value(digit));
            self.exponent -= if after_point { 4 } else { 0 };
        } else {
            self.sticky |= digit != b'0';
            self.exponent += if after_point { 0 } else { 4 };
        }
    }
}

/// The value of what follows `0x`: hexadecimal digits with at most one point, then perhaps a binary exponent.
pub(super) fn parse_float(text: &[u8]) -> Option<f64> {
    let (digits, exponent) = match text.iter().position(|&byte| matches!(byte, b'p' | b'P')) {
        Some(at) => (&text[..at], parse_exponent(&text[at + 1..])?),
        None => (text, 0),
    };
    let mut accumulator = Accumulator::default();
    let (mut any_digit, mut after_point) = (false, false);
    for &byte in digits {
        match byte {
            b'.' if !after_point => after_point = true,
            _ if byte.is_ascii_hexdigit() => {
                any_digit = true;
                accumulator.push(byte, after_point);
            }
            _ => return None,
        }
    }
    accumulator.exponent = accumulator.exponent.saturating_add(exponent);
    any_digit.then(|| round(&accumulator))
}

/// A decimal exponent with a sign; a huge one saturates, far outside what a double can hold.
fn parse_exponent(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let magnitude = digits.iter().fold(0i64, |value, &digit| {
        value.saturating_mul(10).saturating_add(i64::from(digit - b'0'))
    });
    Some(if negative { -magnitude } else { magnitude })
}

/// The double nearest to the accumulated value, ties to even.
fn round(accumulator: &Accumulator) -> f64 {
    let Accumulator { mantissa, exponent, sticky } = *accumulator;
    if mantissa == 0 {
        return 0.0;
    }
    let bits = i64::from(u64::BITS - mantissa.leading_zeros());
    // How many low bits have no place in the result: by its precision, or by the range of subnormals.
    let excess = (bits - MANTISSA_BITS).max(MIN_EXPONENT.saturating_sub(exponent));
    let (mut kept, exponent) = if excess <= 0 {
        (mantissa, exponent)
    } else if excess > 64 {
        return 0.0;
    } else {
        (round_off(mantissa, excess as u32, sticky), exponent + excess)
    };
    let mut exponent = exponent;
    // Bring small mantissas with big exponents into the normal form.
    while exponent > MAX_EXPONENT && kept >> (MANTISSA_BITS - 1) == 0 {
        kept <<= 1;
        exponent -= 1;
    }
    if exponent > MAX_EXPONENT {
        return f64::INFINITY;
    }
    scale(kept, exponent)
}

/// `mantissa / 2^excess` to the nearest even, for `excess` in `1..=64`.
fn round_off(mantissa: u64, excess: u32, sticky: bool) -> u64 {
    let wide = u128::from(mantissa);
    let kept = (wide >> excess) as u64;
    let rest = wide & ((1u128 << excess) - 1);
    let half = 1u128 << (excess - 1);
    let up = rest > half || (rest == half && (sticky || kept & 1 == 1));
    kept + u64::from(up)
}

/// `mantissa * 2^exponent`, which is exact or overflows: two steps, since 2^exponent alone may be out of range.
fn scale(mantissa: u64, exponent: i64) -> f64 {
    let half = exponent / 2;
    mantissa as f64 * power_of_two(half) * power_of_two(exponent - half)
}

/// 2^exponent for an exponent of a normal double.
fn power_of_two(exponent: i64) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}
