//! Moves, constants, upvalues, closures.

#![allow(unsafe_code, reason = "raw registers, verified bytecode")]

use crate::bytecode::Insn;
use crate::function::{Closure, Upvalue};
use crate::interp::{Exit, Mode, next, operands, reg};
use crate::object::{Gc, Header, Kind};
use crate::plant::{self, Bug};
use crate::value::{META_FALSE, META_TRUE, Value, copy_slot};
use crate::vm::Vm;

macro_rules! handler {
    ($(#[$attribute:meta])* $name:ident($vm:ident, $pc:ident, $base:ident, $k:ident, $fb:ident, $i:ident) $body:block) => {
        $(#[$attribute])*
        #[allow(unused_variables, reason = "every handler has the same parameters")]
        pub(crate) unsafe fn $name<M: crate::interp::Mode>(
            $vm: *mut crate::vm::Vm,
            $pc: *const crate::bytecode::Insn,
            $base: *mut crate::value::Value,
            $k: *const crate::value::Value,
            $fb: *mut u64,
            insn: u64,
        ) -> crate::interp::Exit {
            let $i = crate::interp::operands(insn);
            // SAFETY: the contract of `Handler`; operands of verified code are in range.
            unsafe { $body }
        }
    };
}
pub(crate) use handler;

handler! {
    /// `R[a] = R[b]`
    r#move(vm, pc, base, k, fb, i) {
        copy_slot(reg(base, i.a()), reg(base, i.b()));
        next::<M>(vm, pc, base, k, fb)
    }
}

handler! {
    load_int(vm, pc, base, k, fb, i) {
        *reg(base, i.a()) = Value::int(i64::from(i.wide_signed()));
        next::<M>(vm, pc, base, k, fb)
    }
}

handler! {
    load_const(vm, pc, base, k, fb, i) {
        copy_slot(reg(base, i.a()), k.add(i.wide_unsigned() as usize));
        next::<M>(vm, pc, base, k, fb)
    }
}

handler! {
    load_nil(vm, pc, base, k, fb, i) {
        for index in 0..i.b() {
            *reg(base, i.a() + index) = Value::NIL;
        }
        next::<M>(vm, pc, base, k, fb)
    }
}

handler! {
    load_true(vm, pc, base, k, fb, i) {
        *reg(base, i.a()) = Value { payload: 0, meta: META_TRUE };
        next::<M>(vm, pc, base, k, fb)
    }
}

handler! {
    load_false(vm, pc, base, k, fb, i) {
        *reg(base, i.a()) = Value { payload: 0, meta: META_FALSE };
        next::<M>(vm, pc, base, k, fb)
    }
}

handler! {
    load_false_skip(vm, pc, base, k, fb, i) {
        *reg(base, i.a()) = Value { payload: 0, meta: META_FALSE };
        next::<M>(vm, pc.add(1), base, k, fb)
    }
}

/// The running closure; it lies in the slot below register 0.
#[inline(always)]
pub(crate) unsafe fn running_closure(base: *mut Value) -> Gc<Closure> {
    // SAFETY: calls put the closure right below register 0, and no instruction writes there.
    unsafe { (*base.sub(1)).object().cast() }
}

/// Upvalue `index` of the running closure.
#[inline(always)]
pub(crate) unsafe fn upvalue(base: *mut Value, index: usize) -> Gc<Upvalue> {
    // SAFETY: verified upvalue operands are below the closure's count.
    unsafe { *running_closure(base).upvalues_ptr().add(index) }
}

handler! {
    get_upvalue(vm, pc, base, k, fb, i) {
        copy_slot(reg(base, i.a()), upvalue(base, i.b()).location);
        next::<M>(vm, pc, base, k, fb)
    }
}

handler! {
    set_upvalue(vm, pc, base, k, fb, i) {
        let location = upvalue(base, i.b()).location;
        if (*vm).heap.marking {
            (*vm).heap.barrier(*location);
        }
        copy_slot(location, reg(base, i.a()));
        next::<M>(vm, pc, base, k, fb)
    }
}

/// `R[a] = closure of P[wide]`
pub(crate) unsafe fn closure<M: Mode>(
    vm: *mut Vm,
    pc: *const Insn,
    base: *mut Value,
    k: *const Value,
    fb: *mut u64,
    insn: u64,
) -> Exit {
    // SAFETY: the contract of `Handler`.
    unsafe {
        let i = operands(insn);
        *reg(base, i.a()) = Value::closure(make_closure(vm, base, i));
        next::<M>(vm, pc, base, k, fb)
    }
}

/// The closure that an instruction makes.
#[inline(always)]
pub(crate) unsafe fn make_closure(vm: *mut Vm, base: *mut Value, i: Insn) -> Gc<Closure> {
    // SAFETY: a verified instruction of the running function, whose register 0 is at `base`.
    unsafe {
        let parent = running_closure(base);
        let proto = parent.proto.children[i.wide_unsigned() as usize];
        let count = proto.upvalue_count as usize;
        let memory: *mut Closure =
            (*vm).heap.alloc(crate::heap::Space::Plain, Closure::size(count)).cast();
        memory.write(Closure { header: Closure::header(count), proto });
        let closure = Gc::new(memory);
        for (index, source) in proto.proto.upvalues.iter().enumerate() {
            let upvalue = if source.in_stack {
                let wrong = plant::is(Bug::WrongUpvalue) && index == 1 && source.index > 0;
                find_upvalue(&mut *vm, base.add(source.index as usize - usize::from(wrong)))
            } else {
                *parent.upvalues_ptr().add(source.index as usize)
            };
            closure.upvalues_ptr().add(index).write(upvalue);
        }
        closure
    }
}

/// The open upvalue of a stack slot of the running thread, made if there is none.
pub(crate) unsafe fn find_upvalue(vm: &mut Vm, slot: *mut Value) -> Gc<Upvalue> {
    // SAFETY: the list links live open upvalues of the running thread, highest slot first.
    unsafe {
        let mut link: *mut *mut Upvalue = &raw mut vm.thread.open_upvalues;
        while !(*link).is_null() && (**link).location > slot {
            link = (&raw mut (**link).closed.payload).cast();
        }
        if !(*link).is_null() && (**link).location == slot {
            return Gc::new(*link);
        }
        let memory: *mut Upvalue =
            vm.heap.alloc(crate::heap::Space::Plain, size_of::<Upvalue>()).cast();
        let closed = Value { payload: *link as usize as u64, meta: 0 };
        memory.write(Upvalue { header: Header::new(Kind::Upvalue), location: slot, closed });
        *link = memory;
        Gc::new(memory)
    }
}

/// Closes the running thread's open upvalues at `slot` and above.
pub(crate) unsafe fn close_upvalues(vm: &mut Vm, slot: *mut Value) {
    // SAFETY: as for `find_upvalue`; closing copies the value out of the stack.
    unsafe {
        while !vm.thread.open_upvalues.is_null() && (*vm.thread.open_upvalues).location >= slot {
            let upvalue = vm.thread.open_upvalues;
            vm.thread.open_upvalues = (*upvalue).closed.payload as usize as *mut Upvalue;
            (*upvalue).closed = *(*upvalue).location;
            (*upvalue).location = &raw mut (*upvalue).closed;
        }
    }
}
