//! UTF-8 as Lua has it: sequences of up to six bytes for values below 2^31, and a strict mode that accepts Unicode only.
//!
//! Follows `lutf8lib.c`: overlong forms are invalid in both modes, surrogates and values above U+10FFFF in the strict one.

/// The largest value that can be encoded.
pub const MAX_CODE: u64 = 0x7fff_ffff;

/// The largest Unicode code point.
const MAX_UNICODE: u32 = 0x10_ffff;

/// The message for a sequence that is not UTF-8.
pub const INVALID: &str = "invalid UTF-8 code";

/// A pattern that matches one encoded character (`utf8.charpattern`).
pub const CHAR_PATTERN: &[u8] = b"[\0-\x7F\xC2-\xFD][\x80-\xBF]*";

/// Whether `byte` continues a sequence.
pub const fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

/// Whether there is a continuation byte at `at`. There is none at the end.
pub fn continues_at(text: &[u8], at: usize) -> bool {
    text.get(at).copied().is_some_and(is_continuation)
}

/// Decodes the sequence that begins at `at`: its value and the offset behind it. Nothing if it is invalid, or if `at` is
/// not inside `text`.
pub fn decode(text: &[u8], at: usize, strict: bool) -> Option<(u32, usize)> {
    let first = *text.get(at)?;
    let (code, length) = match first {
        0..0x80 => (u32::from(first), 1),
        // A continuation byte, or a byte that would need six or more of them.
        0x80..0xc0 | 0xfe.. => return None,
        _ => decode_long(text, at, first)?,
    };
    let is_unicode = code <= MAX_UNICODE && !(0xd800..0xe000).contains(&code);
    (is_unicode || !strict).then_some((code, at + length))
}

fn decode_long(text: &[u8], at: usize, first: u8) -> Option<(u32, usize)> {
    /// The least value that needs so many continuation bytes.
    const LIMITS: [u32; 6] = [0, 0x80, 0x800, 0x1_0000, 0x20_0000, 0x400_0000];
    let count = first.leading_ones() as usize - 1;
    let rest = text.get(at + 1..at + 1 + count)?;
    let mut code = u32::from(first & (0x7f >> (count + 1)));
    for &byte in rest {
        if !is_continuation(byte) {
            return None;
        }
        code = code << 6 | u32::from(byte & 0x3f);
    }
    (code >= LIMITS[count]).then_some((code, count + 1))
}

/// Appends the encoding of `code`, which is at most [`MAX_CODE`].
pub fn encode(out: &mut Vec<u8>, code: u32) {
    if code < 0x80 {
        return out.push(code as u8);
    }
    // So many continuation bytes hold 6 bits each; the first byte has room for `6 - count` more.
    let count = (1..5).find(|count| code < 1 << (5 * count + 6)).unwrap_or(5);
    let marker = !(0xff_u8 >> (count + 1));
    out.push(marker | (code >> (6 * count)) as u8);
    for index in (0..count).rev() {
        out.push(0x80 | (code >> (6 * index)) as u8 & 0x3f);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips_at_the_limits() {
        for code in [
            0, 0x7f, 0x80, 0x7ff, 0x800, 0xd800, 0xffff, 0x1_0000, 0x10_ffff, 0x11_0000, 0x1f_ffff,
            0x20_0000,
        ] {
            for code in [code, code + 1, 0x3ff_ffff, 0x400_0000, 0x7fff_ffff] {
                let mut text = Vec::new();
                encode(&mut text, code);
                assert_eq!(decode(&text, 0, false), Some((code, text.len())), "{code:x}");
                let unicode = char::from_u32(code);
                assert_eq!(decode(&text, 0, true).is_some(), unicode.is_some(), "{code:x}");
                if let Some(unicode) = unicode {
                    assert_eq!(text, unicode.to_string().as_bytes());
                }
            }
        }
    }

    #[test]
    fn invalid_sequences() {
        for text in [
            &b"\x80"[..],
            b"\xc0\x80",
            b"\xc1\xbf",
            b"\xe0\x80\x80",
            b"\xc3",
            b"\xe2\x82",
            b"\xff",
            b"\xfe\x80",
            b"\xc3a",
            b"",
        ] {
            assert_eq!(decode(text, 0, false), None, "{text:x?}");
        }
    }
}
