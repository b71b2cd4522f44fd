//! The front end of Interlune: source text in, resolved syntax tree or a diagnostic out.
//!
//! `lexer` cuts bytes into tokens, `parser` builds [`ast`] nodes and asks `scope` what each name means, [`SyntaxError`]
//! words what is wrong as PUC Lua does. [`number`] converts between text and Lua numbers for the lexer and for the
//! libraries. Nothing here knows the virtual machine.

pub mod ast;
pub mod number;

mod error;
mod intern;
mod lexer;
mod parser;
mod scope;
mod source;
mod token;

pub use error::SyntaxError;
pub use source::{chunk_id, chunk_id_bytes, strip_shebang};

/// Parses a source text, already without byte order mark and first-line comment (see [`strip_shebang`]).
///
/// `chunk_name` is the name to show in errors, as [`chunk_id`] makes it. The tree borrows from `arena` and `source`.
///
/// # Errors
///
/// The first thing that is wrong, in PUC Lua's words.
///
/// ```
/// let arena = bumpalo::Bump::new();
/// let chunk = interlune_syntax::parse(&arena, b"return 1 + 2", "example").unwrap();
/// assert_eq!(chunk.main.body.stats.len(), 1);
///
/// let error = interlune_syntax::parse(&arena, b"x = = 1", "example").unwrap_err();
/// assert_eq!(error.to_string(), "example:1: unexpected symbol near '='");
/// ```
pub fn parse<'a>(
    arena: &'a bumpalo::Bump,
    source: &'a [u8],
    chunk_name: &str,
) -> Result<ast::Chunk<'a>, SyntaxError> {
    parser::parse_chunk(arena, source, chunk_name).map_err(|error| *error)
}
