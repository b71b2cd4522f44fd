//! The graph of blocks: orders, predecessors, dominators.

use super::function::{Block, Function};

/// Blocks that can be reached, each before its successors but for back-edges; the entry first.
pub fn reverse_postorder(function: &Function) -> Vec<Block> {
    let mut order = Vec::with_capacity(function.blocks().len());
    let mut seen = vec![false; function.blocks().len()];
    let Some(entry) = function.blocks().next() else { return order };
    // A block and the successors that are yet to be visited.
    let mut stack = vec![(entry, successors_from_last(function, entry))];
    seen[entry.index()] = true;
    while let Some((block, rest)) = stack.last_mut() {
        let block = *block;
        match rest.pop() {
            Some(next) if !seen[next.index()] => {
                seen[next.index()] = true;
                stack.push((next, successors_from_last(function, next)));
            }
            Some(_) => {}
            None => {
                order.push(block);
                stack.pop();
            }
        }
    }
    order.reverse();
    order
}

/// In the order in which popping gives the last one first: so the first one comes first in the reversed postorder.
fn successors_from_last(function: &Function, block: Block) -> Vec<Block> {
    function.successors(block).collect()
}

/// The immediate dominator of every block, by the algorithm of Cooper, Harvey and Kennedy (2001).
#[derive(Debug)]
pub struct Dominators {
    /// Place of each block in the reverse postorder; none if it cannot be reached.
    place: Vec<Option<u32>>,
    /// By place, the place of the immediate dominator; the entry is its own.
    immediate: Vec<u32>,
}

impl Dominators {
    pub fn of(function: &Function) -> Dominators {
        let order = reverse_postorder(function);
        let mut place = vec![None; function.blocks().len()];
        for (number, block) in order.iter().enumerate() {
            place[block.index()] = Some(number as u32);
        }
        let mut predecessors = vec![Vec::new(); order.len()];
        for (number, &block) in order.iter().enumerate() {
            for next in function.successors(block) {
                if let Some(next) = place[next.index()] {
                    predecessors[next as usize].push(number as u32);
                }
            }
        }
        const UNKNOWN: u32 = u32::MAX;
        let mut immediate = vec![UNKNOWN; order.len()];
        if let Some(entry) = immediate.first_mut() {
            *entry = 0;
        }
        let mut changed = true;
        while changed {
            changed = false;
            for number in 1..order.len() {
                let known = predecessors[number].iter().copied();
                let dominator = known
                    .filter(|&from| immediate[from as usize] != UNKNOWN)
                    .reduce(|a, b| intersect(&immediate, a, b));
                if let Some(dominator) = dominator
                    && immediate[number] != dominator
                {
                    immediate[number] = dominator;
                    changed = true;
                }
            }
        }
        Dominators { place, immediate }
    }

    /// Whether every way to `b` leads through `a`. A block dominates itself; one that cannot be reached is dominated by
    /// all.
    pub fn dominates(&self, a: Block, b: Block) -> bool {
        let Some(mut at) = self.place[b.index()] else { return true };
        let Some(target) = self.place[a.index()] else { return false };
        while at > target {
            at = self.immediate[at as usize];
        }
        at == target
    }

    pub fn is_reachable(&self, block: Block) -> bool {
        self.place[block.index()].is_some()
    }
}

/// The blocks that can be reached, as a tree of immediate dominators.
#[derive(Debug)]
pub struct DominatorTree {
    /// In the reverse postorder.
    children: Vec<Vec<Block>>,
    depth: Vec<usize>,
}

impl DominatorTree {
    pub fn of(function: &Function) -> DominatorTree {
        let order = reverse_postorder(function);
        let dominators = Dominators::of(function);
        let mut children = vec![Vec::new(); function.blocks().len()];
        let mut depth = vec![0; function.blocks().len()];
        for (number, &block) in order.iter().enumerate().skip(1) {
            let parent = order[dominators.immediate[number] as usize];
            children[parent.index()].push(block);
            depth[block.index()] = depth[parent.index()] + 1;
        }
        DominatorTree { children, depth }
    }

    /// The blocks that a block dominates immediately.
    pub fn children(&self, block: Block) -> &[Block] {
        &self.children[block.index()]
    }

    /// Blocks that dominate a block, without itself.
    pub fn depth(&self, block: Block) -> usize {
        self.depth[block.index()]
    }
}

fn intersect(immediate: &[u32], mut a: u32, mut b: u32) -> u32 {
    while a != b {
        while a > b {
            a = immediate[a as usize];
        }
        while b > a {
            b = immediate[b as usize];
        }
    }
    a
}

#[cfg(test)]
mod tests {
    use super::super::function::Target;
    use super::super::op::Op;
    use super::*;

    /// A function whose blocks go on to these.
    fn graph(edges: &[&[usize]]) -> Function {
        let mut function = Function::new();
        let blocks: Vec<_> = edges.iter().map(|_| function.add_block()).collect();
        for (&block, to) in blocks.iter().zip(edges) {
            let target = |&to: &usize| Target { block: blocks[to], arguments: Vec::new() };
            let targets: Vec<_> = to.iter().map(target).collect();
            let (op, operands) = match targets.len() {
                0 => (Op::RunEnd, Vec::new()),
                1 => (Op::Jump, Vec::new()),
                _ => {
                    let truth = function.make(Op::Bool, Vec::new(), 1, None, Vec::new());
                    function.append(block, truth);
                    (Op::Branch, function.inst(truth).result.into_iter().collect())
                }
            };
            let end = function.make(op, operands, 0, None, targets);
            function.append(block, end);
        }
        function
    }

    /// The entry and what lies on every way from it to `to`, by removing one block after the other.
    fn dominators_by_removal(edges: &[&[usize]], to: usize) -> Vec<usize> {
        let reaches = |without: usize| {
            let mut seen = vec![false; edges.len()];
            let mut stack = if without == 0 { vec![] } else { vec![0] };
            while let Some(at) = stack.pop() {
                if !std::mem::replace(&mut seen[at], true) {
                    stack.extend(edges[at].iter().filter(|&&next| next != without));
                }
            }
            seen[to]
        };
        (0..edges.len()).filter(|&block| block == to || !reaches(block)).collect()
    }

    #[test]
    fn dominators_are_what_no_way_avoids() {
        let graphs: [&[&[usize]]; 4] = [
            &[&[1, 2], &[3], &[3], &[]],
            &[&[1], &[2, 4], &[3, 1], &[1], &[]],
            &[&[1, 2], &[2], &[1, 3], &[3, 4], &[0]],
            &[&[1, 5], &[2, 3], &[4], &[4, 1], &[5, 1], &[]],
        ];
        for edges in graphs {
            let function = graph(edges);
            let dominators = Dominators::of(&function);
            for b in function.blocks() {
                let expected = dominators_by_removal(edges, b.index());
                let found = function.blocks().filter(|&a| dominators.dominates(a, b));
                assert_eq!(found.map(Block::index).collect::<Vec<_>>(), expected, "{edges:?} {b}");
            }
        }
    }

    #[test]
    fn what_cannot_be_reached_is_in_no_order() {
        let function = graph(&[&[2], &[2], &[]]);
        let order: Vec<_> = reverse_postorder(&function).iter().map(|b| b.index()).collect();
        assert_eq!(order, [0, 2]);
        assert!(!Dominators::of(&function).is_reachable(Block::new(1)));
    }
}
