//! The lexer: cuts a source text into tokens.
//!
//! It reads bytes, not characters: a source need not be UTF-8. Nothing is allocated for a token; names and strings become
//! symbols at once. Literals are read in the child modules. After an error nothing more may be read.

mod escape;
mod numeral;
mod string;

use bumpalo::Bump;

use crate::ast::{Pos, Symbol};
use crate::error::{ParseResult, SyntaxError};
use crate::intern::Interner;
use crate::token::{RESERVED, Token, TokenKind};

/// Byte class: may continue a name.
const NAME: u8 = 1;
/// Byte class: white space within a line.
const BLANK: u8 = 2;
/// Byte class: ends the plain part of a quoted string.
const STRING_STOP: u8 = 4;

static CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => NAME,
            b' ' | b'\t' | 0x0b | 0x0c => BLANK,
            b'\n' | b'\r' | b'"' | b'\'' | b'\\' => STRING_STOP,
            _ => 0,
        };
        byte += 1;
    }
    classes
}

static SINGLE_BYTE_TOKENS: [TokenKind; 256] = single_byte_tokens();

const fn single_byte_tokens() -> [TokenKind; 256] {
    let mut tokens = [TokenKind::Stray; 256];
    let mut byte = 0;
    while byte < 256 {
        tokens[byte] = single_byte_token(byte as u8);
        byte += 1;
    }
    tokens
}

fn is_class(byte: u8, class: u8) -> bool {
    CLASSES[byte as usize] & class != 0
}

/// Reads tokens from a source text.
pub(crate) struct Lexer<'a, 'c> {
    pub(crate) interner: Interner<'a>,
    arena: &'a Bump,
    source: &'a [u8],
    chunk: &'c str,
    /// The offset of the next byte.
    at: usize,
    line: u32,
    /// The offset of the first byte of the line.
    line_start: usize,
    /// The decoded bytes of the string being read.
    scratch: Vec<u8>,
}

impl<'a, 'c> Lexer<'a, 'c> {
    /// A lexer at the start of `source`. Fails if offsets or lines would not fit 31 bits.
    pub(crate) fn new(arena: &'a Bump, source: &'a [u8], chunk: &'c str) -> ParseResult<Self> {
        let lexer = Lexer {
            interner: Interner::new(source.len()),
            arena,
            source,
            chunk,
            at: 0,
            line: 1,
            line_start: 0,
            scratch: Vec::new(),
        };
        if source.len() >= i32::MAX as usize {
            return Err(lexer.unplaced_error("chunk has too many lines".to_owned()));
        }
        Ok(lexer)
    }

    /// The next token; at the end of the source `Eof`, again and again.
    pub(crate) fn next_token(&mut self) -> ParseResult<Token> {
        loop {
            let Some(byte) = self.peek() else {
                return Ok(self.plain(TokenKind::Eof, 0));
            };
            match byte {
                b' ' if self.peek_at(1) != Some(b' ') => self.at += 1,
                b' ' | b'\t' | 0x0b | 0x0c => self.skip_while(BLANK),
                b'\n' | b'\r' => self.skip_newline(byte),
                b'-' if self.peek_at(1) == Some(b'-') => self.skip_comment()?,
                b'a'..=b'z' | b'A'..=b'Z' | b'_' => return Ok(self.read_name()),
                b'0'..=b'9' => return self.read_numeral(),
                b'"' | b'\'' => return self.read_quoted(byte),
                b'[' => return self.read_bracket(),
                b'.' if self.peek_at(1).is_some_and(|next| next.is_ascii_digit()) => {
                    return self.read_numeral();
                }
                b'(' | b')' | b'{' | b'}' | b']' | b',' | b';' | b'+' | b'*' | b'%' | b'^'
                | b'#' => {
                    return Ok(self.plain(SINGLE_BYTE_TOKENS[byte as usize], 1));
                }
                _ => return Ok(self.read_symbol(byte)),
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.source.get(self.at).copied()
    }

    fn peek_at(&self, distance: usize) -> Option<u8> {
        self.source.get(self.at + distance).copied()
    }

    fn skip_while(&mut self, class: u8) {
        let rest = &self.source[self.at..];
        self.at += rest.iter().position(|&byte| !is_class(byte, class)).unwrap_or(rest.len());
    }

    /// Skips one line end that starts with `first`: `\n`, `\r`, `\r\n` or `\n\r`.
    fn skip_newline(&mut self, first: u8) {
        self.at += 1;
        if self.peek().is_some_and(|next| matches!(next, b'\n' | b'\r') && next != first) {
            self.at += 1;
        }
        self.line += 1;
        self.line_start = self.at;
    }

    fn skip_comment(&mut self) -> ParseResult<()> {
        let start = self.at;
        self.at += 2;
        if self.peek() == Some(b'[') {
            let level = self.bracket_level(b'[');
            if let Some(level) = level {
                return self.skip_long_comment(level, start);
            }
        }
        let rest = &self.source[self.at..];
        let length = rest.iter().position(|&byte| matches!(byte, b'\n' | b'\r'));
        self.at += length.unwrap_or(rest.len());
        Ok(())
    }

    fn read_name(&mut self) -> Token {
        let start = self.at;
        let pos = self.pos_of(start);
        self.skip_while(NAME);
        let symbol = self.interner.intern(&self.source[start..self.at]);
        match RESERVED.get(symbol.0 as usize) {
            Some(&(_, kind)) => Token::plain(kind, pos, start as u32),
            None => Token::with_symbol(TokenKind::Name, pos, start as u32, symbol),
        }
    }

    fn read_symbol(&mut self, byte: u8) -> Token {
        let next = self.peek_at(1);
        let (kind, length) = match byte {
            b'/' if next == Some(b'/') => (TokenKind::SlashSlash, 2),
            b'.' if next == Some(b'.') && self.peek_at(2) == Some(b'.') => (TokenKind::Dots, 3),
            b'.' if next == Some(b'.') => (TokenKind::Concat, 2),
            b'=' if next == Some(b'=') => (TokenKind::Equal, 2),
            b'>' if next == Some(b'=') => (TokenKind::GreaterEqual, 2),
            b'<' if next == Some(b'=') => (TokenKind::LessEqual, 2),
            b'~' if next == Some(b'=') => (TokenKind::NotEqual, 2),
            b'<' if next == Some(b'<') => (TokenKind::ShiftLeft, 2),
            b'>' if next == Some(b'>') => (TokenKind::ShiftRight, 2),
            b':' if next == Some(b':') => (TokenKind::DoubleColon, 2),
            _ => (SINGLE_BYTE_TOKENS[byte as usize], 1),
        };
        self.plain(kind, length)
    }

    /// A token of `length` bytes from here on.
    fn plain(&mut self, kind: TokenKind, length: usize) -> Token {
        let start = self.at;
        self.at += length;
        Token::plain(kind, self.pos_of(start), start as u32)
    }

    /// The place of a token that starts at `start` on the present line.
    fn pos_of(&self, start: usize) -> Pos {
        Pos { line: self.line, column: (start.saturating_sub(self.line_start) + 1) as u32 }
    }

    /// The bytes of `token` as error messages show them.
    fn text_of(&self, token: &Token) -> String {
        let start = token.start as usize;
        match token.kind {
            TokenKind::Name => quote(self.interner.bytes(token.symbol())),
            TokenKind::String => quote(&self.delimited(start, token.symbol())),
            TokenKind::Float | TokenKind::Integer => {
                let (length, _) = numeral::extent(&self.source[start..]);
                quote(&self.source[start..start + length])
            }
            TokenKind::Stray => match self.source.get(start) {
                Some(&byte @ b' '..=b'~') => format!("'{}'", byte as char),
                Some(&byte) => format!("'<\\{byte}>'"),
                None => "<eof>".to_owned(),
            },
            kind => kind.describe().to_owned(),
        }
    }

    /// The decoded string that starts at `start` between the delimiters it has in the source.
    fn delimited(&self, start: usize, symbol: Symbol) -> Vec<u8> {
        let content = self.interner.bytes(symbol);
        let quote = self.source[start];
        if quote != b'[' {
            return [&[quote], content, &[quote]].concat();
        }
        let level = self.source[start + 1..].iter().take_while(|&&byte| byte == b'=').count();
        let equals = vec![b'='; level];
        [b"[", &equals[..], b"[", content, b"]", &equals[..], b"]"].concat()
    }

    /// An error at the end of what has been read, near `token`.
    #[cold]
    pub(crate) fn error_near(&self, message: &str, token: &Token) -> Box<SyntaxError> {
        // PUC Lua takes the token number 0, a zero byte, for "no token".
        let is_zero = token.kind == TokenKind::Stray
            && self.source.get(token.start as usize).is_none_or(|&byte| byte == 0);
        let message = if is_zero {
            message.to_owned()
        } else {
            format!("{message} near {}", self.text_of(token))
        };
        self.error_at(token.start as usize, message)
    }

    /// An error that names no token; `start` is the offset it points to.
    #[cold]
    pub(crate) fn error_at(&self, start: usize, message: String) -> Box<SyntaxError> {
        let start = if start < self.line_start { self.at } else { start };
        let Pos { line, column } = self.pos_of(start);
        Box::new(SyntaxError { chunk: self.chunk.to_owned(), line, column, message })
    }

    /// An error that PUC Lua reports without a place.
    #[cold]
    pub(crate) fn unplaced_error(&self, message: String) -> Box<SyntaxError> {
        Box::new(SyntaxError { chunk: self.chunk.to_owned(), line: 0, column: 0, message })
    }

    /// An error of the literal that starts at `start`, near the `text` read of it.
    #[cold]
    fn literal_error(&self, message: &str, start: usize, text: &[u8]) -> Box<SyntaxError> {
        self.error_at(start, format!("{message} near {}", quote(text)))
    }
}

/// `text` in quotes as C's `%s` would print it: up to the first zero byte.
fn quote(text: &[u8]) -> String {
    let end = text.iter().position(|&byte| byte == 0).unwrap_or(text.len());
    format!("'{}'", String::from_utf8_lossy(&text[..end]))
}

const fn single_byte_token(byte: u8) -> TokenKind {
    match byte {
        b'+' => TokenKind::Plus,
        b'-' => TokenKind::Minus,
        b'*' => TokenKind::Star,
        b'/' => TokenKind::Slash,
        b'%' => TokenKind::Percent,
        b'^' => TokenKind::Caret,
        b'#' => TokenKind::Hash,
        b'&' => TokenKind::Ampersand,
        b'~' => TokenKind::Tilde,
        b'|' => TokenKind::Pipe,
        b'<' => TokenKind::Less,
        b'>' => TokenKind::Greater,
        b'=' => TokenKind::Assign,
        b'(' => TokenKind::LeftParen,
        b')' => TokenKind::RightParen,
        b'{' => TokenKind::LeftBrace,
        b'}' => TokenKind::RightBrace,
        b'[' => TokenKind::LeftBracket,
        b']' => TokenKind::RightBracket,
        b';' => TokenKind::Semicolon,
        b':' => TokenKind::Colon,
        b',' => TokenKind::Comma,
        b'.' => TokenKind::Dot,
        _ => TokenKind::Stray,
    }
}
