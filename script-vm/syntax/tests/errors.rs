//! What is said about broken sources. The words are PUC Lua 5.4's, with which all of these were compared.

use std::fmt::Write;

/// Each line of `cases/broken.txt` is a source, with `\N` for a line end.
#[test]
fn broken_sources() {
    let mut report = String::new();
    for case in include_str!("cases/broken.txt").lines() {
        let source = case.replace("\\N", "\n");
        let arena = bumpalo::Bump::new();
        let _ = writeln!(report, "{case}");
        let _ = match interlune_syntax::parse(&arena, source.as_bytes(), "chunk") {
            Ok(_) => writeln!(report, "    fine"),
            Err(error) => writeln!(report, "    {error}    [column {}]", error.column),
        };
    }
    insta::assert_snapshot!(report);
}

fn error_of(source: &[u8]) -> String {
    let arena = bumpalo::Bump::new();
    match interlune_syntax::parse(&arena, source, "chunk") {
        Ok(_) => "fine".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn odd_bytes_are_shown_by_number() {
    assert_eq!(error_of(b"x = \xFF"), "chunk:1: unexpected symbol near '<\\255>'");
    assert_eq!(error_of(b"x = \x01"), "chunk:1: unexpected symbol near '<\\1>'");
    assert_eq!(error_of(b"x = \x7F"), "chunk:1: unexpected symbol near '<\\127>'");
    assert_eq!(error_of(b"x = \0"), "chunk:1: unexpected symbol", "a zero byte is no token");
    assert_eq!(error_of(b"x = 'a\0b' 'c"), "chunk:1: unfinished string near <eof>");
    assert_eq!(error_of(b"x = 1 'a\0b'"), "chunk:1: unexpected symbol near ''a'");
    assert_eq!(error_of(b"x = '\xFF\n"), "chunk:1: unfinished string near ''\u{FFFD}'");
}

#[test]
fn every_kind_of_line_end_counts_once() {
    assert_eq!(error_of(b"\r\n\n\r\r\n=").split(' ').next(), Some("chunk:4:"));
    assert_eq!(error_of(b"\r\r\n\n=").split(' ').next(), Some("chunk:4:"));
    assert_eq!(error_of(b"x = [[\r\n\r\n]] =").split(' ').next(), Some("chunk:3:"));
    assert_eq!(error_of(b"x = 'a\\\r\nb' =").split(' ').next(), Some("chunk:2:"));
    assert_eq!(error_of(b"--[[\n\n]]=").split(' ').next(), Some("chunk:3:"));
}

fn names(count: usize) -> String {
    (0..count).map(|i| format!("l{i}")).collect::<Vec<_>>().join(", ")
}

#[test]
fn local_variables_are_limited() {
    assert_eq!(error_of(format!("local {}", names(200)).as_bytes()), "fine");
    assert_eq!(
        error_of(format!("local {} = 1", names(201)).as_bytes()),
        "chunk:1: too many local variables (limit is 200) in main function near '='"
    );
    assert_eq!(
        error_of(format!("\nlocal function f({}) end", names(201)).as_bytes()),
        "chunk:2: too many local variables (limit is 200) in function at line 2 near ')'"
    );
    let hidden = format!("local {} for i = 1, 2 do end", names(197));
    assert_eq!(
        error_of(hidden.as_bytes()),
        "chunk:1: too many local variables (limit is 200) in main function near '='"
    );
    let scoped = format!("do local {} end local {}", names(200), names(200));
    assert_eq!(error_of(scoped.as_bytes()), "fine");
}

#[test]
fn upvalues_are_limited() {
    let nested = |count: usize| {
        let used: String = (0..count).map(|i| format!("l{i} = 1 ")).collect();
        let inner: Vec<_> = (200..count).map(|i| format!("l{i}")).collect();
        let inner = inner.join(", ");
        format!("local {}\nfunction f()\nlocal {inner}\nfunction g() {used} end end", names(200))
    };
    // `_ENV`, through which `f` is a global, is an upvalue too, of the outer functions.
    assert_eq!(error_of(nested(255).as_bytes()), "fine");
    assert_eq!(
        error_of(nested(256).as_bytes()),
        "chunk:4: too many upvalues (limit is 255) in function at line 4 near '='"
    );
}

#[test]
fn nesting_is_limited() {
    for (opening, closing, limit) in [
        ("do ", " end", 197),
        ("while x do ", " end", 196),
        ("if x then ", " end", 196),
        ("local function f() ", " end", 197),
        ("repeat ", " until x", 196),
    ] {
        let source = |depth: usize| format!("{}{}", opening.repeat(depth), closing.repeat(depth));
        assert_eq!(error_of(source(limit).as_bytes()), "fine", "{opening}");
        assert_eq!(error_of(source(limit + 1).as_bytes()), "C stack overflow", "{opening}");
    }
    for (opening, closing) in
        [("(", ")"), ("{", "}"), ("f(", ")"), ("- ", ""), ("a .. ", ""), ("a ^ ", "")]
    {
        let source =
            |depth: usize| format!("x = {}1{}", opening.repeat(depth), closing.repeat(depth));
        assert_eq!(error_of(source(195).as_bytes()), "fine", "{opening}");
        assert_eq!(error_of(source(196).as_bytes()), "C stack overflow", "{opening}");
    }
}
