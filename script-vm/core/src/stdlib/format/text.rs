//! `%s`, `%c` and `%p`: bytes with a width, and for `%s` a precision.

use super::{Spec, pad};

/// Appends `text`, cut to the precision and padded to the width.
pub fn write_text(out: &mut Vec<u8>, spec: &Spec, text: &[u8]) {
    let start = out.len();
    let length =
        spec.precision.map_or(text.len(), |precision| text.len().min(usize::from(precision)));
    out.extend_from_slice(&text[..length]);
    pad(out, start, spec, 0, false);
}

/// Appends one byte, padded to the width.
pub fn write_char(out: &mut Vec<u8>, spec: &Spec, byte: u8) {
    let start = out.len();
    out.push(byte);
    pad(out, start, spec, 0, false);
}
