//! What the peer binaries share: `peer [--time] [--jit off] SCRIPT [ARGS…]` runs a script as PUC's `lua` does.
//!
//! Included by each peer through `#[path]`, since every peer links another Lua library and so is a package and a
//! workspace of its own. Invariants: `arg` and `...` hold what `lua SCRIPT ARGS…` would give; `require` looks in the
//! script's folder first; an uncaught error prints its message and exits with status 1; `--time` prints the CPU
//! seconds of the process as the last line of stderr. The state is never closed: the process ends instead.

use std::path::Path;
use std::process::ExitCode;

use mlua::{Lua, MultiValue, Result};
use rustix::time::{ClockId, clock_gettime};

/// The command line.
#[derive(Debug)]
pub struct Command {
    pub time: bool,
    /// `--jit off` was not given.
    #[allow(dead_code, reason = "one of the peers has no JIT to turn off")]
    pub jit: bool,
    pub script: String,
    pub args: Vec<String>,
}

impl Command {
    fn parse(mut words: impl Iterator<Item = String>) -> std::result::Result<Command, String> {
        let (mut time, mut jit) = (false, true);
        loop {
            let word = words
                .next()
                .ok_or("usage: peer [--time] [--jit off] SCRIPT [ARGS...]")?;
            match word.as_str() {
                "--time" => time = true,
                "--jit" => match words.next().as_deref() {
                    Some("on") => jit = true,
                    Some("off") => jit = false,
                    _ => return Err("--jit takes on or off".to_owned()),
                },
                _ => {
                    return Ok(Command {
                        time,
                        jit,
                        script: word,
                        args: words.collect(),
                    });
                }
            }
        }
    }

    /// The folder that `require` searches first.
    pub fn folder(&self) -> &Path {
        match Path::new(&self.script).parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        }
    }
}

/// Runs the script of the command line in the state that `prepare` makes for it. `seal` is called last before the
/// script, when all globals are set.
pub fn run(
    prepare: impl FnOnce(&Command) -> Result<Lua>,
    seal: impl FnOnce(&Lua) -> Result<()>,
) -> ExitCode {
    let command = match Command::parse(std::env::args().skip(1)) {
        Ok(command) => command,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(2);
        }
    };
    let outcome = prepare(&command).and_then(|lua| {
        let outcome = run_script(&lua, &command, seal);
        // Freeing every object would be part of the time measured, and `interlune run` does not do it either.
        std::mem::forget(lua);
        outcome
    });
    if command.time {
        let cpu = clock_gettime(ClockId::ProcessCPUTime);
        eprintln!("cpu {}.{:09}", cpu.tv_sec, cpu.tv_nsec);
    }
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("peer: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run_script(lua: &Lua, command: &Command, seal: impl FnOnce(&Lua) -> Result<()>) -> Result<()> {
    let source = std::fs::read(&command.script).map_err(|error| {
        mlua::Error::runtime(format!("cannot open {}: {error}", command.script))
    })?;
    let arg = lua.create_table()?;
    arg.set(0, command.script.as_str())?;
    for (i, word) in command.args.iter().enumerate() {
        arg.set(i + 1, word.as_str())?;
    }
    lua.globals().set("arg", arg)?;
    seal(lua)?;
    let mut words = MultiValue::new();
    for word in &command.args {
        words.push_back(mlua::Value::String(lua.create_string(word)?));
    }
    lua.load(source)
        .set_name(format!("@{}", command.script))
        .call::<()>(words)
}
