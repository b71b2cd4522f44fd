//! Patterns against results worked out by hand from the reference manual, and the limits.

use super::*;

type Found = Option<(usize, usize)>;

fn search(pattern: &str, subject: &str) -> Result<Found, Fault> {
    let compiled = Pattern::compile(pattern.as_bytes(), Caret::Anchors);
    let mut free = |_| Ok::<(), ()>(());
    let mut state = MatchState::default();
    let found = Matcher::new(&compiled, subject.as_bytes(), &mut state, &mut free).search(0, None);
    found.map_err(|error| match error {
        MatchError::Pattern(fault) => fault,
        MatchError::Host(()) => unreachable!("the charge is free"),
    })
}

fn captures(pattern: &str, subject: &str) -> Vec<Capture> {
    let compiled = Pattern::compile(pattern.as_bytes(), Caret::Anchors);
    let mut free = |_| Ok::<(), ()>(());
    let mut state = MatchState::default();
    let mut matcher = Matcher::new(&compiled, subject.as_bytes(), &mut state, &mut free);
    let whole = matcher.search(0, None).expect("no error").expect("a match");
    (0..compiled.capture_count())
        .map(|index| state.capture(&compiled, index, whole).expect("a capture"))
        .collect()
}

#[test]
fn finds_items_and_repetitions() {
    for (pattern, subject, expected) in [
        ("lo", "hello world", Some((3, 5))),
        ("l+", "hello", Some((2, 4))),
        ("l-o", "hello", Some((2, 5))),
        ("^h.-o", "hello o", Some((0, 5))),
        ("%d*$", "abc123", Some((3, 6))),
        ("(%w+)=(%d+)", "foo bar=12", Some((4, 10))),
        ("%b()", "a(b(c)d)e", Some((1, 8))),
        ("%f[%w]%w+", "  word ", Some((2, 6))),
        ("(.)%1", "abccd", Some((2, 4))),
        ("x?y", "xxy", Some((1, 3))),
        ("[^%s]+$", "a bc", Some((2, 4))),
        ("", "abc", Some((0, 0))),
        ("a$b", "a$b", Some((0, 3))),
        ("%w+;", "abc def ghi", None),
    ] {
        assert_eq!(search(pattern, subject), Ok(expected), "{pattern} in {subject}");
    }
}

#[test]
fn faults_come_when_matching_arrives() {
    assert_eq!(search("b[", "a"), Ok(None));
    assert_eq!(search("b[", "ab"), Err(Fault::MissingBracket));
    assert_eq!(search("%", "a"), Err(Fault::EndsWithEscape));
    assert_eq!(search("%f", "a"), Err(Fault::MissingFrontierSet));
    assert_eq!(search("%b(", "a"), Err(Fault::MissingBalanceArguments));
    assert_eq!(search("a)", "a"), Err(Fault::InvalidPatternCapture));
    assert_eq!(search("(a)%2", "a"), Err(Fault::InvalidCaptureIndex(2)));
    assert_eq!(search(&"(".repeat(33), "a"), Err(Fault::TooManyCaptures));
}

#[test]
fn depth_is_limited() {
    assert_eq!(search(&"a?".repeat(198), &"a".repeat(300)), Ok(Some((0, 198))));
    assert_eq!(search(&"a?".repeat(200), &"a".repeat(300)), Err(Fault::TooComplex));
}

#[test]
fn captures_hold_text_and_positions() {
    assert_eq!(
        captures("()(%a+)((%d)%d*)()", "--ab12"),
        [
            Capture::Position(3),
            Capture::Text { start: 2, end: 4 },
            Capture::Text { start: 4, end: 6 },
            Capture::Text { start: 4, end: 5 },
            Capture::Position(7),
        ]
    );
}

#[test]
fn catastrophic_backtracking_is_stopped_by_the_charge() {
    let compiled = Pattern::compile("a*".repeat(30).as_bytes(), Caret::Anchors);
    let failing = Pattern::compile(format!("{}b", "a*".repeat(30)).as_bytes(), Caret::Anchors);
    let subject = "a".repeat(60);
    let mut left = 1_000_000u64;
    let mut charge = |units| {
        left = left.checked_sub(units).ok_or("out of time")?;
        Ok(())
    };
    assert_eq!(
        Matcher::new(&compiled, subject.as_bytes(), &mut MatchState::default(), &mut charge)
            .search(0, None),
        Ok(Some((0, 60)))
    );
    let stopped =
        Matcher::new(&failing, subject.as_bytes(), &mut MatchState::default(), &mut charge)
            .search(0, None);
    assert_eq!(stopped, Err(MatchError::Host("out of time")));
}

#[test]
fn cache_returns_what_was_put_back() {
    let mut cache = PatternCache::new();
    let pattern = cache.take(b"^a", Caret::Anchors);
    cache.put_back(pattern);
    assert!(cache.take(b"^a", Caret::Anchors).is_anchored());
    assert!(!cache.take(b"^a", Caret::IsLiteral).is_anchored());
}
