//! A folder of Lua files, each compared with PUC Lua 5.4 as a random program would be.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use interlune_difftest::worker::{Undecided, Worker};
use interlune_difftest::{Extent, lua};

use super::campaign::show;
use super::{Arguments, subject};

pub fn run(arguments: &Arguments, folder: &Path) -> Result<ExitCode> {
    let mut engines = subject::engines(&arguments.modes);
    let mut worker = Worker::new(&mut engines, arguments.tolerance());
    let files = files(folder)?;
    let mut differences = 0;
    for path in &files {
        let bytes =
            std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let source = String::from_utf8_lossy(&bytes);
        let (engine, difference) = match worker.check(&source, Extent::Whole, || {}) {
            Ok(None) => continue,
            Ok(Some(found)) => found,
            Err(Undecided) => {
                println!("{}: more than the oracle's limit of time or memory", path.display());
                continue;
            }
        };
        differences += 1;
        let small = match lua::parse(&source) {
            Ok(program) => {
                worker.shrink(&program, engine, &difference, Extent::Whole, || {}).to_source()
            }
            Err(_) => source.clone().into_owned(),
        };
        show(
            &worker.finding(&path.display().to_string(), engine, difference, small.clone()),
            &small,
        );
    }
    println!("{} files, {differences} differences", files.len());
    Ok(if differences == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "lua") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
