//! Expressions that go through `string.format` and the pattern functions.

use super::Generator;
use super::scope::Type;

const PATTERNS: &[&str] = &[
    "%d+",
    "%a",
    "%s*",
    "[aeiou]",
    "(%w)(%w)",
    "^.",
    ".$",
    "%p",
    "x*",
    "[^%w]",
    "l+",
    "%f[%w]",
    "(.)%1",
    ".-b",
    "a?b",
    "[a-f0-9]+",
];

const REPLACEMENTS: &[&str] = &["", "-", "<%0>", "%%", "%1", "#"];

impl Generator<'_> {
    /// A call of `string.format`.
    pub(super) fn formatted(&mut self, d: usize) -> String {
        match self.rng.below(8) {
            0..2 => format!("string.format(\"%d:%s\", {}, {})", self.int(d), self.string(d)),
            2 => format!("string.format(\"%5.2f\", nn({}))", self.float(d)),
            // With a width, strings must not hold zeros.
            3 => format!(
                "(\"%{}s|\"):format({})",
                self.rng.pick(&["-8", "3", "12", "-1"]),
                self.int(d)
            ),
            4 => format!(
                "string.format(\"%x %X %o\", {}, {}, {})",
                self.int(d),
                self.int(d),
                self.int(d)
            ),
            5 => format!("string.format(\"%q\", {})", self.some(Type::Str)),
            6 => format!("string.format(\"%g %s\", nn({}), {})", self.number(d), self.boolean(d)),
            _ => format!(
                "string.format(\"%-5d|%05d|%+d\", {}, {}, {})",
                self.int(d),
                self.int(d),
                self.int(d)
            ),
        }
    }

    /// A call of `gsub`, `match` or `find`.
    pub(super) fn substituted(&mut self, d: usize) -> String {
        let (s, pattern) = (self.string(d), *self.rng.pick(PATTERNS));
        match self.rng.below(4) {
            0 => format!("(({s}):gsub(\"{pattern}\", \"{}\"))", self.rng.pick(REPLACEMENTS)),
            1 => format!("(({s}):match(\"{pattern}\") or \"unmatched\")"),
            2 => format!("tostring((string.find({s}, \"{pattern}\", {})))", self.small_int()),
            _ => format!(
                "(({s}):gsub(\"%w\", {{a = \"A\", x = 1, b = false}}, {}))",
                self.rng.between(0, 4)
            ),
        }
    }
}
