//! `%f`, `%e`, `%E`, `%g` and `%G`.
//!
//! Rust's own formatter is exact for every precision; what is left to do is C's layout. `%f` with few digits, by far the most
//! used of them, has a way of its own: a float is an integer times a power of two, so that scaling it by a power of ten,
//! shifting and rounding on the remainder is exact in 128 bits.

use super::right_aligned::RightAligned;
use super::{Spec, integer, pad, write_sign};
use std::io::Write;

/// The precision of C where none is given.
const DEFAULT_PRECISION: u8 = 6;

/// `10^17 < 2^57`, and 57 bits times a 53-bit mantissa fit in 128 bits with room to spare.
const MAX_EXACT_PRECISION: usize = 17;

const POWERS_OF_TEN: [u64; MAX_EXACT_PRECISION + 1] = powers_of_ten();

const fn powers_of_ten() -> [u64; MAX_EXACT_PRECISION + 1] {
    let mut powers = [1; MAX_EXACT_PRECISION + 1];
    let mut exponent = 1;
    while exponent <= MAX_EXACT_PRECISION {
        powers[exponent] = powers[exponent - 1] * 10;
        exponent += 1;
    }
    powers
}

/// Appends `number` as the conversion `letter` (one of `feEgG`) wants it.
pub fn write_float(out: &mut Vec<u8>, letter: u8, spec: &Spec, number: f64) {
    let precision = usize::from(spec.precision.unwrap_or(DEFAULT_PRECISION));
    if letter == b'f' && write_short_fixed(out, spec, precision, number) {
        return;
    }
    let start = out.len();
    write_sign(out, spec, number.is_sign_negative() && !number.is_nan());
    let prefix_length = out.len() - start;
    if !number.is_finite() {
        write_not_finite(out, number, letter.is_ascii_uppercase());
        return pad(out, start, spec, prefix_length, false);
    }
    let magnitude = number.abs();
    match letter.to_ascii_lowercase() {
        b'f' => write_fixed(out, magnitude, precision, spec.alternate),
        b'e' => write_exponential(out, magnitude, precision, letter, spec.alternate),
        _ => write_general(out, magnitude, precision.max(1), letter, spec.alternate),
    }
    pad(out, start, spec, prefix_length, spec.pads_with_zeros());
}

/// Appends the word for an infinity or a NaN, without sign.
pub(super) fn write_not_finite(out: &mut Vec<u8>, number: f64, capital: bool) {
    out.extend_from_slice(match (number.is_nan(), capital) {
        (true, false) => b"nan",
        (true, true) => b"NAN",
        (false, false) => b"inf",
        (false, true) => b"INF",
    });
}

/// Appends `number` as `%f` if it has few digits; says whether it did.
#[inline]
fn write_short_fixed(out: &mut Vec<u8>, spec: &Spec, precision: usize, number: f64) -> bool {
    let Some(digits) = scaled(number.abs(), precision) else {
        return false;
    };
    let mut text = RightAligned::new();
    let whole = text.push_last_digits(digits, precision);
    if precision > 0 || spec.alternate {
        text.push(b'.');
    }
    text.push_decimal(whole);
    let is_negative = number.is_sign_negative();
    if spec.pads_with_zeros() {
        let has_sign = is_negative || spec.plus || spec.space;
        text.fill_to(usize::from(spec.width).saturating_sub(usize::from(has_sign)), b'0');
    }
    text.push_sign(spec, is_negative);
    text.finish(out, spec);
    true
}

fn write_fixed(out: &mut Vec<u8>, magnitude: f64, precision: usize, keep_point: bool) {
    append(out, format_args!("{magnitude:.precision$}"));
    if keep_point && precision == 0 {
        out.push(b'.');
    }
}

/// `magnitude * 10^precision` rounded to nearest, ties to even; nothing where that does not fit.
fn scaled(magnitude: f64, precision: usize) -> Option<u64> {
    let power = *POWERS_OF_TEN.get(precision)?;
    let bits = magnitude.to_bits();
    let biased = (bits >> 52) as i32;
    let fraction = bits & ((1 << 52) - 1);
    let mantissa = if biased == 0 { fraction } else { fraction | 1 << 52 };
    // magnitude = mantissa * 2^-shift
    let shift = 1075 - biased.max(1);
    let product = u128::from(mantissa) * u128::from(power);
    // Not below 2^53, or not finite: those have many digits.
    let rounded = match shift {
        // The product has at most 110 bits: less than half of the last digit is left.
        128.. => 0,
        1.. => {
            let quotient = product >> shift;
            let remainder = product & ((1 << shift) - 1);
            let half = 1 << (shift - 1);
            quotient + u128::from(remainder > half || (remainder == half && quotient & 1 == 1))
        }
        _ => return None,
    };
    u64::try_from(rounded).ok()
}

/// Significant digits of a number and its decimal exponent: `d.ddd * 10^exponent`.
struct Decimal {
    /// The digits with the point behind the first and Rust's exponent behind them.
    text: [u8; 128],
    /// Where the exponent begins, at the `e`.
    mantissa_length: usize,
    exponent: i32,
}

impl Decimal {
    /// `digits` significant digits, at least 1 and at most 100, of a finite positive number.
    fn new(magnitude: f64, digits: usize) -> Decimal {
        Decimal::few_digits(magnitude, digits)
            .unwrap_or_else(|| Decimal::any_digits(magnitude, digits))
    }

    /// The digits as an integer scaled by a power of ten, where that is exact.
    fn few_digits(magnitude: f64, digits: usize) -> Option<Decimal> {
        let limit = *POWERS_OF_TEN.get(digits)?;
        let binary_exponent = (magnitude.to_bits() >> 52) as i32 - 1023;
        // About log10: the decimal exponent is this or one more, or the check below refuses.
        let mut exponent = (binary_exponent * 77) >> 8;
        let mut number = scaled(magnitude, usize::try_from(digits as i32 - 1 - exponent).ok()?)?;
        if number >= limit {
            exponent += 1;
            number = scaled(magnitude, usize::try_from(digits as i32 - 1 - exponent).ok()?)?;
        }
        if number < limit / 10 || number >= limit {
            return None;
        }
        let mut written = RightAligned::new();
        let head = written.push_last_digits(number, digits - 1);
        if digits > 1 {
            written.push(b'.');
        }
        written.push_decimal(head);
        let mut text = [0; 128];
        text[..written.len()].copy_from_slice(written.as_bytes());
        Some(Decimal { text, mantissa_length: written.len(), exponent })
    }

    fn any_digits(magnitude: f64, digits: usize) -> Decimal {
        let mut text = [0; 128];
        let mut rest = &mut text[..];
        // 100 digits, a point and "e-324" are fewer than the 128 bytes there are, so nothing is cut off.
        let _fits = write!(rest, "{:.*e}", digits - 1, magnitude);
        let length = 128 - rest.len();
        let mantissa_length =
            text[..length].iter().rposition(|byte| *byte == b'e').unwrap_or(length);
        let exponent = text[..length].get(mantissa_length + 1..).unwrap_or_default();
        let (negative, exponent) = match exponent {
            [b'-', digits @ ..] => (true, digits),
            digits => (false, digits),
        };
        let value = exponent.iter().fold(0, |value, digit| value * 10 + i32::from(digit - b'0'));
        Decimal { text, mantissa_length, exponent: if negative { -value } else { value } }
    }

    /// The digit before the point.
    fn head(&self) -> u8 {
        self.text[0]
    }

    /// The digits behind the point.
    fn tail(&self) -> &[u8] {
        self.text[..self.mantissa_length].get(2..).unwrap_or_default()
    }
}

fn write_exponential(
    out: &mut Vec<u8>,
    magnitude: f64,
    precision: usize,
    letter: u8,
    keep_point: bool,
) {
    let decimal = Decimal::new(magnitude, precision + 1);
    write_mantissa(out, decimal.head(), decimal.tail(), keep_point);
    write_exponent(out, letter, decimal.exponent);
}

fn write_mantissa(out: &mut Vec<u8>, head: u8, tail: &[u8], keep_point: bool) {
    out.push(head);
    if keep_point || !tail.is_empty() {
        out.push(b'.');
    }
    out.extend_from_slice(tail);
}

fn write_exponent(out: &mut Vec<u8>, letter: u8, exponent: i32) {
    out.push(letter);
    out.push(if exponent < 0 { b'-' } else { b'+' });
    integer::write_unsigned_padded(out, u64::from(exponent.unsigned_abs()), 2);
}

fn write_general(out: &mut Vec<u8>, magnitude: f64, digits: usize, letter: u8, alternate: bool) {
    let decimal = Decimal::new(magnitude, digits);
    let mut tail = decimal.tail();
    if !alternate {
        while let [rest @ .., b'0'] = tail {
            tail = rest;
        }
    }
    match decimal.exponent {
        exponent @ -4..0 => {
            out.extend_from_slice(b"0.");
            out.resize(out.len() + exponent.unsigned_abs() as usize - 1, b'0');
            out.push(decimal.head());
            out.extend_from_slice(tail);
        }
        exponent if exponent >= 0 && (exponent as usize) < digits => {
            let whole = exponent as usize;
            out.push(decimal.head());
            out.extend_from_slice(&tail[..whole.min(tail.len())]);
            // Zeros before the point that were taken for trailing ones.
            out.resize(out.len() + whole.saturating_sub(tail.len()), b'0');
            let fraction = tail.get(whole..).unwrap_or_default();
            if alternate || !fraction.is_empty() {
                out.push(b'.');
            }
            out.extend_from_slice(fraction);
        }
        exponent => {
            write_mantissa(out, decimal.head(), tail, alternate);
            // The letter of the exponent: `g` has `e`, `G` has `E`.
            write_exponent(out, letter - 2, exponent);
        }
    }
}

/// Appends formatted text.
fn append(out: &mut Vec<u8>, arguments: std::fmt::Arguments<'_>) {
    // Writing to a Vec cannot fail.
    let _infallible = out.write_fmt(arguments);
}
