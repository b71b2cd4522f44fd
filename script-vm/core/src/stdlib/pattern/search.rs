//! Finds the next place of a subject where a pattern matches, and plain text.
//!
//! What a match must begin with ([`Lead`]) is known beforehand, so that most starts are skipped by a byte search. For a pattern
//! that begins with an exclusive repetition, as `(%w+)=`, a run not followed by `=` is skipped whole: every later start in
//! that run would end at the same place and fail as well. That makes such searches linear where PUC's are quadratic.

use super::matcher::{MatchError, Matcher, Outcome};
use super::{Follow, Item, Lead, Repeat};

impl<E> Matcher<'_, E> {
    /// The first match at offset `from` or later, as offsets of its beginning and behind its end. An anchored pattern is
    /// tried at `from` only. A match that ends at `last_end` is passed over, so that no match follows an empty one or
    /// the end of the last one emptily (`gmatch`, `gsub`).
    pub fn search(
        &mut self,
        from: usize,
        last_end: Option<usize>,
    ) -> Result<Option<(usize, usize)>, MatchError<E>> {
        let anchored = self.pattern.anchored;
        let mut from = from;
        while from <= self.subject.len() {
            let start = if anchored { Some(from) } else { self.next_start(from)? };
            let Some(start) = start else { return Ok(None) };
            match self.match_at(start)? {
                Some(end) if Some(end) != last_end => return Ok(Some((start, end))),
                _ if anchored => return Ok(None),
                _ => from = start + 1,
            }
        }
        Ok(None)
    }

    /// The first offset at or after `from` where a match could begin.
    fn next_start(&mut self, from: usize) -> Outcome<E> {
        let start = match self.pattern.lead {
            Lead::Anything => return Ok(Some(from)),
            Lead::Run(repeat) => return self.next_run(repeat, from),
            Lead::Item(item) => self.find_item(item, from),
            Lead::Literal { start, len } => {
                let text = &self.pattern.source[start as usize..(start + len) as usize];
                find_plain(&self.subject[from..], text).map(|offset| from + offset)
            }
        };
        self.spend(start.unwrap_or(self.subject.len()) - from)?;
        Ok(start)
    }

    fn find_item(&self, item: Item, from: usize) -> Option<usize> {
        let rest = &self.subject[from..];
        let offset = match item {
            Item::Any => (!rest.is_empty()).then_some(0),
            Item::Byte(byte) => memchr::memchr(byte, rest),
            Item::Set(set) => {
                let set = &self.pattern.sets[set as usize];
                rest.iter().position(|found| set.contains(*found))
            }
        };
        offset.map(|offset| from + offset)
    }

    /// The beginning of the first run of the item that is followed by what the rest of the pattern needs.
    fn next_run(&mut self, repeat: Repeat, from: usize) -> Outcome<E> {
        let Repeat { item, follow, .. } = repeat;
        let mut at = from;
        while let Some(start) = self.find_item(item, at) {
            let end = self.run_end(item, start);
            self.spend(end - at)?;
            if follow == Follow::Unknown || self.may_follow(follow, end) {
                return Ok(Some(start));
            }
            at = end;
        }
        self.spend(self.subject.len() - at)?;
        Ok(None)
    }
}

/// After so many places where only the first byte fits, a search with more preparation is worth it.
const MAX_FALSE_STARTS: usize = 8;

/// The offset of the first occurrence of `needle` in `haystack`. Takes time linear in the length of both.
pub fn find_plain(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let Some((&first, rest)) = needle.split_first() else {
        return Some(0);
    };
    let last_start = haystack.len().checked_sub(needle.len())?;
    let mut at = 0;
    // Most searches end soon: looking for the first byte needs no preparation, as the general algorithm does.
    for _ in 0..MAX_FALSE_STARTS {
        let start = at + memchr::memchr(first, &haystack[at..=last_start])?;
        if haystack[start + 1..].starts_with(rest) {
            return Some(start);
        }
        at = start + 1;
        if at > last_start {
            return None;
        }
    }
    memchr::memmem::find(&haystack[at..], needle).map(|offset| at + offset)
}
