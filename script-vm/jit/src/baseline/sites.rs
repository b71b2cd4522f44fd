//! The inline caches of a function's code.

use std::cell::UnsafeCell;
use std::ops::Range;

use interlune_core::bytecode::{Opcode, Proto};
use interlune_core::inline_cache::NO_KEY;
use interlune_core::site_cache::{FieldSite, MethodSite, OWN};
use interlune_core::tier::{MethodReceiver, Receivers};

/// The caches of all accesses of a function. Compiled code and the runtime, both on the VM's thread, change them; here
/// they are only made, addressed and freed.
#[derive(Debug, Default)]
pub struct Sites {
    fields: Box<[UnsafeCell<FieldSite>]>,
    methods: Box<[UnsafeCell<MethodSite>]>,
    /// For each instruction the index of its cache among those of its kind.
    index: Box<[u32]>,
}

impl Sites {
    /// Caches of up to `capacity` receivers each.
    pub fn of(proto: &Proto, capacity: usize) -> Sites {
        let (mut fields, mut methods) = (0, 0);
        let index = proto
            .code
            .iter()
            .map(|insn| {
                let count = match insn.opcode() {
                    Some(Opcode::GetField | Opcode::SetField | Opcode::GetEnv | Opcode::SetEnv) => {
                        &mut fields
                    }
                    Some(Opcode::GetMethod) => &mut methods,
                    _ => return 0,
                };
                *count += 1;
                *count - 1
            })
            .collect();
        Sites {
            fields: (0..fields).map(|_| UnsafeCell::new(FieldSite::new(capacity))).collect(),
            methods: (0..methods).map(|_| UnsafeCell::new(MethodSite::new(capacity))).collect(),
            index,
        }
    }

    /// Address of the cache of the field access at `pc`.
    pub fn field_at(&self, pc: usize) -> usize {
        self.fields[self.index[pc] as usize].get().addr()
    }

    /// Address of the cache of the method lookup at `pc`.
    pub fn method_at(&self, pc: usize) -> usize {
        self.methods[self.index[pc] as usize].get().addr()
    }

    /// What the caches have met. To be called on the VM's thread.
    #[allow(unsafe_code, reason = "cells that code writes")]
    pub fn receivers(&self, proto: &Proto, class_epoch: u64) -> Receivers {
        let mut receivers = Receivers::default();
        for (pc, insn) in proto.code.iter().enumerate() {
            let index = self.index[pc] as usize;
            match insn.opcode() {
                Some(Opcode::GetField | Opcode::SetField | Opcode::GetEnv | Opcode::SetEnv) => {
                    // SAFETY: compiled code, which changes it, runs on this thread.
                    let site = unsafe { &*self.fields[index].get() };
                    let used = site.entries.iter().filter(|entry| entry.key != NO_KEY);
                    let entries: Vec<_> = used.map(|entry| (entry.key, entry.at)).collect();
                    if !entries.is_empty() {
                        receivers.fields.insert(pc, entries);
                    }
                    if site.is_megamorphic() {
                        receivers.megamorphic.insert(pc);
                    }
                }
                Some(Opcode::GetMethod) => {
                    // SAFETY: as above.
                    let site = unsafe { &*self.methods[index].get() };
                    let is_current = site.epoch == class_epoch;
                    let entries = site.entries.iter();
                    let found = entries.filter_map(|entry| MethodReceiver::of(entry, is_current));
                    let found: Vec<_> = found.collect();
                    if let ([_], true) = (&found[..], is_current) {
                        let used = site.entries.iter().filter(|entry| entry.metatable > OWN);
                        receivers.metatables.extend(used.map(|entry| (pc, entry.metatable)));
                    }
                    if site.is_megamorphic() {
                        receivers.megamorphic.insert(pc);
                    }
                    if !found.is_empty() {
                        receivers.methods.insert(pc, found);
                    }
                }
                _ => {}
            }
        }
        receivers
    }

    /// Where the caches of fields and those of methods lie.
    pub fn places(&self) -> [Range<usize>; 2] {
        let place = |at: usize, bytes: usize| at..at + bytes;
        [
            place(self.fields.as_ptr().addr(), size_of_val(&*self.fields)),
            place(self.methods.as_ptr().addr(), size_of_val(&*self.methods)),
        ]
    }

    /// Bytes that the caches take.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.fields) + size_of_val(&*self.methods)
    }
}
