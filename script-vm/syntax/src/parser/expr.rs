//! Expressions: operators by precedence, literals, function expressions.

use super::Parser;
use crate::ast::{BinaryOp, Expr, ExprKind, Pos, UnaryOp};
use crate::error::ParseResult;
use crate::token::TokenKind;

/// How tightly unary operators bind.
const UNARY_PRIORITY: u8 = 12;

/// A binary operator, the ones that may skip an operand apart.
#[derive(Clone, Copy)]
enum Operator {
    Binary(BinaryOp),
    And,
    Or,
}

/// The binary operator of a token with its left and right priority; right-associative ones bind less on the right.
fn binary_operator(kind: TokenKind) -> Option<(Operator, u8, u8)> {
    use Operator::Binary;
    Some(match kind {
        TokenKind::Or => (Operator::Or, 1, 1),
        TokenKind::And => (Operator::And, 2, 2),
        TokenKind::Equal => (Binary(BinaryOp::Equal), 3, 3),
        TokenKind::NotEqual => (Binary(BinaryOp::NotEqual), 3, 3),
        TokenKind::Less => (Binary(BinaryOp::Less), 3, 3),
        TokenKind::LessEqual => (Binary(BinaryOp::LessEqual), 3, 3),
        TokenKind::Greater => (Binary(BinaryOp::Greater), 3, 3),
        TokenKind::GreaterEqual => (Binary(BinaryOp::GreaterEqual), 3, 3),
        TokenKind::Pipe => (Binary(BinaryOp::BitOr), 4, 4),
        TokenKind::Tilde => (Binary(BinaryOp::BitXor), 5, 5),
        TokenKind::Ampersand => (Binary(BinaryOp::BitAnd), 6, 6),
        TokenKind::ShiftLeft => (Binary(BinaryOp::ShiftLeft), 7, 7),
        TokenKind::ShiftRight => (Binary(BinaryOp::ShiftRight), 7, 7),
        TokenKind::Concat => (Binary(BinaryOp::Concat), 9, 8),
        TokenKind::Plus => (Binary(BinaryOp::Add), 10, 10),
        TokenKind::Minus => (Binary(BinaryOp::Sub), 10, 10),
        TokenKind::Star => (Binary(BinaryOp::Mul), 11, 11),
        TokenKind::Slash => (Binary(BinaryOp::Div), 11, 11),
        TokenKind::SlashSlash => (Binary(BinaryOp::FloorDiv), 11, 11),
        TokenKind::Percent => (Binary(BinaryOp::Mod), 11, 11),
        TokenKind::Caret => (Binary(BinaryOp::Pow), 14, 13),
        _ => return None,
    })
}

fn unary_operator(kind: TokenKind) -> Option<UnaryOp> {
    match kind {
        TokenKind::Not => Some(UnaryOp::Not),
        TokenKind::Minus => Some(UnaryOp::Minus),
        TokenKind::Tilde => Some(UnaryOp::BitNot),
        TokenKind::Hash => Some(UnaryOp::Length),
        _ => None,
    }
}

impl<'a> Parser<'a, '_> {
    /// An expression.
    pub(super) fn expr(&mut self) -> ParseResult<Expr<'a>> {
        self.subexpr(0)
    }

    /// An expression in the arena.
    pub(super) fn boxed_expr(&mut self) -> ParseResult<&'a Expr<'a>> {
        let expr = self.expr()?;
        Ok(self.arena.alloc(expr))
    }

    /// Expressions between commas, at least one.
    pub(super) fn expr_list(&mut self) -> ParseResult<&'a [Expr<'a>]> {
        let start = self.exprs.len();
        loop {
            let expr = self.expr()?;
            self.exprs.push(expr);
            if !self.accept(TokenKind::Comma)? {
                return Ok(self.finish_exprs(start));
            }
        }
    }

    /// An expression as far as its operators bind tighter than `limit`.
    fn subexpr(&mut self, limit: u8) -> ParseResult<Expr<'a>> {
        self.enter_level()?;
        let mut left = match unary_operator(self.token.kind) {
            Some(operator) => self.unary(operator)?,
            None => self.simple_expr()?,
        };
        while let Some((operator, left_priority, right_priority)) = binary_operator(self.token.kind)
            && left_priority > limit
        {
            let pos = self.token.pos;
            self.advance()?;
            let right = self.subexpr(right_priority)?;
            left = self.binary(operator, left, right, pos);
        }
        self.depth -= 1;
        Ok(left)
    }

    fn unary(&mut self, operator: UnaryOp) -> ParseResult<Expr<'a>> {
        let pos = self.token.pos;
        self.advance()?;
        let operand = self.subexpr(UNARY_PRIORITY)?;
        Ok(Expr { kind: ExprKind::Unary(operator, self.arena.alloc(operand)), pos })
    }

    fn binary(&self, operator: Operator, left: Expr<'a>, right: Expr<'a>, pos: Pos) -> Expr<'a> {
        let operands = self.arena.alloc((left, right));
        let kind = match operator {
            Operator::Binary(operator) => ExprKind::Binary(operator, operands),
            Operator::And => ExprKind::And(operands),
            Operator::Or => ExprKind::Or(operands),
        };
        Expr { kind, pos }
    }

    fn simple_expr(&mut self) -> ParseResult<Expr<'a>> {
        let pos = self.token.pos;
        let kind = match self.token.kind {
            TokenKind::Float => ExprKind::Float(self.token.float_value()),
            TokenKind::Integer => ExprKind::Integer(self.token.integer_value()),
            TokenKind::String => ExprKind::String(self.token.symbol()),
            TokenKind::Nil => ExprKind::Nil,
            TokenKind::True => ExprKind::True,
            TokenKind::False => ExprKind::False,
            TokenKind::Dots => self.vararg()?,
            TokenKind::LeftBrace => return self.table(),
            TokenKind::Function => return self.function_expr(),
            _ => return self.suffixed_expr().map(|suffixed| suffixed.expr),
        };
        self.advance()?;
        Ok(Expr { kind, pos })
    }

    fn vararg(&self) -> ParseResult<ExprKind<'a>> {
        if self.scopes.function().is_vararg {
            Ok(ExprKind::Vararg)
        } else {
            Err(self.error("cannot use '...' outside a vararg function"))
        }
    }

    fn function_expr(&mut self) -> ParseResult<Expr<'a>> {
        let pos = self.token.pos;
        self.advance()?;
        let function = self.function_body(false, Pos { line: self.line(), ..pos })?;
        Ok(Expr { kind: ExprKind::Function(function), pos })
    }
}
