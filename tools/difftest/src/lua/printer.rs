//! Tree to source: every statement on a line of its own, so that an error's line names the statement. On request
//! expressions are broken too, so that the lines of operators and calls inside them show.
//!
//! Parentheses are printed where the tree has them, and added where a rewritten tree would read differently without.

use crate::rng::Rng;

use super::ast::{BINARY, Block, Expr, FunctionBody, Item, Program, Stmt, UNARY_POWER};

impl Program {
    /// The program's text.
    pub fn to_source(&self) -> String {
        let mut printer = Printer {
            out: String::with_capacity(4096),
            depth: 0,
            breaks: (self.wrap != 0).then(|| Rng::new(self.wrap)),
        };
        printer.block(&self.block);
        printer.out
    }
}

/// How tightly an expression that is no operator binds.
const ATOM: u8 = 20;

struct Printer {
    out: String,
    depth: usize,
    /// Draws where lines are broken, if they are.
    breaks: Option<Rng>,
}

impl Printer {
    fn put(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn line_start(&mut self) {
        for _ in 0..self.depth {
            self.out.push_str("  ");
        }
    }

    /// A place where a line may be broken: a space, a line end, or nothing.
    fn gap(&mut self, otherwise: &str) {
        let broken = self.breaks.as_mut().is_some_and(|rng| rng.chance(6));
        self.put(if broken { "\n" } else { otherwise });
    }

    fn block(&mut self, block: &Block) {
        for stmt in block {
            self.line_start();
            self.stmt(stmt);
            self.out.push('\n');
        }
    }

    /// A nested block, and the start of the line that closes it.
    fn nested(&mut self, block: &Block) {
        self.out.push('\n');
        self.depth += 1;
        self.block(block);
        self.depth -= 1;
        self.line_start();
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Local { names, values } => self.local(names, values),
            Stmt::Assign { targets, values } => {
                self.guard(&targets[0]);
                self.list(targets);
                self.put(" = ");
                self.list(values);
            }
            Stmt::Call(call) => {
                self.guard(call);
                self.expr(call, 0);
            }
            Stmt::Do(block) => self.enclosed("do", block, "end"),
            Stmt::While(condition, block) => {
                self.put("while ");
                self.expr(condition, 0);
                self.enclosed(" do", block, "end");
            }
            Stmt::Repeat(block, condition) => {
                self.enclosed("repeat", block, "until ");
                self.expr(condition, 0);
            }
            Stmt::If { arms, otherwise } => self.conditional(arms, otherwise.as_ref()),
            Stmt::NumericFor { var, bounds, body } => {
                self.put("for ");
                self.put(var);
                self.put(" = ");
                self.list(bounds);
                self.enclosed(" do", body, "end");
            }
            Stmt::GenericFor { names, values, body } => {
                self.put("for ");
                self.put(&names.join(", "));
                self.put(" in ");
                self.list(values);
                self.enclosed(" do", body, "end");
            }
            Stmt::Function { name, body } => {
                self.put("function ");
                self.put(name);
                self.function_body(body);
            }
            Stmt::LocalFunction { name, body } => {
                self.put("local function ");
                self.put(name);
                self.function_body(body);
            }
            Stmt::Return(values) => {
                self.put("return ");
                self.list(values);
            }
            Stmt::Break => self.put("break"),
            Stmt::Goto(label) => {
                self.put("goto ");
                self.put(label);
            }
            Stmt::Label(label) => {
                self.put("::");
                self.put(label);
                self.put("::");
            }
        }
    }

    /// A semicolon before a statement that begins with a parenthesis, which would else continue the line above.
    fn guard(&mut self, first: &Expr) {
        let mut leftmost = first;
        while let Expr::Index(inner, _)
        | Expr::Field(inner, _)
        | Expr::Call(inner, _)
        | Expr::Method(inner, ..) = leftmost
        {
            leftmost = inner;
        }
        if !matches!(leftmost, Expr::Name(_)) {
            self.put(";");
        }
    }

    fn enclosed(&mut self, open: &str, block: &Block, close: &str) {
        self.put(open);
        self.nested(block);
        self.put(close);
    }

    fn local(&mut self, names: &[(String, Option<String>)], values: &[Expr]) {
        self.put("local ");
        for (index, (name, attribute)) in names.iter().enumerate() {
            if index > 0 {
                self.put(", ");
            }
            self.put(name);
            if let Some(attribute) = attribute {
                self.put(" <");
                self.put(attribute);
                self.put(">");
            }
        }
        if !values.is_empty() {
            self.put(" = ");
            self.list(values);
        }
    }

    fn conditional(&mut self, arms: &[(Expr, Block)], otherwise: Option<&Block>) {
        for (index, (condition, block)) in arms.iter().enumerate() {
            self.put(if index == 0 { "if " } else { "elseif " });
            self.expr(condition, 0);
            self.put(" then");
            self.nested(block);
        }
        if let Some(block) = otherwise {
            self.put("else");
            self.nested(block);
        }
        self.put("end");
    }

    fn function_body(&mut self, body: &FunctionBody) {
        self.put("(");
        self.put(&body.parameters.join(", "));
        self.put(")");
        if body.block.is_empty() {
            self.put(" end");
        } else {
            self.nested(&body.block);
            self.put("end");
        }
    }

    fn list(&mut self, list: &[Expr]) {
        for (index, expr) in list.iter().enumerate() {
            if index > 0 {
                self.put(",");
                self.gap(" ");
            }
            self.expr(expr, 0);
        }
    }

    /// An expression, in parentheses if it binds less tightly than `limit`.
    fn expr(&mut self, expr: &Expr, limit: u8) {
        let open = power(expr) < limit;
        if open {
            self.put("(");
        }
        match expr {
            Expr::Literal(text) | Expr::Name(text) => self.put(text),
            Expr::Index(object, key) => {
                self.prefix(object);
                // A space keeps a key that is a long string from reading as one more bracket.
                self.put(if matches!(&**key, Expr::Literal(text) if text.starts_with('[')) {
                    "[ "
                } else {
                    "["
                });
                self.expr(key, 0);
                self.put("]");
            }
            Expr::Field(object, name) => {
                self.prefix(object);
                self.gap("");
                self.put(".");
                self.put(name);
            }
            Expr::Call(callee, arguments) => {
                self.prefix(callee);
                self.arguments(arguments);
            }
            Expr::Method(object, name, arguments) => {
                self.prefix(object);
                self.put(":");
                self.put(name);
                self.arguments(arguments);
            }
            Expr::Function(body) => {
                self.put("function");
                self.function_body(body);
            }
            Expr::Unary(operator, operand) => self.unary(operator, operand),
            Expr::Binary(operator, left, right) => self.binary(operator, left, right),
            Expr::Table(items) => self.table(items),
            Expr::Paren(inner) => {
                self.put("(");
                self.expr(inner, 0);
                self.put(")");
            }
        }
        if open {
            self.put(")");
        }
    }

    /// What stands before a `.`, `[`, `:` or `(`.
    fn prefix(&mut self, expr: &Expr) {
        let plain = matches!(
            expr,
            Expr::Name(_)
                | Expr::Index(..)
                | Expr::Field(..)
                | Expr::Call(..)
                | Expr::Method(..)
                | Expr::Paren(_)
        );
        if !plain {
            self.put("(");
        }
        self.expr(expr, 0);
        if !plain {
            self.put(")");
        }
    }

    fn arguments(&mut self, arguments: &[Expr]) {
        self.put("(");
        self.gap("");
        self.list(arguments);
        self.put(")");
    }

    fn unary(&mut self, operator: &str, operand: &Expr) {
        self.put(operator);
        // `- -x` must not become a comment.
        if operator == "not" || matches!(operand, Expr::Unary("-", _)) {
            self.put(" ");
        }
        self.expr(operand, UNARY_POWER);
    }

    fn binary(&mut self, operator: &str, left: &Expr, right: &Expr) {
        let (left_power, right_power) = powers(operator);
        let right_associative = right_power < left_power;
        self.expr(left, if right_associative { left_power + 1 } else { left_power });
        self.gap(" ");
        self.put(operator);
        self.gap(" ");
        // The right side of `^` may begin with a unary operator, which binds less tightly and still needs no parentheses.
        let limit = match (operator, right) {
            ("^", Expr::Unary(..)) => UNARY_POWER,
            _ => right_power + 1,
        };
        self.expr(right, limit);
    }

    fn table(&mut self, items: &[Item]) {
        self.put("{");
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.put(",");
                self.gap(" ");
            }
            match item {
                Item::Positional(value) => self.expr(value, 0),
                Item::Named(name, value) => {
                    self.put(name);
                    self.put(" = ");
                    self.expr(value, 0);
                }
                Item::Keyed(key, value) => {
                    self.put("[ ");
                    self.expr(key, 0);
                    self.put("] = ");
                    self.expr(value, 0);
                }
            }
        }
        self.put("}");
    }
}

fn powers(operator: &str) -> (u8, u8) {
    let row = BINARY
        .iter()
        .find(|row| row.0 == operator)
        .expect("trees hold operators of the table only");
    (row.1, row.2)
}

fn power(expr: &Expr) -> u8 {
    match expr {
        Expr::Binary(operator, ..) => powers(operator).0,
        Expr::Unary(..) => UNARY_POWER,
        _ => ATOM,
    }
}
