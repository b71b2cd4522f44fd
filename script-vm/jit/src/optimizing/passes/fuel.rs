//! Keeps the counter of fuel in a register while an innermost loop runs.
//!
//! Every back-edge takes a unit of fuel. In memory, the counter is a chain of loads and stores that is longer than the body
//! of a short loop. In loops that call nothing nobody else looks at it: it is loaded before the loop, carried round as a
//! parameter, and stored where the loop is left, frame states included.
//!
//! The last pass: those before it know nothing of the operations that it makes.

use rustc_hash::FxHashMap;

use crate::ir::cfg::reverse_postorder;
use crate::ir::{Block, FUEL, Function, Inst, Op, State, Target, Type, Value};

pub fn run(f: &mut Function) {
    for header in headers(f) {
        if let Some(body) = body_of(f, header) {
            carry(f, header, &body);
        }
    }
}

/// Predecessors of each block, one entry for each edge.
fn predecessors(f: &Function) -> Vec<Vec<Block>> {
    let mut predecessors = vec![Vec::new(); f.blocks().len()];
    for block in reverse_postorder(f) {
        for next in f.successors(block) {
            predecessors[next.index()].push(block);
        }
    }
    predecessors
}

fn places(f: &Function) -> (Vec<Block>, Vec<usize>) {
    let order = reverse_postorder(f);
    let mut place = vec![usize::MAX; f.blocks().len()];
    for (number, block) in order.iter().enumerate() {
        place[block.index()] = number;
    }
    (order, place)
}

fn headers(f: &Function) -> Vec<Block> {
    let (order, place) = places(f);
    let predecessors = predecessors(f);
    let is_header = |block: &Block| {
        let own = place[block.index()];
        predecessors[block.index()].iter().any(|from| place[from.index()] >= own)
    };
    order.into_iter().filter(is_header).collect()
}

/// The blocks of the loop in their order, the header first, if the loop is one that can be changed: innermost, entered and
/// left by plain edges, and nothing in it needs the counter in memory: it calls nothing, and allocates nothing, since that
/// may ask for a collection by way of the counter.
fn body_of(f: &Function, header: Block) -> Option<Vec<Block>> {
    let (order, place) = places(f);
    let predecessors = predecessors(f);
    let own = place[header.index()];
    let mut is_inside = vec![false; f.blocks().len()];
    is_inside[header.index()] = true;
    let mut rest: Vec<Block> = Vec::new();
    for &from in &predecessors[header.index()] {
        // Arguments are passed by jumps only.
        if f.end(from).is_none_or(|end| f.inst(end).op != Op::Jump) {
            return None;
        }
        if place[from.index()] >= own {
            rest.push(from);
        }
    }
    while let Some(block) = rest.pop() {
        if !std::mem::replace(&mut is_inside[block.index()], true) {
            rest.extend(&predecessors[block.index()]);
        }
    }
    let body: Vec<Block> = order.into_iter().filter(|block| is_inside[block.index()]).collect();
    for &block in &body {
        let own = place[block.index()];
        let is_inner_header = block != header
            && predecessors[block.index()].iter().any(|from| place[from.index()] >= own);
        let is_plain = f.insts(block).iter().all(|&inst| {
            !matches!(
                f.inst(inst).op,
                Op::Run
                    | Op::RunBranch
                    | Op::RunForCall
                    | Op::RunEnd
                    | Op::CallDirect
                    | Op::FindMethod
                    | Op::NewTable
                    | Op::SetInt
                    | Op::SetMetatable
                    | Op::LoadFuel
                    | Op::StoreFuel
                    | Op::PollHeld
                    | Op::ChargeHeld
            )
        });
        // Where ways with different counts meet, they pass them.
        let merges = predecessors[block.index()].len() > 1
            && predecessors[block.index()]
                .iter()
                .any(|&from| f.end(from).is_none_or(|end| f.inst(end).op != Op::Jump));
        if is_inner_header || !is_plain || merges {
            return None;
        }
    }
    Some(body)
}

/// Carries the counter through the blocks of a loop.
fn carry(f: &mut Function, header: Block, body: &[Block]) {
    let predecessors = predecessors(f);
    let mut is_inside = vec![false; f.blocks().len()];
    body.iter().for_each(|block| is_inside[block.index()] = true);
    // Before the loop.
    for &from in &predecessors[header.index()] {
        if !is_inside[from.index()] {
            let load = f.make(Op::LoadFuel, Vec::new(), 0, None, Vec::new());
            insert_before_end(f, from, load);
            let fuel = result(f, load);
            pass(f, from, header, fuel);
        }
    }
    // What each block ends with.
    let mut at_end: FxHashMap<Block, Value> = FxHashMap::default();
    let mut states: FxHashMap<(State, Value), State> = FxHashMap::default();
    for &block in body {
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
        leave(f, block, fuel, &is_inside);
    }
    for &from in &predecessors[header.index()] {
        if let Some(&fuel) = at_end.get(&from) {
            pass(f, from, header, fuel);
        }
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
fn leave(f: &mut Function, block: Block, fuel: Value, is_inside: &[bool]) {
    let Some(end) = f.end(block) else { return };
    let store = |f: &mut Function| f.make(Op::StoreFuel, vec![fuel], 0, None, Vec::new());
    match f.inst(end).op {
        Op::Branch => {
            for number in 0..f.inst(end).targets.len() {
                let to = f.inst(end).targets[number].clone();
                if is_inside.get(to.block.index()) == Some(&true) {
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
        Op::Jump if is_inside.get(f.inst(end).targets[0].block.index()) != Some(&true) => {
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
