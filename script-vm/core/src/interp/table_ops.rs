//! Table constructors and lengths.
//!
//! An allocation site remembers what its tables end up with by looking, now and then, at the table that it made last:
//! how many fields that one has got and how much array. See [`Site`].

#![allow(unsafe_code, reason = "raw registers, verified bytecode")]

use crate::heap::Heap;
use crate::interp::load::handler;
use crate::interp::{element, meta, next, reg, unwind};
use crate::object::{Gc, Kind};
use crate::shape::ShapeId;
use crate::string::LuaString;
use crate::table::{self, MAX_INLINE_ARRAY, Table, array};
use crate::value::{META_STRING, META_TABLE, Value};
use crate::vm::Vm;

/// Inline slots of a table whose site is not known yet and that names no field.
const DEFAULT_SLOTS: usize = 4;
/// Most inline slots that a site asks for.
const MAX_SLOTS: usize = 32;
/// The first tables of a site are all looked at.
const EARLY_LOOKS: u64 = 8;
/// Later, one in this many.
const SAMPLE_EVERY: u64 = 64;

/// What a site knows; feedback cell 0. Cell 1 is the address of the table made last, and the collection cycle in the
/// 16 bits above, since the table may be gone when a cycle has ended.
#[derive(Clone, Copy)]
struct Site {
    /// Inline slots, bits 0-15.
    slots: u64,
    /// Bytes of inline array, bits 16-39.
    array_bytes: u64,
    /// Looks so far, saturating, bits 40-46; bit 47: the site is in use.
    looks: u64,
    /// Tables to make before the next look, bits 48-63.
    countdown: u64,
}

impl Site {
    const USED: u64 = 1 << 47;
    const COUNTDOWN_SHIFT: i64 = 48;

    #[inline(always)]
    const fn unpack(cell: u64) -> Site {
        Site {
            slots: cell & 0xffff,
            array_bytes: (cell >> 16) & 0xff_ffff,
            looks: (cell >> 40) & 0x7f,
            countdown: cell >> 48,
        }
    }

    const fn pack(self) -> u64 {
        self.slots | self.array_bytes << 16 | self.looks << 40 | Site::USED | self.countdown << 48
    }
}

/// A table as a site makes it, for compiled code that allocates it by itself.
#[derive(Clone, Copy, Debug)]
pub struct Template {
    /// Bytes of the object.
    pub size: usize,
    slots: usize,
    array_bytes: usize,
    /// Offset of the first element of an array in the object, if it has one.
    pub inline_array: Option<usize>,
}

impl Template {
    /// The site's cell 0, shifted right by this, counts down the tables to make before the next look at one; at 0 the
    /// interpreter makes the table. Making one takes 1 off.
    pub const COUNTDOWN_SHIFT: i64 = Site::COUNTDOWN_SHIFT;

    /// What a site with this cell 0 makes; nothing if it has not settled.
    pub fn of_site(cell: u64) -> Option<Template> {
        let site = Site::unpack(cell);
        if cell & Site::USED == 0 || site.looks < EARLY_LOOKS {
            return None;
        }
        let (slots, array_bytes) = (site.slots as usize, site.array_bytes as usize);
        let array = table::layout::array_offset(slots);
        Some(Template {
            size: table::layout::table_size(slots, array_bytes),
            slots,
            array_bytes,
            inline_array: (array_bytes != 0).then_some(array),
        })
    }

    /// The key of a table that was just made ([`crate::inline_cache::key_of`]).
    pub fn key(&self) -> u64 {
        u64::from(ShapeId::EMPTY.0) << 8 | self.slots as u64
    }

    /// Makes a table of the site with this cell 0.
    pub(crate) fn new_table(heap: &mut Heap, cell: u64) -> Gc<Table> {
        let site = Site::unpack(cell);
        table::new_table(heap, site.slots as usize, site.array_bytes as usize)
    }

    /// A site's cell 0 without what changes from table to table.
    pub fn settled(cell: u64) -> u64 {
        Site { looks: EARLY_LOOKS, countdown: 0, ..Site::unpack(cell) }.pack()
    }

    /// The words that a new table begins with, by byte offset. With an inline array the pointer to it, which depends on
    /// the address, is yet to be written.
    pub fn words(&self) -> Vec<(usize, u64)> {
        table::layout::initial_words(self.slots, self.array_bytes)
    }
}

/// Bits that the address of a table, a multiple of 16, takes in cell 1. Above them are as many of the number of the collection cycle
/// as fit.
const ADDRESS_BITS: u32 = 44;
/// Zeros at the end of every address.
const ALIGNMENT_BITS: u32 = 4;

handler! {
    new_table(vm, pc, base, k, fb, i) {
        let cell = fb.add(i.d());
        let site = Site::unpack(*cell);
        if site.countdown == 0 {
            return new_sampled_table::<M>(vm, pc, base, k, fb, i.0);
        }
        *cell -= 1 << 48;
        let table =
            table::new_table(&mut (*vm).heap, site.slots as usize, site.array_bytes as usize);
        *reg(base, i.a()) = Value::table(table);
        next::<M>(vm, pc, base, k, fb)
    }
}

handler! {
    #[inline(never)]
    new_sampled_table(vm, pc, base, k, fb, i) {
        let table = sample(&mut *vm, fb.add(i.d()), i.b(), i.c());
        *reg(base, i.a()) = Value::table(table);
        next::<M>(vm, pc, base, k, fb)
    }
}

/// Makes a table after a look at the one made last; `array` and `fields` are what the constructor lists.
#[inline(never)]
unsafe fn sample(vm: &mut Vm, cell: *mut u64, array: usize, fields: usize) -> Gc<Table> {
    // SAFETY: two verified cells; a table lives on until the next cycle begins, at least.
    unsafe {
        let cycle = u64::from(vm.heap.cycle()) << ADDRESS_BITS;
        let mut site = Site::unpack(*cell);
        if *cell & Site::USED == 0 {
            let slots =
                if array == 0 && fields == 0 { DEFAULT_SLOTS } else { fields.min(MAX_SLOTS) };
            site.slots = slots as u64;
            site.array_bytes = inline_array(array * size_of::<Value>());
        } else {
            let last = *cell.add(1) ^ cycle;
            if last != 0 && last >> ADDRESS_BITS == 0 {
                learn(vm, &mut site, Gc::from_addr(last << ALIGNMENT_BITS), fields);
            }
        }
        site.looks = (site.looks + 1).min(0x7f);
        site.countdown = if site.looks <= EARLY_LOOKS { 0 } else { SAMPLE_EVERY };
        *cell = site.pack();
        let table = table::new_table(&mut vm.heap, site.slots as usize, site.array_bytes as usize);
        *cell.add(1) = table.addr() >> ALIGNMENT_BITS | cycle;
        table
    }
}

/// An array of that many bytes is allocated with its table if it is small enough.
fn inline_array(bytes: usize) -> u64 {
    if bytes <= MAX_INLINE_ARRAY { bytes as u64 } else { 0 }
}

/// Takes over what a table of the site has ended up with.
fn learn(vm: &Vm, site: &mut Site, table: Gc<Table>, fields: usize) {
    debug_assert!(table.header.kind == Kind::Table, "the table that was noted is no longer there");
    let shape = table.shape();
    let count = if shape.has_slots() { vm.heap.shapes.count(shape) as usize } else { 0 };
    // The first look takes the table as it is; later ones only ever ask for more, so that sizes (and with them cache
    // keys) settle.
    let slots = count.max(fields).min(MAX_SLOTS) as u64;
    site.slots = if site.looks <= 1 { slots } else { site.slots.max(slots) };
    let bytes = inline_array(table.array_len as usize * table.array_kind().stride());
    site.array_bytes = if site.looks <= 1 { bytes } else { site.array_bytes.max(bytes) };
}

handler! {
    set_list(vm, pc, base, k, fb, i) {
        let slots = reg(base, i.a());
        if (*slots).meta != META_TABLE {
            // The compiler puts a table there; binary chunks may come from anywhere.
            return unwind::raise_text(vm, pc, "a list is stored in what is no table");
        }
        let table: Gc<Table> = (*slots).object().cast();
        let count = if i.b() != 0 {
            i.b()
        } else {
            (*vm).top.offset_from(slots) as usize - 1
        };
        let values = std::slice::from_raw_parts(slots.add(1), count);
        let first = i64::from(i.wide_unsigned()) + 1;
        if array::set_list(&mut (*vm).heap, table, first, values).is_err() {
            (*(*vm).frame).pc = pc;
            unwind::park_out_of_memory(&mut *vm);
            return unwind::unwind(vm);
        }
        next::<M>(vm, pc, base, k, fb)
    }
}

handler! {
    len(vm, pc, base, k, fb, i) {
        let object = *reg(base, i.b());
        if object.meta == META_TABLE {
            let table: Gc<Table> = object.object().cast();
            if table.metatable.is_none() {
                *fb.add(i.d()) |= element::TABLE;
                *reg(base, i.a()) = Value::int(table::length(&(*vm).heap, table));
                return next::<M>(vm, pc, base, k, fb);
            }
        } else if object.meta == META_STRING {
            let string: Gc<LuaString> = object.object().cast();
            *fb.add(i.d()) |= element::STRING;
            *reg(base, i.a()) = Value::int(string.len() as i64);
            return next::<M>(vm, pc, base, k, fb);
        }
        *fb.add(i.d()) |= element::ELSEWHERE;
        meta::length(vm, pc, i, object)
    }
}
