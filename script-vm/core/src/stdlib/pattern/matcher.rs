//! Executes a compiled pattern at one place of a subject.
//!
//! [`Matcher::match_at`] walks the operations in order and recurses only where a repetition must be able to try again. Since
//! the operations are one straight sequence, a capture's slot is simply overwritten each time its operation is executed: when
//! the end is reached, every slot was last written on the path that succeeded, and a back reference sees the current path.
//! So nothing has to be undone on failure.

use super::{CaptureKind, Fault, Follow, Item, MAX_CAPTURES, MAX_DEPTH, Op, Pattern, Repeat};

/// Work is charged to the host in portions of this many units.
const CHARGE_PORTION: u64 = 4096;

/// Why matching stopped without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchError<E> {
    /// The pattern is at fault.
    Pattern(Fault),
    /// The charge callback refused to go on.
    Host(E),
}

impl<E> From<Fault> for MatchError<E> {
    fn from(fault: Fault) -> Self {
        MatchError::Pattern(fault)
    }
}

/// What a capture holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capture {
    /// Bytes `start..end` of the subject.
    Text {
        /// Offset of the first byte.
        start: usize,
        /// Offset behind the last byte.
        end: usize,
    },
    /// A position, counted from 1.
    Position(i64),
}

/// Offsets of a capture; strings are shorter than 2^31 bytes.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    start: u32,
    end: u32,
}

/// What outlives a match: its captures, and work that was not charged yet. It serves for any number of matches.
#[derive(Clone, Debug, Default)]
pub struct MatchState {
    slots: [Slot; MAX_CAPTURES],
    uncharged: u64,
}

impl MatchState {
    /// Capture number `index`, counted from 0, of the match of `pattern` that just succeeded over `whole`.
    #[inline]
    pub fn capture(
        &self,
        pattern: &Pattern,
        index: usize,
        whole: (usize, usize),
    ) -> Result<Capture, Fault> {
        let Some(kind) = pattern.captures.get(index) else {
            return if index == 0 {
                Ok(Capture::Text { start: whole.0, end: whole.1 })
            } else {
                Err(Fault::InvalidCaptureIndex((index + 1) as i8))
            };
        };
        let slot = self.slots[index];
        match kind {
            CaptureKind::Text => {
                Ok(Capture::Text { start: slot.start as usize, end: slot.end as usize })
            }
            CaptureKind::Position => Ok(Capture::Position(i64::from(slot.start) + 1)),
            CaptureKind::Unfinished => Err(Fault::UnfinishedCapture),
        }
    }
}

pub(super) type Outcome<E> = Result<Option<usize>, MatchError<E>>;

/// Matches one pattern against one subject of less than 2^32 bytes.
pub struct Matcher<'a, E> {
    pub(super) pattern: &'a Pattern,
    pub(super) subject: &'a [u8],
    state: &'a mut MatchState,
    charge: &'a mut dyn FnMut(u64) -> Result<(), E>,
}

impl<'a, E> Matcher<'a, E> {
    /// A matcher that pays for its work through `charge`, in units of about one byte looked at.
    pub fn new(
        pattern: &'a Pattern,
        subject: &'a [u8],
        state: &'a mut MatchState,
        charge: &'a mut dyn FnMut(u64) -> Result<(), E>,
    ) -> Self {
        Matcher { pattern, subject, state, charge }
    }

    /// Matches at offset `start` exactly; the offset behind the match, if there is one.
    pub fn match_at(&mut self, start: usize) -> Outcome<E> {
        self.run(start, 0, 0)
    }

    /// Counts work, and passes it on to the host now and then.
    #[inline]
    pub(super) fn spend(&mut self, units: usize) -> Result<(), MatchError<E>> {
        self.state.uncharged += units as u64;
        if self.state.uncharged >= CHARGE_PORTION { self.pass_on_charge() } else { Ok(()) }
    }

    #[cold]
    #[inline(never)]
    fn pass_on_charge(&mut self) -> Result<(), MatchError<E>> {
        let units = std::mem::take(&mut self.state.uncharged);
        (self.charge)(units).map_err(MatchError::Host)
    }

    fn run(&mut self, mut at: usize, mut pc: usize, mut depth: u32) -> Outcome<E> {
        loop {
            self.spend(1)?;
            let op = self.pattern.ops[pc];
            pc += 1;
            let advanced = match op {
                Op::Single(item) => self.accepts(item, at).then(|| at + 1),
                Op::Literal { start, len } => self.literal(start, len, at),
                Op::Optional(item) => {
                    if self.accepts(item, at)
                        && let Some(end) = self.run(at + 1, pc, deeper(depth)?)?
                    {
                        return Ok(Some(end));
                    }
                    Some(at)
                }
                Op::Star(repeat) if !self.accepts(repeat.item, at) => Some(at),
                Op::Star(repeat) => return self.longest_first(repeat, at, pc, depth),
                Op::Plus(repeat) if !self.accepts(repeat.item, at) => None,
                Op::Plus(repeat) => return self.longest_first(repeat, at + 1, pc, depth),
                Op::Minimal(repeat) if !self.accepts(repeat.item, at) => Some(at),
                Op::Minimal(repeat) => return self.shortest_first(repeat, at, pc, depth),
                Op::Open(slot) | Op::Position(slot) => {
                    depth = deeper(depth)?;
                    self.state.slots[usize::from(slot)].start = at as u32;
                    Some(at)
                }
                Op::Close(slot) => {
                    depth = deeper(depth)?;
                    self.state.slots[usize::from(slot)].end = at as u32;
                    Some(at)
                }
                Op::SubjectEnd => (at == self.subject.len()).then_some(at),
                Op::Balance { open, close } => self.balance(open, close, at)?,
                Op::Frontier(set) => self.is_frontier(set, at).then_some(at),
                Op::BackReference(slot) => self.back_reference(slot, at)?,
                Op::Fail(fault) => return Err(fault.into()),
                Op::End => return Ok(Some(at)),
            };
            match advanced {
                Some(next) => at = next,
                None => return Ok(None),
            }
        }
    }

    #[inline(always)]
    pub(super) fn accepts(&self, item: Item, at: usize) -> bool {
        match (self.subject.get(at), item) {
            (None, _) => false,
            (Some(_), Item::Any) => true,
            (Some(found), Item::Byte(byte)) => *found == byte,
            (Some(found), Item::Set(set)) => self.pattern.sets[set as usize].contains(*found),
        }
    }

    #[inline(always)]
    pub(super) fn may_follow(&self, follow: Follow, at: usize) -> bool {
        match follow {
            Follow::Unknown => true,
            Follow::Item(item) => self.accepts(item, at),
            Follow::SubjectEnd => at == self.subject.len(),
        }
    }

    /// The end of the longest run of bytes from `at` that `item` accepts.
    #[inline]
    pub(super) fn run_end(&self, item: Item, at: usize) -> usize {
        let rest = self.subject.get(at..).unwrap_or_default();
        let length = match item {
            Item::Any => None,
            Item::Byte(byte) => rest.iter().position(|found| *found != byte),
            Item::Set(set) => {
                let set = &self.pattern.sets[set as usize];
                rest.iter().position(|found| !set.contains(*found))
            }
        };
        length.map_or(self.subject.len(), |length| at + length)
    }

    /// Repeats as often as possible from `least` on, then gives back one repetition at a time.
    fn longest_first(&mut self, repeat: Repeat, least: usize, pc: usize, depth: u32) -> Outcome<E> {
        let mut end = self.run_end(repeat.item, least);
        self.spend(end - least)?;
        let deep = deeper(depth)?;
        if matches!(self.pattern.ops[pc], Op::End) {
            return Ok(Some(end));
        }
        loop {
            if self.may_follow(repeat.follow, end)
                && let found @ Some(_) = self.run(end, pc, deep)?
            {
                return Ok(found);
            }
            if repeat.exclusive || end == least {
                return Ok(None);
            }
            end -= 1;
            self.spend(1)?;
        }
    }

    /// Repeats as seldom as possible; the first byte is known to be accepted.
    fn shortest_first(
        &mut self,
        repeat: Repeat,
        mut at: usize,
        pc: usize,
        depth: u32,
    ) -> Outcome<E> {
        let deep = deeper(depth)?;
        loop {
            if self.may_follow(repeat.follow, at)
                && let found @ Some(_) = self.run(at, pc, deep)?
            {
                return Ok(found);
            }
            if !self.accepts(repeat.item, at) {
                return Ok(None);
            }
            at += 1;
            self.spend(1)?;
        }
    }

    fn literal(&self, start: u32, len: u32, at: usize) -> Option<usize> {
        let text = &self.pattern.source[start as usize..(start + len) as usize];
        self.subject.get(at..).is_some_and(|rest| rest.starts_with(text)).then(|| at + text.len())
    }

    fn balance(&mut self, open: u8, close: u8, at: usize) -> Outcome<E> {
        if self.subject.get(at) != Some(&open) {
            return Ok(None);
        }
        let mut nesting = 1usize;
        let mut end = None;
        let mut seen = 0;
        for (offset, &byte) in self.subject[at + 1..].iter().enumerate() {
            seen = offset;
            // A closing byte is looked for first: in %bxx every x closes.
            if byte == close {
                nesting -= 1;
                if nesting == 0 {
                    end = Some(at + 1 + offset + 1);
                    break;
                }
            } else if byte == open {
                nesting += 1;
            }
        }
        self.spend(seen)?;
        Ok(end)
    }

    /// Whether `at` lies between a byte outside the set and one inside; NUL stands before the beginning and at the end.
    fn is_frontier(&self, set: u32, at: usize) -> bool {
        let set = &self.pattern.sets[set as usize];
        let previous = if at == 0 { 0 } else { self.subject[at - 1] };
        let next = self.subject.get(at).copied().unwrap_or(0);
        !set.contains(previous) && set.contains(next)
    }

    fn back_reference(&mut self, slot: u8, at: usize) -> Outcome<E> {
        let Slot { start, end } = self.state.slots[usize::from(slot)];
        if self.pattern.captures[usize::from(slot)] == CaptureKind::Position {
            return Ok(None);
        }
        let text = &self.subject[start as usize..end as usize];
        let matches = self.subject[at..].starts_with(text);
        self.spend(text.len())?;
        Ok(matches.then(|| at + text.len()))
    }
}

/// One level of PUC's recursion deeper.
#[inline(always)]
fn deeper<E>(depth: u32) -> Result<u32, MatchError<E>> {
    if depth + 1 >= MAX_DEPTH { Err(MatchError::Pattern(Fault::TooComplex)) } else { Ok(depth + 1) }
}
