//! How code without a frame is entered: by its callers, or by way of the function's ordinary entry.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{self as clif, InstBuilder};
use interlune_core::{offsets, runtime};

use super::build::DEEPEST;
use super::forward;
use crate::baseline::Emitter;
use crate::baseline::emitter::{META, SLOT};

/// A call takes this much of the native stack at least: its return address, and what aligns the stack.
const LEAST_NATIVE_FRAME: usize = 16;
/// There are no more calls than there may be frames, of which each may leave one, and one for each inlined function too: a
/// frame's size shifted right by this is the share of native stack that is granted for it.
const FRAME_SHIFT: usize = 4;
const _: () = assert!((offsets::frame::SIZE >> FRAME_SHIFT) * (1 + DEEPEST) <= LEAST_NATIVE_FRAME);

/// Begins code that is called directly, and leaves so many registers, those of inlined functions among them; the closure,
/// and the words of the parameters.
pub(super) fn emit_prologue(
    e: &mut Emitter<'_>,
    registers: usize,
) -> (clif::Value, Vec<[clif::Value; 2]>) {
    let arguments = e.begin_function();
    let [vm, closure, words @ ..] = &arguments[..] else {
        unreachable!("every signature has both")
    };
    let (vm, closure) = (*vm, *closure);
    e.vm = vm;
    let parameters = words.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect();
    let refused = e.cold_block();
    let native = e.b.ins().get_stack_pointer(I64);
    let limit = e.load(I64, vm, offsets::vm::DIRECT_LIMIT as i32);
    let fits = e.b.ins().icmp(IntCC::UnsignedGreaterThan, native, limit);
    e.require(fits, refused);
    let base = e.base();
    let end = e.b.ins().iadd_imm_s(base, registers as i64 * i64::from(SLOT));
    let limit = e.load(I64, vm, offsets::vm::STACK_LIMIT as i32);
    let fits = e.b.ins().icmp(IntCC::UnsignedLessThanOrEqual, end, limit);
    e.require(fits, refused);
    let (empty, charged) = (e.cold_block(), e.b.create_block());
    burn_or(e, empty);
    e.jump(charged);
    e.switch_to(empty);
    let nothing = e.int(0);
    let refueled = refuel(e, closure, nothing);
    e.b.ins().brif(refueled, charged, &[], refused, &[]);
    e.switch_to(refused);
    let (nothing, why) = (e.int(0), e.int(runtime::REFUSED));
    e.b.ins().return_(&[nothing, why]);
    e.continue_in(charged);
    e.count_call();
    (closure, parameters)
}

/// Takes a unit of fuel if there is one, else goes to `empty`.
pub(super) fn burn_or(e: &mut Emitter<'_>, empty: clif::Block) {
    let interrupt = e.load(I64, e.vm, offsets::vm::INTERRUPT as i32);
    let fuel = e.load(I32, interrupt, offsets::interrupt::FUEL as i32);
    let some = e.b.ins().icmp_imm_s(IntCC::SignedGreaterThan, fuel, 0);
    e.require(some, empty);
    let left = e.b.ins().iadd_imm_s(fuel, -1);
    e.store(left, interrupt, offsets::interrupt::FUEL as i32);
}

/// Has the runtime refuel, if that is all that is due: whether it has taken a unit. `target` is null or a loop's header.
pub(super) fn refuel(
    e: &mut Emitter<'_>,
    closure: clif::Value,
    target: clif::Value,
) -> clif::Value {
    e.call_preserving(runtime::direct_refuel as *const () as usize, [closure, target])
}

/// From how deep in the native stack on calls are refused, for code with a frame that is about to call directly.
pub(super) fn set_limit(e: &mut Emitter<'_>) {
    let frame = e.load(I64, e.vm, offsets::vm::FRAME as i32);
    let last = e.load(I64, e.vm, offsets::vm::LAST_FRAME as i32);
    let room = e.b.ins().isub(last, frame);
    // None at all where there are more of them already, for the sake of an error's handler.
    let room = e.b.ins().sshr_imm_s(room, FRAME_SHIFT as i64);
    let native = e.b.ins().get_stack_pointer(I64);
    let lowest = e.b.ins().isub(native, room);
    let limit = e.load(I64, e.vm, offsets::vm::NATIVE_LIMIT as i32);
    let limit = e.b.ins().umax(limit, lowest);
    e.store(limit, e.vm, offsets::vm::DIRECT_LIMIT as i32);
}

/// The ordinary entry of a function that is called directly: takes the arguments from the Lua stack, and puts the results
/// there. The function `returns_one` always, or tells how many it returns.
pub(super) fn emit_wrapper(
    e: &mut Emitter<'_>,
    [func, count, word]: [clif::Value; 3],
    returns_one: bool,
) {
    let (other, slow) = (e.cold_block(), e.cold_block());
    // Whoever calls an entry (compiled code, the host, what runs a metamethod or a protected call) finds the results by
    // the slot of the function alone. But who waits for a tail call may have called the interpreter, and looks at the
    // frame that has been popped.
    let is_tail_call = e.b.ins().band_imm_s(word, runtime::TAIL_CALLED);
    e.refuse(is_tail_call, other);
    let wanted = e.b.ins().ireduce(I32, word);
    let closure = e.load(I64, func, 0);
    let proto = e.load(I64, closure, offsets::function::CLOSURE_PROTO as i32);
    let entry = e.load(I64, proto, offsets::function::PROTO_DIRECT_ENTRY as i32);
    e.require(entry, other);
    let registers = i64::from(e.input.proto.max_stack);
    let fits = e.b.ins().icmp_imm_s(IntCC::UnsignedLessThanOrEqual, count, registers);
    e.require(fits, slow);
    let room = (1 + registers).max(runtime::MOST_RETURNED as i64);
    let end = e.b.ins().iadd_imm_s(func, room * i64::from(SLOT));
    let limit = e.load(I64, e.vm, offsets::vm::STACK_LIMIT as i32);
    let fits = e.b.ins().icmp(IntCC::UnsignedLessThanOrEqual, end, limit);
    e.require(fits, slow);
    set_limit(e);
    let base = e.b.ins().iadd_imm_s(func, i64::from(SLOT));
    e.set_base(base);
    let parameters = usize::from(e.input.proto.param_count);
    e.fill_missing(count, parameters as i64);
    let mut arguments = vec![e.vm, closure];
    for parameter in 0..parameters {
        arguments.extend([e.payload(parameter), e.meta(parameter)]);
    }
    let [payload, meta] = e.call_direct(entry, &arguments);
    e.set_base(func);
    let left = e.cold_block();
    let returned = e.b.ins().icmp_imm_s(IntCC::SignedGreaterThanOrEqual, meta, 0);
    e.require(returned, left);
    let (store, several, done) = (e.b.create_block(), e.b.create_block(), e.b.create_block());
    e.b.ins().brif(wanted, store, &[], done, &[]);
    e.switch_to(store);
    e.store(payload, func, 0);
    e.store(meta, func, META);
    let wants_one = e.b.ins().icmp_imm_s(IntCC::Equal, wanted, 1);
    e.b.ins().brif(wants_one, done, &[], several, &[]);
    e.switch_to(several);
    if returns_one {
        let one = e.int(1);
        e.store(one, e.vm, offsets::vm::RETURNED as i32);
    }
    let wanted = e.b.ins().sextend(I64, wanted);
    e.call_three(runtime::store_results as *const () as usize, [func, wanted]);
    e.jump(done);
    e.switch_to(done);
    let status = e.int(runtime::RETURNED as i64);
    e.b.ins().return_(&[status]);

    e.continue_in(left);
    let is_refused = e.b.ins().icmp_imm_s(IntCC::Equal, meta, runtime::REFUSED);
    e.refuse(is_refused, slow);
    e.call_three(runtime::finish_direct_entry as *const () as usize, [count, word]);
    let told = e.leave_as_told();
    e.jump(told);

    e.continue_in(slow);
    let enter = e.int(runtime::enter as *const () as usize as i64);
    let status = e.call_entry(enter, [func, count, word]);
    e.b.ins().return_(&[status]);

    e.continue_in(other);
    forward(e, func, [func, count, word]);
}

/// Leaves code that is called directly: its frame, or the one above it, is pending.
pub(super) fn bail(e: &mut Emitter<'_>) {
    let nothing = e.int(0);
    let bailed = e.int(runtime::BAILED);
    e.b.ins().return_(&[nothing, bailed]);
}
