//! What allocation costs, marking and sweeping included: loads like the binary-trees benchmark.

use super::*;
use crate::heap::thread_time_us;

/// A table with two children in inline slots (80 bytes), made as the interpreter makes them: what is under construction
/// lies in the stack, and there is a safepoint at each call.
fn tree(mutator: &mut Mutator, shape: crate::shape::ShapeId, depth: usize) -> Gc<Table> {
    poll(mutator);
    if depth > 0 {
        let left = tree(mutator, shape, depth - 1);
        *mutator.slot(2 + 2 * depth) = Value::table(left);
        let right = tree(mutator, shape, depth - 1);
        *mutator.slot(3 + 2 * depth) = Value::table(right);
    }
    let children = [*mutator.slot(2 + 2 * depth), *mutator.slot(3 + 2 * depth)];
    let mut table = table::new_table(&mut mutator.heap, 2, 0);
    write_values(table.inline_ptr(), &children);
    table.set_shape(shape);
    table
}

fn poll(mutator: &mut Mutator) {
    if mutator.heap.interrupt.take() & crate::interrupt::request::COLLECT != 0 {
        mutator.heap.pay_debt();
    }
}

#[test]
#[ignore = "a measurement; run in release"]
fn binary_trees() {
    let mut mutator = Mutator::new();
    let mut shape = crate::shape::ShapeId::EMPTY;
    for name in ["left", "right"] {
        let key = mutator.heap.intern(name.as_bytes());
        shape = mutator.heap.shapes.add(shape, key).expect("room");
    }
    let long_lived = tree(&mut mutator, shape, 16);
    *mutator.slot(0) = Value::table(long_lived);
    let start = thread_time_us();
    let mut made = 0_u64;
    for depth in (4..=16).step_by(4) {
        for _ in 0..1 << (20 - depth) {
            let root = tree(&mut mutator, shape, depth);
            *mutator.slot(1) = Value::table(root);
            made += (2 << depth) - 1;
        }
    }
    let time = thread_time_us() - start;
    let stats = mutator.heap.stats();
    println!("{made} tables: {:.2} ns each, {stats:?}", time * 1000.0 / made as f64);
}

#[test]
#[ignore = "a measurement; run in release"]
fn short_lived_64_byte_objects() {
    let mut mutator = Mutator::new();
    let count = 20_000_000_u64;
    for live in [0, 100_000] {
        for index in 0..live {
            let table = table::new_table(&mut mutator.heap, 1, 0);
            if index == 0 {
                *mutator.slot(8) = Value::table(table);
            } else {
                let holder = mutator.slot(8).as_table().expect("a table");
                mutator.set(holder, Value::int(index), Value::table(table));
            }
        }
        let start = thread_time_us();
        for index in 0..count {
            let table = table::new_table(&mut mutator.heap, 1, 0);
            *mutator.slot(index as usize % 8) = Value::table(table);
            if index % 16 == 0 {
                poll(&mut mutator);
            }
        }
        let time = thread_time_us() - start;
        let stats = mutator.heap.stats();
        println!("64 bytes, {live} live: {:.2} ns each, {stats:?}", time * 1000.0 / count as f64);
    }
}
