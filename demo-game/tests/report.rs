//! The report of a headless run: all of its fields, and the same state however far scripts were compiled.

use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Stdio};

const FRAMES: usize = 240;

fn run(jit: &str) -> Value {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("report-{jit}"));
    let output = Command::new(env!("CARGO_BIN_EXE_demo-game"))
        .args(["--headless", "--bodies", "300", "--frames", &FRAMES.to_string(), "--jit", jit])
        .arg("--report")
        .arg(&folder)
        .output()
        .expect("the game starts");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    let text = std::fs::read_to_string(folder.join("report.json")).expect("there is a report");
    serde_json::from_str(&text).expect("it is JSON")
}

fn list<'a>(report: &'a Value, name: &str) -> &'a [Value] {
    report[name].as_array().unwrap_or_else(|| panic!("{name} is a list"))
}

#[test]
fn the_state_is_the_same_however_far_scripts_are_compiled() {
    let reports = ["off", "baseline", "on"].map(run);
    let [off, baseline, on] = &reports;
    for (report, jit) in reports.iter().zip(["off", "baseline", "on"]) {
        assert_eq!(report["jit"], jit);
        assert_eq!(report["state_hash"], off["state_hash"], "{jit}");
        assert_eq!(list(report, "frames").len(), FRAMES);
        for frame in list(report, "frames") {
            for field in
                ["main_ms", "script_ms", "gc_ms", "install_ms", "compile_ms", "allowance_ms"]
            {
                assert!(frame[field].as_f64().is_some_and(|ms| ms >= 0.0), "{field} in {frame}");
            }
        }
        for deopt in list(report, "deopts") {
            assert!(deopt["frame"].is_u64() && deopt["line"].is_u64(), "{deopt}");
            assert!(deopt["function"].is_string() && deopt["reason"].is_string(), "{deopt}");
        }
    }
    // Code of the baseline tier bets on nothing.
    assert!(list(off, "deopts").is_empty() && list(baseline, "deopts").is_empty());
    assert!(list(off, "functions").is_empty() && list(off, "ledger").is_empty());
    for report in [baseline, on] {
        let functions = list(report, "functions");
        let is_compiled = |function: &Value| function["tier"] != "interpreter";
        assert!(functions.iter().any(is_compiled));
        for function in functions {
            assert!(function["name"].is_string() && function["calls"].is_u64());
            let has_code = function["code_bytes"].as_u64().is_some_and(|bytes| bytes > 0);
            assert_eq!(has_code, is_compiled(function), "{function}");
            assert!(report["jit"] == "on" || function["tier"] != "optimizing", "{function}");
        }
        for row in list(report, "ledger") {
            assert!(row["function"].is_string() && row["outcome"].is_string(), "{row}");
            assert!(row["decided_frame"].is_u64(), "{row}");
            for field in ["cost_ms", "saving_ms_per_frame"] {
                assert!(row[field].is_number(), "{field} in {row}");
            }
            for field in ["break_even_predicted", "break_even_real"] {
                assert!(row[field].is_number() || row[field].is_null(), "{field} in {row}");
            }
        }
        for row in list(report, "inlining") {
            assert!(row["caller"].is_string() && row["callee"].is_string(), "{row}");
            assert!(row["gain_ms"].is_number() && row["inlined"].is_boolean(), "{row}");
        }
        for row in list(report, "speculation") {
            assert!(row["function"].is_string() && row["verdict"].is_string(), "{row}");
            for field in ["failure_rate", "threshold"] {
                assert!(row[field].is_number() || row[field].is_null(), "{field} in {row}");
            }
        }
        let installed = list(report, "ledger").iter().filter(|row| row["outcome"] == "installed");
        assert!(installed.count() > 0);
    }
}

#[test]
fn the_game_goes_on_though_nobody_reads_what_it_says() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("report-unread");
    let mut game = Command::new(env!("CARGO_BIN_EXE_demo-game"))
        .args(["--headless", "--bodies", "10", "--frames", "5", "--report"])
        .arg(&folder)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the game starts");
    drop(game.stdout.take());
    assert!(game.wait().expect("the game ends").success());
}
