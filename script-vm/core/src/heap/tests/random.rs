//! Random programs with steps at random, against a model that knows what is reachable.
//!
//! The model numbers the nodes and keeps every edge that the program made. After steps the real graph is walked beside
//! it: whatever the model reaches must be there with its number and its edges. At the end exactly that much is left.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::heap::{Budget, HandleId, Phase};

const SLOTS: usize = 12;
const KEYS: u8 = 28;
const ID: &str = "id";

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Sort {
    Table,
    WeakValues,
    Ephemeron,
    Thread,
    Userdata,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Edge {
    Node(u32),
    Text(u32),
}

#[derive(Debug)]
struct Node {
    sort: Sort,
    edges: HashMap<u8, Edge>,
    /// Ephemerons: value of each key node.
    pairs: HashMap<u32, Edge>,
    /// Reached from an object that was finalized: weak references to it may be gone.
    resurrected: bool,
}

struct Program {
    mutator: Mutator,
    nodes: Vec<Node>,
    slots: [Option<u32>; SLOTS],
    handles: Vec<(HandleId, Option<u32>)>,
}

fn text(number: u32) -> String {
    let long =
        if number.is_multiple_of(3) { "that is longer than what is interned at once" } else { "" };
    format!("text {number} {long}")
}

impl Program {
    fn new() -> Program {
        let mutator = Mutator::new();
        Program { mutator, nodes: Vec::new(), slots: [None; SLOTS], handles: Vec::new() }
    }

    fn create(&mut self, slot: usize, sort: Sort) {
        let id = self.nodes.len() as u32;
        let number = Value::int(i64::from(id));
        let value = match sort {
            Sort::Table => Value::table(self.mutator.table()),
            Sort::WeakValues => Value::table(self.mutator.weak_table(false, true)),
            Sort::Ephemeron => Value::table(self.mutator.weak_table(true, false)),
            Sort::Thread => {
                let mut thread = new_thread(&mut self.mutator.heap, 40);
                thread.stack[KEYS as usize] = number;
                thread.top = KEYS as usize + 1;
                Value::thread(thread)
            }
            Sort::Userdata => Value::userdata(self.mutator.userdata(Box::new(id))),
        };
        if let Some(table) = value.as_table() {
            self.mutator.set_field(table, ID, number);
        }
        *self.mutator.slot(slot) = value;
        self.slots[slot] = Some(id);
        let (edges, pairs) = (HashMap::new(), HashMap::new());
        self.nodes.push(Node { sort, edges, pairs, resurrected: false });
    }

    fn id_of(&mut self, value: Value) -> u32 {
        if let Some(table) = value.as_table() {
            return self.mutator.field(table, ID).as_int().expect("an id") as u32;
        }
        if let Some(thread) = value.as_thread() {
            return thread.stack[KEYS as usize].as_int().expect("an id") as u32;
        }
        let userdata = value.as_userdata().expect("a node");
        *userdata.data.as_ref().and_then(|data| data.downcast_ref::<u32>()).expect("an id")
    }

    /// The key of an edge; array elements, other integers, fields, computed fields.
    fn key(&mut self, key: u8) -> Value {
        match key {
            0..12 => Value::int(i64::from(key) + 1),
            12..16 => Value::int(i64::from(key) * 1000),
            _ => self.mutator.string(&format!("field {key}")),
        }
    }

    fn set_edge(&mut self, from: Value, key: u8, value: Value) {
        if let Some(table) = from.as_table() {
            if (16..22).contains(&key) {
                self.mutator.set_field(table, &format!("field {key}"), value);
            } else {
                let key = self.key(key);
                self.mutator.set(table, key, value);
            }
        } else if let Some(mut thread) = from.as_thread() {
            self.mutator.heap.scan_before_resume(thread);
            thread.stack[key as usize] = value;
        } else if let Some(mut userdata) = from.as_userdata() {
            self.mutator.heap.barrier(userdata.user_value);
            userdata.user_value = value;
        }
    }

    fn get_edge(&mut self, from: Value, key: u8) -> Value {
        if let Some(table) = from.as_table() {
            let key = self.key(key);
            self.mutator.get(table, key)
        } else if let Some(thread) = from.as_thread() {
            self.mutator.heap.scan_before_resume(thread);
            thread.stack[key as usize]
        } else {
            from.as_userdata().expect("a node").user_value
        }
    }

    fn real_key(&self, node: u32, key: u8) -> u8 {
        if self.nodes[node as usize].sort == Sort::Userdata { 0 } else { key % KEYS }
    }

    /// `slots[a][key] = slots[b]`, nil or a string.
    fn store(&mut self, a: usize, key: u8, b: usize, what: u8) {
        let Some(from) = self.slots[a] else { return };
        let key = self.real_key(from, key);
        let (edge, value) = match what % 8 {
            0 => (None, Value::NIL),
            1 => {
                let number = u32::from(what) * 7 + u32::from(key);
                (Some(Edge::Text(number)), self.mutator.string(&text(number)))
            }
            _ => (self.slots[b].map(Edge::Node), *self.mutator.slot(b)),
        };
        let object = *self.mutator.slot(a);
        self.set_edge(object, key, value);
        let edges = &mut self.nodes[from as usize].edges;
        match edge {
            Some(edge) => edges.insert(key, edge),
            None => edges.remove(&key),
        };
    }

    /// `slots[b] = slots[a][key]`
    fn load(&mut self, a: usize, key: u8, b: usize) {
        let Some(from) = self.slots[a] else { return };
        let key = self.real_key(from, key);
        let object = *self.mutator.slot(a);
        let value = self.get_edge(object, key);
        let expected = self.nodes[from as usize].edges.get(&key).copied();
        if self.nodes[from as usize].sort == Sort::WeakValues && value.is_nil() {
            self.check_gone(expected);
            self.nodes[from as usize].edges.remove(&key);
        } else {
            self.check_value(value, expected);
        }
        if value.as_string().is_none() {
            *self.mutator.slot(b) = value;
            self.slots[b] = match expected {
                Some(Edge::Node(id)) if !value.is_nil() => Some(id),
                _ => None,
            };
        }
    }

    fn check_value(&mut self, value: Value, expected: Option<Edge>) {
        match expected {
            None => assert!(value.is_nil()),
            Some(Edge::Text(number)) => {
                let string = value.as_string().expect("a string");
                assert_eq!(string.as_bytes(), text(number).as_bytes());
            }
            Some(Edge::Node(id)) => assert_eq!(self.id_of(value), id),
        }
    }

    /// A weak reference reads as nil: its object must not be reachable.
    fn check_gone(&mut self, edge: Option<Edge>) {
        if let Some(Edge::Node(id)) = edge {
            let known = self.nodes[id as usize].resurrected;
            assert!(known || !self.reachable().contains(&id), "node {id} is gone but reachable");
        } else {
            assert!(edge.is_none(), "a string is gone from a weak table");
        }
    }

    /// `slots[a][slots[b]] = slots[c]` for an ephemeron table
    fn pair(&mut self, a: usize, b: usize, c: usize) {
        let (Some(table), Some(key), Some(value)) = (self.slots[a], self.slots[b], self.slots[c])
        else {
            return;
        };
        if self.nodes[table as usize].sort != Sort::Ephemeron {
            return;
        }
        let [table_value, key_value, stored] = [a, b, c].map(|slot| *self.mutator.slot(slot));
        let object = table_value.as_table().expect("a table");
        let found = self.mutator.get(object, key_value);
        let expected = self.nodes[table as usize].pairs.get(&key).copied();
        if !self.nodes[key as usize].resurrected {
            self.check_value(found, expected);
        }
        self.mutator.set(object, key_value, stored);
        self.nodes[table as usize].pairs.insert(key, Edge::Node(value));
    }

    fn handle(&mut self, a: usize, what: u8) {
        match what % 4 {
            0 | 1 => {
                let id = self.mutator.heap.handle_new(self.mutator.thread.stack[a]);
                self.handles.push((id, self.slots[a]));
            }
            2 if !self.handles.is_empty() => {
                let (id, node) = self.handles.swap_remove(what as usize % self.handles.len());
                let value = self.mutator.heap.handle_get(id).expect("a handle");
                *self.mutator.slot(a) = value;
                self.slots[a] = node;
                if what & 4 == 0 {
                    self.mutator.heap.handle_free(id);
                } else {
                    self.mutator.heap.release_queue().push(id);
                }
            }
            _ => {
                let index = what as usize / 4;
                let value = *self.mutator.slot(a);
                if let Some((id, node)) = self.handles.get_mut(index) {
                    assert!(self.mutator.heap.handle_set(*id, value));
                    *node = self.slots[a];
                }
            }
        }
    }

    fn finalize(&mut self, a: usize, what: u8) {
        let value = *self.mutator.slot(a);
        if what.is_multiple_of(2) && (value.is_table() || value.as_userdata().is_some()) {
            self.mutator.heap.register_finalizable(value.object());
        } else if let Some(value) = self.mutator.heap.next_finalizer() {
            let id = self.id_of(value);
            *self.mutator.slot(a) = value;
            self.slots[a] = Some(id);
            self.note_resurrected(id);
        }
    }

    fn note_resurrected(&mut self, id: u32) {
        for id in self.reachable_from(vec![id]) {
            self.nodes[id as usize].resurrected = true;
        }
    }

    fn reachable(&self) -> std::collections::HashSet<u32> {
        let handles = self.handles.iter().filter_map(|handle| handle.1);
        self.reachable_from(self.slots.iter().copied().flatten().chain(handles).collect())
    }

    fn reachable_from(&self, mut work: Vec<u32>) -> std::collections::HashSet<u32> {
        let mut found: std::collections::HashSet<u32> = work.iter().copied().collect();
        loop {
            while let Some(id) = work.pop() {
                let node = &self.nodes[id as usize];
                if node.sort == Sort::WeakValues {
                    continue;
                }
                for edge in node.edges.values() {
                    if let Edge::Node(to) = edge
                        && found.insert(*to)
                    {
                        work.push(*to);
                    }
                }
            }
            for &id in &found {
                for (key, value) in &self.nodes[id as usize].pairs {
                    if let Edge::Node(to) = value
                        && found.contains(key)
                        && !found.contains(to)
                    {
                        work.push(*to);
                    }
                }
            }
            if work.is_empty() {
                return found;
            }
            found.extend(work.iter().copied());
        }
    }

    /// Walks the real graph beside the model, through everything but weak references. (Reading a thread's slots as a
    /// program would needs a scan; the walk looks at them directly.)
    fn check_graph(&mut self) {
        let roots: Vec<_> = (0..SLOTS)
            .filter_map(|slot| Some((self.slots[slot]?, self.mutator.thread.stack[slot])))
            .collect();
        let mut seen = std::collections::HashSet::new();
        let mut work = roots;
        for (id, node) in &self.handles {
            let value = self.mutator.heap.handle_get(*id).expect("a handle");
            work.extend(node.map(|node| (node, value)));
        }
        while let Some((id, value)) = work.pop() {
            if !seen.insert(id) {
                continue;
            }
            assert_eq!(self.id_of(value), id);
            if self.nodes[id as usize].sort == Sort::WeakValues {
                continue;
            }
            let edges: Vec<_> =
                self.nodes[id as usize].edges.iter().map(|(k, e)| (*k, *e)).collect();
            for (key, edge) in edges {
                let child = match value.as_thread() {
                    Some(thread) => thread.stack[key as usize],
                    None => self.get_edge(value, key),
                };
                self.check_value(child, Some(edge));
                if let Edge::Node(to) = edge {
                    work.push((to, child));
                }
            }
        }
    }

    fn run(&mut self, ops: &[(u8, u8, u8, u8)]) {
        for &(op, a, b, c) in ops {
            let (x, y) = (a as usize % SLOTS, b as usize % SLOTS);
            match op % 32 {
                0..4 => self.create(x, Sort::Table),
                4 => self.create(x, Sort::WeakValues),
                5 => self.create(x, Sort::Ephemeron),
                6 => self.create(x, Sort::Thread),
                7 => self.create(x, Sort::Userdata),
                8..15 => self.store(x, c, y, (op / 32).wrapping_add(c)),
                15..20 => self.load(x, c, y),
                20 => {
                    *self.mutator.slot(x) = Value::NIL;
                    self.slots[x] = None;
                }
                21..23 => self.pair(x, y, c as usize % SLOTS),
                23 | 24 => self.handle(x, c),
                25 => self.finalize(x, c),
                _ => self.step(a, c),
            }
        }
    }

    fn step(&mut self, how: u8, units: u8) {
        self.mutator.heap.drain_releases();
        self.mutator.heap.begin_for_test();
        self.mutator.heap.run(Budget::units(units as usize / 4 + 1));
        self.mutator.heap.verify();
        if how.is_multiple_of(4) {
            self.check_graph();
        }
        if how.is_multiple_of(64) {
            self.mutator.heap.collect_full();
            self.mutator.heap.verify();
        }
    }

    /// When all finalizers are through, what is left is what the model reaches.
    fn finish(&mut self) {
        loop {
            self.mutator.heap.collect_full();
            self.mutator.heap.verify();
            if std::iter::from_fn(|| self.mutator.heap.next_finalizer()).count() == 0 {
                break;
            }
        }
        self.check_graph();
        assert_eq!(self.mutator.heap.phase(), Phase::Idle);
        let left = self.reachable();
        let sorted = |is: fn(Sort) -> bool| {
            left.iter().filter(|&&id| is(self.nodes[id as usize].sort)).count()
        };
        let tables = sorted(|sort| !matches!(sort, Sort::Thread | Sort::Userdata));
        assert_eq!(self.mutator.count(Kind::Table), tables);
        assert_eq!(self.mutator.count(Kind::Thread), sorted(|sort| sort == Sort::Thread) + 1);
        assert_eq!(self.mutator.count(Kind::Userdata), sorted(|sort| sort == Sort::Userdata));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_programs(ops in prop::collection::vec(any::<(u8, u8, u8, u8)>(), 1..600)) {
        let mut program = Program::new();
        program.run(&ops);
        program.finish();
    }
}

#[test]
fn a_long_random_program() {
    let mut state = 0x1234_5678_9abc_def1_u64;
    let mut program = Program::new();
    for _ in 0..40 {
        let ops: Vec<_> = (0..1000)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                let [a, b, c, d, ..] = (state >> 16).to_le_bytes();
                (a, b, c, d)
            })
            .collect();
        program.run(&ops);
    }
    program.finish();
}
