//! Statements and blocks: the control structures.

use super::Parser;
use crate::ast::{Attribute, Block, Expr, NumericRange, Pos, Stat, StatKind, Symbol};
use crate::error::ParseResult;
use crate::token::TokenKind;

impl<'a> Parser<'a, '_> {
    /// Statements up to the end of a block.
    pub(super) fn statements(&mut self) -> ParseResult<()> {
        while !self.at_block_end(true) {
            let is_last = self.at(TokenKind::Return);
            self.statement()?;
            if is_last {
                break;
            }
        }
        Ok(())
    }

    /// One statement, pushed to the scratch stack unless nothing remains of it.
    pub(super) fn statement(&mut self) -> ParseResult<()> {
        let pos = self.token.pos;
        self.enter_level()?;
        match self.token.kind {
            TokenKind::Semicolon => self.advance()?,
            TokenKind::If => self.if_stat(pos)?,
            TokenKind::While => self.while_stat(pos)?,
            TokenKind::Do => self.do_stat(pos)?,
            TokenKind::For => self.for_stat(pos)?,
            TokenKind::Repeat => self.repeat_stat(pos)?,
            TokenKind::Function => self.function_stat(pos)?,
            TokenKind::Local => {
                self.advance()?;
                if self.accept(TokenKind::Function)? {
                    self.local_function(pos)?;
                } else {
                    self.local_stat(pos)?;
                }
            }
            TokenKind::DoubleColon => self.label_stat(pos)?,
            TokenKind::Return => self.return_stat(pos)?,
            TokenKind::Break => self.break_stat(pos)?,
            TokenKind::Goto => self.goto_stat(pos)?,
            _ => self.expr_stat(pos)?,
        }
        self.depth -= 1;
        Ok(())
    }

    pub(super) fn push_stat(&mut self, kind: StatKind<'a>, pos: Pos) {
        self.stats.push(Stat { kind, pos });
    }

    /// A block with a scope of its own.
    fn block(&mut self) -> ParseResult<Block<'a>> {
        self.scopes.open_block(false);
        let block = self.statements_block()?;
        self.scopes.close_block();
        Ok(block)
    }

    fn do_stat(&mut self, pos: Pos) -> ParseResult<()> {
        self.advance()?;
        let block = self.block()?;
        self.expect_closing(TokenKind::End, TokenKind::Do, pos.line)?;
        let block = self.arena.alloc(block);
        self.push_stat(StatKind::Do(block), pos);
        Ok(())
    }

    fn if_stat(&mut self, pos: Pos) -> ParseResult<()> {
        let start = self.arms.len();
        loop {
            let arm = self.if_arm()?;
            self.arms.push(arm);
            if !self.at(TokenKind::Elseif) {
                break;
            }
        }
        let otherwise = if self.accept(TokenKind::Else)? {
            let block = self.block()?;
            Some(&*self.arena.alloc(block))
        } else {
            None
        };
        self.expect_closing(TokenKind::End, TokenKind::If, pos.line)?;
        let arms = self.arena.alloc_slice_copy(&self.arms[start..]);
        self.arms.truncate(start);
        self.push_stat(StatKind::If { arms, otherwise }, pos);
        Ok(())
    }

    /// `if` or `elseif`, the condition, `then` and the block.
    fn if_arm(&mut self) -> ParseResult<(Expr<'a>, Block<'a>)> {
        self.advance()?;
        let condition = self.expr()?;
        self.expect(TokenKind::Then)?;
        self.scopes.open_block(false);
        let start = self.stats.len();
        if self.at(TokenKind::Break) {
            // PUC Lua reads this one without going a level deeper.
            self.break_stat(self.token.pos)?;
            while self.accept(TokenKind::Semicolon)? {}
        }
        self.statements()?;
        let block = self.finish_block(start);
        self.scopes.close_block();
        Ok((condition, block))
    }

    fn while_stat(&mut self, pos: Pos) -> ParseResult<()> {
        self.advance()?;
        let condition = self.boxed_expr()?;
        self.scopes.open_block(true);
        self.expect(TokenKind::Do)?;
        let block = self.block()?;
        self.expect_closing(TokenKind::End, TokenKind::While, pos.line)?;
        self.scopes.close_block();
        let body = self.arena.alloc(block);
        self.push_stat(StatKind::While { condition, body }, pos);
        Ok(())
    }

    fn repeat_stat(&mut self, pos: Pos) -> ParseResult<()> {
        self.scopes.open_block(true);
        self.scopes.open_block(false);
        self.advance()?;
        let block = self.statements_block()?;
        self.expect_closing(TokenKind::Until, TokenKind::Repeat, pos.line)?;
        let condition = self.boxed_expr()?;
        self.scopes.close_block();
        self.scopes.close_block();
        let body = self.arena.alloc(block);
        self.push_stat(StatKind::Repeat { body, condition }, pos);
        Ok(())
    }

    fn for_stat(&mut self, pos: Pos) -> ParseResult<()> {
        self.scopes.open_block(true);
        self.advance()?;
        let name = self.expect_name()?;
        let kind = match self.token.kind {
            TokenKind::Assign => self.numeric_for(name)?,
            TokenKind::Comma | TokenKind::In => self.generic_for(name)?,
            _ => return Err(self.error("'=' or 'in' expected")),
        };
        self.expect_closing(TokenKind::End, TokenKind::For, pos.line)?;
        self.scopes.close_block();
        self.push_stat(kind, pos);
        Ok(())
    }

    /// `= start, limit [, step] do block`
    fn numeric_for(&mut self, name: Symbol) -> ParseResult<StatKind<'a>> {
        const HIDDEN: u32 = 3;
        self.declare_hidden(HIDDEN)?;
        self.declare()?;
        self.expect(TokenKind::Assign)?;
        let start = self.expr()?;
        self.expect(TokenKind::Comma)?;
        let limit = self.expr()?;
        let step = if self.accept(TokenKind::Comma)? { Some(self.expr()?) } else { None };
        self.expect(TokenKind::Do)?;
        self.scopes.open_block(false);
        let var = self.scopes.activate(name, Attribute::Regular);
        let block = self.block()?;
        self.scopes.close_block();
        let range = self.arena.alloc(NumericRange { start, limit, step });
        Ok(StatKind::NumericFor { var, range, body: self.arena.alloc(block) })
    }

    /// `{, name} in values do block`
    fn generic_for(&mut self, first_name: Symbol) -> ParseResult<StatKind<'a>> {
        const HIDDEN: u32 = 4;
        self.declare_hidden(HIDDEN)?;
        let names = self.names.len();
        self.declare()?;
        self.names.push((first_name, Attribute::Regular));
        while self.accept(TokenKind::Comma)? {
            self.declare_name(Attribute::Regular)?;
        }
        self.expect(TokenKind::In)?;
        let values = self.expr_list()?;
        self.expect(TokenKind::Do)?;
        self.scopes.open_block(false);
        let (first, count) = self.activate_names(names);
        let block = self.block()?;
        self.scopes.close_block();
        Ok(StatKind::GenericFor { first, count, values, body: self.arena.alloc(block) })
    }

    fn return_stat(&mut self, pos: Pos) -> ParseResult<()> {
        self.advance()?;
        let values = if self.at_block_end(true) || self.at(TokenKind::Semicolon) {
            &[]
        } else {
            self.expr_list()?
        };
        self.accept(TokenKind::Semicolon)?;
        self.push_stat(StatKind::Return { values }, pos);
        Ok(())
    }
}
