//! Makes a program that shows a difference small, on its tree.
//!
//! Four passes are repeated until none of them helps: drop runs of statements, replace a statement by the blocks inside
//! it, drop elements of lists, replace an expression by one of its parts or by a literal. Every candidate is put to
//! the predicate, which must hold for the program given and holds for the program returned. The predicate has to bound
//! the time of a candidate itself: dropping a statement may make a loop endless.

use std::time::{Duration, Instant};

use crate::lua::ast::{Block, Expr, Item, Program, Stmt};
use crate::lua::walk::{Visitor, walk};

/// When to be content.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Candidates tried.
    pub candidates: usize,
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { candidates: 6000, time: Duration::from_secs(40) }
    }
}

/// A small program for which the predicate holds.
pub fn shrink(
    program: &Program,
    predicate: &mut dyn FnMut(&Program) -> bool,
    limits: Limits,
) -> Program {
    let mut shrinker = Shrinker {
        best: program.clone(),
        predicate,
        left: limits.candidates,
        deadline: Instant::now() + limits.time,
    };
    shrinker.keep(Program { wrap: 0, ..program.clone() });
    loop {
        let before = shrinker.best.clone();
        shrinker.drop_statements();
        shrinker.unwrap_statements();
        shrinker.drop_elements();
        shrinker.replace_expressions();
        if shrinker.best == before || shrinker.exhausted() {
            return shrinker.best;
        }
    }
}

struct Shrinker<'p> {
    best: Program,
    predicate: &'p mut dyn FnMut(&Program) -> bool,
    left: usize,
    deadline: Instant,
}

impl Shrinker<'_> {
    fn exhausted(&self) -> bool {
        self.left == 0 || Instant::now() > self.deadline
    }

    /// Keeps a changed program if the predicate holds for it.
    fn keep(&mut self, candidate: Program) -> bool {
        if self.exhausted() || candidate == self.best {
            return false;
        }
        self.left -= 1;
        let holds = (self.predicate)(&candidate);
        if holds {
            self.best = candidate;
        }
        holds
    }

    /// Tries a change at the n-th block.
    fn at_block(&mut self, n: usize, change: impl FnMut(&mut Block)) -> bool {
        let mut candidate = self.best.clone();
        walk(&mut candidate, &mut BlockAt { left: n, change });
        self.keep(candidate)
    }

    fn look_at_block(&self, n: usize, look: impl FnMut(&mut Block)) {
        walk(&mut self.best.clone(), &mut BlockAt { left: n, change: look });
    }

    fn drop_statements(&mut self) {
        let mut n = 0;
        while let Some(length) = block_length(&self.best, n) {
            let mut size = length.max(1);
            while size > 0 && !self.exhausted() {
                let mut at = 0;
                while at < block_length(&self.best, n).unwrap_or(0) {
                    let dropped = self.at_block(n, |block| {
                        let end = (at + size).min(block.len());
                        block.drain(at..end);
                    });
                    if !dropped {
                        at += size;
                    }
                }
                size /= 2;
            }
            n += 1;
        }
    }

    fn unwrap_statements(&mut self) {
        let mut n = 0;
        while let Some(length) = block_length(&self.best, n) {
            for at in (0..length).rev() {
                let mut alternatives = Vec::new();
                self.look_at_block(n, |block| {
                    alternatives = block.get(at).map_or(Vec::new(), unwrapped)
                });
                alternatives.into_iter().any(|inside| {
                    self.at_block(n, |block| {
                        block.splice(at..=at, inside.iter().cloned());
                    })
                });
            }
            n += 1;
        }
    }

    fn drop_elements(&mut self) {
        for n in 0.. {
            let mut counter = Counter { wanted: n, length: None };
            walk(&mut self.best.clone(), &mut counter);
            let Some(length) = counter.length else { return };
            for at in (0..length).rev() {
                let mut candidate = self.best.clone();
                walk(&mut candidate, &mut ListAt { left: n, at });
                self.keep(candidate);
            }
            if self.exhausted() {
                return;
            }
        }
    }

    fn replace_expressions(&mut self) {
        let mut n = 0;
        loop {
            let mut finder = ExprAt { left: n, found: None, replacement: None };
            walk(&mut self.best.clone(), &mut finder);
            let Some(found) = finder.found else { return };
            let replaced = replacements(&found).into_iter().any(|replacement| {
                let mut candidate = self.best.clone();
                walk(
                    &mut candidate,
                    &mut ExprAt { left: n, found: None, replacement: Some(replacement) },
                );
                self.keep(candidate)
            });
            if self.exhausted() {
                return;
            }
            // A replacement may itself be replaced.
            if !replaced {
                n += 1;
            }
        }
    }
}

fn block_length(program: &Program, n: usize) -> Option<usize> {
    let mut length = None;
    let visitor = &mut BlockAt { left: n, change: |block: &mut Block| length = Some(block.len()) };
    walk(&mut program.clone(), visitor);
    length
}

/// What may stand in a statement's place: its blocks, or a call inside it.
fn unwrapped(stmt: &Stmt) -> Vec<Block> {
    match stmt {
        Stmt::Do(block) | Stmt::While(_, block) | Stmt::Repeat(block, _) => vec![block.clone()],
        Stmt::If { arms, otherwise } => {
            let blocks = arms.iter().map(|(_, block)| block).chain(otherwise);
            blocks.map(|block| vec![Stmt::Do(block.clone())]).collect()
        }
        Stmt::NumericFor { var, bounds, body } => {
            vec![with_locals(std::slice::from_ref(var), &bounds[..1], body)]
        }
        Stmt::GenericFor { names, body, .. } => vec![with_locals(names, &[], body)],
        Stmt::Call(Expr::Call(_, arguments) | Expr::Method(_, _, arguments)) => calls(arguments),
        Stmt::Local { values, .. } | Stmt::Assign { values, .. } | Stmt::Return(values) => {
            calls(values)
        }
        _ => Vec::new(),
    }
}

/// The calls among expressions as statements, and the bodies of functions among them.
fn calls(list: &[Expr]) -> Vec<Block> {
    list.iter()
        .filter_map(|expr| match expr {
            Expr::Call(..) | Expr::Method(..) => Some(vec![Stmt::Call(expr.clone())]),
            Expr::Function(body) => Some(vec![Stmt::Do(body.block.clone())]),
            _ => None,
        })
        .collect()
}

fn with_locals(names: &[String], values: &[Expr], body: &Block) -> Block {
    let names = names.iter().map(|name| (name.clone(), None)).collect();
    let mut block = vec![Stmt::Local { names, values: values.to_vec() }];
    block.extend_from_slice(body);
    block
}

/// What an expression may become, the smallest first.
fn replacements(expr: &Expr) -> Vec<Expr> {
    const LITERALS: &[&str] = &["nil", "1", "\"\""];
    let parts: Vec<Expr> = match expr {
        Expr::Literal(text) if LITERALS.contains(&text.as_str()) => return Vec::new(),
        Expr::Literal(_) | Expr::Name(_) => Vec::new(),
        Expr::Index(object, key) => vec![(**object).clone(), (**key).clone()],
        Expr::Field(inner, _) | Expr::Unary(_, inner) | Expr::Paren(inner) => {
            vec![(**inner).clone()]
        }
        Expr::Call(_, arguments) => arguments.clone(),
        Expr::Method(object, _, arguments) => {
            let mut parts = arguments.clone();
            parts.push((**object).clone());
            parts
        }
        Expr::Function(_) => Vec::new(),
        Expr::Binary(_, left, right) => vec![(**left).clone(), (**right).clone()],
        Expr::Table(items) => return fewer_items(items),
    };
    let mut all: Vec<Expr> =
        LITERALS.iter().map(|text| Expr::Literal((*text).to_owned())).collect();
    all.extend(parts);
    all
}

/// A table constructor without some of its items, or none of them, or nil.
fn fewer_items(items: &[Item]) -> Vec<Expr> {
    let mut all = vec![Expr::Literal("nil".to_owned())];
    if !items.is_empty() {
        all.push(Expr::Table(Vec::new()));
    }
    for at in 0..items.len() {
        let mut fewer = items.to_vec();
        fewer.remove(at);
        all.push(Expr::Table(fewer));
    }
    all
}

/// Changes the n-th block.
struct BlockAt<F> {
    left: usize,
    change: F,
}

impl<F: FnMut(&mut Block)> Visitor for BlockAt<F> {
    fn block(&mut self, block: &mut Block) {
        if self.left == 0 {
            (self.change)(block);
        }
        self.left = self.left.wrapping_sub(1);
    }
}

/// Finds the length of a list.
struct Counter {
    wanted: usize,
    length: Option<usize>,
}

impl Visitor for Counter {
    fn list(&mut self, list: &mut Vec<Expr>) {
        if self.wanted == 0 {
            self.length = Some(list.len());
        }
        self.wanted = self.wanted.wrapping_sub(1);
    }
}

/// Drops one element of the n-th list.
struct ListAt {
    left: usize,
    at: usize,
}

impl Visitor for ListAt {
    fn list(&mut self, list: &mut Vec<Expr>) {
        if self.left == 0 && self.at < list.len() {
            list.remove(self.at);
        }
        self.left = self.left.wrapping_sub(1);
    }
}

/// Finds the n-th expression, and replaces it if there is something to put there.
struct ExprAt {
    left: usize,
    found: Option<Expr>,
    replacement: Option<Expr>,
}

impl Visitor for ExprAt {
    fn expr(&mut self, expr: &mut Expr) {
        if self.left == 0 {
            self.found = Some(expr.clone());
            if let Some(replacement) = self.replacement.take() {
                *expr = replacement;
            }
        }
        self.left = self.left.wrapping_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lua::parse;

    fn shrunk(source: &str, needle: &str) -> String {
        let program = parse(source).expect("the test's program is valid");
        let mut predicate = |candidate: &Program| candidate.to_source().contains(needle);
        shrink(&program, &mut predicate, Limits::default()).to_source()
    }

    #[test]
    fn what_is_not_needed_goes() {
        let source =
            "local a = 1\nfor i = 1, 3 do\nif a then print(f(1, bug(2 + 3), 4)) end\nend\nreturn a";
        assert_eq!(shrunk(source, "bug("), "bug()\n");
    }

    #[test]
    fn a_loop_is_unwrapped_with_its_variable() {
        assert_eq!(shrunk("for i = 5, 9 do bug = i end", "bug = i"), "bug = i\n");
    }
}
