//! Expressions that give integers and floats.
//!
//! An integer expression gives an integer, never a float: what would not is converted. Divisors are made odd, so that
//! they are not zero. Powers are such that every library computes them exactly.

use super::Generator;
use super::scope::Type;

impl Generator<'_> {
    pub(super) fn int(&mut self, depth: usize) -> String {
        if depth == 0 || self.rng.chance(25) {
            return self.leaf(&Type::Int);
        }
        let d = depth - 1;
        match self.rng.below(34) {
            0..9 => self.int_arithmetic(d),
            9..12 => {
                let (a, op, b) = (self.int(d), *self.rng.pick(&["&", "|", "~"]), self.int(d));
                format!("({a} {op} {b})")
            }
            12..14 => {
                let (a, op) = (self.int(d), *self.rng.pick(&["<<", ">>"]));
                let b = if self.rng.chance(70) {
                    self.rng.between(-70, 70).to_string()
                } else {
                    self.int(d)
                };
                format!("({a} {op} {b})")
            }
            14 => format!("(-({}))", self.int(d)),
            15 => format!("(~{})", self.int(d)),
            16 => format!("(#{})", self.some(Type::Str)),
            17..19 => format!("(#{})", self.some(Type::IntArray)),
            19..22 => self.int_from_table(d),
            22 => {
                let (a, b) = (self.int(d), self.int(d));
                format!("math.{}({a}, {b})", self.rng.pick(&["max", "min"]))
            }
            23 => format!("math.abs({})", self.int(d)),
            24 => {
                let (f, k) = (self.float(d), self.small_int());
                format!("(math.tointeger({f}) or {k})")
            }
            25 => {
                let (f, k) = (self.float(d), self.small_int());
                format!("(math.tointeger(math.{}({f})) or {k})", self.rng.pick(&["floor", "ceil"]))
            }
            26 => {
                let (s, i) = (self.some(Type::Str), self.small_int());
                format!("({s}:byte({i}) or {i})")
            }
            27 => {
                let k = self.rng.between(-20, 300);
                let a = self.int(d);
                format!("(\"{k}\" {} {a})", self.rng.pick(&["+", "-", "*"]))
            }
            28 => self.conditional(&Type::Int, d),
            29 if self.frame().vararg => self.int_from_varargs(),
            30 => self.immediate_function(&Type::Int, d),
            _ => self.call_for(&Type::Int, d).unwrap_or_else(|| self.int_arithmetic(d)),
        }
    }

    fn int_arithmetic(&mut self, d: usize) -> String {
        let a = self.int(d);
        match self.rng.below(10) {
            0..7 => {
                let (op, b) = (*self.rng.pick(&["+", "+", "-", "*"]), self.int(d));
                format!("({a} {op} {b})")
            }
            7 => {
                let k = *self.rng.pick(&[
                    "3",
                    "-3",
                    "7",
                    "-1",
                    "2",
                    "16",
                    "(-7)",
                    "math.mininteger",
                    "math.maxinteger",
                ]);
                format!("({a} {} {k})", self.rng.pick(&["//", "%"]))
            }
            _ => {
                let (op, b) = (*self.rng.pick(&["//", "%"]), self.int(d));
                format!("({a} {op} ({b} | 1))")
            }
        }
    }

    fn int_from_table(&mut self, d: usize) -> String {
        match self.rng.below(4) {
            0 => {
                let (t, i, k) = (self.some(Type::IntArray), self.int(d), self.small_int());
                format!("({t}[{i}] or {k})")
            }
            1 => {
                let (t, i) = (self.some(Type::IntArray), self.rng.between(1, 4));
                format!("({t}[{i}] or {i})")
            }
            2 => {
                let (t, key) = (self.some(Type::Map), self.key());
                format!("({t}.{key} or 1)")
            }
            _ => match self.read(&Type::Record) {
                Some(record) => format!("{record}.i"),
                None => format!("({}[{}] or 2)", self.some(Type::Map), self.string(d)),
            },
        }
    }

    fn int_from_varargs(&mut self) -> String {
        let k = self.small_int();
        match self.rng.below(4) {
            0 => "select(\"#\", ...)".to_owned(),
            1 => format!("((...) or {k})"),
            2 => format!("((select({}, ...)) or {k})", self.rng.between(1, 4)),
            _ => format!("(({{...}})[{}] or {k})", self.rng.between(1, 3)),
        }
    }

    pub(super) fn float(&mut self, depth: usize) -> String {
        if depth == 0 || self.rng.chance(25) {
            return self.leaf(&Type::Float);
        }
        let d = depth - 1;
        match self.rng.below(24) {
            0..6 => {
                let (a, b) = (self.float(d), self.number(d));
                let op = *self.rng.pick(&["+", "-", "*", "/"]);
                if self.rng.chance(50) {
                    format!("({a} {op} {b})")
                } else {
                    format!("({b} {op} {a})")
                }
            }
            6..8 => format!("({} / {})", self.int(d), self.int(d)),
            8..10 => {
                let (a, b) = (self.float(d), self.number(d));
                format!("({a} {} {b})", self.rng.pick(&["//", "%"]))
            }
            10 => format!("({} ^ 2)", self.number(d)),
            11 => format!("({} ^ {})", self.rng.between(2, 9), self.rng.between(0, 6)),
            12 => format!("(-({}))", self.float(d)),
            13 if self.rng.chance(50) => {
                format!("({} - {})", self.float(d), self.rng.between(-1, 1))
            }
            13 => format!("({} + 0.0)", self.int(d)),
            14 => format!("math.sqrt({})", self.number(d)),
            15 => {
                let (a, b) = (self.float(d), self.number(d));
                format!("math.{}({a}, {b} + 0.0)", self.rng.pick(&["max", "min"]))
            }
            16 => {
                let (a, b) = (self.float(d), self.float(d));
                format!("math.fmod({a}, {b})")
            }
            17 => format!("((math.modf({})) + 0.0)", self.float(d)),
            18 => format!("({}[{}] or 0.5)", self.some(Type::FloatArray), self.int(d)),
            19 => match self.read(&Type::Record) {
                Some(record) => format!("{record}.f"),
                None => format!("math.abs({})", self.float(d)),
            },
            20 => format!("(\"{}.25\" * {})", self.rng.between(0, 9), self.number(d)),
            21 => self.conditional(&Type::Float, d),
            _ => {
                self.call_for(&Type::Float, d).unwrap_or_else(|| format!("({} * 0.5)", self.int(d)))
            }
        }
    }

    /// An integer or a float.
    pub(super) fn number(&mut self, depth: usize) -> String {
        if self.rng.chance(50) { self.int(depth) } else { self.float(depth) }
    }
}
