//! `%d`, `%i`, `%u`, `%x`, `%X` and `%o`.

use super::Spec;
use super::right_aligned::RightAligned;

/// Appends an integer in plain decimal.
#[inline]
pub fn write_decimal(out: &mut Vec<u8>, number: i64) {
    let mut text = RightAligned::new();
    text.push_decimal(number.unsigned_abs());
    if number < 0 {
        text.push(b'-');
    }
    out.extend_from_slice(text.as_bytes());
}

/// Appends `number` with at least `count` digits.
pub(super) fn write_unsigned_padded(out: &mut Vec<u8>, number: u64, count: usize) {
    let mut text = RightAligned::new();
    text.push_decimal(number);
    text.fill_to(count, b'0');
    out.extend_from_slice(text.as_bytes());
}

/// Appends `number` as the conversion `letter` (one of `diuxXo`) wants it.
pub fn write_integer(out: &mut Vec<u8>, letter: u8, spec: &Spec, number: i64) {
    let mut text = RightAligned::new();
    // With a precision of 0, zero has no digits at all.
    if number != 0 || spec.precision != Some(0) {
        push_digits(&mut text, letter, number);
    }
    if let Some(precision) = spec.precision {
        text.fill_to(usize::from(precision), b'0');
    }
    let is_decimal = matches!(letter, b'd' | b'i');
    let has_base = spec.alternate && number != 0 && matches!(letter, b'x' | b'X');
    // Octal numbers in the alternate form begin with a zero.
    if spec.alternate && letter == b'o' && text.as_bytes().first() != Some(&b'0') {
        text.push(b'0');
    }
    // A precision overrides the zero flag.
    if spec.pads_with_zeros() && spec.precision.is_none() {
        let has_sign = is_decimal && (number < 0 || spec.plus || spec.space);
        let prefix_length = usize::from(has_sign) + 2 * usize::from(has_base);
        text.fill_to(usize::from(spec.width).saturating_sub(prefix_length), b'0');
    }
    if has_base {
        text.push(letter);
        text.push(b'0');
    }
    if is_decimal {
        text.push_sign(spec, number < 0);
    }
    text.finish(out, spec);
}

fn push_digits(text: &mut RightAligned, letter: u8, number: i64) {
    let bits = number.cast_unsigned();
    match letter {
        b'x' => text.push_power_of_two(bits, 4, false),
        b'X' => text.push_power_of_two(bits, 4, true),
        b'o' => text.push_power_of_two(bits, 3, false),
        b'u' => text.push_decimal(bits),
        _ => text.push_decimal(number.unsigned_abs()),
    }
}
