//! Escape sequences of quoted strings.
//!
//! The scratch buffer holds what is decoded so far; an error shows that and, raw, the escape up to the byte that broke it.

use super::Lexer;
use crate::error::{ParseResult, SyntaxError};
use crate::number::{hex_value, is_space};

impl Lexer<'_, '_> {
    /// Decodes the escape at the present backslash of the string that starts at `start`.
    pub(super) fn read_escape(&mut self, start: usize) -> ParseResult<()> {
        let escape = self.at;
        self.at += 1;
        // At the end of the source the caller finds the string unfinished.
        let Some(byte) = self.peek() else {
            return Ok(());
        };
        let decoded = match byte {
            b'a' => 0x07,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 0x0b,
            b'\\' | b'"' | b'\'' => byte,
            b'\n' | b'\r' => {
                self.skip_newline(byte);
                self.scratch.push(b'\n');
                return Ok(());
            }
            b'x' => return self.read_hexadecimal_escape(start, escape),
            b'u' => return self.read_utf8_escape(start, escape),
            b'z' => {
                self.skip_spaces();
                return Ok(());
            }
            b'0'..=b'9' => return self.read_decimal_escape(start, escape),
            _ => return Err(self.escape_error("invalid escape sequence", start, escape)),
        };
        self.at += 1;
        self.scratch.push(decoded);
        Ok(())
    }

    /// An error at the present byte of the escape that starts at `escape`.
    #[cold]
    fn escape_error(&self, message: &str, start: usize, escape: usize) -> Box<SyntaxError> {
        let end = (self.at + 1).min(self.source.len());
        self.quoted_error(message, start, escape..end)
    }

    /// `\z`: skips the white space behind it, line ends included.
    fn skip_spaces(&mut self) {
        self.at += 1;
        while let Some(byte) = self.peek().filter(|&byte| is_space(byte)) {
            if matches!(byte, b'\n' | b'\r') {
                self.skip_newline(byte);
            } else {
                self.at += 1;
            }
        }
    }

    /// `\xXX`
    fn read_hexadecimal_escape(&mut self, start: usize, escape: usize) -> ParseResult<()> {
        let high = self.next_hexadecimal(start, escape)?;
        let low = self.next_hexadecimal(start, escape)?;
        self.at += 1;
        self.scratch.push(high << 4 | low);
        Ok(())
    }

    /// Steps to the next byte, which must be a hexadecimal digit.
    fn next_hexadecimal(&mut self, start: usize, escape: usize) -> ParseResult<u8> {
        self.at += 1;
        match self.peek() {
            Some(byte) if byte.is_ascii_hexdigit() => Ok(hex_value(byte)),
            _ => Err(self.escape_error("hexadecimal digit expected", start, escape)),
        }
    }

    /// `\ddd`, up to three digits.
    fn read_decimal_escape(&mut self, start: usize, escape: usize) -> ParseResult<()> {
        let mut value = 0u32;
        for _ in 0..3 {
            let Some(digit) = self.peek().filter(u8::is_ascii_digit) else {
                break;
            };
            value = value * 10 + u32::from(digit - b'0');
            self.at += 1;
        }
        match u8::try_from(value) {
            Ok(byte) => {
                self.scratch.push(byte);
                Ok(())
            }
            Err(_) => Err(self.escape_error("decimal escape too large", start, escape)),
        }
    }

    /// `\u{XXX}`, below 2^31.
    fn read_utf8_escape(&mut self, start: usize, escape: usize) -> ParseResult<()> {
        self.at += 1;
        if self.peek() != Some(b'{') {
            return Err(self.escape_error("missing '{'", start, escape));
        }
        let mut value = u32::from(self.next_hexadecimal(start, escape)?);
        self.at += 1;
        while let Some(digit) = self.peek().filter(u8::is_ascii_hexdigit) {
            if value > 0x7FFF_FFFF >> 4 {
                return Err(self.escape_error("UTF-8 value too large", start, escape));
            }
            value = value << 4 | u32::from(hex_value(digit));
            self.at += 1;
        }
        if self.peek() != Some(b'}') {
            return Err(self.escape_error("missing '}'", start, escape));
        }
        self.at += 1;
        push_utf8(&mut self.scratch, value);
        Ok(())
    }
}

/// Appends `value` in UTF-8, in the original form of up to six bytes that reaches 2^31.
fn push_utf8(out: &mut Vec<u8>, value: u32) {
    if value < 0x80 {
        out.push(value as u8);
        return;
    }
    let mut reversed = [0u8; 6];
    let mut length = 0;
    let mut rest = value;
    // What fits the first byte beside its length mark; one bit less for each further byte.
    let mut first_max = 0x3F;
    while rest > first_max {
        reversed[length] = 0x80 | (rest & 0x3F) as u8;
        length += 1;
        rest >>= 6;
        first_max >>= 1;
    }
    out.push((!first_max << 1) as u8 | rest as u8);
    out.extend(reversed[..length].iter().rev());
}
