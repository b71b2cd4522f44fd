//! One operation.

use cranelift_codegen::ir as clif;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::types::{F64, I8, I32, I64};
use cranelift_codegen::ir::{BlockArg, InstBuilder};
use interlune_core::inline_cache::{Location, OUT_OF_LINE, StoreHit};
use interlune_core::object::flags;
use interlune_core::offsets;
use interlune_core::runtime;
use interlune_core::stdlib::known::FloatFunction;
use interlune_core::table::ArrayKind;
use interlune_core::value::tag;
use interlune_core::vm::TypeMeta;

use super::value::one_tag;
use super::{Activation, Lowering, Machine};
use crate::baseline;
use crate::baseline::emitter::{META, SLOT, meta_of};
use crate::ir::{Definition, Inst, InstData, Op, Scope, Type, Value};
use crate::optimizing::reason::DeoptReason;

/// Distances within this need no instruction of their own.
const NEAR: u32 = 1 << 30;

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
            Op::String => {
                let scope = self.f.scope(Scope::new((immediate >> 32) as usize));
                let index = immediate as u32 as usize;
                let place = self.e.int((scope.constants_at + index * SLOT as usize) as i64);
                Machine::Word(self.e.load(I64, place, 0))
            }
            Op::Object => {
                let value = self.f.named()[immediate as usize].value;
                let [payload, meta] = value.words().map(|word| self.e.int(word as i64));
                match data.result.map(|result| self.f.ty(result)) {
                    Some(Type::Any) | None => Machine::Pair(payload, meta),
                    Some(_) => Machine::Word(payload),
                }
            }
            Op::GuardRunning => {
                let (closure, running) = (self.word(data.operands[0]), self.running());
                let same = self.e.b.ins().icmp(IntCC::Equal, closure, running);
                return self.require(same, data.state);
            }
            Op::GuardIs => {
                let [payload, meta] = self.f.named()[immediate as usize].value.words();
                let (found, found_meta) = self.pair(data.operands[0]);
                let same = self.e.b.ins().icmp_imm_s(IntCC::Equal, found, payload as i64);
                self.require(same, data.state);
                let same = self.e.b.ins().icmp_imm_s(IntCC::Equal, found_meta, meta as i64);
                return self.require(same, data.state);
            }
            Op::Parameter => match &self.activation {
                Activation::Direct { parameters, .. } => {
                    let [payload, meta] = parameters[immediate as usize];
                    Machine::Pair(payload, meta)
                }
                Activation::Framed(_) => unreachable!("parameters are in the frame"),
            },
            Op::VarargCount => Machine::Word(self.e.vararg_count()),
            Op::VarargAt => {
                let [count, index] = self.words(data);
                let [payload, meta] = self.e.vararg_at(count, index);
                Machine::Pair(payload, meta)
            }
            Op::DirectEntry => self.direct_entry(data, offsets::function::PROTO_DIRECT_ENTRY),
            Op::SingleEntry => self.direct_entry(data, offsets::function::PROTO_SINGLE_ENTRY),
            Op::SeveralEntry => self.direct_entry(data, offsets::function::PROTO_SEVERAL_ENTRY),
            Op::ResultAt => self.result_at(data.immediate),
            Op::CallDirect => self.call_direct(data),
            Op::LoadSlot | Op::LoadCaptured => {
                let base = self.e.base();
                let offset = immediate as i32 * SLOT;
                Machine::Pair(self.e.load(I64, base, offset), self.e.load(I64, base, offset + META))
            }
            Op::StoreSlot => {
                let base = self.e.base();
                return self.store_value(data.operands[0], base, immediate as i32 * SLOT);
            }
            Op::StoreCaptured => {
                // Slots of the running thread's stack need no barrier.
                let base = self.e.base();
                return self.store_value(data.operands[0], base, immediate as i32 * SLOT);
            }
            Op::GuardNil
            | Op::GuardInt
            | Op::GuardFloat
            | Op::GuardString
            | Op::GuardTable
            | Op::GuardClosure
            | Op::GuardVec2 => self.guard_type(data),
            Op::GuardVec3 => {
                let (payload, meta) = self.pair(data.operands[0]);
                let found = self.e.b.ins().ushr_imm_s(meta, 32);
                let fits = self.e.b.ins().icmp_imm_s(IntCC::Equal, found, i64::from(tag::VEC3));
                self.require(fits, data.state);
                self.vector_of_words(payload, meta, Type::Vec3)
            }
            Op::GuardVectors => return self.guard_vectors(data),
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
            Op::GuardNumber => {
                let (payload, meta) = self.pair(data.operands[0]);
                let distance = self.e.b.ins().iadd_imm_s(meta, -meta_of(tag::INT));
                let span = meta_of(tag::FLOAT) - meta_of(tag::INT);
                let fits =
                    self.e.b.ins().icmp_imm_s(IntCC::UnsignedLessThanOrEqual, distance, span);
                self.require(fits, data.state);
                Machine::Pair(payload, meta)
            }
            Op::GuardPresent => {
                let (payload, meta) = self.pair(data.operands[0]);
                self.require(meta, data.state);
                Machine::Pair(payload, meta)
            }
            Op::GuardTag => {
                let meta = self.meta(data.operands[0]);
                let found = self.e.b.ins().ushr_imm_s(meta, 32);
                let fits = self.e.b.ins().icmp_imm_s(IntCC::Equal, found, immediate);
                return self.require(fits, data.state);
            }
            Op::GuardDivisor => return self.guard_divisor(data),
            Op::GuardDistance => {
                let distance = self.word(data.operands[0]);
                let fits = self.e.b.ins().icmp_imm_s(IntCC::UnsignedLessThan, distance, 64);
                return self.require(fits, data.state);
            }
            Op::GuardFloatAmong => {
                let [x, y] = [data.operands[0], data.operands[1]].map(|value| self.meta(value));
                let different = self.e.b.ins().bor(x, y);
                // Integers have an odd tag, floats the one above.
                let has_float = self.e.b.ins().band_imm_s(different, meta_of(tag::FLOAT));
                return self.require(has_float, data.state);
            }
            Op::GuardBounds => {
                let [index, length] = self.words(data);
                let fits = self.e.b.ins().icmp(IntCC::UnsignedLessThan, index, length);
                return self.require(fits, data.state);
            }
            Op::GuardFunction => {
                let closure = self.word(data.operands[0]);
                let proto = self.e.load(I64, closure, offsets::function::CLOSURE_PROTO as i32);
                let number = self.e.load(I64, proto, offsets::function::PROTO_ID as i32);
                let same = self.e.b.ins().icmp_imm_s(IntCC::Equal, number, immediate);
                return self.require(same, data.state);
            }
            Op::GuardNative => {
                let (payload, meta) = self.pair(data.operands[0]);
                return self.require_native(payload, meta, data);
            }
            Op::Charge => return self.charge(data.state),
            Op::GuardKey => {
                let has_key = self.has_key(data);
                return self.require(has_key, data.state);
            }
            Op::GuardPlain => {
                let table = self.word(data.operands[0]);
                let metatable = self.e.load(I64, table, offsets::table::METATABLE as i32);
                self.refuse(metatable, data.state);
                let is_weak = self.e.is_weak(table);
                return self.refuse(is_weak, data.state);
            }
            Op::GuardNumbersPlain => {
                let at = offsets::vm::TYPES_WITH_METATABLE as i32;
                let types = self.e.load(I32, self.e.vm, at);
                let with = self.e.b.ins().band_imm_s(types, 1 << TypeMeta::Number as i64);
                return self.refuse(with, data.state);
            }
            Op::TypeName => {
                let (function, _) = self.pair(data.operands[0]);
                let tag = self.meta(data.operands[1]);
                let tag = self.e.b.ins().ushr_imm_s(tag, 32);
                let distance = self.e.b.ins().imul_imm_s(tag, i64::from(SLOT));
                let name = self.e.b.ins().iadd(function, distance);
                Machine::Word(self.e.load(I64, name, offsets::function::NATIVE_CAPTURED as i32))
            }
            Op::GuardStrong => {
                let table = self.word(data.operands[0]);
                let is_weak = self.e.is_weak(table);
                return self.refuse(is_weak, data.state);
            }
            Op::LoadMetatable => {
                let table = self.word(data.operands[0]);
                let metatable = self.e.load(I64, table, offsets::table::METATABLE as i32);
                self.require(metatable, data.state);
                Machine::Word(metatable)
            }
            Op::LookupInt => self.lookup_int(data),
            Op::LookupElement => self.lookup_element(data),
            Op::LookupAny => self.lookup_any(data),
            Op::LookupString => self.lookup_string(data),
            Op::GuardOpen => return self.guard_open(data),
            Op::GuardNoNewIndex => return self.guard_no_newindex(data),
            Op::GuardMetatable => return self.guard_metatable(data),
            Op::GuardAnswer => return self.guard_answer(data),
            Op::GuardKind => {
                let table = self.word(data.operands[0]);
                let kind = self.e.array_kind(table);
                let same =
                    self.e.b.ins().icmp_imm_s(IntCC::Equal, kind, i64::from(immediate as i8));
                return self.require(same, data.state);
            }
            Op::GuardNumbers => {
                let table = self.word(data.operands[0]);
                let kind = self.e.array_kind(table);
                let above = self.e.b.ins().iadd_imm_s(kind, -(ArrayKind::Int as i64));
                let span = ArrayKind::Float as i64 - ArrayKind::Int as i64;
                let fits = self.e.b.ins().icmp_imm_s(IntCC::UnsignedLessThanOrEqual, above, span);
                return self.require(fits, data.state);
            }
            Op::IntToFloat => {
                let value = self.word(data.operands[0]);
                Machine::Word(self.e.b.ins().fcvt_from_sint(F64, value))
            }
            Op::NumberToFloat => Machine::Word(self.float_of(data.operands[0])),
            Op::NumberAdd | Op::NumberSub | Op::NumberMul | Op::NumberNeg => {
                self.number_operation(data)
            }
            Op::NumberEqual | Op::NumberLess | Op::NumberLessEqual => self.number_comparison(data),
            Op::FloatToInt => self.float_to_int(data),
            Op::Truthy => Machine::Word(self.truthy(data.operands[0])),
            Op::IsNil => {
                let meta = self.meta(data.operands[0]);
                Machine::Word(self.e.b.ins().icmp_imm_s(IntCC::Equal, meta, 0))
            }
            Op::Not => {
                let value = self.word(data.operands[0]);
                Machine::Word(self.e.b.ins().icmp_imm_s(IntCC::Equal, value, 0))
            }
            Op::Add
            | Op::Sub
            | Op::Mul
            | Op::And
            | Op::Or
            | Op::Xor
            | Op::ShiftLeft
            | Op::ShiftRight => self.int_operation(data),
            Op::Max | Op::Min => {
                let [x, y] = self.words(data);
                Machine::Word(match data.op {
                    Op::Max => self.e.b.ins().smax(x, y),
                    _ => self.e.b.ins().smin(x, y),
                })
            }
            Op::FMax | Op::FMin => {
                let [x, y] = self.words(data);
                let (less, more) = if data.op == Op::FMax { (x, y) } else { (y, x) };
                let is_less = self.e.b.ins().fcmp(FloatCC::LessThan, less, more);
                Machine::Word(self.e.b.ins().select(is_less, y, x))
            }
            Op::Neg => {
                let value = self.word(data.operands[0]);
                Machine::Word(self.e.b.ins().ineg(value))
            }
            Op::BitNot => {
                let value = self.word(data.operands[0]);
                Machine::Word(self.e.b.ins().bnot(value))
            }
            Op::FloorDiv | Op::Mod => self.floored(data),
            Op::UnsignedDiv => {
                let [x, mut y] = self.words(data);
                if self.constant_int(data.operands[1]).is_none_or(|divisor| divisor == 0) {
                    let one = self.e.int(1);
                    y = self.e.b.ins().umax(y, one);
                }
                Machine::Word(self.e.b.ins().udiv(x, y))
            }
            Op::FAdd | Op::FSub | Op::FMul | Op::FDiv => {
                let [x, y] = self.words(data);
                Machine::Word(match data.op {
                    Op::FAdd => self.e.b.ins().fadd(x, y),
                    Op::FSub => self.e.b.ins().fsub(x, y),
                    Op::FMul => self.e.b.ins().fmul(x, y),
                    _ => self.e.b.ins().fdiv(x, y),
                })
            }
            Op::FloatCall => {
                let arguments = self.words(data);
                let function = FloatFunction::ALL[data.immediate as usize].address();
                Machine::Word(self.e.call_floats(function, arguments))
            }
            Op::FNeg | Op::FFloor | Op::FCeil | Op::FSqrt | Op::FAbs => {
                let value = self.word(data.operands[0]);
                Machine::Word(match data.op {
                    Op::FNeg => self.e.b.ins().fneg(value),
                    Op::FFloor => self.e.b.ins().floor(value),
                    Op::FCeil => self.e.b.ins().ceil(value),
                    Op::FSqrt => self.e.b.ins().sqrt(value),
                    _ => self.e.b.ins().fabs(value),
                })
            }
            Op::Equal | Op::Less | Op::LessEqual => {
                let order = match data.op {
                    Op::Equal => IntCC::Equal,
                    Op::Less => IntCC::SignedLessThan,
                    _ => IntCC::SignedLessThanOrEqual,
                };
                if let Some(constant) = self.constant_int(data.operands[1]) {
                    let x = self.word(data.operands[0]);
                    Machine::Word(self.e.b.ins().icmp_imm_s(order, x, constant))
                } else {
                    let [x, y] = self.words(data);
                    Machine::Word(self.e.b.ins().icmp(order, x, y))
                }
            }
            Op::FEqual | Op::FLess | Op::FLessEqual => {
                let order = match data.op {
                    Op::FEqual => FloatCC::Equal,
                    Op::FLess => FloatCC::LessThan,
                    _ => FloatCC::LessThanOrEqual,
                };
                let [x, y] = self.compared(data);
                Machine::Word(self.e.b.ins().fcmp(order, x, y))
            }
            Op::Same => {
                let (x, x_meta) = self.pair(data.operands[0]);
                let (y, y_meta) = self.pair(data.operands[1]);
                let payloads = self.e.b.ins().icmp(IntCC::Equal, x, y);
                let metas = self.e.b.ins().icmp(IntCC::Equal, x_meta, y_meta);
                Machine::Word(self.e.b.ins().band(payloads, metas))
            }
            Op::LoadField => {
                let (object, offset) = self.field(data.operands[0], immediate as Location);
                let payload = self.e.load(I64, object, offset);
                Machine::Pair(payload, self.e.load(I64, object, offset + META))
            }
            Op::StoreField => return self.store_field(data),
            Op::AddField => {
                let table = self.word(data.operands[0]);
                let hit = StoreHit::unpack(immediate as u64);
                self.store_value(data.operands[1], table, hit.offset as i32);
                let shape = self.e.b.ins().iconst(I32, i64::from(hit.shape));
                return self.e.store(shape, table, offsets::table::SHAPE as i32);
            }
            Op::ArrayLen => {
                let table = self.word(data.operands[0]);
                let length = self.e.load(I32, table, offsets::table::ARRAY_LEN as i32);
                Machine::Word(self.e.b.ins().uextend(I64, length))
            }
            Op::StringLen => {
                let string = self.word(data.operands[0]);
                let length = self.e.load(I32, string, offsets::object::WORD as i32);
                Machine::Word(self.e.b.ins().uextend(I64, length))
            }
            Op::StringByte => self.string_byte(data),
            Op::Join => self.join(data),
            Op::StringAt => self.string_at(data),
            Op::StringPart => self.string_part(data),
            Op::NumberSelect => self.number_select(data),
            Op::ArrayData => {
                let table = self.word(data.operands[0]);
                Machine::Word(self.e.load(I64, table, offsets::table::ARRAY as i32))
            }
            Op::ArrayMeta => {
                let table = self.word(data.operands[0]);
                let kind = self.e.array_kind(table);
                let tag = self.e.b.ins().uextend(I64, kind);
                Machine::Word(self.e.b.ins().ishl_imm_s(tag, 32))
            }
            Op::LoadNumber => {
                let (address, offset) = self.element(data.operands[1], data.operands[2], 3);
                Machine::Pair(self.e.load(I64, address, offset), self.word(data.operands[3]))
            }
            Op::LoadInt | Op::LoadTable => {
                let (address, offset) = self.element(data.operands[1], data.operands[2], 3);
                Machine::Word(self.e.load(I64, address, offset))
            }
            Op::LoadFloat => {
                let (address, offset) = self.element(data.operands[1], data.operands[2], 3);
                Machine::Word(self.e.load(F64, address, offset))
            }
            Op::LoadValue => {
                let (address, offset) = self.element(data.operands[1], data.operands[2], 4);
                let payload = self.e.load(I64, address, offset);
                Machine::Pair(payload, self.e.load(I64, address, offset + META))
            }
            Op::LoadElement => self.load_element(data),
            Op::StoreElement => return self.store_element(data),
            Op::Running => Machine::Word(self.running()),
            Op::LoadUpvalue | Op::LoadFixedUpvalue => {
                let location = self.upvalue(data);
                Machine::Pair(self.e.load(I64, location, 0), self.e.load(I64, location, META))
            }
            Op::StoreUpvalue => {
                let location = self.upvalue(data);
                self.e.barrier(location, 0);
                return self.store_value(data.operands[1], location, 0);
            }
            Op::StoreTop => {
                let base = self.e.base();
                return self.store_top(immediate, base);
            }
            Op::Run => return self.run(immediate as usize),
            Op::HasKey => Machine::Word(self.has_key(data)),
            Op::IsFunction => {
                let closure = self.word(data.operands[0]);
                let proto = self.e.load(I64, closure, offsets::function::CLOSURE_PROTO as i32);
                let number = self.e.load(I64, proto, offsets::function::PROTO_ID as i32);
                Machine::Word(self.e.b.ins().icmp_imm_s(IntCC::Equal, number, immediate))
            }
            Op::FindMethod => self.find_method(data),
            Op::FindField => self.find_field(data),
            Op::FindLength => self.find_length(data),
            Op::MethodsHold => Machine::Word(self.methods_hold(data)),
            Op::GuardMethods => {
                let hold = self.methods_hold(data);
                return self.require(hold, data.state);
            }
            Op::HasMetatable => Machine::Word(self.has_metatable(data)),
            Op::GuardMetatableIs => {
                let is_it = self.has_metatable(data);
                return self.require(is_it, data.state);
            }
            Op::NextEntry => self.next_entry(data),
            Op::EntryKey | Op::EntryValue => self.part_of_entry(data),
            Op::NativeCaptured => {
                let (payload, meta) = self.pair(data.operands[0]);
                self.require_native(payload, meta, data);
                let at = offsets::function::NATIVE_CAPTURED as i32;
                Machine::Pair(self.e.load(I64, payload, at), self.e.load(I64, payload, at + META))
            }
            Op::NewTable => Machine::Word(self.new_table(immediate as u64)),
            Op::SetInt => return self.set_int(data),
            Op::FillTable => return self.fill_table(data),
            Op::SetMetatable => return self.set_metatable(data),
            Op::LoadFuel => Machine::Word(self.load_fuel()),
            Op::StoreFuel => {
                let fuel = self.word(data.operands[0]);
                return self.store_fuel(fuel);
            }
            Op::PollHeld | Op::ChargeHeld => Machine::Word(self.take_held(data)),
            Op::Poll => return self.poll(immediate as usize, data.state),
            Op::Jump => return self.jump_to(&data.targets[0]),
            Op::Branch => return self.branch(data),
            Op::Exit | Op::Raise => {
                let Some(state) = data.state else { unreachable!("what may exit has a state") };
                let out = self.way_out(state);
                return self.e.jump(out);
            }
            Op::RunBranch => {
                let pc = immediate as usize;
                let ways = [self.landing(inst, 0), self.landing(inst, 1)];
                let places = baseline::ways_on(&self.e.input.proto, pc);
                return self.run_end(pc, &[(places[0], ways[0]), (places[1], ways[1])]);
            }
            Op::RunForCall => {
                let pc = immediate as usize;
                let [ended, body] = baseline::ways_on(&self.e.input.proto, pc + 1);
                let ways = [0, 1, 2].map(|number| self.landing(inst, number));
                return self.run_end(pc, &[(ended, ways[0]), (body, ways[1]), (pc + 1, ways[2])]);
            }
            Op::RunEnd => return self.run_end(immediate as usize, &[]),
            Op::Return => return self.lower_return(data),
        };
        self.set(data.result, machine);
    }

    fn words(&mut self, data: &InstData) -> [clif::Value; 2] {
        [data.operands[0], data.operands[1]].map(|value| self.word(value))
    }

    fn guard_type(&mut self, data: &InstData) -> Machine {
        let Some(ty) = data.op.row().result else { unreachable!("guards on types have results") };
        let (payload, meta) = self.pair(data.operands[0]);
        let fits = self.e.b.ins().icmp_imm_s(IntCC::Equal, meta, meta_of(one_tag(ty)));
        self.require(fits, data.state);
        match ty {
            Type::Vec2 => self.vector_of_words(payload, meta, ty),
            _ => self.unboxed(payload, ty),
        }
    }

    /// Goes on if a value is the native function at the address that is the operation's immediate.
    fn require_native(&mut self, payload: clif::Value, meta: clif::Value, data: &InstData) {
        let is_native = self.e.b.ins().icmp_imm_s(IntCC::Equal, meta, meta_of(tag::NATIVE));
        self.require(is_native, data.state);
        let at = offsets::function::NATIVE_FUNCTION as i32;
        let address = self.e.load(I64, payload, at);
        let same = self.e.b.ins().icmp_imm_s(IntCC::Equal, address, data.immediate);
        self.require(same, data.state);
    }

    fn guard_divisor(&mut self, data: &InstData) {
        match self.constant_int(data.operands[0]) {
            Some(0 | -1) | None => {
                let divisor = self.word(data.operands[0]);
                // One more is 0 or 1 for the two.
                let shifted = self.e.b.ins().iadd_imm_s(divisor, 1);
                let fine = self.e.b.ins().icmp_imm_s(IntCC::UnsignedGreaterThan, shifted, 1);
                self.require(fine, data.state);
            }
            Some(_) => {}
        }
    }

    /// The metatable, if there is one, has no `__newindex`.
    fn guard_open(&mut self, data: &InstData) {
        let table = self.word(data.operands[0]);
        let metatable = self.e.load(I64, table, offsets::table::METATABLE as i32);
        let (check, open) = (self.e.b.create_block(), self.e.b.create_block());
        self.e.b.ins().brif(metatable, check, &[], open, &[]);
        self.e.switch_to(check);
        let found = self.e.load(I8, metatable, offsets::table::FLAGS as i32);
        let minds = self.e.b.ins().band_imm_s(found, i64::from(flags::HAS_NEWINDEX as i8));
        self.refuse(minds, data.state);
        self.e.jump(open);
        self.e.continue_in(open);
    }

    fn guard_answer(&mut self, data: &InstData) {
        let meta = self.meta(data.operands[0]);
        let table = self.word(data.operands[1]);
        let (nothing, fine) = (self.e.cold_block(), self.e.b.create_block());
        self.e.b.ins().brif(meta, fine, &[], nothing, &[]);
        self.e.switch_to(nothing);
        let metatable = self.e.load(I64, table, offsets::table::METATABLE as i32);
        self.refuse(metatable, data.state);
        self.e.jump(fine);
        self.e.continue_in(fine);
    }

    /// There and back gives the same float, unless it is no integer's value or too large.
    fn float_to_int(&mut self, data: &InstData) -> Machine {
        let float = self.word(data.operands[0]);
        let int = self.e.b.ins().fcvt_to_sint_sat(I64, float);
        let back = self.e.b.ins().fcvt_from_sint(F64, int);
        let same = self.e.b.ins().fcmp(FloatCC::Equal, float, back);
        self.require(same, data.state);
        // The largest integers all become 2^63, which is none.
        let fits = self.e.b.ins().icmp_imm_s(IntCC::NotEqual, int, i64::MAX);
        self.require(fits, data.state);
        Machine::Word(int)
    }

    fn truthy(&mut self, value: Value) -> clif::Value {
        match self.f.ty(value) {
            Type::Bool => self.word(value),
            Type::Nil => self.e.b.ins().iconst(I8, 0),
            Type::Any => {
                let meta = self.meta(value);
                let tag = self.e.b.ins().ushr_imm_s(meta, 32);
                let falsy = i64::from(tag::FALSE);
                self.e.b.ins().icmp_imm_s(IntCC::UnsignedGreaterThan, tag, falsy)
            }
            _ => self.e.b.ins().iconst(I8, 1),
        }
    }

    fn int_operation(&mut self, data: &InstData) -> Machine {
        if let (Op::Add | Op::Sub, Some(result)) = (data.op, data.result) {
            let (from, constant) = self.offset(result);
            if from != result {
                let from = self.word(from);
                return Machine::Word(self.e.b.ins().iadd_imm_s(from, constant));
            }
        }
        if let Some(constant) = self.constant_int(data.operands[1]) {
            let x = self.word(data.operands[0]);
            let ins = self.e.b.ins();
            return Machine::Word(match data.op {
                Op::Mul => ins.imul_imm_s(x, constant),
                Op::And => ins.band_imm_s(x, constant),
                Op::Or => ins.bor_imm_s(x, constant),
                Op::Xor => ins.bxor_imm_s(x, constant),
                Op::ShiftLeft => ins.ishl_imm_s(x, constant),
                _ => ins.ushr_imm_s(x, constant),
            });
        }
        let [x, y] = self.words(data);
        let ins = self.e.b.ins();
        Machine::Word(match data.op {
            Op::Add => ins.iadd(x, y),
            Op::Sub => ins.isub(x, y),
            Op::Mul => ins.imul(x, y),
            Op::And => ins.band(x, y),
            Op::Or => ins.bor(x, y),
            Op::Xor => ins.bxor(x, y),
            Op::ShiftLeft => ins.ishl(x, y),
            _ => ins.ushr(x, y),
        })
    }

    /// Floored division or its remainder, by neither 0 nor -1.
    /// Quotient or remainder of a division that rounds down.
    fn floored(&mut self, data: &InstData) -> Machine {
        let [x, y] = self.words(data);
        let is_mod = data.op == Op::Mod;
        if let Some(divisor) = self.constant_int(data.operands[1]).filter(|&it| it > 0) {
            return Machine::Word(self.floored_by(x, divisor, is_mod));
        }
        if is_mod {
            let remainder = self.e.b.ins().srem(x, y);
            let adjust = self.is_rounded_up(remainder, y);
            let raised = self.e.b.ins().iadd(remainder, y);
            return Machine::Word(self.e.b.ins().select(adjust, raised, remainder));
        }
        let quotient = self.e.b.ins().sdiv(x, y);
        let product = self.e.b.ins().imul(quotient, y);
        let remainder = self.e.b.ins().isub(x, product);
        let adjust = self.is_rounded_up(remainder, y);
        let lowered = self.e.b.ins().iadd_imm_s(quotient, -1);
        Machine::Word(self.e.b.ins().select(adjust, lowered, quotient))
    }

    /// The same by a positive constant. Rounding down, `x / y` is `~(~x / y)` for a negative `x`, and `~x` is not negative.
    fn floored_by(&mut self, x: clif::Value, divisor: i64, is_mod: bool) -> clif::Value {
        if divisor & (divisor - 1) == 0 {
            return if is_mod {
                self.e.b.ins().band_imm_s(x, divisor - 1)
            } else {
                self.e.b.ins().sshr_imm_s(x, i64::from(divisor.trailing_zeros()))
            };
        }
        let y = self.e.int(divisor);
        let sign = self.e.b.ins().sshr_imm_s(x, 63);
        let magnitude = self.e.b.ins().bxor(x, sign);
        let quotient = self.e.b.ins().udiv(magnitude, y);
        let quotient = self.e.b.ins().bxor(quotient, sign);
        if !is_mod {
            return quotient;
        }
        let product = self.e.b.ins().imul(quotient, y);
        self.e.b.ins().isub(x, product)
    }

    /// Whether the quotient of a division with such a remainder, which rounds towards 0, is one too many.
    fn is_rounded_up(&mut self, remainder: clif::Value, divisor: clif::Value) -> clif::Value {
        let signs = self.e.b.ins().bxor(remainder, divisor);
        let opposed = self.e.b.ins().icmp_imm_s(IntCC::SignedLessThan, signs, 0);
        let inexact = self.e.b.ins().icmp_imm_s(IntCC::NotEqual, remainder, 0);
        self.e.b.ins().band(opposed, inexact)
    }

    /// The object that a field of a table lies in, and where.
    fn field(&mut self, table: Value, location: Location) -> (clif::Value, i32) {
        let table = self.word(table);
        if location & OUT_OF_LINE == 0 {
            return (table, i32::from(location));
        }
        let slots = self.e.load(I64, table, offsets::table::SLOTS as i32);
        let index = i32::from(location & !OUT_OF_LINE);
        (slots, offsets::table::SLOTS_VALUES as i32 + index * SLOT)
    }

    fn store_field(&mut self, data: &InstData) {
        let (object, offset) = self.field(data.operands[0], data.immediate as Location);
        if self.f.ty(data.operands[1]).may_be_traced() {
            self.e.barrier(object, offset);
        }
        self.store_over(self.f.ty(data.operands[1]), data.operands[2], object, offset);
    }

    /// Where an element of `1 << shift` bytes is: an address, and how far behind that.
    fn element(&mut self, index: Value, data: Value, shift: i64) -> (clif::Value, i32) {
        let (from, constant) = self.offset(index);
        // What lies further off is computed.
        let near = i32::try_from(constant.wrapping_shl(shift as u32)).ok();
        let (index, offset) = match near.filter(|it| it.unsigned_abs() < NEAR) {
            Some(offset) => (from, offset),
            None => (index, 0),
        };
        let (index, data) = (self.word(index), self.word(data));
        let distance = self.e.b.ins().ishl_imm_s(index, shift);
        (self.e.b.ins().iadd(data, distance), offset)
    }

    /// What a value is the sum of: another value, and a constant.
    fn offset(&self, mut value: Value) -> (Value, i64) {
        let mut sum = 0_i64;
        while let Definition::Result(inst) = self.f.definition(value) {
            let data = self.f.inst(inst);
            let constant = data.operands.get(1).and_then(|&second| self.constant_int(second));
            sum = match (data.op, constant) {
                (Op::Add, Some(constant)) => sum.wrapping_add(constant),
                (Op::Sub, Some(constant)) => sum.wrapping_sub(constant),
                _ => break,
            };
            value = data.operands[0];
        }
        (value, sum)
    }

    /// A typed array's kind is its elements' tag.
    fn load_element(&mut self, data: &InstData) -> Machine {
        let [table, index] = self.words(data);
        let [payload, meta] = self.any_element(table, index);
        Machine::Pair(payload, meta)
    }

    /// An element of an array of any kind.
    pub(super) fn any_element(
        &mut self,
        table: clif::Value,
        index: clif::Value,
    ) -> [clif::Value; 2] {
        let array = self.e.load(I64, table, offsets::table::ARRAY as i32);
        let kind = self.e.array_kind(table);
        let (values, typed, done) =
            (self.e.b.create_block(), self.e.b.create_block(), self.e.b.create_block());
        let results =
            [self.e.b.append_block_param(done, I64), self.e.b.append_block_param(done, I64)];
        let is_value = self.e.is_kind(kind, ArrayKind::Value);
        self.e.b.ins().brif(is_value, values, &[], typed, &[]);
        self.e.switch_to(values);
        let distance = self.e.b.ins().ishl_imm_s(index, 4);
        let address = self.e.b.ins().iadd(array, distance);
        let words = [self.e.load(I64, address, 0), self.e.load(I64, address, META)];
        self.e.b.ins().jump(done, &words.map(BlockArg::Value));
        self.e.switch_to(typed);
        let distance = self.e.b.ins().ishl_imm_s(index, 3);
        let address = self.e.b.ins().iadd(array, distance);
        let payload = self.e.load(I64, address, 0);
        let tag = self.e.b.ins().uextend(I64, kind);
        let meta = self.e.b.ins().ishl_imm_s(tag, 32);
        self.e.b.ins().jump(done, &[payload, meta].map(BlockArg::Value));
        self.e.continue_in(done);
        results
    }

    fn store_element(&mut self, data: &InstData) {
        let value = data.operands[2];
        if data.immediate == ArrayKind::Value as i64 {
            let (address, offset) = self.element(data.operands[1], data.operands[3], 4);
            self.e.barrier(address, offset);
            return self.store_value(value, address, offset);
        }
        let (address, offset) = self.element(data.operands[1], data.operands[3], 3);
        let word = self.word(value);
        if data.immediate == ArrayKind::Table as i64 {
            let (marking, go_on) = (self.e.cold_block(), self.e.b.create_block());
            let is_marking = self.e.is_marking();
            self.e.b.ins().brif(is_marking, marking, &[], go_on, &[]);
            self.e.switch_to(marking);
            let old = self.e.load(I64, address, offset);
            self.e.call_barrier(runtime::table_barrier as *const () as usize, old);
            self.e.jump(go_on);
            self.e.continue_in(go_on);
        }
        self.e.store(word, address, offset);
    }

    fn upvalue(&mut self, data: &InstData) -> clif::Value {
        let closure = self.word(data.operands[0]);
        let at = offsets::function::CLOSURE_UPVALUES + data.immediate as usize * 8;
        let upvalue = self.e.load(I64, closure, at as i32);
        self.e.load(I64, upvalue, offsets::function::UPVALUE_LOCATION as i32)
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

    /// The same for one that goes on elsewhere: the blocks of the instructions that it may go on with.
    fn run_end(&mut self, pc: usize, ways: &[(usize, clif::Block)]) {
        self.e.run_insn(pc, ways);
    }

    /// Without a branch: of an empty string, whose object has room for a byte, nothing is made of what is read.
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
