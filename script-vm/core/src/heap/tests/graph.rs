//! Collection of tables and strings: what is reachable stays, what is not goes, in every phase.

use super::*;
use crate::heap::{Budget, Phase};
use crate::object::flags;

/// A list of `len` tables, the first one returned.
fn chain(mutator: &mut Mutator, len: usize) -> Gc<Table> {
    let mut last = mutator.table();
    for index in 1..len {
        let next = mutator.table();
        mutator.set_field(next, "next", Value::table(last));
        mutator.set(next, Value::int(1), Value::int(index as i64));
        last = next;
    }
    last
}

#[test]
fn garbage_goes_and_the_rest_stays() {
    let mut mutator = Mutator::new();
    let kept = chain(&mut mutator, 1000);
    *mutator.slot(0) = Value::table(kept);
    chain(&mut mutator, 1000);
    mutator.heap.verify();
    mutator.heap.collect_full();
    mutator.heap.verify();
    assert_eq!(mutator.count(Kind::Table), 1000);
    *mutator.slot(0) = Value::NIL;
    mutator.heap.collect_full();
    mutator.heap.verify();
    assert_eq!(mutator.count(Kind::Table), 0);
}

#[test]
fn every_phase_keeps_the_invariants() {
    for units in [1, 7, 300] {
        let mut mutator = Mutator::new();
        let kept = chain(&mut mutator, 300);
        *mutator.slot(0) = Value::table(kept);
        chain(&mut mutator, 300);
        mutator.cycle_verified(units);
        assert_eq!(mutator.count(Kind::Table), 300);
    }
}

#[test]
fn snapshot_survives_moves_during_marking() {
    let mut mutator = Mutator::new();
    let holder = mutator.table();
    *mutator.slot(0) = Value::table(holder);
    for index in 1..=2000 {
        let element = mutator.table();
        mutator.set_field(element, "id", Value::int(index));
        mutator.set(holder, Value::int(index), Value::table(element));
    }
    mutator.heap.begin_for_test();
    mutator.heap.run(Budget::units(10));
    // The last element moves to the stack before marking has come to it.
    let last = mutator.get(holder, Value::int(2000));
    mutator.set(holder, Value::int(2000), Value::NIL);
    *mutator.slot(1) = last;
    mutator.heap.verify();
    mutator.cycle_verified(100);
    let last = last.as_table().expect("a table");
    assert_eq!(mutator.field(last, "id").as_int(), Some(2000));
}

#[test]
fn array_that_grows_and_changes_kind_while_it_is_scanned() {
    let mut mutator = Mutator::new();
    let holder = mutator.table();
    *mutator.slot(0) = Value::table(holder);
    for index in 1..=3000 {
        let element = mutator.table();
        mutator.set(holder, Value::int(index), Value::table(element));
    }
    mutator.heap.begin_for_test();
    for index in 3001..=9000 {
        let element = if index == 5000 { Value::TRUE } else { Value::table(mutator.table()) };
        mutator.set(holder, Value::int(index), element);
        if index % 50 == 0 {
            mutator.heap.run(Budget::units(50));
            if index % 1000 == 0 {
                mutator.heap.verify();
            }
        }
    }
    mutator.cycle_verified(20_000);
    assert_eq!(mutator.count(Kind::Table), 9000);
}

#[test]
fn strings_are_interned_once_and_leave_with_their_last_reference() {
    let mut mutator = Mutator::new();
    let before = mutator.heap.strings.len();
    let kept = mutator.string("kept");
    *mutator.slot(0) = kept;
    for index in 0..5000 {
        let text = format!("string {index}");
        let (one, other) = (mutator.string(&text), mutator.string(&text));
        assert!(one.same_bits(other));
    }
    mutator.heap.verify();
    mutator.heap.collect_full();
    mutator.heap.verify();
    assert_eq!(mutator.heap.strings.len(), before + 1);
    assert!(mutator.string("kept").same_bits(kept));
}

#[test]
fn a_dead_string_that_is_found_again_lives() {
    let mut mutator = Mutator::new();
    for index in 0..2000 {
        mutator.string(&format!("string {index}"));
    }
    mutator.heap.begin_for_test();
    for phase in [Phase::Mark, Phase::ClearWeak, Phase::Sweep] {
        while mutator.heap.phase() < phase {
            mutator.heap.run(Budget::units(1));
        }
        *mutator.slot(phase as usize) = mutator.string(&format!("string {}", phase as usize));
        mutator.heap.verify();
    }
    mutator.cycle_verified(1);
    for phase in [Phase::Mark, Phase::ClearWeak, Phase::Sweep] {
        let again = mutator.string(&format!("string {}", phase as usize));
        assert!(again.same_bits(*mutator.slot(phase as usize)));
    }
}

#[test]
fn long_strings_are_interned_on_demand() {
    let mut mutator = Mutator::new();
    for len in [41, 5000, 9000, 100_000] {
        let text = "x".repeat(len);
        let plain = mutator.string(&text).as_string().expect("a string");
        assert!(!plain.is_interned());
        let interned = mutator.heap.intern_string(plain);
        assert!(interned.is_interned() && interned == mutator.heap.intern(text.as_bytes()));
        assert_eq!(interned.header.flags & flags::LARGE != 0, len > 8192);
        mutator.heap.verify();
    }
    mutator.heap.collect_full();
    mutator.heap.verify();
    assert_eq!(mutator.heap.large.list.len(), 0);
}

#[test]
fn large_objects_grow_and_go() {
    let mut mutator = Mutator::new();
    let table = mutator.table();
    *mutator.slot(0) = Value::table(table);
    for index in 1..=2_000_000 {
        mutator.set(table, Value::int(index), Value::int(index));
    }
    mutator.heap.verify();
    mutator.heap.collect_full();
    mutator.heap.verify();
    for index in [1, 1000, 1_000_000, 2_000_000] {
        assert_eq!(mutator.get(table, Value::int(index)).as_int(), Some(index));
    }
    assert!(mutator.heap.bytes_in_use() > 16_000_000);
    *mutator.slot(0) = Value::NIL;
    mutator.heap.collect_full();
    assert!(mutator.heap.bytes_in_use() < 100_000);
    assert_eq!(mutator.heap.large.list.len(), 0);
}

#[test]
fn the_memory_limit_holds() {
    let mut mutator = Mutator::new();
    mutator.heap.set_limit(Some(1 << 20));
    assert!(mutator.heap.new_string(&vec![0; 2 << 20]).is_err());
    assert!(mutator.heap.new_string(&[0; 100_000]).is_ok());
    mutator.heap.interrupt.take();
    for _ in 0..20_000 {
        mutator.table();
    }
    let requests = mutator.heap.interrupt.take();
    assert_ne!(requests & crate::interrupt::request::OUT_OF_MEMORY, 0);
    mutator.heap.intern(&vec![1; 2 << 20]);
}

#[test]
fn debt_keeps_the_heap_bounded() {
    let mut mutator = Mutator::new();
    let kept = chain(&mut mutator, 20_000);
    *mutator.slot(0) = Value::table(kept);
    mutator.heap.collect_full();
    let live = mutator.heap.bytes_in_use();
    for index in 0..2_000_000 {
        *mutator.slot(1 + index % 8) = Value::table(mutator.table());
        if mutator.heap.interrupt.take() & crate::interrupt::request::COLLECT != 0 {
            mutator.heap.pay_debt();
        }
    }
    let stats = mutator.heap.stats();
    assert!(stats.cycles > 3, "{stats:?}");
    assert!(stats.peak_bytes < 4 * live.max(4 << 20), "{stats:?}, live {live}");
    mutator.heap.verify();
}

#[test]
fn handles_are_roots_and_stale_ones_are_noticed() {
    let mut mutator = Mutator::new();
    let table = mutator.table();
    let id = mutator.heap.handle_new(Value::table(table));
    let others: Vec<_> = (0..1000).map(|i| mutator.heap.handle_new(Value::int(i))).collect();
    mutator.heap.collect_full();
    mutator.heap.verify();
    assert_eq!(mutator.heap.handle_get(id).and_then(Value::as_table), Some(table));
    assert_eq!(mutator.heap.handle_get(others[999]).and_then(Value::as_int), Some(999));
    mutator.heap.release_queue().push(id);
    mutator.heap.collect_full();
    assert!(mutator.heap.handle_get(id).is_none());
    assert!(!mutator.heap.handle_set(id, Value::NIL));
    let new = mutator.heap.handle_new(Value::TRUE);
    assert!(new != id && mutator.heap.handle_get(id).is_none());
    assert_eq!(mutator.count(Kind::Table), 0);
}
