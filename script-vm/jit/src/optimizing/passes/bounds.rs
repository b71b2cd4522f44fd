//! Makes sure of the bounds of arrays before loops that count.
//!
//! A loop that counts has a parameter that changes by a constant `step` on the way back, and another one, from `n` down to
//! 0, at which the loop ends: so the first has at most the values `first`, `first + step` … `first + n * step`, modulo 2^64.
//! An index that lies a constant above such a parameter is within `0 .. length` in all iterations if the first and the last
//! one are. Both are looked at before the loop, in such a way that nothing can overflow (all operations are unsigned):
//!
//! * `first < length`, and
//! * `n < (length - 1 - first) / step + 1`, or, if it counts down, `n < first / -step + 1`.
//!
//! A loop that ends early may be left for no good reason. If that happens too often, it has no anchor when it is built anew.
//!
//! The last pass that needs anchors: it removes them.

use interlune_core::plant::{self, Bug};

use super::hoist::constant;
use crate::ir::cfg::Dominators;
use crate::ir::loops::{Loop, loops};
use crate::ir::{Block, Definition, Function, Inst, Op, State, Value};

pub fn run(f: &mut Function) {
    for it in loops(f) {
        if let Some((entrance, state)) = it.entrance(f)
            && let Some(count) = count_down(f, &it)
        {
            check_before(f, &it, entrance, state, count);
        }
    }
    for block in f.blocks() {
        let is_anchor = |inst: &Inst| f.inst(*inst).op == Op::Anchor;
        let kept = f.insts(block).iter().copied().filter(|inst| !is_anchor(inst)).collect();
        f.set_insts(block, kept);
    }
}

/// What a parameter of a loop is at first, and by how much it changes on the way back.
fn induction(f: &Function, it: &Loop, value: Value) -> Option<(Value, i64)> {
    let Definition::Parameter(block, number) = f.definition(value) else { return None };
    if block != it.header {
        return None;
    }
    let passed = |from: Block| {
        let end = f.inst(f.end(from)?);
        let mut targets = end.targets.iter().filter(|target| target.block == block);
        let (Some(target), None) = (targets.next(), targets.next()) else { return None };
        target.arguments.get(number as usize).copied()
    };
    let step_of = |&latch: &Block| match offset(f, passed(latch)?) {
        (from, step) if from == value => Some(step),
        _ => None,
    };
    let mut steps = it.latches.iter().map(step_of);
    let step = steps.next()??;
    let [entering] = it.entering[..] else { return None };
    steps.all(|other| other == Some(step)).then_some((passed(entering)?, step))
}

/// What a value is the sum of: another value, and a constant.
fn offset(f: &Function, mut value: Value) -> (Value, i64) {
    let mut sum = 0_i64;
    while let Definition::Result(inst) = f.definition(value) {
        let data = f.inst(inst);
        let added = data.operands.get(1).and_then(|&second| constant(f, second));
        sum = match (data.op, added) {
            (Op::Add, Some(added)) => sum.wrapping_add(added),
            (Op::Sub, Some(added)) => sum.wrapping_sub(added),
            _ => break,
        };
        value = data.operands[0];
    }
    (value, sum)
}

/// How many times, at most, the loop goes back: what the parameter begins with that counts down to 0, at which every
/// iteration ends the loop.
fn count_down(f: &Function, it: &Loop) -> Option<Value> {
    let dominators = Dominators::of(f);
    it.blocks.iter().find_map(|&block| {
        let end = f.inst(f.end(block)?);
        if end.op != Op::Branch || it.contains(end.targets[0].block) {
            return None;
        }
        let Definition::Result(test) = f.definition(end.operands[0]) else { return None };
        let test = f.inst(test);
        if test.op != Op::Equal || constant(f, test.operands[1]) != Some(0) {
            return None;
        }
        let is_met = it.latches.iter().all(|&latch| dominators.dominates(block, latch));
        match induction(f, it, test.operands[0])? {
            (count, -1) if is_met => Some(count),
            _ => None,
        }
    })
}

/// Moves all guards on bounds before the loop that can be.
fn check_before(f: &mut Function, it: &Loop, entrance: Block, state: State, count: Value) {
    let dominators = Dominators::of(f);
    let mut checks = Checks { inserted: Vec::new(), state };
    for &block in &it.blocks {
        // Others may be there for what is run now and then only.
        if !it.latches.iter().all(|&latch| dominators.dominates(block, latch)) {
            continue;
        }
        let mut kept = Vec::new();
        for inst in f.insts(block).to_vec() {
            if !checks.replace(f, it, count, inst) {
                kept.push(inst);
            }
        }
        f.set_insts(block, kept);
    }
    let mut insts = f.insts(entrance).to_vec();
    let end = insts.len() - 1;
    insts.splice(end..end, checks.inserted);
    f.set_insts(entrance, insts);
}

struct Checks {
    inserted: Vec<Inst>,
    state: State,
}

impl Checks {
    /// Looks at the bounds before the loop, if the instruction does in each iteration.
    fn replace(&mut self, f: &mut Function, it: &Loop, count: Value, inst: Inst) -> bool {
        let data = f.inst(inst);
        if data.op != Op::GuardBounds {
            return false;
        }
        let (index, length) = (data.operands[0], data.operands[1]);
        let (parameter, distance) = offset(f, index);
        let Some((first, step)) = induction(f, it, parameter) else { return false };
        if step == 0 || !is_length_outside(f, it, length) {
            return false;
        }
        let first = self.add(f, first, distance);
        self.guard(f, first, length);
        if plant::is(Bug::OptEarlyBounds) {
            return true;
        }
        // Indices from the first one on to the end that is counted towards.
        let room = match step {
            1 if constant(f, first) == Some(0) => length,
            1 => self.emit(f, Op::Sub, vec![length, first], 0),
            -1 => self.add(f, first, 1),
            _ => {
                let mut distance = first;
                if step > 0 {
                    let last = self.add(f, length, -1);
                    distance = self.emit(f, Op::Sub, vec![last, first], 0);
                }
                let each = self.emit(f, Op::Int, Vec::new(), step.unsigned_abs() as i64);
                let steps = self.emit(f, Op::UnsignedDiv, vec![distance, each], 0);
                self.add(f, steps, 1)
            }
        };
        self.guard(f, count, room);
        true
    }

    fn add(&mut self, f: &mut Function, value: Value, constant: i64) -> Value {
        let (from, sum) = offset(f, value);
        let sum = sum.wrapping_add(constant);
        match (self::constant(f, from), sum) {
            (Some(known), _) => self.emit(f, Op::Int, Vec::new(), known.wrapping_add(sum)),
            (None, 0) => from,
            (None, _) => {
                let sum = self.emit(f, Op::Int, Vec::new(), sum);
                self.emit(f, Op::Add, vec![from, sum], 0)
            }
        }
    }

    fn emit(&mut self, f: &mut Function, op: Op, operands: Vec<Value>, immediate: i64) -> Value {
        let inst = f.make(op, operands, immediate, None, Vec::new());
        self.inserted.push(inst);
        let Some(result) = f.inst(inst).result else { unreachable!("arithmetic has a result") };
        result
    }

    fn guard(&mut self, f: &mut Function, index: Value, length: Value) {
        let inst = f.make(Op::GuardBounds, vec![index, length], 0, Some(self.state), Vec::new());
        self.inserted.push(inst);
    }
}

/// Whether the value is the length of an array, found before the loop.
fn is_length_outside(f: &Function, it: &Loop, length: Value) -> bool {
    let Definition::Result(inst) = f.definition(length) else { return false };
    f.inst(inst).op == Op::ArrayLen
        && !it.blocks.iter().any(|&block| f.insts(block).contains(&inst))
}
