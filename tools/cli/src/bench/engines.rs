//! The engines that can be measured, and the commands that run a script in each.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

/// An engine: a name and the command line that a script and its arguments are appended to.
#[derive(Clone, Debug)]
pub struct Engine {
    pub name: String,
    pub title: &'static str,
    binary: PathBuf,
    flags: &'static [&'static str],
}

/// Name, title, peer package (none: this command itself), flags.
const ENGINES: &[(&str, &str, Option<&str>, &[&str])] = &[
    ("puc", "PUC 5.4", Some("puc54"), &[]),
    ("luajit", "LuaJIT", Some("luajit"), &[]),
    ("luajit-off", "LuaJIT, JIT off", Some("luajit"), &["--jit", "off"]),
    ("luau", "Luau native", Some("luau"), &[]),
    ("luau-off", "Luau, JIT off", Some("luau"), &["--jit", "off"]),
    ("interlune", "Interlune", None, &["run", "--libs", "full"]),
    ("interlune-off", "Interlune, JIT off", None, &["run", "--libs", "full", "--jit", "off"]),
    (
        "interlune-baseline",
        "Interlune baseline",
        None,
        &["run", "--libs", "full", "--jit", "baseline"],
    ),
];

impl Engine {
    /// The command that runs a script.
    pub fn command(&self, script: &Path, argument: &str) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(self.flags).arg(script).arg(argument);
        command
    }
}

/// The engines of these names, peers built if need be.
pub fn find(names: &[String]) -> Result<Vec<Engine>> {
    names.iter().map(|name| engine(name)).collect()
}

fn engine(name: &str) -> Result<Engine> {
    let Some(&(_, title, peer, flags)) = ENGINES.iter().find(|row| row.0 == name) else {
        let known: Vec<&str> = ENGINES.iter().map(|row| row.0).collect();
        bail!("there is no engine {name}; there are {}", known.join(", "));
    };
    let own = std::env::current_exe().context("cannot find the interlune binary")?;
    let binary = match peer {
        Some(peer) => peer_binary(peer, &own)?,
        None => own,
    };
    Ok(Engine { name: name.to_owned(), title, binary, flags })
}

/// The binary of a peer, built first if it is not there. It lies in a folder beside this command's profile folder.
fn peer_binary(peer: &str, own: &Path) -> Result<PathBuf> {
    let profile = own.parent().context("the interlune binary lies in no folder")?;
    let target = profile.parent().unwrap_or(profile).join("peers");
    let binary = target
        .join("release")
        .join(format!("interlune-peer-{peer}{}", std::env::consts::EXE_SUFFIX));
    if binary.exists() {
        return Ok(binary);
    }
    let manifest = super::repository().join("tools/peers").join(peer).join("Cargo.toml");
    eprintln!("building {} (once; Luau takes minutes)", binary.display());
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--release", "--quiet", "--locked", "--manifest-path"])
        .arg(&manifest)
        .arg("--target-dir")
        .arg(&target)
        .status()
        .context("cannot run cargo to build a peer")?;
    ensure!(status.success() && binary.exists(), "building {} failed", manifest.display());
    Ok(binary)
}
