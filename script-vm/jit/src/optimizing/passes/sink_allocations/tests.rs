//! What the pass makes of small functions.

use std::sync::Arc;

use interlune_core::bytecode::Proto;
use interlune_core::inline_cache::{StoreHit, inline_offset};
use interlune_core::load;

use crate::ir::parse::parse;
use crate::ir::verify::verify;

/// What a site that has settled notes of tables with two slots.
const SITE: u64 = 2 | 8 << 40 | 1 << 47;

fn protos() -> Vec<Arc<Proto>> {
    let source = "local a, b, c, d = 1, 2, 3, 4 return a";
    vec![load::compile(source.as_bytes(), b"@test.lua").expect("the source is right")]
}

/// A field in that slot, added by way of that shape.
fn added(slot: usize, shape: u32) -> u64 {
    StoreHit { offset: inline_offset(slot), tag: StoreHit::ANY, shape }.pack()
}

/// The function behind the pass. `SITE`, `ADD0`, `ADD1`, `AT0` and `AT1` stand for the table's numbers; shapes are 7 and 8.
fn sunk(text: &str) -> String {
    let text = text
        .replace("SITE", &SITE.to_string())
        .replace("ADD0", &added(0, 7).to_string())
        .replace("ADD1", &added(1, 8).to_string())
        .replace("AT0", &inline_offset(0).to_string())
        .replace("AT1", &inline_offset(1).to_string())
        .replace("KEY", &(8_u64 << 8 | 2).to_string());
    let mut function = parse(&text, &protos()).expect("it is right");
    assert_eq!(verify(&function), Ok(()));
    super::run(&mut function);
    assert_eq!(verify(&function), Ok(()), "{function}");
    function.to_string()
}

const HEAD: &str = "\
scope s0 \"test.lua\":0
state f0 s0 pc 0 [r0 = v2]
state f1 s0 pc 1 [r0 = v2, r1 = v2]
b0():
  v0: int = int #1
  v1: any = load.slot #3
  v2: table = new.table #SITE
  add.field v2, v0 #ADD0
  guard.open v2 ? f0
  add.field v2, v1 #ADD1
";

#[test]
fn a_table_that_nobody_sees_is_not_made() {
    let text = sunk(&format!(
        "{HEAD}  guard.key v2 #KEY ? f1\n  v3: any = load.field v2 #AT1\n  v4: int = guard.int v3 ? f1\n  \
         store.field v2, v3, v0 #AT1\n  v5: int = guard.int v1 ? f1\n  return v4 #2 ? f0\n"
    ));
    for gone in ["new.table", "add.field", "store.field", "guard.key", "guard.open", "load.field"] {
        assert!(!text.contains(gone), "{gone} in\n{text}");
    }
    assert!(text.contains("guard.int v1 ? f0"), "{text}");
    // Before the store and behind it.
    assert!(text.contains(&format!("r1 = v2] with v2 = #{SITE} #8(v0, v1)")), "{text}");
    assert!(text.contains(&format!("r1 = v2] with v2 = #{SITE} #8(v0, v0)")), "{text}");
}

#[test]
fn a_guard_that_fails_ends_the_block() {
    let text = sunk(&format!("{HEAD}  guard.key v2 #3 ? f1\n  return v0 #2 ? f0\n"));
    assert!(text.contains("exit ? f") && !text.contains("return"), "{text}");
}

#[test]
fn who_sees_it_has_it_made_there_once() {
    let text =
        sunk(&format!("{HEAD}  store.slot v2 #0\n  store.slot v2 #1\n  return v2 #2 ? f1\n"));
    assert_eq!(text.matches("new.table").count(), 1, "{text}");
    assert_eq!(text.matches("fill.table").count(), 1, "{text}");
    assert!(!text.contains(" with "), "{text}");
}

#[test]
fn tables_in_tables_are_named_by_what_has_them() {
    let text = sunk(&format!(
        "{HEAD}  v3: table = new.table #SITE\n  add.field v3, v2 #ADD0\n  store.field v2, v1, v3 #AT1\n  \
         v4: any = load.field v3 #AT0\n  v5: table = guard.table v4 ? f1\n  v6: any = load.field v5 #AT0\n  \
         v7: int = guard.int v1 ? f1\n  return v6 #2 ? f0\n"
    ));
    assert!(!text.contains("new.table") && !text.contains("guard.table"), "{text}");
    assert!(text.contains(&format!("with v2 = #{SITE} #8(v0, v3), v3 = #{SITE} #7(v2)")), "{text}");
    assert!(text.contains("return v0"), "{text}");
}

#[test]
fn fields_of_a_table_that_a_loop_replaces_are_carried() {
    let text = sunk(
        "scope s0 \"test.lua\":0\nstate f0 s0 pc 0 [r0 = v2]\nstate f1 s0 pc 1 [r1 = v3]\n\
         b0():\n  v0: int = int #1\n  v1: any = load.slot #3\n  v2: table = new.table #SITE\n  \
         add.field v2, v0 #ADD0\n  add.field v2, v1 #ADD1\n  jump b1(v2)\n\
         b1(v3: table):\n  v4: any = load.field v3 #AT0\n  v5: int = guard.int v4 ? f1\n  v6: int = add v5, v0\n  \
         v7: table = new.table #SITE\n  add.field v7, v6 #ADD0\n  add.field v7, v1 #ADD1\n  poll #2 ? f1\n  \
         v8: bool = less v6, v0\n  branch v8, b2(), b3()\nb2():\n  jump b1(v7)\nb3():\n  return v6 #2 ? f1\n",
    );
    assert!(!text.contains("new.table"), "{text}");
    assert!(text.contains("b1(v3: any, v4: any):"), "{text}");
    assert!(text.contains("jump b1(v7, v1)"), "{text}");
    assert!(text.contains(&format!("r1 = v5] with v5 = #{SITE} #8(v3, v4)")), "{text}");
}

#[test]
fn a_table_with_two_names_in_a_loop_is_left_alone() {
    let text = sunk(&format!(
        "{HEAD}  jump b1(v2)\nb1(v3: table):\n  v4: any = load.field v3 #AT0\n  v5: any = load.field v2 #AT0\n  \
         v6: bool = same v4, v5\n  branch v6, b2(), b3()\nb2():\n  jump b1(v2)\nb3():\n  return v4 #2 ? f0\n"
    ));
    assert_eq!(text.matches("new.table").count(), 1, "{text}");
}

#[test]
fn what_ways_disagree_about_is_a_parameter() {
    let text = sunk(&format!(
        "{HEAD}  v3: bool = truthy v1\n  branch v3, b1(), b2()\nb1():\n  store.field v2, v1, v0 #AT1\n  jump b3()\n\
         b2():\n  jump b3()\nb3():\n  v4: any = load.field v2 #AT1\n  return v4 #2 ? f0\n"
    ));
    assert!(!text.contains("new.table") && text.contains("b3(v4: any):"), "{text}");
}

#[test]
fn a_table_that_one_way_makes_is_made_from_the_start_if_it_lives_on() {
    let text = sunk(&format!(
        "{HEAD}  v3: bool = truthy v1\n  branch v3, b1(), b2()\nb1():\n  store.slot v2 #1\n  jump b3()\n\
         b2():\n  jump b3()\nb3():\n  v4: any = load.field v2 #AT1\n  return v4 #2 ? f0\n"
    ));
    assert!(text.contains("add.field") && !text.contains("fill.table"), "{text}");
}
