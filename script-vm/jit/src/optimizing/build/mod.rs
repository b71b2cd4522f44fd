//! From bytecode and feedback to the representation.
//!
//! Blocks are built one after the other, each with what its registers hold: a value, which may be in the Lua stack too, or
//! nothing but what is in the Lua stack. Where several ways meet, registers that differ become parameters; in loops those
//! that the loop writes. What there is no operation for is run as the baseline tier runs it, on registers in the Lua stack.
//!
//! * [`body`]: what is known of the bytecode; [`graph`]: what is built, in which order
//! * [`registers`]: what registers hold; [`inline`]: functions that become part of the one that calls them; [`metamethod`]: those
//!   of instructions
//! * [`dispatch`]: methods of receivers of several classes; [`known`]: accesses that are bound to find one object; [`open`]:
//!   values whose number is found out; [`vararg`]: variable arguments
//! * [`instruction`]: one instruction; [`arith`], [`access`], [`call`], [`control`], [`counting`], [`iteration`], [`vector`],
//!   [`vector_call`]: families of them

mod access;
mod arith;
mod body;
mod call;
mod control;
mod counting;
mod dispatch;
mod graph;
mod inline;
mod instruction;
mod iteration;
mod known;
mod metamethod;
mod open;
mod registers;
mod vararg;
mod vector;
mod vector_call;

use std::collections::{BTreeMap, BTreeSet};

use interlune_core::bytecode::{Opcode, Proto};
use interlune_core::plant::{self, Bug};
use interlune_core::runtime::InlinedCall;
use interlune_core::tier::CompileInput;

use crate::flow::RegisterSet;
use crate::ir::{Block, FrameState, Function, Op, Scope, ScopeData, State, Target, Type, Value};
use body::Body;
use graph::{Graph, Place};
pub use inline::{DEEPEST, MOST_INLINED, callees, is_one_closure};
use inline::{Inlinable, Inlined};
use open::OpenValues;
use registers::{Registers, Slot};

/// Why a function is not built; such functions stay with the tier below.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Declined {
    #[error("a loop can be entered in several places")]
    Irreducible,
    #[error("it is too long")]
    TooLong,
}

/// Longer functions are left to the tier below: the register allocator's time grows faster than they do, to seconds.
pub const MOST_BYTECODES: usize = 500;

/// Attempts after which nothing is supposed any more about what loops do to registers, and nothing inlined.
const MOST_ATTEMPTS: usize = 10;
/// Bytecodes of all copies of blocks, at most.
const MOST_COPIES: usize = 2 * MOST_BYTECODES;

/// How the code of a function is entered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Entry {
    /// By calls that leave no frame, with its parameters in machine registers.
    Direct,
    /// In a frame, at an instruction: 0, or a loop's header.
    Framed(usize),
}

/// Builds a function from its entry on. Nothing if it needs a frame and is to have none.
///
/// # Errors
/// There is no optimized code for such a function.
pub fn build(input: &CompileInput, entry: Entry) -> Result<Option<Function>, Declined> {
    let (first, is_direct) = match entry {
        Entry::Direct => (0, true),
        Entry::Framed(pc) => (pc, false),
    };
    if input.proto.code.len() > MOST_BYTECODES {
        return Err(Declined::TooLong);
    }
    let body = Body::of(input);
    if is_direct && !may_be_direct(&input.proto) {
        return Ok(None);
    }
    let graph = Graph::of(&body, first).ok_or(Declined::Irreducible)?;
    if graph.bytecodes(&body) > MOST_COPIES {
        return Err(Declined::TooLong);
    }
    let mut inlinable = Inlinable::of(input);
    let mut learnt = Learnt::default();
    for attempt in 0.. {
        learnt.is_wary = attempt >= MOST_ATTEMPTS;
        let mut builder = Builder::new(&body, &graph, &inlinable, first, &mut learnt);
        builder.is_direct = is_direct;
        // Otherwise they are in the Lua stack, as all registers are in a loop that runs already.
        if is_direct {
            builder.take_parameters();
        }
        builder.leave_to(graph.order[0]);
        builder.build_all();
        if is_direct && builder.needs_frame() {
            return Ok(None);
        }
        let (f, is_outdated) = (builder.f, builder.is_outdated);
        if is_direct && inlinable.supposes_one() && !f.returns_one() {
            inlinable.suppose_several();
        } else if !is_outdated {
            return Ok(Some(f));
        }
    }
    unreachable!("a wary attempt succeeds")
}

/// What an attempt to build a function has found out for the next one.
#[derive(Default)]
struct Learnt {
    /// What registers hold at headers of loops, as far as that is wider than what they hold when the loop is entered. A
    /// loop is built as if they kept their types; where a jump back says otherwise, all is built anew with the wider type.
    types: BTreeMap<(Place, usize), Type>,
    /// Registers that a loop holds elsewhere than in the Lua stack, although it is entered with what that has.
    held: BTreeSet<(Place, usize)>,
    /// Calls that are not inlined after all, by the instructions of the calls that led there.
    not_inlined: BTreeSet<Vec<usize>>,
    /// Nothing is to be supposed.
    is_wary: bool,
}

/// A way to a block that is not built yet: its last block, which has no end yet, and what registers hold there.
struct Edge {
    from: Block,
    registers: Registers,
}

/// A loop whose header is built.
struct OpenLoop {
    header: Block,
    /// The registers that the header's parameters stand for.
    parameters: Vec<usize>,
    /// Registers that the loop writes, but only in the Lua stack.
    in_the_stack: RegisterSet,
}

struct Builder<'a> {
    body: &'a Body<'a>,
    graph: &'a Graph,
    /// Where the function is entered that is built.
    entry: usize,
    f: Function,
    scope: Scope,
    /// The block that is being built.
    current: Block,
    registers: Registers,
    /// The instruction that is being built.
    pc: usize,
    at: Place,
    /// The state before that instruction, if it was asked for and nothing has changed since.
    state: Option<State>,
    edges: BTreeMap<Place, Vec<Edge>>,
    loops: BTreeMap<Place, OpenLoop>,
    inlinable: &'a Inlinable<'a>,
    /// The function that is being inlined, if one is.
    inlined: Option<Inlined>,
    /// What the instruction before has left.
    open: Option<OpenValues>,
    /// Functions that methods were found to be so far.
    methods: BTreeMap<Value, Vec<u64>>,
    /// Instructions of what was inlined so far.
    inlined_bytecodes: usize,
    /// Those among them that were inlined into the same function.
    recursive_bytecodes: usize,
    /// The function is called directly, so that it calls itself directly too.
    is_direct: bool,
    learnt: &'a mut Learnt,
    /// Something was learnt that the function has to be built anew with.
    is_outdated: bool,
}

impl<'a> Builder<'a> {
    fn new(
        body: &'a Body<'a>,
        graph: &'a Graph,
        inlinable: &'a Inlinable<'a>,
        entry: usize,
        learnt: &'a mut Learnt,
    ) -> Builder<'a> {
        let proto = &body.input.proto;
        let mut function = Function::new();
        let scope = function.add_scope(ScopeData {
            proto: proto.clone(),
            caller: None,
            call: InlinedCall::default(),
            constants_at: body.input.constants_at,
            number: body.input.number,
        });
        Builder {
            body,
            graph,
            entry,
            current: function.add_block(),
            f: function,
            scope,
            registers: Registers::in_the_stack(usize::from(proto.max_stack)),
            pc: entry,
            at: graph.order[0],
            state: None,
            edges: BTreeMap::new(),
            loops: BTreeMap::new(),
            inlinable,
            inlined: None,
            open: None,
            methods: BTreeMap::new(),
            inlined_bytecodes: 0,
            recursive_bytecodes: 0,
            is_direct: false,
            learnt,
            is_outdated: false,
        }
    }
}

/// Whether a function may do without a frame as far as its signature and its variables say.
fn may_be_direct(proto: &Proto) -> bool {
    !proto.is_vararg
        && crate::flow::captured(proto, |_| true).is_empty()
        && usize::from(proto.param_count) <= MOST_PARAMETERS
}

/// Whether a function may do without a frame as far as its bytecode alone says.
pub fn may_need_no_frame(proto: &Proto) -> bool {
    may_be_direct(proto)
        && proto.code.len() <= MOST_BYTECODES
        && proto.code.iter().all(|insn| insn.opcode().is_some_and(|it| !needs_frame(it)))
}

/// Whether an instruction is always run on the Lua stack.
fn needs_frame(opcode: Opcode) -> bool {
    matches!(
        opcode,
        Opcode::SetList | Opcode::MarkClose | Opcode::Closure | Opcode::Vararg | Opcode::VarargPrep
    )
}

/// Functions with more parameters are not called directly.
const MOST_PARAMETERS: usize = 8;

impl Builder<'_> {
    fn take_parameters(&mut self) {
        for parameter in 0..usize::from(self.body.input.proto.param_count) {
            let value = self.emit(Op::Parameter, vec![], parameter as i64);
            self.registers.set(parameter, Slot { value: Some(value), is_stored: false });
        }
    }

    /// Whether something in the function runs on the Lua stack.
    fn needs_frame(&self) -> bool {
        let insts = self.f.blocks().flat_map(|block| self.f.insts(block));
        insts.into_iter().any(|&inst| {
            matches!(self.f.inst(inst).op, Op::Run | Op::RunBranch | Op::RunForCall | Op::RunEnd)
        })
    }

    fn build_all(&mut self) {
        for number in 0..self.graph.order.len() {
            let place = self.graph.order[number];
            if self.begin(place) {
                self.build_block();
            }
        }
    }

    fn build_block(&mut self) {
        let block = &self.body.flow.blocks[self.at.block];
        let mut pc = block.first;
        while pc < block.end {
            self.pc = pc;
            self.state = None;
            match self.build_insn() {
                // Several instructions may have been one.
                Next::Behind => pc = self.pc + 1,
                Next::Elsewhere => return,
            }
        }
        self.lead(self.current, 0);
    }

    // --- blocks

    /// The current block goes on to a place, which is built later, or is the header of a loop that is being built.
    fn leave_to(&mut self, place: Place) {
        let registers = self.registers.clone();
        let edge = Edge { from: self.current, registers };
        if self.loops.contains_key(&place) {
            self.close_loop(place, edge);
        } else {
            self.edges.entry(place).or_default().push(edge);
        }
    }

    /// Begins a place with what its predecessors have left; false if nothing comes there.
    fn begin(&mut self, place: Place) -> bool {
        let Some(mut edges) = self.edges.remove(&place) else { return false };
        self.at = place;
        self.pc = self.body.flow.blocks[place.block].first;
        self.state = None;
        let is_header = self.graph.headers.contains_key(&place);
        if edges.len() == 1
            && !is_header
            && let Some(edge) = edges.pop()
        {
            self.current = edge.from;
            self.registers = edge.registers;
            return true;
        }
        if is_header && edges.len() > 1 {
            // A loop is entered from one block.
            self.merge(place, edges, None);
            edges = vec![Edge { from: self.current, registers: self.registers.clone() }];
        }
        let loop_writes = self.graph.headers.get(&place).copied();
        if loop_writes.is_some() && !self.body.is_lost_loop(self.pc) {
            self.anchor(&edges[0]);
        }
        self.merge(place, edges, loop_writes);
        true
    }

    /// Notes what the frame looks like on the way into the loop whose header is to be built.
    fn anchor(&mut self, edge: &Edge) {
        self.current = edge.from;
        self.registers = edge.registers.clone();
        let state = self.state_at(self.pc);
        self.f.state_mut(state).begins_loop = true;
        let inst = self.f.make(Op::Anchor, Vec::new(), 0, Some(state), Vec::new());
        self.f.append(self.current, inst);
    }

    /// Begins a block that several ways lead to. If it is a loop's header, `loop_writes` is what the loop writes.
    fn merge(&mut self, place: Place, mut edges: Vec<Edge>, loop_writes: Option<RegisterSet>) {
        let live = self.body.wanted(self.pc).without(self.body.shared);
        let written = loop_writes.unwrap_or(RegisterSet::EMPTY);
        let mut merged = Registers::in_the_stack(self.registers.len());
        let mut parameters = Vec::new();
        let mut in_the_stack = RegisterSet::EMPTY;
        for register in live.iter() {
            let slots: Vec<Slot> = edges.iter().map(|edge| edge.registers.slot(register)).collect();
            let is_stored = slots.iter().all(|slot| slot.is_stored);
            let first = slots[0].value;
            let stays = loop_writes.is_some()
                && slots.iter().all(|slot| slot.value.is_none())
                && !self.learnt.is_wary
                && !self.learnt.held.contains(&(place, register));
            if stays && written.contains(register) {
                in_the_stack.insert(register);
                merged.set(register, Slot::IN_THE_STACK);
                continue;
            }
            let differs = slots.iter().any(|slot| slot.value != first);
            if written.contains(register) || (differs && slots.iter().any(|s| s.value.is_some())) {
                let types = slots.iter().map(|slot| slot.value.map_or(Type::Any, |v| self.f.ty(v)));
                let passed = types.reduce(Type::join).unwrap_or(Type::Any);
                let ty = match self.learnt.types.get(&(place, register)) {
                    _ if self.learnt.is_wary && loop_writes.is_some() => Type::Any,
                    Some(&wider) if loop_writes.is_some() => passed.join(wider),
                    _ => passed,
                };
                parameters.push((register, is_stored && !written.contains(register), ty));
            } else {
                merged.set(register, Slot { value: first, is_stored });
            }
        }
        let block = self.f.add_block();
        for &(register, is_stored, ty) in &parameters {
            let value = self.f.add_parameter(block, ty);
            merged.set(register, Slot { value: Some(value), is_stored });
        }
        let parameters: Vec<usize> = parameters.iter().map(|&(register, ..)| register).collect();
        for edge in &mut edges {
            self.jump(edge, block, &parameters);
        }
        if loop_writes.is_some() {
            self.loops.insert(place, OpenLoop { header: block, parameters, in_the_stack });
        }
        self.current = block;
        self.registers = merged;
    }

    /// Ends an edge's block with a jump that passes what the registers hold.
    fn jump(&mut self, edge: &mut Edge, block: Block, parameters: &[usize]) {
        self.current = edge.from;
        let arguments = parameters
            .iter()
            .map(|&register| match edge.registers.slot(register).value {
                Some(value) => value,
                None => self.emit(Op::LoadSlot, vec![], register as i64),
            })
            .collect();
        let target = Target { block, arguments };
        let end = self.f.make(Op::Jump, Vec::new(), 0, None, vec![target]);
        self.f.append(self.current, end);
    }

    fn close_loop(&mut self, place: Place, mut edge: Edge) {
        let Some(open) = self.loops.get(&place) else { return };
        let (header, parameters) = (open.header, open.parameters.clone());
        for register in open.in_the_stack.iter() {
            if !edge.registers.slot(register).is_stored {
                self.learnt.held.insert((place, register));
                self.is_outdated = true;
            }
        }
        for (number, &register) in parameters.iter().enumerate() {
            let taken_for = self.f.ty(self.f.parameters(header)[number]);
            let passed = edge.registers.slot(register).value.map_or(Type::Any, |v| self.f.ty(v));
            if !passed.is_within(taken_for) && !plant::is(Bug::OptNarrowLoop) {
                self.learnt.types.insert((place, register), taken_for.join(passed));
                self.is_outdated = true;
            }
        }
        self.jump(&mut edge, header, &parameters);
    }

    /// A new block that the current one may go on to.
    fn new_edge(&mut self) -> Block {
        self.f.add_block()
    }

    // --- instructions of the representation

    fn emit(&mut self, op: Op, operands: Vec<Value>, immediate: i64) -> Value {
        let inst = self.f.make(op, operands, immediate, None, Vec::new());
        self.f.append(self.current, inst);
        self.result(inst)
    }

    fn emit_effect(&mut self, op: Op, operands: Vec<Value>, immediate: i64) {
        let inst = self.f.make(op, operands, immediate, None, Vec::new());
        self.f.append(self.current, inst);
    }

    /// A guard that leaves for the current instruction.
    fn guard(&mut self, op: Op, operands: Vec<Value>, immediate: i64) {
        let state = self.state();
        let inst = self.f.make(op, operands, immediate, Some(state), Vec::new());
        self.f.append(self.current, inst);
    }

    /// The same, with a result.
    fn guard_value(&mut self, op: Op, operands: Vec<Value>, immediate: i64) -> Value {
        let state = self.state();
        let inst = self.f.make(op, operands, immediate, Some(state), Vec::new());
        self.f.append(self.current, inst);
        self.result(inst)
    }

    fn result(&self, inst: crate::ir::Inst) -> Value {
        let Some(value) = self.f.inst(inst).result else {
            unreachable!("only asked of operations with a result")
        };
        value
    }

    fn end(&mut self, op: Op, operands: Vec<Value>, immediate: i64, blocks: &[Block]) {
        let targets = blocks.iter().map(|&block| Target { block, arguments: Vec::new() });
        let state = op.effects().exits.then(|| self.state());
        let inst = self.f.make(op, operands, immediate, state, targets.collect());
        self.f.append(self.current, inst);
    }

    /// What the interpreter would have before the current instruction.
    fn state(&mut self) -> State {
        if let Some(state) = self.state {
            return state;
        }
        let state = self.state_at(self.pc);
        self.state = Some(state);
        state
    }

    /// The same before another one, which comes next.
    fn state_at(&mut self, pc: usize) -> State {
        let caller = self.inlined.as_ref().map(|inlined| inlined.caller);
        let live = self.body.wanted(pc);
        let dirty = live.iter().filter_map(|register| {
            let slot = self.registers.slot(register);
            slot.value.filter(|_| !slot.is_stored).map(|value| (register as u8, value))
        });
        let open = self.open_beyond(pc);
        let dirty = dirty.chain(open).chain(self.top_of_state(pc));
        let state = FrameState {
            scope: self.scope,
            pc: pc as u32,
            registers: dirty.collect(),
            caller,
            begins_loop: false,
            objects: Vec::new(),
        };
        self.f.add_state(state)
    }

    // --- registers

    fn read(&mut self, register: usize) -> Value {
        if self.body.shared.contains(register) {
            return self.emit(Op::LoadCaptured, Vec::new(), register as i64);
        }
        if let Some(value) = self.registers.slot(register).value {
            return value;
        }
        if self.inlined.is_some() {
            // Registers of an inlined function are nowhere but here.
            self.give_up_inlining();
            return self.emit(Op::Nil, Vec::new(), 0);
        }
        let value = self.emit(Op::LoadSlot, Vec::new(), register as i64);
        self.registers.set(register, Slot { value: Some(value), is_stored: true });
        value
    }

    fn write(&mut self, register: usize, value: Value) {
        if self.body.shared.contains(register) {
            self.emit_effect(Op::StoreCaptured, vec![value], register as i64);
        } else if self.body.captured.contains(register) {
            // Closures find it in the Lua stack, and leave it as it is.
            self.emit_effect(Op::StoreSlot, vec![value], register as i64);
            self.registers.set(register, Slot { value: Some(value), is_stored: true });
            self.state = None;
        } else {
            self.registers.set(register, Slot { value: Some(value), is_stored: false });
            self.state = None;
        }
    }

    /// Puts registers into the Lua stack that are not there.
    fn flush(&mut self, registers: RegisterSet) {
        let limit = self.registers.len();
        for register in registers.iter().take_while(|&it| it < limit) {
            let slot = self.registers.slot(register);
            if let (Some(value), false) = (slot.value, slot.is_stored) {
                self.emit_effect(Op::StoreSlot, vec![value], register as i64);
                self.registers.set(register, Slot { is_stored: true, ..slot });
            }
        }
        self.state = None;
    }

    /// Registers now hold what the Lua stack has.
    fn forget(&mut self, registers: RegisterSet) {
        let limit = self.registers.len();
        for register in registers.iter().take_while(|&it| it < limit) {
            self.registers.set(register, Slot::IN_THE_STACK);
        }
        self.state = None;
    }
}

/// Where it goes on after an instruction.
enum Next {
    Behind,
    /// The block has its end.
    Elsewhere,
}
