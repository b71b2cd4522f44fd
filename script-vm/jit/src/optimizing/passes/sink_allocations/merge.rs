//! Where ways meet: what is known of tables behind, and the parameters that takes.

use super::heap::{Contents, Heap, Object, contents, slot_at};
use super::{Refused, Sinking};
use crate::ir::{Block, Op, Type, Value};

/// A part of a table: its metatable, or the field in a slot. The made table itself, if it was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    Metatable,
    Field(usize),
    Itself,
}

fn part(contents: &Contents, part: Part) -> Option<Value> {
    match part {
        Part::Metatable => contents.metatable,
        Part::Field(slot) => contents.fields.get(slot).copied(),
        Part::Itself => None,
    }
}

fn parts(contents: &Contents) -> Vec<Part> {
    let metatable = contents.metatable.map(|_| Part::Metatable);
    metatable.into_iter().chain((0..contents.fields.len()).map(Part::Field)).collect()
}

/// A loop that is not closed yet.
pub(super) struct OpenLoop {
    /// At its beginning.
    heap: Heap,
    /// Parameters that were added to the header, in their order, and what they stand for.
    added: Vec<(Value, Part)>,
    /// Parameters that are tables: number, the candidate, the name in the loop.
    carried: Vec<(usize, Value, Value)>,
}

impl Sinking<'_> {
    /// Finds out what is known at the beginning of a block; false if nothing goes there.
    pub(super) fn enter(&mut self, block: Block) -> Result<bool, Refused> {
        let own = self.place[block.index()];
        let mut from: Vec<Block> = self.predecessors[block.index()].clone();
        from.retain(|it| self.place[it.index()] < own && self.at_end[it.index()].is_some());
        from.retain(|&it| self.f.successors(it).any(|to| to == block));
        from.dedup();
        let heaps: Vec<Heap> =
            from.iter().filter_map(|it| self.at_end[it.index()].clone()).collect();
        let Some((first, others)) = heaps.split_first() else {
            self.heap = Heap::default();
            return Ok(own == 0);
        };
        let is_header = !self.jumps_back(block).is_empty();
        let mut merging = Merging {
            block,
            is_header,
            may_pass: self.may_pass(block),
            from: &from,
            heaps: &heaps,
            added: Vec::new(),
        };
        let mut heap = Heap::new();
        for name in first.keys().filter(|name| others.iter().all(|it| it.contains_key(name))) {
            let merged = self.merge(&mut merging, *name)?;
            heap.insert(*name, merged);
        }
        let carried = self.carry(&mut merging, &mut heap)?;
        if is_header {
            let added = merging.added;
            self.open.insert(block, OpenLoop { heap: heap.clone(), added, carried });
        }
        self.heap = heap;
        Ok(true)
    }

    /// Whether all ways to a block can pass something.
    fn may_pass(&self, block: Block) -> bool {
        let mut ends = self.predecessors[block.index()].iter().map(|&from| self.f.end(from));
        ends.all(|end| end.is_some_and(|end| self.f.inst(end).op == Op::Jump))
    }

    /// What is known of a table behind several ways on which it is known.
    fn merge(&mut self, merging: &mut Merging<'_>, name: Value) -> Result<Object, Refused> {
        let objects: Vec<&Object> = merging.heaps.iter().map(|heap| &heap[&name]).collect();
        let mut alike = Vec::new();
        for object in &objects {
            match object {
                Object::Virtual(contents) => alike.push(contents),
                Object::Made(_) | Object::Lost => {}
            }
        }
        if alike.len() == objects.len() {
            return self.merge_contents(merging, name, &vec![name; objects.len()]);
        }
        let made = objects.iter().map(|object| match object {
            Object::Made(value) => Some(*value),
            Object::Virtual(_) | Object::Lost => None,
        });
        let Some(made) = made.collect::<Option<Vec<Value>>>() else { return Ok(Object::Lost) };
        if made.iter().all(|&value| value == made[0]) {
            return Ok(Object::Made(made[0]));
        }
        if !merging.may_pass || merging.is_header {
            return Ok(Object::Lost);
        }
        let parameter = self.add(merging, Type::Table, &made);
        merging.added.push((name, Part::Itself));
        Ok(Object::Made(parameter))
    }

    /// What is in a table that has one name on each way, and is `name` from now on.
    fn merge_contents(
        &mut self,
        merging: &mut Merging<'_>,
        name: Value,
        names: &[Value],
    ) -> Result<Object, Refused> {
        let known = merging.heaps.iter().zip(names).map(|(heap, &name)| contents(heap, name));
        let Some(known) = known.collect::<Option<Vec<_>>>() else { return Ok(Object::Lost) };
        if known.iter().any(|other| !other.is_like(known[0])) {
            return Ok(Object::Lost);
        }
        let stored = self.stored[merging.block.index()].clone();
        // A table that is another one in each round has other values, as far as anyone knows.
        let is_carried = merging.is_header && names[0] != name;
        let mut merged = known[0].clone();
        for place in parts(known[0]) {
            let values: Vec<Value> = known.iter().filter_map(|it| part(it, place)).collect();
            let is_stored = match place {
                Part::Field(slot) => stored.iter().any(|&at| slot_at(at) == Some(slot)),
                Part::Metatable | Part::Itself => false,
            };
            let must_pass = is_carried || (merging.is_header && is_stored);
            if !must_pass && values.iter().all(|&value| value == values[0]) {
                continue;
            }
            if !merging.may_pass {
                return Ok(Object::Lost);
            }
            let values = self.passed(merging, &values)?;
            let ty = match place {
                Part::Metatable => Type::Table,
                _ if merging.is_header => Type::Any,
                _ => values.iter().map(|&it| self.f.ty(it)).reduce(Type::join).unwrap_or(Type::Any),
            };
            let parameter = self.add(merging, ty, &values);
            merging.added.push((name, place));
            match place {
                Part::Field(slot) => merged.fields[slot] = parameter,
                _ => merged.metatable = Some(parameter),
            }
        }
        Ok(Object::Virtual(merged))
    }

    /// Values as each way has them: what is passed is made.
    fn passed(&self, merging: &Merging<'_>, values: &[Value]) -> Result<Vec<Value>, Refused> {
        let ways = merging.heaps.iter().zip(values);
        ways.map(|(heap, &value)| self.made_in(heap, value)).collect()
    }

    fn made_in(&self, heap: &Heap, value: Value) -> Result<Value, Refused> {
        let value = self.value_in(heap, value)?;
        if contents(heap, value).is_some() { Err(self.refuse(value)) } else { Ok(value) }
    }

    /// Adds a parameter that is passed these values.
    fn add(&mut self, merging: &Merging<'_>, ty: Type, values: &[Value]) -> Value {
        for (&from, &value) in merging.from.iter().zip(values) {
            self.add_argument(from, value);
        }
        self.f.add_parameter(merging.block, ty)
    }

    fn add_argument(&mut self, from: Block, value: Value) {
        let Some(end) = self.f.end(from) else { return };
        for target in &mut self.f.inst_mut(end).targets {
            target.arguments.push(value);
        }
    }

    /// Parameters of a block that are tables: each begins a table with a name of its own, and those that are passed are
    /// known by that name only.
    fn carry(
        &mut self,
        merging: &mut Merging<'_>,
        heap: &mut Heap,
    ) -> Result<Vec<(usize, Value, Value)>, Refused> {
        let parameters = self.f.parameters(merging.block).to_vec();
        let mut carried = Vec::new();
        for (number, parameter) in parameters.into_iter().enumerate() {
            if !self.candidates.contains(&parameter) {
                continue;
            }
            let mut names = Vec::new();
            for (&from, before) in merging.from.iter().zip(merging.heaps) {
                names.push(self.handed_over(from, before, number, parameter)?);
            }
            let site = contents(&merging.heaps[0], names[0]).map_or(0, |contents| contents.site);
            let inst = self.f.make(Op::VirtualTable, Vec::new(), site, None, Vec::new());
            let Some(name) = self.f.inst(inst).result else { unreachable!("it has a result") };
            self.kept.push(inst);
            self.candidate_of.insert(name, parameter);
            let Object::Virtual(merged) = self.merge_contents(merging, name, &names)? else {
                return Err(Refused(parameter));
            };
            for passed in names {
                if let Some(object) = heap.get_mut(&passed) {
                    *object = Object::Lost;
                }
            }
            heap.insert(name, Object::Virtual(merged));
            self.f.replace_value(parameter, name);
            carried.push((number, parameter, name));
        }
        Ok(carried)
    }

    /// The table that a block passes for a parameter: it is passed once, and nobody else has it.
    fn handed_over(
        &self,
        from: Block,
        heap: &Heap,
        number: usize,
        parameter: Value,
    ) -> Result<Value, Refused> {
        let end = self.f.end(from).filter(|&end| self.f.inst(end).op == Op::Jump);
        let Some(end) = end else { return Err(Refused(parameter)) };
        let arguments = &self.f.inst(end).targets[0].arguments;
        let passed = self.f.resolve(arguments[number]);
        let others = heap.values().filter_map(|object| match object {
            Object::Virtual(contents) => Some(contents.values()),
            Object::Made(_) | Object::Lost => None,
        });
        let is_held = others.flatten().any(|value| self.f.resolve(value) == passed);
        let times = arguments.iter().filter(|&&it| self.f.resolve(it) == passed).count();
        match contents(heap, passed) {
            Some(_) if !is_held && times == 1 => Ok(passed),
            _ => Err(Refused(parameter)),
        }
    }

    /// A block jumps back to the header of a loop with this: it must be as it was supposed to be.
    pub(super) fn close(&mut self, header: Block, from: Block, heap: &Heap) -> Result<(), Refused> {
        let Some(open) = self.open.remove(&header) else { return Ok(()) };
        let mut sources: Vec<(Value, Value)> = Vec::new();
        for &(number, parameter, name) in &open.carried {
            let passed = self.handed_over(from, heap, number, parameter)?;
            if passed != name && open.heap.contains_key(&passed) {
                return Err(Refused(parameter));
            }
            sources.push((name, passed));
        }
        for (&name, object) in &open.heap {
            let source = sources.iter().find(|(it, _)| *it == name).map_or(name, |it| it.1);
            let is_as_supposed = match (object, heap.get(&source)) {
                (Object::Lost, _) => true,
                (Object::Made(value), Some(Object::Made(now))) => value == now,
                (Object::Virtual(before), Some(Object::Virtual(now))) => {
                    let is_passed = |place| open.added.contains(&(name, place));
                    before.is_like(now)
                        && parts(before).into_iter().all(|place| {
                            is_passed(place) || part(before, place) == part(now, place)
                        })
                }
                _ => false,
            };
            if !is_as_supposed {
                return Err(self.refuse(name));
            }
        }
        for &(name, place) in &open.added {
            let source = sources.iter().find(|(it, _)| *it == name).map_or(name, |it| it.1);
            let value = contents(heap, source).and_then(|contents| part(contents, place));
            let Some(value) = value else { return Err(self.refuse(name)) };
            let value = self.made_in(heap, value)?;
            self.add_argument(from, value);
        }
        self.open.insert(header, open);
        Ok(())
    }
}

/// A block in which ways meet.
struct Merging<'m> {
    block: Block,
    is_header: bool,
    /// All ways can pass something.
    may_pass: bool,
    from: &'m [Block],
    /// At the end of each.
    heaps: &'m [Heap],
    added: Vec<(Value, Part)>,
}
