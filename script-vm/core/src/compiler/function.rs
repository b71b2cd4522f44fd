//! The state of one function while it is compiled, and its end: from that state to a [`Proto`].
//!
//! States are used again for later functions, so that their vectors grow only once.

use std::sync::Arc;

use interlune_syntax::ast::{Function, UpvalueSource};

use crate::bytecode::SHARED_CELLS;
use crate::bytecode::{Insn, LocalVar, Opcode, Proto, StringId, UpvalueDesc};

use super::Compiler;
use super::constants::ConstantTable;
use super::desc::{Pc, Register};
use super::scope::{ActiveLocal, Closer, LabelState, LoopScope};

/// Registers 0 and 1 are always there, as in PUC Lua.
const MIN_STACK: u32 = 2;

/// One function while it is compiled.
#[derive(Default)]
pub(super) struct FunctionState {
    pub code: Vec<Insn>,
    /// The line of each instruction.
    pub lines: Vec<u32>,
    pub constants: ConstantTable,
    pub protos: Vec<Arc<Proto>>,
    pub local_vars: Vec<LocalVar>,
    /// Where each local of the function lives, by its id, from its declaration on.
    pub registers: Vec<u8>,
    /// The locals in scope, in order of their registers.
    pub active: Vec<ActiveLocal>,
    /// The variables in scope that must be closed when it is left.
    pub closers: Vec<Closer>,
    pub loops: Vec<LoopScope>,
    /// By label id.
    pub labels: Vec<LabelState>,
    pub free_register: Register,
    /// Registers of locals in scope, hidden ones of loops included; temporaries begin here.
    pub active_registers: Register,
    pub max_stack: u32,
    /// The last place known to be the target of a jump.
    pub last_target: Pc,
    pub feedback_cells: u32,
}

impl FunctionState {
    fn reset(&mut self, function: &Function, string_count: usize) {
        self.code.clear();
        self.lines.clear();
        self.constants.reset(string_count);
        self.protos.clear();
        self.local_vars.clear();
        self.registers.clear();
        self.registers.resize(function.locals.len(), 0);
        self.active.clear();
        self.closers.clear();
        self.loops.clear();
        self.labels.clear();
        self.labels.resize(function.labels.len(), LabelState::PENDING);
        self.free_register = 0;
        self.active_registers = 0;
        self.max_stack = MIN_STACK;
        self.last_target = 0;
        self.feedback_cells = SHARED_CELLS;
    }
}

impl<'a> Compiler<'a> {
    /// Compiles a function to the end, inside another one or as the main function.
    pub(super) fn function(&mut self, function: &'a Function<'a>) -> Arc<Proto> {
        let mut state = self.spare.pop().unwrap_or_default();
        state.reset(function, self.strings.len());
        std::mem::swap(&mut self.f, &mut state);
        let enclosing = std::mem::replace(&mut self.function, function);

        self.line = function.pos.line.max(1);
        self.begin_function();
        self.statements(&function.body);
        self.line = function.end_line;
        self.end_function();
        let proto = self.finish(&state);

        self.function = enclosing;
        std::mem::swap(&mut self.f, &mut state);
        self.spare.push(state);
        Arc::new(proto)
    }

    fn begin_function(&mut self) {
        let function = self.function;
        self.reserve(function.param_count);
        self.activate(0, function.param_count);
        if function.is_vararg {
            self.op(Opcode::VarargPrep, 0, 0, 0);
        }
    }

    fn end_function(&mut self) {
        if !super::stat::ends_with_return(&self.function.body) {
            self.return_nothing();
        }
        self.end_local_vars(0);
        self.thread_jumps();
        if i32::try_from(self.f.code.len()).is_err() {
            self.fail("control structure too long");
        }
    }

    /// The proto of the current function; `enclosing` is the state of the function around it.
    fn finish(&mut self, enclosing: &FunctionState) -> Proto {
        let function = self.function;
        let upvalues = function.upvalues.iter();
        Proto {
            code: self.f.code.as_slice().into(),
            lines: self.f.lines.as_slice().into(),
            constants: self.f.constants.list.as_slice().into(),
            protos: self.f.protos.drain(..).collect(),
            upvalues: upvalues.map(|u| upvalue_desc(u, enclosing)).collect(),
            locals: self.f.local_vars.as_slice().into(),
            strings: Arc::clone(&self.strings),
            source: Arc::clone(&self.source),
            source_name: Arc::clone(&self.source_name),
            param_count: function.param_count as u8,
            is_vararg: function.is_vararg,
            max_stack: self.f.max_stack as u8,
            feedback_cells: self.f.feedback_cells,
            line_defined: function.pos.line,
            last_line: function.end_line,
        }
    }
}

/// Where a closure finds an upvalue. A main function's `_ENV` comes from upvalue 0 of nobody.
fn upvalue_desc(
    upvalue: &interlune_syntax::ast::Upvalue,
    enclosing: &FunctionState,
) -> UpvalueDesc {
    let (in_stack, index) = match upvalue.source {
        UpvalueSource::Local(local) => (true, enclosing.registers[local.0 as usize]),
        UpvalueSource::Upvalue(outer) => (false, outer.0 as u8),
    };
    UpvalueDesc {
        name: Some(StringId(upvalue.name.0)),
        in_stack,
        index,
        immutable: upvalue.immutable.get(),
    }
}
