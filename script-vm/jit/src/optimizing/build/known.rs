//! Accesses that are bound to find one object, as long as nobody writes where it is: environments, library tables, classes.

use interlune_core::constants::{KnownAccess, Named};
use interlune_core::inline_cache::key_bound;
use interlune_core::value::tag;

use super::Builder;
use crate::ir::{Op, Type, Value};

impl Builder<'_> {
    /// What the access at hand is bound to find.
    fn known_access(&self) -> Option<KnownAccess> {
        let known = self.body.input.known.get(&(self.pc as u32));
        known.filter(|_| !self.body.is_lost(self.pc)).cloned()
    }

    /// An object that the code names.
    pub(super) fn object(&mut self, named: Named) -> Value {
        let number = self.f.name(named);
        let value = self.emit(Op::Object, vec![], number as i64);
        let ty = match named.value.tag() {
            tag::TABLE => Type::Table,
            tag::CLOSURE => Type::Closure,
            _ => Type::Any,
        };
        self.f.set_type(value, ty);
        value
    }

    /// The object that a value is, if it is known.
    pub(super) fn named(&self, value: Value) -> Option<Named> {
        let (op, number) = self.definition(value)?;
        (op == Op::Object).then(|| self.f.named()[number as usize])
    }

    fn guard_is(&mut self, value: Value, object: Named) {
        let number = self.f.name(object);
        self.guard(Op::GuardIs, vec![value], number as i64);
    }

    /// A global variable, as the environment at hand has it.
    pub(super) fn known_global(&mut self, environment: Value) -> Option<Value> {
        let known = self.known_access()?;
        self.guard_is(environment, known.base);
        if let (Some(key), Some(metatable)) = (known.key, known.metatable) {
            let table = self.object(known.base);
            self.guard(Op::GuardKey, vec![table], key as i64);
            let found = self.guard_value(Op::LoadMetatable, vec![table], 0);
            self.guard_is(found, metatable);
        }
        self.f.assume(&known.assumptions);
        Some(self.object(known.found))
    }

    /// The field of a table that is known.
    pub(super) fn known_field(&mut self, object: Value) -> Option<Value> {
        let known = self.known_access()?;
        let base = self.named(object)?;
        if !base.value.same_bits(known.base.value) {
            return None;
        }
        self.f.assume(&known.assumptions);
        Some(self.object(known.found))
    }

    /// The receiver of a method, as a table, and the method.
    pub(super) fn known_method(&mut self, object: Value) -> Option<(Value, Value)> {
        let known = self.known_access()?;
        let key = known.key?;
        if !matches!(self.f.ty(object), Type::Any | Type::Table) {
            return None;
        }
        let table = self.guarded(Op::GuardTable, object);
        self.guard(Op::GuardKey, vec![table], key_bound(key) as i64);
        let metatable = self.guard_value(Op::LoadMetatable, vec![table], 0);
        self.guard_is(metatable, known.base);
        self.f.assume(&known.assumptions);
        Some((table, self.object(known.found)))
    }

    /// The number of the function that the call at hand has called so far, or is bound to call.
    pub(super) fn callee_number(&self, callee: Value) -> u64 {
        match self.named(callee) {
            Some(named) if named.value.tag() == tag::CLOSURE => named.function,
            _ => self.body.feedback(self.pc, 0),
        }
    }

    /// A guard that a value is the native function at an address.
    pub(super) fn guard_native(&mut self, callee: Value, address: u64) {
        if self.named(callee).is_none_or(|named| named.function != address) {
            self.guard(Op::GuardNative, vec![callee], address as i64);
        }
    }
}
