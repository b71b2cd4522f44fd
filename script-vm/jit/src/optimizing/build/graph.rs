//! The graph of bytecode blocks that is built: which copies of them there are, in which order, and what loops write.

use std::collections::BTreeMap;

use super::body::Body;
use crate::flow::{Loop, RegisterSet};

/// A copy of a block of bytecode. The first iteration of an innermost loop is built apart from the others, unless it is
/// large, so that what it finds out holds for them. And where a loop is entered in its midst, what is left of the iterations that loops around
/// it are in is built apart from those that follow, so that these loops are entered at their headers only.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Place {
    pub block: usize,
    /// How many of the loops around the entry, from the outermost on, are in the iteration that was entered.
    pub entered: usize,
    pub is_first_iteration: bool,
}

/// The graph from an entry on.
pub(super) struct Graph {
    /// The loops that the entry is in, outermost first.
    around: Vec<Loop>,
    /// All places, each before its successors but for jumps back; the entry first.
    pub order: Vec<Place>,
    /// Of each place.
    pub successors: BTreeMap<Place, Vec<Place>>,
    /// Headers of loops, with the registers that their loops write.
    pub headers: BTreeMap<Place, RegisterSet>,
}

impl Graph {
    /// The graph from the instruction `entry` on, which begins a block. Nothing if its loops are no loops but can be
    /// entered in more places than one.
    pub fn of(body: &Body<'_>, entry: usize) -> Option<Graph> {
        let mut around: Vec<Loop> = Vec::new();
        if entry != 0 {
            let contains = |it: &&Loop| (it.header..it.end).contains(&entry);
            around.extend(body.flow.loops.iter().filter(contains));
            around.sort_by_key(|it| it.depth);
        }
        let block = body.flow.block_of[entry];
        let start = Place { entered: around.len(), ..place(body, &around, None, block) };
        let mut graph = Graph {
            around,
            order: Vec::new(),
            successors: BTreeMap::new(),
            headers: BTreeMap::new(),
        };
        graph.walk(body, start);
        graph.order.reverse();
        graph.find_loops(body)?;
        Some(graph)
    }

    /// Instructions of all places.
    pub fn bytecodes(&self, body: &Body<'_>) -> usize {
        let block = |place: &Place| &body.flow.blocks[place.block];
        self.order.iter().map(|place| block(place).end - block(place).first).sum()
    }

    fn walk(&mut self, body: &Body<'_>, start: Place) {
        let mut stack = vec![(start, self.discover(body, start))];
        while let Some((at, rest)) = stack.last_mut() {
            let at = *at;
            match rest.pop() {
                Some(next) if self.successors.contains_key(&next) => {}
                Some(next) => {
                    let following = self.discover(body, next);
                    stack.push((next, following));
                }
                None => {
                    self.order.push(at);
                    stack.pop();
                }
            }
        }
    }

    fn discover(&mut self, body: &Body<'_>, at: Place) -> Vec<Place> {
        let next = &body.flow.blocks[at.block].successors;
        let next: Vec<_> =
            next.iter().map(|&block| place(body, &self.around, Some(at), block)).collect();
        self.successors.insert(at, next.clone());
        next
    }

    /// The header of a loop is what a jump back goes to; the loop is what comes to that jump without the header.
    fn find_loops(&mut self, body: &Body<'_>) -> Option<()> {
        let number: BTreeMap<Place, usize> =
            self.order.iter().enumerate().map(|(number, &place)| (place, number)).collect();
        let mut predecessors = vec![Vec::new(); self.order.len()];
        for (from, successors) in &self.successors {
            for to in successors {
                predecessors[number[to]].push(number[from]);
            }
        }
        for header in 0..self.order.len() {
            let mut is_inside = vec![false; self.order.len()];
            is_inside[header] = true;
            let mut rest: Vec<usize> =
                predecessors[header].iter().copied().filter(|&from| from >= header).collect();
            if rest.is_empty() {
                continue;
            }
            let mut writes = writes_of(body, self.order[header].block);
            while let Some(at) = rest.pop() {
                if std::mem::replace(&mut is_inside[at], true) {
                    continue;
                }
                if at < header {
                    return None;
                }
                writes = writes.union(writes_of(body, self.order[at].block));
                rest.extend(&predecessors[at]);
            }
            self.headers.insert(self.order[header], writes);
        }
        Some(())
    }
}

fn writes_of(body: &Body<'_>, block: usize) -> RegisterSet {
    let block = &body.flow.blocks[block];
    (block.first..block.end).fold(RegisterSet::EMPTY, |set, pc| set.union(body.writes(pc)))
}

/// The copy of a block that is entered from a place.
fn place(body: &Body<'_>, around: &[Loop], from: Option<Place>, block: usize) -> Place {
    let first = body.flow.blocks[block].first;
    let contains = |it: &Loop, pc: usize| (it.header..it.end).contains(&pc);
    let comes_from = from.map(|from| body.flow.blocks[from.block].first);
    let comes_from_within = |it: &Loop| comes_from.is_some_and(|pc| contains(it, pc));
    let innermost = body.flow.loop_of(first).filter(|it| body.is_peeled(it));
    let is_first_iteration = innermost.is_some_and(|it| match from {
        Some(from) if comes_from_within(it) => from.is_first_iteration && it.header != first,
        _ => it.header == first,
    });
    let mut entered = from.map_or(0, |from| from.entered);
    for (number, it) in around.iter().enumerate().take(entered) {
        let jumps_back = it.header == first && comes_from_within(it);
        if jumps_back || !contains(it, first) {
            entered = number;
            break;
        }
    }
    Place { block, entered, is_first_iteration }
}
