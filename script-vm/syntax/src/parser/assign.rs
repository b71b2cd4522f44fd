//! Statements that start with an expression, and `function name …`, which is an assignment too.

use super::Parser;
use super::suffix::{Form, Suffixed};
use crate::ast::{Expr, ExprKind, Pos, StatKind};
use crate::error::ParseResult;
use crate::token::TokenKind;

impl<'a> Parser<'a, '_> {
    /// A call or an assignment.
    pub(super) fn expr_stat(&mut self, pos: Pos) -> ParseResult<()> {
        let suffixed = self.suffixed_expr()?;
        if self.at(TokenKind::Assign) || self.at(TokenKind::Comma) {
            return self.assignment(suffixed, pos);
        }
        if !matches!(suffixed.form, Form::Call) {
            return Err(self.error("syntax error"));
        }
        let call = self.arena.alloc(suffixed.expr);
        self.push_stat(StatKind::Call(call), pos);
        Ok(())
    }

    fn assignment(&mut self, first: Suffixed<'a>, pos: Pos) -> ParseResult<()> {
        let start = self.exprs.len();
        let depth = self.depth;
        self.add_target(first)?;
        while self.accept(TokenKind::Comma)? {
            let target = self.suffixed_expr()?;
            self.enter_level()?;
            self.add_target(target)?;
        }
        self.expect(TokenKind::Assign)?;
        let targets = self.finish_exprs(start);
        let values = self.expr_list()?;
        self.depth = depth;
        self.push_stat(StatKind::Assign { targets, values }, pos);
        Ok(())
    }

    fn add_target(&mut self, target: Suffixed<'a>) -> ParseResult<()> {
        if matches!(target.form, Form::Call | Form::Value) {
            return Err(self.error("syntax error"));
        }
        self.note_assignment(&target)?;
        self.exprs.push(target.expr);
        Ok(())
    }

    /// Notes that a variable is assigned; refuses if it must not be.
    fn note_assignment(&mut self, target: &Suffixed<'a>) -> ParseResult<()> {
        let read_only = match (target.form, target.expr.kind) {
            (Form::Constant(name), _) => Some(name),
            (_, ExprKind::Local(id)) => {
                self.scopes.reassign_local(id);
                self.scopes.read_only_local(id)
            }
            (_, ExprKind::Upvalue(id)) => {
                self.scopes.reassign_upvalue(id);
                self.scopes.read_only_upvalue(id)
            }
            _ => None,
        };
        let Some(name) = read_only else { return Ok(()) };
        let message = format!("attempt to assign to const variable '{}'", self.display(name));
        Err(self.semantic_error(message))
    }

    /// `function a.b:c body`
    pub(super) fn function_stat(&mut self, pos: Pos) -> ParseResult<()> {
        self.advance()?;
        let mut target = self.variable()?;
        while self.at(TokenKind::Dot) {
            target = self.field(target.expr)?;
        }
        let is_method = self.at(TokenKind::Colon);
        if is_method {
            target = self.field(target.expr)?;
        }
        let function = self.function_body(is_method, pos)?;
        self.note_assignment(&target)?;
        let value = Expr { kind: ExprKind::Function(function), pos };
        let targets = self.arena.alloc_slice_copy(&[target.expr]);
        let values = self.arena.alloc_slice_copy(&[value]);
        self.push_stat(StatKind::Assign { targets, values }, pos);
        Ok(())
    }
}
