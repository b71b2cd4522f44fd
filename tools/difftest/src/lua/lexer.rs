//! Splits Lua source into tokens that keep their text.

use anyhow::{Result, bail};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Token<'a> {
    Name(&'a str),
    /// A number or a string, as written.
    Literal(&'a str),
    /// A keyword, an operator or punctuation.
    Symbol(&'a str),
    End,
}

/// All tokens of a source, [`Token::End`] last.
pub fn tokens(source: &str) -> Result<Vec<Token<'_>>> {
    let mut tokens = Vec::with_capacity(source.len() / 3);
    let mut rest = skip_blanks(source)?;
    while !rest.is_empty() {
        let (token, length) = next(rest)?;
        tokens.push(token);
        rest = skip_blanks(&rest[length..])?;
    }
    tokens.push(Token::End);
    Ok(tokens)
}

fn next(rest: &str) -> Result<(Token<'_>, usize)> {
    let first = rest.as_bytes()[0];
    let second = rest.as_bytes().get(1).copied().unwrap_or(0);
    if first.is_ascii_alphabetic() || first == b'_' {
        let length =
            rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let word = &rest[..length];
        let keyword = super::ast::KEYWORDS.binary_search(&word).is_ok();
        return Ok((if keyword { Token::Symbol(word) } else { Token::Name(word) }, length));
    }
    if first.is_ascii_digit() || (first == b'.' && second.is_ascii_digit()) {
        let length = number_length(rest);
        return Ok((Token::Literal(&rest[..length]), length));
    }
    if first == b'"' || first == b'\'' {
        let length = quoted_length(rest)?;
        return Ok((Token::Literal(&rest[..length]), length));
    }
    if let Some(length) = long_bracket_length(rest)? {
        return Ok((Token::Literal(&rest[..length]), length));
    }
    match symbol_length(first, second, rest) {
        Some(length) => Ok((Token::Symbol(&rest[..length]), length)),
        None => bail!("unexpected symbol near {:?}", rest.chars().next()),
    }
}

fn symbol_length(first: u8, second: u8, rest: &str) -> Option<usize> {
    match (first, second) {
        (b'.', b'.') => Some(if rest.starts_with("...") { 3 } else { 2 }),
        (b'<', b'<') | (b'>', b'>') | (b'/', b'/') | (b':', b':') => Some(2),
        (b'=' | b'~' | b'<' | b'>', b'=') => Some(2),
        _ => b"+-*/%^#&~|<>=(){}[];:,.".contains(&first).then_some(1),
    }
}

fn number_length(rest: &str) -> usize {
    let hexadecimal = rest.starts_with("0x") || rest.starts_with("0X");
    let mut previous = 0;
    for (at, byte) in rest.bytes().enumerate() {
        let exponent = if hexadecimal { b"pP" } else { b"eE" }.contains(&previous);
        let sign = exponent && (byte == b'+' || byte == b'-');
        if !(byte.is_ascii_alphanumeric() || byte == b'.' || sign) {
            return at;
        }
        previous = byte;
    }
    rest.len()
}

fn quoted_length(rest: &str) -> Result<usize> {
    let bytes = rest.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            byte if byte == bytes[0] => return Ok(at + 1),
            _ => at += 1,
        }
    }
    bail!("unfinished string")
}

/// The length of a long bracket at the start of `rest`, if there is one.
fn long_bracket_length(rest: &str) -> Result<Option<usize>> {
    let Some(inside) = rest.strip_prefix('[') else {
        return Ok(None);
    };
    let level = inside.bytes().take_while(|&byte| byte == b'=').count();
    if inside.as_bytes().get(level) != Some(&b'[') {
        return Ok(None);
    }
    let close = format!("]{}]", "=".repeat(level));
    match rest.find(&close) {
        Some(at) => Ok(Some(at + close.len())),
        None => bail!("unfinished long string"),
    }
}

fn skip_blanks(source: &str) -> Result<&str> {
    let mut rest = source.trim_start();
    while let Some(comment) = rest.strip_prefix("--") {
        let length = match long_bracket_length(comment)? {
            Some(length) => length,
            None => comment.find('\n').unwrap_or(comment.len()),
        };
        rest = comment[length..].trim_start();
    }
    Ok(rest)
}
