//! One operation: which of the other modules lowers it, and the ends of blocks.

use cranelift_codegen::ir as clif;
use cranelift_codegen::ir::InstBuilder;
use interlune_core::{offsets, runtime};

use super::{Activation, Lowering, Machine};
use crate::baseline;
use crate::baseline::emitter::SLOT;
use crate::ir::{Inst, InstData, Op};
use crate::optimizing::reason::DeoptReason;

impl Lowering<'_, '_> {
    pub(super) fn lower_inst(&mut self, inst: Inst) {
        let data = self.f.inst(inst);
        let immediate = data.immediate;
        let begins_loop = data.state.is_some_and(|state| self.f.state(state).begins_loop);
        self.reason = match DeoptReason::of(data.op) {
            Some(_) if begins_loop => Some(DeoptReason::Loop),
            reason => reason,
        };
        let machine = match data.op {
            // Made where they are used.
            Op::Int | Op::Float | Op::Bool | Op::Nil | Op::Anchor | Op::VectorMethod => return,
            // Made on ways out.
            Op::VirtualTable => return,
            Op::String => self.string_constant(immediate),
            Op::Object => self.object(data),
            Op::Parameter => self.parameter(immediate),
            Op::Running => Machine::Word(self.running()),
            Op::VarargCount => Machine::Word(self.e.vararg_count()),
            Op::VarargAt => self.vararg_at(data),

            Op::GuardNil
            | Op::GuardInt
            | Op::GuardFloat
            | Op::GuardString
            | Op::GuardTable
            | Op::GuardClosure
            | Op::GuardVec2
            | Op::GuardVec3 => self.guard_type(data),
            Op::GuardNumber => self.guard_number(data),
            Op::GuardPresent => self.guard_present(data),
            Op::GuardTag => return self.guard_tag(data),
            Op::GuardIs => return self.guard_is(data),
            Op::GuardRunning => return self.guard_running(data),
            Op::GuardFunction => return self.guard_function(data),
            Op::GuardNative => return self.guard_native(data),
            Op::GuardDivisor => return self.guard_divisor(data),
            Op::GuardDistance => return self.guard_distance(data),
            Op::GuardFloatAmong => return self.guard_float_among(data),
            Op::GuardBounds => return self.guard_bounds(data),
            Op::GuardKey => return self.guard_key(data),
            Op::GuardPlain => return self.guard_plain(data),
            Op::GuardNumbersPlain => return self.guard_numbers_plain(data),
            Op::GuardStrong => return self.guard_strong(data),
            Op::GuardOpen => return self.guard_open(data),
            Op::GuardNoNewIndex => return self.guard_no_newindex(data),
            Op::GuardMetatable => return self.guard_metatable(data),
            Op::GuardMetatableIs => return self.guard_metatable_is(data),
            Op::GuardAnswer => return self.guard_answer(data),
            Op::GuardMethods => return self.guard_methods(data),
            Op::GuardKind => return self.guard_kind(data),
            Op::GuardVectors => return self.guard_vectors(data),

            Op::Add
            | Op::Sub
            | Op::Mul
            | Op::And
            | Op::Or
            | Op::Xor
            | Op::ShiftLeft
            | Op::ShiftRight => self.int_operation(data),
            Op::Neg | Op::BitNot => self.int_of_one(data),
            Op::Max | Op::Min => self.int_extremum(data),
            Op::FloorDiv | Op::Mod => self.floored(data),
            Op::UnsignedDiv => self.unsigned_div(data),
            Op::FAdd | Op::FSub | Op::FMul | Op::FDiv => self.float_operation(data),
            Op::FNeg | Op::FFloor | Op::FCeil | Op::FSqrt | Op::FAbs => self.float_of_one(data),
            Op::FMax | Op::FMin => self.float_extremum(data),
            Op::FloatCall => self.float_call(data),
            Op::IntToFloat => self.int_to_float(data),
            Op::FloatToInt => self.float_to_int(data),
            Op::NumberToFloat => Machine::Word(self.float_of(data.operands[0])),
            Op::NumberAdd | Op::NumberSub | Op::NumberMul | Op::NumberNeg => {
                self.number_operation(data)
            }
            Op::NumberSelect => self.number_select(data),

            Op::Equal | Op::Less | Op::LessEqual => self.int_comparison(data),
            Op::FEqual | Op::FLess | Op::FLessEqual => self.float_comparison(data),
            Op::NumberEqual | Op::NumberLess | Op::NumberLessEqual => self.number_comparison(data),
            Op::Same => self.same(data),
            Op::Truthy => Machine::Word(self.truthy(data.operands[0])),
            Op::IsNil => self.is_nil(data),
            Op::Not => self.not(data),

            Op::FSingle | Op::Lane | Op::VDot | Op::VLength => self.single_operation(data),
            Op::Vec2 | Op::Vec3 => self.make_vector(data),
            Op::VAdd
            | Op::VSub
            | Op::VMul
            | Op::VDiv
            | Op::VMin
            | Op::VMax
            | Op::VNeg
            | Op::VAbs
            | Op::VFloor
            | Op::VNormalize
            | Op::VCross => self.vector_operation(data),
            Op::VEqual => self.vector_equality(data),

            Op::TypeName => self.type_name(data),
            Op::StringLen => self.string_len(data),
            Op::StringByte => self.string_byte(data),
            Op::StringAt => self.string_at(data),
            Op::StringPart => self.string_part(data),
            Op::Join => self.join(data),

            Op::LoadSlot | Op::LoadCaptured => self.load_slot(immediate),
            Op::StoreSlot | Op::StoreCaptured => return self.store_slot(data),
            Op::StoreTop => return self.store_top_here(immediate),
            Op::LoadUpvalue | Op::LoadFixedUpvalue => self.load_upvalue(data),
            Op::StoreUpvalue => return self.store_upvalue(data),
            Op::LoadField => self.load_field(data),
            Op::StoreField => return self.store_field(data),
            Op::AddField => return self.add_field(data),
            Op::LoadMetatable => self.load_metatable(data),
            Op::ArrayLen => self.array_len(data),
            Op::ArrayData => self.array_data(data),
            Op::ArrayMeta => {
                let table = self.word(data.operands[0]);
                Machine::Word(self.array_meta(table))
            }
            Op::LoadInt | Op::LoadTable | Op::LoadFloat | Op::LoadValue => self.load_typed(data),
            Op::LoadElement => self.load_element(data),
            Op::LoadNumber => self.load_number(data),
            Op::StoreElement => return self.store_element(data),

            Op::HasKey => Machine::Word(self.has_key(data)),
            Op::HasMetatable => Machine::Word(self.has_metatable(data)),
            Op::MethodsHold => Machine::Word(self.methods_hold(data)),
            Op::IsFunction => Machine::Word(self.is_function(data)),
            Op::LookupInt => self.lookup_int(data),
            Op::LookupElement => self.lookup_element(data),
            Op::LookupAny => self.lookup_any(data),
            Op::LookupString => self.lookup_string(data),
            Op::FindMethod => self.find_method(data),
            Op::FindField => self.find_field(data),
            Op::FindLength => self.find_length(data),
            Op::NativeCaptured => self.native_captured(data),
            Op::NewTable => Machine::Word(self.new_table(immediate as u64)),
            Op::SetInt => return self.set_int(data),
            Op::FillTable => return self.fill_table(data),
            Op::SetMetatable => return self.set_metatable(data),
            Op::NextEntry => self.next_entry(data),
            Op::EntryKey | Op::EntryValue => self.part_of_entry(data),

            Op::DirectEntry => self.direct_entry(data, offsets::function::PROTO_DIRECT_ENTRY),
            Op::SingleEntry => self.direct_entry(data, offsets::function::PROTO_SINGLE_ENTRY),
            Op::SeveralEntry => self.direct_entry(data, offsets::function::PROTO_SEVERAL_ENTRY),
            Op::CallDirect => self.call_direct(data),
            Op::ResultAt => self.result_at(immediate),
            Op::LoadFuel => Machine::Word(self.load_fuel()),
            Op::StoreFuel => return self.put_fuel_back(data),
            Op::PollHeld | Op::ChargeHeld => Machine::Word(self.take_held(data)),
            Op::Charge => return self.charge(data.state),
            Op::Poll => return self.poll(immediate as usize, data.state),

            Op::Jump => return self.jump_to(&data.targets[0]),
            Op::Branch => return self.branch(data),
            Op::Exit | Op::Raise => return self.leave_here(data),
            Op::Run => return self.run(immediate as usize),
            Op::RunBranch => return self.run_branch(inst, immediate as usize),
            Op::RunForCall => return self.run_for_call(inst, immediate as usize),
            Op::RunEnd => return self.e.run_insn(immediate as usize, &[]),
            Op::Return => return self.lower_return(data),
        };
        self.set(data.result, machine);
    }

    pub(super) fn words(&mut self, data: &InstData) -> [clif::Value; 2] {
        [data.operands[0], data.operands[1]].map(|value| self.word(value))
    }

    fn parameter(&mut self, index: i64) -> Machine {
        match &self.activation {
            Activation::Direct { parameters, .. } => {
                let [payload, meta] = parameters[index as usize];
                Machine::Pair(payload, meta)
            }
            Activation::Framed(_) => unreachable!("parameters are in the frame"),
        }
    }

    fn vararg_at(&mut self, data: &InstData) -> Machine {
        let [count, index] = self.words(data);
        let [payload, meta] = self.e.vararg_at(count, index);
        Machine::Pair(payload, meta)
    }

    fn put_fuel_back(&mut self, data: &InstData) {
        let fuel = self.word(data.operands[0]);
        self.store_fuel(fuel);
    }

    fn leave_here(&mut self, data: &InstData) {
        let Some(state) = data.state else { unreachable!("what may exit has a state") };
        let out = self.way_out(state);
        self.e.jump(out);
    }

    fn branch(&mut self, data: &InstData) {
        let condition = self.word(data.operands[0]);
        let (yes, yes_arguments) = self.target(&data.targets[0]);
        let (no, no_arguments) = self.target(&data.targets[1]);
        self.e.b.ins().brif(condition, yes, &yes_arguments, no, &no_arguments);
    }

    /// Runs an instruction that goes on behind itself as the baseline tier does.
    fn run(&mut self, pc: usize) {
        let behind = self.e.b.create_block();
        let next = baseline::only_way_on(&self.e.input.proto, pc);
        self.e.run_insn(pc, &[(next, behind)]);
        self.e.continue_in(behind);
    }

    /// The same for one that goes on in one of two places.
    fn run_branch(&mut self, inst: Inst, pc: usize) {
        let ways = [self.landing(inst, 0), self.landing(inst, 1)];
        let places = baseline::ways_on(&self.e.input.proto, pc);
        self.e.run_insn(pc, &[(places[0], ways[0]), (places[1], ways[1])]);
    }

    /// The call of a generic loop's iterator: the loop has ended, or goes on with its body, or the iterator was called.
    fn run_for_call(&mut self, inst: Inst, pc: usize) {
        let [ended, body] = baseline::ways_on(&self.e.input.proto, pc + 1);
        let ways = [0, 1, 2].map(|number| self.landing(inst, number));
        self.e.run_insn(pc, &[(ended, ways[0]), (body, ways[1]), (pc + 1, ways[2])]);
    }

    fn lower_return(&mut self, data: &InstData) {
        if let Activation::Direct { .. } = self.activation {
            return self.return_directly(data);
        }
        let pc = data.immediate as usize;
        let count = data.operands.len();
        let slow = self.e.cold_block();
        self.e.set_pc(pc);
        let (frame, func) = self.e.require_wanted(count as i64, slow);
        for (index, &value) in data.operands.iter().enumerate() {
            self.store_value(value, func, index as i32 * SLOT);
        }
        self.e.pop_and_return(frame, func);
        self.e.continue_in(slow);
        let Some(state) = data.state else { unreachable!("a return has a state") };
        match self.f.state(state).objects.is_empty() {
            true => self.store_registers(state),
            false => {
                let written = self.write_state(state, None);
                let write = runtime::write_frame as *const () as usize;
                self.e.call_three(write, [written, written]);
            }
        }
        self.e.return_slowly();
    }
}
