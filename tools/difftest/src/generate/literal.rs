//! Literals: plain ones most of the time, and those at the edges of what numbers and strings can be.

use super::Generator;

const EDGE_INTEGERS: &[&str] = &[
    "math.maxinteger",
    "math.mininteger",
    "0x7fffffffffffffff",
    "0xffffffffffffffff",
    "(-9223372036854775807 - 1)",
    "9007199254740993",
    "-9007199254740993",
    "2147483647",
    "2147483648",
    "-2147483648",
    "4294967296",
    "255",
    "256",
    "127",
    "-128",
    "32767",
    "65536",
    "63",
    "64",
    "-1",
    "0x10",
    "1 << 62",
];

const EDGE_FLOATS: &[&str] = &[
    "-0.0",
    "0.0",
    "1/0",
    "-1/0",
    "0/0",
    "1e308",
    "-1e308",
    "5e-324",
    "2^53",
    "2^63",
    "-(2^63)",
    "1e15",
    "1e16",
    "1e100",
    "0x1p-2",
    "0x.8p1",
    "3.0",
    "1e2",
    ".5",
    "123456.789e3",
    "9007199254740992.0",
    "9223372036854775807.0",
    "0.1",
    "1e-7",
];

const STRINGS: &[&str] = &[
    r#""""#,
    r#""a""#,
    r#""abc""#,
    r#"'hello world'"#,
    r#""x1""#,
    r#""10""#,
    r#"" 7 ""#,
    r#""0x1F""#,
    r#""1e2""#,
    r#""3.5""#,
    r#""tab\tnew\nline""#,
    r#""\65\066\x43\u{44}""#,
    r#""a\z
      b""#,
    "([[long [brackets]])",
    "([==[with ]] inside]==])",
    r#""nul\0byte""#,
    r#""\xff\x80""#,
    r#""\u{20AC}uro""#,
    r#""key""#,
    r#""name""#,
    r#""%d+""#,
    r#""a,b,,c""#,
    r#""The Quick brown""#,
    r#""zzz""#,
    r#""-""#,
    r#""0123456789abcdef0123456789abcdef0123456789""#,
];

impl Generator<'_> {
    pub(super) fn small_int(&mut self) -> String {
        self.rng.between(-3, 12).to_string()
    }

    pub(super) fn int_literal(&mut self) -> String {
        match self.rng.below(10) {
            0..6 => self.small_int(),
            6..8 => self.rng.between(-1000, 100_000).to_string(),
            _ => format!("({})", self.rng.pick(EDGE_INTEGERS)),
        }
    }

    pub(super) fn float_literal(&mut self) -> String {
        match self.rng.below(10) {
            0..4 => format!("{}.5", self.rng.between(0, 20)),
            4..6 => format!("{}.{}", self.rng.between(0, 99), self.rng.between(0, 999)),
            6 => format!("{}.0", self.rng.between(-5, 50)),
            _ => format!("({})", self.rng.pick(EDGE_FLOATS)),
        }
    }

    pub(super) fn string_literal(&mut self) -> String {
        if self.rng.chance(30) {
            let letters: String = (0..self.rng.between(1, 6)).map(|_| self.letter()).collect();
            return format!("\"{letters}\"");
        }
        (*self.rng.pick(STRINGS)).to_owned()
    }

    /// A string literal that is a name, for keys.
    pub(super) fn key(&mut self) -> String {
        (*self.rng.pick(&["a", "b", "c", "x", "y", "key", "name", "hp", "k1", "k2", "k3"]))
            .to_owned()
    }

    fn letter(&mut self) -> char {
        char::from(b'a' + self.rng.below(26) as u8)
    }

    /// A literal of any simple type, nil included.
    pub(super) fn any_literal(&mut self) -> String {
        match self.rng.below(7) {
            0 => "nil".to_owned(),
            1 => "true".to_owned(),
            2 => "false".to_owned(),
            3 => self.float_literal(),
            4 => self.string_literal(),
            _ => self.int_literal(),
        }
    }
}
