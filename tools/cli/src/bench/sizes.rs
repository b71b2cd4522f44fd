//! Which programs a folder holds, and the size each is run with.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

/// A benchmark program.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    pub name: String,
    pub path: PathBuf,
    pub size: u64,
}

/// The programs of a folder that the size file names, in its order.
pub fn programs(folder: &Path, sizes: &Path, scale: f64) -> Result<Vec<Program>> {
    let text = std::fs::read_to_string(sizes)
        .with_context(|| format!("cannot read {}", sizes.display()))?;
    let mut programs = Vec::new();
    for (name, size) in text.lines().filter_map(entry) {
        let path = folder.join(&name).with_extension("lua");
        if !path.exists() {
            bail!(
                "{} gives a size for {name}, but {} does not exist",
                sizes.display(),
                path.display()
            );
        }
        programs.push(Program { name, path, size: scaled(size, scale) });
    }
    ensure!(!programs.is_empty(), "{} names no program", sizes.display());
    Ok(programs)
}

fn scaled(size: u64, scale: f64) -> u64 {
    // Sizes are far below 2^53, so that nothing is lost on the way.
    ((size as f64 * scale).round() as u64).max(1)
}

/// `NAME SIZE`, or a table row that begins `| NAME (SIZE) |`; anything else is not an entry.
fn entry(line: &str) -> Option<(String, u64)> {
    let cell = match line.trim().strip_prefix('|') {
        Some(row) => row.split('|').next().unwrap_or(""),
        None => line,
    };
    let mut words = cell.split_whitespace();
    let (name, size) = (words.next()?, words.next()?);
    let size = size.trim_start_matches('(').trim_end_matches(')').parse().ok()?;
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (plain && words.next().is_none()).then(|| (name.to_owned(), size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_notations_are_read() {
        assert_eq!(entry("fib 32"), Some(("fib".to_owned(), 32)));
        assert_eq!(entry("| fib (37) | 1.042 | 0.118 (8.8x) |"), Some(("fib".to_owned(), 37)));
    }

    #[test]
    fn what_is_no_entry_is_skipped() {
        for line in [
            "",
            "# fib 32",
            "fib",
            "| program (size) | PUC |",
            "|---|---:|",
            "21 small Lua programs",
            "| **mean** | 1 |",
        ] {
            assert_eq!(entry(line), None, "{line}");
        }
    }
}
