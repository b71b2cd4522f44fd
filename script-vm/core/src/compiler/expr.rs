//! The walk over expressions.
//!
//! Operators, indexing and calls associate to the left, so a long chain is a tree that is deep on its left side only.
//! [`Compiler::expression`] goes down that side in a loop, compiles the leftmost operand and comes back up; only
//! right operands, arguments and parentheses recurse, and their nesting is what the parser limits.

use interlune_syntax::ast::{
    BinaryOp, CallExpr, Env, Expr, ExprKind, Function, LocalId, MethodCallExpr, ParenExpr, Symbol,
    UpvalueId,
};

use crate::bytecode::{Opcode, StringId};

use super::Compiler;
use super::desc::{ExprDesc, Register, Value};

/// The operand that is evaluated first, of an expression that begins with one.
fn first_operand<'a>(e: &Expr<'a>) -> Option<&'a Expr<'a>> {
    match e.kind {
        ExprKind::Index(pair)
        | ExprKind::Binary(_, pair)
        | ExprKind::And(pair)
        | ExprKind::Or(pair) => Some(&pair.0),
        ExprKind::Call(call) => Some(&call.callee),
        ExprKind::MethodCall(call) => Some(&call.object),
        ExprKind::Nil
        | ExprKind::True
        | ExprKind::False
        | ExprKind::Integer(_)
        | ExprKind::Float(_)
        | ExprKind::String(_)
        | ExprKind::Vararg
        | ExprKind::Function(_)
        | ExprKind::Local(_)
        | ExprKind::Upvalue(_)
        | ExprKind::Global { .. }
        | ExprKind::Unary(..)
        | ExprKind::Table(_)
        | ExprKind::Paren(_) => None,
    }
}

/// The line of an expression's first token.
pub(super) fn first_line(e: &Expr) -> u32 {
    let mut first = e;
    while let Some(operand) = first_operand(first) {
        first = operand;
    }
    first.pos.line
}

/// The string of the pool that a symbol stands for; see [`super::string_pool`].
fn string_id(symbol: Symbol) -> StringId {
    StringId(symbol.0)
}

impl<'a> Compiler<'a> {
    /// Emits code for an expression as far as it can be without knowing the use of its value.
    pub(super) fn expression(&mut self, e: &'a Expr<'a>) -> ExprDesc {
        let base = self.spine.len();
        let mut node = e;
        while let Some(first) = first_operand(node) {
            self.spine.push(node);
            node = first;
        }
        let mut desc = self.first_operand(node);
        while self.spine.len() > base {
            if let Some(outer) = self.spine.pop() {
                self.rest(outer, &mut desc);
            }
        }
        desc
    }

    /// An expression that does not begin with an operand.
    fn first_operand(&mut self, e: &'a Expr<'a>) -> ExprDesc {
        if let ExprKind::Table(table) = e.kind {
            return self.table(table, e.pos.line);
        }
        self.line = e.pos.line;
        ExprDesc::new(match e.kind {
            ExprKind::Nil => Value::Nil,
            ExprKind::True => Value::True,
            ExprKind::False => Value::False,
            ExprKind::Integer(i) => Value::Integer(i),
            ExprKind::Float(f) => Value::Float(f),
            ExprKind::String(symbol) => Value::String(string_id(symbol)),
            ExprKind::Vararg => Value::Vararg(self.op(Opcode::Vararg, 0, 0, 1)),
            ExprKind::Local(id) => self.local(id),
            ExprKind::Upvalue(id) => upvalue(id),
            ExprKind::Global { env, name } => return self.global(env, name),
            ExprKind::Function(function) => return self.closure(function),
            ExprKind::Unary(op, operand) => return self.unary(op, operand, e.pos.line),
            ExprKind::Paren(inner) => return self.parentheses(inner),
            ExprKind::Table(_)
            | ExprKind::Index(_)
            | ExprKind::Call(_)
            | ExprKind::MethodCall(_)
            | ExprKind::Binary(..)
            | ExprKind::And(_)
            | ExprKind::Or(_) => return self.expression(e),
        })
    }

    /// The rest of an expression whose first operand is `e`.
    fn rest(&mut self, outer: &'a Expr<'a>, e: &mut ExprDesc) {
        let line = outer.pos.line;
        match outer.kind {
            ExprKind::Index(pair) => self.index_expression(e, &pair.1, line),
            ExprKind::Call(call) => self.call(e, call, line),
            ExprKind::MethodCall(call) => self.method_call(e, call, line),
            ExprKind::Binary(BinaryOp::Concat, pair) => self.concat(e, &pair.1, line),
            ExprKind::Binary(op, pair) => self.binary(op, e, &pair.1, line),
            ExprKind::And(pair) => self.and(e, &pair.1, line),
            ExprKind::Or(pair) => self.or(e, &pair.1, line),
            ExprKind::Nil
            | ExprKind::True
            | ExprKind::False
            | ExprKind::Integer(_)
            | ExprKind::Float(_)
            | ExprKind::String(_)
            | ExprKind::Vararg
            | ExprKind::Function(_)
            | ExprKind::Local(_)
            | ExprKind::Upvalue(_)
            | ExprKind::Global { .. }
            | ExprKind::Unary(..)
            | ExprKind::Table(_)
            | ExprKind::Paren(_) => {}
        }
    }

    fn local(&self, id: LocalId) -> Value {
        Value::Local(Register::from(self.f.registers[id.0 as usize]))
    }

    fn global(&mut self, env: Env, name: Symbol) -> ExprDesc {
        let mut table = ExprDesc::new(match env {
            Env::Local(id) => self.local(id),
            Env::Upvalue(id) => upvalue(id),
        });
        let mut key = ExprDesc::new(Value::String(string_id(name)));
        self.index(&mut table, &mut key);
        table
    }

    /// A closure. Like every instruction that allocates, it puts its result into the last register in use.
    pub(super) fn closure(&mut self, function: &'a Function<'a>) -> ExprDesc {
        let proto = self.function(function);
        let index = self.f.protos.len() as i32;
        self.f.protos.push(proto);
        let pc = self.op_wide(Opcode::Closure, 0, index);
        let mut e = ExprDesc::new(Value::Open(pc));
        self.put_in_next_register(&mut e);
        e
    }

    /// Cuts several values down to one, and a variable to its value.
    fn parentheses(&mut self, paren: &'a ParenExpr<'a>) -> ExprDesc {
        let mut e = self.expression(&paren.inner);
        self.line = paren.end_line;
        self.discharge_variable(&mut e);
        e
    }

    /// `line` is that of the last token, the name or the bracket.
    fn index_expression(&mut self, e: &mut ExprDesc, key: &'a Expr<'a>, line: u32) {
        self.put_in_register_or_upvalue(e);
        let mut key = self.expression(key);
        self.settle(&mut key);
        self.line = line;
        self.index(e, &mut key);
    }

    fn call(&mut self, e: &mut ExprDesc, call: &'a CallExpr<'a>, line: u32) {
        let base = self.put_in_next_register(e);
        self.line = line;
        *e = self.arguments(base, call.args, line, call.end_line);
    }

    fn method_call(&mut self, e: &mut ExprDesc, call: &'a MethodCallExpr<'a>, line: u32) {
        // The method's name stands where the arguments begin, unless these are a long string, whose place is its end.
        if !matches!(call.args, [Expr { kind: ExprKind::String(_), .. }]) {
            self.line = line;
        }
        let base = self.method(e, string_id(call.method));
        self.line = line;
        *e = self.arguments(base, call.args, line, call.end_line);
    }

    /// Looks a method up: the function goes to the next register, the object to the one behind.
    fn method(&mut self, e: &mut ExprDesc, name: StringId) -> Register {
        let object = self.put_in_any_register(e);
        self.free(e);
        let base = self.reserve(2);
        match self.field_operand(name) {
            Some((key, cell)) => {
                self.op_field(Opcode::GetMethod, base, object, u32::from(key), cell);
            }
            None => {
                self.op(Opcode::Move, base + 1, object, 0);
                let key = self.f.constants.string(name);
                self.load_constant(base, key);
                self.op(Opcode::GetIndex, base, base + 1, base);
            }
        }
        base
    }

    /// The arguments of a call and the call itself. The function is in `base`, and in the case of a method the object
    /// behind it; arguments go into the next registers. `line` is where the call is, `end_line` where it ends.
    fn arguments(
        &mut self,
        base: Register,
        args: &'a [Expr<'a>],
        line: u32,
        end_line: u32,
    ) -> ExprDesc {
        let mut last = self.expression_list(args);
        self.line = end_line;
        let count_operand = if last.is_multi() {
            self.set_all_results(&last);
            0
        } else {
            if last.value != Value::Void {
                self.put_in_next_register(&mut last);
            }
            self.f.free_register - base
        };
        // One result, until the user of the value says otherwise.
        let pc = self.op(Opcode::Call, base, count_operand, 2);
        self.set_line(line);
        self.f.free_register = base + 1;
        ExprDesc::new(Value::Call { pc, base })
    }
}

fn upvalue(id: UpvalueId) -> Value {
    Value::Upvalue(id.0 as u8)
}
