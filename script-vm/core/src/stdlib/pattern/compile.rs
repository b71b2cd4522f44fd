//! From the text of a pattern to its operations.
//!
//! Compiling never fails: what is malformed becomes [`Op::Fail`] at its place, because PUC Lua reports it only when matching
//! gets there. A second pass, backwards over the finished operations, works out what can follow each repetition.

use super::byte_set::{self, ByteSet};
use super::{CaptureKind, Fault, Follow, Item, Lead, MAX_CAPTURES, MAX_DEPTH, Op, Pattern, Repeat};

/// What a `^` at the beginning of a pattern means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caret {
    /// It anchors the match (`find`, `match`, `gsub`).
    Anchors,
    /// It is a character as any other (`gmatch`).
    IsLiteral,
}

impl Pattern {
    /// Compiles `source`. Takes time and memory in proportion to its length.
    pub fn compile(source: &[u8], caret: Caret) -> Pattern {
        let anchored = caret == Caret::Anchors && source.first() == Some(&b'^');
        let mut compiler = Compiler {
            source,
            at: usize::from(anchored),
            ops: Vec::new(),
            sets: Vec::new(),
            captures: Vec::new(),
        };
        compiler.compile_all();
        let Compiler { mut ops, sets, captures, .. } = compiler;
        link_follows(&mut ops, &sets, source);
        let lead = lead_of(&ops, &sets);
        Pattern { source: source.into(), caret, anchored, ops, sets, captures, lead }
    }

    /// Whether this is what compiling `source` under `caret` would give.
    pub(super) fn is_compiled_from(&self, source: &[u8], caret: Caret) -> bool {
        self.caret == caret && *self.source == *source
    }
}

struct Compiler<'a> {
    source: &'a [u8],
    at: usize,
    ops: Vec<Op>,
    sets: Vec<ByteSet>,
    captures: Vec<CaptureKind>,
}

impl Compiler<'_> {
    fn compile_all(&mut self) {
        loop {
            match self.next_op() {
                Ok(Op::End) => break self.ops.push(Op::End),
                Ok(op) => self.push(op),
                Err(fault) => break self.ops.push(Op::Fail(fault)),
            }
        }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.source.get(self.at + ahead).copied()
    }

    fn next_op(&mut self) -> Result<Op, Fault> {
        match (self.peek(0), self.peek(1)) {
            (None, _) => Ok(Op::End),
            (Some(b'('), next) => self.open(next == Some(b')')),
            (Some(b')'), _) => self.close(),
            (Some(b'$'), None) => {
                self.at += 1;
                Ok(Op::SubjectEnd)
            }
            (Some(b'%'), Some(b'b')) => self.balance(),
            (Some(b'%'), Some(b'f')) => self.frontier(),
            (Some(b'%'), Some(digit @ b'0'..=b'9')) => self.back_reference(digit),
            _ => self.item_with_suffix(),
        }
    }

    fn open(&mut self, is_position: bool) -> Result<Op, Fault> {
        let number = self.captures.len();
        if number >= MAX_CAPTURES {
            return Err(Fault::TooManyCaptures);
        }
        self.at += if is_position { 2 } else { 1 };
        self.captures.push(if is_position {
            CaptureKind::Position
        } else {
            CaptureKind::Unfinished
        });
        // The cast is lossless: the number is below MAX_CAPTURES.
        Ok(if is_position { Op::Position(number as u8) } else { Op::Open(number as u8) })
    }

    fn close(&mut self) -> Result<Op, Fault> {
        let open = self.captures.iter().rposition(|kind| *kind == CaptureKind::Unfinished);
        let number = open.ok_or(Fault::InvalidPatternCapture)?;
        self.captures[number] = CaptureKind::Text;
        self.at += 1;
        Ok(Op::Close(number as u8))
    }

    fn balance(&mut self) -> Result<Op, Fault> {
        let (Some(open), Some(close)) = (self.peek(2), self.peek(3)) else {
            return Err(Fault::MissingBalanceArguments);
        };
        self.at += 4;
        Ok(Op::Balance { open, close })
    }

    fn frontier(&mut self) -> Result<Op, Fault> {
        self.at += 2;
        if self.peek(0) != Some(b'[') {
            return Err(Fault::MissingFrontierSet);
        }
        let set = self.bracket()?;
        Ok(Op::Frontier(self.add_set(set)))
    }

    fn back_reference(&mut self, digit: u8) -> Result<Op, Fault> {
        let number = digit.wrapping_sub(b'1');
        match self.captures.get(usize::from(number)) {
            None | Some(CaptureKind::Unfinished) => {
                Err(Fault::InvalidCaptureIndex((digit - b'0') as i8))
            }
            // PUC compares the length of a position capture, -2, as an unsigned number: no subject is that long.
            Some(CaptureKind::Position) | Some(CaptureKind::Text) => {
                self.at += 2;
                Ok(Op::BackReference(number))
            }
        }
    }

    fn item_with_suffix(&mut self) -> Result<Op, Fault> {
        let item = self.item()?;
        let suffix = self.peek(0);
        if matches!(suffix, Some(b'*' | b'+' | b'?' | b'-')) {
            self.at += 1;
        }
        let repeat = Repeat { item, follow: Follow::Unknown, exclusive: false };
        Ok(match suffix {
            Some(b'*') => Op::Star(repeat),
            Some(b'+') => Op::Plus(repeat),
            Some(b'-') => Op::Minimal(repeat),
            Some(b'?') => Op::Optional(item),
            _ => Op::Single(item),
        })
    }

    fn item(&mut self) -> Result<Item, Fault> {
        match self.peek(0) {
            Some(b'%') => {
                let letter = self.peek(1).ok_or(Fault::EndsWithEscape)?;
                self.at += 2;
                let set = byte_set::class(letter);
                Ok(if set == ByteSet::of(letter) {
                    Item::Byte(letter)
                } else {
                    Item::Set(self.add_set(set))
                })
            }
            Some(b'[') => {
                let set = self.bracket()?;
                Ok(Item::Set(self.add_set(set)))
            }
            Some(b'.') => {
                self.at += 1;
                Ok(Item::Any)
            }
            other => {
                self.at += 1;
                // There is a character: `next_op` has ruled out the end of the pattern.
                Ok(Item::Byte(other.unwrap_or_default()))
            }
        }
    }

    /// Reads `[...]` and leaves `at` behind it.
    fn bracket(&mut self) -> Result<ByteSet, Fault> {
        let start = self.at + 1;
        let mut at = start + usize::from(self.peek(1) == Some(b'^'));
        loop {
            // The first character of a set is never its end, hence the test at the bottom.
            let byte = *self.source.get(at).ok_or(Fault::MissingBracket)?;
            at += 1;
            if byte == b'%' && at < self.source.len() {
                at += 1;
            }
            if self.source.get(at) == Some(&b']') {
                break;
            }
        }
        self.at = at + 1;
        Ok(byte_set::bracket_set(&self.source[start..at]))
    }

    fn add_set(&mut self, set: ByteSet) -> u32 {
        let known = self.sets.iter().rev().take(8).position(|other| *other == set);
        let index = known.map_or(self.sets.len(), |back| self.sets.len() - 1 - back);
        if known.is_none() {
            self.sets.push(set);
        }
        u32::try_from(index).unwrap_or(u32::MAX)
    }

    /// Appends an operation; a byte after a byte makes a literal.
    fn push(&mut self, op: Op) {
        let (Op::Single(Item::Byte(_)), Some(last)) = (op, self.ops.last_mut()) else {
            return self.ops.push(op);
        };
        let end = self.at;
        let source = self.source;
        match *last {
            _ if u32::try_from(end).is_err() => self.ops.push(op),
            // Only bytes that stand next to each other in the source, without escapes, can be one slice of it.
            Op::Single(Item::Byte(first))
                if end >= 2 && source[end - 2] == first && is_unescaped(source, end - 2) =>
            {
                *last = Op::Literal { start: (end - 2) as u32, len: 2 };
            }
            Op::Literal { start, len } if start as usize + len as usize + 1 == end => {
                *last = Op::Literal { start, len: len + 1 };
            }
            _ => self.ops.push(op),
        }
    }
}

/// Whether the byte at `at` stands for itself because it was not read as the letter of an escape.
fn is_unescaped(source: &[u8], at: usize) -> bool {
    source[..at].iter().rev().take_while(|byte| **byte == b'%').count() % 2 == 0
        && source[at] != b'%'
}

/// Fills in what must follow each repetition.
fn link_follows(ops: &mut [Op], sets: &[ByteSet], source: &[u8]) {
    // Looking ahead skips attempts that would fail, but PUC would recurse into them and might find the pattern too complex
    // there. Only a pattern that can never get so deep may look ahead.
    let deepening = ops.iter().filter(|op| deepens(op)).count();
    if deepening + 1 >= MAX_DEPTH as usize {
        return;
    }
    let mut follow = Follow::Unknown;
    for op in ops.iter_mut().rev() {
        if let Op::Star(repeat) | Op::Plus(repeat) | Op::Minimal(repeat) = op {
            repeat.follow = follow;
            repeat.exclusive = match follow {
                Follow::Item(next) => {
                    item_set(repeat.item, sets).is_disjoint(&item_set(next, sets))
                }
                Follow::SubjectEnd => true,
                Follow::Unknown => false,
            };
        }
        follow = match op {
            Op::Single(item) => Follow::Item(*item),
            Op::Plus(repeat) => Follow::Item(repeat.item),
            Op::Literal { start, .. } => Follow::Item(Item::Byte(source[*start as usize])),
            Op::Balance { open, .. } => Follow::Item(Item::Byte(*open)),
            Op::SubjectEnd => Follow::SubjectEnd,
            Op::Open(_) | Op::Position(_) | Op::Close(_) => follow,
            Op::Optional(_)
            | Op::Star(_)
            | Op::Minimal(_)
            | Op::Frontier(_)
            | Op::BackReference(_) => Follow::Unknown,
            Op::Fail(_) | Op::End => Follow::Unknown,
        };
    }
}

/// Whether PUC's matcher calls itself for this operation.
fn deepens(op: &Op) -> bool {
    match op {
        Op::Optional(_) | Op::Star(_) | Op::Plus(_) | Op::Minimal(_) => true,
        Op::Open(_) | Op::Position(_) | Op::Close(_) => true,
        Op::Single(_) | Op::Literal { .. } | Op::SubjectEnd | Op::Balance { .. } => false,
        Op::Frontier(_) | Op::BackReference(_) | Op::Fail(_) | Op::End => false,
    }
}

/// What the first byte of a match must be.
fn lead_of(ops: &[Op], sets: &[ByteSet]) -> Lead {
    let first = ops.iter().find(|op| !matches!(op, Op::Open(_) | Op::Position(_)));
    match first {
        Some(Op::Single(item)) => Lead::Item(*item),
        Some(Op::Literal { start, len }) => Lead::Literal { start: *start, len: *len },
        Some(Op::Plus(repeat)) if repeat.exclusive => Lead::Run(*repeat),
        Some(Op::Plus(repeat)) => Lead::Item(repeat.item),
        Some(Op::Balance { open, .. }) => Lead::Item(Item::Byte(*open)),
        // At the end of the subject a frontier sees a NUL there.
        Some(Op::Frontier(set)) if !sets[*set as usize].contains(0) => Lead::Item(Item::Set(*set)),
        _ => Lead::Anything,
    }
}

fn item_set(item: Item, sets: &[ByteSet]) -> ByteSet {
    match item {
        Item::Any => ByteSet::ALL,
        Item::Byte(byte) => ByteSet::of(byte),
        Item::Set(index) => sets[index as usize],
    }
}
