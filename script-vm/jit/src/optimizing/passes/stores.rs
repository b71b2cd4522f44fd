//! Removes stores that are overwritten before anything could look at what they have stored.
//!
//! Each block is gone through with the list of its stores that nobody has seen yet. Whatever may leave the code, runs other
//! code, or does anything that is not known here has seen all of them; a load has seen those that it may alias. Stores of
//! what is there already are no stores to begin with: `value_numbering` removes them.

use interlune_core::plant::{self, Bug};

use super::value_numbering::{Cell, Write, read, written};
use crate::ir::{Function, Inst, InstData, Op, Value};

/// A store that nobody has seen.
struct Unseen {
    inst: Inst,
    place: Place,
    /// What aliases it.
    cell: Cell,
}

/// Where a store stores: the same places are the same memory.
#[derive(PartialEq, Eq)]
struct Place {
    op: Op,
    /// Register, upvalue, location of a field, kind of an array.
    immediate: i64,
    /// Table or closure; index and elements.
    operands: Vec<Value>,
}

pub fn run(f: &mut Function) {
    for block in f.blocks() {
        let mut unseen: Vec<Unseen> = Vec::new();
        let mut removed: Vec<Inst> = Vec::new();
        for inst in f.insts(block).to_vec() {
            let data = f.inst(inst);
            let Some((place, cell)) = place(data) else {
                if sees_all(data) {
                    unseen.clear();
                } else {
                    let seen = read(data);
                    unseen.retain(|store| !seen.contains(&store.cell));
                }
                continue;
            };
            if let Some(at) = unseen.iter().position(|store| store.place == place) {
                let earlier = unseen.remove(at).inst;
                if take_over(f, earlier, inst) {
                    removed.push(earlier);
                }
            }
            unseen.push(Unseen { inst, place, cell });
        }
        if !removed.is_empty() {
            let kept = f.insts(block).iter().copied().filter(|inst| !removed.contains(inst));
            f.set_insts(block, kept.collect());
        }
    }
}

/// The place that a store stores to, and what else may be that place.
fn place(data: &InstData) -> Option<(Place, Cell)> {
    let operands = match data.op {
        Op::StoreSlot | Op::StoreCaptured => vec![],
        Op::StoreUpvalue | Op::StoreField => vec![data.operands[0]],
        Op::StoreElement => vec![data.operands[0], data.operands[1], data.operands[3]],
        _ => return None,
    };
    let [Write::Cell(cell)] = written(data)[..] else { return None };
    Some((Place { op: data.op, immediate: data.immediate, operands }, cell))
}

/// Whether an operation may look at all of memory, or is one that nothing is known of here.
fn sees_all(data: &InstData) -> bool {
    let effects = data.op.effects();
    if plant::is(Bug::OptLostStore) && effects.exits && effects.writes.is_empty() {
        return false;
    }
    effects.exits || effects.stays || (!effects.reads.is_empty() && read(data).is_empty())
}

/// Makes the later of two stores to a place do without the earlier one. False if that cannot be.
fn take_over(f: &mut Function, earlier: Inst, later: Inst) -> bool {
    let (first, second) = (f.inst(earlier), f.inst(later));
    if second.op == Op::StoreField {
        // It overwrites what the earlier one would have.
        if second.operands[1] != first.operands[2] {
            return false;
        }
        let overwritten = first.operands[1];
        f.inst_mut(later).operands[1] = overwritten;
    }
    true
}
