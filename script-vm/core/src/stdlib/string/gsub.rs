//! `string.gsub`.

use super::matching::{Span, capture_value, pattern_error, search};
use crate::native::{Cx, Raised, Str};
use crate::stdlib::Outcome;
use crate::stdlib::buffer::Buffer;
use crate::stdlib::pattern::{Capture, Caret, MAX_CAPTURES, MatchState, Pattern};
use crate::tostring::{MAX_NUMBER_TEXT, write_number};
use crate::value::Value;

/// What matches are replaced by.
#[derive(Clone, Copy)]
enum Replacement {
    /// A string without `%`.
    Plain(Str),
    /// A string with references to captures.
    Template(Str),
    Function(Value),
    Table(Value),
}

/// A substitution under way.
struct Substitution {
    subject: Str,
    pattern: Box<Pattern>,
    state: MatchState,
    replacement: Replacement,
    out: Buffer,
    /// Whether anything was replaced by something (a function or table may decline).
    changed: bool,
    /// Offset up to which the subject was copied.
    copied: usize,
}

pub(super) fn gsub(cx: &mut Cx<'_>) -> Outcome {
    let (subject, pattern) = (cx.check_str(0)?, cx.check_str(1)?);
    let kind = cx.arg(2);
    let limit = cx.opt_int(3, subject.len() as i64 + 1)?;
    let replacement = replacement(cx, kind)?;
    let pattern = cx.vm().stdlib.patterns.take(pattern.as_bytes(), Caret::Anchors);
    let mut substitution = Substitution {
        subject,
        pattern,
        state: MatchState::default(),
        replacement,
        out: Buffer::new(cx),
        changed: false,
        copied: 0,
    };
    let count = substitution.run(cx, limit)?;
    substitution.finish(cx, count)
}

fn replacement(cx: &mut Cx<'_>, value: Value) -> Result<Replacement, Raised> {
    if value.is_function() {
        return Ok(Replacement::Function(value));
    }
    if value.is_table() {
        return Ok(Replacement::Table(value));
    }
    if !value.is_string() && !value.is_number() {
        return Err(cx.type_error(2, "string/function/table"));
    }
    let text = cx.check_str(2)?;
    let is_plain = memchr::memchr(b'%', text.as_bytes()).is_none();
    Ok(if is_plain { Replacement::Plain(text) } else { Replacement::Template(text) })
}

impl Substitution {
    /// Replaces up to `limit` matches; how many there were.
    fn run(&mut self, cx: &mut Cx<'_>, limit: i64) -> Result<i64, Raised> {
        let mut count = 0;
        let mut from = 0;
        let mut last_end = None;
        while count < limit {
            let found = search(cx, &self.pattern, self.subject, &mut self.state, from, last_end)?;
            let Some(span) = found else { break };
            count += 1;
            cx.charge(1)?;
            self.replace(cx, span)?;
            from = span.1;
            last_end = Some(span.1);
            if self.pattern.is_anchored() {
                break;
            }
        }
        Ok(count)
    }

    /// Replaces one match.
    fn replace(&mut self, cx: &mut Cx<'_>, span: Span) -> Result<(), Raised> {
        let value = match self.replacement {
            Replacement::Plain(text) => Value::string(text),
            Replacement::Template(text) => {
                self.copy_up_to(cx, span.0)?;
                self.expand(cx, text, span)?;
                self.copied = span.1;
                self.changed = true;
                return Ok(());
            }
            Replacement::Function(function) => self.call(cx, function, span)?,
            Replacement::Table(table) => {
                let key = self.capture(cx, span, 0)?;
                cx.index(table, key)?
            }
        };
        if value.is_falsy() {
            // The match stays as it is, and is copied with what follows.
            return Ok(());
        }
        self.copy_up_to(cx, span.0)?;
        if !self.out.push_text(cx, value)? {
            let name = value.type_name();
            return Err(cx.error(format!("invalid replacement value (a {name})")));
        }
        self.copied = span.1;
        self.changed = true;
        Ok(())
    }

    /// Copies what lies between the last replaced match and `end`.
    fn copy_up_to(&mut self, cx: &mut Cx<'_>, end: usize) -> Result<(), Raised> {
        self.out.push(cx, &self.subject.as_bytes()[self.copied..end])
    }

    fn capture(&self, cx: &mut Cx<'_>, span: Span, index: usize) -> Result<Value, Raised> {
        capture_value(cx, &self.pattern, self.subject, &self.state, span, index)
    }

    fn call(&self, cx: &mut Cx<'_>, function: Value, span: Span) -> Result<Value, Raised> {
        let count = self.pattern.capture_count().max(1);
        if count == 1 {
            let capture = self.capture(cx, span, 0)?;
            return cx.call(function, &[capture]);
        }
        let mut captures = [Value::NIL; MAX_CAPTURES];
        for (index, place) in captures[..count].iter_mut().enumerate() {
            *place = self.capture(cx, span, index)?;
        }
        cx.call(function, &captures[..count])
    }

    /// Appends a replacement string with its references filled in.
    fn expand(&mut self, cx: &mut Cx<'_>, template: Str, span: Span) -> Result<(), Raised> {
        let mut rest = template.as_bytes();
        while let Some(at) = memchr::memchr(b'%', rest) {
            self.out.push(cx, &rest[..at])?;
            let subject = self.subject;
            match rest.get(at + 1) {
                Some(b'%') => self.out.push(cx, b"%")?,
                Some(b'0') => self.out.push(cx, &subject.as_bytes()[span.0..span.1])?,
                Some(digit @ b'1'..=b'9') => {
                    self.push_capture(cx, usize::from(digit - b'1'), span)?;
                }
                _ => return Err(cx.error("invalid use of '%' in replacement string")),
            }
            rest = &rest[at + 2..];
        }
        self.out.push(cx, rest)
    }

    fn push_capture(&mut self, cx: &mut Cx<'_>, index: usize, span: Span) -> Result<(), Raised> {
        let subject = self.subject;
        match self.state.capture(&self.pattern, index, span) {
            Ok(Capture::Text { start, end }) => self.out.push(cx, &subject.as_bytes()[start..end]),
            Ok(Capture::Position(position)) => {
                let mut text = [0; MAX_NUMBER_TEXT];
                let length = write_number(&mut text, Value::int(position));
                self.out.push(cx, &text[..length])
            }
            Err(fault) => Err(pattern_error(cx, fault)),
        }
    }

    /// Returns the result and the number of matches.
    fn finish(mut self, cx: &mut Cx<'_>, count: i64) -> Outcome {
        let result = if self.changed {
            self.copy_up_to(cx, self.subject.len())?;
            self.out.finish(cx)?
        } else {
            self.out.release(cx);
            Value::string(self.subject)
        };
        cx.vm().stdlib.patterns.put_back(self.pattern);
        cx.ret(&[result, Value::int(count)])
    }
}
