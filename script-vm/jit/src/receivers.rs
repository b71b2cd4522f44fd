//! The receivers of a field access that the interpreter's cache remembers, for compilers that put them into the code.

use interlune_core::inline_cache::{
    KEY_BITS, KEY_MASK, Location, NO_KEY, OUT_OF_LINE, POLYMORPHIC, Place, StoreHit,
};
use interlune_core::tier::CompileInput;

fn cells(input: &CompileInput, pc: usize) -> [u64; 4] {
    std::array::from_fn(|cell| input.feedback(pc, cell))
}

/// A class's key comes with a bit that receivers' keys do not have.
fn is_receiver(key: u64) -> bool {
    key != NO_KEY && key >> KEY_BITS == 0
}

/// Where receivers of the load at `pc` have the field themselves: pairs of key and location. None if the interpreter has
/// seen more than it can remember.
pub fn known_loads(input: &CompileInput, pc: usize) -> Vec<(u64, Location)> {
    let [key, offset, elsewhere, index] = cells(input, pc);
    let mut known = Vec::new();
    if is_receiver(key) {
        if offset & POLYMORPHIC != 0 {
            return known;
        }
        known.push((key, offset as Location));
    }
    if elsewhere >> KEY_BITS == Place::Slots as u64 {
        known.push((elsewhere & KEY_MASK, OUT_OF_LINE | index as Location));
    }
    known
}

/// Receivers' keys at the store at `pc`, and what the store does to them. None if the interpreter has seen more than it
/// can remember.
pub fn known_stores(input: &CompileInput, pc: usize) -> Vec<(u64, StoreHit)> {
    let cells = cells(input, pc);
    if cells[0] != NO_KEY && cells[1] & POLYMORPHIC != 0 {
        return Vec::new();
    }
    let pairs = [(cells[0], cells[1]), (cells[2], cells[3])];
    let known = pairs.into_iter().filter(|(key, _)| is_receiver(*key));
    known.map(|(key, hit)| (key, StoreHit::unpack(hit))).collect()
}
