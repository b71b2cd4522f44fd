//! Memory of machine code: [`memory`] holds it, [`target`] says for which machine it is made, [`trampoline`] enters it.

pub mod memory;
pub mod target;
pub mod trampoline;
