//! A function in SSA form: blocks with parameters, instructions, values, frame states.

use std::fmt;
use std::sync::Arc;

use interlune_core::assumptions::Assumption;
use interlune_core::bytecode::{Opcode, Proto};
use interlune_core::constants::Named;
use interlune_core::runtime::InlinedCall;

use super::op::Op;
use super::types::Type;

macro_rules! index {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl $name {
            pub fn new(index: usize) -> $name {
                $name(index as u32)
            }

            pub fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{self}")
            }
        }
    };
}

index! {
    /// A value: the result of an instruction, or a parameter of a block.
    Value, "v"
}
index! {
    /// A block; the first one is the entry.
    Block, "b"
}
index! {
    /// An instruction.
    Inst, "i"
}
index! {
    /// A frame state.
    State, "f"
}
index! {
    /// A function whose code is part of this one.
    Scope, "s"
}

/// Where a value comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Definition {
    Result(Inst),
    Parameter(Block, u32),
}

#[derive(Clone, Copy, Debug)]
struct ValueData {
    ty: Type,
    definition: Definition,
}

/// A block that an end names, with the arguments for its parameters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    pub block: Block,
    pub arguments: Vec<Value>,
}

/// An instruction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InstData {
    pub op: Op,
    pub operands: Vec<Value>,
    /// See [`super::op::Immediate`]; 0 if there is none.
    pub immediate: i64,
    pub result: Option<Value>,
    /// Where the tier below goes on if the instruction exits: with the instruction that it belongs to, or behind a call.
    pub state: Option<State>,
    /// Of ends of blocks.
    pub targets: Vec<Target>,
}

#[derive(Clone, Debug, Default)]
struct BlockData {
    parameters: Vec<Value>,
    insts: Vec<Inst>,
}

/// In a frame state: no register, but the counter of fuel. No frame has as many registers.
pub const FUEL: u8 = u8::MAX;

/// In a frame state: no register, but the number of the one behind the last of the values that an open instruction has left.
pub const TOP: u8 = u8::MAX - 1;

/// Registers beyond its own that a frame has for variable arguments while these are passed on.
pub const SPARE_REGISTERS: u8 = 8;

/// Frames with more registers than this have none beyond their own: states name registers by bytes, the last of which mean
/// something else.
pub const MOST_REGISTERS: usize = 250;

/// A table that code has not made, since nobody but a frame state asks for it: what the interpreter's would have in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VirtualObject {
    /// The [`Op::VirtualTable`] that registers and other objects name it by.
    pub name: Value,
    /// As that of [`Op::NewTable`].
    pub site: i64,
    pub shape: u32,
    pub metatable: Option<Value>,
    /// From the first slot on.
    pub fields: Vec<Value>,
}

/// What the frames of the interpreter would look like at some instruction, as far as it is not in the Lua stack already.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FrameState {
    pub scope: Scope,
    /// The instruction to be run next.
    pub pc: u32,
    /// Registers and what is to be written into them; and [`FUEL`] and [`TOP`].
    pub registers: Vec<(u8, Value)>,
    /// The frame below, if this one is inlined: its pc is that behind the call.
    pub caller: Option<State>,
    /// Before a loop is entered: guards with this state hold for all of the loop.
    pub begins_loop: bool,
    /// Tables that are to be made for this frame and those below it. What the state of a frame below has here is not
    /// asked for.
    pub objects: Vec<VirtualObject>,
}

/// A function whose code is part of this one: the compiled one itself, or an inlined one.
#[derive(Clone, Debug)]
pub struct ScopeData {
    pub proto: Arc<Proto>,
    /// The scope that it is inlined into, and the register there that is its slot 0.
    pub caller: Option<(Scope, u8)>,
    /// How it was called then.
    pub call: InlinedCall,
    /// Address of its first constant.
    pub constants_at: usize,
    /// The function's number in its VM.
    pub number: u64,
}

/// A function.
#[derive(Clone, Debug, Default)]
pub struct Function {
    values: Vec<ValueData>,
    insts: Vec<InstData>,
    blocks: Vec<BlockData>,
    states: Vec<FrameState>,
    scopes: Vec<ScopeData>,
    /// Objects that the code names by their addresses.
    named: Vec<Named>,
    /// What the code takes for granted.
    assumptions: Vec<Assumption>,
    /// What values are to be replaced by; see [`Function::replace`].
    replacements: Vec<Option<Value>>,
}

impl Function {
    pub fn new() -> Function {
        Function::default()
    }

    // --- making

    pub fn add_scope(&mut self, scope: ScopeData) -> Scope {
        self.scopes.push(scope);
        Scope::new(self.scopes.len() - 1)
    }

    /// The number of an object that the code is to name.
    pub fn name(&mut self, object: Named) -> usize {
        let known = self.named.iter().position(|known| known.value.same_bits(object.value));
        known.unwrap_or_else(|| {
            self.named.push(object);
            self.named.len() - 1
        })
    }

    /// The code takes these for granted from now on.
    pub fn assume(&mut self, assumptions: &[Assumption]) {
        for assumption in assumptions {
            let is_same = |known: &Assumption| {
                (known.table, known.location) == (assumption.table, assumption.location)
            };
            if !self.assumptions.iter().any(is_same) {
                self.assumptions.push(*assumption);
            }
        }
    }

    pub fn add_state(&mut self, state: FrameState) -> State {
        self.states.push(state);
        State::new(self.states.len() - 1)
    }

    pub fn add_block(&mut self) -> Block {
        self.blocks.push(BlockData::default());
        Block::new(self.blocks.len() - 1)
    }

    pub fn add_parameter(&mut self, block: Block, ty: Type) -> Value {
        let number = self.blocks[block.index()].parameters.len() as u32;
        let value = self.add_value(ty, Definition::Parameter(block, number));
        self.blocks[block.index()].parameters.push(value);
        value
    }

    fn add_value(&mut self, ty: Type, definition: Definition) -> Value {
        self.values.push(ValueData { ty, definition });
        Value::new(self.values.len() - 1)
    }

    /// Makes an instruction that is in no block yet. Its result, if its operation has one, gets the operation's type.
    pub fn make(
        &mut self,
        op: Op,
        operands: Vec<Value>,
        immediate: i64,
        state: Option<State>,
        targets: Vec<Target>,
    ) -> Inst {
        let inst = Inst::new(self.insts.len());
        self.insts.push(InstData { op, operands, immediate, result: None, state, targets });
        if let Some(mut ty) = op.row().result {
            if ty == Type::Vector {
                ty = self.ty(self.insts[inst.index()].operands[0]);
            }
            let result = self.add_value(ty, Definition::Result(inst));
            self.insts[inst.index()].result = Some(result);
        }
        inst
    }

    /// Puts an instruction at the end of a block.
    pub fn append(&mut self, block: Block, inst: Inst) {
        self.blocks[block.index()].insts.push(inst);
    }

    /// Replaces a block's instructions.
    pub fn set_insts(&mut self, block: Block, insts: Vec<Inst>) {
        self.blocks[block.index()].insts = insts;
    }

    /// Narrows the type of a value.
    pub fn set_type(&mut self, value: Value, ty: Type) {
        self.values[value.index()].ty = ty;
    }

    // --- changing

    /// The result of an instruction, which goes, is another value. Uses change with [`Function::apply_replacements`].
    pub fn replace(&mut self, inst: Inst, value: Value) {
        if let Some(result) = self.insts[inst.index()].result {
            self.replace_value(result, value);
        }
    }

    /// The same for any value.
    pub fn replace_value(&mut self, old: Value, value: Value) {
        let value = self.resolve(value);
        debug_assert_ne!(old, value, "nothing replaces itself");
        self.replacements.resize(self.values.len(), None);
        self.replacements[old.index()] = Some(value);
    }

    /// What a value was replaced by, if it was, else itself.
    pub fn resolve(&self, mut value: Value) -> Value {
        while let Some(Some(other)) = self.replacements.get(value.index()) {
            value = *other;
        }
        value
    }

    /// Has everything use what values were replaced by.
    pub fn apply_replacements(&mut self) {
        if self.replacements.is_empty() {
            return;
        }
        let mut insts = std::mem::take(&mut self.insts);
        for data in &mut insts {
            let targets = data.targets.iter_mut().flat_map(|target| &mut target.arguments);
            for value in data.operands.iter_mut().chain(targets) {
                *value = self.resolve(*value);
            }
        }
        self.insts = insts;
        let mut states = std::mem::take(&mut self.states);
        for state in &mut states {
            for (_, value) in &mut state.registers {
                *value = self.resolve(*value);
            }
            for object in &mut state.objects {
                for value in object.metatable.iter_mut().chain(&mut object.fields) {
                    *value = self.resolve(*value);
                }
            }
        }
        self.states = states;
        self.replacements.clear();
    }

    /// An instruction with a result becomes a constant.
    pub fn become_constant(&mut self, inst: Inst, op: Op, immediate: i64) {
        let data = &mut self.insts[inst.index()];
        *data = InstData {
            op,
            operands: Vec::new(),
            immediate,
            result: data.result,
            state: None,
            targets: Vec::new(),
        };
        if let (Some(result), Some(ty)) = (data.result, op.row().result) {
            self.values[result.index()].ty = ty;
        }
    }

    /// A pure instruction with a result becomes an operation on one value.
    pub fn become_operation(&mut self, inst: Inst, op: Op, operand: Value) {
        self.become_constant(inst, op, 0);
        self.insts[inst.index()].operands.push(operand);
    }

    /// An operation that takes fuel from memory takes it from a value; what is left.
    pub fn become_held(&mut self, inst: Inst, op: Op, fuel: Value) -> Value {
        let left = self.add_value(Type::Int, Definition::Result(inst));
        let data = &mut self.insts[inst.index()];
        data.op = op;
        data.operands = vec![fuel];
        data.result = Some(left);
        left
    }

    /// The end of a block becomes a jump.
    pub fn become_jump(&mut self, inst: Inst, target: Target) {
        self.insts[inst.index()] = InstData {
            op: Op::Jump,
            operands: Vec::new(),
            immediate: 0,
            result: None,
            state: None,
            targets: vec![target],
        };
    }

    /// Removes parameters, and the arguments for them.
    pub fn remove_parameters(&mut self, mut is_gone: impl FnMut(Value) -> bool) {
        let gone: Vec<Vec<bool>> = self
            .blocks
            .iter()
            .map(|block| block.parameters.iter().map(|&value| is_gone(value)).collect())
            .collect();
        for target in self.insts.iter_mut().flat_map(|data| &mut data.targets) {
            let mut gone = gone[target.block.index()].iter();
            target.arguments.retain(|_| gone.next() != Some(&true));
        }
        for (block, gone) in self.blocks.iter_mut().zip(gone) {
            let mut gone = gone.into_iter();
            block.parameters.retain(|_| gone.next() != Some(true));
        }
        for (index, block) in self.blocks.iter().enumerate() {
            for (number, &value) in block.parameters.iter().enumerate() {
                self.values[value.index()].definition =
                    Definition::Parameter(Block::new(index), number as u32);
            }
        }
    }

    // --- reading

    pub fn blocks(&self) -> impl DoubleEndedIterator<Item = Block> + ExactSizeIterator + use<> {
        (0..self.blocks.len()).map(Block::new)
    }

    pub fn parameters(&self, block: Block) -> &[Value] {
        &self.blocks[block.index()].parameters
    }

    pub fn insts(&self, block: Block) -> &[Inst] {
        &self.blocks[block.index()].insts
    }

    /// The instruction that ends a block; none in a block that is being made.
    pub fn end(&self, block: Block) -> Option<Inst> {
        self.insts(block).last().copied().filter(|inst| self.inst(*inst).op.is_end())
    }

    pub fn inst(&self, inst: Inst) -> &InstData {
        &self.insts[inst.index()]
    }

    pub fn inst_mut(&mut self, inst: Inst) -> &mut InstData {
        &mut self.insts[inst.index()]
    }

    pub fn value_count(&self) -> usize {
        self.values.len()
    }

    pub fn ty(&self, value: Value) -> Type {
        self.values[value.index()].ty
    }

    pub fn definition(&self, value: Value) -> Definition {
        self.values[value.index()].definition
    }

    pub fn state(&self, state: State) -> &FrameState {
        &self.states[state.index()]
    }

    pub fn state_mut(&mut self, state: State) -> &mut FrameState {
        &mut self.states[state.index()]
    }

    pub fn states(&self) -> impl ExactSizeIterator<Item = State> + use<> {
        (0..self.states.len()).map(State::new)
    }

    /// Objects that the code names, by their numbers.
    pub fn named(&self) -> &[Named] {
        &self.named
    }

    pub fn assumptions(&self) -> &[Assumption] {
        &self.assumptions
    }

    pub fn scope(&self, scope: Scope) -> &ScopeData {
        &self.scopes[scope.index()]
    }

    /// Whether every return has exactly one value.
    pub fn returns_one(&self) -> bool {
        let mut ends = self.blocks().filter_map(|block| self.end(block)).map(|end| self.inst(end));
        ends.all(|end| {
            end.op != Op::Return || (end.operands.len() == 1 && !self.passes_on_several(end))
        })
    }

    /// Whether a return is that of a tail call which tells how many values it returns. Its operand is the first of them.
    pub fn passes_on_several(&self, end: &InstData) -> bool {
        let Some(outermost) = self.scopes().next() else { return false };
        let insn = self.scope(outermost).proto.code.get(end.immediate as usize);
        let is_tail_call = insn.is_some_and(|it| it.opcode() == Some(Opcode::TailCall));
        let made = |value: Value| match self.definition(value) {
            Definition::Result(inst) => Some(self.inst(inst)),
            Definition::Parameter(..) => None,
        };
        let tells = |result: &InstData| {
            result.op == Op::CallDirect
                && made(result.operands[0]).is_some_and(|entry| entry.op == Op::SeveralEntry)
        };
        is_tail_call && end.operands.first().and_then(|&result| made(result)).is_some_and(tells)
    }

    /// Where a scope's register 0 is, counted from that of the function.
    pub fn registers_below(&self, scope: Scope) -> usize {
        let outer = std::iter::successors(Some(scope), |&at| Some(self.scope(at).caller?.0));
        let below = |at: Scope| {
            let scope = self.scope(at);
            scope.caller.map(|(_, first)| usize::from(first) + scope.call.moved())
        };
        outer.filter_map(below).sum()
    }

    /// Registers that all scopes together reach up to.
    pub fn registers(&self) -> usize {
        let reached = |scope| {
            let spare = if self.has_varargs() { usize::from(SPARE_REGISTERS) } else { 0 };
            self.registers_below(scope) + usize::from(self.scope(scope).proto.max_stack) + spare
        };
        self.scopes().map(reached).max().unwrap_or(0)
    }

    /// Whether variable arguments are passed to an inlined function.
    fn has_varargs(&self) -> bool {
        self.scopes.iter().any(|scope| scope.call.varargs != 0)
    }

    pub fn scopes(&self) -> impl ExactSizeIterator<Item = Scope> + use<> {
        (0..self.scopes.len()).map(Scope::new)
    }

    /// The blocks that a block may go on to.
    pub fn successors(&self, block: Block) -> impl Iterator<Item = Block> + '_ {
        self.end(block).into_iter().flat_map(|end| self.inst(end).targets.iter().map(|to| to.block))
    }

    /// A state and those that it lies on, down to the outermost.
    pub fn frames(&self, state: State) -> impl Iterator<Item = State> + '_ {
        std::iter::successors(Some(state), |&state| self.state(state).caller)
    }

    /// All values that a frame state needs, those of the frames below it and of what is to be made for them too.
    pub fn values_of_state(&self, state: State) -> impl Iterator<Item = Value> + '_ {
        let named = self.frames(state).flat_map(|state| &self.state(state).registers);
        let objects = self.state(state).objects.iter();
        let contents =
            objects.flat_map(|object| object.metatable.iter().chain(&object.fields).copied());
        named.map(|&(_, value)| value).chain(contents)
    }

    /// All values that an instruction uses: operands, arguments, what its frame state needs.
    pub fn uses(&self, inst: Inst) -> impl Iterator<Item = Value> + '_ {
        let data = self.inst(inst);
        let arguments = data.targets.iter().flat_map(|target| &target.arguments);
        let state = data.state.into_iter().flat_map(|state| self.values_of_state(state));
        data.operands.iter().chain(arguments).copied().chain(state)
    }
}
