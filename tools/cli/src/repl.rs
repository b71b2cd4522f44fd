//! `interlune repl`: reads lines, runs them and prints the values of expressions.
//!
//! A line that is an expression is run as `return LINE`; one that is the beginning of something asks for more. Names
//! and field names are completed from the globals, without running any metamethod.

use std::cell::RefCell;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::ExitCode;
use std::rc::Rc;

use anyhow::Result;
use interlune::{Error, Function, Lua, MultiValue, Table, Value};
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::history::DefaultHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Context, Editor, Helper, Highlighter, Hinter};

use crate::engine::{self, Flags};
use crate::run::report;

/// Read, run and print, line by line.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    flags: Flags,
}

/// Chunk name of what is typed.
const NAME: &str = "=stdin";

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let (lua, _) = engine::state(&arguments.flags);
    let config = Config::builder().completion_type(CompletionType::List).build();
    let mut editor: Editor<Assistant, DefaultHistory> = Editor::with_config(config)?;
    let incomplete = Rc::new(RefCell::default());
    editor.set_helper(Some(Assistant { lua: lua.clone(), incomplete: incomplete.clone() }));
    let history = history_file();
    if let Some(path) = &history {
        // There is none before the first session.
        let _ = editor.load_history(path);
    }
    println!("Interlune {} (Lua 5.4). Ctrl-D ends.", env!("CARGO_PKG_VERSION"));
    loop {
        match editor.readline("> ") {
            Ok(text) if text.trim().is_empty() => {}
            Ok(text) => {
                editor.add_history_entry(text.as_str())?;
                if let Err(error) = evaluate(&lua, &text) {
                    report(&error);
                }
            }
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) => {
                // What was begun and not finished.
                if let Some(Err(error)) = incomplete.take().map(|text| evaluate(&lua, &text)) {
                    report(&error);
                }
                break;
            }
            Err(ReadlineError::Io(error)) if error.kind() == ErrorKind::InvalidData => {
                eprintln!("interlune: the line is not UTF-8");
            }
            Err(error) => anyhow::bail!("cannot read lines: {error}"),
        }
    }
    if let Some(path) = history {
        std::fs::create_dir_all(path.parent().unwrap_or(&path))?;
        editor.save_history(&path)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Where lines are remembered: the user's data folder.
fn history_file() -> Option<PathBuf> {
    let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from);
    let data =
        data.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".local/share")))?;
    Some(data.join("interlune/history"))
}

/// What was typed, as an expression if it is one, else as statements.
fn chunk(lua: &Lua, text: &str) -> interlune::Result<Function> {
    let text = text.strip_prefix('=').unwrap_or(text);
    let expression = lua.load(format!("return {text}")).set_name(NAME).into_function();
    expression.or_else(|_| lua.load(text).set_name(NAME).into_function())
}

fn evaluate(lua: &Lua, text: &str) -> interlune::Result<()> {
    let values: MultiValue = chunk(lua, text)?.call(())?;
    if !values.is_empty() {
        lua.globals().get::<Function>("print")?.call::<()>(values)?;
    }
    Ok(())
}

/// Completes names, and asks for more lines.
#[derive(Helper, Hinter, Highlighter)]
struct Assistant {
    lua: Lua,
    /// What was read last, if it asks for more.
    incomplete: Rc<RefCell<Option<String>>>,
}

impl Validator for Assistant {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let text = context.input();
        let is_incomplete =
            matches!(chunk(&self.lua, text), Err(Error::Syntax { incomplete: true, .. }));
        self.incomplete.replace(is_incomplete.then(|| text.to_owned()));
        Ok(if is_incomplete { ValidationResult::Incomplete } else { ValidationResult::Valid(None) })
    }
}

impl Completer for Assistant {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        at: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        let word_start = line[..at].rfind(|c: char| !is_path(c)).map_or(0, |before| before + 1);
        let path = &line[word_start..at];
        let (table, prefix) = match path.rfind(['.', ':']) {
            Some(dot) => (find(&self.lua, &path[..dot]), &path[dot + 1..]),
            None => (Some(self.lua.globals()), path),
        };
        let names = table.map_or(Vec::new(), |table| names(&table, prefix));
        Ok((at - prefix.len(), names))
    }
}

fn is_path(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':')
}

/// The table at the end of a path of names.
fn find(lua: &Lua, path: &str) -> Option<Table> {
    let mut table = lua.globals();
    for name in path.split(['.', ':']) {
        table = match table.raw_get(name).ok()? {
            Value::Table(inner) => inner,
            Value::String(_) => lua.globals().raw_get("string").ok()?,
            _ => return None,
        };
    }
    Some(table)
}

/// Names that begin with the prefix in a table and, through `__index` tables, in its classes.
fn names(table: &Table, prefix: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut next = Some(table.clone());
    // Chains of classes are short; a longer one may be a ring.
    for _ in 0..20 {
        let Some(table) = next.take() else { break };
        for pair in table.pairs::<Value, Value>() {
            if let Ok((Value::String(key), _)) = pair
                && let Ok(key) = key.to_str()
                && key.starts_with(prefix)
                && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            {
                found.push(key.to_string());
            }
        }
        next = table.metatable().and_then(|metatable| metatable.raw_get("__index").ok());
    }
    found.sort();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lua() -> Lua {
        let lua = Lua::new();
        lua.load("point = setmetatable({x1 = 1, x2 = 2}, {__index = {xlen = print}})")
            .exec()
            .expect("valid");
        lua
    }

    #[test]
    fn fields_and_inherited_methods_complete() {
        let assistant = Assistant { lua: lua(), incomplete: Rc::default() };
        let history = DefaultHistory::new();
        let (start, names) =
            assistant.complete("print(point.x", 13, &Context::new(&history)).expect("completes");
        assert_eq!((start, names.join(" ")), (12, "x1 x2 xlen".to_owned()));
    }

    #[test]
    fn expressions_and_statements_are_told_apart() {
        let lua = lua();
        let values: MultiValue = chunk(&lua, "1 + 1, 2").and_then(|f| f.call(())).expect("runs");
        assert_eq!(values.len(), 2);
        assert!(chunk(&lua, "local a = 1").is_ok());
        assert!(matches!(
            chunk(&lua, "for i = 1, 2 do"),
            Err(Error::Syntax { incomplete: true, .. })
        ));
        assert!(matches!(chunk(&lua, "for for"), Err(Error::Syntax { incomplete: false, .. })));
    }
}
