//! Calls and returns, of Lua functions, native functions and everything with `__call`.

#![allow(unsafe_code, reason = "raw registers and frames")]

use crate::function::{Closure, NativeFunction};
use crate::interp::entry::{begin, check_stack, enter, stack_overflow};
use crate::interp::load::{close_upvalues, handler};
use crate::interp::{
    Exit, Mode, Step, bounce, close, coroutine, iterate, meta, protect, reg, resume, safepoint,
    unwind,
};
use crate::native::{Cx, Intrinsic, Raised};
use crate::object::Gc;
use crate::thread::{Frame, FrameWhat, ReturnTo};
use crate::value::{META_CLOSURE, META_NATIVE, Value, copy_slot, read_slot};
use crate::vm::{Event, MAX_NATIVE_DEPTH, Vm};

/// Slots that a native function may use beyond its arguments without asking.
const NATIVE_SLOTS: usize = 24;

/// In the first feedback cell of a call: it has called several functions.
pub const SEVERAL_CALLEES: u64 = u64::MAX;

/// The same: it has called a native function, whose address is in the other bits.
pub const NATIVE_CALLEE: u64 = 1 << 63;

/// Notes what is called: a function's number, or a native function's address.
#[inline(always)]
unsafe fn note_callee(cell: *mut u64, called: u64) {
    // SAFETY: the cell of a verified call.
    unsafe {
        if *cell != called {
            *cell = if *cell == 0 { called } else { SEVERAL_CALLEES };
        }
    }
}

/// The same for whatever is called; nothing for what is no plain function.
#[inline(always)]
pub(crate) unsafe fn note_callee_of(cell: *mut u64, callee: Value) {
    // SAFETY: the caller's.
    unsafe {
        if callee.meta == META_CLOSURE {
            let closure: Gc<Closure> = callee.object().cast();
            note_callee(cell, closure.proto.id);
        } else if callee.meta == META_NATIVE {
            let function: Gc<NativeFunction> = callee.object().cast();
            note_callee(cell, NATIVE_CALLEE | function.function as usize as u64);
        }
    }
}

handler! {
    call(vm, pc, base, k, fb, i) {
        let func = reg(base, i.a());
        let nargs = if i.b() != 0 { i.b() - 1 } else { (*vm).top.offset_from(func) as usize - 1 };
        let wanted = i.c() as i32 - 1;
        (*(*vm).frame).pc = pc;
        let callee = *func;
        if callee.meta == META_CLOSURE {
            let closure: Gc<Closure> = callee.object().cast();
            note_callee(fb.add(i.d()), closure.proto.id);
            return enter::<M>(vm, func, closure, nargs, wanted, M::CALLER, false);
        }
        if callee.meta == META_NATIVE {
            let function: Gc<NativeFunction> = callee.object().cast();
            note_callee(fb.add(i.d()), NATIVE_CALLEE | function.function as usize as u64);
            if !function.is_intrinsic() {
                return call_native_fast::<M>(vm, func, function, nargs, wanted);
            }
        }
        call_value::<M>(vm, func, nargs, wanted, M::CALLER)
    }
}

/// A plain native function called by a call instruction.
#[inline(never)]
unsafe fn call_native_fast<M: Mode>(
    vm: *mut Vm,
    func: *mut Value,
    function: Gc<NativeFunction>,
    nargs: usize,
    wanted: i32,
) -> Exit {
    // SAFETY: `func` and the arguments lie in the running thread's stack.
    unsafe {
        if safepoint::burn(vm) {
            return call_value_after_safepoint::<M>(vm, func, nargs, wanted);
        }
        (*vm).top = func.add(1 + nargs);
        if (*vm).top.add(NATIVE_SLOTS) > (*vm).stack_limit.add(crate::vm::EXTRA_SLOTS) {
            return call_value::<M>(vm, func, nargs, wanted, M::CALLER);
        }
        let index = (*vm).index_of(func) as usize;
        let count = invoke(vm, function, index, nargs);
        if count < 0 {
            return unwind::unwind(vm);
        }
        let func = (*vm).stack.add(index);
        if wanted == 1 {
            if count == 0 {
                *func = Value::NIL;
            }
        } else {
            adjust(vm, func, count as usize, wanted);
        }
        resume::<M>(vm)
    }
}

/// Runs a native function; the number of its results, or -1 if it raised. Apart, because a handler that passes on the
/// address of a local variable cannot end in a jump.
#[inline(never)]
pub(crate) unsafe fn invoke(
    vm: *mut Vm,
    function: Gc<NativeFunction>,
    index: usize,
    nargs: usize,
) -> isize {
    // SAFETY: `vm` is the running VM; function and arguments lie at `index`.
    let mut cx = Cx::new(unsafe { &mut *vm }, index, nargs);
    match (function.function)(&mut cx) {
        Ok(results) => results.count() as isize,
        Err(Raised) => -1,
    }
}

#[cold]
#[inline(never)]
unsafe fn call_value_after_safepoint<M: Mode>(
    vm: *mut Vm,
    func: *mut Value,
    nargs: usize,
    wanted: i32,
) -> Exit {
    // SAFETY: as for `call_value`.
    unsafe {
        let index = (*vm).index_of(func) as usize;
        (*vm).top = func.add(1 + nargs);
        if let Err(Raised) = safepoint::pause(&mut *vm) {
            return unwind::unwind(vm);
        }
        call_value::<M>(vm, (*vm).stack.add(index), nargs, wanted, M::CALLER)
    }
}

/// Calls whatever lies at `func`. The caller's pc is saved already.
#[inline(never)]
pub(crate) unsafe fn call_value<M: Mode>(
    vm: *mut Vm,
    func: *mut Value,
    nargs: usize,
    wanted: i32,
    returns: ReturnTo,
) -> Exit {
    // SAFETY: `func` and the arguments lie in the running thread's stack.
    unsafe {
        let callee = read_slot(func);
        match callee.meta {
            META_CLOSURE => {
                enter::<M>(vm, func, callee.object().cast(), nargs, wanted, returns, false)
            }
            META_NATIVE => call_native(vm, func, callee.object().cast(), nargs, wanted, returns),
            _ => call_meta_call::<M>(vm, func, nargs, wanted, returns),
        }
    }
}

/// A value that is no function: its `__call` gets it as first argument.
#[cold]
#[inline(never)]
unsafe fn call_meta_call<M: Mode>(
    vm: *mut Vm,
    func: *mut Value,
    nargs: usize,
    wanted: i32,
    returns: ReturnTo,
) -> Exit {
    // SAFETY: as for `call_value`.
    unsafe {
        match insert_handler(vm, func, nargs, returns) {
            Ok(func) => call_value::<M>(vm, func, nargs + 1, wanted, returns),
            Err(exit) => exit,
        }
    }
}

/// Puts the `__call` of the value at `func` there, and the value in front of the arguments. Where it is called now.
unsafe fn insert_handler(
    vm: *mut Vm,
    func: *mut Value,
    nargs: usize,
    returns: ReturnTo,
) -> Result<*mut Value, Exit> {
    // SAFETY: as for `call_value`; one slot more than the arguments is among the extra slots.
    unsafe {
        let index = (*vm).index_of(func) as usize;
        // A chain of such values takes time that grows with its length.
        if safepoint::burn(vm) {
            (*vm).top = func.add(1 + nargs);
            if safepoint::pause(&mut *vm).is_err() {
                return Err(unwind::unwind(vm));
            }
        }
        let func = (*vm).stack.add(index);
        let handler = meta::metamethod(&mut *vm, *func, Event::Call);
        if handler.is_nil() {
            return Err(unwind::bad_call(vm, index, returns));
        }
        (*vm).top = func.add(1 + nargs);
        if check_stack(&mut *vm, 2).is_err() {
            return Err(unwind::unwind(vm));
        }
        let func = (*vm).stack.add(index);
        for slot in (0..=nargs).rev() {
            copy_slot(func.add(slot + 1), func.add(slot));
        }
        *func = handler;
        Ok(func)
    }
}

/// Calls a native function, an intrinsic of the interpreter among them.
#[inline(never)]
pub(crate) unsafe fn call_native(
    vm: *mut Vm,
    func: *mut Value,
    function: Gc<NativeFunction>,
    nargs: usize,
    wanted: i32,
    returns: ReturnTo,
) -> Exit {
    // SAFETY: as for `call_value`.
    unsafe {
        let index = (*vm).index_of(func) as usize;
        (*vm).top = func.add(1 + nargs);
        if check_stack(&mut *vm, NATIVE_SLOTS).is_err() {
            return unwind::unwind(vm);
        }
        let func = (*vm).stack.add(index);
        match function.intrinsic() {
            Intrinsic::None => {}
            Intrinsic::Pcall => return protect::pcall(vm, func, nargs, wanted, returns),
            Intrinsic::Xpcall => return protect::xpcall(vm, func, nargs, wanted, returns),
            Intrinsic::Yield => return coroutine::r#yield(vm, func, nargs, wanted, returns),
            Intrinsic::Resume => return coroutine::resume(vm, func, nargs, wanted, returns),
            Intrinsic::Pairs => return iterate::pairs(vm, func, nargs, wanted, returns),
            Intrinsic::Wrapped => return coroutine::call_wrapped(vm, func, nargs, wanted, returns),
        }
        let count = invoke(vm, function, index, nargs);
        if count < 0 {
            return unwind::unwind(vm);
        }
        complete(vm, returns, (*vm).stack.add(index), count as usize, wanted)
    }
}

/// Gives `count` results at `func` the number that was wanted.
#[inline(always)]
pub(crate) unsafe fn adjust(vm: *mut Vm, func: *mut Value, count: usize, wanted: i32) {
    // SAFETY: the slots wanted are registers of the caller.
    unsafe {
        if wanted < 0 {
            (*vm).top = func.add(count);
            return;
        }
        for missing in count..wanted as usize {
            *func.add(missing) = Value::NIL;
        }
    }
}

/// [`adjust`], then on with the frame on top. Apart from the handlers that need it seldom.
#[inline(never)]
unsafe fn adjust_and_resume<M: Mode>(
    vm: *mut Vm,
    func: *mut Value,
    count: usize,
    wanted: i32,
) -> Exit {
    // SAFETY: as for the two.
    unsafe {
        adjust(vm, func, count, wanted);
        resume::<M>(vm)
    }
}

/// [`complete`], for what most often waits for a call instruction.
#[inline(always)]
pub(crate) unsafe fn complete_call(
    vm: *mut Vm,
    returns: ReturnTo,
    func: *mut Value,
    count: usize,
    wanted: i32,
) -> Exit {
    // SAFETY: as for `complete`.
    unsafe {
        if matches!(returns, ReturnTo::Call | ReturnTo::Compiled) {
            adjust(vm, func, count, wanted);
            return bounce(vm);
        }
        complete(vm, returns, func, count, wanted)
    }
}

/// Hands `count` results at `func` to whoever waits for them, the frame that produced them being gone.
#[inline(never)]
pub(crate) unsafe fn complete(
    vm: *mut Vm,
    returns: ReturnTo,
    func: *mut Value,
    count: usize,
    wanted: i32,
) -> Exit {
    // SAFETY: the frame on top is the one that waits.
    unsafe {
        match returns {
            ReturnTo::Call | ReturnTo::Compiled => {
                adjust(vm, func, count, wanted);
                bounce(vm)
            }
            ReturnTo::Tail => leave::<Step>(vm, func, count),
            ReturnTo::Meta => {
                let result = if count == 0 { Value::NIL } else { *func };
                meta::finish(vm, result)
            }
            ReturnTo::Close => close::go_on(vm),
            ReturnTo::Protected => protect::succeed(vm, func, count),
            ReturnTo::Handler => {
                let result = if count == 0 { Value::NIL } else { *func };
                protect::handled(vm, result)
            }
            ReturnTo::Resumer => coroutine::finish(vm, func, count),
            ReturnTo::Host => {
                (*vm).top = func.add(count);
                Exit::Done
            }
        }
    }
}

/// Leaves the frame on top with `count` results at `from`.
#[inline(always)]
unsafe fn leave<M: Mode>(vm: *mut Vm, from: *mut Value, count: usize) -> Exit {
    // SAFETY: the results lie at or above `func`, so that copying upwards is right.
    unsafe {
        if count >= safepoint::MANY_RESULTS && safepoint::charge_results(&mut *vm, count).is_err() {
            return unwind::unwind(vm);
        }
        let frame = *(*vm).frame;
        let func = (*vm).stack.add(frame.func as usize);
        for index in 0..count {
            copy_slot(func.add(index), from.add(index));
        }
        (*vm).frame = (*vm).frame.sub(1);
        if frame.returns == ReturnTo::Call {
            adjust(vm, func, count, frame.wanted);
            return resume::<M>(vm);
        }
        complete(vm, frame.returns, func, count, frame.wanted)
    }
}

handler! {
    return0(vm, _pc, _base, _k, _fb, _i) {
        let frame = (*vm).frame;
        if (*frame).returns != ReturnTo::Call {
            return leave::<M>(vm, (*vm).stack, 0);
        }
        let func = (*vm).stack.add((*frame).func as usize);
        (*vm).frame = frame.sub(1);
        match (*frame).wanted {
            0 => {}
            1 => *func = Value::NIL,
            wanted => return adjust_and_resume::<M>(vm, func, 0, wanted),
        }
        resume::<M>(vm)
    }
}

handler! {
    return1(vm, _pc, base, _k, _fb, i) {
        let frame = (*vm).frame;
        if (*frame).returns != ReturnTo::Call {
            return leave::<M>(vm, reg(base, i.a()), 1);
        }
        let func = (*vm).stack.add((*frame).func as usize);
        copy_slot(func, reg(base, i.a()));
        (*vm).frame = frame.sub(1);
        if (*frame).wanted != 1 {
            return adjust_and_resume::<M>(vm, func, 1, (*frame).wanted);
        }
        resume::<M>(vm)
    }
}

handler! {
    r#return(vm, pc, base, _k, _fb, i) {
        let from = reg(base, i.a());
        let frame = (*vm).frame;
        let count = if (*frame).leaving {
            (*frame).extra as usize
        } else if i.b() != 0 {
            i.b() - 1
        } else {
            (*vm).top.offset_from(from) as usize
        };
        if i.c() != 0 {
            let has_to_close = close::pending(&*vm, base);
            if has_to_close {
                (*frame).leaving = true;
                (*frame).extra = count as u32;
                (*vm).top = from.add(count);
                return close::close_next(vm, pc.sub(1), from.add(count));
            }
            close_upvalues(&mut *vm, base);
        }
        leave::<M>(vm, from, count)
    }
}

handler! {
    tail_call(vm, pc, base, _k, fb, i) {
        let func = reg(base, i.a());
        let nargs = if i.b() != 0 { i.b() - 1 } else { (*vm).top.offset_from(func) as usize - 1 };
        let frame = (*vm).frame;
        (*frame).pc = pc;
        if i.c() != 0 {
            close_upvalues(&mut *vm, base);
        }
        let callee = *func;
        note_callee_of(fb.add(i.d()), callee);
        if callee.meta == META_CLOSURE {
            return enter_in_place::<M>(vm, func, callee.object().cast(), nargs);
        }
        tail_call_value::<M>(vm, func, nargs)
    }
}

/// A tail call of what is no Lua function.
#[inline(never)]
unsafe fn tail_call_value<M: Mode>(vm: *mut Vm, func: *mut Value, nargs: usize) -> Exit {
    // SAFETY: as for `call_value`.
    unsafe {
        let (mut func, mut nargs) = (func, nargs);
        loop {
            let callee = *func;
            match callee.meta {
                META_CLOSURE => {
                    return enter_in_place::<M>(vm, func, callee.object().cast(), nargs);
                }
                // A native function has no frame of its own to save; this one stays, for positions in messages.
                META_NATIVE => return call_value::<M>(vm, func, nargs, -1, ReturnTo::Tail),
                _ => match insert_handler(vm, func, nargs, ReturnTo::Tail) {
                    Ok(inserted) => (func, nargs) = (inserted, nargs + 1),
                    Err(exit) => return exit,
                },
            }
        }
    }
}

/// Enters a Lua function in place of the running one.
#[inline(always)]
unsafe fn enter_in_place<M: Mode>(
    vm: *mut Vm,
    func: *mut Value,
    closure: Gc<Closure>,
    nargs: usize,
) -> Exit {
    // SAFETY: function and arguments lie above the running frame's own.
    unsafe {
        let frame = (*vm).frame;
        let target = (*vm).stack.add((*frame).func as usize);
        for index in 0..=nargs {
            copy_slot(target.add(index), func.add(index));
        }
        let proto = closure.proto;
        let needed = 1 + nargs.max(proto.max_stack as usize);
        let mut func = target;
        if (*vm).stack_limit < func.add(needed) {
            let index = (*frame).func as usize;
            if !(*vm).grow_stack(func, needed) {
                return stack_overflow(vm);
            }
            func = (*vm).stack.add(index);
        }
        let base = func.add(1);
        let old = *frame;
        frame.write(Frame {
            closure: Some(closure),
            pc: proto.code,
            base: old.func + 1,
            func: old.func,
            wanted: old.wanted,
            varargs: 0,
            what: FrameWhat::Lua,
            returns: old.returns,
            tail_called: true,
            leaving: false,
            extra: nargs as u32,
            _reserved: 0,
        });
        for missing in nargs..proto.param_count as usize {
            *base.add(missing) = Value::NIL;
        }
        begin::<M>(vm, closure, base)
    }
}

/// Calls `callee` from Rust code and runs it to its end. The results lie from the returned slot index up to `vm.top`;
/// the caller resets `vm.top`.
pub(crate) fn call_from_host(vm: &mut Vm, callee: Value, args: &[Value]) -> Result<usize, Raised> {
    if vm.native_depth >= MAX_NATIVE_DEPTH {
        return Err(unwind::park_text(vm, "C stack overflow"));
    }
    check_stack(vm, args.len() + 2 + NATIVE_SLOTS)?;
    if vm.frame >= vm.frame_limit && !vm.grow_frames() {
        return Err(unwind::park_text(vm, "stack overflow"));
    }
    // SAFETY: there is room for a frame and for the callee with its arguments.
    unsafe {
        let index = vm.top_index();
        let native = vm.frame.add(1);
        native.write(Frame {
            what: FrameWhat::Native,
            base: index as u32,
            func: index as u32,
            ..crate::vm::EMPTY_FRAME
        });
        vm.frame = native;
        let depth = native.offset_from(vm.thread.frames.as_ptr());
        let func = vm.top;
        copy_slot(func, &raw const callee);
        for (offset, arg) in args.iter().enumerate() {
            copy_slot(func.add(1 + offset), arg);
        }
        vm.top = func.add(1 + args.len());
        if vm.native_depth == 0 {
            crate::runtime::begin_native_stack(vm);
        }
        vm.native_depth += 1;
        let compiled = callee.as_closure().filter(|closure| !closure.proto.resume_points.is_null());
        let mut exit = match compiled {
            Some(closure) => {
                crate::runtime::call_compiled(vm, func, args.len(), closure.proto.entry)
            }
            None => call_value::<Step>(vm, func, args.len(), -1, ReturnTo::Host),
        };
        if exit == Exit::Continue {
            exit = super::run_saved(vm);
        }
        vm.native_depth -= 1;
        if vm.native_depth == 0 && vm.heap.graveyard.has_retired() {
            vm.heap.graveyard.free_retired();
        }
        // The callee's frames are gone; what is left on top is the native frame pushed above.
        vm.frame = vm.thread.frames.as_mut_ptr().offset(depth - 1);
        if exit == Exit::Done {
            Ok(index)
        } else {
            vm.top = vm.stack.add(index);
            Err(Raised)
        }
    }
}
