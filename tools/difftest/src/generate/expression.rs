//! Expressions of a wanted type. None of them raises an error; `depth` bounds their nesting.
//!
//! Every operator expression comes in parentheses, so that texts can be put together freely.

use super::Generator;
use super::scope::Type;

impl Generator<'_> {
    /// An expression of that type.
    pub(super) fn expr(&mut self, ty: &Type, depth: usize) -> String {
        match ty {
            Type::Int => self.int(depth),
            Type::Float => self.float(depth),
            Type::Str => self.string(depth),
            Type::Bool => self.boolean(depth),
            Type::Any => self.any(depth),
            Type::IntArray | Type::FloatArray | Type::StrArray | Type::Map | Type::Record => {
                self.table(ty, depth)
            }
            Type::Object(class) => self.new_object(*class),
            Type::Function(signature) => self.function_literal(&signature.clone()),
        }
    }

    /// An expression fit to be stored: a string that may have grown is cut.
    pub(super) fn value(&mut self, ty: &Type, depth: usize) -> String {
        let text = self.expr(ty, depth);
        let plain =
            text.starts_with(['"', '\'', '[']) || text.bytes().all(|b| b.is_ascii_alphanumeric());
        if *ty == Type::Str && !plain { format!("cap({text})") } else { text }
    }

    /// A variable of the type, or a literal.
    pub(super) fn leaf(&mut self, ty: &Type) -> String {
        if self.rng.chance(70)
            && let Some(name) = self.read(ty)
        {
            return name;
        }
        match ty {
            Type::Int => self.int_literal(),
            Type::Float => self.float_literal(),
            Type::Str => self.string_literal(),
            Type::Bool => (*self.rng.pick(&["true", "false"])).to_owned(),
            _ => self.any_literal(),
        }
    }

    pub(super) fn string(&mut self, depth: usize) -> String {
        if depth == 0 || self.rng.chance(25) {
            return self.leaf(&Type::Str);
        }
        let d = depth - 1;
        match self.rng.below(24) {
            0..5 => {
                let (a, b) = (self.concatenable(d), self.string(d));
                if self.rng.chance(50) { format!("({a} .. {b})") } else { format!("({b} .. {a})") }
            }
            5 => format!("({} .. {} .. {})", self.string(d), self.int(d), self.concatenable(d)),
            6..8 => {
                let (s, i, j) = (self.string(d), self.small_int(), self.small_int());
                if self.rng.chance(60) {
                    format!("({s}):sub({i}, {j})")
                } else {
                    format!("string.sub({s}, {i})")
                }
            }
            8 => {
                format!("({}):{}()", self.string(d), self.rng.pick(&["upper", "lower", "reverse"]))
            }
            9 => format!("string.rep({}, {})", self.string(d), self.rng.between(-1, 3)),
            10 => format!("tostring({})", self.int(d)),
            11 => format!("tostring({})", self.boolean(d)),
            12 => format!("str({})", self.any(d)),
            13 => format!("type({})", self.any(d)),
            14 => format!("table.concat({}, {})", self.some(Type::IntArray), self.string_literal()),
            15 => format!("table.concat({})", self.some(Type::StrArray)),
            16 => format!("({}[{}] or \"none\")", self.some(Type::StrArray), self.int(d)),
            17 => self.conditional(&Type::Str, d),
            18..20 => self.formatted(d),
            20 => self.substituted(d),
            21 => match self.read(&Type::Record) {
                Some(record) => format!("{record}.s"),
                None => format!("(math.type({}) or \"none\")", self.any(d)),
            },
            _ => self
                .call_for(&Type::Str, d)
                .unwrap_or_else(|| format!("({} .. {})", self.string(d), self.int(d))),
        }
    }

    /// What `..` takes, and is the same text everywhere: floats only if they cannot be NaN.
    fn concatenable(&mut self, d: usize) -> String {
        match self.rng.below(6) {
            0..2 => self.int(d),
            2 => format!("nn({})", self.float(d)),
            3 => format!("{}.5", self.rng.between(0, 9)),
            _ => self.string(d),
        }
    }

    pub(super) fn boolean(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.leaf(&Type::Bool);
        }
        let d = depth - 1;
        match self.rng.below(26) {
            0..5 => self.compare(&Type::Int, d),
            5..7 => {
                let (name, op) = (self.some(Type::Int), self.comparison());
                let k = if self.rng.chance(80) { self.small_int() } else { self.float_literal() };
                if self.rng.chance(70) {
                    format!("({name} {op} {k})")
                } else {
                    format!("({k} {op} {name})")
                }
            }
            7..9 => self.compare(&Type::Float, d),
            9..11 => {
                let (a, b) = (self.number(d), self.number(d));
                format!("({a} {} {b})", self.comparison())
            }
            11 => self.compare(&Type::Str, d),
            12 => self.twins(),
            13..15 => {
                let (a, b) = (self.any(d), self.any(d));
                format!("({a} {} {b})", self.rng.pick(&["==", "~="]))
            }
            15 => format!("(not {})", self.boolean(d)),
            16 => format!("(not {})", self.any(d)),
            17..19 => format!(
                "({} {} {})",
                self.boolean(d),
                self.rng.pick(&["and", "or"]),
                self.boolean(d)
            ),
            19 => format!("({} {} nil)", self.some(Type::Any), self.rng.pick(&["==", "~="])),
            20 => format!("rawequal({}, {})", self.any(d), self.any(d)),
            21 => format!("math.ult({}, {})", self.int(d), self.int(d)),
            22 => format!(
                "(math.type({}) == \"{}\")",
                self.number(d),
                self.rng.pick(&["integer", "float"])
            ),
            23 => match self.read(&Type::Record) {
                Some(record) => format!("{record}.b"),
                None => format!("(next({}) == nil)", self.some(Type::Map)),
            },
            24 => self.leaf(&Type::Bool),
            _ => self.call_for(&Type::Bool, d).unwrap_or_else(|| self.compare(&Type::Int, d)),
        }
    }

    fn compare(&mut self, ty: &Type, d: usize) -> String {
        let (a, b) = (self.expr(ty, d), self.expr(ty, d));
        format!("({a} {} {b})", self.comparison())
    }

    /// Compares strings that are made in different ways and often equal, and often too long to be the same object.
    fn twins(&mut self) -> String {
        let (s, at, n) = (self.some(Type::Str), self.small_int(), self.rng.between(2, 7));
        let (one, other) = match self.rng.below(6) {
            0 => (s.clone(), format!("({s} .. \"~\"):sub(1, -2)")),
            1 => (format!("{s}:rep({n}, \"-\")"), {
                let parts = vec![s.as_str(); n as usize];
                parts.join(" .. \"-\" .. ")
            }),
            2 => (format!("{s}:rep({n})"), format!("{s} .. {s}:rep({n} - 1)")),
            3 => (s.clone(), format!("{s}:reverse():reverse()")),
            4 => (s.clone(), format!("{s}:sub(1, {at}) .. {s}:sub(({at}) + 1)")),
            _ => {
                let literal = format!("\"{}\"", "twin".repeat(n as usize * 2));
                (literal, format!("(\"twin\"):rep({} * 2)", self.rng.pick(&["2", "5", "6", "7"])))
            }
        };
        format!("({one} {} {other})", self.comparison())
    }

    fn comparison(&mut self) -> &'static str {
        self.rng.pick::<&str>(&["<", "<=", ">", ">=", "==", "~="])
    }

    /// Any simple value, or nil.
    pub(super) fn any(&mut self, depth: usize) -> String {
        if depth == 0 || self.rng.chance(35) {
            return self.leaf(&Type::Any);
        }
        let d = depth - 1;
        match self.rng.below(9) {
            0 => self.int(d),
            1 => self.float(d),
            2 => self.string(d),
            3 => self.boolean(d),
            4..6 => format!("({} {} {})", self.any(d), self.rng.pick(&["and", "or"]), self.any(d)),
            6 => format!("{}.{}", self.some(Type::Map), self.key()),
            7 => {
                let base = if self.rng.chance(50) {
                    String::new()
                } else {
                    format!(", {}", self.rng.between(2, 36))
                };
                format!("tonumber({}{base})", self.string(d))
            }
            _ => format!("{}[{}]", self.some(Type::StrArray), self.int(d)),
        }
    }

    pub(super) fn conditional(&mut self, ty: &Type, d: usize) -> String {
        // The middle one is never false, as it is a number or a string.
        format!("({} and {} or {})", self.boolean(d), self.expr(ty, d), self.expr(ty, d))
    }
}
