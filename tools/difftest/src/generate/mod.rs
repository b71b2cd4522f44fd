//! Random Lua 5.4 programs: a program is a function of a seed.
//!
//! The generator is type directed (variables have a type, expressions are made for a type), so that most programs run
//! to their end; what is meant to fail fails inside `pcall` and prints its message. It writes Lua text, because idioms
//! read best as Lua, and parses it once at the end into the tree that the printer and the shrinker work on.
//!
//! Invariants:
//! - every program ends: loops are counted, recursion is bounded, and `cost` follows how often a statement can run
//!   ([`Frame::times`]), so that loops in functions called in loops stay small;
//! - a program's output is the same in every right implementation: no order of `pairs`, no `#` of a table with holes,
//!   no address, no sign of a NaN, no unstable or inconsistent sort shows in it;
//! - the generated text parses.

mod class;
mod control;
mod expression;
mod function;
mod idioms;
mod large;
mod literal;
mod numeric;
mod scope;
mod statement;
mod table;
mod template;
mod text;

use crate::lua::{self, ast::Program};
use crate::rng::Rng;
use class::Class;
use scope::{Frame, Type, Variable};

pub use idioms::idiom_names;

/// What programs are made of.
#[derive(Clone, Debug)]
pub struct Options {
    /// Statements at the top level, on average.
    pub statements: usize,
    /// If not empty, only idioms whose names begin with one of these, besides the plain statements.
    pub only: Vec<String>,
    /// Beginnings of the names of idioms to leave out, and [`WRAPPED`].
    pub without: Vec<String>,
}

impl Default for Options {
    fn default() -> Options {
        Options { statements: 8, only: Vec::new(), without: Vec::new() }
    }
}

/// The feature of line ends inside expressions, which is no idiom: [`Options::without`] knows it by this name.
pub const WRAPPED: &str = "wrapped";

/// The program of a seed.
pub fn generate(seed: u64, options: &Options) -> Program {
    let mut generator = Generator::new(seed, options);
    generator.program();
    match lua::parse(&generator.text) {
        Ok(program) => Program { wrap: generator.wrap(), ..program },
        Err(error) => {
            panic!("seed {seed} made a program that does not parse: {error}\n{}", generator.text)
        }
    }
}

/// How much work one function or the main chunk may do, in statements run.
const BUDGET: u64 = 6000;

struct Generator<'o> {
    rng: Rng,
    options: &'o Options,
    /// The text of the block being written.
    text: String,
    /// Visible variables, innermost last.
    variables: Vec<Variable>,
    /// Functions being written, the main chunk first.
    frames: Vec<Frame>,
    classes: Vec<Class>,
    names: usize,
    /// Nesting of blocks and of expressions' functions.
    depth: usize,
    /// No calls of generated functions in expressions: they might change the table that the statement works on.
    pure: bool,
}

impl<'o> Generator<'o> {
    fn new(seed: u64, options: &'o Options) -> Generator<'o> {
        Generator {
            rng: Rng::new(seed),
            options,
            text: String::with_capacity(8192),
            variables: Vec::new(),
            frames: vec![Frame::new(BUDGET, true)],
            classes: Vec::new(),
            names: 0,
            depth: 0,
            pure: false,
        }
    }

    fn program(&mut self) {
        self.opening();
        for _ in 0..self.length() {
            self.statement();
        }
        self.closing();
    }

    /// How many statements the main chunk has: few most of the time, since a short program costs little and shows most of
    /// what a long one does; sometimes many, for what needs many variables, constants and instructions.
    fn length(&mut self) -> usize {
        let average = self.options.statements;
        let (least, most) = match self.rng.below(10) {
            0..6 => (average / 4, average * 3 / 4),
            6..9 => (average / 2, average * 3 / 2),
            _ => (average * 2, average * 6),
        };
        least + self.rng.below(most - least + 1)
    }

    /// Some programs have line ends inside their expressions.
    fn wrap(&mut self) -> u64 {
        let wrapped =
            self.rng.chance(25) && !self.options.without.iter().any(|name| name == WRAPPED);
        if !wrapped {
            return 0;
        }
        self.rng.bits() | 1
    }

    /// Variables of every type, so that the first statements have something to work on.
    fn opening(&mut self) {
        for ty in [
            Type::Int,
            Type::Float,
            Type::Str,
            Type::IntArray,
            Type::StrArray,
            Type::Map,
            Type::Any,
        ] {
            self.declare_local(ty);
        }
        self.declare_global(Type::Int);
        self.declare_global(Type::Str);
    }

    /// Shows what is left in the variables of the main chunk.
    fn closing(&mut self) {
        let names: Vec<String> = self
            .variables
            .iter()
            .filter(|v| !v.global && v.ty.is_data())
            .map(|v| v.name.clone())
            .collect();
        for chunk in names.chunks(4) {
            let list = chunk.join(", ");
            self.line(format!("dump(\"{list}\", {list})"));
        }
    }

    /// Writes one or more lines.
    fn line(&mut self, text: impl AsRef<str>) {
        self.text.push_str(text.as_ref());
        self.text.push('\n');
    }

    /// A name that no other variable of the program has.
    fn fresh(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_program_every_time() {
        let options = Options::default();
        assert_eq!(generate(5, &options), generate(5, &options));
        assert_ne!(generate(5, &options), generate(6, &options));
    }

    #[test]
    fn the_printed_program_parses_to_the_same_tree() {
        for seed in 0..200 {
            let program = generate(seed, &Options::default());
            let again = lua::parse(&program.to_source()).expect("printed programs parse");
            assert_eq!(program.block, again.block, "seed {seed}");
        }
    }
}
