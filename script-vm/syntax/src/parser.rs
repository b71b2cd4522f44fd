//! The parser: recursive descent over tokens, one function per rule of the grammar.
//!
//! It builds the arena tree of [`crate::ast`] and resolves names on the way. The order of its checks is PUC Lua's, so
//! that the first error of a source is the same one. Lists grow on scratch stacks that all levels share and move into
//! the arena when they are complete; an error abandons the whole parse, so nobody tidies up after one.

mod assign;
mod declare;
mod expr;
mod function;
mod jump;
mod stat;
mod suffix;
mod table;

use bumpalo::Bump;

use crate::ast::{self, Attribute, Block, Chunk, Expr, Pos, Stat, Symbol, TableItem};
use crate::error::{ParseResult, SyntaxError};
use crate::lexer::Lexer;
use crate::scope::{LocalLimit, MAX_DECLARED, MAX_LOCALS, MAX_UPVALUES, Scopes, TooManyUpvalues};
use crate::token::{Token, TokenKind};

/// How deep statements and expressions may nest. PUC Lua allows 200 C calls and `load`, called by a script, starts at 2.
const MAX_DEPTH: u32 = 197;

/// A function in the order of their beginnings, for the pass that settles the upvalues.
struct FunctionRecord<'a> {
    /// The ordinal of the function around it; the main function's is its own.
    parent: u32,
    /// Set when the function ends.
    function: Option<&'a ast::Function<'a>>,
}

/// The state of a parse.
pub(crate) struct Parser<'a, 'c> {
    arena: &'a Bump,
    lexer: Lexer<'a, 'c>,
    /// The token to look at.
    token: Token,
    /// The token behind it, if a rule had to look that far.
    ahead: Option<Token>,
    scopes: Scopes<'a>,
    depth: u32,
    functions: Vec<FunctionRecord<'a>>,
    // Scratch stacks.
    stats: Vec<Stat<'a>>,
    exprs: Vec<Expr<'a>>,
    items: Vec<TableItem<'a>>,
    arms: Vec<(Expr<'a>, Block<'a>)>,
    names: Vec<(Symbol, Attribute)>,
}

/// Parses a whole source text.
pub(crate) fn parse_chunk<'a>(
    arena: &'a Bump,
    source: &'a [u8],
    chunk: &str,
) -> ParseResult<Chunk<'a>> {
    let mut parser = Parser {
        arena,
        lexer: Lexer::new(arena, source, chunk)?,
        token: Token::plain(TokenKind::Eof, Pos::default(), 0),
        ahead: None,
        scopes: Scopes::new(),
        depth: 0,
        functions: Vec::new(),
        stats: Vec::new(),
        exprs: Vec::new(),
        items: Vec::new(),
        arms: Vec::new(),
        names: Vec::new(),
    };
    let main = parser.main_function()?;
    parser.settle_upvalues();
    Ok(Chunk { main, strings: parser.lexer.interner.into_strings() })
}

impl<'a> Parser<'a, '_> {
    /// Steps to the next token.
    fn advance(&mut self) -> ParseResult<()> {
        self.token = match self.ahead {
            None => self.lexer.next_token()?,
            Some(token) => {
                self.ahead = None;
                token
            }
        };
        Ok(())
    }

    /// The kind of the token behind the present one.
    fn look_ahead(&mut self) -> ParseResult<TokenKind> {
        let token = self.lexer.next_token()?;
        self.ahead = Some(token);
        Ok(token.kind)
    }

    fn at(&self, kind: TokenKind) -> bool {
        self.token.kind == kind
    }

    fn line(&self) -> u32 {
        self.token.pos.line
    }

    /// Steps over a token of this kind, if there is one.
    fn accept(&mut self, kind: TokenKind) -> ParseResult<bool> {
        let found = self.at(kind);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    /// Steps over a token that must be of this kind.
    fn expect(&mut self, kind: TokenKind) -> ParseResult<()> {
        if !self.at(kind) {
            return Err(self.expected(kind));
        }
        self.advance()
    }

    /// Steps over the token that closes what `opener` opened at `line`.
    fn expect_closing(&mut self, kind: TokenKind, opener: TokenKind, line: u32) -> ParseResult<()> {
        if self.at(kind) {
            return self.advance();
        }
        if line == self.line() {
            return Err(self.expected(kind));
        }
        let (closer, opener) = (kind.describe(), opener.describe());
        Err(self.error(&format!("{closer} expected (to close {opener} at line {line})")))
    }

    /// Steps over a name.
    fn expect_name(&mut self) -> ParseResult<Symbol> {
        if !self.at(TokenKind::Name) {
            return Err(self.expected(TokenKind::Name));
        }
        let name = self.token.symbol();
        self.advance()?;
        Ok(name)
    }

    /// Whether the present token ends a block. `until` ends one too, but not the scope of its variables.
    fn at_block_end(&self, with_until: bool) -> bool {
        match self.token.kind {
            TokenKind::Else | TokenKind::Elseif | TokenKind::End | TokenKind::Eof => true,
            TokenKind::Until => with_until,
            _ => false,
        }
    }

    /// Goes one level deeper into the grammar; whoever does goes up again.
    fn enter_level(&mut self) -> ParseResult<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.lexer.unplaced_error("C stack overflow".to_owned()));
        }
        Ok(())
    }

    /// An error near the present token.
    #[cold]
    fn error(&self, message: &str) -> Box<SyntaxError> {
        self.lexer.error_near(message, &self.token)
    }

    /// An error of meaning, which names no token.
    #[cold]
    fn semantic_error(&self, message: String) -> Box<SyntaxError> {
        self.lexer.error_at(self.token.start as usize, message)
    }

    #[cold]
    fn expected(&self, kind: TokenKind) -> Box<SyntaxError> {
        self.error(&format!("{} expected", kind.describe()))
    }

    #[cold]
    fn too_many(&self, what: &str, limit: usize, function_line: u32) -> Box<SyntaxError> {
        let place = match function_line {
            0 => "main function".to_owned(),
            line => format!("function at line {line}"),
        };
        self.error(&format!("too many {what} (limit is {limit}) in {place}"))
    }

    #[cold]
    fn too_many_upvalues(&self, limit: &TooManyUpvalues) -> Box<SyntaxError> {
        self.too_many("upvalues", MAX_UPVALUES, limit.function_line)
    }

    /// Counts a variable that is about to be declared.
    fn declare(&mut self) -> ParseResult<()> {
        self.scopes.declare().map_err(|limit| match limit {
            LocalLimit::Active { function_line } => {
                self.too_many("local variables", MAX_LOCALS as usize, function_line)
            }
            LocalLimit::Declared => {
                let message = format!("too many local variables (limit is {MAX_DECLARED})");
                self.lexer.unplaced_error(message)
            }
        })
    }

    /// The bytes of a symbol for a message.
    fn display(&self, symbol: Symbol) -> String {
        String::from_utf8_lossy(self.lexer.interner.bytes(symbol)).into_owned()
    }

    /// Moves the statements from `start` on into a block that ends here.
    fn finish_block(&mut self, start: usize) -> Block<'a> {
        let stats = self.arena.alloc_slice_copy(&self.stats[start..]);
        self.stats.truncate(start);
        Block { stats, end_line: self.line() }
    }

    /// Moves the expressions from `start` on into the arena.
    fn finish_exprs(&mut self, start: usize) -> &'a [Expr<'a>] {
        let exprs = self.arena.alloc_slice_copy(&self.exprs[start..]);
        self.exprs.truncate(start);
        exprs
    }
}
