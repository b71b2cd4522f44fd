//! Lua patterns: compiled once to a short list of operations, then matched without allocation.
//!
//! A pattern has no alternation, so it is one straight sequence of items. That makes much of what PUC's `lstrlib.c` works out
//! while matching known beforehand: which capture a `)` closes, whether `%1` is valid, which bytes an item accepts, and
//! which bytes can follow a repetition. [`compile`] writes this down as [`Op`]s; [`matcher`] executes them; [`search`] finds
//! the next place where a match can begin; [`cache`] keeps compiled patterns between calls.
//!
//! Invariants:
//! - Results and errors are those of PUC Lua 5.4, errors at the same moment: what is malformed is found when matching
//!   arrives there (an [`Op::Fail`]), not before, so `("a"):find("b[")` is nil as it is in PUC.
//! - Native recursion is bounded by [`MAX_DEPTH`], as in PUC; deeper patterns raise "pattern too complex".
//! - Every byte looked at and every attempt is paid for through a charge callback, so that the host's time budget stops
//!   catastrophic backtracking.

mod byte_set;
mod cache;
mod compile;
mod matcher;
mod search;
#[cfg(test)]
mod tests;

pub use cache::PatternCache;
pub use compile::Caret;
pub use matcher::{Capture, MatchError, MatchState, Matcher};
pub use search::find_plain;

use super::lib_error::LibError;
use byte_set::ByteSet;

/// The most captures a pattern can have (`LUA_MAXCAPTURES`).
pub const MAX_CAPTURES: usize = 32;

/// How deep matching recurses before it gives up (`MAXCCALLS` of `lstrlib.c`).
pub const MAX_DEPTH: u32 = 200;

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Pattern {
    source: Box<[u8]>,
    caret: Caret,
    anchored: bool,
    ops: Vec<Op>,
    sets: Vec<ByteSet>,
    captures: Vec<CaptureKind>,
    lead: Lead,
}

impl Pattern {
    /// How many captures a successful match has; 0 means that the whole match stands for the first.
    pub fn capture_count(&self) -> usize {
        self.captures.len()
    }

    /// Whether the pattern begins with a `^` that ties it to the place where the search begins.
    pub fn is_anchored(&self) -> bool {
        self.anchored
    }

    /// The text this was compiled from.
    pub fn source(&self) -> &[u8] {
        &self.source
    }
}

/// Whether `text` has none of the characters that mean something in patterns.
pub fn is_plain(text: &[u8]) -> bool {
    !text.iter().any(|&byte| {
        matches!(byte, b'^' | b'$' | b'*' | b'+' | b'?' | b'.' | b'(' | b'[' | b'%' | b'-')
    })
}

/// What one subject byte is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Item {
    /// Any byte at all (`.`).
    Any,
    /// Exactly this byte.
    Byte(u8),
    /// A member of the pattern's set with this number.
    Set(u32),
}

/// What must stand after a repetition for the rest of the pattern to have a chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Follow {
    /// Nothing is known.
    Unknown,
    /// One byte that this item accepts.
    Item(Item),
    /// The end of the subject.
    SubjectEnd,
}

/// A repeated item with what is known about its surroundings.
#[derive(Clone, Copy, Debug)]
struct Repeat {
    item: Item,
    follow: Follow,
    /// Whether no byte is accepted by both `item` and `follow`: then only the longest repetition can succeed.
    exclusive: bool,
}

/// One step of a compiled pattern.
#[derive(Clone, Copy, Debug)]
enum Op {
    /// One byte.
    Single(Item),
    /// Bytes `start..start + len` of the source, literally.
    Literal { start: u32, len: u32 },
    /// `item?`
    Optional(Item),
    /// `item*`
    Star(Repeat),
    /// `item+`
    Plus(Repeat),
    /// `item-`
    Minimal(Repeat),
    /// `(`: capture number.
    Open(u8),
    /// `()`: capture number.
    Position(u8),
    /// `)`: number of the capture it closes.
    Close(u8),
    /// `$` at the end of the pattern.
    SubjectEnd,
    /// `%bxy`
    Balance { open: u8, close: u8 },
    /// `%f[set]`: number of the set.
    Frontier(u32),
    /// `%1` to `%9`: number of the capture, known to be closed here.
    BackReference(u8),
    /// The pattern is malformed from here on.
    Fail(Fault),
    /// The match is complete.
    End,
}

/// What a capture yields; known when the pattern is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CaptureKind {
    Text,
    Position,
    /// Opened and never closed: an error once it is asked for.
    Unfinished,
}

/// What a match must begin with, so that hopeless starts can be skipped.
#[derive(Clone, Copy, Debug)]
enum Lead {
    /// Anything may match, the empty string included.
    Anything,
    /// A byte that the item accepts.
    Item(Item),
    /// Bytes of the source, literally.
    Literal { start: u32, len: u32 },
    /// An exclusive `item+`: a run of which no part matches if what follows the whole run does not.
    Run(Repeat),
}

/// What is wrong with a pattern, found while matching.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A `%` is the last character.
    EndsWithEscape,
    /// A `[` without `]`.
    MissingBracket,
    /// `%f` is not followed by a set.
    MissingFrontierSet,
    /// `%b` is not followed by two characters.
    MissingBalanceArguments,
    /// A `)` without open capture.
    InvalidPatternCapture,
    /// A reference to a capture that does not exist or is not closed.
    InvalidCaptureIndex(i8),
    /// More than [`MAX_CAPTURES`] captures.
    TooManyCaptures,
    /// A capture that was never closed is asked for.
    UnfinishedCapture,
    /// Matching recursed deeper than [`MAX_DEPTH`].
    TooComplex,
}

impl From<Fault> for LibError {
    fn from(fault: Fault) -> Self {
        LibError::new(match fault {
            Fault::EndsWithEscape => "malformed pattern (ends with '%')",
            Fault::MissingBracket => "malformed pattern (missing ']')",
            Fault::MissingFrontierSet => "missing '[' after '%f' in pattern",
            Fault::MissingBalanceArguments => "malformed pattern (missing arguments to '%b')",
            Fault::InvalidPatternCapture => "invalid pattern capture",
            Fault::TooManyCaptures => "too many captures",
            Fault::UnfinishedCapture => "unfinished capture",
            Fault::TooComplex => "pattern too complex",
            Fault::InvalidCaptureIndex(index) => {
                return LibError::with_text(format!("invalid capture index %{index}"));
            }
        })
    }
}
