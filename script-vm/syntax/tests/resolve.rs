//! What names resolve to, and what the tree says about variables, labels and gotos.

mod support;

use support::describe;

/// One snapshot per file `cases/*.lua`, whose first line says what it tests.
#[test]
fn resolved_trees() {
    for (name, source) in [
        ("scopes", include_str!("cases/scopes.lua")),
        ("upvalues", include_str!("cases/upvalues.lua")),
        ("environment", include_str!("cases/environment.lua")),
        ("constants", include_str!("cases/constants.lua")),
        ("jumps", include_str!("cases/jumps.lua")),
        ("expressions", include_str!("cases/expressions.lua")),
        ("literals", include_str!("cases/literals.lua")),
    ] {
        insta::assert_snapshot!(name, describe(source));
    }
}

#[test]
fn lines_of_operations() {
    use interlune_syntax::ast::{ExprKind, Pos, StatKind};
    let arena = bumpalo::Bump::new();
    let source = b"return f\n(\n1), a\n+\nb, t\n.x\n[\n1\n], -\nx";
    let chunk = interlune_syntax::parse(&arena, source, "test").unwrap();
    let StatKind::Return { values } = chunk.main.body.stats[0].kind else { panic!("no return") };
    let places: Vec<Pos> = values.iter().map(|value| value.pos).collect();
    let pos = |line, column| Pos { line, column };
    assert_eq!(places, [pos(2, 1), pos(4, 1), pos(9, 1), pos(9, 4)]);
    let ExprKind::Index((object, _)) = values[2].kind else { panic!("no index") };
    assert_eq!(object.pos, pos(6, 2));
}

#[test]
fn lines_of_functions() {
    use interlune_syntax::ast::{ExprKind, StatKind};
    let arena = bumpalo::Bump::new();
    let source = b"function\nf() end local function\ng\n() end\nlocal h = function\n() \n end\n\n";
    let chunk = interlune_syntax::parse(&arena, source, "test").unwrap();
    let lines: Vec<(u32, u32)> = chunk
        .main
        .body
        .stats
        .iter()
        .map(|stat| {
            let function = match stat.kind {
                StatKind::LocalFunction { function, .. } => function,
                StatKind::Assign { values, .. } | StatKind::Local { values, .. } => {
                    let ExprKind::Function(function) = values[0].kind else {
                        panic!("no function")
                    };
                    function
                }
                _ => panic!("no function"),
            };
            (function.pos.line, function.end_line)
        })
        .collect();
    assert_eq!(lines, [(1, 2), (4, 4), (6, 7)]);
    assert_eq!((chunk.main.pos.line, chunk.main.end_line), (0, 9));
}
