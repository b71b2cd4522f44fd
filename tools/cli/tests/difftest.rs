//! Random programs compared with PUC Lua, as part of the test suite: few enough to be quick.

use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_interlune"));
    command.arg("difftest").args(arguments);
    command.output().expect("the command was built with this test")
}

fn difftest(arguments: &[&str]) {
    let output = run(arguments);
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

#[test]
fn line_ends_inside_expressions_can_be_left_out() {
    difftest(&["--programs", "2", "--without", "wrapped,hot"]);
}

#[test]
fn a_feature_that_does_not_exist_is_refused() {
    let output = run(&["--programs", "1", "--only", "hot.nothing"]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && message.contains("no feature's name begins so"),
        "{message}"
    );
}
