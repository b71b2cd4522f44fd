//! Types, variables and functions in the generator's view, and the bookkeeping of blocks.

use super::Generator;

/// What a variable holds, by which expressions are chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    Int,
    /// Float, perhaps infinite or NaN.
    Float,
    /// A string of at most 60 bytes.
    Str,
    Bool,
    /// Nil or any simple value.
    Any,
    /// A sequence of integers without holes.
    IntArray,
    /// A sequence of floats without holes.
    FloatArray,
    /// A sequence of strings without holes.
    StrArray,
    /// A table from strings to integers.
    Map,
    /// A table with the fields `i` (integer), `f` (float), `s` (string), `b` (boolean), `a` (array of integers) and
    /// `r` (nil or another record).
    Record,
    /// An object of the class with that index.
    Object(usize),
    /// A function.
    Function(Signature),
}

impl Type {
    /// Whether the final state shows it.
    pub fn is_data(&self) -> bool {
        !matches!(self, Type::Function(_))
    }

    /// Types that any variable, parameter or result may have.
    pub const DATA: &[Type] = &[
        Type::Int,
        Type::Int,
        Type::Int,
        Type::Float,
        Type::Float,
        Type::Str,
        Type::Str,
        Type::Bool,
        Type::Any,
        Type::IntArray,
        Type::FloatArray,
        Type::StrArray,
        Type::Map,
        Type::Record,
    ];
}

/// What a function takes and gives, and what a call costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    pub parameters: Vec<Type>,
    /// Takes any number of further integers.
    pub vararg: bool,
    pub results: Vec<Type>,
    pub cost: u64,
}

#[derive(Clone, Debug)]
pub struct Variable {
    pub name: String,
    pub ty: Type,
    pub assignable: bool,
    pub global: bool,
}

/// A function being written.
#[derive(Clone, Debug)]
pub struct Frame {
    /// How often the statement being written runs in one call of the function.
    pub times: u64,
    /// What one call costs so far, in statements.
    pub cost: u64,
    /// What one call may cost.
    pub budget: u64,
    /// The frame has a `...` of integers.
    pub vararg: bool,
    /// Loops that `break` and `continue` can leave.
    pub loops: u32,
    /// Locals declared and not out of scope.
    pub locals: usize,
}

impl Frame {
    pub fn new(budget: u64, vararg: bool) -> Frame {
        Frame { times: 1, cost: 0, budget, vararg, loops: 0, locals: 0 }
    }
}

impl Generator<'_> {
    pub(super) fn frame(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("the main chunk's frame is never popped")
    }

    /// Notes work of the statement being written; false, and nothing noted, if it is more than the function may do.
    pub(super) fn spend(&mut self, cost: u64) -> bool {
        let frame = self.frame();
        let total = frame.cost.saturating_add(cost.saturating_mul(frame.times));
        let fits = total <= frame.budget;
        if fits {
            frame.cost = total;
        }
        fits
    }

    /// Whether a loop of so many rounds is still affordable here.
    pub(super) fn can_loop(&mut self, rounds: u64) -> bool {
        let depth = self.depth;
        let frame = self.frame();
        depth < 5
            && frame.times * rounds <= 400
            && frame.cost + frame.times * rounds * 4 <= frame.budget
    }

    pub(super) fn declare(&mut self, name: &str, ty: Type, assignable: bool) {
        self.frame().locals += 1;
        self.variables.push(Variable { name: name.to_owned(), ty, assignable, global: false });
    }

    /// The text that `write` produces, with the variables it declares out of scope again.
    pub(super) fn block(&mut self, write: impl FnOnce(&mut Self)) -> String {
        let outer = std::mem::take(&mut self.text);
        let (visible, locals) = (self.variables.len(), self.frame().locals);
        self.depth += 1;
        write(self);
        self.depth -= 1;
        self.frame().locals = locals;
        // Globals made inside go too: the block may never run.
        self.variables.truncate(visible);
        std::mem::replace(&mut self.text, outer)
    }

    /// A block that runs `times` times for each run of the statement it belongs to.
    pub(super) fn repeated(&mut self, times: u64, write: impl FnOnce(&mut Self)) -> String {
        let before = self.frame().times;
        self.frame().times = before.saturating_mul(times);
        self.frame().loops += 1;
        let text = self.block(write);
        self.frame().loops -= 1;
        self.frame().times = before;
        text
    }

    /// The body of a function with these parameters, and what a call of it costs.
    pub(super) fn body(
        &mut self,
        parameters: &[(String, Type)],
        vararg: bool,
        budget: u64,
        write: impl FnOnce(&mut Self),
    ) -> (String, u64) {
        self.frames.push(Frame::new(budget, vararg));
        let text = self.block(|g| {
            for (name, ty) in parameters {
                g.declare(name, ty.clone(), true);
            }
            write(g);
        });
        let frame = self.frames.pop().expect("pushed above");
        (text, frame.cost + 2)
    }

    /// A visible variable of that type, the newer the likelier.
    pub(super) fn variable(&mut self, wanted: impl Fn(&Variable) -> bool) -> Option<Variable> {
        let mut found = None;
        for index in (0..self.variables.len()).rev() {
            if wanted(&self.variables[index]) {
                found = Some(index);
                if self.rng.chance(40) {
                    break;
                }
            }
        }
        found.map(|index| self.variables[index].clone())
    }

    pub(super) fn read(&mut self, ty: &Type) -> Option<String> {
        self.variable(|v| v.ty == *ty).map(|v| v.name)
    }

    pub(super) fn target(&mut self, ty: &Type) -> Option<String> {
        self.variable(|v| v.assignable && v.ty == *ty).map(|v| v.name)
    }

    /// A variable of that type, declared first if there is none.
    pub(super) fn some(&mut self, ty: Type) -> String {
        match self.read(&ty) {
            Some(name) => name,
            None => self.declare_local(ty),
        }
    }
}
