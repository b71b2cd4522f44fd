//! Loops: what jumps back to a block that dominates it, and where they are entered.

use super::cfg::reverse_postorder;
use super::function::{Block, Function, State};
use super::op::Op;

/// A loop, all loops in it included.
#[derive(Clone, Debug)]
pub struct Loop {
    pub header: Block,
    /// In the reverse postorder, the header first.
    pub blocks: Vec<Block>,
    /// Blocks outside that go on to the header.
    pub entering: Vec<Block>,
    /// Blocks inside that go on to the header.
    pub latches: Vec<Block>,
    is_inside: Vec<bool>,
}

impl Loop {
    pub fn contains(&self, block: Block) -> bool {
        self.is_inside.get(block.index()) == Some(&true)
    }

    /// The block through which the loop is entered, and the state there, if guards may be moved to its end.
    pub fn entrance(&self, function: &Function) -> Option<(Block, State)> {
        let &[from] = &self.entering[..] else { return None };
        let (&end, inner) = function.insts(from).split_last()?;
        if function.inst(end).op != Op::Jump {
            return None;
        }
        let anchor = inner.iter().rposition(|&inst| function.inst(inst).op == Op::Anchor)?;
        let is_last = inner[anchor..].iter().all(|&inst| {
            let data = function.inst(inst);
            data.op.effects().writes.is_empty() && !data.op.effects().allocates
        });
        let state = function.inst(inner[anchor]).state?;
        is_last.then_some((from, state))
    }
}

/// Predecessors of each block, one entry for each edge; of those that can be reached.
pub fn predecessors(function: &Function) -> Vec<Vec<Block>> {
    let mut predecessors = vec![Vec::new(); function.blocks().len()];
    for block in reverse_postorder(function) {
        for next in function.successors(block) {
            predecessors[next.index()].push(block);
        }
    }
    predecessors
}

/// All loops of a function, outer ones before those in them.
pub fn loops(function: &Function) -> Vec<Loop> {
    let order = reverse_postorder(function);
    let mut place = vec![usize::MAX; function.blocks().len()];
    for (number, block) in order.iter().enumerate() {
        place[block.index()] = number;
    }
    let predecessors = predecessors(function);
    let mut found = Vec::new();
    for &header in &order {
        let own = place[header.index()];
        let (latches, entering): (Vec<Block>, Vec<Block>) =
            predecessors[header.index()].iter().partition(|from| place[from.index()] >= own);
        if latches.is_empty() {
            continue;
        }
        let mut is_inside = vec![false; function.blocks().len()];
        is_inside[header.index()] = true;
        let mut rest = latches.clone();
        while let Some(block) = rest.pop() {
            if !std::mem::replace(&mut is_inside[block.index()], true) {
                rest.extend(&predecessors[block.index()]);
            }
        }
        let blocks = order.iter().copied().filter(|block| is_inside[block.index()]).collect();
        found.push(Loop { header, blocks, entering, latches, is_inside });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::*;

    #[test]
    fn loops_are_found_from_the_outside_in() {
        let text = "b0():
  v0: bool = bool #1
  jump b1()
b1():
  jump b2()
b2():
  branch v0, b2(), b3()
b3():
  branch v0, b1(), b4()
b4():
  return
";
        let function = parse(&text.replace("return", "run.end #0"), &[]).expect("it is right");
        let found = loops(&function);
        let numbers = |blocks: &[Block]| blocks.iter().map(|b| b.index()).collect::<Vec<_>>();
        let shape: Vec<_> = found
            .iter()
            .map(|it| (numbers(&it.blocks), numbers(&it.entering), numbers(&it.latches)))
            .collect();
        assert_eq!(shape, [(vec![1, 2, 3], vec![0], vec![3]), (vec![2], vec![1], vec![2]),]);
        assert!(found[0].contains(Block::new(3)) && !found[1].contains(Block::new(3)));
    }
}
