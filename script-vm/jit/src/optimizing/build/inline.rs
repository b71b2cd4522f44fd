//! Functions that become part of the one that calls them.
//!
//! Only functions that end, one way or the other, without the runtime: no loops, no calls but of what is inlined
//! in turn or called without a frame, no instruction that there is no operation for. Which ones these are shows when one is built; if it cannot be, all is
//! built anew without it. The frame of such a function is never pushed; where it exits, the frame state has both.

use std::collections::BTreeMap;

use interlune_core::bytecode::{Opcode, Proto};
use interlune_core::interp::{NATIVE_CALLEE, SEVERAL_CALLEES};
use interlune_core::plant::{self, Bug};
use interlune_core::runtime::{InlinedCall, MOST_RETURNED};
use interlune_core::tier::CompileInput;
use interlune_core::value::tag;

use super::body::Body;
use super::graph::Graph;
use super::open::{may_return_one, wanted};
use super::registers::{Registers, Slot};
use super::{Builder, Next};
use crate::flow::RegisterSet;
use crate::ir::{
    Block, FrameState, MOST_REGISTERS, Op, SPARE_REGISTERS, Scope, ScopeData, State, Target, Type,
    Value,
};

/// Longer functions are not inlined.
pub const MOST_INLINED: usize = 120;
/// Calls in calls.
pub const DEEPEST: usize = 3;
/// The same of the function itself: what is saved halves with each level, and the code doubles.
const DEEPEST_RECURSION: usize = 2;

/// Most instructions that are inlined into copies of the same function: one with many calls of itself would become very long.
const MOST_RECURSION: usize = 160;
/// Most instructions of everything that is inlined into one function.
const MOST_INLINED_IN_ALL: usize = 1200;

/// What is known of the functions that are called, by their numbers.
pub(super) struct Inlinable<'a> {
    /// Those that may be inlined.
    bodies: BTreeMap<u64, (Body<'a>, Graph)>,
    /// Those that can be called directly.
    direct: BTreeMap<u64, DirectCallee>,
    /// The function that is built, with its number.
    own: (u64, DirectCallee),
}

/// What direct calls have to know of a function.
#[derive(Clone, Copy)]
pub(super) struct DirectCallee {
    pub parameters: usize,
    /// It returns one value wherever it does, so that the first is all of them.
    pub returns_one: bool,
    /// It may return another number of values: of a function without such code, as far as its bytecode says.
    pub may_return_several: bool,
    /// It has no such code yet.
    pub is_expected: bool,
}

impl DirectCallee {
    fn of(input: &CompileInput) -> DirectCallee {
        let parameters = usize::from(input.proto.param_count);
        DirectCallee {
            parameters,
            returns_one: input.returns_one,
            may_return_several: !input.may_become_direct || !may_return_one(&input.proto),
            is_expected: input.may_become_direct,
        }
    }

    /// What finds the code for callers who want so many results, nothing for all: none if these cannot be had so.
    pub fn entry(self, wanted: Option<usize>) -> Option<Op> {
        match wanted {
            Some(0 | 1) => Some(Op::DirectEntry),
            _ if self.returns_one => Some(Op::SingleEntry),
            Some(..=MOST_RETURNED) if self.may_return_several => Some(Op::SeveralEntry),
            _ => None,
        }
    }
}

impl<'a> Inlinable<'a> {
    pub fn of(input: &'a CompileInput) -> Inlinable<'a> {
        let callees = input.callees.iter().filter(|(_, callee)| may_be_inlined(callee));
        let built = callees.filter_map(|(number, callee)| {
            let body = Body::of(callee);
            let graph = Graph::of(&body, 0)?;
            (body.captured.is_empty() && graph.headers.is_empty())
                .then_some((*number, (body, graph)))
        });
        let bodies = built.collect();
        let is_direct = |callee: &CompileInput| callee.is_direct || callee.may_become_direct;
        let direct = input.callees.iter().filter(|(_, callee)| is_direct(callee));
        let direct = direct.map(|(number, callee)| (*number, DirectCallee::of(callee))).collect();
        // What it returns by calling itself is not known before it is built.
        let returns_one = may_return_one(&input.proto);
        let own = DirectCallee { returns_one, is_expected: false, ..DirectCallee::of(input) };
        Inlinable { bodies, direct, own: (input.number, own) }
    }

    /// The function that is built was supposed to return one value wherever it does.
    pub fn supposes_one(&self) -> bool {
        self.own.1.returns_one
    }

    /// It does not.
    pub fn suppose_several(&mut self) {
        self.own.1.returns_one = false;
    }

    /// A function if it can be called directly. The one that is built can if it `is_direct`.
    pub fn direct_callee(&self, number: u64, is_direct: bool) -> Option<DirectCallee> {
        if number != 0 && number == self.own.0 {
            return is_direct.then_some(self.own.1);
        }
        self.direct.get(&number).copied()
    }
}

/// Whether a function could be inlined as far as its bytecode alone says.
pub fn may_be_inlined(input: &CompileInput) -> bool {
    let proto = &input.proto;
    let is_fine = |opcode: Opcode| {
        !matches!(
            opcode,
            Opcode::SetList
                | Opcode::Concat
                | Opcode::Close
                | Opcode::MarkClose
                | Opcode::Closure
                | Opcode::ForPrep
                | Opcode::ForInPrep
                | Opcode::JumpBack
        )
    };
    input.may_be_copied
        && proto.code.len() <= MOST_INLINED
        && proto.code.iter().all(|insn| insn.opcode().is_some_and(is_fine))
}

/// The numbers of the functions that a function has called, each from a place of its own.
pub fn callees(input: &CompileInput) -> Vec<u64> {
    let is_call =
        |opcode| matches!(opcode, Some(Opcode::Call | Opcode::TailCall | Opcode::ForCall));
    let calls = input.proto.code.iter().enumerate().filter(|(_, it)| is_call(it.opcode()));
    let called = calls.map(|(pc, _)| input.feedback(pc, 0));
    let methods = input.receivers.methods.values().flatten().map(|it| it.function);
    let metamethods = input.metamethods.values().map(|site| site.function);
    let known = input.known.values().map(|known| known.found);
    let known = known.filter(|found| found.value.tag() == tag::CLOSURE).map(|found| found.function);
    let called = called.chain(methods).chain(metamethods).chain(known);
    called.filter(|&callee| is_one_closure(callee)).collect()
}

/// Whether what a call notes of its callee is the number of the one function that it has called.
pub fn is_one_closure(callee: u64) -> bool {
    callee != 0 && callee != SEVERAL_CALLEES && callee & NATIVE_CALLEE == 0
}

/// The function that is being inlined.
pub(super) struct Inlined {
    /// The state of the function that calls it, behind the call.
    pub caller: State,
    /// The closure that is called.
    pub closure: Value,
    /// Its variable arguments.
    pub varargs: Vec<Value>,
    /// The instructions of the calls that led here.
    path: Vec<usize>,
    /// Where it returns, and what.
    returns: Vec<(Block, Vec<Value>)>,
}

/// A function as it is to be inlined at one place.
pub(super) struct Copy<'a> {
    body: &'a Body<'a>,
    graph: &'a Graph,
    /// See [`Inlined::path`].
    path: Vec<usize>,
}

impl Copy<'_> {
    pub fn bytecodes(&self) -> usize {
        self.body.input.proto.code.len()
    }

    /// How many of so many arguments are variable.
    pub fn varargs(&self, arguments: usize) -> u8 {
        let proto = &self.body.input.proto;
        let more = arguments.saturating_sub(usize::from(proto.param_count));
        if proto.is_vararg { more as u8 } else { 0 }
    }

    /// Whether there is room for so many arguments above the registers of whoever passes them on.
    fn has_room_for(&self, arguments: usize) -> bool {
        self.varargs(arguments) == 0 || arguments <= usize::from(SPARE_REGISTERS)
    }
}

/// Who waits for a function that is being inlined, and how it was called.
pub(super) struct CallSite {
    pub caller: State,
    /// See [`ScopeData::caller`].
    pub scope: (Scope, u8),
    /// See [`ScopeData::call`].
    pub call: InlinedCall,
}

impl<'a> Builder<'a> {
    /// Inlines the call at hand, if what was called is known and may be inlined.
    pub(super) fn inline_call(&mut self) -> Option<Next> {
        self.argument_count()?;
        let callee = self.read(self.body.insn(self.pc).a());
        let number = self.callee_number(callee);
        let deepest = if number == self.inlinable.own.0 { DEEPEST_RECURSION } else { DEEPEST };
        let copy = self.copy_of(number, self.pc, deepest)?;
        let count = self.argument_count()?;
        if !copy.has_room_for(count) {
            return None;
        }
        let (closure, arguments) = self.take_call()?;
        self.inlined_bytecodes += copy.bytecodes();
        let closure = self.guarded_callee(closure, number);
        let path = copy.path.clone();
        let mut results = self.build_called(copy, closure, &arguments);
        // Results that are left open may be more than the frame has registers for.
        let room = self.registers.len() - self.body.insn(self.pc).a();
        if results.len() > room {
            self.learnt.not_inlined.insert(path);
            self.is_outdated = true;
            results.truncate(room);
        }
        Some(self.take_results(&results))
    }

    /// Inlines all that the method at hand was found to be so far, each on a way of its own.
    pub(super) fn inline_one_of_several(&mut self) -> Option<Next> {
        let i = self.body.insn(self.pc);
        self.argument_count()?;
        if i.c() == 0 {
            return None;
        }
        let callee = self.read(i.a());
        let numbers = self.methods.get(&callee)?.clone();
        let copies: Option<Vec<Copy>> = numbers
            .iter()
            // There are several calls at this instruction.
            .map(|&number| self.copy_of(number, self.pc | (number as usize) << 32, DEEPEST))
            .collect();
        let copies = copies?;
        let bytecodes: usize = copies.iter().map(Copy::bytecodes).sum();
        let count = self.argument_count()?;
        let has_room = copies.iter().all(|copy| copy.has_room_for(count));
        if self.inlined_bytecodes + bytecodes > MOST_INLINED_IN_ALL || !has_room {
            return None;
        }
        let (closure, arguments) = self.take_call()?;
        self.inlined_bytecodes += bytecodes;
        let last = numbers.last().copied();
        let mut returns = Vec::new();
        for (number, copy) in numbers.into_iter().zip(copies) {
            let mut others = None;
            if Some(number) == last {
                self.guard_callee(closure, number);
            } else {
                let is_it = self.emit(Op::IsFunction, vec![closure], number as i64);
                let edges = [self.new_edge(), self.new_edge()];
                self.end(Op::Branch, vec![is_it], 0, &edges);
                self.current = edges[0];
                others = Some(edges[1]);
            }
            self.state = None;
            let results = self.build_called(copy, closure, &arguments);
            returns.push((self.current, results));
            if let Some(others) = others {
                self.current = others;
            }
            self.state = None;
        }
        let results = self.join_returns(returns, i.c() - 1);
        Some(self.take_results(&results))
    }

    /// Inlines the tail call at hand in the place of the function that is being inlined; what it returns.
    pub(super) fn inline_tail_call(&mut self) -> Option<Vec<Value>> {
        let caller = self.inlined.as_ref()?.caller;
        let callee = self.read(self.body.insn(self.pc).a());
        let number = self.callee_number(callee);
        let copy = self.copy_of(number, self.pc, DEEPEST)?;
        if !copy.has_room_for(self.argument_count()?) {
            return None;
        }
        let (closure, arguments) = self.take_call()?;
        self.inlined_bytecodes += copy.bytecodes();
        let closure = self.guarded_callee(closure, number);
        self.guard(Op::Charge, vec![], 0);
        // The frame of the function that makes the call is gone; whoever called it waits for the new one.
        let mut waiting = self.f.state(caller).clone();
        let scope = self.f.scope(self.scope);
        let (outer, first) = scope.caller?;
        let call = InlinedCall {
            arguments: arguments.len() as u8,
            is_tail_call: true,
            varargs: copy.varargs(arguments.len()),
            ..scope.call
        };
        // So are the variable arguments of that function.
        waiting.registers.retain(|(register, _)| *register < first);
        if call.varargs != 0 {
            waiting.registers.extend((first..).zip(arguments.iter().copied()));
        }
        for (register, value) in &mut waiting.registers {
            if *register + 1 == first {
                *value = closure;
            }
        }
        let site = CallSite { caller: self.f.add_state(waiting), scope: (outer, first), call };
        Some(self.build_inlined(copy, closure, &arguments, site))
    }

    /// A function as it may be inlined here, `at` which call of the function at hand; nothing if it may not.
    pub(super) fn copy_of(&self, number: u64, at: usize, deepest: usize) -> Option<Copy<'a>> {
        if !is_one_closure(number) || self.learnt.is_wary {
            return None;
        }
        let (body, graph) = self.inlinable.bodies.get(&number)?;
        let mut path = self.inlined.as_ref().map_or(Vec::new(), |inlined| inlined.path.clone());
        path.push(at);
        let copy = Copy { body, graph, path };
        let is_long = self.recursive_bytecodes + copy.bytecodes() > MOST_RECURSION;
        let is_fine = copy.path.len() <= deepest
            && !(is_long && self.is_running(number))
            && self.inlined_bytecodes + copy.bytecodes() <= MOST_INLINED_IN_ALL
            && !self.learnt.not_inlined.contains(&copy.path)
            && self.has_spare_registers(&copy.body.input.proto);
        is_fine.then_some(copy)
    }

    /// Whether a function can be inlined as far as registers go: if it has variable arguments, these are passed on in registers
    /// beyond those of any of the frames.
    fn has_spare_registers(&self, callee: &Proto) -> bool {
        let has_spare = |proto: &Proto| {
            usize::from(proto.max_stack) + usize::from(SPARE_REGISTERS) <= MOST_REGISTERS
        };
        let frames = || self.f.scopes().all(|scope| has_spare(&self.f.scope(scope).proto));
        !callee.is_vararg || has_spare(callee) && frames()
    }

    /// Whether the code at hand is part of a function, as it is or inlined.
    fn is_running(&self, number: u64) -> bool {
        let outer = |&scope: &Scope| self.f.scope(scope).caller.map(|(caller, _)| caller);
        std::iter::successors(Some(self.scope), outer)
            .any(|scope| self.f.scope(scope).number == number)
    }

    /// The closure and the arguments of the call at hand, if it may be one of a closure.
    fn take_call(&mut self) -> Option<(Value, Vec<Value>)> {
        let i = self.body.insn(self.pc);
        let callee = self.read(i.a());
        if !matches!(self.f.ty(callee), Type::Any | Type::Closure) {
            return None;
        }
        let count = self.argument_count()?;
        let arguments = (1..=count).map(|argument| self.read(i.a() + argument)).collect();
        Some((self.guarded(Op::GuardClosure, callee), arguments))
    }

    /// The same closure behind a guard that it is one of that function.
    fn guarded_callee(&mut self, closure: Value, number: u64) -> Value {
        self.own_closure(closure, number).unwrap_or_else(|| {
            self.guard_callee(closure, number);
            closure
        })
    }

    /// The closure that runs, behind a guard that a closure is that one, if its function is the one that is built: what calls
    /// itself finds itself mostly, and then there is one closure on all levels, whose captured variables are read once.
    pub(super) fn own_closure(&mut self, closure: Value, number: u64) -> Option<Value> {
        let is_own = number != 0 && number == self.inlinable.own.0 && self.is_direct;
        let is_known = self.named(closure).is_some();
        if !is_own || is_known || self.body.is_lost(self.pc) || plant::is(Bug::OptWrongCallee) {
            return None;
        }
        let running = self.emit(Op::Running, vec![], 0);
        self.guard(Op::GuardRunning, vec![closure], 0);
        Some(running)
    }

    pub(super) fn guard_callee(&mut self, closure: Value, number: u64) {
        let is_known = self.named(closure).is_some_and(|named| named.function == number);
        if !is_known && !plant::is(Bug::OptWrongCallee) {
            self.guard(Op::GuardFunction, vec![closure], number as i64);
        }
    }

    /// Takes the fuel of the call at hand and builds what it calls; its results.
    fn build_called(&mut self, copy: Copy<'a>, closure: Value, arguments: &[Value]) -> Vec<Value> {
        let i = self.body.insn(self.pc);
        self.build_called_at(i.a(), wanted(i), copy, closure, arguments)
    }

    /// The same for a call of what is in register `a`, with that many results.
    pub(super) fn build_called_at(
        &mut self,
        a: usize,
        wanted: usize,
        copy: Copy<'a>,
        closure: Value,
        arguments: &[Value],
    ) -> Vec<Value> {
        // Exits of the function take over the call's fuel; last of all, since this one repeats the call.
        self.guard(Op::Charge, vec![], 0);
        let call = InlinedCall {
            register: a as u8,
            arguments: arguments.len() as u8,
            wanted: wanted as u8,
            varargs: copy.varargs(arguments.len()),
            ..InlinedCall::default()
        };
        let variable = if call.varargs == 0 { &[] } else { arguments };
        let caller = self.caller_state(a, closure, variable);
        let site = CallSite { caller, scope: (self.scope, a as u8 + 1), call };
        self.build_inlined(copy, closure, arguments, site)
    }

    fn take_results(&mut self, results: &[Value]) -> Next {
        let i = self.body.insn(self.pc);
        for (index, &value) in results.iter().enumerate() {
            self.write(i.a() + index, value);
        }
        self.state = None;
        if i.c() == 0 {
            self.leave_open(i.a(), results.len());
        }
        Next::Behind
    }

    /// Builds the body of a called function; what it returns, as many values as are wanted.
    pub(super) fn build_inlined(
        &mut self,
        Copy { body, graph, path }: Copy<'a>,
        closure: Value,
        arguments: &[Value],
        site: CallSite,
    ) -> Vec<Value> {
        let wanted = usize::from(site.call.wanted);
        let caller = site.caller;
        if self.is_running(body.input.number) {
            self.recursive_bytecodes += body.input.proto.code.len();
        }
        let scope = self.f.add_scope(ScopeData {
            proto: body.input.proto.clone(),
            caller: Some(site.scope),
            call: site.call,
            constants_at: body.input.constants_at,
            number: body.input.number,
        });
        let nil = self.emit(Op::Nil, vec![], 0);
        let proto = &body.input.proto;
        let spare = if proto.is_vararg { usize::from(SPARE_REGISTERS) } else { 0 };
        let mut registers = Registers::in_the_stack(usize::from(proto.max_stack) + spare);
        for parameter in 0..usize::from(proto.param_count) {
            let value = arguments.get(parameter).copied().unwrap_or(nil);
            registers.set(parameter, Slot { value: Some(value), is_stored: false });
        }
        let fixed = arguments.len() - usize::from(site.call.varargs);
        let varargs = arguments[fixed..].to_vec();
        let inlined = Inlined { caller, closure, varargs, path, returns: Vec::new() };
        let outer_open = self.open.take();
        let outer_inlined = self.inlined.replace(inlined);
        let outer_scope = std::mem::replace(&mut self.scope, scope);
        let outer_body = std::mem::replace(&mut self.body, body);
        let outer_graph = std::mem::replace(&mut self.graph, graph);
        let outer_registers = std::mem::replace(&mut self.registers, registers);
        let outer_edges = std::mem::take(&mut self.edges);
        let outer_loops = std::mem::take(&mut self.loops);
        let (outer_pc, outer_at) = (self.pc, self.at);
        self.pc = 0;
        self.state = None;
        self.leave_to(graph.order[0]);
        self.build_all();
        self.open = outer_open;
        self.pc = outer_pc;
        self.at = outer_at;
        self.state = None;
        self.edges = outer_edges;
        self.loops = outer_loops;
        self.registers = outer_registers;
        self.graph = outer_graph;
        self.body = outer_body;
        self.scope = outer_scope;
        if self.returns_differ() {
            self.give_up_inlining();
        }
        let inlined = std::mem::replace(&mut self.inlined, outer_inlined);
        let returns = inlined.map_or(Vec::new(), |inlined| inlined.returns);
        self.join_returns(returns, wanted)
    }

    /// What the caller's frame is when the function returns, without what it returns. Registers from that of the function
    /// on are the callee's, although an instruction that takes all values there are seems to ask for what they had before;
    /// `variable` are its arguments if some of them are variable.
    fn caller_state(&mut self, register: usize, closure: Value, variable: &[Value]) -> State {
        let callees = RegisterSet::range(register, self.registers.len());
        let live = self.body.wanted(self.pc + 1).without(callees);
        let state = self.waiting_state(live, register as u8, closure);
        let arguments = (register as u8 + 1..).zip(variable.iter().copied());
        self.f.state_mut(state).registers.extend(arguments);
        state
    }

    /// The frame that waits for a function to return, behind the instruction at hand: its live registers, and the closure
    /// that is called.
    pub(super) fn waiting_state(
        &mut self,
        live: RegisterSet,
        register: u8,
        closure: Value,
    ) -> State {
        let mut registers: Vec<(u8, Value)> = live
            .iter()
            .filter_map(|register| {
                let slot = self.registers.slot(register);
                slot.value.filter(|_| !slot.is_stored).map(|value| (register as u8, value))
            })
            .collect();
        // Where the new frame finds its function.
        registers.retain(|&(it, _)| it != register);
        registers.push((register, closure));
        let caller = self.inlined.as_ref().map(|inlined| inlined.caller);
        let pc = self.pc as u32 + u32::from(!plant::is(Bug::OptWrongInlined));
        self.f.add_state(FrameState {
            scope: self.scope,
            pc,
            registers,
            caller,
            begins_loop: false,
            objects: Vec::new(),
        })
    }

    /// Goes on behind the call with what the function has returned.
    fn join_returns(&mut self, returns: Vec<(Block, Vec<Value>)>, wanted: usize) -> Vec<Value> {
        if let [(block, values)] = &returns[..] {
            self.current = *block;
            return values.clone();
        }
        let block = self.f.add_block();
        let count = match wanted == usize::from(InlinedCall::ALL) {
            true => returns.iter().map(|(_, values)| values.len()).min().unwrap_or(0),
            false => wanted,
        };
        let results: Vec<Value> = (0..count)
            .map(|number| {
                let types = returns.iter().map(|(_, values)| self.f.ty(values[number]));
                let ty = types.reduce(Type::join).unwrap_or(Type::Any);
                self.f.add_parameter(block, ty)
            })
            .collect();
        let first = returns.first().map(|(_, values)| values.clone());
        for (from, mut values) in returns {
            if plant::is(Bug::OptWrongWay)
                && let (Some(value), Some(other)) = (values.first_mut(), first.as_ref())
                && self.is_constant(other[0])
            {
                *value = other[0];
            }
            values.truncate(count);
            let target = Target { block, arguments: values };
            let end = self.f.make(Op::Jump, Vec::new(), 0, None, vec![target]);
            self.f.append(from, end);
        }
        self.current = block;
        results
    }

    /// Whether a value is one everywhere.
    fn is_constant(&self, value: Value) -> bool {
        self.definition(value).is_some_and(|(op, _)| matches!(op, Op::Int | Op::Float | Op::Nil))
    }

    /// An inlined function returns these values.
    pub(super) fn return_inlined(&mut self, mut values: Vec<Value>) {
        let Some(inlined) = &self.inlined else { return };
        let wanted = usize::from(self.f.scope(self.scope).call.wanted);
        debug_assert!(!inlined.path.is_empty(), "it was called");
        if wanted != usize::from(InlinedCall::ALL) {
            while values.len() < wanted {
                let nil = self.emit(Op::Nil, vec![], 0);
                values.push(nil);
            }
            values.truncate(wanted);
        }
        let current = self.current;
        if let Some(inlined) = &mut self.inlined {
            inlined.returns.push((current, values));
        }
    }

    /// Whether the function that is being inlined returns now more values and now fewer.
    fn returns_differ(&self) -> bool {
        let returns = self.inlined.as_ref().map_or(&[][..], |inlined| &inlined.returns);
        returns.windows(2).any(|two| two[0].1.len() != two[1].1.len())
    }

    /// The function that is being inlined cannot be: all is built anew without it.
    pub(super) fn give_up_inlining(&mut self) {
        if let Some(inlined) = &self.inlined {
            self.learnt.not_inlined.insert(inlined.path.clone());
            self.is_outdated = true;
        }
    }

    /// The closure that runs.
    pub(super) fn running(&mut self) -> Value {
        match &self.inlined {
            Some(inlined) => inlined.closure,
            None => self.emit(Op::Running, vec![], 0),
        }
    }
}
