//! Passes on representations that are written down.

use std::sync::Arc;

use interlune_core::bytecode::Proto;
use interlune_core::load;

use super::{Pass, bounds, hoist, stores, value_numbering, ways};
use crate::ir::parse::parse;
use crate::ir::verify::verify;

fn proto() -> Arc<Proto> {
    let source = "local a, b, c = 1, 2, 3 return a + b + c";
    load::compile(source.as_bytes(), b"@test.lua").expect("the source is right")
}

/// What passes make of a function, whose scope and states these are.
#[track_caller]
fn after(passes: &[Pass], text: &str) -> String {
    let head = "scope s0 \"test.lua\":0\nstate f0 s0 pc 0 loop []\nstate f1 s0 pc 1 []\n";
    let mut function = parse(&format!("{head}{text}"), &[proto()]).expect("it is right");
    assert_eq!(verify(&function), Ok(()));
    for (_, pass) in passes {
        pass(&mut function);
        assert_eq!(verify(&function), Ok(()));
    }
    let text = function.to_string();
    text.lines().filter(|line| !line.starts_with("scope")).collect::<Vec<_>>().join("\n")
}

const HOIST: Pass = ("hoist", hoist::run);
const BOUNDS: Pass = ("bounds", bounds::run);

/// A loop with this in its header, over what is in registers 0 to 2, and this in its second block.
fn looping(header: &str, second: &str) -> String {
    format!(
        "b0():
  v0: any = load.slot #0
  v1: any = load.slot #1
  v2: any = load.slot #2
  v3: table = guard.table v0 ? f1
  v4: table = guard.table v1 ? f1
  v5: int = guard.int v2 ? f1
  v6: int = int #0
  anchor ? f0
  jump b1(v6)
b1(v7: int):
{header}
  v90: bool = less v7, v5
  branch v90, b2(), b3()
b2():
{second}
  v91: int = int #1
  v92: int = add v7, v91
  poll #1 ? f1
  jump b1(v92)
b3():
  run.end #1
"
    )
}

/// The lines of the block that begins with `name`.
fn block<'t>(text: &'t str, name: &str) -> Vec<&'t str> {
    let lines = text.lines().skip_while(|line| !line.starts_with(name)).skip(1);
    lines.take_while(|line| line.starts_with("  ")).map(str::trim).collect()
}

/// Whether a loop that does this keeps doing it, by its mnemonic.
#[track_caller]
fn stays(header: &str, second: &str, mnemonic: &str) -> bool {
    let text = after(&[HOIST], &looping(header, second));
    let has = |name| block(&text, name).iter().any(|line| line.contains(mnemonic));
    let (before, inside) = (has("b0"), has("b1(") || has("b2"));
    assert_ne!(before, inside, "{text}");
    inside
}

#[test]
fn what_is_the_same_leaves_the_loop() {
    assert!(!stays("  guard.kind v3 #4 ? f1", "", "guard.kind"));
    assert!(!stays("  guard.key v3 #99 ? f1\n  v8: any = load.field v3 #48", "", "load.field"));
    assert!(!stays("", "  v8: float = int.to.float v5", "int.to.float"));
    assert!(!stays("", "  v8: int = array.len v3", "array.len"));
}

#[test]
fn what_may_differ_stays_in_the_loop() {
    // By its operand.
    assert!(stays("  v8: float = int.to.float v7", "", "int.to.float"));
    // By what the loop writes: any table may be the one.
    let load = "  guard.key v3 #99 ? f1\n  v8: any = load.field v3 #48";
    assert!(stays(load, "  store.field v4, v8, v7 #48", "load.field"));
    assert!(!stays(load, "  store.field v4, v8, v7 #64", "load.field"));
    assert!(stays("  guard.kind v3 #4 ? f1", "  set.int v4, v7, v7 ? f1", "guard.kind"));
    assert!(stays("  guard.key v3 #99 ? f1", "  run #1", "guard.key"));
}

#[test]
fn what_relies_on_guards_stays_behind_them() {
    let guarded = "  guard.native v0 #77 ? f1\n  v8: string = type.name v0, v5";
    assert!(stays("", guarded, "type.name"));
    assert!(!stays(guarded, "", "type.name"));
    let guarded = "  v8: closure = guard.closure v0 ? f1\n  guard.function v8 #7 ? f1\n  v9: any = load.upvalue.fixed v8 #0";
    assert!(stays("", guarded, "load.upvalue.fixed"));
    let own = "  v8: closure = running\n  v9: any = load.upvalue.fixed v8 #0";
    assert!(!stays("", own, "load.upvalue.fixed"));
    let divided = "  guard.divisor v5 ? f1\n  v8: int = floor.div v5, v5";
    assert!(stays("", divided, "floor.div"));
}

#[test]
fn guards_leave_only_if_every_iteration_begins_with_them() {
    assert!(stays("", "  guard.kind v3 #4 ? f1", "guard.kind"));
    assert!(stays("", "  v8: int = guard.int v0 ? f1", "guard.int v0"));
    // Neither does what relies on them.
    let load = "  guard.key v3 #99 ? f1\n  v8: any = load.field v3 #48";
    assert!(stays("", load, "load.field"));
    // There may be nothing to divide by.
    assert!(stays("", "  guard.divisor v5 ? f1\n  v8: int = floor.div v5, v5", "floor.div"));
    assert!(!stays("  guard.divisor v5 ? f1\n  v8: int = floor.div v5, v5", "", "floor.div"));
}

#[test]
fn guards_that_leave_a_loop_have_the_state_before_it() {
    let text = after(&[HOIST], &looping("  guard.kind v3 #4 ? f1", ""));
    let guard = block(&text, "b0").into_iter().find(|line| line.contains("guard.kind"));
    let state = guard.and_then(|line| line.split_once(" ? ")).expect("it has left the loop").1;
    assert!(text.contains(&format!("state {state} s0 pc 0 loop")), "{text}");
}

/// A loop that counts from `first` in steps of `step` and looks at that element of a table, and the lines that are inserted
/// before it.
fn counting(first: &str, step: i64, more: &str) -> (Vec<String>, String) {
    let text = after(
        &[BOUNDS],
        &format!(
            "b0():
  v0: any = load.slot #0
  v1: any = load.slot #1
  v2: table = guard.table v0 ? f1
  v3: int = guard.int v1 ? f1
  v4: int = array.len v2
  v5: int = int #0
  v6: int = int #1
  v7: int = {first}
  v8: int = int #{step}
  anchor ? f0
  jump b1(v7, v3)
b1(v9: int, v10: int):
  v11: int = sub v9, v6
{more}
  guard.bounds v11, v4 ? f1
  v12: bool = equal v10, v5
  branch v12, b2(), b3()
b2():
  run.end #1
b3():
  v13: int = add v9, v8
  v14: int = sub v10, v6
  poll #1 ? f1
  jump b1(v13, v14)
"
        ),
    );
    let before = block(&text, "b0").into_iter().skip(9).map(str::to_string).collect();
    (before, text)
}

#[test]
fn bounds_are_looked_at_before_the_loop() {
    let (before, text) = counting("int #1", 1, "");
    assert_eq!(
        before,
        [
            "v9: int = int #0",
            "guard.bounds v9, v4 ? f1",
            "guard.bounds v3, v4 ? f1",
            "jump b1(v7, v3)",
        ]
    );
    assert!(!block(&text, "b1(").iter().any(|line| line.contains("guard.bounds")), "{text}");
    let (before, _) = counting("int #3", 1, "");
    assert_eq!(
        before,
        [
            "v9: int = int #2",
            "guard.bounds v9, v4 ? f1",
            "v10: int = sub v4, v9",
            "guard.bounds v3, v10 ? f1",
            "jump b1(v7, v3)",
        ]
    );
    // Down from n + 1.
    let (before, _) = counting("add v3, v6", -1, "");
    assert_eq!(
        before,
        [
            "guard.bounds v3, v4 ? f1",
            "v9: int = int #1",
            "v10: int = add v3, v9",
            "guard.bounds v3, v10 ? f1",
            "jump b1(v7, v3)",
        ]
    );
}

#[test]
fn bounds_of_loops_in_steps_are_looked_at_before_them() {
    let (before, text) = counting("int #1", 3, "");
    assert_eq!(
        before,
        [
            "v9: int = int #0",
            "guard.bounds v9, v4 ? f1",
            "v10: int = int #-1",
            "v11: int = add v4, v10",
            "v12: int = sub v11, v9",
            "v13: int = int #3",
            "v14: int = unsigned.div v12, v13",
            "v15: int = int #1",
            "v16: int = add v14, v15",
            "guard.bounds v3, v16 ? f1",
            "jump b1(v7, v3)",
        ]
    );
    assert!(!block(&text, "b1(").iter().any(|line| line.contains("guard.bounds")), "{text}");
    let (before, _) = counting("int #9", -4, "");
    assert_eq!(
        before,
        [
            "v9: int = int #8",
            "guard.bounds v9, v4 ? f1",
            "v10: int = int #4",
            "v11: int = unsigned.div v9, v10",
            "v12: int = int #1",
            "v13: int = add v11, v12",
            "guard.bounds v3, v13 ? f1",
            "jump b1(v7, v3)",
        ]
    );
}

#[test]
fn bounds_stay_in_loops_that_do_not_count_so() {
    let stays = |first, step, more| {
        let (_, text) = counting(first, step, more);
        block(&text, "b1(").iter().any(|line| line.contains("guard.bounds"))
    };
    assert!(!stays("int #1", 1, ""));
    assert!(stays("int #1", 0, ""));
    // The length is asked for anew.
    let (_, text) =
        counting("int #1", 1, "  v20: int = array.len v2\n  guard.bounds v11, v20 ? f1");
    let inside: Vec<_> =
        block(&text, "b1(").into_iter().filter(|it| it.contains("bounds")).collect();
    assert_eq!(inside.len(), 1, "{text}");
}

#[test]
fn nothing_is_left_of_anchors() {
    let text = after(&[HOIST, BOUNDS], &looping("", ""));
    assert!(!text.contains("anchor"), "{text}");
}

#[test]
fn a_test_is_made_once() {
    let text = after(
        &[("ways", ways::run)],
        "b0():
  v0: any = load.slot #0
  v1: bool = truthy v0
  branch v1, b1(), b2()
b1():
  branch v1, b3(), b4()
b2():
  branch v1, b3(), b4()
b3():
  branch v1, b4(), b5()
b4():
  run.end #1
b5():
  run.end #1
",
    );
    assert_eq!(block(&text, "b1"), ["jump b2()"], "{text}");
    assert_eq!(text.matches("branch v1").count(), 2, "{text}");
}

#[test]
fn guards_behind_narrower_ones_go() {
    let text = after(
        &[("value_numbering", value_numbering::run)],
        "b0():
  v0: any = load.slot #0
  v1: table = guard.table v0 ? f1
  v2: any = load.slot #1
  v3: float = guard.float v2 ? f1
  v4: any = guard.present v2 ? f1
  v5: number = guard.number v2 ? f1
  guard.answer v2, v1 ? f1
  guard.tag v2 #4 ? f1
  guard.tag v2 #3 ? f1
  v6: any = load.slot #2
  v7: any = guard.present v6 ? f1
  v8: int = guard.int v6 ? f1
  store.slot v4 #3
  store.slot v5 #4
  run.end #1
",
    );
    assert_eq!(
        block(&text, "b0")[4..],
        [
            "guard.tag v2 #3 ? f0",
            "v4: any = load.slot #2",
            "v5: any = guard.present v4 ? f0",
            "v6: int = guard.int v4 ? f0",
            "store.slot v3 #3",
            "store.slot v3 #4",
            "run.end #1",
        ],
        "{text}"
    );
}

/// The stores that are left of a block that does this with two tables, an index, elements of both and a closure.
fn stores_left(passes: &[Pass], text: &str) -> Vec<String> {
    let text = after(
        passes,
        &format!(
            "b0():
  v0: any = load.slot #0
  v1: any = load.slot #1
  v2: table = guard.table v0 ? f1
  v3: table = guard.table v1 ? f1
  v4: int = int #1
  v5: int = int #2
  v6: int = array.data v2
  v7: closure = running
  guard.key v2 #99 ? f1
  guard.key v3 #99 ? f1
  v8: any = load.field v2 #48
{text}
  run.end #1
"
        ),
    );
    let lines = block(&text, "b0").into_iter().filter(|line| line.starts_with("store."));
    lines.map(str::to_string).collect()
}

#[test]
fn stores_that_are_overwritten_go() {
    let left = |text: &str| stores_left(&[("stores", stores::run)], text);
    let twice = |between: &str| {
        left(&format!("  store.field v2, v8, v4 #48\n{between}\n  store.field v2, v4, v5 #48"))
    };
    // What is left overwrites what the other one would have.
    assert_eq!(twice("  v9: int = add v4, v5"), ["store.field v2, v8, v5 #48"]);
    // Another field, other parts of memory.
    assert_eq!(twice("  v9: any = load.field v3 #64\n  v10: any = load.slot #5").len(), 1);
    assert_eq!(twice("  store.slot v4 #7").len(), 2);
    // Any table may be the same one.
    assert_eq!(twice("  v9: any = load.field v3 #48").len(), 2);
    assert_eq!(twice("  store.field v3, v8, v4 #48").len(), 2);
    // Whoever goes on elsewhere looks.
    assert_eq!(twice("  guard.key v3 #98 ? f1").len(), 2);
    assert_eq!(twice("  poll #1 ? f1").len(), 2);
    assert_eq!(twice("  run #1").len(), 2);
    // It is not known what is overwritten.
    let differ = "  store.field v2, v8, v4 #48\n  store.field v2, v8, v5 #48";
    assert_eq!(left(differ).len(), 2);
    let elements = |between: &str, index: &str| {
        left(&format!(
            "  store.element v2, v4, v4, v6 #3\n{between}\n  store.element v2, {index}, v5, v6 #3"
        ))
        .len()
    };
    assert_eq!(elements("", "v4"), 1);
    assert_eq!(elements("", "v5"), 2);
    assert_eq!(elements("  v9: int = load.int v3, v5, v6", "v4"), 2);
    assert_eq!(elements("  v9: float = load.float v3, v5, v6", "v4"), 1);
    let upvalues = "  store.upvalue v7, v4 #0\n  store.upvalue v7, v5 #0";
    assert_eq!(left(upvalues), ["store.upvalue v7, v5 #0"]);
    let looked =
        "  store.upvalue v7, v4 #0\n  v9: any = load.upvalue v7 #1\n  store.upvalue v7, v5 #0";
    assert_eq!(left(looked).len(), 2);
}

#[test]
fn stores_of_what_is_there_go() {
    let left = |text: &str| stores_left(&[("value_numbering", value_numbering::run)], text).len();
    assert_eq!(left("  store.field v2, v8, v8 #48"), 0);
    assert_eq!(left("  v9: int = guard.int v8 ? f1\n  store.field v2, v9, v9 #48"), 0);
    assert_eq!(left("  store.field v2, v8, v4 #48\n  store.field v2, v4, v4 #48"), 1);
    assert_eq!(left("  v9: any = load.slot #5\n  store.slot v9 #5\n  store.slot v9 #6"), 1);
    assert_eq!(left("  v9: int = load.int v2, v4, v6\n  store.element v2, v4, v9, v6 #3"), 0);
    // Somebody may have stored something else.
    assert_eq!(left("  store.field v3, v8, v4 #48\n  store.field v2, v8, v8 #48"), 2);
    assert_eq!(left("  run #1\n  store.field v2, v8, v8 #48"), 1);
}
