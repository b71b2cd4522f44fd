//! Plain statements: declarations, assignments, prints, and the draw of what comes next.

use super::idioms::{Idiom, PLAIN, Writer, idioms};
use super::scope::Type;
use super::{Generator, Options};

/// Locals of one function; PUC Lua allows 200, and idioms need some.
const MAX_LOCALS: usize = 70;

impl Generator<'_> {
    /// One statement, plain or an idiom.
    pub(super) fn statement(&mut self) {
        if !self.spend(1) {
            return;
        }
        let idiom_share = match self.depth {
            0 => 45,
            1 | 2 => 15,
            _ => 0,
        };
        if self.rng.chance(idiom_share) && self.idiom() {
            return;
        }
        let plain = &PLAIN[self.rng.weighted(PLAIN.iter().map(|row| row.weight))];
        (plain.write)(self);
    }

    /// Draws an idiom; false if it cannot stand here.
    fn idiom(&mut self) -> bool {
        let all = idioms();
        // If only some are wanted, the others are not drawn in vain.
        let is_wanted = |row: &Idiom| self.options.only.is_empty() || self.allows(row);
        let weights: Vec<_> =
            all.iter().map(|row| if is_wanted(row) { row.weight } else { 0 }).collect();
        if weights.iter().all(|&weight| weight == 0) {
            return false;
        }
        let idiom = &all[self.rng.weighted(weights.into_iter())];
        if !self.allows(idiom) || !self.spend(idiom.cost) {
            return false;
        }
        let declared = self.variables.len();
        // Idioms hold functions of their own, in which the `...` around them is out of reach.
        let vararg = std::mem::replace(&mut self.frame().vararg, false);
        let outer = std::mem::take(&mut self.text);
        match &idiom.writer {
            Writer::Code(write) => write(self),
            Writer::Template(template) => self.fill(template),
        }
        let text = std::mem::replace(&mut self.text, outer);
        self.frame().vararg = vararg;
        // An idiom's own locals would soon exhaust the 200 of a function; only one that declares for later stays open.
        if self.variables.len() > declared {
            self.line(text);
        } else {
            self.line(format!(
                "do
{text}end"
            ));
        }
        true
    }

    fn allows(&self, idiom: &Idiom) -> bool {
        let Options { only, without, .. } = self.options;
        let named =
            |names: &[String]| names.iter().any(|name| idiom.name.starts_with(name.as_str()));
        (only.is_empty() || named(only)) && !named(without) && (self.depth == 0 || !idiom.top_level)
    }

    /// So many statements.
    pub(super) fn statements(&mut self, most: usize) {
        for _ in 0..1 + self.rng.below(most.max(1)) {
            self.statement();
        }
    }

    pub(super) fn data_type(&mut self) -> Type {
        if !self.classes.is_empty() && self.rng.chance(8) {
            return Type::Object(self.rng.below(self.classes.len()));
        }
        self.rng.pick(Type::DATA).clone()
    }

    pub(super) fn scalar_type(&mut self) -> Type {
        self.rng.pick(&[Type::Int, Type::Int, Type::Float, Type::Str, Type::Bool]).clone()
    }

    pub(super) fn declare_local(&mut self, ty: Type) -> String {
        let value = self.value(&ty, 2);
        let name = self.fresh("v");
        let constant = self.rng.chance(12);
        let attribute = if constant { " <const>" } else { "" };
        self.line(format!("local {name}{attribute} = {value}"));
        self.declare(&name, ty, !constant);
        name
    }

    pub(super) fn declare_global(&mut self, ty: Type) {
        let value = self.value(&ty, 2);
        let name = self.fresh("G");
        self.line(format!("{name} = {value}"));
        let variable = super::Variable { name, ty, assignable: true, global: true };
        self.variables.push(variable);
    }

    pub(super) fn local(&mut self) {
        if self.frame().locals > MAX_LOCALS {
            return self.assignment();
        }
        let ty = self.data_type();
        if self.depth == 0 && self.rng.chance(20) {
            return self.declare_global(ty);
        }
        self.declare_local(ty);
    }

    pub(super) fn several_locals(&mut self) {
        if self.frame().locals > MAX_LOCALS {
            return self.assignment();
        }
        let types = [self.scalar_type(), self.scalar_type(), Type::Any];
        let values: Vec<String> = types[..2].iter().map(|ty| self.value(ty, 2)).collect();
        let names: Vec<String> = types.iter().map(|_| self.fresh("v")).collect();
        let extra = if self.rng.chance(30) { format!(", {}", self.any(1)) } else { String::new() };
        self.line(format!("local {} = {}{extra}", names.join(", "), values.join(", ")));
        for (name, ty) in names.iter().zip(types) {
            self.declare(name, ty, true);
        }
    }

    pub(super) fn assignment(&mut self) {
        let ty = self.scalar_type();
        let Some(name) = self.target(&ty) else {
            return self.field_assignment();
        };
        let value = self.value(&ty, 3);
        self.line(format!("{name} = {value}"));
    }

    /// The forms that compilers fold an operand into.
    pub(super) fn update(&mut self) {
        let Some(name) = self.target(&Type::Int) else {
            return self.assignment();
        };
        let k = self.rng.between(1, 9);
        let op = *self.rng.pick(&["+", "-", "*", "&", "|", "~", "//", "%", "<<", ">>"]);
        self.line(format!("{name} = {name} {op} {k}"));
    }

    pub(super) fn append(&mut self) {
        let Some(name) = self.target(&Type::Str) else {
            return self.assignment();
        };
        let value = self.string(1);
        self.line(format!("{name} = cap({name} .. {value})"));
    }

    /// `a, b = b, a` and its relatives, where the order of evaluation shows.
    pub(super) fn several_assignments(&mut self) {
        let ty = self.scalar_type();
        let (Some(a), Some(b)) = (self.target(&ty), self.target(&ty)) else {
            return self.update();
        };
        match self.rng.below(4) {
            0 => self.line(format!("{a}, {b} = {b}, {a}")),
            1 => {
                let (v, w) = (self.value(&ty, 2), self.value(&ty, 2));
                // Which of two assignments to one variable comes last is not defined.
                if a != b {
                    self.line(format!("{a}, {b} = {v}, {w}"));
                }
            }
            2 => {
                let (t, k) = (self.some(Type::IntArray), self.small_int());
                self.line(format!(
                    "if #{t} > 1 then {t}[1], {t}[#{t}] = {t}[#{t}], {t}[1] + ({k} & 7) end"
                ));
            }
            _ => {
                let (v, w) = (self.value(&ty, 2), self.any(1));
                let any = self.target(&Type::Any);
                if let Some(any) = any {
                    let extra = self.small_int();
                    self.line(format!("{a}, {any} = {v}, {w}, {extra}"));
                }
            }
        }
    }

    pub(super) fn print(&mut self) {
        let mut words = vec![format!("\"p{}\"", self.names)];
        for _ in 0..1 + self.rng.below(3) {
            let ty =
                self.rng.pick(&[Type::Int, Type::Float, Type::Str, Type::Bool, Type::Any]).clone();
            let word = match self.rng.below(3) {
                0 => self.expr(&ty, 2),
                _ => self.some(ty),
            };
            words.push(word);
        }
        self.line(format!("print({})", words.join(", ")));
    }

    pub(super) fn dump(&mut self) {
        let ty = self
            .rng
            .pick(&[Type::IntArray, Type::StrArray, Type::FloatArray, Type::Map, Type::Record])
            .clone();
        let name = self.some(ty);
        self.line(format!("dump(\"{name}\", {name})"));
    }

    pub(super) fn do_block(&mut self) {
        let body = self.block(|g| {
            g.declare_local(Type::Int);
            g.statements(3);
        });
        self.line(format!("do\n{body}end"));
    }
}
