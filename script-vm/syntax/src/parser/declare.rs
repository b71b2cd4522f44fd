//! Declarations of local variables and functions.

use super::Parser;
use crate::ast::{Attribute, Expr, ExprKind, LocalId, Pos, StatKind, Symbol, UnaryOp};
use crate::error::ParseResult;
use crate::token::TokenKind;

impl<'a> Parser<'a, '_> {
    /// Reads a name and notes it as a variable that is about to become active.
    pub(super) fn declare_name(&mut self, attribute: Attribute) -> ParseResult<()> {
        let name = self.expect_name()?;
        self.declare()?;
        self.names.push((name, attribute));
        Ok(())
    }

    /// Counts the hidden variables of a loop.
    pub(super) fn declare_hidden(&mut self, count: u32) -> ParseResult<()> {
        for _ in 0..count {
            self.declare()?;
        }
        self.scopes.count_hidden(count);
        Ok(())
    }

    /// Brings the names from `start` on into scope: the first of the locals and their number.
    pub(super) fn activate_names(&mut self, start: usize) -> (LocalId, u32) {
        let first = LocalId(self.scopes.function().locals.len() as u32);
        let count = (self.names.len() - start) as u32;
        for (name, attribute) in self.names.drain(start..) {
            self.scopes.activate(name, attribute);
        }
        (first, count)
    }

    /// `function name body`, behind `local`.
    pub(super) fn local_function(&mut self, pos: Pos) -> ParseResult<()> {
        let name = self.expect_name()?;
        self.declare()?;
        let local = self.scopes.activate(name, Attribute::Regular);
        let place = Pos { line: self.line(), ..pos };
        let function = self.function_body(false, place)?;
        self.push_stat(StatKind::LocalFunction { local, function }, pos);
        Ok(())
    }

    /// `name attribute {, name attribute} [= values]`, behind `local`.
    pub(super) fn local_stat(&mut self, pos: Pos) -> ParseResult<()> {
        let start = self.names.len();
        loop {
            self.declare_name(Attribute::Regular)?;
            let attribute = self.attribute()?;
            self.set_attribute(start, attribute)?;
            if !self.accept(TokenKind::Comma)? {
                break;
            }
        }
        let values = if self.accept(TokenKind::Assign)? { self.expr_list()? } else { &[] };
        let constant = constant(&self.names[start..], values);
        let values = match constant {
            Some(_) => {
                self.names.pop();
                &values[..values.len() - 1]
            }
            None => values,
        };
        if self.names.len() > start {
            let (first, count) = self.activate_names(start);
            self.push_stat(StatKind::Local { first, count, values }, pos);
        }
        if let Some((name, value)) = constant {
            self.scopes.activate_constant(name, value);
        }
        Ok(())
    }

    /// Gives the last name its attribute; the names of the list start at `start`.
    fn set_attribute(&mut self, start: usize, attribute: Attribute) -> ParseResult<()> {
        let is_close = |&(_, attribute): &(Symbol, Attribute)| attribute == Attribute::Close;
        if attribute == Attribute::Close && self.names[start..].iter().any(is_close) {
            let message = "multiple to-be-closed variables in local list";
            return Err(self.semantic_error(message.to_owned()));
        }
        if let Some(last) = self.names.last_mut() {
            last.1 = attribute;
        }
        Ok(())
    }

    /// `[< name >]`
    fn attribute(&mut self) -> ParseResult<Attribute> {
        if !self.accept(TokenKind::Less)? {
            return Ok(Attribute::Regular);
        }
        let name = self.expect_name()?;
        self.expect(TokenKind::Greater)?;
        match self.lexer.interner.bytes(name) {
            b"const" => Ok(Attribute::Const),
            b"close" => Ok(Attribute::Close),
            _ => {
                let message = format!("unknown attribute '{}'", self.display(name));
                Err(self.semantic_error(message))
            }
        }
    }
}

/// The last name of a declaration and its literal, if that is a compile-time constant: there must be a value for each
/// name.
fn constant<'a>(
    names: &[(Symbol, Attribute)],
    values: &[Expr<'a>],
) -> Option<(Symbol, ExprKind<'a>)> {
    match (names, values) {
        ([.., (name, Attribute::Const)], [.., value]) if names.len() == values.len() => {
            Some((*name, literal(value)?))
        }
        _ => None,
    }
}

fn literal<'a>(value: &Expr<'a>) -> Option<ExprKind<'a>> {
    match value.kind {
        ExprKind::Nil
        | ExprKind::True
        | ExprKind::False
        | ExprKind::Integer(_)
        | ExprKind::Float(_)
        | ExprKind::String(_) => Some(value.kind),
        ExprKind::Unary(UnaryOp::Minus, Expr { kind: ExprKind::Integer(number), .. }) => {
            Some(ExprKind::Integer(number.wrapping_neg()))
        }
        // -0.0 stays an operation, as in PUC Lua: constants that only differ in that sign are easily confused.
        ExprKind::Unary(UnaryOp::Minus, Expr { kind: ExprKind::Float(number), .. })
            if *number != 0.0 =>
        {
            Some(ExprKind::Float(-number))
        }
        _ => None,
    }
}
