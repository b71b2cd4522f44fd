//! What is known of a function whose body is being read.

use std::cell::Cell;

use super::{MAX_DECLARED, MAX_LOCALS, MAX_UPVALUES, OpenUpvalue, Scopes, TooManyUpvalues};
use crate::ast::{Attribute, Label, LabelId, Local, Symbol, Upvalue, UpvalueId, UpvalueSource};
use crate::intern::ENV;

/// A function that is open.
#[derive(Default)]
pub(crate) struct FunctionState {
    /// The number of the function in the order of their beginnings.
    pub(crate) ordinal: u32,
    /// The line where it starts, 0 for the main function.
    pub(crate) line: u32,
    pub(crate) is_vararg: bool,
    pub(crate) locals: Vec<Local>,
    pub(super) upvalues: Vec<OpenUpvalue>,
    pub(crate) labels: Vec<Label>,
    /// The label of each goto, in the order of the gotos.
    pub(crate) goto_targets: Vec<LabelId>,
    /// Variables declared and not yet out of scope: active, hidden or about to become active.
    pub(super) declared: u32,
    /// Variables with a name for the debugger, so far.
    pub(super) debug_names: u32,
    /// Index of its first active variable.
    pub(super) first_active: usize,
    /// Index of its first visible label.
    pub(super) first_label: usize,
    /// Index of its outermost block.
    pub(super) first_block: usize,
}

/// A limit on variables that a declaration would break.
pub(crate) enum LocalLimit {
    /// Too many at once in the function that starts at this line.
    Active { function_line: u32 },
    /// Too many in all.
    Declared,
}

impl FunctionState {
    /// Its upvalues so far.
    pub(crate) fn upvalues(&self) -> impl ExactSizeIterator<Item = Upvalue> + '_ {
        self.upvalues.iter().map(|(upvalue, _)| upvalue.clone())
    }

    pub(super) fn find_upvalue(&self, name: Symbol) -> Option<UpvalueId> {
        let index = self.upvalues.iter().position(|(upvalue, _)| upvalue.name == name)?;
        Some(UpvalueId(index as u32))
    }

    pub(super) fn add_upvalue(
        &mut self,
        name: Symbol,
        source: UpvalueSource,
        attribute: Attribute,
    ) -> Result<UpvalueId, TooManyUpvalues> {
        if self.upvalues.len() >= MAX_UPVALUES {
            return Err(TooManyUpvalues { function_line: self.line });
        }
        let upvalue = Upvalue { name, source, immutable: Cell::new(true) };
        self.upvalues.push((upvalue, attribute));
        Ok(UpvalueId(self.upvalues.len() as u32 - 1))
    }

    pub(super) fn upvalue_attribute(&self, id: UpvalueId) -> Attribute {
        self.upvalues[id.0 as usize].1
    }

    /// Empties the state for another function, keeping its buffers.
    fn clear(&mut self) {
        self.locals.clear();
        self.upvalues.clear();
        self.labels.clear();
        self.goto_targets.clear();
        self.declared = 0;
        self.debug_names = 0;
        self.is_vararg = false;
    }
}

impl Scopes<'_> {
    /// Opens a function that starts at `line`, and the block of its body.
    pub(crate) fn open_function(&mut self, ordinal: u32, line: u32) {
        let mut state = self.spare.pop().unwrap_or_default();
        state.clear();
        state.ordinal = ordinal;
        state.line = line;
        state.first_active = self.actives.len();
        state.first_label = self.labels.len();
        state.first_block = self.blocks.len();
        self.functions.push(state);
        self.open_block(false);
    }

    /// Opens the main function, with its upvalue `_ENV`.
    pub(crate) fn open_main(&mut self) {
        self.open_function(0, 0);
        let main = self.function_mut();
        main.is_vararg = true;
        let upvalue = Upvalue {
            name: ENV,
            source: UpvalueSource::Upvalue(UpvalueId(0)),
            immutable: Cell::new(true),
        };
        main.upvalues.push((upvalue, Attribute::Regular));
    }

    /// Forgets the innermost function.
    pub(crate) fn drop_function(&mut self) {
        self.spare.extend(self.functions.pop());
    }

    /// The innermost function takes any number of arguments.
    pub(crate) fn set_vararg(&mut self) {
        self.function_mut().is_vararg = true;
    }

    /// Counts a variable that is about to be declared.
    pub(crate) fn declare(&mut self) -> Result<(), LocalLimit> {
        let function = self.function_mut();
        if function.declared >= MAX_LOCALS {
            return Err(LocalLimit::Active { function_line: function.line });
        }
        if function.debug_names >= MAX_DECLARED {
            return Err(LocalLimit::Declared);
        }
        function.declared += 1;
        Ok(())
    }

    /// Counts the name of a loop's hidden variable.
    pub(crate) fn count_hidden(&mut self, hidden: u32) {
        self.function_mut().debug_names += hidden;
    }
}
