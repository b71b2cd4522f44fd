//! A compact printer of resolved syntax trees: what the tests compare.
//!
//! Names show what they resolved to: `x.0` is local 0 of the function, `x^0` its upvalue 0, `x@^1` field `x` of the `_ENV`
//! in upvalue 1. A function ends with a line on its variables: `!` marks a captured local, `=` a reassigned one, and an
//! upvalue that is immutable has `const` behind its source.

use std::fmt::Write;

use interlune_syntax::ast::*;

/// Parses `source` and prints its tree, or the error.
pub fn describe(source: &str) -> String {
    let arena = bumpalo::Bump::new();
    match interlune_syntax::parse(&arena, source.as_bytes(), "test") {
        Ok(chunk) => {
            let mut printer = Printer { chunk: &chunk, out: String::new(), indent: 0 };
            printer.function(chunk.main);
            printer.out
        }
        Err(error) => format!("error at column {}: {error}\n", error.column),
    }
}

struct Printer<'a, 'c> {
    chunk: &'c Chunk<'a>,
    out: String,
    indent: usize,
}

impl Printer<'_, '_> {
    fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "{:width$}{text}", "", width = self.indent * 2);
    }

    fn name(&self, symbol: Symbol) -> String {
        String::from_utf8_lossy(self.chunk.bytes(symbol)).into_owned()
    }

    fn function(&mut self, function: &Function) {
        let mut head = format!("function {}..{}", function.pos.line, function.end_line);
        let _ = write!(head, " params {}", function.param_count);
        head.push_str(if function.is_vararg { " vararg" } else { "" });
        self.line(&head);
        self.block(&function.body, function);
        self.indent += 1;
        self.variables(function);
        self.indent -= 1;
    }

    fn variables(&mut self, function: &Function) {
        let locals: Vec<String> = function
            .locals
            .iter()
            .map(|local| {
                let captured = if local.captured { "!" } else { "" };
                let reassigned = if local.reassigned { "=" } else { "" };
                let attribute = match local.attribute {
                    Attribute::Regular => "",
                    Attribute::Const => "<const>",
                    Attribute::Close => "<close>",
                };
                format!("{}{attribute}{captured}{reassigned}", self.name(local.name))
            })
            .collect();
        let upvalues: Vec<String> = function
            .upvalues
            .iter()
            .map(|upvalue| {
                let source = match upvalue.source {
                    UpvalueSource::Local(id) => format!(".{}", id.0),
                    UpvalueSource::Upvalue(id) => format!("^{}", id.0),
                };
                let immutable = if upvalue.immutable.get() { " const" } else { "" };
                format!("{}{source}{immutable}", self.name(upvalue.name))
            })
            .collect();
        let labels: Vec<String> = function
            .labels
            .iter()
            .map(|label| {
                let back = if label.has_back_edge { " back" } else { "" };
                format!("{} over {}{back}", self.name(label.name), label.active_locals)
            })
            .collect();
        for (what, list) in [("locals", locals), ("upvalues", upvalues), ("labels", labels)] {
            if !list.is_empty() {
                self.line(&format!("{what}: {}", list.join(", ")));
            }
        }
    }

    fn block(&mut self, block: &Block, function: &Function) {
        self.indent += 1;
        for stat in block.stats {
            self.stat(stat, function);
        }
        self.indent -= 1;
    }

    fn stat(&mut self, stat: &Stat, function: &Function) {
        let local = |printer: &Self, id: LocalId| {
            format!("{}.{}", printer.name(function.locals[id.0 as usize].name), id.0)
        };
        let locals = |printer: &Self, first: LocalId, count: u32| {
            let names = (first.0..first.0 + count).map(|id| local(printer, LocalId(id)));
            names.collect::<Vec<_>>().join(", ")
        };
        let label = |id: LabelId| format!("#{}", id.0);
        let head = match stat.kind {
            StatKind::Local { first, count, values } => {
                format!("local {} = {}", locals(self, first, count), self.list(values))
            }
            StatKind::LocalFunction { local: id, .. } => {
                format!("local function {}", local(self, id))
            }
            StatKind::Assign { targets, values } => {
                format!("{} = {}", self.list(targets), self.list(values))
            }
            StatKind::Call(call) => self.expr(call),
            StatKind::Do(_) => "do".to_owned(),
            StatKind::While { condition, .. } => format!("while {}", self.expr(condition)),
            StatKind::Repeat { condition, .. } => format!("repeat until {}", self.expr(condition)),
            StatKind::If { .. } => "if".to_owned(),
            StatKind::NumericFor { var, range, .. } => {
                let step =
                    range.step.map_or(String::new(), |step| format!(", {}", self.expr(&step)));
                let (start, limit) = (self.expr(&range.start), self.expr(&range.limit));
                format!("for {} = {start}, {limit}{step}", local(self, var))
            }
            StatKind::GenericFor { first, count, values, .. } => {
                format!("for {} in {}", locals(self, first, count), self.list(values))
            }
            StatKind::Return { values } => format!("return {}", self.list(values)),
            StatKind::Break => "break".to_owned(),
            StatKind::Goto(id) => format!("goto {}", label(id)),
            StatKind::Label(id) => format!("label {}", label(id)),
        };
        self.line(&format!("{}: {head}", stat.pos.line));
        self.children(stat, function);
    }

    fn children(&mut self, stat: &Stat, function: &Function) {
        match stat.kind {
            StatKind::Local { values, .. } | StatKind::Return { values } => self.functions(values),
            StatKind::Assign { targets, values } => {
                self.functions(targets);
                self.functions(values);
            }
            StatKind::Call(call) => self.functions(std::slice::from_ref(call)),
            StatKind::LocalFunction { function, .. } => self.nested(function),
            StatKind::Do(body)
            | StatKind::While { body, .. }
            | StatKind::Repeat { body, .. }
            | StatKind::NumericFor { body, .. }
            | StatKind::GenericFor { body, .. } => self.block(body, function),
            StatKind::If { arms, otherwise } => {
                for (condition, block) in arms {
                    let condition = self.expr(condition);
                    self.line(&format!("when {condition}"));
                    self.block(block, function);
                }
                if let Some(block) = otherwise {
                    self.line("else");
                    self.block(block, function);
                }
            }
            StatKind::Break | StatKind::Goto(_) | StatKind::Label(_) => {}
        }
    }

    /// Prints the functions that stand directly in a list of values or arguments.
    fn functions(&mut self, values: &[Expr]) {
        for value in values {
            match value.kind {
                ExprKind::Function(function) => self.nested(function),
                ExprKind::Call(call) => self.functions(call.args),
                _ => {}
            }
        }
    }

    fn nested(&mut self, function: &Function) {
        self.indent += 1;
        self.function(function);
        self.indent -= 1;
    }

    fn list(&self, exprs: &[Expr]) -> String {
        exprs.iter().map(|expr| self.expr(expr)).collect::<Vec<_>>().join(", ")
    }

    fn pair(&self, operator: &str, (left, right): &(Expr, Expr)) -> String {
        format!("({operator} {} {})", self.expr(left), self.expr(right))
    }

    fn expr(&self, expr: &Expr) -> String {
        match expr.kind {
            ExprKind::Nil => "nil".to_owned(),
            ExprKind::True => "true".to_owned(),
            ExprKind::False => "false".to_owned(),
            ExprKind::Integer(value) => value.to_string(),
            ExprKind::Float(value) => interlune_syntax::number::format_float(value),
            ExprKind::String(symbol) => format!("{:?}", self.name(symbol)),
            ExprKind::Vararg => "...".to_owned(),
            ExprKind::Function(function) => format!("function@{}", function.pos.line),
            ExprKind::Local(id) => format!(".{}", id.0),
            ExprKind::Upvalue(id) => format!("^{}", id.0),
            ExprKind::Global { env: Env::Local(id), name } => {
                format!("{}@.{}", self.name(name), id.0)
            }
            ExprKind::Global { env: Env::Upvalue(id), name } => {
                format!("{}@^{}", self.name(name), id.0)
            }
            ExprKind::Index((object, key)) => {
                format!("{}[{}]", self.expr(object), self.expr(key))
            }
            ExprKind::Call(call) => {
                format!("{}({})", self.expr(&call.callee), self.list(call.args))
            }
            ExprKind::MethodCall(call) => {
                let (object, method) = (self.expr(&call.object), self.name(call.method));
                format!("{object}:{method}({})", self.list(call.args))
            }
            ExprKind::Unary(operator, operand) => format!("({operator:?} {})", self.expr(operand)),
            ExprKind::Binary(operator, operands) => self.pair(&format!("{operator:?}"), operands),
            ExprKind::And(operands) => self.pair("and", operands),
            ExprKind::Or(operands) => self.pair("or", operands),
            ExprKind::Paren(paren) => format!("paren {}", self.expr(&paren.inner)),
            ExprKind::Table(table) => {
                let items = table.items.iter().map(|item| match item {
                    TableItem::Positional(value) => self.expr(value),
                    TableItem::Named(name, value) => {
                        format!("{} = {}", self.name(*name), self.expr(value))
                    }
                    TableItem::Keyed(key, value) => {
                        format!("[{}] = {}", self.expr(key), self.expr(value))
                    }
                });
                format!("{{{}}}", items.collect::<Vec<_>>().join(", "))
            }
        }
    }
}
