//! Numerals in a source text.
//!
//! As in PUC Lua the lexer takes liberally what may belong to a numeral and lets [`parse_number`] judge it: `3x` is
//! one malformed number and not a number before a name.

use super::Lexer;
use crate::error::ParseResult;
use crate::number::{Number, parse_number};
use crate::token::Token;

/// Digits that fit an `i64` whatever they are.
const SAFE_DIGITS: usize = 18;

impl Lexer<'_, '_> {
    pub(super) fn read_numeral(&mut self) -> ParseResult<Token> {
        let start = self.at;
        let pos = self.pos_of(start);
        let (length, small_decimal) = extent(&self.source[start..]);
        self.at += length;
        let text = &self.source[start..self.at];
        if small_decimal {
            let value =
                text.iter().fold(0i64, |value, &digit| value * 10 + i64::from(digit - b'0'));
            return Ok(Token::integer(pos, start as u32, value));
        }
        match parse_number(text) {
            Some(Number::Integer(value)) => Ok(Token::integer(pos, start as u32, value)),
            Some(Number::Float(value)) => Ok(Token::float(pos, start as u32, value)),
            None => Err(self.literal_error("malformed number", start, text)),
        }
    }
}

/// How many bytes at the start of `text` a numeral takes, and whether they are a few decimal digits only.
pub(super) fn extent(text: &[u8]) -> (usize, bool) {
    let byte_at = |at: usize| text.get(at).copied().unwrap_or(0);
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits <= SAFE_DIGITS && !matches!(byte_at(digits), b'.' | b'_' | b'a'..=b'z' | b'A'..=b'Z')
    {
        return (digits, true);
    }
    let mut at = usize::from(byte_at(0) == b'.');
    let hexadecimal = byte_at(at) == b'0' && matches!(byte_at(at + 1), b'x' | b'X');
    at += if hexadecimal { 2 } else { 1 };
    loop {
        match byte_at(at) {
            b'e' | b'E' if !hexadecimal => at += exponent_mark(byte_at(at + 1)),
            b'p' | b'P' if hexadecimal => at += exponent_mark(byte_at(at + 1)),
            byte if byte.is_ascii_hexdigit() || byte == b'.' => at += 1,
            // A letter that touches the numeral makes it malformed.
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => return (at + 1, false),
            _ => return (at, false),
        }
    }
}

/// The length of an exponent mark before `next`, with the sign that may follow it.
fn exponent_mark(next: u8) -> usize {
    if matches!(next, b'+' | b'-') { 2 } else { 1 }
}
