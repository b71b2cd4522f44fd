//! What is wrong with a source text, in the words of PUC Lua 5.4.
//!
//! The parser stops at its first error, so there is never more than one. Inside the crate an error travels boxed, to
//! keep the results of the parse functions small.

use thiserror::Error;

/// A source text that is not Lua. Displays as `chunk:line: message`, as PUC Lua's `load` returns it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}", self.located())]
pub struct SyntaxError {
    /// The display name of the chunk, as given to `parse`.
    pub chunk: String,
    /// Counted from 1. 0 for the limits that PUC Lua reports without a place ("C stack overflow").
    pub line: u32,
    /// Byte column, counted from 1: where the offending token starts, if it starts on `line`.
    pub column: u32,
    /// What is wrong, with `near 'token'` where there is one. Bytes that are not UTF-8 are replaced.
    pub message: String,
}

impl SyntaxError {
    fn located(&self) -> String {
        if self.line == 0 {
            return self.message.clone();
        }
        format!("{}:{}: {}", self.chunk, self.line, self.message)
    }
}

/// The result of a step of lexer or parser.
pub(crate) type ParseResult<T> = Result<T, Box<SyntaxError>>;
