//! What ways out tell the runtime of the frames.

use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{self as clif, InstBuilder};
use interlune_core::offsets;
use interlune_core::plant::{self, Bug};
use interlune_core::runtime::{ExitFrame, ExitObject, ExitState, ExitValue, InlinedCall};
use interlune_core::value::tag;
use rustc_hash::FxHashMap;

use super::Lowering;
use super::value::one_tag;
use crate::baseline::emitter::meta_of;
use crate::ir::{Definition, FUEL, Op, State, TOP, Type, Value, VirtualObject};

const WORD: i32 = 8;

/// The words that a way out has stored so far.
struct Words {
    /// Address of the first.
    at: clif::Value,
    count: usize,
    /// Where each value is.
    known: FxHashMap<Value, ExitValue>,
}

/// A call that has been made in a state: what is called, and how.
#[derive(Clone, Copy)]
pub(super) struct Made {
    pub closure: clif::Value,
    pub call: InlinedCall,
}

impl Lowering<'_, '_> {
    /// Stores the words of a state, and the fuel if that is held. Address of an [`ExitState`] that says what they are. If a
    /// call has been `made` in the state, its frame waits behind that.
    pub(super) fn write_state(&mut self, state: State, made: Option<Made>) -> clif::Value {
        self.write_frames(state, state, made)
    }

    /// The same of the frames from `innermost` outwards, which is that of the state or one that waits for it. The tables that
    /// are yet to be made are the state's.
    pub(super) fn write_frames(
        &mut self,
        state: State,
        innermost: State,
        made: Option<Made>,
    ) -> clif::Value {
        let at = self.e.load(I64, self.e.vm, offsets::vm::EXIT_WORDS as i32);
        let mut words = Words { at, count: 0, known: FxHashMap::default() };
        let objects = &self.f.state(state).objects;
        for (number, object) in objects.iter().enumerate() {
            words.known.insert(object.name, ExitValue::Object(number as u16));
        }
        let mut chain = vec![innermost];
        while let Some(caller) = chain.last().and_then(|&state| self.f.state(state).caller) {
            chain.push(caller);
        }
        chain.reverse();
        let frames = chain.iter().map(|&it| {
            let made = made.filter(|_| it == state);
            self.write_frame(it, made, &mut words)
        });
        let frames = frames.collect();
        let objects = objects.iter().map(|object| self.write_object(object, &mut words));
        let objects = objects.collect();
        let address = self.exits.add_state(ExitState { frames, objects }, words.count);
        self.e.int(address as i64)
    }

    fn write_frame(&mut self, state: State, made: Option<Made>, words: &mut Words) -> ExitFrame {
        let at = self.f.state(state);
        let scope = self.f.scope(at.scope);
        let mut top = None;
        let mut registers = Vec::new();
        let lost = usize::from(plant::is(Bug::OptLostRegister) && made.is_none());
        for &(register, value) in at.registers.iter().skip(lost) {
            match register {
                FUEL => {
                    let fuel = self.word(value);
                    self.store_fuel(fuel);
                }
                TOP if made.is_none() => top = self.constant_int(value).map(|top| top as u8),
                TOP => {}
                // What lies above is the called code's.
                _ if made.is_some_and(|made| register >= made.call.register)
                    && !plant::is(Bug::OptWrongBail) => {}
                _ => registers.push((register, self.exit_value(value, words))),
            }
        }
        let mut pc = at.pc as usize;
        if let Some(Made { closure, call }) = made {
            pc += 1;
            let meta = meta_of(tag::CLOSURE) as u64;
            registers
                .push((call.register, ExitValue::Word { at: words.store(self, &[closure]), meta }));
        }
        ExitFrame {
            below: self.f.registers_below(at.scope),
            pc: (&raw const scope.proto.code[pc]).addr(),
            call: scope.call,
            registers: registers.into(),
            top,
        }
    }

    fn write_object(&mut self, object: &VirtualObject, words: &mut Words) -> ExitObject {
        ExitObject {
            site: object.site as u64,
            shape: object.shape,
            metatable: object.metatable.map(|value| self.exit_value(value, words)),
            fields: object.fields.iter().map(|&value| self.exit_value(value, words)).collect(),
        }
    }

    /// Where a value is, which is stored unless it is there already or known.
    fn exit_value(&mut self, value: Value, words: &mut Words) -> ExitValue {
        if let Some(&known) = words.known.get(&value) {
            return known;
        }
        let held = self.exit_constant(value).unwrap_or_else(|| match self.f.ty(value) {
            Type::Bool => {
                let word = self.word(value);
                let word = self.e.b.ins().uextend(I64, word);
                ExitValue::Bool { at: words.store(self, &[word]) }
            }
            Type::Any | Type::Number | Type::Vector | Type::Vec2 | Type::Vec3 => {
                let (payload, meta) = self.pair(value);
                ExitValue::Pair { at: words.store(self, &[payload, meta]) }
            }
            ty => {
                // From the register that it is in.
                let word = self.word(value);
                ExitValue::Word {
                    at: words.store(self, &[word]),
                    meta: meta_of(one_tag(ty)) as u64,
                }
            }
        });
        words.known.insert(value, held);
        held
    }

    fn exit_constant(&self, value: Value) -> Option<ExitValue> {
        let constant = |payload, tag| ExitValue::Constant { payload, meta: meta_of(tag) as u64 };
        if self.f.ty(value) == Type::Nil {
            return Some(constant(0, tag::NIL));
        }
        let Definition::Result(inst) = self.f.definition(value) else { return None };
        let data = self.f.inst(inst);
        match data.op {
            Op::Int => Some(constant(data.immediate as u64, tag::INT)),
            Op::Float => Some(constant(data.immediate as u64, tag::FLOAT)),
            // False and true follow each other.
            Op::Bool => Some(constant(0, tag::FALSE + data.immediate as u32)),
            _ => None,
        }
    }
}

impl Words {
    /// Stores words, one behind the other: the place of the first.
    fn store(&mut self, lowering: &mut Lowering<'_, '_>, words: &[clif::Value]) -> u16 {
        let first = self.count;
        for &word in words {
            lowering.e.store(word, self.at, self.count as i32 * WORD);
            self.count += 1;
        }
        first as u16
    }
}
