//! One instruction of bytecode.

use interlune_core::bytecode::{Constant, Opcode};
use interlune_core::runtime::{MOST_JOINED, MOST_RETURNED};

use super::{Builder, Next};
use crate::flow::Accesses;
use crate::ir::{Op, Type, Value};

impl Builder<'_> {
    pub(super) fn build_insn(&mut self) -> Next {
        let i = self.body.insn(self.pc);
        if self.body.was_never_run(self.pc) {
            return self.exit();
        }
        let Some(opcode) = i.opcode() else { return self.run() };
        match opcode {
            Opcode::Move => {
                let value = self.read(i.b());
                self.write(i.a(), value);
                Next::Behind
            }
            Opcode::LoadInt => {
                let value = self.int_constant(i64::from(i.wide_signed()));
                self.write(i.a(), value);
                Next::Behind
            }
            Opcode::LoadConst => {
                let value = self.constant(i.wide_unsigned() as usize);
                self.write(i.a(), value);
                Next::Behind
            }
            Opcode::LoadNil => {
                let nil = self.emit(Op::Nil, vec![], 0);
                (0..i.b()).for_each(|index| self.write(i.a() + index, nil));
                Next::Behind
            }
            Opcode::LoadTrue | Opcode::LoadFalse => {
                let value = self.emit(Op::Bool, vec![], i64::from(opcode == Opcode::LoadTrue));
                self.write(i.a(), value);
                Next::Behind
            }
            Opcode::LoadFalseSkip => {
                let value = self.emit(Op::Bool, vec![], 0);
                self.write(i.a(), value);
                self.lead(self.current, 0);
                Next::Elsewhere
            }
            Opcode::GetUpvalue => {
                let value = self.upvalue(i.b());
                self.write(i.a(), value);
                Next::Behind
            }
            Opcode::SetUpvalue => {
                let value = self.read(i.a());
                let running = self.running();
                self.emit_effect(Op::StoreUpvalue, vec![running, value], i.b() as i64);
                Next::Behind
            }
            Opcode::GetEnv => self.build_get_env(),
            Opcode::SetEnv => self.build_set_env(),
            Opcode::GetField => self.build_get_field(),
            Opcode::SetField => self.build_set_field(),
            Opcode::GetIndex => self.build_get_index(),
            Opcode::SetIndex => self.build_set_index(),
            Opcode::GetInt => self.build_get_int(),
            Opcode::SetInt => self.build_set_int(),
            Opcode::Len => self.build_len(),
            Opcode::Add
            | Opcode::Sub
            | Opcode::Mul
            | Opcode::Div
            | Opcode::Mod
            | Opcode::FloorDiv
            | Opcode::AddImm
            | Opcode::SubImm
            | Opcode::AddConst
            | Opcode::SubConst
            | Opcode::MulConst
            | Opcode::DivConst
            | Opcode::ModConst
            | Opcode::FloorDivConst
            | Opcode::Pow
            | Opcode::PowConst => self.build_arithmetic(opcode),
            Opcode::BitAnd
            | Opcode::BitOr
            | Opcode::BitXor
            | Opcode::BitAndConst
            | Opcode::BitOrConst
            | Opcode::BitXorConst
            | Opcode::ShiftLeft
            | Opcode::ShiftRight
            | Opcode::ShiftLeftImm
            | Opcode::ShiftRightImm
            | Opcode::BitNot => self.build_bitwise(opcode),
            Opcode::Neg => self.build_negate(),
            Opcode::Not => {
                let value = self.read(i.b());
                let truthy = self.emit(Op::Truthy, vec![value], 0);
                let result = self.emit(Op::Not, vec![truthy], 0);
                self.write(i.a(), result);
                Next::Behind
            }
            Opcode::Jump => {
                self.lead(self.current, 0);
                Next::Elsewhere
            }
            Opcode::JumpBack => self.build_jump_back(),
            Opcode::ForPrep => self.build_for_prep(),
            Opcode::ForLoop => self.build_for_loop(),
            Opcode::ForInPrep => self.build_for_in_prep(),
            Opcode::ForCall => self.build_for_call(),
            Opcode::ForInLoop => self.build_for_in_loop(),
            Opcode::TestEq => self.build_test_eq(),
            Opcode::TestEqConst => self.build_test_eq_const(),
            Opcode::TestLt | Opcode::TestLe => self.build_order(opcode),
            Opcode::TestLtImm | Opcode::TestLeImm | Opcode::TestGtImm | Opcode::TestGeImm => {
                self.build_order_immediate(opcode)
            }
            Opcode::Test => {
                let value = self.read(i.a());
                let truthy = self.emit(Op::Truthy, vec![value], 0);
                self.decide(truthy)
            }
            Opcode::TestSet => self.build_test_set(),
            Opcode::Return => self.build_return(),
            Opcode::Return0 => self.return_registers(0, 0),
            Opcode::Return1 => self.return_registers(i.a(), 1),
            Opcode::GetMethod => self.build_get_method(),
            Opcode::Call => self.build_call(),
            Opcode::TailCall => self.build_tail_call(),
            Opcode::NewTable => self.build_new_table(),
            Opcode::Close => self.build_close(),
            Opcode::Vararg => self.build_vararg(),
            Opcode::VarargPrep => self.build_vararg_prep(),
            Opcode::Concat => self.build_concat(),
            Opcode::SetList | Opcode::MarkClose | Opcode::Closure => self.run(),
        }
    }

    /// The code ends here: the tier below goes on.
    pub(super) fn exit(&mut self) -> Next {
        self.end(Op::Exit, vec![], 0, &[]);
        Next::Elsewhere
    }

    /// Puts into the Lua stack what the instruction needs there.
    pub(super) fn flush_for_run(&mut self) {
        if self.inlined.is_some() {
            return self.give_up_inlining();
        }
        let reads = Accesses::of(&self.body.input.proto, self.body.insn(self.pc)).reads;
        self.flush(self.body.wanted(self.pc).union(reads));
    }

    /// Runs the instruction on registers in the Lua stack.
    pub(super) fn run(&mut self) -> Next {
        self.flush_for_run();
        self.store_top();
        self.emit_effect(Op::Run, vec![], self.pc as i64);
        self.forget(self.body.writes(self.pc));
        Next::Behind
    }

    /// The same for an instruction that ends a block, with the two ways to go on that the graph has.
    pub(super) fn run_branch(&mut self) -> Next {
        self.flush_for_run();
        let edges = [self.new_edge(), self.new_edge()];
        self.end(Op::RunBranch, vec![], self.pc as i64, &edges);
        self.forget(self.body.writes(self.pc));
        edges.into_iter().enumerate().for_each(|(number, edge)| self.lead(edge, number));
        Next::Elsewhere
    }

    /// The same for an instruction that ends the function.
    pub(super) fn run_end(&mut self) -> Next {
        self.flush_for_run();
        self.store_top();
        self.end(Op::RunEnd, vec![], self.pc as i64, &[]);
        Next::Elsewhere
    }

    /// Returns `count` registers from `first` on, to a caller who wants that many.
    pub(super) fn return_registers(&mut self, first: usize, count: usize) -> Next {
        let values = (first..first + count).map(|register| self.read(register)).collect();
        self.return_values(values)
    }

    pub(super) fn return_values(&mut self, values: Vec<Value>) -> Next {
        if self.inlined.is_some() {
            self.return_inlined(values);
            return Next::Elsewhere;
        }
        self.end(Op::Return, values, self.pc as i64, &[]);
        Next::Elsewhere
    }

    fn build_return(&mut self) -> Next {
        let i = self.body.insn(self.pc);
        let has_to_close = i.c() != 0;
        match self.value_count(i.a(), i.b()) {
            Some(count @ 0..=MOST_RETURNED) if !has_to_close => self.return_registers(i.a(), count),
            _ => self.run_end(),
        }
    }

    /// Values as one string; metamethods are the tier below's.
    fn build_concat(&mut self) -> Next {
        let i = self.body.insn(self.pc);
        let values: Vec<Value> = (0..i.b()).map(|it| self.read(i.a() + it)).collect();
        let may_be_text = |&value: &Value| {
            let ty = self.f.ty(value);
            matches!(ty, Type::Any | Type::String) || ty.is_within(Type::Number)
        };
        let are_fine = values.iter().all(may_be_text);
        if !are_fine || values.len() > MOST_JOINED || self.body.is_lost(self.pc) {
            return self.run();
        }
        let joined = self.guard_value(Op::Join, values, 0);
        self.write(i.a(), joined);
        Next::Behind
    }

    pub(super) fn int_constant(&mut self, value: i64) -> Value {
        self.emit(Op::Int, vec![], value)
    }

    pub(super) fn float_constant(&mut self, value: f64) -> Value {
        self.emit(Op::Float, vec![], value.to_bits() as i64)
    }

    pub(super) fn constant(&mut self, index: usize) -> Value {
        match self.body.input.proto.constants[index] {
            Constant::Nil => self.emit(Op::Nil, vec![], 0),
            Constant::Boolean(value) => self.emit(Op::Bool, vec![], i64::from(value)),
            Constant::Integer(value) => self.int_constant(value),
            Constant::Float(value) => self.float_constant(value),
            Constant::String(_) => {
                let scope = (self.scope.index() as i64) << 32;
                self.emit(Op::String, vec![], scope | index as i64)
            }
        }
    }

    pub(super) fn upvalue(&mut self, index: usize) -> Value {
        let running = self.running();
        let is_fixed = self.body.input.proto.upvalues[index].immutable;
        let op = if is_fixed { Op::LoadFixedUpvalue } else { Op::LoadUpvalue };
        self.emit(op, vec![running], index as i64)
    }
}
