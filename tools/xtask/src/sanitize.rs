//! `cargo xtask sanitize`: the virtual machine's tests under AddressSanitizer, or the compile workers' under
//! ThreadSanitizer (`--thread`).
//!
//! Needs a nightly toolchain and nothing else: the standard library is used as it comes, not instrumented, so that an
//! error inside one of its functions is reported at the call that led to it only if it touches memory of ours.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

const ADDRESS_FLAGS: &str = "-Zsanitizer=address";
/// The compiler refuses to mix code with and without this sanitizer unless told to; the standard library is without.
const THREAD_FLAGS: &str = "-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer";
/// How many times as large a sanitized frame may be as a plain one; tests with threads of a fixed stack multiply by it.
const FRAME_FACTOR: usize = 16;
/// The crate with threads.
const THREAD_PACKAGES: &[&str] = &["interlune-jit"];

/// Run the virtual machine's tests under AddressSanitizer, with the nightly toolchain.
#[derive(clap::Args)]
pub struct Arguments {
    /// Look for data races among the compile workers instead of wrong memory accesses.
    #[arg(long)]
    thread: bool,
    /// Packages to test; all that the sanitizer is meant for unless given.
    #[arg(long = "package", short)]
    packages: Vec<String>,
    /// Only tests whose names contain this.
    filter: Option<String>,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let (flags, name) = if arguments.thread {
        (THREAD_FLAGS, "sanitize-thread")
    } else {
        (ADDRESS_FLAGS, "sanitize")
    };
    let packages = if arguments.thread && arguments.packages.is_empty() {
        THREAD_PACKAGES.iter().map(|&package| package.to_owned()).collect()
    } else {
        arguments.packages.clone()
    };
    // With a target named, build scripts and macros are built without the flags, which they could not run with.
    let target = host()?;
    let mut command = crate::cargo(
        &["+nightly", "test", "--no-fail-fast", "--lib", "--tests", "--target", &target],
        &packages,
    );
    // A folder of its own: other flags than in every other build would rebuild everything back and forth.
    let folder =
        std::env::var_os("CARGO_TARGET_DIR").map_or(PathBuf::from("target"), PathBuf::from);
    command.arg("--target-dir").arg(folder.join(name));
    command.env("RUSTFLAGS", flags);
    // Tests go down to the limits of recursion.
    command.env("RUST_MIN_STACK", (256 << 20).to_string());
    command.env("INTERLUNE_FRAME_FACTOR", FRAME_FACTOR.to_string());
    let suppressions = concat!(env!("CARGO_MANIFEST_DIR"), "/tsan.supp");
    command.env("TSAN_OPTIONS", format!("suppressions={suppressions}"));
    command.args(arguments.filter.as_deref());
    crate::succeed(command)
}

/// The host's target triple.
fn host() -> Result<String> {
    let output =
        Command::new("rustc").args(["+nightly", "-vV"]).output().context("cannot run rustc")?;
    ensure!(output.status.success(), "no nightly toolchain: rustup toolchain install nightly");
    let text = String::from_utf8_lossy(&output.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not name its host")?.to_owned())
}
