//! A small Lua 5.4 front end of the tool's own: tree, lexer, parser and printer.
//!
//! It serves the shrinker, which works on trees, and must not share code with the front end under test. Literals stay
//! as they were written. It reads what is valid Lua; what is not gives an error, or (a `goto` without its label, say)
//! is left to the engines to refuse.

pub mod ast;
mod lexer;
mod parser;
mod printer;
pub mod walk;

pub use parser::parse;
