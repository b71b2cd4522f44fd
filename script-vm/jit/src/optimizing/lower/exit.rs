//! Ways out of optimized code.

use cranelift_codegen::ir as clif;
use cranelift_codegen::ir::InstBuilder;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I32, I64};
use interlune_core::{offsets, runtime};

use super::Lowering;
use crate::baseline::emitter::SLOT;
use crate::ir::State;

impl Lowering<'_, '_> {
    /// The block from which the frame of a state goes on in the tier below.
    pub(super) fn way_out(&mut self, state: State) -> clif::Block {
        self.counted_way_out(state, true)
    }

    fn counted_way_out(&mut self, state: State, counts: bool) -> clif::Block {
        let key = (state, counts);
        if let Some(&block) = self.ways_out.get(&key) {
            return block;
        }
        let block = self.e.cold_block();
        self.ways_out.insert(key, block);
        self.pending.push((key, block));
        block
    }

    /// Goes on if a condition holds that has nothing to do with what the code bets on, else leaves with a state.
    fn require_uncounted(&mut self, condition: clif::Value, state: State) {
        let out = self.counted_way_out(state, false);
        self.e.require(condition, out);
    }

    /// Puts what a state names into the Lua stack.
    pub(super) fn store_state(&mut self, state: State) {
        for &(register, value) in &self.f.state(state).registers {
            let base = self.e.base();
            self.store_value(value, base, i32::from(register) * SLOT);
        }
    }

    pub(super) fn emit_ways_out(&mut self) {
        for ((state, counts), block) in std::mem::take(&mut self.pending) {
            self.e.continue_in(block);
            if self.f.state(state).caller.is_some() {
                self.exit_inlined(state, counts);
                continue;
            }
            self.store_state(state);
            let pc = self.f.state(state).pc as usize;
            let pc_address = self.e.pc_address(pc);
            let site = if counts { self.exits.site_at(pc) } else { 0 };
            let site = self.e.int(site as i64);
            let tail = self.e.exit_tail();
            let arguments = [pc_address, site].map(clif::BlockArg::Value);
            self.e.b.ins().jump(tail, &arguments);
        }
    }

    /// Leaves with a state of an inlined function: pushes the frames that the interpreter would have, from the outermost on.
    fn exit_inlined(&mut self, state: State, counts: bool) {
        let mut chain = vec![state];
        while let Some(caller) = chain.last().and_then(|&state| self.f.state(state).caller) {
            chain.push(caller);
        }
        chain.reverse();
        // The state of a caller is behind the call.
        let call_pc = self.f.state(chain[0]).pc as usize - 1;
        let site = if counts { self.exits.site_at(call_pc) } else { 0 };
        let (pc, site) = (self.e.pc_address(call_pc), self.e.int(site as i64));
        self.e.call_three(runtime::begin_inlined_exit as *const () as usize, [pc, site]);
        for (number, &state) in chain.iter().enumerate() {
            self.store_state(state);
            let data = self.f.state(state);
            let code = &self.f.scope(data.scope).proto.code;
            let pc = self.e.int((&raw const code[data.pc as usize]).addr() as i64);
            match chain.get(number + 1) {
                Some(&inner) => {
                    let call = self.f.scope(self.f.state(inner).scope).call;
                    let call = self.e.int(call);
                    let push = runtime::push_inlined as *const () as usize;
                    let base = self.e.call_three(push, [pc, call]);
                    self.e.continue_at(base);
                }
                None => {
                    let exit = runtime::exit_inlined as *const () as usize;
                    self.e.call_three(exit, [pc, pc]);
                    let told = self.e.leave_as_told();
                    self.e.jump(told);
                }
            }
        }
    }

    /// Goes on if a condition holds, else leaves with a state.
    pub(super) fn require(&mut self, condition: clif::Value, state: Option<State>) {
        let Some(state) = state else { unreachable!("what may exit has a state") };
        let out = self.way_out(state);
        self.e.require(condition, out);
    }

    /// Leaves with a state if a condition holds.
    pub(super) fn refuse(&mut self, condition: clif::Value, state: Option<State>) {
        let Some(state) = state else { unreachable!("what may exit has a state") };
        let out = self.way_out(state);
        self.e.refuse(condition, out);
    }

    /// Takes the fuel of the call that a state is before.
    pub(super) fn charge(&mut self, state: Option<State>) {
        let Some(state) = state else { unreachable!("what may exit has a state") };
        let interrupt = self.e.load(I64, self.e.vm, offsets::vm::INTERRUPT as i32);
        let fuel = self.e.load(I32, interrupt, offsets::interrupt::FUEL as i32);
        let left = self.e.b.ins().iadd_imm_s(fuel, -1);
        if self.f.state(state).caller.is_some() {
            // The frame that would pause does not exist.
            let some = self.e.b.ins().icmp_imm_s(IntCC::SignedGreaterThan, fuel, 0);
            self.require_uncounted(some, state);
            return self.e.store(left, interrupt, offsets::interrupt::FUEL as i32);
        }
        self.e.store(left, interrupt, offsets::interrupt::FUEL as i32);
        let empty = self.e.b.ins().icmp_imm_s(IntCC::SignedLessThan, left, 0);
        let (slow, next) = (self.e.cold_block(), self.e.b.create_block());
        self.e.b.ins().brif(empty, slow, &[], next, &[]);
        self.e.switch_to(slow);
        self.store_state(state);
        let pc = self.e.pc_address(self.f.state(state).pc as usize);
        self.e.safepoint(runtime::optimized_charge as *const () as usize, [pc, pc], next);
        self.e.continue_in(next);
    }

    /// The runtime looks after what is due, with the frame in the Lua stack.
    pub(super) fn poll(&mut self, pc: usize, state: Option<State>) {
        let Some(state) = state else { unreachable!("what may exit has a state") };
        let empty = self.e.burn();
        let (slow, next) = (self.e.cold_block(), self.e.b.create_block());
        self.e.b.ins().brif(empty, slow, &[], next, &[]);
        self.e.switch_to(slow);
        self.store_state(state);
        let header = self.f.state(state).pc as usize;
        let arguments = [pc, header].map(|pc| self.e.pc_address(pc));
        let safepoint = runtime::optimized_safepoint as *const () as usize;
        self.e.safepoint(safepoint, arguments, next);
        self.e.continue_in(next);
    }
}
