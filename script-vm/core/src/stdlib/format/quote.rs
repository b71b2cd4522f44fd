//! `%q`: values written so that Lua reads them back unchanged.

use super::{Spec, hex_float, integer};

/// Appends a string literal.
pub fn write_quoted_string(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    for (index, &byte) in text.iter().enumerate() {
        match byte {
            b'"' | b'\\' | b'\n' => out.extend_from_slice(&[b'\\', byte]),
            _ if byte.is_ascii_control() => {
                out.push(b'\\');
                // A digit behind the escape would be read as part of it if it were shorter than three digits.
                let next_is_digit = text.get(index + 1).is_some_and(u8::is_ascii_digit);
                integer::write_unsigned_padded(
                    out,
                    u64::from(byte),
                    if next_is_digit { 3 } else { 1 },
                );
            }
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

/// Appends an integer literal. The least integer is written in hexadecimal: its decimal digits alone would be a float.
pub fn write_quoted_integer(out: &mut Vec<u8>, number: i64) {
    if number == i64::MIN {
        out.extend_from_slice(b"0x8000000000000000");
    } else {
        integer::write_decimal(out, number);
    }
}

/// Appends an expression that gives back the float exactly.
pub fn write_quoted_float(out: &mut Vec<u8>, number: f64) {
    if number.is_nan() {
        out.extend_from_slice(b"(0/0)");
    } else if number.is_infinite() {
        out.extend_from_slice(if number > 0.0 { b"1e9999" } else { b"-1e9999" });
    } else {
        hex_float::write_hex_float(out, false, &Spec::default(), number);
    }
}
