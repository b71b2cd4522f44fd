//! How often code was left for the tier below, and where.

use std::cell::UnsafeCell;

use interlune_core::bytecode::Proto;
use interlune_core::runtime::ExitSite;

/// Counters of a function's code, one for each instruction. Only the VM's thread uses them, through addresses in the code;
/// here they are made, addressed and freed.
#[derive(Debug)]
pub struct Exits(Box<[UnsafeCell<ExitSite>]>);

impl Exits {
    pub fn of(proto: &Proto) -> Exits {
        Exits((0..proto.code.len()).map(|_| UnsafeCell::default()).collect())
    }

    /// Address of the counter of the instruction at `pc`.
    pub fn site_at(&self, pc: usize) -> usize {
        self.0[pc].get().addr()
    }
}
