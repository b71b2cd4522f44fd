//! Tables that are made after all: where somebody sees them, and by frame states.

use std::collections::BTreeSet;

use interlune_core::plant::{self, Bug};

use super::heap::Object;
use super::{Refused, Sinking};
use crate::ir::{Op, State, Value, VirtualObject};

impl Sinking<'_> {
    /// Appends an instruction to the block at hand; its result.
    fn emit(&mut self, op: Op, operands: Vec<Value>, immediate: i64) -> Option<Value> {
        let inst = self.f.make(op, operands, immediate, None, Vec::new());
        self.kept.push(inst);
        self.f.inst(inst).result
    }

    /// Names of the tables that can be got at from these, themselves included, and that nobody has made.
    fn reachable(&self, from: impl IntoIterator<Item = Value>) -> Result<Vec<Value>, Refused> {
        let mut found = Vec::new();
        let mut seen = BTreeSet::new();
        let mut rest: Vec<Value> = from.into_iter().collect();
        rest.reverse();
        while let Some(value) = rest.pop() {
            let value = self.value(value)?;
            let Some(contents) = self.contents(value) else { continue };
            if seen.insert(value) {
                found.push(value);
                rest.extend(contents.values().collect::<Vec<_>>().into_iter().rev());
            }
        }
        Ok(found)
    }

    /// Makes a table, and those that it leads to; what it is from now on.
    pub(super) fn make(&mut self, name: Value) -> Result<Value, Refused> {
        let mut filled = Vec::new();
        for name in self.reachable([name])? {
            let Some(contents) = self.contents(name).cloned() else { continue };
            let Some(table) = self.emit(Op::NewTable, Vec::new(), contents.site) else {
                unreachable!("a new table is a result")
            };
            self.heap.insert(name, Object::Made(table));
            filled.push((table, contents));
        }
        for (table, contents) in filled {
            let metatable = match contents.metatable {
                Some(metatable) => Some(self.value(metatable)?),
                None => self.emit(Op::Nil, Vec::new(), 0),
            };
            let mut operands = vec![table];
            operands.extend(metatable);
            for &field in &contents.fields {
                operands.push(self.value(field)?);
            }
            self.emit(Op::FillTable, operands, i64::from(contents.shape()));
        }
        self.value(name)
    }

    /// The state that stands here for what was one: with the tables that it names as they are.
    pub(super) fn state(&mut self, old: State) -> Result<State, Refused> {
        let chain: Vec<State> = self.f.frames(old).collect();
        let mut frames: Vec<_> = chain.iter().map(|&state| self.f.state(state).clone()).collect();
        let mut named = Vec::new();
        let mut changes = false;
        for (_, value) in frames.iter_mut().flat_map(|frame| &mut frame.registers) {
            let found = self.value(*value)?;
            changes |= found != *value;
            *value = found;
            named.push(found);
        }
        for frame in &mut frames[1..] {
            frame.objects.clear();
        }
        for object in &mut frames[0].objects {
            for value in object.metatable.iter_mut().chain(&mut object.fields) {
                *value = self.value(*value)?;
                named.push(*value);
            }
        }
        for name in self.reachable(named)? {
            let Some(contents) = self.contents(name) else { continue };
            let fields = contents.fields.iter().map(|&field| self.value(field));
            let mut fields = fields.collect::<Result<Vec<_>, _>>()?;
            if plant::is(Bug::OptWrongSunk)
                && let [first, .., last] = &mut fields[..]
            {
                *last = *first;
            }
            let metatable = contents.metatable.map(|value| self.value(value)).transpose()?;
            let (site, shape) = (contents.site, contents.shape());
            frames[0].objects.push(VirtualObject { name, site, shape, metatable, fields });
            changes = true;
        }
        if !changes {
            return Ok(old);
        }
        let known = self.states.entry(old).or_default();
        if let Some((_, state)) = known.iter().find(|(known, _)| *known == frames) {
            return Ok(*state);
        }
        let mut caller = None;
        let mut state = old;
        for frame in frames.iter().rev() {
            let mut frame = frame.clone();
            frame.caller = caller;
            state = self.f.add_state(frame);
            caller = Some(state);
        }
        known.push((frames, state));
        Ok(state)
    }
}
