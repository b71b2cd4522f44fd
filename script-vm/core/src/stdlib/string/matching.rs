//! `string.find`, `string.match` and `string.gmatch`.

use super::{charge_bytes, offset_argument};
use crate::native::{Cx, Raised, Str};
use crate::stdlib::Outcome;
use crate::stdlib::pattern::{
    Capture, Caret, Fault, MatchError, MatchState, Matcher, Pattern, find_plain, is_plain,
};
use crate::value::Value;

/// Bytes and attempts of pattern matching that cost as much as one call.
const STEPS_PER_UNIT: u64 = 16;

/// Where a match begins and ends, as offsets.
pub(super) type Span = (usize, usize);

pub(super) fn find(cx: &mut Cx<'_>) -> Outcome {
    let (subject, pattern) = (cx.check_str(0)?, cx.check_str(1)?);
    let from = offset_argument(cx, 2, subject)?;
    if from > subject.len() {
        return cx.ret1(Value::NIL);
    }
    if !cx.arg(3).is_falsy() || is_plain(pattern.as_bytes()) {
        charge_bytes(cx, subject.len() - from)?;
        return match find_plain(&subject.as_bytes()[from..], pattern.as_bytes()) {
            Some(at) => cx.ret(&span_values((from + at, from + at + pattern.len()))),
            None => cx.ret1(Value::NIL),
        };
    }
    let compiled = cx.vm().stdlib.patterns.take(pattern.as_bytes(), Caret::Anchors);
    let mut state = MatchState::default();
    let outcome = match search(cx, &compiled, subject, &mut state, from, None)? {
        Some(span) => {
            for value in span_values(span) {
                cx.push(value)?;
            }
            let count = compiled.capture_count();
            push_captures(cx, &compiled, subject, &state, span, count)?;
            cx.ret_pushed(2 + count)
        }
        None => cx.ret1(Value::NIL),
    };
    cx.vm().stdlib.patterns.put_back(compiled);
    outcome
}

/// First and last position of a match, as scripts count.
fn span_values((start, end): Span) -> [Value; 2] {
    [Value::int(start as i64 + 1), Value::int(end as i64)]
}

pub(super) fn r#match(cx: &mut Cx<'_>) -> Outcome {
    let (subject, pattern) = (cx.check_str(0)?, cx.check_str(1)?);
    let from = offset_argument(cx, 2, subject)?;
    if from > subject.len() {
        return cx.ret1(Value::NIL);
    }
    let compiled = cx.vm().stdlib.patterns.take(pattern.as_bytes(), Caret::Anchors);
    let mut state = MatchState::default();
    let outcome = match search(cx, &compiled, subject, &mut state, from, None)? {
        Some(span) => ret_match(cx, &compiled, subject, &state, span),
        None => cx.ret1(Value::NIL),
    };
    cx.vm().stdlib.patterns.put_back(compiled);
    outcome
}

/// Captured values of an iterator that `gmatch` makes.
mod captured {
    pub(super) const SUBJECT: usize = 0;
    pub(super) const PATTERN: usize = 1;
    /// Offset from which the next match is looked for.
    pub(super) const FROM: usize = 2;
    /// End of the last match, −1 before the first.
    pub(super) const LAST_END: usize = 3;
}

pub(super) fn gmatch(cx: &mut Cx<'_>) -> Outcome {
    let (subject, pattern) = (cx.check_str(0)?, cx.check_str(1)?);
    let from = offset_argument(cx, 2, subject)?.min(subject.len() + 1);
    let state =
        [Value::string(subject), Value::string(pattern), Value::int(from as i64), Value::int(-1)];
    let iterator = cx.new_native("gmatch_iterator", gmatch_iterator, &state);
    cx.ret1(iterator)
}

fn gmatch_iterator(cx: &mut Cx<'_>) -> Outcome {
    let (subject, pattern) = (cx.captured(captured::SUBJECT), cx.captured(captured::PATTERN));
    let (Some(subject), Some(pattern)) = (subject.as_string(), pattern.as_string()) else {
        // Someone changed them with `debug.setupvalue`.
        return cx.ret0();
    };
    let from = usize::try_from(cx.captured(captured::FROM).as_int().unwrap_or(0)).unwrap_or(0);
    let last_end = cx.captured(captured::LAST_END).as_int();
    let last_end = last_end.and_then(|end| usize::try_from(end).ok());
    if from > subject.len() {
        return cx.ret0();
    }
    let compiled = cx.vm().stdlib.patterns.take(pattern.as_bytes(), Caret::IsLiteral);
    let mut state = MatchState::default();
    let outcome = match search(cx, &compiled, subject, &mut state, from, last_end)? {
        Some(span) => {
            let end = Value::int(span.1 as i64);
            cx.set_captured(captured::FROM, end);
            cx.set_captured(captured::LAST_END, end);
            ret_match(cx, &compiled, subject, &state, span)
        }
        None => {
            // A used-up iterator finds nothing, without searching the rest again.
            cx.set_captured(captured::FROM, Value::int(subject.len() as i64 + 1));
            cx.ret0()
        }
    };
    cx.vm().stdlib.patterns.put_back(compiled);
    outcome
}

/// Looks for the next match. The script's budget is charged.
pub(super) fn search(
    cx: &mut Cx<'_>,
    pattern: &Pattern,
    subject: Str,
    state: &mut MatchState,
    from: usize,
    last_end: Option<usize>,
) -> Result<Option<Span>, Raised> {
    let mut charge = |steps: u64| cx.charge(steps / STEPS_PER_UNIT);
    let mut matcher = Matcher::new(pattern, subject.as_bytes(), state, &mut charge);
    match matcher.search(from, last_end) {
        Ok(found) => Ok(found),
        Err(MatchError::Host(raised)) => Err(raised),
        Err(MatchError::Pattern(fault)) => Err(pattern_error(cx, fault)),
    }
}

#[cold]
pub(super) fn pattern_error(cx: &mut Cx<'_>, fault: Fault) -> Raised {
    cx.lib_error(&fault.into())
}

/// Returns the captures of a match, or all of it if there are none.
fn ret_match(
    cx: &mut Cx<'_>,
    pattern: &Pattern,
    subject: Str,
    state: &MatchState,
    span: Span,
) -> Outcome {
    let count = pattern.capture_count().max(1);
    if count == 1 {
        let value = capture_value(cx, pattern, subject, state, span, 0)?;
        return cx.ret1(value);
    }
    push_captures(cx, pattern, subject, state, span, count)?;
    cx.ret_pushed(count)
}

fn push_captures(
    cx: &mut Cx<'_>,
    pattern: &Pattern,
    subject: Str,
    state: &MatchState,
    span: Span,
    count: usize,
) -> Result<(), Raised> {
    for index in 0..count {
        let value = capture_value(cx, pattern, subject, state, span, index)?;
        cx.push(value)?;
    }
    Ok(())
}

/// A capture as a value: a string or a position.
pub(super) fn capture_value(
    cx: &mut Cx<'_>,
    pattern: &Pattern,
    subject: Str,
    state: &MatchState,
    span: Span,
    index: usize,
) -> Result<Value, Raised> {
    match state.capture(pattern, index, span) {
        Ok(Capture::Text { start, end }) => cx.new_str(&subject.as_bytes()[start..end]),
        Ok(Capture::Position(position)) => Ok(Value::int(position)),
        Err(fault) => Err(pattern_error(cx, fault)),
    }
}
