//! What accesses are bound to find, as far as nobody writes to environments, libraries and classes: for compilers, which
//! put it into the code and say what they rely on ([`crate::assumptions`]).

#![allow(unsafe_code, reason = "fields at the locations that caches have found")]

use std::collections::BTreeMap;

use crate::assumptions::{Assumption, Dependants};
use crate::bytecode::Opcode;
use crate::function::{Closure, FunctionProto, NativeFunction};
use crate::inline_cache::{
    ClassHit, KEY_BITS, KEY_MASK, Location, NO_KEY, OUT_OF_LINE, POLYMORPHIC, Place, at_location,
    key_of,
};
use crate::object::Gc;
use crate::table::Table;
use crate::tier::{Function, Graveyard};
use crate::value::{META_CLOSURE, META_NATIVE, META_TABLE, Value};

/// A table or a function that code may name.
#[derive(Clone, Copy, Debug)]
pub struct Named {
    pub value: Value,
    /// Of a Lua function its number, of a native one its address, of a table 0.
    pub function: u64,
}

impl Named {
    fn of(value: Value) -> Option<Named> {
        let function = match value.meta {
            META_TABLE => 0,
            META_CLOSURE => value.object().cast::<Closure>().proto.id,
            META_NATIVE => value.object().cast::<NativeFunction>().function as usize as u64,
            _ => return None,
        };
        Some(Named { value, function })
    }
}

/// What an access finds.
#[derive(Clone, Debug)]
pub struct KnownAccess {
    /// The table that it looks into; for methods the receiver's metatable.
    pub base: Named,
    /// The key of the receiver, if another table than `base` is looked into first.
    pub key: Option<u64>,
    /// The receiver's metatable, if it is an environment that inherits the field.
    pub metatable: Option<Named>,
    pub found: Named,
    pub assumptions: Vec<Assumption>,
}

/// By instruction.
pub type KnownAccesses = BTreeMap<u32, KnownAccess>;

/// Looks at a function's accesses.
struct Search<'a> {
    proto: Gc<FunctionProto>,
    dependants: &'a Dependants,
}

impl Function {
    /// What accesses to the environment and its tables find, and calls of methods by way of the metatables given by
    /// instruction, which are alive.
    pub fn known_accesses(
        &self,
        metatables: &BTreeMap<usize, u64>,
        dependants: &Dependants,
    ) -> KnownAccesses {
        let search = Search { proto: self.proto, dependants };
        let code = &self.proto().code;
        let mut known = KnownAccesses::new();
        for (pc, insn) in code.iter().enumerate() {
            let found = match insn.opcode() {
                Some(Opcode::GetEnv) => search.global(pc),
                Some(Opcode::GetField) => {
                    // The field of what has just been found in the environment.
                    let before = pc.checked_sub(1).and_then(|before| known.get(&(before as u32)));
                    let table = before.filter(|_| code[pc - 1].a() == insn.b());
                    table.map(|access| access.found).and_then(|table| search.field(pc, table))
                }
                Some(Opcode::GetMethod) => {
                    metatables.get(&pc).and_then(|&address| search.method(pc, address))
                }
                _ => None,
            };
            if let Some(found) = found {
                known.insert(pc as u32, found);
            }
        }
        known
    }

    /// Has the values live as long as a compilation that may name them is in progress.
    pub fn name_for_job(mut self, values: Vec<Value>, graveyard: &Graveyard) {
        graveyard.note_names(&values);
        self.proto.named_by_job = values;
    }

    /// Has the values that installed code names live as long as it, and ends the compilation.
    ///
    /// Whether all assumptions are true; if not, nothing but the end of the compilation has happened.
    pub fn rely_on(
        mut self,
        values: Vec<Value>,
        assumptions: &[Assumption],
        dependants: &Dependants,
    ) -> bool {
        // SAFETY: the tables are alive, since the compilation has named them.
        let hold = assumptions.iter().all(|assumption| unsafe { assumption.holds() });
        self.proto.named_by_job.clear();
        if hold {
            self.proto.named = values;
            dependants.add(self, assumptions);
        }
        hold
    }
}

impl Search<'_> {
    fn cells(&self, pc: usize) -> Option<[u64; 4]> {
        let first = self.proto.proto.code[pc].feedback_cell();
        let cells = self.proto.feedback_cells.get(first..first + 4)?;
        cells.try_into().ok()
    }

    /// Where a table has the field of an access itself, as its cache has found it.
    fn own(&self, table: Gc<Table>, cells: [u64; 4]) -> Option<Location> {
        let key = key_of(table);
        let [own, at, elsewhere, index] = cells;
        if own != NO_KEY && own == key && at & POLYMORPHIC == 0 {
            return Some(at as Location);
        }
        let is_out_of_line = elsewhere == key | (Place::Slots as u64) << KEY_BITS;
        is_out_of_line.then_some(OUT_OF_LINE | index as Location)
    }

    /// A field of a table whose stores are looked at.
    fn read(&self, table: Gc<Table>, location: Location) -> Option<(Named, Assumption)> {
        if !table.is_class() || self.dependants.was_written(table.addr(), location) {
            return None;
        }
        // SAFETY: a cache with the table's key has found the field there.
        let value = unsafe { *at_location(table, location) };
        let named = Named::of(value)?;
        let (table, key) = (table.addr(), key_of(table));
        Some((named, Assumption { table, key, location, value }))
    }

    /// A global variable.
    fn global(&self, pc: usize) -> Option<KnownAccess> {
        let environment = self.proto.environment?;
        let upvalue = self.proto.proto.upvalues.get(self.proto.proto.code[pc].b())?;
        if !upvalue.immutable {
            return None;
        }
        let cells = self.cells(pc)?;
        let base = Named::of(Value::table(environment))?;
        if let Some(location) = self.own(environment, cells) {
            let (found, assumption) = self.read(environment, location)?;
            let assumptions = vec![assumption];
            return Some(KnownAccess { base, key: None, metatable: None, found, assumptions });
        }
        let metatable = environment.metatable?;
        let (found, assumptions) = self.inherited(environment, metatable, cells)?;
        Some(KnownAccess {
            base,
            key: Some(key_of(environment)),
            metatable: Named::of(Value::table(metatable)),
            found,
            assumptions,
        })
    }

    /// What a receiver without the field has by way of its metatable's `__index`.
    fn inherited(
        &self,
        receiver: Gc<Table>,
        metatable: Gc<Table>,
        cells: [u64; 4],
    ) -> Option<(Named, Vec<Assumption>)> {
        if cells[2] != key_of(receiver) | (Place::Class as u64) << KEY_BITS {
            return None;
        }
        self.behind(metatable, cells)
    }

    fn behind(&self, metatable: Gc<Table>, cells: [u64; 4]) -> Option<(Named, Vec<Assumption>)> {
        let hit = ClassHit::unpack(cells[0], cells[1]);
        if key_of(metatable) != hit.metatable_key {
            return None;
        }
        let (class, index) = self.read(metatable, hit.index_at)?;
        let class = class.value.as_table().filter(|class| key_of(*class) == hit.class_key)?;
        let (found, field) = self.read(class, hit.field_at)?;
        Some((found, vec![index, field]))
    }

    /// A field of a table that is known.
    fn field(&self, pc: usize, base: Named) -> Option<KnownAccess> {
        let table = base.value.as_table()?;
        let location = self.own(table, self.cells(pc)?)?;
        let (found, assumption) = self.read(table, location)?;
        let assumptions = vec![assumption];
        Some(KnownAccess { base, key: None, metatable: None, found, assumptions })
    }

    /// The method of receivers of the one key that the call has met, with the metatable at that address.
    fn method(&self, pc: usize, metatable: u64) -> Option<KnownAccess> {
        let cells = self.cells(pc)?;
        if cells[2] >> KEY_BITS != Place::Class as u64 {
            return None;
        }
        let metatable: Gc<Table> = Gc::from_addr(metatable);
        let (found, assumptions) = self.behind(metatable, cells)?;
        Some(KnownAccess {
            base: Named::of(Value::table(metatable))?,
            key: Some(cells[2] & KEY_MASK),
            metatable: None,
            found,
            assumptions,
        })
    }
}
