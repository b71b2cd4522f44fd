//! Variable arguments: they lie below the function's slot.

#![allow(unsafe_code, reason = "raw registers and frames")]

use crate::bytecode::Insn;
use crate::interp::call::adjust;
use crate::interp::entry::stack_overflow;
use crate::interp::load::handler;
use crate::interp::{next, reg};
use crate::plant::{self, Bug};
use crate::value::{Value, copy_slot};
use crate::vm::Vm;

handler! {
    vararg_prep(vm, pc, base, k, fb, _i) {
        match set_up_varargs(vm, base) {
            Some(base) => next::<M>(vm, pc, base, k, fb),
            None => stack_overflow(vm),
        }
    }
}

/// Sets the variable arguments of the function that has just been entered apart. Its register 0 from now on; nothing if
/// the stack cannot grow.
#[inline(always)]
pub(crate) unsafe fn set_up_varargs(vm: *mut Vm, base: *mut Value) -> Option<*mut Value> {
    // SAFETY: the running frame was just made, with its arguments from `base` on.
    unsafe {
        let frame = (*vm).frame;
        let proto = (*frame).closure.unwrap_unchecked().proto;
        let nargs = (*frame).extra as usize;
        let params = proto.param_count as usize;
        let extra = nargs.saturating_sub(params);
        let extra = extra - usize::from(plant::is(Bug::LostVararg) && extra == 4);
        (*frame).varargs = extra as u32;
        if extra == 0 {
            return Some(base);
        }
        // Function and fixed parameters move above the variable arguments, so that these keep their place.
        let mut func = base.sub(1);
        let needed = 1 + nargs + 1 + proto.max_stack as usize;
        if (*vm).stack_limit < func.add(needed) {
            let index = (*vm).index_of(func) as usize;
            if !(*vm).grow_stack(func, needed) {
                return None;
            }
            func = (*vm).stack.add(index);
        }
        let moved = func.add(1 + nargs);
        copy_slot(moved, func);
        for param in 0..params {
            copy_slot(moved.add(1 + param), func.add(1 + param));
            *func.add(1 + param) = Value::NIL;
        }
        (*frame).base = (*vm).index_of(moved) + 1;
        Some(moved.add(1))
    }
}

handler! {
    vararg(vm, pc, base, k, fb, i) {
        (*(*vm).frame).pc = pc;
        match copy_varargs(vm, base, i) {
            Some(base) => next::<M>(vm, pc, base, k, fb),
            None => stack_overflow(vm),
        }
    }
}

/// Copies variable arguments to where the instruction wants them. Register 0, which may have moved; nothing if the stack
/// cannot grow.
#[inline(always)]
pub(crate) unsafe fn copy_varargs(vm: *mut Vm, base: *mut Value, i: Insn) -> Option<*mut Value> {
    // SAFETY: the variable arguments lie below the running function's slot.
    unsafe {
        let count = (*(*vm).frame).varargs as usize;
        let wanted = i.c() as i32 - 1;
        let mut base = base;
        if wanted < 0 {
            let needed = i.a() + count;
            if (*vm).stack_limit < base.add(needed) {
                let index = (*vm).index_of(base) as usize;
                if !(*vm).grow_stack(base, needed) {
                    return None;
                }
                base = (*vm).stack.add(index);
            }
        }
        let from = base.sub(1 + count);
        let target = reg(base, i.a());
        let copied = if wanted < 0 { count } else { count.min(wanted as usize) };
        for index in 0..copied {
            copy_slot(target.add(index), from.add(index));
        }
        adjust(vm, target, copied, wanted);
        Some(base)
    }
}
