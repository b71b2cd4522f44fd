//! Calls of methods of receivers of several classes: each has a way of its own, from the lookup to behind the call.
//!
//! On a way it is known where the receiver has its fields and which method it has, so that both go without asking again, in
//! what is inlined too. That takes building the arguments once for every way, so only calls whose arguments are simple
//! are built so. The receivers are those that the lookup's cache has met. What else comes is a bet that is lost at first;
//! where that bet was lost before, there is one more way, on which lookup and call are run as the tier below runs them.

use interlune_core::bytecode::Opcode;
use interlune_core::inline_cache::{
    AT_LEAST, INLINE_SLOTS, KEY_BITS, Location, OUT_OF_LINE, Place, key_bound,
};
use interlune_core::tier::{MethodReceiver, MethodWay};

use super::{Builder, Edge, Next};
use crate::ir::{Block, Op, Value};

/// Instructions between a lookup and its call that are built once for every way.
const MOST_ARGUMENTS: usize = 10;

impl Builder<'_> {
    /// Builds the method lookup at hand and all up to its call on a way for each receiver, if its receivers are known.
    pub(super) fn dispatch_method(&mut self, object: Value) -> Option<Next> {
        let lookup = self.pc;
        let receivers = self.method_receivers()?;
        let call = self.call_of_method()?;
        let table = self.table(object)?;
        let has_frame = self.inlined.is_none() && !self.is_direct;
        let is_megamorphic = self.body.input.receivers.megamorphic.contains(&lookup);
        let is_open = self.body.is_lost(lookup) || is_megamorphic;
        if is_open && !has_frame && is_megamorphic {
            return None;
        }
        let has_others = is_open && has_frame;
        if receivers.len() == 1 && !has_others && !self.is_far_away() {
            return None;
        }
        // Entered from every test that fails.
        let others = self.f.add_block();
        self.hold_methods(&receivers, has_others.then_some(others));
        let before = self.registers.clone();
        let mut edges = Vec::new();
        let groups = grouped(&receivers);
        for (number, group) in groups.iter().enumerate() {
            let next = match number + 1 == groups.len() {
                true if !has_others => None,
                true => Some(others),
                false => Some(self.f.add_block()),
            };
            self.select(table, group, next);
            let method = self.method_of(table, &group[0]);
            edges.extend(self.build_way(lookup, call, |b| {
                let i = b.body.insn(lookup);
                b.write(i.a() + 1, table);
                b.write(i.a(), method);
            }));
            if let Some(next) = next {
                self.current = next;
            }
            self.registers = before.clone();
            self.pc = lookup;
            self.state = None;
        }
        if has_others {
            edges.extend(self.build_way(lookup, call, |b| {
                b.run();
            }));
        }
        self.pc = call;
        self.state = None;
        Some(self.meet(edges))
    }

    /// Whether the interpreter's cache could not tell where the method is: more than one `__index` away.
    fn is_far_away(&self) -> bool {
        self.body.feedback(self.pc, 2) >> KEY_BITS == Place::Elsewhere as u64
    }

    /// The receivers that the lookup's cache has met, each with its method. Those that differ in nothing but slots that
    /// the method is not in are one.
    fn method_receivers(&self) -> Option<Vec<MethodReceiver>> {
        let known = self.body.input.receivers.methods.get(&self.pc)?;
        let mut receivers: Vec<MethodReceiver> = Vec::new();
        for receiver in known {
            let key = match receiver.way {
                MethodWay::Unknown => return None,
                MethodWay::Own(location) if location & OUT_OF_LINE != 0 => receiver.key,
                MethodWay::Own(_) | MethodWay::Inherited { .. } => key_bound(receiver.key),
            };
            let is_same = |other: &&mut MethodReceiver| {
                key & AT_LEAST != 0
                    && (other.key ^ key) & !INLINE_SLOTS == 0
                    && other.function == receiver.function
                    && is_same_way(other.way, receiver.way)
            };
            match receivers.iter_mut().find(is_same) {
                Some(other) => other.key = other.key.min(key),
                None => receivers.push(MethodReceiver { key, ..*receiver }),
            }
        }
        Some(receivers)
    }

    /// The call of the method that is looked up at hand, if there is nothing but simple arguments before it.
    fn call_of_method(&self) -> Option<usize> {
        let register = self.body.insn(self.pc).a();
        let block = &self.body.flow.blocks[self.body.flow.block_of[self.pc]];
        let end = block.end.min(self.pc + MOST_ARGUMENTS + 2);
        for pc in self.pc + 1..end {
            let insn = self.body.insn(pc);
            match insn.opcode()? {
                Opcode::Call if insn.a() == register => {
                    let is_counted = insn.b() != 0 && insn.c() != 0;
                    return is_counted.then_some(pc);
                }
                Opcode::TailCall if insn.a() == register => {
                    let is_counted = insn.b() != 0 && insn.c() == 0;
                    return is_counted.then_some(pc);
                }
                Opcode::Move
                | Opcode::LoadInt
                | Opcode::LoadConst
                | Opcode::LoadNil
                | Opcode::LoadTrue
                | Opcode::LoadFalse
                | Opcode::GetUpvalue
                | Opcode::GetEnv
                | Opcode::GetField
                | Opcode::Add
                | Opcode::Sub
                | Opcode::Mul
                | Opcode::Div
                | Opcode::AddImm
                | Opcode::SubImm
                | Opcode::AddConst
                | Opcode::SubConst
                | Opcode::MulConst
                | Opcode::DivConst
                | Opcode::Neg
                | Opcode::Not => {}
                _ => return None,
            }
        }
        None
    }

    /// Makes sure that the classes have the methods still; what if not is a bet that is lost, unless there is a block for it.
    fn hold_methods(&mut self, receivers: &[MethodReceiver], others: Option<Block>) {
        let mut operands = Vec::new();
        for receiver in receivers {
            if let MethodWay::Inherited { metatable, method } = receiver.way {
                operands.push(self.object(metatable));
                operands.push(self.object(method));
            }
        }
        if operands.is_empty() {
            return;
        }
        let name = (self.scope.index() as i64) << 32 | self.body.insn(self.pc).c() as i64;
        match others {
            Some(others) => {
                let hold = self.emit(Op::MethodsHold, operands, name);
                self.go_on_if(hold, others);
            }
            None => self.guard(Op::GuardMethods, operands, name),
        }
    }

    /// Goes on in a new block if a condition holds, else in another one, which has no parameters.
    fn go_on_if(&mut self, condition: Value, other: Block) {
        let edges = [self.new_edge(), self.new_edge()];
        self.end(Op::Branch, vec![condition], 0, &edges);
        self.current = edges[1];
        self.end(Op::Jump, Vec::new(), 0, &[other]);
        self.current = edges[0];
    }

    /// Goes on if the table is one of a group of receivers, else in `next`; without one, any other is a bet that is lost.
    fn select(&mut self, table: Value, group: &[MethodReceiver], next: Option<Block>) {
        let key = group[0].key as i64;
        match next {
            Some(next) => {
                let has_key = self.emit(Op::HasKey, vec![table], key);
                self.go_on_if(has_key, next);
            }
            None => self.guard(Op::GuardKey, vec![table], key),
        }
        let metatables = group.iter().filter_map(|receiver| match receiver.way {
            MethodWay::Inherited { metatable, .. } => Some(metatable),
            MethodWay::Own(_) | MethodWay::Unknown => None,
        });
        let metatables: Vec<_> = metatables.collect();
        let Some((&last, others)) = metatables.split_last() else { return };
        let selected = (!others.is_empty()).then(|| self.f.add_block());
        for &other in others {
            let metatable = self.object(other);
            let is_it = self.emit(Op::HasMetatable, vec![table, metatable], 0);
            let edges = [self.new_edge(), self.new_edge()];
            self.end(Op::Branch, vec![is_it], 0, &edges);
            if let Some(selected) = selected {
                self.current = edges[0];
                self.end(Op::Jump, Vec::new(), 0, &[selected]);
            }
            self.current = edges[1];
        }
        let metatable = self.object(last);
        match next {
            Some(next) => {
                let is_it = self.emit(Op::HasMetatable, vec![table, metatable], 0);
                self.go_on_if(is_it, next);
            }
            None => self.guard(Op::GuardMetatableIs, vec![table, metatable], 0),
        }
        if let Some(selected) = selected {
            self.end(Op::Jump, Vec::new(), 0, &[selected]);
            self.current = selected;
        }
    }

    /// The method of a table that is this receiver.
    fn method_of(&mut self, table: Value, receiver: &MethodReceiver) -> Value {
        match receiver.way {
            MethodWay::Own(location) => {
                let method = self.load_own_method(table, location);
                self.methods.insert(method, vec![receiver.function]);
                method
            }
            MethodWay::Inherited { method, .. } => self.object(method),
            MethodWay::Unknown => unreachable!("no way is built for it"),
        }
    }

    fn load_own_method(&mut self, table: Value, location: Location) -> Value {
        let method = self.emit(Op::LoadField, vec![table], i64::from(location));
        self.guard_value(Op::GuardClosure, vec![method], 0)
    }

    /// Builds one way: the lookup as `look_up` does it, and all behind it up to the call. Where it goes on, if it does.
    fn build_way(
        &mut self,
        lookup: usize,
        call: usize,
        look_up: impl FnOnce(&mut Self),
    ) -> Option<Edge> {
        self.pc = lookup;
        self.state = None;
        look_up(self);
        for pc in lookup + 1..=call {
            self.pc = pc;
            self.state = None;
            if let Next::Elsewhere = self.build_insn() {
                return None;
            }
        }
        Some(Edge { from: self.current, registers: self.registers.clone() })
    }

    /// Goes on behind the call at hand with what the ways have left.
    fn meet(&mut self, mut edges: Vec<Edge>) -> Next {
        match edges.len() {
            0 => return Next::Elsewhere,
            1 => {
                if let Some(edge) = edges.pop() {
                    self.current = edge.from;
                    self.registers = edge.registers;
                }
            }
            _ => {
                let call = self.pc;
                self.pc = call + 1;
                self.merge(self.at, edges, None);
                self.pc = call;
            }
        }
        self.state = None;
        Next::Behind
    }
}

/// Receivers of one key that have inherited the same method belong together.
fn grouped(receivers: &[MethodReceiver]) -> Vec<Vec<MethodReceiver>> {
    let mut groups: Vec<Vec<MethodReceiver>> = Vec::new();
    for receiver in receivers {
        let is_like = |group: &&mut Vec<MethodReceiver>| match (group[0].way, receiver.way) {
            (MethodWay::Inherited { method, .. }, MethodWay::Inherited { method: other, .. }) => {
                group[0].key == receiver.key && method.value.same_bits(other.value)
            }
            _ => false,
        };
        match groups.iter_mut().find(is_like) {
            Some(group) => group.push(*receiver),
            None => groups.push(vec![*receiver]),
        }
    }
    groups
}

/// Whether two receivers come to their methods in the same way.
fn is_same_way(one: MethodWay, other: MethodWay) -> bool {
    match (one, other) {
        (MethodWay::Own(one), MethodWay::Own(other)) => one == other,
        (
            MethodWay::Inherited { metatable, method },
            MethodWay::Inherited { metatable: other, method: other_method },
        ) => metatable.value.same_bits(other.value) && method.value.same_bits(other_method.value),
        _ => false,
    }
}
