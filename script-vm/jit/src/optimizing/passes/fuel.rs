//! Keeps the counter of fuel in a register while an innermost loop runs.
//!
//! Every back-edge takes a unit of fuel. In memory, the counter is a chain of loads and stores that is longer than the body
//! of a short loop. In loops that call nothing nobody else looks at it: it is loaded before the loop, carried round as a
//! parameter, and stored where the loop is left, frame states included.
//!
//! The last pass: those before it know nothing of the operations that it makes.

use interlune_core::plant::{self, Bug};
use rustc_hash::FxHashMap;

use crate::ir::loops::{Loop, loops, predecessors};
use crate::ir::{Block, FUEL, Function, Inst, Op, State, Target, Type, Value};

pub fn run(f: &mut Function) {
    for it in loops(f) {
        if can_carry(f, &it) {
            carry(f, &it);
        }
    }
}

/// Whether the loop is one that can be changed: innermost, entered and left by plain edges, and nothing in it needs the
/// counter in memory: it calls nothing, and allocates nothing, since that may ask for a collection by way of the counter.
fn can_carry(f: &Function, it: &Loop) -> bool {
    let predecessors = predecessors(f);
    // Arguments are passed by jumps only.
    let jumps = |from: &Block| f.end(*from).is_some_and(|end| f.inst(end).op == Op::Jump);
    let is_innermost =
        loops(f).iter().all(|other| other.header == it.header || !it.contains(other.header));
    let is_plain = |block: &Block| f.insts(*block).iter().all(|&inst| is_plain(f.inst(inst).op));
    // Where ways with different counts meet, they pass them.
    let passes = |block: &Block| {
        let from = &predecessors[block.index()];
        from.len() == 1 || from.iter().all(jumps)
    };
    let edges = || it.entering.iter().chain(&it.latches);
    is_innermost && edges().all(jumps) && it.blocks.iter().all(|it| is_plain(it) && passes(it))
}

/// Whether the counter may be elsewhere than in memory when the operation is run, and is not held already.
fn is_plain(op: Op) -> bool {
    let holds = matches!(op, Op::LoadFuel | Op::StoreFuel | Op::PollHeld | Op::ChargeHeld);
    let is_overlooked = plant::is(Bug::OptStaleFuel) && matches!(op, Op::Join | Op::StringPart);
    !holds && (!op.effects().calls || is_overlooked)
}

/// Carries the counter through the blocks of a loop.
fn carry(f: &mut Function, it: &Loop) {
    let predecessors = predecessors(f);
    let header = it.header;
    for &from in &it.entering {
        let load = f.make(Op::LoadFuel, Vec::new(), 0, None, Vec::new());
        insert_before_end(f, from, load);
        let fuel = result(f, load);
        pass(f, from, header, fuel);
    }
    // What each block ends with.
    let mut at_end: FxHashMap<Block, Value> = FxHashMap::default();
    let mut states: FxHashMap<(State, Value), State> = FxHashMap::default();
    for &block in &it.blocks {
        let from = &predecessors[block.index()];
        let mut fuel = match (block == header, &from[..]) {
            (false, [only]) => at_end[only],
            _ => {
                let fuel = f.add_parameter(block, Type::Int);
                for &from in from.iter().filter(|_| block != header) {
                    let passed = at_end[&from];
                    pass(f, from, block, passed);
                }
                fuel
            }
        };
        for inst in f.insts(block).to_vec() {
            fuel = carry_through(f, inst, fuel, &mut states);
        }
        at_end.insert(block, fuel);
        leave(f, block, fuel, it);
    }
    for from in &it.latches {
        pass(f, *from, header, at_end[from]);
    }
}

/// The counter behind an instruction, which is made to work on it.
fn carry_through(
    f: &mut Function,
    inst: Inst,
    fuel: Value,
    states: &mut FxHashMap<(State, Value), State>,
) -> Value {
    if let Some(state) = f.inst(inst).state
        && f.inst(inst).op != Op::Return
    {
        let held = *states.entry((state, fuel)).or_insert_with(|| {
            let mut data = f.state(state).clone();
            data.registers.push((FUEL, fuel));
            f.add_state(data)
        });
        f.inst_mut(inst).state = Some(held);
    }
    let held = match f.inst(inst).op {
        Op::Poll => Op::PollHeld,
        Op::Charge => Op::ChargeHeld,
        _ => return fuel,
    };
    f.become_held(inst, held, fuel)
}

/// Stores the counter on the ways out of a block.
fn leave(f: &mut Function, block: Block, fuel: Value, it: &Loop) {
    let Some(end) = f.end(block) else { return };
    let store = |f: &mut Function| f.make(Op::StoreFuel, vec![fuel], 0, None, Vec::new());
    match f.inst(end).op {
        Op::Branch => {
            for number in 0..f.inst(end).targets.len() {
                let to = f.inst(end).targets[number].clone();
                if it.contains(to.block) {
                    continue;
                }
                let edge = f.add_block();
                let store = store(f);
                f.append(edge, store);
                let jump = f.make(Op::Jump, Vec::new(), 0, None, vec![to]);
                f.append(edge, jump);
                f.inst_mut(end).targets[number] = Target { block: edge, arguments: Vec::new() };
            }
        }
        Op::Jump if !it.contains(f.inst(end).targets[0].block) => {
            let store = store(f);
            insert_before_end(f, block, store);
        }
        Op::Return => {
            let store = store(f);
            insert_before_end(f, block, store);
        }
        // The frame state of an exit has it.
        _ => {}
    }
}

fn insert_before_end(f: &mut Function, block: Block, inst: Inst) {
    let mut insts = f.insts(block).to_vec();
    insts.insert(insts.len() - 1, inst);
    f.set_insts(block, insts);
}

/// A block's jump passes one more value.
fn pass(f: &mut Function, from: Block, to: Block, value: Value) {
    let Some(end) = f.end(from) else { return };
    let targets = &mut f.inst_mut(end).targets;
    for target in targets.iter_mut().filter(|target| target.block == to) {
        target.arguments.push(value);
    }
}

fn result(f: &Function, inst: Inst) -> Value {
    let Some(value) = f.inst(inst).result else { unreachable!("only asked of what has one") };
    value
}
