//! Blocks, labels and gotos.
//!
//! A goto that no label before it answers waits in the list of pending ones; when its block ends it moves out to the
//! block around. As in PUC Lua a `break` outside any loop waits like a goto and is reported when its function ends.

use super::{Binding, Scopes};
use crate::ast::{Label, LabelId, Symbol};

/// An open block.
#[derive(Clone, Copy)]
pub(crate) struct Block {
    /// How many variables of all functions are active outside.
    level: usize,
    /// How many variables of its function are declared outside.
    declared: u32,
    first_label: usize,
    first_goto: usize,
    is_loop: bool,
}

/// A label that a goto may see.
pub(super) struct VisibleLabel {
    name: Symbol,
    line: u32,
    id: LabelId,
}

/// A goto whose label has not come yet.
pub(super) struct PendingGoto {
    name: Symbol,
    line: u32,
    /// How many variables were active where it stands or, further out, where the block that it left starts.
    level: usize,
    /// Its index among the gotos of the function; none for a `break`.
    target: Option<u32>,
}

/// Why a label or goto is wrong.
pub(crate) enum JumpError {
    /// The goto of this name and line would enter the scope of `local`.
    IntoScope { goto: Symbol, line: u32, local: Symbol },
    /// Nothing answers the goto of this name and line.
    NoLabel { goto: Symbol, line: u32 },
    /// The label is known already, from this line.
    Repeated { label: Symbol, line: u32 },
}

impl Scopes<'_> {
    /// Opens a block of the innermost function.
    pub(crate) fn open_block(&mut self, is_loop: bool) {
        self.blocks.push(Block {
            level: self.actives.len(),
            declared: self.function().declared,
            first_label: self.labels.len(),
            first_goto: self.gotos.len(),
            is_loop,
        });
    }

    /// Closes the innermost block: ends the scope of its variables and labels.
    pub(crate) fn close_block(&mut self) {
        let Some(block) = self.blocks.pop() else {
            return;
        };
        self.deactivate_to(block.level);
        self.function_mut().declared = block.declared;
        self.labels.truncate(block.first_label);
        for goto in &mut self.gotos[block.first_goto..] {
            goto.level = block.level;
        }
    }

    /// Closes the outermost block of the innermost function.
    pub(crate) fn close_function_block(&mut self) -> Result<(), JumpError> {
        let first_goto = self.blocks.last().map_or(0, |block| block.first_goto);
        self.close_block();
        match self.gotos.get(first_goto) {
            Some(goto) => Err(JumpError::NoLabel { goto: goto.name, line: goto.line }),
            None => Ok(()),
        }
    }

    /// Whether a loop of the innermost function is open.
    fn is_in_loop(&self) -> bool {
        self.blocks[self.function().first_block..].iter().any(|block| block.is_loop)
    }

    /// Notes a `break`; outside any loop it waits for an answer that cannot come.
    pub(crate) fn add_break(&mut self, name: Symbol, line: u32) {
        if !self.is_in_loop() {
            let level = self.actives.len();
            self.gotos.push(PendingGoto { name, line, level, target: None });
        }
    }

    /// Notes a goto and gives its index among the gotos of the function.
    pub(crate) fn add_goto(&mut self, name: Symbol, line: u32) -> u32 {
        let index = self.function().goto_targets.len() as u32;
        let target = self.find_label(name).map(|label| label.id);
        if let Some(LabelId(id)) = target {
            self.function_mut().labels[id as usize].has_back_edge = true;
        } else {
            let level = self.actives.len();
            self.gotos.push(PendingGoto { name, line, level, target: Some(index) });
        }
        // Of a pending goto the label overwrites this; one without a label is an error.
        self.function_mut().goto_targets.push(target.unwrap_or(LabelId(0)));
        index
    }

    fn find_label(&self, name: Symbol) -> Option<&VisibleLabel> {
        self.labels[self.function().first_label..].iter().find(|label| label.name == name)
    }

    /// Adds a label and answers the gotos that wait for it. `is_last` if only void statements follow in its block: it then
    /// counts as standing behind the scope of the block's variables.
    pub(crate) fn add_label(
        &mut self,
        name: Symbol,
        line: u32,
        is_last: bool,
    ) -> Result<LabelId, JumpError> {
        if let Some(known) = self.find_label(name) {
            return Err(JumpError::Repeated { label: name, line: known.line });
        }
        let block = self.blocks.last().copied();
        let here = self.actives.len();
        let level = block.filter(|_| is_last).map_or(here, |block| block.level);
        let id = LabelId(self.function().labels.len() as u32);
        let active_locals = self.count_locals(level);
        self.function_mut().labels.push(Label { name, active_locals, has_back_edge: false });
        self.labels.push(VisibleLabel { name, line, id });
        self.answer_gotos(block.map_or(0, |block| block.first_goto), name, level, id)?;
        Ok(id)
    }

    /// How many locals of the innermost function are among the first `level` active variables.
    fn count_locals(&self, level: usize) -> u32 {
        let own = &self.actives[self.function().first_active..level];
        own.iter().filter(|active| matches!(active.binding, Binding::Local(_))).count() as u32
    }

    /// Points the gotos to `name`, from `first` on, to the label at `level`.
    fn answer_gotos(
        &mut self,
        first: usize,
        name: Symbol,
        level: usize,
        id: LabelId,
    ) -> Result<(), JumpError> {
        let mut at = first;
        while let Some(goto) = self.gotos.get(at) {
            if goto.name != name {
                at += 1;
                continue;
            }
            if goto.level < level {
                let local = self.actives[goto.level].name;
                return Err(JumpError::IntoScope { goto: name, line: goto.line, local });
            }
            if let Some(target) = self.gotos.remove(at).target {
                self.function_mut().goto_targets[target as usize] = id;
            }
        }
        Ok(())
    }
}
