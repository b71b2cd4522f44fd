//! Whether a function keeps the rules: run after every pass in debug builds and tests.

use interlune_core::bytecode::Proto;

use super::cfg::Dominators;
use super::function::{
    Block, Definition, FUEL, Function, Inst, SPARE_REGISTERS, Scope, State, TOP, Value,
};
use super::op::{Immediate, Op, Operands};
use super::types::Type;

/// Checks a function.
///
/// # Errors
/// The first rule that is broken, and where.
pub fn verify(function: &Function) -> Result<(), String> {
    let verifier =
        Verifier { function, dominators: Dominators::of(function), places: places(function)? };
    verifier.check_entry()?;
    // What cannot be reached is no part of the function any more.
    let reached = function.blocks().filter(|&block| verifier.dominators.is_reachable(block));
    reached.into_iter().try_for_each(|block| verifier.check_block(block))
}

/// Where each instruction stands: its block, and its number in that.
fn places(function: &Function) -> Result<Vec<Option<(Block, usize)>>, String> {
    let mut places = Vec::new();
    for block in function.blocks() {
        for (number, &inst) in function.insts(block).iter().enumerate() {
            if places.len() <= inst.index() {
                places.resize(inst.index() + 1, None);
            }
            if places[inst.index()].replace((block, number)).is_some() {
                return Err(format!("{inst} stands in two places"));
            }
        }
    }
    Ok(places)
}

struct Verifier<'a> {
    function: &'a Function,
    dominators: Dominators,
    places: Vec<Option<(Block, usize)>>,
}

impl Verifier<'_> {
    fn check_entry(&self) -> Result<(), String> {
        let entry = self.function.blocks().next().ok_or("there is no block")?;
        let returns = self
            .function
            .blocks()
            .find(|&from| self.function.successors(from).any(|to| to == entry));
        match returns {
            Some(from) => Err(format!("{from} goes back to the entry")),
            None => Ok(()),
        }
    }

    fn check_block(&self, block: Block) -> Result<(), String> {
        let insts = self.function.insts(block);
        let Some((&end, inner)) = insts.split_last() else {
            return Err(format!("{block} is empty"));
        };
        if !self.function.inst(end).op.is_end() {
            return Err(format!("{block} has no end"));
        }
        if let Some(inst) = inner.iter().find(|&&inst| self.function.inst(inst).op.is_end()) {
            return Err(format!("{block} goes on behind {inst}"));
        }
        insts.iter().try_for_each(|&inst| {
            let op = self.function.inst(inst).op;
            self.check_inst(block, inst)
                .map_err(|why| format!("{block}: {} ({inst}): {why}", op.mnemonic()))
        })
    }

    fn check_inst(&self, block: Block, inst: Inst) -> Result<(), String> {
        let data = self.function.inst(inst);
        let row = data.op.row();
        if let Operands::Fixed(types) = row.operands {
            if types.len() != data.operands.len() {
                return Err(format!("{} operands instead of {}", data.operands.len(), types.len()));
            }
            for (&operand, &expected) in data.operands.iter().zip(types) {
                let found = self.function.ty(operand);
                if !found.is_within(expected) {
                    return Err(format!("an operand is {found}, not {expected}"));
                }
            }
        }
        self.check_vectors(inst)?;
        match (row.result, data.result) {
            (None, None) => {}
            (Some(expected), Some(result)) => {
                let found = self.function.ty(result);
                if !found.is_within(expected) {
                    return Err(format!("the result is {found}, not {expected}"));
                }
                if self.function.definition(result) != Definition::Result(inst) {
                    return Err("the result is defined elsewhere".into());
                }
            }
            _ => return Err("a result where there is none, or none where there is one".into()),
        }
        if matches!(data.op, Op::EntryKey | Op::EntryValue) && !self.is_entry(data.operands[0]) {
            return Err("a part of an entry that nothing has found".into());
        }
        if row.immediate == Immediate::None && data.immediate != 0 {
            return Err("an immediate that means nothing".into());
        }
        self.check_targets(inst)?;
        match (row.effects.exits, data.state) {
            (true, None) => return Err("it may exit, but has no frame state".into()),
            (false, Some(_)) => return Err("a frame state, but it never exits".into()),
            (true, Some(state)) => {
                self.check_state(state, None)?;
                self.check_objects(state)?;
            }
            (false, None) => {}
        }
        let arguments = data.targets.iter().flat_map(|target| &target.arguments);
        if let Some(value) = data.operands.iter().chain(arguments).find(|&&it| self.is_virtual(it))
        {
            return Err(format!("{value} is used, but never made"));
        }
        let number = self.places[inst.index()].map_or(0, |(_, number)| number);
        self.function.uses(inst).try_for_each(|value| self.check_use(value, block, number))
    }

    fn is_entry(&self, value: Value) -> bool {
        match self.function.definition(value) {
            Definition::Result(inst) => self.function.inst(inst).op == Op::NextEntry,
            Definition::Parameter(..) => false,
        }
    }

    /// Operands that are taken as vectors are of one vector type, and so is a vector that results.
    fn check_vectors(&self, inst: Inst) -> Result<(), String> {
        let data = self.function.inst(inst);
        let row = data.op.row();
        let Operands::Fixed(types) = row.operands else { return Ok(()) };
        let is_one = |ty: Type| ty == Type::Vector;
        let operands = data.operands.iter().zip(types).filter(|(_, ty)| is_one(**ty));
        let result = data.result.filter(|_| row.result.is_some_and(is_one));
        let found: Vec<Type> = operands
            .map(|(&operand, _)| operand)
            .chain(result)
            .map(|value| self.function.ty(value))
            .collect();
        match found.first() {
            Some(first) if !first.is_vector() || found.iter().any(|ty| ty != first) => {
                Err(format!("vectors of types {found:?}"))
            }
            _ => Ok(()),
        }
    }

    fn check_targets(&self, inst: Inst) -> Result<(), String> {
        let data = self.function.inst(inst);
        if data.targets.len() != data.op.target_count() {
            return Err(format!("{} targets", data.targets.len()));
        }
        for target in &data.targets {
            let parameters = self.function.parameters(target.block);
            if parameters.len() != target.arguments.len() {
                return Err(format!(
                    "{} arguments for the {} parameters of {}",
                    target.arguments.len(),
                    parameters.len(),
                    target.block
                ));
            }
            for (&argument, &parameter) in target.arguments.iter().zip(parameters) {
                let (found, expected) = (self.function.ty(argument), self.function.ty(parameter));
                if !found.is_within(expected) {
                    return Err(format!("{expected} {parameter} of {} gets {found}", target.block));
                }
            }
        }
        Ok(())
    }

    /// A value must be defined on every way to its use.
    fn check_use(&self, value: Value, block: Block, number: usize) -> Result<(), String> {
        let is_defined = match self.function.definition(value) {
            Definition::Parameter(from, _) => self.dominators.dominates(from, block),
            Definition::Result(inst) => match self.places.get(inst.index()).copied().flatten() {
                Some((from, at)) if from == block => at < number,
                Some((from, _)) => self.dominators.dominates(from, block),
                None => !self.dominators.is_reachable(block),
            },
        };
        if is_defined { Ok(()) } else { Err(format!("{value} is used where it is not defined")) }
    }

    fn is_virtual(&self, value: Value) -> bool {
        match self.function.definition(value) {
            Definition::Result(inst) => self.function.inst(inst).op == Op::VirtualTable,
            Definition::Parameter(..) => false,
        }
    }

    /// What is in each table that a state names and nobody has made is said in the state, once.
    fn check_objects(&self, state: State) -> Result<(), String> {
        let objects = &self.function.state(state).objects;
        for (number, object) in objects.iter().enumerate() {
            if !self.is_virtual(object.name) {
                return Err(format!("{state} makes {}, which is made", object.name));
            }
            if objects[..number].iter().any(|other| other.name == object.name) {
                return Err(format!("{state} makes {} twice", object.name));
            }
        }
        let mut named = self.function.values_of_state(state);
        match named.find(|&it| self.is_virtual(it) && objects.iter().all(|other| other.name != it))
        {
            Some(value) => Err(format!("{state} does not say what is in {value}")),
            None => Ok(()),
        }
    }

    /// `above` is the function that the state's frame waits for, if it does.
    fn check_state(&self, state: State, above: Option<Scope>) -> Result<(), String> {
        let data = self.function.state(state);
        let scope = self.function.scope(data.scope);
        let proto: &Proto = &scope.proto;
        if data.pc as usize >= proto.code.len() {
            return Err(format!("{state} is at pc {}, behind the code", data.pc));
        }
        // A metamethod is called above the registers.
        let metamethod = above
            .map(|above| self.function.scope(above).call)
            .filter(|call| call.is_metamethod)
            .map(|call| call.register);
        let passes_varargs =
            above.is_some_and(|above| self.function.scope(above).call.varargs != 0);
        let spare = if passes_varargs || proto.is_vararg { SPARE_REGISTERS } else { 0 };
        let is_writable = |to: u8| {
            to < proto.max_stack.saturating_add(spare)
                || matches!(to, FUEL | TOP)
                || Some(to) == metamethod
        };
        if let Some((register, _)) = data.registers.iter().find(|(to, _)| !is_writable(*to)) {
            return Err(format!("{state} writes r{register} of {}", proto.max_stack));
        }
        let caller = data.caller.map(|caller| self.function.state(caller).scope);
        if caller != scope.caller.map(|(caller, _)| caller) {
            return Err(format!("{state} lies on a frame of another scope"));
        }
        data.caller.map_or(Ok(()), |caller| self.check_state(caller, Some(data.scope)))
    }
}

/// Checks a function in debug builds and tests.
///
/// # Panics
/// A rule is broken, which is a bug in the pass that has just run.
pub fn assert_valid(function: &Function, after: &str) {
    if cfg!(debug_assertions)
        && let Err(why) = verify(function)
    {
        panic!("after {after}: {why}\n{function}");
    }
}
