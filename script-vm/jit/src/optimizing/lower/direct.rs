//! Calls of code without a frame, and what is different in such code.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{self as clif, InstBuilder};
use interlune_core::bytecode::Opcode;
use interlune_core::offsets;
use interlune_core::plant::{self, Bug};
use interlune_core::runtime::{self, InlinedCall};

use super::exit_state::Made;
use super::{Activation, Lowering, Machine};
use crate::baseline::VARIABLES;
use crate::baseline::emitter::{META, SLOT};
use crate::ir::{Definition, InstData, Op, State, TOP, Value};
use crate::optimizing::direct;

/// A call: the register of what is called, and how many values are passed and taken.
struct Called {
    register: usize,
    arguments: usize,
    wanted: usize,
    is_tail_call: bool,
}

impl Lowering<'_, '_> {
    /// The closure that runs.
    pub(super) fn running(&mut self) -> clif::Value {
        match self.activation {
            Activation::Direct { closure, .. } => closure,
            Activation::Framed(_) => self.e.closure(),
        }
    }

    /// The address of the called function's code, which is in that field of the function.
    pub(super) fn direct_entry(&mut self, data: &InstData, field: usize) -> Machine {
        let closure = self.word(data.operands[0]);
        let proto = self.e.load(I64, closure, offsets::function::CLOSURE_PROTO as i32);
        if !self.is_own(data.operands[0], data.immediate as u64) {
            let number = self.e.load(I64, proto, offsets::function::PROTO_ID as i32);
            let same = self.e.b.ins().icmp_imm_s(IntCC::Equal, number, data.immediate);
            self.require(same, data.state);
        }
        let entry = self.e.load(I64, proto, field as i32);
        self.require(entry, data.state);
        Machine::Word(entry)
    }

    /// Whether a value is the closure that runs, and its function that of this number, which needs no guard then.
    fn is_own(&self, closure: Value, number: u64) -> bool {
        let is_running = match self.f.definition(closure) {
            Definition::Result(inst) => self.f.inst(inst).op == Op::Running,
            Definition::Parameter(..) => false,
        };
        is_running && self.f.scopes().next().is_some_and(|it| self.f.scope(it).number == number)
    }

    pub(super) fn call_direct(&mut self, data: &InstData) -> Machine {
        let Some(state) = data.state else { unreachable!("a call has a state") };
        let at = self.f.state(state);
        let (scope, called) = (at.scope, self.called_at(state));
        let [entry, closure] = [data.operands[0], data.operands[1]].map(|value| self.word(value));
        let mut arguments = vec![self.e.vm, closure];
        for &argument in &data.operands[2..] {
            let (payload, meta) = self.pair(argument);
            arguments.extend([payload, meta]);
        }
        if let Activation::Framed(_) = self.activation {
            direct::set_limit(self.e);
        }
        // A tail call's frame takes the place of the caller's.
        let above = if called.is_tail_call { 0 } else { called.register + 1 };
        let distance = (self.f.registers_below(scope) + above) as i32 * SLOT;
        self.move_base(distance);
        let [payload, meta] = self.e.call_direct(entry, &arguments);
        self.move_base(-distance);
        let (left, done) = (self.e.cold_block(), self.e.b.create_block());
        let returned = self.e.b.ins().icmp_imm_s(IntCC::SignedGreaterThanOrEqual, meta, 0);
        self.e.b.ins().brif(returned, done, &[], left, &[]);
        self.e.continue_in(left);
        let refused = self.way_out_for(state, None);
        let is_refused = self.e.b.ins().icmp_imm_s(IntCC::Equal, meta, runtime::REFUSED);
        self.e.refuse(is_refused, refused);
        self.leave_with_callee(state, closure);
        self.e.continue_in(done);
        Machine::Pair(payload, meta)
    }

    /// The call that a state is before.
    fn called_at(&self, state: State) -> Called {
        let at = self.f.state(state);
        let insn = self.f.scope(at.scope).proto.code[at.pc as usize];
        match insn.opcode() {
            // Of the iterator, with state and control.
            Some(Opcode::ForCall) => Called {
                register: insn.a() + VARIABLES,
                arguments: 2,
                wanted: insn.c(),
                is_tail_call: false,
            },
            opcode => {
                let top = at.registers.iter().find(|(register, _)| *register == TOP);
                let top = top.and_then(|&(_, value)| self.constant_int(value));
                let end = top.map_or(insn.a() + insn.b(), |top| top as usize);
                let wanted = insn.c().checked_sub(1).unwrap_or(usize::from(InlinedCall::ALL));
                Called {
                    register: insn.a(),
                    arguments: end - insn.a() - 1,
                    wanted,
                    is_tail_call: opcode == Some(Opcode::TailCall),
                }
            }
        }
    }

    fn move_base(&mut self, distance: i32) {
        let base = self.e.changed_base();
        let moved = self.e.b.ins().iadd_imm_s(base, i64::from(distance));
        self.e.set_base(moved);
    }

    /// Code that was called directly, in the state before the call, has left: so does this.
    fn leave_with_callee(&mut self, state: State, closure: clif::Value) {
        let Called { register, arguments, wanted, is_tail_call } = self.called_at(state);
        if is_tail_call {
            return self.leave_with_replaced(state, closure, arguments);
        }
        let call = InlinedCall {
            register: register as u8,
            arguments: arguments as u8,
            wanted: wanted as u8,
            ..InlinedCall::default()
        };
        let written = self.write_state(state, Some(Made { closure, call }));
        self.leave_waiting(written, call);
    }

    /// The same after a tail call: the frame that made it is gone, if there ever was one.
    fn leave_with_replaced(&mut self, state: State, closure: clif::Value, arguments: usize) {
        let at = self.f.state(state);
        let written = at.caller.map(|caller| self.write_frames(state, caller, None));
        let pend = runtime::pend_tail_call as *const () as usize;
        let arguments = self.e.int(arguments as i64);
        self.e.call_three(pend, [closure, arguments]);
        match written {
            Some(written) => self.leave_waiting(written, self.f.scope(at.scope).call),
            None => direct::bail(self.e),
        }
    }

    /// Leaves with the frames that were written, the innermost of which waits for code that has left.
    fn leave_waiting(&mut self, written: clif::Value, call: InlinedCall) {
        let call = self.e.int(call.pack());
        match self.activation {
            Activation::Framed(_) => {
                let finish = runtime::finish_direct_call as *const () as usize;
                self.e.call_three(finish, [written, call]);
                let told = self.e.leave_as_told();
                self.e.jump(told);
            }
            Activation::Direct { .. } => {
                let (base, nothing) = (self.e.base(), self.e.int(0));
                let leave = runtime::leave_with_callee as *const () as usize;
                self.e.call_four(leave, [base, written, call, nothing]);
                direct::bail(self.e);
            }
        }
    }

    /// A result behind the first of the call that has just told how many there are.
    pub(super) fn result_at(&mut self, index: i64) -> Machine {
        let count = self.e.load(I64, self.e.vm, offsets::vm::RETURNED as i32);
        let known = if plant::is(Bug::OptStaleResult) { 0 } else { index };
        let is_there = self.e.b.ins().icmp_imm_s(IntCC::UnsignedGreaterThan, count, known);
        let at = offsets::vm::MORE_RESULTS as i32 + (index as i32 - 1) * SLOT;
        let (payload, meta) =
            (self.e.load(I64, self.e.vm, at), self.e.load(I64, self.e.vm, at + META));
        let nil = self.e.int(0);
        let payload = self.e.b.ins().select(is_there, payload, nil);
        let meta = self.e.b.ins().select(is_there, meta, nil);
        Machine::Pair(payload, meta)
    }

    /// Leaves the first result in registers, and tells of the others unless there is one always, or the call in whose place
    /// this one was made has done so.
    pub(super) fn return_directly(&mut self, data: &InstData) {
        if !self.f.returns_one() && !self.f.passes_on_several(data) {
            let count = self.e.int(data.operands.len() as i64);
            self.e.store(count, self.e.vm, offsets::vm::RETURNED as i32);
            for (number, &value) in data.operands.iter().enumerate().skip(1) {
                let at = offsets::vm::MORE_RESULTS as i32 + (number as i32 - 1) * SLOT;
                self.store_value(value, self.e.vm, at);
            }
        }
        let (payload, meta) = match data.operands.first() {
            Some(&value) => self.pair(value),
            None => (self.e.int(0), self.e.int(0)),
        };
        self.e.b.ins().return_(&[payload, meta]);
    }

    /// Takes the fuel of a back-edge to the state's instruction, or leaves there.
    pub(super) fn poll_directly(&mut self, state: State) {
        let header = self.pc_of(state);
        self.burn_directly(state, Some(header));
    }

    /// Takes the fuel of the call that a state is before, or leaves there.
    pub(super) fn charge_directly(&mut self, state: State) {
        self.burn_directly(state, None);
    }

    /// Address of the instruction that a state is before.
    pub(super) fn pc_of(&self, state: State) -> usize {
        let at = self.f.state(state);
        let code = &self.f.scope(at.scope).proto.code;
        (&raw const code[at.pc as usize]).addr()
    }

    /// Takes a unit of fuel; without any, the runtime refuels, or the code leaves with a state. `header` is the address of
    /// the loop's header, if it is for a back-edge.
    fn burn_directly(&mut self, state: State, header: Option<usize>) {
        let (empty, done) = (self.e.cold_block(), self.e.b.create_block());
        direct::burn_or(self.e, empty);
        self.e.jump(done);
        self.e.switch_to(empty);
        self.refuel_directly(state, header, done);
        self.e.continue_in(done);
    }

    /// There is no fuel: the runtime refuels, and it goes on in a block, or the code leaves with a state.
    pub(super) fn refuel_directly(
        &mut self,
        state: State,
        header: Option<usize>,
        done: clif::Block,
    ) {
        let target = self.e.int(header.unwrap_or(0) as i64);
        let closure = self.running();
        let refueled = direct::refuel(self.e, closure, target);
        let out = self.way_out_for(state, None);
        self.e.b.ins().brif(refueled, done, &[], out, &[]);
    }
}
