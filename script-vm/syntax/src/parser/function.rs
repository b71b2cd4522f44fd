//! Functions: parameters, bodies, and what is known of their variables when they end.

use super::{FunctionRecord, Parser};
use crate::ast::{Attribute, Block, Function, Pos, UpvalueSource};
use crate::error::ParseResult;
use crate::intern::SELF;
use crate::token::TokenKind;

impl<'a> Parser<'a, '_> {
    /// The whole source, as the body of the main function.
    pub(super) fn main_function(&mut self) -> ParseResult<&'a Function<'a>> {
        self.functions.push(FunctionRecord { parent: 0, function: None });
        self.scopes.open_main();
        self.advance()?;
        let body = self.statements_block()?;
        if !self.at(TokenKind::Eof) {
            return Err(self.expected(TokenKind::Eof));
        }
        self.close_function(Pos { line: 0, column: 0 }, 0, body)
    }

    /// `( parameters ) block end`. `pos` is the place of the function.
    pub(super) fn function_body(
        &mut self,
        is_method: bool,
        pos: Pos,
    ) -> ParseResult<&'a Function<'a>> {
        let ordinal = self.functions.len() as u32;
        let parent = self.scopes.function().ordinal;
        self.functions.push(FunctionRecord { parent, function: None });
        self.scopes.open_function(ordinal, pos.line);
        self.expect(TokenKind::LeftParen)?;
        if is_method {
            self.declare()?;
            self.scopes.activate(SELF, Attribute::Regular);
        }
        self.parameters()?;
        let param_count = self.scopes.function().locals.len() as u32;
        self.expect(TokenKind::RightParen)?;
        let body = self.statements_block()?;
        self.expect_closing(TokenKind::End, TokenKind::Function, pos.line)?;
        self.close_function(pos, param_count, body)
    }

    /// Statements as a block, whose scope is the caller's business.
    pub(super) fn statements_block(&mut self) -> ParseResult<Block<'a>> {
        let start = self.stats.len();
        self.statements()?;
        Ok(self.finish_block(start))
    }

    fn parameters(&mut self) -> ParseResult<()> {
        let start = self.names.len();
        if !self.at(TokenKind::RightParen) {
            loop {
                match self.token.kind {
                    TokenKind::Name => self.declare_name(Attribute::Regular)?,
                    TokenKind::Dots => {
                        self.advance()?;
                        self.scopes.set_vararg();
                        break;
                    }
                    _ => return Err(self.error("<name> or '...' expected")),
                }
                if !self.accept(TokenKind::Comma)? {
                    break;
                }
            }
        }
        self.activate_names(start);
        Ok(())
    }

    /// Ends the innermost function and builds its node.
    fn close_function(
        &mut self,
        pos: Pos,
        param_count: u32,
        body: Block<'a>,
    ) -> ParseResult<&'a Function<'a>> {
        self.scopes.close_function_block().map_err(|error| self.jump_error(error))?;
        let arena = self.arena;
        let state = self.scopes.function();
        let body = match state.goto_targets.as_slice() {
            [] => body,
            targets => super::jump::with_targets(arena, body, targets),
        };
        let function: &Function = arena.alloc(Function {
            pos,
            end_line: body.end_line,
            param_count,
            is_vararg: state.is_vararg,
            locals: arena.alloc_slice_copy(&state.locals),
            upvalues: arena.alloc_slice_fill_iter(state.upvalues()),
            labels: arena.alloc_slice_copy(&state.labels),
            body,
        });
        self.functions[state.ordinal as usize].function = Some(function);
        self.scopes.drop_function();
        Ok(function)
    }

    /// Tells each upvalue whether its variable is ever assigned, outer functions first.
    pub(super) fn settle_upvalues(&self) {
        for (ordinal, record) in self.functions.iter().enumerate() {
            let parent = self.functions[record.parent as usize].function;
            let (Some(function), Some(parent)) = (record.function, parent) else {
                continue;
            };
            for upvalue in function.upvalues {
                let immutable = match upvalue.source {
                    UpvalueSource::Local(id) => !parent.locals[id.0 as usize].reassigned,
                    UpvalueSource::Upvalue(_) if ordinal == 0 => !self.scopes.main_env_reassigned,
                    UpvalueSource::Upvalue(id) => parent.upvalues[id.0 as usize].immutable.get(),
                };
                upvalue.immutable.set(immutable);
            }
        }
    }
}
