//! From the representation to CLIF.
//!
//! The emitter of the baseline tier does what both tiers do in the same way: the entry, calls of the runtime, and whole
//! instructions where the representation says [`Op::Run`]. Values are held as their types allow ([`Machine`]); guards that
//! fail go to blocks apart, which write down what registers hold and leave; the runtime makes the frame of it.
//!
//! * [`operation`]: one operation, and all that has no module of its own
//! * [`value`]: values in machine form; [`arithmetic`]: integers; [`number`]: numbers of either kind; [`string`]; [`vector`]
//! * [`memory`]: loads and stores; [`table`]: making and filling tables; [`lookup`]: dictionaries
//! * [`direct`]: calls without a frame; [`iteration`]: steps of generic loops
//! * [`exit`]: ways out; [`exit_state`]: what they tell of the frames

mod arithmetic;
mod direct;
mod exit;
mod exit_state;
mod guard;
mod iteration;
mod lookup;
mod memory;
mod number;
mod operation;
mod string;
mod table;
mod value;
mod vector;

use cranelift_codegen::ir as clif;
use cranelift_codegen::ir::InstBuilder;
use cranelift_codegen::ir::types::{F32X4, F64, I8, I64};
use rustc_hash::{FxHashMap, FxHashSet};

use super::GuardStress;
use super::exits::Exits;
use super::reason::DeoptReason;
use crate::baseline::Emitter;
use crate::ir::cfg::reverse_postorder;
use crate::ir::{Block, Function, Inst, State, Target, Type, Value};
pub(super) use value::Machine;

/// What runs the code that is made.
pub(super) enum Activation {
    /// A frame on top of the VM's; the code begins with this block, to which the caller jumps.
    Framed(clif::Block),
    /// A call that leaves no frame, with its closure and the words of its arguments.
    Direct { closure: clif::Value, parameters: Vec<[clif::Value; 2]> },
}

/// Lowers one function into the code that an emitter makes.
pub(super) struct Lowering<'l, 'a> {
    e: &'l mut Emitter<'a>,
    f: &'l Function,
    exits: &'l Exits,
    activation: Activation,
    values: Vec<Option<Machine>>,
    /// What [`crate::ir::Op::NextEntry`] has found, by its result: the words of the key and of the value.
    entries: FxHashMap<Value, [clif::Value; 4]>,
    /// The 32-bit floats that floats were made of.
    singles: Vec<Option<clif::Value>>,
    /// Elements that are made floats of behind their load.
    float_wanted: FxHashSet<Value>,
    /// These as floats.
    floats: FxHashMap<Value, clif::Value>,
    blocks: Vec<Option<clif::Block>>,
    guard_stress: GuardStress,
    /// Why the operation at hand would leave.
    reason: Option<DeoptReason>,
    /// Where guards with a state go if they fail, by the reason for it.
    ways_out: FxHashMap<(State, Option<DeoptReason>), WayOut>,
    /// The same in the order in which they were asked for.
    pending: Vec<(State, WayOut)>,
}

/// Where a guard that fails goes, and the address of what counts that; 0 if it is not counted.
#[derive(Clone, Copy)]
struct WayOut {
    block: clif::Block,
    site: usize,
}

impl<'l, 'a> Lowering<'l, 'a> {
    /// Emits all of the function, behind what was emitted for its entry.
    pub fn lower(
        e: &'l mut Emitter<'a>,
        f: &'l Function,
        exits: &'l Exits,
        guard_stress: GuardStress,
        activation: Activation,
    ) {
        let first = match &activation {
            Activation::Framed(first) => *first,
            Activation::Direct { .. } => {
                let first = e.b.create_block();
                e.jump(first);
                first
            }
        };
        let mut lowering = Lowering {
            e,
            f,
            exits,
            activation,
            values: vec![None; f.value_count()],
            entries: FxHashMap::default(),
            singles: vec![None; f.value_count()],
            float_wanted: number::wanted_as_floats(f),
            floats: FxHashMap::default(),
            blocks: vec![None; f.blocks().len()],
            guard_stress,
            reason: None,
            ways_out: FxHashMap::default(),
            pending: Vec::new(),
        };
        let order = reverse_postorder(f);
        for (number, &block) in order.iter().enumerate() {
            lowering.declare(block, (number == 0).then_some(first));
        }
        for &block in &order {
            lowering.lower_block(block);
        }
        lowering.emit_ways_out();
    }

    /// Makes the block and its parameters.
    fn declare(&mut self, block: Block, existing: Option<clif::Block>) {
        let made = existing.unwrap_or_else(|| self.e.b.create_block());
        self.blocks[block.index()] = Some(made);
        for &parameter in self.f.parameters(block) {
            let ty = self.f.ty(parameter);
            let mut add = |ty| self.e.b.append_block_param(made, ty);
            let machine = match ty {
                Type::Any | Type::Number | Type::Vector => Machine::Pair(add(I64), add(I64)),
                Type::Vec2 | Type::Vec3 => Machine::Word(add(F32X4)),
                Type::Nil => Machine::Nil,
                Type::Bool => Machine::Word(add(I8)),
                Type::Float => Machine::Word(add(F64)),
                Type::Int | Type::String | Type::Table | Type::Closure => Machine::Word(add(I64)),
            };
            self.values[parameter.index()] = Some(machine);
        }
    }

    fn lower_block(&mut self, block: Block) {
        let made = self.block(block);
        self.e.continue_in(made);
        for &inst in self.f.insts(block) {
            self.lower_inst(inst);
        }
    }

    fn block(&self, block: Block) -> clif::Block {
        let Some(block) = self.blocks[block.index()] else {
            unreachable!("every block that can be reached is declared")
        };
        block
    }

    /// The block that an end names, and what it is passed.
    fn target(&mut self, target: &Target) -> (clif::Block, Vec<clif::BlockArg>) {
        let mut arguments = Vec::new();
        let parameters = self.f.parameters(target.block);
        for (&argument, &parameter) in target.arguments.iter().zip(parameters) {
            match self.f.ty(parameter) {
                Type::Any | Type::Number | Type::Vector => {
                    let (payload, meta) = self.pair(argument);
                    arguments.extend([payload, meta].map(clif::BlockArg::Value));
                }
                Type::Nil => {}
                _ => {
                    let word = self.word(argument);
                    arguments.push(clif::BlockArg::Value(word));
                }
            }
        }
        (self.block(target.block), arguments)
    }

    /// Jumps to where an end goes.
    fn jump_to(&mut self, target: &Target) {
        let (block, arguments) = self.target(target);
        self.e.b.ins().jump(block, &arguments);
    }

    /// A block without parameters that goes on to where an end goes: the block itself if it has none.
    fn landing(&mut self, inst: Inst, number: usize) -> clif::Block {
        let target = &self.f.inst(inst).targets[number];
        debug_assert!(target.arguments.is_empty(), "ways out of branches pass nothing");
        self.block(target.block)
    }

    fn set(&mut self, value: Option<Value>, machine: Machine) {
        if let Some(value) = value {
            self.values[value.index()] = Some(machine);
        }
    }
}
