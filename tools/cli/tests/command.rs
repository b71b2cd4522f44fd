//! The `interlune` command from outside: arguments, exit status, what goes to which stream.

use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// Writes a script to a file of its own and runs the command with it.
fn run(name: &str, script: &str, before: &[&str], after: &[&str]) -> Output {
    command(name, script, before, after).output().expect("the command was built with this test")
}

/// Writes a script to a file of its own.
fn command(name: &str, script: &str, before: &[&str], after: &[&str]) -> Command {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let path = folder.join(format!("{name}.lua"));
    std::fs::write(&path, script).expect("the folder for temporary files is writable");
    let mut command = Command::new(env!("CARGO_BIN_EXE_interlune"));
    command.current_dir(&folder).args(before).arg(format!("{name}.lua")).args(after);
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_script_gets_its_arguments_as_in_puc_lua() {
    let output =
        run("arguments", "print(#arg, arg[0], arg[1], arg[2], ...)", &["run"], &["one", "--two"]);
    assert_eq!(text(&output.stdout), "2\targuments.lua\tone\t--two\tone\t--two\n");
    assert!(output.status.success());
}

#[test]
fn an_uncaught_error_gives_a_traceback_and_status_1() {
    let script = "local function f()\n  error('broken')\nend\nf()";
    let output = run("uncaught", script, &["run"], &[]);
    assert_eq!(output.status.code(), Some(1));
    let message = text(&output.stderr);
    assert!(
        message.starts_with("interlune: uncaught.lua:2: broken\nstack traceback:\n"),
        "{message}"
    );
    assert!(message.contains("uncaught.lua:2: in"), "{message}");
}

#[test]
fn a_syntax_error_names_file_and_line() {
    let output = run("syntax", "local a = 1\nlocal b =", &["run"], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stderr), "interlune: syntax.lua:2: unexpected symbol near <eof>\n");
}

#[test]
fn files_are_out_of_reach_unless_asked_for() {
    let script = "print(io == nil, os == nil, require == nil)";
    assert_eq!(text(&run("sandbox", script, &["run"], &[]).stdout), "true\ttrue\ttrue\n");
    assert_eq!(
        text(&run("full", script, &["run", "--libs", "full"], &[]).stdout),
        "false\tfalse\tfalse\n"
    );
}

#[test]
fn require_finds_modules_beside_the_script() {
    run("beside", "return {answer = 42}", &["run"], &[]);
    let output =
        run("requires", "print(require('beside').answer)", &["run", "--libs", "full"], &[]);
    assert_eq!(text(&output.stdout), "42\n", "{}", text(&output.stderr));
}

#[test]
fn stats_are_written() {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("stats.json");
    run("counted", "for i = 1, 1000000 do end", &["run", "--stats", "stats.json"], &[]);
    let json: serde_json::Value =
        serde_json::from_slice(&std::fs::read(path).expect("written")).expect("the file is JSON");
    // What was counted since the last safepoint may be missing.
    assert!(json["instructions_interpreted"].as_u64() > Some(900_000), "{json}");
    assert!(json["gc"]["peak_bytes"].as_u64() > Some(0), "{json}");
}

#[test]
fn bytecode_and_representation_are_dumped() {
    let output = run("dumped", "return 1 + x", &["dump", "--bytecode"], &[]);
    assert!(output.status.success() && !output.stdout.is_empty());
    let script = "local s = 0 for i = 1, 100000 do s = s + i end return s";
    let output = run("dumped_ir", script, &["dump", "--ir"], &[]);
    let dump = text(&output.stdout);
    assert!(dump.contains("; after building") && dump.contains(": int = add"), "{dump}");
}

#[test]
fn scripts_are_interpreted_where_there_is_no_compiler() {
    let script = "local s = 0 for i = 1, 100000 do s = s + i end print(s)";
    let machine = ["run", "--jit-sync", "--jit-machine", "mips64-unknown-linux-gnu"];
    let output = run("no_compiler", script, &machine, &[]);
    assert_eq!(text(&output.stdout), "5000050000\n");
    assert_eq!(
        text(&output.stderr),
        "interlune: scripts are interpreted: this machine is not supported: there is no compiler for mips64\n"
    );
    assert!(output.status.success());
}

#[cfg(unix)]
#[test]
fn a_reader_that_has_seen_enough_ends_the_command_quietly() {
    use std::os::unix::process::ExitStatusExt;
    const SIGPIPE: i32 = 13;

    let long = "x = x + 1\n".repeat(10_000);
    for (name, script, before) in [
        ("printed_in_part", "for i = 1, 100000 do print(i) end", &["run"][..]),
        ("dumped_in_part", long.as_str(), &["dump", "--bytecode"]),
    ] {
        let mut command = command(name, script, before, &[]);
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the command was built with this test");
        let mut first = [0];
        let mut stdout = child.stdout.take().expect("it is piped");
        stdout.read_exact(&mut first).expect("there is output");
        drop(stdout);
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.signal(), Some(SIGPIPE), "{name}: {}", output.status);
        assert_eq!(text(&output.stderr), "", "{name}");
    }
}
