//! Branches, loops, `goto` and `break`.

use super::Generator;
use super::scope::Type;

impl Generator<'_> {
    pub(super) fn conditional_statement(&mut self) {
        if self.depth > 4 {
            return self.print();
        }
        let condition = if self.rng.chance(15) { self.any(2) } else { self.boolean(2) };
        let mut text = format!("if {condition} then\n{}", self.block(|g| g.statements(2)));
        for _ in 0..self.rng.below(3) {
            let condition = self.boolean(2);
            text += &format!("elseif {condition} then\n{}", self.block(|g| g.statements(2)));
        }
        if self.rng.chance(60) {
            text += &format!("else\n{}", self.block(|g| g.statements(2)));
        }
        self.line(text + "end");
    }

    pub(super) fn numeric_for(&mut self) {
        let rounds = self.rng.between(1, 8);
        if !self.can_loop(rounds as u64) {
            return self.print();
        }
        let var = self.fresh("i");
        let float = self.rng.chance(15);
        let (bounds, ty) = if float {
            (
                format!("{}, {}, 0.5", self.rng.pick(&["1.0", "0.5", "-1.25"]), rounds / 2),
                Type::Float,
            )
        } else {
            (self.integer_bounds(rounds), Type::Int)
        };
        let assignable = self.rng.chance(15);
        let body = self.loop_body(rounds as u64, &[(var.clone(), ty)], assignable);
        self.line(format!("for {var} = {bounds} do\n{body}end"));
    }

    /// Bounds of an integer loop of at most so many rounds, as literals or as variables that bound themselves.
    fn integer_bounds(&mut self, rounds: i64) -> String {
        match self.rng.below(10) {
            0..4 => format!("1, {rounds}"),
            4 => format!("{rounds}, 1, -1"),
            5 => {
                let step = self.rng.between(2, 5);
                format!("{}, {}, {step}", -step, step * (rounds - 2))
            }
            6 => {
                let name = self.some(Type::Int);
                format!("{name} & 3, ({name} & 3) + {}", rounds - 1)
            }
            7 => format!("math.maxinteger - {}, math.maxinteger", rounds - 1),
            8 => format!("math.mininteger + {}, math.mininteger, -1", rounds - 1),
            _ => format!("1, math.min(#{}, {rounds})", self.some(Type::IntArray)),
        }
    }

    /// The statements of a loop, with a `break` or a `continue` at times.
    fn loop_body(&mut self, rounds: u64, variables: &[(String, Type)], assignable: bool) -> String {
        let label = self.fresh("continue");
        self.repeated(rounds, |g| {
            for (name, ty) in variables {
                g.declare(name, ty.clone(), assignable);
            }
            g.statements(2);
            if g.rng.chance(15) {
                let condition = g.boolean(2);
                g.line(format!("if {condition} then break end"));
            }
            if g.rng.chance(15) {
                let condition = g.boolean(2);
                let rest = g.block(|g| g.statements(2));
                g.line(format!("if {condition} then goto {label} end\ndo\n{rest}end\n::{label}::"));
                return;
            }
            g.statements(2);
        })
    }

    pub(super) fn while_loop(&mut self) {
        let rounds = self.rng.between(1, 6);
        if !self.can_loop(rounds as u64) {
            return self.print();
        }
        let var = self.fresh("w");
        let extra =
            if self.rng.chance(40) { format!(" and {}", self.boolean(2)) } else { String::new() };
        let body = self.loop_body(rounds as u64, &[], false);
        self.line(format!(
            "local {var} = 0\nwhile {var} < {rounds}{extra} do\n{var} = {var} + 1\n{body}end"
        ));
        self.frame().locals += 1;
    }

    pub(super) fn repeat_loop(&mut self) {
        let rounds = self.rng.between(1, 6);
        if !self.can_loop(rounds as u64) {
            return self.print();
        }
        let (var, inner) = (self.fresh("r"), self.fresh("v"));
        let first = self.int(1);
        let body = self.repeated(rounds as u64, |g| {
            g.declare(&inner, Type::Int, true);
            g.statements(2);
        });
        let condition = self.boolean(1);
        // The condition sees the body's locals.
        self.line(format!(
            "local {var} = 0\nrepeat\n{var} = {var} + 1\nlocal {inner} = {first}\n{body}until {var} >= {rounds} or ({inner} > {var} and {condition})"
        ));
        self.frame().locals += 1;
    }

    pub(super) fn generic_for(&mut self) {
        if !self.can_loop(8) {
            return self.print();
        }
        let (k, v) = (self.fresh("k"), self.fresh("e"));
        let arrays = [
            (Type::IntArray, Type::Int),
            (Type::StrArray, Type::Str),
            (Type::FloatArray, Type::Float),
        ];
        match self.rng.below(4) {
            0..2 => {
                let (array, element) = self.rng.pick(&arrays).clone();
                let array = self.some(array);
                let body =
                    self.loop_body(8, &[(k.clone(), Type::Int), (v.clone(), element)], false);
                // Bodies may append to the array.
                self.line(format!(
                    "for {k}, {v} in ipairs({array}) do\nif {k} > 8 then break end\n{body}end"
                ));
            }
            2 => {
                let map = self.some(Type::Map);
                let body =
                    self.loop_body(8, &[(k.clone(), Type::Str), (v.clone(), Type::Int)], false);
                self.line(format!("for {k}, {v} in spairs({map}) do\n{body}end"));
            }
            _ => {
                // Only what does not depend on the order.
                let (map, total) = (self.some(Type::Map), self.fresh("sum"));
                let iterator = if self.rng.chance(50) {
                    format!("pairs({map})")
                } else {
                    format!("next, {map}")
                };
                self.line(format!(
                    "local {total} = 0\nfor {k}, {v} in {iterator} do\n{total} = {total} + {v} * #{k}\nend\nprint({total})"
                ));
                self.frame().locals += 1;
            }
        }
    }

    /// `goto` out of nested loops, and backward, with closures that must be closed on the way.
    pub(super) fn goto_idiom(&mut self) {
        let (label, n, fs, i, j) = (
            self.fresh("out"),
            self.fresh("n"),
            self.fresh("fs"),
            self.fresh("i"),
            self.fresh("j"),
        );
        let k = self.rng.between(2, 9);
        let condition = self.boolean(1);
        if self.rng.chance(50) {
            self.line(format!(
                "local {fs}, {n} = {{}}, 0
                for {i} = 1, 3 do
                  for {j} = 1, 3 do
                    local x = {i} * 10 + {j}
                    {fs}[#{fs} + 1] = function() x = x + 1 return x end
                    if x > {k}0 or ({condition} and {i} > 1) then goto {label} end
                    {n} = {n} + 1
                  end
                end
                ::{label}::
                for {i} = 1, #{fs} do {n} = {n} + {fs}[{i}]() + {fs}[{i}]() end
                print({n}, #{fs})"
            ));
        } else {
            self.line(format!(
                "local {fs}, {n} = {{}}, 0
                do
                  ::{label}::
                  local x = {n}
                  {fs}[#{fs} + 1] = function(d) x = x + d return x end
                  {n} = {n} + 1
                  if {n} < {k} then goto {label} end
                end
                for {i} = 1, #{fs} do print({fs}[{i}](1), {fs}[{i}]({k})) end"
            ));
        }
    }

    /// Loops whose bounds overflow, are floats or strings, or run no round.
    pub(super) fn loop_edges(&mut self) {
        let bounds = *self.rng.pick(&[
            "math.maxinteger - 1, math.maxinteger",
            "math.mininteger, math.mininteger + 2",
            "math.mininteger + 1, math.mininteger, -1",
            "1, 0",
            "3, 1, 1",
            "1, 3.9",
            "1, -3.5, -1",
            "-1, -3.9, -1",
            "1, 2, math.maxinteger",
            "0, math.mininteger, math.mininteger",
            "math.maxinteger, math.maxinteger - 1, -1",
            "1.0, 3",
            "1, 3, 1.5",
            "0.1, 0.5, 0.1",
            "3, 1, -0.75",
            "1, 1/0, math.maxinteger // 2",
            "-1, -1/0, math.mininteger // 2",
            "1/0, 1/0, 1",
            "1, 0/0",
            "-1, 1, 2^53",
            "math.maxinteger + 0.0, math.maxinteger + 0.0, 1",
            "1, 1e308, 0x3fffffffffffffff",
            "-3, -1, 1 // 1",
        ]);
        let (i, n) = (self.fresh("i"), self.fresh("n"));
        self.line(format!(
            "local {n} = 0\nfor {i} = {bounds} do\n{n} = {n} + 1\nprint(\"round\", {n}, {i}, math.type({i}))\nif {n} >= 6 then break end\nend\nprint({n})"
        ));
    }
}
