//! Tests whose outcome is known, because one way on from the same test leads there.

use rustc_hash::FxHashMap;

use crate::ir::cfg::DominatorTree;
use crate::ir::loops::predecessors;
use crate::ir::{Block, Function, Op, Value};

/// Walks the dominator tree with the outcomes that are known.
pub fn run(f: &mut Function) {
    let tree = DominatorTree::of(f);
    let predecessors = predecessors(f);
    let mut known: FxHashMap<Value, bool> = FxHashMap::default();
    // What was found out on the way to the block at hand, by depth.
    let mut trail: Vec<(usize, Value)> = Vec::new();
    let mut stack: Vec<Block> = f.blocks().take(1).collect();
    while let Some(block) = stack.pop() {
        let depth = tree.depth(block);
        while let Some((_, condition)) = trail.pop_if(|(at, _)| *at >= depth) {
            known.remove(&condition);
        }
        if let Some((condition, holds)) = outcome(f, &predecessors, block)
            && known.insert(condition, holds).is_none()
        {
            trail.push((depth, condition));
        }
        if let Some(end) = f.end(block)
            && f.inst(end).op == Op::Branch
            && let Some(&holds) = known.get(&f.inst(end).operands[0])
        {
            let target = f.inst(end).targets[usize::from(!holds)].clone();
            f.become_jump(end, target);
        }
        stack.extend(tree.children(block));
    }
}

/// The condition that holds, or does not, on the only way to a block.
fn outcome(f: &Function, predecessors: &[Vec<Block>], block: Block) -> Option<(Value, bool)> {
    let &[from] = &predecessors[block.index()][..] else { return None };
    let end = f.inst(f.end(from)?);
    (end.op == Op::Branch).then(|| (end.operands[0], end.targets[0].block == block))
}
