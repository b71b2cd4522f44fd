//! Random programs compared with PUC Lua, as part of the test suite: few enough to be quick.

use std::process::Command;

fn difftest(arguments: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_interlune"))
        .arg("difftest")
        .args(arguments)
        .output()
        .expect("the command was built with this test");
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
}

#[test]
fn random_programs_do_the_same_in_puc_lua() {
    difftest(&["--programs", "400", "--seed", "1000000"]);
}

#[test]
fn random_programs_do_the_same_while_garbage_is_collected_everywhere() {
    difftest(&[
        "--programs",
        "30",
        "--seed",
        "2000000",
        "--modes",
        "gc-stress",
        "--statements",
        "3",
    ]);
}
