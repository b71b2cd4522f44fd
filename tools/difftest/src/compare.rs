//! Tells the outcomes of two engines apart, leaving out what right engines may differ in.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::harness::Outcome;

/// How exactly outcomes must agree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tolerance {
    /// Whether messages may name variables differently, or not at all: "(local 'x')".
    pub names: bool,
}

/// Where two outcomes part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub expected: String,
    pub actual: String,
}

/// Words of messages that tell one kind of difference from another.
const TELLING: &[&str] = &[
    "ADDRESS",
    "argument",
    "arithmetic",
    "attempt",
    "bad",
    "bitwise",
    "boolean",
    "call",
    "close",
    "compare",
    "concatenate",
    "constant",
    "coroutine",
    "engine",
    "error",
    "expected",
    "failure",
    "field",
    "finished",
    "function",
    "further",
    "global",
    "got",
    "harness",
    "index",
    "integer",
    "iterator",
    "length",
    "limit",
    "line",
    "local",
    "metamethod",
    "method",
    "near",
    "nil",
    "number",
    "output",
    "overflow",
    "panic",
    "perform",
    "stack",
    "string",
    "syntax",
    "table",
    "thread",
    "try",
    "upvalue",
    "value",
    "yield",
];

impl Difference {
    /// What kind of difference this is: the telling words that only one side has. A program that is made smaller has to
    /// keep it, or it would end up showing another difference than the one found.
    pub fn kind(&self) -> (BTreeSet<&'static str>, BTreeSet<&'static str>) {
        let (expected, actual) = (telling(&self.expected), telling(&self.actual));
        (&expected - &actual, &actual - &expected)
    }
}

impl Difference {
    /// The two lines without numbers and quoted names: what one mistake gives in many programs.
    pub fn outline(&self) -> String {
        outline(&self.expected) + "\n" + &outline(&self.actual)
    }
}

fn outline(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '0'..='9' => {
                while rest.next_if(|c| c.is_ascii_alphanumeric() || *c == '.').is_some() {}
                out.push('#');
            }
            // Messages that are shown in quotes hold colons or blanks before their names; names do not.
            '\'' => {
                let name: String =
                    std::iter::from_fn(|| rest.next_if(|c| c.is_ascii_alphanumeric() || *c == '_'))
                        .collect();
                out.push_str(if rest.peek() == Some(&'\'') { "'" } else { &name });
            }
            c => out.push(c),
        }
    }
    out
}

fn telling(line: &str) -> BTreeSet<&'static str> {
    let words = line.split(|c: char| !c.is_ascii_alphabetic());
    words.filter_map(|word| TELLING.iter().find(|telling| **telling == word).copied()).collect()
}

/// The first difference of an engine's outcome from the oracle's. Nothing can be said, and nothing is, if the oracle
/// met a limit.
pub fn compare(expected: &Outcome, actual: &Outcome, tolerance: Tolerance) -> Option<Difference> {
    let (expected, actual) = match (expected, actual) {
        (Outcome::Limit, _) | (Outcome::Broken(_), Outcome::Broken(_)) => return None,
        (Outcome::Text(expected), Outcome::Text(actual)) => {
            (normal(expected, tolerance), normal(actual, tolerance))
        }
        (expected, actual) => {
            return Some(Difference { expected: describe(expected), actual: describe(actual) });
        }
    };
    let (mut left, mut right) = (expected.lines(), actual.lines());
    loop {
        match (left.next(), right.next()) {
            (None, None) => return None,
            (left, right) if left == right => {}
            (left, right) => {
                return Some(Difference {
                    expected: left.unwrap_or("(no further line)").to_owned(),
                    actual: right.unwrap_or("(no further line)").to_owned(),
                });
            }
        }
    }
}

fn describe(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Text(text) => format!("output ending in {:?}", text.lines().last().unwrap_or("")),
        Outcome::Limit => "a limit of time or memory".to_owned(),
        Outcome::Broken(message) => format!("engine failure: {message}"),
    }
}

/// The text without addresses, signs of NaN and, if they may differ, names of variables.
fn normal(text: &str, tolerance: Tolerance) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    if text.contains("-nan") {
        text = Cow::Owned(text.replace("-nan", "nan"));
    }
    if text.contains(": 0x") {
        text = Cow::Owned(without_addresses(&text));
    }
    if tolerance.names && text.contains('(') {
        text = Cow::Owned(without_names(&text));
    }
    text
}

/// `table: 0x55d0…` as `table: ADDRESS`.
fn without_addresses(text: &str) -> String {
    let mut parts = text.split(": 0x");
    let mut out = parts.next().unwrap_or("").to_owned();
    for part in parts {
        out.push_str(": ADDRESS");
        out.push_str(part.trim_start_matches(|c: char| c.is_ascii_hexdigit()));
    }
    out
}

/// Messages without their ` (local 'x')`.
fn without_names(text: &str) -> String {
    const KINDS: &[&str] =
        &[" (local '", " (global '", " (field '", " (upvalue '", " (method '", " (constant '"];
    let mut out = text.to_owned();
    for kind in KINDS {
        while let Some(start) = out.find(kind) {
            let Some(length) = out[start + kind.len()..].find("')") else {
                break;
            };
            out.replace_range(start..start + kind.len() + length + 2, "");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differ(expected: &str, actual: &str, names: bool) -> bool {
        let outcome = |text: &str| Outcome::Text(text.to_owned());
        compare(&outcome(expected), &outcome(actual), Tolerance { names }).is_some()
    }

    #[test]
    fn addresses_and_signs_of_nan_do_not_count() {
        assert!(!differ("table: 0x1f\t-nan", "table: 0x22ab\tnan", false));
        assert!(differ("table: 0x1f x", "table: 0x1f y", false));
    }

    #[test]
    fn names_count_unless_told_otherwise() {
        let (a, b) = ("a nil value (local 'x')", "a nil value (field 'y')");
        assert!(differ(a, b, false));
        assert!(!differ(a, b, true));
    }

    #[test]
    fn kinds_are_told_apart_by_words_not_by_values() {
        let difference = |expected: &str, actual: &str| Difference {
            expected: expected.to_owned(),
            actual: actual.to_owned(),
        };
        let named =
            difference("attempt to index a nil value (local 'x')", "attempt to index a nil value");
        let other =
            difference("attempt to index a nil value (local 'y')", "attempt to index a nil value");
        assert_eq!(named.kind(), other.kind());
        assert_ne!(named.kind(), difference("3", "4").kind());
        assert_eq!(difference("a = 1", "a = 2").kind(), difference("3", "4").kind());
    }

    #[test]
    fn outlines_forget_numbers_and_names() {
        assert_eq!(
            outline("'t:5: bad argument #2 to 'insert' (got 1.5e3)'"),
            outline("'t:77: bad argument #1 to 'x' (got 3)'")
        );
        assert_ne!(outline("a nil value"), outline("a table value"));
    }

    #[test]
    fn a_missing_line_is_a_difference() {
        assert!(differ("a\nb", "a", false));
    }
}
