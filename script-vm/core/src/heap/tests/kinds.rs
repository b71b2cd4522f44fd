//! Kinds with rules of their own: upvalues, threads, userdata, weak tables, finalizers.

use std::cell::Cell as Counter;
use std::rc::Rc;

use super::*;
use crate::heap::{Budget, Phase};

/// Counts how often it is dropped.
struct Tally(Rc<Counter<u32>>);

impl Drop for Tally {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

#[test]
fn userdata_is_dropped_once() {
    let dropped = Rc::new(Counter::new(0));
    let mut mutator = Mutator::new();
    for index in 0..100 {
        let userdata = mutator.userdata(Box::new(Tally(Rc::clone(&dropped))));
        if index < 8 {
            *mutator.slot(index) = Value::userdata(userdata);
        }
    }
    mutator.cycle_verified(1);
    assert_eq!(dropped.get(), 92);
    drop(mutator);
    assert_eq!(dropped.get(), 100);
}

#[test]
fn a_drop_may_release_handles() {
    struct Holder(Rc<crate::heap::ReleaseQueue>, crate::heap::HandleId);
    impl Drop for Holder {
        fn drop(&mut self) {
            self.0.push(self.1);
        }
    }
    let mut mutator = Mutator::new();
    let table = mutator.table();
    let id = mutator.heap.handle_new(Value::table(table));
    let queue = mutator.heap.release_queue();
    mutator.userdata(Box::new(Holder(queue, id)));
    mutator.heap.collect_full();
    assert_eq!(mutator.count(Kind::Table), 1);
    mutator.heap.collect_full();
    assert_eq!(mutator.count(Kind::Table), 0);
}

#[test]
fn before_an_address_is_given_away_again_the_class_epoch_ends() {
    let mut mutator = Mutator::new();
    mutator.heap.collect_full();
    let epoch = mutator.heap.class_epoch;
    mutator.heap.begin_for_test();
    while mutator.heap.phase() < Phase::Sweep {
        assert_eq!(mutator.heap.class_epoch, epoch);
        let told = mutator.heap.graveyard.class_epoch();
        assert_eq!(told == epoch, mutator.heap.phase() <= Phase::Mark);
        mutator.heap.run(Budget::units(1));
    }
    assert_eq!(mutator.heap.class_epoch, epoch + 1);
    assert_eq!(mutator.heap.graveyard.class_epoch(), epoch + 1);
}

#[test]
fn what_comes_to_be_named_while_a_collection_marks_survives_it() {
    let mut mutator = Mutator::new();
    let function = mutator.native(&[Value::NIL]);
    *mutator.slot(0) = Value::native(function);
    // Nothing refers to it when the cycle begins.
    let named = Value::table(mutator.table());
    mutator.heap.begin_for_test();
    while mutator.heap.phase() != Phase::Mark {
        mutator.heap.run(Budget::units(1));
    }
    while !Heap::is_marked(function.cast()) || !mutator.heap.marker.gray.is_empty() {
        mutator.heap.run(Budget::units(1));
    }
    assert_eq!(mutator.heap.phase(), Phase::Mark);
    write_values(function.captured_ptr(), &[named]);
    mutator.heap.graveyard.note_names(&[named]);
    mutator.cycle_verified(1);
    assert_eq!(mutator.count(Kind::Table), 1);
}

#[test]
fn what_retired_code_names_lives_as_long_as_it() {
    let mut mutator = Mutator::new();
    let named = mutator.table();
    // Retired at any time of a cycle, the end of marking included.
    for steps in 0..40 {
        *mutator.slot(0) = Value::table(named);
        mutator.heap.collect_full();
        mutator.heap.begin_for_test();
        for _ in 0..steps {
            mutator.heap.run(Budget::units(1));
        }
        mutator.heap.graveyard.retire_names(&mut vec![Value::table(named)]);
        *mutator.slot(0) = Value::NIL;
        mutator.cycle_verified(1);
        mutator.heap.collect_full();
        mutator.heap.verify();
        assert_eq!(mutator.count(Kind::Table), 1);
        let graveyard = Rc::clone(&mutator.heap.graveyard);
        *mutator.slot(0) = Value::table(named);
        graveyard.free_retired();
    }
    *mutator.slot(0) = Value::NIL;
    mutator.heap.collect_full();
    assert_eq!(mutator.count(Kind::Table), 0);
}

#[test]
fn captured_and_user_values_are_kept() {
    let mut mutator = Mutator::new();
    let (one, two) = (mutator.table(), mutator.table());
    let native = mutator.native(&[Value::table(one), Value::NIL]);
    *mutator.slot(0) = Value::native(native);
    let mut userdata = mutator.userdata(Box::new(()));
    userdata.user_value = Value::table(two);
    userdata.metatable = Some(mutator.table());
    *mutator.slot(1) = Value::userdata(userdata);
    mutator.cycle_verified(1);
    assert_eq!(mutator.count(Kind::Table), 3);
}

#[test]
fn an_upvalue_outlives_its_thread() {
    let mut mutator = Mutator::new();
    let mut thread = new_thread(&mut mutator.heap, 16);
    let table = mutator.table();
    thread.stack[3] = Value::table(table);
    let location = &raw mut thread.stack[3];
    let upvalue = mutator.upvalue(location);
    let dead = mutator.upvalue(location);
    let mut first = upvalue;
    first.closed.payload = dead.addr();
    thread.open_upvalues = upvalue.as_ptr();
    capture(&mut mutator, upvalue);
    mutator.cycle_verified(1);
    assert_eq!(mutator.count(Kind::Thread), 1, "only the running thread is left");
    assert!(!upvalue.is_open());
    assert_eq!(upvalue.get().as_table(), Some(table));
    assert_eq!(mutator.count(Kind::Upvalue), 1);
    mutator.heap.collect_full();
    assert_eq!(mutator.count(Kind::Table), 1);
}

/// Keeps an upvalue alive by a closure (of a prototype without code) in a root slot.
fn capture(mutator: &mut Mutator, upvalue: Gc<Upvalue>) {
    let proto = prototype(mutator);
    let mut header = Header::new(Kind::Closure);
    header.small[0] = 1;
    let size = crate::function::Closure::size(1);
    let template = crate::function::Closure { header, proto };
    let closure = mutator.heap.place(Space::Plain, size, template);
    write_upvalue(closure.upvalues_ptr(), upvalue);
    *mutator.slot(31) = Value::closure(closure);
}

#[allow(unsafe_code, reason = "upvalues behind the header")]
fn write_upvalue(place: *mut Gc<Upvalue>, upvalue: Gc<Upvalue>) {
    // SAFETY: the closure has room for one.
    unsafe { place.write(upvalue) };
}

fn prototype(mutator: &mut Mutator) -> Gc<crate::function::FunctionProto> {
    let proto = crate::bytecode::Proto {
        code: Box::default(),
        lines: Box::default(),
        constants: Box::default(),
        protos: Box::default(),
        upvalues: Box::default(),
        locals: Box::default(),
        strings: std::sync::Arc::default(),
        source: "test".into(),
        source_name: std::sync::Arc::default(),
        param_count: 0,
        is_vararg: false,
        max_stack: 4,
        feedback_cells: 0,
        line_defined: 0,
        last_line: 0,
    };
    let constant = mutator.string("a constant of a function");
    let proto = crate::function::FunctionProto {
        header: Header::new(Kind::Proto),
        code: std::ptr::null(),
        k: std::ptr::null(),
        feedback: std::ptr::null_mut(),
        entry: crate::runtime::enter,
        direct_entry: std::ptr::null(),
        single_entry: std::ptr::null(),
        several_entry: std::ptr::null(),
        resume_points: std::ptr::null(),
        baseline_entry: crate::runtime::enter,
        baseline_points: std::ptr::null(),
        max_stack: 4,
        param_count: 0,
        is_vararg: false,
        upvalue_count: 1,
        proto: std::sync::Arc::new(proto),
        constants: vec![constant].into(),
        children: Box::default(),
        feedback_cells: Box::default(),
        metamethods: Default::default(),
        environment: None,
        named: Vec::new(),
        named_by_job: Vec::new(),
        calls: 0,
        compiled: None,
        optimized: None,
        id: 0,
    };
    mutator.heap.place(Space::Droppable, size_of::<crate::function::FunctionProto>(), proto)
}

#[test]
fn a_suspended_thread_is_scanned_before_it_runs() {
    let mut mutator = Mutator::new();
    let mut thread = new_thread(&mut mutator.heap, 2000);
    *mutator.slot(0) = Value::thread(thread);
    for index in 0..1000 {
        thread.stack[index] = Value::table(mutator.table());
    }
    thread.top = 1000;
    // Garbage above the live part must not be followed in a later cycle.
    thread.stack[1500] = Value::table(mutator.table());
    mutator.heap.begin_for_test();
    mutator.heap.run(Budget::units(1));
    assert_eq!(mutator.heap.phase(), Phase::Mark);
    mutator.heap.scan_before_resume(thread);
    assert!(thread.stack[1500].is_nil());
    *mutator.slot(1) = thread.stack[999];
    thread.stack[..1000].fill(Value::NIL);
    mutator.heap.verify();
    mutator.cycle_verified(100);
    mutator.heap.collect_full();
    assert_eq!(mutator.count(Kind::Table), 1);
}

#[test]
fn a_deep_stack_is_cleared_before_the_cycle_begins() {
    let mut mutator = Mutator::new();
    let mut deep = new_thread(&mut mutator.heap, 100_000);
    deep.top = 10;
    deep.resumer = Some(mutator.thread);
    deep.stack.fill(Value::TRUE);
    mutator.heap.roots.current = Some(deep);
    mutator.heap.begin_for_test();
    let mut steps = 0;
    while mutator.heap.phase() == Phase::Prepare {
        // The VM knows no better at each safepoint.
        deep.high_water = deep.stack.len();
        deep.stack[50_000] = Value::TRUE;
        mutator.heap.run(Budget::units(1));
        steps += 1;
    }
    assert!((10..1000).contains(&steps), "{steps} steps");
    assert!(deep.stack[..10].iter().all(|slot| !slot.is_nil()));
    assert!(deep.stack[10..].iter().all(|slot| slot.is_nil()));
}

#[test]
fn threads_that_wait_are_alive() {
    let mut mutator = Mutator::new();
    let main = mutator.thread;
    let mut inner = new_thread(&mut mutator.heap, 8);
    inner.resumer = Some(main);
    mutator.heap.roots.current = Some(inner);
    *mutator.slot(3) = Value::table(mutator.table());
    mutator.cycle_verified(1);
    assert_eq!((mutator.count(Kind::Thread), mutator.count(Kind::Table)), (2, 1));
}

#[test]
fn weak_values_go_with_their_last_strong_reference() {
    let mut mutator = Mutator::new();
    let weak = mutator.weak_table(false, true);
    *mutator.slot(0) = Value::table(weak);
    let kept = mutator.table();
    *mutator.slot(1) = Value::table(kept);
    for index in 1..=1000 {
        let value = if index == 7 { kept } else { mutator.table() };
        mutator.set(weak, Value::int(index), Value::table(value));
    }
    let text = mutator.string("strings are values");
    mutator.set(weak, Value::int(5000), text);
    mutator.cycle_verified(50);
    assert_eq!(mutator.get(weak, Value::int(7)).as_table(), Some(kept));
    assert!(mutator.get(weak, Value::int(8)).is_nil());
    assert!(mutator.get(weak, Value::int(5000)).same_bits(text));
    assert_eq!(mutator.count(Kind::Table), 2);
}

#[test]
fn reading_a_weak_value_while_marking_keeps_it() {
    let mut mutator = Mutator::new();
    let weak = mutator.weak_table(false, true);
    *mutator.slot(0) = Value::table(weak);
    let value = mutator.table();
    mutator.set(weak, Value::int(1), Value::table(value));
    mutator.heap.begin_for_test();
    mutator.heap.run(Budget::units(1));
    *mutator.slot(1) = mutator.get(weak, Value::int(1));
    mutator.cycle_verified(1);
    assert_eq!(mutator.count(Kind::Table), 2);
    *mutator.slot(1) = Value::NIL;
    mutator.heap.begin_for_test();
    while mutator.heap.phase() < Phase::ClearValues {
        mutator.heap.run(Budget::units(1));
    }
    assert!(mutator.get(weak, Value::int(1)).is_nil(), "dead, though not cleared yet");
    mutator.cycle_verified(1);
    assert_eq!(mutator.count(Kind::Table), 1);
}

#[test]
fn ephemerons_converge() {
    let mut mutator = Mutator::new();
    let weak = mutator.weak_table(true, false);
    *mutator.slot(0) = Value::table(weak);
    // A chain of keys in the order that needs most passes, and one that hangs on nothing.
    let keys: Vec<_> = (0..600).map(|_| mutator.table()).collect();
    for pair in keys.windows(2).rev() {
        mutator.set(weak, Value::table(pair[0]), Value::table(pair[1]));
    }
    let (lone, own) = (mutator.table(), mutator.table());
    mutator.set(weak, Value::table(lone), Value::table(own));
    mutator.set(own, Value::int(1), Value::table(lone));
    *mutator.slot(1) = Value::table(keys[0]);
    mutator.cycle_verified(20_000);
    assert_eq!(mutator.count(Kind::Table), 601);
    assert_eq!(mutator.get(weak, Value::table(keys[598])).as_table(), Some(keys[599]));
    *mutator.slot(1) = Value::NIL;
    mutator.cycle_verified(20_000);
    assert_eq!(mutator.count(Kind::Table), 1);
}

#[test]
fn a_mode_that_came_after_the_metatable_is_noticed() {
    let mut mutator = Mutator::new();
    let (table, metatable) = (mutator.table(), mutator.table());
    *mutator.slot(0) = Value::table(table);
    let value = mutator.table();
    mutator.set_field(table, "field", Value::table(value));
    mutator.set(table, Value::int(1), Value::table(value));
    table::set_metatable(&mut mutator.heap, table, Some(metatable));
    let mode = mutator.string("v");
    mutator.set_field(metatable, "__mode", mode);
    // What moves to the dictionary is shaded, so it goes with the next cycle.
    mutator.cycle_verified(1);
    mutator.cycle_verified(1);
    assert_eq!(mutator.count(Kind::Table), 2);
    assert!(mutator.field(table, "field").is_nil());
}

#[test]
fn finalizers_run_once_in_reverse_order() {
    let mut mutator = Mutator::new();
    let weak_values = mutator.weak_table(false, true);
    let weak_keys = mutator.weak_table(true, false);
    *mutator.slot(0) = Value::table(weak_values);
    *mutator.slot(1) = Value::table(weak_keys);
    for id in 1..=3 {
        let (object, part) = (mutator.table(), mutator.table());
        mutator.set_field(object, "id", Value::int(id));
        mutator.set_field(object, "part", Value::table(part));
        mutator.heap.register_finalizable(object.cast());
        mutator.set(weak_values, Value::int(id), Value::table(object));
        mutator.set(weak_keys, Value::table(object), Value::int(id));
    }
    mutator.cycle_verified(1);
    assert!(mutator.get(weak_values, Value::int(1)).is_nil());
    let requests = mutator.heap.interrupt.take();
    assert_ne!(requests & crate::interrupt::request::FINALIZE, 0);
    for id in [3, 2, 1] {
        let object = mutator.heap.next_finalizer().and_then(Value::as_table).expect("an object");
        *mutator.slot(2) = Value::table(object);
        assert_eq!(mutator.field(object, "id").as_int(), Some(id));
        assert!(mutator.field(object, "part").is_table());
        assert_eq!(mutator.get(weak_keys, Value::table(object)).as_int(), Some(id));
        mutator.cycle_verified(1);
    }
    assert!(mutator.heap.next_finalizer().is_none());
    *mutator.slot(2) = Value::NIL;
    mutator.cycle_verified(1);
    assert_eq!(mutator.count(Kind::Table), 2);
}

#[test]
fn at_the_end_all_finalizers_are_due() {
    let mut mutator = Mutator::new();
    for index in 0..5 {
        let table = mutator.table();
        *mutator.slot(index) = Value::table(table);
        mutator.heap.register_finalizable(table.cast());
    }
    mutator.heap.finalize_all();
    let due = std::iter::from_fn(|| mutator.heap.next_finalizer()).count();
    assert_eq!(due, 5);
}
