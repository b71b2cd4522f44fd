//! Fields, elements, lengths, globals.

use interlune_core::inline_cache::{
    ClassHit, KEY_BITS, KEY_MASK, NO_KEY, Place, StoreHit, key_bound,
};
use interlune_core::interp::{Template, element};
use interlune_core::plant::{self, Bug};
use interlune_core::table::ArrayKind;
use interlune_core::value::tag;

use super::{Builder, Next};
use crate::ir::{Block, Op, Target, Type, Value};

impl Builder<'_> {
    /// A value as a table, if it may be one.
    pub(super) fn table(&mut self, value: Value) -> Option<Value> {
        let may_be = matches!(self.f.ty(value), Type::Any | Type::Table);
        may_be.then(|| self.guarded(Op::GuardTable, value))
    }

    /// Loads a field as the instruction at hand has found it so far.
    fn load_field(&mut self, object: Value) -> Option<Value> {
        let i = self.body.insn(self.pc);
        let known = self.body.loads(self.pc);
        if known.len() > 1 && !self.body.is_lost(self.pc) {
            return self.load_field_of_several(object, &known);
        }
        let (key, location) = self.body.load_place(self.pc, i.c())?;
        let table = self.table(object)?;
        self.guard(Op::GuardKey, vec![table], key as i64);
        let value = self.emit(Op::LoadField, vec![table], i64::from(location));
        Some(self.answer(value, table))
    }

    /// The field of a table that has one of several keys.
    fn load_field_of_several(&mut self, object: Value, known: &[(u64, u64)]) -> Option<Value> {
        let table = self.table(object)?;
        let ways = self.ways_by_key(table, known);
        let joined = self.f.add_block();
        let value = self.f.add_parameter(joined, Type::Any);
        for (way, at) in ways {
            self.current = way;
            let found = self.emit(Op::LoadField, vec![table], at as i64);
            let target = Target { block: joined, arguments: vec![found] };
            let end = self.f.make(Op::Jump, Vec::new(), 0, None, vec![target]);
            self.f.append(way, end);
        }
        self.current = joined;
        Some(self.answer(value, table))
    }

    /// A block for each key that the table may have; any other key is a bet that is lost.
    fn ways_by_key(&mut self, table: Value, known: &[(u64, u64)]) -> Vec<(Block, u64)> {
        let mut ways = Vec::new();
        for (number, &(key, at)) in known.iter().enumerate() {
            if number + 1 == known.len() {
                self.guard(Op::GuardKey, vec![table], key as i64);
                ways.push((self.current, at));
                break;
            }
            let is_it = self.emit(Op::HasKey, vec![table], key as i64);
            let edges = [self.new_edge(), self.new_edge()];
            self.end(Op::Branch, vec![is_it], 0, &edges);
            ways.push((edges[0], at));
            self.current = edges[1];
        }
        ways
    }

    /// What an access has found, which is its answer if it is no nil. It is taken for what it will be used as.
    fn answer(&mut self, value: Value, table: Value) -> Value {
        let expected = self.body.expected(self.pc, self.body.insn(self.pc).a());
        match expected.filter(|_| !self.body.is_lost_type(self.pc)) {
            Some(Type::Int) => self.guard_value(Op::GuardInt, vec![value], 0),
            Some(Type::Float) => self.guard_value(Op::GuardFloat, vec![value], 0),
            Some(Type::Number) => self.guard_value(Op::GuardNumber, vec![value], 0),
            Some(Type::Vec2) => self.guard_value(Op::GuardVec2, vec![value], 0),
            Some(Type::Vec3) => self.guard_value(Op::GuardVec3, vec![value], 0),
            _ => {
                self.guard(Op::GuardAnswer, vec![value, table], 0);
                value
            }
        }
    }

    pub(super) fn build_get_field(&mut self) -> Next {
        let i = self.body.insn(self.pc);
        let object = self.read(i.b());
        if let Some(component) = self.load_component(object) {
            return self.with_result(component);
        }
        let inherited = |b: &mut Self| b.load_from_class(object).map(|(_, value)| value);
        let known = self.known_field(object);
        let loaded = known.or_else(|| self.load_field(object)).or_else(|| inherited(self));
        let Some(value) = loaded.or_else(|| self.load_anywhere(object)) else {
            return self.run_access(object);
        };
        self.write(i.a(), value);
        Next::Behind
    }

    /// A field that tables do not have, or of tables that are too many or too far from it to be looked for in the code.
    fn load_anywhere(&mut self, object: Value) -> Option<Value> {
        if self.body.is_lost_twice(self.pc) {
            return None;
        }
        let is_lost = self.body.is_lost(self.pc);
        let [own, found] = [0, 2].map(|cell| self.body.feedback(self.pc, cell));
        let table = self.table(object)?;
        if !is_lost && own == NO_KEY && found >> KEY_BITS == Place::Absent as u64 {
            self.guard(Op::GuardKey, vec![table], key_bound(found & KEY_MASK) as i64);
            if !plant::is(Bug::OptWrongAbsence) {
                self.guard(Op::GuardPlain, vec![table], 0);
            }
            return Some(self.emit(Op::Nil, Vec::new(), 0));
        }
        let name = (self.scope.index() as i64) << 32 | self.body.insn(self.pc).c() as i64;
        Some(self.guard_value(Op::FindField, vec![table], name))
    }

    /// An access that there is no operation for. Receivers that are no tables, where there were only tables so far, come
    /// from bets of other functions on what they pass, or never.
    fn run_access(&mut self, object: Value) -> Next {
        let is_new = !matches!(self.f.ty(object), Type::Any | Type::Table)
            && !self.body.loads(self.pc).is_empty();
        if is_new && !self.body.is_lost(self.pc) { self.exit() } else { self.run() }
    }

    pub(super) fn build_get_env(&mut self) -> Next {
        let i = self.body.insn(self.pc);
        let environment = self.upvalue(i.b());
        let inherited = |b: &mut Self| b.load_from_class(environment).map(|(_, value)| value);
        let known = self.known_global(environment);
        let loaded = known.or_else(|| self.load_field(environment)).or_else(|| inherited(self));
        let loaded = loaded.or_else(|| self.load_anywhere(environment));
        let Some(value) = loaded else { return self.run() };
        self.write(i.a(), value);
        Next::Behind
    }

    /// Stores into a field as the instruction at hand has done it so far; false if there is no such way.
    fn store_field(&mut self, object: Value, value: Value) -> bool {
        let known = self.body.stores(self.pc);
        if known.len() > 1 && !self.body.is_lost(self.pc) {
            return self.store_field_of_several(object, value, &known);
        }
        let Some((key, hit)) = self.body.known_store(self.pc) else { return false };
        let Some(table) = self.table(object) else { return false };
        self.guard(Op::GuardKey, vec![table], key as i64);
        self.store_hit(table, hit, value);
        true
    }

    /// Stores into a field of a table that has one of several keys.
    fn store_field_of_several(
        &mut self,
        object: Value,
        value: Value,
        known: &[(u64, u64)],
    ) -> bool {
        let Some(table) = self.table(object) else { return false };
        let ways = self.ways_by_key(table, known);
        let joined = self.f.add_block();
        for (way, hit) in ways {
            self.current = way;
            self.state = None;
            self.store_hit(table, StoreHit::unpack(hit), value);
            let target = Target { block: joined, arguments: Vec::new() };
            let end = self.f.make(Op::Jump, Vec::new(), 0, None, vec![target]);
            self.f.append(self.current, end);
        }
        self.current = joined;
        self.state = None;
        true
    }

    /// Stores into a field of a table whose key is known.
    fn store_hit(&mut self, table: Value, hit: StoreHit, value: Value) {
        if hit.tag != StoreHit::ANY {
            self.guard(Op::GuardTag, vec![value], i64::from(hit.tag));
        }
        if hit.shape == 0 {
            let location = hit.offset as i64;
            let old = self.emit(Op::LoadField, vec![table], location);
            // To replace a nil may be the metatable's business. Numbers and vectors are nothing that the collector has to be told of.
            let guard = match u32::from(hit.tag) {
                tag::INT => Op::GuardInt,
                tag::FLOAT => Op::GuardFloat,
                tag::VEC2 => Op::GuardVec2,
                tag::VEC3 => Op::GuardVec3,
                _ => Op::GuardPresent,
            };
            let old = self.guard_value(guard, vec![old], 0);
            self.emit_effect(Op::StoreField, vec![table, old, value], location);
        } else {
            self.guard(Op::GuardOpen, vec![table], 0);
            self.emit_effect(Op::AddField, vec![table, value], hit.pack() as i64);
        }
        self.state = None;
    }

    pub(super) fn build_set_field(&mut self) -> Next {
        let i = self.body.insn(self.pc);
        let (object, value) = (self.read(i.a()), self.read(i.c()));
        if self.store_field(object, value) { Next::Behind } else { self.run() }
    }

    pub(super) fn build_set_env(&mut self) -> Next {
        let i = self.body.insn(self.pc);
        if self.body.stores(self.pc).is_empty() {
            return self.run();
        }
        let environment = self.upvalue(i.b());
        let value = self.read(i.a());
        if self.store_field(environment, value) { Next::Behind } else { self.run() }
    }

    /// The only kind of array that the access at hand has met, if it has met nothing else.
    fn known_kind(&self) -> Option<ArrayKind> {
        Self::kind_of(self.body.feedback(self.pc, 0))
    }

    /// The only kind of array that a cell tells of.
    pub(super) fn kind_of(found: u64) -> Option<ArrayKind> {
        match found {
            element::INT => Some(ArrayKind::Int),
            element::FLOAT => Some(ArrayKind::Float),
            element::TABLE => Some(ArrayKind::Table),
            element::VALUE => Some(ArrayKind::Value),
            _ => None,
        }
    }

    /// The table of an element access, with an array of the kind that has always been there, and the index from 0 on.
    fn element(&mut self, object: Value, key: Value) -> Option<(Value, Value, ArrayKind)> {
        let kind = self.known_kind()?;
        let (table, index) = self.place(object, key, Some(kind))?;
        Some((table, index, kind))
    }

    /// The same, with an array of any kind if none is given.
    fn place(
        &mut self,
        object: Value,
        key: Value,
        kind: Option<ArrayKind>,
    ) -> Option<(Value, Value)> {
        if !matches!(self.f.ty(key), Type::Int | Type::Any | Type::Number) {
            return None;
        }
        let table = self.table(object)?;
        let key = self.int(key);
        let one = self.int_constant(1);
        let index = self.emit(Op::Sub, vec![key, one], 0);
        if let Some(kind) = kind {
            self.guard(Op::GuardKind, vec![table], kind as i64);
        }
        let length = self.emit(Op::ArrayLen, vec![table], 0);
        self.guard(Op::GuardBounds, vec![index, length], 0);
        Some((table, index))
    }

    fn load_element(&mut self, object: Value, key: Value) -> Option<Value> {
        if self.body.feedback(self.pc, 0) == element::ELSEWHERE | element::INT_KEY {
            return self.lookup(object, key);
        }
        let found = self.body.feedback(self.pc, 0);
        if found == element::ELSEWHERE | element::STRING_KEY {
            return self.lookup_string(object, key);
        }
        if found & element::OTHER_KEY != 0 {
            return self.lookup_any(object, key);
        }
        let kinds = element::INT | element::FLOAT | element::TABLE | element::VALUE;
        let elsewhere = element::ELSEWHERE | element::INT_KEY;
        if found & elsewhere == elsewhere && found & !(kinds | element::EMPTY | elsewhere) == 0 {
            return self.lookup_anywhere(object, key);
        }
        // Where an array of integers is read like one of floats, there will be floats in it.
        let makes_floats = || self.body.makes_floats(self.pc, self.body.insn(self.pc).a());
        let is_any = self.known_kind().is_none() || (found == element::INT && makes_floats());
        if is_any && found != 0 && found & !kinds == 0 {
            let (table, index) = self.place(object, key, None)?;
            return Some(self.load_of_any_kind(table, index));
        }
        let (table, index, kind) = self.element(object, key)?;
        let value = self.load_of_kind(table, index, kind);
        let is_any = self.f.ty(value) == Type::Any;
        Some(if is_any { self.answer(value, table) } else { value })
    }

    /// Loads an element of an array of a kind.
    pub(super) fn load_of_kind(&mut self, table: Value, index: Value, kind: ArrayKind) -> Value {
        let op = match kind {
            ArrayKind::Int => Op::LoadInt,
            ArrayKind::Float => Op::LoadFloat,
            ArrayKind::Table => Op::LoadTable,
            ArrayKind::Value | ArrayKind::Empty => Op::LoadValue,
        };
        let data = self.emit(Op::ArrayData, vec![table], 0);
        self.emit(op, vec![table, index, data], 0)
    }

    /// Loads an element of an array of whatever kind, and takes it for what it will be used as.
    fn load_of_any_kind(&mut self, table: Value, index: Value) -> Value {
        let expected = self.body.expected(self.pc, self.body.insn(self.pc).a());
        if expected == Some(Type::Number) && !self.body.is_lost_type(self.pc) {
            let operands = self.operands_of_any_kind(table, index);
            return self.guard_value(Op::LoadNumber, operands, 0);
        }
        let value = self.load_any_element(table, index);
        self.answer(value, table)
    }

    /// Loads an element of an array of whatever kind, which may be nil.
    pub(super) fn load_any_element(&mut self, table: Value, index: Value) -> Value {
        let operands = self.operands_of_any_kind(table, index);
        self.emit(Op::LoadElement, operands, 0)
    }

    fn operands_of_any_kind(&mut self, table: Value, index: Value) -> Vec<Value> {
        let data = self.emit(Op::ArrayData, vec![table], 0);
        let meta = self.emit(Op::ArrayMeta, vec![table], 0);
        vec![table, index, data, meta]
    }

    /// The value of an integer key that is in no array.
    fn lookup(&mut self, object: Value, key: Value) -> Option<Value> {
        if !matches!(self.f.ty(key), Type::Int | Type::Any | Type::Number) {
            return None;
        }
        let table = self.table(object)?;
        let key = self.int(key);
        self.guard(Op::GuardStrong, vec![table], 0);
        let value = self.guard_value(Op::LookupInt, vec![table, key], 0);
        self.guard(Op::GuardAnswer, vec![value, table], 0);
        Some(value)
    }

    /// The value of an integer key that is in the array at one time, elsewhere or nowhere at another.
    fn lookup_anywhere(&mut self, object: Value, key: Value) -> Option<Value> {
        let may_be_int = matches!(self.f.ty(key), Type::Int | Type::Any | Type::Number);
        if !may_be_int || self.body.is_lost_twice(self.pc) {
            return None;
        }
        let table = self.table(object)?;
        let key = self.int(key);
        self.guard(Op::GuardStrong, vec![table], 0);
        let value = self.emit(Op::LookupElement, vec![table, key], 0);
        Some(self.answer(value, table))
    }

    /// The value of a key of any kind.
    fn lookup_any(&mut self, object: Value, key: Value) -> Option<Value> {
        if self.body.is_lost(self.pc) {
            return None;
        }
        let table = self.table(object)?;
        self.guard(Op::GuardStrong, vec![table], 0);
        let value = self.emit(Op::LookupAny, vec![table, key], 0);
        Some(self.answer(value, table))
    }

    /// The value of a string key that is not always the same.
    fn lookup_string(&mut self, object: Value, key: Value) -> Option<Value> {
        if !matches!(self.f.ty(key), Type::String | Type::Any) {
            return None;
        }
        let table = self.table(object)?;
        let key = self.guarded(Op::GuardString, key);
        let value = self.guard_value(Op::LookupString, vec![table, key], 0);
        Some(self.answer(value, table))
    }

    /// What the receiver has by way of its metatable's `__index`, found as it was so far.
    fn load_from_class(&mut self, object: Value) -> Option<(Value, Value)> {
        let cells: [u64; 3] = std::array::from_fn(|cell| self.body.feedback(self.pc, cell));
        if cells[2] >> KEY_BITS != Place::Class as u64 || self.body.is_lost(self.pc) {
            return None;
        }
        let hit = ClassHit::unpack(cells[0], cells[1]);
        let table = self.table(object)?;
        self.guard(Op::GuardKey, vec![table], key_bound(cells[2] & KEY_MASK) as i64);
        let metatable = self.guard_value(Op::LoadMetatable, vec![table], 0);
        self.guard(Op::GuardKey, vec![metatable], hit.metatable_key as i64);
        let class = self.emit(Op::LoadField, vec![metatable], i64::from(hit.index_at));
        let class = self.guard_value(Op::GuardTable, vec![class], 0);
        self.guard(Op::GuardKey, vec![class], hit.class_key as i64);
        let method = self.emit(Op::LoadField, vec![class], i64::from(hit.field_at));
        let method = self.guard_value(Op::GuardPresent, vec![method], 0);
        Some((table, method))
    }

    pub(super) fn build_get_method(&mut self) -> Next {
        let i = self.body.insn(self.pc);
        let object = self.read(i.b());
        let vector = self.vector_method(object);
        if vector.is_none()
            && let Some(next) = self.dispatch_method(object)
        {
            return next;
        }
        let found = vector.or_else(|| self.find_method(object));
        let found = found.or_else(|| self.known_method(object));
        let found = found.or_else(|| self.load_from_class(object));
        let Some((table, method)) = found else { return self.run() };
        self.write(i.a() + 1, table);
        self.write(i.a(), method);
        Next::Behind
    }

    /// The method of a table that is one of several.
    fn find_method(&mut self, object: Value) -> Option<(Value, Value)> {
        let known = self.body.input.receivers.methods.get(&self.pc)?;
        if !self.body.is_lost(self.pc) && known.iter().all(|it| it.key == known[0].key) {
            return None;
        }
        let mut found: Vec<u64> = known.iter().map(|it| it.function).collect();
        found.sort_unstable();
        found.dedup();
        let table = self.table(object)?;
        let name = (self.scope.index() as i64) << 32 | self.body.insn(self.pc).c() as i64;
        let method = self.guard_value(Op::FindMethod, vec![table], name);
        self.methods.insert(method, found);
        Some((table, method))
    }

    pub(super) fn build_get_index(&mut self) -> Next {
        let i = self.body.insn(self.pc);
        let (object, key) = (self.read(i.b()), self.read(i.c()));
        let Some(value) = self.load_element(object, key) else { return self.run() };
        self.write(i.a(), value);
        Next::Behind
    }

    pub(super) fn build_get_int(&mut self) -> Next {
        let i = self.body.insn(self.pc);
        let (object, key) = (self.read(i.b()), self.int_constant(i.c() as i64));
        let Some(value) = self.load_element(object, key) else { return self.run() };
        self.write(i.a(), value);
        Next::Behind
    }

    /// Whether there was a way to store an element.
    fn store_element(&mut self, object: Value, key: Value, value: Value) -> bool {
        let Some((table, index, kind)) = self.element(object, key) else { return false };
        let data = self.emit(Op::ArrayData, vec![table], 0);
        let value = match kind {
            ArrayKind::Int => self.guarded(Op::GuardInt, value),
            ArrayKind::Float => self.guarded(Op::GuardFloat, value),
            ArrayKind::Table => self.guarded(Op::GuardTable, value),
            ArrayKind::Value | ArrayKind::Empty => {
                let old = self.emit(Op::LoadValue, vec![table, index, data], 0);
                self.guard_value(Op::GuardPresent, vec![old], 0);
                self.guard_value(Op::GuardPresent, vec![value], 0)
            }
        };
        self.emit_effect(Op::StoreElement, vec![table, index, value, data], kind as i64);
        self.state = None;
        true
    }

    pub(super) fn build_set_index(&mut self) -> Next {
        let i = self.body.insn(self.pc);
        let (object, key, value) = (self.read(i.a()), self.read(i.b()), self.read(i.c()));
        let is_stored =
            self.store_element(object, key, value) || self.store_anywhere(object, key, value);
        if is_stored { Next::Behind } else { self.run() }
    }

    /// Stores at an integer key of a plain table, in whatever part that is: right behind the last element, mostly.
    fn store_anywhere(&mut self, object: Value, key: Value, value: Value) -> bool {
        let found = self.body.feedback(self.pc, 0);
        let may_be_int = matches!(self.f.ty(key), Type::Int | Type::Any | Type::Number);
        let is_int =
            self.f.ty(key) == Type::Int || found & (element::OTHER_KEY | element::STRING_KEY) == 0;
        if self.body.is_lost(self.pc) || found == 0 || !may_be_int || !is_int {
            return false;
        }
        let Some(table) = self.table(object) else { return false };
        let key = self.int(key);
        self.guard(Op::GuardPlain, vec![table], 0);
        self.guard(Op::SetInt, vec![table, key, value], 0);
        self.state = None;
        true
    }

    /// A table constructor whose site has settled.
    pub(super) fn build_new_table(&mut self) -> Next {
        let site = self.body.feedback(self.pc, 0);
        if Template::of_site(site).is_none() {
            return self.run();
        }
        let table = self.emit(Op::NewTable, vec![], Template::settled(site) as i64);
        self.write(self.body.insn(self.pc).a(), table);
        Next::Behind
    }

    pub(super) fn build_set_int(&mut self) -> Next {
        let i = self.body.insn(self.pc);
        let key = self.int_constant(i.b() as i64);
        let (object, value) = (self.read(i.a()), self.read(i.c()));
        if self.store_element(object, key, value) { Next::Behind } else { self.run() }
    }

    /// Of a table without a metatable, or of a string.
    pub(super) fn build_len(&mut self) -> Next {
        let i = self.body.insn(self.pc);
        let value = self.read(i.b());
        let found = self.body.feedback(self.pc, 0);
        let (is_lost, was_never_plain) = (self.body.is_lost(self.pc), found & element::TABLE == 0);
        let is_table = match self.f.ty(value) {
            Type::Table => true,
            Type::Any => found != 0 && found & element::STRING == 0,
            _ => false,
        };
        let is_string = match self.f.ty(value) {
            Type::String => true,
            Type::Any => found == element::STRING && !is_lost,
            _ => false,
        };
        let result = if is_table && !self.body.is_lost_twice(self.pc) {
            let table = self.guarded(Op::GuardTable, value);
            if is_lost || (was_never_plain && found != 0) {
                self.guard_value(Op::FindLength, vec![table], 0)
            } else {
                self.guard(Op::GuardPlain, vec![table], 0);
                self.emit(Op::ArrayLen, vec![table], 0)
            }
        } else if is_string {
            let string = self.guarded(Op::GuardString, value);
            self.emit(Op::StringLen, vec![string], 0)
        } else {
            return self.run();
        };
        self.write(i.a(), result);
        Next::Behind
    }
}
