//! What metamethods instructions have called, for compilers.

use std::collections::BTreeMap;

use super::caches::field_location;
use super::{event_of, metatable_of};
use crate::function::Closure;
use crate::inline_cache::{Location, key_of};
use crate::interp::seen;
use crate::object::Gc;
use crate::value::{META_CLOSURE, META_TABLE, Value};
use crate::vm::{Event, Vm};

/// Above the kinds of operands in an instruction's type feedback: the number of the function that was its metamethod.
const FUNCTION_SHIFT: u32 = seen::KINDS.count_ones();
/// In place of a number: there were several.
const SEVERAL: u64 = u64::MAX >> FUNCTION_SHIFT;

/// The one metamethod that an instruction has called so far, and where it was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MetamethodSite {
    /// The function's number.
    pub function: u64,
    /// Key of the metatable.
    pub metatable_key: u64,
    /// Where the metatable has it.
    pub location: Location,
    /// It is the second operand's, as the first one has none.
    pub is_second: bool,
}

/// By instruction. Those that have called several functions are not among them.
pub type MetamethodSites = BTreeMap<u32, MetamethodSite>;

/// Notes that the instruction at index `pc` of the running function, whose type feedback is `cell`, calls `handler` as the
/// metamethod of its operands.
///
/// # Safety
/// `cell` is a verified cell of the running function.
pub(crate) unsafe fn note_metamethod(
    vm: &mut Vm,
    cell: *mut u64,
    pc: u32,
    event: Event,
    operands: [Value; 2],
    handler: Value,
) {
    if handler.meta != META_CLOSURE {
        return;
    }
    let function = handler.object().cast::<Closure>().proto.id;
    // SAFETY: the caller's.
    let known = unsafe { *cell } >> FUNCTION_SHIFT;
    // SAFETY: the frame on top is a Lua function's.
    let mut proto = unsafe { (*vm.frame).closure.unwrap_unchecked().proto };
    if known == function || known == SEVERAL {
        return;
    }
    let noted = if known == 0 { function } else { SEVERAL };
    // SAFETY: as above.
    unsafe { *cell |= noted << FUNCTION_SHIFT };
    if noted == SEVERAL {
        proto.metamethods.remove(&pc);
    } else if let Some(site) = find(vm, function, event, operands) {
        proto.metamethods.insert(pc, site);
    }
}

fn find(vm: &mut Vm, function: u64, event: Event, operands: [Value; 2]) -> Option<MetamethodSite> {
    for (index, operand) in operands.into_iter().enumerate() {
        let Some(metatable) = metatable_of(vm, operand) else { continue };
        if event_of(vm, metatable, event).is_nil() {
            continue;
        }
        let name = vm.event(event);
        let location = field_location(vm, metatable, name)?;
        let site = MetamethodSite {
            function,
            metatable_key: key_of(metatable),
            location,
            is_second: index == 1,
        };
        return (operand.meta == META_TABLE).then_some(site);
    }
    None
}

/// The index of the instruction before `pc` in the running function.
pub(crate) unsafe fn index_before(vm: *const Vm, pc: *const crate::bytecode::Insn) -> u32 {
    // SAFETY: the frame on top is that of a Lua function, which has the instruction.
    unsafe {
        let proto: Gc<crate::function::FunctionProto> =
            (*(*vm).frame).closure.unwrap_unchecked().proto;
        pc.sub(1).offset_from(proto.code) as u32
    }
}
