//! The verifier: every invariant of the heap, checked from scratch. Panics with a description.
//!
//! Reachability is computed anew with [`each_child`] and compared with the mark bits:
//! while marking, whatever is reachable is marked or will be reached from what is gray (computed as a shadow of the
//! marking still to be done); after it, whatever is reachable is marked, or swept and allocated.

#![allow(unsafe_code, reason = "looks at memory through bitmaps")]

use super::block::{BlockRef, Cell};
use super::cell_set::{CellSet, bits};
use super::children::{each_child, elements_from};
use super::class::CLASSES;
use super::cycle::Phase;
use super::mark::Part;
use super::{Heap, Space};
use crate::object::{Gc, Kind, Object, flags};
use crate::shape::ShapeId;
use crate::table::{ArrayKind, Dict, Table};
use crate::value::Value;

/// What is left of a run of free cells that objects are made in: its block, its first cell and the one behind its last.
type Rest = (BlockRef, usize, usize);

impl Heap {
    /// Checks every invariant of the heap; takes time in proportion to its size.
    ///
    /// # Panics
    /// If one is broken.
    pub fn verify(&self) {
        self.verify_blocks();
        self.verify_strings();
        let reachable = self.reachable();
        match self.phase {
            Phase::Idle | Phase::Prepare => {}
            Phase::Mark | Phase::Resurrect => self.verify_marking(&reachable),
            Phase::ClearValues
            | Phase::Separate
            | Phase::ClearWeak
            | Phase::CloseThreads
            | Phase::Sweep => {
                for address in reachable.iter() {
                    let object = Gc::<Object>::from_addr(address);
                    assert!(self.survives(object), "{:?} reachable, not marked", object.kind());
                }
            }
        }
        for object in self.finalizers.registered() {
            self.check_pointer(object);
        }
    }

    fn survives(&self, object: Gc<Object>) -> bool {
        // SAFETY: checked by `check_pointer` before.
        let cell = unsafe { Cell::of(object.as_ptr().cast()) };
        cell.is_marked() || (self.phase == Phase::Sweep && cell.is_swept(self.epoch))
    }

    fn verify_blocks(&self) {
        let rests: Vec<Rest> = self.run_rests().collect();
        for &(block, first, end) in &rests {
            for index in first..end {
                let cell = Cell { block, index };
                assert!(cell.is_allocated(), "the rest of a run is not allocated");
                assert!(
                    cell.is_marked() || !self.phase.is_born_marked(),
                    "the rest of a run is not marked while marking"
                );
            }
        }
        let mut bytes = 0;
        for (index, class) in self.classes.iter().enumerate() {
            for &block in &class.blocks {
                let header = block.get();
                let place = header.space as usize * CLASSES + usize::from(header.class);
                assert_eq!(place, index, "block in the wrong list");
                bytes += header.used as usize * header.cell_size as usize;
                self.verify_block(block, &rests);
            }
        }
        for (index, &block) in self.large.list.iter().enumerate() {
            assert_eq!(block.get().large_index as usize, index, "large object misplaced");
            assert!(block.get().committed >= block.get().large_bytes, "large object too small");
            bytes += block.get().large_bytes;
            self.verify_block(block, &rests);
        }
        assert!(bytes <= self.pacing.bytes, "{bytes} bytes in use, {} counted", self.pacing.bytes);
    }

    fn verify_block(&self, block: BlockRef, rests: &[Rest]) {
        let header = block.get();
        let mut used = 0;
        for word in 0..header.alloc.len() {
            let (alloc, mark) = (header.alloc[word], header.mark[word]);
            used += alloc.count_ones();
            assert_eq!(mark & !alloc, 0, "a free cell is marked");
            let swept = header.swept_epoch == self.epoch && self.phase != Phase::Mark;
            let clean = self.phase == Phase::Idle || (swept && self.phase == Phase::Sweep);
            assert!(!clean || mark == 0, "mark bits left by a sweep");
        }
        assert_eq!(used, header.used, "wrong count of cells");
        let between = matches!(self.phase, Phase::Idle | Phase::Prepare);
        assert!(!between || header.swept_epoch == self.epoch, "a block was not swept");
        let end = header.cell_count as usize;
        let beyond = super::block::next_bit(&header.alloc, end, header.alloc.len() * 64, true);
        assert_eq!(beyond, header.alloc.len() * 64, "a cell beyond the last one is allocated");
        for address in objects(block, rests) {
            self.verify_header(block, Gc::from_addr(address));
        }
    }

    fn verify_header(&self, block: BlockRef, object: Gc<Object>) {
        // SAFETY: read as a byte, since a wrong one would be no `Kind`.
        let kind = unsafe { *object.as_ptr().cast::<u8>() };
        assert!(kind <= Kind::Slots as u8, "no object header in an allocated cell");
        assert_eq!(space_of(object.kind()), block.get().space, "object in the wrong space");
        let large = object.header.flags & flags::LARGE != 0;
        assert_eq!(large, block.is_large(), "flag LARGE is wrong");
    }

    /// The pointer is to the beginning of an allocated cell or large object of this heap.
    fn check_pointer(&self, object: Gc<Object>) {
        assert_eq!(object.addr() % 16, 0, "misaligned pointer");
        let cell = cell_at(object.addr());
        let known = if cell.block.is_large() {
            self.large.list.get(cell.block.get().large_index as usize) == Some(&cell.block)
        } else {
            cell.index < cell.block.get().cell_count as usize
        };
        assert!(known, "pointer to no block of the heap");
        assert_eq!(address_of(cell.block, cell.index), object.addr(), "pointer into an object");
        assert!(cell.is_allocated(), "pointer to a free cell");
    }

    fn verify_strings(&self) {
        let table: CellSet = self.strings.iter().map(|string| string.addr()).collect();
        assert_eq!(table.len(), self.strings.len(), "intern table holds a string twice");
        for string in self.strings.iter() {
            self.check_pointer(string.cast());
            assert!(string.is_interned(), "a string in the intern table is not flagged");
            let found = self.strings.find(string.as_bytes(), string.hash());
            assert_eq!(found, Some(string), "interned twice, or not found");
        }
        let mut interned = 0;
        let strings = Space::Strings as usize * CLASSES..Space::Droppable as usize * CLASSES;
        let rests: Vec<Rest> = self.run_rests().collect();
        let blocks = self.classes[strings].iter().flat_map(|class| &class.blocks);
        for &block in blocks.chain(&self.large.list) {
            for address in objects(block, &rests) {
                let object = Gc::<Object>::from_addr(address);
                let flagged = object.header.flags & flags::INTERNED != 0;
                interned += usize::from(object.kind() == Kind::String && flagged);
            }
        }
        assert_eq!(interned, self.strings.len(), "interned strings missing from the table");
    }

    /// Everything that roots keep alive, each object checked on the way.
    fn reachable(&self) -> CellSet {
        let mut found = CellSet::default();
        let mut work = Vec::new();
        let mut add = |object: Gc<Object>, work: &mut Vec<Gc<Object>>| {
            self.check_pointer(object);
            if found.insert(object.addr()) {
                work.push(object);
            }
        };
        self.each_root(0, 0, &mut |object| add(object, &mut work));
        for value in &self.roots.fixed {
            value.as_object().into_iter().for_each(|object| add(object, &mut work));
        }
        self.roots.current.into_iter().for_each(|thread| add(thread.cast(), &mut work));
        while let Some(object) = work.pop() {
            if object.kind() == Kind::Table {
                self.verify_table(object.cast());
            }
            each_child(self, object, &mut |child| add(child, &mut work));
        }
        found
    }

    /// Roots that are scanned in slices: handles and shapes from the given places on, objects to be finalized.
    fn each_root(&self, handles: usize, descriptors: usize, visit: &mut dyn FnMut(Gc<Object>)) {
        for index in handles..self.handles.len() {
            self.handles.value_at(index).as_object().into_iter().for_each(&mut *visit);
        }
        for index in descriptors..self.shapes.descriptor_count() {
            self.shapes.descriptor_keys(index).for_each(|key| visit(key.cast()));
        }
        self.graveyard.each_name(&mut |name| name.as_object().into_iter().for_each(&mut *visit));
        self.finalizers.pending().for_each(&mut *visit);
        if self.phase >= Phase::Resurrect {
            self.finalizers.separated().for_each(&mut *visit);
        }
    }

    /// What is still to be marked reaches all that is reachable and not marked.
    fn verify_marking(&self, reachable: &CellSet) {
        let mut shadow = CellSet::default();
        let mut work = Vec::new();
        let mut add = |object: Gc<Object>, work: &mut Vec<Gc<Object>>| {
            if !Heap::is_marked(object) && shadow.insert(object.addr()) {
                work.push(object);
            }
        };
        let (handles, descriptors) = (self.marker.handles, self.marker.descriptors);
        self.each_root(handles, descriptors, &mut |object| add(object, &mut work));
        for &object in &self.marker.gray {
            each_child(self, object, &mut |child| add(child, &mut work));
        }
        for partial in &self.marker.partials {
            match partial.part {
                Part::Array => elements_from(partial.object.cast(), partial.next, &mut |child| {
                    add(child, &mut work);
                }),
                Part::Dict | Part::DictKeys => {
                    for entry in &partial.object.cast::<Dict>().entries()[partial.next..] {
                        let values = partial.part == Part::Dict;
                        let value = if values { entry.value } else { Value::NIL };
                        for child in [entry.key, value].into_iter().filter_map(Value::as_object) {
                            add(child, &mut work);
                        }
                    }
                }
                Part::Stack => {
                    each_child(self, partial.object, &mut |child| add(child, &mut work));
                }
            }
        }
        while let Some(object) = work.pop() {
            each_child(self, object, &mut |child| add(child, &mut work));
        }
        for address in reachable.iter() {
            let object = Gc::<Object>::from_addr(address);
            let kept = Heap::is_marked(object) || shadow.contains(address);
            assert!(kept, "{:?} reachable, but marking will miss it", object.kind());
        }
    }

    fn verify_table(&self, table: Gc<Table>) {
        let len = table.array_len as usize;
        let kind = table.array_kind();
        let room = table.array_head().capacity_bytes as usize;
        assert!(len * kind.stride() <= room, "array beyond its capacity");
        assert!(kind != ArrayKind::Empty || len == 0, "elements in an empty array");
        if kind == ArrayKind::Value && len > 0 {
            // SAFETY: the last element in use.
            let last = unsafe { *table.array.cast::<Value>().add(len - 1) };
            assert!(!last.is_nil(), "the last element is nil");
        }
        elements_from(table, 0, &mut |element| {
            self.check_pointer(element);
            assert!(kind != ArrayKind::Table || element.kind() == Kind::Table, "no table");
        });
        if let Some(buffer) = table.array_buffer() {
            self.check_pointer(buffer.cast());
            assert_eq!(buffer.header.kind, Kind::Buffer, "array in no buffer");
        }
        let count = self.shapes.count(table.shape()) as usize;
        let slots = table.slots.map_or(0, |slots| slots.header.word as usize);
        assert!(count <= table.inline_slots() + slots, "shape with more fields than slots");
        if let Some(dict) = table.dict {
            self.verify_dict(table, dict);
        }
    }

    fn verify_dict(&self, table: Gc<Table>, dict: Gc<Dict>) {
        assert!(
            dict.used <= dict.capacity && dict.capacity < dict.index_len,
            "dictionary too full"
        );
        assert_eq!(dict.header.kind, Kind::Dict, "no dictionary");
        let mut indexed = 0;
        for place in 0..dict.index_len as usize {
            // SAFETY: the index has `index_len` cells.
            let entry = unsafe { *dict.index_ptr().add(place) } as u32;
            assert!(entry <= dict.used, "index beyond the entries");
            indexed += u32::from(entry != 0);
        }
        assert_eq!(indexed, dict.used, "entries missing from the index");
        let in_array = |key: Value| {
            key.as_int().is_some_and(|key| key > 0 && key <= i64::from(table.array_len))
        };
        let both = dict.entries().iter().find(|entry| in_array(entry.key));
        assert!(both.is_none(), "a key of the array in the dictionary");
        let has_elements =
            dict.entries().iter().any(|it| it.key.as_int().is_some_and(|key| key > 0));
        assert!(!has_elements || dict.has_elements != 0, "elements that nobody would take over");
        let weak = table.shape() == ShapeId::WEAK;
        for object in dict.entries().iter().flat_map(|entry| [entry.key, entry.value]) {
            if let Some(object) = object.as_object() {
                self.check_pointer(object);
                let cleared = weak && self.phase >= Phase::CloseThreads;
                assert!(!cleared || self.survives(object), "a dead weak entry was not cleared");
            }
        }
    }
}

fn space_of(kind: Kind) -> Space {
    match kind {
        Kind::String => Space::Strings,
        Kind::Userdata | Kind::Thread | Kind::Proto => Space::Droppable,
        Kind::Table
        | Kind::Closure
        | Kind::Native
        | Kind::Upvalue
        | Kind::Buffer
        | Kind::Dict
        | Kind::Slots => Space::Plain,
    }
}

/// The objects of a block: its allocated cells, but those of the rests.
fn objects(block: BlockRef, rests: &[Rest]) -> impl Iterator<Item = u64> + use<> {
    let header = block.get();
    let mut words = header.alloc;
    for &(_, first, end) in rests.iter().filter(|(other, ..)| *other == block) {
        (first..end).for_each(|index| words[index / 64] &= !(1 << (index % 64)));
    }
    let (base, size) = (address_of(block, 0), u64::from(header.cell_size));
    (0..block.words()).flat_map(move |word| {
        bits(words[word]).map(move |bit| base + (word as u64 * 64 + bit) * size)
    })
}

fn address_of(block: BlockRef, index: usize) -> u64 {
    block.cell(index).addr() as u64
}

fn cell_at(address: u64) -> Cell {
    // SAFETY: addresses come from block lists and from references, which `check_pointer` looks at first thing.
    unsafe { Cell::of(Gc::<Object>::from_addr(address).as_ptr().cast()) }
}
