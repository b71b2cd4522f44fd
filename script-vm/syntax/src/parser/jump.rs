//! `break`, `goto` and labels.
//!
//! A goto may stand before its label, whose number nobody knows yet. So while a function is read each goto carries its own
//! number, and when the function ends [`with_targets`] replaces that by the label's. Only functions with gotos pay for it.

use bumpalo::Bump;

use super::Parser;
use crate::ast::{Block, LabelId, Pos, Stat, StatKind};
use crate::error::{ParseResult, SyntaxError};
use crate::scope::JumpError;
use crate::token::{BREAK, TokenKind};

impl Parser<'_, '_> {
    pub(super) fn break_stat(&mut self, pos: Pos) -> ParseResult<()> {
        self.advance()?;
        self.scopes.add_break(BREAK, pos.line);
        self.push_stat(StatKind::Break, pos);
        Ok(())
    }

    pub(super) fn goto_stat(&mut self, pos: Pos) -> ParseResult<()> {
        self.advance()?;
        let line = self.line();
        let name = self.expect_name()?;
        let number = self.scopes.add_goto(name, line);
        self.push_stat(StatKind::Goto(LabelId(number)), pos);
        Ok(())
    }

    /// `:: name ::` and the void statements behind it, which come first as in PUC Lua.
    pub(super) fn label_stat(&mut self, pos: Pos) -> ParseResult<()> {
        self.advance()?;
        let name = self.expect_name()?;
        self.expect(TokenKind::DoubleColon)?;
        while self.at(TokenKind::Semicolon) || self.at(TokenKind::DoubleColon) {
            self.statement()?;
        }
        let is_last = self.at_block_end(false);
        let label = self.scopes.add_label(name, pos.line, is_last);
        let label = label.map_err(|error| self.jump_error(error))?;
        self.push_stat(StatKind::Label(label), pos);
        Ok(())
    }

    #[cold]
    pub(super) fn jump_error(&self, error: JumpError) -> Box<SyntaxError> {
        self.semantic_error(match error {
            JumpError::IntoScope { goto, line, local } => format!(
                "<goto {}> at line {line} jumps into the scope of local '{}'",
                self.display(goto),
                self.display(local)
            ),
            JumpError::NoLabel { goto: BREAK, line } => {
                format!("break outside loop at line {line}")
            }
            JumpError::NoLabel { goto, line } => {
                format!("no visible label '{}' for <goto> at line {line}", self.display(goto))
            }
            JumpError::Repeated { label, line } => {
                format!("label '{}' already defined on line {line}", self.display(label))
            }
        })
    }
}

/// A copy of `block` in which each goto carries the label that `targets` has for its number. Functions inside are left
/// alone: they have had their turn.
pub(super) fn with_targets<'a>(
    arena: &'a Bump,
    block: Block<'a>,
    targets: &[LabelId],
) -> Block<'a> {
    let stats = arena.alloc_slice_copy(block.stats);
    for Stat { kind, .. } in &mut *stats {
        retarget(arena, kind, targets);
    }
    Block { stats, ..block }
}

fn retarget<'a>(arena: &'a Bump, kind: &mut StatKind<'a>, targets: &[LabelId]) {
    let copy = |block: &'a Block<'a>| -> &'a Block<'a> {
        arena.alloc(with_targets(arena, *block, targets))
    };
    match kind {
        StatKind::Goto(label) => *label = targets[label.0 as usize],
        StatKind::Do(body)
        | StatKind::While { body, .. }
        | StatKind::Repeat { body, .. }
        | StatKind::NumericFor { body, .. }
        | StatKind::GenericFor { body, .. } => *body = copy(body),
        StatKind::If { arms, otherwise } => {
            let copied = arms
                .iter()
                .map(|&(condition, block)| (condition, with_targets(arena, block, targets)));
            *arms = arena.alloc_slice_fill_iter(copied);
            *otherwise = otherwise.map(copy);
        }
        StatKind::Local { .. }
        | StatKind::LocalFunction { .. }
        | StatKind::Assign { .. }
        | StatKind::Call(_)
        | StatKind::Return { .. }
        | StatKind::Break
        | StatKind::Label(_) => {}
    }
}
