//! Scopes: what each name means at the place where the parser stands.
//!
//! One stack holds the active variables of all open functions. `bindings` knows for each symbol the innermost active variable of
//! that name, and each variable the one it shadows, so that looking up a name is one load whatever is in scope. An upvalue
//! is found by its name in the list of its function: while a function is open nothing outside can change what a name means.
//!
//! Limits are counted as PUC Lua counts them, hidden loop variables and compile-time constants included, for the
//! same programs to be refused.

mod function;
mod jumps;

use crate::ast::{
    Attribute, Env, ExprKind, Local, LocalId, Symbol, Upvalue, UpvalueId, UpvalueSource,
};
use crate::intern::ENV;

pub(crate) use function::{FunctionState, LocalLimit};
pub(crate) use jumps::JumpError;

/// How many variables a function may have active at once.
pub(crate) const MAX_LOCALS: u32 = 200;
/// How many upvalues a function may have.
pub(crate) const MAX_UPVALUES: usize = 255;
/// How many variables a function may declare in all.
pub(crate) const MAX_DECLARED: u32 = 32767;

/// What an active variable is.
#[derive(Clone, Copy)]
enum Binding<'a> {
    Local(LocalId),
    /// A `<const>` whose uses are this literal.
    Constant(ExprKind<'a>),
}

/// A variable in scope.
struct Active<'a> {
    name: Symbol,
    binding: Binding<'a>,
    /// The index of its function among the open ones.
    function: u32,
    /// The value of `bindings[name]` outside its scope.
    shadowed: u32,
}

/// What a name means.
#[derive(Clone, Copy)]
pub(crate) enum Resolved<'a> {
    Local(LocalId),
    Upvalue(UpvalueId),
    Constant(ExprKind<'a>),
    Global,
}

/// What `_ENV` means.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ResolvedEnv<'a> {
    Variable(Env),
    /// A compile-time constant, which is no variable and has no name in messages.
    Constant(ExprKind<'a>),
}

/// A function would have more upvalues than it may: the line where it starts, 0 for the main function.
pub(crate) struct TooManyUpvalues {
    pub(crate) function_line: u32,
}

/// All scopes that are open, innermost last.
pub(crate) struct Scopes<'a> {
    functions: Vec<FunctionState>,
    /// Closed function states, kept for their buffers.
    spare: Vec<FunctionState>,
    actives: Vec<Active<'a>>,
    /// By symbol: one plus the index of the innermost active variable of that name, or 0.
    bindings: Vec<u32>,
    blocks: Vec<jumps::Block>,
    labels: Vec<jumps::VisibleLabel>,
    gotos: Vec<jumps::PendingGoto>,
    /// The main function's `_ENV` is assigned somewhere.
    pub(crate) main_env_reassigned: bool,
}

impl<'a> Scopes<'a> {
    /// No scopes at all; the caller opens the main function.
    pub(crate) fn new() -> Self {
        Scopes {
            functions: Vec::new(),
            spare: Vec::new(),
            actives: Vec::new(),
            bindings: Vec::new(),
            blocks: Vec::new(),
            labels: Vec::new(),
            gotos: Vec::new(),
            main_env_reassigned: false,
        }
    }

    /// The innermost open function. The main function stays open until the end of the parse.
    pub(crate) fn function(&self) -> &FunctionState {
        &self.functions[self.functions.len() - 1]
    }

    fn function_mut(&mut self) -> &mut FunctionState {
        let last = self.functions.len() - 1;
        &mut self.functions[last]
    }

    /// Brings a new local variable into scope.
    pub(crate) fn activate(&mut self, name: Symbol, attribute: Attribute) -> LocalId {
        let function = self.function_mut();
        let id = LocalId(function.locals.len() as u32);
        function.locals.push(Local { name, attribute, captured: false, reassigned: false });
        function.debug_names += 1;
        self.bind(name, Binding::Local(id));
        id
    }

    /// Brings a compile-time constant into scope.
    pub(crate) fn activate_constant(&mut self, name: Symbol, value: ExprKind<'a>) {
        self.bind(name, Binding::Constant(value));
    }

    fn bind(&mut self, name: Symbol, binding: Binding<'a>) {
        let index = name.0 as usize;
        if index >= self.bindings.len() {
            self.bindings.resize((index + 1).next_power_of_two(), 0);
        }
        let function = self.functions.len() as u32 - 1;
        self.actives.push(Active { name, binding, function, shadowed: self.bindings[index] });
        self.bindings[index] = self.actives.len() as u32;
    }

    /// Ends the scope of the variables from `level` on.
    fn deactivate_to(&mut self, level: usize) {
        for active in self.actives.drain(level..).rev() {
            self.bindings[active.name.0 as usize] = active.shadowed;
        }
    }

    /// What `name` means here. Makes it an upvalue of the functions between here and its own.
    pub(crate) fn resolve(&mut self, name: Symbol) -> Result<Resolved<'a>, TooManyUpvalues> {
        let innermost = self.functions.len() - 1;
        let active = self.bindings.get(name.0 as usize).copied().unwrap_or(0);
        let Some(index) = (active as usize).checked_sub(1) else {
            return if name == ENV {
                self.upvalue(name, 0, UpvalueId(0)).map(Resolved::Upvalue)
            } else {
                Ok(Resolved::Global)
            };
        };
        let owner = self.actives[index].function as usize;
        match self.actives[index].binding {
            Binding::Constant(value) => Ok(Resolved::Constant(value)),
            Binding::Local(id) if owner == innermost => Ok(Resolved::Local(id)),
            Binding::Local(id) => {
                self.functions[owner].locals[id.0 as usize].captured = true;
                self.captured(name, owner, id).map(Resolved::Upvalue)
            }
        }
    }

    /// What a free name is a field of, as the innermost function sees it.
    pub(crate) fn resolve_env(&mut self) -> Result<ResolvedEnv<'a>, TooManyUpvalues> {
        Ok(ResolvedEnv::Variable(match self.resolve(ENV)? {
            Resolved::Local(id) => Env::Local(id),
            Resolved::Upvalue(id) => Env::Upvalue(id),
            Resolved::Constant(value) => return Ok(ResolvedEnv::Constant(value)),
            // Without any local it is the main function's.
            Resolved::Global => Env::Upvalue(UpvalueId(0)),
        }))
    }

    /// The upvalue of the innermost function for local `id` of the open function `owner`.
    fn captured(
        &mut self,
        name: Symbol,
        owner: usize,
        id: LocalId,
    ) -> Result<UpvalueId, TooManyUpvalues> {
        let first = owner + 1;
        let upvalue = match self.functions[first].find_upvalue(name) {
            Some(known) => known,
            None => {
                let attribute = self.functions[owner].locals[id.0 as usize].attribute;
                self.functions[first].add_upvalue(name, UpvalueSource::Local(id), attribute)?
            }
        };
        self.upvalue(name, first, upvalue)
    }

    /// The upvalue of the innermost function for upvalue `id` of the open function `owner`.
    fn upvalue(
        &mut self,
        name: Symbol,
        owner: usize,
        id: UpvalueId,
    ) -> Result<UpvalueId, TooManyUpvalues> {
        let innermost = self.functions.len() - 1;
        let known = (owner + 1..=innermost)
            .rev()
            .find_map(|at| self.functions[at].find_upvalue(name).map(|found| (at, found)));
        let (from, mut id) = known.unwrap_or((owner, id));
        let attribute = self.functions[from].upvalue_attribute(id);
        for function in &mut self.functions[from + 1..] {
            id = function.add_upvalue(name, UpvalueSource::Upvalue(id), attribute)?;
        }
        Ok(id)
    }

    /// Notes an assignment to local `id` of the innermost function.
    pub(crate) fn reassign_local(&mut self, id: LocalId) {
        self.function_mut().locals[id.0 as usize].reassigned = true;
    }

    /// Notes an assignment to upvalue `id` of the innermost function, at the variable that it stands for.
    pub(crate) fn reassign_upvalue(&mut self, id: UpvalueId) {
        let mut source = UpvalueSource::Upvalue(id);
        for function in self.functions.iter_mut().rev() {
            match source {
                UpvalueSource::Upvalue(id) => source = function.upvalues[id.0 as usize].0.source,
                UpvalueSource::Local(id) => {
                    function.locals[id.0 as usize].reassigned = true;
                    return;
                }
            }
        }
        self.main_env_reassigned = true;
    }

    /// The name of local `id` of the innermost function, if it must not be assigned.
    pub(crate) fn read_only_local(&self, id: LocalId) -> Option<Symbol> {
        let local = self.function().locals[id.0 as usize];
        (local.attribute != Attribute::Regular).then_some(local.name)
    }

    /// The name of upvalue `id` of the innermost function, if it must not be assigned.
    pub(crate) fn read_only_upvalue(&self, id: UpvalueId) -> Option<Symbol> {
        let (upvalue, attribute) = &self.function().upvalues[id.0 as usize];
        (*attribute != Attribute::Regular).then_some(upvalue.name)
    }
}

/// An upvalue in the making, with the attribute of its variable.
type OpenUpvalue = (Upvalue, Attribute);
