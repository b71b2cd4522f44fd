//! Ways out of optimized code.

use cranelift_codegen::ir as clif;
use cranelift_codegen::ir::InstBuilder;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I32, I64};
use interlune_core::runtime::ExitSite;
use interlune_core::{offsets, runtime};
use rustc_hash::FxHashMap;

use super::{Activation, Lowering, WayOut};
use crate::baseline::emitter::SLOT;
use crate::ir::{FUEL, InstData, Op, State, TOP, Value};
use crate::optimizing::GuardStress;
use crate::optimizing::direct;
use crate::optimizing::reason::DeoptReason;

impl Lowering<'_, '_> {
    /// The block from which the frame of a state goes on in the tier below, because the operation at hand says so.
    pub(super) fn way_out(&mut self, state: State) -> clif::Block {
        self.way_out_for(state, self.reason)
    }

    /// The same for a reason; none if there was no bet that is lost.
    pub(super) fn way_out_for(&mut self, state: State, reason: Option<DeoptReason>) -> clif::Block {
        if let Some(way) = self.ways_out.get(&(state, reason)) {
            return way.block;
        }
        let block = self.e.cold_block();
        let site = reason.map_or(0, |reason| self.exits.add(self.f, state, reason));
        self.ways_out.insert((state, reason), WayOut { block, site });
        self.pending.push((state, WayOut { block, site }));
        block
    }

    /// For tests: leaves here without need now and then.
    pub(super) fn stress(&mut self, state: State) {
        if self.reason.is_none() {
            return;
        }
        let (leaves, out) = match self.guard_stress {
            GuardStress::Off => return,
            GuardStress::EveryNth => {
                let at = offsets::vm::GUARD_COUNTDOWN as i32;
                let left = self.e.load(I32, self.e.vm, at);
                let left = self.e.b.ins().iadd_imm_s(left, -1);
                self.e.store(left, self.e.vm, at);
                let leaves = self.e.b.ins().icmp_imm_s(IntCC::Equal, left, 0);
                (leaves, self.way_out_for(state, None))
            }
            GuardStress::EachOnce => {
                let out = self.way_out(state);
                let site = self.ways_out[&(state, self.reason)].site;
                let site = self.e.int(site as i64);
                let count = self.e.load(I32, site, std::mem::offset_of!(ExitSite, count) as i32);
                (self.e.b.ins().icmp_imm_s(IntCC::Equal, count, 0), out)
            }
        };
        self.e.refuse(leaves, out);
    }

    /// Puts what a state names into the Lua stack, without the fuel, which is where it belongs.
    pub(super) fn store_registers(&mut self, state: State) {
        let base = self.e.base();
        for &(register, value) in &self.f.state(state).registers {
            match register {
                FUEL => {}
                TOP => self.store_top_of(value, base),
                _ => self.store_value(value, base, i32::from(register) * SLOT),
            }
        }
    }

    fn store_top_of(&mut self, top: Value, base: clif::Value) {
        let Some(register) = self.constant_int(top) else {
            unreachable!("the number of a register is a constant")
        };
        self.store_top(register, base);
    }

    /// Has values that an open instruction has left end before a register of the frame at `base`.
    pub(super) fn store_top(&mut self, register: i64, base: clif::Value) {
        let top = self.e.b.ins().iadd_imm_s(base, register * i64::from(SLOT));
        self.e.store(top, self.e.vm, offsets::vm::TOP as i32);
    }

    fn fuel_cell(&mut self) -> clif::Value {
        self.e.load(I64, self.e.vm, offsets::vm::INTERRUPT as i32)
    }

    pub(super) fn load_fuel(&mut self) -> clif::Value {
        let cell = self.fuel_cell();
        let fuel = self.e.load(I32, cell, offsets::interrupt::FUEL as i32);
        self.e.b.ins().sextend(I64, fuel)
    }

    pub(super) fn store_fuel(&mut self, fuel: clif::Value) {
        let cell = self.fuel_cell();
        let fuel = self.e.b.ins().ireduce(I32, fuel);
        self.e.store(fuel, cell, offsets::interrupt::FUEL as i32);
    }

    /// [`Op::PollHeld`] and [`Op::ChargeHeld`]: takes a unit of the fuel that is held. Without any, it is put back where
    /// everyone sees it, and taken as it is then.
    pub(super) fn take_held(&mut self, data: &InstData) -> clif::Value {
        let Some(state) = data.state else { unreachable!("what may exit has a state") };
        let fuel = self.word(data.operands[0]);
        let left = self.e.b.ins().iadd_imm_s(fuel, -1);
        let some = self.e.b.ins().icmp_imm_s(IntCC::SignedGreaterThan, fuel, 0);
        // There is no frame that could pause.
        let is_direct = self.may_only_refuel(state)
            || (data.op == Op::ChargeHeld && self.f.state(state).caller.is_some());
        let (empty, done) = (self.e.cold_block(), self.e.b.create_block());
        let result = self.e.b.append_block_param(done, I64);
        self.e.b.ins().brif(some, done, &[clif::BlockArg::Value(left)], empty, &[]);
        self.e.switch_to(empty);
        let refueled = self.e.cold_block();
        if is_direct {
            self.store_fuel(fuel);
            let header = matches!(data.op, Op::PollHeld).then(|| self.pc_of(state));
            self.refuel_directly(state, header, refueled);
        } else {
            self.store_fuel(left);
            match data.op {
                Op::PollHeld => self.pause_at_poll(data.immediate as usize, state, refueled),
                _ => self.pause_at_charge(state, refueled),
            }
        }
        self.e.continue_in(refueled);
        let found = self.load_fuel();
        self.e.b.ins().jump(done, &[clif::BlockArg::Value(found)]);
        self.e.continue_in(done);
        result
    }

    pub(super) fn emit_ways_out(&mut self) {
        // Ways out with one state differ in what they count only.
        let mut shared: FxHashMap<State, clif::Block> = FxHashMap::default();
        for (state, WayOut { block, site }) in std::mem::take(&mut self.pending) {
            self.e.continue_in(block);
            let site = self.e.int(site as i64);
            let known = shared.get(&state).copied();
            let leave = known.unwrap_or_else(|| self.e.cold_block());
            self.e.b.ins().jump(leave, &[clif::BlockArg::Value(site)]);
            if shared.insert(state, leave).is_some() {
                continue;
            }
            let site = self.e.b.append_block_param(leave, I64);
            self.e.continue_in(leave);
            self.leave(state, site);
        }
    }

    /// Leaves with a state.
    fn leave(&mut self, state: State, site: clif::Value) {
        let written = self.write_state(state, None);
        match self.activation {
            Activation::Framed(_) => {
                let tail = self.e.exit_tail();
                self.e.b.ins().jump(tail, &[written, site].map(clif::BlockArg::Value));
            }
            Activation::Direct { .. } => {
                let (base, closure) = (self.e.base(), self.running());
                let exit = runtime::direct_exit as *const () as usize;
                self.e.call_four(exit, [base, written, closure, site]);
                direct::bail(self.e);
            }
        }
    }

    /// Goes on if a condition holds, else leaves with a state.
    pub(super) fn require(&mut self, condition: clif::Value, state: Option<State>) {
        let Some(state) = state else { unreachable!("what may exit has a state") };
        self.stress(state);
        let out = self.way_out(state);
        self.e.require(condition, out);
    }

    /// The same for an operation that has done what it is for if the condition holds: it is no guard to be tried.
    pub(super) fn require_done(&mut self, condition: clif::Value, state: Option<State>) {
        let Some(state) = state else { unreachable!("what may exit has a state") };
        let out = self.way_out(state);
        self.e.require(condition, out);
    }

    /// Leaves with a state if a condition holds.
    pub(super) fn refuse(&mut self, condition: clif::Value, state: Option<State>) {
        let Some(state) = state else { unreachable!("what may exit has a state") };
        self.stress(state);
        let out = self.way_out(state);
        self.e.refuse(condition, out);
    }

    /// Whether nothing but refuelling may be done where the fuel ends and code goes on behind: there is no frame, or there
    /// are objects that only a frame that is left for good may be given, since whoever looks at it may keep them.
    fn may_only_refuel(&self, state: State) -> bool {
        matches!(self.activation, Activation::Direct { .. })
            || !self.f.state(state).objects.is_empty()
    }

    /// Takes the fuel of the call that a state is before.
    pub(super) fn charge(&mut self, state: Option<State>) {
        let Some(state) = state else { unreachable!("what may exit has a state") };
        // The frame that would pause does not exist.
        if self.may_only_refuel(state) || self.f.state(state).caller.is_some() {
            return self.charge_directly(state);
        }
        let interrupt = self.e.load(I64, self.e.vm, offsets::vm::INTERRUPT as i32);
        let fuel = self.e.load(I32, interrupt, offsets::interrupt::FUEL as i32);
        let left = self.e.b.ins().iadd_imm_s(fuel, -1);
        self.e.store(left, interrupt, offsets::interrupt::FUEL as i32);
        let empty = self.e.b.ins().icmp_imm_s(IntCC::SignedLessThan, left, 0);
        let (slow, next) = (self.e.cold_block(), self.e.b.create_block());
        self.e.b.ins().brif(empty, slow, &[], next, &[]);
        self.e.switch_to(slow);
        self.pause_at_charge(state, next);
        self.e.continue_in(next);
    }

    /// There is no fuel for a call: the runtime looks after what is due, and it goes on in a block, or the code is left.
    fn pause_at_charge(&mut self, state: State, next: clif::Block) {
        self.store_registers(state);
        let pc = self.e.pc_address(self.f.state(state).pc as usize);
        self.e.safepoint(runtime::optimized_charge as *const () as usize, [pc, pc], next);
    }

    /// The runtime looks after what is due, with the frame in the Lua stack.
    pub(super) fn poll(&mut self, pc: usize, state: Option<State>) {
        let Some(state) = state else { unreachable!("what may exit has a state") };
        if self.may_only_refuel(state) {
            return self.poll_directly(state);
        }
        let empty = self.e.burn();
        let (slow, next) = (self.e.cold_block(), self.e.b.create_block());
        self.e.b.ins().brif(empty, slow, &[], next, &[]);
        self.e.switch_to(slow);
        self.pause_at_poll(pc, state, next);
        self.e.continue_in(next);
    }

    /// The same for the back-edge at `pc`.
    fn pause_at_poll(&mut self, pc: usize, state: State, next: clif::Block) {
        self.store_registers(state);
        let header = self.f.state(state).pc as usize;
        let arguments = [pc, header].map(|pc| self.e.pc_address(pc));
        let safepoint = runtime::optimized_safepoint as *const () as usize;
        self.e.safepoint(safepoint, arguments, next);
    }
}
