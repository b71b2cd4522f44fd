//! Quoted strings, long brackets and long comments.
//!
//! A string that reads as it is written becomes a slice of the source; only one with escapes or carriage returns is
//! copied, through the scratch buffer into the arena.

use super::{Lexer, STRING_STOP, is_class};
use crate::ast::Symbol;
use crate::error::ParseResult;
use crate::token::{Token, TokenKind};

impl Lexer<'_, '_> {
    /// Reads a string in quotes of the kind `delimiter`.
    pub(super) fn read_quoted(&mut self, delimiter: u8) -> ParseResult<Token> {
        let start = self.at;
        self.at += 1;
        self.scratch.clear();
        let mut copied = false;
        // Where what is not yet in the scratch buffer starts.
        let mut plain = self.at;
        loop {
            self.skip_plain();
            match self.peek() {
                Some(byte) if byte == delimiter => break,
                Some(b'\\') => {
                    copied = true;
                    self.scratch.extend_from_slice(&self.source[plain..self.at]);
                    self.read_escape(start)?;
                    plain = self.at;
                }
                Some(b'\n' | b'\r') => {
                    return Err(self.quoted_error("unfinished string", start, plain..self.at));
                }
                // The other kind of quote.
                Some(_) => self.at += 1,
                None => return Err(self.error_at(start, "unfinished string near <eof>".to_owned())),
            }
        }
        let symbol = if copied {
            self.scratch.extend_from_slice(&self.source[plain..self.at]);
            self.intern_scratch()
        } else {
            self.interner.intern(&self.source[plain..self.at])
        };
        self.at += 1;
        Ok(Token::with_symbol(TokenKind::String, self.pos_of(start), start as u32, symbol))
    }

    fn skip_plain(&mut self) {
        let rest = &self.source[self.at..];
        let length = rest.iter().position(|&byte| is_class(byte, STRING_STOP));
        self.at += length.unwrap_or(rest.len());
    }

    fn intern_scratch(&mut self) -> Symbol {
        self.interner.intern(self.arena.alloc_slice_copy(&self.scratch))
    }

    /// An error near the quoted string read so far: its decoded bytes and those of the source in `pending`.
    #[cold]
    pub(super) fn quoted_error(
        &self,
        message: &str,
        start: usize,
        pending: std::ops::Range<usize>,
    ) -> Box<crate::error::SyntaxError> {
        let text = [&self.source[start..=start], &self.scratch, &self.source[pending]].concat();
        self.literal_error(message, start, &text)
    }

    /// Reads what a `[` starts: a long string or the bracket alone.
    pub(super) fn read_bracket(&mut self) -> ParseResult<Token> {
        let start = self.at;
        if let Some(level) = self.bracket_level(b'[') {
            let content = self.skip_long_content(level, start, "string")?;
            let symbol = self.intern_lines(content);
            let pos = self.pos_of(start);
            return Ok(Token::with_symbol(TokenKind::String, pos, start as u32, symbol));
        }
        if self.at > start + 1 {
            let text = &self.source[start..self.at];
            return Err(self.literal_error("invalid long string delimiter", start, text));
        }
        self.at = start;
        Ok(self.plain(TokenKind::LeftBracket, 1))
    }

    /// Skips a long comment that starts at `start`, from behind its opening bracket on.
    pub(super) fn skip_long_comment(&mut self, level: usize, start: usize) -> ParseResult<()> {
        self.skip_long_content(level, start, "comment").map(|_| ())
    }

    /// Skips `bracket` and the `=` behind it. Gives their number if a second `bracket` follows, which is skipped too.
    pub(super) fn bracket_level(&mut self, bracket: u8) -> Option<usize> {
        self.at += 1;
        let level = self.source[self.at..].iter().take_while(|&&byte| byte == b'=').count();
        self.at += level;
        if self.peek() != Some(bracket) {
            return None;
        }
        self.at += 1;
        Some(level)
    }

    /// Skips to behind the closing bracket of `level`. Gives where the content is, without the line end it may start
    /// with.
    fn skip_long_content(
        &mut self,
        level: usize,
        start: usize,
        what: &str,
    ) -> ParseResult<std::ops::Range<usize>> {
        let first_line = self.line;
        if let Some(byte @ (b'\n' | b'\r')) = self.peek() {
            self.skip_newline(byte);
        }
        let content = self.at;
        loop {
            let rest = &self.source[self.at..];
            let stop = rest.iter().position(|&byte| matches!(byte, b']' | b'\n' | b'\r'));
            self.at += stop.unwrap_or(rest.len());
            match self.peek() {
                Some(b']') => {
                    let end = self.at;
                    if self.closes(level) {
                        self.at = end + level + 2;
                        return Ok(content..end);
                    }
                    self.at = end + 1;
                }
                Some(byte) => self.skip_newline(byte),
                None => {
                    let message = format!(
                        "unfinished long {what} (starting at line {first_line}) near <eof>"
                    );
                    return Err(self.error_at(start, message));
                }
            }
        }
    }

    /// Whether a closing bracket of `level` stands here.
    fn closes(&self, level: usize) -> bool {
        let rest = &self.source[self.at + 1..];
        rest.get(level) == Some(&b']') && rest[..level].iter().all(|&byte| byte == b'=')
    }

    /// Interns the content of a long string, in which each line end counts as `\n`.
    fn intern_lines(&mut self, content: std::ops::Range<usize>) -> Symbol {
        let text = &self.source[content];
        if !text.contains(&b'\r') {
            return self.interner.intern(text);
        }
        self.scratch.clear();
        let mut bytes = text.iter().copied().peekable();
        while let Some(byte) = bytes.next() {
            if matches!(byte, b'\n' | b'\r') {
                bytes.next_if(|&next| matches!(next, b'\n' | b'\r') && next != byte);
                self.scratch.push(b'\n');
            } else {
                self.scratch.push(byte);
            }
        }
        self.intern_scratch()
    }
}
