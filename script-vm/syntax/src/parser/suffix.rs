//! Names and parenthesized expressions, with the fields, indices and calls behind them.

use super::Parser;
use crate::ast::{CallExpr, Expr, ExprKind, MethodCallExpr, ParenExpr, Symbol};
use crate::error::ParseResult;
use crate::scope::{Resolved, ResolvedEnv};
use crate::token::TokenKind;

/// What may be done with a suffixed expression where a statement starts.
#[derive(Clone, Copy)]
pub(super) enum Form {
    /// May be assigned, if it is not a read-only local.
    Variable,
    /// A compile-time constant of this name, of which the expression is only the value.
    Constant(Symbol),
    /// May be a statement.
    Call,
    /// Neither.
    Value,
}

/// A suffixed expression and its form.
#[derive(Clone, Copy)]
pub(super) struct Suffixed<'a> {
    pub(super) expr: Expr<'a>,
    pub(super) form: Form,
}

impl<'a> Parser<'a, '_> {
    /// A name or a parenthesized expression with all that is behind it.
    pub(super) fn suffixed_expr(&mut self) -> ParseResult<Suffixed<'a>> {
        let mut suffixed = self.primary_expr()?;
        loop {
            suffixed = match self.token.kind {
                TokenKind::Dot => self.field(suffixed.expr)?,
                TokenKind::LeftBracket => self.index(suffixed.expr)?,
                TokenKind::Colon => self.method_call(suffixed.expr)?,
                TokenKind::LeftParen | TokenKind::LeftBrace | TokenKind::String => {
                    self.call(suffixed.expr)?
                }
                _ => return Ok(suffixed),
            };
        }
    }

    fn primary_expr(&mut self) -> ParseResult<Suffixed<'a>> {
        match self.token.kind {
            TokenKind::Name => self.variable(),
            TokenKind::LeftParen => self.parenthesized(),
            _ => Err(self.error("unexpected symbol")),
        }
    }

    fn parenthesized(&mut self) -> ParseResult<Suffixed<'a>> {
        let pos = self.token.pos;
        self.advance()?;
        let inner = self.expr()?;
        let end_line = self.line();
        self.expect_closing(TokenKind::RightParen, TokenKind::LeftParen, pos.line)?;
        let counts = match inner.kind {
            ExprKind::Call(_) | ExprKind::MethodCall(_) | ExprKind::Vararg => true,
            ExprKind::Nil
            | ExprKind::True
            | ExprKind::False
            | ExprKind::Integer(_)
            | ExprKind::Float(_)
            | ExprKind::String(_) => false,
            _ => end_line != pos.line,
        };
        let expr = if counts {
            let paren = ParenExpr { inner, end_line };
            Expr { kind: ExprKind::Paren(self.arena.alloc(paren)), pos }
        } else {
            inner
        };
        Ok(Suffixed { expr, form: Form::Value })
    }

    /// A name, resolved.
    pub(super) fn variable(&mut self) -> ParseResult<Suffixed<'a>> {
        let pos = self.token.pos;
        let name = self.expect_name()?;
        let resolved = self.scopes.resolve(name).map_err(|limit| self.too_many_upvalues(&limit))?;
        let (kind, form) = match resolved {
            Resolved::Local(id) => (ExprKind::Local(id), Form::Variable),
            Resolved::Upvalue(id) => (ExprKind::Upvalue(id), Form::Variable),
            Resolved::Constant(kind) => (kind, Form::Constant(name)),
            Resolved::Global => {
                let env = self.scopes.resolve_env();
                let env = env.map_err(|limit| self.too_many_upvalues(&limit))?;
                let kind = match env {
                    ResolvedEnv::Variable(env) => ExprKind::Global { env, name },
                    ResolvedEnv::Constant(kind) => {
                        let key = Expr { kind: ExprKind::String(name), pos };
                        ExprKind::Index(self.arena.alloc((Expr { kind, pos }, key)))
                    }
                };
                (kind, Form::Variable)
            }
        };
        Ok(Suffixed { expr: Expr { kind, pos }, form })
    }

    /// `.name` or, in the name of a function, `:name`.
    pub(super) fn field(&mut self, object: Expr<'a>) -> ParseResult<Suffixed<'a>> {
        self.advance()?;
        let pos = self.token.pos;
        let key = Expr { kind: ExprKind::String(self.expect_name()?), pos };
        let kind = ExprKind::Index(self.arena.alloc((object, key)));
        Ok(Suffixed { expr: Expr { kind, pos }, form: Form::Variable })
    }

    fn index(&mut self, object: Expr<'a>) -> ParseResult<Suffixed<'a>> {
        self.advance()?;
        let key = self.expr()?;
        let pos = self.token.pos;
        self.expect(TokenKind::RightBracket)?;
        let kind = ExprKind::Index(self.arena.alloc((object, key)));
        Ok(Suffixed { expr: Expr { kind, pos }, form: Form::Variable })
    }

    fn call(&mut self, callee: Expr<'a>) -> ParseResult<Suffixed<'a>> {
        let pos = self.token.pos;
        let (args, end_line) = self.arguments()?;
        let kind = ExprKind::Call(self.arena.alloc(CallExpr { callee, args, end_line }));
        Ok(Suffixed { expr: Expr { kind, pos }, form: Form::Call })
    }

    fn method_call(&mut self, object: Expr<'a>) -> ParseResult<Suffixed<'a>> {
        self.advance()?;
        let method = self.expect_name()?;
        let pos = self.token.pos;
        let (args, end_line) = self.arguments()?;
        let call = MethodCallExpr { object, method, args, end_line };
        let kind = ExprKind::MethodCall(self.arena.alloc(call));
        Ok(Suffixed { expr: Expr { kind, pos }, form: Form::Call })
    }

    /// Arguments, and the line of their last token.
    fn arguments(&mut self) -> ParseResult<(&'a [Expr<'a>], u32)> {
        let pos = self.token.pos;
        match self.token.kind {
            TokenKind::LeftParen => {
                self.advance()?;
                let args = if self.at(TokenKind::RightParen) { &[] } else { self.expr_list()? };
                let end_line = self.line();
                self.expect_closing(TokenKind::RightParen, TokenKind::LeftParen, pos.line)?;
                Ok((args, end_line))
            }
            TokenKind::LeftBrace => {
                let table = self.table()?;
                let end_line = match table.kind {
                    ExprKind::Table(table) => table.end_line,
                    _ => pos.line,
                };
                Ok((self.arena.alloc_slice_copy(&[table]), end_line))
            }
            TokenKind::String => {
                let string = Expr { kind: ExprKind::String(self.token.symbol()), pos };
                self.advance()?;
                Ok((self.arena.alloc_slice_copy(&[string]), pos.line))
            }
            _ => Err(self.error("function arguments expected")),
        }
    }
}
