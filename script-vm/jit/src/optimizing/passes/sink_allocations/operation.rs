//! What operations do to tables that are followed.

use interlune_core::inline_cache::{StoreHit, passes};
use interlune_core::interp::Template;
use interlune_core::table::ArrayKind;
use interlune_core::value::tag;

use super::heap::{Contents, Object, slot_at};
use super::{Refused, Sinking};
use crate::ir::{Definition, Inst, InstData, Op, Value};

/// What becomes of an operation.
enum Outcome {
    /// It stays as it is. Whatever it sees is made.
    Stays,
    Gone,
    Value(Value),
    Constant(Op, i64),
    /// Another guard, with the same state.
    Guard(Op, Value),
    /// It exits, come what may.
    Exits,
}

impl Sinking<'_> {
    /// Rewrites an instruction. False if the block ends with it although it did not before.
    pub(super) fn visit(&mut self, inst: Inst) -> Result<bool, Refused> {
        let old = self.f.inst(inst).operands.clone();
        let operands = old.into_iter().map(|value| self.value(value)).collect::<Result<_, _>>()?;
        self.f.inst_mut(inst).operands = operands;
        let data = self.f.inst(inst).clone();
        match self.outcome(inst, &data)? {
            Outcome::Stays => self.keep(inst)?,
            Outcome::Gone => {}
            Outcome::Value(value) => self.f.replace(inst, value),
            Outcome::Constant(op, immediate) => {
                self.f.become_constant(inst, op, immediate);
                self.kept.push(inst);
            }
            Outcome::Guard(op, operand) => self.guard(op, operand, &data)?,
            Outcome::Exits => {
                let Some(state) = data.state else { unreachable!("what may exit has a state") };
                let state = self.state(state)?;
                let exit = self.f.make(Op::Exit, Vec::new(), 0, Some(state), Vec::new());
                self.kept.push(exit);
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn outcome(&mut self, inst: Inst, data: &InstData) -> Result<Outcome, Refused> {
        if let Some(result) = data.result.filter(|value| self.candidates.contains(value)) {
            return Ok(self.begin(inst, result, data.immediate));
        }
        if !data.operands.iter().any(|&value| self.is_virtual(value)) {
            return Ok(Outcome::Stays);
        }
        let is_receiver = data.operands.first().is_some_and(|&value| self.is_virtual(value));
        Ok(match data.op {
            Op::GuardAnswer => self.answer(data),
            Op::Same => {
                Outcome::Constant(Op::Bool, i64::from(data.operands[0] == data.operands[1]))
            }
            _ if is_receiver => return self.outcome_for_receiver(data),
            _ => Outcome::Stays,
        })
    }

    /// A table that is followed from here on.
    fn begin(&mut self, inst: Inst, name: Value, site: i64) -> Outcome {
        let Some(template) = Template::of_site(site as u64) else {
            unreachable!("only sites that have settled are built so")
        };
        let contents = Contents { site, key: template.key(), metatable: None, fields: Vec::new() };
        self.candidate_of.insert(name, name);
        self.heap.insert(name, Object::Virtual(contents));
        self.f.inst_mut(inst).op = Op::VirtualTable;
        Outcome::Stays
    }

    /// A guard that a value is an answer; it or the table is followed.
    fn answer(&self, data: &InstData) -> Outcome {
        let [value, table] = [data.operands[0], data.operands[1]];
        match self.contents(table) {
            _ if self.is_virtual(value) => Outcome::Gone,
            Some(contents) if contents.metatable.is_none() => Outcome::Gone,
            Some(_) => Outcome::Guard(Op::GuardPresent, value),
            None => Outcome::Stays,
        }
    }

    /// What becomes of an operation on a table that nobody has made.
    fn outcome_for_receiver(&mut self, data: &InstData) -> Result<Outcome, Refused> {
        let table = data.operands[0];
        let Some(contents) = self.contents(table) else { return Ok(Outcome::Stays) };
        let decided = |holds: bool| if holds { Outcome::Gone } else { Outcome::Exits };
        let metatable = contents.metatable;
        let slot = slot_at(data.immediate).filter(|&slot| slot < contents.fields.len());
        Ok(match data.op {
            Op::GuardTable | Op::GuardPresent => Outcome::Value(table),
            Op::GuardTag => decided(data.immediate == i64::from(tag::TABLE)),
            Op::GuardNil
            | Op::GuardInt
            | Op::GuardFloat
            | Op::GuardNumber
            | Op::GuardString
            | Op::GuardClosure
            | Op::GuardVec2
            | Op::GuardVec3
            | Op::GuardNative
            | Op::GuardIs => Outcome::Exits,
            Op::Truthy => Outcome::Constant(Op::Bool, 1),
            Op::IsNil => Outcome::Constant(Op::Bool, 0),
            Op::GuardKey => decided(passes(contents.key, data.immediate as u64)),
            Op::HasKey => {
                let passes = passes(contents.key, data.immediate as u64);
                Outcome::Constant(Op::Bool, i64::from(passes))
            }
            Op::GuardPlain => decided(metatable.is_none()),
            Op::GuardStrong => Outcome::Gone,
            Op::GuardOpen => match metatable {
                Some(metatable) => Outcome::Guard(Op::GuardNoNewIndex, metatable),
                None => Outcome::Gone,
            },
            Op::LoadMetatable => metatable.map_or(Outcome::Exits, Outcome::Value),
            // Nobody has put anything into its other parts.
            Op::GuardKind => decided(data.immediate == ArrayKind::Empty as i64),
            Op::ArrayLen => Outcome::Constant(Op::Int, 0),
            Op::LookupInt | Op::LookupElement => Outcome::Constant(Op::Nil, 0),
            Op::LoadField => {
                let Some(slot) = slot else { return Err(self.refuse(table)) };
                Outcome::Value(self.value(contents.fields[slot])?)
            }
            Op::StoreField => {
                let Some(slot) = slot else { return Err(self.refuse(table)) };
                self.change(table, |contents| contents.fields[slot] = data.operands[2])
            }
            Op::AddField => self.add_field(table, data)?,
            Op::SetMetatable => self.set_metatable(table, data)?,
            _ => Outcome::Stays,
        })
    }

    fn change(&mut self, table: Value, change: impl FnOnce(&mut Contents)) -> Outcome {
        if let Some(Object::Virtual(contents)) = self.heap.get_mut(&table) {
            change(contents);
        }
        Outcome::Gone
    }

    fn add_field(&mut self, table: Value, data: &InstData) -> Result<Outcome, Refused> {
        let hit = StoreHit::unpack(data.immediate as u64);
        let count = self.contents(table).map(|contents| contents.fields.len());
        if slot_at(hit.offset as i64) != count {
            return Err(self.refuse(table));
        }
        Ok(self.change(table, |contents| {
            contents.fields.push(data.operands[1]);
            contents.key = contents.key & 0xff | u64::from(hit.shape) << 8;
        }))
    }

    /// A metatable that was just made does not serve as one yet.
    fn set_metatable(&mut self, table: Value, data: &InstData) -> Result<Outcome, Refused> {
        let metatable = data.operands[1];
        let is_new = match self.f.definition(metatable) {
            Definition::Result(inst) => {
                matches!(self.f.inst(inst).op, Op::NewTable | Op::VirtualTable)
            }
            Definition::Parameter(..) => false,
        };
        if is_new {
            return Err(self.refuse(table));
        }
        if self.contents(table).is_some_and(|contents| contents.metatable.is_some()) {
            return Ok(Outcome::Exits);
        }
        self.guard(Op::GuardMetatable, metatable, data)?;
        Ok(self.change(table, |contents| contents.metatable = Some(metatable)))
    }

    /// Puts a guard in the place of an instruction.
    fn guard(&mut self, op: Op, operand: Value, data: &InstData) -> Result<(), Refused> {
        let Some(state) = data.state else { unreachable!("what may exit has a state") };
        let state = self.state(state)?;
        let guard = self.f.make(op, vec![operand], 0, Some(state), Vec::new());
        // An exit repeats the call, and takes its fuel then.
        let charge = self.kept.last().copied().filter(|&last| self.f.inst(last).op == Op::Charge);
        match charge {
            Some(_) if op == Op::GuardMetatable => self.kept.insert(self.kept.len() - 1, guard),
            _ => self.kept.push(guard),
        }
        Ok(())
    }

    /// Keeps an instruction, for which all is made that it sees.
    fn keep(&mut self, inst: Inst) -> Result<(), Refused> {
        for number in 0..self.f.inst(inst).operands.len() {
            let operand = self.f.inst(inst).operands[number];
            if self.is_virtual(operand) {
                self.make(operand)?;
            }
        }
        // One may have led to another.
        for number in 0..self.f.inst(inst).operands.len() {
            let operand = self.value(self.f.inst(inst).operands[number])?;
            self.f.inst_mut(inst).operands[number] = operand;
        }
        self.pass(inst)?;
        if let Some(state) = self.f.inst(inst).state {
            let state = self.state(state)?;
            self.f.inst_mut(inst).state = Some(state);
        }
        if self.f.inst(inst).op == Op::Branch {
            self.decide(inst);
        }
        self.kept.push(inst);
        Ok(())
    }

    /// A branch goes one way if its condition is known.
    fn decide(&mut self, inst: Inst) {
        let data = self.f.inst(inst);
        let Definition::Result(condition) = self.f.definition(data.operands[0]) else { return };
        let condition = self.f.inst(condition);
        if condition.op == Op::Bool {
            let target = data.targets[usize::from(condition.immediate == 0)].clone();
            self.f.become_jump(inst, target);
        }
    }

    /// Arguments: tables stay what they are if the parameter is followed in their place.
    pub(super) fn pass(&mut self, inst: Inst) -> Result<(), Refused> {
        for to in 0..self.f.inst(inst).targets.len() {
            let block = self.f.inst(inst).targets[to].block;
            for number in 0..self.f.inst(inst).targets[to].arguments.len() {
                let parameter = self.f.parameters(block).get(number).copied();
                let parameter = parameter.filter(|it| self.candidates.contains(it));
                let argument = self.value(self.f.inst(inst).targets[to].arguments[number])?;
                let argument = match parameter {
                    Some(parameter) if !self.is_virtual(argument) => {
                        return Err(Refused(parameter));
                    }
                    None if self.is_virtual(argument) => self.make(argument)?,
                    _ => argument,
                };
                self.f.inst_mut(inst).targets[to].arguments[number] = argument;
            }
        }
        Ok(())
    }
}
