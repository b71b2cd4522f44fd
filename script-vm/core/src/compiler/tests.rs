//! What is emitted at all, and what happens at the limits. Listings of whole programs are in
//! `tests/bytecode_golden.rs`.

use std::fmt::Write;

use crate::bytecode::{Opcode, Proto, SHARED_CELLS};

use super::test_support::{PROGRAMS, compile_source, try_compile};

#[test]
fn every_opcode_is_emitted() {
    fn collect(proto: &Proto, seen: &mut Vec<Opcode>) {
        seen.extend(proto.code.iter().filter_map(|insn| insn.opcode()));
        proto.protos.iter().for_each(|nested| collect(nested, seen));
    }
    let mut seen = Vec::new();
    for (name, source) in PROGRAMS {
        collect(&compile_source(name, source), &mut seen);
    }
    let missing: Vec<_> = Opcode::ALL.iter().filter(|op| !seen.contains(op)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Repeats a piece of source.
fn repeated(count: usize, one: impl Fn(usize) -> String) -> String {
    (0..count).map(one).collect()
}

fn count_of(proto: &Proto, op: Opcode) -> usize {
    let found = proto.code.iter().filter(|insn| insn.opcode() == Some(op));
    found.count()
}

#[test]
fn too_many_registers_are_an_error_with_a_line() {
    let source = format!("local x\nx = f(\n{}1)", repeated(300, |i| format!("{i}, ")));
    let error = try_compile("t", &source).unwrap_err();
    let message = "t:3: function or expression needs too many registers";
    assert_eq!(error.to_string(), message);
    assert!(try_compile("t", &format!("f({}1)", repeated(250, |i| format!("{i}, ")))).is_ok());
    let nested = format!("x = {}1{}", "{ 1, 2, ".repeat(120), "}".repeat(120));
    assert!(try_compile("t", &nested).is_err());
    let methods = format!("x = {}1{}", "a:f(".repeat(150), ")".repeat(150));
    assert!(try_compile("t", &methods).is_err());
}

#[test]
fn without_inline_cache_cells_fields_use_registers() {
    let source = repeated(17_000, |_| String::from("a.b = c\n"));
    let proto = compile_source("t", &format!("local a = ...\n{source}a:m()"));
    let cached = count_of(&proto, Opcode::SetField) + count_of(&proto, Opcode::GetEnv);
    assert_eq!(cached, (65_536 - SHARED_CELLS as usize - 1) / 4);
    assert_eq!(
        count_of(&proto, Opcode::SetIndex) + count_of(&proto, Opcode::GetIndex) + cached,
        34_001
    );
    assert_eq!(count_of(&proto, Opcode::GetMethod), 0);
}

#[test]
fn constants_out_of_reach_use_registers() {
    let strings = repeated(70_000, |i| format!("a = \"s{i}\"\n"));
    let uses = "a = a.q; a.q = a; a = q; q = a; a = a == \"q\"; a = a + 1.5; a = a * 7.5; a:q(); a = a & 123456789";
    let proto = compile_source("t", &format!("local a\n{strings}{uses}"));
    assert!(proto.constants.len() > 70_000);
    assert_eq!(count_of(&proto, Opcode::GetField) + count_of(&proto, Opcode::GetEnv), 0);
    assert_eq!(count_of(&proto, Opcode::AddConst) + count_of(&proto, Opcode::BitAndConst), 0);
}

#[test]
fn feedback_beyond_reach_is_shared() {
    let source = repeated(70_000, |_| String::from("a = a + b\n"));
    let proto = compile_source("t", &format!("local a, b = ...\n{source}while a do f{{}} end"));
    assert_eq!(proto.feedback_cells, 65_536);
}

#[test]
fn long_chains_do_not_recurse() {
    let chains = [
        format!("local a = ...; return a{}", " + a".repeat(50_000)),
        format!("local a = ...; return a{}", ".a".repeat(10_000)),
        format!("local a = ...; return a{}", "()".repeat(50_000)),
        format!("local a = ...; return a{}", " and a or a".repeat(50_000)),
        format!("local a = ...; return {}", "(a == 1) == ".repeat(20_000) + "a"),
    ];
    for source in &chains {
        compile_source("t", source);
    }
}

#[test]
fn long_lists_are_stored_in_batches() {
    let proto = compile_source("t", &format!("return {{ {} f() }}", "1, ".repeat(1_000)));
    assert_eq!(count_of(&proto, Opcode::SetList), 21);
    let table = proto.code.iter().find(|insn| insn.opcode() == Some(Opcode::NewTable));
    assert_eq!(table.map(|insn| insn.b()), Some(1_000));
    compile_source("t", &format!("return {{ {} }}", "1, ".repeat(100_000)));
}

#[test]
fn many_functions_and_blocks() {
    let mut source = String::new();
    for i in 0..3_000 {
        let _ = writeln!(
            source,
            "function f() do local x = {i}; return function() return x end end end"
        );
    }
    assert_eq!(compile_source("t", &source).protos.len(), 3_000);
}

/// As deep as the parser lets programs nest, on a thread with the usual stack of 2 MiB.
#[test]
fn deep_nesting_fits_the_stack() {
    let nestings = [
        ("local function f() ", "return 1", " end"),
        ("do ", "x = 1", " end"),
        ("while a do ", "x = 1", " end"),
        ("for k in f do ", "x = 1", " end"),
        ("f(function() ", "x = 1", " end)"),
        ("x = ", "function() x = 1 end", ""),
        ("x = {", "1", "}"),
        ("x = not ", "a", ""),
        ("x = a ^ ", "a", ""),
        ("x = a .. ", "a", ""),
        ("x = (a + ", "a", ")"),
        ("x = a and (b or ", "a", ")"),
    ];
    for (open, middle, close) in nestings {
        let (prefix, open) = match open.strip_prefix("x = ") {
            Some(operator) => ("x = ", operator),
            None => ("", open),
        };
        let nested =
            |depth: usize| format!("{prefix}{}{middle}{}", open.repeat(depth), close.repeat(depth));
        let parses = |depth: &usize| {
            let arena = bumpalo::Bump::new();
            interlune_syntax::parse(&arena, nested(*depth).as_bytes(), "t").is_ok()
        };
        let deepest = (1..200).rev().find(parses).unwrap_or(0);
        assert!(deepest > 30, "{open}");
        compile_source("t", &nested(deepest));
    }
}
