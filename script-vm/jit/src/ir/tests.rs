//! Texts are read back as they were written, and the verifier refuses what breaks a rule.

use std::sync::Arc;

use interlune_core::bytecode::Proto;
use interlune_core::load;

use super::parse::parse;
use super::verify::verify;

/// Two functions, the second one inside the first.
fn protos() -> Vec<Arc<Proto>> {
    let source =
        "local function f(x) local y = x + 1 return y end local a, b = f(1), f(2) return a";
    let outer = load::compile(source.as_bytes(), b"@test.lua").expect("the source is right");
    let inner = outer.protos[0].clone();
    vec![outer, inner]
}

const LOOP: &str = "\
scope s0 \"test.lua\":0
scope s1 \"test.lua\":1 in s0 at r1
state f0 s0 pc 1 [r0 = v4, r1 = v5]
state f1 s0 pc 2 []
state f2 s1 pc 0 [r0 = v4] on f1
b0():
  v0: int = int #1
  v1: float = float #0.5
  v2: any = load.slot #0
  v3: table = guard.table v2 ? f1
  jump b1(v0, v1)
b1(v4: int, v5: float):
  v6: int = array.len v3
  v7: bool = less v4, v6
  branch v7, b2(), b3()
b2():
  guard.kind v3 #4 ? f0
  v11: int = array.data v3
  v8: float = load.float v3, v4, v11
  v9: float = fadd v5, v8
  v10: int = add v4, v0
  poll #1 ? f2
  jump b1(v10, v9)
b3():
  store.slot v5 #1
  return v5 #1 ? f0
";

#[test]
fn text_is_read_back() {
    let function = parse(LOOP, &protos()).expect("it is right");
    assert_eq!(verify(&function), Ok(()));
    let text = function.to_string();
    assert_eq!(parse(&text, &protos()).expect("it was written").to_string(), text);
    // Names of sources aside, and numbers, which go by the order of blocks.
    assert_eq!(text.lines().count(), LOOP.lines().count());
    assert!(text.contains("v5: float"), "{text}");
}

/// The first complaint about the text with a line of it replaced.
fn complaint(line: &str, instead: &str) -> String {
    assert!(LOOP.contains(line), "{line}");
    let text = LOOP.replacen(line, instead, 1);
    match parse(&text, &protos()) {
        Ok(function) => verify(&function).expect_err("a rule is broken"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn broken_rules_are_found() {
    let cases = [
        ("  v7: bool = less v4, v6", "  v7: bool = less v4, v5", "an operand is float, not int"),
        ("jump b1(v10, v9)", "jump b1(v10)", "1 arguments for the 2 parameters"),
        ("jump b1(v10, v9)", "jump b1(v9, v10)", "of b1 gets float"),
        ("jump b1(v10, v9)", "jump b0()", "goes back to the entry"),
        ("  return v5", "  return v8", "used where it is not defined"),
        ("  store.slot v5 #1", "  store.slot v10 #1", "used where it is not defined"),
        ("state f0 s0 pc 1 [r0 = v4, r1 = v5]", "state f0 s0 pc 1 [r0 = v9]", "not defined"),
        ("state f0 s0 pc 1", "state f0 s0 pc 1000", "behind the code"),
        ("[r0 = v4] on f1", "[r200 = v4] on f1", "writes r200"),
        ("[r0 = v4] on f1", "[r0 = v4]", "of another scope"),
        ("guard.table v2 ? f1", "guard.table v2", "no frame state"),
        ("array.len v3", "array.len v3 ? f1", "never exits"),
        ("  jump b1(v0, v1)", "  v12: int = add v0, v0", "has no end"),
        ("  v6: int = array.len v3", "  v6: float = array.len v3", "the result is float"),
        ("  poll #1 ? f2", "  poll ? f2", "has an immediate"),
        ("  v1: float = float #0.5", "  v0: float = float #0.5", "defined twice"),
        ("  v1: float = float #0.5", "  v1: float = flote #0.5", "no operation"),
        ("v5: float):", "v5: flote):", "no type"),
    ];
    for (line, instead, expected) in cases {
        let found = complaint(line, instead);
        assert!(found.contains(expected), "{instead}: {found}");
    }
}

#[test]
fn errors_name_the_line() {
    let error = parse("b0():\n  return v1\n", &[]).expect_err("v1 is not there");
    assert_eq!(error.to_string(), "line 2: v1 is not defined above");
}
