//! From the representation to CLIF.
//!
//! The emitter of the baseline tier does what both tiers do in the same way: the entry, calls of the runtime, and whole
//! instructions where the representation says [`Op::Run`]. Values are held as their types allow ([`Machine`]); guards that
//! fail go to blocks apart, which put the frame into the Lua stack and leave for the baseline tier.
//!
//! * [`value`]: values in machine form; [`operation`]: one operation; [`exit`]: ways out

mod exit;
mod operation;
mod value;

use cranelift_codegen::ir as clif;
use cranelift_codegen::ir::InstBuilder;
use cranelift_codegen::ir::types::{F64, I8, I64};
use rustc_hash::FxHashMap;

use super::exits::Exits;
use crate::baseline::Emitter;
use crate::ir::cfg::reverse_postorder;
use crate::ir::{Block, Function, Inst, State, Target, Type, Value};
pub(super) use value::Machine;

/// Lowers one function into the code that an emitter makes.
pub(super) struct Lowering<'l, 'a> {
    e: &'l mut Emitter<'a>,
    f: &'l Function,
    exits: &'l Exits,
    values: Vec<Option<Machine>>,
    blocks: Vec<Option<clif::Block>>,
    /// Where guards with a state go if they fail. Whether that counts as a bet that is lost.
    ways_out: FxHashMap<(State, bool), clif::Block>,
    /// The same in the order in which they were asked for.
    pending: Vec<((State, bool), clif::Block)>,
}

impl<'l, 'a> Lowering<'l, 'a> {
    /// Emits all of the function; its first block is `first`, to which the caller jumps.
    pub fn lower(e: &'l mut Emitter<'a>, f: &'l Function, exits: &'l Exits, first: clif::Block) {
        let mut lowering = Lowering {
            e,
            f,
            exits,
            values: vec![None; f.value_count()],
            blocks: vec![None; f.blocks().len()],
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
                Type::Any | Type::Number | Type::Vec3 => Machine::Pair(add(I64), add(I64)),
                Type::Nil => Machine::Nil,
                Type::Bool => Machine::Word(add(I8)),
                Type::Float => Machine::Word(add(F64)),
                Type::Int | Type::String | Type::Table | Type::Closure | Type::Vec2 => {
                    Machine::Word(add(I64))
                }
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
                Type::Any | Type::Number | Type::Vec3 => {
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
