//! Visits every block, expression list and expression of a program, outer ones first, always in the same order: the
//! n-th of a kind is how the shrinker names a place.

use super::ast::{Block, Expr, FunctionBody, Item, Program, Stmt};

/// What is done at each place; a place's parts are visited after it, as the visitor leaves them.
pub trait Visitor {
    fn block(&mut self, _block: &mut Block) {}
    fn list(&mut self, _list: &mut Vec<Expr>) {}
    fn expr(&mut self, _expr: &mut Expr) {}
}

/// Visits the whole program.
pub fn walk(program: &mut Program, visitor: &mut dyn Visitor) {
    walk_block(&mut program.block, visitor);
}

fn walk_block(block: &mut Block, visitor: &mut dyn Visitor) {
    visitor.block(block);
    for stmt in block {
        walk_stmt(stmt, visitor);
    }
}

fn walk_stmt(stmt: &mut Stmt, visitor: &mut dyn Visitor) {
    match stmt {
        Stmt::Local { values, .. } | Stmt::Return(values) => walk_list(values, visitor),
        Stmt::Assign { targets, values } => {
            // Targets are no values, but what stands inside them is.
            targets.iter_mut().for_each(|target| walk_parts(target, visitor));
            walk_list(values, visitor);
        }
        Stmt::Call(call) => walk_parts(call, visitor),
        Stmt::Do(block) => walk_block(block, visitor),
        Stmt::While(condition, block) => {
            walk_expr(condition, visitor);
            walk_block(block, visitor);
        }
        Stmt::Repeat(block, condition) => {
            walk_block(block, visitor);
            walk_expr(condition, visitor);
        }
        Stmt::If { arms, otherwise } => {
            for (condition, block) in arms {
                walk_expr(condition, visitor);
                walk_block(block, visitor);
            }
            if let Some(block) = otherwise {
                walk_block(block, visitor);
            }
        }
        Stmt::NumericFor { bounds, body, .. } => {
            bounds.iter_mut().for_each(|bound| walk_expr(bound, visitor));
            walk_block(body, visitor);
        }
        Stmt::GenericFor { values, body, .. } => {
            values.iter_mut().for_each(|value| walk_expr(value, visitor));
            walk_block(body, visitor);
        }
        Stmt::Function { body, .. } | Stmt::LocalFunction { body, .. } => {
            walk_function(body, visitor)
        }
        Stmt::Break | Stmt::Goto(_) | Stmt::Label(_) => {}
    }
}

fn walk_function(body: &mut FunctionBody, visitor: &mut dyn Visitor) {
    walk_block(&mut body.block, visitor);
}

fn walk_list(list: &mut Vec<Expr>, visitor: &mut dyn Visitor) {
    visitor.list(list);
    list.iter_mut().for_each(|expr| walk_expr(expr, visitor));
}

fn walk_expr(expr: &mut Expr, visitor: &mut dyn Visitor) {
    visitor.expr(expr);
    walk_parts(expr, visitor);
}

fn walk_parts(expr: &mut Expr, visitor: &mut dyn Visitor) {
    match expr {
        Expr::Literal(_) | Expr::Name(_) => {}
        Expr::Index(object, key) => {
            walk_expr(object, visitor);
            walk_expr(key, visitor);
        }
        Expr::Field(inner, _) | Expr::Unary(_, inner) | Expr::Paren(inner) => {
            walk_expr(inner, visitor)
        }
        Expr::Call(callee, arguments) => {
            // A callee's name says what the program does; what stands inside it is open to change.
            walk_parts(callee, visitor);
            walk_list(arguments, visitor);
        }
        Expr::Method(object, _, arguments) => {
            walk_expr(object, visitor);
            walk_list(arguments, visitor);
        }
        Expr::Function(body) => walk_function(body, visitor),
        Expr::Binary(_, left, right) => {
            walk_expr(left, visitor);
            walk_expr(right, visitor);
        }
        Expr::Table(items) => {
            for item in items {
                match item {
                    Item::Positional(value) | Item::Named(_, value) => walk_expr(value, visitor),
                    Item::Keyed(key, value) => {
                        walk_expr(key, visitor);
                        walk_expr(value, visitor);
                    }
                }
            }
        }
    }
}
