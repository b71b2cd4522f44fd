//! Table constructors.

use super::Parser;
use crate::ast::{Expr, ExprKind, TableExpr, TableItem};
use crate::error::ParseResult;
use crate::token::TokenKind;

impl<'a> Parser<'a, '_> {
    /// `{ … }`
    pub(super) fn table(&mut self) -> ParseResult<Expr<'a>> {
        let pos = self.token.pos;
        let start = self.items.len();
        self.expect(TokenKind::LeftBrace)?;
        while !self.at(TokenKind::RightBrace) {
            let item = self.table_item()?;
            self.items.push(item);
            if !self.accept(TokenKind::Comma)? && !self.accept(TokenKind::Semicolon)? {
                break;
            }
        }
        let end_line = self.line();
        self.expect_closing(TokenKind::RightBrace, TokenKind::LeftBrace, pos.line)?;
        let items = self.arena.alloc_slice_copy(&self.items[start..]);
        self.items.truncate(start);
        let kind = ExprKind::Table(self.arena.alloc(TableExpr { items, end_line }));
        Ok(Expr { kind, pos })
    }

    fn table_item(&mut self) -> ParseResult<TableItem<'a>> {
        // Only the token behind a name tells a field from an expression.
        if self.at(TokenKind::Name) && self.look_ahead()? == TokenKind::Assign {
            let name = self.expect_name()?;
            self.expect(TokenKind::Assign)?;
            return Ok(TableItem::Named(name, self.expr()?));
        }
        if !self.at(TokenKind::LeftBracket) {
            return Ok(TableItem::Positional(self.expr()?));
        }
        self.advance()?;
        let key = self.expr()?;
        self.expect(TokenKind::RightBracket)?;
        self.expect(TokenKind::Assign)?;
        Ok(TableItem::Keyed(key, self.expr()?))
    }
}
