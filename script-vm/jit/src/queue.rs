//! The functions that wait for a compiler: a bounded priority queue.
//!
//! Priority is benefit per cost, doubled for each so many frames of waiting. On a logarithmic scale that is
//! log2(benefit / cost) + waited / doubling; of two waiting functions both age alike, so their order does not depend
//! on the time at which one looks, and the part that is compared is fixed when a function enters: log2(benefit /
//! cost) − entered / doubling. So an ordered map serves, and nothing is ever sorted again.
//!
//! Invariants: a function is in the queue at most once; `order` and `waiting` hold the same functions; ties go to the
//! one that came first; the length never exceeds its bound. Neighbours: `scheduler` fills and drains it.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Bound;

use rustc_hash::FxHashMap;

use crate::function::FunctionId;
use crate::tunables::Tunables;

/// Most functions that room is made for at the start.
const RESERVED: usize = 512;

/// What a function's place depends on.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Worth {
    /// What a frame would save, in milliseconds.
    pub saving_ms_per_frame: f64,
    /// What compiling would cost, in milliseconds, priced or not, as long as it is the same for all.
    pub cost_ms: f64,
}

/// What happened to a function that was to enter.
#[derive(PartialEq, Debug)]
pub enum Pushed<J> {
    /// It waits.
    Queued,
    /// It was waiting already and has a new place; this is its new payload, which was not needed.
    Updated(J),
    /// It waits in the place of this one, which was worth least.
    Displaced(FunctionId, J),
    /// The queue is full of what is worth more.
    Refused(J),
}

/// A bounded queue of functions, the one to be compiled next first. `J` is whatever the owner needs to begin.
#[derive(Debug)]
pub struct CompileQueue<J> {
    order: BTreeMap<Key, FunctionId>,
    waiting: FxHashMap<FunctionId, Waiting<J>>,
    next_sequence: u64,
    /// Where the last sweep for cold ones stopped.
    swept_to: Option<Key>,
    max_len: usize,
    doubling_frames: f64,
    cold_frames: f64,
}

#[derive(Debug)]
struct Waiting<J> {
    key: Key,
    worth: Worth,
    entered_frame: f64,
    hot_frame: f64,
    payload: J,
}

/// Ordered: the smallest goes first.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Key {
    score: f64,
    sequence: u64,
}

impl Eq for Key {}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Key) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Key) -> Ordering {
        other.score.total_cmp(&self.score).then(self.sequence.cmp(&other.sequence))
    }
}

impl<J> CompileQueue<J> {
    /// An empty queue.
    pub fn new(tunables: &Tunables) -> CompileQueue<J> {
        CompileQueue {
            order: BTreeMap::new(),
            // Room for a storm: growing would ask the allocator for much within one frame.
            waiting: FxHashMap::with_capacity_and_hasher(
                tunables.max_queued.clamp(1, RESERVED),
                Default::default(),
            ),
            next_sequence: 0,
            swept_to: None,
            max_len: tunables.max_queued.max(1),
            doubling_frames: tunables.ageing_doubling_frames.max(1e-3),
            cold_frames: tunables.cold_frames.max(0.0),
        }
    }

    /// Writes to the room that was made at the start, and leaves the queue empty.
    pub fn touch(&mut self, payload: J)
    where
        J: Copy,
    {
        let worth = Worth { saving_ms_per_frame: 1.0, cost_ms: 1.0 };
        for id in 0..self.max_len.min(RESERVED) as u64 {
            self.push(FunctionId(id), worth, payload, 0.0);
        }
        while self.pop().is_some() {}
    }

    /// Functions that wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether this one waits.
    pub fn contains(&self, function: FunctionId) -> bool {
        self.waiting.contains_key(&function)
    }

    /// A function is worth compiling. One that waits already keeps its age and gets a new place.
    pub fn push(&mut self, function: FunctionId, worth: Worth, payload: J, now: f64) -> Pushed<J> {
        if self.update(function, worth, now) {
            return Pushed::Updated(payload);
        }
        let key = Key { score: self.score(worth, now), sequence: self.next_sequence };
        let mut displaced = None;
        if self.len() >= self.max_len {
            match self.order.last_key_value() {
                Some((worst, &last)) if key < *worst => displaced = Some(last),
                _ => return Pushed::Refused(payload),
            }
        }
        self.next_sequence += 1;
        let out = displaced.and_then(|last| Some((last, self.remove(last)?)));
        self.order.insert(key, function);
        let waiting = Waiting { key, worth, entered_frame: now, hot_frame: now, payload };
        self.waiting.insert(function, waiting);
        match out {
            Some((last, payload)) => Pushed::Displaced(last, payload),
            None => Pushed::Queued,
        }
    }

    /// A waiting function was seen to be hot, and this is what it is worth now. False if it does not wait.
    pub fn update(&mut self, function: FunctionId, worth: Worth, now: f64) -> bool {
        let Some(entered) = self.waiting.get(&function).map(|waiting| waiting.entered_frame) else {
            return false;
        };
        let score = self.score(worth, entered);
        if let Some(waiting) = self.waiting.get_mut(&function) {
            self.order.remove(&waiting.key);
            waiting.key.score = score;
            waiting.worth = worth;
            waiting.hot_frame = now;
            self.order.insert(waiting.key, function);
        }
        true
    }

    /// Takes a function out: it was reloaded, or is not wanted for another reason.
    pub fn remove(&mut self, function: FunctionId) -> Option<J> {
        let waiting = self.waiting.remove(&function)?;
        self.order.remove(&waiting.key);
        Some(waiting.payload)
    }

    /// The one to compile next, and what it is worth.
    pub fn peek(&self) -> Option<(FunctionId, Worth)> {
        let (_, &function) = self.order.first_key_value()?;
        self.waiting.get(&function).map(|waiting| (function, waiting.worth))
    }

    /// Takes the one to compile next.
    pub fn pop(&mut self) -> Option<(FunctionId, J)> {
        let (_, function) = self.order.pop_first()?;
        let waiting = self.waiting.remove(&function)?;
        Some((function, waiting.payload))
    }

    /// Looks at up to `max` functions, going on where the last call stopped, and hands those that went cold to
    /// `dropped`.
    pub fn drop_cold(&mut self, now: f64, max: usize, mut dropped: impl FnMut(FunctionId, J)) {
        let start = self.swept_to.map_or(Bound::Unbounded, Bound::Excluded);
        let some: Vec<(Key, FunctionId)> =
            self.order.range((start, Bound::Unbounded)).take(max).map(|(k, f)| (*k, *f)).collect();
        self.swept_to = if some.len() < max { None } else { some.last().map(|(key, _)| *key) };
        for (_, function) in some {
            let is_cold = self
                .waiting
                .get(&function)
                .is_some_and(|waiting| now - waiting.hot_frame > self.cold_frames);
            if is_cold && let Some(payload) = self.remove(function) {
                dropped(function, payload);
            }
        }
    }

    /// The functions in the order in which they would be compiled.
    pub fn iter(&self) -> impl Iterator<Item = (FunctionId, Worth)> + '_ {
        self.order.values().filter_map(|f| self.waiting.get(f).map(|waiting| (*f, waiting.worth)))
    }

    fn score(&self, worth: Worth, entered: f64) -> f64 {
        let ratio = worth.saving_ms_per_frame.max(1e-9) / worth.cost_ms.max(1e-9);
        ratio.log2() - entered / self.doubling_frames
    }
}

#[cfg(test)]
mod tests;
