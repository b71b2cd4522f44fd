//! The bytecode compiler: syntax tree in, [`Proto`] out, in one pass over the tree.
//!
//! It walks the tree in the order of the source and emits code at once, with PUC Lua's method (`lcode.c`): an
//! expression yields a descriptor that says where its value is or how to get it, and its user decides what becomes of
//! it. What this compiler adds is that names are resolved and captured locals known beforehand, so that scopes are
//! closed only where they must be.
//!
//! - [`desc`]: descriptors. [`discharge`]: from descriptor to value. [`jumps`]: conditions and pending jumps.
//! - [`expr`], [`operators`] ([`arithmetic`], [`comparison`]), [`table`]: expressions. [`stat`], [`assign`], [`loops`]: statements.
//! - [`scope`]: locals, labels, closing. [`registers`], [`constants`], [`emit`], [`fold`]: what their names say.
//! - [`function`]: one function from its state to its proto.
//!
//! Invariants: temporaries are freed in the reverse order of their reservation, and none outlives its statement. The
//! string with [`Symbol`](interlune_syntax::ast::Symbol) n is string n of the chunk's pool. Every proto passes
//! [`crate::bytecode::verify`], which debug builds check. Recursion goes no deeper than the parser's nesting limit:
//! operator chains and suffixes, which may be longer, are walked in loops.

mod arithmetic;
mod assign;
mod comparison;
mod constants;
mod desc;
mod discharge;
mod emit;
mod expr;
mod fold;
mod function;
mod jumps;
mod loops;
mod operators;
mod registers;
mod scope;
mod stat;
mod table;

#[cfg(test)]
pub(crate) mod test_support;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use interlune_syntax::ast::{Chunk, Expr, Function};
use thiserror::Error;

use crate::bytecode::{Proto, StringId, StringPool};

use desc::ExprDesc;
use function::FunctionState;

/// A program that is Lua but exceeds a limit of the machine. The words are PUC Lua's.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{chunk}:{line}: {message}")]
pub struct CompileError {
    /// The name to show of the chunk.
    pub chunk: Arc<str>,
    pub line: u32,
    pub message: &'static str,
}

/// Compiles a chunk. `source` is the name to show in messages, `source_name` the one it was loaded under.
///
/// # Errors
///
/// A function needs more registers than an instruction can name.
pub fn compile(
    chunk: &Chunk<'_>,
    source: Arc<str>,
    source_name: Arc<[u8]>,
) -> Result<Arc<Proto>, CompileError> {
    let (strings, for_state_name) = string_pool(chunk);
    let mut compiler = Compiler {
        strings,
        source,
        source_name,
        for_state_name,
        function: chunk.main,
        f: FunctionState::default(),
        line: 1,
        spare: Vec::new(),
        spine: Vec::new(),
        targets: Vec::new(),
        error: None,
    };
    let proto = compiler.function(chunk.main);
    match compiler.error {
        Some(error) => Err(error),
        None => {
            debug_assert_eq!(crate::bytecode::verify::verify(&proto), Ok(()));
            Ok(proto)
        }
    }
}

/// The strings of a chunk by their symbols, and behind them the name of the hidden variables of loops.
fn string_pool(chunk: &Chunk<'_>) -> (Arc<StringPool>, StringId) {
    let mut pool = StringPool::default();
    for string in &chunk.strings {
        pool.push(string);
    }
    let for_state_name = pool.push(b"(for state)");
    (Arc::new(pool), for_state_name)
}

/// The compilation of one chunk.
struct Compiler<'a> {
    strings: Arc<StringPool>,
    source: Arc<str>,
    source_name: Arc<[u8]>,
    for_state_name: StringId,
    /// The function that is being compiled.
    function: &'a Function<'a>,
    /// Its state.
    f: FunctionState,
    /// The line of the last token that the walk has passed.
    line: u32,
    /// States to be used again.
    spare: Vec<FunctionState>,
    /// Nodes on the way down to the leftmost operand; see [`expr`].
    spine: Vec<&'a Expr<'a>>,
    /// Targets of the assignments under way.
    targets: Vec<ExprDesc>,
    error: Option<CompileError>,
}

impl Compiler<'_> {
    /// Notes that the program exceeds a limit. Compilation goes on, its result is thrown away.
    fn fail(&mut self, message: &'static str) {
        let (chunk, line) = (&self.source, self.line);
        self.error.get_or_insert_with(|| CompileError { chunk: Arc::clone(chunk), line, message });
    }
}
